//! Statements of `data` that do not fit their source, one another, or the net's output.

use super::Want;
use super::config::{DataConfig, Division};
use super::tokens::Unit;
use crate::diag::{Diagnostic, Span};

impl DataConfig {
    /// Statements that do not fit the source.
    pub(super) fn contradictions(&self) -> Vec<Diagnostic> {
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
}
