//! A NumPy array, rows first: for nets that were trained on arrays.

use std::fs::File;

use super::{ReadRows, array};
use crate::data::encoding;
use crate::data::error::DataError;
use crate::data::rows::Rows;
use crate::data::sources::npy;
use crate::data::transform::{Fields, Transform};

pub(super) struct Npy;
pub(super) static READER: Npy = Npy;

impl ReadRows for Npy {
    fn takes(&self, bytes: &[u8], _fields: &Fields) -> bool {
        bytes.starts_with(encoding::NUMPY)
    }

    fn read(&self, bytes: Vec<u8>, transform: &Transform, name: &str) -> Result<Rows, DataError> {
        array::of_arrays(transform, name)?;
        let (shape, data) = npy::array(bytes, name)?;
        array::held(&shape, &data, transform, name)
    }

    fn leave(&self, file: File, transform: &Transform, name: &str) -> Option<Result<Rows, DataError>> {
        let found = array::of_arrays(transform, name).and_then(|_| npy::rows(file, name));
        Some(found.and_then(|(shape, rows)| array::left(&shape, rows, transform, name)))
    }
}
