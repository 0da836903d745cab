//! A source that was read: what it says of itself, and what its rows are divided into.

use std::hash::BuildHasher as _;

use rustc_hash::FxBuildHasher;

use super::config::{DataConfig, Division, Split};
use super::divide::{self, Listed, Parts};
use super::error::{self, DataError};
use super::groups::Groups;
use super::laid::{Streams, Windows};
use super::raw::{Pick, Raw};
use super::schema::DataSchema;
use super::search::Search;
use super::streams;
use super::target;
use super::texts::{self, TextSizes, Texts};
use super::{Want, fit, index, own_test};

/// A source that was read once: it tells its schema, then becomes a dataset.
#[derive(Debug)]
pub struct Opened<'a> {
    pub(super) config: &'a DataConfig,
    pub(super) raw: Raw,
    listed: Option<Listed>,
    /// Rows that stay together.
    groups: Option<Groups>,
    laid: Option<Laid>,
    pub(super) search: Search,
}

/// Steps that are divided, where rows go on from minibatch to minibatch, and how rows are made of the parts.
#[derive(Clone, Copy, Debug)]
struct Laid {
    streams: Streams,
    steps: usize,
    unit: &'static str,
}

/// What of the source the section uses.
pub(super) fn pick(config: &DataConfig) -> Pick<'_> {
    let settings = &config.settings;
    let foretold = settings.window.as_ref().and_then(|window| window.target.as_ref());
    Pick {
        inputs: settings.inputs.as_ref(),
        target: foretold.or(settings.target.as_ref()),
        groups: settings.split.as_ref().and_then(|split| split.by.as_ref()),
        weights: settings.weights.as_ref(),
        pictures: settings.pictures,
        sounds: settings.sounds,
        cleaning: Some(&settings.cleaning),
        windows: settings.window.is_some(),
    }
}

/// Reads the source.
///
/// # Errors
/// Any fault of the files.
pub fn open<'a>(config: &'a DataConfig, search: &Search) -> Result<Opened<'a>, DataError> {
    let settings = &config.settings;
    let raw = config.source.open(&pick(config), search).map_err(|e| e.net(config.source_span))?;
    let lines = if let Raw::Table(table) = &raw { Some(table.rows) } else { None };
    let raw = match (raw, &settings.window) {
        (Raw::Table(table), Some(window)) => {
            let lay = config.streams().map(|streams| {
                move |steps: usize| {
                    let split = settings.split.as_ref();
                    let placed = |e: DataError| if let Some(split) = split { e.net(split.span) } else { e };
                    let stretches = divide::divide(steps, split, None, None, false).map_err(placed)?;
                    streams.windows(&stretches, "line")
                }
            });
            let lay = lay.as_ref().map(|lay| lay as &dyn Fn(usize) -> Result<Windows, DataError>);
            super::windows::of(table, window, settings.inputs.is_some(), lay)
                .map_err(|e| e.net(window.span))?
        }
        (Raw::Arrays { train, test }, window) => match (texts::of(&train), settings.tokenize) {
            (Some(own), Some(how)) if streams::is_stream(own) => {
                streams::of(&train, own, window.as_ref(), config.streams(), &how)
                    .map_err(|e| e.net(config.source_span))?
            }
            (Some(_), _) if window.is_some() => {
                return Err(DataError::new(
                    "E0551",
                    "a window is of one text, and these are rows of their own",
                )
                .net(config.source_span)
                .help("leave `window` out, or name a file of text"));
            }
            _ => Raw::Arrays { train, test },
        },
        (raw, _) => raw,
    };
    if let Raw::Arrays { train, test: Some(test) } = &raw {
        own_test::check(train, test).map_err(|e| e.net(config.source_span))?;
    }
    let raw = match &settings.classes {
        Some(classes) => super::only::only(raw, classes).map_err(|e| e.net(classes.span))?,
        None => raw,
    };
    numbered(&raw).map_err(|e| e.net(config.source_span))?;
    let listed = settings.split.as_ref().map(|split| listed(config, &raw, split, search)).transpose()?;
    let (raw, pieces) = match (raw, settings.tokenize.filter(|how| how.splits)) {
        (Raw::Arrays { train, test }, Some(how)) => {
            let (train, origins) = texts::in_pieces(train, &how);
            let test = test.map(|test| texts::in_pieces(test, &how).0);
            (Raw::Arrays { train, test }, Some(texts::of_one_text(origins)))
        }
        (raw, _) => (raw, None),
    };
    let groups = match &raw {
        Raw::Table(table) => table.groups.as_ref().map(Groups::of),
        Raw::Arrays { train, .. } => pieces.as_ref().or(train.groups.as_ref()).map(Groups::of),
    };
    let laid = config.streams().zip(settings.window.as_ref()).map(|(streams, window)| match (lines, &raw) {
        (Some(lines), _) => Laid { streams, steps: lines - window.horizon, unit: "line" },
        (None, Raw::Arrays { train, .. }) => Laid { streams, steps: train.rows, unit: "token" },
        (None, Raw::Table(table)) => Laid { streams, steps: table.rows, unit: "line" },
    });
    Ok(Opened { config, raw, listed: listed.flatten(), groups, laid, search: search.clone() })
}

