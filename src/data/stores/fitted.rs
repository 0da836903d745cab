//! Pictures of another size than a net's input: what it sees of them where it is not trained, the largest window in the middle that has its proportions, resized.

use std::sync::Arc;

use super::{DataError, Form, Numbers, Numeric, RowBuffer, RowStore};
use crate::data::dataset::Input;
use crate::data::resample::{Window, resized};

/// Invariant: numbers are mapped first, and resized as the net sees them, so it is of no account whether they were bytes.
#[derive(Debug)]
struct Fitted {
    whole: Input,
    form: Form,
    window: Window,
}

/// What a net of such pictures sees of others.
pub fn fitted(whole: Input, [height, width]: [usize; 2]) -> Arc<dyn RowStore> {
    let shape = &whole.store.form().shape;
    let channels = shape.last().copied().unwrap_or(1);
    let window = Window::largest([shape[0], shape[1]], [height, width]);
    let form = Form { numeric: Numeric::F32, shape: vec![height, width, channels] };
    Arc::new(Fitted { whole, form, window })
}

impl RowStore for Fitted {
    fn rows(&self) -> usize {
        self.whole.store.rows()
    }

    fn form(&self) -> &Form {
        &self.form
    }

    fn whole(&self) -> Option<Numbers<'_>> {
        None
    }

    fn is_work(&self) -> bool {
        true
    }

    fn read(&self, row: usize, into: &mut [u8]) -> Result<(), DataError> {
        let mut buffer = RowBuffer::default();
        let seen = self.whole.seen(buffer.row(&*self.whole.store, row)?);
        let (from, to) = (&self.whole.store.form().shape, &self.form.shape);
        let mut picture = vec![0.0_f32; self.form.width()];
        resized(&seen, [from[1], to[2]], self.window, [to[0], to[1]], &mut picture);
        into.copy_from_slice(bytemuck::cast_slice(&picture));
        Ok(())
    }

    /// That of the whole picture.
    fn stamp(&self, row: usize, into: &mut Vec<u8>) -> Result<(), DataError> {
        self.whole.store.stamp(row, into)
    }
}
