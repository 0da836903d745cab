//! Layers that carry their state on, against the data: a row goes on where another stopped only where windows of one stream follow each other.

use crate::{
    data::DataConfig,
    diag::{Diagnostic, Span},
    model::{Model, Train},
};

pub fn check(model: &Model) -> Vec<Diagnostic> {
    let layer = model.nodes.iter().find(|node| node.states.iter().any(|state| model.states[state.0].by_row));
    let layer = layer.and_then(|node| Some((node.path.as_str(), node.layer()?.args.span_of("carry"))));
    let Some(data) = &model.data else { return Vec::new() };
    let windows = data.settings.window.as_ref().and_then(|window| window.carry);
    match (layer, windows) {
        (Some((path, span)), None) => vec![no_windows(path, span, data)],
        (None, Some(span)) => vec![no_layer(span)],
        (Some(_), Some(span)) => {
            model.train.as_ref().and_then(|train| mixed(train, span)).into_iter().collect()
        }
        (None, None) => Vec::new(),
    }
}

fn no_windows(path: &str, span: Span, data: &DataConfig) -> Diagnostic {
    let error = Diagnostic::error(
        "E0211",
        span,
        format!("`{path}` carries its state on, and no row goes on from another"),
    );
    match &data.settings.window {
        Some(window) => error
            .label("has no effect without `carry=true` of the windows")
            .also(window.span, "windows in any order")
            .help("write `carry=true` at `window` too, or leave it out here"),
        None => error
            .label("has no effect without windows of a stream")
            .also(data.source_span, "each row of this source begins anew")
            .help("leave it out; windows are made of a text or a table by `window 35, carry=true` in `data`"),
    }
}

fn no_layer(span: Span) -> Diagnostic {
    Diagnostic::error(
        "E0211",
        span,
        "windows go on where those before them stopped, and no layer carries its state on",
    )
    .label("has no effect but the order of rows")
    .help("write `carry=true` at a recurrent layer too, such as `lstm 200, carry=true`, or leave it out here")
}

/// Pairs of rows, each of which goes on from another stream.
fn mixed(train: &Train, span: Span) -> Option<Diagnostic> {
    let (_, statement) = train.augmentation.pairs.as_ref()?.among.first()?;
    let args = &statement.used.args;
    Some(
        Diagnostic::error("E0211", args.span, format!("`{}` beside `carry=true`", args.sig.name))
            .label("a row would be mixed with that of another stream, and its state would not")
            .also(span, "rows go on where those before them stopped")
            .help("leave one of the two out"),
    )
}
