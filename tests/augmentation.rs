//! What training is fed: the same rows for any number of threads, any minibatch, across a resume and after an interruption in the middle
//! of an epoch; and the picture of it shows those very rows.

mod watching;

use std::path::Path;

use dropnet::internal::data::{Numbers, Search};
use dropnet::internal::runtime::checkpoint::Checkpoint;

use watching::{Run, SEED, folders};

fn net(data: &str, augment: &str) -> String {
    format!(
        "data {{
  source shapes, rows=450, size=16, noise=10, seed=3
  split train=330, valid=60, test=60
  {data}
}}
augment {{
  {augment}
}}
net {{
  input image: real[16, 16, 1]
  flatten -> dense 12 -> relu -> dropout 0.2
  dense 4
  output shape: class[4]
}}
train {{
  loss cross_entropy, label_smoothing=0.1
  optimizer sgd, lr=0.05, momentum=0.9
  epochs 3
}}
"
    )
}

const ROWS: &str = "crop 16x16, pad=2, fill=reflect\n  flip horizontal, kind=alternate\n  cutout 5x5\n  erase p=ramp(0.2, 0.8), value=noise\n  rotate 10deg, fill=mean\n  color_jitter brightness=0.3, contrast=0.2, p=50%";

/// Rows of 16x16 bytes.
fn run(source: String) -> Run {
    Run::of(source, Path::new("."), 256)
}

/// Bytes with one map, bytes that the net sees as floats by channel, and sums and boxes of pairs.
#[test]
fn checkpoints_do_not_depend_on_threads_resume_or_interruption() {
    let one_of = "\n  one_of weights=[1, 2], p=80% {\n    mixup alpha=0.3\n    cutmix alpha=1\n  }";
    let cases = [
        ("batch 32", ""),
        ("normalize inputs, per=channel\n  batch 50", "\n  mixup alpha=0.3"),
        ("normalize inputs, per=channel\n  batch 32", one_of),
        ("scale 1/255\n  batch 32", "\n  cutmix alpha=1"),
    ];
    for (data, pairs) in cases {
        run(net(data, &format!("{ROWS}{pairs}"))).goes_on_alike(330);
    }
}

/// A row is a function of its position in the epoch, whatever minibatch it stands in.
#[test]
fn rows_do_not_depend_on_the_minibatch() {
    let statements = ROWS.replace("ramp(0.2, 0.8)", "0.5");
    let fed =
        |batch: usize| run(net(&format!("batch {batch}"), &statements)).go(&folders()(), 2, Some(2), 0).0;
    let expected = fed(32);
    assert!(expected == fed(7) && expected == fed(330));
    // Two epochs of one row differ, and so do rows of one epoch.
    assert_ne!(expected[&(1, 0)], expected[&(2, 0)]);
}

/// Statements that do nothing leave the bits of a net without them.
#[test]
fn rows_that_stay_as_they_are_train_the_same_net() {
    for data in ["batch 32", "normalize inputs, per=channel\n  batch 32"] {
        let plain = run(net(data, "mixup alpha=0.3"));
        let idle = run(net(data, "flip horizontal, p=0\n  mixup alpha=0.3"));
        let mut dir = folders();
        let parameters = |run: &Run, dir: &Path| {
            run.go(dir, 2, Some(2), 0);
            let checkpoint = Checkpoint::read(&dir.join("last.ckpt")).expect("a checkpoint");
            checkpoint.parameters()
        };
        assert!(parameters(&plain, &dir()) == parameters(&idle, &dir()), "{data}");
    }
}

