//! Parameters and running figures that begin with the numbers of a file, instead of being drawn.
//!
//! Training begins with the tensors of a safetensors file: of a checkpoint of dropnet, or of one that PyTorch or Keras wrote. Without `into` every layer of the net must
//! be in the file; `into=[stem, body]` begins the layers under these labels so and draws the others, which is transfer learning. `freeze stem` beside it holds what was loaded still, and
//! `lr stem, factor=0.1` trains it slowly. The statement may stand several times, for other layers. A trained net does not need the file.
//!
//! # Arguments
//! `file` is sought where data are. Of dropnet it may be the folder of a run: then those parameters are read that `eval` judges, of the best epoch where the net stops early, else the last. Where training kept averages, those are loaded, as they predict. `from`
//! says who wrote it: `dropnet`, the default, `torch` or `keras`.
//! `into` names labels; `stage_*` stands for all that begin so. `names` says what the file calls them, one for one, where that is something else: `into=[hidden, out], names=["0", "2"]` for a
//! `Sequential` of PyTorch. `prefix` stands in front of all names in the file, such as `prefix="module."`.
//!
//! # In files
//! A tensor is found by the label of its layer, or by what `summary` calls the layer: `stem.weight` of PyTorch, `stem/kernel` of Keras; levels of blocks are levels there (`stage/conv` is
//! `stage.conv.weight`). Averages, states of optimizers, counts of batches are passed over; other tensors that nothing reads are told (W0508).
//!
//! Of PyTorch matrices are turned (`[out, in]` there), filters of convolutions too (`[out, in, height, width]`), also of `Conv1d`, transposed and depthwise ones. A `dense` behind the `flatten` of maps has its
//! inputs put into order: maps have their channels first there and last here. `running_mean` and `running_var` are read; the packed projections of `MultiheadAttention` are taken apart; of `LSTM`, `GRU` and `RNN` the two
//! biases are added where they are one here, and both directions of a bidirectional one are read. Of a module with several layers, `num_layers=2`, the first is called as the module is and the others by their numbers:
//! `into=[low, high], names=[rnn, rnn_l1]`. A file is written by
//! `safetensors.torch.save_file(model.state_dict(), "net.safetensors")`.
//!
//! Of Keras are read `kernel`, `bias`, `gamma`, `beta`, `moving_mean`, `moving_variance`, `embeddings`, `alpha`; depthwise and transposed filters are turned, the gates of a GRU put into order, heads of attention
//! joined. A file is written by `safetensors.numpy.save_file({v.path: v.numpy() for v in model.variables}, "net.safetensors")`; where the net's name stands in front, `prefix="sequential/"` says so.
//!
//! Numbers beside the tensors are the net's to write: `batch_norm eps=0.001` and `layer_norm eps=0.001` for Keras, `gelu kind=tanh`, the slope of a `leaky_relu`, padding. `PReLU` of Keras has a slope for each number of a map
//! unless it says `shared_axes`: `prelu per=element`. Rows must be normalised as they were there. Learned rates of
//! dropout have no tensors in other libraries and begin as they say themselves.
//!
//! # Example
//! ```net
//! net {
//!   input x: real[8, 8, 3]
//!   stem: conv 16, 3x3 -> relu -> flatten
//!   dense 3
//!   output y: class[3]
//! }
//!
//! train {
//!   load "shapes.safetensors", from=torch, into=[stem]
//!   freeze stem
//!   loss cross_entropy
//!   optimizer adam, lr=1e-3
//!   epochs 20
//! }
//! ```

use crate::{
    diag::Span,
    layers::Library,
    model::under,
    vocab::{ArgSpec, Args, Block, Default, Kind, Sig, Value, exactly},
};

