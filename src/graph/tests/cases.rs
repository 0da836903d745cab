//! For every operation graphs that apply it, with operands in the range where it is defined, and bindings for them.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::draws::mix64;
use crate::graph::builder::INV_ROWS;
use crate::graph::interpret::{Bindings, Tensor, concrete};
use crate::graph::{
    Address, Attention, Builder, DType, Dim, Enter, Geometry, Graph, Op, Reduction, Scalar, Slide, Step,
    Table, Type, ValueId,
};
use crate::graph::{ParamId, ScalarId, SiteId, SlotId, StateId};
use crate::sound::{Cosines, MelBank, Scale, Spectrum};

const B: Dim = Dim::Batch;
/// The scalar that is a threshold of 32 bits.
const SEEDS: &str = "seeds";

fn c(n: usize) -> Dim {
    Dim::Const(n)
}

/// An operand of a case.
#[derive(Clone, Debug)]
pub enum Arg {
    /// f32 of these dimensions, uniform in the interval.
    Real(Vec<Dim>, f64, f64),
    /// A condition.
    Bool(Vec<Dim>),
    Labels,
    /// `i32[B, 3]`
    Tokens,
    Key(Address),
    Threshold,
    /// The same of 32 bits.
    Seeds,
}

#[derive(Clone, Debug)]
pub struct Case {
    pub op: Op,
    pub args: Vec<Arg>,
}

/// A case as a graph: its operands, their ranges by name, and the result.
pub struct Built {
    pub b: Builder,
    pub ranges: BTreeMap<String, (f64, f64)>,
    pub operands: Vec<ValueId>,
    pub result: ValueId,
}

fn case(op: Op, args: &[Arg]) -> Case {
    Case { op, args: args.to_vec() }
}

fn real(dims: &[Dim]) -> Arg {
    Arg::Real(dims.to_vec(), -2.0, 2.0)
}

fn positive(dims: &[Dim]) -> Arg {
    Arg::Real(dims.to_vec(), 0.1, 4.0)
}

/// The forms every elementwise operation is tried in.
fn forms() -> [Vec<Dim>; 4] {
    [vec![], vec![B], vec![c(5)], vec![B, c(2), c(3)]]
}

pub fn cases() -> Vec<Case> {
    [
        sources(),
        random(),
        elementwise(),
        shapes(),
        joins(),
        windows(),
        attention(),
        sound(),
        products(),
        loops(),
    ]
    .concat()
}

fn sources() -> Vec<Case> {
    let ops = [
        Op::Input { slot: 0, partner: false },
        Op::Input { slot: 0, partner: true },
        Op::Target { partner: false },
        Op::Target { partner: true },
        Op::Param(ParamId(0)),
        Op::Slot(SlotId(0)),
        Op::State(StateId(0)),
        Op::Scalar(ScalarId(0)),
        Op::Const(-1.5),
        Op::RowKey(SiteId(0)),
        Op::RowKey(SiteId(1)),
        Op::Enter(0),
    ];
    ops.into_iter().map(|op| case(op, &[])).collect()
}

fn random() -> Vec<Case> {
    let forms = [(vec![], vec![]), (vec![19], vec![false]), (vec![3, 4, 2], vec![true, false, true])];
    let mut cases = Vec::new();
    for (dims, shared) in forms {
        for address in [Address::Row, Address::Update] {
            let (dims, shared) = (dims.clone(), shared.clone());
            let mask = Op::KeepMask { dims: dims.clone(), shared: shared.clone() };
            cases.push(case(mask, &[Arg::Key(address), Arg::Threshold]));
            cases.push(case(Op::Noise { dims, shared }, &[Arg::Key(address)]));
        }
    }
    for (steps, stride, offset) in [(1, 1, 0), (19, 1, 0), (3, 2, 1), (3, 2, -1)] {
        cases.push(case(Op::Within { steps, stride, offset }, &[Arg::Labels]));
    }
    for address in [Address::Row, Address::Update] {
        cases.push(case(Op::KeepMaskAt, &[Arg::Key(address), Arg::Threshold, Arg::Tokens]));
    }
    // Tokens are below 4: of three rows one is never named, of three tokens one is none of them.
    for rows in [3, 5] {
        cases.push(case(Op::Gather, &[real(&[c(rows), c(2)]), Arg::Tokens]));
        cases.push(case(Op::ScatterAdd { rows }, &[real(&[B, c(3), c(2)]), Arg::Tokens]));
    }
    let maps = [
        (vec![B, c(5), c(4), c(2)], 3, false),
        (vec![B, c(5), c(4), c(2)], 2, true),
        (vec![B, c(7), c(3)], 2, false),
    ];
    for (dims, size, shared) in maps {
        for address in [Address::Row, Address::Update] {
            let args = [Arg::Key(address), Arg::Seeds, real(&dims)];
            cases.push(case(Op::DropSquares { size, shared }, &args));
        }
    }
    cases
}

