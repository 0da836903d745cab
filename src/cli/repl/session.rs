//! What a session holds: the net, what it was before, the values that are set, and the runs that came of it.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    rc::Rc,
};

use dropnet::internal::{
    atomic,
    check::{Checked, Env},
    diag::{self, Diagnostic, Format},
    repl::{Buffer, Refused},
    syntax::unified_diff,
};
use tempfile::TempDir;

use super::{commands, net, runs::Run};
use crate::cli::{
    source::Source,
    ui::{Exit, Failure, Ui},
};

/// How a net is called that has no file.
const UNNAMED: &str = "net";

/// A net, and what goes with it.
#[derive(Clone, Default)]
pub struct Net {
    pub buffer: Buffer,
    pub sets: Vec<(String, String)>,
    /// The file that was loaded or written last.
    pub path: Option<PathBuf>,
    /// The text as it was loaded or trained.
    pub reference: String,
}

impl Net {
    pub fn env(&self) -> Env {
        Env { sets: self.sets.clone(), ..Env::default() }
    }

    pub fn check(&self) -> (Checked, Vec<Diagnostic>) {
        self.buffer.check(&self.env())
    }

    /// Whether nothing lacks that training needs.
    fn is_whole(&self) -> bool {
        let has = |section: &str| self.buffer.text().lines().any(|line| line == format!("{section} {{"));
        has("data") && has("train") && self.check().1.is_empty()
    }

    /// How the net is called in messages; it stands for this file.
    pub fn name(&self) -> PathBuf {
        self.path.clone().unwrap_or_else(|| UNNAMED.into())
    }
}

/// What was found about a text under the values that were set.
struct Known {
    text: String,
    sets: Vec<(String, String)>,
    checked: Rc<Checked>,
}

pub struct Session {
    pub net: Net,
    /// What was found last: a change is held against it.
    known: Option<Known>,
    /// What it was before each change.
    before: Vec<Net>,
    entered: Vec<String>,
    pub run: Option<Run>,
    /// Where runs are until the session ends.
    pub folder: TempDir,
    pub runs: usize,
    pub threads: usize,
}

impl Session {
    pub fn new(sets: Vec<(String, String)>, threads: usize) -> Result<Self, Failure> {
        let folder = TempDir::new().map_err(|e| Failure::data(format!("no temporary folder: {e}")))?;
        super::runs::watch_interrupts(folder.path())?;
        Ok(Self {
            net: Net { sets, ..Net::default() },
            known: None,
            before: Vec::new(),
            entered: Vec::new(),
            run: None,
            folder,
            runs: 0,
            threads,
        })
    }

