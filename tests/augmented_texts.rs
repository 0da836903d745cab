//! Texts that training is fed: the same rows for any number of threads and any minibatch, across a resume and after an interruption; what is
//! shown of them is what was fed, and lengths follow them.

mod watching;

use dropnet::internal::data::{Fields, Search};
use dropnet::internal::draws;
use dropnet::internal::kernels::team::Team;
use dropnet::internal::lower::lower_forward;
use dropnet::internal::run::{Augmented, Drawn, Trained, Which, augmented, open};
use dropnet::internal::runtime::container;
use dropnet::internal::runtime::function::{Function, Layout, Pass};
use dropnet::internal::runtime::order::Visits;
use dropnet::internal::runtime::plan::{self, EpochPlan, Laid, Shape};
use dropnet::internal::runtime::progress::Progress;
use dropnet::internal::runtime::store::Store;

use watching::{Run, SEED, folders};

const WIDTH: usize = 12;

/// Statements that need no dictionary.
const WORDS: &str = "word_swap 20%\n  aeda p=50%\n  word_mask ramp(0.05, 0.2)\n  word_drop 30%";

fn net(data: &str, augment: &str) -> String {
    let section = if augment.is_empty() { String::new() } else { format!("augment {{\n  {augment}\n}}\n") };
    format!(
        "data {{
  source csv, \"texts.csv\", text=text, label=mood
  tokenize words
  split valid=40
  {data}
}}
{section}net {{
  input text: token[{WIDTH}, vocab=_]
  table: embedding 6 -> gru 5 -> mean_pool over=time -> dropout 0.2
  dense 2
  output mood: class[2]
}}
train {{
  loss cross_entropy
  optimizer sgd, lr=0.5
  epochs 3
}}
"
    )
}

/// Texts of three to fourteen words.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let words = ["good", "bad", "film", "plot", "never", "slow", "fine", "end", "cast", "not", "new", "old"];
    let mut table = "text,mood\n".to_owned();
    for row in 0..240_usize {
        let own: Vec<&str> =
            (0..3 + row % 12).map(|i| words[(row * 7 + row / 12 * i + i * i + 3 * i) % 12]).collect();
        table += &format!("\"{}, and {} .\",{}\n", own[0], own[1..].join(" "), ["up", "down"][row % 2]);
    }
    std::fs::write(folder.path().join("texts.csv"), table).expect("a file");
    folder
}

/// The tokens of a row that was fed.
fn tokens(row: &[u8]) -> Vec<i32> {
    bytemuck::pod_collect_to_vec(row)
}

#[test]
fn checkpoints_do_not_depend_on_threads_resume_or_interruption() {
    let data = folder();
    Run::of(net("batch 32", WORDS), data.path(), WIDTH).goes_on_alike(200);
}

#[test]
fn rows_do_not_depend_on_the_minibatch() {
    let data = folder();
    let statements = WORDS.replace("ramp(0.05, 0.2)", "10%");
    let fed = |batch: usize| {
        let run = Run::of(net(&format!("batch {batch}"), &statements), data.path(), WIDTH);
        run.go(&folders()(), 2, Some(2), 0).0
    };
    let expected = fed(32);
    assert!(expected == fed(7) && expected == fed(200));
    assert_ne!(expected[&(1, 0)], expected[&(2, 0)]);
}

fn shape(batch: usize) -> Shape {
    Shape { rows: 200, batch, drop_last: false, seed: SEED, picture: [0; 2], goes_on: false }
}

/// The outputs of a training step before anything is learned, by the places of the rows in the shuffled order of an epoch.
fn said(run: &Run, visits: &Visits, batch: usize, epoch: u64) -> Vec<f32> {
    let (model, part) = (&run.ready.model, &run.ready.dataset.train);
    let function = Function::new(lower_forward(model), part).expect("compiles");
    let laid = Laid::new(model.train.as_ref().expect("a section"), function.scalars(), visits);
    let plan: EpochPlan = plan::epoch(&laid, &shape(batch), &Progress { epoch, ..Progress::default() }, 1.0);
    let mut store = Store::fresh(model, function.graph(), SEED);
    let (mut outputs, mut totals) = (vec![0.0; 2 * 200], vec![0.0; function.graph().metrics.len()]);
    let streams = function.streams(|site| draws::train_stream(SEED, site, epoch));
    let layout = Layout { order: &plan.order, batch, scalars: &plan.scalars, streams: &streams };
    let ended = function.run(Pass {
        with_target: true,
        places: plan.places(),
        totals: &mut totals,
        ..Pass::once(part, layout, &mut store, &mut outputs, &Team::new(2))
    });
    ended.expect("runs");
    let mut by_place = vec![0.0; outputs.len()];
    for (position, own) in outputs.chunks(2).enumerate() {
        by_place[2 * plan.place(position)..][..2].copy_from_slice(own);
    }
    by_place
}