fn elementwise() -> Vec<Case> {
    let mut cases = vec![case(Op::OneHot { classes: 4 }, &[Arg::Labels])];
    cases.push(case(Op::OneHot { classes: 4 }, &[Arg::Tokens]));
    for dims in forms() {
        let (x, p) = (real(&dims), positive(&dims));
        for op in [Op::Neg, Op::Abs, Op::Exp, Op::Tanh, Op::Sigmoid, Op::Softplus, Op::Erf, Op::Detach] {
            cases.push(case(op, std::slice::from_ref(&x)));
        }
        cases.extend([Op::Log, Op::Sqrt].map(|op| case(op, std::slice::from_ref(&p))));
        for op in [Op::Add, Op::Sub, Op::Mul, Op::Max, Op::Min, Op::Less] {
            cases.push(case(op, &[x.clone(), x.clone()]));
        }
        cases.push(case(Op::Div, &[x.clone(), p]));
        cases.push(case(Op::Select, &[Arg::Bool(dims.clone()), x.clone(), x]));
    }
    cases
}

fn shapes() -> Vec<Case> {
    let mut cases = Vec::new();
    for (from, to, axes) in [
        (vec![], vec![B, c(3)], vec![]),
        (vec![c(3)], vec![B, c(3)], vec![1]),
        (vec![B], vec![B, c(2), c(3)], vec![0]),
        (vec![B, c(3)], vec![B, c(2), c(3)], vec![0, 2]),
        (vec![c(2)], vec![c(2), c(3)], vec![0]),
    ] {
        cases.push(case(Op::Broadcast { dims: to, axes }, &[real(&from)]));
    }
    for reduction in [Reduction::Sum, Reduction::Max, Reduction::First] {
        let all = [B, c(2), c(3)];
        for axes in [vec![0], vec![1], vec![2], vec![0, 2], vec![1, 2], vec![0, 1, 2]] {
            cases.push(case(Op::Reduce { reduction, axes }, &[real(&all)]));
        }
        cases.push(case(Op::Reduce { reduction, axes: vec![0] }, &[real(&[c(5), c(2)])]));
    }
    for (from, to) in
        [(vec![B, c(2), c(3)], vec![B, c(6)]), (vec![c(6)], vec![c(3), c(2)]), (vec![B], vec![B, c(1)])]
    {
        cases.push(case(Op::Reshape { dims: to }, &[real(&from)]));
    }
    for (dims, permutation) in [
        (vec![B, c(2), c(3)], vec![0, 2, 1]),
        (vec![c(2), c(3), c(4)], vec![1, 2, 0]),
        (vec![c(2), c(3)], vec![1, 0]),
    ] {
        cases.push(case(Op::Transpose { permutation }, &[real(&dims)]));
    }
    for (dims, axis) in [(vec![B, c(5)], 1), (vec![c(5), c(2)], 0), (vec![B, c(5), c(2)], 1)] {
        cases.push(case(Op::Slice { axis, start: 2, len: 2 }, &[real(&dims)]));
        cases.push(case(Op::Pad { axis, before: 2, after: 1 }, &[real(&dims)]));
    }
    cases
}

fn joins() -> Vec<Case> {
    vec![
        case(Op::Concat { axis: 0 }, &[real(&[c(3)])]),
        case(Op::Concat { axis: 1 }, &[real(&[B, c(2)]), real(&[B, c(3)]), real(&[B, c(1)])]),
        case(Op::Concat { axis: 1 }, &[real(&[B, c(2), c(2)]), real(&[B, c(3), c(2)])]),
    ]
}

