//! `predict { augment { ... } }`: the fixed views of a picture that predictions are averaged over.

use super::{
    augment::{Input, known, no_picture, picture},
    bind::bind,
    chosen::chosen_steps,
    scope::Scope,
    section::{Section, use_span},
    train::sound,
};
use crate::{
    diag::Diagnostic,
    model::{Model, Predict, Use},
    syntax::ast::Step,
    train::augment::{Augment, Map, WORDS},
    vocab::Args,
};

/// Passes that a prediction may cost for the sake of views.
const MOST_VIEWS: usize = 128;

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
    let mut statements = Vec::new();
    for step in chosen_steps(Section { name: "augment", body, ..section }, scope, diags) {
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

/// What the net's inputs make impossible.
pub(super) fn misfit(predict: &Predict, model: &Model) -> Option<Diagnostic> {
    let first = predict.views.first()?;
    let inputs: Vec<Input> = model.inputs.iter().filter_map(|id| Input::of(model.node(*id))).collect();
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