/// A text has the masks of its place in the shuffled order, whichever others are in its minibatch and whether texts are sorted or not: of units, of word types,
/// of all steps of a loop and of attention.
#[test]
fn masks_do_not_depend_on_the_minibatch() {
    let data = folder();
    for layers in [
        "gru 5 -> mean_pool over=time -> dropout 0.4",
        "dropout 0.3 -> lstm 8, dropout=0.4, recurrent_dropout=0.4, output=last",
        "dense 8 -> attention heads=2, dropout=0.4 -> rnn 8, output=last",
    ] {
        let source = net("batch 32", "").replace("embedding 6", "embedding 6, dropout=0.3");
        let source = source.replace("gru 5 -> mean_pool over=time -> dropout 0.2", layers);
        let run = Run::of(source, data.path(), WIDTH);
        let model = &run.ready.model;
        let visits = Visits::of(model, model.train.as_ref().expect("a section"), &run.ready.dataset.train);
        let (visits, shuffled) = (visits.expect("lengths"), Visits::default());
        let expected = said(&run, &shuffled, 32, 1);
        for (visits, batch) in [(&visits, 32), (&visits, 7), (&visits, 200), (&shuffled, 11)] {
            let found = said(&run, visits, batch, 1);
            let same = found.iter().zip(&expected).all(|(x, y)| (x - y).abs() < 1e-5);
            assert!(same, "{layers}, minibatches of {batch}");
        }
        let other = said(&run, &visits, 32, 2);
        assert!(other.iter().zip(&expected).any(|(x, y)| (x - y).abs() > 1e-2), "{layers}");
    }
}

/// Which rows a step has depends on the lengths of the texts: `subnet` tells the masks of those that it had.
#[test]
fn steps_have_the_masks_of_their_texts() {
    let (data, mut dir) = (folder(), folders());
    let run = Run::of(net("batch 32", ""), data.path(), WIDTH);
    let dir = dir();
    run.go(&dir, 2, Some(2), 0);
    let (net, search) = (Trained::read(&dir, Which::Last), Search::new(data.path(), data.path(), None));
    let Ok(net) = net else { panic!("a checkpoint") };
    let model = &run.ready.model;
    let visits = Visits::of(model, model.train.as_ref().expect("a section"), &run.ready.dataset.train);
    let places = visits.expect("lengths").order(&shape(32), 1).places.expect("texts of different lengths");
    // Seven steps an epoch; the last one has eight rows.
    for (step, row) in [(7, 0), (7, 31), (9, 5), (13, 7)] {
        let place = u64::from(places[(step - 7) * 32 + row]);
        let drawn = Drawn::in_step(&net, &search, step as u64, row as u64).expect("a step that was made");
        assert_eq!(drawn, Drawn::in_epoch(&net, &search, 1, place).expect("a place"));
        assert!(
            matches!(drawn, Drawn::Training { epoch: 1, position, clock } if position == place && clock.update == step as u64)
        );
    }
    let beyond = Drawn::in_step(&net, &search, 13, 8).expect_err("eight rows").to_string();
    assert!(beyond.contains("the minibatch of step 13 has 8 rows"), "{beyond}");
    std::fs::write(data.path().join("texts.csv"), "text,mood\na,up\nb,down\n").expect("a file");
    assert!(Drawn::in_step(&net, &search, 7, 0).is_err());
}

