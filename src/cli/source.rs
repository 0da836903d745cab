//! `.net` files by name, or `-` for stdin; checking them with the flags that every command shares.

use std::{
    cell::RefCell,
    io::Read,
    path::{Path, PathBuf},
};

use dropnet::internal::{
    check::{self, Checked, Env},
    diag::{self, Diagnostic, Format},
    model::Model,
    run::{self, OpenError},
};

use super::{
    data,
    ui::{Exit, Failure, Ui},
};

/// The name that stands for stdin.
pub const STDIN: &str = "-";

/// Refuses stdin twice: it is read once.
pub fn check_stdin(paths: &[PathBuf]) -> Result<(), Failure> {
    match paths.iter().filter(|path| path.as_path() == Path::new(STDIN)).count() {
        0 | 1 => Ok(()),
        _ => Err(Failure::usage("`-` stands twice, and stdin is read once")),
    }
}

/// A source text and what to call it.
pub struct Source {
    /// As the user wrote it; `<stdin>` for `-`.
    pub name: String,
    pub text: String,
}

impl Source {
    /// The text that is held for this file, or else the file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        match held(path) {
            Some(text) => Ok(Self { name: path.display().to_string(), text }),
            None => Self::on_disk(path),
        }
    }

    pub fn on_disk(path: &Path) -> Result<Self, Failure> {
        if path == Path::new(STDIN) {
            let mut bytes = Vec::new();
            std::io::stdin()
                .read_to_end(&mut bytes)
                .map_err(|e| Failure::data(format!("cannot read stdin: {e}")))?;
            return Self::decode("<stdin>".into(), bytes);
        }
        if let Some(what) = no_net(path) {
            return Err(Failure::data(what));
        }
        let name = path.display().to_string();
        let bytes =
            std::fs::read(path).map_err(|e| Failure::data(format!("cannot read {name}: {}", reason(&e))))?;
        Self::decode(name, bytes)
    }

    fn decode(name: String, bytes: Vec<u8>) -> Result<Self, Failure> {
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { name, text }),
            Err(e) => {
                let at = e.utf8_error().valid_up_to();
                Err(Failure::data(format!("{name} is not UTF-8 text (byte {at} is the first that is not)")))
            }
        }
    }
}

/// What stands at a path that should name a `.net` file and cannot.
fn no_net(path: &Path) -> Option<String> {
    let name = path.display();
    if !path.is_dir() {
        let is_checkpoint = path.extension().is_some_and(|end| end == "ckpt");
        let net = path.with_file_name("model.net");
        let help = if net.exists() { format!("\nhelp: its net is {}", net.display()) } else { String::new() };
        return is_checkpoint.then(|| format!("{name} is a checkpoint, not a `.net` file{help}"));
    }
    for (what, net) in [
        ("a run, not a `.net` file\nhelp: its net is", "model.net"),
        ("an experiment, not a `.net` file\nhelp: its best net is", "best.net"),
    ] {
        if path.join(net).exists() {
            return Some(format!("{name} is the folder of {what} {}", path.join(net).display()));
        }
    }
    let mut inner: Vec<PathBuf> =
        std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    inner.retain(|path| path.extension().is_some_and(|end| end == "net"));
    let help = inner
        .iter()
        .min()
        .map_or(String::new(), |net| format!("\nhelp: name a file in it, such as {}", net.display()));
    Some(format!("{name} is a folder, not a `.net` file{help}"))
}

thread_local! {
    static HELD: RefCell<Option<(PathBuf, String)>> = const { RefCell::new(None) };
}

/// From now on a text stands for the file of this name: what a session makes of a net is not on disk.
pub fn hold(path: &Path, text: &str) {
    HELD.replace(Some((path.into(), text.into())));
}

fn held(path: &Path) -> Option<String> {
    HELD.with_borrow(|held| held.as_ref().filter(|held| held.0 == path).map(|held| held.1.clone()))
}

/// The system's reason in plain words, without its error number.
pub fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        std::io::ErrorKind::IsADirectory => "it is a folder".into(),
        _ => error.to_string(),
    }
}

/// A `.net` file and the values of its params.
#[derive(clap::Args)]
pub struct File {
    /// The `.net` file; `-` reads stdin
    #[arg(value_name = "FILE")]
    pub path: PathBuf,
    #[command(flatten)]
    pub sets: Sets,
}

#[derive(Clone, clap::Args)]
pub struct Sets {
    /// Give a `param` of the file another value; may be repeated
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    pub sets: Vec<(String, String)>,
}

pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() && !value.trim().is_empty() => {
            Ok((name.trim().into(), value.trim().into()))
        }
        _ => Err("expected NAME=VALUE, such as `p=0.3`".into()),
    }
}

impl Sets {
    /// Refuses two values of one name, of which one would have no effect.
    pub fn check(&self) -> Result<(), Failure> {
        let names: Vec<&String> = self.sets.iter().map(|(name, _)| name).collect();
        match names.iter().enumerate().find(|(i, name)| names[..*i].contains(*name)) {
            Some((_, name)) => {
                Err(Failure::usage(format!("`--set {name}=...` stands twice: give it one value")))
            }
            None => Ok(()),
        }
    }

    pub fn env(&self) -> Env {
        Env { sets: self.sets.clone(), ..Env::default() }
    }
}

impl File {
    /// Reads and checks the file. Diagnostics go to stderr; with errors the command ends.
    pub fn model(&self, ui: &mut Ui) -> Result<(Source, Model), Failure> {
        self.sets.check()?;
        let source = Source::read(&self.path)?;
        let Checked { model, diagnostics, sketch } = check::check_source(&source.text, &self.sets.env());
        if sketch.waits && !diagnostics.iter().any(Diagnostic::is_error) {
            let model = self.sized(&source, ui)?;
            return Ok((source, model));
        }
        report(&diagnostics, &source, ui);
        match model {
            Some(model) => Ok((source, model)),
            None => Err(Failure::Reported(Exit::Faulty)),
        }
    }
}

impl File {
    /// The net whose sizes `_` are those of its data.
    fn sized(&self, source: &Source, ui: &mut Ui) -> Result<Model, Failure> {
        let attributes = match run::sizes(&source.text, &self.sets.sets, &data::search(&self.path)) {
            Ok(attributes) => attributes,
            Err(OpenError::Data(error)) => return Err(data::failure(&error, Some(source), ui)),
            Err(error) => return Err(Failure::data(error)),
        };
        let env = Env { attributes, ..self.sets.env() };
        let Checked { model, diagnostics, .. } = check::check_source(&source.text, &env);
        report(&diagnostics, source, ui);
        model.ok_or(Failure::Reported(Exit::Faulty))
    }
}

/// Diagnostics as talk, followed by their number where there are errors.
pub fn report(diagnostics: &[Diagnostic], source: &Source, ui: &mut Ui) {
    let text = diag::render(diagnostics, &source.text, &source.name, Format::Full, ui.color_err());
    if diagnostics.iter().any(Diagnostic::is_error) {
        ui.error_text(&format!("{text}{}\n", diag::count_line(diagnostics)));
    } else if !text.is_empty() {
        ui.talk(text.trim_end());
    }
}
