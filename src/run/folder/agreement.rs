//! Whether the data can give what a net asks of them.
//!
//! Invariant: what is said here as a diagnostic at the net's place is what [`crate::data::Opened::dataset`] would refuse as bad data.

use crate::{
    data::{
        Advice, ColumnKind, DataSchema, InputShape, Lengths, Need, Notations, SoundSizes, Want,
        are_hardly_classes, cut, fitting_classes, hertz, is_column_of, left_out, seconds,
    },
    diag::{Diagnostic, Span},
    model::{Model, NodeKind, Ragged, Ty},
    vocab::quoted_if_needed,
};

/// What the net asks of the data.
pub fn need(model: &Model) -> Need {
    let input = |id| {
        let node = model.node(id);
        let name = match &node.kind {
            NodeKind::Input { name } => name.clone(),
            _ => node.path.clone(),
        };
        InputShape { name, shape: node.ty.sizes(), categories: node.ty.categories() }
    };
    let raw = model.train.as_ref().is_some_and(|train| !train.augmentation.rows.is_empty());
    let inputs = model.inputs.iter().map(|id| input(*id)).collect();
    let larger = model.train.as_ref().is_some_and(|train| train.augmentation.cuts());
    let fitted = model.train.as_ref().is_some_and(|train| train.augmentation.fits());
    let lengths = model.ragged().and_then(|node| Some((node.path.clone(), node.ty.steps()?.size)));
    let least = model.nodes.iter().filter_map(|node| node.ty.ragged()).map(Ragged::least).max();
    let rate = model.ragged().and_then(|node| Some(node.ty.steps()?.clock?.rate));
    let lengths = lengths.map(|(input, steps)| Lengths { input, steps, least: least.unwrap_or(1), rate });
    let of_text = |ty: &Ty| ty.vocab().filter(|_| ty.categories().is_none());
    let vocab = model.inputs.iter().find_map(|id| of_text(&model.node(*id).ty));
    Need {
        inputs,
        target: model.output.kind.want(),
        raw,
        larger,
        fitted,
        lengths,
        vocab,
        open: model.open_vocab,
    }
}

/// Where the net and the data disagree in size, at the net's place.
pub fn disagreements(schema: &DataSchema, model: &Model) -> Vec<Diagnostic> {
    let need = need(model);
    if schema.text.is_some() || need.vocab.is_some() {
        let target = target_disagreement(schema, model, need.target);
        return texts(schema, model).or(target).into_iter().collect();
    }
    if schema.sound.is_some() || need.lengths.as_ref().is_some_and(|own| own.rate.is_some()) {
        return sounds(schema, model, &need);
    }
    let mut found = Vec::new();
    if let Some(error) = categories(schema, model) {
        return vec![error];
    }
    let wanted = need.numbers();
    let fits = need.takes(&schema.shape) || need.middle(&schema.shape).is_some();
    if let Some(first) = model.inputs.first().filter(|_| !fits && wanted == schema.features()) {
        let (shown, line) = (sides(&schema.shape), schema.features());
        let error =
            Diagnostic::error("E0533", model.node(*first).span, format!("a row of the data is {shown}"))
                .label(format!("takes {}", sides(&need.inputs[0].shape)))
                .note("as many numbers, along other axes: places that lie side by side would be torn apart");
        let advice = schema.fitting_input(wanted);
        found.push(match model.node(*first).ty.ragged() {
            None => error.help(format!("{}, or `real[{line}]` where the net needs no places", advice.help)),
            Some(_) => error.help(advice.help.replace("`real[", "`series[")),
        });
    } else if let Some(first) = model.inputs.first().filter(|_| !fits) {
        let (gives, mut advice) = (schema.features(), schema.fitting_input(wanted));
        // Rows of steps are called what the net calls them.
        if model.node(*first).ty.ragged().is_some() {
            advice.help = advice.help.replace("`real[", "`series[");
        }
        let label = match model.inputs.len() {
            1 => format!("takes {wanted}"),
            n => format!("the {n} inputs together take {wanted}"),
        };
        let error = Diagnostic::error(
            "E0533",
            model.node(*first).span,
            format!("the data give {gives} {} a row", if gives == 1 { "number" } else { "numbers" }),
        );
        found.push(advised(error.label(label), advice));
    } else if let Some(first) = model.inputs.first() {
        found.extend(doubts(schema, model.node(*first).span));
    }
    match target_disagreement(schema, model, need.target) {
        Some(error) => found.push(error),
        None => found.extend(doubtful_classes(schema, model, need.target)),
    }
    found
}

