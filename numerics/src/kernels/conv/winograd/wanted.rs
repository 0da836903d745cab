//! Channels of results that anybody reads, as dropout of whole channels in front of a convolution leaves them of its gradient: the columns of the others
//! are left out of the products, and zeros stand in their place.

use std::cell::Cell;
use std::ops::Range;

use super::super::{Maps, tile};
use crate::draws;

/// Channels that a vector holds: those that are wanted are filled up to whole ones.
const VECTOR: usize = 8;
/// Channels that are moved together.
pub(super) const LANES: usize = 16;

thread_local! {
    static LISTS: Cell<(Vec<u32>, Vec<u16>)> = const { Cell::new((Vec::new(), Vec::new())) };
}

/// The mask of whole channels through which results are read.
#[derive(Clone, Copy)]
pub struct Read<'r> {
    /// Keys of pictures.
    pub key: &'r dyn Fn(usize) -> u64,
    /// Number of the first channel's unit.
    pub unit: u32,
    /// The threshold of the rate.
    pub q: u32,
}

impl Read<'_> {
    /// Whether so many pictures together leave enough channels unread to look for them.
    pub(super) fn drops_in_all(&self, pictures: usize) -> bool {
        /// The share of channels that all of them drop.
        const LEAST: f64 = 0.2;
        (f64::from(self.q) / 65_536.0).powi(pictures as i32) >= LEAST
    }
}

/// The wanted channels of some pictures.
pub(super) struct Wanted {
    list: Vec<u32>,
    /// The same as bits of sixteen channels each.
    bits: Vec<u16>,
    channels: usize,
}

impl Wanted {
    /// Nothing is known yet of `channels` channels.
    pub fn open(channels: usize) -> Self {
        let (list, bits) = LISTS.take();
        Self { list, bits, channels }
    }

    /// Elements that maps of so many places and filters of so many rows take, at most.
    pub fn room(channels: usize, places: usize, rows: usize) -> usize {
        (places + rows) * channels + 2 * LANES
    }

    /// Takes those that are read in any of `pictures`, of `tiles` tiles; answers whether it is worth leaving out the others.
    pub fn take(&mut self, pictures: Range<usize>, read: Read<'_>, tiles: usize) -> bool {
        self.bits.clear();
        self.bits.resize(self.channels.div_ceil(LANES), 0);
        for key in pictures.map(read.key) {
            let kept = |channel: &usize| draws::kept(key, read.unit + *channel as u32, read.q);
            (0..self.channels).filter(kept).for_each(|c| self.bits[c / LANES] |= 1 << (c % LANES));
        }
        let bits = &self.bits;
        let own =
            (0..self.channels as u32).filter(|c| bits[*c as usize / LANES] >> (*c as usize % LANES) & 1 == 1);
        self.list.clear();
        self.list.extend(own);
        // Eight tiles by a row of the filters are four cycles a pass; a row is moved together in about a third of a cycle a column, and results apart. Half of what
        // is spared has to be left.
        let spared = passes(self.channels) - passes(self.width());
        spared * tiles > self.channels + self.channels / 4
    }

    /// Columns of the products.
    pub fn width(&self) -> usize {
        self.list.len().next_multiple_of(VECTOR)
    }

    /// The wanted columns of `rows` rows of filters, `step` elements apart, and zeros up to [`width`](Self::width).
    ///
    /// # Safety
    /// The rows have all channels, and there is room for so many of that width and for two vectors more.
    pub unsafe fn together(&self, rows: usize, (from, step): (*const f32, usize), to: *mut f32) {
        // SAFETY: the caller's contract; the features are there where they are asked for.
        unsafe {
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx512f") {
                return self.together_by_vectors(rows, (from, step), to);
            }
            for row in 0..rows {
                let (from, to) = (from.add(row * step), to.add(row * self.width()));
                for (i, channel) in self.list.iter().enumerate() {
                    *to.add(i) = *from.add(*channel as usize);
                }
                to.add(self.list.len()).write_bytes(0, self.width() - self.list.len());
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f")]
    unsafe fn together_by_vectors(&self, rows: usize, (from, step): (*const f32, usize), to: *mut f32) {
        use std::arch::x86_64::*;
        let width = self.width();
        for row in 0..rows {
            // SAFETY: the caller's contract: lanes behind the row's end are not loaded; what is stored beyond a row's width the next one overwrites.
            unsafe {
                let (from, to) = (from.add(row * step), to.add(row * width));
                let mut at = 0;
                for (i, bits) in self.bits.iter().enumerate() {
                    let all = _mm512_maskz_loadu_ps(self.lanes(i), from.add(LANES * i));
                    _mm512_storeu_ps(to.add(at), _mm512_maskz_compress_ps(*bits, all));
                    at += bits.count_ones() as usize;
                }
                _mm256_storeu_ps(to.add(at), _mm256_setzero_ps());
            }
        }
    }

    /// The lanes of a run of channels that there are.
    #[cfg(target_arch = "x86_64")]
    fn lanes(&self, run: usize) -> u16 {
        match self.channels - LANES * run {
            left if left < LANES => (1 << left) - 1,
            _ => u16::MAX,
        }
    }

    /// All channels of `places` places from `first` on, of maps of [`width`](Self::width) channels: zeros in those that nobody reads.
    ///
    /// # Safety
    /// The maps have these places, those that are read a vector more behind the last.
    pub unsafe fn apart(&self, from: *const f32, places: Range<usize>, to: Maps<*mut f32>) {
        // SAFETY: the caller's contract; the features are there where they are asked for.
        unsafe {
            #[cfg(target_arch = "x86_64")]
            if is_x86_feature_detected!("avx512f") {
                return self.apart_by_vectors(from, places, to);
            }
            for (i, place) in places.enumerate() {
                let (from, to) = (from.add(i * self.width()), to.start.add(place * to.pixel));
                to.write_bytes(0, self.channels);
                for (i, channel) in self.list.iter().enumerate() {
                    *to.add(*channel as usize) = *from.add(i);
                }
            }
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f")]
    unsafe fn apart_by_vectors(&self, from: *const f32, places: Range<usize>, to: Maps<*mut f32>) {
        use std::arch::x86_64::{_mm512_loadu_ps, _mm512_mask_storeu_ps, _mm512_maskz_expand_ps};
        for (i, place) in places.enumerate() {
            // SAFETY: the caller's contract: lanes behind the place's channels are not stored.
            unsafe {
                let (mut from, to) = (from.add(i * self.width()), to.start.add(place * to.pixel));
                for (run, bits) in self.bits.iter().enumerate() {
                    let all = _mm512_maskz_expand_ps(*bits, _mm512_loadu_ps(from));
                    _mm512_mask_storeu_ps(to.add(LANES * run), self.lanes(run), all);
                    from = from.add(bits.count_ones() as usize);
                }
            }
        }
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        LISTS.set((std::mem::take(&mut self.list), std::mem::take(&mut self.bits)));
    }
}

/// How often products go through a row of the left matrix, for so many columns: two vectors of sixteen beside each other take twice as long as one, and one of eight as long as
/// one of sixteen.
fn passes(columns: usize) -> usize {
    columns / LANES + usize::from(!columns.is_multiple_of(LANES))
}

/// Whether leaving columns out pays where a mask drops a share of `q` 65536ths: also whether bits of the others stay as they are, since the processor's products
/// then know no number of columns.
pub fn pays(q: u32) -> bool {
    /// At less than 45 % pictures seldom drop enough columns.
    const LEAST: u32 = 29_491;
    q >= LEAST && tile::is_fast()
}
