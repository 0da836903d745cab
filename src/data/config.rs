//! What the checked `data` section says, without any IO.
//!
//! Invariant: a [`DataConfig`] that exists has a source and no statements that contradict one another.

use std::sync::Arc;

use super::cleaning::Cleaning;
use super::laid::Streams;
use super::pictures::Prepare;
use super::scaler::Scaler;
use super::sound;
use super::source::Source;
use super::tokens::Tokenize;
use super::windows::Window;
use super::words;
use crate::diag::{Diagnostic, Span};
use crate::graph::Blocks;
use crate::vocab::Args;

/// A column as the `.net` file names it; numbers count from 1.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnRef {
    Number(usize),
    Range(usize, usize),
    Name(String),
    /// From one name to another, in the order of the table.
    Names(String, String),
    /// All but these.
    Not(Box<ColumnRef>),
}

impl ColumnRef {
    /// Whether it is a column, and not several.
    pub fn is_one(&self) -> bool {
        matches!(self, Self::Number(_) | Self::Name(_))
    }
}

/// The columns of one `inputs` or `target` statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    pub list: Vec<ColumnRef>,
    pub span: Span,
}

/// The classes whose rows are used, in the order of the net's classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes {
    pub names: Vec<String>,
    pub span: Span,
}

/// A column by which something is done: rows of one value go to one part, or each counts as much as its value says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    pub column: ColumnRef,
    pub span: Span,
}

/// A part of the rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Share {
    Rows(usize),
    /// Within (0, 1).
    Fraction(f64),
}

/// How the test part (and with counts the training part) is told from the rest.
#[derive(Clone, Debug, PartialEq)]
pub enum Division {
    /// Counts or fractions; what is not named is the training part.
    Shares { train: Option<Share>, test: Option<Share> },
    /// `folds` parts of equal size; part `fold` (from 1) is the test part.
    Folds { folds: usize, fold: usize },
    /// The `fold`-th of many independent random divisions with this test part.
    Repeats { folds: usize, fold: usize, test: Share },
    /// Row numbers in files beside the data: `PREFIX_train_NUMBER.txt`, `PREFIX_test_NUMBER.txt`.
    Given { prefix: String, number: Option<usize> },
    /// Groups by their names; the others are trained on.
    Named { valid: Vec<String>, test: Vec<String> },
}

/// What becomes of the validation rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choosing {
    /// As the file says.
    #[default]
    Written,
    /// Something has to be chosen by validation rows: a fifth of the training rows, where the file divides none off.
    Needed,
    /// Nothing is left to choose: they are trained on.
    Done,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    pub division: Division,
    pub valid: Option<Share>,
    /// The validation part is the last rows instead of random ones.
    pub tail: bool,
    pub choosing: Choosing,
    /// Never with `forward`.
    pub shuffle: bool,
    /// The rows stand in the order of time: each part is of later rows than the one before it.
    pub forward: bool,
    /// Where `shuffle=true` is written.
    pub shuffle_asked: Option<Span>,
    /// Never with index files or a tail.
    pub by: Option<By>,
    pub seed: u64,
    pub span: Span,
}

impl Split {
    /// Whether there is a validation part, or one is divided off where training needs it: folds leave it to what watches.
    pub fn has_valid(&self) -> bool {
        match &self.division {
            Division::Named { valid, .. } => !valid.is_empty(),
            Division::Folds { .. } => true,
            Division::Shares { .. } | Division::Repeats { .. } | Division::Given { .. } => {
                self.valid.is_some()
            }
        }
    }

    /// Of folds without a validation part of their own: the one that something in training watches.
    pub fn spare_for_watching(&mut self) {
        if matches!(self.division, Division::Folds { .. }) && self.valid.is_none() {
            self.choosing = Choosing::Needed;
        }
    }

    /// Of data that divide nothing off.
    #[must_use]
    pub fn none() -> Self {
        Self {
            division: Division::Shares { train: None, test: None },
            valid: None,
            tail: false,
            choosing: Choosing::Written,
            shuffle: true,
            forward: false,
            shuffle_asked: None,
            by: None,
            seed: 0,
            span: Span::default(),
        }
    }
}

/// Over what a mean and deviation are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    Column,
    /// The last axis of a picture.
    Channel,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Normalize {
    pub inputs: bool,
    pub target: bool,
    pub per: Per,
    /// Of inputs.
    pub by: Scaler,
    pub target_by: Scaler,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    pub factor: f64,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    pub rows: usize,
    pub drop_last: bool,
    /// How the rows of a minibatch are cut.
    pub blocks: Blocks,
    pub span: Span,
}

impl Batch {
    /// Updates of an epoch over so many rows.
    #[must_use]
    pub fn updates(&self, rows: usize) -> usize {
        updates(rows, self.rows, self.drop_last)
    }
}

/// Minibatches of `batch` rows in so many rows; the last may be short, or is left out.
#[must_use]
pub fn updates(rows: usize, batch: usize, drop_last: bool) -> usize {
    if drop_last { rows / batch } else { rows.div_ceil(batch) }
}

/// Rows of a minibatch where the file does not say.
pub const DEFAULT_BATCH: usize = 32;

/// Bytes that keep what depends on data alone, where the file does not say.
pub const DEFAULT_PREFIX_LIMIT: u64 = 2_000_000_000;