/// What `plot --kind augment` shows is what was fed, byte for byte.
#[test]
fn what_is_shown_is_what_was_fed() {
    for data in ["batch 32", "normalize inputs, per=channel\n  batch 50, drop_last=true"] {
        let run =
            run(net(data, &format!("{ROWS}\n  one_of {{\n    mixup alpha=0.3\n    cutmix alpha=1\n  }}")));
        let (fed, _) = run.go(&folders()(), 2, None, 0);
        let shown =
            dropnet::internal::runtime::augment::shown(&run.ready.model, &run.ready.dataset, SEED, 0..330, 3);
        let shown = shown.expect("rows").expect("pictures");
        assert_eq!(shown.rows.len(), fed.len());
        let mut pasted = 0;
        for row in &shown.rows {
            let expected = &fed[&(row.epoch, row.position)];
            let mixed = row.mixed.as_ref().expect("a partner");
            let Some(rect) = mixed.rect else {
                assert!(row.fed == *expected, "row {} in epoch {}", row.row, row.epoch);
                continue;
            };
            // Boxes are pasted before the net is fed: inside of them is the partner.
            pasted += 1;
            let partner = shown.rows.iter().find(|one| (one.epoch, one.row) == (row.epoch, mixed.partner));
            let partner = &partner.expect("of the same minibatch").fed;
            let element = row.fed.len() / 256;
            for place in 0..256 {
                let inside = (rect.top..rect.top + rect.height).contains(&(place / 16))
                    && (rect.left..rect.left + rect.width).contains(&(place % 16));
                let own = if inside { partner } else { &row.fed };
                let bytes = place * element..(place + 1) * element;
                assert!(expected[bytes.clone()] == own[bytes], "row {}, place {place}", row.row);
            }
            assert_eq!(mixed.share, 1.0 - rect.area() as f64 / 256.0);
        }
        assert!(pasted > 100, "{pasted}");
    }
}

/// Pictures of a table: rows are changed as the table has them, and normalised then, each place by its own column.
#[test]
fn rows_of_tables_are_changed_before_they_are_normalised() {
    let folder = tempfile::tempdir().expect("a folder");
    let row = |i: usize| {
        (0..16).map(|j| format!("{}", ((7 * i + 3 * j * j) % 10) as f64 / 10.0)).collect::<Vec<_>>().join(",")
    };
    let rows: Vec<String> = (0..60).map(|i| format!("{},{}", row(i), ["a", "b"][i % 2])).collect();
    let head: Vec<String> = (0..16).map(|j| format!("p{j}")).collect();
    let table = format!("{},kind\n{}\n", head.join(","), rows.join("\n"));
    std::fs::write(folder.path().join("pictures.csv"), table).expect("a file");
    let source = |data: &str, augment: &str| {
        format!(
            "data {{\n  source csv, \"pictures.csv\"\n  target kind\n  {data}\n  batch 10\n}}\naugment {{\n  {augment}\n}}\nnet {{\n  input x: real[4, 4, 1]\n  flatten -> dense 2\n  output kind: class[2]\n}}\ntrain {{\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 2\n}}\n"
        )
    };
    let search = Search::new(folder.path(), folder.path(), None);
    let open = |data: &str, augment: &str| dropnet::internal::run::open(&source(data, augment), &[], &search);
    let ready = open("normalize inputs", "flip vertical, p=1\n  erase p=0").expect("sound");
    let shown = dropnet::internal::runtime::augment::shown(&ready.model, &ready.dataset, 0, 0..20, 1);
    let plain = &ready.dataset.train.inputs[0].raw.as_ref().expect("the table's own numbers").rule;
    for shown in shown.expect("rows").expect("pictures").rows {
        let number = ready.dataset.train.numbers()[shown.row] as usize;
        let expected: Vec<f32> = (0..16)
            .map(|j| (3 - j / 4) * 4 + j % 4)
            .map(|j| ((7 * number + 3 * j * j) % 10) as f32 / 10.0)
            .collect();
        assert_eq!(shown.numbers, expected);
        let seen: Vec<f32> = bytemuck::pod_collect_to_vec(&shown.fed);
        let normalised: Vec<f32> =
            expected.iter().enumerate().map(|(i, x)| plain.apply(i, f64::from(*x))).collect();
        assert_eq!(seen, normalised);
    }
    // Who computes with colours has to know what is black.
    let error = open("normalize inputs", "color_jitter brightness=0.2").err().expect("a fault").to_string();
    assert!(error.contains("E0412") && error.contains("which numbers are black and white"), "{error}");
    assert!(open("normalize inputs\n  range 0..0.9", "color_jitter brightness=0.2").is_ok());
    // So has who paints with them.
    for paints in ["crop 4x4, pad=1", "rotate 10deg", "cutout 2x2, value=black", "cutout 2x2, value=uniform"]
    {
        let error = format!("{:?}", open("normalize inputs", paints).err().expect("a fault"));
        assert!(error.contains("E0412") && error.contains("paints with them"), "{error}");
        assert!(open("range -2..-1", paints).is_ok());
    }
    for other in ["crop 4x4, pad=1, fill=edge", "rotate 10deg, fill=mean", "cutout 2x2, value=noise"] {
        assert!(open("normalize inputs", other).is_ok(), "{other}");
    }
    // What is black is the low end.
    let ready = open("range -2..-1", "cutout 3x3, value=black").expect("sound");
    let shown =
        dropnet::internal::runtime::augment::shown(&ready.model, &ready.dataset, 0, 0..20, 1).expect("rows");
    let numbers: Vec<f32> = shown.expect("pictures").rows.into_iter().flat_map(|row| row.numbers).collect();
    assert!(numbers.contains(&-2.0) && !numbers.iter().any(|x| *x < 0.0 && *x != -2.0));
}

