//! Pages of what is no word of the language: ideas that a text about regularization names, what predictions and runs are made of, functions of expressions, exit codes.

use std::fmt::Write;

use crate::vocab::is_called;

/// A page and all its names, the first being its title.
struct Idea {
    names: &'static [&'static str],
    text: &'static str,
}

const fn idea(names: &'static [&'static str], text: &'static str) -> Idea {
    Idea { names, text }
}

/// By their titles.
const IDEAS: &[Idea] = &[
    idea(
        &["Bayesian inference", "approximate inference", "Bayesian approximation", "variational inference"],
        "A net with dropout before each layer with weights, trained with weight decay, is a variational approximation of a Gaussian process (Gal and Ghahramani 2016): what its sub-networks
disagree about is what the data leave open about the weights. `predict --samples 100` answers the mean over sub-networks and how far they are apart; `penalize l2, bayes_decay(...)` is the
decay that belongs to rate and rows; `dropout kind=concrete` learns the rates from the same bound.

See `mc_dropout`, `bayes_decay`, `mutual_information`, docs/UNCERTAINTY.md.",
    ),
    idea(
        &["Calibration", "temperature scaling", "reliability"],
        "A net is calibrated if of the rows that it is 80 % sure of, four in five are right. `report ece` is how far it is from that, `dropnet plot RUN --kind reliability` the picture,
`dropnet calibrate RUN` the mending: one temperature, fitted on the validation rows. Label smoothing and Monte-Carlo means move calibration too, so measure behind them.",
    ),
    idea(
        &["Co-adaptation", "coadaptation", "complex co-adaptations"],
        "Units that are of use only beside certain others. Dropout makes each unit be of use among random others (Hinton et al. 2012). `dropnet plot RUN --kind filters` shows it in first-layer
weights, `--kind activations` in how few units a row moves, `dropnet audit RUN --ablate` in what the loss of one unit costs.",
    ),
    idea(
        &["Data augmentation", "augmentation"],
        "Training rows changed at random in ways that keep their answers: the section `augment` lists statements, in the order in which they act, on training rows alone. Pictures: `crop`, `flip`,
`rotate`, `color_jitter`, `cutout`, `erase`, `rand_augment`, ...; texts: `synonym`, `word_drop`, `back_translate`, ...; sounds: `pitch_shift`, `time_stretch`, `noise snr=`, ...; any rows: `mixup`.
`dropnet plot FILE --kind augment` shows what a net is fed.",
    ),
    idea(
        &["Early stopping", "earlystopping", "patience"],
        "Training ends when a figure of the validation rows has not become better for some time: `stop_early patience=10` in `train`, which keeps the best epoch (`best.ckpt`). It needs a validation
part: `split train=70%, valid=15%, test=15%`. The test part is looked at once, at the end.",
    ),
    idea(
        &["Ensemble", "implicit ensemble", "sub-networks", "subnetworks", "model averaging"],
        "A net with n units that may be dropped is 2^n nets that share weights, each trained now and then. Prediction with all units (weight scaling) stands for the mean over them: exactly the
geometric mean for one layer of softmax, nearly so in between. `dropnet summary` counts them, `dropnet audit RUN` compares weight scaling with the exact or sampled geometric and arithmetic means, and
`dropnet subnet RUN` shows one. An ensemble of nets that share nothing is `train --seeds 5`.",
    ),
    idea(
        &["Epistemic and aleatoric uncertainty", "epistemic", "aleatoric", "uncertainty"],
        "What more data would tell, and what they would not. Sub-networks disagree about the first (`mutual_information` of classes, `epistemic_sd` of numbers); the second is the entropy that each of
them has by itself (`expected_entropy`), or the variance that the net foretells (`output y: normal[1]`, `aleatoric_sd`).",
    ),
    idea(
        &["Exit codes", "exit code", "exit status", "return codes"],
        "0: done. 1: the `.net` file has errors, or `fmt --check` would change it. 2: the command line is wrong. 3: files, data or a checkpoint are missing or broken. 4: training met NaN or
infinity; the last good checkpoint is kept. 5: another process of a run over several has ended; `train --resume` goes on. 130: interrupted by Ctrl-C, SIGTERM or SIGUSR1 (by which queues of clusters warn a job); `train --resume` goes on.",
    ),
    idea(
        &["Functions", "function", "expressions", "min", "sqrt", "pick"],
        "Numbers of a file may be expressions of params: `+ - * / ^`, comparisons, and functions: `min(a, b, ...)`, `max(a, b, ...)`, `sqrt(x)`, `log(x)` (natural), `pick(condition, then, otherwise)`.
`ramp(from, to, ...)` is a value that changes over time, `bayes_decay(...)` an amount of `penalize l2`. `train.rows`, `data.features` and `data.classes` are known once the data are.",
    ),
    idea(
        &["Inverted dropout", "inverted", "standard dropout", "weight scaling", "scaling at test time", "weight scaling inference rule"],
        "Two ways to keep expectations equal. Inverted (the default, `scale=train`): kept units are divided by 1 - p while training, and prediction changes nothing. Standard (`scale=test`, as in Srivastava
et al. 2014): training changes nothing, prediction multiplies by 1 - p. Both are the same net up to scale, so they differ through initial values, decay and learning rate alone:
examples/convention_2014.net.",
    ),
    idea(
        &["Label smoothing"],
        "The target gives a share of its certainty to all classes: `loss cross_entropy, label_smoothing=0.1` (Szegedy et al. 2016). Evaluation is not smoothed, so the validation loss is comparable. It
makes nets less sure; `plot --kind reliability` says whether too little.",
    ),
    idea(
        &["Monte Carlo dropout", "MC dropout", "stochastic forward passes"],
        "Dropout stays on in prediction, and the answers of many masks are averaged: `predict { mc_dropout samples=100 }` in the file, or `--samples 100` of `predict` and `eval`. The mean is often a little
better than one pass, and how far samples are apart says how sure the net may be. What lies before the first dropout is computed once a row. `--until-se 0.01` draws until the mean is known so well.",
    ),
    idea(
        &["Overfitting", "generalization gap", "regularization"],
        "Training figures go on becoming better while those of validation rows turn: `dropnet plot RUN` shows it. The train line is with dropout on, the validation line without, so with dropout the second may
lie below. What helps: more data, `augment`, dropout, weight decay, `label_smoothing`, `mixup`, `stop_early`, smaller nets. `dropnet summary FILE --regularizers` lists what a net has of it.",
    ),
    idea(
        &["Prediction columns", "output columns", "entropy", "expected_entropy", "mutual_information", "mutual_information_jackknife", "variation_ratio", "standard_error", "epistemic_sd", "aleatoric_sd", "sd"],
        "What `predict` writes beside the answer, of samples of dropout or of several runs. Of classes: a probability a class, the mean over samples; `entropy` of that mean (nats), of which
`expected_entropy` is the mean over samples of their own entropies, and `mutual_information` the difference: what samples disagree about; `mutual_information_jackknife` is the same without the bias of few samples;
`variation_ratio` the share of samples that do not vote with the most; `standard_error` that of the mean probability of the answer. Of numbers: the mean, `NAME_epistemic_sd` (between samples), `NAME_aleatoric_sd` (what each sample leaves
open: `normal[D]`, or `--precision`), `NAME_sd` (both), and `NAME_low`, `NAME_high` of `--interval`. CSV has six digits of each number (of a
normalised target counted from its deviation), JSON and arrays all that the net knows. `--abstain 'entropy>0.9'` marks rows that had better be left to somebody else.",
    ),
    idea(
        &["Run files", "run folder", "log.jsonl", "metrics.json", "model.lock.json", "best.ckpt", "last.ckpt", "model.net", "history", "checkpoint"],
        "A run's folder holds `model.net` (the text that was trained), `model.lock.json` (its params, seed, where the file was, sums of text and data), `log.jsonl` (a JSON object an epoch: figures of
training and validation, of the training rows with dropout off where the file says `judge train`, learning rate, seconds), `metrics.json` (figures at the end), `last.ckpt` and, where a validation part is watched, `best.ckpt`. Checkpoints are safetensors files: parameters, the optimizer's
slots, states of norms, and in the metadata what was fitted to the data, so that `predict` reads raw rows. They are written to a file beside them and renamed, so an interruption leaves the old one or the new one.
`train --resume` goes on to the bit.",
    ),
    idea(
        &["Several processes", "MPI", "mpirun", "ranks", "cluster", "distributed training", "data parallel", "DDP", "Horovod"],
        "`mpirun -n 4 dropnet train FILE -o DIR` trains one net in four processes, on one machine or many: each has some blocks of every minibatch (`batch 1024, blocks=16`; blocks must be a multiple of the processes), and
sums over rows are exchanged. Batch, rates and losses are those of the file, and the run is, to the bit, that of one process with the same blocks: a laptop replays what a cluster has trained, and `--resume` goes on with
another number. `dropnet eval` and `dropnet predict` deal rows, `dropnet experiment` trials. `dropnet bench FILE --ranks 16 --network 10GbE` foretells what it would bring, `mpirun -n 4 dropnet bench FILE` times it. It needs a build with `--features mpi`; docs/CLUSTERS.md tells the rest.",
    ),
    idea(
        &["Transfer learning", "fine-tuning", "finetuning", "pretrained weights", "pretraining", "warm start"],
        "A net begins with what another one has learnt. `load \"FILE\", into=[stem, body]` in `train` begins the layers under these labels with the tensors of a file, of a run of dropnet or written by PyTorch or
Keras, and the others are drawn. `freeze stem` holds what was loaded still, `freeze stem, until=3epochs` until the new layers have settled, `lr stem, factor=0.1` trains it slowly. What a frozen part makes of the
data is computed once, within `prefix_limit`. Small data want more of it frozen, and dropout in front of the new layers.

See `load`, `freeze`, `lr`.",
    ),
    idea(
        &["Usual rates", "dropout rate", "keep probability", "which rate"],
        "0.1 to 0.2 of inputs; 0.5 of wide hidden layers, less of narrow ones; 0.1 to 0.3 of feature maps, whole maps at a time (`share=space`); 0.1 in attention and behind feed-forward layers of transformers; 0.2 to
0.5 in recurrent nets, one mask for all steps. `dropout` without a rate takes 0.2 of inputs and 0.5 of hidden units; `check --pedantic` tells of rates far from what is usual for their place. To find yours:
`dropnet experiment FILE --compare p=0,0.2,0.5`.",
    ),
    idea(
        &["Weight decay", "L2 regularization", "decoupled weight decay", "ridge regression"],
        "Weights are drawn to zero. `penalize l2, 1e-4` adds 1e-4 times their sum of squares to the loss, and `weight_decay=` of `sgd` and `adam` the same to the gradient; `optimizer adamw` shrinks weights apart from the
gradient, so that its amount does not depend on how large gradients were (Loshchilov and Hutter 2019). Biases and the parameters of norms are left alone unless `on=all`.",
    ),
];