    /// Does what a line says; answers whether the session ends.
    pub fn take(&mut self, line: &str, ui: &mut Ui) -> Result<bool, Failure> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(false);
        }
        self.entered.push(line.into());
        if let Some(word) = line.strip_prefix('?') {
            return self.explain(word.trim(), ui).map(|()| false);
        }
        if let Some(command) = line.strip_prefix(';') {
            return shell(command, ui).map(|()| false);
        }
        let Some(command) = line.strip_prefix(':').or_else(|| commands::plain(line)) else {
            return self.enter(line, ui).map(|()| false);
        };
        let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        (commands::find(name)?.run)(self, rest.trim(), ui)
    }

    /// Names that completion offers beside the words of the language.
    pub fn names(&self) -> Vec<String> {
        let words = self.net.buffer.text().lines().filter_map(|line| {
            let line = line.trim();
            let param = line.strip_prefix("param ").or(line.strip_prefix("let "));
            param.and_then(|rest| rest.split('=').next()).or_else(|| Some(line.split_once(": ")?.0))
        });
        words.map(|word| word.trim().to_string()).filter(|w| !w.contains(' ')).collect()
    }

    /// Labels of the net, of which `train` may speak: each begins a line of the tidy text.
    pub fn labels(&self) -> Vec<String> {
        let labels = self.net.buffer.text().lines().filter_map(|line| line.trim().split_once(": "));
        labels.map(|(label, _)| label.to_string()).filter(|label| !label.contains(' ')).collect()
    }

    /// What is to be said about the net as it is.
    fn known(&mut self) -> Rc<Checked> {
        match &self.known {
            Some(known) if known.text == self.net.buffer.text() && known.sets == self.net.sets => {
                known.checked.clone()
            }
            _ => {
                let checked = self.net.check().0;
                self.remember(checked)
            }
        }
    }

    fn remember(&mut self, checked: Checked) -> Rc<Checked> {
        let checked = Rc::new(checked);
        let (text, sets) = (self.net.buffer.text().into(), self.net.sets.clone());
        self.known = Some(Known { text, sets, checked: checked.clone() });
        checked
    }

    fn enter(&mut self, entry: &str, ui: &mut Ui) -> Result<(), Failure> {
        let known = self.known();
        let before = self.net.clone();
        match self.net.buffer.enter(entry, &self.net.env()) {
            Ok(change) => {
                let completes = self.net.is_whole() && !before.is_whole();
                self.before.push(before);
                ui.data(&net::reply(&change, &known.sketch))?;
                self.warn(&change.checked, &known.diagnostics, ui);
                self.remember(change.checked);
                if completes { ui.data("  complete: `:train`\n") } else { Ok(()) }
            }
            Err(refused) => Err(self.refuse(&refused, ui)),
        }
    }

    /// New warnings of the net.
    fn warn(&self, checked: &Checked, known: &[Diagnostic], ui: &mut Ui) {
        let said: HashSet<(&str, &str)> = known.iter().map(|k| (k.code, k.message.as_str())).collect();
        let is_new = |d: &&Diagnostic| !said.contains(&(d.code, d.message.as_str()));
        let new: Vec<Diagnostic> = checked.diagnostics.iter().filter(is_new).cloned().collect();
        let name = self.net.name().display().to_string();
        let text = diag::render(&new, self.net.buffer.text(), &name, Format::Full, ui.color_err());
        ui.error_text(&text);
    }

    fn refuse(&self, refused: &Refused, ui: &mut Ui) -> Failure {
        let name = format!("<repl:{}>", self.entered.len());
        let errors: Vec<Diagnostic> = refused.diagnostics.iter().filter(|d| d.is_error()).cloned().collect();
        ui.error_text(&diag::render(&errors, &refused.text, &name, Format::Full, ui.color_err()));
        Failure::Reported(Exit::Faulty)
    }

    pub fn load(&mut self, path: &Path, ui: &mut Ui) -> Result<(), Failure> {
        let source = Source::on_disk(path)?;
        let buffer = Buffer::new(&source.text);
        let (checked, lacking) = buffer.check(&self.net.env());
        let all: Vec<Diagnostic> = checked.diagnostics.iter().chain(&lacking).cloned().collect();
        ui.error_text(&diag::render(&all, &source.text, &source.name, Format::Full, ui.color_err()));
        if all.iter().any(Diagnostic::is_error) {
            return Err(Failure::Reported(Exit::Faulty));
        }
        let sets = self.net.sets.clone();
        let net = Net { buffer, sets, path: Some(path.into()), reference: source.text.clone() };
        self.before.push(std::mem::replace(&mut self.net, net));
        ui.data(&net::line(&source.name, &checked))
    }

    pub fn reload(&mut self, ui: &mut Ui) -> Result<(), Failure> {
        match self.net.path.clone() {
            Some(path) => self.load(&path, ui),
            None => Err(Failure::usage("no file was loaded\nhelp: `:load FILE`")),
        }
    }

    pub fn save(&mut self, rest: &str, ui: &mut Ui) -> Result<(), Failure> {
        let path = match (rest, &self.net.path) {
            ("", Some(path)) => path.clone(),
            ("", None) => return Err(Failure::usage("the net has no file yet\nhelp: `:save FILE`")),
            (name, _) => PathBuf::from(name),
        };
        if self.net.path.as_ref() != Some(&path) && path.exists() {
            return Err(Failure::usage(format!(
                "{} is there already\nhelp: choose another name",
                path.display()
            )));
        }
        let cannot = |e: std::io::Error| Failure::data(format!("cannot write {}: {e}", path.display()));
        atomic::replace(&path, |out| out.write_all(self.net.buffer.text().as_bytes())).map_err(cannot)?;
        ui.data(&format!("{} is written\n", path.display()))?;
        self.net.path = Some(path);
        Ok(())
    }

    pub fn clear(&mut self, ui: &mut Ui) -> Result<(), Failure> {
        self.before.push(std::mem::take(&mut self.net));
        ui.data("an empty net (`:undo` brings the old one back)\n")
    }

    pub fn list(&self, ui: &mut Ui) -> Result<(), Failure> {
        let lines = self.net.buffer.text().lines().enumerate();
        ui.data(&lines.map(|(i, line)| format!("{:>4}  {line}\n", i + 1)).collect::<String>())
    }

    pub fn edit_line(&mut self, rest: &str, instead: bool, ui: &mut Ui) -> Result<(), Failure> {
        let (number, entry) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        if entry.trim().is_empty() {
            return Err(Failure::usage(
                "a number of a line and its text are needed\nhelp: `:list` shows the numbers; `:insert 7 dropout 0.5`",
            ));
        }
        self.change_line(number, entry.trim(), instead, ui)
    }

    pub fn delete_line(&mut self, rest: &str, ui: &mut Ui) -> Result<(), Failure> {
        self.change_line(rest, "", true, ui)
    }

    fn change_line(&mut self, number: &str, entry: &str, instead: bool, ui: &mut Ui) -> Result<(), Failure> {
        let line: usize = number.parse().map_err(|_| {
            Failure::usage(format!("`{number}` is no number of a line\nhelp: `:list` shows them"))
        })?;
        let known = self.known();
        let before = self.net.clone();
        match self.net.buffer.edit(line, entry, instead, &self.net.env()) {
            Ok(checked) => {
                self.before.push(before);
                ui.data(&net::changes(&checked.sketch, &known.sketch))?;
                self.warn(&checked, &known.diagnostics, ui);
                self.remember(checked);
                Ok(())
            }
            Err(refused) if refused.diagnostics.is_empty() => Err(Failure::usage(format!(
                "no statement begins in line {line}\nhelp: `:list` shows the lines"
            ))),
            Err(refused) => Err(self.refuse(&refused, ui)),
        }
    }

    pub fn set(&mut self, rest: &str, ui: &mut Ui) -> Result<(), Failure> {
        if rest.is_empty() {
            return ui.data(&self.net.sets.iter().map(|(n, v)| format!("{n}={v}\n")).collect::<String>());
        }
        let Some((name, value)) = rest.split_once('=') else {
            return Err(Failure::usage("expected NAME=VALUE, such as `:set p=0.3`"));
        };
        let known = self.known();
        let before = self.net.clone();
        self.net.sets.retain(|(known, _)| known != name.trim());
        self.net.sets.push((name.trim().into(), value.trim().into()));
        let (checked, _) = self.net.check();
        if checked.diagnostics.iter().any(Diagnostic::is_error) {
            let mut diagnostics = checked.diagnostics;
            diagnostics.iter_mut().for_each(|d| d.message = d.message.replace("`--set ", "`:set "));
            let refused = Refused { text: self.net.buffer.text().into(), diagnostics };
            self.net = before;
            return Err(self.refuse(&refused, ui));
        }
        self.before.push(before);
        ui.data(&format!("{}={}\n", name.trim(), value.trim()))?;
        ui.data(&net::changes(&checked.sketch, &known.sketch))?;
        self.remember(checked);
        Ok(())
    }

    pub fn undo(&mut self, ui: &mut Ui) -> Result<(), Failure> {
        let Some(net) = self.before.pop() else {
            return Err(Failure::usage("there is nothing to take back"));
        };
        let now = std::mem::replace(&mut self.net, net);
        ui.data(&self.difference(now.buffer.text()))?;
        let undone = now.sets.iter().filter(|set| !self.net.sets.contains(set));
        ui.data(&undone.map(|(name, value)| format!("no longer {name}={value}\n")).collect::<String>())
    }

    pub fn diff(&self, ui: &mut Ui) -> Result<(), Failure> {
        ui.data(&self.difference(&self.net.reference))
    }

    /// From another text to the net's.
    fn difference(&self, from: &str) -> String {
        let diff = unified_diff(from, self.net.buffer.text(), &self.net.name().display().to_string());
        // Both have one name, and the formatter wrote neither.
        diff.lines().skip(2).map(|line| format!("{line}\n")).collect()
    }

    pub fn show_history(&self, ui: &mut Ui) -> Result<(), Failure> {
        let lines = self.entered.iter().enumerate();
        ui.data(
            &lines
                .map(|(i, line)| format!("{:>4}  {}\n", i + 1, line.replace('\n', "\n      ")))
                .collect::<String>(),
        )
    }

    pub fn types(&mut self, rest: &str, ui: &mut Ui) -> Result<(), Failure> {
        let known = self.known();
        let text = net::types(&known.sketch, rest);
        if known.sketch.waits {
            return Err(Failure::usage(
                "sizes `_` are those of the data\nhelp: `:summary` reads them and shows all shapes",
            ));
        }
        match text.is_empty() {
            true => Err(Failure::usage(format!("the net has no layer `{rest}`\nhelp: `:type` lists all"))),
            false => ui.data(&text),
        }
    }

    pub fn explain(&self, word: &str, ui: &mut Ui) -> Result<(), Failure> {
        self.command(&["explain", commands::named(word, "a word, such as `?dropout`,")?], ui)
    }
}

fn shell(command: &str, ui: &mut Ui) -> Result<(), Failure> {
    ui.finish()?;
    let status = std::process::Command::new("sh").arg("-c").arg(command).status();
    match status.map_err(|e| Failure::data(format!("cannot run the shell: {e}")))? {
        status if status.success() => Ok(()),
        status => Err(Failure::data(format!("the shell says {status}"))),
    }
}
