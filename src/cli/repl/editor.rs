//! Where lines come from: rustyline on a terminal, plain lines from a pipe.

use std::{
    borrow::Cow,
    io::{BufRead, IsTerminal},
    path::PathBuf,
};

use dropnet::internal::manual;
use rustyline::{
    CompletionType, Config, Context, Helper, Result,
    completion::{Completer, FilenameCompleter, Pair},
    error::ReadlineError,
    highlight::{CmdKind, Highlighter},
    hint::Hinter,
    history::DefaultHistory,
    validate::{ValidationContext, ValidationResult, Validator},
};

use super::{commands::COMMANDS, session::Session};
use crate::cli::ui::{Failure, Ui};

pub const PROMPT: &str = "> ";
const MORE: &str = ". ";

pub enum Line {
    Text(String),
    Dropped,
    /// Bytes that are no text.
    Unreadable,
    End,
}

pub enum Editor {
    Terminal(Box<rustyline::Editor<Words, DefaultHistory>>),
    Pipe,
}

impl Editor {
    pub fn new(ui: &mut Ui) -> std::result::Result<Self, Failure> {
        if !std::io::stdin().is_terminal() {
            return Ok(Self::Pipe);
        }
        let cannot = |e: ReadlineError| Failure::data(format!("cannot read the terminal: {e}"));
        let config = Config::builder().completion_type(CompletionType::List).auto_add_history(true).build();
        let mut editor = rustyline::Editor::with_config(config).map_err(cannot)?;
        editor.set_helper(Some(Words::new(ui.color_out())));
        if let Some(path) = history() {
            // The first session has none.
            let _ = editor.load_history(&path);
        }
        Ok(Self::Terminal(Box::new(editor)))
    }

    /// The next line, with those that belong to it.
    pub fn read(&mut self, session: &Session, ui: &mut Ui) -> std::result::Result<Line, Failure> {
        match self {
            Self::Terminal(editor) => {
                if let Some(words) = editor.helper_mut() {
                    words.names = session.names();
                    words.labels = session.labels();
                }
                match editor.readline(PROMPT) {
                    Ok(text) => Ok(Line::Text(text)),
                    Err(ReadlineError::Interrupted) => Ok(Line::Dropped),
                    Err(ReadlineError::Eof) => Ok(Line::End),
                    Err(e) => Err(Failure::data(format!("cannot read the terminal: {e}"))),
                }
            }
            Self::Pipe => piped(ui),
        }
    }

    pub fn save(&mut self, ui: &mut Ui) {
        let (Self::Terminal(editor), Some(path)) = (self, history()) else { return };
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        if let Err(e) = folder.map_err(ReadlineError::from).and_then(|()| editor.save_history(&path)) {
            ui.talk(format_args!("the history was not kept: {}: {e}", path.display()));
        }
    }
}

fn piped(ui: &mut Ui) -> std::result::Result<Line, Failure> {
    let mut text = String::new();
    loop {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_until(b'\n', &mut bytes);
        if read.map_err(|e| Failure::data(format!("cannot read stdin: {e}")))? == 0 {
            return Ok(if text.is_empty() { Line::End } else { Line::Text(text) });
        }
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end_matches(['\n', '\r']);
        ui.data(&format!("{}{line}\n", if text.is_empty() { PROMPT } else { MORE }))?;
        if std::str::from_utf8(&bytes).is_err() {
            return Ok(Line::Unreadable);
        }
        text += line;
        if !goes_on(&text) {
            return Ok(Line::Text(text));
        }
        text.push('\n');
    }
}

/// `$XDG_STATE_HOME/dropnet/history`, or under `~/.local/state`.
fn history() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")))?;
    Some(state.join("dropnet/history"))
}

/// Whether an entry waits for more: an open brace or bracket, or a comma at its end. An empty line ends it.
fn goes_on(text: &str) -> bool {
    if text.starts_with([':', '?', ';']) || text.ends_with('\n') {
        return false;
    }
    let code = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let code = code.collect::<Vec<_>>().join("\n");
    let depth = |open: char, close: char| code.matches(open).count() > code.matches(close).count();
    let end = code.trim_end();
    depth('{', '}') || depth('[', ']') || depth('(', ')') || end.ends_with(',')
}

/// Statements that begin with a label of the net.
const OF_LABELS: &[&str] = &["freeze", "lr"];

/// What the line editor knows of the language.
pub struct Words {
    color: bool,
    files: FilenameCompleter,
    /// Words of the language, sorted.
    words: Vec<&'static str>,
    /// Names of the session: its params and labels.
    names: Vec<String>,
    labels: Vec<String>,
}

impl Words {
    fn new(color: bool) -> Self {
        Self {
            color,
            files: FilenameCompleter::new(),
            words: manual::names(),
            names: Vec::new(),
            labels: Vec::new(),
        }
    }

    /// Words that may stand at `start..pos`.
    fn candidates(&self, line: &str, start: usize) -> Vec<String> {
        let before = line[..start].trim_end();
        if line.starts_with(':') && start <= 1 {
            return COMMANDS.iter().map(|c| c.name.to_string()).collect();
        }
        let step = before.rsplit(['\n', '{']).next().and_then(|l| l.rsplit("->").next()).unwrap_or_default();
        let word = step.rsplit(':').next().unwrap_or_default().split([' ', ',']).find(|w| !w.is_empty());
        if step.trim() == word.unwrap_or_default() && word.is_some_and(|word| OF_LABELS.contains(&word)) {
            return self.labels.clone();
        }
        // The first word behind `optimizer` is one.
        if let Some(family) = word.filter(|word| step.trim() == *word) {
            let chosen = manual::pages().into_iter().filter(|page| page.prefix.trim_end() == family);
            let chosen: Vec<String> = chosen.map(|page| page.sig.name.to_string()).collect();
            if !chosen.is_empty() {
                return chosen;
            }
        }
        let mut all: Vec<String> = self.words.iter().map(|w| w.to_string()).collect();
        all.extend(self.names.iter().cloned());
        if let Some(page) = word.and_then(|word| manual::find(word).into_iter().next()) {
            for arg in page.sig.args {
                all.push(format!("{}=", arg.name));
                all.extend(arg.kind.words().iter().map(|w| w.to_string()));
            }
        }
        all
    }
}