/// An input of categories without a column of as many.
fn categories(schema: &DataSchema, model: &Model) -> Option<Diagnostic> {
    let inputs = model.inputs.iter().map(|id| model.node(*id));
    let mut known: Vec<&str> = Vec::new();
    for node in inputs {
        let Some(wanted) = node.ty.categories() else { continue };
        let fault = |message: String| Diagnostic::error("E0533", node.span, message);
        let Some(column) = schema.columns.iter().find(|column| is_column_of(&node.path, &column.name)) else {
            let error = fault(format!("the data have no column `{}`", cut(&node.path)));
            return Some(
                error
                    .label("is called as its column is")
                    .help("categories are a column of a table: `input NAME: category[_]`"),
            );
        };
        let found = match &column.kind {
            ColumnKind::Words(names) => names.len(),
            ColumnKind::Number | ColumnKind::Ordered(_) | ColumnKind::Dates(_) => {
                let error = fault(format!("`{}` is no column of categories", cut(&column.name)));
                let help = format!(
                    "write `categories {}` in `data`, or read its numbers by `real[_]`",
                    quoted_if_needed(&column.name)
                );
                return Some(error.label("reads categories").help(help));
            }
        };
        if found != wanted {
            let error = fault(format!("`{}` has {found} categories", cut(&column.name)));
            return Some(
                error
                    .label(format!("says {wanted}"))
                    .help(format!("write `category[_]`, which is `category[{found}]` here")),
            );
        }
        if known.contains(&column.name.as_str()) {
            let error = fault(format!("two inputs read the column `{}`", cut(&column.name)));
            return Some(error.label("reads it again").help("read it once, and name its value: `from NAME`"));
        }
        known.push(&column.name);
    }
    None
}

/// Texts are read by one input, of tokens.
fn texts(schema: &DataSchema, model: &Model) -> Option<Diagnostic> {
    let inputs: Vec<_> = model.inputs.iter().map(|id| model.node(*id)).collect();
    let tokens = inputs.iter().find(|node| node.ty.vocab().is_some());
    match (schema.text, tokens, &inputs[..]) {
        (None, Some(node), _) => Some(
            Diagnostic::error("E0533", node.span, "the data are numbers, not texts")
                .label("reads tokens")
                .help("`source csv, FILE, text=COLUMN, label=COLUMN` reads texts from a table"),
        ),
        (Some(text), None, [node, ..]) => Some(
            Diagnostic::error("E0533", node.span, "the data are texts")
                .label("reads numbers")
                .help(format!("write `token[{}, vocab=_]`, and an `embedding` behind it", text.steps)),
        ),
        (Some(_), Some(_), [_, other, ..]) => Some(
            Diagnostic::error("E0533", other.span, "the data give one text a row")
                .label("nothing is left for this input"),
        ),
        _ => None,
    }
}

