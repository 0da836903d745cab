//! An opened source to a [`Dataset`]: divide, fit on the training part, encode every part.

use std::sync::Arc;

use super::dataset::{Dataset, Input, Part, Target};
use super::divide::Parts;
use super::error::DataError;
use super::inputs::{Inputs, Precision};
use super::laid::Windows;
use super::need::Lengths;
use super::opened::Opened;
use super::raw::{Arrays, Raw};
use super::scaler::Scaler;
use super::schema::DataSchema;
use super::streams;
use super::target;
use super::texts::{self, TextForm, TextRule, Texts};
use super::tokens::Tokenize;
use super::transform::{Affine, ArrayRule, Fields, InputShape, TargetRule, Transform};
use super::{Need, Want, advice, encode, finite, fit, readers, weights};
use crate::memory;

impl Opened<'_> {
    /// Divides, fits and encodes for a net.
    ///
    /// # Errors
    /// E0531 to E0536: targets or inputs that do not fit the net.
    pub fn dataset(self, need: &Need) -> Result<Dataset, DataError> {
        let source = self.config.source_span;
        let search = self.search.clone();
        let encoded = self.encoded(need).map(|dataset| Dataset { search, ..dataset });
        let encoded = encoded.and_then(|dataset| finite::check(&dataset).map(|()| dataset));
        encoded.map_err(|e| e.net(source))
    }

    fn encoded(self, need: &Need) -> Result<Dataset, DataError> {
        let schema = self.schema()?;
        let settings = &self.config.settings;
        let normalize_target = settings.normalize.filter(|n| n.target).map(|n| n.target_by);
        let mut inputs = natural(need, &schema);
        let middle = need.middle(&schema.shape);
        if middle.is_some() {
            inputs[0].shape.clone_from(&schema.shape);
        }
        if schema.text.is_none() && schema.sound.is_none() {
            check_inputs(&Need { inputs: inputs.clone(), ..need.clone() }, &schema)?;
        }
        // A number is 4 bytes for the net; a row has its target and its number. Rows of 32-bit numbers and of bytes stay where they are.
        let held = match &self.raw {
            Raw::Arrays { train, .. }
                if train.data.precision() != Precision::Long || !train.data.is_held() =>
            {
                0
            }
            _ => schema.features(),
        };
        let a_row = held.saturating_add(2).saturating_mul(4);
        memory::check(memory::product(&[schema.rows, a_row]))?;
        match &self.raw {
            Raw::Table(table) => {
                let at = |e: DataError| if let Some(file) = &table.file { e.file(file) } else { e };
                let whole = target::from_columns(&table.target, need.target).map_err(at)?;
                let parts = self.parts(table.rows, whole.strata().as_deref(), table.test.is_some())?;
                let columns = fit::columns(&table.inputs, &parts.train, settings).map_err(at)?;
                let columns = encode::coded(columns, &inputs).map_err(at)?;
                let rule = whole.rule(&parts.train, normalize_target);
                let named =
                    |c: usize, e: DataError| at(e.column(table.target[c].number, &table.target[c].name));
                whole.told_apart(&rule, named)?;
                let mut encoded = encode::table(table, &columns, &inputs);
                if need.raw {
                    encode::keep_raw(table, &columns, &inputs, &mut encoded);
                }
                encoded.extend(full(need.lengths.as_ref(), table.rows));
                if let Some(column) = &table.weights {
                    let weights = weights::of(column, &parts.train).map_err(at)?;
                    encoded.push(Input::floats("row weight", &[], weights));
                }
                let target = Arc::new(encode::in_training_units(&whole, &rule));
                let part = |rows: &[u32]| Part::new(rows.into(), encoded.clone(), target.clone());
                let some = |rows: &[u32]| (!rows.is_empty()).then(|| part(rows));
                let (train, valid, test) = (part(&parts.train), some(&parts.valid), some(&parts.test));
                let fields = Fields::Table { format: table.format.clone(), columns };
                let transform = Transform {
                    inputs,
                    fields,
                    target: rule,
                    pictures: None,
                    sounds: None,
                    middle: None,
                    resized: false,
                    lengths: need.lengths.clone(),
                };
                let own_test = table.test.as_ref().map(|own| {
                    readers::labelled_table(&own.path, &transform, &own.file).map(|known| known.part)
                });
                let test = own_test.transpose()?.or(test);
                Ok(Dataset { valid, test, ..Dataset::of(train, transform, schema) })
            }
            Raw::Arrays { train, .. } if streams::in_arrays(train).is_some() => {
                self.stream_dataset(need, schema, inputs)
            }
            Raw::Arrays { train, .. } if texts::of(train).is_some() => {
                self.texts_dataset(need, schema, inputs, normalize_target)
            }
            Raw::Arrays { .. } => self.arrays_dataset(need, schema, (inputs, middle), normalize_target),
        }
    }

    /// What texts are read by.
    ///
    /// # Errors
    /// E0533 for a net that reads none.
    fn reading<'a>(&'a self, need: &'a Need) -> Result<Reading<'a>, DataError> {
        let (Raw::Arrays { train, test }, Some(how)) = (&self.raw, &self.config.settings.tokenize) else {
            return Err(no_texts());
        };
        let (input, lengths, vocab) = texts::wanted(need).ok_or_else(no_texts)?;
        Ok(Reading { train, test: test.as_ref(), how, input, lengths, vocab })
    }

    /// Windows of a text, by the vocabulary of its beginning.
    fn stream_dataset(
        self,
        need: &Need,
        schema: DataSchema,
        inputs: Vec<InputShape>,
    ) -> Result<Dataset, DataError> {
        let Reading { train, how, input, vocab, .. } = self.reading(need)?;
        let stream = streams::in_arrays(train).ok_or_else(no_texts)?;
        let wanted = if stream.foretells_each() { Want::Tokens(vocab) } else { Want::Class(vocab) };
        if need.target != wanted {
            let steps = input.width();
            return Err(DataError::new("E0547", "the net does not foretell one of the tokens that it reads")
                .file(&train.file)
                .help(format!(
                    "write `output next: token[{steps}, vocab={vocab}]` for what comes behind each of them, or `class[{vocab}]` for what comes behind the last"
                )));
        }
        let stretches = self.stretches(train.rows, self.config.settings.split.as_ref(), None, None, false)?;
        let windows = stream.windows(stretches, how.manner.unit.one());
        let window = self.config.settings.window.as_ref().map_or(how.span, |window| window.span);
        let (Windows { rows, parts }, tokens) = windows.map_err(|e| e.file(&train.file).net(window))?;
        let tokenizer = stream.fit(tokens, how, vocab, need.open)?;
        let encoded = stream.encode(&tokenizer, input, rows).map_err(|e| e.file(&train.file))?;
        let (stores, target, unknown) = encoded;
        let target = Arc::new(target);
        let streams = stream.streams.map(|streams| streams.count);
        let part = |rows: &[u32]| Part::new(rows.into(), stores.clone(), target.clone()).in_streams(streams);
        let (train, valid, test) = divided(&parts, part)?;
        let names = tokenizer.answers(vocab);
        let rule = TargetRule::Classes { column: "next".into(), names };
        let fields = Fields::Text(TextRule { form: TextForm::Stream, tokenizer });
        let transform = of_texts(need, inputs, fields, rule);
        Ok(Dataset { valid, test, unknown, ..Dataset::of(train, transform, schema) })
    }

    /// Texts as tokens, by the vocabulary of the training part.
    fn texts_dataset(
        self,
        need: &Need,
        schema: DataSchema,
        inputs: Vec<InputShape>,
        normalize_target: Option<Scaler>,
    ) -> Result<Dataset, DataError> {
        let Reading { train, test, how, input, lengths, vocab } = self.reading(need)?;
        let own = texts::of(train).ok_or_else(no_texts)?;
        if own.have_answers() {
            return self.answers_dataset(need, schema, inputs);
        }
        let whole = target::from_array(&train.target, need.target, &train.target_file)?;
        let parts = self.parts(train.rows, whole.strata().as_deref(), test.is_some())?;
        let rule = whole.rule(&parts.train, normalize_target).with_names(self.class_names());
        let tokenizer = own.fit(&parts.train, how, vocab, need.open)?;
        let encode = |texts: &Texts| texts.encode(&tokenizer, input, lengths, how.length);
        let (stores, mut cut, mut unknown) = encode(own)?;
        let target = Arc::new(encode::in_training_units(&whole, &rule));
        let part = |rows: &[u32]| Part::new(rows.into(), stores.clone(), target.clone());
        let (train, valid, mut last) = divided(&parts, part)?;
        if let Some(test) = test {
            let whole = target::from_array(&test.target, need.target, &test.target_file)?;
            let texts = texts::of(test).ok_or_else(no_texts)?;
            let (stores, of_test, unknown_there) = encode(texts)?;
            cut += of_test;
            unknown += unknown_there;
            last = Some(Part::of_first(test.rows, stores, encode::in_training_units(&whole, &rule)));
        }
        let fields = Fields::Text(TextRule { form: own.form.clone(), tokenizer });
        let texts = need.raw.then(|| own.clone());
        let transform = of_texts(need, inputs, fields, rule);
        Ok(Dataset { valid, test: last, cut, unknown, texts, ..Dataset::of(train, transform, schema) })
    }

    /// Texts that have an answer at each token.
    fn answers_dataset(
        self,
        need: &Need,
        schema: DataSchema,
        inputs: Vec<InputShape>,
    ) -> Result<Dataset, DataError> {
        let Reading { train, how, input, lengths, vocab, .. } = self.reading(need)?;
        let own = texts::of(train).ok_or_else(no_texts)?;
        if need.target != Want::Tokens(vocab) {
            let steps = input.width();
            return Err(DataError::new("E0532", "each token of these texts has its own answer")
                .file(&train.file)
                .help(format!("write `output again: token[{steps}, vocab={vocab}]`")));
        }
        let parts = self.parts(train.rows, None, false)?;
        let tokenizer = own.fit(&parts.train, how, vocab, need.open)?;
        let (stores, cut, unknown) = own.encode(&tokenizer, input, lengths, how.length)?;
        let answers = own.answers(&tokenizer, input.width(), how.length)?.ok_or_else(no_texts)?;
        let target = Arc::new(Target::Tokens(answers));
        let part = |rows: &[u32]| Part::new(rows.into(), stores.clone(), target.clone());
        let (train, valid, test) = divided(&parts, part)?;
        let names = tokenizer.answers(vocab);
        let rule = TargetRule::Classes { column: "answer".into(), names };
        let fields = Fields::Text(TextRule { form: own.form.clone(), tokenizer });
        let texts = need.raw.then(|| own.clone());
        let transform = of_texts(need, inputs, fields, rule);
        Ok(Dataset { valid, test, cut, unknown, texts, ..Dataset::of(train, transform, schema) })
    }

    fn arrays_dataset(
        self,
        need: &Need,
        schema: DataSchema,
        (inputs, middle): (Vec<InputShape>, Option<[usize; 2]>),
        normalize_target: Option<Scaler>,
    ) -> Result<Dataset, DataError> {
        let settings = &self.config.settings;
        let Raw::Arrays { train, test } = &self.raw else {
            return Err(DataError::new("E0533", "the source has no arrays"));
        };
        let whole = target::from_array(&train.target, need.target, &train.target_file)?;
        let whole_test =
            test.as_ref().map(|t| target::from_array(&t.target, need.target, &t.target_file)).transpose()?;
        if let (Want::Class(k), Some(classes)) = (need.target, schema.classes.as_ref())
            && classes.len() != k
        {
            let last = classes.len().saturating_sub(1);
            let message = format!("the labels go from 0 to {last}, the net's output says class[{k}]");
            let error = DataError::new("E0532", message).file(&train.target_file);
            let advice = advice::fitting_classes(classes, schema.rows);
            return Err(advice.notes.into_iter().fold(error, DataError::note).help(advice.help));
        }
        let parts = self.parts(train.rows, whole.strata().as_deref(), test.is_some())?;
        let rule = whole.rule(&parts.train, normalize_target).with_names(self.class_names());
        whole.told_apart(&rule, |c, e| e.file(&train.target_file).column(c + 1, ""))?;
        let array_rule = match train.data.sounds() {
            Some(_) => ArrayRule { width: inputs[0].width(), pairs: vec![Affine::SAME] },
            None => fit::array(train, &parts.train, settings)?,
        };
        let channels = schema.shape.last().copied().unwrap_or(1);
        if middle.is_some() && ![1, channels].contains(&array_rule.pairs.len()) {
            return Err(DataError::new(
                "E0536",
                "places of pictures that are cut have no column of their own",
            )
            .file(&train.file)
            .help("write `normalize inputs, per=channel`, or `per=all`"));
        }
        let Raw::Arrays { train, test } = self.raw else {
            return Err(DataError::new("E0533", "the source has no arrays"));
        };
        let sounds = train.data.sounds().map(|clips| clips.hearing.clone());
        let mut cut = 0;
        let mut stores = |data: Inputs, rows: usize, raw: bool| -> Result<Vec<Input>, DataError> {
            if let Some(clips) = data.sounds() {
                let (stores, of_these) = clips.inputs(&inputs[0], need.lengths.as_ref())?;
                cut += of_these;
                return Ok(stores);
            }
            let input = super::arrays::apply(data, &array_rule, &inputs[0], raw)?;
            let seen =
                middle.map_or(Ok(input.clone()), |size| input.middle(size, &array_rule, need.fitted))?;
            Ok([Some(seen), full(need.lengths.as_ref(), rows)].into_iter().flatten().collect())
        };
        let names = [train.names, test.as_ref().map_or_else(Vec::new, |test| test.names.clone())];
        let own = stores(train.data, train.rows, need.raw)?;
        let target = Arc::new(encode::in_training_units(&whole, &rule));
        let streams = self.config.streams().map(|streams| streams.count);
        let part = |rows: &[u32]| Part::new(rows.into(), own.clone(), target.clone()).in_streams(streams);
        let (train, valid, cut_test) = divided(&parts, part)?;
        let own_test = test.zip(whole_test).map(|(test, whole)| {
            let stores = stores(test.data, test.rows, false)?;
            Ok::<Part, DataError>(Part::of_first(test.rows, stores, encode::in_training_units(&whole, &rule)))
        });
        let own_test = own_test.transpose()?;
        let pictures = self.config.source.has_pictures().then_some(settings.pictures);
        let fields = Fields::Array(array_rule);
        let transform = Transform {
            inputs,
            fields,
            target: rule,
            pictures,
            sounds,
            middle,
            resized: middle.is_some() && need.fitted,
            lengths: need.lengths.clone(),
        };
        let (test, names) = (own_test.or(cut_test), names.map(Into::into));
        Ok(Dataset { valid, test, names, cut, ..Dataset::of(train, transform, schema) })
    }
}

