//! Convolutions of each channel by itself, and their derivatives: channels beside each other are the lanes of vectors, a few windows of a line at a
//! time are in registers together, and the border is the taps that are left out. Forward and for inputs, neighbouring places are read with all their
//! channels, as they lie in memory.
//!
//! The order in which an element adds up depends on its place alone: taps in row-major order forward and for inputs; for weights, places of a
//! picture in order, then pictures. Compiled once for each kind of vector that processors have.

mod collect;
mod slide;
mod weights;

use std::ops::Range;

use super::conv::{Axis, Maps};
use collect::{Sights, collect};
use slide::slide;
use weights::gathered;

/// The sizes of a convolution.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub rows: Axis,
    pub cols: Axis,
    pub channels: usize,
}

impl Sizes {
    fn places(&self) -> usize {
        self.rows.len * self.cols.len
    }

    fn windows(&self) -> usize {
        self.rows.count * self.cols.count
    }

    /// The convolution that takes gradients of the windows to those of the pictures, where windows begin at every place and no border is wider than a
    /// window; its taps are these in reverse.
    fn reversed(&self) -> Option<Self> {
        Some(Self { rows: reversed(self.rows)?, cols: reversed(self.cols)?, channels: self.channels })
    }
}

fn reversed(axis: Axis) -> Option<Axis> {
    let before = ((axis.size - 1) * axis.dilation).checked_sub(axis.before)?;
    (axis.stride == 1).then_some(Axis { len: axis.count, count: axis.len, before, ..axis })
}

/// Places whose windows lie in the picture.
fn full(axis: Axis) -> Range<usize> {
    let first = axis.before.div_ceil(axis.stride).min(axis.count);
    let room = (axis.len + axis.before).checked_sub((axis.size - 1) * axis.dilation + 1);
    let last = room.map_or(0, |room| (room / axis.stride + 1).min(axis.count));
    first..last.max(first)
}

/// `$name` as `$body`, compiled for the widest vectors that the processor has.
macro_rules! for_vectors {
    ($(#[$doc:meta])* $name:ident = $body:ident ($($arg:ident: $ty:ty),* $(,)?)) => {
        $(#[$doc])*
        pub unsafe fn $name($($arg: $ty),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl,fma")]
                unsafe fn with_avx512($($arg: $ty),*) {
                    // SAFETY: the caller's contract.
                    unsafe { $body::<true>($($arg),*) }
                }
                #[target_feature(enable = "avx2,fma")]
                unsafe fn with_avx2($($arg: $ty),*) {
                    // SAFETY: the caller's contract.
                    unsafe { $body::<true>($($arg),*) }
                }
                // SAFETY: the processor has what the function is compiled for; the caller's contract.
                unsafe {
                    if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") {
                        return with_avx512($($arg),*);
                    }
                    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                        return with_avx2($($arg),*);
                    }
                }
            }
            // SAFETY: the caller's contract.
            unsafe { $body::<false>($($arg),*) }
        }
    };
}

for_vectors! {
    /// The maps `y` of `pictures`: `y[window, channel]` = sum over taps of the window's elements times `w[tap, channel]`.
    ///
    /// # Safety
    /// `x` and `y` are maps of all pictures before the end of `pictures`, by `sizes`; `w` has the channels of each tap; nobody writes `x` and `w` or
    /// touches `y` at these pictures during the call.
    forward = forward_body(
        sizes: &Sizes,
        pictures: Range<usize>,
        x: Maps<*const f32>,
        w: *const f32,
        y: Maps<*mut f32>,
    )
}

for_vectors! {
    /// The gradient of `x` of `pictures`: at each element, the sum over the windows that cover it of `y` times `w`.
    ///
    /// # Safety
    /// As for [`forward`], `x` being what is written.
    inputs = inputs_body(
        sizes: &Sizes,
        pictures: Range<usize>,
        x: Maps<*mut f32>,
        w: *const f32,
        y: Maps<*const f32>,
    )
}

for_vectors! {
    /// The gradient of the weights over `pictures`: `w[tap, channel]` = sum over windows of their elements times `y`.
    ///
    /// # Safety
    /// As for [`forward`], `w` being what is written.
    weights = weights_body(
        sizes: &Sizes,
        pictures: Range<usize>,
        x: Maps<*const f32>,
        w: *mut f32,
        y: Maps<*const f32>,
    )
}

