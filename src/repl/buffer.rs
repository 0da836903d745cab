//! The text of a net that is entered piece by piece.
//!
//! Invariant: the text parses, and what it lacks to be a whole file is all that is wrong with it.

use std::{ops::Range, rc::Rc};

use crate::{
    check::{Checked, Env, SECTIONS, check_parsed, check_source, home_section, parse_source},
    diag::{Diagnostic, Span},
    syntax::{
        ast::{Chain, File, Stmt, span_of as span},
        format_parsed, parse,
    },
};

/// What an unfinished file lacks: a net, an input or output, a loss, a source of data.
const LACKING: &[&str] = &["E0105", "E0404", "E0501"];

#[derive(Debug, Default)]
pub struct Buffer {
    text: String,
    /// The tree of the text, where it is at hand. Copies go without: a session keeps one for each entry.
    parsed: Option<Rc<File>>,
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        Self::new(&self.text)
    }
}

impl PartialEq for Buffer {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// What an entry did.
pub struct Change {
    /// The section that it went to; none for what stands at the top of the file.
    pub section: Option<&'static str>,
    /// Whether something that stood there gave way to it.
    pub replaced: bool,
    pub checked: Checked,
}

/// Why an entry was not taken: findings with places in `text`.
#[derive(Debug)]
pub struct Refused {
    pub text: String,
    pub diagnostics: Vec<Diagnostic>,
}

impl Buffer {
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { text: text.into(), parsed: None }
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// What is wrong beside what is not there yet, and what that is.
    #[must_use]
    pub fn check(&self, env: &Env) -> (Checked, Vec<Diagnostic>) {
        let mut checked = check_source(&self.text, env);
        let lacking = take_lacking(&mut checked);
        (checked, lacking)
    }

    /// Takes statements or sections in: each to its place, instead of what stood there under its name.
    ///
    /// # Errors
    /// What is wrong with them; the buffer is then as it was.
    pub fn enter(&mut self, entry: &str, env: &Env) -> Result<Change, Refused> {
        let refused = |text: &str, diagnostics| Refused { text: text.into(), diagnostics };
        let (file, errors) = parse(entry);
        if errors.iter().any(Diagnostic::is_error) {
            return Err(refused(entry, errors));
        }
        let put = |deep: bool| {
            let mut next = Self { text: self.text.clone(), parsed: self.parsed.clone() };
            let mut put = (None, false, 0..0);
            for stmt in &file.stmts {
                put = next.put(stmt, with_comment(entry, span(stmt)), deep);
            }
            (next, put)
        };
        let (next, (section, replaced, _)) = put(true);
        // The places of findings are those of the tidy text, unless it is refused.
        let (tidy, checked) = next.tidied(env);
        let wrong = |d: &&Diagnostic| d.is_error();
        if checked.diagnostics.iter().any(|d| d.is_error()) {
            // As it was entered, without what stands before it.
            let (next, (_, _, place)) = put(false);
            let (checked, _) = next.check(env);
            let inside = |d: &Diagnostic| place.contains(&d.span.start);
            let own = file.stmts.len() == 1 && checked.diagnostics.iter().filter(wrong).all(inside);
            return Err(match own {
                true => refused(entry, moved(checked.diagnostics, &place, entry)),
                false => refused(&next.text, checked.diagnostics),
            });
        }
        *self = tidy;
        Ok(Change { section, replaced, checked })
    }

    /// Puts statements before the one that begins in line `number` (from 1), or instead of it; nothing instead of it takes it out.
    ///
    /// # Errors
    /// What would be wrong then; no finding where no statement begins in that line.
    pub fn edit(&mut self, number: usize, entry: &str, instead: bool, env: &Env) -> Result<Checked, Refused> {
        let (file, _) = parse(&self.text);
        let line = |at: usize| self.text[..at].matches('\n').count() + 1;
        let inner = file.stmts.iter().filter_map(section_of).flat_map(|(_, stmts, _)| stmts);
        let found = file.stmts.iter().chain(inner).rfind(|stmt| line(span(stmt).start) == number);
        let Some(stmt) = found else {
            return Err(Refused { text: self.text.clone(), diagnostics: Vec::new() });
        };
        let mut next = self.clone();
        let (start, end) = (span(stmt).start, span(stmt).end);
        match instead {
            true => next.text.replace_range(start..end, entry),
            false => next.text.insert_str(start, &format!("{entry}\n")),
        }
        let (tidy, checked) = next.tidied(env);
        if checked.diagnostics.iter().any(Diagnostic::is_error) {
            let (checked, _) = next.check(env);
            return Err(Refused { text: next.text, diagnostics: checked.diagnostics });
        }
        *self = tidy;
        Ok(checked)
    }

