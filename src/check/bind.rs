//! Written arguments against a word's signature: which is which, and what is missing or too much.

use super::{elsewhere, scope::Scope, suggest::nearest, value::value_of};
use crate::{
    diag::{Diagnostic, Span},
    syntax::ast::{Arg, ArgKey, ExprKind, Ident},
    vocab::{ArgSpec, Args, Default, Given, Kind, Sig, Value},
};

/// Arguments that the language has and this version does not: `(word, argument)`.
const NOT_YET: &[(&str, &str)] = &[("train", "rng")];

/// Checks `args` against `sig`. Everything wrong is pushed to `diags`; `None` if anything was.
pub fn bind(
    sig: &'static Sig,
    args: &[Arg],
    span: Span,
    scope: &mut Scope,
    diags: &mut Vec<Diagnostic>,
) -> Option<Args> {
    let mut given: Vec<Given> = Vec::new();
    let mut sound = true;
    // Misspelt or miswritten: reported as that, and not as missing on top.
    let mut meant: Vec<&str> = Vec::new();
    let mut fail = |d: Diagnostic| {
        diags.push(d);
        sound = false;
    };
    let mut positional = sig.args.iter().filter(|a| a.positional);
    let mut rest: Option<(&'static ArgSpec, Vec<Value>, Span)> = None;
    for arg in args {
        let spec = match &arg.key {
            ArgKey::Named(name) => match sig.arg(&name.text) {
                Some(spec) => spec,
                None => {
                    let error = unknown_argument(sig, &name.text, name.span);
                    match nearest(&name.text, sig.args.iter().map(|a| a.name)) {
                        Some(known) => meant.push(known),
                        None => meant
                            .extend(elsewhere::argument(sig, &name.text).or_else(|| only_missing(sig, args))),
                    }
                    fail(match only_missing(sig, args) {
                        Some(missing) if error.fixes.is_empty() => error.fix(
                            format!("`{}` needs `{missing}`: is that meant?", sig.name),
                            name.span,
                            missing,
                        ),
                        _ => error,
                    });
                    continue;
                }
            },
            ArgKey::Typed(name) => {
                fail(colon(name, arg));
                meant.extend(sig.arg(&name.text).map(|spec| spec.name));
                continue;
            }
            ArgKey::Positional => match rest.as_ref().map(|r| r.0).or_else(|| positional.next()) {
                Some(spec) => spec,
                None => {
                    let missing = sig.args.iter().filter(|a| {
                        let is_named = |b: &Arg| matches!(&b.key, ArgKey::Named(n) if n.text == a.name);
                        a.default == Default::Required && !a.positional && !args.iter().any(is_named)
                    });
                    match missing.clone().next() {
                        // The one may be meant to be the other; what that is says more.
                        Some(spec) if missing.count() == 1 && !meant.contains(&spec.name) => {
                            meant.push(spec.name);
                            let message = format!("`{}` needs `{}`: {}", sig.name, spec.name, spec.about);
                            let error = Diagnostic::error("E0201", arg.span, message);
                            fail(
                                error.label(format!("is written without `{}=`", spec.name)).note(usage(sig)),
                            );
                        }
                        _ => fail(surplus(sig, arg)),
                    }
                    continue;
                }
            },
        };
        if let Some(first) = given.iter().find(|g| g.name == spec.name) {
            fail(
                Diagnostic::error("E0210", arg.span, format!("`{}` is given twice", spec.name))
                    .label("given again")
                    .also(first.span, "first given here"),
            );
            continue;
        }
        let (kind, is_rest) = match spec.kind {
            Kind::Rest(kind) => (*kind, true),
            kind => (kind, false),
        };
        match value_of(&arg.value, kind, sig, spec, scope) {
            Ok(value) if is_rest => {
                let entry = rest.get_or_insert((spec, Vec::new(), arg.span));
                entry.1.push(value);
                entry.2 = entry.2.to(arg.span);
            }
            Ok(value) => given.push(Given { name: spec.name, value, span: arg.value.span, written: true }),
            Err(d) => {
                fail(match of_another(sig, arg).filter(|_| d.code == "E0101") {
                    Some(meant) => {
                        named(Diagnostic { fixes: Vec::new(), notes: Vec::new(), ..*d }, arg, meant)
                    }
                    None => *d,
                });
                // Known to be written: not reported as missing on top.
                given.push(Given {
                    name: spec.name,
                    value: Value::Bool(false),
                    span: arg.span,
                    written: true,
                });
            }
        }
    }
    if let Some((spec, values, span)) = rest {
        given.push(Given { name: spec.name, value: Value::List(values), span, written: true });
    }
    for spec in sig.args.iter().filter(|a| a.default == Default::Required) {
        if !given.iter().any(|g| g.name == spec.name) && !meant.contains(&spec.name) {
            fail(
                Diagnostic::error(
                    "E0201",
                    span,
                    format!("`{}` needs `{}`: {}", sig.name, spec.name, spec.about),
                )
                .label(format!("`{}` is missing", spec.name))
                .note(usage(sig)),
            );
        }
    }
    sound.then(|| Args::new(sig, span, given))
}

/// The one argument that must be given and is not, beside the one that is not known: what the other was meant to be.
fn only_missing(sig: &Sig, args: &[Arg]) -> Option<&'static str> {
    let named = |name: &str| args.iter().any(|a| matches!(&a.key, ArgKey::Named(n) if n.text == name));
    let strange = args.iter().filter(|a| matches!(&a.key, ArgKey::Named(n) if sig.arg(&n.text).is_none()));
    let written = args.iter().filter(|a| a.key == ArgKey::Positional).count();
    let required = sig.args.iter().enumerate().filter(|(_, a)| a.default == Default::Required);
    let mut missing = required.filter(|(i, a)| !(named(a.name) || a.positional && *i < written));
    let first = missing.next().map(|(_, a)| a.name);
    first.filter(|_| missing.next().is_none() && strange.count() == 1)
}

