//! What the `train` and `augment` sections say. One folder a family, one file a word, the same pattern as layers.

pub mod activities;
pub mod augment;
pub mod averages;
pub mod bayes_decay;
pub mod losses;
pub mod metrics;
pub mod optimizers;
pub mod penalties;
pub mod schedules;
pub mod steps;

pub use activities::Activity;
pub use averages::Average;
pub use bayes_decay::BayesDecay;
pub use losses::Loss;
pub use metrics::Metric;
pub use optimizers::Optimizer;
pub use penalties::Penalty;
pub use schedules::Schedule;

/// An argument that does not fit, and why: "`betas` must be two numbers in [0, 1)".
pub type Wrong = (&'static str, String);

/// Declares the words of a family: one module a word, each with a `pub static WORD`.
macro_rules! family {
    ($trait:ident: $($name:ident),* $(,)?) => {
        $(pub mod $name;)*

        /// All words of the family and their source files, whose leading `//!` lines are the manual.
        pub static WORDS: &[(&dyn $trait, &str)] = &[$((&$name::WORD, include_str!(concat!(stringify!($name), ".rs")))),*];

        pub fn find(name: &str) -> Option<&'static dyn $trait> {
            WORDS.iter().map(|(word, _)| *word).find(|word| word.sig().name == name)
        }

        /// What is written here for a word that other libraries call so, however they write it: `RandomCrop`, `random_crop`.
        #[must_use]
        pub fn elsewhere(name: &str) -> Option<&'static str> {
            let all = WORDS.iter().flat_map(|(word, _)| word.elsewhere());
            all.copied().find(|(other, _)| $crate::vocab::is_called(other, name)).map(|(_, here)| here)
        }
    };
}
pub(crate) use family;

#[cfg(test)]
pub(crate) mod tests;
