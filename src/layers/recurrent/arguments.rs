//! Arguments that recurrent layers have in common.

use crate::{
    layers::initial,
    vocab::{ArgSpec, Bounds, Default, Kind},
};

pub const WIDTH: ArgSpec = ArgSpec::required("width", Kind::Count { min: 1 }, "number of units");
pub const DROPOUT: ArgSpec = ArgSpec::named(
    "dropout",
    Kind::Timed(Bounds::BELOW_ONE),
    Default::Number(0.0),
    "rate of dropping units of the input",
);
pub const RECURRENT_DROPOUT: ArgSpec = ArgSpec::named(
    "recurrent_dropout",
    Kind::Timed(Bounds::BELOW_ONE),
    Default::Number(0.0),
    "rate of dropping units of what the step before left, where it enters the product",
);
pub const SHARE: ArgSpec = ArgSpec::named(
    "share",
    Kind::Word(&["time", "none"]),
    Default::Word("time"),
    "one mask for all steps, or a fresh one a step",
);
pub const GATES: ArgSpec = ArgSpec::named(
    "gates",
    Kind::Word(&["tied", "untied"]),
    Default::Word("tied"),
    "one mask for all gates, or one a gate",
);
pub const ZONEOUT: ArgSpec = ArgSpec::named(
    "zoneout",
    Kind::Timed(Bounds::BELOW_ONE),
    Default::Number(0.0),
    "probability that a unit keeps its old value for a step",
);
pub const OUTPUT: ArgSpec = ArgSpec::named(
    "output",
    Kind::Word(&["all", "last"]),
    Default::Word("all"),
    "all steps, or the last one",
);
pub const REVERSE: ArgSpec =
    ArgSpec::named("reverse", Kind::Bool, Default::Bool(false), "from the last step in time to the first");
pub const CARRY: ArgSpec = ArgSpec::named(
    "carry",
    Kind::Bool,
    Default::Bool(false),
    "go on where the window before stopped, as those of `window ..., carry=true` do",
);
pub const INIT: ArgSpec = ArgSpec::named(
    "init",
    Kind::Use(initial::sigs),
    Default::Absent,
    "start of all weights; `glorot_uniform` for the input's and `orthogonal` for the recurrent ones without it",
);
