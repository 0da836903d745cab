//! Every statement: its manual, its names elsewhere, and what it makes of rows.

use super::{Augmentation, Chain, Facts, Painted, Room, Row, Size, WORDS, elsewhere};
use crate::{
    check::{Env, check_source},
    layers::manual,
    vocab::Clock,
};

/// A net for pictures of this size and channels, with these statements.
fn source([height, width]: Size, channels: usize, statements: &str) -> String {
    format!(
        "augment {{\n  {}\n}}\nnet {{\n  input x: real[{height}, {width}, {channels}]\n  flatten -> dense 3\n  output y: class[3]\n}}\ntrain {{\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 4\n}}\n",
        statements.trim().replace('\n', "\n  ")
    )
}

pub(super) fn augmentation(size: Size, channels: usize, statements: &str) -> Augmentation {
    let source = source(size, channels, statements);
    let checked = check_source(&source, &Env::default());
    assert!(checked.diagnostics.is_empty(), "{source}\n{:#?}", checked.diagnostics);
    checked.model.and_then(|model| model.train).expect("a `train` section").augmentation
}

/// A net that reads texts, with these statements.
pub(super) fn of_texts(statements: &str) -> String {
    format!(
        "augment {{\n  {}\n}}\nnet {{\n  input text: token[20, vocab=50]\n  embedding 4 -> mean_pool over=time\n  dense 2\n  output y: class[2]\n}}\ntrain {{\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 4\n}}\n",
        statements.trim().replace('\n', "\n  ")
    )
}

/// A net that reads sounds of half a second, with these statements.
pub(super) fn of_sounds(statements: &str) -> String {
    format!(
        "augment {{\n  {}\n}}\nnet {{\n  input clip: wave[500ms, rate=8kHz]\n  conv 4, 100, stride=50, pad=valid -> mean_pool over=time\n  dense 2\n  output y: class[2]\n}}\ntrain {{\n  loss cross_entropy\n  optimizer sgd, lr=0.1\n  epochs 4\n}}\n",
        statements.trim().replace('\n', "\n  ")
    )
}

fn findings(source: &str) -> Vec<String> {
    let checked = check_source(source, &Env::default());
    checked.diagnostics.into_iter().map(|d| format!("{} {}", d.code, d.message)).collect()
}

pub(super) const FACTS: fn(usize) -> Facts = |channels| Facts {
    mean: (0..channels).map(|channel| 100.0 + 10.0 * channel as f32).collect(),
    sd: vec![20.0; channels],
    range: [0.0, 255.0],
    unit: vec![255.0; channels],
};

pub(super) fn chain(from: Size, to: Size, channels: usize, statements: &str) -> Chain {
    Chain::new(&augmentation(to, channels, statements).rows, from, channels, FACTS(channels))
}

pub(super) fn row(position: u64) -> Row {
    let clock = Clock { update: position, updates_per_epoch: 10, horizon: 40 };
    Row { seed: 7, epoch: position / 1000, position, number: position % 1000, clock }
}

/// A row after a chain's statements.
pub(super) fn applied<T: Painted>(chain: &Chain, row: &Row, picture: &[T]) -> Vec<T> {
    chain.apply(row, picture, &mut Room::default()).to_vec()
}

/// A picture of which no two neighbours are alike.
pub(super) fn picture([height, width]: Size, channels: usize) -> Vec<u8> {
    (0..height * width * channels).map(|i| (i * i * 7 + 31 * i) as u8 | 1).collect()
}

