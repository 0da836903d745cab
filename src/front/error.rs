//! One error for everything that can go wrong, with the text that the command would write.

use std::fmt;

use crate::{
    codegen::CodegenError,
    data::DataError,
    diag::{self, Diagnostic, Format},
    run::{OpenError, StartError, TrainedError},
};

/// What a net given as a text is called in messages.
pub(super) const TEXT: &str = "<text>";

/// What went wrong: the code, the place, the reason and the way out, as `Display` and `Debug` write them.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    text: String,
    codes: Vec<&'static str>,
}

/// Whom an [`Error`] concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The text of the net has errors.
    Net,
    /// Files, rows, data or a checkpoint are missing or broken, or the machine lacks something.
    Data,
    /// What was asked for does not go with this net.
    Request,
    /// Training went astray: the objective is no longer finite.
    Diverged,
}

impl Error {
    /// Whom it concerns.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The codes of what was found, errors first, such as `E0203`; `dropnet explain CODE` tells more of each. Not everything has one.
    #[must_use]
    pub fn codes(&self) -> &[&'static str] {
        &self.codes
    }

    pub(super) fn request(text: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Request, text: text.into(), codes: Vec::new() }
    }

    pub(super) fn data(text: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Data, text: text.into(), codes: Vec::new() }
    }

    pub(super) fn diverged(text: String) -> Self {
        Self { kind: ErrorKind::Diverged, text, codes: Vec::new() }
    }

    /// Of a text.
    pub(super) fn net(diagnostics: &[Diagnostic], source: &str) -> Self {
        let text = diag::render(diagnostics, source, TEXT, Format::Full, false);
        let (errors, warnings): (Vec<_>, Vec<_>) = diagnostics.iter().partition(|found| found.is_error());
        let codes = errors.iter().chain(&warnings).map(|found| found.code).collect();
        Self { kind: ErrorKind::Net, text: format!("{text}{}", diag::count_line(diagnostics)), codes }
    }

    /// The same of a text that is no net, but asks something of one.
    pub(super) fn of_request(self) -> Self {
        Self { kind: ErrorKind::Request, ..self }
    }

    /// Of the data that a text asks for.
    pub(super) fn of_data(error: &DataError, source: &str) -> Self {
        Self { kind: ErrorKind::Data, text: error.beside(TEXT, source), codes: vec![error.code] }
    }

    pub(super) fn opening(error: OpenError, source: &str) -> Self {
        match error {
            OpenError::Net(diagnostics) => Self::net(&diagnostics, source),
            OpenError::Data(error) => Self::of_data(&error, source),
            OpenError::NoSection(_) => {
                Self { kind: ErrorKind::Net, text: format!("{TEXT}: {error}"), codes: Vec::new() }
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The same text: what `main` writes of an error that it answers.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

impl From<DataError> for Error {
    fn from(error: DataError) -> Self {
        Self { kind: ErrorKind::Data, text: error.to_string(), codes: vec![error.code] }
    }
}

impl From<TrainedError> for Error {
    fn from(error: TrainedError) -> Self {
        match error {
            TrainedError::NoRun(error) if error.is_a_slip() => Self::request(error.to_string()),
            TrainedError::Data(error) => error.into(),
            TrainedError::Codegen(error) => error.into(),
            other => Self::data(other.to_string()),
        }
    }
}

/// A machine that cannot run native code or has no memory for it is no bug; anything else is.
impl From<CodegenError> for Error {
    fn from(error: CodegenError) -> Self {
        match error {
            CodegenError::Host(_) | CodegenError::Memory(_) => Self::data(error.to_string()),
            bug => panic!("{bug}"),
        }
    }
}

impl From<StartError> for Error {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Usage(text) => Self::request(text.replace("`--resume`", "`resume`")),
            StartError::Data(text) => Self::data(text),
            StartError::Rows(error) => error.into(),
        }
    }
}