/// Sounds are read by one input, a wave of their rate.
fn sounds(schema: &DataSchema, model: &Model, need: &Need) -> Vec<Diagnostic> {
    let Some(first) = model.inputs.first().map(|id| model.node(*id).span) else { return Vec::new() };
    let rate = need.lengths.as_ref().and_then(|own| own.rate);
    let wrong = match (&schema.sound, rate, model.inputs.get(1)) {
        (None, ..) => Some(
            Diagnostic::error("E0533", first, "the data are no sounds")
                .label("reads a wave")
                .help("`source audio, \"FOLDER\"` reads wav and flac files; `source tones` makes sounds"),
        ),
        (Some(sound), None, _) => Some(
            Diagnostic::error("E0533", first, "the data are sounds").label("reads no wave").help(format!(
                "write `wave[1s, rate={}]`, with the time that a row should have: the longest clip has {}",
                hertz(sound.rate),
                seconds(sound.longest as f64, sound.rate)
            )),
        ),
        (Some(_), Some(_), Some(other)) => Some(
            Diagnostic::error("E0533", model.node(*other).span, "the data give one sound a row")
                .label("nothing is left for this input"),
        ),
        (Some(sound), Some(rate), None) if sound.rate != rate => {
            let (own, net) = (hertz(sound.rate), hertz(rate));
            let error = Diagnostic::error("E0553", first, format!("the sounds have {own}"));
            let error = error.label(format!("takes {net}"));
            Some(error.help(format!("write `resample {net}` in `data`, or `rate={own}` here")))
        }
        _ => None,
    };
    let target = target_disagreement(schema, model, need.target);
    let sound = schema.sound.as_ref().filter(|_| wrong.is_none());
    let doubts = sound.map(|sound| heard(sound, need, first)).unwrap_or_default();
    // Who draws stretches knows that clips are longer.
    let told = |doubt: &Diagnostic| doubt.code != "W0506" || !model.draws_stretches();
    let doubts = doubts.into_iter().filter(told);
    wrong.into_iter().chain(target).chain(doubts).collect()
}

/// Clips that say nothing, and those that are cut.
fn heard(sound: &SoundSizes, need: &Need, input: Span) -> Vec<Diagnostic> {
    let clips = sound.lengths.len();
    let silent = (sound.silent > 0).then(|| {
        let message = match sound.silent {
            1 => format!("one of the {clips} clips is silent"),
            n => format!("{n} of the {clips} clips are silent"),
        };
        let warning = Diagnostic::warning("W0505", input, message).label("hears nothing in them");
        match &sound.first_silent {
            Some(name) if sound.silent == 1 => warning.note(format!("it is {name}")),
            Some(name) => warning.note(format!("the first is {name}")),
            None => warning,
        }
    });
    let steps = need.lengths.as_ref().map_or(0, |own| own.steps);
    let cut = sound.lengths.iter().filter(|length| **length as usize > steps).count();
    let cut = (cut > 0).then(|| {
        let (row, longest) = (seconds(steps as f64, sound.rate), seconds(sound.longest as f64, sound.rate));
        let (clips_are, they) = if cut == 1 { ("clip is", "it is") } else { ("clips are", "they are") };
        let message = format!("{cut} of the {clips} {clips_are} longer than {row}, and {they} cut");
        let warning = Diagnostic::warning("W0506", input, message).label("reads their beginning");
        warning.note(format!("the longest has {longest}"))
    });
    silent.into_iter().chain(cut).collect()
}

/// `24x24x1`
fn sides(shape: &[usize]) -> String {
    shape.iter().map(usize::to_string).collect::<Vec<_>>().join("x")
}

/// Classes that are the numbers of a quantity, or tell rows apart.
fn doubtful_classes(schema: &DataSchema, model: &Model, want: Want) -> Option<Diagnostic> {
    let (Want::Class(_), Some(names)) = (want, &schema.classes) else { return None };
    if schema.columns.is_empty() || !are_hardly_classes(names, schema.rows) {
        return None;
    }
    let message = format!("the target has {} different values in {} rows", names.len(), schema.rows);
    let warning =
        Diagnostic::warning("W0501", model.output.span, message).label("each is a class of its own");
    let number = "for a number to be predicted write `output y: real[1]`";
    Some(match Notations::of(names) {
        Some(notation) => warning
            .note(format!("the column seems to hold {}", notation.name()))
            .help(format!("{}; {number}", notation.fix())),
        None => warning.help(format!("{number}, or name another column in `target`")),
    })
}