#[test]
fn every_example_checks_and_uses_its_word() {
    for (word, source) in WORDS {
        let (sig, manual) = (word.sig(), manual(source));
        let examples: Vec<&str> =
            manual.split("```net\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
        assert!(!examples.is_empty(), "the manual of `{}` has no example", sig.name);
        let is_heard = |example: &str| {
            let checked = check_source(&of_sounds(example), &Env::default());
            checked.diagnostics.is_empty()
        };
        for example in examples {
            assert!(example.contains(sig.name), "{example}");
            let source = match () {
                () if word.is_of_words() => of_texts(example),
                () if is_heard(example) => continue,
                () => self::source([32, 32], 3, example),
            };
            assert_eq!(findings(&source), Vec::<String>::new(), "{example}");
        }
    }
}

#[test]
fn names_elsewhere_are_answered_with_ours() {
    assert_eq!(elsewhere("RandomHorizontalFlip"), Some("flip horizontal"));
    let checked = check_source(&source([32, 32], 3, "RandomHorizontalFlip p=0.3"), &Env::default());
    let fixes: Vec<&str> = checked.diagnostics[0]
        .fixes
        .iter()
        .flat_map(|fix| fix.edits.iter())
        .map(|e| e.text.as_str())
        .collect();
    assert_eq!(fixes, ["flip horizontal,"]);
}

/// What a window of a padded picture is, one place at a time.
#[test]
fn a_crop_is_a_window_of_the_padded_picture() {
    let picture = picture([6, 5], 2);
    for (fill, beyond) in
        [("black", Some([0, 0])), ("mean", Some([100, 110])), ("reflect", None), ("edge", None)]
    {
        let chain = chain([6, 5], [6, 5], 2, &format!("crop 6x5, pad=3, fill={fill}"));
        let mut windows = std::collections::BTreeSet::new();
        for position in 0..400 {
            let found = applied(&chain, &row(position), &picture);
            let at = |y: isize, x: isize, c: usize| {
                let inside = (0..6).contains(&y) && (0..5).contains(&x);
                let (y, x) = match (inside, fill) {
                    (true, _) => (y, x),
                    (false, "edge") => (y.clamp(0, 5), x.clamp(0, 4)),
                    (false, "reflect") => (5 - (5 - y.abs()).abs(), 4 - (4 - x.abs()).abs()),
                    _ => return beyond.expect("a colour")[c],
                };
                picture[(y as usize * 5 + x as usize) * 2 + c]
            };
            let window = |top: isize, left: isize| -> Vec<u8> {
                let places = (0..6).flat_map(|y| (0..5).map(move |x| (top + y, left + x)));
                places.flat_map(|(y, x)| [at(y, x, 0), at(y, x, 1)]).collect()
            };
            let mut places = (-3..=3).flat_map(|top| (-3..=3).map(move |left| (top, left)));
            windows.insert(places.find(|(top, left)| window(*top, *left) == found).expect("a window"));
        }
        assert_eq!(windows.len(), 49, "{fill}: every place occurs");
    }
}

#[test]
fn flips_are_mirrors_and_half_of_the_rows_have_them() {
    let picture = picture([3, 4], 3);
    let mirrored = |vertical: bool| -> Vec<u8> {
        let place = |y: usize, x: usize| if vertical { (2 - y) * 4 + x } else { y * 4 + 3 - x };
        let places = (0..3).flat_map(|y| (0..4).map(move |x| (y, x)));
        places.flat_map(|(y, x)| picture[place(y, x) * 3..][..3].to_vec()).collect()
    };
    for (axis, vertical) in [("horizontal", false), ("vertical", true)] {
        let chain = chain([3, 4], [3, 4], 3, &format!("flip {axis}"));
        let turned = (0..2000).filter(|position| {
            let found = applied(&chain, &row(*position), &picture);
            assert!(found == picture || found == mirrored(vertical));
            found != picture
        });
        assert!((900..1100).contains(&turned.count()));
    }
}

#[test]
fn alternating_flips_show_each_row_both_ways() {
    let picture = picture([3, 4], 3);
    let chain = chain([3, 4], [3, 4], 3, "flip horizontal, kind=alternate");
    let turned = |epoch: u64, number: u64, position: u64| {
        let at = Row { epoch, number, position, ..row(0) };
        applied(&chain, &at, &picture) != picture
    };
    let first = (0..1000).filter(|number| turned(0, *number, 999 - number)).count();
    assert!((430..570).contains(&first), "{first}");
    for number in 0..50 {
        let shown: Vec<bool> = (0..4).map(|epoch| turned(epoch, number, 3 * number + epoch)).collect();
        assert!(shown.windows(2).all(|pair| pair[0] != pair[1]), "{shown:?}");
    }
}

/// Of 16x16 in 32x32 19.1 % is covered: each side 14 on average.
#[test]
fn holes_are_clipped_at_the_border() {
    let picture = picture([32, 32], 1);
    let chain = chain([32, 32], [32, 32], 1, "cutout 16x16, value=black");
    let rows = 4000;
    let covered: usize = (0..rows)
        .map(|position| applied(&chain, &row(position), &picture).iter().filter(|x| **x == 0).count())
        .sum();
    let share = covered as f64 / (rows * 1024) as f64;
    let expected = (14.0_f64 / 32.0).powi(2);
    assert!((share - expected).abs() < 0.003, "{share} {expected}");
    let mean = self::chain([32, 32], [32, 32], 3, "cutout 8x8, holes=2");
    let painted = applied(&mean, &row(3), &vec![0_u8; 32 * 32 * 3]);
    let holes: Vec<&[u8]> = painted.chunks(3).filter(|place| **place != [0, 0, 0]).collect();
    assert!(!holes.is_empty() && holes.iter().all(|place| **place == [100, 110, 120]));
}

/// The rectangle that was painted black.
fn erased(chain: &Chain, position: u64) -> Option<(usize, usize)> {
    let found = applied(chain, &row(position), &vec![9_u8; 64 * 64]);
    let rows: Vec<usize> = (0..64).filter(|y| (0..64).any(|x| found[y * 64 + x] == 0)).collect();
    let columns: Vec<usize> = (0..64).filter(|x| (0..64).any(|y| found[y * 64 + x] == 0)).collect();
    let (height, width) = (rows.len(), columns.len());
    assert_eq!(found.iter().filter(|x| **x == 0).count(), height * width, "a whole rectangle");
    (height > 0).then_some((height, width))
}

#[test]
fn erased_areas_and_ratios_are_as_their_formulas_say() {
    let chain = chain([64, 64], [64, 64], 1, "erase p=1, area=10%..20%, ratio=0.5..2, value=black");
    let (mut areas, mut logs) = (Vec::new(), Vec::new());
    for position in 0..3000 {
        let (height, width) = erased(&chain, position).expect("small ones fit");
        areas.push((height * width) as f64 / 4096.0);
        logs.push((height as f64 / width as f64).ln());
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let variance =
        |values: &[f64]| mean(&values.iter().map(|x| (x - mean(values)).powi(2)).collect::<Vec<_>>());
    // Uniform: the middle, and the width squared by 12.
    assert!((mean(&areas) - 0.15).abs() < 0.002, "{}", mean(&areas));
    assert!((variance(&areas) / (0.01 / 12.0) - 1.0).abs() < 0.08, "{}", variance(&areas));
    let width = 2.0 * 2.0_f64.ln();
    assert!(mean(&logs).abs() < 0.03, "{}", mean(&logs));
    assert!((variance(&logs) / (width * width / 12.0) - 1.0).abs() < 0.08, "{}", variance(&logs));
    // In the paper's form the ratio itself is uniform: its mean is 1.25.
    let paper =
        self::chain([64, 64], [64, 64], 1, "erase p=1, area=10%..20%, ratio=0.5..2, value=black, form=paper");
    let ratios: Vec<f64> = (0..3000)
        .map(|position| erased(&paper, position).expect("a hundred tries"))
        .map(|(height, width)| height as f64 / width as f64)
        .collect();
    assert!((mean(&ratios) - 1.25).abs() < 0.03, "{}", mean(&ratios));
    let half = self::chain([64, 64], [64, 64], 1, "erase value=black");
    let count = (0..2000).filter(|position| erased(&half, *position).is_some()).count();
    assert!((900..1100).contains(&count), "{count}");
}

#[test]
fn noise_has_the_moments_of_the_channel() {
    let chain = chain([64, 64], [64, 64], 2, "erase p=1, area=30%..31%, ratio=1..1.01, value=noise");
    let mut channels = [Vec::new(), Vec::new()];
    for position in 0..40 {
        let found = applied(&chain, &row(position), &vec![f32::INFINITY; 64 * 64 * 2]);
        for place in found.chunks(2).filter(|place| place[0].is_finite()) {
            channels.iter_mut().zip(place).for_each(|(all, x)| all.push(f64::from(*x)));
        }
    }
    for (channel, values) in channels.iter().enumerate() {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64;
        assert!((mean - 100.0 - 10.0 * channel as f64).abs() < 0.5, "{mean}");
        assert!((variance / 400.0 - 1.0).abs() < 0.03, "{variance}");
    }
}

/// What moves and what stands beyond is one map: mirrored after cutting is cut from the other side before mirroring.
#[test]
fn rows_depend_on_position_and_not_on_order_of_calls() {
    let picture = picture([32, 32], 3);
    let chain = chain(
        [32, 32],
        [32, 32],
        3,
        "crop 32x32, pad=4\nflip horizontal\ncutout 8x8\nerase p=50%, value=uniform",
    );
    let forth: Vec<Vec<u8>> = (0..64).map(|i| applied(&chain, &row(i), &picture)).collect();
    let mut room = Room::default();
    for i in (0..64).rev() {
        assert_eq!(chain.apply(&row(i as u64), &picture, &mut room), forth[i as usize]);
    }
    assert!(forth.windows(2).all(|pair| pair[0] != pair[1]));
}

/// Bounds of what is drawn, and that all of them occur.
#[test]
fn ranges_are_those_that_are_written() {
    use super::{Draw, Plan};
    let maps = |statement: &str| {
        let augmentation = augmentation([32, 32], 3, statement);
        let used = &augmentation.rows[0].used;
        let Plan::Move(act) = used.word.plan(&used.args) else { panic!("{statement} moves") };
        (0..2000).map(|i| act.map(&mut Draw::new(&row(i), 1), [32, 32])).collect::<Vec<_>>()
    };
    let spread = |values: Vec<f64>, low: f64, high: f64| {
        let (least, most) = values.iter().fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(*x), b.max(*x)));
        let room = 0.01 * (high - low);
        assert!(low <= least && least < low + room && high - room < most && most <= high, "{least} {most}");
    };
    spread(maps("rotate 20deg").iter().map(|map| map.y[1].asin().to_degrees()).collect(), -20.0, 20.0);
    spread(maps("rotate 5deg..25deg").iter().map(|map| map.y[1].asin().to_degrees()).collect(), 5.0, 25.0);
    spread(maps("zoom 0.5..1.5").iter().map(|map| 1.0 / map.y[0]).collect(), 0.5, 1.5);
    spread(
        maps("shear -10deg..30deg").iter().map(|map| -map.x[0].atan().to_degrees()).collect(),
        -10.0,
        30.0,
    );
    for (statement, most) in [("translate 2", 2), ("translate 10%", 3)] {
        let places: std::collections::BTreeSet<i64> =
            maps(statement).iter().map(|map| map.y[2] as i64).collect();
        assert_eq!(places.into_iter().collect::<Vec<_>>(), (-most..=most).collect::<Vec<_>>());
    }
}

