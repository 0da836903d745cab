//! The type of an operation's result, and why there is none.
//!
//! One exhaustive match over [`Op`]; `Builder` calls it at every push and `verify` once more for every node, so that a stored type always is
//! the inferred one. Types of sources come from the graph's tables. A message says what the rule wants and what it got.

use std::fmt;

use crate::sound::Spectrum;

use super::{Address, Attention, DType, Dim, Geometry, Graph, Op, Type, ValueId};

/// A violated type rule, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeError(pub String);

impl fmt::Display for TypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! fail {
    ($($message:tt)*) => { return Err(TypeError(format!($($message)*))) };
}

type Result<T> = std::result::Result<T, TypeError>;

/// The type of `op` applied to `inputs`, values that `graph` has.
pub fn infer(graph: &Graph, op: &Op, inputs: &[ValueId]) -> Result<Type> {
    let row = op.row();
    if !row.arity.admits(inputs.len()) {
        fail!("{} takes {:?} operands, not {}", row.mnemonic, row.arity, inputs.len());
    }
    let tys: Vec<&Type> = inputs.iter().map(|v| graph.ty(*v)).collect();
    let ty = match op {
        Op::Input { slot, .. } => entry(&graph.inputs, *slot, "input")?.ty.clone(),
        Op::Target { .. } => match &graph.target {
            Some(ty) => ty.clone(),
            None => fail!("the graph declares no target"),
        },
        Op::Param(id) => entry(&graph.params, id.0, "param")?.ty(),
        Op::Slot(id) => entry(&graph.slots, id.0, "slot")?.ty(),
        Op::State(id) => entry(&graph.states, id.0, "state")?.ty(),
        Op::Scalar(id) => Type::scalar(entry(&graph.scalars, id.0, "scalar")?.dtype),
        Op::Const(_) => Type::scalar(DType::F32),
        Op::RowKey(id) => match entry(&graph.sites, id.0, "site")?.address {
            Address::Row => Type { dtype: DType::Key, dims: vec![Dim::Batch] },
            Address::Update => Type::scalar(DType::Key),
        },
        Op::Enter(slot) => entry(&graph.enters, *slot, "operand")?.clone(),
        Op::Scan(scan) => scan.result(&tys).map_err(TypeError)?,
        Op::KeepMask { dims, shared } => {
            if *tys[1] != Type::scalar(DType::I32) {
                fail!("keep_mask takes a threshold i32[], not {}", tys[1]);
            }
            draws(tys[0], dims, shared)?
        }
        Op::KeepMaskAt => {
            if *tys[1] != Type::scalar(DType::I32) || tys[0].dtype != DType::Key {
                fail!("keep_mask_at takes a key and a threshold i32[], not {} and {}", tys[0], tys[1]);
            }
            tokens(tys[2])?;
            Type { dtype: DType::F32, dims: tys[2].dims.clone() }
        }
        Op::Gather => {
            let ([Dim::Const(_), Dim::Const(width)], DType::F32) = (&tys[0].dims[..], tys[0].dtype) else {
                fail!("gather takes a table f32[V, D], not {}", tys[0])
            };
            let steps = tokens(tys[1])?;
            Type::f32(&[Dim::Batch, steps, Dim::Const(*width)])
        }
        Op::ScatterAdd { rows } => match (&float(tys[0])?.dims[..], tokens(tys[1])?) {
            ([Dim::Batch, steps, width], own) if *steps == own && *rows > 0 => {
                Type::f32(&[Dim::Const(*rows), *width])
            }
            _ => fail!("scatter_add takes f32[B, T, D] and i32[B, T], not {} and {}", tys[0], tys[1]),
        },
        Op::Noise { dims, shared } => draws(tys[0], dims, shared)?,
        Op::Within { steps, stride, .. } => {
            if *tys[0] != (Type { dtype: DType::I32, dims: vec![Dim::Batch] }) || *steps == 0 || *stride == 0
            {
                fail!("within takes lengths i32[B] and at least one step of one or more, not {}", tys[0]);
            }
            Type::f32(&[Dim::Batch, Dim::Const(*steps)])
        }
        Op::DropSquares { size, .. } => squares(&tys, *size)?,
        Op::Neg
        | Op::Abs
        | Op::Exp
        | Op::Log
        | Op::Sqrt
        | Op::Tanh
        | Op::Sigmoid
        | Op::Softplus
        | Op::Erf
        | Op::Detach
        | Op::Add
        | Op::Sub
        | Op::Mul
        | Op::Div
        | Op::Max
        | Op::Min => equal_floats(&tys)?,
        Op::Less => Type { dtype: DType::Bool, dims: equal_floats(&tys)?.dims },
        Op::Select => select(&tys)?,
        Op::OneHot { classes } => {
            let (DType::I32, [Dim::Batch] | [Dim::Batch, Dim::Const(_)]) = (tys[0].dtype, &tys[0].dims[..])
            else {
                fail!("one_hot takes i32[B] or i32[B, T], not {}", tys[0])
            };
            Type::f32(&[tys[0].dims.as_slice(), &[Dim::Const(*classes)]].concat())
        }
        Op::Broadcast { dims, axes } => broadcast(float(tys[0])?, dims, axes)?,
        Op::Reduce { axes, .. } => reduce(float(tys[0])?, axes)?,
        Op::Reshape { dims } => reshape(float(tys[0])?, dims)?,
        Op::Transpose { permutation } => transpose(float(tys[0])?, permutation)?,
        Op::Slice { axis, start, len } => slice(float(tys[0])?, *axis, *start, *len)?,
        Op::Pad { axis, before, after } => pad(float(tys[0])?, *axis, *before, *after)?,
        Op::Concat { axis } => concat(&tys, *axis)?,
        Op::Windows { geometry, .. } => windows(float(tys[0])?, geometry)?,
        Op::Overlap { geometry } => overlap(float(tys[0])?, geometry)?,
        Op::IsFirst { axes } => {
            reduce(float(tys[0])?, axes)?;
            tys[0].clone()
        }
        Op::Attend(form) => attend(form, &tys)?,
        Op::AttendBack(form) => attend_back(form, &tys)?,
        Op::Waves { places, width, .. } => {
            if *places == 0 || *width == 0 || !width.is_multiple_of(2) {
                fail!("makes no pairs of waves of {width} numbers at {places} places");
            }
            Type::f32(&[Dim::Const(*places), Dim::Const(*width)])
        }
        Op::Spectra(form) => spectra(form, float(tys[0])?)?,
        Op::SpectraBack(form) => match spectra(form, float(tys[1])?)? {
            wanted if *tys[0] == wanted => tys[1].clone(),
            wanted => fail!("takes {wanted}, not {}", tys[0]),
        },
        Op::Table(table) => {
            let dims = table.dims();
            if dims.contains(&0) {
                fail!("a table of {dims:?}");
            }
            Type::f32(&dims.map(Dim::Const))
        }
        Op::Moments => moments(float(tys[0])?)?,
        Op::Contract { batch, over } => contract(float(tys[0])?, float(tys[1])?, batch, over)?,
    };
    if ty.dims.iter().skip(1).any(|d| *d == Dim::Batch) {
        fail!("{} gives {ty}, where B is not the leading dimension", row.mnemonic);
    }
    Ok(ty)
}