/// Windows over one axis and over two, on odd extents, with every combination of stride, dilation and uneven borders.
pub fn geometries() -> Vec<(Vec<Dim>, Geometry)> {
    let slide = |axis, len, size, stride, dilation, before, after| Slide {
        axis,
        len,
        size,
        stride,
        dilation,
        before,
        after,
    };
    let mut all = vec![
        (vec![B, c(5), c(2)], vec![slide(1, 5, 3, 2, 1, 1, 0)]),
        (vec![c(7)], vec![slide(0, 7, 2, 1, 3, 0, 1)]),
        (vec![B, c(3), c(4), c(1)], vec![slide(1, 3, 3, 1, 1, 0, 0), slide(2, 4, 1, 1, 1, 0, 0)]),
        (vec![B, c(2), c(2), c(3)], vec![slide(1, 2, 1, 1, 1, 0, 0), slide(2, 2, 1, 1, 1, 0, 0)]),
    ];
    for (stride, dilation, before, after) in [(1, 1, 1, 1), (2, 1, 0, 1), (3, 2, 2, 1), (1, 2, 0, 3)] {
        let axes =
            vec![slide(1, 5, 3, stride, dilation, before, after), slide(2, 4, 2, 1, dilation, after, before)];
        all.push((vec![B, c(5), c(4), c(2)], axes));
    }
    all.into_iter().map(|(dims, axes)| (dims, Geometry { axes })).collect()
}

fn windows() -> Vec<Case> {
    let mut cases = Vec::new();
    for (dims, geometry) in geometries() {
        for pad in [0.0, -3.0] {
            cases.push(case(Op::Windows { geometry: geometry.clone(), pad }, &[real(&dims)]));
        }
        let inserted = geometry.counts().into_iter().chain(geometry.sizes()).map(c);
        let mut windows = dims;
        windows.splice(geometry.first()..geometry.taps(), inserted);
        cases.push(case(Op::Overlap { geometry }, &[real(&windows)]));
    }
    for axes in [vec![1], vec![1, 2], vec![0, 2]] {
        cases.push(case(Op::IsFirst { axes }, &[real(&[B, c(2), c(3)])]));
    }
    for dims in [vec![B, c(4)], vec![B, c(2), c(3)], vec![B, c(5), c(4), c(20)]] {
        cases.push(case(Op::Moments, &[real(&dims)]));
    }
    cases
}

/// Attention in every form, and its gradient as an operation of its own; tables of waves.
fn attention() -> Vec<Case> {
    let plain = Attention {
        heads: 2,
        groups: 2,
        width: 2,
        queries: 4,
        keys: 4,
        across: false,
        causal: false,
        slopes: false,
        turned: false,
        padded: false,
        dropped: false,
    };
    let forms = [
        plain,
        Attention { causal: true, dropped: true, ..plain },
        Attention { heads: 4, groups: 2, width: 1, slopes: true, ..plain },
        Attention { causal: true, slopes: true, padded: true, ..plain },
        Attention { across: true, queries: 3, keys: 5, dropped: true, padded: true, ..plain },
    ];
    let mut cases = vec![
        case(Op::Waves { places: 3, width: 4, apart: false }, &[]),
        case(Op::Waves { places: 4, width: 2, apart: true }, &[]),
    ];
    for form in forms {
        let mut args = Vec::new();
        if form.dropped {
            args.extend([Arg::Key(Address::Row), Arg::Threshold]);
        }
        args.push(real(&form.operand().dims));
        if form.padded {
            args.push(Arg::Real(vec![B], 1.1, 3.9));
        }
        cases.push(case(Op::Attend(form), &args));
        let result = real(&form.result().dims);
        cases.push(case(Op::AttendBack(form), &[vec![result.clone(), result], args].concat()));
    }
    cases
}

/// Spectra of short waves, and tables.
fn sound() -> Vec<Case> {
    let form = Spectrum { samples: 9, window: 4, hop: 2, fft: 4, before: 2, frames: 5, squared: true };
    let bank = MelBank { rate: 100, fft: 12, bands: 2, low: 5.0, high: 45.0, scale: Scale::Htk, area: false };
    let mut cases = vec![
        case(Op::Table(Table::Mel(bank)), &[]),
        case(Op::Table(Table::Mel(MelBank { scale: Scale::Slaney, area: true, ..bank })), &[]),
        case(Op::Table(Table::Numbers(5)), &[]),
        case(Op::Table(Table::Cosines(Cosines { bands: 4, kept: 3 })), &[]),
    ];
    for form in [form, Spectrum { fft: 7, hop: 3, before: 0, frames: 2, squared: false, ..form }] {
        let spectra = real(&[B, c(form.frames), c(form.bins())]);
        cases.push(case(Op::Spectra(form), &[real(&[B, c(9)])]));
        cases.push(case(Op::SpectraBack(form), &[spectra, real(&[B, c(9)])]));
    }
    cases
}

