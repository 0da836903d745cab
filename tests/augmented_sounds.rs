//! Sounds that training is fed: the same rows for any number of threads and any minibatch, across a resume and after an interruption; what is
//! shown and written of them is what was fed, and lengths follow them.

mod watching;

use dropnet::internal::run::{Augmented, augmented};

use watching::{Fed, Run, SEED, folders};

const RATE: u32 = 4000;
/// Samples of the net's input: 0.2 s.
const MOST: usize = 800;
const CLIPS: usize = 120;
const TRAINED: usize = 100;

/// Every statement of sounds, and pairs.
const ALL: &str = "time_stretch 0.8..1.25, p=50%
  pitch_shift -2st..2st, p=50%
  speed 0.9..1.1, p=30%
  shift 10%
  shift 10%, kind=circular, p=ramp(0.1, 0.9)
  gain -6dB..6dB
  polarity p=50%
  lowpass 500Hz..1500Hz, p=30%
  highpass 50Hz..200Hz, p=30%
  noise snr=10dB..40dB, color=pink, p=50%
  noise snr=20dB, p=50%";

fn net(data: &str, augment: &str) -> String {
    let section = if augment.is_empty() { String::new() } else { format!("augment {{\n  {augment}\n}}\n") };
    format!(
        "data {{
  source audio, \"clips\"
  split valid=20
  {data}
}}
{section}net {{
  input clip: wave[200ms, rate=4kHz]
  conv 6, 40, stride=20, pad=valid -> relu -> mean_pool over=time -> dropout 0.2
  dense 2
  output kind: class[2]
}}
train {{
  loss cross_entropy
  optimizer sgd, lr=0.1
  epochs 3
}}
"
    )
}

/// Tones of two kinds, each clip with a length of its own.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for clip in 0..CLIPS {
        let kind = clip % 2;
        let dir = folder.path().join("clips").join(["low", "high"][kind]);
        std::fs::create_dir_all(&dir).expect("a folder");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: RATE,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let file = dir.join(format!("{clip:03}.wav"));
        let mut writer = hound::WavWriter::create(file, spec).expect("a file");
        let hertz = [200.0, 500.0][kind] + clip as f64;
        for i in 0..300 + 4 * clip {
            let turn = std::f64::consts::TAU * hertz * i as f64 / f64::from(RATE);
            writer.write_sample((9000.0 * turn.sin()) as i16).expect("a sample");
        }
        writer.finalize().expect("a file");
    }
    folder
}

#[test]
fn checkpoints_do_not_depend_on_threads_resume_or_interruption() {
    let data = folder();
    for augment in [format!("{ALL}\n  mixup alpha=0.4"), "mixup alpha=0.4".to_owned()] {
        Run::of(net("batch 32", &augment), data.path(), MOST).goes_on_alike(TRAINED);
    }
}

