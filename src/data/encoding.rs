//! Bytes to text: UTF-8, or UTF-16 where the file says so by its first bytes; anything else is named, with the way to convert it.

use super::error::DataError;
use super::files::GZIP;
use crate::memory;

/// What arrays of NumPy begin with.
pub(super) const NUMPY: &[u8] = b"\x93NUMPY";

/// First bytes of files that are no text, what they are, and what makes text of them.
const OTHERS: &[(&[u8], &str, &str)] = &[
    (b"\xff\xfe\0\0", "UTF-32 text", "convert it: iconv -f utf-32 -t utf-8"),
    (b"\0\0\xfe\xff", "UTF-32 text", "convert it: iconv -f utf-32 -t utf-8"),
    (
        b"PK\x03\x04",
        "a zip archive, as spreadsheets (.xlsx, .ods) are",
        "unpack it, or save the spreadsheet as csv",
    ),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet (.xls)", "save it as csv"),
    (GZIP, "packed with gzip again and again", "unpack it: gunzip"),
    (b"PAR1", "a Parquet file", "write it as csv"),
    (b"BZh", "packed with bzip2", "unpack it: bunzip2"),
    (b"\xfd7zXZ", "packed with xz", "unpack it: unxz"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "unpack it: unzstd"),
    (b"\x89PNG", "a picture", "name the table"),
    (NUMPY, "a NumPy array", "read it with `source npy`"),
    (b"%PDF", "a PDF", "name the table"),
];

/// The text of a file, without byte-order marks.
///
/// # Errors
/// E0525 with the line of the first bytes that are no character; E0540 without memory for it.
pub(super) fn decode(bytes: Vec<u8>, name: &str) -> Result<String, DataError> {
    if let Some((_, what, way)) = OTHERS.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return Err(DataError::new("E0525", format!("the file is {what}, not a text")).file(name).help(*way));
    }
    let text = match bytes.as_slice() {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes, name)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes, name)?,
        _ => utf8(bytes, name)?,
    };
    if let Some(at) = text.find('\0') {
        return Err(zeros(&text, at, name));
    }
    let marks = text.len() - text.trim_start_matches('\u{feff}').len();
    Ok(if marks == 0 { text } else { text[marks..].to_owned() })
}

fn utf8(bytes: Vec<u8>, name: &str) -> Result<String, DataError> {
    String::from_utf8(bytes).map_err(|e| {
        let good = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let byte = e.as_bytes().get(good.len()).copied().unwrap_or_default();
        let error = DataError::new("E0525", format!("the text is not UTF-8: byte 0x{byte:02x}"))
            .file(name)
            .line(line_of(good));
        error.help("convert it, for example: iconv -f latin1 -t utf-8")
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16, name: &str) -> Result<String, DataError> {
    let fault = |text: &str, what: &str| {
        DataError::new("E0525", format!("the text is not UTF-16, as its first bytes say: {what}"))
            .file(name)
            .line(line_of(text.as_bytes()))
            .help("the file was cut off or changed: write or fetch it again")
    };
    // Two bytes become three at most.
    let mut text = String::from_utf8(memory::reserve(bytes.len() / 2 * 3)?).unwrap_or_default();
    let (units, odd) = bytes.as_chunks::<2>();
    for character in char::decode_utf16(units.iter().map(|pair| unit(*pair))) {
        text.push(character.map_err(|_| fault(&text, "half of a pair of surrogates"))?);
    }
    match odd {
        [] => Ok(text),
        _ => Err(fault(&text, "an odd number of bytes")),
    }
}

/// Characters of number 0 occur in no table: the bytes mean something else.
fn zeros(text: &str, at: usize, name: &str) -> DataError {
    let error = DataError::new("E0525", "the text holds bytes that are 0")
        .file(name)
        .line(line_of(&text.as_bytes()[..at]));
    // Latin letters in UTF-16 are a byte and a 0, or a 0 and a byte.
    let start = &text.as_bytes()[..text.len().min(64)];
    let zeros_at = |odd: usize| start.iter().skip(odd).step_by(2).all(|byte| *byte == 0);
    match start.len() > 1 {
        true if zeros_at(1) => error.help("it looks like UTF-16; convert it: iconv -f utf-16le -t utf-8"),
        true if zeros_at(0) => error.help("it looks like UTF-16; convert it: iconv -f utf-16be -t utf-8"),
        _ => error.help("check that the file is the text that was meant"),
    }
}

fn line_of(before: &[u8]) -> u64 {
    1 + before.iter().filter(|byte| **byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn utf16_with_its_mark_is_text() {
        let text = "a,Grüße \u{1f600}\n1,2\n";
        let marked = format!("\u{feff}{text}");
        assert_eq!(decode(utf16(&marked, u16::to_le_bytes), "t").unwrap(), text);
        assert_eq!(decode(utf16(&marked, u16::to_be_bytes), "t").unwrap(), text);
        assert_eq!(decode(format!("\u{feff}\u{feff}{text}").into_bytes(), "t").unwrap(), text);
    }

    #[test]
    fn other_bytes_are_named_with_the_way_out() {
        let cut = [utf16("\u{feff}a\nb", u16::to_le_bytes), vec![9]].concat();
        let faults: Vec<String> = [
            b"name\nM\xfcller\n".to_vec(),
            utf16("a,b\n1,2\n", u16::to_le_bytes),
            utf16("a,b\n1,2\n", u16::to_be_bytes),
            cut,
            utf16("\u{feff}a", u16::to_le_bytes).into_iter().chain([0x00, 0xd8]).collect(),
            b"a,b\n1,\0\n".to_vec(),
            b"PK\x03\x04xl/workbook.xml".to_vec(),
            b"BZh91AY".to_vec(),
        ]
        .into_iter()
        .map(|bytes| decode(bytes, "people.csv").unwrap_err().to_string())
        .collect();
        insta::assert_snapshot!(faults.join("\n\n"));
    }
}
