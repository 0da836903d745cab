//! Rows of a file as a net reads them: bytes as they are, all else mapped and shortened row by row.

use super::element::Element;
use super::file::FileRows;
use super::{DataError, Form, Numbers, Numeric, RowStore};
use crate::data::transform::{Affine, ArrayRule};

/// Invariant: a row gives the bits that it would give in memory.
#[derive(Debug)]
pub struct Mapped {
    rows: FileRows,
    form: Form,
    /// None: numbers are what they are in 32 bits.
    rule: Option<ArrayRule>,
}

impl Mapped {
    /// Rows of this shape under a rule; `is_short` says that 32 bits hold every number of the file.
    pub fn new(rows: FileRows, shape: Vec<usize>, rule: &ArrayRule, is_short: bool) -> Self {
        let stays = rows.element().is_byte() && rule.pairs.len() == 1;
        let numeric = if stays { Numeric::U8 } else { Numeric::F32 };
        let same = stays || is_short && rule.pairs == [Affine::SAME];
        Self { rows, form: Form { numeric, shape }, rule: (!same).then(|| rule.clone()) }
    }

    /// Rows of this shape of which the net sees mapped floats, whatever the file stores.
    pub fn floats(rows: FileRows, shape: Vec<usize>, rule: &ArrayRule) -> Self {
        Self { rows, form: Form { numeric: Numeric::F32, shape }, rule: Some(rule.clone()) }
    }
}

impl RowStore for Mapped {
    fn rows(&self) -> usize {
        self.rows.rows()
    }

    fn form(&self) -> &Form {
        &self.form
    }

    fn whole(&self) -> Option<Numbers<'_>> {
        None
    }

    fn read(&self, row: usize, into: &mut [u8]) -> Result<(), DataError> {
        if self.rule.is_none() && self.rows.is_native() {
            return self.rows.read(row, into);
        }
        let mut stored = vec![0; self.form.width() * self.rows.element().bytes()];
        self.rows.read(row, &mut stored)?;
        if self.form.numeric == Numeric::U8 {
            debug_assert_eq!(self.rows.element(), Element::Bool);
            into.iter_mut().zip(stored).for_each(|(to, byte)| *to = u8::from(byte != 0));
            return Ok(());
        }
        for (i, (x, to)) in
            self.rows.numbers(&stored).zip(into.chunks_exact_mut(size_of::<f32>())).enumerate()
        {
            let seen = self.rule.as_ref().map_or(x as f32, |rule| rule.apply(i, x));
            to.copy_from_slice(&seen.to_ne_bytes());
        }
        Ok(())
    }
}
