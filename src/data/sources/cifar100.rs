//! `source cifar100, "cifar-100-binary"`: 60 000 colour pictures of 32x32, a hundred classes.
//!
//! The folder is what the archive of the "binary version" unpacks to: `train.bin`, which is divided as `split` says, and `test.bin`, the test
//! part, if it is there; each plain or `.gz`. A row is `real[32, 32, 3]`: height, width, and red, green, blue as bytes. `labels=coarse` takes the twenty
//! superclasses instead of the hundred classes.
//! Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images.

use std::sync::Arc;

use super::cifar::{self, Labels};
use crate::data::error::DataError;
use crate::data::raw::{Pick, Raw};
use crate::data::search::Search;
use crate::data::source::Source;
use crate::data::words::{Read, SourceWord};
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "cifar100",
    about: "colour pictures of 32x32 in a hundred classes, the binary files of CIFAR-100",
    args: &[
        ArgSpec::required("folder", Kind::Text, "the folder with the files under their usual names"),
        ArgSpec::named(
            "labels",
            Kind::Word(&["fine", "coarse"]),
            Default::Word("fine"),
            "the hundred classes, or the twenty superclasses",
        ),
    ],
    block: Block::None,
};

pub static WORD: SourceWord = SourceWord { sig: &SIG, source: include_str!("cifar100.rs"), read };

const COARSE: &[&str] = &[
    "aquatic_mammals",
    "fish",
    "flowers",
    "food_containers",
    "fruit_and_vegetables",
    "household_electrical_devices",
    "household_furniture",
    "insects",
    "large_carnivores",
    "large_man-made_outdoor_things",
    "large_natural_outdoor_scenes",
    "large_omnivores_and_herbivores",
    "medium_mammals",
    "non-insect_invertebrates",
    "people",
    "reptiles",
    "small_mammals",
    "trees",
    "vehicles_1",
    "vehicles_2",
];

#[rustfmt::skip]
const FINE: &[&str] = &[
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle",
    "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle",
    "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur",
    "dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard",
    "lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain",
    "mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree",
    "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket",
    "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider",
    "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor",
    "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
];

#[derive(Clone, Debug)]
struct Cifar100 {
    /// As the `.net` file names it.
    folder: String,
    labels: Labels,
}

fn read(args: &Args) -> Read {
    let labels = match args.word("labels") {
        "coarse" => Labels { bytes: 2, at: 0, names: COARSE },
        _ => Labels { bytes: 2, at: 1, names: FINE },
    };
    Ok(Arc::new(Cifar100 { folder: args.text("folder").to_owned(), labels }))
}

impl Source for Cifar100 {
    fn gives_bytes(&self) -> bool {
        true
    }

    fn open(&self, _: &Pick<'_>, search: &Search) -> Result<Raw, DataError> {
        let folder = search.find(&self.folder)?;
        let part = |member: &str| cifar::read(&self.folder, &folder, &[member.to_owned()], self.labels);
        let train = part("train.bin")?;
        let test = cifar::has(&folder, "test.bin").then(|| part("test.bin")).transpose()?;
        Ok(Raw::Arrays { train, test })
    }

    fn has_columns(&self) -> bool {
        false
    }
}