/// What texts are read by: those of the source and of its own test part, how they are cut, and what the net asks of them.
struct Reading<'a> {
    train: &'a Arrays,
    test: Option<&'a Arrays>,
    how: &'a Tokenize,
    input: &'a InputShape,
    lengths: &'a Lengths,
    vocab: usize,
}

fn no_texts() -> DataError {
    DataError::new("E0533", "the net reads no texts")
}

/// The parts of divided rows: there are some to train on.
///
/// # Errors
/// E0534 without any.
fn divided(
    parts: &Parts,
    part: impl Fn(&[u32]) -> Part,
) -> Result<(Part, Option<Part>, Option<Part>), DataError> {
    let some = |rows: &[u32]| (!rows.is_empty()).then(|| part(rows));
    let train = some(&parts.train).ok_or_else(|| DataError::new("E0534", "no row is left to train on"))?;
    Ok((train, some(&parts.valid), some(&parts.test)))
}

fn of_texts(need: &Need, inputs: Vec<InputShape>, fields: Fields, target: TargetRule) -> Transform {
    let lengths = need.lengths.clone();
    Transform { inputs, fields, target, pictures: None, sounds: None, middle: None, resized: false, lengths }
}

/// The lengths of rows that are all as long as the longest.
pub(super) fn full(lengths: Option<&Lengths>, rows: usize) -> Option<Input> {
    let Lengths { input, steps, .. } = lengths?;
    Some(Input::lengths(input, vec![*steps as i32; rows]))
}

