//! What a net makes of one picture: the feature maps of its layers.

use crate::{
    data::Search,
    graph::Mode,
    kernels::team::Team,
    model::{Axis, Model, Node, NodeId, NodeKind, OutputKind, Role, Ty},
    plot::{Shades, Sheet, Tiles},
    run::{
        folder::trained::{Trained, TrainedError},
        judgements::{
            activity::{Shown, own_numbers},
            held_out,
        },
    },
    runtime::{evaluate::Evaluator, function::PassError},
};

/// Maps that are shown of a layer.
const SHOWN: usize = 64;

/// The picture in row `row` of the held-out part, and the maps of each layer with weights behind its norm and activation, with dropout off;
/// several nets side by side.
///
/// # Errors
/// A net without maps; a row that is not there; data that are missing, broken, or not those of training.
pub fn maps(nets: &[Shown<'_>], row: usize, team: &Team) -> Result<Tiles, TrainedError> {
    let mut sheets = Vec::new();
    for one in nets {
        let own = sheets_of(one.net, one.search, row, team)?;
        sheets.extend(own.into_iter().map(|sheet| Sheet { title: one.titled(&sheet.title), ..sheet }));
    }
    Ok(Tiles { sheets })
}

fn sheets_of(net: &Trained, search: &Search, row: usize, team: &Team) -> Result<Vec<Sheet>, TrainedError> {
    let model = &net.model;
    let shown = shown(model);
    if shown.is_empty() {
        return Err(TrainedError::Unfit(
            "no layer of the net answers with maps over height and width".into(),
        ));
    }
    let (name, part) = held_out::one_row(net, search, row)?;
    let mut store = net.store()?;
    let mut answer = |node: NodeId| -> Result<Vec<f32>, TrainedError> {
        if let Some(slot) = model.inputs.iter().position(|input| *input == node) {
            return Ok(part.seen(&part.inputs[slot]).map_err(PassError::Data)?);
        }
        let mut model = model.clone();
        model.output.source = node;
        model.output.kind = OutputKind::real(model.node(node).ty.len());
        let mut evaluator = Evaluator::in_mode(&model, Mode::Eval, &part)?;
        Ok(evaluator.outputs(&part, &mut store, team, net.checkpoint.meta.seed)?)
    };
    let mut sheets = Vec::new();
    for id in shown {
        let (node, mut values) = (model.node(id), answer(id)?);
        if let Some([own]) = own_numbers(model, &node.ty, &part)?.as_deref() {
            values.truncate(*own);
        }
        sheets.push(sheet(node, &format!("{name} row {row}"), &values));
    }
    Ok(sheets)
}

/// The input where it is a picture, and the last node of each layer with weights whose result is maps.
fn shown(model: &Model) -> Vec<NodeId> {
    let is_map = |node: &Node| places(&node.ty).is_some();
    let mut found: Vec<NodeId> = Vec::new();
    for (i, node) in model.nodes.iter().enumerate().filter(|(_, node)| is_map(node)) {
        let id = NodeId(i);
        match &node.kind {
            NodeKind::Input { .. } => found.push(id),
            NodeKind::Layer(_) if follows(node) => {
                // The norm and the activation of what is shown: they take its place.
                if let Some(last) = found.iter_mut().find(|last| node.inputs == [**last]) {
                    *last = id;
                }
            }
            NodeKind::Layer(_) if !node.params.is_empty() => found.push(id),
            NodeKind::Layer(_) if is_heard(model, node) => found.push(id),
            _ => {}
        }
    }
    let hidden = found.iter().any(|id| !matches!(model.node(*id).kind, NodeKind::Input { .. }));
    if hidden { found } else { Vec::new() }
}

/// The first spectrogram of a sound.
fn is_heard(model: &Model, node: &Node) -> bool {
    let of = |node: &Node| spectrogram(&node.ty).is_some();
    of(node) && !node.inputs.iter().any(|input| of(model.node(*input)))
}

/// Frames and bands of a value that lies along time and frequency.
fn spectrogram(ty: &Ty) -> Option<[usize; 2]> {
    match ty.axes[..] {
        [Axis { role: Role::Time, size: frames, .. }, Axis { role: Role::Freq, size: bands, .. }, ..] => {
            Some([frames, bands])
        }
        _ => None,
    }
}

/// A norm or an activation: what it answers stands for what it reads.
fn follows(node: &Node) -> bool {
    let NodeKind::Layer(used) = &node.kind else { return false };
    let facts = used.word.facts();
    let drops = used.word.drop_site(&used.args).is_some();
    !drops && (facts.normalises.is_some() || facts.unitwise.is_some())
}

/// Height and width of maps, as they lie in memory.
fn places(ty: &Ty) -> Option<[usize; 2]> {
    let ty = ty.as_map();
    match ty.sizes()[..] {
        [height, width, _] if ty.channels().is_some() => Some([height, width]),
        _ => None,
    }
}

/// A map of frames of bands as a picture: time goes to the right, and low frequencies lie below.
pub(super) fn upright(map: &[f32], [frames, bands]: [usize; 2]) -> Vec<f32> {
    (0..bands).rev().flat_map(|band| (0..frames).map(move |frame| map[frame * bands + band])).collect()
}

/// `values` are those of a row; of a sound its own frames alone.
fn sheet(node: &Node, row: &str, values: &[f32]) -> Sheet {
    let [height, width] = places(&node.ty).unwrap_or([1, 1]);
    let channels = node.ty.as_map().channels().unwrap_or(1);
    let heard = spectrogram(&node.ty);
    let height = if heard.is_some() { height.min(values.len() / (width * channels).max(1)) } else { height };
    let heard = heard.map(|[_, bands]| [height, bands]);
    let is_picture = matches!(node.kind, NodeKind::Input { .. }) && matches!(channels, 1 | 3);
    if is_picture {
        return Sheet {
            title: row.into(),
            shape: [height, width, channels],
            shades: Shades::Range,
            columns: None,
            tiles: vec![values.to_vec()],
        };
    }
    let map = |channel: usize| -> Vec<f32> {
        let map: Vec<f32> = values.iter().skip(channel).step_by(channels).copied().collect();
        heard.map_or_else(|| map.clone(), |sizes| upright(&map, sizes))
    };
    let (title, shape) = match heard {
        Some(_) if node.ty.channels().is_none() => {
            (format!("{}, {height} frames of {width} bands", node.path), [width, height, 1])
        }
        Some(_) => (
            format!("{}, {channels} maps of {height} frames by {width} bands", node.path),
            [width, height, 1],
        ),
        None => (format!("{}, {channels} maps of {height}x{width}", node.path), [height, width, 1]),
    };
    Sheet {
        title,
        shape,
        shades: Shades::Range,
        columns: None,
        tiles: (0..channels.min(SHOWN)).map(map).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Env, check_source};

    #[test]
    fn a_layer_is_shown_behind_its_norm_and_activation() {
        let say = |layers: &str| {
            let source = format!("net {{\n  input x: real[8, 8, 3]\n  {layers}\n  output y: class[3]\n}}");
            let model = check_source(&source, &Env::default()).model.expect("a sound net");
            shown(&model).iter().map(|id| model.node(*id).path.clone()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            say(
                "conv 4, 3x3 -> batch_norm -> relu -> max_pool 2x2 -> dropout 0.1 -> conv 6, 3x3 -> flatten -> dense 3"
            ),
            "x relu_1 conv_2"
        );
        assert_eq!(say("flatten -> dense 3"), "");
    }

    #[test]
    fn time_goes_to_the_right_and_frequency_upwards() {
        let source = "net {\n  input clip: wave[30ms, rate=1kHz]\n  mel_spectrogram bands=2, window=16ms, hop=10ms -> log\n  \
                      conv 3, 2x2 -> relu\n  mean_pool over=[time, freq] -> dense 3\n  output y: class[3]\n}";
        let model = check_source(source, &Env::default()).model.expect("a sound net");
        let shown: Vec<&Node> = shown(&model).into_iter().map(|id| model.node(id)).collect();
        assert_eq!(shown.iter().map(|node| node.path.as_str()).collect::<Vec<_>>(), ["log_1", "relu_1"]);
        // Four frames of two bands: the lower band is the lower line.
        let bands = sheet(shown[0], "test row 0", &[0.0, 10.0, 1.0, 11.0, 2.0, 12.0, 3.0, 13.0]);
        assert_eq!((bands.title.as_str(), bands.shape), ("log_1, 4 frames of 2 bands", [2, 4, 1]));
        assert_eq!(bands.tiles, [[10.0, 11.0, 12.0, 13.0, 0.0, 1.0, 2.0, 3.0]]);
        let maps = sheet(shown[1], "test row 0", &(0..24).map(|i| i as f32).collect::<Vec<_>>());
        assert_eq!((maps.title.as_str(), maps.tiles.len()), ("relu_1, 3 maps of 4 frames by 2 bands", 3));
        // Of a clip of two frames no more is shown.
        let short = sheet(shown[0], "test row 0", &[0.0, 10.0, 1.0, 11.0]);
        assert_eq!((short.title.as_str(), short.shape), ("log_1, 2 frames of 2 bands", [2, 2, 1]));
        assert_eq!(short.tiles, [[10.0, 11.0, 0.0, 1.0]]);
        assert_eq!(maps.tiles[0], [3.0, 9.0, 15.0, 21.0, 0.0, 6.0, 12.0, 18.0]);
    }

    #[test]
    fn a_map_is_a_tile() {
        let source =
            "net {\n  input x: real[2, 2, 3]\n  conv 2, 1x1\n  flatten\n  dense 3\n  output y: class[3]\n}";
        let model = check_source(source, &Env::default()).model.expect("a sound net");
        let values: Vec<f32> = (0..8).map(|i| i as f32).collect();
        let maps = sheet(model.node(NodeId(1)), "test row 0", &values);
        assert_eq!((maps.title.as_str(), maps.shape), ("conv_1, 2 maps of 2x2", [2, 2, 1]));
        assert_eq!(maps.tiles, [[0.0, 2.0, 4.0, 6.0], [1.0, 3.0, 5.0, 7.0]]);
        let picture = sheet(model.node(NodeId(0)), "test row 0", &values);
        assert_eq!(
            (picture.title.as_str(), picture.shape, picture.tiles.len()),
            ("test row 0", [2, 2, 3], 1)
        );
    }
}