/// Runs `$each::<N>(.., channel)` for runs of sixteen channels, then of eight, four and one.
macro_rules! by_channels {
    ($channels:expr, $each:ident::<$fused:ident $(, $more:tt)*>($($arg:expr),*)) => {{
        let mut channel = 0;
        while channel < $channels {
            channel += match $channels - channel {
                16.. => { $each::<$fused, 16 $(, $more)*>($($arg,)* channel); 16 }
                8.. => { $each::<$fused, 8 $(, $more)*>($($arg,)* channel); 8 }
                4.. => { $each::<$fused, 4 $(, $more)*>($($arg,)* channel); 4 }
                _ => { $each::<$fused, 1 $(, $more)*>($($arg,)* channel); 1 }
            };
        }
    }};
}

use by_channels;

#[inline(always)]
unsafe fn forward_body<const FUSED: bool>(
    sizes: &Sizes,
    pictures: Range<usize>,
    x: Maps<*const f32>,
    w: *const f32,
    y: Maps<*mut f32>,
) {
    for picture in pictures {
        // SAFETY: the caller's pictures.
        unsafe {
            let x = Maps { start: x.start.add(picture * sizes.places() * x.pixel), ..x };
            let y = Maps { start: y.start.add(picture * sizes.windows() * y.pixel), ..y };
            slide::<FUSED, false>(sizes, x, w, y);
        }
    }
}

#[inline(always)]
unsafe fn inputs_body<const FUSED: bool>(
    sizes: &Sizes,
    pictures: Range<usize>,
    x: Maps<*mut f32>,
    w: *const f32,
    y: Maps<*const f32>,
) {
    let reversed = sizes.reversed();
    let sights = reversed.is_none().then(|| [sizes.rows, sizes.cols].map(Sights::of));
    for picture in pictures {
        // SAFETY: the caller's pictures.
        unsafe {
            let x = Maps { start: x.start.add(picture * sizes.places() * x.pixel), ..x };
            let y = Maps { start: y.start.add(picture * sizes.windows() * y.pixel), ..y };
            match (&reversed, &sights) {
                (Some(reversed), _) => slide::<FUSED, true>(reversed, y, w, x),
                (None, Some([rows, cols])) => collect::<FUSED>(sizes, [rows, cols], x, w, y),
                (None, None) => {}
            }
        }
    }
}

#[inline(always)]
unsafe fn weights_body<const FUSED: bool>(
    sizes: &Sizes,
    pictures: Range<usize>,
    x: Maps<*const f32>,
    w: *mut f32,
    y: Maps<*const f32>,
) {
    // SAFETY: the caller's weights and pictures.
    unsafe {
        w.write_bytes(0, sizes.rows.size * sizes.cols.size * sizes.channels);
        for picture in pictures {
            let x = Maps { start: x.start.add(picture * sizes.places() * x.pixel), ..x };
            let y = Maps { start: y.start.add(picture * sizes.windows() * y.pixel), ..y };
            by_channels!(sizes.channels, gathered::<FUSED>(sizes, x, w, y));
        }
    }
}

/// # Safety
/// `N` elements may be read.
#[inline(always)]
unsafe fn load<const N: usize>(from: *const f32) -> [f32; N] {
    // SAFETY: the caller's contract.
    unsafe { from.cast::<[f32; N]>().read_unaligned() }
}

/// # Safety
/// `N` elements may be written.
#[inline(always)]
unsafe fn store<const N: usize>(to: *mut f32, values: [f32; N]) {
    // SAFETY: the caller's contract.
    unsafe { to.cast::<[f32; N]>().write_unaligned(values) }
}

/// `sum + a b`, rounded once where the processor does so at no cost.
#[inline(always)]
fn plus<const FUSED: bool, const N: usize>(mut sum: [f32; N], a: [f32; N], b: [f32; N]) -> [f32; N] {
    for lane in 0..N {
        sum[lane] = if FUSED { a[lane].mul_add(b[lane], sum[lane]) } else { a[lane] * b[lane] + sum[lane] };
    }
    sum
}