    /// The same in canonical form, checked.
    fn tidied(&self, env: &Env) -> (Self, Checked) {
        let (mut file, mut found) = parse_source(&self.text);
        let mut text = self.text.clone();
        if !found.iter().any(Diagnostic::is_error) {
            text = format_parsed(&self.text, &file);
            if text != self.text {
                (file, found) = parse_source(&text);
            }
        }
        let mut checked = check_parsed(&text, &file, found, env);
        take_lacking(&mut checked);
        (Self { text, parsed: Some(Rc::new(file)) }, checked)
    }

    /// Puts a statement to its place, where it may be as deep as its neighbours: then there is nothing to tidy. Answers the section, whether
    /// something gave way, and where it stands now.
    fn put(&mut self, stmt: &Stmt, text: &str, deep: bool) -> (Option<&'static str>, bool, Range<usize>) {
        let file = self.parsed.take().unwrap_or_else(|| Rc::new(parse(&self.text).0));
        match home(stmt, &file) {
            Home::Top => {
                let old = file.stmts.iter().find(|old| same(old, stmt, false)).map(span);
                let at = old.unwrap_or_else(|| Span::new(self.top(&file, stmt), self.top(&file, stmt)));
                let section = section_of(stmt).map(|section| section.0);
                (section, old.is_some(), self.replace(at, text, section.is_some(), deep))
            }
            Home::Section(name) => {
                let Some((_, stmts, body)) = file.stmts.iter().filter_map(section_of).find(|s| s.0 == name)
                else {
                    let at = self.before_section(&file, name);
                    let place =
                        self.replace(Span::new(at, at), &format!("{name} {{\n  {text}\n}}"), true, deep);
                    let inset = name.len() + 5;
                    return (Some(name), false, place.start + inset..place.start + inset + text.len());
                };
                let old = stmts.iter().find(|old| same(old, stmt, name != "net")).map(span);
                let at = old.unwrap_or_else(|| {
                    let at = match (name, stmt) {
                        ("net", stmt) => place_in_net(stmts, stmt).unwrap_or(body.end - 1),
                        _ => body.end - 1,
                    };
                    Span::new(at, at)
                });
                (Some(name), old.is_some(), self.replace(at, text, false, deep))
            }
        }
    }

    /// Writes `text` instead of `at`; where that is empty, on lines of its own, a section with a blank line on either side.
    fn replace(&mut self, at: Span, text: &str, section: bool, deep: bool) -> Range<usize> {
        if at.start < at.end {
            self.text.replace_range(at.start..at.end, text);
            return at.start..at.start + text.len();
        }
        let line = self.text[..at.start].rfind('\n').map_or(0, |newline| newline + 1);
        let indented = self.text[line..at.start].trim().is_empty();
        let start = if indented { line } else { at.start };
        let before = match (indented, section && start > 0) {
            (_, true) => "\n",
            (true, false) => "",
            (false, false) => "\n",
        };
        let after = if section { "\n\n" } else { "\n" };
        let depth = match (indented, deep && !section) {
            (true, true) if self.text[at.start..].starts_with('}') => "  ",
            (true, true) => &self.text[line..at.start],
            _ => "",
        };
        let begins = start + before.len() + depth.len();
        self.text.insert_str(start, &format!("{before}{depth}{text}{after}"));
        begins..begins + text.len()
    }

    /// Where a `param`, `let` or `block` comes: behind the others, before the sections.
    fn top(&self, file: &File, stmt: &Stmt) -> usize {
        if let Some((name, ..)) = section_of(stmt) {
            return self.before_section(file, name);
        }
        let behind = file.stmts.iter().filter(|s| section_of(s).is_none()).map(|s| span(s).end).next_back();
        behind.unwrap_or_else(|| file.stmts.first().map_or(self.text.len(), |first| span(first).start))
    }

