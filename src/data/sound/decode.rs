//! Bytes of files to clips: what they are is told by how they begin, whatever they are called.

use super::{Broken, File, Heard, Prepare, Samples, flac, wav};
use crate::data::cores::side_by_side;
use crate::data::error::DataError;
use crate::memory;

/// For sounds in other forms.
pub(super) const CONVERT: &str = "convert it: `ffmpeg -i FILE -c:a pcm_s16le NEW.wav`";

/// Endings of sounds that are read.
pub(super) const READ: [&str; 3] = ["wav", "wave", "flac"];
/// Endings of sounds that are not: who has some would miss them.
pub(super) const UNREAD: [&str; 11] =
    ["mp3", "ogg", "oga", "opus", "m4a", "aac", "wma", "aif", "aiff", "au", "amr"];

/// How a name ends, in small letters.
pub(super) fn ending(name: &str) -> String {
    let ending = std::path::Path::new(name).extension().and_then(|e| e.to_str());
    ending.unwrap_or_default().to_ascii_lowercase()
}

/// Whether a name ends as those of sounds that are read.
pub(in crate::data) fn is_named_so(name: &str) -> bool {
    READ.contains(&ending(name).as_str())
}

/// Whether bytes begin as a sound does that is read.
pub(in crate::data) fn is_sound(bytes: &[u8]) -> bool {
    wav::is_wav(bytes) || flac::is_flac(bytes)
}

/// What a file is that is no sound that is read.
fn stranger(bytes: &[u8]) -> Option<&'static str> {
    let box_of_mp4 = bytes.get(4..8) == Some(b"ftyp");
    match bytes {
        [] => Some("it is empty"),
        [b'I', b'D', b'3', ..] | [0xff, 0xe2..=0xe7 | 0xf2..=0xf7 | 0xfa..=0xff, ..] => {
            Some("it is mp3, whatever it is called")
        }
        [0xff, 0xf0 | 0xf1 | 0xf8 | 0xf9, ..] => Some("it is aac, whatever it is called"),
        [b'O', b'g', b'g', b'S', ..] => Some("it is ogg, whatever it is called"),
        [b'F', b'O', b'R', b'M', ..] => Some("it is aiff, whatever it is called"),
        [b'R', b'F', b'6', b'4', ..] | [b'R', b'I', b'F', b'X', ..] => {
            Some("it is a kind of wav that is not read (RF64 or RIFX)")
        }
        _ if box_of_mp4 => Some("it is mp4, whatever it is called"),
        _ => None,
    }
}

fn heard(bytes: &[u8]) -> Result<Heard, Broken> {
    if wav::is_wav(bytes) {
        return wav::decode(bytes);
    }
    if flac::is_flac(bytes) {
        return flac::decode(bytes);
    }
    Err(match stranger(bytes) {
        Some("it is empty") => Broken::new("it is empty", super::AGAIN),
        Some(what) => Broken::new(what, CONVERT),
        None => Broken::new("it is neither wav nor flac", "convert it, or take it out of the folder").at(0),
    })
}

/// A sound of one channel, prepared, and its samples a second.
///
/// # Errors
/// E0552 for what is no sound, is broken or cut off, has no samples or not the channel that is wanted; as [`Prepare::apply`].
pub(in crate::data) fn decode(
    bytes: &[u8],
    prepare: &Prepare,
    name: &str,
) -> Result<(Samples, u32), DataError> {
    let Heard { rate, channels, samples } = heard(bytes).map_err(|broken| broken.of(name))?;
    let samples = prepare.channels.of(samples, channels).map_err(|broken| broken.of(name))?;
    prepare.apply(samples, rate, name)
}

/// Bytes of a packed archive that wait for being decoded, unless one file has more.
const TOGETHER: usize = 16 << 20;

/// Decodes files by all cores, in their order.
///
/// # Errors
/// As [`decode`]; E0520 for a file that cannot be read. Of several the first, of those in a packed archive the first that lies there.
pub(in crate::data) fn load(files: &[File], prepare: &Prepare) -> Result<Vec<(Samples, u32)>, DataError> {
    // What is packed takes more, which is checked file by file.
    let bytes = files.iter().map(File::length).sum();
    memory::check(bytes).map_err(|e| DataError::from(e).note("all sounds are held in memory"))?;
    let (streamed, apart): (Vec<usize>, Vec<usize>) =
        (0..files.len()).partition(|file| files[*file].in_stream().is_some());
    let mut heard: Vec<Option<(Samples, u32)>> = vec![None; files.len()];
    let own = each(&apart, |file| decode(&files[*file].bytes()?, prepare, &files[*file].name))?;
    apart.into_iter().zip(own).for_each(|(file, own)| heard[file] = Some(own));
    let (mut waiting, mut size) = (Vec::new(), 0);
    in_their_order(files, streamed, |file, bytes| {
        size += bytes.iter().map(Vec::len).sum::<usize>();
        waiting.extend(bytes.map(|bytes| (file, bytes)));
        if size < TOGETHER && file < files.len() {
            return Ok(());
        }
        let own = each(&waiting, |(file, bytes)| decode(bytes, prepare, &files[*file].name))?;
        waiting.drain(..).zip(own).for_each(|((file, _), own)| heard[file] = Some(own));
        size = 0;
        Ok(())
    })?;
    Ok(heard.into_iter().flatten().collect())
}

/// What becomes of each, by all cores.
fn each<T: Sync, R: Send>(
    all: &[T],
    of: impl Fn(&T) -> Result<R, DataError> + Sync,
) -> Result<Vec<R>, DataError> {
    // Clips have no length that were known before they are decoded: each keeps its own room.
    let mut none = vec![0; all.len()];
    side_by_side(all, 1, &mut none, |one, _| of(one))
}

/// Calls `see` with the bytes of these files as they lie in their archives, and once more behind the last, without any, with the number of all.
fn in_their_order(
    files: &[File],
    mut these: Vec<usize>,
    mut see: impl FnMut(usize, Option<Vec<u8>>) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let place = |file: &usize| files[*file].in_stream();
    while let Some((archive, _)) = these.first().and_then(place) {
        let own = |file: &usize| place(file).is_some_and(|(other, _)| other == archive);
        let (mut inside, others): (Vec<usize>, Vec<usize>) = these.iter().partition(|file| own(file));
        inside.sort_by_key(|file| place(file).map_or(0, |(_, stretch)| stretch.start));
        let stretches: Vec<_> = inside.iter().filter_map(|file| Some(place(file)?.1)).collect();
        archive.each(&stretches, |number, bytes| see(inside[number], Some(bytes)))?;
        these = others;
    }
    see(files.len(), None)
}
