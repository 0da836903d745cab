//! Curves of many numbers at once, in the widest vectors of the processor; generated code has four lanes.
//!
//! The functions are those of `math`, which generated code is made of too: an element has the same bits wherever it is computed.

use crate::math::{self, Scalar32};

/// A function of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Curve {
    Erf,
    Exp,
    Log,
    Sigmoid,
    Softplus,
    Tanh,
}

/// Numbers that are computed side by side.
const SIDE: usize = 64;

#[cfg(target_arch = "x86_64")]
fn has_wide() -> bool {
    fuses()
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512bw")
}

/// Whether the curves multiply and add in one rounding on this processor.
pub fn fuses() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

impl Curve {
    /// In the order of their numbers.
    pub const ALL: [Self; 6] = [Self::Erf, Self::Exp, Self::Log, Self::Sigmoid, Self::Softplus, Self::Tanh];

    /// The curve at `x`.
    #[inline(always)]
    pub fn of(self, host: &mut Scalar32, x: f32) -> f32 {
        match self {
            Self::Erf => math::erf(host, x),
            Self::Exp => math::exp(host, x),
            Self::Log => math::ln(host, x),
            Self::Sigmoid => math::sigmoid(host, x),
            Self::Softplus => math::softplus(host, x),
            Self::Tanh => math::tanh(host, x),
        }
    }

    /// The curve at each of `len` numbers, in their place.
    ///
    /// # Safety
    /// `numbers` may be read and written, `len` of them.
    pub unsafe fn apply(self, len: usize, numbers: *mut f32) {
        #[cfg(target_arch = "x86_64")]
        {
            if has_wide() {
                // SAFETY: the processor has what the function is compiled for; the rest is the caller's contract.
                return unsafe { wide(self, len, numbers) };
            }
            if fuses() {
                // SAFETY: likewise.
                return unsafe { half(self, len, numbers) };
            }
        }
        // SAFETY: the caller's contract.
        unsafe { all::<false>(self, len, numbers) }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
unsafe fn wide(curve: Curve, len: usize, numbers: *mut f32) {
    // SAFETY: the caller's contract.
    unsafe { all::<true>(curve, len, numbers) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn half(curve: Curve, len: usize, numbers: *mut f32) {
    // SAFETY: the caller's contract.
    unsafe { all::<true>(curve, len, numbers) }
}

#[inline(always)]
unsafe fn all<const FUSED: bool>(curve: Curve, len: usize, numbers: *mut f32) {
    let mut host = Scalar32 { fma: FUSED };
    // SAFETY: the caller's contract.
    unsafe {
        match curve {
            Curve::Erf => each(len, numbers, |x| Curve::Erf.of(&mut host, x)),
            Curve::Exp => each(len, numbers, |x| Curve::Exp.of(&mut host, x)),
            Curve::Log => each(len, numbers, |x| Curve::Log.of(&mut host, x)),
            Curve::Sigmoid => each(len, numbers, |x| Curve::Sigmoid.of(&mut host, x)),
            Curve::Softplus => each(len, numbers, |x| Curve::Softplus.of(&mut host, x)),
            Curve::Tanh => each(len, numbers, |x| Curve::Tanh.of(&mut host, x)),
        }
    }
}

/// By way of arrays of a fixed size, which become vectors.
#[inline(always)]
unsafe fn each(len: usize, numbers: *mut f32, mut f: impl FnMut(f32) -> f32) {
    for at in (0..len).step_by(SIDE) {
        let count = SIDE.min(len - at);
        let mut own = [0.0; SIDE];
        // SAFETY: `count` numbers from `at` on.
        unsafe {
            own.as_mut_ptr().copy_from_nonoverlapping(numbers.add(at), count);
            own.iter_mut().for_each(|x| *x = f(*x));
            numbers.add(at).copy_from_nonoverlapping(own.as_ptr(), count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each element is the function of it, whatever stands beside it.
    #[test]
    fn elements_are_those_of_the_functions() {
        let mut host = Scalar32 { fma: fuses() };
        let xs: Vec<f32> =
            (-700..700).map(|i| i as f32 * 0.137).chain([f32::NAN, f32::INFINITY, -0.0]).collect();
        for len in [1, 63, 64, 65, xs.len()] {
            let own = &xs[xs.len() - len..];
            for curve in Curve::ALL {
                let mut found = own.to_vec();
                // SAFETY: an array of `len`.
                unsafe { curve.apply(len, found.as_mut_ptr()) };
                for (x, found) in own.iter().zip(found) {
                    let expected = curve.of(&mut host, *x);
                    assert_eq!(found.to_bits(), expected.to_bits(), "{curve:?} of {x}");
                }
            }
        }
    }
}
