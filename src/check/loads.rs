//! `load "FILE", into=[LABELS]` against the net: labels must be some, and each layer begins with one file at most.

use std::collections::BTreeSet;

use super::suggest::nearest;
use crate::{
    diag::{Diagnostic, Span},
    model::{Model, Node, NodeKind, meant, under},
    train::steps::load::Load,
};

/// What is said of files that parameters begin with and cannot be meant. `labels` are those of the net.
pub fn check(model: &Model, labels: &BTreeSet<String>) -> Vec<Diagnostic> {
    let Some(train) = &model.train else { return Vec::new() };
    let mut found = Vec::new();
    for (i, load) in train.loads.iter().enumerate() {
        let fault = names(load)
            .or_else(|| nothing(model, load, labels))
            .or_else(|| twice(model, load, &train.loads[..i]))
            .or_else(|| vectors(model, load));
        found.extend(fault);
    }
    found
}

/// `names=` that cannot be matched with `into=`.
fn names(load: &Load) -> Option<Diagnostic> {
    let written = |name| load.args.is_written(name);
    let (into, names) = (load.into.len(), load.names.len());
    let at = load.args.span_of("names");
    if written("into") && load.into.is_empty() {
        let error = Diagnostic::error("E0211", load.args.span_of("into"), "`into` of `load` names no layer");
        return Some(error.label("has no effect").help("leave it out to load every layer"));
    }
    if !written("names") {
        return None;
    }
    if !written("into") {
        let error = Diagnostic::error("E0211", at, "`names` of `load` without `into`");
        return Some(
            error.label("which layers does the file call so?").help("write `into=[LABELS]` beside it"),
        );
    }
    if let Some(several) = load.into.iter().find(|label| label.ends_with('*')) {
        let error = Diagnostic::error("E0206", at, format!("`names` of `load` beside `{several}` in `into`"));
        return Some(error.label("one name for each label").help("write the labels one by one"));
    }
    (into != names).then(|| {
        let message = format!("`into` of `load` names {into} and `names` {names}");
        Diagnostic::error("E0206", at, message).label("one name for each label, in their order")
    })
}

/// A label that is none, or under which nothing begins with numbers.
fn nothing(model: &Model, load: &Load, labels: &BTreeSet<String>) -> Option<Diagnostic> {
    let at = load.args.span_of("into");
    let begins = |holds: &dyn Fn(&str) -> bool| {
        model
            .nodes
            .iter()
            .any(|node| holds(&node.path) && (node.params.len() > node.lent || !node.states.is_empty()))
    };
    if load.into.is_empty() && !load.args.is_written("into") {
        let error = Diagnostic::error("E0211", load.span, "`load`: the net has no parameters");
        return (!begins(&|_| true)).then(|| error.label("has no effect"));
    }
    for named in &load.into {
        if !labels.iter().any(|label| meant(named, label)) {
            let what = if named.ends_with('*') { "begins no label" } else { "is no label" };
            let error =
                Diagnostic::error("E0101", at, format!("`{named}` {what} of the net")).label("names no part");
            return Some(match nearest(named, labels.iter().map(String::as_str)) {
                Some(known) => error.help(format!("did you mean `{known}`?")),
                None => error.help(format!("write `{named}:` before the layer or chain that is meant")),
            });
        }
        if !begins(&|path| under(path, named)) {
            let message = format!("`load` into `{named}`: nothing under this label has parameters");
            return Some(Diagnostic::error("E0211", at, message).label("has no effect"));
        }
        if let Some(node) = called_twice(model, load, named) {
            let message =
                format!("`names` of `load`: `{named}` stands in a block that is used several times");
            let error = Diagnostic::error("E0206", load.args.span_of("names"), message)
                .label("one name for several layers")
                .also(node.span, "one of them");
            return Some(error.help("label the uses of the block, and name those"));
        }
    }
    None
}

/// A layer under a label that several uses of its block have, where the file is to call it by one name.
fn called_twice<'m>(model: &'m Model, load: &Load, named: &str) -> Option<&'m Node> {
    let before = |node: &'m Node| {
        let (before, _) = node.path.split('/').enumerate().find(|(_, level)| *level == named)?;
        Some((node.path.split('/').take(before).collect::<Vec<_>>(), node))
    };
    let mut places = model.nodes.iter().filter_map(before);
    let (first, _) = places.next().filter(|_| !load.names.is_empty())?;
    places.find(|(place, _)| *place != first).map(|(_, node)| node)
}

