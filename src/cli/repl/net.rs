//! What a session answers to a change of the net.

use std::collections::HashMap;

use dropnet::internal::{
    check::{Checked, Sketch},
    model::{Node, NodeKind, summary::grouped},
    repl::Change,
};

/// New layers with their shapes, or the section that took the line.
pub fn reply(change: &Change, known: &Sketch) -> String {
    let layers = changes(&change.checked.sketch, known);
    let word = if change.replaced { "changed" } else { "added" };
    match change.section {
        _ if !layers.is_empty() => layers,
        Some(section) => format!("  {word} in `{section}`\n"),
        None => format!("  {word}\n"),
    }
}

/// Layers that are new or another than they were.
pub fn changes(now: &Sketch, known: &Sketch) -> String {
    let old: HashMap<&str, &Node> = known.nodes.iter().map(|node| (node.path.as_str(), node)).collect();
    let is_new = |node: &&Node| {
        let same = |old: &&Node| old.ty == node.ty && weights(known, old) == weights(now, node);
        !old.get(node.path.as_str()).is_some_and(same)
    };
    table(now, now.nodes.iter().filter(is_new).collect())
}

/// Layers of this name, or in the block of this name; all without one.
pub fn types(sketch: &Sketch, name: &str) -> String {
    let fits =
        |node: &&Node| name.is_empty() || node.path == name || node.path.starts_with(&format!("{name}/"));
    table(sketch, sketch.nodes.iter().filter(fits).collect())
}

/// `moons.net: 3 layers, 82 parameters`
pub fn line(name: &str, checked: &Checked) -> String {
    if checked.sketch.waits {
        return format!("  {name}: its sizes `_` are those of the data, which `:train` reads\n");
    }
    let count: usize = checked.sketch.params.iter().map(|param| param.len()).sum();
    format!("  {name}: {} layers, {} parameters\n", layers(&checked.sketch), grouped(count))
}

fn layers(sketch: &Sketch) -> usize {
    sketch.nodes.iter().filter(|node| matches!(node.kind, NodeKind::Layer(_))).count()
}

fn weights(sketch: &Sketch, node: &Node) -> usize {
    node.params.iter().map(|id| sketch.params[id.0].len()).sum()
}

fn table(sketch: &Sketch, nodes: Vec<&Node>) -> String {
    let width = nodes.iter().map(|node| node.path.len()).max().unwrap_or(0);
    let types: Vec<String> = nodes.iter().map(|node| node.ty.to_string()).collect();
    let wide = types.iter().map(String::len).max().unwrap_or(0);
    let line = |(node, ty): (&&Node, &String)| match weights(sketch, node) {
        0 => format!("  {:<width$}  {ty}\n", node.path),
        count => format!("  {:<width$}  {ty:<wide$}  {} parameters\n", node.path, grouped(count)),
    };
    nodes.iter().zip(&types).map(line).collect()
}
