//! The `augment` section: rows first, then pairs of them.

use super::{
    bind::bind,
    chosen::chosen_steps,
    scope::Scope,
    section::{Section, misplaced, unknown_word, use_span},
    train::sound,
};
use crate::{
    data::{DataConfig, sizes::axes, tokens::Unit},
    diag::{Diagnostic, Span},
    model::{Node, NodeKind, Ty, Use},
    syntax::ast::Step,
    train::augment::{Augment, Augmentation, Pairs, Size, Statement, WORDS, elsewhere, find, one_of},
    vocab::{Args, Timed},
};

/// What the language has and this version has not.
const NOT_YET: &[&str] = &["augmix", "elastic", "perspective"];

/// An input of a sound net, and where it is declared.
pub(super) struct Input {
    pub name: String,
    pub ty: Ty,
    pub span: Span,
}

impl Input {
    pub fn of(node: &Node) -> Option<Self> {
        let NodeKind::Input { name } = &node.kind else { return None };
        Some(Self { name: name.clone(), ty: node.ty.clone(), span: node.span })
    }
}

/// Checks the section; `inputs` are those of a sound net.
pub(super) fn section(
    section: Section<'_>,
    inputs: Option<&[Input]>,
    data: Option<&DataConfig>,
    scope: &mut Scope,
    diags: &mut Vec<Diagnostic>,
) -> Augmentation {
    let mut found = Found::default();
    for step in chosen_steps(section, scope, diags) {
        match known(step, section) {
            Ok(word) => found.statement(word, step, section, scope, diags),
            Err(fault) => diags.push(*fault),
        }
    }
    if let Some(inputs) = inputs {
        let shape: Vec<usize> = axes(&scope.attributes).iter().map(|size| *size as usize).collect();
        diags.extend(found.misfit(inputs, &shape));
        diags.extend(found.misfit_of_words(inputs, data));
        diags.extend(found.misfit_of_sound(inputs));
    }
    found.augmentation
}

