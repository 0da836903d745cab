//! Elements of arrays as text: a line a row, a number an element, commas between them.

use super::ReadRows;
use crate::data::encoding;
use crate::data::error::{DataError, cut};
use crate::data::finite;
use crate::data::raw::Delimiter;
use crate::data::rows::{Growing, Rows, nothing, records};
use crate::data::text;
use crate::data::transform::{Fields, Transform};

pub(super) struct Pixels;
pub(super) static READER: Pixels = Pixels;

const COMMA: Delimiter = Delimiter::Byte(b',');

impl ReadRows for Pixels {
    fn takes(&self, _bytes: &[u8], fields: &Fields) -> bool {
        matches!(fields, Fields::Array(_))
    }

    fn read(&self, bytes: Vec<u8>, transform: &Transform, name: &str) -> Result<Rows, DataError> {
        let Fields::Array(rule) = &transform.fields else { return Err(nothing(name)) };
        let text = encoding::decode(bytes, name)?;
        let records = records(&text, COMMA, name)?;
        let mut out = Growing::new(transform, records.clone().count(), name)?;
        for record in records {
            text::check_row(&record, rule.width, COMMA, name)?;
            out.push(|line| {
                for (i, (cell, slot)) in record.fields.iter().zip(line).enumerate() {
                    let place = |e: DataError| e.file(name).line(record.line).column(i + 1, "");
                    let x = text::number(&cell.text).ok_or_else(|| place(no_number(&cell.text)))?;
                    *slot = finite::seen(&cell.text, rule.apply(i, x)).map_err(place)?;
                }
                Ok(())
            })?;
        }
        out.finish(name)
    }
}

/// Whether bytes may be such lines, of so many numbers: the first cell is one, or there are as many cells.
pub(super) fn are(bytes: &[u8], width: usize) -> bool {
    let line = bytes.trim_ascii_start().split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or(&[]);
    let mut cells = line.split(|byte| *byte == b',');
    let first = cells.next().and_then(|cell| std::str::from_utf8(cell.trim_ascii()).ok());
    first.is_some_and(|cell| text::number(cell.trim_matches(['"', '\u{feff}'])).is_some())
        || cells.count() + 1 == width
}

fn no_number(cell: &str) -> DataError {
    DataError::new("E0523", format!("`{}` is not a number", cut(cell)))
        .help("a row is one number a pixel, without a header")
}
