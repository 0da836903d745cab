//! Attention: scores, softmax, dropout and mixture of a head at once, forward and in the gradient. Scores and weights lie in the memory of a thread; masks
//! are drawn where they act, and in the gradient scores and masks are made again.

use super::slides::grain;
use super::{Extent, Library, Reach, Region, Touch, Touched, params};
use crate::graph::attention::Lane;
use crate::graph::interpret::{Tensor, attend, attend_back};
use crate::graph::{Attention, Dim, ScalarId, SiteId};
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost};

/// Attention of each row of the batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Attend {
    pub form: Attention,
    pub packed: BufferId,
    /// Written forward, read in the gradient.
    pub result: BufferId,
    pub turns: Option<BufferId>,
    pub lengths: Option<BufferId>,
    pub draws: Option<Draws>,
    pub gradient: Option<Gradient>,
}

/// How weights are dropped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draws {
    pub site: SiteId,
    /// One draw for all rows of a step.
    pub by_update: bool,
    pub q: ScalarId,
}

/// What flows into the result, and where what flows to the packed numbers goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gradient {
    pub flow: BufferId,
    pub to: BufferId,
}

params! {
    /// Of the host's function. Operands: packed numbers, result, turns, lengths, flow, what flows on; for those that there are not stand the packed numbers.
    /// Parts are shards of `grain` rows of the batch.
    pub struct AttendParams {
        pub grain,
        pub heads,
        pub groups,
        pub width,
        pub queries,
        pub keys,
        pub query_offset,
        pub query_stride,
        pub key_offset,
        pub key_stride,
        pub value_offset,
        pub value_stride,
        pub row_len,
        /// Bits of the flags below.
        pub flags,
        pub site,
        pub scalar,
    }
}

impl AttendParams {
    /// Addresses before the parameters.
    pub const OPERANDS: usize = 6;
    pub const CAUSAL: u64 = 1;
    pub const SLOPES: u64 = 2;
    pub const TURNED: u64 = 4;
    pub const PADDED: u64 = 8;
    pub const DROPPED: u64 = 16;
    pub const BY_UPDATE: u64 = 32;
    pub const BACK: u64 = 64;
    pub const ACROSS: u64 = 128;
}

impl Attend {
    fn grain(&self) -> usize {
        grain(self.form.queries.max(self.form.keys))
    }

    /// Multiplications a row, of one product of queries and keys.
    fn product(&self) -> usize {
        let form = &self.form;
        let all = form.all() * form.queries * form.keys;
        if form.causal { all / 2 } else { all }
    }

    /// Products forward, or in the gradient.
    fn products(&self) -> usize {
        if self.gradient.is_some() { 5 } else { 2 }
    }
}

impl Library for Attend {
    fn word(&self) -> String {
        if self.gradient.is_some() { "attend_back" } else { "attend" }.to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        let rows = |buffer, touch, len| Touched {
            buffer,
            touch,
            region: Region::Whole(Extent { batch: true, len }),
            reach: Reach::Rows { rows: Dim::Batch, grain: self.grain(), width: len, pass: false },
        };
        let (len, wide) = (self.form.queries * self.form.all(), self.form.row_len());
        let packed = rows(self.packed, Touch::Read, wide);
        let turns = |buffer| Touched {
            buffer,
            touch: Touch::Read,
            region: Region::Whole(Extent {
                batch: false,
                len: self.form.queries.max(self.form.keys) * self.form.width,
            }),
            reach: Reach::All,
        };
        let result = if self.gradient.is_some() { Touch::Read } else { Touch::Write };
        vec![
            packed,
            rows(self.result, result, len),
            self.turns.map_or(packed, turns),
            self.lengths.map_or(packed, |lengths| rows(lengths, Touch::Read, 1)),
            self.gradient.map_or(packed, |gradient| rows(gradient.flow, Touch::Read, len)),
            self.gradient.map_or(packed, |gradient| rows(gradient.to, Touch::Write, wide)),
        ]
    }

    fn scalars(&self) -> Vec<ScalarId> {
        self.draws.iter().map(|draws| draws.q).collect()
    }

    fn sites(&self) -> Vec<SiteId> {
        self.draws.iter().map(|draws| draws.site).collect()
    }

    fn check(&self) -> Result<(), String> {
        let form = &self.form;
        let there = [self.turns.is_some(), self.lengths.is_some(), self.draws.is_some()];
        if there != [form.turned, form.padded, form.dropped] {
            return Err("its operands are not those of its form".to_string());
        }
        form.check()
    }

    fn parts(&self) -> Parts {
        Parts::BatchShards(self.grain())
    }

