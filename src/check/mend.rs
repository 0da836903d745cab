//! What the parser proposes between two values, held against the words of the language: it knows none of them.

use super::{Env, check_as, parse_source};
use crate::{
    diag::{Diagnostic, Edit, Fix, LineIndex, Span},
    layers,
    train::{losses, optimizers, schedules},
    vocab::{Default, Sig},
};

/// So many findings are drawn; each costs a reading of the text.
const TRIED: usize = 20;

/// Keeps of "missing `,`?" the edits behind which the line is sound; names the one argument that must have a name.
pub fn commas(source: &str, diagnostics: &mut [Diagnostic], env: &Env) {
    let before = errors(diagnostics);
    let commas = diagnostics.iter_mut().filter(|d| d.code == "E0002" && !d.fixes.is_empty());
    for (i, finding) in commas.enumerate() {
        let proposed = std::mem::take(&mut finding.fixes);
        if i >= TRIED {
            continue;
        }
        let mut why = None;
        let named = named(source, finding.span, &proposed);
        for fix in proposed.into_iter().chain(named) {
            match broken(source, &fix.edits, &before, env) {
                None => finding.fixes.push(fix),
                Some(message) => why = why.or(Some(message)),
            }
        }
        if let (true, Some(why)) = (finding.fixes.is_empty(), why) {
            finding.notes.push(format!("a `,` alone does not mend it: {why}"));
        }
    }
}

fn errors(diagnostics: &[Diagnostic]) -> Vec<(&'static str, String)> {
    let errors = diagnostics.iter().filter(|d| d.is_error());
    errors.map(|d| (d.code, d.message.clone())).collect()
}

/// `adam, lr=0.01` for `adam 0.01`: the only argument that must be given and has to be named.
fn named(source: &str, second: Span, proposed: &[Fix]) -> Option<Fix> {
    let [Edit { span: gap, .. }] = &proposed.first()?.edits[..] else { return None };
    let before = source.get(..gap.start)?;
    let begins = before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |at| at + 1);
    let sig = sig(&before[begins..])?;
    let mut required = sig.args.iter().filter(|arg| arg.default == Default::Required);
    let (Some(arg), None) = (required.next(), required.next()) else { return None };
    let span = Span::new(gap.start, second.start);
    (!arg.positional).then(|| Fix {
        message: format!("`{}` needs `{}`: is that meant?", sig.name, arg.name),
        edits: vec![Edit { span, text: format!(", {}=", arg.name) }],
    })
}

fn sig(word: &str) -> Option<&'static Sig> {
    let layer = layers::find(word).map(|word| word.sig());
    let layer = layer.or_else(|| optimizers::find(word).map(|word| word.sig()));
    let layer = layer.or_else(|| schedules::find(word).map(|word| word.sig()));
    layer.or_else(|| losses::find(word).map(|word| word.sig()))
}

/// An error in the lines of the edits that was not there before them.
fn broken(source: &str, edits: &[Edit], before: &[(&str, String)], env: &Env) -> Option<String> {
    let [edit] = edits else { return None };
    let (head, tail) = (source.get(..edit.span.start)?, source.get(edit.span.end..)?);
    let text = format!("{head}{}{tail}", edit.text);
    let (file, mut found) = parse_source(&text);
    let unread = found.iter().any(Diagnostic::is_error);
    found.extend(check_as(&file, env, unread).diagnostics);
    let index = LineIndex::new(&text);
    let line = index.line(edit.span.start);
    let here = found.iter().filter(|d| d.is_error() && index.line(d.span.start) == line);
    let known =
        |d: &&Diagnostic| before.iter().any(|(code, message)| d.code == *code && d.message == *message);
    let mut new = here.filter(|d| !known(d));
    new.next().map(|d| d.message.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::check_source;

    /// The line behind each fix of what is wrong in a line of `net` or `train`.
    fn mended(net: &str, train: &str) -> (Vec<String>, Vec<String>) {
        let source = format!(
            "net {{\n  input x: real[2]\n  {net}\n  dense 2\n  output y: class[2]\n}}\n\
             train {{\n  epochs 1\n  loss cross_entropy\n  {train}\n}}\n"
        );
        let found = check_source(&source, &Env::default()).diagnostics;
        let comma = found.iter().find(|d| d.code == "E0002").expect("a comma is missing");
        let text = |edit: &Edit| {
            let (head, tail) = (&source[..edit.span.start], &source[edit.span.end..]);
            let line = head.matches('\n').count();
            format!("{head}{}{tail}", edit.text).lines().nth(line).unwrap().trim().to_string()
        };
        let edits = comma.fixes.iter().flat_map(|fix| &fix.edits);
        (edits.map(text).collect(), comma.notes.clone())
    }

    #[test]
    fn only_a_comma_behind_which_the_line_is_sound_is_proposed() {
        let sgd = "optimizer sgd, lr=0.1";
        assert_eq!(mended("dense 3 bias=false", sgd).0, ["dense 3, bias=false"]);
        assert_eq!(mended("dense 3", "optimizer adam 0.01").0, ["optimizer adam, lr=0.01"]);
        assert_eq!(mended("dense 3", "optimizer adam lr=0.01").0, ["optimizer adam, lr=0.01"]);
        let (lines, notes) = mended("dropout 0.5 0.5", sgd);
        assert!(lines.is_empty(), "{lines:?}");
        assert_eq!(notes, ["a `,` alone does not mend it: `dropout` takes 1 unnamed argument"]);
    }
}