impl Completer for Words {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, context: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        if line.starts_with(":load ") || line.starts_with(":predict ") || line.starts_with(";") {
            return self.files.complete(line, pos, context);
        }
        let start =
            line[..pos].rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).map_or(0, |i| i + 1);
        let begun = &line[start..pos];
        let mut fitting: Vec<String> =
            self.candidates(line, start).into_iter().filter(|w| w.starts_with(begun)).collect();
        fitting.sort();
        fitting.dedup();
        Ok((start, fitting.into_iter().map(|w| Pair { display: w.clone(), replacement: w }).collect()))
    }
}

impl Hinter for Words {
    type Hint = String;

    /// The arguments of the word before the cursor.
    fn hint(&self, line: &str, pos: usize, _: &Context<'_>) -> Option<String> {
        if pos < line.len() || line.starts_with([':', '?', ';']) {
            return None;
        }
        let step = line.rsplit("->").next()?.trim_start();
        let word = step.strip_suffix(' ')?.trim_end();
        let page = manual::find(word).into_iter().next()?;
        let usage = page.usage();
        Some(usage.strip_prefix(word)?.trim_start().to_string()).filter(|hint| !hint.is_empty())
    }
}

impl Highlighter for Words {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if !self.color || line.starts_with([':', '?', ';']) {
            return Cow::Borrowed(line);
        }
        Cow::Owned(colored(line, &self.words))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        match self.color {
            true => Cow::Owned(format!("\u{1b}[2m{hint}\u{1b}[0m")),
            false => Cow::Borrowed(hint),
        }
    }

    fn highlight_char(&self, _: &str, _: usize, _: CmdKind) -> bool {
        self.color
    }
}

impl Validator for Words {
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        Ok(match goes_on(context.input()) {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Valid(None),
        })
    }
}

impl Helper for Words {}

/// Words of the language in cyan, numbers in yellow, texts in green, comments dim.
fn colored(line: &str, words: &[&str]) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let (len, color) = if first == '#' {
            (rest.len(), "2")
        } else if first == '"' {
            (rest[1..].find('"').map_or(rest.len(), |i| i + 2), "32")
        } else if first.is_ascii_digit() {
            (rest.find(|c: char| !(c.is_alphanumeric() || ".%_".contains(c))).unwrap_or(rest.len()), "33")
        } else if first.is_alphabetic() || first == '_' {
            let len = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let known = words.binary_search(&&rest[..len]).is_ok() || &rest[..len] == "else";
            (len, if known { "36" } else { "" })
        } else {
            (first.len_utf8(), "")
        };
        match color {
            "" => out += &rest[..len],
            color => out += &format!("\u{1b}[{color}m{}\u{1b}[0m", &rest[..len]),
        }
        rest = &rest[len..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_entries_wait_for_more() {
        for open in ["train {", "source moons,", "betas=[0.9", "train { # } here"] {
            assert!(goes_on(open), "{open}");
        }
        for whole in
            ["dense 16 -> relu", "train {\n}", ":load a,", "?dense", "dense 16 ->", "source moons,\n"]
        {
            assert!(!goes_on(whole), "{whole}");
        }
    }

    #[test]
    fn words_numbers_and_texts_have_colours() {
        let words = manual::names();
        let line = colored("dense 16 # a \"b\"", &words);
        assert_eq!(line, "\u{1b}[36mdense\u{1b}[0m \u{1b}[33m16\u{1b}[0m \u{1b}[2m# a \"b\"\u{1b}[0m");
    }

    #[test]
    fn arguments_and_their_words_are_offered() {
        let mut words = Words::new(false);
        words.labels = vec!["stem".into(), "head".into()];
        let history = DefaultHistory::new();
        let context = Context::new(&history);
        let offered = |line: &str| -> Vec<String> {
            let (_, pairs) = words.complete(line, line.len(), &context).expect("words");
            pairs.into_iter().map(|pair| pair.replacement).collect()
        };
        assert_eq!(offered("drop"), ["drop_connect", "drop_path", "dropout"]);
        assert_eq!(offered("optimizer ad"), ["adadelta", "adagrad", "adam", "adamax", "adamw"]);
        assert!(
            offered("dropout 0.5, sc").contains(&"scale=".to_string()),
            "{:?}",
            offered("dropout 0.5, sc")
        );
        assert!(
            offered("dense 3, init=he").contains(&"he_normal".to_string()),
            "{:?}",
            offered("dense 3, init=he")
        );
        for labelled in ["freeze ", "lr ", "train { lr "] {
            assert_eq!(offered(labelled), ["head", "stem"], "{labelled}");
        }
        assert_eq!(offered("freeze st"), ["stem"]);
        assert!(offered("freeze stem, un").contains(&"until=".to_string()));
        assert_eq!(offered(":cont"), ["continue"]);
        assert_eq!(words.hint("dropout ", 8, &context).as_deref().map(|h| h.contains("scale=")), Some(true));
    }
}