/// What speaks against columns that fit.
fn doubts(schema: &DataSchema, input: Span) -> Vec<Diagnostic> {
    let identifiers = schema.identifiers();
    let identifier = identifiers.first().map(|(column, words)| {
        let message = format!(
            "`{}` has {words} different words in {} rows, and each is an input of its own",
            cut(&column.name),
            schema.rows
        );
        Diagnostic::warning("W0501", input, message)
            .label("the net learns single rows by it")
            .help(format!("such a column tells rows apart and is no category: {}", left_out(&[*column])))
    });
    let counts = schema.columns.iter().find(|column| column.counts).map(|column| {
        Diagnostic::warning("W0501", input, format!("`{}` counts the rows", cut(&column.name)))
            .label("the net may learn the order of the file by it")
            .help(left_out(&[column]))
    });
    let mostly_filled = schema.columns.iter().find(|column| 2 * column.gaps > schema.rows).map(|column| {
            let message = format!(
                "{} of the {} values of `{}` are not known and filled in",
                column.gaps,
                schema.rows,
                cut(&column.name)
            );
            let warning = Diagnostic::warning("W0502", input, message).label("sees one value in most rows");
            match column.kind {
                ColumnKind::Words(_) => warning.help(
                    "leave the column out by `inputs`; if its mark of a gap, such as `NA`, is a category, write `na=[]` on the source or quote it in the file",
                ),
                ColumnKind::Number | ColumnKind::Ordered(_) | ColumnKind::Dates(_) => {
                    warning.help(left_out(&[column]))
                }
            }
        });
    identifier.into_iter().chain(counts).chain(mostly_filled).chain(converted(schema, input)).collect()
}

/// Pictures that lost something, or have less in them than their rows.
fn converted(schema: &DataSchema, input: Span) -> Option<Diagnostic> {
    let told = schema.converted.told();
    (!told.is_empty()).then(|| {
        let message = format!("not all of the {} pictures are red, green and blue in bytes", schema.rows);
        let warning = Diagnostic::warning("W0503", input, message).label("sees what became of them");
        told.into_iter().fold(warning, Diagnostic::note)
    })
}

fn target_disagreement(schema: &DataSchema, model: &Model, want: Want) -> Option<Diagnostic> {
    let span = model.output.span;
    let columns = |d: usize, what: &str| {
        (schema.target_width != d).then(|| {
            let message = format!("the target is {} numbers a row, not {d}", schema.target_width);
            Diagnostic::error("E0532", span, message).label(format!("{what}[{d}]"))
        })
    };
    match (want, &schema.classes) {
        // Whether there is a token to foretell is said where texts are read.
        (Want::Tokens(_), _) => None,
        (Want::Real(d), _) => columns(d, "real"),
        (Want::Bits(d), _) => columns(d, "bits"),
        (Want::Class(k), Some(names)) if names.len() == k => None,
        // A label beyond the classes of the net: said with its row when arrays are loaded.
        (Want::Class(k), Some(names)) if schema.columns.is_empty() && names.len() > k => None,
        (Want::Class(k), Some(names)) => {
            let plural = if names.len() == 1 { "class" } else { "classes" };
            let message = format!("the data have {} {plural}", names.len());
            let error = Diagnostic::error("E0532", span, message).label(format!("says {k}"));
            Some(advised(error, fitting_classes(names, schema.rows)))
        }
        // Numbers with fractions: what their classes are is said when they are loaded.
        (Want::Class(_), None) => columns(1, "class"),
    }
}

fn advised(error: Diagnostic, advice: Advice) -> Diagnostic {
    advice.notes.into_iter().fold(error, Diagnostic::note).help(advice.help)
}
