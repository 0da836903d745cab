//! Statements of a section that stand under `if`: which of them count.

use super::{
    eval::{describe, eval, too_late},
    mention,
    scope::Scope,
    section::{Section, statement_step},
};
use crate::{
    diag::Diagnostic,
    syntax::ast::{Body, If, Step, Stmt},
    vocab::Value,
};

/// The steps of a section's lines, of an `if` those of the branch that is taken; anything else is reported.
pub fn chosen_steps<'f>(
    section: Section<'f>,
    scope: &mut Scope,
    diags: &mut Vec<Diagnostic>,
) -> Vec<&'f Step> {
    let mut steps = Vec::new();
    of_body(section.body, section, scope, &mut steps, diags);
    steps
}

fn of_body<'f>(
    body: &'f Body,
    section: Section<'f>,
    scope: &mut Scope,
    steps: &mut Vec<&'f Step>,
    diags: &mut Vec<Diagnostic>,
) {
    for stmt in &body.stmts {
        match stmt {
            Stmt::If(choice) => match holds(choice, scope) {
                Ok(taken) => {
                    let (then, otherwise) = (Some(&choice.then), choice.otherwise.as_ref());
                    let (body, other) = if taken { (then, otherwise) } else { (otherwise, then) };
                    // What is not taken counts as used.
                    for name in other.into_iter().flat_map(mention::names) {
                        scope.lookup(name);
                    }
                    body.into_iter().for_each(|body| of_body(body, section, scope, steps, diags));
                }
                Err(fault) => diags.push(*fault),
            },
            stmt => steps.extend(statement_step(stmt, section.name, diags)),
        }
    }
}

/// Whether the condition of an `if` holds.
///
/// # Errors
/// Where it is neither true nor false, or not known yet.
pub fn holds(choice: &If, scope: &mut Scope) -> Result<bool, Box<Diagnostic>> {
    let span = choice.condition.span;
    match eval(&choice.condition, scope)? {
        Value::Bool(taken) => Ok(taken),
        Value::Symbol(symbol) => Err(too_late(&symbol, span, "`if`")),
        other => Err(Box::new(
            Diagnostic::error("E0205", span, format!("`if` needs true or false, found {}", describe(&other)))
                .label("not a condition"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        check::{Env, check_source},
        data::Division,
        model::{Model, PredictMode},
    };

    const FILE: &str = "\
param mixed = 0.2
param fast = true
data {
  source builtin, \"iris\"
  if fast {
    split test=20%
  } else {
    split folds=5
  }
}
augment {
  if mixed > 0.1 {
    mixup alpha=mixed
  }
}
net {
  input x: real[4]
  dropout 0.2 -> dense 3
  output y: class[3]
}
train {
  loss cross_entropy
  if fast {
    optimizer sgd, lr=0.5, momentum=0.9
    epochs 2
  } else if mixed == 0 {
    optimizer adam, lr=1e-3
    epochs 20
  } else {
    optimizer adamw, lr=1e-3
    epochs 30
  }
}
predict {
  if mixed > 0.1 {
    mc_dropout samples=30
  }
}
";

    fn model(sets: &[(&str, &str)]) -> Model {
        let sets = sets.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let checked = check_source(FILE, &Env { sets, ..Env::default() });
        assert!(checked.diagnostics.is_empty(), "{:#?}", checked.diagnostics);
        checked.model.expect("a model")
    }

    #[test]
    fn one_branch_counts() {
        let chosen = |sets: &[(&str, &str)]| {
            let train = model(sets).train.expect("a section");
            (
                train.optimizer.args.sig.name,
                train.length.0,
                train.augmentation.pairs.map(|pairs| pairs.alpha()),
            )
        };
        assert_eq!(chosen(&[]), ("sgd", 2.0, Some(0.2)));
        assert_eq!(chosen(&[("fast", "false")]), ("adamw", 30.0, Some(0.2)));
        assert_eq!(chosen(&[("fast", "false"), ("mixed", "0")]), ("adam", 20.0, None));
    }

    #[test]
    fn data_and_predictions_are_chosen_too() {
        let chosen = |sets: &[(&str, &str)]| {
            let model = model(sets);
            let split = model.data.and_then(|data| data.settings.split).expect("a split");
            let has_folds = matches!(split.division, Division::Folds { .. });
            (has_folds, matches!(model.predict.mode, PredictMode::McDropout(_)))
        };
        assert_eq!(chosen(&[]), (false, true));
        assert_eq!(chosen(&[("fast", "false"), ("mixed", "0")]), (true, false));
    }

    #[test]
    fn mixup_of_alpha_0_is_none() {
        let plain = FILE.replace("mixup alpha=mixed", "mixup alpha=0");
        let checked = check_source(&plain, &Env::default());
        let found: Vec<&str> = checked.diagnostics.iter().map(|d| d.code).collect();
        assert_eq!(
            (found, checked.model.and_then(|m| m.train).is_some_and(|t| t.augmentation.pairs.is_some())),
            (vec![], false)
        );
    }
}