fn entry<'g, T>(table: &'g [T], id: u32, kind: &str) -> Result<&'g T> {
    match table.get(id as usize) {
        Some(entry) => Ok(entry),
        None => fail!("{kind} {id} is not declared: there are {}", table.len()),
    }
}

fn float(ty: &Type) -> Result<&Type> {
    if ty.dtype != DType::F32 {
        fail!("takes f32, not {ty}");
    }
    Ok(ty)
}

fn equal_floats(tys: &[&Type]) -> Result<Type> {
    let first = float(tys[0])?;
    match tys.iter().find(|ty| **ty != first) {
        Some(other) => fail!("takes operands of one type, not {first} and {other}"),
        None => Ok(first.clone()),
    }
}

fn select(tys: &[&Type]) -> Result<Type> {
    let ty = equal_floats(&tys[1..])?;
    if tys[0].dtype != DType::Bool || tys[0].dims != ty.dims {
        fail!("selects between {ty} by a bool of these dimensions, not by {}", tys[0]);
    }
    Ok(ty)
}

fn draws(key: &Type, dims: &[usize], shared: &[bool]) -> Result<Type> {
    if key.dtype != DType::Key {
        fail!("takes a row key, not {key}");
    }
    if dims.len() != shared.len() {
        fail!("has {} dimensions and {} marks of sharing", dims.len(), shared.len());
    }
    let units = dims.iter().map(|n| Dim::Const(*n));
    Ok(Type { dtype: DType::F32, dims: key.dims.iter().copied().chain(units).collect() })
}

fn squares(tys: &[&Type], size: usize) -> Result<Type> {
    if tys[0].dtype != DType::Key || *tys[1] != Type::scalar(DType::I32) {
        fail!("takes a row key and a threshold i32[], not {} and {}", tys[0], tys[1]);
    }
    let ty = float(tys[2])?;
    let places = ty.dims.get(1..ty.dims.len().saturating_sub(1)).unwrap_or_default();
    let fits = |d: &Dim| matches!(d, Dim::Const(n) if (1..=*n).contains(&size));
    if !ty.has_batch() || places.is_empty() || places.len() > 2 || !places.iter().all(fits) {
        fail!("drops squares of {size} from {ty}");
    }
    Ok(ty.clone())
}