/// The page of an idea by any of its names, whatever their capitals, spaces, hyphens and underscores.
#[must_use]
pub fn page(topic: &str) -> Option<String> {
    let joined = |name: &str| name.replace([' ', '-'], "_");
    let found =
        IDEAS.iter().find(|idea| idea.names.iter().any(|name| is_called(&joined(name), &joined(topic))))?;
    let mut page = format!("{}\n\n{}\n", found.names[0], found.text);
    if found.names.len() > 1 {
        let _ = write!(page, "\nAlso: {}\n", found.names[1..].join(", "));
    }
    Some(page)
}

/// Titles, by the alphabet.
pub fn titles() -> impl Iterator<Item = &'static str> {
    IDEAS.iter().map(|idea| idea.names[0])
}

/// Every name of every idea.
pub fn names() -> impl Iterator<Item = &'static str> {
    IDEAS.iter().flat_map(|idea| idea.names.iter().copied())
}

/// Title and text of each, for the reference.
pub(super) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    IDEAS.iter().map(|idea| (idea.names[0], idea.text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{check::nearest, manual};

    #[test]
    fn ideas_are_found_by_any_name_and_are_no_words() {
        assert!(titles().is_sorted_by_key(str::to_lowercase));
        for name in names() {
            assert!(page(name).is_some() && page(&name.to_uppercase()).is_some(), "{name}");
            assert!(!manual::names().contains(&name), "{name} is a word of the language");
        }
        assert_eq!(page("early_stopping"), page("Early stopping"));
        assert!(page("dense").is_none() && nearest("overfiting", names()) == Some("Overfitting"));
    }

    /// What stands between backticks and looks like a word of the language has a page.
    #[test]
    fn words_that_ideas_name_have_pages() {
        for (title, text) in all() {
            for word in
                text.split('`').skip(1).step_by(2).filter_map(|code| code.split([' ', '=', '(']).next())
            {
                let is_word = !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
                let is_command =
                    ["dropnet", "predict", "eval", "train", "fmt", "plot", "calibrate"].contains(&word);
                let is_known = || {
                    manual::find(word).is_empty() && page(word).is_none() && manual::choices(word).is_none()
                };
                let is_argument =
                    || manual::pages().iter().any(|page| page.sig.args.iter().any(|arg| arg.name == word));
                let is_else = ["max", "min", "log", "augment", "check"].contains(&word);
                assert!(
                    !is_word || is_command || is_else || is_argument() || !is_known(),
                    "{title}: `{word}`"
                );
            }
        }
    }
}
