//! The book (`docs/book`): its commands run in a short form, its nets are sound and tidy, its links lead somewhere.
//! The long form, and the figures, are made by `docs/book/make.py`.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use assert_cmd::Command;
use dropnet::internal::{
    check::{Env, check_source},
    syntax,
};

/// What the short form gives params that a net has and a command does not: little to learn, and few rows to learn from.
const SHORT: [(&str, &str); 3] = [("epochs", "1"), ("updates", "4"), ("rows", "60")];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/book/src")
}

/// Files of the book with this ending, by name.
fn files(ending: &str) -> Vec<(String, String)> {
    let entries = fs::read_dir(source()).expect("the folder of the book");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut all: Vec<(String, String)> = paths
        .filter(|path| path.extension().is_some_and(|e| e == ending))
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("a text"))
        })
        .collect();
    all.sort();
    assert!(!all.is_empty(), "the book has no .{ending}");
    all
}

/// The texts of a page's blocks in this language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("```{language}\n");
    let after = page.split(opening.as_str()).skip(1);
    after.map(|rest| rest.split("```").next().expect("a block")).collect()
}

/// Where a page's links and pictures lead, outside of blocks.
fn links(page: &str) -> Vec<&str> {
    let prose = page.split("```").step_by(2);
    prose
        .flat_map(|text| text.split("](").skip(1))
        .map(|rest| rest.split(')').next().expect("a target"))
        .filter(|target| !target.starts_with("http"))
        .collect()
}

fn declares(net: &str, param: &str) -> bool {
    net.lines()
        .any(|line| line.strip_prefix("param ").is_some_and(|rest| rest.starts_with(&format!("{param} "))))
}

/// One command of a page with one seed, two values of a comparison, few samples and rows, and params that make it small.
fn shortened(command: &str) -> String {
    let mut words: Vec<String> = command.split(' ').map(str::to_owned).collect();
    for at in 1..words.len() {
        let short = match words[at - 1].as_str() {
            "--seeds" | "--splits" if command.starts_with("dropnet experiment") => "1".to_owned(),
            "--seeds" | "--sets" => "2".to_owned(),
            "--samples" | "--curve" => "3".to_owned(),
            "--compare" => words[at].split(',').take(2).collect::<Vec<_>>().join(","),
            _ => continue,
        };
        words[at] = short;
    }
    let trains = words.iter().any(|word| word == "train" || word == "experiment");
    let nets: Vec<String> = words
        .iter()
        .filter(|word| trains && word.ends_with(".net"))
        .map(|name| fs::read_to_string(source().join(name)).expect("a net of the book"))
        .collect();
    let mut more = Vec::new();
    for (param, value) in SHORT {
        let given = words.iter().any(|word| word.starts_with(&format!("{param}=")));
        if !given && !nets.is_empty() && nets.iter().all(|net| declares(net, param)) {
            more.extend(["--set".to_owned(), format!("{param}={value}")]);
        }
    }
    if words[1] == "audit" {
        more.extend(["--rows".to_owned(), "2".to_owned()]);
    }
    if words.iter().any(|word| word == "convergence") {
        more.extend(["--sets", "2", "--samples", "3"].map(str::to_owned));
    }
    words.splice(2..2, more);
    words.join(" ")
}

/// The first and the last round of a loop over words.
fn fewer_rounds(line: &str) -> String {
    let Some((head, rest)) = line.split_once(" in ").filter(|_| line.starts_with("for ")) else {
        return line.to_owned();
    };
    let rounds: Vec<&str> = rest.trim_end_matches("; do").split(' ').collect();
    match rounds.as_slice() {
        [first, .., last] => format!("{head} in {first} {last}; do"),
        _ => line.to_owned(),
    }
}

/// The short form of a block: each command of a line, also behind `do`, by itself.
fn short(block: &str) -> String {
    let lines = block.replace("\\\n", "");
    let lines = lines.lines().map(|line| match line.find("dropnet ") {
        Some(at) => format!("{}{}\n", &line[..at], shortened(&line[at..])),
        None => format!("{}\n", fewer_rounds(line)),
    });
    lines.collect()
}

