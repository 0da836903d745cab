//! Every file of `examples/`: it checks without a word, stands as `fmt` would write it, its summary is what the snapshot says, and it
//! trains for two epochs to the figures of the snapshot.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU32},
};

use dropnet::internal::{
    check::{Env, check_source},
    data::Search,
    model::Summary,
    run::{self, Request},
    runtime::train::{self, Event, Job, Observer, Options},
    syntax,
};

/// Names and texts, by name.
fn examples() -> Vec<(String, PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let entries = std::fs::read_dir(&folder).expect("the folder of examples");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut all: Vec<(String, PathBuf, String)> = paths
        .filter(|path| path.extension().is_some_and(|e| e == "net"))
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("an example");
            (name, path, text)
        })
        .collect();
    all.sort();
    assert!(all.len() >= 12, "there are {} examples", all.len());
    all
}

#[test]
fn examples_are_sound_tidy_and_documented() {
    for (name, _, text) in examples() {
        let checked = check_source(&text, &Env { pedantic: true, ..Env::default() });
        assert!(checked.diagnostics.is_empty(), "{name}: {:?}", checked.diagnostics);
        assert_eq!(syntax::format(&text).as_ref(), Ok(&text), "{name} is not as `fmt` writes it");
        assert!(text.starts_with("## "), "{name} begins with what it shows");
    }
}

#[test]
fn summaries() {
    for (name, path, text) in examples() {
        let search = Search::new(path.parent().expect("a folder"), Path::new("."), None);
        let model = check_source(&text, &Env::default()).model.unwrap_or_else(|| {
            let attributes = run::sizes(&text, &[], &search).expect("tables that lie beside the examples");
            check_source(&text, &Env { attributes, ..Env::default() }).model.expect("a sound example")
        });
        let summary = Summary::new(&model, &text).table(&format!("{name}.net"));
        insta::assert_snapshot!(format!("summary__{name}"), summary);
    }
}

/// Nobody watches.
struct Silence;

