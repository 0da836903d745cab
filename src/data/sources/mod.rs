//! The words of `source`, one file each; `words.rs` lists them.

pub(super) mod adding;
pub(super) mod audio;
pub(super) mod blobs;
pub(super) mod brackets;
pub(super) mod builtin;
mod cifar;
pub(super) mod cifar10;
pub(super) mod cifar100;
pub(super) mod circles;
pub(super) mod copy;
pub(super) mod csv;
pub(super) mod friedman;
mod generated;
pub(super) mod idx;
pub(super) mod images;
mod keep;
pub(super) mod line;
pub(super) mod moons;
pub(super) mod npy;
pub(super) mod shapes;
pub(super) mod sines;
pub(super) mod spirals;
mod steps;
pub(super) mod text;
mod texts_of_table;
pub(super) mod tones;
