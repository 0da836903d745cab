//! Neighbouring numbers as vectors, and loops over them that are compiled for the widest vectors of the processor. No operation is fused, so
//! the bits are the same on all.

/// A vector of `L` numbers.
pub type Lanes<const L: usize> = [f32; L];

#[inline(always)]
pub fn add<const L: usize>(a: Lanes<L>, b: Lanes<L>) -> Lanes<L> {
    let mut sum = a;
    for lane in 0..L {
        sum[lane] = a[lane] + b[lane];
    }
    sum
}

#[inline(always)]
pub fn sub<const L: usize>(a: Lanes<L>, b: Lanes<L>) -> Lanes<L> {
    let mut difference = a;
    for lane in 0..L {
        difference[lane] = a[lane] - b[lane];
    }
    difference
}

#[inline(always)]
pub fn scale<const L: usize>(by: f32, a: Lanes<L>) -> Lanes<L> {
    let mut scaled = a;
    for lane in 0..L {
        scaled[lane] = by * a[lane];
    }
    scaled
}

/// Runs a function of vectors of 16 (where `$wide`), then of 8, then of single numbers, from place to place of `$width`.
macro_rules! by_vectors {
    ($wide:expr, $width:expr, |$place:ident| $of:ident::<L>($($arg:expr),*)) => {{
        let (mut $place, width): (usize, usize) = (0, $width);
        while $wide && $place + 16 <= width {
            $of::<16>($($arg),*);
            $place += 16;
        }
        while $place + 8 <= width {
            $of::<8>($($arg),*);
            $place += 8;
        }
        while $place < width {
            $of::<1>($($arg),*);
            $place += 1;
        }
    }};
}

/// A method of `$of` that does `$body`, whose second argument says whether vectors of 16 are the processor's: compiled for AVX-512, for AVX2, and as it is.
macro_rules! widened {
    ($of:ty: $(#[$doc:meta])* $vis:vis $name:ident = $body:ident ($($arg:ident: $ty:ty),*)) => {
        $(#[$doc])*
        $vis unsafe fn $name(&self, $($arg: $ty),*) {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512vl")]
                unsafe fn with_avx512(of: &$of, $($arg: $ty),*) {
                    // SAFETY: the caller's contract.
                    unsafe { $body(of, true, $($arg),*) }
                }
                #[target_feature(enable = "avx2")]
                unsafe fn with_avx2(of: &$of, $($arg: $ty),*) {
                    // SAFETY: the caller's contract.
                    unsafe { $body(of, false, $($arg),*) }
                }
                // SAFETY: the processor has what the function is compiled for; the rest is the caller's contract.
                unsafe {
                    if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl") {
                        return with_avx512(self, $($arg),*);
                    }
                    if is_x86_feature_detected!("avx2") {
                        return with_avx2(self, $($arg),*);
                    }
                }
            }
            // SAFETY: the caller's contract.
            unsafe { $body(self, false, $($arg),*) }
        }
    };
}

pub(in crate::kernels) use {by_vectors, widened};