/// A clip that is longer than a row gives another stretch of it in every epoch, a function of seed, epoch and position alone; evaluation sees its middle.
#[test]
fn stretches_of_longer_clips_are_drawn() {
    let data = folder();
    let short = |augment: &str, more: &str| {
        net(more, augment).replace("\"clips\"", "\"clips\", long=random").replace("wave[200ms", "wave[100ms")
    };
    // Of 300 to 776 samples a row has 400.
    const STEPS: usize = 400;
    let fed = |source: String| {
        let run = Run::of(source, data.path(), STEPS);
        let mut dir = folders();
        let (fed, expected) = run.go(&dir(), 1, None, 0);
        for threads in [2, 3] {
            let (same, found) = run.go(&dir(), threads, None, 0);
            assert!(same == fed && found == expected, "{threads} threads");
        }
        let halves = dir();
        let (first, _) = run.go(&halves, 2, Some(1), 0);
        let (rest, found) = run.go(&halves, 1, None, 0);
        assert!(found == expected && first.into_iter().chain(rest).collect::<Fed>() == fed, "1 + 2 epochs");
        let interrupted = dir();
        let (first, _) = run.go(&interrupted, 2, None, 2);
        let (rest, found) = run.go(&interrupted, 3, None, 0);
        assert!(found == expected && first.into_iter().chain(rest).collect::<Fed>() == fed, "interrupted");
        (run, fed)
    };
    let (run, plain) = fed(short("", "batch 32"));
    let (_, other) = fed(short("", "batch 31"));
    assert!(plain == other, "the minibatch");
    fed(short("gain -6dB..6dB\n  time_stretch 0.8..1.25", "batch 32"));
    let shown =
        dropnet::internal::runtime::augment::shown(&run.ready.model, &run.ready.dataset, SEED, 0..TRAINED, 3);
    let (mut starts, mut middles) = (Vec::new(), 0);
    for shown in shown.expect("rows").expect("sounds").rows {
        let own: Vec<f32> = bytemuck::pod_collect_to_vec(&shown.fed);
        assert_eq!(shown.fed, plain[&(shown.epoch, shown.position)]);
        let Some(over) = shown.original.len().checked_sub(STEPS).filter(|over| *over > 0) else {
            assert_eq!(own[..shown.length], shown.original);
            continue;
        };
        let start = (0..=over).find(|start| shown.original[*start..start + STEPS] == own).expect("a stretch");
        starts.push(start as f64 / over as f64);
        middles += usize::from(start == over / 2);
    }
    // Uniform over the clip: a mean of a half, a variance of a twelfth, within four standard errors.
    let count = starts.len() as f64;
    let mean = starts.iter().sum::<f64>() / count;
    assert!(count > 200.0 && (mean - 0.5).abs() < 4.0 * (1.0 / 12.0 / count).sqrt(), "{mean} of {count}");
    let below = starts.iter().filter(|start| **start < 0.25).count() as f64 / count;
    assert!(
        (below - 0.25).abs() < 4.0 * (0.1875 / count).sqrt() && middles < starts.len() / 4,
        "{below}, {middles}"
    );
    // Evaluation and prediction: the middle, as with `long=center`.
    let middle = Run::of(short("", "batch 32").replace("long=random", "long=center"), data.path(), STEPS);
    let seen = |run: &Run| {
        let part = run.ready.dataset.valid.as_ref().expect("validation rows");
        part.seen(&part.inputs[0]).expect("samples")
    };
    assert!(seen(&run) == seen(&middle));
    let played = augmented(&run.ready, SEED, 0..3, 2).expect("rows").expect("sounds");
    let Augmented::Sounds { sounds, .. } = played else { panic!("rows are sounds") };
    assert_eq!(sounds.tiles().sheets.len(), 3);
}

#[test]
fn rows_do_not_depend_on_the_minibatch() {
    let data = folder();
    let statements = ALL.replace("ramp(0.1, 0.9)", "50%");
    let fed = |batch: usize| {
        let run = Run::of(net(&format!("batch {batch}"), &statements), data.path(), MOST);
        run.go(&folders()(), 2, Some(2), 0).0
    };
    let expected = fed(32);
    assert!(expected == fed(31) && expected == fed(128));
    assert_ne!(expected[&(1, 0)], expected[&(2, 0)]);
}

/// What `plot --kind augment` draws and writes is what was fed, sample by sample, and the original is the clip of the file.
#[test]
fn what_is_shown_is_what_was_fed() {
    let data = folder();
    let run = Run::of(net("batch 32", ALL), data.path(), MOST);
    let (fed, _) = run.go(&folders()(), 2, None, 0);
    let gallery =
        dropnet::internal::runtime::augment::shown(&run.ready.model, &run.ready.dataset, SEED, 0..TRAINED, 3);
    let mut lengths = std::collections::BTreeSet::new();
    for shown in gallery.expect("rows").expect("sounds").rows {
        assert!(shown.fed == fed[&(shown.epoch, shown.position)]);
        assert!(shown.fed[4 * shown.length..].iter().all(|byte| *byte == 0), "silence behind the end");
        lengths.insert(shown.length as f64 / shown.original.len() as f64 > 1.0);
    }
    assert_eq!(lengths.len(), 2, "some clips became longer and some did not");
    let shown = augmented(&run.ready, SEED, 0..3, 2).expect("rows").expect("sounds");
    let Augmented::Sounds { sounds, mixed } = shown else { panic!("rows are sounds") };
    assert!(mixed.is_empty() && sounds.rows.len() == 3 && sounds.tiles().sheets.len() == 3);
    let dir = folders()();
    assert_eq!(sounds.write(&dir), Ok(9));
    for row in &sounds.rows {
        let read = |name: String| -> Vec<f32> {
            let mut file = hound::WavReader::open(dir.join(name)).expect("a sound");
            file.samples::<f32>().map(|x| x.expect("a sample")).collect()
        };
        assert_eq!(read(format!("row{}_original.wav", row.row)), row.original);
        assert_eq!(read(format!("row{}_epoch2.wav", row.row)), row.epochs[1].1);
    }
}
