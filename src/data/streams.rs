//! One long text as rows: windows of its tokens, each with what is to be foretold: the token behind it, or what comes behind each of its tokens.
//!
//! Windows are in the order of the text, and so are the parts: what is trained on comes first, and its tokens alone make the vocabulary. Windows lie in
//! one array of tokens, over which they overlap, and so do the tokens that are foretold. No token is foretold in two parts.

use std::sync::Arc;

use super::dataset::{Input, Part, Target};
use super::divide::Parts;
use super::error::{DataError, counted};
use super::foretold::Foretold;
use super::inputs::Inputs;
use super::laid::{Steps, Streams, Windows};
use super::raw::{Arrays, Raw, RawTarget};
use super::stores::{Form, Numbers, Numeric, RowStore};
use super::texts::{TextForm, TextSizes, Texts, fitted};
use super::tokens::{Manner, Tokenize, Tokenizer, Unknown, count, pieces};
use super::transform::InputShape;
use super::windows::Window;

/// A text, and its rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    text: Arc<str>,
    length: usize,
    stride: usize,
    /// Whether what comes behind each token is foretold.
    each: bool,
    /// Where rows go on from minibatch to minibatch; steps are divided then, and not windows.
    pub streams: Option<Streams>,
}

/// The rows of a text that `window` makes.
///
/// # Errors
/// E0550 for a text that is shorter than one window with the token behind it, E0551 for several texts.
pub(super) fn of(
    arrays: &Arrays,
    texts: &Texts,
    window: Option<&Window>,
    streams: Option<Streams>,
    how: &Tokenize,
) -> Result<Raw, DataError> {
    let [text] = &texts.all().collect::<Vec<_>>()[..] else {
        return Err(DataError::new("E0551", "a stream is one text").file(&arrays.file));
    };
    let Some(window) = window else {
        return Err(DataError::new(
            "E0551",
            "one text is a stream, and nothing says how much of it is a row",
        )
        .file(&arrays.file)
        .help("write, for example, `window 64`; a row a file is a folder of them, `CLASS/*.txt`"));
    };
    let (stream, rows) = Stream::cut(text, window, streams, how.manner)
        .map_err(|e| e.file(&arrays.file).net(window.span).help("take a shorter window"))?;
    let data = Inputs::Stream(stream);
    // What comes next is known once there are numbers for it.
    let target = RawTarget::Labels { codes: vec![0; rows], names: vec!["next".into()] };
    Ok(Raw::Arrays { train: Arrays::of(&arrays.file, rows, Vec::new(), data, target), test: None })
}

/// The stream of arrays, where they are one.
pub(super) fn in_arrays(arrays: &Arrays) -> Option<&Stream> {
    match &arrays.data {
        Inputs::Stream(stream) => Some(stream),
        _ => None,
    }
}

/// Another text, all of it, as a net reads it that was trained on windows like these: each token is foretold once, as in the parts of its own text.
///
/// # Errors
/// E0550 for a text that is too short for a window, or for a window of each stream.
pub(super) fn known(
    text: &str,
    window: &Window,
    streams: Option<Streams>,
    (tokenizer, input): (&Tokenizer, &InputShape),
) -> Result<(Part, Unknown), DataError> {
    let once = Window { stride: None, ..window.clone() };
    let (stream, rows) = Stream::cut(text, &once, streams, tokenizer.manner())?;
    let whole = Parts { train: (0..rows as u32).collect(), ..Parts::default() };
    let (Windows { rows, parts }, _) = stream.windows(whole, tokenizer.unit().one())?;
    let (inputs, target, unknown) = stream.encode(tokenizer, input, rows)?;
    let part = Part::new(parts.train.into(), inputs, Arc::new(target));
    Ok((part.in_streams(streams.map(|streams| streams.count)), unknown))
}

impl Stream {
    /// A text in windows, and how many rows (of streams, steps) that makes.
    ///
    /// # Errors
    /// E0550 for a text that is shorter than one window with the token behind it.
    fn cut(
        text: &str,
        window: &Window,
        streams: Option<Streams>,
        manner: Manner,
    ) -> Result<(Self, usize), DataError> {
        let tokens = count(text, manner);
        let reach = window.length + 1;
        let Some(last) = tokens.checked_sub(reach) else {
            let has = counted(tokens, manner.unit.one());
            let message = format!("the text has {has}, and a window with what comes behind it takes {reach}");
            return Err(DataError::new("E0550", message));
        };
        let (length, stride, each) = (window.length, window.stride(), window.each);
        let rows = match each {
            _ if streams.is_some() => tokens - 1,
            // The last window is as short as what is left.
            true => 1 + last.div_ceil(stride),
            false => 1 + last / stride,
        };
        Ok((Self { text: text.into(), length, stride, each, streams }, rows))
    }

    pub fn sizes(&self, how: &Tokenize) -> TextSizes {
        TextSizes { steps: self.length, vocab: self.whole(how).len() }
    }

    /// What each number of a vocabulary of the whole text stands for.
    pub fn names(&self, how: &Tokenize) -> Vec<String> {
        let whole = self.whole(how);
        (0..whole.len() as i32).map(|number| whole.name(number)).collect()
    }

    fn whole(&self, how: &Tokenize) -> Tokenizer {
        Tokenizer::fit(how, std::iter::once(&*self.text))
    }

