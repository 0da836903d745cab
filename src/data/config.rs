//! What the checked `data` section says, without any IO.
//!
//! Invariant: a [`DataConfig`] that exists has a source and no statements that contradict one another.

use std::fmt;
use std::sync::Arc;

use super::cleaning::Cleaning;
use super::error::DataError;
use super::labels::Labels;
use super::laid::Streams;
use super::pictures::Prepare;
use super::raw::{Pick, Raw};
use super::scaler::Scaler;
use super::search::Search;
use super::sound;
use super::table::Reading;
use super::tokens::{Tokenize, Unit};
use super::windows::Window;
use super::{Want, words};
use crate::diag::{Diagnostic, Span};
use crate::graph::Blocks;
use crate::vocab::Args;

/// Where rows come from; one implementation a word of `source`.
pub trait Source: fmt::Debug + Send + Sync {
    /// Reads everything the source holds. `pick` says which columns are used; sources without columns ignore it.
    fn open(&self, pick: &Pick<'_>, search: &Search) -> Result<Raw, DataError>;

    /// Whether `inputs` and `target` may choose among columns.
    fn has_columns(&self) -> bool {
        true
    }

    /// Whether a column may say which rows stay together.
    fn has_groups(&self) -> bool {
        self.has_columns()
    }

    /// Whether rows are pictures in files, which may have any size.
    fn has_pictures(&self) -> bool {
        false
    }

    /// The columns of the table that names its files, where there is one.
    fn labels(&self) -> Option<&Labels> {
        None
    }

    /// Whether rows are sounds, each as long as it is.
    fn has_sounds(&self) -> bool {
        false
    }

    /// Whether training reads another stretch of what is longer than a row in every epoch.
    fn draws_stretches(&self) -> bool {
        false
    }

    /// Whether it may be one text, whose windows are rows.
    fn may_stream(&self) -> bool {
        false
    }

    /// Whether rows are texts, which become tokens.
    fn has_texts(&self) -> bool {
        false
    }

    /// Black and white of pictures in bytes.
    fn shades(&self) -> (f64, f64) {
        (0.0, 255.0)
    }

    /// Whether columns are measured in units of their own, as those of tables are.
    fn has_units(&self) -> bool {
        false
    }

    /// The file and the way it is read, of a table that is text: statements may say how its columns are read.
    fn text_table(&self) -> Option<(&str, &Reading)> {
        None
    }

    /// Whether the test rows of a table stand in a file of their own.
    fn has_test_table(&self) -> bool {
        false
    }

    /// The file that index files lie beside.
    fn file(&self) -> Option<&str> {
        None
    }
}

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

    /// Statements that do not fit the source.
    fn contradictions(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let columns = [("inputs", &self.settings.inputs), ("target", &self.settings.target)];
        for (word, columns) in columns {
            if let Some(columns) = columns.as_ref().filter(|_| !self.source.has_columns()) {
                found.push(
                    Diagnostic::error("E0505", columns.span, format!("`{word}` needs a table"))
                        .label("this source has no columns")
                        .also(self.source_span, "an array: one input and one target a row"),
                );
            }
        }
        for (word, span) in self.settings.of_pictures.iter().filter(|_| !self.source.has_pictures()) {
            found.push(
                Diagnostic::error("E0505", *span, format!("`{word}` needs pictures in files"))
                    .label("this source's rows have one size")
                    .also(self.source_span, "numbers, as they are")
                    .help("leave it out; `source images` reads folders of png, jpg and webp files"),
            );
        }
        for (word, span) in self.settings.of_tables.iter().filter(|_| self.source.text_table().is_none()) {
            found.push(
                Diagnostic::error("E0505", *span, format!("`{word}` needs a table in a file"))
                    .label("this source has no such columns")
                    .also(self.source_span, "numbers, as they are")
                    .help("leave it out; `source csv` reads tables"),
            );
        }
        if let (Some(weights), true) = (&self.settings.weights, self.source.has_texts()) {
            found.push(
                Diagnostic::error("E0505", weights.span, "`weights` of rows that are texts")
                    .label("is of the numbers of a table")
                    .also(self.source_span, "texts")
                    .help("leave it out; `class_weights` of the loss weighs classes"),
            );
        }
        found.extend(self.of_own_test());
        found.extend(self.of_sounds());
        found.extend(self.of_texts());
        found.extend(self.of_windows());
        if let Some(by) = self.settings.split.as_ref().and_then(|split| split.by.as_ref())
            && !self.source.has_groups()
        {
            found.push(
                Diagnostic::error("E0505", by.span, "`by` needs a table")
                    .label("this source has no columns")
                    .also(self.source_span, "arrays: nothing says which rows belong together")
                    .help(self.grouped()),
            );
        }
        if let Some(split) = &self.settings.split
            && matches!(split.division, Division::Given { .. })
            && self.source.file().is_none()
        {
            found.push(
                Diagnostic::error("E0505", split.span, "`given` needs a file")
                    .label("index files lie beside a data file")
                    .also(self.source_span, "this source has no file"),
            );
        }
        if let (Some(classes), Some(split)) = (&self.settings.classes, &self.settings.split)
            && matches!(split.division, Division::Given { .. })
        {
            found.push(
                Diagnostic::error("E0505", classes.span, "`classes` beside `given`")
                    .label("leaves out rows, so that the index files' numbers no longer fit")
                    .also(split.span, "numbers of all rows"),
            );
        }
        found
    }

