//! `dropnet predict`: rows in, predictions out, in order.

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use dropnet::runtime::team::Team;

use super::{
    Outcome, data,
    eval::{self, Run},
    source::{STDIN, reason},
    train::Threads,
    ui::{Exit, Failure, Ui},
};

#[derive(clap::Args)]
pub struct Command {
    #[command(flatten)]
    run: Run,
    /// CSV with rows to predict, the target column left out or ignored; `-` reads stdin
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Form of the predictions on stdout
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    output: Form,
    #[command(flatten)]
    threads: Threads,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// With a header
    #[default]
    Csv,
    /// One object a line
    Json,
    /// A NumPy array of 32-bit floats
    Npy,
}

impl Command {
    pub fn run(&self, ui: &mut Ui) -> Outcome {
        let trained = self.run.read(ui)?;
        let (name, bytes) = input(&self.input)?;
        let transform = &trained.checkpoint.meta.transform;
        let rows = transform.apply_csv(bytes, &name).map_err(|error| data::failure(&error, ui))?;
        let team = Team::new(self.threads.count());
        let predictions = trained.predict(rows, &team).map_err(|error| eval::failure(&error, ui))?;
        match self.output {
            Form::Csv => ui.data(&predictions.csv())?,
            Form::Json => ui.data(&predictions.json())?,
            Form::Npy => ui.bytes(&predictions.npy()?)?,
        }
        Ok(Exit::Done)
    }
}

fn input(path: &Path) -> Result<(String, Vec<u8>), Failure> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let read = match path == Path::new(STDIN) {
        true => std::io::stdin().read_to_end(&mut bytes).map(|_| ()),
        false => std::fs::read(path).map(|found| bytes = found),
    };
    read.map_err(|e| Failure::data(format!("cannot read {name}: {}", reason(&e))))?;
    Ok((name, bytes))
}
