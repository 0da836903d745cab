//! How the windows of convolutions and pools slide: their arguments, the map they make, and the geometry of the graph.

use super::Infer;
use crate::{
    diag::Diagnostic,
    graph::{Builder, Dim, Geometry, Slide, ValueId},
    model::{Axis, Role, Ty},
    vocab::{ArgSpec, Args, Default, Kind, Value},
};

/// `3x3`, or one number: of the only axis where windows slide over one, else of both.
pub const SIZES: Kind = Kind::OneOf(&[Kind::Size, Kind::Count { min: 1 }]);

pub const SIZE: ArgSpec =
    ArgSpec::required("size", SIZES, "height and width of a window; one number where there is one axis");
pub const OPTIONAL_SIZE: ArgSpec = ArgSpec { default: Default::Absent, ..SIZE };
pub const STRIDE: ArgSpec = ArgSpec::named("stride", SIZES, Default::Number(1.0), "from window to window");
/// Of pools, whose windows lie side by side unless told otherwise.
pub const POOL_STRIDE: ArgSpec =
    ArgSpec::named("stride", SIZES, Default::Absent, "from window to window, the window's size unless given");
pub const DILATION: ArgSpec =
    ArgSpec::named("dilation", SIZES, Default::Number(1.0), "from element to element of a window");
pub const SAME: ArgSpec = ArgSpec::named("pad", PADS, Default::Word("same"), "border around the map");
pub const VALID: ArgSpec = ArgSpec::named("pad", PADS, Default::Word("valid"), "border around the map");
/// Of convolutions, which may look back alone.
pub const SAME_OR_CAUSAL: ArgSpec = ArgSpec::named(
    "pad",
    Kind::OneOf(&[Kind::Word(&["same", "valid", "causal"]), Kind::Border, Kind::Count { min: 0 }]),
    Default::Word("same"),
    "border around the map",
);
const PADS: Kind = Kind::OneOf(&[Kind::Word(&["same", "valid"]), Kind::Border, Kind::Count { min: 0 }]);

/// The windows of one use of a layer over maps: one axis or two, and channels behind them.
pub struct Windows {
    axes: Vec<Slide>,
    pub channels: usize,
    /// Whether the border is such that each window has a step of its own, every `stride`-th, in a row of any length.
    starts_at_steps: bool,
}

/// What windows slide over: the input, or, where their size has two sides, a spectrogram as a map of one channel.
fn seen(args: &Args, input: &Ty) -> Ty {
    let two = matches!(args.sig.arg("size").and_then(|_| args.value("size")), Some(Value::Size(sizes)) if sizes.len() == 2);
    if two { input.as_map() } else { input.clone() }
}

impl Windows {
    /// Reads the arguments and holds them against the input.
    ///
    /// # Errors
    /// E0301 where the input is no map or windows do not fit, E0211 where the border holds whole windows or an argument has too many sizes.
    pub fn of(cx: &Infer<'_>) -> Result<Self, Diagnostic> {
        let axes = over(cx, &seen(cx.args, cx.input()))?;
        for name in ["size", "stride", "dilation", "pad"] {
            counted(cx, name, axes)?;
        }
        let windows = Self::read(cx.args, cx.input());
        windows.border(cx)?;
        windows.dilated(cx)?;
        windows.causal(cx)?;
        windows.along_rows(cx)?;
        windows.fit(cx)?;
        Ok(windows)
    }

