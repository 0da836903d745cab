//! Windows over the maps of a batch, as convolutions and pools see them: two axes, whatever the graph has, and maps in memory.

use super::{Axis, Extent, Reach, Region, Touch, Touched, params};
use crate::graph::{Dim, Slide};
use crate::loops::parts::Parts;
use crate::loops::{BufferId, Domain};

/// How windows slide over pictures, each a row of the batch or a part of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slides {
    pub rows: Slide,
    pub cols: Slide,
    /// Pictures in a row of the batch.
    pub pictures: usize,
}

/// Maps of the batch: places from `offset` on, `pixel` elements apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Map {
    pub buffer: BufferId,
    pub pixel: usize,
    pub offset: usize,
}

params! {
    /// One axis of the windows.
    pub struct SlideParams {
        pub len,
        pub count,
        pub size,
        pub stride,
        pub dilation,
        pub before,
    }
}

impl Slides {
    /// Windows of a picture.
    pub fn windows(&self) -> usize {
        self.rows.count() * self.cols.count()
    }

    /// Elements of a window.
    pub fn taps(&self) -> usize {
        self.rows.size * self.cols.size
    }

    /// Places of a picture.
    pub fn places(&self) -> usize {
        self.rows.len * self.cols.len
    }

    /// Whether the sizes make sense.
    pub fn check(&self) -> Result<(), String> {
        let sound = |s: &Slide| s.size > 0 && s.stride > 0 && s.dilation > 0 && s.len > 0 && s.count() > 0;
        match sound(&self.rows) && sound(&self.cols) && self.pictures > 0 {
            true => Ok(()),
            false => Err("windows do not lie on their maps".to_string()),
        }
    }

    pub fn words(&self) -> Vec<u64> {
        [self.rows, self.cols].iter().flat_map(|slide| SlideParams::of(slide).words()).collect()
    }

    /// Windows and element in a picture of every tap that is not in the border: window, tap, place.
    pub fn covered(&self) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
        let (rows, cols) = (self.rows, self.cols);
        (0..self.windows()).flat_map(move |window| {
            let (row, col) = (window / cols.count(), window % cols.count());
            (0..self.taps()).filter_map(move |tap| {
                let y = rows.element(row, tap / cols.size)?;
                let x = cols.element(col, tap % cols.size)?;
                Some((window, tap, y * cols.len + x))
            })
        })
    }

    pub fn text(&self) -> String {
        let pair = |of: fn(&Slide) -> usize| format!("{}x{}", of(&self.rows), of(&self.cols));
        let mut text = format!("windows {} over {}", pair(|s| s.size), pair(|s| s.len));
        let mut put = |name: &str, of: fn(&Slide) -> usize, plain: usize| {
            if of(&self.rows) != plain || of(&self.cols) != plain {
                text.push_str(&format!(", {name} {}", pair(of)));
            }
        };
        put("stride", |s| s.stride, 1);
        put("dilation", |s| s.dilation, 1);
        put("border", |s| s.before, 0);
        text
    }
}

impl SlideParams {
    fn of(slide: &Slide) -> Self {
        Self {
            len: slide.len as u64,
            count: slide.count() as u64,
            size: slide.size as u64,
            stride: slide.stride as u64,
            dilation: slide.dilation as u64,
            before: slide.before as u64,
        }
    }
}

/// Rows of the batch in a shard of maps of so many places: the shards of loops over such maps.
pub fn grain(places: usize) -> usize {
    match Domain::nest(Dim::Batch, [1, 1, places]).parts() {
        Parts::BatchShards(grain) => grain,
        Parts::Const(_) | Parts::BatchPanels(_) | Parts::BatchTimes(_) => 1,
    }
}

impl Map {
    /// `channels` of each of `places` places a row of the batch, in parts of `grain` rows; of any rows without a grain.
    pub fn touched(self, touch: Touch, places: usize, channels: usize, grain: Option<usize>) -> Touched {
        let width = places * self.pixel;
        let one = Axis { count: Extent { batch: false, len: 1 }, step: 0 };
        let axis = |len, step| Axis { count: Extent { batch: false, len }, step };
        let rows = Axis { count: Extent { batch: true, len: 1 }, step: width };
        let region = Region::Grid {
            offset: self.offset,
            axes: [rows, axis(places, self.pixel), axis(channels, 1), one],
        };
        let reach = match grain {
            Some(grain) => Reach::Rows { rows: Dim::Batch, grain, width, pass: false },
            None => Reach::All,
        };
        Touched { buffer: self.buffer, touch, region, reach }
    }

    /// The element of a channel at a place of all.
    pub fn at(self, place: usize, channel: usize) -> usize {
        self.offset + place * self.pixel + channel
    }

    pub fn print(self, channels: usize, name: &dyn Fn(BufferId) -> String) -> String {
        match self.offset == 0 && self.pixel == channels {
            true => name(self.buffer),
            false => format!("{}[.., {}..{}]", name(self.buffer), self.offset, self.offset + channels),
        }
    }
}