fn products() -> Vec<Case> {
    let forms = [
        // dense; over positions; its weight's gradient; its input's gradient
        (vec![B, c(3)], vec![c(3), c(4)], vec![], vec![(1, 0)]),
        (vec![B, c(2), c(3)], vec![c(3), c(4)], vec![], vec![(2, 0)]),
        (vec![B, c(3)], vec![B, c(4)], vec![], vec![(0, 0)]),
        (vec![B, c(4)], vec![c(3), c(4)], vec![], vec![(1, 1)]),
        (vec![B, c(2), c(3)], vec![B, c(2), c(4)], vec![], vec![(0, 0), (1, 1)]),
        // attention: scores and mixture
        (vec![B, c(2), c(3)], vec![B, c(4), c(3)], vec![(0, 0)], vec![(2, 2)]),
        (vec![B, c(2), c(4)], vec![B, c(4), c(3)], vec![(0, 0)], vec![(2, 1)]),
        // heads within positions; a weight a head, whose rows are summed over
        (vec![B, c(2), c(3), c(2)], vec![B, c(2), c(3), c(2)], vec![(0, 0), (2, 2)], vec![(3, 3)]),
        (vec![B, c(2), c(3)], vec![B, c(2), c(4)], vec![(1, 1)], vec![(0, 0)]),
        (vec![B, c(2), c(3)], vec![B, c(4), c(2)], vec![(1, 2)], vec![(0, 0)]),
        // the batch is free on the right; vectors; outer product; two axes in crossed order
        (vec![c(3)], vec![B, c(3)], vec![], vec![(0, 1)]),
        (vec![c(3)], vec![c(3)], vec![], vec![(0, 0)]),
        (vec![B], vec![c(3)], vec![], vec![]),
        (vec![c(2), c(3), c(4)], vec![c(3), c(5), c(2)], vec![], vec![(0, 2), (1, 0)]),
        (vec![c(3), c(2), c(4)], vec![c(5), c(3), c(2)], vec![(1, 2), (0, 1)], vec![]),
    ];
    let product = |(left, right, batch, over): (Vec<Dim>, Vec<Dim>, _, _)| {
        case(Op::Contract { batch, over }, &[real(&left), real(&right)])
    };
    forms.into_iter().map(product).collect()
}

/// A value that is carried, one over time, one of the row and one without rows, forth and back.
fn loops() -> Vec<Case> {
    let state = Type::f32(&[B, c(2)]);
    let over_time = Type::f32(&[B, c(3), c(2)]);
    let matrix = Type::f32(&[c(2), c(2)]);
    let scan = |reverse| {
        let mut step = Step::default();
        let [h, x, row, w] = [
            (&state, Enter::Carried),
            (&over_time, Enter::Scanned),
            (&state, Enter::Closed),
            (&matrix, Enter::Closed),
        ]
        .map(|(ty, enter)| step.enter(ValueId(0), ty, enter));
        let b = &mut step.b;
        let masked = b.mul(h, row);
        let product = b.matmul(masked, w);
        let sum = b.add(product, x);
        let next = b.tanh(sum);
        let squared = b.square(h);
        step.carry(h, next);
        step.stack(next);
        step.stack(squared);
        Op::Scan(Arc::new(step.into_scan(3, reverse)))
    };
    let args = [&state.dims, &over_time.dims, &state.dims, &matrix.dims].map(|dims| real(dims));
    [false, true].map(|reverse| case(scan(reverse), &args)).to_vec()
}