pub static SIG: Sig = Sig {
    name: "load",
    about: "parameters begin with the tensors of a file",
    args: &[
        ArgSpec::required("file", Kind::Text, "safetensors file; of dropnet also the folder of a run"),
        ArgSpec::named(
            "from",
            Kind::Word(&["dropnet", "torch", "keras"]),
            Default::Word("dropnet"),
            "who wrote it",
        ),
        ArgSpec::named(
            "into",
            Kind::Items,
            Default::Absent,
            "labels of the layers that begin so; all layers without it",
        ),
        ArgSpec::named("names", Kind::Items, Default::Absent, "what the file calls them, one for one"),
        ArgSpec::named(
            "prefix",
            Kind::Text,
            Default::Absent,
            "what stands in front of every name in the file",
        ),
    ],
    block: Block::None,
};

/// A file that parameters begin with.
#[derive(Clone, Debug)]
pub struct Load {
    pub file: String,
    /// Who wrote it; none for dropnet.
    pub library: Option<Library>,
    /// Labels, or beginnings of labels with a `*`; empty for all layers.
    pub into: Vec<String>,
    /// What the file calls them; empty where it calls them so.
    pub names: Vec<String>,
    pub prefix: String,
    pub span: Span,
    pub args: Args,
}

impl Load {
    pub fn of(args: Args) -> Self {
        let items = |name: &str| args.list(name).iter().map(text).collect();
        Self {
            file: args.text("file").into(),
            library: match args.word("from") {
                "torch" => Some(Library::Torch),
                "keras" => Some(Library::Keras),
                _ => None,
            },
            into: items("into"),
            names: items("names"),
            prefix: args.opt_text("prefix").unwrap_or_default().into(),
            span: args.span,
            args,
        }
    }

    /// Whether it begins what stands at this path.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        self.into.is_empty() || self.into.iter().any(|label| under(path, label))
    }

    /// Whether another statement says the same.
    #[must_use]
    pub fn is_as(&self, other: &Self) -> bool {
        let said = |load: &Self| {
            (load.file.clone(), load.library, load.into.clone(), load.names.clone(), load.prefix.clone())
        };
        said(self) == said(other)
    }

    /// The levels of a name in the file, for a layer that is called so here.
    #[must_use]
    pub fn levels(&self, name: &str) -> Vec<String> {
        let own: Vec<&str> = name.split('/').collect();
        let renamed = own.iter().enumerate().find_map(|(level, label)| {
            let place = self.into.iter().position(|named| named == label)?;
            Some((level, self.names.get(place)?))
        });
        match renamed {
            None => own.into_iter().map(str::to_owned).collect(),
            Some((level, there)) => {
                let rest = own[level + 1..].iter().map(|own| (*own).to_owned());
                std::iter::once(there.clone()).filter(|name| !name.is_empty()).chain(rest).collect()
            }
        }
    }
}

fn text(item: &Value) -> String {
    match item {
        Value::Text(text) | Value::Word(text) => text.clone(),
        Value::Number(number) => exactly(*number),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(into: &[&str], names: &[&str]) -> Load {
        let owned = |all: &[&str]| all.iter().map(ToString::to_string).collect();
        let args = Args::new(&SIG, Span::NOWHERE, Vec::new());
        let (into, names, prefix) = (owned(into), owned(names), String::new());
        Load { file: String::new(), library: None, into, names, prefix, span: Span::NOWHERE, args }
    }

    #[test]
    fn labels_begin_what_stands_under_them() {
        assert!(load(&[], &[]).holds("dense_1"));
        let some = load(&["stem", "stage_*"], &[]);
        for (path, expected) in [
            ("stem", true),
            ("stem/conv_1", true),
            ("stage_2/conv_1", true),
            ("stems", false),
            ("head", false),
        ] {
            assert_eq!(some.holds(path), expected, "{path}");
        }
    }

    #[test]
    fn the_file_may_call_them_otherwise() {
        let named = load(&["stem", "out"], &["0", "encoder.fc"]);
        assert_eq!(named.levels("stem"), ["0"]);
        assert_eq!(named.levels("net/out/dense_1"), ["encoder.fc", "dense_1"]);
        assert_eq!(named.levels("other/dense_1"), ["other", "dense_1"]);
        assert_eq!(load(&["stem"], &[""]).levels("stem/conv"), ["conv"]);
    }
}
