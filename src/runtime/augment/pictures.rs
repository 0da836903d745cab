//! What becomes of a picture: the row statements on the numbers of the source, and the map from those to what the net sees.

use super::{
    Scratch,
    facts::{moments, unit},
};
use crate::{
    data::{ArrayRule, DataConfig, DataError, Dataset, Input, Numbers, Numeric, RowStore, Tones},
    model::Model,
    train::augment::{Augmentation, Chain, Facts, Row},
};

/// What is done to pictures one by one.
pub(super) struct Pictures {
    pub chain: Chain,
    mapped: Mapping,
}

/// How changed numbers become those that the net sees.
enum Mapping {
    /// They are those.
    Same,
    /// Of bytes, and of other numbers.
    Seen(Tones, ArrayRule),
}

impl Pictures {
    /// The statements for the pictures of one input, of this height, width and channels.
    ///
    /// # Errors
    /// A row that cannot be read, where statements depend on means over all of them.
    pub fn new(
        model: &Model,
        augmentation: &Augmentation,
        dataset: &Dataset,
        (input, [height, width, channels]): (usize, [usize; 3]),
    ) -> Result<Self, DataError> {
        let fed = &dataset.train.inputs[input];
        let from = match fed.unmapped().form().shape[..] {
            [height, width, _] => [height, width],
            _ => [height, width],
        };
        let is_bytes = fed.unmapped().form().numeric == Numeric::U8;
        let (range, unit) = (of_the_source(model), unit(fed, channels));
        let facts = match augmentation.asks() {
            true => Facts::of(&moments(&dataset.train, input, channels)?, range, unit, is_bytes),
            false => Facts::unknown(range, unit),
        };
        let chain = Chain::new(&augmentation.rows, from, channels, facts);
        Ok(Self { chain, mapped: Mapping::of(fed) })
    }

    /// The numbers of a row after all statements, as the source has them.
    pub fn numbers(&self, row: &Row, store: &dyn RowStore) -> Result<Vec<f32>, DataError> {
        let mut scratch = Scratch::default();
        Ok(match scratch.buffer.row(store, row.number as usize)? {
            Numbers::U8(bytes) => {
                self.chain.apply(row, bytes, &mut scratch.bytes).iter().map(|byte| f32::from(*byte)).collect()
            }
            Numbers::F32(floats) => self.chain.apply(row, floats, &mut scratch.floats).to_vec(),
            // Statements of pictures find none here.
            Numbers::I32(whole) => whole.iter().map(|x| *x as f32).collect(),
        })
    }

    /// What the net is fed of a row.
    pub fn row(
        &self,
        row: &Row,
        store: &dyn RowStore,
        scratch: &mut Scratch,
        into: &mut [u8],
    ) -> Result<(), DataError> {
        match scratch.buffer.row(store, row.number as usize)? {
            Numbers::U8(bytes) => {
                let changed = self.chain.apply(row, bytes, &mut scratch.bytes);
                match &self.mapped {
                    Mapping::Same => into.copy_from_slice(changed),
                    Mapping::Seen(tones, _) => tones.see(changed, bytemuck::cast_slice_mut(into)),
                }
            }
            Numbers::I32(whole) => into.copy_from_slice(bytemuck::cast_slice(whole)),
            Numbers::F32(floats) => {
                let changed = self.chain.apply(row, floats, &mut scratch.floats);
                match &self.mapped {
                    Mapping::Seen(_, rule) => ruled(rule, changed.iter().map(|x| f64::from(*x)), into),
                    Mapping::Same => into.copy_from_slice(bytemuck::cast_slice(changed)),
                }
            }
        }
        Ok(())
    }
}

/// Black and white in the numbers of the source; of what are no bytes they are declared, where a statement asks for them.
pub(super) fn of_the_source(model: &Model) -> [f32; 2] {
    let of = |data: &DataConfig| data.settings.range.unwrap_or(data.source.shades());
    let (low, high) = model.data.as_ref().map_or((0.0, 255.0), of);
    [low as f32, high as f32]
}

fn ruled(rule: &ArrayRule, numbers: impl Iterator<Item = f64>, into: &mut [u8]) {
    let seen: &mut [f32] = bytemuck::cast_slice_mut(into);
    seen.iter_mut().zip(numbers).enumerate().for_each(|(i, (seen, x))| *seen = rule.apply(i, x));
}

impl Mapping {
    fn of(input: &Input) -> Self {
        let Some(raw) = &input.raw else { return Self::Same };
        if input.store.form().numeric == Numeric::U8 {
            // Bytes that are seen as bytes: their map is the gather's.
            return Self::Same;
        }
        Self::Seen(Tones::new(&raw.rule), raw.rule.clone())
    }
}