    /// Those of a layer whose input is a map of the windows: they slide over its result, which is larger.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn enlarging(cx: &Infer<'_>) -> Result<Self, Diagnostic> {
        let axes = over(cx, &seen(cx.args, cx.input()))?;
        for name in ["size", "stride", "dilation", "pad"] {
            counted(cx, name, axes)?;
        }
        let windows = Self::read_enlarging(cx.args, cx.input());
        windows.border(cx)?;
        windows.dilated(cx)?;
        match windows.axes.iter().any(|slide| slide.len == 0) {
            true => Err(cx
                .mismatch(format!("the border of `{}` takes away all of the map that it makes", cx.name()))
                .help("take `pad=same`, or a smaller border")),
            false => Ok(windows),
        }
    }

    /// The same of a use that has been checked.
    pub fn read_enlarging(args: &Args, input: &Ty) -> Self {
        let mut windows = Self::read(args, input);
        let same = is_same(args);
        for (slide, axis) in windows.axes.iter_mut().zip(&input.axes) {
            let (count, span) = (axis.size, slide.span());
            if same {
                let total = span.saturating_sub(slide.stride);
                (slide.before, slide.after) = (total / 2, total - total / 2);
                slide.len = count.saturating_mul(slide.stride);
            } else {
                let reach = (count - 1).saturating_mul(slide.stride).saturating_add(span);
                slide.len = reach.saturating_sub(slide.before + slide.after);
            }
        }
        windows
    }

    /// The windows of a use that has been checked.
    pub fn read(args: &Args, input: &Ty) -> Self {
        let input = seen(args, input);
        let axes = input.axes.len().saturating_sub(1);
        let sizes = self::sizes(args, "size", axes).unwrap_or_else(|| vec![1; axes]);
        let strides = self::sizes(args, "stride", axes).unwrap_or_else(|| sizes.clone());
        let dilations = self::sizes(args, "dilation", axes).unwrap_or_else(|| vec![1; axes]);
        let slide = |i: usize| Slide {
            axis: 1 + i,
            len: input.axes[i].size,
            size: sizes[i],
            stride: strides[i],
            dilation: dilations[i],
            before: 0,
            after: 0,
        };
        let mut windows = Self {
            axes: (0..axes).map(slide).collect(),
            channels: input.axes[axes].size,
            starts_at_steps: is_same(args) || is_causal(args),
        };
        windows.pad(args, input.ragged().is_some());
        windows
    }

    /// `ragged`: whether rows have lengths along the first axis.
    fn pad(&mut self, args: &Args, ragged: bool) {
        let (same, causal) = (is_same(args), is_causal(args));
        let sizes = sizes(args, "pad", self.axes.len());
        for (i, slide) in self.axes.iter_mut().enumerate() {
            if same || causal {
                let count = slide.len.div_ceil(slide.stride);
                let reach = (count - 1).saturating_mul(slide.stride).saturating_add(slide.span());
                let total = reach.saturating_sub(slide.len);
                // Where windows lie in a row must not depend on how long it is, nor the longest: they lie as in rows of whole strides.
                let before = match i {
                    0 if causal => slide.span() - 1,
                    0 if ragged => slide.span().saturating_sub(slide.stride) / 2,
                    _ => total / 2,
                };
                (slide.before, slide.after) = (before, reach.saturating_sub(slide.len + before));
            } else if let Some(sizes) = &sizes {
                (slide.before, slide.after) = (sizes[i], sizes[i]);
            }
        }
    }

    /// Where windows lie in a row must not depend on how long the longest row is.
    fn along_rows(&self, cx: &Infer<'_>) -> Result<(), Diagnostic> {
        if cx.input().ragged().is_none() {
            return Ok(());
        }
        let Some(slide) = self.axes.first().filter(|_| !self.starts_at_steps) else { return Ok(()) };
        if slide.before + slide.after >= slide.span() {
            return Err(cx
                .mismatch(format!(
                    "a border of {} and windows of {} on rows that have lengths",
                    slide.before,
                    slide.span()
                ))
                .help("take `pad=same`, or a border of less than half a window"));
        }
        Ok(())
    }

    fn border(&self, cx: &Infer<'_>) -> Result<(), Diagnostic> {
        match self.axes.iter().find(|slide| slide.before >= slide.span()) {
            None => Ok(()),
            Some(slide) => Err(Diagnostic::error(
                "E0211",
                cx.args.span_of("pad"),
                format!("a border of {} around windows of {}", slide.before, slide.span()),
            )
            .label("the outermost windows would see nothing of the map")
            .help(format!("a border is smaller than the window: at most {}", slide.span() - 1))),
        }
    }

    /// There is an order of time, and none of height and width.
    fn causal(&self, cx: &Infer<'_>) -> Result<(), Diagnostic> {
        if !is_causal(cx.args) || self.axes.len() == 1 {
            return Ok(());
        }
        Err(Diagnostic::error("E0211", cx.args.span_of("pad"), "`pad=causal` of windows with two sides")
            .label("sees what comes before, and height and width have no before")
            .help("give the windows one size, over steps: `conv 32, 3, pad=causal`; or take `pad=same`"))
    }

    /// Elements of a window lie apart only where there are two of them.
    fn dilated(&self, cx: &Infer<'_>) -> Result<(), Diagnostic> {
        let mut apart = self.axes.iter().filter(|slide| slide.dilation > 1).peekable();
        if apart.peek().is_none() || apart.any(|slide| slide.size > 1) {
            return Ok(());
        }
        let span = cx.args.span_of("dilation");
        Err(Diagnostic::error("E0211", span, "`dilation` of windows of one element")
            .label("has no effect")
            .help("leave it out, or take larger windows"))
    }

    fn fit(&self, cx: &Infer<'_>) -> Result<(), Diagnostic> {
        let Some(slide) = self.axes.iter().find(|slide| slide.count() == 0) else { return Ok(()) };
        let sizes = |of: fn(&Slide) -> usize| -> String {
            self.axes.iter().map(|s| of(s).to_string()).collect::<Vec<_>>().join("x")
        };
        let dilated = if slide.dilation > 1 { " with their dilation" } else { "" };
        let padded = sizes(|s| s.before + s.len + s.after);
        let map = if slide.before + slide.after > 0 { "a map that is, with its border," } else { "a map of" };
        let message = format!(
            "windows of `{}` are {}{dilated}, larger than {map} {padded}",
            cx.name(),
            sizes(Slide::span)
        );
        Err(cx.mismatch(message).help(match cx.slid {
            true => "take smaller windows, `pad=same`, or fewer pools in front of it",
            false => "take smaller windows, or `pad=same`",
        }))
    }

    /// The value that is slid over as a map with channels: of a spectrogram that is one, there is one channel.
    pub fn over(&self, b: &mut Builder, x: ValueId) -> ValueId {
        let mut dims = b.dims(x);
        if dims.len() == self.axes.len() + 1 {
            dims.push(Dim::Const(1));
        }
        b.reshape(x, &dims)
    }

    /// The result's type where channels stay as they are: what came without them goes on without.
    pub fn pooled(&self, input: &Ty) -> Ty {
        let mut ty = self.result(input, self.channels);
        ty.axes.truncate(input.axes.len());
        ty
    }

    /// A value of the type of [`Self::pooled`], made of what was pooled with its channels.
    pub fn flat(&self, b: &mut Builder, pooled: ValueId, input: &Ty) -> ValueId {
        let dims = b.dims(pooled);
        b.reshape(pooled, &dims[..=input.axes.len()])
    }

    /// The result's type with so many channels: the axes keep the roles that they have.
    pub fn result(&self, input: &Ty, channels: usize) -> Ty {
        self.map_of(Slide::count, input, channels)
    }

    /// The same of [`Self::enlarging`].
    pub fn enlarged(&self, input: &Ty, channels: usize) -> Ty {
        self.map_of(|slide| slide.len, input, channels)
    }

    fn map_of(&self, len: fn(&Slide) -> usize, input: &Ty, channels: usize) -> Ty {
        let mut axes = if self.axes.len() == input.axes.len() { input.as_map() } else { input.clone() }.axes;
        // Windows slide over time, or over height and width, where nothing else was said of the axes.
        let roles: &[Role] = if self.axes.len() == 1 { &[Role::Time] } else { &[Role::Height, Role::Width] };
        for (axis, (slide, role)) in axes.iter_mut().zip(self.axes.iter().zip(roles)) {
            axis.size = len(slide);
            axis.ragged = axis.ragged.map(|ragged| {
                let behind = slide.span() - 1;
                let reach = if self.starts_at_steps { 0 } else { behind - slide.before - slide.after };
                ragged.windowed(slide.stride, reach as isize)
            });
            axis.clock = axis.clock.map(|clock| clock.windowed(slide.stride));
            if axis.role == Role::Unit {
                axis.role = *role;
            }
        }
        if let Some(last) = axes.last_mut() {
            *last = Axis::new(Role::Channel, channels);
        }
        Ty::real(axes)
    }

    /// Whether a window of a row may reach over its end: one without a border lies in the row, or is none of its own.
    pub fn reach_over_ends(&self) -> bool {
        self.starts_at_steps || self.geometry().has_border()
    }

    pub fn geometry(&self) -> Geometry {
        Geometry { axes: self.axes.clone() }
    }

    /// Elements of a window, by axis.
    pub fn sizes(&self) -> Vec<usize> {
        self.axes.iter().map(|slide| slide.size).collect()
    }

    /// Elements of a window in a channel.
    pub fn taps(&self) -> usize {
        self.axes.iter().map(|slide| slide.size).fold(1, usize::saturating_mul)
    }

    /// Axes that windows slide over.
    pub fn spatial(&self) -> usize {
        self.axes.len()
    }
}