fn ascending(axes: &[usize], rank: usize) -> bool {
    axes.is_sorted_by(|a, b| a < b) && axes.iter().all(|a| *a < rank)
}

fn broadcast(ty: &Type, dims: &[Dim], axes: &[usize]) -> Result<Type> {
    if axes.len() != ty.dims.len() || !ascending(axes, dims.len()) {
        fail!("maps the axes of {ty} to {axes:?}, which is no ascending choice of {} axes", dims.len());
    }
    if let Some((i, axis)) = axes.iter().enumerate().find(|(i, axis)| ty.dims[*i] != dims[**axis]) {
        fail!("maps axis {i} of {ty} to axis {axis}, whose extent is {}", dims[*axis]);
    }
    Ok(Type::f32(dims))
}

/// The steps of `i32[Batch, T]`.
fn tokens(ty: &Type) -> Result<Dim> {
    match (&ty.dims[..], ty.dtype) {
        ([Dim::Batch, steps @ Dim::Const(_)], DType::I32) => Ok(*steps),
        _ => fail!("tokens are i32[B, T], not {ty}"),
    }
}

fn reduce(ty: &Type, axes: &[usize]) -> Result<Type> {
    if axes.is_empty() || !ascending(axes, ty.dims.len()) {
        fail!("reduces axes {axes:?} of {ty}: they must be ascending, within the rank and at least one");
    }
    let kept = ty.dims.iter().enumerate().filter(|(i, _)| !axes.contains(i)).map(|(_, d)| *d);
    Ok(Type { dtype: DType::F32, dims: kept.collect() })
}

fn reshape(ty: &Type, dims: &[Dim]) -> Result<Type> {
    let new = Type::f32(dims);
    if new.has_batch() != ty.has_batch() || new.row_len() != ty.row_len() {
        fail!("cannot give {ty} the form {new}: elements or batch dimension differ");
    }
    Ok(new)
}

fn transpose(ty: &Type, permutation: &[usize]) -> Result<Type> {
    let mut sorted = permutation.to_vec();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..ty.dims.len()) {
        fail!("permutes {ty} by {permutation:?}, which is no permutation of its axes");
    }
    Ok(Type::f32(&permutation.iter().map(|axis| ty.dims[*axis]).collect::<Vec<_>>()))
}

/// The extent of a constant axis.
fn extent(ty: &Type, axis: usize) -> Result<usize> {
    match ty.dims.get(axis) {
        Some(Dim::Const(n)) => Ok(*n),
        _ => fail!("needs a constant axis, which axis {axis} of {ty} is not"),
    }
}

fn resized(ty: &Type, axis: usize, len: usize) -> Type {
    let mut ty = ty.clone();
    ty.dims[axis] = Dim::Const(len);
    ty
}

fn slice(ty: &Type, axis: usize, start: usize, len: usize) -> Result<Type> {
    let n = extent(ty, axis)?;
    if len == 0 || start.checked_add(len).is_none_or(|end| end > n) {
        fail!("cannot take {len} elements from {start} along axis {axis} of {ty}");
    }
    Ok(resized(ty, axis, len))
}

fn pad(ty: &Type, axis: usize, before: usize, after: usize) -> Result<Type> {
    let n = extent(ty, axis)?;
    Ok(resized(ty, axis, before + n + after))
}

fn concat(tys: &[&Type], axis: usize) -> Result<Type> {
    let first = float(tys[0])?;
    let mut len = 0;
    for ty in tys {
        len += extent(float(ty)?, axis)?;
        if ty.dims.len() != first.dims.len()
            || (0..).zip(&ty.dims).any(|(i, d)| i != axis && *d != first.dims[i])
        {
            fail!("joins along axis {axis} what differs elsewhere: {first} and {ty}");
        }
    }
    Ok(resized(first, axis, len))
}

/// Windowed axes are neighbours and constant, and every window lies on its axis with the border.
fn windowed(geometry: &Geometry) -> Result<()> {
    let sound =
        |slide: &super::Slide| slide.size > 0 && slide.stride > 0 && slide.dilation > 0 && slide.count() > 0;
    let neighbours = (geometry.first()..).zip(&geometry.axes).all(|(axis, slide)| slide.axis == axis);
    if geometry.axes.is_empty() || !neighbours || !geometry.axes.iter().all(sound) {
        fail!("slides windows by {geometry:?}");
    }
    Ok(())
}