    /// Before the first section that usually stands behind this one.
    fn before_section(&self, file: &File, name: &str) -> usize {
        let rank = |name: &str| SECTIONS.iter().position(|n| *n == name);
        let later = file.stmts.iter().find(|s| section_of(s).is_some_and(|s| rank(s.0) > rank(name)));
        later.map_or(self.text.len(), |stmt| span(stmt).start)
    }
}

/// A statement and the comment behind it.
fn with_comment(entry: &str, at: Span) -> &str {
    let line = entry[at.end..].lines().next().unwrap_or_default();
    let end = if line.trim_start().starts_with('#') { at.end + line.len() } else { at.end };
    entry[at.start..end].trim_end()
}

/// Takes out of the findings what is not there yet.
fn take_lacking(checked: &mut Checked) -> Vec<Diagnostic> {
    let (lacking, wrong): (Vec<_>, Vec<_>) =
        std::mem::take(&mut checked.diagnostics).into_iter().partition(lacks);
    checked.diagnostics = wrong;
    if !lacking.is_empty() {
        // What is not used yet may be on the next line.
        checked.diagnostics.retain(Diagnostic::is_error);
    }
    lacking
}

fn lacks(d: &Diagnostic) -> bool {
    LACKING.contains(&d.code) || (d.code == "E0104" && d.message.starts_with("the file has no"))
}

/// Name, statements and body of a section.
fn section_of(stmt: &Stmt) -> Option<(&'static str, &[Stmt], Span)> {
    let Stmt::Chain(Chain { label: None, steps, .. }) = stmt else { return None };
    let [step] = &steps[..] else { return None };
    let name = SECTIONS.iter().copied().find(|name| *name == step.name.text)?;
    step.body.as_ref().map(|body| (name, &body.stmts[..], body.span))
}

enum Home {
    Top,
    Section(&'static str),
}

/// Where a statement belongs, by its first word; layers and what is unknown belong to the net.
fn home(stmt: &Stmt, file: &File) -> Home {
    let chain = match stmt {
        Stmt::Param(_) | Stmt::Let(_) | Stmt::Block(_) => return Home::Top,
        Stmt::Chain(chain) => chain,
        _ => return Home::Section("net"),
    };
    let word = chain.steps.first().map_or("", |step| step.name.text.as_str());
    let block = |s: &Stmt| matches!(s, Stmt::Block(block) if block.name.text == word);
    if section_of(stmt).is_some() || word == "edition" {
        return Home::Top;
    }
    if chain.label.is_some() || crate::layers::find(word).is_some() || file.stmts.iter().any(block) {
        return Home::Section("net");
    }
    Home::Section(home_section(word).unwrap_or("net"))
}

/// Whether an entry takes the place of `old`: of one name; in sections other than the net of one word that stands once.
fn same(old: &Stmt, new: &Stmt, by_word: bool) -> bool {
    match (old, new) {
        (Stmt::Param(a) | Stmt::Let(a), Stmt::Param(b) | Stmt::Let(b)) => a.name.text == b.name.text,
        (Stmt::Block(a), Stmt::Block(b)) => a.name.text == b.name.text,
        (Stmt::Chain(a), Stmt::Chain(b)) => {
            if let (Some(a), Some(b)) = (&a.label, &b.label) {
                return a.text == b.text;
            }
            if section_of(old).is_some() || section_of(new).is_some() {
                return section_of(old).map(|s| s.0) == section_of(new).map(|s| s.0);
            }
            let word = |chain: &Chain| chain.steps.first().map(|step| step.name.text.clone());
            let once = match word(b).as_deref() {
                Some("output" | "edition") => true,
                Some("penalize" | "vary" | "transform") => false,
                _ => by_word,
            };
            let unlabelled = a.label.is_none() && b.label.is_none();
            once && unlabelled && word(a) == word(b)
                || unlabelled && input(a).is_some() && input(a) == input(b)
        }
        _ => false,
    }
}

/// The name of an `input` statement.
fn input(chain: &Chain) -> Option<&str> {
    use crate::syntax::ast::ArgKey;
    let step = chain.steps.first().filter(|step| step.name.text == "input")?;
    match &step.args.first()?.key {
        ArgKey::Typed(name) | ArgKey::Named(name) => Some(&name.text),
        ArgKey::Positional => None,
    }
}

/// Layers come before the output, inputs behind the other inputs.
fn place_in_net(stmts: &[Stmt], stmt: &Stmt) -> Option<usize> {
    let word = |stmt: &Stmt| match stmt {
        Stmt::Chain(chain) => chain.steps.first().map(|step| step.name.text.clone()),
        _ => None,
    };
    if word(stmt).as_deref() == Some("input") {
        let other = stmts.iter().find(|s| word(s).as_deref() != Some("input"));
        return other.map(|other| span(other).start);
    }
    let output = stmts.iter().find(|s| match s {
        Stmt::Chain(chain) => chain.steps.iter().any(|step| step.name.text == "output"),
        _ => false,
    });
    output.map(|output| span(output).start)
}

/// Findings in the part `place` of a text, as findings in the entry that stands there.
fn moved(diagnostics: Vec<Diagnostic>, place: &Range<usize>, entry: &str) -> Vec<Diagnostic> {
    let lead = entry.len() - entry.trim_start().len();
    let own = diagnostics.into_iter().filter(|d| place.contains(&d.span.start));
    own.map(|d| d.moved(place.start, lead)).collect()
}

#[cfg(test)]
mod tests;
