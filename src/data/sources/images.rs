//! `source images, "photos"`: a folder of pictures, a folder a class.
//!
//! # What it reads
//! `photos/CLASS/*`, divided as `split` says; or `photos/train/CLASS/*` and, if they are there, `photos/valid/CLASS/*` and `photos/test/CLASS/*`,
//! which are the parts. Pictures are png, jpg and webp files, also in folders within that of the class; hidden files and files
//! of other kinds are skipped. Classes are called as their folders, in order of their bytes.
//!
//! # Rows
//! `real[height, width, 3]`: red, green and blue as bytes. Grey pictures have three equal channels; transparency is left out, and 16 bits
//! are rounded to 8; the turn that a camera noted beside the picture is not applied. All must have one size, or be given one: by `resize 224x224`, or by
//! `resize shorter=256` and `crop 224x224`; prediction does the same to its pictures. They are decoded by all cores, once, into
//! memory.
//!
//! # Example
//! ```net
//! data {
//!   source images, "photos"
//!   resize shorter=72
//!   crop 64x64
//!   split train=80%, valid=20%
//!   scale 1/255
//! }
//! ```

use std::sync::Arc;

use crate::data::config::Source;
use crate::data::error::DataError;
use crate::data::pictures::{self, CHANNELS, Folder, Loaded};
use crate::data::raw::{Arrays, Pick, Raw, RawTarget, Stored};
use crate::data::search::Search;
use crate::data::words::{Read, SourceWord};
use crate::vocab::{ArgSpec, Args, Block, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "images",
    about: "folders of png, jpg and webp pictures, a folder a class",
    args: &[ArgSpec::required(
        "folder",
        Kind::Text,
        "the folder of the classes, or of train, valid and test",
    )],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("images.rs"), read };

/// The folder, as the `.net` file names it.
#[derive(Clone, Debug)]
struct Images(String);

fn read(args: &Args) -> Read {
    Ok(Arc::new(Images(args.text("folder").to_owned())))
}

impl Source for Images {
    fn open(&self, pick: &Pick<'_>, search: &Search) -> Result<Raw, DataError> {
        let Folder { classes, mut train, valid, test } = Folder::read(&search.find(&self.0)?, &self.0)?;
        let own_valid = valid.as_ref().map_or(0, |valid| valid.files.len());
        if let Some(valid) = valid {
            train.files.extend(valid.files);
            train.classes.extend(valid.classes);
        }
        let arrays = |part: pictures::Part, own_valid: usize, like: Option<[usize; 2]>| {
            let Loaded { height, width, pixels, converted } =
                pictures::load(&part.files, &pick.pictures, like)?;
            let (shape, rows) = (vec![height, width, CHANNELS], part.files.len());
            let target = RawTarget::Labels { codes: part.classes, names: classes.clone() };
            let read = Arrays::of(&self.0, rows, shape, Stored::U8(pixels), target);
            Ok::<Arrays, DataError>(Arrays { own_valid, converted, ..read })
        };
        let train = arrays(train, own_valid, None)?;
        let size = [train.shape[0], train.shape[1]];
        Ok(Raw::Arrays { train, test: test.map(|test| arrays(test, 0, Some(size))).transpose()? })
    }

    fn has_columns(&self) -> bool {
        false
    }

    fn has_pictures(&self) -> bool {
        true
    }
}
