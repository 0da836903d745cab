//! The layers: one file a layer, one row here. No other file names a layer.
//!
//! A layer's file begins with its manual (the module doc, printed by `dropnet explain`), then its signature, shape rule and
//! lowering to graph operations, and its tests. Adding one is a file, a row and a snapshot: see CONTRIBUTING.md.

mod drop;
mod expand;
mod facts;
mod foreign;
mod infer;
pub mod initial;
mod lower;
mod over;
mod rate;
mod reach;
mod recurrent;
mod short_time;
mod site;
mod slide;
#[cfg(test)]
pub(crate) mod tests;
mod time;

pub use drop::{DropSite, Each, InnerDrop, Law, Scope, When};
pub use expand::Expand;
pub use facts::{Across, Facts, Unitwise};
pub use foreign::{InFile, Library, Sought};
pub use infer::{Infer, ParamDecl, Place, Source};
pub use lower::{Lower, Still};
pub use reach::{Reach, Reached};
pub use site::{Flow, Site};
pub use time::OverTime;
pub(crate) use time::shaped;

use crate::{
    diag::Diagnostic,
    graph::ValueId,
    model::{Node, NodeId, Ty},
    vocab::{Args, Sig, is_called},
};

/// A word of the `net` section.
pub trait Layer: Sync {
    fn sig(&self) -> &'static Sig;

    /// Names of it in other libraries, each with what to write here: the word, and an argument if one must be added.
    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The shape rule: checks the inputs, declares parameters and states, answers the type of the result.
    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic>;

    /// The forward computation in graph operations; derivatives come from autodiff.
    fn lower(&self, cx: &mut Lower<'_>) -> ValueId;

    /// How one use becomes nodes. A plain layer is one node fed by the flowing value; layers that hold layers say otherwise.
    fn expand(&self, cx: &mut Expand<'_, '_>) -> Result<NodeId, Stop> {
        cx.node(&[cx.flow()])
    }

    /// Makes this use go backwards through time, if it goes through time at all.
    fn turn_back(&self, _args: &mut Args) -> bool {
        false
    }

    /// Whether the layer may start a flow from named values.
    fn takes_names(&self) -> bool {
        self.sig().block == crate::vocab::Block::Branches
    }

    /// Whether a step of the result may depend on later steps of the input: so it is with whoever crosses time and does not say that it goes forth alone.
    fn looks_ahead(&self, args: &Args, _input: &Ty) -> bool {
        self.over_time(args) == OverTime::Whole
    }

    /// What the numbers of the result can be in prediction, whatever the weights: any numbers unless a layer knows better.
    fn reach(&self, _cx: &Reached<'_>) -> Reach {
        Reach::ANY
    }

    /// What holds of every use; nobody asks for a layer by its name.
    fn facts(&self) -> Facts {
        Facts::NONE
    }

    /// What it does with values over time whose rows have lengths. Whoever acts on each unit by itself needs to know nothing of them.
    fn over_time(&self, _args: &Args) -> OverTime {
        match self.facts().unitwise {
            Some(_) => OverTime::PerStep,
            None => OverTime::Refuses,
        }
    }

    /// Whether it reads tokens; all others read numbers.
    fn reads_tokens(&self) -> bool {
        false
    }

    /// The file of vectors that its first parameter, a row a token, begins with.
    fn vectors<'a>(&self, _args: &'a Args) -> Option<&'a str> {
        None
    }

    /// The forms in which files of another library keep one of its tensors, the usual one first; none where they have no such tensor.
    fn in_files(&self, _sought: &Sought<'_>) -> Vec<InFile> {
        Vec::new()
    }

    /// Of a layer that holds layers: what files of another library call one of them, by the levels of its name behind that of the layer; none where they call it the same.
    fn inside_in_files(&self, _library: Library, _levels: &[&str]) -> Option<String> {
        None
    }

    /// Arguments that say nothing but where its parameters begin, so that they have no effect where a file of `library` (none: dropnet) does.
    fn starts(&self, _args: &Args, _library: Option<Library>) -> Vec<&'static str> {
        initial::arguments(self.sig())
    }

    /// Gives arguments that drop units by coins another rate, and tells whether they are such.
    fn thin(&self, _args: &mut Args, _rate: f64) -> bool {
        false
    }

    /// Where this layer drops units, for summaries, prediction and lints.
    fn drop_site(&self, _args: &Args) -> Option<DropSite> {
        None
    }

    /// Where inside of it, behind `PATH.`, something is dropped that is no unit of its result.
    fn inner_drops(&self, _node: &Node, _inputs: &[&Ty]) -> Vec<InnerDrop> {
        Vec::new()
    }

    /// What it hides of its input while a net is trained, in words: no dropout, whose masks are counted and drawn in prediction too.
    fn hides(&self, _args: &Args, _input: &Ty) -> Option<String> {
        None
    }

    /// Multiply-adds a row, for summaries; products dominate, so the default is none.
    fn multiply_adds(&self, _node: &Node, _inputs: &[&Ty]) -> usize {
        0
    }
}

