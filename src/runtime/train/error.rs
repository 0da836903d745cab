//! Why training ended before its end.

use crate::{
    codegen::CodegenError,
    data::DataError,
    runtime::{checkpoint::CheckpointError, function::PassError},
};

#[derive(Debug)]
pub enum TrainError {
    Codegen(CodegenError),
    Checkpoint(CheckpointError),
    /// The stop flag was set; the checkpoint holds this place.
    Interrupted {
        epoch: u64,
        step: u64,
    },
    /// The objective stopped being finite in this epoch and step (from 1); the last good checkpoint is kept.
    Diverged {
        epoch: u64,
        step: u64,
    },
    /// The data do not fit what training needs.
    Data(String),
    /// A row that cannot be read. If training came to it, the checkpoint holds the place before.
    Rows(DataError),
    /// The observer could not write what belongs to an epoch; the last checkpoint is of an earlier one.
    Unwritten,
}

impl From<CodegenError> for TrainError {
    fn from(error: CodegenError) -> Self {
        TrainError::Codegen(error)
    }
}

impl From<PassError> for TrainError {
    fn from(error: PassError) -> Self {
        match error {
            PassError::Codegen(error) => TrainError::Codegen(error),
            PassError::Data(error) => TrainError::Rows(error),
        }
    }
}

impl From<CheckpointError> for TrainError {
    fn from(error: CheckpointError) -> Self {
        TrainError::Checkpoint(error)
    }
}