/// `usage: dense width, bias=true, ...`
fn usage(sig: &Sig) -> String {
    let args: Vec<String> = sig
        .args
        .iter()
        .map(|a| match (a.positional, a.default) {
            (true, Default::Required) => a.name.to_string(),
            (true, _) => format!("[{}]", a.name),
            (false, _) => format!("{}=", a.name),
        })
        .collect();
    format!("usage: {} {}", sig.name, args.join(", ")).trim_end().into()
}

fn unknown_argument(sig: &Sig, name: &str, span: Span) -> Diagnostic {
    if NOT_YET.contains(&(sig.name, name)) {
        return Diagnostic::error(
            "E0204",
            span,
            format!("`{name}` of `{}` is not in this version", sig.name),
        )
        .label("not built yet")
        .help("leave it out");
    }
    let error = Diagnostic::error("E0202", span, format!("`{}` has no argument `{name}`", sig.name))
        .label("unknown argument");
    if let Some(known) = elsewhere::argument(sig, name) {
        return error.fix(format!("it is called `{known}` here"), span, known);
    }
    if let Some(advice) = elsewhere::otherwise(sig, name) {
        return error.help(advice);
    }
    match nearest(name, sig.args.iter().map(|a| a.name)) {
        Some(known) => error.fix("a similar argument exists", span, known),
        None if sig.args.is_empty() => error.note(format!("`{}` takes no arguments", sig.name)),
        None => {
            let names: Vec<&str> = sig.args.iter().map(|a| a.name).collect();
            error.note(format!("`{}` takes {}", sig.name, names.join(", ")))
        }
    }
}

/// `width: 64` for `width=64`; also for the arguments of a block.
pub fn colon(name: &Ident, arg: &Arg) -> Diagnostic {
    Diagnostic::error("E0205", arg.span, format!("the value of `{}` follows `=`", name.text))
        .label("`name: type` belongs to `input` and `output`")
        .fix("write `=`", Span::new(name.span.start, arg.value.span.start), format!("{}=", name.text))
}

