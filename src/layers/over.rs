//! Axes that a layer takes away by their roles: `over=time`, `over=[height, width]`.

use super::{Infer, Lower, OverTime};
use crate::{
    diag::Diagnostic,
    graph::{Builder, Dim, Geometry, Slide, ValueId},
    model::{Axis, Role, Ty},
    vocab::{Args, Kind},
};

pub const AXES: Kind = Kind::Words(&["unit", "height", "width", "space", "time", "freq", "channel"]);

/// `over` names axes of the value, none twice.
///
/// # Errors
/// E0302 for an axis that the value does not have, E0211 for one that is named twice.
pub fn present(cx: &Infer<'_>) -> Result<(), Diagnostic> {
    let ty = cx.input();
    distinct(cx, "over")?;
    for word in cx.args.words("over") {
        if !ty.has(word) {
            return Err(Diagnostic::error(
                "E0302",
                cx.args.span_of("over"),
                format!("`over={word}` on a value without that axis"),
            )
            .label(format!("the value is {ty}"))
            .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name))
            .help(
                "name an axis that the value has; `reshape 9x4, roles=[time, channel]` says what axes are",
            ));
        }
    }
    Ok(())
}

/// The value without the axes that `over` names.
///
/// # Errors
/// E0302 for an axis that the value does not have, E0211 where every axis is named.
pub fn without(cx: &Infer<'_>) -> Result<Ty, Diagnostic> {
    let ty = cx.input();
    present(cx)?;
    left(cx.args, ty).ok_or_else(|| {
        cx.mismatch(format!("`{}` over all axes of {ty} leaves none", cx.name())).help("name fewer of them")
    })
}

/// What is left of a type; none where every axis is named. Steps of rows that have lengths stay steps, of one channel.
fn left(args: &Args, ty: &Ty) -> Option<Ty> {
    let removed = axes(args, ty);
    let kept = ty.axes.iter().enumerate().filter(|(i, _)| !removed.contains(i)).map(|(_, axis)| *axis);
    match kept.collect::<Vec<Axis>>()[..] {
        [] => None,
        [only] if only.ragged.is_some() => Some(Ty::real(vec![only, Axis::new(Role::Channel, 1)])),
        [only] => Some(Ty::units(only.size)),
        ref several => Some(Ty::real(several.to_vec())),
    }
}

/// What was computed of a value without the axes that `over` names, in the shape of its type.
pub fn shaped(cx: &mut Lower<'_>, reduced: ValueId) -> ValueId {
    let Some(ty) = left(cx.args, cx.input_ty()) else { return reduced };
    let dims: Vec<Dim> = [Dim::Batch].into_iter().chain(ty.sizes().into_iter().map(Dim::Const)).collect();
    cx.b.reshape(reduced, &dims)
}

/// No axis is named twice, be it by its role and by `space`; otherwise E0211.
pub fn distinct(cx: &Infer<'_>, name: &'static str) -> Result<(), Diagnostic> {
    let words = cx.args.words(name);
    let twice = words.iter().enumerate().find(|(i, word)| words[..*i].contains(word));
    if let Some((_, word)) = twice {
        let message = format!("`{name}` names `{word}` twice");
        return Err(Diagnostic::error("E0211", cx.args.span_of(name), message)
            .label("the second has no effect")
            .help("leave it out"));
    }
    let within = |word: &&&str| {
        let roles = Role::named(word).unwrap_or_default();
        words.iter().any(|other| {
            let wider = Role::named(other).unwrap_or_default();
            wider.len() > roles.len() && roles.iter().any(|role| wider.contains(role))
        })
    };
    match words.iter().find(within) {
        None => Ok(()),
        Some(word) => {
            let message = format!("`{name}` names `{word}` and `space`, which holds it");
            Err(Diagnostic::error("E0211", cx.args.span_of(name), message)
                .label("has no effect beside `space`")
                .help(format!("leave `{word}` out")))
        }
    }
}

/// What a reduction does along time: it crosses it where it takes it away.
pub fn time(args: &Args) -> OverTime {
    let is_time = |word: &&str| Role::named(word).is_some_and(|roles| roles.contains(&Role::Time));
    if args.words("over").iter().any(is_time) { OverTime::Whole } else { OverTime::PerStep }
}

/// Places of the named axes among those of the value, ascending.
pub fn axes(args: &Args, ty: &Ty) -> Vec<usize> {
    let roles: Vec<Role> =
        args.words("over").iter().filter_map(|word| Role::named(word)).flatten().copied().collect();
    (0..ty.axes.len()).filter(|i| roles.contains(&ty.axes[*i].role)).collect()
}

/// The largest number along these axes of a value (its batch is axis 0), the first of equal ones in row-major order: one window over each run of
/// neighbouring axes, the last run first.
pub fn first(b: &mut Builder, x: ValueId, axes: &[usize]) -> ValueId {
    let mut x = x;
    let mut end = axes.len();
    while end > 0 {
        let start = (1..end).rev().find(|i| axes[*i] != axes[i - 1] + 1).unwrap_or(0);
        x = first_of_run(b, x, axes[start]..axes[end - 1] + 1);
        end = start;
    }
    x
}

/// The same along neighbouring axes.
fn first_of_run(b: &mut Builder, x: ValueId, run: std::ops::Range<usize>) -> ValueId {
    let dims = b.dims(x);
    let count = |dims: &[Dim]| dims.iter().filter_map(|d| d.size()).product::<usize>();
    let (outer, len, rest) = (count(&dims[1..run.start]), count(&dims[run.clone()]), count(&dims[run.end..]));
    let lines = b.reshape(x, &[Dim::Batch, Dim::Const(outer), Dim::Const(len), Dim::Const(rest)]);
    let whole = Slide { axis: 2, len, size: len, stride: 1, dilation: 1, before: 0, after: 0 };
    let geometry = Geometry { axes: vec![whole] };
    let windows = b.windows(lines, &geometry, f32::NEG_INFINITY);
    let top = b.first_over(windows, &geometry.tap_axes());
    b.reshape(top, &[&dims[..run.start], &dims[run.end..]].concat())
}
