//! Pictures: files of png, jpg and webp to rows of bytes, height by width by red, green, blue.
//!
//! Invariant: training and prediction go through the same [`Prepare`], so a file gives the same bytes in both.

mod decode;
mod folder;
mod huffman;
mod kept;
mod load;
mod palette;
mod prepare;
mod short;

pub use decode::Converted;
pub(super) use decode::{decode, is_picture, measured};
pub(super) use folder::{Folder, Part, all, find, is_named_so};
pub(super) use kept::Kept;
pub(super) use load::{Loaded, load};
pub use prepare::{Prepare, Resize};

/// Bytes of a place: red, green and blue.
pub(super) const CHANNELS: usize = 3;

/// No picture has longer sides: a header that says so lies, or means to fill the memory.
pub(super) const LONGEST_SIDE: usize = 30_000;

/// A picture in memory, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    pub height: usize,
    pub width: usize,
    /// `height * width * CHANNELS` bytes.
    pub pixels: Vec<u8>,
}

/// A file of a picture, and what it is called in messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub path: std::path::PathBuf,
    pub name: String,
}
