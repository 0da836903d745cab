//! What other libraries, and texts about regularization, call statements and arguments that have other names here. Words of a family (layers, losses, ...) say so in
//! their own files.
//!
//! A name is compared without its capitals and underscores: `ReduceLROnPlateau`, `reduce_lr_on_plateau`.

use crate::{
    layers,
    vocab::{Block, Sig, is_called},
};

/// By what a word is called in messages: a name, and what is written here.
const WORDS: &[(&str, &[(&str, &str)])] = &[("`train` statement", TRAIN), ("`data` statement", DATA)];

const TRAIN: &[(&str, &str)] = &[
    ("criterion", "loss"),
    ("early_stop", "stop_early"),
    ("early_stopping", "stop_early"),
    ("from_pretrained", "load"),
    ("load_state_dict", "load"),
    ("load_weights", "load"),
    ("loss_fn", "loss"),
    ("loss_function", "loss"),
    ("lr_scheduler", "schedule"),
    ("max_epochs", "epochs"),
    ("metric", "report"),
    ("metrics", "report"),
    ("n_epochs", "epochs"),
    ("num_epochs", "epochs"),
    ("pretrained", "load"),
    ("regularize", "penalize"),
    ("regularizer", "penalize"),
    ("scheduler", "schedule"),
];

const DATA: &[(&str, &str)] = &[
    ("batch_size", "batch"),
    ("categorical", "categories"),
    ("dataset", "source"),
    ("fillna", "fill"),
    ("impute", "fill"),
    ("imputer", "fill"),
    ("minibatch", "batch"),
    ("one_hot_encoder", "categories"),
    ("ordinal", "ordered"),
    ("ordinal_encoder", "ordered"),
    ("parse_dates", "dates"),
    ("sample_weight", "weights"),
    ("simple_imputer", "fill"),
    ("standard_scaler", "normalize"),
    ("train_test_split", "split"),
    ("validation_split", "split"),
];

/// What is no word of its own here, by what it would be one of, and what to do.
const ADVICE: &[(&str, &str, &str)] = &[
    ("`train` statement", "batch_size", "`batch 32` stands in `data`"),
    (
        "`train` statement",
        "clip_norm",
        "it is an argument of the optimizer: `optimizer sgd, lr=0.1, clip_norm=5`",
    ),
    (
        "`train` statement",
        "gradient_clipping",
        "it is an argument of the optimizer: `optimizer sgd, lr=0.1, clip_norm=5`",
    ),
    (
        "`train` statement",
        "label_smoothing",
        "it is an argument of the loss: `loss cross_entropy, label_smoothing=0.1`",
    ),
    ("`train` statement", "learning_rate", "it is an argument of the optimizer: `optimizer adam, lr=1e-3`"),
    (
        "`train` statement",
        "momentum",
        "it is an argument of the optimizer: `optimizer sgd, lr=0.1, momentum=0.9`",
    ),
    (
        "`train` statement",
        "weight_decay",
        "it is an argument of the optimizer: `optimizer adamw, lr=1e-3, weight_decay=0.01`",
    ),
    ("`data` statement", "drop_columns", "leave columns out with a minus: `inputs -Id, -Date`"),
    ("`data` statement", "min_max_scaler", "write `normalize kind=minmax`"),
    ("`data` statement", "robust_scaler", "write `normalize kind=robust`"),
    (
        "`data` statement",
        "shuffle",
        "training rows are shuffled anew in every epoch; `split shuffle=false` divides rows in the order of the file",
    ),
    ("loss", "ctc", "losses of unaligned sequences are not in this version"),
    ("loss", "triplet", "losses of pairs and triplets are not in this version"),
    ("optimizer", "amsgrad", "this variant of adam is not in this version: `radam` mends what it mends"),
    ("optimizer", "lbfgs", "optimizers that search along lines are not in this version"),
    ("penalty", "elastic_net", "write both: `penalize l1, 1e-5` and `penalize l2, 1e-4`"),
    ("penalty", "l1_l2", "write both: `penalize l1, 1e-5` and `penalize l2, 1e-4`"),
    ("penalty", "max_norm", "it is an argument of the layer: `dense 64, max_norm=3`"),
];

