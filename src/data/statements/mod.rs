//! The statements of the `data` section other than `source`, one file each; `words.rs` lists them.

pub(super) mod batch;
pub(super) mod categories;
pub(super) mod classes;
mod columns;
pub(super) mod crop;
pub(super) mod dates;
pub(super) mod fill;
pub(super) mod inputs;
pub(super) mod level;
pub(super) mod normalize;
pub(super) mod ordered;
pub(super) mod prefix_limit;
pub(super) mod range;
pub(super) mod resample;
pub(super) mod resize;
pub(super) mod scale;
pub(super) mod split;
pub(super) mod target;
pub(super) mod tokenize;
pub(super) mod trim;
pub(super) mod weights;
pub(super) mod window;