/// What `plot --kind augment` prints is what was fed, token by token, and the original is the line of the file.
#[test]
fn what_is_shown_is_what_was_fed() {
    let data = folder();
    let run = Run::of(net("batch 32", WORDS), data.path(), WIDTH);
    let (fed, _) = run.go(&folders()(), 2, None, 0);
    let shown = augmented(&run.ready, SEED, 0..200, 3).expect("rows").expect("texts");
    let Augmented::Texts(rows) = shown else { panic!("rows are texts") };
    assert_eq!(rows.len(), 200);
    let gallery =
        dropnet::internal::runtime::augment::shown(&run.ready.model, &run.ready.dataset, SEED, 0..200, 3);
    let Fields::Text(rule) = &run.ready.dataset.transform.fields else { panic!("texts") };
    let mut changed = 0;
    for shown in gallery.expect("rows").expect("texts").rows {
        let tokens = tokens(&fed[&(shown.epoch, shown.position)]);
        let names: Vec<String> = tokens.iter().map(|token| rule.tokenizer.name(*token)).collect();
        let row = &rows[shown.row];
        let (epoch, text) = &row.epochs[shown.epoch as usize - 1];
        assert_eq!((*epoch, row.row), (shown.epoch, shown.row));
        assert_eq!(text, names.join(" ").trim_end());
        changed += usize::from(text.split(' ').count() != row.original.replace(',', " ,").split(' ').count());
    }
    assert!(changed > 300, "{changed}");
    let table = std::fs::read_to_string(data.path().join("texts.csv")).expect("the table");
    let number = run.ready.dataset.train.numbers()[17] as usize;
    assert!(table.lines().nth(number + 1).expect("a line").contains(&rows[17].original));
}

/// Nothing behind a row's end is learned from: where lengths were those of the rows as they are, what stands for padding would move.
#[test]
fn lengths_follow_the_words() {
    let data = folder();
    let mut dir = folders();
    let mut padding = |augment: &str| {
        let run = Run::of(net("batch 32", augment), data.path(), WIDTH);
        let dir = dir();
        run.go(&dir, 2, None, 0);
        let (_, tensors) = container::read(&dir.join("last.ckpt")).expect("a checkpoint");
        let table = tensors.iter().find(|(name, tensor)| name.contains("table") && tensor.dims.len() == 2);
        let (_, table) = table.expect("the table of words");
        let bytes = table.data.bytes();
        (bytes[..6 * 4].to_vec(), bytes[6 * 4 * 2..].to_vec())
    };
    let (plain, words) = padding("");
    for augment in ["word_drop 60%", "aeda", WORDS] {
        let (after, others) = padding(augment);
        assert!(after == plain, "{augment}");
        assert!(others != words, "{augment}");
    }
}

/// Paraphrases stand for their rows as the coin says, before words are changed; a text is translated once, whatever rows and epochs it stands in.
#[test]
fn paraphrases_are_made_once_and_chosen_by_a_coin() {
    let data = folder();
    let calls = data.path().join("calls");
    let through = format!("tee -a {} | sed 's/good/fine/; s/bad/not bad/; s/slow //'", calls.display());
    let statement = |p: &str, more: &str| {
        format!(
            "word_swap 100%, p=0\n  back_translate through=\"{through}\", back=\"tr a-z A-Z\", p={p}{more}"
        )
    };
    let search = Search::new(data.path(), data.path(), None);
    let search = search.with_translations(Some(data.path().join("kept")));
    let run = |augment: &str| {
        let source = net("batch 32", augment);
        Run { ready: open(&source, &[], &search).expect("a sound net"), source, width: WIDTH }
    };
    let texts = |run: &Run| match augmented(&run.ready, SEED, 0..200, 3) {
        Ok(Some(Augmented::Texts(rows))) => rows,
        _ => panic!("rows are texts"),
    };
    let always = run(&statement("100%", ""));
    let (fed, _) = always.go(&folders()(), 2, None, 0);
    let spelled = |text: &str| text.replace(',', " ,");
    let is_used = |original: &str, any: bool| {
        let changes =
            original.contains("good") || original.contains("slow ") || any && original.contains("bad");
        changes && (any || !original.contains("bad"))
    };
    let cut = |text: String| text.split(' ').take(WIDTH).collect::<Vec<_>>().join(" ");
    let after = |original: &str| {
        spelled(&original.replacen("good", "fine", 1).replacen("bad", "not bad", 1).replacen("slow ", "", 1))
    };
    let mut used = 0;
    for row in texts(&always) {
        let expected =
            if is_used(&row.original, false) { after(&row.original) } else { spelled(&row.original) };
        used += usize::from(is_used(&row.original, false));
        for (_, fed) in &row.epochs {
            assert_eq!(*fed, cut(expected.clone()), "{}", row.original);
        }
    }
    assert!(used > 60, "{used}");
    assert_eq!(fed.len(), 600);
    // Every different line once, for all runs of the same commands.
    let asked = std::fs::read_to_string(&calls).expect("calls");
    let different: std::collections::BTreeSet<&str> = asked.lines().collect();
    assert!(different.len() == asked.lines().count() && different.len() > 100);
    let any = run(&statement("100%", ", negation=any"));
    for row in texts(&any) {
        let expected =
            if is_used(&row.original, true) { after(&row.original) } else { spelled(&row.original) };
        assert!(row.epochs.iter().all(|(_, fed)| *fed == cut(expected.clone())), "{}", row.original);
    }
    let some = run(&statement("20%", ""));
    let rows = texts(&some);
    let chosen = rows.iter().filter(|row| is_used(&row.original, false)).flat_map(|row| &row.epochs);
    let fine = |(_, text): &&(u64, String)| text.contains("fine") || !text.contains("slow");
    let share = chosen.clone().filter(fine).count() as f64 / chosen.count() as f64;
    assert!(share < 0.9, "{share}");
    assert_eq!(std::fs::read_to_string(&calls).expect("calls"), asked, "what is kept is not asked again");
    let mut dir = folders();
    let expected = some.go(&dir(), 1, None, 0);
    assert!(some.go(&dir(), 3, None, 0) == expected);
    let halves = dir();
    some.go(&halves, 2, Some(1), 0);
    assert!(some.go(&halves, 1, None, 0).1 == expected.1, "1 + 2 epochs");
}

