//! Nets over sounds: how long a clip is declared, and what stands behind its end, is of no account; cepstra and slopes are librosa's.

use super::{model_of, rig};
use crate::{
    graph::{
        Graph, Mode, ParamId, Sink, StateId, ValueId,
        interpret::{Bindings, Tensor},
    },
    lower::{Lowered, OBJECTIVE, lower_predict, lower_train},
};

/// A clip, and what librosa says of it.
#[path = "../../../numerics/src/sound/features/golden.rs"]
mod golden;

use golden::{DELTA, FRAMES, MFCC};

const SAMPLES: usize = 41;
const MORE: usize = 25;

/// Layers between `wave[.., rate=1kHz]` and four logits.
const NETS: &[&str] = &[
    "frames window=4ms, hop=2ms -> dense 4 -> max_pool over=time -> dense 4",
    "frames window=4ms, hop=3ms, pad=none -> conv 4, 3 -> relu -> mean_pool over=time -> dense 4",
    "spectrogram window=8ms, hop=4ms, power=1 -> dense 6 -> tanh -> mean_pool over=time -> dense 4",
    "spectrogram window=6ms, hop=4ms, fft=9, pad=none -> log -> conv 4, 3 -> max_pool over=time -> dense 4",
    "spectrogram window=8ms, hop=4ms -> log -> max_pool 2x2 -> lstm 4, output=last -> dense 4",
    "spectrogram window=8ms, hop=4ms -> log -> batch_norm -> avg_pool 2x1 -> conv 3, 2x2 -> mean_pool over=[time, freq] -> dense 4",
    "spectrogram window=8ms, hop=2ms -> log -> depthwise_conv 3x3 -> dropout 0.3, share=freq -> mean_pool over=freq -> mean_pool over=time -> dense 4",
    "spectrogram window=8ms, hop=2ms -> log -> mean_pool over=freq -> conv 3, 3 -> tanh -> mean_pool over=time -> dense 4",
    "spectrogram window=8ms, hop=2ms -> log -> max_pool over=freq -> lstm 4, output=last -> dense 4",
    "frames window=8ms, hop=2ms -> mean_pool over=channel -> max_pool over=time -> dense 4",
    "mel_spectrogram bands=4, window=16ms, hop=2ms -> log -> dense 5 -> relu -> conv 3, 3 -> mean_pool over=time -> dense 4",
    "mel_spectrogram bands=4, window=16ms, hop=2ms -> log -> residual { dense 4 } -> conv 4, 3 -> mean_pool over=time -> dense 4",
    "mel_spectrogram bands=4, window=16ms, hop=2ms -> log -> standardize over=time -> delta width=5 -> gru 4, output=last -> dense 4",
    "mel_spectrogram bands=4, window=16ms, hop=2ms -> log -> standardize over=[time, freq] -> mfcc 3 -> attention heads=1 -> mean_pool over=time -> dense 4",
    "mel_spectrogram bands=4, window=16ms, hop=2ms, pad=none, scale=slaney, norm=slaney, power=1 -> log -> dense 4 -> batch_norm -> max_pool over=time",
    "mel_spectrogram bands=4, window=16ms, hop=2ms -> log -> spec_mask time=8ms, freq=3, count=2, limit=60% -> conv 4, 3 -> mean_pool over=time -> dense 4",
    "mel_spectrogram bands=5, window=16ms, hop=2ms -> log -> spec_mask time=6
     conv 3, 3x3, pad=same, bias=false -> batch_norm -> relu -> max_pool 2x2
     dropout 0.1, share=space
     conv 4, 3x3, bias=false -> batch_norm -> relu
     concat {
       branch { mean_pool over=[time, freq] }
       branch { max_pool over=[time, freq] }
     }
     dense 4",
];

fn source(layers: &str, samples: usize) -> String {
    format!(
        "net {{\n  input clip: wave[{samples}ms, rate=1kHz]\n  {layers}\n  output y: class[4]\n}}\n\
         train {{\n  loss cross_entropy\n  optimizer sgd, lr=1\n  epochs 1\n}}\n"
    )
}