/// Bytes whose white is not 255 have their own.
#[test]
fn bytes_are_painted_in_the_range_of_their_source() {
    let shown = |data: &str, augment: &str| {
        let source = format!(
            "data {{\n  source builtin, \"digits\"\n  {data}\n  batch 10\n}}\naugment {{\n  {augment}\n}}\nnet {{\n  input x: real[8, 8, 1]\n  flatten -> dense 10\n  output digit: class[10]\n}}\ntrain {{\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 2\n}}\n"
        );
        let ready =
            dropnet::internal::run::open(&source, &[], &Search::new(".".as_ref(), ".".as_ref(), None))
                .expect("sound");
        let gallery = dropnet::internal::runtime::augment::shown(&ready.model, &ready.dataset, 0, 0..50, 1);
        gallery
            .expect("rows")
            .expect("pictures")
            .rows
            .into_iter()
            .flat_map(|row| row.numbers)
            .collect::<Vec<f32>>()
    };
    let painted = shown("split test=200", "cutout 15x14, value=uniform");
    assert_eq!(painted.iter().copied().fold(0.0, f32::max), 16.0);
    let plain = shown("split test=200", "erase p=0");
    assert!(plain.len() == 50 * 64 && plain.contains(&16.0));
    let inverted = |white: f32| plain.iter().map(|x| white - x).collect::<Vec<f32>>();
    assert_eq!(shown("split test=200", "invert p=1"), inverted(16.0));
    assert_eq!(shown("split test=200\n  range 0..20", "invert p=1"), inverted(20.0));
}

/// A picture is not cut into lines of another length where only the count of its numbers is that of the input.
#[test]
fn pictures_keep_their_height_width_and_channels() {
    let open = |input: &str, first: &str| {
        let source = format!(
            "data {{\n  source shapes, size=12, rows=100\n  batch 10\n}}\nnet {{\n  input image: real[{input}]\n  {first}dense 4\n  output kind: class[4]\n}}\ntrain {{\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 1\n}}\n"
        );
        dropnet::internal::run::open(&source, &[], &Search::new(".".as_ref(), ".".as_ref(), None)).map(|_| ())
    };
    for input in ["6, 6, 4", "144, 1, 1", "1, 12, 12", "12, 3, 4", "36, 4"] {
        let error = format!("{:?}", open(input, "flatten -> ").expect_err("a fault"));
        assert!(
            error.contains("E0533")
                && error.contains("a row of the data is 12x12x1")
                && error.contains("write `real[12, 12, 1]`, or `real[144]` where the net needs no places"),
            "{error}"
        );
    }
    for (input, first) in [("12, 12, 1", "flatten -> "), ("12, 12", "flatten -> "), ("144", ""), ("_", "")] {
        assert!(open(input, first).is_ok(), "{input}");
    }
}