/// Two statements beside one another read the picture once; what one moves out another brings back.
#[test]
fn moves_that_stand_together_are_one_map() {
    let picture: Vec<u8> = (0..32 * 32).map(|i| (i / 32 * 8) as u8).collect();
    let there_and_back =
        chain([32, 32], [32, 32], 1, "crop 32x32, pad=4\nrotate 90deg..90deg\nrotate -90deg..-90deg");
    let once = chain([32, 32], [32, 32], 1, "crop 32x32, pad=4");
    for position in 0..20 {
        let (a, b) =
            (applied(&there_and_back, &row(position), &picture), applied(&once, &row(position), &picture));
        assert!(a.iter().zip(&b).all(|(a, b)| a.abs_diff(*b) <= 1), "{position}");
    }
    // A painted statement ends the group: what was black stays black.
    let painted = chain([32, 32], [32, 32], 1, "translate 8\ncutout 1x1, value=black\ntranslate 8");
    let joined = chain([32, 32], [32, 32], 1, "translate 8\ntranslate 8");
    let bright = vec![200_u8; 32 * 32];
    let dark = |chain: &Chain| -> usize {
        (0..200).map(|i| applied(chain, &row(i), &bright).iter().filter(|x| **x == 0).count()).sum()
    };
    assert!(dark(&painted) > dark(&joined) + 200);
}

