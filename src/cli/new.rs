//! `dropnet new NAME`: a commented `.net` file to start from. Never overwrites.

use std::{
    fs::File,
    io::Write,
    path::{Path, PathBuf},
};

use dropnet::internal::{data::profile, shell};

use super::{
    Outcome, data,
    source::reason,
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    /// Name of the net: NAME.net is written
    name: String,
    /// What to start from
    #[arg(long, value_name = "TEMPLATE", value_enum, default_value_t)]
    template: Template,
    /// A table that the net is to be trained on: the file is written for its columns
    #[arg(long, value_name = "FILE", conflicts_with = "template")]
    csv: Option<PathBuf>,
    /// With `--csv`: the column that is to be predicted, by its name or number [default: the last one]
    #[arg(long, value_name = "COLUMN", requires = "csv")]
    target: Option<String>,
    /// Write one JSON object: the file that was written
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Template {
    /// A small classifier with dropout on flowers; needs no data files
    #[default]
    Classifier,
    /// A regression with two outputs, mean and variance; needs no data files
    Regression,
    /// A classifier of texts; needs no data files, and says where yours go
    Text,
    /// The dense MNIST network of the dropout literature; needs the MNIST files
    Mlp,
}

impl Template {
    fn text(self) -> &'static str {
        match self {
            Template::Classifier => include_str!("templates/classifier.net"),
            Template::Regression => include_str!("templates/regression.net"),
            Template::Text => include_str!("templates/text.net"),
            Template::Mlp => include_str!("templates/mlp.net"),
        }
    }
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        let name = file_name(&self.name)?;
        let text = match &self.csv {
            Some(table) => {
                let called = table.display().to_string();
                let found = profile::of_file(table, &called, self.target.as_deref());
                found.map_err(|error| data::failure(&error, None, ui))?.net()
            }
            None => self.template.text().to_owned(),
        };
        let written = File::create_new(Path::new(&name)).and_then(|mut file| file.write_all(text.as_bytes()));
        match written {
            Ok(()) if self.json => {
                ui.data(&format!("{}\n", serde_json::json!({ "file": name })))?;
                Ok(Exit::Done)
            }
            Ok(()) => {
                let command = shell::path(Path::new(&name));
                ui.talk(format_args!("wrote {name}; train it with `dropnet train {command}`"));
                Ok(Exit::Done)
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Err(Failure::usage(format!(
                "{name} exists already, and `new` overwrites nothing\nhelp: choose another name"
            ))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let folder = Path::new(&name).parent().unwrap_or(Path::new("")).display();
                Err(Failure::data(format!(
                    "cannot write {name}: there is no folder {folder}\nhelp: make it first"
                )))
            }
            Err(e) => Err(Failure::data(format!("cannot write {name}: {}", reason(&e)))),
        }
    }
}

/// `hello` and `hello.net` are both `hello.net`.
fn file_name(name: &str) -> Result<String, Failure> {
    let stem = name.strip_suffix(".net").unwrap_or(name);
    let last = Path::new(stem).file_name();
    if last.is_none() || stem.ends_with(['/', '.']) {
        return Err(Failure::usage(format!(
            "`{name}` is no name for a file\nhelp: write, for example, `dropnet new hello`"
        )));
    }
    Ok(format!("{stem}.net"))
}
