//! Layers that stand as a term of a sum: `add positions(kind=learned)` is `positions kind=learned`.
//!
//! A layer whose result is its input and something added ([`Facts::adds`](crate::layers::Facts)) may be written as what it adds. The text of a file stays as
//! it is; the checker reads the step that is meant, at the same place.

use std::borrow::Cow;

use crate::{
    layers,
    syntax::ast::{ArgKey, Body, ExprKind, File, Step, Stmt},
};

/// The file with such steps as the layers themselves.
pub fn as_layers(file: &File) -> Cow<'_, File> {
    if !any(&file.stmts) {
        return Cow::Borrowed(file);
    }
    let mut file = file.clone();
    rewrite(&mut file.stmts);
    Cow::Owned(file)
}

/// The layer that a step adds as its only term, and how it is written.
fn term(step: &Step) -> Option<Step> {
    let sums = layers::find(&step.name.text)?;
    let [only] = &step.args[..] else { return None };
    let ExprKind::Call { name, args } = &only.value.kind else { return None };
    let adds = layers::find(&name.text)?.facts().adds;
    let plain = only.key == ArgKey::Positional && step.body.is_none();
    (sums.facts().sums && adds && plain).then(|| Step {
        name: name.clone(),
        args: args.clone(),
        body: None,
        span: step.span,
    })
}

fn bodies(stmt: &Stmt) -> Vec<&Body> {
    match stmt {
        Stmt::Block(block) => vec![&block.body],
        Stmt::If(branch) => std::iter::once(&branch.then).chain(&branch.otherwise).collect(),
        Stmt::Repeat(repeat) => vec![&repeat.body],
        Stmt::Chain(chain) => chain.steps.iter().filter_map(|step| step.body.as_ref()).collect(),
        Stmt::Param(_) | Stmt::Let(_) | Stmt::Error(_) => Vec::new(),
    }
}

fn any(stmts: &[Stmt]) -> bool {
    stmts.iter().any(|stmt| {
        let own = matches!(stmt, Stmt::Chain(chain) if chain.steps.iter().any(|step| term(step).is_some()));
        own || bodies(stmt).into_iter().any(|body| any(&body.stmts))
    })
}

fn rewrite(stmts: &mut [Stmt]) {
    for stmt in stmts {
        match stmt {
            Stmt::Block(block) => rewrite(&mut block.body.stmts),
            Stmt::If(branch) => {
                rewrite(&mut branch.then.stmts);
                branch.otherwise.iter_mut().for_each(|body| rewrite(&mut body.stmts));
            }
            Stmt::Repeat(repeat) => rewrite(&mut repeat.body.stmts),
            Stmt::Chain(chain) => {
                for step in &mut chain.steps {
                    if let Some(meant) = term(step) {
                        *step = meant;
                    }
                    step.body.iter_mut().for_each(|body| rewrite(&mut body.stmts));
                }
            }
            Stmt::Param(_) | Stmt::Let(_) | Stmt::Error(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        check::{Env, check_source},
        model::print,
    };

    #[test]
    fn what_is_added_is_the_layer() {
        let net = |step: &str| {
            let text = format!(
                "block Start(kind) {{\n  residual {{ {step} }}\n}}\nnet {{\n  input x: real[8]\n  reshape 4x2, roles=[time, channel]\n  \
                 Start learned\n  mean_pool over=time\n  output y: real[2]\n}}\n"
            );
            let checked = check_source(&text, &Env::default());
            print(&checked.model.unwrap_or_else(|| panic!("{:#?}", checked.diagnostics)))
        };
        assert_eq!(net("add positions(kind=learned)"), net("positions kind=learned"));
        assert_eq!(net("dense 2 -> add positions()"), net("dense 2 -> positions"));
    }
}
