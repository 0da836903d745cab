//! Flac files, by the decoder `claxon`, which checks the sum of every frame.

use std::io::Cursor;

use claxon::{Block, Error, FlacReader};

use super::{AGAIN, Broken, Heard, Samples};
use crate::memory;

/// Whether bytes begin as a flac file does.
pub(super) fn is_flac(bytes: &[u8]) -> bool {
    bytes.starts_with(b"fLaC")
}

/// # Errors
/// What is wrong with the file.
pub(super) fn decode(bytes: &[u8]) -> Result<Heard, Broken> {
    let mut reader = FlacReader::new(Cursor::new(bytes)).map_err(broken)?;
    let info = reader.streaminfo();
    let (bits, channels) = (info.bits_per_sample, info.channels as usize);
    if info.sample_rate == 0 {
        return Err(Broken::new("its header says 0 samples a second", AGAIN));
    }
    let mut samples = if bits <= 16 { Samples::Short(Vec::new()) } else { Samples::Real(Vec::new()) };
    let mut frames = reader.blocks();
    let (mut block, mut found) = (Block::empty(), 0_u64);
    loop {
        match frames.read_next_or_eof(block.into_buffer()) {
            Ok(Some(next)) => block = next,
            Ok(None) => break,
            Err(error) => return Err(broken(error)),
        }
        if block.channels() as usize != channels {
            return Err(Broken::new("its frames have different numbers of channels", AGAIN));
        }
        found += u64::from(block.duration());
        append(&mut samples, &block, bits).map_err(|e| Broken::new(e.to_string(), AGAIN))?;
    }
    match info.samples.filter(|promised| *promised != 0 && *promised != found) {
        Some(promised) => {
            let what = format!("its header promises {promised} samples, and {found} are there");
            Err(Broken::new(what, AGAIN).at(bytes.len()))
        }
        None if found == 0 => {
            Err(Broken::new("it holds no samples", "record it again, or take it out of the folder"))
        }
        None => Ok(Heard { rate: info.sample_rate, channels, samples }),
    }
}

/// A block's channels side by side behind what is there.
fn append(samples: &mut Samples, block: &Block, bits: u32) -> Result<(), memory::TooMuch> {
    let channels: Vec<&[i32]> = (0..block.channels()).map(|c| block.channel(c)).collect();
    let frames = 0..block.duration() as usize;
    let each = frames.flat_map(|frame| channels.iter().map(move |channel| channel[frame]));
    // A frame of one note is a few bytes and many samples.
    memory::check(memory::product(&[
        samples.len() + channels.len() * block.duration() as usize,
        size_of::<f32>(),
    ]))?;
    match samples {
        Samples::Short(all) => {
            all.extend(each.map(|x| (x << (16 - bits)) as i16));
        }
        Samples::Real(all) => {
            let unit = 1.0 / f64::from(1_u32 << (bits - 1));
            all.extend(each.map(|x| (f64::from(x) * unit) as f32));
        }
    }
    Ok(())
}

fn broken(error: Error) -> Broken {
    match error {
        Error::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            Broken::new("it is cut off", AGAIN)
        }
        Error::IoError(e) => Broken::new(e.to_string(), AGAIN),
        Error::FormatError(what) => Broken::new(format!("it is damaged: {what}"), AGAIN),
        Error::Unsupported(what) => {
            Broken::new(format!("its kind of flac is not read: {what}"), super::decode::CONVERT)
        }
    }
}
