//! What is known of masks in a graph: what they are made of, what they reach, where the graph is affine in them, and where the dropped units
//! are the fewer.

mod affine;
mod dropped;
mod mask;
mod split;

pub use affine::{affine_site, is_affine_in_masks};
pub use dropped::{by_dropped, dropped_left};
pub use mask::{Mask, Tossed};
pub use split::{Split, split, split_at};
