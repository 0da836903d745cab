//! Texts of rows on their way to tokens.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::dataset::{Input, Storage};
use super::error::{DataError, counted};
use super::foretold::Foretold;
use super::inputs::Inputs;
use super::need::{Lengths, Need};
use super::raw::{Arrays, Cells, Column, RawTarget};
use super::tokens::{Encoded, Tokenize, Tokenizer, Unknown, count, pieces};
use super::transform::InputShape;

/// One text a row, and where each stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Texts {
    rows: Arc<[Text]>,
    pub form: TextForm,
}

/// A text and its place: a line of a file, or a file of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub text: String,
    /// What is to be said at its tokens, one at each, where that is known.
    pub answer: Option<String>,
    pub line: Option<u64>,
    pub file: Arc<str>,
}

/// How raw texts are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TextForm {
    /// One text a file, one a line where several are predicted.
    Lines,
    /// One text, of which the last tokens count where more of it is predicted from.
    Stream,
    /// A column of a table: from 1, of how many, what stands between them, and what it is called where the table names its columns.
    Column {
        number: usize,
        width: usize,
        delimiter: u8,
        name: Option<String>,
        /// The column of labels, from 1; none where it is the other one of two.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        label: Option<usize>,
    },
}

/// What is known of texts before they are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TextSizes {
    /// Tokens of the longest, after `length=`.
    pub steps: usize,
    /// Numbers of a vocabulary of all texts.
    pub vocab: usize,
}

/// What becomes of the texts of a source in the net.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextRule {
    pub form: TextForm,
    pub tokenizer: Tokenizer,
}

/// What of raw texts no row of a net reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Texts that are longer than a row, of which the end is cut.
    pub ends: usize,
    /// The same of which the beginning is: what comes next follows the last tokens.
    pub beginnings: usize,
    /// Lines without a text.
    pub blank_lines: usize,
    /// Sounds that are longer than a row.
    pub sounds: usize,
    /// Tokens of a text that is foretold, by a vocabulary of so many.
    pub unknown: Option<(Unknown, usize)>,
}

impl Unread {
    /// Sentences about it, of so many rows, with the code of a warning each; none where all is read.
    pub fn told(self, texts: usize) -> Vec<(&'static str, String)> {
        let longer = |n: usize| {
            let are = if n == 1 { "is" } else { "are" };
            format!("{n} of {texts} texts {are} longer than the net's rows")
        };
        let cut = |n: usize| format!("{}, and {} cut", longer(n), if n == 1 { "was" } else { "were" });
        let begun = |n: usize| format!("{}: their last tokens were read", longer(n));
        let blank = |n: usize| format!("{} no text and got no row", has(n, "blank line"));
        let sounds = |n: usize| {
            let (are, were) = if n == 1 { ("is", "was") } else { ("are", "were") };
            format!("{n} of {} {are} longer than the net's rows, and {were} cut", counted(texts, "sound"))
        };
        let unknown = self.unknown.and_then(|(unknown, vocab)| unknown.told(vocab));
        let sentences = [
            (self.ends, "W0504", cut(self.ends)),
            (self.beginnings, "W0504", begun(self.beginnings)),
            (self.blank_lines, "W0504", blank(self.blank_lines)),
            (self.sounds, "W0506", sounds(self.sounds)),
        ];
        let sentences = sentences.into_iter().filter(|(n, ..)| *n > 0).map(|(_, code, told)| (code, told));
        sentences.chain(unknown.map(|told| ("W0511", told))).collect()
    }
}

/// `3 blank lines have`
fn has(n: usize, one: &str) -> String {
    format!("{} {}", counted(n, one), if n == 1 { "has" } else { "have" })
}

impl Texts {
    pub fn new(rows: Vec<Text>, form: TextForm) -> Self {
        Self { rows: rows.into(), form }
    }

    pub fn only(&self, rows: &[usize]) -> Self {
        Self { rows: rows.iter().map(|row| self.rows[*row].clone()).collect(), form: self.form.clone() }
    }

    /// Longer texts in pieces; and the number of the text that each row is of.
    pub fn split(&self, how: &Tokenize) -> (Self, Vec<u32>) {
        let length = how.length.unwrap_or(usize::MAX);
        let (mut rows, mut origins) = (Vec::new(), Vec::new());
        for (origin, text) in (0..).zip(self.rows.iter()) {
            let mut answers = text.answer.iter().flat_map(|answer| pieces(answer, how.manner, length));
            for piece in pieces(&text.text, how.manner, length) {
                rows.push(Text { text: piece, answer: answers.next(), ..text.clone() });
                origins.push(origin);
            }
        }
        (Self::new(rows, self.form.clone()), origins)
    }