/// Clips of 23 to 41 samples of the same numbers, and `filling` behind them.
fn bindings(lowered: &Lowered, samples: usize, filling: f64) -> Bindings<f64> {
    let lengths: Vec<i32> = (0..rig::ROWS as i32).map(|row| 23 + 18 * row / 4).collect();
    let mut rows = Vec::new();
    for (row, length) in lengths.iter().enumerate() {
        let own = rig::numbers(&format!("row {row}"), SAMPLES).into_iter().take(*length as usize);
        rows.extend(own.chain(std::iter::repeat(filling)).take(samples));
    }
    let mut bindings = rig::bindings::<f64>(lowered);
    bindings.inputs = vec![Tensor::real(&[rig::ROWS, samples, 1], rows), Tensor::ints(&[rig::ROWS], lengths)];
    bindings.target = Some(Tensor::ints(&[rig::ROWS], (0..rig::ROWS as i32).map(|row| row % 4).collect()));
    bindings
}

/// The objective, every parameter and every state after a step; and what is predicted.
fn said(layers: &str, samples: usize, filling: f64) -> Vec<f64> {
    let model = model_of(&source(layers, samples));
    let lowered = lower_train(&model);
    let values = rig::run(&lowered.graph, &bindings(&lowered, samples, filling));
    let mut said = values.sink(Sink::Metric(OBJECTIVE as u32)).expect("the objective").reals().to_vec();
    for param in 0..lowered.graph.params.len() as u32 {
        said.extend(values.sink(Sink::Param(ParamId(param))).expect("a trained parameter").reals());
    }
    for state in 0..lowered.graph.states.len() as u32 {
        said.extend(values.sink(Sink::State(StateId(state))).expect("a running figure").reals());
    }
    let lowered = lower_predict(&model, Mode::Eval);
    let values = rig::run(&lowered.graph, &bindings(&lowered, samples, filling));
    said.extend(values.sink(Sink::Output).expect("logits").reals());
    said
}

#[test]
fn every_net_over_sounds_has_kernels() {
    for layers in NETS {
        let lowered = lower_train(&model_of(&source(layers, SAMPLES)));
        if let Err(error) = crate::loops::fuse(&lowered.graph) {
            panic!("{layers}: {error:?}");
        }
    }
}

#[test]
fn a_clip_says_the_same_however_long_it_may_be() {
    for layers in NETS {
        let first = said(layers, SAMPLES, 0.0);
        assert!(first.iter().all(|x| x.is_finite()), "{layers}: {first:?}");
        for (samples, filling) in [(SAMPLES, 0.7), (SAMPLES + MORE, 0.0), (SAMPLES + MORE, -0.5)] {
            for (a, b) in first.iter().zip(said(layers, samples, filling)) {
                assert!((a - b).abs() <= 1e-9 * a.abs().max(1.0), "{layers}, {samples} samples: {a} and {b}");
            }
        }
    }
}

/// The last value that the layers at this path make.
fn made(graph: &Graph, path: &str) -> ValueId {
    let own = |v: &ValueId| *graph.node(*v).origin.path == *path;
    graph.values().filter(own).last().expect("a value of the layer")
}

#[test]
fn cepstra_and_slopes_are_those_of_librosa() {
    for (layer, width, golden) in [("mfcc", 13, MFCC), ("delta", 64, DELTA)] {
        let model = model_of(&format!(
            "net {{\n  input clip: wave[1s, rate=16kHz]\n  mel_spectrogram range=50Hz..8kHz -> log\n  {layer}\n  \
             mean_pool over=time -> dense 2\n  output y: class[2]\n}}"
        ));
        let lowered = lower_predict(&model, Mode::Eval);
        let mut bindings = rig::bindings::<f64>(&lowered);
        let clip: Vec<f64> = golden::clip().into_iter().map(f64::from).collect();
        bindings.rows = 1;
        bindings.positions.truncate(1);
        bindings.inputs = vec![Tensor::real(&[1, 16_000, 1], clip), Tensor::ints(&[1], vec![16_000])];
        let values = rig::run(&lowered.graph, &bindings);
        let values = values.of(made(&lowered.graph, &format!("{layer}_1"))).reals();
        for (i, frame) in FRAMES.iter().enumerate() {
            for (a, b) in values[width * frame..width * (frame + 1)].iter().zip(&golden[width * i..]) {
                assert!((a - b).abs() < 1e-3, "{layer}, frame {frame}: {a}, not {b}");
            }
        }
    }
}