#[test]
fn windows_have_the_areas_and_ratios_that_are_written() {
    use super::{Draw, Plan};
    let augmentation = augmentation([64, 64], 3, "resized_crop 64x64, area=20%..40%, ratio=0.5..2");
    let used = &augmentation.rows[0].used;
    let Plan::Resample(act) = used.word.plan(&used.args) else { panic!("it resizes") };
    let windows: Vec<_> = (0..4000).map(|i| act.window(&mut Draw::new(&row(i), 1), [64, 64])).collect();
    let mean = |f: &dyn Fn(&super::Rect) -> f64| windows.iter().map(f).sum::<f64>() / windows.len() as f64;
    let area = mean(&|w| w.area() as f64 / 4096.0);
    let log = mean(&|w| (w.width as f64 / w.height as f64).ln());
    assert!((area - 0.3).abs() < 0.003 && log.abs() < 0.02, "{area} {log}");
    assert!(windows.iter().all(|w| w.top + w.height <= 64 && w.left + w.width <= 64));
    // With the whole picture and its own proportions nothing is resized.
    let picture = picture([8, 8], 3);
    let same = chain([8, 8], [8, 8], 3, "resized_crop 8x8, area=1..1, ratio=1..1");
    assert_eq!(applied(&same, &row(0), &picture), picture);
}

