//! What the paths of a picture name, and how several of them share it.

use std::path::PathBuf;

use dropnet::internal::{
    data::Search,
    run::{Committee, Log, RunDir, Shown, Trained, TrainedError},
};

use crate::cli::source::reason;

/// A run, or runs by seed, which are averaged; all that were named where their mean is asked for.
pub struct Drawn {
    pub paths: Vec<PathBuf>,
    /// Whether there are others.
    pub several: bool,
    /// What tells it from the others: `p=0.5`.
    pub differs: String,
    pub committee: Committee,
    pub search: Search,
}

impl Drawn {
    /// What it is called, where there are others.
    pub fn name(&self) -> Option<String> {
        let paths: Vec<String> = self.paths.iter().map(|path| path.display().to_string()).collect();
        let differs = if self.differs.is_empty() { String::new() } else { format!(" ({})", self.differs) };
        self.several.then(|| paths.join(" ") + &differs)
    }

    /// Every net of it by its folder, or by the path that was named.
    pub fn members(&self) -> Vec<PathBuf> {
        self.paths.iter().flat_map(|path| RunDir::at(path).members()).collect()
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
    pub fn logs(&self) -> Result<Vec<Log>, TrainedError> {
        let log = |(path, net): (PathBuf, &Trained)| {
            let text = std::fs::read_to_string(RunDir::at(&path).log()).map_err(|e| {
                let why = reason(&e);
                TrainedError::Unfit(format!(
                    "{} has no log that can be read (log.jsonl): {why}",
                    path.display()
                ))
            })?;
            Ok(Log::of(text, net))
        };
        self.members().into_iter().zip(self.committee.members()).map(log).collect()
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
        let differs = if one.differs.is_empty() { String::new() } else { format!(" ({})", one.differs) };
        let named = one.members().into_iter().map(move |path| format!("{}{differs}", path.display()));
        named.zip(one.committee.members()).map(|(name, net)| (name, net, &one.search))
    });
    let mut nets: Vec<Shown<'_>> = each.map(|(name, net, search)| Shown { name, net, search }).collect();
    if let [alone] = &mut nets[..] {
        alone.name.clear();
    }
    nets
}