/// Pictures that are larger than the net's input are cut at random in training; everywhere else the net sees their middle.
#[test]
fn larger_pictures_are_seen_in_their_middle() {
    for data in ["batch 32", "normalize inputs, per=channel\n  batch 32"] {
        let source = net(data, "crop 16x16\n  flip horizontal").replace("size=16", "size=21");
        let run = run(source);
        let input = &run.ready.dataset.valid.as_ref().expect("validation rows").inputs[0];
        let whole = input.raw.as_ref().expect("the whole pictures");
        assert_eq!((input.shape(), &whole.store.form().shape[..]), (&[16, 16, 1][..], &[21, 21, 1][..]));
        let number = run.ready.dataset.train.numbers()[3] as usize;
        let mut bytes = vec![0_u8; 441];
        whole.store.read(number, &mut bytes).expect("a row");
        let middle: Vec<u8> = (0..256).map(|i| bytes[(2 + i / 16) * 21 + 2 + i % 16]).collect();
        let seen = input.seen(match input.store.whole().expect("in memory") {
            Numbers::U8(all) => Numbers::U8(&all[number * 256..][..256]),
            Numbers::F32(all) => Numbers::F32(&all[number * 256..][..256]),
            Numbers::I32(_) => panic!("pictures are no tokens"),
        });
        let rule = &whole.rule;
        let expected: Vec<f32> = middle.iter().map(|byte| rule.apply(0, f64::from(*byte))).collect();
        // Bytes are mapped in 32 bits where one map serves all.
        assert!(seen.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{data}");
        // Raw rows to predict are whole pictures too.
        let line: Vec<String> = bytes.iter().map(u8::to_string).collect();
        let text = format!("{}\n", line.join(","));
        let rows = run.ready.dataset.transform.read_rows(text.into_bytes(), "rows.csv").expect("a row");
        assert_eq!(rows.inputs[0].store.whole(), Some(Numbers::F32(&expected)));
        // What training sees are windows at all 36 places.
        let mut dir = folders();
        let (fed, last) = run.go(&dir(), 2, None, 0);
        assert!(last == run.go(&dir(), 1, None, 0).1);
        let windows: std::collections::BTreeSet<&Vec<u8>> = fed.values().collect();
        assert!(fed.len() == 3 * 330 && windows.len() > 900, "{}", windows.len());
    }
}

/// `resized_crop` takes pictures of any size: training sees windows of them, everything else the largest window in the middle that has the input's proportions, resized.
#[test]
fn pictures_of_another_size_are_seen_in_their_largest_window() {
    for data in ["batch 32", "normalize inputs, per=channel\n  batch 32"] {
        let source = net(data, "resized_crop 16x16, area=20%..100%").replace("size=16", "size=32");
        let run = run(source);
        let input = &run.ready.dataset.valid.as_ref().expect("validation rows").inputs[0];
        let whole = input.raw.as_ref().expect("the whole pictures");
        assert_eq!((input.shape(), &whole.store.form().shape[..]), (&[16, 16, 1][..], &[32, 32, 1][..]));
        let number = run.ready.dataset.train.numbers()[3] as usize;
        let mut bytes = vec![0_u8; 1024];
        whole.store.read(number, &mut bytes).expect("a row");
        let mut seen = vec![0.0_f32; 256];
        input.store.read(number, bytemuck::cast_slice_mut(&mut seen)).expect("a row");
        // Half the size: triangles over four places, 1 3 3 1 in eighths, of what the border leaves of them.
        let at = |y: usize, x: usize| whole.rule.apply(0, f64::from(bytes[y * 32 + x]));
        let mean = |y: usize, x: usize| {
            let weights = [1.0, 3.0, 3.0, 1.0].map(|w| w / 8.0);
            let tap =
                |i: usize, j: usize| weights[i] * weights[j] * f64::from(at(2 * y + i - 1, 2 * x + j - 1));
            (0..16).map(|tap_of| tap(tap_of / 4, tap_of % 4)).sum::<f64>()
        };
        for (y, x) in [(1, 1), (7, 9), (14, 3)] {
            assert!((mean(y, x) - f64::from(seen[y * 16 + x])).abs() < 1e-4, "{data}: {y}, {x}");
        }
        // A row to predict is a whole picture too, and seen alike.
        let line: Vec<String> = bytes.iter().map(u8::to_string).collect();
        let text = format!("{}\n", line.join(","));
        let rows = run.ready.dataset.transform.read_rows(text.into_bytes(), "rows.csv").expect("a row");
        let mut predicted = vec![0.0_f32; 256];
        rows.inputs[0].store.read(0, bytemuck::cast_slice_mut(&mut predicted)).expect("a row");
        assert!(seen.iter().zip(&predicted).all(|(a, b)| (a - b).abs() < 1e-5), "{data}");
        let mut dir = folders();
        let (fed, last) = run.go(&dir(), 2, None, 0);
        assert!(last == run.go(&dir(), 1, None, 0).1);
        let windows: std::collections::BTreeSet<&Vec<u8>> = fed.values().collect();
        assert!(fed.len() == 3 * 330 && windows.len() > 900, "{}", windows.len());
    }
}