/// Floats between bounds are changed as bytes are, but for rounding.
#[test]
fn colors_of_floats_are_those_of_bytes() {
    let bytes = picture([16, 16], 3);
    let floats: Vec<f32> = bytes.iter().map(|byte| f32::from(*byte) / 255.0).collect();
    let statements =
        "color_jitter brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1\nblur sigma=0.5..1\ninvert";
    let rows = augmentation([16, 16], 3, statements).rows;
    let of = |range: [f32; 2]| Chain::new(&rows, [16, 16], 3, Facts::unknown(range, vec![1.0; 3]));
    let (of_bytes, of_floats) = (of([0.0, 255.0]), of([0.0, 1.0]));
    for position in 0..30 {
        let a = applied(&of_bytes, &row(position), &bytes);
        let b = applied(&of_floats, &row(position), &floats);
        let near = a.iter().zip(&b).filter(|(a, b)| (f32::from(**a) - 255.0 * **b).abs() < 3.0).count();
        assert!(near > 99 * a.len() / 100, "{near} of {}", a.len());
    }
}

#[test]
fn noise_is_in_the_units_of_the_net() {
    // One unit of the net is 255 of the source.
    let chain = chain([64, 64], [64, 64], 3, "noise sd=0.1");
    let picture = vec![128_u8; 64 * 64 * 3];
    let found = applied(&chain, &row(1), &picture);
    let n = found.len() as f64;
    let mean = found.iter().map(|x| f64::from(*x)).sum::<f64>() / n;
    let sd = (found.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>() / n).sqrt();
    assert!((mean - 128.0).abs() < 1.0 && (sd / 25.5 - 1.0).abs() < 0.03, "{mean} {sd}");
}

/// All of the list occur, and what each makes differs from row to row.
#[test]
fn policies_choose_among_their_operations() {
    let picture = picture([32, 32], 3);
    for statement in ["rand_augment ops=1, magnitude=20", "trivial_augment"] {
        let chain = chain([32, 32], [32, 32], 3, statement);
        let results: std::collections::BTreeSet<Vec<u8>> =
            (0..300).map(|i| applied(&chain, &row(i), &picture)).collect();
        let same = (0..2000).filter(|i| applied(&chain, &row(*i), &picture) == picture).count();
        // Identity is one of 14; at step 0 nothing happens either.
        assert!(results.len() > 15 && (80..420).contains(&same), "{statement}: {} {same}", results.len());
    }
    let gentle = chain([32, 32], [32, 32], 3, "rand_augment ops=3, magnitude=0");
    let changed = (0..200).filter(|i| applied(&gentle, &row(*i), &picture) != picture).count();
    // Only what has no strength changes anything.
    assert!((40..120).contains(&changed), "{changed}");
}

#[test]
fn minibatches_are_mixed_by_one_statement_each() {
    use super::Minibatch;
    let pairs = |statements: &str| augmentation([32, 32], 3, statements).pairs.expect("pairs");
    let at = |update: u64| Minibatch { seed: 7, epoch: update / 50, update, rows: 20, clock: Clock::END };
    let all =
        |statements: &str| (0..2000).map(|i| pairs(statements).paired(&at(i), [32, 32])).collect::<Vec<_>>();
    let plain = pairs("mixup alpha=0.4");
    let step = plain.paired(&at(3), [32, 32]);
    let share = crate::draws::rng::beta(7, "mixup", 0, 3, 0.4);
    assert_eq!((step.share, step.blend, step.rect), (share, share, None));
    assert_eq!(step.partner, crate::draws::rng::shuffle(7, "mixup", &[0, 3], 20));

    let boxes = all("cutmix alpha=1");
    for step in &boxes {
        let rect = step.rect.expect("a box");
        assert_eq!((step.share, step.blend), (1.0 - rect.area() as f64 / 1024.0, 1.0));
    }
    // The drawn share is uniform, and its box is clipped: what is left is more than half.
    let mean =
        |steps: &[super::Paired]| steps.iter().map(|step| step.share).sum::<f64>() / steps.len() as f64;
    let drawn = all("cutmix alpha=1, correct=false");
    assert!((mean(&drawn) - 0.5).abs() < 0.02 && mean(&boxes) > 0.58, "{} {}", mean(&drawn), mean(&boxes));
    assert!(boxes.iter().zip(&drawn).all(|(a, b)| a.rect == b.rect && a.partner == b.partner));

    let some = all("one_of weights=[3, 1], p=40% {\n  mixup alpha=0.2\n  cutmix alpha=1\n}");
    let blended = some.iter().filter(|step| step.blend < 1.0).count();
    let pasted = some.iter().filter(|step| step.rect.is_some()).count();
    assert!((540..660).contains(&blended) && (160..240).contains(&pasted), "{blended} {pasted}");
    let half = all("mixup alpha=1, p=50%").iter().filter(|step| step.blend == 1.0).count();
    assert!((930..1070).contains(&half), "{half}");
    assert!(augmentation([32, 32], 3, "one_of {\n  mixup alpha=0\n  cutmix alpha=0\n}").pairs.is_none());
}
