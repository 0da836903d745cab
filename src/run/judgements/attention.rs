//! Where the places of one row look: the weights of every attention of a net, undropped.

use crate::{
    graph::{
        Bindings, DType, Mode, Op, StepInfo, Stored, Tensor, attention_weights, interpret,
        interpret::concrete,
    },
    kernels::aligned::AlignedVec,
    lower::lower_predict,
    plot::{Shades, Sheet, Tiles},
    run::{
        folder::trained::TrainedError,
        judgements::{activity::Shown, held_out},
    },
    runtime::function::PassError,
};

/// Heads that are shown of a layer.
const SHOWN: usize = 64;

/// The weights of each attention for row `row` of the held-out part with dropout off, a tile a head: queries downwards, keys across; several nets side
/// by side. Which of them a mask drops in a sample, [`subnet`](crate::run::subnet) says.
///
/// # Errors
/// A net without attention; a row that is not there; data that are missing, broken, or not those of training.
pub fn attention(nets: &[Shown<'_>], row: usize) -> Result<Tiles, TrainedError> {
    let mut sheets = Vec::new();
    for one in nets {
        let own = sheets_of(one, row)?;
        sheets.extend(own.into_iter().map(|sheet| Sheet { title: one.titled(&sheet.title), ..sheet }));
    }
    Ok(Tiles { sheets })
}

fn sheets_of(one: &Shown<'_>, row: usize) -> Result<Vec<Sheet>, TrainedError> {
    let lowered = lower_predict(&one.net.model, Mode::Eval);
    let graph = &lowered.graph;
    if !graph.nodes.iter().any(|node| matches!(node.op, Op::Attend(_))) {
        return Err(TrainedError::Unfit("no layer of the net is attention".into()));
    }
    let (name, part) = held_out::one_row(one.net, one.search, row)?;
    let store = one.net.store()?;
    let mut inputs = Vec::new();
    for (input, declared) in part.inputs.iter().zip(&graph.inputs) {
        let numbers = part.seen(input).map_err(PassError::Data)?;
        let dims: Vec<usize> = concrete(&declared.ty, 1);
        inputs.push(match declared.ty.dtype {
            DType::I32 => Tensor::ints(&dims, numbers.iter().map(|x| *x as i32).collect()),
            _ => Tensor::real(&dims, numbers),
        });
    }
    let stored = |declared: &[Stored], values: &[AlignedVec]| {
        declared.iter().zip(values).map(|(of, values)| Tensor::real(&of.dims, values.to_vec())).collect()
    };
    let mut bindings = Bindings::<f32> {
        rows: 1,
        inputs,
        params: stored(&graph.params, &store.params),
        states: stored(&graph.states, &store.states),
        streams: vec![0; graph.sites.len()],
        positions: vec![row as u64],
        ..Bindings::default()
    };
    let step = StepInfo::of_prediction(1);
    let words: Vec<u32> = lowered.scalars.iter().map(|def| def.word(&step)).collect();
    bindings.bind_scalar_words(graph, &words);
    let values =
        interpret(graph, &bindings).unwrap_or_else(|error| panic!("this is a bug in dropnet: {error}"));
    let mut sheets = Vec::new();
    for node in &graph.nodes {
        let Op::Attend(form) = &node.op else { continue };
        let operands: Vec<&Tensor<f32>> = node.inputs.iter().map(|v| values.of(*v)).collect();
        let weights = attention_weights(form, &operands, false);
        let heads = form.heads.min(SHOWN);
        sheets.push(Sheet {
            title: format!("{} of {name} row {row}: keys across, a tile a head", node.origin.path),
            shape: [form.queries, form.keys, 1],
            shades: Shades::Range,
            columns: None,
            tiles: weights.chunks_exact(form.queries * form.keys).take(heads).map(<[f32]>::to_vec).collect(),
        });
    }
    Ok(sheets)
}