/// What pools over frequency alone leave is a series of one channel, the mean or the largest of each moment; behind a layer that mixes bands there are channels.
#[test]
fn bands_are_pooled_and_mixed_away() {
    let front = "mel_spectrogram bands=4, window=16ms, hop=2ms -> log";
    let types = |layers: &str| {
        let model =
            model_of(&source(&format!("{front} -> {layers} -> mean_pool over=time -> dense 4"), SAMPLES));
        let log = model.nodes.iter().position(|node| node.path == "log_1").expect("the logarithm");
        let roles = |node: &crate::model::Node| {
            node.ty
                .axes
                .iter()
                .map(|axis| format!("{} {}", axis.role.name(), axis.size))
                .collect::<Vec<_>>()
                .join(", ")
        };
        roles(&model.nodes[log + 1])
    };
    assert_eq!(types("mean_pool over=freq"), "time 21, channel 1");
    assert_eq!(types("max_pool over=freq"), "time 21, channel 1");
    assert_eq!(types("dense 5"), "time 21, channel 5");
    assert_eq!(types("attention heads=1"), "time 21, channel 4");
    assert_eq!(types("tanh"), "time 21, freq 4");
    let pooled = |word: &str| {
        let model = model_of(&source(&format!("{front} -> {word} over=freq -> last -> dense 4"), SAMPLES));
        let lowered = lower_predict(&model, Mode::Eval);
        let values = rig::run(&lowered.graph, &bindings(&lowered, SAMPLES, 0.0));
        let of = |path: &str| values.of(made(&lowered.graph, path)).reals().to_vec();
        (of("log_1"), of(&format!("{word}_1")))
    };
    for (word, fold) in [
        ("mean_pool", (|bands: &[f64]| bands.iter().sum::<f64>() / 4.0) as fn(&[f64]) -> f64),
        ("max_pool", |bands| bands.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
    ] {
        let (bands, moments) = pooled(word);
        assert_eq!(bands.len(), 4 * moments.len(), "{word}");
        for (bands, moment) in bands.chunks_exact(4).zip(moments) {
            assert!((fold(bands) - moment).abs() < 1e-12, "{word}: {bands:?}, {moment}");
        }
    }
    let refused = |layers: &str| {
        let text = source(&format!("{front} -> {layers} -> mean_pool over=time -> dense 4"), SAMPLES);
        let checked = crate::check::check_source(&text, &crate::check::Env::default());
        checked.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>()
    };
    // Channels are no frequencies any more.
    assert_eq!(refused("dense 5 -> conv 4, 3x3"), ["E0211"]);
    assert_eq!(refused("dense 5 -> mean_pool over=freq"), ["E0302"]);
}

/// What is no number is no silence.
#[test]
fn a_logarithm_hands_nan_on() {
    let lowered = lower_predict(
        &model_of("net {\n  input x: real[3]\n  log floor=0.5\n  output y: real[3]\n}"),
        Mode::Eval,
    );
    let mut bindings = rig::bindings::<f32>(&lowered);
    bindings.rows = 1;
    bindings.positions.truncate(1);
    bindings.inputs = vec![Tensor::real(&[1, 3], vec![f32::NAN, 0.1, 1.0])];
    let values = rig::run(&lowered.graph, &bindings);
    let said = values.sink(Sink::Output).expect("numbers").reals();
    assert!(said[0].is_nan() && said[1] == 0.5_f32.ln() && said[2] == 0.0, "{said:?}");
}

/// Which steps and which bands of rows a mask hid, over many epochs.
#[test]
fn masks_are_as_wide_as_they_are_said_to_be() {
    const STEPS: usize = 30;
    const BANDS: usize = 6;
    let source = format!(
        "net {{\n  input x: series[{STEPS}, {BANDS}]\n  spec_mask time=8, limit=25%\n  mean_pool over=time -> dense 2\n  \
         output y: class[2]\n}}"
    );
    let lowered = lower_predict(&model_of(&source), Mode::Train);
    let lengths = [30, 30, 12, 20, 1];
    let mut counts = vec![[0_usize; 9]; rig::ROWS];
    let mut hidden = vec![0_usize; STEPS];
    const EPOCHS: u64 = 2_000;
    for epoch in 0..EPOCHS {
        let mut bindings = rig::bindings::<f64>(&lowered);
        let numbers = (0..rig::ROWS * STEPS * BANDS).map(|i| (i % 7) as f64 + 10.0).collect::<Vec<_>>();
        bindings.inputs = vec![
            Tensor::real(&[rig::ROWS, STEPS, BANDS], numbers.clone()),
            Tensor::ints(&[rig::ROWS], lengths.to_vec()),
        ];
        bindings.streams.iter_mut().for_each(|stream| *stream = crate::draws::mix64(*stream ^ epoch));
        let values = rig::run(&lowered.graph, &bindings);
        let seen = values.of(made(&lowered.graph, "spec_mask_1")).reals();
        for row in 0..rig::ROWS {
            let step = |t: usize| (row * STEPS + t) * BANDS..(row * STEPS + t + 1) * BANDS;
            let is_hidden = |t: &usize| seen[step(*t)] != numbers[step(*t)];
            let all: Vec<usize> = (0..STEPS).filter(is_hidden).collect();
            assert!(all.windows(2).all(|pair| pair[1] == pair[0] + 1), "{all:?}");
            assert!(all.iter().all(|t| *t < lengths[row] as usize), "{all:?} of {}", lengths[row]);
            counts[row][all.len()] += 1;
            if row < 2 {
                all.iter().for_each(|t| hidden[*t] += 1);
            }
        }
    }
    // Below min(8, 25 %): widths 0 to 7 of 7.5, 0 to 2 of 3, 0 to 4 of 5.
    for (row, bound) in [(0, 7.5_f64), (1, 7.5), (2, 3.0), (3, 5.0), (4, 0.25)] {
        for (width, count) in counts[row].iter().enumerate() {
            let share = (bound - width as f64).clamp(0.0, 1.0) / bound;
            let (mean, sd) = (EPOCHS as f64 * share, (EPOCHS as f64 * share * (1.0 - share)).sqrt());
            assert!(
                (*count as f64 - mean).abs() <= 4.5 * sd + 1e-9,
                "row {row}, width {width}: {count}, not {mean}"
            );
        }
    }
    // The middle is hidden as often as widths say, every step once in a while.
    let mean_width: f64 = (0..8).map(|w| w as f64 * (7.5 - w as f64).clamp(0.0, 1.0) / 7.5).sum();
    let all = hidden.iter().sum::<usize>() as f64 / (2 * EPOCHS) as f64;
    assert!((all - mean_width).abs() < 0.15, "{all}, not {mean_width}");
    assert!(hidden.iter().all(|n| *n > 0), "{hidden:?}");
}

/// In evaluation and Monte-Carlo prediction nothing is hidden, and no coin is tossed.
#[test]
fn masks_are_off_in_prediction() {
    let source = "net {\n  input x: series[9, 4]\n  spec_mask time=4\n  mean_pool over=time -> dense 2\n  output y: class[2]\n}";
    for mode in [Mode::Eval, Mode::Mc] {
        assert!(lower_predict(&model_of(source), mode).graph.sites.is_empty());
    }
}
