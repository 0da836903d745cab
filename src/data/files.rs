//! Files to bytes and text: plain or gzip, whole or an error that says what is broken.

use std::fs;
use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::error::DataError;

/// The bytes of a file, unpacked if it is gzip (told by its first two bytes).
///
/// # Errors
/// E0520 if it cannot be opened, E0521 if the gzip stream is damaged, E0528 if there is nothing in it.
pub(super) fn read(path: &Path, name: &str) -> Result<Vec<u8>, DataError> {
    let packed = fs::read(path).map_err(|e| cannot_open(name, &e))?;
    let bytes = if packed.starts_with(&[0x1f, 0x8b]) { unpack(&packed, name)? } else { packed };
    if bytes.is_empty() {
        return Err(DataError::new("E0528", "the file is empty").file(name));
    }
    Ok(bytes)
}

fn unpack(packed: &[u8], name: &str) -> Result<Vec<u8>, DataError> {
    let mut bytes = Vec::new();
    match MultiGzDecoder::new(packed).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err(DataError::new("E0521", "the gzip stream ends too early")
                .file(name)
                .note(format!("{} bytes came out before it broke off", bytes.len()))
                .help("the file was cut off: fetch it again"))
        }
        Err(e) => Err(DataError::new("E0521", "the gzip stream is damaged")
            .file(name)
            .note(e.to_string())
            .help("fetch the file again")),
    }
}

fn cannot_open(name: &str, error: &std::io::Error) -> DataError {
    DataError::new("E0520", "the file cannot be read").file(name).note(error.to_string())
}

/// The text of a file, without a byte-order mark.
///
/// # Errors
/// As [`read`]; E0525 with the line if it is not UTF-8.
pub(super) fn text(path: &Path, name: &str) -> Result<String, DataError> {
    decode(read(path, name)?, name)
}

/// UTF-8 bytes to text, without a byte-order mark.
pub(super) fn decode(bytes: Vec<u8>, name: &str) -> Result<String, DataError> {
    let text = String::from_utf8(bytes).map_err(|e| {
        let good = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|b| **b == b'\n').count();
        let byte = e.as_bytes().get(good.len()).copied().unwrap_or_default();
        DataError::new("E0525", format!("the text is not UTF-8: byte 0x{byte:02x}"))
            .file(name)
            .line(line as u64)
            .help("convert it, for example: iconv -f latin1 -t utf-8")
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn saved(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn gzip_is_unpacked_and_a_cut_is_noticed() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&(0..4000u32).flat_map(u32::to_le_bytes).collect::<Vec<u8>>()).unwrap();
        let packed = encoder.finish().unwrap();
        assert_eq!(read(saved(&packed).path(), "a.gz").unwrap().len(), 16000);
        let cut = read(saved(&packed[..packed.len() / 2]).path(), "a.gz").unwrap_err();
        assert_eq!((cut.code, cut.message.as_str()), ("E0521", "the gzip stream ends too early"));
        let mut bent = packed;
        let middle = bent.len() / 2;
        bent[middle] ^= 0xff;
        assert_eq!(read(saved(&bent).path(), "a.gz").unwrap_err().code, "E0521");
    }

    #[test]
    fn latin_one_is_placed() {
        let error = text(saved(b"name\nM\xfcller\n").path(), "people.csv").unwrap_err();
        insta::assert_snapshot!(error, @r"
        error[E0525]: the text is not UTF-8: byte 0xfc
         --> people.csv:2
        help: convert it, for example: iconv -f latin1 -t utf-8
        ");
    }

    #[test]
    fn empty_and_marked() {
        assert_eq!(read(saved(b"").path(), "a").unwrap_err().code, "E0528");
        assert_eq!(text(saved("\u{feff}a,b".as_bytes()).path(), "a").unwrap(), "a,b");
    }
}
