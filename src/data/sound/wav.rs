//! The chunks of a wav file, and its samples. Every length that a header states is held against what the file has.

use super::{AGAIN, Broken, Heard, Samples, no_sound};
use crate::data::error::counted;

/// A chunk's name and length.
const HEAD: usize = 8;

/// The length that recorders write who do not know yet how long they will go on.
const UNKNOWN: usize = u32::MAX as usize;

/// The highest rate that a net takes; headers that say more are damaged, and clips would be computed anew from it at any cost.
const HIGHEST_RATE: u32 = 768_000;

/// Whether bytes begin as a wav file does.
pub(super) fn is_wav(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WAVE")
}

/// # Errors
/// What is wrong with the file, and where.
pub(super) fn decode(bytes: &[u8]) -> Result<Heard, Broken> {
    let (mut at, mut form) = (12, None);
    while let Some(head) = bytes.get(at..at + HEAD) {
        let (start, length) = (at + HEAD, word(head, 4) as usize);
        match &head[..4] {
            b"fmt " => form = Some(Form::read(bytes, start, length)?),
            b"data" => {
                let form = form.ok_or_else(|| {
                    Broken::new("its samples come before the chunk that says what they are", AGAIN).at(at)
                })?;
                return form.samples(bytes, start, length);
            }
            _ => {}
        }
        // Chunks begin at even places.
        at = start.saturating_add(length).saturating_add(length % 2);
    }
    let what = match at > bytes.len() {
        true => format!("a header says that it goes on to byte {at}, and it ends before"),
        false => "it has no chunk of samples".to_owned(),
    };
    Err(Broken::new(what, AGAIN).at(bytes.len()))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn half(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|two| two.try_into().ok()).map_or(0, u16::from_le_bytes)
}

/// How samples are stored.
#[derive(Clone, Copy, Debug)]
enum Coding {
    U8,
    I16,
    I24,
    I32,
    F32,
    F64,
}

impl Coding {
    fn bytes(self) -> usize {
        match self {
            Coding::U8 => 1,
            Coding::I16 => 2,
            Coding::I24 => 3,
            Coding::I32 | Coding::F32 => 4,
            Coding::F64 => 8,
        }
    }
}

/// What the chunk `fmt ` says.
#[derive(Clone, Copy, Debug)]
struct Form {
    rate: u32,
    channels: usize,
    coding: Coding,
}

impl Form {
    fn read(bytes: &[u8], start: usize, length: usize) -> Result<Self, Broken> {
        let chunk = start.checked_add(length).and_then(|end| bytes.get(start..end));
        let chunk = chunk.filter(|chunk| chunk.len() >= 16).ok_or_else(|| {
            Broken::new("the chunk that says what its samples are is cut off", AGAIN).at(start)
        })?;
        let extended = half(chunk, 0) == 0xfffe;
        let tag = if extended { half(chunk, 24) } else { half(chunk, 0) };
        let (channels, rate, bits) = (usize::from(half(chunk, 2)), word(chunk, 4), half(chunk, 14));
        let coding = match (tag, bits) {
            (1, 8) => Coding::U8,
            (1, 16) => Coding::I16,
            (1, 24) => Coding::I24,
            (1, 32) => Coding::I32,
            (3, 32) => Coding::F32,
            (3, 64) => Coding::F64,
            _ => return Err(unread(tag, bits).at(start)),
        };
        if channels == 0 {
            return Err(Broken::new("its header says that it has no channel", AGAIN).at(start + 2));
        }
        if !(1..=HIGHEST_RATE).contains(&rate) {
            let what = format!("its header says {rate} samples a second");
            return Err(Broken::new(what, AGAIN).at(start + 4));
        }
        let frame = usize::from(half(chunk, 12));
        if frame != channels * coding.bytes() {
            let what = format!(
                "its header contradicts itself: {} of {bits} bits take {} bytes, and it says {frame}",
                counted(channels, "sample"),
                channels * coding.bytes()
            );
            return Err(Broken::new(what, AGAIN).at(start + 12));
        }
        Ok(Self { rate, channels, coding })
    }

    fn samples(self, bytes: &[u8], start: usize, length: usize) -> Result<Heard, Broken> {
        let rest = &bytes[start.min(bytes.len())..];
        let frame = self.channels * self.coding.bytes();
        let length = match length {
            UNKNOWN => rest.len() / frame * frame,
            length => length,
        };
        let own = rest.get(..length).ok_or_else(|| {
            let what = format!("its header promises {length} bytes of samples, and {} are there", rest.len());
            Broken::new(what, AGAIN).at(bytes.len())
        })?;
        if own.is_empty() {
            let what = match rest.is_empty() {
                true => "it holds no samples".to_owned(),
                false => format!("its header says that it holds no samples, and {} bytes follow", rest.len()),
            };
            return Err(Broken::new(what, "record it again, or take it out of the folder").at(start));
        }
        if own.len() % frame != 0 {
            let what = format!("its last sample is cut off: {length} bytes are no multiple of {frame}");
            return Err(Broken::new(what, AGAIN).at(start + length));
        }
        let samples = self.coding.read(own);
        if let Samples::Real(all) = &samples
            && let Some((wrong, what)) = no_sound(all)
        {
            return Err(Broken::new(what, "write the file again without it, or take it out of the folder")
                .at(start + wrong * self.coding.bytes()));
        }
        Ok(Heard { rate: self.rate, channels: self.channels, samples })
    }
}

impl Coding {
    /// Eight bits are around 128; the halves of them and all of 16 are exact in 16.
    fn read(self, bytes: &[u8]) -> Samples {
        fn each<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Samples {
            Samples::Real(bytes.as_chunks::<N>().0.iter().map(|own| number(*own)).collect())
        }
        match self {
            Coding::U8 => Samples::Short(bytes.iter().map(|x| (i16::from(*x) - 128) * 256).collect()),
            Coding::I16 => {
                Samples::Short(bytes.as_chunks::<2>().0.iter().map(|own| i16::from_le_bytes(*own)).collect())
            }
            Coding::I24 => {
                each(bytes, |[a, b, c]| (i32::from_le_bytes([0, a, b, c]) >> 8) as f32 * (1.0 / 8_388_608.0))
            }
            Coding::I32 => each(bytes, |own| (f64::from(i32::from_le_bytes(own)) / 2_147_483_648.0) as f32),
            Coding::F32 => each(bytes, f32::from_le_bytes),
            Coding::F64 => each(bytes, |own| f64::from_le_bytes(own) as f32),
        }
    }
}

/// Samples that are packed in some way.
fn unread(tag: u16, bits: u16) -> Broken {
    let what = match tag {
        1 | 3 => format!("its samples have {bits} bits; 8, 16, 24 and 32 are read, and floats of 32 and 64"),
        2 | 0x11 => "its samples are packed as ADPCM".to_owned(),
        6 => "its samples are packed by the A-law".to_owned(),
        7 => "its samples are packed by the mu-law".to_owned(),
        0x55 => "it is mp3 within a wav file".to_owned(),
        other => format!("its samples are packed in a way that is not read (format {other})"),
    };
    Broken::new(what, super::decode::CONVERT)
}