fn surplus(sig: &Sig, arg: &Arg) -> Diagnostic {
    let count = sig.args.iter().filter(|a| a.positional).count();
    let error = match count {
        0 => Diagnostic::error("E0210", arg.span, format!("`{}` takes no unnamed arguments", sig.name)),
        1 => Diagnostic::error("E0210", arg.span, format!("`{}` takes 1 unnamed argument", sig.name)),
        n => Diagnostic::error("E0210", arg.span, format!("`{}` takes {n} unnamed arguments", sig.name)),
    };
    let error = error.label("one too many").note(usage(sig));
    match of_another(sig, arg) {
        Some(meant) => named(error, arg, meant),
        None => error,
    }
}

/// The argument whose word an unnamed one is.
fn of_another(sig: &Sig, arg: &Arg) -> Option<&'static str> {
    fn knows(kind: &Kind, word: &str) -> bool {
        match kind {
            Kind::Word(words) | Kind::Words(words) => words.contains(&word),
            Kind::OneOf(kinds) => kinds.iter().any(|kind| knows(kind, word)),
            _ => false,
        }
    }
    let (ArgKey::Positional, ExprKind::Path(word)) = (&arg.key, &arg.value.kind) else { return None };
    sig.args.iter().find(|spec| !spec.positional && knows(&spec.kind, word)).map(|spec| spec.name)
}

/// With the name of the argument that a word is of.
fn named(error: Diagnostic, arg: &Arg, name: &str) -> Diagnostic {
    let place = Span::new(arg.value.span.start, arg.value.span.start);
    error.fix(format!("it is a word of `{name}`"), place, format!("{name}="))
}

#[cfg(test)]
mod tests {
    use crate::check::{Env, check_source};

    #[test]
    fn a_word_without_its_argument_is_given_it() {
        let answer = |layer: &str| {
            let source = format!(
                "net {{\n  input x: real[8, 8, 3]\n  {layer}\n  flatten -> dense 5\n  output y: class[5]\n}}\n"
            );
            let found = check_source(&source, &Env::default()).diagnostics;
            let fix = found.iter().flat_map(|d| &d.fixes).find(|fix| !fix.edits.is_empty());
            let Some(fix) = fix else { return String::new() };
            let mut fixed = source.clone();
            fix.edits.iter().for_each(|edit| fixed.replace_range(edit.span.start..edit.span.end, &edit.text));
            let left = check_source(&fixed, &Env::default()).diagnostics;
            assert!(left.iter().all(|d| !d.is_error()), "{left:?}");
            fixed.lines().nth(2).unwrap_or_default().trim().to_owned()
        };
        assert_eq!(answer("conv 4, 3x3, valid"), "conv 4, 3x3, pad=valid");
        assert_eq!(answer("dropout gaussian"), "dropout kind=gaussian");
        assert_eq!(answer("dropout 0.2, space"), "dropout 0.2, share=space");
        assert_eq!(answer("conv 4, 3x3, valids"), "");
    }

    #[test]
    fn arguments_of_other_libraries_are_answered_with_ours() {
        let answer = |layer: &str| {
            let source =
                format!("net {{\n  input x: series[8, 3]\n  {layer}\n  last\n  output y: class[5]\n}}\n");
            let found = check_source(&source, &Env::default()).diagnostics;
            let first = found.into_iter().find(|d| d.code == "E0202").expect("an unknown argument");
            let fixes = first.fixes.into_iter().map(|fix| fix.message);
            fixes.collect::<Vec<String>>().join("; ")
        };
        assert_eq!(answer("lstm 5, stateful=true"), "it is called `carry` here");
        assert_eq!(
            answer("lstm 5, return_sequences=true"),
            "leave it out for true; for false write `output=last`"
        );
        assert_eq!(answer("lstm 5, num_layers=2"), "write `repeat 2 { ... }` around the layer");
        assert_eq!(answer("dense 5, in_features=3"), "leave it out: what flows in says it");
        assert_eq!(answer("lstm 5 -> attention num_heads=1"), "it is called `heads` here");
        assert_eq!(answer("lstm 5, bidirectional=true"), "write `bidirectional { ... }` around the layer");
        assert_eq!(answer("lstm 6 -> attention 2, attn_dropout=0.1"), "it is called `dropout` here");
    }
}