/// Elaboration of this use stopped: its diagnostic has been reported.
#[derive(Clone, Copy, Debug)]
pub struct Stop;

/// A layer and its manual.
pub struct Row {
    pub layer: &'static dyn Layer,
    /// The source file; its leading `//!` lines are the manual.
    source: &'static str,
}

macro_rules! layers {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*

        /// All layers, by name.
        pub static LAYERS: &[Row] = &[$(Row { layer: &$name::LAYER, source: include_str!(concat!(stringify!($name), ".rs")) }),*];
    };
}

layers! {
    add,
    attention,
    avg_pool,
    batch_norm,
    bidirectional,
    concat,
    conv,
    conv_transpose,
    cross_attention,
    delta,
    dense,
    depthwise_conv,
    drop_connect,
    drop_path,
    dropout,
    elu,
    embedding,
    exp,
    flatten,
    frames,
    gelu,
    global_avg_pool,
    global_max_pool,
    glu,
    group_norm,
    gru,
    hard_sigmoid,
    hard_swish,
    identity,
    last,
    layer_norm,
    leaky_relu,
    log,
    log_softmax,
    lstm,
    max_pool,
    maxout,
    mean_pool,
    mel_spectrogram,
    mfcc,
    mish,
    mul,
    noise,
    positions,
    prelu,
    relu,
    relu6,
    reshape,
    residual,
    rms_norm,
    rnn,
    selu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    spec_mask,
    spectrogram,
    standardize,
    tanh,
    unembed,
    upsample,
    zero_pad,
}

pub fn find(name: &str) -> Option<&'static dyn Layer> {
    LAYERS.iter().find(|row| row.layer.sig().name == name).map(|row| row.layer)
}

/// The layer that another library calls so, and what to write for it. Capitals and underscores are no matter.
pub fn elsewhere(name: &str) -> Option<(&'static dyn Layer, &'static str)> {
    let of = |row: &Row| {
        let mut pairs = row.layer.elsewhere().iter();
        pairs.find(|(other, _)| is_called(other, name)).map(|(_, ours)| (row.layer, *ours))
    };
    LAYERS.iter().find_map(of)
}

/// Whether a layer has this name, or an argument of one takes this word.
pub fn is_word(name: &str) -> bool {
    LAYERS
        .iter()
        .map(|row| row.layer.sig())
        .any(|sig| sig.name == name || sig.args.iter().any(|arg| arg.kind.words().contains(&name)))
}

impl Row {
    /// The layer's page of the manual, as Markdown.
    pub fn manual(&self) -> String {
        with_names_elsewhere(manual(self.source), self.layer.sig().name, self.layer.elsewhere())
    }
}

/// A word's page with its names in other libraries, and what is written here where that is more than the word: a section at its end, or the end of
/// the section that tells more of them.
pub fn with_names_elsewhere(text: String, name: &str, others: &[(&str, &str)]) -> String {
    const HEADING: &str = "\n# Elsewhere\n";
    if others.is_empty() {
        return text;
    }
    let called = |(other, ours): &(&str, &str)| match *ours == name {
        true => format!("`{other}`"),
        false => format!("`{other}` (`{ours}`)"),
    };
    let others: Vec<String> = others.iter().map(called).collect();
    let names = others.join(", ");
    let Some(at) = text.find(HEADING) else { return format!("{text}{HEADING}{names}\n") };
    let (before, after) = text.split_at(at + HEADING.len());
    let (told, rest) = after.split_at(after.find("\n# ").unwrap_or(after.len()));
    format!("{before}{}\nNames that are answered with it: {names}.\n{rest}", told.trim_end())
}

/// The leading `//!` lines of a source file without their marks.
pub fn manual(source: &str) -> String {
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line))).collect()
}