impl Case {
    /// The graph of this case; it declares one of each source first, for the cases of sources.
    pub fn build(&self) -> Built {
        let mut b = Builder::new();
        b.declare_input("input", DType::F32, &[3]);
        b.declare_target(Type { dtype: DType::I32, dims: vec![B] });
        b.param("param", &[2]);
        b.slot("slot", &[2]);
        b.state("state", &[2]);
        b.scalar("scalar", DType::F32);
        b.site("row", Address::Row);
        b.site("update", Address::Update);
        b.enter(Type::f32(&[B, c(2)]));
        let mut ranges = BTreeMap::new();
        let args = self.args.iter().enumerate();
        let operands: Vec<ValueId> = args
            .map(|(i, arg)| match arg {
                Arg::Real(dims, low, high) => {
                    let name = format!("operand{i}");
                    ranges.insert(name.clone(), (*low, *high));
                    bound(&mut b, &name, dims)
                }
                Arg::Bool(dims) => {
                    let (low, high) = (bound(&mut b, "low", dims), bound(&mut b, "high", dims));
                    b.less(low, high)
                }
                Arg::Labels => b.target(false),
                Arg::Tokens => {
                    let slot = b.declare_input("tokens", DType::I32, &[3]);
                    b.input(slot, false)
                }
                Arg::Key(Address::Row) => b.row_key(SiteId(0)),
                Arg::Key(Address::Update) => b.row_key(SiteId(1)),
                Arg::Threshold => b.scalar("q", DType::I32),
                Arg::Seeds => b.scalar(SEEDS, DType::I32),
            })
            .collect();
        let result = b.push(self.op.clone(), &operands);
        Built { b, ranges, operands, result }
    }
}

/// A source of f32 of these dimensions that a test binds: an input with rows, else a parameter.
pub fn bound(b: &mut Builder, name: &str, dims: &[Dim]) -> ValueId {
    let sizes: Vec<usize> =
        dims.iter().filter_map(|d| if let Dim::Const(n) = d { Some(*n) } else { None }).collect();
    if dims.first() == Some(&B) {
        let slot = b.declare_input(name, DType::F32, &sizes);
        b.input(slot, false)
    } else {
        b.param(name, &sizes)
    }
}

/// Numbers for all sources of a graph, the same on every run; f32 numbers, so that both precisions start equal.
pub fn bindings(graph: &Graph, ranges: &BTreeMap<String, (f64, f64)>, rows: usize) -> Bindings<f64> {
    let mut counter = 0_u64;
    let mut fill = |name: &str, ty: &Type| {
        let (low, high) = ranges.get(name).copied().unwrap_or((-1.0, 1.0));
        let dims = concrete(ty, rows);
        let uniform = |counter: &mut u64| {
            *counter += 1;
            let u = (mix64(*counter) >> 11) as f64 / (1_u64 << 53) as f64;
            f64::from((low + (high - low) * u) as f32)
        };
        let n = dims.iter().product();
        match ty.dtype {
            DType::I32 => Tensor::ints(&dims, (0..n).map(|i: usize| (i % 4) as i32).collect()),
            _ => Tensor::real(&dims, (0..n).map(|_| uniform(&mut counter)).collect()),
        }
    };
    let stored = |table: &[crate::graph::Stored], fill: &mut dyn FnMut(&str, &Type) -> Tensor<f64>| {
        let ty = |dims: &[usize]| Type::f32(&dims.iter().map(|n| c(*n)).collect::<Vec<_>>());
        table.iter().map(|s| fill(&s.name, &ty(&s.dims))).collect::<Vec<_>>()
    };
    let scalar = |s: &Scalar, fill: &mut dyn FnMut(&str, &Type) -> Tensor<f64>| match s.dtype {
        DType::I32 => Tensor::ints(&[], vec![if s.name == SEEDS { 500_000_000 } else { 20_000 }]),
        _ if s.name == INV_ROWS => Tensor::real(&[], vec![1.0 / rows as f64]),
        _ => fill(&s.name, &Type::scalar(DType::F32)),
    };
    Bindings {
        rows,
        inputs: graph.inputs.iter().map(|a| fill(&a.name, &a.ty)).collect(),
        partners: graph.inputs.iter().map(|a| fill(&a.name, &a.ty)).collect(),
        target: graph.target.as_ref().map(|ty| fill("target", ty)),
        partner_target: graph.target.as_ref().map(|ty| fill("target", ty)),
        params: stored(&graph.params, &mut fill),
        slots: stored(&graph.slots, &mut fill),
        states: stored(&graph.states, &mut fill),
        scalars: graph.scalars.iter().map(|s| scalar(s, &mut fill)).collect(),
        streams: graph.sites.iter().map(|site| mix64(site.hash)).collect(),
        positions: (0..rows as u64).map(|row| 1000 + 7 * row).collect(),
        update: 17,
        enters: graph.enters.iter().map(|ty| fill("enter", ty)).collect(),
        ..Bindings::default()
    }
}
