//! Seeds of squares, found among many counters, and lines of zeros.

use crate::draws::hash32;
use crate::math::Scalar32;

/// Counters that are hashed together.
const BLOCK: usize = 64;

/// Runs `each` with every counter below `count` whose hash under the key is below `threshold`, in order. Hits are few: blocks without one are passed
/// at the speed of vectors.
pub fn below(key: [i32; 2], count: usize, threshold: u32, each: impl FnMut(usize)) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2")]
        fn with_avx2(key: [i32; 2], count: usize, threshold: u32, each: impl FnMut(usize)) {
            below_body(key, count, threshold, each);
        }
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            return unsafe { with_avx2(key, count, threshold, each) };
        }
    }
    below_body(key, count, threshold, each);
}

#[inline(always)]
fn below_body([low, high]: [i32; 2], count: usize, threshold: u32, mut each: impl FnMut(usize)) {
    let mut host = Scalar32 { fma: false };
    for from in (0..count).step_by(BLOCK) {
        let mut hashes = [u32::MAX; BLOCK];
        for (i, hash) in hashes.iter_mut().enumerate() {
            *hash = hash32(&mut host, low, high, (from + i) as i32).cast_unsigned();
        }
        if hashes.iter().fold(u32::MAX, |least, hash| least.min(*hash)) >= threshold {
            continue;
        }
        let len = BLOCK.min(count - from);
        for (i, _) in hashes[..len].iter().enumerate().filter(|(_, hash)| **hash < threshold) {
            each(from + i);
        }
    }
}

/// Zeros in `len` elements, `step` apart.
///
/// # Safety
/// They may be written.
pub unsafe fn cleared(to: *mut f32, len: usize, step: usize) {
    // SAFETY: the caller's contract.
    unsafe {
        match step {
            1 => to.write_bytes(0, len),
            _ => (0..len).for_each(|i| *to.add(i * step) = 0.0),
        }
    }
}