fn is_same(args: &Args) -> bool {
    args.value("pad").is_some_and(|v| *v == Value::Word("same".into()))
}

/// Whether a window's last element is its own step, so that it sees nothing that comes later.
pub fn is_causal(args: &Args) -> bool {
    args.value("pad").is_some_and(|v| *v == Value::Word("causal".into()))
}

/// How many axes windows slide over; E0301 where the input has no such axes.
pub fn map(cx: &Infer<'_>) -> Result<usize, Diagnostic> {
    over(cx, cx.input())
}

/// The same of an input as it is seen.
fn over(cx: &Infer<'_>, input: &Ty) -> Result<usize, Diagnostic> {
    match input.axes.len() {
        axes @ (2 | 3) => Ok(axes - 1),
        _ => Err(cx
            .mismatch(format!(
                "`{}` expects a map (height x width x channels, or steps x channels), found {}",
                cx.name(),
                cx.input()
            ))
            .help("declare the input as `real[height, width, channels]`, or put `reshape` before it: `reshape 28x28x1`")),
    }
}

/// An argument of windows gives one size an axis, or one for all but the window's own; otherwise E0211, or E0206 for a size of 0.
fn counted(cx: &Infer<'_>, name: &'static str, axes: usize) -> Result<(), Diagnostic> {
    one_an_axis(cx, name, axes)?;
    match given(cx, name) {
        Some(Value::Number(n)) if name == "size" && axes == 2 => {
            Err(miscounted(cx, name, 1, axes).help(format!("write `{n}x{n}`")))
        }
        _ if name == "pad" => Ok(()),
        _ => some(cx, name),
    }
}

