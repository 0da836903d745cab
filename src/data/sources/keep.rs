//! `keep=` of the sources whose inputs may stay in their file.

use crate::data::files::Keep;
use crate::vocab::{ArgSpec, Args, Default, Kind};

pub(super) const ARG: ArgSpec = ArgSpec::named(
    "keep",
    Kind::Word(&["memory", "disk"]),
    Default::Absent,
    "where the inputs are while the net trains: read at once, or row by row from the file; left out, files of more than 1 GB stay on disk",
);

pub(super) fn of(args: &Args) -> Keep {
    match args.opt_word("keep") {
        Some("disk") => Keep::Disk,
        Some(_) => Keep::Memory,
        None => Keep::BySize,
    }
}