/// A run goes on with the paraphrases that it began with, or not at all.
#[test]
fn another_dictionary_than_at_the_beginning_is_told() {
    let data = folder();
    let kept = data.path().join("kept");
    let search = Search::new(data.path(), data.path(), None).with_translations(Some(kept.clone()));
    let source = net("batch 32", "back_translate through=\"sed 's/good/fine/'\", back=\"cat\", p=50%");
    let run = Run { ready: open(&source, &[], &search).expect("a sound net"), source, width: WIDTH };
    let mut dir = folders();
    let (whole, halves) = (run.go(&dir(), 1, None, 0).1, dir());
    run.go(&halves, 2, Some(1), 0);
    let files =
        || std::fs::read_dir(&kept).expect("kept translations").map(|entry| entry.expect("one").path());
    let before: Vec<(std::path::PathBuf, String)> =
        files().map(|path| (path.clone(), std::fs::read_to_string(&path).expect("a text"))).collect();
    // Behind the line that names the command, an answer a line.
    let changed = |(number, line): (usize, &str)| match line.split_once('\t').filter(|_| number > 0) {
        Some((asked, answer)) => format!("{asked}\t{}\n", answer.replace("fine", "new")),
        None => format!("{line}\n"),
    };
    for (path, text) in &before {
        std::fs::write(path, text.lines().enumerate().map(changed).collect::<String>()).expect("a file");
    }
    let refused = format!("{:?}", run.tried(&halves, 2, None, 0).1.expect_err("another dictionary"));
    assert!(refused.contains("is not what the run began with"), "{refused}");
    for (path, text) in &before {
        std::fs::write(path, text).expect("a file");
    }
    assert!(run.go(&halves, 1, None, 0).1 == whole, "as it was");
}

#[test]
fn a_translator_that_fails_is_said_at_its_statement() {
    let data = folder();
    let error = |commands: &str| {
        let source = net("batch 32", &format!("back_translate {commands}"));
        let run = Run::of(source, data.path(), WIDTH);
        let shown = augmented(&run.ready, SEED, 0..1, 1).err().expect("a fault").beside("a.net", &run.source);
        assert!(shown.contains("a.net:8:3: back_translate"), "{shown}");
        shown
    };
    assert!(error("through=\"head -n 3\", back=\"cat\"").contains("answered 3 of"));
    assert!(
        error("through=\"cat\", back=\"sleep 100\", time_limit=0.2s").contains("has not ended after 0.2 s")
    );
    assert!(error("through=\"cat\", back=\"no-such-program\"").contains("`no-such-program` is not found"));
    assert!(error("via=xyz").contains("E0562"));
}

/// Rows that become longer are cut at the net's length, and no text is left empty.
#[test]
fn rows_stay_within_the_nets_length() {
    let data = folder();
    let run = Run::of(net("batch 32", "aeda\n  word_drop 90%, p=20%"), data.path(), WIDTH);
    let (fed, _) = run.go(&folders()(), 2, None, 0);
    let rows: Vec<Vec<i32>> = fed.values().map(|row| tokens(row)).collect();
    let lengths = || rows.iter().map(|row| row.iter().filter(|token| **token != 0).count());
    assert!(lengths().all(|n| (1..=WIDTH).contains(&n)) && lengths().any(|n| n == WIDTH));
    assert!(rows.iter().all(|row| row.iter().skip_while(|token| **token != 0).all(|token| *token == 0)));
}
