//! The middle of larger pictures: what a net sees of rows that are cut at random while it is trained.

use std::sync::Arc;

use super::{DataError, Form, Held, Numbers, Numeric, RowStore};
use crate::data::Storage;
use crate::memory;

/// Invariant: `form` has the channels of the larger pictures, and sides that are not longer.
#[derive(Debug)]
struct Middle {
    whole: Arc<dyn RowStore>,
    form: Form,
}

/// The middle of this height and width of each row's picture, of an odd rest the larger part being cut off below and on the right. What lies
/// in memory is copied.
///
/// # Errors
/// No memory for the copies.
pub fn middle(whole: Arc<dyn RowStore>, [height, width]: [usize; 2]) -> Result<Arc<dyn RowStore>, DataError> {
    let form = whole.form();
    let channels = form.shape.last().copied().unwrap_or(1);
    let form = Form { numeric: form.numeric, shape: vec![height, width, channels] };
    let middle = Middle { whole, form };
    let Some(numbers) = middle.whole.whole() else { return Ok(Arc::new(middle)) };
    let row = middle.whole.form().width();
    let data = match numbers {
        Numbers::F32(all) => Storage::F32(middle.cut(all, row)?),
        Numbers::I32(all) => Storage::I32(middle.cut(all, row)?),
        Numbers::U8(all) => Storage::U8(middle.cut(all, row)?),
    };
    Ok(Arc::new(Held::new(middle.form.shape.clone(), data)))
}

impl Middle {
    /// The runs of numbers of a row that are in the middle.
    fn lines(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        let (from, to) = (&self.whole.form().shape, &self.form.shape);
        let (top, left) = ((from[0] - to[0]) / 2, (from[1] - to[1]) / 2);
        let (columns, channels, length) = (from[1], to[2], to[1] * to[2]);
        (top..top + to[0]).map(move |y| {
            let start = (y * columns + left) * channels;
            start..start + length
        })
    }

    /// Of rows of so many numbers.
    fn cut<T: Copy>(&self, all: &[T], row: usize) -> Result<Vec<T>, DataError> {
        let rows = all.len() / row.max(1);
        let mut cut = memory::reserve(rows.saturating_mul(self.form.width()))?;
        all.chunks_exact(row).for_each(|row| self.lines().for_each(|line| cut.extend_from_slice(&row[line])));
        Ok(cut)
    }
}

impl RowStore for Middle {
    fn rows(&self) -> usize {
        self.whole.rows()
    }

    fn form(&self) -> &Form {
        &self.form
    }

    fn whole(&self) -> Option<Numbers<'_>> {
        None
    }

    fn is_work(&self) -> bool {
        self.whole.is_work()
    }

    fn read(&self, row: usize, into: &mut [u8]) -> Result<(), DataError> {
        let mut whole = vec![0; self.whole.form().row_bytes()];
        self.whole.read(row, &mut whole)?;
        let each = match self.form.numeric {
            Numeric::F32 | Numeric::I32 => size_of::<f32>(),
            Numeric::U8 => size_of::<u8>(),
        };
        let lines = self.lines().flat_map(|line| &whole[line.start * each..line.end * each]);
        into.iter_mut().zip(lines).for_each(|(to, byte)| *to = *byte);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows that nobody holds in memory.
    #[derive(Debug)]
    struct Far(Held);

    impl RowStore for Far {
        fn rows(&self) -> usize {
            self.0.rows()
        }

        fn form(&self) -> &Form {
            self.0.form()
        }

        fn whole(&self) -> Option<Numbers<'_>> {
            None
        }

        fn read(&self, row: usize, into: &mut [u8]) -> Result<(), DataError> {
            self.0.read(row, into)
        }
    }

    #[test]
    fn the_middle_is_the_same_in_memory_and_read() {
        let held = || Held::new(vec![4, 5, 2], Storage::F32((0..80).map(|i| i as f32).collect()));
        let (near, far) = (middle(Arc::new(held()), [1, 2]), middle(Arc::new(Far(held())), [1, 2]));
        let (near, far) = (near.unwrap(), far.unwrap());
        // Of four rows the second, of five columns the second and third.
        let expected = [12.0, 13.0, 14.0, 15.0, 52.0, 53.0, 54.0, 55.0];
        assert_eq!(near.whole(), Some(Numbers::F32(&expected)));
        let mut room = [0.0_f32; 4];
        far.read(1, bytemuck::cast_slice_mut(&mut room)).unwrap();
        assert_eq!((room, far.whole()), ([52.0, 53.0, 54.0, 55.0], None));
    }
}
