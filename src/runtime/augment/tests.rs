//! Lengths that the net is told beside the sounds that it is fed.

use std::path::Path;

use super::*;
use crate::{
    data::{Numbers, Search},
    run::open,
    runtime::{order::Visits, progress::Progress},
    sound::level::rms,
    vocab::Clock,
};

const SOURCE: &str = "data {
  source audio, \"clips\"
  batch 8
}
augment {
  STATEMENTS
}
net {
  input clip: wave[100ms, rate=4kHz]
  conv 2, 40, stride=20, pad=valid -> mean_pool over=time
  dense 2
  output kind: class[2]
}
train {
  loss cross_entropy
  optimizer sgd, lr=0.1
  epochs 1
}
";

/// Forty clips of 100 to 295 samples.
fn clips() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for clip in 0..40_u32 {
        let dir = folder.path().join("clips").join(["one", "other"][clip as usize % 2]);
        recording(&dir.join(format!("{clip:02}.wav")), 4000, 100 + 5 * clip);
    }
    folder
}

fn recording(path: &Path, rate: u32, samples: u32) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(path, spec).expect("a file");
    (0..samples).for_each(|i| file.write_sample((i % 50) as i16 * 100 + 1).expect("a sample"));
    file.finalize().expect("a file");
}

/// Of each position the length that is told, and that of what is not silent, before pairs.
fn told(statements: &str) -> (Vec<(usize, usize)>, Option<Vec<u32>>) {
    let folder = clips();
    let source = SOURCE.replace("STATEMENTS", statements);
    let Ok(ready) = open(&source, &[], &Search::new(folder.path(), folder.path(), None)) else {
        panic!("a sound net: {source}")
    };
    let augmenter = Augmenter::new(&ready.model, &ready.dataset, 3).expect("rows").expect("statements");
    let (train, part) = (ready.model.train.as_ref().expect("a section"), &ready.dataset.train);
    let shape =
        Shape { rows: part.rows(), batch: 8, drop_last: false, seed: 3, picture: [0; 2], goes_on: false };
    let plan =
        plan::epoch(&plan::Laid::new(train, &[], &Visits::default()), &shape, &Progress::default(), 1.0);
    let order: Vec<u32> = plan.order.iter().map(|row| part.numbers()[*row as usize]).collect();
    let team = Team::new(2);
    let mut found = Vec::new();
    let run = |block: &Block<'_>, _: Range<usize>| {
        let (Numbers::F32(rows), lengths) = (block.changed(), block.lengths()) else { panic!("samples") };
        let own = rows.chunks(400).map(|row| row.iter().rposition(|x| *x != 0.0).map_or(0, |last| last + 1));
        found.extend(lengths.iter().map(|length| *length as usize).zip(own));
        Ok(None::<()>)
    };
    augmenter.at(train, &shape, &plan, 0).each_block(part, &order, 0, &team, run).expect("blocks");
    (found, plan.partner)
}

#[test]
fn lengths_are_those_of_the_changed_sounds() {
    let (slower, none) = told("speed 0.8");
    assert!(none.is_none() && slower.len() == 40);
    let mut lengths: Vec<usize> = slower.iter().map(|(told, _)| *told).collect();
    lengths.sort_unstable();
    let wanted: Vec<usize> =
        (0..40).map(|clip| ((100.0 + 5.0 * f64::from(clip)) / 0.8).round_ties_even() as usize).collect();
    assert_eq!(lengths, wanted);
    assert!(slower.iter().all(|(told, own)| own <= told && told - own < 4), "{slower:?}");
}

/// Recordings of another rate are brought to that of the net; what cannot be read is said at the statement.
#[test]
fn a_background_comes_from_files() {
    let folder = clips();
    recording(&folder.path().join("streets/hum.wav"), 8000, 900);
    let open = |statement: &str| {
        let source = SOURCE.replace("STATEMENTS", statement);
        let ready = open(&source, &[], &Search::new(folder.path(), folder.path(), None));
        let Ok(ready) = ready else { panic!("a sound net: {source}") };
        Augmenter::new(&ready.model, &ready.dataset, 3).map(|augmenter| (augmenter, ready.dataset))
    };
    let (augmenter, dataset) = open("background \"streets\", snr=0dB").expect("recordings");
    let augmenter = augmenter.expect("statements");
    let row = Row { seed: 3, epoch: 0, position: 5, number: 7, clock: Clock::END };
    let mut fed = vec![0.0_f32; 400];
    let room = bytemuck::cast_slice_mut(&mut fed);
    let length = augmenter.row(&row, &dataset.train, &mut Scratch::default(), room).expect("a row");
    let was = augmenter.heard(&dataset.train, 7).expect("a row");
    assert_eq!(length, was.len());
    let added: Vec<f32> = fed.iter().zip(&was).map(|(is, was)| is - was).collect();
    assert!((rms(&added) / rms(&was) - 1.0).abs() < 1e-3);
    let error = open("background \"nowhere\", snr=0dB").map(|_| ()).expect_err("no folder");
    let shown = error.beside("a.net", &SOURCE.replace("STATEMENTS", "background \"nowhere\", snr=0dB"));
    assert!(shown.contains("a.net:6:3: background") && shown.contains("nowhere"), "{shown}");
}

#[test]
fn a_sum_is_as_long_as_the_longer_sound() {
    let (mixed, partner) = told("mixup alpha=1");
    let partner = partner.expect("pairs");
    let own: Vec<usize> = mixed.iter().map(|(_, own)| *own).collect();
    for (place, (told, own_length)) in mixed.iter().enumerate() {
        assert_eq!(*told, (*own_length).max(own[partner[place] as usize]));
    }
    assert!(mixed.iter().any(|(told, own)| told > own));
}
