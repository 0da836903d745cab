//! A net and its data, checked against each other.

use std::fmt;

use crate::{
    check::{Attributes, Env, check_penalties, check_source},
    data::{
        self, Choosing, DataConfig, DataError, DataSchema, Dataset, Division, Numeric, Observed, Search,
        Split, Target, TargetRule, is_column_of, sizes::column_of,
    },
    diag::Diagnostic,
    model::Model,
    run::{
        agreement,
        folder::{
            vectors,
            weights::{self, Weights},
        },
    },
    runtime::{counts, progress::Loaded},
    train::{
        BayesDecay,
        bayes_decay::{TARGET_VARIANCE, TRAIN_TOKENS},
    },
    vocab::exactly,
};

/// A net whose data are loaded.
pub struct Ready {
    pub model: Model,
    pub dataset: Dataset,
    /// What the source text may ask of the data: `train.rows`, ...
    pub attributes: Attributes,
    /// The files that parameters begin with.
    pub loaded: Vec<Loaded>,
    pub warnings: Vec<Diagnostic>,
}

/// Why a net cannot run.
#[derive(Debug)]
pub enum OpenError {
    /// Faults of the text; warnings may stand among them.
    Net(Vec<Diagnostic>),
    /// A section without which nothing runs.
    NoSection(&'static str),
    Data(DataError),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Net(diagnostics) => match diagnostics.iter().find(|d| d.is_error()) {
                Some(first) => write!(f, "[{}]: {}", first.code, first.message),
                None => f.write_str("the net has errors"),
            },
            OpenError::NoSection("data") => {
                f.write_str("the file has no `data` section, so there are no rows to run on\nhelp: for a first try: `data { source moons, rows=1000, noise=0.2 }` on lines")
            }
            OpenError::NoSection(name) => write!(f, "the file has no `{name}` section"),
            OpenError::Data(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<DataError> for OpenError {
    fn from(error: DataError) -> Self {
        OpenError::Data(error)
    }
}

/// Checks a text before its data are read, so that a slip costs no reading, and once more with what they answer.
///
/// # Errors
/// Faults of the text, of the data, or a disagreement between them.
pub fn open(source: &str, sets: &[(String, String)], search: &Search) -> Result<Ready, OpenError> {
    open_divided(source, sets, search, &|_| ())
}

/// The same for a run that goes on: what files gave its parameters to begin with is in its checkpoint. Of those that were loaded it is told which they are.
///
/// # Errors
/// As [`open`].
pub fn open_again(source: &str, sets: &[(String, String)], search: &Search) -> Result<Ready, OpenError> {
    without_vectors(source, sets, search, &|_| (), weights::told)
}

/// The same with rows divided as `divide` changes what the file says.
pub(in crate::run) fn open_divided(
    source: &str,
    sets: &[(String, String)],
    search: &Search,
    divide: &dyn Fn(&mut DataConfig),
) -> Result<Ready, OpenError> {
    let mut ready = without_vectors(source, sets, search, divide, weights::read)?;
    ready.model.given.extend(vectors::given(&ready.model, &ready.dataset, search)?);
    ready.warnings.extend(vectors::few(&ready.model));
    Ok(ready)
}

fn without_vectors(
    source: &str,
    sets: &[(String, String)],
    search: &Search,
    divide: &dyn Fn(&mut DataConfig),
    weights: fn(&Model, &Search) -> Result<Weights, OpenError>,
) -> Result<Ready, OpenError> {
    let env = Env { sets: sets.to_vec(), ..Env::default() };
    let mut config = unseen(source, &env)?.data.ok_or(OpenError::NoSection("data"))?;
    divide(&mut config);
    let opened = data::open(&config, search)?;
    let (mut model, mut warnings, mut attributes) = compared(source, sets, &opened.schema()?)?;
    let weights = weights(&model, search)?;
    model.given = weights.given;
    warnings.extend(weights.warnings);
    let dataset = opened.dataset(&agreement::need(&model))?;
    warnings.extend(cut_texts(&model, &dataset));
    balance(&mut model, &dataset);
    if let Some(variance) = standardised(&model, &dataset)? {
        attributes.insert(TARGET_VARIANCE.into(), variance);
        model.fitted.iter_mut().for_each(|fitted| fitted.variance = variance);
        let found = check_penalties(&model);
        if found.iter().any(Diagnostic::is_error) {
            return Err(OpenError::Net(found));
        }
    }
    if let Some(tokens) = penalised_tokens(&model, &dataset) {
        attributes.insert(TRAIN_TOKENS.into(), tokens);
        model.fitted.iter_mut().for_each(|fitted| fitted.terms = tokens);
    }
    counts::check(&model, dataset.train.rows(), dataset.valid.is_some())?;
    colors_are_known(&model, &dataset)?;
    targets_are_positive(&model, &dataset)?;
    model.data.iter_mut().for_each(divide);
    Ok(Ready { model, dataset, attributes, loaded: weights.loaded, warnings })
}

/// Whether targets are from 0 on where the loss reads no others.
///
/// # Errors
/// E0402.
fn targets_are_positive(model: &Model, dataset: &Dataset) -> Result<(), OpenError> {
    let Some(used) = model.train.as_ref().map(|train| &train.loss).filter(|loss| loss.word.is_of_positive())
    else {
        return Ok(());
    };
    let parts = [
        ("training", Some(&dataset.train)),
        ("validation", dataset.valid.as_ref()),
        ("test", dataset.test.as_ref()),
    ];
    let below = parts.into_iter().filter_map(|(name, part)| Some((name, part?))).find_map(|(name, part)| {
        part.all_observed().find_map(|observed| match observed {
            Observed::Real(numbers) => numbers.iter().find(|y| **y < 0.0).map(|y| (name, *y)),
            _ => None,
        })
    });
    let Some((part, y)) = below else { return Ok(()) };
    let message = format!("`{}` of a target below 0: {} in the {part} part", used.args.sig.name, exactly(y));
    Err(OpenError::Net(vec![
        Diagnostic::error("E0402", used.args.span, message)
            .label("reads targets from 0 on")
            .help("another loss, such as `squared_error`, reads any number"),
    ]))
}

/// Gives losses the numbers of training rows of each class or bit, by which they weigh them where the file says so.
fn balance(model: &mut Model, dataset: &Dataset) {
    let width = model.output.kind.width();
    let Some(train) = &mut model.train else { return };
    let mut counts = vec![0.0; width];
    for observed in dataset.train.all_observed() {
        match observed {
            Observed::Class(class) => {
                counts.get_mut(class as usize).into_iter().for_each(|count| *count += 1.0);
            }
            Observed::Bits(bits) => {
                counts.iter_mut().zip(bits).for_each(|(count, bit)| *count += f64::from(*bit));
            }
            Observed::Real(_) | Observed::Tokens(_) => return,
        }
    }
    train.loss.word.balance(&mut train.loss.args, &counts, dataset.train.rows() as f64);
}

/// Texts that are longer than the net's rows.
fn cut_texts(model: &Model, dataset: &Dataset) -> Option<Diagnostic> {
    let (node, rows) = (model.ragged()?, dataset.schema.rows);
    let steps = node.ty.steps()?.size;
    let message = format!("{} of {rows} texts are longer than their rows, and were cut", dataset.cut);
    let cut = model.data.as_ref().and_then(|data| data.settings.tokenize);
    // Of sounds it was said before they were read as rows.
    (dataset.cut > 0 && dataset.schema.sound.is_none()).then(|| {
        let warning = |at| Diagnostic::warning("W0504", at, message).label(format!("has {steps} tokens"));
        match cut {
            Some(how) if how.length == Some(steps) => warning(how.span)
                .help("a greater `length=` reads more of them; with `long=split` their rest becomes rows of its own"),
            _ => warning(node.span).help("a longer input reads more of them"),
        }
    })
}

/// Whether black and white are known where statements compute with colours or paint with them.
///
/// # Errors
/// E0412.
fn colors_are_known(model: &Model, dataset: &Dataset) -> Result<(), OpenError> {
    let said = model.data.as_ref().is_some_and(|data| data.settings.range.is_some());
    let trained = model.train.as_ref().and_then(|train| train.augmentation.of_the_range());
    let viewed = || model.predict.views.iter().find(|used| used.word.needs_range(&used.args));
    let used = trained.or_else(viewed).filter(|_| !said);
    let picture = model.picture().map(|(input, _)| dataset.train.inputs[input].unmapped().form().numeric);
    let (Some(used), Some(Numeric::F32)) = (used, picture) else { return Ok(()) };
    let args = &used.args;
    let label = if used.word.is_of_colors() { "computes with colours" } else { "paints with them" };
    let message = format!("`{}` has to know which numbers are black and white", args.sig.name);
    Err(OpenError::Net(vec![
        Diagnostic::error("E0412", args.span, message)
            .label(label)
            .note("the pictures of the data are no bytes")
            .help("write `range 0..1` in `data`, in the numbers of the source"),
    ]))
}

/// The variance by which the target is standardised, where a penalty of the net depends on it.
///
/// # Errors
/// Several outputs whose variances differ: one precision cannot be converted for all.
fn standardised(model: &Model, dataset: &Dataset) -> Result<Option<f64>, OpenError> {
    let penalties = model.train.iter().flat_map(|train| &train.penalties);
    let mut uses = penalties.filter(|p| p.args.value("amount").and_then(BayesDecay::of).is_some());
    let (Some(penalty), TargetRule::Real { units, .. }) = (uses.next(), &dataset.transform.target) else {
        return Ok(None);
    };
    if let Some(curve) = units.curve {
        return Err(OpenError::Net(vec![
            Diagnostic::error(
                "E0211",
                penalty.args.span_of("amount"),
                "`bayes_decay` of a target of which logarithms are taken",
            )
            .label("a precision is of numbers, and the loss is of logarithms")
            .help(format!(
                "leave `kind={}` out of `normalize target`, or write the amount itself",
                curve.word()
            )),
        ]));
    }
    let sd = &units.sd;
    let first = sd.first().copied().unwrap_or(1.0);
    if sd.iter().any(|other| (other / first - 1.0).abs() > 1e-9) {
        return Err(OpenError::Net(vec![
            Diagnostic::error(
                "E0211",
                penalty.args.span_of("amount"),
                "`bayes_decay` of targets that are standardised apart",
            )
            .label("one precision cannot stand for all of them")
            .help("leave `target` out of `normalize`, or train a net for each target"),
        ]));
    }
    Ok((first != 1.0).then_some(first * first))
}

/// How many tokens of the training rows are foretold, where a penalty of the net depends on it: one of a net whose loss is a mean over them.
fn penalised_tokens(model: &Model, dataset: &Dataset) -> Option<f64> {
    let train = model.train.as_ref()?;
    let Target::Tokens(foretold) = &*dataset.train.target else { return None };
    let is_mean = train.loss.word.is_per_step(&train.loss.args, model.output.kind);
    let rows = dataset.train.numbers().iter();
    (is_mean && train.bayes_decays().next().is_some())
        .then(|| rows.map(|row| foretold.row(*row as usize).len() as f64).sum())
}

/// What a run remembers of its data: what the text may ask of them, and what its penalties depend on.
pub(in crate::run) fn attributes_of(model: &Model, dataset: &Dataset) -> Attributes {
    let mut attributes = asked_of(model, &dataset.schema);
    if let Ok(Some(variance)) = standardised(model, dataset) {
        attributes.insert(TARGET_VARIANCE.into(), variance);
    }
    attributes.extend(penalised_tokens(model, dataset).map(|tokens| (TRAIN_TOKENS.into(), tokens)));
    attributes
}

/// What the text of a net may ask of its data; where a size is `_`, theirs too.
fn asked_of(model: &Model, schema: &DataSchema) -> Attributes {
    let mut attributes = schema.attributes();
    if model.open {
        attributes.extend(schema.sizes());
        // Of columns of categories those that are inputs of their own.
        let inputs: Vec<&str> = model
            .inputs
            .iter()
            .map(|id| model.node(*id))
            .filter(|node| node.ty.categories().is_some())
            .map(|node| node.path.as_str())
            .collect();
        attributes.retain(|name, _| {
            column_of(name).is_none_or(|column| inputs.iter().any(|input| is_column_of(input, column)))
        });
    }
    attributes
}

/// All that data can say of a net before they are fitted to it: what the sizes `_` of its text come to.
///
/// # Errors
/// Faults of the text or of its data.
pub fn sizes(source: &str, sets: &[(String, String)], search: &Search) -> Result<Attributes, OpenError> {
    let env = Env { sets: sets.to_vec(), ..Env::default() };
    let config = unseen(source, &env)?.data.ok_or(OpenError::NoSection("data"))?;
    Ok(of_schema(&data::open(&config, search)?.schema()?))
}

fn of_schema(schema: &DataSchema) -> Attributes {
    let mut attributes = schema.attributes();
    attributes.extend(schema.sizes());
    attributes
}

/// The `data` section of a text.
///
/// # Errors
/// Faults of the text; one without the section.
pub fn section(source: &str, sets: &[(String, String)]) -> Result<DataConfig, OpenError> {
    let env = Env { sets: sets.to_vec(), ..Env::default() };
    unseen(source, &env)?.data.ok_or(OpenError::NoSection("data"))
}

/// A sound text whose data are not read yet.
pub(in crate::run) struct Unseen {
    pub data: Option<DataConfig>,
    /// None where a size of it is `_`.
    pub model: Option<Model>,
    pub warnings: Vec<Diagnostic>,
}

/// Checks a text by itself.
///
/// # Errors
/// Its faults.
pub(in crate::run) fn unseen(source: &str, env: &Env) -> Result<Unseen, OpenError> {
    let checked = check_source(source, env);
    let (warnings, sketch) = (checked.diagnostics, checked.sketch);
    match checked.model {
        Some(model) => Ok(Unseen { data: model.data.clone(), model: Some(model), warnings }),
        None if sketch.waits && !warnings.iter().any(Diagnostic::is_error) => {
            Ok(Unseen { data: sketch.data, model: None, warnings })
        }
        None => Err(OpenError::Net(warnings)),
    }
}

/// Checks a text, against its data too if it has any; of these only texts are fitted to the net. Answers the warnings.
///
/// # Errors
/// As [`open`], but a net without data is none.
pub fn probe(
    source: &str,
    sets: &[(String, String)],
    search: &Search,
    pedantic: bool,
) -> Result<Vec<Diagnostic>, OpenError> {
    let env = |attributes| Env { sets: sets.to_vec(), attributes, pedantic };
    let Unseen { data, warnings, .. } = unseen(source, &env(Attributes::new()))?;
    let Some(config) = &data else { return Ok(warnings) };
    let opened = data::open(config, search)?;
    let schema = opened.schema()?;
    let (mut model, mut warnings) = checked_in(source, &env(of_schema(&schema)))?;
    warnings.extend(agreement::disagreements(&schema, &model));
    if warnings.iter().any(Diagnostic::is_error) {
        return Err(OpenError::Net(warnings));
    }
    let divisions = divisions_of(&model, config).into_iter();
    for divided in opened.divisions(divisions, agreement::need(&model).target, search)? {
        counts::check(&model, divided.train, divided.valid > 0)?;
    }
    warnings.extend(weights::read(&model, search)?.warnings);
    // Vocabularies are the training part's to say, and how long texts are their tokens'.
    if schema.text.is_some() {
        let dataset = opened.dataset(&agreement::need(&model))?;
        warnings.extend(cut_texts(&model, &dataset));
        model.given = vectors::given(&model, &dataset, search)?;
        warnings.extend(vectors::few(&model));
    }
    Ok(warnings)
}

/// The divisions that the text names: what `train` fits, all folds, and with a sweep the rows of its search and of its last fit.
fn divisions_of(model: &Model, config: &DataConfig) -> Vec<Split> {
    let written = config.settings.split.clone().unwrap_or_else(Split::none);
    let folds = match written.division {
        Division::Folds { folds, .. } => folds,
        _ => 1,
    };
    let fold = |k: usize| match written.division {
        Division::Folds { folds, .. } => {
            Split { division: Division::Folds { folds, fold: k + 1 }, ..written.clone() }
        }
        _ => written.clone(),
    };
    let choices = match &model.sweep {
        Some(_) => vec![Choosing::Written, Choosing::Needed, after_choosing(model)],
        None => vec![written.choosing],
    };
    let chosen =
        |split: Split| choices.iter().map(move |choosing| Split { choosing: *choosing, ..split.clone() });
    (0..folds).map(fold).flat_map(chosen).collect()
}

/// What becomes of validation rows that have chosen: a net that watches them while it trains keeps them.
pub(in crate::run) fn after_choosing(model: &Model) -> Choosing {
    let Some(train) = &model.train else { return Choosing::Done };
    if train.fits_precision() || train.watches_valid() { Choosing::Needed } else { Choosing::Done }
}

/// The net, warnings, and what the text may ask of the data.
pub(in crate::run) type Compared = (Model, Vec<Diagnostic>, Attributes);

pub(in crate::run) fn compared(
    source: &str,
    sets: &[(String, String)],
    schema: &DataSchema,
) -> Result<Compared, OpenError> {
    let env = Env { sets: sets.to_vec(), attributes: of_schema(schema), pedantic: false };
    let (model, mut diagnostics) = checked_in(source, &env)?;
    diagnostics.extend(agreement::disagreements(schema, &model));
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(OpenError::Net(diagnostics));
    }
    let attributes = asked_of(&model, schema);
    Ok((model, diagnostics, attributes))
}

fn checked_in(source: &str, env: &Env) -> Result<(Model, Vec<Diagnostic>), OpenError> {
    let checked = check_source(source, env);
    match checked.model {
        Some(model) => Ok((model, checked.diagnostics)),
        None => Err(OpenError::Net(checked.diagnostics)),
    }
}