/// Arguments, and what they are called here.
const ARGUMENTS: &[(&str, &str)] = &[
    ("padding", "pad"),
    ("strides", "stride"),
    ("dilation_rate", "dilation"),
    ("kernel_size", "size"),
    ("pool_size", "size"),
    ("scale_factor", "size"),
    ("filters", "width"),
    ("out_channels", "width"),
    ("out_features", "width"),
    ("use_bias", "bias"),
    ("embed_dim", "width"),
    ("embedding_dim", "width"),
    ("epsilon", "eps"),
    ("go_backwards", "reverse"),
    ("hidden_dropout_prob", "p"),
    ("hidden_size", "width"),
    ("is_causal", "causal"),
    ("kernel_initializer", "init"),
    ("num_heads", "heads"),
    ("num_key_value_heads", "kv_heads"),
    ("num_kv_heads", "kv_heads"),
    ("num_units", "width"),
    ("output_dim", "width"),
    ("rate", "p"),
    ("stateful", "carry"),
    ("units", "width"),
];

/// What other libraries say by an argument, and what to do here: of the words that have the argument behind it, or of all.
const OTHERWISE: &[(&str, &str, Option<&str>)] = &[
    ("activation", "write it behind the layer: `dense 64 -> relu`", Some("width")),
    ("amsgrad", "this variant is not in this version: `radam` mends what it mends", Some("betas")),
    ("batch_first", "leave it out: rows come first, then time", None),
    ("beta_1", "write both as `betas=[0.9, 0.999]`", Some("betas")),
    ("beta_2", "write both as `betas=[0.9, 0.999]`", Some("betas")),
    ("data_format", "leave it out: channels come last", None),
    ("dropout_rate", "dropout is a layer of its own: `dropout 0.5 -> dense 64`", Some("width")),
    ("in_channels", "leave it out: what flows in says it", None),
    ("in_features", "leave it out: what flows in says it", None),
    ("inplace", "leave it out: the compiler decides where results lie", None),
    ("input_dim", "leave it out: the type of the input says it", None),
    ("input_shape", "leave it out: the type of the input says it", None),
    ("input_size", "leave it out: the type of the input says it", None),
    ("kernel_regularizer", "penalties stand in `train`: `penalize l2, 1e-4`", None),
    ("mask_zero", "leave it out: rows of tokens have lengths, and nothing reads behind them", None),
    ("momentum", "of this optimizer it is the first of `betas=[0.9, 0.999]`", Some("betas")),
    ("nesterov", "`nadam` is the optimizer that looks ahead", Some("betas")),
    ("noise_shape", "`share=` says which axes have one mask", Some("p")),
    ("num_embeddings", "leave it out: `vocab=` of the input says it", None),
    ("num_layers", "write `repeat 2 { ... }` around the layer", None),
    ("padding_idx", "leave it out: rows of tokens have lengths, and nothing reads behind them", None),
    ("return_sequences", "leave it out for true; for false write `output=last`", Some("output")),
    ("return_state", "states go from window to window by `carry=true`", Some("carry")),
    ("track_running_stats", "leave it out: they are always kept", None),
    ("trainable", "`freeze LABEL` in `train` holds weights still", None),
    ("training", "nothing is dropped in prediction; `always=true` drops there too", Some("always")),
];

/// What is written here for a word of the family that is `what` in messages.
pub(super) fn word(what: &str, name: &str) -> Option<&'static str> {
    let (_, words) = WORDS.iter().find(|(of, _)| *of == what)?;
    words.iter().find(|(other, _)| is_called(other, name)).map(|(_, ours)| *ours)
}

/// What to do about a name that is no word of the family.
pub(super) fn advice(what: &str, name: &str) -> Option<&'static str> {
    let told = ADVICE.iter().find(|(of, other, _)| *of == what && is_called(other, name));
    told.map(|(.., advice)| *advice)
}

/// The statement that is called so elsewhere.
#[must_use]
pub fn statement_elsewhere(name: &str) -> Option<&'static str> {
    WORDS.iter().find_map(|(what, _)| word(what, name))
}

/// The argument that other libraries call so, if the word has it.
pub(super) fn argument(sig: &Sig, name: &str) -> Option<&'static str> {
    let own = sig.args.iter().find(|spec| spec.elsewhere.contains(&name));
    let known = own.map(|spec| spec.name);
    let known =
        known.or_else(|| ARGUMENTS.iter().find(|(other, _)| *other == name).map(|(_, known)| *known))?;
    sig.arg(known).map(|spec| spec.name)
}

