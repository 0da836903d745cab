//! Bytes of a file to a picture.

use std::fs::File;
use std::io::{Cursor, Read as _};
use std::path::Path;

use image::{ColorType, DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits};

use super::{LONGEST_SIDE, Picture, palette, short};
use crate::data::error::DataError;
use crate::memory;

/// The forms that are read.
const FORMATS: [ImageFormat; 3] = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP];

/// What decoding a picture may take.
const MOST_BYTES: u64 = 1 << 30;

/// Pictures that were something else before they became red, green and blue in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Converted {
    pub grey: usize,
    /// Whose transparency was left out.
    pub transparent: usize,
    /// Whose 16 bits were rounded to 8.
    pub deep: usize,
    /// Whose colours were looked up in a palette.
    pub indexed: usize,
}

impl Converted {
    /// What became of how many, a line each.
    pub fn told(&self) -> Vec<String> {
        let counts = [
            (self.grey, "grey: red, green and blue are the same"),
            (self.transparent, "transparent: what is beneath is shown"),
            (self.deep, "of 16 bits: rounded to 8"),
            (self.indexed, "of a palette: its colours are looked up"),
        ];
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect()
    }
}

impl std::ops::AddAssign for Converted {
    fn add_assign(&mut self, more: Self) {
        self.grey += more.grey;
        self.transparent += more.transparent;
        self.deep += more.deep;
        self.indexed += more.indexed;
    }
}

/// Whether bytes begin as a picture does.
pub(in crate::data) fn is_picture(bytes: &[u8]) -> bool {
    image::guess_format(bytes).is_ok_and(|format| FORMATS.contains(&format))
}

/// # Errors
/// E0541 for what is no picture, is broken or cut off, or has colours other than red, green and blue.
pub(in crate::data) fn decode(bytes: &[u8], name: &str) -> Result<(Picture, Converted), DataError> {
    let broken = |what: String| DataError::new("E0541", "the picture cannot be read").file(name).note(what);
    if !is_picture(bytes) {
        return Err(broken("it is neither png, jpg nor webp".into()).help("convert it, or leave it out"));
    }
    if bytes.starts_with(JPEG) {
        whole_jpeg(bytes).map_err(|what| broken(what.into()).help("fetch it again, or convert it to png"))?;
    }
    let unread = |e: image::ImageError| {
        let what = match e {
            ImageError::Limits(_) => format!(
                "its head says more than {LONGEST_SIDE} places along a side, or than {} in all",
                memory::shown(MOST_BYTES)
            ),
            e => e.to_string(),
        };
        broken(what).help("fetch it again, or leave it out")
    };
    let mut reader =
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| unread(e.into()))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_SIDE as u32);
    limits.max_image_height = Some(LONGEST_SIDE as u32);
    limits.max_alloc = Some(MOST_BYTES);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(unread)?;
    let color = decoder.color_type();
    palette::check(bytes).map_err(|what| broken(what).help("fetch it again, or leave it out"))?;
    let picture = DynamicImage::from_decoder(decoder).map_err(unread)?.into_rgb8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let is_short = || match short::is_whole(bytes) {
        Some(whole) => !whole,
        None => {
            let longer = image::load_from_memory_with_format(&short::longer(bytes), ImageFormat::Jpeg);
            longer.is_ok_and(|longer| longer.into_rgb8() != picture)
        }
    };
    if bytes.starts_with(JPEG) && is_short() {
        let error = broken("it has fewer data than its size says".into());
        return Err(error.help("fetch it again, or leave it out"));
    }
    match width == 0 || height == 0 {
        true => Err(broken("it has no pixel".into())),
        false => Ok((
            Picture { height, width, pixels: picture.into_raw() },
            converted(color, palette::is_in(bytes)),
        )),
    }
}

/// Height and width that a file's head says, and what will be converted: without decoding the picture.
///
/// # Errors
/// E0520 for a file that cannot be read, E0541 for what is no picture.
pub(in crate::data) fn measured(path: &Path, name: &str) -> Result<([usize; 2], Converted), DataError> {
    let unread =
        |e: std::io::Error| DataError::new("E0520", "the file cannot be read").file(name).note(e.to_string());
    let broken = |what: String| DataError::new("E0541", "the picture cannot be read").file(name).note(what);
    let mut head = Vec::new();
    File::open(path).and_then(|file| file.take(palette::HEAD).read_to_end(&mut head)).map_err(unread)?;
    if !is_picture(&head) {
        return Err(broken("it is neither png, jpg nor webp".into()).help("convert it, or leave it out"));
    }
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format).map_err(unread)?;
    let decoder =
        reader.into_decoder().map_err(|e| broken(e.to_string()).help("fetch it again, or leave it out"))?;
    let (width, height) = decoder.dimensions();
    let size = [height as usize, width as usize];
    match height == 0 || width == 0 || height.max(width) as usize > LONGEST_SIDE {
        true => {
            Err(broken(format!("it says that it is {height}x{width}"))
                .help("fetch it again, or leave it out"))
        }
        false => Ok((size, converted(decoder.color_type(), palette::is_in(&head)))),
    }
}

fn converted(color: ColorType, indexed: bool) -> Converted {
    Converted {
        grey: usize::from(!color.has_color()),
        transparent: usize::from(color.has_alpha()),
        deep: usize::from(color.bytes_per_pixel() > color.channel_count()),
        indexed: usize::from(indexed),
    }
}

/// What jpg files begin with.
const JPEG: &[u8] = &[0xff, 0xd8];

/// Whether a jpg goes to its end, in colours that are understood. Decoders make a picture of half a file, with grey below: nobody would know.
fn whole_jpeg(bytes: &[u8]) -> Result<(), &'static str> {
    const END: &[u8] = &[0xff, 0xd9];
    let mut at = JPEG.len();
    // Segments of a marker, a length and as many bytes; behind that of the scan come the pixels, in which a marker cannot be mistaken.
    loop {
        let Some([0xff, marker, high, low]) = bytes.get(at..).and_then(<[u8]>::first_chunk::<4>) else {
            return Err("it ends within its head");
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        match marker {
            0xc0..=0xc2 if bytes.get(at + 9) == Some(&4) => {
                return Err("its colours are four inks (CMYK), not red, green and blue");
            }
            0xff => {
                at += 1;
                continue;
            }
            _ => {}
        }
        at += 2 + length;
        if *marker == 0xda {
            break;
        }
    }
    match bytes.get(at..).is_some_and(|pixels| pixels.windows(END.len()).any(|pair| pair == END)) {
        true => Ok(()),
        false => Err("it was cut off: its end is missing"),
    }
}