impl Observer for Silence {
    fn event(&mut self, _: Event<'_>) {}
}

/// Two epochs; the test figures rounded so far that the last bits of a processor do not show. `None` where the data are missing.
fn trained(path: &Path, text: &str) -> Option<String> {
    let root = std::env::var_os("DROPNET_DATA");
    let search =
        Search::new(path.parent().expect("a folder"), Path::new("."), root.as_deref().map(Path::new));
    let ready = match run::open(text, &[], &search) {
        Ok(ready) => ready,
        Err(run::OpenError::Data(error)) if error.code == "E0520" => return None,
        Err(error) => panic!("{}: {error}", path.display()),
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("run");
    let request = Request {
        source: text,
        file: path,
        sets: &[],
        seed: None,
        out: Some(&out),
        resume: false,
        working: folder.path().to_owned(),
        now: 0,
    };
    let started = run::start(&request, &ready).expect("a new folder");
    let job = Job {
        model: &ready.model,
        dataset: &ready.dataset,
        dir: Some(&out),
        meta: started.meta,
        peers: None,
    };
    let options = Options { threads: 2, epochs: Some(2), figures: true };
    let outcome = train::train(job, None, &options, &Arc::new(AtomicU32::new(0)), &mut Silence);
    let outcome = outcome.unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
    let figures = outcome.test.expect("every example has a test part").0;
    Some(figures.iter().map(|(name, value)| format!("  {name} {value:.2}")).collect())
}

#[test]
fn examples_train() {
    let mut figures = String::new();
    for (name, path, text) in examples() {
        if needs_files(&name) {
            continue;
        }
        // Loops over time and attention take a minute without optimisation.
        let text = if name.starts_with("brackets_") { text.replace("rows=4_000", "rows=400") } else { text };
        let line = trained(&path, &text)
            .unwrap_or_else(|| panic!("{name} needs files, and examples that train here must not"));
        figures += &format!("{name:<18}{line}\n");
    }
    insta::assert_snapshot!(figures);
}

/// MNIST, CIFAR-10, the news and the reviews, also because nets of their size take minutes without optimisation, the UCI tables, the folder of pictures, the
/// series and Shakespeare.
fn needs_files(name: &str) -> bool {
    [
        "mnist",
        "uci",
        "cifar",
        "folder",
        "news",
        "passengers",
        "reviews",
        "shakespeare",
        "lstm_words",
        "digits_spoken",
    ]
    .iter()
    .any(|set| name.starts_with(set))
}

/// A residual net with everything that belongs to one, as the language's design has it.
#[test]
fn a_residual_net_of_pictures_is_sound() {
    let text = include_str!("samples/b_cifar_conv.net");
    let checked = check_source(text, &Env::default());
    assert!(checked.model.is_some() && checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
}

/// A net of sounds with its augmentation, as the language's design has it; with the files at hand its data fit it.
#[test]
fn a_net_of_sounds_is_sound() {
    let text = include_str!("samples/f_audio.net");
    let checked = check_source(text, &Env::default());
    assert!(checked.model.is_some() && checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
    let Some(root) = std::env::var_os("DROPNET_DATA") else { return };
    let exchanged = text
        .replace(
            "\"esc50/audio\", labels=\"esc50/meta/esc50.csv\", file=filename, label=category",
            "\"fsdd/fsdd_recordings.tar.gz\", pattern=\"{label}_{speaker}_{index}\"",
        )
        .replace("split by=fold, folds=5", "split by=speaker, folds=6")
        .replace("  resample 16kHz\n", "")
        .replace("rate=16kHz", "rate=8kHz")
        .replace("range=50Hz..8kHz", "range=50Hz..4kHz")
        .replace("dense 50", "dense 10")
        .replace("class[50]", "class[10]");
    let search = Search::new(Path::new("."), Path::new("."), Some(Path::new(&root)));
    if let Err(error) = run::probe(&exchanged, &[], &search, false) {
        panic!("{error}");
    }
}

/// An encoder with augmented texts, as the language's design has it; with the files at hand its data fit it.
#[test]
fn an_encoder_of_texts_is_sound() {
    let text = include_str!("samples/e_text_transformer.net");
    let checked = check_source(text, &Env::default());
    assert!(checked.model.is_some() && checked.diagnostics.is_empty(), "{:?}", checked.diagnostics);
    let Some(root) = std::env::var_os("DROPNET_DATA") else { return };
    let exchanged = text
        .replace(
            "\"ag_news/train.csv\", text=3, label=1",
            "\"ag_news/dev.tsv\", text=1, label=2, test=\"ag_news/test.tsv\"",
        )
        .replace("30_000", "20_000")
        .replace("split train=114_000, valid=6_000", "split valid=1_000");
    let search = Search::new(Path::new("."), Path::new("."), Some(Path::new(&root)));
    match run::probe(&exchanged, &[], &search, false) {
        Err(run::OpenError::Data(error)) if error.code == "E0520" => println!("skipped: no news here"),
        // Of 17 601 texts 73 are longer than the sample's input, and that is said.
        Ok(found) => assert_eq!(found.iter().map(|d| d.code).collect::<Vec<_>>(), ["W0504"], "{found:?}"),
        Err(error) => panic!("{error:?}"),
    }
}

/// Two hundred rows of the real pictures, and real tables, so that the path from files to figures is walked.
#[test]
fn examples_of_real_files_train_where_they_are() {
    // CIFAR-10 has a test part of its own, whose pictures take minutes without optimisation.
    let some =
        |name: &str| needs_files(name) && !name.starts_with("cifar") && name != "news" && name != "reviews";
    for (name, path, text) in examples().into_iter().filter(|(name, ..)| some(name)) {
        let small = text
            .replace("  split valid=held\n", "")
            // Without the test part of 10 000 pictures.
            .replace(
                "source idx, \"mnist\"",
                "source idx, images=\"mnist/train-images-idx3-ubyte.gz\", labels=\"mnist/train-labels-idx1-ubyte.gz\"",
            )
            .replace("  scale 1/255\n", "  split train=200, valid=50, test=50\n  scale 1/255\n")
            .replace("  split valid=10%\n", "  split train=60, valid=30\n")
            .replace("  split by=index, test=[0, 1, 2, 3, 4]\n", "  split train=60, test=30\n")
            .replace("param hidden = 1024", "param hidden = 32")
            // Windows of a text, and streams of it.
            .replace("  split test=10%\n", "  split train=60, test=30\n")
            .replace("  split valid=10%, test=10%\n", "  split train=720, valid=720, test=720\n")
            .replace("param width = 128", "param width = 16")
            .replace("param width = 200", "param width = 8")
            .replace("vocab=10_000]", "vocab=_]")
            .replace("vocab=67", "vocab=_");
        match trained(&path, &small) {
            Some(figures) => {
                let known = ["accuracy", "rmse", "perplexity"].iter().any(|figure| figures.contains(figure));
                assert!(known, "{name}: {figures}")
            }
            None => println!(
                "{name} skipped: its files are not there; set DROPNET_DATA to the folder that holds them"
            ),
        }
    }
}
