//! `source cifar10, "cifar-10-batches-bin"`: 60 000 colour pictures of 32x32, ten classes.
//!
//! The folder is what the archive of the "binary version" unpacks to: `data_batch_1.bin` to `data_batch_5.bin`, which are divided as `split`
//! says, and `test_batch.bin`, the test part, if it is there; each plain or `.gz`. A row is `real[32, 32, 3]`: height, width, and red, green, blue
//! as bytes. Classes are called airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck.
//! Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images.

use std::sync::Arc;

use super::cifar::{self, Labels};
use crate::data::error::DataError;
use crate::data::raw::{Pick, Raw};
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::words::{Read, SourceWord};
use crate::vocab::{ArgSpec, Args, Block, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "cifar10",
    about: "colour pictures of 32x32 in ten classes, the binary files of CIFAR-10",
    args: &[ArgSpec::required("folder", Kind::Text, "the folder with the files under their usual names")],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("cifar10.rs"), read };

const NAMES: &[&str] =
    &["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
const LABELS: Labels = Labels { bytes: 1, at: 0, names: NAMES };

/// The folder, as the `.net` file names it.
#[derive(Clone, Debug)]
struct Cifar10(String);

fn read(args: &Args) -> Read {
    Ok(Arc::new(Cifar10(args.text("folder").to_owned())))
}

impl Source for Cifar10 {
    fn gives_bytes(&self) -> bool {
        true
    }

    fn open(&self, _: &Pick<'_>, search: &Search) -> Result<Raw, DataError> {
        let folder = search.find(&self.0)?;
        let part = |members: &[String]| cifar::read(&self.0, &folder, members, LABELS);
        let batches: Vec<String> = (1..=5).map(|n| format!("data_batch_{n}.bin")).collect();
        let test = "test_batch.bin".to_owned();
        let is_tested = cifar::has(&folder, &test);
        Ok(Raw::Arrays {
            train: part(&batches)?,
            test: is_tested.then(|| part(std::slice::from_ref(&test))).transpose()?,
        })
    }

    fn has_columns(&self) -> bool {
        false
    }
}
