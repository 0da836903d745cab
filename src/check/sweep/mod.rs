//! The `sweep` section: its statements one by one, a file each, and the section against its net.

mod goal;
mod search;
mod vary;

use self::{
    goal::{GOAL, goal, not_watched, unknown_figure},
    search::{PRUNE, SEARCH, prune, search},
    vary::{VARY, endless, listed, values, words_of},
};
use super::{
    bind::bind,
    scope::Scope,
    section::{Section, misplaced, statement_steps, unknown_word, use_span},
    suggest::nearest,
};
use crate::{
    diag::{Diagnostic, Span},
    model::{Goal, Model, Prune, Search, Sweep, Vary},
    syntax::ast::{ArgKey, Step},
    vocab::{Args, Sig, Value},
};

/// The statements of `sweep`.
pub static SWEEP_STATEMENTS: &[&Sig] = &[&VARY, &SEARCH, &PRUNE, &GOAL];
/// What the statements said, with their places.
pub struct Found {
    head: Span,
    vary: Vec<(Vary, Span)>,
    search: Option<(Search, Span)>,
    prune: Option<(Prune, Span)>,
    goal: Option<(Goal, Span)>,
    /// Statements that stand there, sound or not.
    seen: Vec<&'static str>,
}

/// Checks the statements one by one. `params` are the names that may vary.
pub fn section(
    section: Section<'_>,
    params: &[(String, Value)],
    scope: &mut Scope,
    diags: &mut Vec<Diagnostic>,
) -> Found {
    let mut found = Found {
        head: section.head,
        vary: Vec::new(),
        search: None,
        prune: None,
        goal: None,
        seen: Vec::new(),
    };
    for step in statement_steps(section, diags) {
        let word = step.name.text.as_str();
        let Some(sig) = SWEEP_STATEMENTS.iter().find(|sig| sig.name == word) else {
            let known: Vec<&str> = SWEEP_STATEMENTS.iter().map(|sig| sig.name).collect();
            diags.push(match (section.home)(word) {
                Some(section) if section != "sweep" => misplaced(word, section, step.name.span),
                _ => unknown_word("`sweep` statement", word, step.name.span, &known, &[]),
            });
            continue;
        };
        let span = use_span(step);
        found.seen.push(sig.name);
        if let Some(fault) = (word == VARY.name).then(|| keyed(step)).flatten() {
            diags.push(fault);
            continue;
        }
        let Some(args) = bind(sig, &step.args, span, scope, diags) else { continue };
        match word {
            "vary" => {
                words_of(step, &args, scope);
                found.vary(&args, params, diags);
            }
            "search" => {
                once(found.search.as_ref().map(|s| s.1), span, "a second `search`", diags);
                found.search = search(&args, diags).map(|search| (search, span));
            }
            "prune" => {
                once(found.prune.as_ref().map(|p| p.1), span, "a second `prune`", diags);
                found.prune = prune(&args, diags).map(|prune| (prune, span));
            }
            _ => {
                once(found.goal.as_ref().map(|g| g.1), span, "a second `goal`", diags);
                found.goal = goal(&args, diags).map(|goal| (goal, args.span_of("figure")));
            }
        }
    }
    found
}

impl Found {
    fn vary(&mut self, args: &Args, params: &[(String, Value)], diags: &mut Vec<Diagnostic>) {
        let name = args.word("name");
        let place = args.span_of("name");
        if !params.iter().any(|(known, _)| known == name) {
            let error = Diagnostic::error("E0101", place, format!("`{name}` is no `param` of this file"))
                .label("only params vary");
            // `train.lr`: what is meant is a setting, which a param stands for under a name without a section.
            let plain = name.rsplit('.').next().unwrap_or(name);
            let known = || params.iter().map(|(known, _)| known.as_str());
            diags.push(match known().find(|known| *known == plain).or_else(|| nearest(name, known())) {
                Some(known) => error.fix("a similar name exists", place, known),
                None => error.help(format!(
                    "write `param {plain} = ...` at the top of the file, `{plain}` where its number stands now, and `vary {plain}, ...` here"
                )),
            });
            return;
        }
        if let Some((_, first)) = self.vary.iter().find(|(vary, _)| vary.name == name) {
            let error = Diagnostic::error("E0104", args.span, format!("`{name}` varies twice"));
            diags.push(error.label("stands once").also(*first, "the first one"));
            return;
        }
        if let Some(values) = values(args, diags) {
            self.vary.push((Vary { name: name.into(), values }, args.span));
        }
    }

    /// Checks the section against its net.
    pub fn finish(self, model: &Model, diags: &mut Vec<Diagnostic>) -> Option<Sweep> {
        let missing = |what: &str, example: &str| {
            Diagnostic::error("E0404", self.head, format!("the `sweep` section has no `{what}`"))
                .label(format!("needs `{what}`"))
                .help(format!("add, for example, `{example}`"))
        };
        if !self.seen.contains(&VARY.name) {
            diags.push(missing("vary", "vary p, [0.1, 0.5]"));
        }
        if !self.seen.contains(&GOAL.name) {
            diags.push(missing("goal", "goal min, valid.loss"));
        }
        let (goal, place) = self.goal?;
        diags.extend(unknown_figure(&goal.figure, place, model));
        if let Some((_, span)) = &self.prune {
            diags.extend(not_watched(&goal.figure, *span, model));
        }
        if self.search.is_none() && self.seen.contains(&SEARCH.name) {
            // What was meant is not known; what is wrong with it has been said.
            return None;
        }
        let search = self.search.map_or(Search::Grid, |(search, _)| search);
        let mut vary = self.vary;
        if search == Search::Grid {
            diags.extend(vary.iter_mut().filter_map(|(vary, span)| listed(vary, *span)));
            diags.extend(endless(&vary));
        }
        let prune = self.prune.map(|(prune, _)| prune);
        Some(Sweep { vary: vary.into_iter().map(|(vary, _)| vary).collect(), search, prune, goal })
    }
}

/// `vary lr=[0.1, 0.01]`, `vary lr: [0.1, 0.01]`: the param's name where that of an argument stands.
fn keyed(step: &Step) -> Option<Diagnostic> {
    let arg = step.args.first()?;
    let name = match &arg.key {
        ArgKey::Named(name) | ArgKey::Typed(name) if VARY.arg(&name.text).is_none() => name,
        _ => return None,
    };
    Some(
        Diagnostic::error("E0205", arg.span, "`vary` takes a name, and its values behind a comma")
            .label("these are one argument")
            .fix("separate them", Span::new(name.span.end, arg.value.span.start), ", "),
    )
}

fn once(first: Option<Span>, span: Span, message: &str, diags: &mut Vec<Diagnostic>) {
    if let Some(first) = first {
        diags.push(
            Diagnostic::error("E0104", span, message).label("stands once").also(first, "the first one"),
        );
    }
}
