//! Ways around a branch that may be dropped.

use crate::{
    diag::Diagnostic,
    model::{Model, Node},
};

/// E0307: branches that all ways from the inputs to the output lead through. Where such a one is dropped nothing of the row reaches the output.
pub fn unavoidable(model: &Model) -> Vec<Diagnostic> {
    let jumped = jumped(model);
    let nodes = model.nodes.iter().enumerate();
    let dropped = |node: &Node| node.drop_site().is_some_and(|site| site.scope.is_branch());
    nodes
        .filter(|(i, node)| jumped[*i] == Some(false) && dropped(node))
        .map(|(_, node)| {
            let word = node.layer().map_or("", |used| used.word.sig().name);
            Diagnostic::error("E0307", node.span, format!("`{word}` without a way around it"))
                .label("where it is dropped, nothing of the row is left")
                .help(format!("put it into a residual: `residual {{ {word} ... {{ ... }} }}`; to drop single units write `dropout`"))
        })
        .collect()
}

/// Of each node that the output is made of, whether a way from an input to the output leads past it: nodes are in the order of computation, so such a way
/// has an edge from a node before it to one behind it, or begins behind it.
fn jumped(model: &Model) -> Vec<Option<bool>> {
    let n = model.nodes.len();
    let mut used = vec![false; n];
    used[model.output.source.0] = true;
    let mut last_source = 0;
    // Edges that begin, less those that end, in front of each node.
    let mut over = vec![0_isize; n + 1];
    for (i, node) in model.nodes.iter().enumerate().rev() {
        if !used[i] {
            continue;
        }
        if node.inputs.is_empty() {
            last_source = last_source.max(i);
        }
        for id in &node.inputs {
            used[id.0] = true;
            over[id.0 + 1] += 1;
            over[i] -= 1;
        }
    }
    let mut open = 0;
    (0..n)
        .map(|i| {
            open += over[i];
            used[i].then_some(open > 0 || last_source > i)
        })
        .collect()
}