/// A layer that another statement has loaded.
fn twice(model: &Model, load: &Load, earlier: &[Load]) -> Option<Diagnostic> {
    let own = |node: &&Node| load.holds(&node.path) && (!node.params.is_empty() || !node.states.is_empty());
    let (node, first): (&Node, Span) = model.nodes.iter().filter(own).find_map(|node| {
        let first = earlier.iter().find(|first| first.holds(&node.path))?;
        Some((node, first.span))
    })?;
    Some(
        Diagnostic::error("E0104", load.span, format!("`{}` is loaded twice", node.path))
            .label("which file does it begin with?")
            .also(first, "loaded here too")
            .help("name the layers of each file: `into=[LABELS]`"),
    )
}

/// A table that begins with a file of word vectors.
fn vectors(model: &Model, load: &Load) -> Option<Diagnostic> {
    let said = |node: &Node| {
        let NodeKind::Layer(used) = &node.kind else { return None };
        used.word.vectors(&used.args).filter(|_| load.holds(&node.path)).map(|_| used.args.span_of("vectors"))
    };
    let (node, also) = model.nodes.iter().find_map(|node| Some((node, said(node)?)))?;
    Some(
        Diagnostic::error(
            "E0104",
            load.span,
            format!("`{}` is loaded, and has `vectors` of its own", node.path),
        )
        .label("which file does it begin with?")
        .also(also, "begins with these")
        .help("leave `vectors` out, or name the other layers by `into=[LABELS]`"),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::{Env, check_source};

    fn findings(statements: &str) -> Vec<String> {
        let net = "block Twin(width) {\n  deep: dense width -> relu\n}\nnet {\n  input text: token[6, vocab=9]\n  emb: embedding 4, vectors=\"v.txt\"\n  mean_pool over=time\n  stem: dense 8 -> batch_norm -> relu\n  act: relu\n  one: Twin 8\n  two: Twin 8\n  head: dense 3\n  output y: class[3]\n}\n";
        let source = format!(
            "{net}train {{\n  loss cross_entropy\n  optimizer adam, lr=0.1\n  epochs 5\n{statements}\n}}\n"
        );
        let checked = check_source(&source, &Env::default());
        let said = checked.diagnostics.into_iter().filter(|d| d.is_error() || d.code == "W0202");
        said.map(|d| format!("{} {}", d.code, d.message)).collect()
    }

    #[test]
    fn labels_are_some_and_every_layer_has_one_file() {
        for sound in [
            "load \"a.safetensors\", from=torch, into=[stem, one, two, head], names=[0, \"1\", \"b.2\", fc]\nfreeze emb\nfreeze act",
            "load \"a\", into=[stem, one, two, act_*]\nload \"b\", into=head, prefix=\"m.\"",
        ] {
            let found = findings(sound);
            assert!(found.iter().all(|text| text.contains("act")), "{found:?}");
        }
        for (statements, expected) in [
            ("load", "E0201 `load` needs `file`: safetensors file; of dropnet also the folder of a run"),
            ("load stem", "E0205 `file` of `load` is a quoted text, found the word `stem`"),
            ("load \"a\", from=jax", "E0215 `from` of `load` cannot be `jax`"),
            ("load \"a\"", "E0104 `emb` is loaded, and has `vectors` of its own"),
            ("load \"a\", into=[stm]", "E0101 `stm` is no label of the net"),
            ("load \"a\", into=[tail_*]", "E0101 `tail_*` begins no label of the net"),
            ("load \"a\", into=[]", "E0211 `into` of `load` names no layer"),
            ("load \"a\", into=act", "E0211 `load` into `act`: nothing under this label has parameters"),
            ("load \"a\", names=[fc]", "E0211 `names` of `load` without `into`"),
            ("load \"a\", into=[stem, head], names=[fc]", "E0206 `into` of `load` names 2 and `names` 1"),
            ("load \"a\", into=[st*], names=[fc]", "E0206 `names` of `load` beside `st*` in `into`"),
            (
                "load \"a\", into=deep, names=[fc]",
                "E0206 `names` of `load`: `deep` stands in a block that is used several times",
            ),
            ("load \"a\", into=[stem, head]\nload \"b\", into=head", "E0104 `head` is loaded twice"),
        ] {
            assert_eq!(findings(statements).first().map(String::as_str), Some(expected), "{statements}");
        }
    }
}
