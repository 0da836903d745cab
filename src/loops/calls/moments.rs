//! Means of the channels of maps and sums of squares around them, by shards: partials that are to be brought together
//! ([`JoinMoments`](super::JoinMoments)).

use super::slides::grain;
use super::{Extent, Library, Reach, Region, Touch, Touched, params};
use crate::graph::Dim;
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost, Domain};

#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    pub from: BufferId,
    /// A row of means and of sums of squares a shard.
    pub to: BufferId,
    /// Of a row of the batch.
    pub places: usize,
    pub channels: usize,
}

params! {
    /// Of the host's functions. Parts are shards of `grain` rows of the batch.
    pub struct MomentsParams {
        pub grain,
        pub places,
        pub channels,
    }
}

impl Moments {
    fn width(&self) -> usize {
        self.places * self.channels
    }

    /// What the shards are of.
    pub fn domain(&self) -> Domain {
        Domain::nest(Dim::Batch, [1, 1, self.places])
    }
}

impl Library for Moments {
    fn word(&self) -> String {
        "moments".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let (rows, grain) = (Dim::Batch, grain(self.places));
        vec![
            Touched {
                buffer: self.from,
                touch: Touch::Read,
                region: Region::Whole(Extent { batch: true, len: self.width() }),
                reach: Reach::Rows { rows, grain, width: self.width(), pass: false },
            },
            Touched {
                buffer: self.to,
                touch: Touch::Write,
                region: Region::Partials { cols: 2 * self.channels, domain: self.domain() },
                reach: Reach::Shards { rows, grain },
            },
        ]
    }

    fn check(&self) -> Result<(), String> {
        match self.width() > 0 {
            true => Ok(()),
            false => Err("there are no places to sum over".to_string()),
        }
    }

    fn parts(&self) -> Parts {
        self.domain().parts()
    }

    fn params(&self) -> Vec<u64> {
        let (grain, places) = (grain(self.places) as u64, self.places as u64);
        MomentsParams { grain, places, channels: self.channels as u64 }.words()
    }

    fn cost(&self, rows: usize) -> Cost {
        let elements = rows * self.width();
        Cost { flops: 4 * elements, bytes: 4 * elements }
    }

    fn work(&self) -> Work {
        Work::each(true, ELEMENT * self.width() as f64)
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let (rows, channels) = (machine.rows(), self.channels);
        let x = machine.floats(self.from)[..rows * self.width()].to_vec();
        let shards = x.chunks(grain(self.places) * self.width());
        let to = machine.floats_mut(self.to).chunks_exact_mut(2 * channels);
        for (shard, to) in shards.zip(to) {
            let (means, squares) = to.split_at_mut(channels);
            let count = (shard.len() / channels) as f32;
            for channel in 0..channels {
                let values = || shard.iter().skip(channel).step_by(channels);
                means[channel] = values().sum::<f32>() / count;
                squares[channel] = values().map(|x| (x - means[channel]).powi(2)).sum();
            }
        }
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        format!("{} = moments of {}: {} channels a place", name(self.to), name(self.from), self.channels)
    }
}
