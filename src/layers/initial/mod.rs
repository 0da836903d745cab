//! Initial values: `init=WORD` and `init=WORD(...)` of layers. One file a word.
//!
//! A word says how a tensor of some shape starts ([`Init`]); drawing the numbers is the runtime's. What is drawn is keyed by (seed, name of the
//! tensor), so no tensor's start depends on another's.

use super::Infer;
use crate::{
    diag::{Diagnostic, Span},
    model::{Init, Use},
    vocab::{ArgSpec, Args, Default, Given, Kind, Sig, Value},
};

/// A word for how a tensor starts.
pub trait Initial: Sync {
    fn sig(&self) -> &'static Sig;

    /// Names of it in other libraries, each with what to write here.
    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// How a tensor of this shape starts.
    ///
    /// # Errors
    /// Why the word means nothing for this shape.
    fn start(&self, args: &Args, shape: &Shape) -> Result<Init, String>;

    /// Whether self-normalising layers were made for this start: weights of mean 0 and variance 1 over the inputs (Klambauer et al. 2017).
    fn suits_self_normalising(&self) -> bool {
        false
    }
}

/// The tensor that starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// Weights between `inputs` numbers and `outputs` units.
    Weights { inputs: usize, outputs: usize },
    /// One number a unit.
    Biases,
}

crate::train::family! {
    Initial:
    constant,
    dirac,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
    normal,
    ones,
    orthogonal,
    truncated_normal,
    uniform,
    zeros,
}

/// The same of a use of a layer, whose `init` names the word.
#[must_use]
pub fn suits_self_normalising(args: &Args) -> bool {
    match args.sig.arg("init").and_then(|_| args.value("init")) {
        Some(Value::Word(name)) => find(name).is_some_and(Initial::suits_self_normalising),
        _ => false,
    }
}

/// The signatures of all words.
#[must_use]
pub fn sigs() -> Vec<&'static Sig> {
    WORDS.iter().map(|(word, _)| word.sig()).collect()
}

/// `init=` of a layer's weights.
pub const INIT: ArgSpec =
    ArgSpec::named("init", Kind::Use(sigs), Default::Word("glorot_uniform"), "start of the weights");
/// Arguments that name initial values.
pub fn arguments(sig: &Sig) -> Vec<&'static str> {
    sig.args.iter().filter(|spec| matches!(spec.kind, Kind::Use(_))).map(|spec| spec.name).collect()
}

/// `bias_init=` beside it.
pub const BIAS_INIT: ArgSpec =
    ArgSpec::named("bias_init", Kind::Use(sigs), Default::Absent, "start of the biases, zeros unless given");

impl Shape {
    /// Inputs and units of weights.
    ///
    /// # Errors
    /// For biases, whose units have no inputs.
    pub fn fans(&self) -> Result<(usize, usize), String> {
        match *self {
            Self::Weights { inputs, outputs } => Ok((inputs, outputs)),
            Self::Biases => {
                Err("its spread is that of weights, by the units between them; biases have none".into())
            }
        }
    }
}

impl Infer<'_> {
    /// How the tensor starts by this argument; zeros where it was left out.
    ///
    /// # Errors
    /// E0206 where the word means nothing for the shape.
    pub fn start(&self, arg: &'static str, shape: Shape) -> Result<Init, Diagnostic> {
        let Some(given) = self.args.get(arg) else { return Ok(Init::Zeros) };
        let Some(used) = used(&given.value, given.span) else { return Ok(Init::Zeros) };
        used.word.start(&used.args, &shape).map_err(|why| {
            let word = used.args.sig.name;
            let message = format!("`{arg}` of `{}` cannot be `{word}`: {why}", self.name());
            Diagnostic::error("E0206", given.span, message).label("means nothing here")
        })
    }
}

/// The word that a checked argument of [`Kind::Use`] names, with its own arguments.
fn used(value: &Value, span: Span) -> Option<Use<dyn Initial>> {
    let (name, args): (_, &[_]) = match value {
        Value::Word(name) => (name, &[]),
        Value::Call(name, args) => (name, args),
        _ => return None,
    };
    let word = find(name)?;
    let given = args.iter().filter_map(|(name, value)| {
        let spec = word.sig().arg(name.as_deref()?)?;
        Some(Given { name: spec.name, value: value.clone(), span, written: true })
    });
    Some(Use { word, args: Args::new(word.sig(), span, given.collect()) })
}

/// Uniform numbers of this variance: the limit is the root of three variances.
fn uniform_of(variance: f64) -> Init {
    Init::Uniform { limit: (3.0 * variance).sqrt() }
}

/// Normal deviates of this variance.
fn normal_of(variance: f64) -> Init {
    Init::Normal { mean: 0.0, sd: variance.sqrt() }
}

#[cfg(test)]
mod tests;
