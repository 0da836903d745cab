//! `dropnet fmt`: rewrites files in the one layout; `--check` and `--diff` only say what would change.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use dropnet::internal::{layers, syntax};
use serde_json::json;

use super::{
    Outcome, nets,
    source::{self, STDIN, Source},
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    /// `.net` files to rewrite, or folders of them; `-` formats stdin to stdout
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write nothing; exit with 1 if a file would change
    #[arg(long)]
    check: bool,
    /// Write nothing; show what would change, and exit with 1 if anything would
    #[arg(long)]
    diff: bool,
    /// Write one JSON object a file: whether it changes, and with `--diff` or of stdin what it becomes
    #[arg(long)]
    json: bool,
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        source::check_stdin(&self.files)?;
        let files = nets::listed(&self.files)?;
        let (mut changed, mut broken) = (0, 0);
        for path in &files {
            let source = Source::read(path)?;
            let formatted = match syntax::format(&source.text) {
                Ok(formatted) => formatted,
                Err(_) => {
                    // Said as `check` says it, which knows what is a layer.
                    let (_, diagnostics) =
                        syntax::parse_with(&source.text, &|word| layers::find(word).is_some());
                    source::report(&diagnostics, &source, ui);
                    broken += 1;
                    if self.json {
                        ui.data(&format!("{}\n", json!({ "file": source.name, "broken": true })))?;
                    }
                    continue;
                }
            };
            changed += usize::from(formatted != source.text);
            self.one(path, &source, &formatted, ui)?;
        }
        let verb = if self.check || self.diff { "would be" } else { "were" };
        ui.talk(summary(files.len(), changed, broken, verb));
        let faulty = broken > 0 || ((self.check || self.diff) && changed > 0);
        Ok(if faulty { Exit::Faulty } else { Exit::Done })
    }

    fn one(&self, path: &Path, source: &Source, formatted: &str, ui: &mut Ui) -> Result<(), Failure> {
        let same = formatted == source.text;
        if self.json {
            let mut object = json!({ "file": source.name, "broken": false, "changed": !same });
            if self.diff || path == Path::new(STDIN) {
                object["text"] = json!(formatted);
            }
            ui.data(&format!("{object}\n"))?;
            let writes = !(self.check || self.diff || same || path == Path::new(STDIN));
            return if writes { replace(path, formatted) } else { Ok(()) };
        }
        if self.diff {
            return if same {
                Ok(())
            } else {
                ui.data(&syntax::unified_diff(&source.text, formatted, &source.name))
            };
        }
        if self.check {
            if !same {
                ui.talk(format_args!("would reformat {}", source.name));
            }
            return Ok(());
        }
        if path == Path::new(STDIN) {
            return ui.data(formatted);
        }
        if same { Ok(()) } else { replace(path, formatted) }
    }
}

/// Through a file beside it, so that an interruption leaves the old text or the new one.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let write = || -> std::io::Result<()> {
        // A link stays a link: what it points to is rewritten.
        let target = path.canonicalize()?;
        let folder = target.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().set_permissions(std::fs::metadata(&target)?.permissions())?;
        file.persist(&target)?;
        Ok(())
    };
    write().map_err(|e| Failure::data(format!("cannot write {}: {}", path.display(), source::reason(&e))))
}

/// `2 files were reformatted, 1 was already in order`
fn summary(files: usize, changed: usize, broken: usize, verb: &str) -> String {
    let plural = |n: usize| if n == 1 { "1 file".to_string() } else { format!("{n} files") };
    let mut parts = Vec::new();
    if changed > 0 {
        let verb = if changed == 1 && verb == "were" { "was" } else { verb };
        parts.push(format!("{} {verb} reformatted", plural(changed)));
    }
    if files > changed + broken {
        let rest = files - changed - broken;
        parts.push(format!("{} already in order", plural(rest)));
    }
    if broken > 0 {
        parts.push(format!("{} not formatted because of errors", plural(broken)));
    }
    parts.join(", ")
}