/// What to do here about an argument that other libraries have, or that is a layer of its own.
pub(super) fn otherwise(sig: &Sig, name: &str) -> Option<String> {
    if layers::find(name).is_some_and(|layer| layer.sig().block == Block::Body) {
        return Some(format!("write `{name} {{ ... }}` around the layer"));
    }
    let fits = |of: &Option<&str>| of.is_none_or(|known| sig.arg(known).is_some());
    OTHERWISE
        .iter()
        .find(|(other, _, of)| *other == name && fits(of))
        .map(|(_, advice, _)| (*advice).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        check::{Env, check_source, train},
        data,
        layers::LAYERS,
        manual,
        train::{losses, optimizers, penalties},
    };

    #[test]
    fn names_elsewhere_lead_to_words_that_exist() {
        let is_one = |what: &str, name: &str| match what {
            "loss" => losses::find(name).is_some() || losses::elsewhere(name).is_some(),
            "optimizer" => optimizers::find(name).is_some() || optimizers::elsewhere(name).is_some(),
            "penalty" => penalties::find(name).is_some() || penalties::elsewhere(name).is_some(),
            "`train` statement" => train::STATEMENTS.contains(&name),
            _ => name == "source" || data::STATEMENTS.iter().any(|word| word.sig.name == name),
        };
        for (what, words) in WORDS {
            assert!(words.is_sorted(), "{what}");
            for (other, ours) in *words {
                let word = ours.split(',').next().unwrap_or(ours);
                assert!(is_one(what, word) && !is_one(what, other), "{what}: {other} is {ours}");
                let has_page = !manual::find(other).is_empty() || manual::choices(other).is_some();
                assert!(has_page || *ours == "source", "no page for {other}");
            }
        }
        for (what, other, _) in ADVICE {
            assert!(!is_one(what, other) && word(what, other).is_none(), "{what}: {other}");
        }
    }

    #[test]
    fn names_elsewhere_lead_to_arguments_that_exist() {
        let is_one = |name: &str| LAYERS.iter().any(|row| row.layer.sig().arg(name).is_some());
        for (other, known) in ARGUMENTS {
            assert!(is_one(known), "{other} is no {known}");
            assert!(!is_one(other), "{other} is an argument here too");
        }
    }

    /// Each with the first of its fixes, or its advice.
    #[test]
    fn words_of_other_libraries_are_answered_with_the_edit() {
        let answer = |statement: &str| {
            let source = "net {\n  input x: real[3]\n  dense 2\n  output y: class[2]\n}\ntrain {\n  loss cross_entropy\n  optimizer sgd, lr=1\n  epochs 1\n}\n";
            let word = statement.split(' ').next().unwrap_or_default();
            let (mut lines, mut done) = (Vec::new(), false);
            for line in source.lines() {
                if line.trim().starts_with(&format!("{word} ")) {
                    lines.push(format!("  {statement}"));
                    done = true;
                } else if line.trim().starts_with("epochs") && !done {
                    lines.extend([line.to_owned(), format!("  {statement}")]);
                } else {
                    lines.push(line.to_owned());
                }
            }
            let found = check_source(&lines.join("\n"), &Env::default()).diagnostics;
            let first = found.into_iter().find(|d| matches!(d.code, "E0202" | "E0203")).expect("an error");
            let fix = first.fixes.into_iter().next().expect("an answer");
            fix.edits.into_iter().next().map_or(fix.message, |edit| edit.text)
        };
        assert_eq!(answer("loss mse"), "squared_error");
        assert_eq!(answer("loss BCEWithLogitsLoss"), "binary_cross_entropy");
        assert_eq!(answer("early_stopping patience=3"), "stop_early");
        assert_eq!(answer("schedule ReduceLROnPlateau, rate=0.5"), "plateau");
        assert_eq!(answer("optimizer momentum, lr=0.1"), "sgd, momentum=0.9");
        assert_eq!(answer("report roc_auc"), "auc");
        assert_eq!(answer("batch_size 32"), "`batch 32` stands in `data`");
        assert_eq!(
            answer("penalize elastic_net, 1"),
            "write both: `penalize l1, 1e-5` and `penalize l2, 1e-4`"
        );
        assert_eq!(answer("optimizer adam, lr=0.1, beta_1=0.9"), "write both as `betas=[0.9, 0.999]`");
    }
}