    /// Whether what comes behind each token is foretold.
    pub fn foretells_each(&self) -> bool {
        self.each
    }

    /// Parts without windows that share answers with the next windows, where these are of another part.
    pub fn apart(&self, mut parts: Parts) -> Parts {
        let overlap = self.each && self.streams.is_none();
        let shared = if overlap { self.length.div_ceil(self.stride) - 1 } else { 0 };
        if shared == 0 {
            return parts;
        }
        let all = [&parts.train, &parts.valid, &parts.test];
        let mut of = vec![usize::MAX; rows_of(&parts)];
        all.iter().enumerate().for_each(|(part, rows)| rows.iter().for_each(|row| of[*row as usize] = part));
        // The first row behind each that is of another part.
        let mut other = vec![usize::MAX; of.len()];
        for row in (0..of.len().saturating_sub(1)).rev() {
            other[row] = if of[row] == of[row + 1] { other[row + 1] } else { row + 1 };
        }
        let own = |row: &u32| other[*row as usize] - *row as usize > shared;
        [&mut parts.train, &mut parts.valid, &mut parts.test].into_iter().for_each(|rows| rows.retain(own));
        parts
    }

    /// The rows of windows that are divided like this, and the tokens that those of the training part and their targets have.
    ///
    /// # Errors
    /// As [`Streams::windows`].
    pub fn windows(&self, divided: Parts, unit: &str) -> Result<(Windows, usize), DataError> {
        let train = divided.train.len();
        if let Some(streams) = self.streams {
            return Ok((streams.windows(&divided, unit)?, train + 1));
        }
        let row = |row: usize| Steps { start: row * self.stride, length: self.length };
        let tokens = train.saturating_sub(1) * self.stride + self.length + 1;
        Ok((Windows { rows: (0..rows_of(&divided)).map(row).collect(), parts: divided }, tokens))
    }

    /// The vocabulary of the first `tokens` tokens.
    ///
    /// # Errors
    /// E0547 for one of another size than the net's.
    pub fn fit(
        &self,
        tokens: usize,
        how: &Tokenize,
        vocab: usize,
        open: bool,
    ) -> Result<Tokenizer, DataError> {
        let first = pieces(&self.text, how.manner, tokens).into_iter().next().unwrap_or_default();
        fitted(std::iter::once(first.as_str()), how, vocab, open)
    }

    /// Rows of tokens with their lengths, what is foretold of each, and how many tokens the vocabulary lacks.
    ///
    /// # Errors
    /// E0533 for an input of another length than the windows.
    pub fn encode(
        &self,
        tokenizer: &Tokenizer,
        input: &InputShape,
        rows: Vec<Steps>,
    ) -> Result<(Vec<Input>, Target, Unknown), DataError> {
        if input.width() != self.length {
            let message = format!(
                "a window has {}, and the net's input takes {}",
                counted(self.length, "token"),
                input.width()
            );
            return Err(DataError::new("E0533", message)
                .help(format!("write `token[{}, ...]`, or another `window`", self.length)));
        }
        let tokens: Arc<[i32]> = tokenizer.encoder().numbers(&self.text).into();
        let unknown = Unknown::among(&tokens);
        // All but the last token have one behind them.
        let own = |row: Steps| Steps { length: row.length.min(tokens.len() - 1 - row.start), ..row };
        let rows: Arc<[Steps]> = rows.into_iter().map(own).collect();
        let target = match self.each {
            true => Target::Tokens(Foretold::behind(tokens.clone(), rows.clone(), self.length)),
            false => {
                let next = |row: &Steps| tokens[row.start + row.length].cast_unsigned();
                Target::Classes(rows.iter().map(next).collect())
            }
        };
        let lengths = rows.iter().map(|row| row.length as i32).collect();
        let form = Form { numeric: Numeric::I32, shape: vec![self.length] };
        let store = Arc::new(Rows { tokens, rows, form });
        let windows = Input { name: input.name.clone(), store, scale: 1.0, shift: 0.0, raw: None };
        Ok((vec![windows, Input::lengths(&input.name, lengths)], target, unknown))
    }
}

/// One more than the largest number of a row.
fn rows_of(parts: &Parts) -> usize {
    let last =
        [&parts.train, &parts.valid, &parts.test].into_iter().filter_map(|rows| rows.iter().max()).max();
    last.map_or(0, |last| *last as usize + 1)
}

/// Overlapping rows of one array.
#[derive(Debug)]
struct Rows {
    tokens: Arc<[i32]>,
    rows: Arc<[Steps]>,
    form: Form,
}

impl RowStore for Rows {
    fn rows(&self) -> usize {
        self.rows.len()
    }

    fn form(&self) -> &Form {
        &self.form
    }

    fn whole(&self) -> Option<Numbers<'_>> {
        None
    }

    fn read(&self, row: usize, into: &mut [u8]) -> Result<(), DataError> {
        let Steps { start, length } = self.rows[row];
        let own: &[u8] = bytemuck::cast_slice(&self.tokens[start..start + length]);
        let (tokens, padding) = into.split_at_mut(own.len());
        tokens.copy_from_slice(own);
        padding.fill(0);
        Ok(())
    }
}

/// Whether texts are one stream.
pub(super) fn is_stream(texts: &Texts) -> bool {
    texts.form == TextForm::Stream
}