/// Rows are numbered in 32 bits.
fn numbered(raw: &Raw) -> Result<(), DataError> {
    let rows = match raw {
        Raw::Table(table) => table.rows,
        Raw::Arrays { train, test } => train.rows.max(test.as_ref().map_or(0, |test| test.rows)),
    };
    match u32::try_from(rows) {
        Ok(_) => Ok(()),
        Err(_) => Err(DataError::new("E0540", format!("{rows} rows are more than can be numbered"))
            .help("use 4 billion rows at most")),
    }
}

/// The rows of index files, if the division is by them.
fn listed(
    config: &DataConfig,
    raw: &Raw,
    split: &Split,
    search: &Search,
) -> Result<Option<Listed>, DataError> {
    let Division::Given { prefix, number } = &split.division else { return Ok(None) };
    given_rows(config, raw, prefix, *number, search).map(Some).map_err(|e| e.net(split.span))
}

fn given_rows(
    config: &DataConfig,
    raw: &Raw,
    prefix: &str,
    number: Option<usize>,
    search: &Search,
) -> Result<Listed, DataError> {
    let rows = match raw {
        Raw::Table(table) if table.dropped > 0 => {
            return Err(DataError::new(
                "E0537",
                "rows were left out, so the index files' numbers no longer fit",
            )
            .note(format!("{} had missing values", error::counted(table.dropped, "row")))
            .help("write `missing=mean`, or `fill` in `data`"));
        }
        Raw::Table(table) => table.rows,
        Raw::Arrays { train, .. } => train.rows,
    };
    let file = search.find(config.source.file().unwrap_or_default())?;
    index::read(file.parent().unwrap_or(&file), prefix, number, rows)
}

/// One way to divide the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divided {
    pub train: usize,
    pub valid: usize,
    pub test: usize,
    /// Equal where all three parts hold the same rows.
    pub rows: u64,
}

