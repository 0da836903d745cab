//! Channels of pictures that are not all zeros, as dropout of whole channels leaves them: the others are part of no tile and no product.

use std::cell::Cell;
use std::ops::Range;

use super::super::Maps;

/// Channels that a vector holds: those that are kept are filled up with zeros.
const VECTOR: usize = 8;

thread_local! {
    static LIST: Cell<Vec<u32>> = const { Cell::new(Vec::new()) };
}

/// The list of a thread, while it is lent.
pub(super) struct Channels {
    list: Vec<u32>,
    all: usize,
}

/// Maps as they are, or what is kept of them.
pub(super) struct Seen<'k> {
    pub maps: Maps<*const f32>,
    /// Channels, and those among them that stand for some of the original's.
    pub width: usize,
    pub depth: usize,
    /// Numbers of the pictures in `maps`.
    pub pictures: Range<usize>,
    /// The original's channels, where not all are kept.
    pub kept: Option<&'k [u32]>,
}

impl Channels {
    pub fn open() -> Self {
        Self { list: LIST.take(), all: 0 }
    }

    /// Elements of the room that [`see`](Self::see) wants.
    pub fn room(channels: usize, places: usize) -> usize {
        places * channels.next_multiple_of(VECTOR)
    }

    /// The `channels` channels of `pictures`, of `places` places each; in `room`, if that is fewer.
    ///
    /// # Safety
    /// The maps hold the pictures.
    pub unsafe fn see<'k>(
        &'k mut self,
        maps: Maps<*const f32>,
        channels: usize,
        places: usize,
        pictures: Range<usize>,
        room: &'k mut [f32],
    ) -> Seen<'k> {
        let range = pictures.start * places..pictures.end * places;
        // SAFETY: places of the pictures.
        unsafe { self.look(maps, channels, range.clone()) };
        let depth = self.list.len();
        let width = depth.next_multiple_of(VECTOR);
        if width >= self.all {
            return Seen { maps, width: channels, depth: channels, pictures, kept: None };
        }
        for (place, to) in range.zip(room.chunks_exact_mut(width.max(1))) {
            let (to, rest) = to.split_at_mut(depth);
            for (to, channel) in to.iter_mut().zip(&self.list) {
                // SAFETY: a channel of a place of the pictures.
                *to = unsafe { *maps.start.add(place * maps.pixel + *channel as usize) };
            }
            rest.fill(0.0);
        }
        let maps = Maps { start: room.as_ptr(), pixel: width };
        Seen { maps, width, depth, pictures: 0..pictures.len(), kept: Some(&self.list) }
    }

    /// Looks at places until each channel has shown something, which in most pictures takes a few.
    unsafe fn look(&mut self, maps: Maps<*const f32>, channels: usize, mut places: Range<usize>) {
        self.all = channels;
        self.list.clear();
        self.list.extend(0..channels as u32);
        // The front of the list are channels that have shown nothing.
        let mut silent = channels;
        while let Some(place) = places.next()
            && silent > 0
        {
            let mut i = 0;
            while i < silent {
                // SAFETY: a channel of a place of the caller's pictures.
                if unsafe { *maps.start.add(place * maps.pixel + self.list[i] as usize) } == 0.0 {
                    i += 1;
                } else {
                    silent -= 1;
                    self.list.swap(i, silent);
                }
            }
        }
        self.list.drain(..silent);
        self.list.sort_unstable();
    }
}

impl Drop for Channels {
    fn drop(&mut self) {
        LIST.set(std::mem::take(&mut self.list));
    }
}
