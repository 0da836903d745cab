//! What generated series share.

use crate::vocab::{ArgSpec, Default, Kind};

pub(super) const LENGTH: ArgSpec = ArgSpec::named(
    "length",
    Kind::Count { min: 2 },
    Default::Number(20.0),
    "steps of a row, or of the longest",
);
