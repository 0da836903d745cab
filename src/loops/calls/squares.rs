//! Squares of zeros in the maps of a batch, drawn anew for each row: forward, and in the gradient the same squares again. No buffer holds a mask.

use super::slides::grain;
use super::{Extent, Library, Reach, Region, Touch, Touched, params};
use crate::draws::Squares;
use crate::graph::{Dim, ScalarId, SiteId};
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost};

/// `to = from` without what lies in squares, whose seeds are drawn at `site` with the threshold `q`.
#[derive(Clone, Debug, PartialEq)]
pub struct DropSquares {
    pub from: BufferId,
    pub to: BufferId,
    pub site: SiteId,
    /// One draw for all rows of a step.
    pub by_update: bool,
    /// Of 32 bits.
    pub q: ScalarId,
    pub squares: Squares,
}

params! {
    /// Of the host's function. Parts are shards of `grain` rows of the batch.
    pub struct DropSquaresParams {
        pub grain,
        pub site,
        pub by_update,
        pub scalar,
        pub rows,
        pub cols,
        pub channels,
        pub down,
        pub right,
        pub shared,
    }
}

impl DropSquaresParams {
    pub fn squares(&self) -> Squares {
        Squares {
            rows: self.rows as usize,
            cols: self.cols as usize,
            channels: self.channels as usize,
            size: [self.down as usize, self.right as usize],
            shared: self.shared != 0,
        }
    }
}

impl DropSquares {
    fn places(&self) -> usize {
        self.squares.rows * self.squares.cols
    }

    /// Elements of a row.
    fn width(&self) -> usize {
        self.places() * self.squares.channels
    }

    fn seeds(&self) -> usize {
        self.squares.seeds().iter().product()
    }
}

impl Library for DropSquares {
    fn word(&self) -> String {
        "squares".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let reach =
            Reach::Rows { rows: Dim::Batch, grain: grain(self.places()), width: self.width(), pass: false };
        let region = Region::Whole(Extent { batch: true, len: self.width() });
        let own = |buffer, touch| Touched { buffer, touch, region, reach };
        vec![own(self.from, Touch::Read), own(self.to, Touch::Write)]
    }

    fn scalars(&self) -> Vec<ScalarId> {
        vec![self.q]
    }

    fn sites(&self) -> Vec<SiteId> {
        vec![self.site]
    }

    fn check(&self) -> Result<(), String> {
        let Squares { rows, cols, size: [down, right], .. } = self.squares;
        match (1..=rows).contains(&down) && (1..=cols).contains(&right) && self.width() > 0 {
            true => Ok(()),
            false => Err("squares are larger than their map".to_string()),
        }
    }

    fn parts(&self) -> Parts {
        Parts::BatchShards(grain(self.places()))
    }

    fn params(&self) -> Vec<u64> {
        let Squares { rows, cols, channels, size: [down, right], shared } = self.squares;
        let own = DropSquaresParams {
            grain: grain(self.places()) as u64,
            site: u64::from(self.site.0),
            by_update: u64::from(self.by_update),
            scalar: u64::from(self.q.0),
            rows: rows as u64,
            cols: cols as u64,
            channels: channels as u64,
            down: down as u64,
            right: right as u64,
            shared: u64::from(shared),
        };
        own.words()
    }

    fn cost(&self, rows: usize) -> Cost {
        Cost { flops: 0, bytes: 2 * 4 * rows * self.width() }
    }

    fn work(&self) -> Work {
        Work::each(true, ELEMENT * (self.width() + 4 * self.seeds()) as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let (rows, width, threshold) = (machine.rows(), self.width(), machine.word(self.q));
        for row in 0..rows {
            let dropped = self.squares.dropped(machine.row_key(self.site, row, self.by_update), threshold);
            let mut own = machine.floats(self.from)[row * width..][..width].to_vec();
            own.iter_mut().zip(dropped).filter(|(_, dropped)| *dropped).for_each(|(x, _)| *x = 0.0);
            machine.floats_mut(self.to)[row * width..][..width].copy_from_slice(&own);
        }
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let Squares { rows, cols, channels, size: [down, right], shared } = self.squares;
        let whole = if shared { ", through all channels" } else { "" };
        let (to, from) = (name(self.to), name(self.from));
        format!("{to} = {from} without squares {down}x{right} of {rows}x{cols}, {channels} channels{whole}")
    }
}
