//! A NumPy array, rows first: for nets that were trained on arrays.

use super::ReadRows;
use crate::data::encoding;
use crate::data::error::{DataError, counted};
use crate::data::finite;
use crate::data::rows::{Growing, Rows, nothing};
use crate::data::sources::npy;
use crate::data::transform::{Fields, Transform};
use crate::vocab::exactly;

pub(super) struct Npy;
pub(super) static READER: Npy = Npy;

impl ReadRows for Npy {
    fn takes(&self, bytes: &[u8], _fields: &Fields) -> bool {
        bytes.starts_with(encoding::NUMPY)
    }

    fn read(&self, bytes: Vec<u8>, transform: &Transform, name: &str) -> Result<Rows, DataError> {
        let Fields::Array(rule) = &transform.fields else { return Err(of_a_table(name)) };
        let (shape, data) = npy::array(&bytes, name)?;
        let Some((&rows, shape)) = shape.split_first() else { return Err(nothing(name)) };
        let width: usize = shape.iter().product();
        if width != rule.width {
            let found = counted(width, "number");
            return Err(DataError::new(
                "E0522",
                format!("a row of the array has {found} where {} are expected", rule.width),
            )
            .file(name)
            .help("the first axis of the array counts the rows"));
        }
        let mut out = Growing::new(transform, rows, name)?;
        for row in 0..rows {
            out.push(|line| {
                for (i, slot) in line.iter_mut().enumerate() {
                    let x = data.at(row * width + i);
                    let seen = finite::seen(&exactly(x), rule.apply(i, x));
                    *slot = seen.map_err(|e| e.file(name).row(row).column(i + 1, ""))?;
                }
                Ok(())
            })?;
        }
        out.finish(name)
    }
}

fn of_a_table(name: &str) -> DataError {
    DataError::new("E0525", "the file is a NumPy array, and rows to predict are text")
        .file(name)
        .note("the net was trained on a table, whose columns have names")
        .help("write the array `x` as text: `numpy.savetxt(\"rows.csv\", x.reshape(len(x), -1), delimiter=\",\")`")
}