fn windows(ty: &Type, geometry: &Geometry) -> Result<Type> {
    windowed(geometry)?;
    if let Some(slide) = geometry.axes.iter().find(|s| ty.dims.get(s.axis) != Some(&Dim::Const(s.len))) {
        fail!("slides over {} elements of axis {} of {ty}", slide.len, slide.axis);
    }
    let inserted = geometry.counts().into_iter().chain(geometry.sizes()).map(Dim::Const);
    let mut dims = ty.dims.clone();
    dims.splice(geometry.first()..geometry.taps(), inserted);
    Ok(Type::f32(&dims))
}

fn overlap(ty: &Type, geometry: &Geometry) -> Result<Type> {
    windowed(geometry)?;
    let inserted: Vec<Dim> = geometry.counts().into_iter().chain(geometry.sizes()).map(Dim::Const).collect();
    let range = geometry.first()..geometry.first() + inserted.len();
    if ty.dims.get(range.clone()) != Some(&inserted[..]) {
        fail!("takes windows by {geometry:?}, which {ty} is not");
    }
    let mut dims = ty.dims.clone();
    dims.splice(range, geometry.axes.iter().map(|slide| Dim::Const(slide.len)));
    Ok(Type::f32(&dims))
}

fn moments(ty: &Type) -> Result<Type> {
    match ty.dims.last() {
        Some(Dim::Const(channels)) if ty.has_batch() => Ok(Type::f32(&[Dim::Const(2 * channels)])),
        _ => fail!("takes channels over rows of the batch, not {ty}"),
    }
}

fn spectra(form: &Spectrum, wave: &Type) -> Result<Type> {
    form.check().map_err(TypeError)?;
    match wave.dims[..] {
        [Dim::Batch, Dim::Const(samples)] if samples == form.samples => {
            Ok(Type::f32(&[Dim::Batch, Dim::Const(form.frames), Dim::Const(form.bins())]))
        }
        _ => fail!("spectra of {} samples, not of {wave}", form.samples),
    }
}

fn contract(left: &Type, right: &Type, batch: &[(usize, usize)], over: &[(usize, usize)]) -> Result<Type> {
    let pairs = || batch.iter().chain(over).copied();
    for (l, r) in pairs() {
        match (left.dims.get(l), right.dims.get(r)) {
            (Some(a), Some(b)) if a == b => {}
            _ => fail!("pairs axis {l} of {left} with axis {r} of {right}"),
        }
    }
    let used = |axis: usize, side: fn((usize, usize)) -> usize| pairs().filter(|p| side(*p) == axis).count();
    let (l, r) = (|p: (usize, usize)| p.0, |p: (usize, usize)| p.1);
    if pairs().any(|pair| used(pair.0, l) > 1 || used(pair.1, r) > 1) {
        fail!("uses an axis of {left} or {right} twice");
    }
    let free_left = free(left, pairs().map(l));
    let free_right = free(right, pairs().map(r));
    let shared = batch.iter().map(|(axis, _)| left.dims[*axis]);
    let result = shared
        .chain(free_left.iter().map(|axis| left.dims[*axis]))
        .chain(free_right.iter().map(|axis| right.dims[*axis]));
    Ok(Type { dtype: DType::F32, dims: result.collect() })
}

fn attend(form: &Attention, tys: &[&Type]) -> Result<Type> {
    form.check().map_err(TypeError)?;
    if tys.len() != form.operands() {
        fail!("takes {} operands, not {}", form.operands(), tys.len());
    }
    let key = |ty: &Type| ty.dtype == DType::Key && ty.dims.len() <= 1;
    if form.dropped && !(key(tys[0]) && *tys[1] == Type::scalar(DType::I32)) {
        fail!("takes a row key and a threshold i32[], not {} and {}", tys[0], tys[1]);
    }
    let packed = Some((form.packed(), form.operand()));
    let turns = form.turns().map(|i| (i, form.turns_type()));
    let lengths = form.lengths().map(|i| (i, Type::f32(&[Dim::Batch])));
    match [packed, turns, lengths].into_iter().flatten().find(|(i, wanted)| tys[*i] != wanted) {
        Some((i, wanted)) => fail!("takes {wanted}, not {}", tys[i]),
        None => Ok(form.result()),
    }
}

fn attend_back(form: &Attention, tys: &[&Type]) -> Result<Type> {
    let [g, result, operands @ ..] = tys else { fail!("takes what flows into a result, and the result") };
    if *g != *result || **g != attend(form, operands)? {
        fail!("takes twice {}, not {g} and {result}", form.result());
    }
    Ok(form.operand())
}

/// The axes of `ty` that are not in `used`, ascending.
pub(super) fn free(ty: &Type, used: impl Iterator<Item = usize>) -> Vec<usize> {
    let used: Vec<usize> = used.collect();
    (0..ty.dims.len()).filter(|axis| !used.contains(axis)).collect()
}
