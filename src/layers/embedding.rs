//! Looks tokens up in a table of vectors that are learnt.
//!
//! # What it does
//! Each of the `V` tokens of the vocabulary has a vector of `width` numbers; a row of tokens becomes the rows of the table that they name.
//! What lies behind a row's end stands for padding, and no layer behind it looks there.
//!
//! # Formula
//! `y[t] = W[x[t]]`, `W` of shape `[V, width]`.
//!
//! # Shape
//! `token[T, vocab=V]` becomes T steps of `width` numbers, which keep their lengths; `category[V]`, a column of a table, `width` numbers.
//!
//! # Arguments
//! `width` is the length of a vector. `dropout=p` drops word types: with probability `p` a token is zeros at every place where it stands in the row, and
//! the others are divided by `1 - p` (`dropout p, share=type` behind the layer is the same). It is one of three things that are called word
//! dropout: others take words out of the row, or make them unknown. `init` is the start of the table, `normal(sd=0.1)` unless given.
//!
//! `vectors="glove.6B.100d.txt"` begins with the vectors of a file, a word and `width` numbers a line (GloVe, word2vec and fastText write such text; a first line of counts
//! and gzip are understood). A word with capitals that the file does not have takes the vector of its small letters; what it lacks altogether begins as `init` says. The file
//! is sought where data are, and read when training begins; a trained net does not need it. `frozen=true` holds the table still, as `freeze LABEL` in `train` does.
//!
//! # Train and eval
//! The same but for `dropout=`, which evaluation leaves out. The gradient of the table is a sum over the tokens of the minibatch, in their order, so that
//! threads change no bit; weight decay and Adam act on all of the table.
//!
//! # Example
//! ```net
//! net {
//!   input text: token[6, vocab=20]
//!   embedding 4, dropout=0.2
//!   mean_pool over=time
//!   dense 3
//!   output topic: class[3]
//! }
//! ```
//!
//! # Papers
//! Gal and Ghahramani 2016, A theoretically grounded application of dropout in recurrent neural networks (word types).

use super::{
    DropSite, Each, InFile, Infer, Law, Layer, Library, Lower, OverTime, ParamDecl, Reach, Reached, Scope,
    Sought, When,
    initial::{self, Shape},
    rate::unusable,
};
use crate::{
    diag::Diagnostic,
    graph::{Address, DType, Dim, Mode, ScalarDef, ValueId},
    model::{Axis, Freeze, Init, ParamRole, Role, Ty},
    vocab::{ArgSpec, Args, Block, Bounds, Default, Kind, Sig, Timed},
};

pub struct Embedding;
pub static LAYER: Embedding = Embedding;

/// Standard deviation of the table's numbers where nothing else is said.
const SPREAD: f64 = 0.1;

static SIG: Sig = Sig {
    name: "embedding",
    about: "vectors of tokens, or of the categories of a column",
    args: &[
        ArgSpec::required("width", Kind::Count { min: 1 }, "numbers of a vector"),
        ArgSpec::named(
            "dropout",
            Kind::Timed(Bounds::BELOW_ONE),
            Default::Absent,
            "probability that a word type is dropped in a row",
        ),
        ArgSpec::named(
            "init",
            Kind::Use(initial::sigs),
            Default::Absent,
            "start of the table, `normal(sd=0.1)` unless given",
        ),
        ArgSpec::named("vectors", Kind::Text, Default::Absent, "file of vectors that the table begins with"),
        ArgSpec::named("frozen", Kind::Bool, Default::Bool(false), "whether the table stays as it begins"),
    ],
    block: Block::None,
};

impl Layer for Embedding {
    fn sig(&self) -> &'static Sig {
        &SIG
    }

    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[("Embedding", "embedding"), ("nn.Embedding", "embedding")]
    }

    fn vectors<'a>(&self, args: &'a Args) -> Option<&'a str> {
        args.opt_text("vectors")
    }

    fn in_files(&self, sought: &Sought<'_>) -> Vec<InFile> {
        vec![match sought.library {
            Library::Torch => sought.same(&["weight"]),
            Library::Keras => sought.same(&["embeddings"]),
        }]
    }

    fn reads_tokens(&self) -> bool {
        true
    }

    fn over_time(&self, _args: &Args) -> OverTime {
        OverTime::PerStep
    }

    fn infer(&self, cx: &mut Infer<'_>) -> Result<Ty, Diagnostic> {
        let Some(vocab) = cx.input().vocab() else {
            return Err(cx
                .mismatch("`embedding` looks up tokens and categories, found numbers")
                .help("declare the input as tokens, `input text: token[128, vocab=10_000]`, or as a column of categories, `input town: category[_]`"));
        };
        let steps = cx.input().steps().map(|steps| Axis { ragged: None, ..steps });
        let width = cx.args.count("width");
        let start = match cx.args.is_written("init") {
            true => cx.start("init", Shape::Weights { inputs: vocab, outputs: width })?,
            false => Init::Normal { mean: 0.0, sd: SPREAD },
        };
        if let Some(error) = rate(cx.args).and_then(|p| unusable(p, "word", cx.args.span_of("dropout"))) {
            return Err(error);
        }
        let table = ParamDecl::new("weight", vec![vocab, width], ParamRole::Weight, start);
        let held = || Freeze { label: cx.name().into(), until: None, span: cx.args.span_of("frozen") };
        let held = cx.args.flag("frozen").then(held);
        cx.param(ParamDecl { dropped_by: Some("dropout"), held, ..table });
        Ok(Ty::real(steps.into_iter().chain([Axis::new(Role::Channel, width)]).collect()))
    }

    fn reach(&self, _cx: &Reached<'_>) -> Reach {
        Reach::ANY
    }

    fn lower(&self, cx: &mut Lower<'_>) -> ValueId {
        let vectors = looked_up(cx);
        match cx.input_ty().categories() {
            None => vectors,
            // One of each row.
            Some(_) => cx.b.reshape(vectors, &[Dim::Batch, Dim::Const(cx.args.count("width"))]),
        }
    }

    fn drop_site(&self, args: &Args) -> Option<DropSite> {
        let rate = rate(args)?;
        (!rate.is_zero()).then(|| DropSite {
            rate,
            law: Law::Coin,
            scope: Scope { axes: vec![Role::Channel], rows: Each::Row },
            size: None,
            scaled: When::Train,
            sampled: true,
            always: false,
        })
    }
}

/// The vectors of a row's tokens, or of its one category, as far as they are not dropped: `[B, T, width]`.
fn looked_up(cx: &mut Lower<'_>) -> ValueId {
    let (tokens, table) = (cx.input(), cx.param(0));
    let found = cx.b.gather(table, tokens);
    let Some(rate) = rate(cx.args).filter(|rate| rate.acts(cx.mode == Mode::Train)) else { return found };
    if cx.mode == Mode::Eval {
        return found;
    }
    let site = format!("{}.dropout", cx.node.path);
    let site = cx.b.site(&site, Address::Row);
    let key = cx.b.row_key(site);
    let q = cx.scalar("dropout.q", DType::I32, ScalarDef::Threshold(rate));
    let mask = cx.b.keep_mask_at(key, q, tokens);
    let mask = cx.b.broadcast_like(mask, found, &[0, 1]);
    let kept = cx.b.mul(found, mask);
    let scale = cx.scalar("dropout.scale", DType::F32, ScalarDef::InverseKeepOf(rate));
    cx.b.mul(kept, scale)
}

/// Of dropping a word type.
fn rate(args: &Args) -> Option<Timed> {
    args.opt_timed("dropout")
}