    /// Whether something is to be said at each token.
    pub fn have_answers(&self) -> bool {
        self.rows.iter().any(|text| text.answer.is_some())
    }

    /// What is to be said at the tokens of a row.
    #[must_use]
    pub fn answer(&self, row: usize) -> Option<&str> {
        self.rows[row].answer.as_deref()
    }

    /// What is to be said at each token of the rows, none of which has more than `steps`; none where some row does not say it.
    ///
    /// # Errors
    /// E0532 for an answer of more or fewer tokens than its text has.
    pub fn answers(
        &self,
        tokenizer: &Tokenizer,
        steps: usize,
        most: Option<usize>,
    ) -> Result<Option<Foretold>, DataError> {
        let (mut encoder, mut rows) = (tokenizer.encoder(), Encoded::default());
        let own = steps.min(most.unwrap_or(usize::MAX));
        for text in self.rows.iter() {
            let Some(answer) = &text.answer else { return Ok(None) };
            let (asked, mut said) = (encoder.numbers(&text.text).len(), encoder.numbers(answer));
            if said.len() != asked {
                let unit = tokenizer.unit().one();
                let message =
                    format!("{} are answered by {}", counted(asked, unit), counted(said.len(), unit));
                let error = DataError::new("E0532", message).note("each token of a text has one answer");
                return Err(text.place(error.help("write `tokenize chars`")));
            }
            said.truncate(own);
            rows.push(said, steps);
        }
        Ok(Some(Foretold::held(rows.tokens, &rows.lengths, steps)))
    }

    /// The text of a row.
    #[must_use]
    pub fn text(&self, row: usize) -> &str {
        &self.rows[row].text
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.text.as_str())
    }

    /// Sizes of these texts together with those of the source's own test part.
    pub fn sizes(&self, test: Option<&Texts>, how: &Tokenize) -> TextSizes {
        let all = || self.all().chain(test.into_iter().flat_map(Texts::all));
        let longest = all().map(|text| count(text, how.manner)).max().unwrap_or(0);
        let steps = longest.min(how.length.unwrap_or(usize::MAX)).max(1);
        TextSizes { steps, vocab: Tokenizer::fit(how, all()).len() }
    }

    /// The vocabulary of some rows, for a net that has numbers of so many tokens.
    ///
    /// # Errors
    /// E0547 for a vocabulary of another size than the net's.
    pub fn fit(
        &self,
        train: &[u32],
        how: &Tokenize,
        vocab: usize,
        open: bool,
    ) -> Result<Tokenizer, DataError> {
        fitted(train.iter().map(|row| self.rows[*row as usize].text.as_str()), how, vocab, open)
    }

    /// Rows of tokens and their lengths; how many texts were cut, and how many tokens the vocabulary lacks.
    ///
    /// # Errors
    /// E0548 for a text without a token, E0549 for one that is too short for the net's windows.
    pub fn encode(
        &self,
        tokenizer: &Tokenizer,
        input: &InputShape,
        lengths: &Lengths,
        most: Option<usize>,
    ) -> Result<(Vec<Input>, usize, Unknown), DataError> {
        let mut encoder = tokenizer.encoder();
        let mut rows = Encoded::default();
        let steps = input.width().min(most.unwrap_or(usize::MAX));
        for text in self.rows.iter() {
            let mut numbers = encoder.numbers(&text.text);
            rows.cut += usize::from(numbers.len() > steps);
            numbers.truncate(steps);
            long_enough(numbers.len(), lengths, tokenizer).map_err(|e| text.place(e))?;
            rows.push(numbers, input.width());
        }
        let Encoded { tokens, lengths, cut, unknown } = rows;
        let tokens = Input::held(&input.name, &input.shape, Storage::I32(tokens), (1.0, 0.0));
        Ok((vec![tokens, Input::lengths(&input.name, lengths)], cut, unknown))
    }
}