/// The net's inputs; one called `x` in the data's own shape where the caller has no net.
fn natural(need: &Need, schema: &DataSchema) -> Vec<InputShape> {
    match need.inputs.is_empty() {
        true => vec![InputShape::new("x", &schema.shape)],
        false => need.inputs.clone(),
    }
}

fn check_inputs(need: &Need, schema: &DataSchema) -> Result<(), DataError> {
    let inputs = &need.inputs;
    let wanted = need.numbers();
    let found = schema.features();
    let is_array = schema.columns.is_empty();
    if need.takes(&schema.shape) && (inputs.len() == 1 || !is_array) {
        return Ok(());
    }
    if is_array && inputs.len() > 1 {
        return Err(DataError::new("E0533", "arrays feed one input, the net has several")
            .help("use a table, or one input and `reshape`"));
    }
    let shown: Vec<String> = inputs.iter().map(|i| format!("{}: {:?}", i.name, i.shape)).collect();
    let message = match wanted == found {
        true => "a row has other axes than the net's input".to_owned(),
        false => format!("a row gives {found} numbers, the net's input takes {wanted}"),
    };
    let error = DataError::new("E0533", message).note(format!("the input is {}", shown.join(", ")));
    let error = if is_array { error.note(format!("a row's shape is {:?}", schema.shape)) } else { error };
    let advice = schema.fitting_input(wanted);
    Err(advice.notes.into_iter().fold(error, DataError::note).help(advice.help))
}
