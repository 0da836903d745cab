//! What parameters and running figures begin with where files say it.

use std::sync::Arc;

use super::{ParamId, StateId};
use crate::data::vectors::Vectors;

/// One of them, and its numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// Rows of a table of vectors; the others are drawn.
    Vectors { param: ParamId, vectors: Arc<Vectors> },
    /// All numbers of a parameter.
    Param { param: ParamId, numbers: Arc<[f32]> },
    /// All numbers of a running figure.
    State { state: StateId, numbers: Arc<[f32]> },
}