pub(super) fn known(step: &Step, section: Section<'_>) -> Result<&'static dyn Augment, Box<Diagnostic>> {
    let (word, span) = (step.name.text.as_str(), step.name.span);
    if let Some(word) = find(word) {
        return Ok(word);
    }
    if let Some(here) = elsewhere(word) {
        let comma = if here.contains(' ') && !step.args.is_empty() { "," } else { "" };
        let error = Diagnostic::error("E0203", span, format!("unknown augmentation `{word}`"))
            .label("has another name here");
        return Err(Box::new(error.fix("this is its name", span, format!("{here}{comma}"))));
    }
    Err(Box::new(match (section.home)(word) {
        // A few of these words are layers too.
        Some(section) if !NOT_YET.contains(&word) => misplaced(word, section, span),
        _ => {
            let names: Vec<&str> = WORDS.iter().map(|(word, _)| word.sig().name).collect();
            unknown_word("augmentation", word, span, &names, NOT_YET)
        }
    }))
}

#[derive(Default)]
struct Found {
    augmentation: Augmentation,
    /// Words so far.
    names: Vec<&'static str>,
    /// The statement that mixes pairs.
    pairs: Option<(&'static str, Span)>,
    /// What acts on pictures alone, in order.
    of_pictures: Vec<Use<dyn Augment>>,
    /// What acts on texts alone, in order.
    of_words: Vec<Use<dyn Augment>>,
    /// What acts on sounds alone, in order.
    of_sound: Vec<Use<dyn Augment>>,
}

impl Found {
    fn statement(
        &mut self,
        word: &'static dyn Augment,
        step: &Step,
        section: Section<'_>,
        scope: &mut Scope,
        diags: &mut Vec<Diagnostic>,
    ) {
        let name = word.sig().name;
        diags.extend(self.out_of_order(word, step));
        let is_first = self.pairs.is_none();
        if word.is_of_pairs() && is_first {
            self.pairs = Some((name, step.span));
        }
        let Some(args) = bind(word.sig(), &step.args, use_span(step), scope, diags) else { return };
        if !sound(word.check(&args), &args, diags) {
            return;
        }
        if word.holds_statements() {
            let path = self.path(name);
            let pairs = self.several(path, &args, step, section, scope, diags);
            if is_first {
                self.augmentation.pairs = pairs;
            }
            return;
        }
        let statement = Statement { path: self.path(name), used: Use { word, args } };
        if word.is_of_pictures(&statement.used.args) {
            self.of_pictures.push(statement.used.clone());
        }
        if word.is_of_words() {
            self.of_words.push(statement.used.clone());
        }
        if word.is_of_sound(&statement.used.args) {
            self.of_sound.push(statement.used.clone());
        }
        match word.is_of_pairs() {
            true if is_first => self.augmentation.pairs = alone(statement),
            true => {}
            false => self.augmentation.rows.push(statement),
        }
    }

    /// The statements in the block of one that chooses among them.
    fn several(
        &mut self,
        path: String,
        args: &Args,
        step: &Step,
        section: Section<'_>,
        scope: &mut Scope,
        diags: &mut Vec<Diagnostic>,
    ) -> Option<Pairs> {
        let name = args.sig.name;
        let Some(body) = &step.body else {
            let error = Diagnostic::error("E0213", step.span, format!("`{name}` needs a block"));
            diags.push(
                error.label("no block").help(format!("write `{name} {{ mixup alpha=0.2 ... }}` on lines")),
            );
            return None;
        };
        let mut statements = Vec::new();
        for step in chosen_steps(Section { body, ..section }, scope, diags) {
            let word = match known(step, section) {
                Ok(word) => word,
                Err(fault) => {
                    diags.push(*fault);
                    continue;
                }
            };
            if !word.is_of_pairs() || word.holds_statements() {
                let message = format!("`{}` stands in the block of `{name}`", word.sig().name);
                let error = Diagnostic::error("E0409", step.span, message);
                diags.push(
                    error.label("does not mix pairs by itself").also(args.span, "chooses what mixes pairs"),
                );
                continue;
            }
            let Some(args) = bind(word.sig(), &step.args, use_span(step), scope, diags) else { continue };
            let statement = Statement { path: self.path(word.sig().name), used: Use { word, args } };
            if word.is_of_pictures(&statement.used.args) {
                self.of_pictures.push(statement.used.clone());
            }
            statements.push(statement);
        }
        let weights = one_of::weights(args).unwrap_or_else(|| vec![1.0; statements.len()]);
        if weights.len() != statements.len() {
            let numbers = if weights.len() == 1 { "number" } else { "numbers" };
            let message = format!(
                "`weights` of `{name}` has {} {numbers}, the block {} statements",
                weights.len(),
                statements.len()
            );
            diags.push(Diagnostic::error("E0206", args.span_of("weights"), message).label("one a statement"));
            return None;
        }
        let among = weights.into_iter().zip(statements);
        let among: Vec<_> =
            among.filter(|(weight, statement)| *weight > 0.0 && !statement.is_off()).collect();
        (!among.is_empty()).then(|| Pairs { among, p: args.timed("p"), path })
    }

    /// The word, with an ordinal from the second on.
    fn path(&mut self, name: &'static str) -> String {
        self.names.push(name);
        match self.names.iter().filter(|other| **other == name).count() {
            1 => name.to_string(),
            n => format!("{name}_{n}"),
        }
    }

    /// A statement behind one after which it has no place.
    fn out_of_order(&self, word: &'static dyn Augment, step: &Step) -> Option<Diagnostic> {
        let (first, span) = self.pairs?;
        let name = word.sig().name;
        Some(match word.is_of_pairs() {
            true if name == first => Diagnostic::error("E0104", step.span, format!("a second `{name}`"))
                .label("stands once")
                .also(span, "the first one"),
            true => Diagnostic::error("E0104", step.span, format!("`{name}` beside `{first}`"))
                .label("rows are mixed once")
                .also(span, "the first one")
                .help("write `one_of { ... }` around both: each minibatch takes one of them"),
            false => Diagnostic::error("E0409", step.span, format!("`{name}` stands behind `{first}`"))
                .label("changes rows one by one")
                .also(span, "mixes rows in pairs")
                .help(format!("move the line in front of `{first}`")),
        })
    }

    /// What the net's inputs make impossible. `shape` is that of a row of the data, where it is known.
    fn misfit(&self, inputs: &[Input], shape: &[usize]) -> Option<Diagnostic> {
        let unmixed = |input: &&Input| {
            input.ty.ragged().is_some() && input.ty.rate().is_none() || input.ty.categories().is_some()
        };
        if let (Some((name, span)), Some(input)) = (self.pairs, inputs.iter().find(unmixed)) {
            return Some(
                Diagnostic::error("E0410", span, format!("`{name}` mixes rows number by number"))
                    .label(match input.ty.categories() {
                        Some(_) => "categories cannot be mixed",
                        None => "rows of different lengths cannot be mixed",
                    })
                    .also(input.span, format!("`{}` is {}", input.name, input.ty)),
            );
        }
        let first = self.of_pictures.first()?;
        let picture = match picture(inputs) {
            Ok(picture) => picture,
            Err(why) => return Some(no_picture(&first.args, inputs, why)),
        };
        let sizes = picture.ty.sizes();
        let input = [sizes[0], sizes[1]];
        let colored = self.of_pictures.iter().find_map(|used| Some((used, used.word.needs_rgb(&used.args)?)));
        if let Some((used, arg)) = colored.filter(|_| sizes[2] != 3) {
            let message = format!("`{}` needs red, green and blue", used.args.sig.name);
            return Some(
                Diagnostic::error("E0410", used.args.span_of(arg), message)
                    .label("of colours")
                    .also(picture.span, format!("{} a place", counted_channels(sizes[2]))),
            );
        }
        self.sizes(input, start(&sizes, shape))
    }

    /// What makes statements of texts impossible: inputs of numbers, tokens that are no words, rows whose tokens have to stay in their places.
    fn misfit_of_words(&self, inputs: &[Input], data: Option<&DataConfig>) -> Option<Diagnostic> {
        let first = self.of_words.first()?;
        let error = |used: &Use<dyn Augment>, why: &str| {
            Diagnostic::error("E0414", used.args.span, format!("`{}` {why}", used.args.sig.name))
        };
        if inputs.iter().all(|input| input.ty.vocab().is_none() || input.ty.categories().is_some()) {
            let error = error(first, "needs texts").label("changes words");
            let error = inputs.iter().fold(error, |error, input| error.also(input.span, "reads numbers"));
            return Some(
                error
                    .help("texts are read by `input text: token[_, vocab=_]`, with an `embedding` behind it"),
            );
        }
        let settings = &data?.settings;
        if let Some(how) = settings.tokenize.filter(|how| how.manner.unit != Unit::Words) {
            let tokens = format!("a token is a {}", how.manner.unit.one());
            let error = error(first, "changes words").label("finds none");
            return Some(error.also(how.span, tokens).help("write `tokenize words`"));
        }
        let (window, mover) =
            settings.window.as_ref().zip(self.of_words.iter().find(|used| !used.word.keeps_places()))?;
        let error = error(mover, "changes where words stand").label("not in a stream");
        let error =
            error.also(window.span, "rows are windows of one text, whose tokens are foretold in order");
        let staying = WORDS.iter().filter(|(word, _)| word.keeps_places());
        let names: Vec<String> = staying.map(|(word, _)| format!("`{}`", word.sig().name)).collect();
        Some(error.help(format!("{} leave every token in its place", names.join(" and "))))
    }

    /// What makes statements of sounds impossible: inputs of other rows, frequencies that their sounds do not have.
    fn misfit_of_sound(&self, inputs: &[Input]) -> Option<Diagnostic> {
        let first = self.of_sound.first()?;
        let Some((input, rate)) = inputs.iter().find_map(|input| Some((input, input.ty.rate()?))) else {
            let message = format!("`{}` needs sounds", first.args.sig.name);
            let error =
                Diagnostic::error("E0415", first.args.span, message).label("changes samples of a sound");
            let reads = |input: &Input| match (input.ty.vocab(), input.ty.axes.len()) {
                (Some(_), _) => "reads tokens",
                (None, 3) => "reads pictures",
                _ => "reads numbers",
            };
            let error = inputs.iter().fold(error, |error, input| error.also(input.span, reads(input)));
            return Some(match first.word.sig().arg("sd") {
                Some(_) => error.help("on pictures it is `sd=0.1`, in the units that the net sees"),
                None => error.help("sounds are read by `input clip: wave[1s, rate=16kHz]`"),
            });
        };
        self.of_sound.iter().find_map(|used| {
            let (arg, why) = used.word.suits(&used.args, rate).err()?;
            let message = format!("`{arg}` of `{}` {why}", used.args.sig.name);
            let error =
                Diagnostic::error("E0206", used.args.span_of(arg), message).label("is never heard here");
            Some(error.also(input.span, format!("`{}` is {}", input.name, input.ty)))
        })
    }

    /// Follows the sizes of pictures through the statements to the net's input.
    fn sizes(&self, input: Size, start: Option<Size>) -> Option<Diagnostic> {
        let made = |used: &Use<dyn Augment>| used.word.makes(&used.args);
        // Without data a picture has the input's size, unless a statement gives it that.
        let start =
            start.or_else(|| self.of_pictures.iter().all(|used| made(used).is_none()).then_some(input));
        let mut size = start;
        for used in &self.of_pictures {
            size = match size.map(|size| used.word.size(&used.args, size)) {
                Some(Ok(size)) => Some(size),
                Some(Err((arg, why))) => {
                    let message = format!("`{arg}` of `{}` {why}", used.args.sig.name);
                    return Some(
                        Diagnostic::error("E0411", used.args.span_of(arg), message).label("does not fit"),
                    );
                }
                None => made(used),
            };
        }
        let last = self.of_pictures.iter().rev().find(|used| made(used).is_some())?;
        let [height, width] = size.filter(|size| *size != input)?;
        let message = format!(
            "`{}` makes pictures of {height}x{width}, and the net's input takes {}x{}",
            last.args.sig.name, input[0], input[1]
        );
        let span = last.args.span_of("size");
        let error = Diagnostic::error("E0411", span, message).label("another size");
        Some(error.fix("write the size of the input", span, format!("{}x{}", input[0], input[1])))
    }
}

/// A statement that mixes pairs by itself; none that is switched off.
fn alone(statement: Statement) -> Option<Pairs> {
    // The limit of the distribution at 0 leaves every row as it is.
    let (path, p) = (statement.path.clone(), statement.p());
    (!statement.is_off() && p != Timed::Constant(0.0)).then(|| Pairs {
        among: vec![(1.0, statement)],
        p,
        path,
    })
}

/// The input that is a picture.
///
/// # Errors
/// Why none is.
pub(super) fn picture(inputs: &[Input]) -> Result<&Input, &'static str> {
    let mut pictures =
        inputs.iter().filter(|input| input.ty.axes.len() == 3 && input.ty.channels().is_some());
    match (pictures.next(), pictures.next()) {
        (Some(picture), None) => Ok(picture),
        (None, _) => Err("is no picture: height, width and channels"),
        (Some(_), Some(_)) => Err("is not the only picture: which one is meant?"),
    }
}

/// The words of statements that change sounds alone.
fn of_sound() -> String {
    let none = |word: &'static dyn Augment| Args::new(word.sig(), Span::default(), Vec::new());
    let words = WORDS.iter().map(|(word, _)| *word).filter(|word| word.is_of_sound(&none(*word)));
    words.map(|word| format!("`{}`", word.sig().name)).collect::<Vec<_>>().join(", ")
}

fn counted_channels(n: usize) -> String {
    if n == 1 { "1 number".into() } else { format!("{n} numbers") }
}

pub(super) fn no_picture(args: &Args, inputs: &[Input], why: &str) -> Diagnostic {
    let error = Diagnostic::error("E0410", args.span, format!("`{}` needs pictures", args.sig.name))
        .label("changes pictures");
    let Some(input) = inputs.first() else { return error };
    let error = error.also(input.span, why);
    if input.ty.rate().is_some() {
        return error.help(match args.sig.arg("snr") {
            Some(_) => "on sounds it is `snr=10dB..40dB`, beside how loud the clip is".into(),
            None => format!("statements of sounds are {}", of_sound()),
        });
    }
    let side = (input.ty.len() as f64).sqrt() as usize;
    match input.ty.sizes()[..] {
        [h, w] => {
            error.help(format!("write `input {}: real[{h}, {w}, 1]`, and `flatten` behind it", input.name))
        }
        [n] if side * side == n && side > 3 => error
            .help(format!("write `input {}: real[{side}, {side}, 1]`, and `flatten` behind it", input.name)),
        _ => error,
    }
}

/// Height and width of a row of the data, which the net sees as an input of these sizes.
fn start(input: &[usize], shape: &[usize]) -> Option<Size> {
    match shape {
        [height, width, channels] if *channels == input[2] => Some([*height, *width]),
        _ if !shape.is_empty() && shape.iter().product::<usize>() == input.iter().product::<usize>() => {
            Some([input[0], input[1]])
        }
        _ => None,
    }
}
