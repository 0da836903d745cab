//! `predict { augment { ... } }`: the fixed views of a picture that predictions are averaged over; the same statements in a text of their own.

use super::{
    augment::{Input, known, no_picture, picture},
    bind::bind,
    chosen::chosen_steps,
    parse_source,
    scope::{Attributes, Scope},
    section::{Section, use_span},
    sections::home,
    train::sound,
};
use crate::{
    diag::{Diagnostic, Span},
    model::{Model, Predict, Use},
    syntax::ast::{Body, Step},
    train::augment::{Augment, Map, WORDS},
    vocab::Args,
};

/// Passes that a prediction may cost for the sake of views.
const MOST_VIEWS: usize = 128;
/// In the place of statements: pictures are seen as they are.
const AS_THEY_ARE: &str = "none";

/// The statements of a text for a net that is there already: on lines or parted by `;`, or `none`. The net's params may stand in them.
///
/// # Errors
/// What the block would say of them, with places in the text.
pub fn views_of(text: &str, model: &Model) -> Result<Vec<Use<dyn Augment>>, Vec<Diagnostic>> {
    let all = Span::new(0, text.len());
    if text.trim() == AS_THEY_ARE {
        return match picture(&inputs(model)) {
            Ok(_) => Ok(Vec::new()),
            Err(why) => Err(vec![
                Diagnostic::error("E0410", all, "views are of pictures")
                    .label("has no effect")
                    .note(format!("the net's input {why}"))
                    .help("leave it out"),
            ]),
        };
    }
    // As many bytes: places stay what they are.
    let (file, mut diags) = parse_source(&text.replace(';', "\n"));
    let body = Body { stmts: file.stmts, span: all };
    let mut scope = Scope::new(Attributes::new());
    model.knobs.iter().for_each(|(name, value)| scope.bind(name, value.clone()));
    let section = Section { name: "augment", head: all, body: &body, home };
    let views = of_section(section, &mut scope, &mut diags);
    if views.is_empty() && diags.is_empty() {
        diags.push(
            Diagnostic::error("E0213", all, "no statement, and so no view")
                .label("is empty")
                .help("write one, such as `flip horizontal`, or `none` for pictures as they are"),
        );
    }
    let predict = Predict { views, ..Predict::default() };
    if diags.is_empty() {
        diags.extend(misfit(&predict, model).map(of_another_text));
    }
    diags.sort_by_key(|d| (d.span, d.code));
    if diags.is_empty() { Ok(predict.views) } else { Err(diags) }
}

/// A finding that points into the net's own text, beside which the statements do not stand.
fn of_another_text(mut fault: Diagnostic) -> Diagnostic {
    let said = std::mem::take(&mut fault.secondary);
    fault.notes.extend(said.into_iter().map(|(_, why)| format!("the net's input {why}")));
    if !fault.notes.is_empty() {
        if fault.fixes.is_empty() {
            return fault.help("leave it out: the net sees each row as it is");
        }
        fault.fixes.iter_mut().for_each(|fix| fix.message += " in the file, and train it so");
    }
    fault
}

/// The statements in the block, each checked by itself.
pub(super) fn statements(
    step: &Step,
    section: Section<'_>,
    scope: &mut Scope,
    diags: &mut Vec<Diagnostic>,
) -> Vec<Use<dyn Augment>> {
    let Some(body) = &step.body else {
        let error = Diagnostic::error("E0213", step.span, "`augment` needs a block");
        diags.push(error.label("no block").help("write its statements on lines, in braces"));
        return Vec::new();
    };
    of_section(Section { name: "augment", body, ..section }, scope, diags)
}

fn of_section(section: Section<'_>, scope: &mut Scope, diags: &mut Vec<Diagnostic>) -> Vec<Use<dyn Augment>> {
    let mut statements = Vec::new();
    for step in chosen_steps(section, scope, diags) {
        let word = match known(step, section) {
            Ok(word) => word,
            Err(fault) => {
                diags.push(*fault);
                continue;
            }
        };
        let Some(args) = bind(word.sig(), &step.args, use_span(step), scope, diags) else { continue };
        if !sound(word.check(&args), &args, diags) {
            continue;
        }
        match without_views(word, &args) {
            Some(fault) => diags.push(fault),
            None => statements.push(Use { word, args }),
        }
    }
    statements
}

/// Why a statement gives no views, or not as it is written.
fn without_views(word: &dyn Augment, args: &Args) -> Option<Diagnostic> {
    let name = word.sig().name;
    let Some(idle) = word.viewed() else {
        let those: Vec<String> = WORDS
            .iter()
            .filter(|(word, _)| word.viewed().is_some())
            .map(|(word, _)| format!("`{}`", word.sig().name))
            .collect();
        let error = Diagnostic::error("E0413", args.span, format!("`{name}` has no fixed views"));
        return Some(
            error
                .label("changes pictures at random")
                .note("a prediction is the mean over the same few views of every picture")
                .help(format!(
                    "{} have views; write `{name}` in the section `augment`, which acts in training",
                    those.join(" and ")
                )),
        );
    };
    if let Some(arg) = idle.iter().find(|arg| args.is_written(arg)) {
        let message = format!("`{arg}` of `{name}` says nothing about views");
        let error = Diagnostic::error("E0211", args.span_of(arg), message).label("has no effect here");
        return Some(error.help("leave it out: a prediction is the mean over all views, which count alike"));
    }
    word.asks(args).then(|| {
        let message =
            format!("`{name}` fills with means of the training rows, which predictions do not know");
        let error = Diagnostic::error("E0413", args.span, message).label("no such mean");
        error.help("fill with `edge`, `reflect` or `black`")
    })
}

fn inputs(model: &Model) -> Vec<Input> {
    model.inputs.iter().filter_map(|id| Input::of(model.node(*id))).collect()
}

/// What the net's inputs make impossible.
pub(super) fn misfit(predict: &Predict, model: &Model) -> Option<Diagnostic> {
    let first = predict.views.first()?;
    let inputs = inputs(model);
    let size = match picture(&inputs) {
        Err(why) => return Some(no_picture(&first.args, &inputs, why)),
        Ok(picture) => {
            let sizes = picture.ty.sizes();
            [sizes[0], sizes[1]]
        }
    };
    for used in &predict.views {
        if let Err((arg, why)) = used.word.size(&used.args, size) {
            let message = format!("`{arg}` of `{}` {why}", used.args.sig.name);
            return Some(Diagnostic::error("E0411", used.args.span_of(arg), message).label("does not fit"));
        }
    }
    let count: usize = predict.views.iter().map(|used| used.word.views(&used.args, size).len()).product();
    let last = predict.views.last()?;
    if count > MOST_VIEWS {
        let error = Diagnostic::error("E0206", last.args.span, format!("{count} views of each picture"));
        return Some(error.label(format!("at most {MOST_VIEWS}")));
    }
    let views = predict.views(size);
    let again = |(i, map): (usize, &Map)| views[..i].contains(map);
    views.iter().enumerate().any(again).then(|| {
        let message = format!("`{}` gives views that are there already", last.args.sig.name);
        let error = Diagnostic::error("E0104", last.args.span, message);
        error.label("they would count twice").help("leave one of the statements out")
    })
}
