//! What ARCHITECTURE.md promises about the source: folders in one direction, and words that only their own files name. And one form of all files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dropnet::internal::{layers, train};

/// Every file of the library that is not a test, with its code: no tests, no comments.
fn sources() -> Vec<(PathBuf, String)> {
    sources_below("src")
}

fn sources_below(folder: &str) -> Vec<(PathBuf, String)> {
    fn visit(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).expect("a folder of the source").map(|entry| entry.expect("an entry"))
        {
            let path = entry.path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "tests") {
                visit(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    visit(&root, &mut files);
    files.sort();
    let is_test =
        |path: &PathBuf| ["tests.rs", "rig.rs", "golden.rs"].iter().any(|name| path.ends_with(name));
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("readable source");
        (path.strip_prefix(&root).expect("below src").to_path_buf(), code(&text))
    };
    files.into_iter().filter(|path| !is_test(path)).map(read).collect()
}

/// Without comments and the tests at the end.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    let lines = body.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// The folder of a file, or the module of a file at the top.
fn room(path: &Path) -> String {
    let first = path.components().next().expect("a path").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_string()
}

/// The rooms that a text imports from: what stands behind `crate::`, in braces or not.
fn imports(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(heads(group)),
            None => found.extend(name(rest)),
        }
    }
    found
}

/// The first names of the entries of a group, up to the brace that closes it.
fn heads(group: &str) -> Vec<String> {
    let (mut depth, mut entry, mut found) = (0, true, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => entry = true,
            c if depth == 0 && entry && c.is_alphabetic() => {
                found.extend(name(&group[at..]));
                entry = false;
            }
            _ => {}
        }
    }
    found
}

fn name(text: &str) -> Option<String> {
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// A node holds its word, a word sees its node: these three are one room with three doors.
const ONE_ROOM: [&str; 3] = ["layers", "model", "train"];

#[test]
fn folders_form_no_circle() {
    let mut arrows: BTreeMap<String, BTreeMap<String, PathBuf>> = BTreeMap::new();
    let merged = |room: String| if ONE_ROOM.contains(&room.as_str()) { ONE_ROOM.join("+") } else { room };
    let sources = [sources(), sources_below("numerics/src")].concat();
    let rooms: BTreeSet<String> = sources.iter().map(|(path, _)| room(path)).collect();
    for (path, code) in &sources {
        let from = merged(room(path));
        for to in imports(code).into_iter().filter(|to| rooms.contains(to)).map(merged) {
            if to != from {
                arrows.entry(from.clone()).or_default().entry(to).or_insert_with(|| path.clone());
            }
        }
    }
    assert!(arrows.len() > 10, "the imports were not understood: {arrows:?}");
    // Rooms from which no arrow leads to a room that is left are taken away; what stays is a circle.
    let mut left: BTreeSet<&String> = arrows.keys().collect();
    loop {
        let leads = |from: &String| arrows[from].keys().any(|to| left.contains(to));
        let free: Vec<&String> = left.iter().copied().filter(|from| !leads(from)).collect();
        if free.is_empty() {
            break;
        }
        free.into_iter().for_each(|room| {
            left.remove(room);
        });
    }
    let circle = left.iter().flat_map(|from| {
        let inside = arrows[*from].iter().filter(|(to, _)| left.contains(to));
        inside.map(move |(to, path)| format!("{from} -> {to} by {}", path.display()))
    });
    assert_eq!(circle.collect::<Vec<_>>(), Vec::<String>::new());
}

/// What a program sees that uses the crate: `front`, and one hidden door.
#[test]
fn folders_are_private() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("src/lib.rs")).expect("readable source");
    let public: Vec<&str> = text.lines().filter(|line| line.starts_with("pub ")).collect();
    assert_eq!(public, ["pub use front::{", "pub mod internal {"]);
}