    fn params(&self) -> Vec<u64> {
        let form = &self.form;
        let Lane { offset: query_offset, stride: query_stride } = form.query();
        let Lane { offset: key_offset, stride: key_stride } = form.key();
        let Lane { offset: value_offset, stride: value_stride } = form.value();
        let flags = [
            (form.causal, AttendParams::CAUSAL),
            (form.slopes, AttendParams::SLOPES),
            (form.turned, AttendParams::TURNED),
            (form.padded, AttendParams::PADDED),
            (form.across, AttendParams::ACROSS),
            (form.dropped, AttendParams::DROPPED),
            (self.draws.is_some_and(|draws| draws.by_update), AttendParams::BY_UPDATE),
            (self.gradient.is_some(), AttendParams::BACK),
        ];
        let own = AttendParams {
            grain: self.grain() as u64,
            heads: form.heads as u64,
            groups: form.groups as u64,
            width: form.width as u64,
            queries: form.queries as u64,
            keys: form.keys as u64,
            query_offset: query_offset as u64,
            query_stride: query_stride as u64,
            key_offset: key_offset as u64,
            key_stride: key_stride as u64,
            value_offset: value_offset as u64,
            value_stride: value_stride as u64,
            row_len: form.row_len() as u64,
            flags: flags.into_iter().filter(|(set, _)| *set).map(|(_, flag)| flag).sum(),
            site: self.draws.map_or(0, |draws| u64::from(draws.site.0)),
            scalar: self.draws.map_or(0, |draws| u64::from(draws.q.0)),
        };
        own.words()
    }

    fn cost(&self, rows: usize) -> Cost {
        let numbers = 2 * (self.form.row_len() + self.form.queries * self.form.all());
        let touched = if self.gradient.is_some() { numbers } else { numbers / 2 };
        Cost { flops: 2 * rows * self.products() * self.product(), bytes: 4 * rows * touched }
    }

    fn work(&self) -> Work {
        let scores = self.product() / self.form.width;
        Work::each(true, (self.products() * self.product()) as f64 + ELEMENT * scores as f64)
    }

    fn multiplies(&self) -> bool {
        true
    }

    fn interpret(&self, machine: &mut Machine<'_>) {
        let (form, rows) = (&self.form, machine.rows());
        let floats = |buffer: BufferId, dims: &[usize]| {
            Tensor::real(dims, machine.floats(buffer)[..dims.iter().product()].to_vec())
        };
        let result = [rows, form.queries, form.all()];
        let mut operands = Vec::new();
        if let Some(draws) = self.draws {
            let keys = (0..rows).map(|row| machine.row_key(draws.site, row, draws.by_update)).collect();
            operands.push(Tensor::keys(&[rows], keys));
            operands.push(Tensor::ints(&[], vec![machine.word(draws.q).cast_signed()]));
        }
        operands.push(floats(self.packed, &[rows, form.row_len()]));
        operands.extend(self.turns.map(|turns| floats(turns, &[form.queries.max(form.keys), form.width])));
        operands.extend(self.lengths.map(|lengths| floats(lengths, &[rows])));
        let operands: Vec<&Tensor<f32>> = operands.iter().collect();
        let (to, values) = match self.gradient {
            None => (self.result, attend(form, &operands, None, machine.fma())),
            Some(Gradient { flow, to }) => {
                (to, attend_back(form, &floats(flow, &result), &operands, None, machine.fma()))
            }
        };
        machine.floats_mut(to)[..values.reals().len()].copy_from_slice(values.reals());
    }

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let form = &self.form;
        let mut text = match self.gradient {
            None => format!("{} = attention of {}", name(self.result), name(self.packed)),
            Some(Gradient { flow, to }) => format!(
                "{} = gradient of attention of {} and {}, by {}",
                name(to),
                name(self.packed),
                name(self.result),
                name(flow)
            ),
        };
        text +=
            &format!(", {} heads of {}, {} places by {}", form.heads, form.width, form.queries, form.keys);
        let said = [
            (form.groups != form.heads, format!(", keys and values of {}", form.groups)),
            (form.causal, ", looking back".to_string()),
            (form.slopes, ", falling with the distance".to_string()),
        ];
        said.into_iter().filter(|(is, _)| *is).for_each(|(_, word)| text += &word);
        if let Some(turns) = self.turns {
            text += &format!(", turned by {}", name(turns));
        }
        if let Some(lengths) = self.lengths {
            text += &format!(", within {}", name(lengths));
        }
        if self.draws.is_some() {
            text += ", weights dropped";
        }
        text
    }
}
