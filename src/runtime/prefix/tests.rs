use super::*;
use crate::{
    check::{Env, check_source},
    data::Storage,
    graph::{Mode, StepInfo, prefixes},
    layers::{
        LAYERS,
        tests::{example, rig::numbers},
    },
    lower::{lower_eval, lower_predict, lower_train},
    model::Model,
};

/// More than one shard, and a last one that is short.
const ROWS: usize = 75;

fn model(source: &str) -> Model {
    let checked = check_source(source, &Env::default());
    checked.model.unwrap_or_else(|| panic!("{source} {:?}", checked.diagnostics))
}

/// Rows for the net's inputs: numbers, or tokens; where rows have lengths, those as the last.
fn part(model: &Model) -> Part {
    let nodes = || model.inputs.iter().map(|id| model.node(*id));
    let input = |node: &crate::model::Node| {
        let sizes = node.ty.sizes();
        let x = numbers(&node.path, ROWS * sizes.iter().product::<usize>());
        match node.ty.vocab() {
            Some(vocab) => {
                let tokens = (0..x.len()).map(|i| (i * i % vocab) as i32).collect();
                Input::held(&node.path, &sizes, Storage::I32(tokens), (1.0, 0.0))
            }
            None => Input::floats(&node.path, &sizes, x.into_iter().map(|x| x as f32).collect()),
        }
    };
    let lengths = |node: &crate::model::Node| {
        let steps = node.ty.ragged().map(|_| node.ty.axes[0].size)?;
        Some(Input::lengths(&node.path, (0..ROWS).map(|row| 1 + (row % steps) as i32).collect()))
    };
    let target = crate::data::Target::Classes(vec![0; ROWS]);
    Part::of_first(ROWS, nodes().map(input).chain(nodes().filter_map(lengths)).collect(), target)
}

fn store(model: &Model) -> Store {
    let mut store = Store::fresh(model, &lower_predict(model, Mode::Eval).graph, 1);
    // Statistics of batch norm that are not those it starts with.
    store.states.iter_mut().for_each(|s| s.iter_mut().enumerate().for_each(|(i, x)| *x += 0.1 * i as f32));
    store
}

/// Bits of the outputs of rows at `order`, in steps of `batch`.
fn outputs(function: &Function, part: &Part, order: &[u32], batch: usize, store: &mut Store) -> Vec<u32> {
    let steps = order.chunks(batch).map(|step| StepInfo::of_prediction(step.len()));
    let words = steps.flat_map(|info| function.scalars().iter().map(move |def| def.word(&info)));
    let (scalars, streams) = (words.collect::<Vec<u32>>(), function.streams(|site| site));
    let layout = Layout { order, batch, scalars: &scalars, streams: &streams };
    let mut outputs = vec![0.0; order.len() * function.native().output_width()];
    function.run(Pass::once(part, layout, store, &mut outputs, &Team::new(1))).expect("runs");
    outputs.into_iter().map(f32::to_bits).collect()
}

/// Outputs at each step without what lies behind the ends of rows, which means nothing and is what the rows beside them leave there.
fn own(model: &Model, order: &[u32], mut outputs: Vec<u32>) -> Vec<u32> {
    let ty = &model.node(model.output.source).ty;
    let (Some(steps), Some(ragged), Some(input)) = (ty.steps(), ty.ragged(), model.ragged()) else {
        return outputs;
    };
    let width = outputs.len() / order.len();
    for (row, outputs) in order.iter().zip(outputs.chunks_mut(width)) {
        let length = 1 + *row as usize % input.ty.axes[0].size;
        outputs[ragged.places(length) * width / steps.size..].fill(0);
    }
    outputs
}

/// Every layer's example with parameters that stay, cut at each value, with rows in another order than that in which they were kept.
#[test]
fn wherever_a_net_is_cut_its_bits_are_the_same() {
    let order: Vec<u32> = (0..ROWS as u32).map(|i| i * 32 % ROWS as u32).collect();
    let mut cuts = 0;
    for row in LAYERS {
        let model = model(&example(row));
        let mut lowered = lower_predict(&model, Mode::Eval);
        lowered
            .graph
            .params
            .iter_mut()
            .chain(&mut lowered.graph.states)
            .for_each(|stored| stored.still = true);
        let (part, mut store) = (part(&model), store(&model));
        let whole = Function::new(lowered.clone(), &part).expect("compiles");
        let expected = own(&model, &order, outputs(&whole, &part, &order, 31, &mut store));
        assert!(expected.iter().any(|bits| *bits != expected[0]), "outputs that say something");
        for divided in prefixes(&lowered.graph) {
            let text = format!("{}\n{}", divided.once, divided.rest);
            let (prefix, rest) = Prefix::compile(divided, &lowered.scalars, &part, Function::new)
                .unwrap_or_else(|error| panic!("{error}\n{text}"));
            let kept = prefix.part(&part, &mut store, &Team::new(1), &AtomicU32::new(0)).expect("runs");
            let found = outputs(&rest, &kept.expect("nobody stops"), &order, 32, &mut store);
            assert!(own(&model, &order, found) == expected, "{}\n{text}", row.layer.sig().name);
            cuts += 1;
        }
    }
    assert!(cuts > LAYERS.len(), "{cuts}");
}

const STEM: &str = "
net {
  input x: real[40], z: real[3]
  from x
  stem: dense 64 -> relu -> dense 48 -> tanh
  concat stem, z
  dropout 0.5 -> dense 4
  output y: class[4]
}
train {
  loss cross_entropy
  optimizer sgd, lr=0.1
  epochs 1
  freeze stem
}
";

fn products(function: &Function) -> Vec<String> {
    let kernels = function.native().program().kernels.iter();
    let products = kernels
        .filter(|kernel| matches!(kernel, crate::loops::Kernel::Call { call, .. } if call.multiplies()));
    products.map(|kernel| kernel.name().to_string()).collect()
}

/// No step multiplies what is kept.
#[test]
fn a_stem_is_in_no_step() {
    let model = model(STEM);
    let part = part(&model);
    let divide = |lowered: Lowered, limit: u64| {
        Prefix::divide(lowered, &part, limit, Function::new).expect("compiles")
    };
    let (prefix, rest) = divide(lower_train(&model), u64::MAX);
    let prefix = prefix.expect("a prefix");
    assert_eq!(products(&prefix.function).len(), 2);
    assert!(products(&rest).iter().all(|name| !name.starts_with("stem")), "{:?}", products(&rest));
    assert_eq!(prefix.bytes(10), 10 * 4 * (48 + 3));
    let (none, whole) = divide(lower_train(&model), prefix.bytes(ROWS) - 1);
    assert!(none.is_none());
    assert!(products(&whole).iter().any(|name| name.starts_with("stem")), "{:?}", products(&whole));
    let (prefix, _) = divide(lower_eval(&model, Mode::Eval), u64::MAX);
    assert_eq!(prefix.map(|prefix| prefix.width), Some(48 + 3));
}

#[test]
fn whoever_stops_it_has_nothing() {
    let model = model(STEM);
    let (part, mut store) = (part(&model), store(&model));
    let (prefix, _) = Prefix::divide(lower_train(&model), &part, u64::MAX, Function::new).expect("compiles");
    let prefix = prefix.expect("a prefix");
    let stopped = prefix.part(&part, &mut store, &Team::new(1), &AtomicU32::new(1)).expect("runs");
    assert!(stopped.is_none());
}