impl Opened<'_> {
    /// Sizes, names and kinds.
    ///
    /// # Errors
    /// E0534 if the rows cannot be divided as the file says.
    pub fn schema(&self) -> Result<DataSchema, DataError> {
        let schema = match &self.raw {
            Raw::Table(table) => DataSchema::of_table(table),
            Raw::Arrays { train, test } => DataSchema::of_arrays(train, test.as_ref(), self.class_names()),
        };
        let classes = self.next_tokens().or(schema.classes);
        let schema = DataSchema { text: self.text_sizes(), classes, ..schema };
        let (rows, own_test) = self.rows();
        let parts = self.parts(rows, None, own_test > 0)?;
        let groups = self.groups.as_ref().map(|groups| groups.grouped(&parts));
        Ok(DataSchema { groups, ..schema.with_rows(&parts, own_test) })
    }

    /// Of a stream: what may come next.
    fn next_tokens(&self) -> Option<Vec<String>> {
        let (Raw::Arrays { train, .. }, Some(how)) = (&self.raw, &self.config.settings.tokenize) else {
            return None;
        };
        Some(streams::in_arrays(train)?.names(how))
    }

    /// Of texts: how long they are and how many tokens they have, whatever part they will be in.
    fn text_sizes(&self) -> Option<TextSizes> {
        let (Raw::Arrays { train, test }, Some(how)) = (&self.raw, &self.config.settings.tokenize) else {
            return None;
        };
        if let Some(stream) = streams::in_arrays(train) {
            return Some(stream.sizes(how));
        }
        Some(texts::of(train)?.sizes(test.as_ref().and_then(texts::of), how))
    }

    /// Rows to be divided, and rows of a test part of the source's own.
    fn rows(&self) -> (usize, usize) {
        match &self.raw {
            Raw::Table(table) => (table.rows, table.test.as_ref().map_or(0, |test| test.rows)),
            Raw::Arrays { train, test } => (train.rows, test.as_ref().map_or(0, |test| test.rows)),
        }
    }

    /// What these divisions of the rows come to for a net, without encoding any row.
    ///
    /// # Errors
    /// E0534 if the rows cannot be divided like that, E0520 and E0537 of index files, E0524 for a column without a value in a training
    /// part, E0531 and E0532 for a target that does not fit the net.
    pub fn divisions(
        &self,
        splits: impl Iterator<Item = Split>,
        target: Want,
        search: &Search,
    ) -> Result<Vec<Divided>, DataError> {
        let at = |e: DataError| e.net(self.config.source_span);
        let whole = match &self.raw {
            Raw::Table(table) => target::from_columns(&table.target, target),
            Raw::Arrays { train, .. } if streams::in_arrays(train).is_some() => {
                // Parts of a stream are stretches of it, whatever comes next there.
                let codes = vec![0; train.rows];
                Ok(target::Whole::Classes { codes, column: String::new(), names: Vec::new() })
            }
            Raw::Arrays { train, .. } if texts::of(train).is_some_and(Texts::have_answers) => {
                let codes = vec![0; train.rows];
                Ok(target::Whole::Classes { codes, column: String::new(), names: Vec::new() })
            }
            Raw::Arrays { train, test } => {
                if let Some(test) = test {
                    target::from_array(&test.target, target, &test.target_file).map_err(at)?;
                }
                target::from_array(&train.target, target, &train.target_file)
            }
        };
        let (rows, own_test) = self.rows();
        let strata = whole.map_err(at)?.strata();
        let divided = |split: Split| {
            let listed = listed(self.config, &self.raw, &split, search)?;
            let parts = self.divided(rows, Some(&split), strata.as_deref(), listed, own_test > 0)?;
            if let Raw::Table(table) = &self.raw {
                fit::all_known(&table.inputs, &parts.train).map_err(at)?;
            }
            Ok(Divided {
                train: parts.train.len(),
                valid: parts.valid.len(),
                test: parts.test.len() + own_test,
                rows: FxBuildHasher.hash_one((&parts.train, &parts.valid, &parts.test)),
            })
        };
        splits.map(divided).collect()
    }

    /// Those that the file chose among.
    pub(super) fn class_names(&self) -> Option<&[String]> {
        self.config.settings.classes.as_ref().map(|classes| classes.names.as_slice())
    }

    pub(super) fn parts(
        &self,
        rows: usize,
        strata: Option<&[u32]>,
        own_test: bool,
    ) -> Result<Parts, DataError> {
        self.divided(rows, self.config.settings.split.as_ref(), strata, self.listed.clone(), own_test)
    }

    /// The rows of parts.
    fn divided(
        &self,
        rows: usize,
        split: Option<&Split>,
        strata: Option<&[u32]>,
        listed: Option<Listed>,
        own_test: bool,
    ) -> Result<Parts, DataError> {
        let Some(Laid { streams, steps, unit }) = self.laid else {
            return self.stretches(rows, split, strata, listed, own_test);
        };
        let stretches = self.stretches(steps, split, None, listed, own_test)?;
        let window =
            self.config.settings.window.as_ref().map_or(self.config.source_span, |window| window.span);
        Ok(streams.windows(&stretches, unit).map_err(|e| e.net(window))?.parts)
    }

    /// What is divided: rows, or steps that rows will be made of. Whole groups where the file keeps them, which come before classes in proportion.
    pub(super) fn stretches(
        &self,
        rows: usize,
        split: Option<&Split>,
        strata: Option<&[u32]>,
        listed: Option<Listed>,
        own_test: bool,
    ) -> Result<Parts, DataError> {
        let own_valid = match &self.raw {
            Raw::Arrays { train, .. } => train.own_valid,
            Raw::Table(_) => 0,
        };
        let stream = match &self.raw {
            Raw::Arrays { train, .. } => streams::in_arrays(train),
            Raw::Table(_) => None,
        };
        let parts = match (split, &self.groups) {
            (split, _) if own_valid > 0 => divide::own(rows, own_valid, split),
            (Some(split), Some(groups)) => groups.divide(split),
            _ => divide::divide(rows, split, strata, listed, own_test),
        };
        let parts = parts.map(|parts| stream.map_or(parts.clone(), |stream| stream.apart(parts)));
        parts.map_err(|e| if let Some(split) = split { e.net(split.span) } else { e })
    }
}
