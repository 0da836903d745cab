//! Pictures that stay bytes where each channel is mapped by itself: a net sees the mapped numbers of a row when it is read.

use std::sync::Arc;

use super::{DataError, Form, Numbers, Numeric, RowBuffer, RowStore};
use crate::data::transform::ArrayRule;

/// Of more channels than so many each number is mapped by itself.
const MOST_TABLES: usize = 16;

/// What a net sees of bytes.
#[derive(Clone, Debug)]
pub enum Tones {
    /// Of each byte, by channel.
    Tables(Vec<[f32; 256]>),
    Rule(ArrayRule),
}

impl Tones {
    pub fn new(rule: &ArrayRule) -> Self {
        let table = |i: usize| std::array::from_fn(|byte| rule.apply(i, byte as f64));
        match rule.pairs.len() {
            few @ 1..=MOST_TABLES => Self::Tables((0..few).map(table).collect()),
            _ => Self::Rule(rule.clone()),
        }
    }

    /// Whether a rule has few enough maps for a table each.
    pub fn has_room(rule: &ArrayRule) -> bool {
        rule.pairs.len() <= MOST_TABLES
    }

    /// Writes what is seen of whole rows.
    pub fn see(&self, bytes: &[u8], seen: &mut [f32]) {
        match self {
            Self::Tables(tables) => {
                let places = bytes.chunks_exact(tables.len()).zip(seen.chunks_exact_mut(tables.len()));
                for (place, seen) in places {
                    for ((byte, table), to) in place.iter().zip(tables).zip(seen) {
                        *to = table[usize::from(*byte)];
                    }
                }
            }
            Self::Rule(rule) => {
                for row in bytes.chunks_exact(rule.width).zip(seen.chunks_exact_mut(rule.width)) {
                    let each = row.0.iter().zip(row.1).enumerate();
                    each.for_each(|(i, (byte, to))| *to = rule.apply(i, f64::from(*byte)));
                }
            }
        }
    }
}

/// Invariant: a row gives the bits that it would give if it were mapped once and kept, in a quarter of the memory.
#[derive(Debug)]
pub struct Toned {
    /// Of bytes.
    bytes: Arc<dyn RowStore>,
    form: Form,
    tones: Tones,
}

impl Toned {
    /// What a net sees of rows of bytes under a rule.
    pub fn new(bytes: Arc<dyn RowStore>, rule: &ArrayRule) -> Self {
        debug_assert_eq!(bytes.form().numeric, Numeric::U8);
        let form = Form { numeric: Numeric::F32, shape: bytes.form().shape.clone() };
        Self { bytes, form, tones: Tones::new(rule) }
    }
}

impl RowStore for Toned {
    fn rows(&self) -> usize {
        self.bytes.rows()
    }

    fn form(&self) -> &Form {
        &self.form
    }

    fn whole(&self) -> Option<Numbers<'_>> {
        None
    }

    fn read(&self, row: usize, into: &mut [u8]) -> Result<(), DataError> {
        let mut buffer = RowBuffer::default();
        let Numbers::U8(bytes) = buffer.row(&*self.bytes, row)? else { return Ok(()) };
        match bytemuck::try_cast_slice_mut(into) {
            Ok(seen) => self.tones.see(bytes, seen),
            Err(_) => {
                let mut seen = vec![0.0_f32; bytes.len()];
                self.tones.see(bytes, &mut seen);
                into.copy_from_slice(bytemuck::cast_slice(&seen));
            }
        }
        Ok(())
    }

    fn is_work(&self) -> bool {
        self.bytes.is_work()
    }

    fn stamp(&self, row: usize, into: &mut Vec<u8>) -> Result<(), DataError> {
        match self.is_work() {
            true => self.bytes.stamp(row, into),
            false => super::stamped(self, row, into),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Held;
    use super::*;
    use crate::data::{Affine, Storage};

    #[test]
    fn bytes_are_seen_by_channel_or_by_place() {
        let bytes = || Arc::new(Held::new(vec![1, 2, 2], Storage::U8(vec![0, 10, 20, 30, 1, 2, 3, 4])));
        let pairs: Vec<Affine> =
            (1..=4).map(|i| Affine { scale: f64::from(i), shift: f64::from(100 * i) }).collect();
        let read = |pairs: &[Affine]| {
            let rule = ArrayRule { width: 4, pairs: pairs.to_vec() };
            let toned = Toned::new(bytes(), &rule);
            let mut room = [0.0_f32; 4];
            toned.read(1, bytemuck::cast_slice_mut(&mut room)).unwrap();
            room
        };
        assert_eq!(read(&pairs[..2]), [101.0, 204.0, 103.0, 208.0]);
        assert_eq!(read(&pairs), [101.0, 204.0, 309.0, 416.0]);
        let many: Vec<Affine> = (0..20).map(|i| Affine { scale: 1.0, shift: f64::from(i) }).collect();
        assert_eq!(read(&many), [1.0, 3.0, 5.0, 7.0]);
    }
}
