//! Rows that lie in memory one after another.

use super::{DataError, Form, Numbers, Numeric, RowStore};
use crate::data::Storage;

/// Invariant: `data` holds whole rows of `form`.
#[derive(Debug)]
pub struct Held {
    form: Form,
    data: Storage,
    rows: usize,
}

impl Held {
    /// Rows of this shape.
    ///
    /// # Panics
    /// If the numbers are no whole rows.
    pub fn new(shape: Vec<usize>, data: Storage) -> Self {
        let numeric = match &data {
            Storage::F32(_) => Numeric::F32,
            Storage::I32(_) => Numeric::I32,
            Storage::U8(_) => Numeric::U8,
        };
        let form = Form { numeric, shape };
        let rows = data.len().checked_div(form.width()).unwrap_or(0);
        assert_eq!(rows * form.width(), data.len(), "whole rows of {:?}", form.shape);
        Self { form, data, rows }
    }
}

impl RowStore for Held {
    fn rows(&self) -> usize {
        self.rows
    }

    fn form(&self) -> &Form {
        &self.form
    }

    fn whole(&self) -> Option<Numbers<'_>> {
        Some(match &self.data {
            Storage::F32(floats) => Numbers::F32(floats),
            Storage::I32(whole) => Numbers::I32(whole),
            Storage::U8(bytes) => Numbers::U8(bytes),
        })
    }

    fn read(&self, row: usize, into: &mut [u8]) -> Result<(), DataError> {
        if let Some(all) = self.whole() {
            into.copy_from_slice(all.row(row, self.form.width()).bytes());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_reads_as_it_lies() {
        let held = Held::new(vec![1, 2], Storage::F32(vec![1.0, 2.0, 3.0, 4.0]));
        assert_eq!((held.rows(), held.form().row_bytes()), (2, 8));
        let mut room = [0.0_f32; 2];
        held.read(1, bytemuck::cast_slice_mut(&mut room)).unwrap();
        assert_eq!(room, [3.0, 4.0]);
        assert_eq!(held.whole(), Some(Numbers::F32(&[1.0, 2.0, 3.0, 4.0])));
    }
}