/// Words that mean something else where they stand in quotes.
const OTHER_MEANINGS: &[(&str, &str, &str)] = &[
    ("check/eval.rs", "log", "a function of numbers"),
    ("check/forms.rs", "flip", "a layer of a later version"),
    ("check/net/ends.rs", "identity", "the text of a fix, written for the user"),
    ("check/predict.rs", "precision", "an argument: the inverse variance of an observation"),
    ("check/report.rs", "precision", "an argument: the inverse variance of an observation"),
    ("run/folder/report.rs", "precision", "the inverse variance of an observation"),
    ("run/judgements/calibrate.rs", "precision", "the inverse variance of an observation"),
    ("train/bayes_decay.rs", "precision", "an argument: the inverse variance of an observation"),
    ("check/sweep/vary.rs", "linear", "a value of `scale`"),
    ("check/sweep/vary.rs", "log", "a value of `scale`"),
    ("check/sweep/vary.rs", "step", "an argument of `vary`"),
    ("layers/dropout/multipliers.rs", "gain", "the name of a scalar"),
    ("layers/dropout/multipliers.rs", "shift", "the name of a scalar"),
    ("layers/glu.rs", "gelu", "a value of `gate`"),
    ("layers/glu.rs", "identity", "a value of `gate`"),
    ("layers/glu.rs", "relu", "a value of `gate`"),
    ("layers/glu.rs", "sigmoid", "a value of `gate`"),
    ("layers/glu.rs", "silu", "a value of `gate`"),
    ("layers/glu.rs", "tanh", "a value of `gate`"),
    ("layers/initial/orthogonal.rs", "gain", "an argument"),
    ("layers/layer_norm.rs", "gain", "the parameter of a norm"),
    ("layers/rms_norm.rs", "gain", "the parameter of a norm"),
    ("layers/exp.rs", "exponential", "its name in another library"),
    ("layers/gelu.rs", "tanh", "a value of `kind`"),
    ("layers/initial/mod.rs", "glorot_uniform", "the default of `init`"),
    ("layers/recurrent/arguments.rs", "dropout", "an argument of recurrent layers"),
    ("layers/recurrent/arguments.rs", "last", "a value of `output`"),
    ("layers/recurrent/masks.rs", "dropout", "an argument of recurrent layers"),
    ("layers/recurrent/mod.rs", "dropout", "an argument of recurrent layers"),
    ("layers/recurrent/mod.rs", "last", "a value of `output`"),
    ("model/laws/bits.rs", "sigmoid", "the function that an output applies by itself"),
    ("model/laws/class.rs", "softmax", "the function that an output applies by itself"),
    ("model/summary.rs", "dirac", "how a start is listed"),
    ("model/summary.rs", "ones", "how a start is listed"),
    ("model/summary.rs", "orthogonal", "how a start is listed"),
    ("model/summary.rs", "zeros", "how a start is listed"),
    ("model/summary/table.rs", "dropout", "the head of a column"),
    ("run/subnets/drawn.rs", "step", "a word of a message"),
    ("runtime/train/kept.rs", "last", "the name of a checkpoint"),
    ("train/augment/erase.rs", "log", "a value of `form`"),
    ("train/augment/value.rs", "noise", "a value of `value`"),
    ("train/augment/value.rs", "uniform", "a value of `value`"),
    ("layers/attention.rs", "dropout", "an argument: the rate of its weights"),
    ("layers/attention.rs", "positions", "an argument: how scores know places"),
    ("layers/embedding.rs", "dropout", "an argument: the rate of word types"),
    ("train/losses/absolute_error.rs", "l1", "its name in another library"),
    ("train/losses/absolute_error.rs", "mae", "its name in another library"),
    ("train/losses/squared_error.rs", "l2", "its name in another library"),
    ("train/losses/huber.rs", "delta", "an argument of the loss"),
    ("train/optimizers/adadelta.rs", "step", "the name of a slot"),
    ("train/schedules/one_cycle.rs", "cosine", "a value of `shape`"),
    ("train/schedules/one_cycle.rs", "linear", "a value of `shape`"),
];

#[test]
fn a_word_is_named_in_its_own_file_only() {
    let mut words: BTreeSet<&str> = layers::LAYERS.iter().map(|row| row.layer.sig().name).collect();
    words.extend(layers::initial::WORDS.iter().map(|(word, _)| word.sig().name));
    words.extend(train::losses::WORDS.iter().map(|(word, _)| word.sig().name));
    words.extend(train::optimizers::WORDS.iter().map(|(word, _)| word.sig().name));
    words.extend(train::schedules::WORDS.iter().map(|(word, _)| word.sig().name));
    words.extend(train::penalties::WORDS.iter().map(|(word, _)| word.sig().name));
    words.extend(train::augment::WORDS.iter().map(|(word, _)| word.sig().name));
    words.extend(train::metrics::WORDS.iter().map(|(word, _)| word.sig().name));
    let rooms = ["check", "layers", "lint", "loops", "lower", "model", "run", "runtime", "train"];
    let mut named = Vec::new();
    let mut meant = BTreeSet::new();
    for (path, code) in sources().into_iter().filter(|(path, _)| rooms.contains(&room(path).as_str())) {
        let place = path.display().to_string();
        // Every second part of a text cut at its quotes stands between two of them.
        for quoted in code.lines().flat_map(|line| line.split('"').skip(1).step_by(2)) {
            let own = path.file_stem().is_some_and(|stem| stem == quoted);
            if !words.contains(quoted) || own {
                continue;
            }
            match OTHER_MEANINGS.iter().find(|(file, word, _)| *file == place && *word == quoted) {
                Some(other) => {
                    meant.insert(other);
                }
                None => named.push(format!("src/{place} names \"{quoted}\"")),
            }
        }
    }
    assert_eq!(named, Vec::<String>::new());
    let idle: Vec<_> = OTHER_MEANINGS.iter().filter(|other| !meant.contains(other)).collect();
    assert!(idle.is_empty(), "exceptions that nothing needs: {idle:?}");
}

/// `cargo fmt` follows `mod` lines, and so reaches no file that a macro declares.
#[test]
fn files_that_macros_declare_are_formatted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = sources();
    let declares = |of: &Path, name: &str| {
        files.iter().any(|(path, code)| {
            path == of && code.lines().any(|line| line.ends_with(&format!("mod {name};")))
        })
    };
    let reached = |path: &Path| {
        let (Some(folder), Some(stem)) = (path.parent(), path.file_stem().and_then(|s| s.to_str())) else {
            return true;
        };
        let (folder, name) = match stem {
            "lib" | "main" => return true,
            "mod" => match (folder.parent(), folder.file_name().and_then(|s| s.to_str())) {
                (Some(above), Some(name)) => (above, name),
                _ => return true,
            },
            name => (folder, name),
        };
        let above = [
            folder.join("mod.rs"),
            folder.with_extension("rs"),
            folder.join("lib.rs"),
            folder.join("main.rs"),
        ];
        above.iter().any(|of| declares(of, name))
    };
    let left: Vec<_> = files.iter().map(|(path, _)| path).filter(|path| !reached(path)).collect();
    assert!(left.len() > 50, "the families were not found: {left:?}");
    let rustfmt = Command::new("rustfmt")
        .args(["--check", "--edition", "2024", "-l"])
        .args(left.iter().map(|path| root.join("src").join(path)))
        .current_dir(root)
        .output();
    let Ok(rustfmt) = rustfmt else {
        println!("skipped: there is no rustfmt here");
        return;
    };
    let said = String::from_utf8_lossy(&rustfmt.stdout);
    assert!(rustfmt.status.success(), "run `rustfmt --edition 2024` on\n{said}");
}
