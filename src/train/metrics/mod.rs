//! Metrics: `report WORD, ...`. A metric reads the outputs of a pass on the host, in f64, a block of rows at a time; the loss is summed by the
//! loop itself.

pub use super::Wrong;
use crate::{
    data::Units,
    model::{OutputKind, laws::token::TOLD},
    vocab::{Args, Sig},
};

pub trait Metric: Sync {
    fn sig(&self) -> &'static Sig;

    /// Names of it in other libraries, each with what to write here.
    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    fn fits(&self, kind: OutputKind) -> bool;

    /// Arguments that depend on the output; the text is what the argument must be.
    fn check(&self, _args: &Args, _kind: OutputKind) -> Result<(), Wrong> {
        Ok(())
    }

    /// Whether a larger value is better.
    fn higher_is_better(&self) -> bool;

    /// Where there is no such figure, though there are rows.
    fn undefined_where(&self) -> &'static str {
        "the net's outputs are not all numbers"
    }

    /// The figure of a pass over nets with such an output, of no rows yet.
    fn tally(&self, args: &Args, kind: OutputKind) -> Box<dyn Tally>;
}

/// Outputs of a block of rows and what they should have been.
pub struct Rows<'a> {
    /// `[rows, width]`: what the net gives: logits for classes and bits, means then log-variances for a normal distribution.
    pub outputs: &'a [f32],
    pub width: usize,
    pub targets: Targets<'a>,
}

pub enum Targets<'a> {
    Classes(&'a [u32]),
    /// `[rows, D]`, in the units of training.
    Real {
        data: &'a [f32],
        width: usize,
        units: &'a Units,
    },
    /// Of steps behind one another, whose outputs are what [`laws::token`](crate::model::laws::token) tells of them; `characters` are those of
    /// each token of the vocabulary.
    Tokens {
        tokens: &'a [i32],
        characters: &'a [u32],
    },
}

mod counts;
pub(crate) mod probabilities;
pub mod tally;

pub use aurc::risk_coverage;
pub use tally::Tally;

crate::train::family! {
    Metric: accuracy, auc, aurc, average_precision, balanced_accuracy, bits_per_character, bits_per_token, brier, ece, f1, macro_f1, mae, mape, mcc, nll, perplexity, precision, r2,
    recall, rmse, rmsle, top_k
}

impl<'a> Rows<'a> {
    /// Outputs row by row.
    pub fn outputs(&self) -> impl Iterator<Item = &'a [f32]> {
        self.outputs.chunks_exact(self.width)
    }

    /// Of tokens that were foretold: the logarithm of the probability that the net gave to what came, and how many others it held for as likely.
    pub fn told(&self) -> impl Iterator<Item = (f64, usize)> + 'a {
        self.outputs.chunks_exact(TOLD).map(|told| (f64::from(told[0]), told[1] as usize))
    }

    /// Differences of outputs and real targets in original units: `(output index, difference)`. Of a normal distribution the means count.
    pub fn errors(&self) -> impl Iterator<Item = (usize, f64)> {
        self.numbers(|units, d, output, target| (d, units.difference(d, output, target)))
    }
}

impl Rows<'_> {
    /// Outputs and real targets in original units: `(output, target)`. Of a normal distribution the means count.
    pub fn pairs(&self) -> impl Iterator<Item = (f64, f64)> {
        self.numbers(|units, d, output, target| (units.own(d, output), units.own(d, target)))
    }

    /// Something of each real number: of its units, which output it is, what the net says and what was observed, in the units of training.
    fn numbers<T>(&self, each: fn(&Units, usize, f64, f64) -> T) -> impl Iterator<Item = T> {
        let (targets, columns, units) = match self.targets {
            Targets::Real { data, width, units } => (data, width, Some(units)),
            Targets::Classes(_) | Targets::Tokens { .. } => (&[][..], 1, None),
        };
        let rows = self.outputs.chunks_exact(self.width.max(1)).zip(targets.chunks_exact(columns.max(1)));
        let rows = units.into_iter().flat_map(move |units| rows.clone().map(move |row| (units, row)));
        rows.flat_map(move |(units, (outputs, targets))| {
            let pairs = outputs.iter().zip(targets).enumerate();
            pairs.map(move |(d, (output, target))| each(units, d, f64::from(*output), f64::from(*target)))
        })
    }
}

/// A metric by its spelling in `report`: `top5` is `top_k` with 5, `recall_1` is `recall` of class 1.
pub fn spelled(name: &str) -> Option<(&'static dyn Metric, Option<usize>)> {
    if let Some(word) = find(name) {
        return Some((word, None));
    }
    if let Some((word, class)) = name.rsplit_once('_')
        && let Some(word) = find(word).filter(|word| word.sig().arg("class").is_some())
    {
        return Some((word, Some(class.parse().ok()?)));
    }
    let k = name.strip_prefix("top")?.parse().ok()?;
    Some((&top_k::WORD, Some(k)))
}

pub fn names() -> Vec<&'static str> {
    WORDS.iter().map(|(word, _)| word.sig().name).collect()
}

/// Whether a metric is of answers at each step alone.
pub fn is_of_steps(word: &dyn Metric) -> bool {
    let [once, each] = [OutputKind::class(2), OutputKind::tokens(1, 2)];
    word.fits(each) && !word.fits(once)
}

/// What is reported where the file says nothing.
pub fn usual(kind: OutputKind) -> Vec<crate::model::Use<dyn Metric>> {
    vec![plain(kind.usual_metric())]
}

/// The negative log-likelihood, as reports call it.
pub fn likelihood() -> crate::model::Use<dyn Metric> {
    plain(&nll::WORD)
}

/// A use without arguments.
fn plain(word: &'static dyn Metric) -> crate::model::Use<dyn Metric> {
    crate::model::Use { word, args: Args::new(word.sig(), Default::default(), Vec::new()) }
}

/// The name of a reported figure: `accuracy`, `top5`, `recall_1`.
pub fn label(used: &crate::model::Use<dyn Metric>) -> String {
    let sig = used.args.sig;
    let class = sig.arg("class").and_then(|_| used.args.opt_count("class"));
    match (sig.arg("k").map(|_| used.args.count("k")), class) {
        (Some(k), _) => format!("top{k}"),
        (None, Some(class)) => format!("{}_{class}", sig.name),
        (None, None) => sig.name.into(),
    }
}

#[cfg(test)]
mod tests;
