//! Eight numbers at a time, by hand where compilers do not find the instructions. `AVX2`: the processor has it.

/// Eight neighbours of a row.
pub type Lane = [f32; 8];

/// An element that is not zero, and where its row of the panel begins.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct Entry {
    pub at: u32,
    pub value: f32,
}

/// Writes an entry for each element that is not zero, in order, where rows of the panel have `WIDTH` elements and that of the lane's first
/// is `first`; answers how many.
///
/// # Safety
/// `to` has room for eight.
#[inline(always)]
pub unsafe fn append<const AVX2: bool, const WIDTH: usize>(
    lane: &Lane,
    first: usize,
    to: *mut Entry,
) -> usize {
    #[cfg(target_arch = "x86_64")]
    if AVX2 {
        // SAFETY: the processor has AVX2; the caller's contract.
        return unsafe { append_by_shuffles::<WIDTH>(lane, first, to) };
    }
    let mut len = 0;
    for (i, value) in lane.iter().enumerate().filter(|(_, x)| **x != 0.0) {
        // SAFETY: the caller's contract.
        unsafe { *to.add(len) = Entry { at: ((first + i) * WIDTH) as u32, value: *value } };
        len += 1;
    }
    len
}

/// Places of the set bits of each byte, first ones first.
#[cfg(target_arch = "x86_64")]
static SET: [[u32; 8]; 256] = {
    let mut places = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut bit, mut len) = (0, 0);
        while bit < 8 {
            if byte >> bit & 1 == 1 {
                places[byte][len] = bit;
                len += 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    places
};

/// Values and places, each moved to the front, then side by side.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,popcnt")]
#[inline]
unsafe fn append_by_shuffles<const WIDTH: usize>(lane: &Lane, first: usize, to: *mut Entry) -> usize {
    use std::arch::x86_64::*;
    let set = nonzeros::<true>(lane);
    // SAFETY: lanes, places and the eight entries have the bytes that are read and written.
    unsafe {
        let front = _mm256_loadu_si256(SET[set as usize].as_ptr().cast());
        let value = _mm256_permutevar8x32_epi32(_mm256_castps_si256(_mm256_loadu_ps(lane.as_ptr())), front);
        let at = _mm256_mullo_epi32(
            _mm256_add_epi32(front, _mm256_set1_epi32(first as i32)),
            _mm256_set1_epi32(WIDTH as i32),
        );
        let (low, high) = (_mm256_unpacklo_epi32(at, value), _mm256_unpackhi_epi32(at, value));
        _mm256_storeu_si256(to.cast(), _mm256_permute2x128_si256::<0x20>(low, high));
        _mm256_storeu_si256(to.add(4).cast(), _mm256_permute2x128_si256::<0x31>(low, high));
    }
    set.count_ones() as usize
}

/// A bit for each that is not zero.
#[inline(always)]
pub fn nonzeros<const AVX2: bool>(lane: &Lane) -> u32 {
    #[cfg(target_arch = "x86_64")]
    if AVX2 {
        use std::arch::x86_64::*;
        // SAFETY: the processor has AVX2, and a lane eight elements.
        return unsafe {
            let differs = _mm256_cmp_ps::<_CMP_NEQ_UQ>(_mm256_loadu_ps(lane.as_ptr()), _mm256_setzero_ps());
            _mm256_movemask_ps(differs) as u32
        };
    }
    (0..8).map(|i| u32::from(lane[i] != 0.0) << i).sum()
}

/// Rows as columns.
#[inline(always)]
pub fn turned<const AVX2: bool>(rows: [Lane; 8]) -> [Lane; 8] {
    #[cfg(target_arch = "x86_64")]
    if AVX2 {
        // SAFETY: the processor has AVX2.
        return unsafe { turned_by_shuffles(rows) };
    }
    std::array::from_fn(|i| std::array::from_fn(|j| rows[j][i]))
}

/// Pairs, then pairs of pairs, then halves change places.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn turned_by_shuffles(rows: [Lane; 8]) -> [Lane; 8] {
    use std::arch::x86_64::*;
    // SAFETY: a lane has eight elements, and both kinds of eight lanes the same bytes.
    unsafe {
        let rows: [__m256; 8] = rows.map(|row| _mm256_loadu_ps(row.as_ptr()));
        let pairs: [__m256; 8] = std::array::from_fn(|i| {
            let (a, b) = (rows[i & !1], rows[i | 1]);
            if i % 2 == 0 { _mm256_unpacklo_ps(a, b) } else { _mm256_unpackhi_ps(a, b) }
        });
        let fours: [__m256; 8] = std::array::from_fn(|i| {
            let (a, b) = (pairs[i & 4 | i >> 1 & 1], pairs[i & 4 | i >> 1 & 1 | 2]);
            if i % 2 == 0 { _mm256_shuffle_ps::<0x44>(a, b) } else { _mm256_shuffle_ps::<0xEE>(a, b) }
        });
        let columns: [__m256; 8] = std::array::from_fn(|i| {
            let (a, b) = (fours[i & 3], fours[i & 3 | 4]);
            if i < 4 { _mm256_permute2f128_ps::<0x20>(a, b) } else { _mm256_permute2f128_ps::<0x31>(a, b) }
        });
        std::mem::transmute(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_are_the_same() {
        let rows: [Lane; 8] = std::array::from_fn(|i| std::array::from_fn(|j| (10 * i + j) as f32));
        assert_eq!(turned::<false>(rows)[2][7], 72.0);
        let lane = [0.0, -1.0, -0.0, f32::NAN, 0.0, 1e-45, f32::INFINITY, 0.0];
        assert_eq!(nonzeros::<false>(&lane), 0b0110_1010);
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") {
            assert_eq!(turned::<true>(rows), turned::<false>(rows));
            assert_eq!(nonzeros::<true>(&lane), nonzeros::<false>(&lane));
            let lane = [0.0, -1.0, 0.0, 2.0, 0.0, 1e-45, f32::INFINITY, 0.0];
            let (mut a, mut b) = ([Entry::default(); 8], [Entry::default(); 8]);
            // SAFETY: room for eight.
            let (na, nb) = unsafe {
                (
                    append::<false, 64>(&lane, 16, a.as_mut_ptr()),
                    append::<true, 64>(&lane, 16, b.as_mut_ptr()),
                )
            };
            assert_eq!((na, a[1]), (4, Entry { at: 19 * 64, value: 2.0 }));
            assert_eq!(a[..na], b[..nb]);
        }
    }
}
