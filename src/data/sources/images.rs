//! `source images, "photos"`: a folder of pictures, a folder a class, or a table that says what is in each.
//!
//! # What it reads
//! `photos/CLASS/*`, divided as `split` says; or `photos/train/CLASS/*` and, if they are there, `photos/valid/CLASS/*` and `photos/test/CLASS/*`,
//! which are the parts. Pictures are png, jpg and webp files, also in folders within that of the class; hidden files and files
//! of other kinds are skipped. Classes are called as their folders, in order of their bytes.
//!
//! With `labels="labels.csv", file=COLUMN, label=COLUMN` rows are those of a table with a header: one column names a picture in the folder (its ending may be left
//! out), another one its class. Numbers are targets of `real` outputs too; `label=[a, b, c]` names several columns, of numbers or of `bits`. Pictures that the table does not
//! name are left alone. `split by=COLUMN` keeps the pictures of one patient, or whatever the column says, in one part.
//!
//! # Rows
//! `real[height, width, 3]`: red, green and blue as bytes. Grey pictures have three equal channels; transparency is left out, and 16 bits
//! are rounded to 8; the turn that a camera noted beside the picture is not applied. All must have one size, or be given one: by `resize 224x224`, or by
//! `resize shorter=256` and `crop 224x224`; prediction does the same to its pictures. They are decoded by all cores, once, into
//! memory; with `keep=disk` they stay in their files and are decoded again in every epoch, the next ones while the net trains on those before: a set larger than memory.
//! Then a checkpoint remembers each file's size and 64 pieces of 4 KiB of it, in place of all its pixels.
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

use super::keep;
use crate::data::error::DataError;
use crate::data::files::Keep;
use crate::data::inputs::Inputs;
use crate::data::labels::{FILE, LABEL, Labelled, Labels};
use crate::data::pictures::{self, CHANNELS, File, Folder, Kept, Loaded};
use crate::data::raw::{Arrays, Pick, Raw, RawTarget, Stored};
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::words::{Read, SourceWord};
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "images",
    about: "folders of png, jpg and webp pictures, a folder a class or labelled by a table",
    args: &[
        ArgSpec::required(
            "folder",
            Kind::Text,
            "the folder of the classes, or of train, valid and test, or of all pictures",
        ),
        ArgSpec::named("labels", Kind::Text, Default::Absent, "a CSV file with a header: a row a picture"),
        FILE,
        LABEL,
        ArgSpec::named(
            "keep",
            Kind::Word(&["memory", "disk"]),
            Default::Word("memory"),
            "where the pictures are while the net trains: decoded once, or in their files and decoded again in each epoch",
        ),
    ],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("images.rs"), read };

/// As the `.net` file says.
#[derive(Clone, Debug)]
struct Images {
    folder: String,
    labels: Option<Labels>,
    keep: Keep,
}

fn read(args: &Args) -> Read {
    Ok(Arc::new(Images {
        folder: args.text("folder").to_owned(),
        labels: Labels::of(args)?,
        keep: keep::of(args),
    }))
}

impl Images {
    /// The pictures of some files as rows; of the size of `like`, or of the first.
    fn rows(
        &self,
        files: Vec<File>,
        target: RawTarget,
        pick: &Pick<'_>,
        like: Option<[usize; 2]>,
    ) -> Result<Arrays, DataError> {
        let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
        let rows = names.len();
        let (data, [height, width], converted) = match self.keep {
            Keep::Disk => {
                let (kept, converted) = Kept::new(files, pick.pictures, like)?;
                let size = kept.size();
                (Inputs::Undecoded(kept), size, converted)
            }
            _ => {
                let Loaded { height, width, pixels, converted } =
                    pictures::load(&files, &pick.pictures, like).map_err(too_many)?;
                (Inputs::from(Stored::U8(pixels)), [height, width], converted)
            }
        };
        let read = Arrays::of(&self.folder, rows, vec![height, width, CHANNELS], data, target);
        Ok(Arrays { converted, names, ..read })
    }

    /// Rows as a table says.
    fn labelled(&self, labels: &Labels, pick: &Pick<'_>, search: &Search) -> Result<Raw, DataError> {
        let folder = search.find(&self.folder)?;
        let found = |file: &str| pictures::find(&folder, &self.folder, file);
        let Labelled { files, target, groups } =
            labels.read((&self.folder, "picture"), found, pick.groups, search)?;
        let rows = self.rows(files, RawTarget::Columns(target), pick, None)?;
        let train = Arrays { target_file: labels.table.clone(), groups, ..rows };
        Ok(Raw::Arrays { train, test: None })
    }
}

/// Pictures that do not fit into memory may stay in their files.
fn too_many(error: DataError) -> DataError {
    if error.code == "E0540" {
        error.help("write `keep=disk` on the source: pictures are decoded when they are wanted")
    } else {
        error
    }
}

impl Source for Images {
    fn gives_bytes(&self) -> bool {
        true
    }

    fn open(&self, pick: &Pick<'_>, search: &Search) -> Result<Raw, DataError> {
        if let Some(labels) = &self.labels {
            return self.labelled(labels, pick, search);
        }
        let Folder { classes, mut train, valid, test } =
            Folder::read(&search.find(&self.folder)?, &self.folder)?;
        let own_valid = valid.as_ref().map_or(0, |valid| valid.files.len());
        if let Some(valid) = valid {
            train.files.extend(valid.files);
            train.classes.extend(valid.classes);
        }
        let rows = |part: pictures::Part, like: Option<[usize; 2]>| {
            let target = RawTarget::Labels { codes: part.classes, names: classes.clone() };
            self.rows(part.files, target, pick, like)
        };
        let train = Arrays { own_valid, ..rows(train, None)? };
        let size = [train.shape[0], train.shape[1]];
        Ok(Raw::Arrays { train, test: test.map(|test| rows(test, Some(size))).transpose()? })
    }

    fn has_columns(&self) -> bool {
        false
    }

    fn has_groups(&self) -> bool {
        self.labels.is_some()
    }

    fn has_pictures(&self) -> bool {
        true
    }

    fn labels(&self) -> Option<&Labels> {
        self.labels.as_ref()
    }
}