    /// A test file of a table is read row by row, as rows to be predicted are.
    fn of_own_test(&self) -> Option<Diagnostic> {
        if !self.source.has_test_table() {
            return None;
        }
        let settings = &self.settings;
        let classes = settings.classes.as_ref().map(|classes| ("classes", classes.span));
        let window = settings.window.as_ref().map(|window| ("window", window.span));
        let (word, span) = classes.or(window)?;
        Some(
            Diagnostic::error("E0505", span, format!("`{word}` beside `test=` of the table"))
                .label("would be of one of the two files")
                .also(self.source_span, "its test rows stand in a file of their own")
                .help("write both in one file, and divide it with `split`"),
        )
    }

    /// How rows come to have groups, or to be divided without.
    fn grouped(&self) -> &'static str {
        if self.source.has_sounds() {
            return "name the parts of the files' names, `pattern=\"{label}_{speaker}\"`, or a table, `labels=\"labels.csv\", file=COLUMN, label=COLUMN`";
        }
        match self.source.has_pictures() {
            true => "name a table: `labels=\"labels.csv\", file=COLUMN, label=COLUMN`",
            false => "divide them by index files: `split given=\"index\"`",
        }
    }

    /// Windows are of tables, in the order of time.
    fn of_windows(&self) -> Option<Diagnostic> {
        let (window, settings) = (self.settings.window.as_ref()?, &self.settings);
        let error = |span: Span, message: &str, label: &str| {
            Diagnostic::error("E0505", span, message.to_owned())
                .label(label.to_owned())
                .also(window.span, "rows in the order of time")
        };
        let of_text = self.source.may_stream();
        if !of_text && !self.source.has_columns() {
            return Some(error(
                window.span,
                "`window` needs a table, or one text",
                "this source has neither",
            ));
        }
        match (&window.target, of_text) {
            (Some(target), true) => {
                return Some(
                    error(target.span, "`target` of a window of text", "it is the token behind the window")
                        .help("leave it out"),
                );
            }
            (None, false) => {
                return Some(
                    Diagnostic::error(
                        "E0506",
                        window.span,
                        "`window` needs the column that is to be foretold",
                    )
                    .label("no `target`")
                    .help("write, for example, `window 24, target=passengers`"),
                );
            }
            _ => {}
        }
        if of_text && window.horizon != 1 {
            return Some(
                error(window.span, "`horizon` of a window of text", "the token behind it is foretold")
                    .help("leave `horizon` out"),
            );
        }
        if of_text && settings.tokenize.is_some_and(|how| how.manner.unit == Unit::Bpe) {
            return Some(
                Diagnostic::error("E0204", window.span, "windows of `bpe` are not in this version")
                    .label("not built yet")
                    .help("`tokenize chars`, `bytes` or `words`"),
            );
        }
        if let Some(target) = &settings.target {
            return Some(
                error(target.span, "`target` beside `window`, which names its own", "says it again")
                    .help("leave it out"),
            );
        }
        if let Some(weights) = &settings.weights {
            return Some(
                error(weights.span, "`weights` beside `window`", "is of lines, and a row is several of them")
                    .help("leave it out"),
            );
        }
        if let Some(classes) = &settings.classes {
            return Some(
                error(classes.span, "`classes` beside `window`", "would leave out lines between others")
                    .help("leave it out"),
            );
        }
        let split = settings.split.as_ref()?;
        if let (Some(carry), Division::Folds { .. }, false) = (window.carry, &split.division, split.forward) {
            return Some(
                error(
                    split.span,
                    "`folds` beside `carry=true`",
                    "the training part would be no stretch of time",
                )
                .also(carry, "rows go on where those before them stopped")
                .help("write `forward=true` beside `folds`, or shares: `split valid=20%, test=20%`"),
            );
        }
        if let Some(span) = split.shuffle_asked {
            return Some(
                error(
                    span,
                    "`shuffle=true` beside `window`",
                    "windows of one part would overlap those of another",
                )
                .help("leave it out"),
            );
        }
        let by = split.by.as_ref().map(|by| by.span);
        let given =
            matches!(split.division, Division::Given { .. } | Division::Repeats { .. }).then_some(split.span);
        by.or(given).map(|span| {
            error(span, "windows are divided into stretches of time", "divides them otherwise")
                .help("write shares: `split valid=20%, test=20%`")
        })
    }

    /// Samples are in -1..1 and have silence behind them, which no number is added to.
    fn of_sounds(&self) -> Vec<Diagnostic> {
        let settings = &self.settings;
        if !self.source.has_sounds() {
            let fault = |(word, span): &(&'static str, Span)| {
                Diagnostic::error("E0505", *span, format!("`{word}` needs sounds"))
                    .label("this source's rows are none")
                    .also(self.source_span, "no sound")
                    .help("leave it out; `source audio` reads folders of wav and flac files")
            };
            return settings.of_sounds.iter().map(fault).collect();
        }
        let scale = settings.scale.map(|scale| ("scale", scale.span));
        let normalize = settings.normalize.filter(|n| n.inputs).map(|n| ("normalize inputs", n.span));
        let fault = |(word, span): (&str, Span)| {
            Diagnostic::error("E0505", span, format!("`{word}` of sounds"))
                .label("samples are in -1..1, and silence is 0")
                .also(self.source_span, "sounds")
                .help("write `level rms=-20dB` for clips of one loudness, or leave it out")
        };
        [scale, normalize].into_iter().flatten().map(fault).collect()
    }

    /// Text asks for `tokenize`, and nothing else does; its tokens are no quantities.
    fn of_texts(&self) -> Option<Diagnostic> {
        let settings = &self.settings;
        match (self.source.has_texts(), settings.tokenize) {
            (true, None) => Some(
                Diagnostic::error(
                    "E0509",
                    self.source_span,
                    "the rows are texts, and nothing says what a token is",
                )
                .label("no `tokenize` in the section")
                .help("write, for example, `tokenize words, vocab=10_000`"),
            ),
            (false, Some(how)) => Some(
                Diagnostic::error("E0505", how.span, "`tokenize` needs texts")
                    .label("this source's rows are numbers")
                    .also(self.source_span, "no text")
                    .help("leave it out; `source csv, FILE, text=COLUMN` reads texts from a table"),
            ),
            (true, Some(how)) => {
                if let Some(span) = how.line_end.filter(|_| settings.window.is_none()) {
                    return Some(
                        Diagnostic::error("E0505", span, "`line_end` is of one text with `window`")
                            .label("these rows are texts of their own")
                            .help("leave it out"),
                    );
                }
                let scale = settings.scale.map(|scale| ("scale", scale.span));
                let normalize = settings.normalize.filter(|n| n.inputs).map(|n| ("normalize inputs", n.span));
                let (word, span) = scale.or(normalize)?;
                Some(
                    Diagnostic::error("E0505", span, format!("`{word}` needs numbers"))
                        .label("tokens are names")
                        .also(self.source_span, "texts")
                        .help("leave it out"),
                )
            }
            (false, None) => None,
        }
    }

    /// What the net's output makes impossible; the checker calls it once it knows the output, and whether that is a distribution of numbers.
    pub fn check_output(&self, want: Want, says_spread: bool) -> Option<Diagnostic> {
        let normalize = self.settings.normalize;
        let of_logarithms = normalize.filter(|n| n.target && says_spread).and_then(|n| n.target_by.curve());
        match (normalize, want) {
            (Some(normalize), _) if let Some(curve) = of_logarithms => Some(
                Diagnostic::error(
                    "E0508",
                    normalize.span,
                    format!("`kind={}` of the target of a `normal` output", curve.word()),
                )
                .label("a normal distribution of logarithms is no normal one of the numbers")
                .help("write `output y: real[1]`, or another `kind`"),
            ),
            (Some(normalize), Want::Class(_) | Want::Bits(_) | Want::Tokens(_)) if normalize.target => Some(
                Diagnostic::error(
                    "E0508",
                    normalize.span,
                    "a class has no mean: `normalize target` needs real outputs",
                )
                .label("the net's output is a class or bits")
                .help("write `normalize inputs`"),
            ),
            _ => None,
        }
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