/// An argument gives one size an axis, or one for all; otherwise E0211.
pub fn one_an_axis(cx: &Infer<'_>, name: &'static str, axes: usize) -> Result<(), Diagnostic> {
    let Some(Value::Size(sizes)) = given(cx, name) else { return Ok(()) };
    if sizes.len() == axes {
        return Ok(());
    }
    let fix = match axes {
        1 => format!("write one size, such as `{}`", sizes.first().copied().unwrap_or(3)),
        _ => "write two sizes, such as `3x3`".into(),
    };
    Err(miscounted(cx, name, sizes.len(), axes).help(fix))
}

/// No size that an argument gives is 0; otherwise E0206.
pub fn some(cx: &Infer<'_>, name: &'static str) -> Result<(), Diagnostic> {
    match given(cx, name) {
        Some(Value::Size(sizes)) if sizes.contains(&0) => {
            let message = format!("`{name}` of `{}` is 0", cx.name());
            Err(Diagnostic::error("E0206", cx.args.span_of(name), message).label("at least 1"))
        }
        _ => Ok(()),
    }
}

fn given<'a>(cx: &'a Infer<'_>, name: &'static str) -> Option<&'a Value> {
    cx.args.sig.arg(name).and_then(|_| cx.args.value(name))
}

fn miscounted(cx: &Infer<'_>, name: &'static str, given: usize, axes: usize) -> Diagnostic {
    let size = if given == 1 { "size" } else { "sizes" };
    let over = if axes == 1 { "one axis" } else { "two axes" };
    let message =
        format!("`{name}` of `{}` has {given} {size}, and its map has {over} beside the channels", cx.name());
    Diagnostic::error("E0211", cx.args.span_of(name), message)
        .label(format!("sees {}", cx.input()))
        .also(cx.inputs[0].span, format!("this value comes from {}", cx.inputs[0].name))
}

/// One size an axis, as argument `name` says; none where it is left out.
pub fn sizes(args: &Args, name: &str, axes: usize) -> Option<Vec<usize>> {
    args.sig.arg(name)?;
    match args.value(name)? {
        Value::Size(sizes) => Some(sizes.iter().map(|n| *n as usize).collect()),
        Value::Number(n) => Some(vec![*n as usize; axes]),
        _ => None,
    }
}