/// A net of which a sweep tries the first two of each param's values.
fn fewer_tried(net: &str) -> String {
    let lines = net.lines().map(|line| match line.split_once('[') {
        Some((head, values)) if head.trim_start().starts_with("vary ") => {
            let values: Vec<&str> = values.trim_end_matches(']').split(", ").take(2).collect();
            format!("{head}[{}]\n", values.join(", "))
        }
        _ => format!("{line}\n"),
    });
    lines.collect()
}

/// Runs a page's blocks in a folder that holds what lies beside it.
fn runs(name: &str, page: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for target in links(page).iter().filter(|target| !target.contains('/')) {
        if [".svg", ".png", ".md"].iter().all(|ending| !target.ends_with(ending)) {
            let text = fs::read_to_string(source().join(target)).expect("a file beside the page");
            let text = if target.ends_with(".net") { fewer_tried(&text) } else { text };
            fs::write(folder.path().join(target), text).expect("its copy");
        }
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_dropnet")).parent().expect("a folder");
    let path = std::env::join_paths(
        [binary.to_owned()]
            .into_iter()
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    for block in blocks(page, "sh") {
        let commands = short(block);
        if commands.contains("DROPNET_DATA") && std::env::var_os("DROPNET_DATA").is_none() {
            return;
        }
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", &commands]).current_dir(folder.path());
        shell.env("PATH", path.as_ref().expect("a path")).env("NO_COLOR", "1");
        let output = shell.output().expect("a shell");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}:\n{commands}\n{said}");
    }
    for picture in links(page).iter().filter(|target| target.ends_with(".svg") || target.ends_with(".png")) {
        let drawn = fs::metadata(folder.path().join(picture));
        assert!(drawn.is_ok_and(|file| file.len() > 0), "{name}: no command draws {picture}");
    }
}

#[test]
fn commands_run() {
    let pages = files("md");
    let measured: Vec<_> = pages.iter().filter(|(_, page)| !blocks(page, "sh").is_empty()).collect();
    assert!(measured.len() >= 2, "there are {} pages with commands", measured.len());
    std::thread::scope(|scope| {
        for half in 0..2 {
            let pages = measured.iter().skip(half).step_by(2);
            scope.spawn(|| pages.for_each(|(name, page)| runs(name, page)));
        }
    });
}

/// Silent about `# allow(CODE)` where a page that shows the net speaks of that lint.
#[test]
fn nets_are_sound_tidy_and_shown() {
    let pages = files("md");
    for (name, net) in files("net") {
        let checked = check_source(&net, &Env { pedantic: true, ..Env::default() });
        assert!(checked.diagnostics.is_empty(), "{name}: {:?}", checked.diagnostics);
        assert_eq!(syntax::format(&net).as_ref(), Ok(&net), "{name} is not as `fmt` writes it");
        assert!(net.starts_with("## "), "{name} begins with what it shows");
        let shown: Vec<&str> = pages
            .iter()
            .map(|(_, page)| page.as_str())
            .filter(|page| links(page).contains(&name.as_str()))
            .collect();
        assert!(!shown.is_empty(), "no page links to {name}");
        for code in net.split("# allow(").skip(1).map(|rest| &rest[..5]) {
            assert!(
                shown.iter().any(|page| page.contains(code)),
                "{name} allows {code}, and no page says why"
            );
        }
    }
}

#[test]
fn links_lead_somewhere_and_every_page_is_in_the_summary() {
    let pages = files("md");
    for (name, page) in &pages {
        for target in links(page) {
            let file = target.split('#').next().expect("a path");
            assert!(source().join(file).exists(), "{name} links to {file}, which is not there");
        }
    }
    let summary = &pages.iter().find(|(name, _)| name == "SUMMARY.md").expect("a summary").1;
    let listed: Vec<&str> = links(summary);
    let once: BTreeSet<&str> = listed.iter().copied().collect();
    assert_eq!(listed.len(), once.len(), "SUMMARY.md lists a page twice");
    for (name, _) in pages.iter().filter(|(name, _)| name != "SUMMARY.md") {
        assert!(once.contains(name.as_str()), "{name} is not in SUMMARY.md");
    }
}