/// The statements of the section other than `source`; each may be left out.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub inputs: Option<Columns>,
    pub target: Option<Columns>,
    /// How much each row counts while training.
    pub weights: Option<By>,
    pub classes: Option<Classes>,
    pub split: Option<Split>,
    pub normalize: Option<Normalize>,
    pub scale: Option<Scale>,
    pub batch: Option<Batch>,
    /// Black and white of pictures that are no bytes.
    pub range: Option<(f64, f64)>,
    /// Bytes.
    pub prefix_limit: Option<u64>,
    /// What rows are of a table in the order of time.
    pub window: Option<Window>,
    /// What the tokens of text are.
    pub tokenize: Option<Tokenize>,
    /// How pictures of any size become rows.
    pub pictures: Prepare,
    /// Statements that are of picture files alone, with their places.
    pub of_pictures: Vec<(&'static str, Span)>,
    /// What is said of columns of a table.
    pub cleaning: Cleaning,
    /// Statements that are of text tables alone, with their places.
    pub of_tables: Vec<(&'static str, Span)>,
    /// What becomes of sounds before they are rows.
    pub sounds: sound::Prepare,
    /// Statements that are of sounds alone, with their places.
    pub of_sounds: Vec<(&'static str, Span)>,
}

#[derive(Clone, Debug)]
pub struct DataConfig {
    pub source: Arc<dyn Source>,
    pub source_span: Span,
    pub settings: Settings,
}

impl DataConfig {
    /// Reads the section's statements, each already checked against its own signature: `source`'s against that of the
    /// source word, the others against their statement's. `section` is where a missing `source` is reported.
    pub fn build(uses: &[Args], section: Span) -> (Option<DataConfig>, Vec<Diagnostic>) {
        let mut settings = Settings::default();
        let mut source: Option<(Arc<dyn Source>, Span)> = None;
        let mut found = Vec::new();
        let mut seen: Vec<(&str, Span)> = Vec::new();
        for args in uses {
            let is_source = words::source(args.sig.name);
            let statement = if is_source.is_some() { "source" } else { args.sig.name };
            let repeats = words::statement(statement).is_some_and(|word| word.repeats);
            if let Some((_, first)) = seen.iter().find(|(name, _)| *name == statement && !repeats) {
                found.push(
                    Diagnostic::error("E0502", args.span, format!("a second `{statement}`"))
                        .label("the section already has one")
                        .also(*first, "the first one"),
                );
                continue;
            }
            seen.push((statement, args.span));
            let outcome = match (is_source, words::statement(args.sig.name)) {
                (Some(word), _) => (word.read)(args).map(|s| source = Some((s, args.span))),
                (None, Some(word)) => (word.read)(args, &mut settings),
                (None, None) => Ok(()),
            };
            found.extend(outcome.err().map(|d| *d));
        }
        if !seen.iter().any(|(name, _)| *name == "source") {
            found.push(
                Diagnostic::error("E0501", section, "the data section has no `source`")
                    .label("nothing says where the rows come from")
                    .help("for a first try: `source moons, rows=1000, noise=0.2`"),
            );
        }
        let Some((source, source_span)) = source else { return (None, found) };
        // Windows stand in the order of time, and so do parts.
        if let (Some(_), Some(split)) = (&settings.window, &mut settings.split) {
            split.shuffle = false;
        }
        // Texts of rows have no lines to tell apart.
        if let (None, Some(how)) = (&settings.window, &mut settings.tokenize) {
            how.manner.ends_lines = false;
        }
        let config = DataConfig { source, source_span, settings };
        // A `tokenize` that is wrong is there all the same.
        let cut = seen.iter().any(|(name, _)| *name == "tokenize");
        found.extend(config.contradictions().into_iter().filter(|d| !(cut && d.code == "E0509")));
        (Some(config).filter(|_| found.is_empty()), found)
    }

    /// Says that the net answers at each token that it reads, and not once a row.
    pub fn answer_each(&mut self) {
        if let Some(window) = &mut self.settings.window {
            window.each = true;
        }
    }

    /// Bytes that may keep what depends on data alone.
    pub fn prefix_limit(&self) -> u64 {
        self.settings.prefix_limit.unwrap_or(DEFAULT_PREFIX_LIMIT)
    }

    /// How rows go on from minibatch to minibatch, where windows carry.
    pub fn streams(&self) -> Option<Streams> {
        let window = self.settings.window.as_ref()?;
        window.carry?;
        Some(Streams { count: self.batch().rows, length: window.length, tails: self.source.may_stream() })
    }

    /// Whether rows are windows of a table that is text.
    pub fn cuts_a_table(&self) -> bool {
        self.settings.window.is_some() && self.source.text_table().is_some()
    }

    /// Has the blocks of each minibatch dealt like these.
    pub(crate) fn deal(&mut self, blocks: Blocks) {
        self.settings.batch = Some(Batch { blocks, ..self.batch() });
    }

    /// Rows of a minibatch and whether a short last one is skipped.
    pub fn batch(&self) -> Batch {
        self.settings.batch.unwrap_or(Batch {
            rows: DEFAULT_BATCH,
            drop_last: false,
            blocks: Blocks::ONE,
            span: self.source_span,
        })
    }
}