/// The vocabulary of these texts, for a net that has numbers of so many tokens; of an open one the data say how many.
///
/// # Errors
/// E0547 for a vocabulary of another size than the net's.
pub(super) fn fitted<'t>(
    texts: impl Iterator<Item = &'t str>,
    how: &Tokenize,
    vocab: usize,
    open: bool,
) -> Result<Tokenizer, DataError> {
    let how = Tokenize { vocab: how.vocab.or(Some(vocab)), ..*how };
    let tokenizer = Tokenizer::fit(&how, texts);
    let (has, unit) = (tokenizer.len(), how.manner.unit);
    if tokenizer.is_empty() {
        return Err(DataError::new("E0547", "the texts of the training part have no tokens").net(how.span));
    }
    if has > vocab {
        let message = format!("`tokenize` makes {has} tokens, and the net's vocabulary has {vocab}");
        return Err(DataError::new("E0547", message)
            .net(how.span)
            .help(format!("write `vocab={has}` in the input's type, or `vocab=_`")));
    }
    if has < vocab && !open {
        let message = format!(
            "the training text has {}, fewer than the vocabulary of {vocab}",
            counted(has - tokenizer.marks(), &format!("different {}", unit.one()))
        );
        return Err(DataError::new("E0547", message)
            .net(how.span)
            .note(match tokenizer.end() {
                None => "padding and the unknown have a number each",
                Some(_) => "padding, the unknown and the end of a line have a number each",
            })
            .help(format!("write `vocab={has}`, or `vocab=_` in the input's type")));
    }
    Ok(tokenizer)
}

/// Whether a row of so many tokens is one.
///
/// # Errors
/// E0548 for none, E0549 for fewer than the net's windows need, without a place.
pub(super) fn long_enough(count: usize, lengths: &Lengths, tokenizer: &Tokenizer) -> Result<(), DataError> {
    if count == 0 {
        return Err(DataError::new("E0548", "the text is empty")
            .note(format!("it has no {}", tokenizer.unit().one()))
            .help("leave the row out"));
    }
    if count < lengths.least {
        let message = format!(
            "the text has {}, and the net's windows need {}",
            counted(count, tokenizer.unit().one()),
            lengths.least
        );
        return Err(DataError::new("E0549", message)
            .help("write `pad=same` in the net's convolutions, or leave the row out"));
    }
    Ok(())
}

impl Text {
    pub(super) fn place(&self, error: DataError) -> DataError {
        let error = error.file(&self.file);
        if let Some(line) = self.line { error.line(line) } else { error }
    }
}

impl TextRule {
    /// A text as a line of rows to predict: of a table one field.
    #[must_use]
    pub fn line(&self, text: &str) -> String {
        match &self.form {
            TextForm::Column { delimiter, .. } if *delimiter != b'\t' => {
                format!("\"{}\"", text.replace('"', "\"\""))
            }
            _ => text.to_owned(),
        }
    }

    /// Whether rows are windows of one text.
    pub fn is_of_a_stream(&self) -> bool {
        self.form == TextForm::Stream
    }

    pub(super) fn is_sound(&self) -> bool {
        let placed = match &self.form {
            TextForm::Lines | TextForm::Stream => true,
            TextForm::Column { number, width, delimiter, label, .. } => {
                let columns = 1..=*width;
                let is_column = |number: &usize| columns.contains(number);
                is_column(number) && label.as_ref().is_none_or(is_column) && delimiter.is_ascii()
            }
        };
        placed && self.tokenizer.is_sound() && !self.tokenizer.is_empty()
    }
}

/// Arrays whose longer texts are rows in pieces, and the text of each row: pieces of one stand in one part.
pub(super) fn in_pieces(arrays: Arrays, how: &Tokenize) -> (Arrays, Vec<u32>) {
    let Some(texts) = of(&arrays) else { return (arrays, Vec::new()) };
    let (texts, origins) = texts.split(how);
    let target = match &arrays.target {
        RawTarget::Labels { codes, names } => RawTarget::Labels {
            codes: origins.iter().map(|o| codes[*o as usize]).collect(),
            names: names.clone(),
        },
        RawTarget::Numbers { data, width } => {
            let row = |origin: &u32| &data[*origin as usize * width..][..*width];
            RawTarget::Numbers { data: origins.iter().flat_map(row).copied().collect(), width: *width }
        }
        // Sources of texts have one label a row.
        RawTarget::Columns(_) => return (arrays, Vec::new()),
    };
    (Arrays { rows: origins.len(), data: Inputs::Texts(texts), target, ..arrays }, origins)
}

/// Rows that belong together because they are pieces of one text.
pub(super) fn of_one_text(origins: Vec<u32>) -> Column {
    let texts = origins.last().map_or(0, |last| last + 1);
    let names = (1..=texts).map(|text| text.to_string()).collect();
    Column::new("text".to_owned(), 1, Cells::Words { codes: origins, names })
}

/// The texts of arrays, where they are texts.
pub(super) fn of(arrays: &Arrays) -> Option<&Texts> {
    match &arrays.data {
        Inputs::Texts(texts) => Some(texts),
        _ => None,
    }
}

/// What the net asks of texts: its input, how its rows end, and numbers of tokens.
pub(super) fn wanted(need: &Need) -> Option<(&InputShape, &Lengths, usize)> {
    Some((need.inputs.first()?, need.lengths.as_ref()?, need.vocab?))
}
