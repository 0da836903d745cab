//! What the paths of a picture name, and how several of them share it.

use std::path::PathBuf;

use dropnet::{
    data::Search,
    run::{Committee, RunDir, Shown, TrainedError},
};

use crate::cli::source::reason;

/// A run, or runs by seed, which are averaged.
pub struct Drawn {
    pub path: PathBuf,
    /// Whether there are others.
    pub several: bool,
    pub committee: Committee,
    pub search: Search,
}

impl Drawn {
    /// What it is called, where there are others.
    pub fn name(&self) -> Option<String> {
        self.several.then(|| self.path.display().to_string())
    }

    /// The same, and how many nets are averaged, which is never left unsaid.
    pub fn averaged_name(&self) -> Option<String> {
        let averaged = match self.committee.members().len() {
            1 => return self.name(),
            count => format!("mean of {count} runs"),
        };
        Some(self.name().map_or(averaged.clone(), |name| format!("{name}, {averaged}")))
    }

    /// What is wrong with one of several, under its name.
    pub fn blamed(&self, error: TrainedError) -> TrainedError {
        match (error, self.name()) {
            (TrainedError::Unfit(why), Some(name)) => TrainedError::Unfit(format!("{name}: {why}")),
            (error, _) => error,
        }
    }

    /// The log of the run, or of each seed.
    pub fn logs(&self) -> Result<Vec<String>, TrainedError> {
        let log = |path: PathBuf| {
            std::fs::read_to_string(RunDir::at(&path).log()).map_err(|e| {
                let why = reason(&e);
                TrainedError::Unfit(format!(
                    "{} has no log that can be read (log.jsonl): {why}",
                    path.display()
                ))
            })
        };
        RunDir::at(&self.path).members().into_iter().map(log).collect()
    }
}

/// The picture of what is drawn, its parts under the names that tell them apart.
pub fn beside<T>(
    drawn: &[Drawn],
    name: fn(&Drawn) -> Option<String>,
    together: fn(Vec<(String, T)>) -> T,
    picture: impl Fn(&Drawn) -> Result<T, TrainedError>,
) -> Result<T, TrainedError> {
    let mut all = Vec::new();
    for one in drawn {
        let Some(name) = name(one) else { return picture(one) };
        all.push((name, picture(one)?));
    }
    Ok(together(all))
}

/// Every net on its own.
pub fn nets(drawn: &[Drawn]) -> Vec<Shown<'_>> {
    let each = drawn.iter().flat_map(|one| {
        let paths = RunDir::at(&one.path).members();
        paths.into_iter().zip(one.committee.members()).map(|(path, net)| (path, net, &one.search))
    });
    let mut nets: Vec<Shown<'_>> =
        each.map(|(path, net, search)| Shown { name: path.display().to_string(), net, search }).collect();
    if let [alone] = &mut nets[..] {
        alone.name.clear();
    }
    nets
}
