//! Wrong `.net` files and what is said about them.
//!
//! Every `tests/bad/**/*.net` ends with one comment per expected diagnostic:
//! `# error E0203 7:3-10 text` (line, first and last-plus-one column; `7:3-9:1` over lines; `text` is part of the
//! message). Compared both ways: none missing, none extra. `BLESS=1 cargo test --test bad` rewrites these lines with
//! the whole messages; read the diff before committing it.

use dropnet::internal::diag::{CODES, Diagnostic, Edit, LineIndex};
use dropnet::internal::{check, layers, syntax};
use std::path::{Path, PathBuf};

/// What `dropnet check` says about `source`, without data; of the files in `syntax` only what the parser says.
fn diagnostics(path: &Path, source: &str) -> Vec<Diagnostic> {
    if path.starts_with("tests/bad/syntax") {
        return syntax::parse_with(source, &|word| layers::find(word).is_some()).1;
    }
    // Advice is asked for, and the rows are counted.
    let advice = path.starts_with("tests/bad/lint");
    let rows = advice.then(|| ("train.rows".to_string(), 700.0));
    let env = check::Env { pedantic: advice, attributes: rows.into_iter().collect(), ..Default::default() };
    check::check_source(source, &env).diagnostics
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("folder of bad files") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "net") {
            found.push(path);
        }
    }
}

fn is_expectation(line: &str) -> bool {
    line.starts_with("# error ") || line.starts_with("# warning ")
}

/// `# error E0203 7:3-10 message`
fn describe(diagnostic: &Diagnostic, index: &LineIndex<'_>) -> String {
    let (start, end) = (index.position(diagnostic.span.start), index.position(diagnostic.span.end));
    let severity = if diagnostic.is_error() { "error" } else { "warning" };
    let end = if end.line == start.line { end.col.to_string() } else { format!("{}:{}", end.line, end.col) };
    format!("# {severity} {} {}:{}-{end} {}", diagnostic.code, start.line, start.col, diagnostic.message)
}

/// The expected line is the actual one, or its place and a part of its message.
fn agrees(expected: &str, actual: &str) -> bool {
    let split = |line: &str| {
        let words: Vec<&str> = line.splitn(5, ' ').collect();
        (
            words.iter().take(4).map(|w| w.to_string()).collect::<Vec<_>>(),
            words.get(4).unwrap_or(&"").to_string(),
        )
    };
    let ((place, text), (actual_place, actual_text)) = (split(expected), split(actual));
    place == actual_place && actual_text.contains(&text)
}

fn bless(path: &Path, source: &str, actual: &[String]) {
    let kept: Vec<&str> = source.lines().filter(|line| !is_expectation(line)).collect();
    let text = format!("{}\n{}\n", kept.join("\n").trim_end(), actual.join("\n"));
    std::fs::write(path, text).expect("rewrite expectations");
}

#[test]
fn bad_files_say_what_is_wrong() {
    let paths = all_files();
    let mut failures = String::new();
    for path in &paths {
        let source = std::fs::read_to_string(path).expect("bad file");
        let index = LineIndex::new(&source);
        let actual: Vec<String> = diagnostics(path, &source).iter().map(|d| describe(d, &index)).collect();
        if std::env::var_os("BLESS").is_some() {
            bless(path, &source, &actual);
            continue;
        }
        let expected: Vec<&str> = source.lines().filter(|line| is_expectation(line)).collect();
        assert!(!expected.is_empty(), "{}: no expected diagnostic at the end of the file", path.display());
        let extra = actual.iter().filter(|a| !expected.iter().any(|e| agrees(e, a)));
        let missing = expected.iter().filter(|e| !actual.iter().any(|a| agrees(e, a)));
        let lines =
            missing.map(|e| format!("  missing: {e}\n")).chain(extra.map(|a| format!("  extra:   {a}\n")));
        let lines: String = lines.collect();
        if !lines.is_empty() || expected.len() != actual.len() {
            failures.push_str(&format!("{}\n{lines}", path.display()));
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

fn all_files() -> Vec<PathBuf> {
    let mut paths = Vec::new();
    files(Path::new("tests/bad"), &mut paths);
    paths.sort();
    paths
}

/// A file lost in a move or a merge is noticed.
#[test]
fn there_are_many_bad_files() {
    assert!(all_files().len() >= 60, "{} files", all_files().len());
}

/// Every code of the checker and of the data section has a file that fires it.
#[test]
fn every_code_of_the_checker_has_a_bad_file() {
    // Fired by `--set` on the command line, which no file can write, and by what is in the data.
    let elsewhere =
        ["E0111", "E0412", "W0501", "W0502", "W0503", "W0504", "W0505", "W0506", "W0507", "W0508", "W0511"];
    let texts: Vec<String> =
        all_files().iter().map(|path| std::fs::read_to_string(path).expect("bad file")).collect();
    let fired: Vec<&str> = texts
        .iter()
        .flat_map(|text| text.lines().filter(|line| is_expectation(line)))
        .filter_map(|line| line.split(' ').nth(2))
        .collect();
    // E052x and E053x are about files of data, E06 and E07 about runs.
    let checker = |code: &str| code.starts_with('W') || ("E0101".."E0520").contains(&code);
    let codes = CODES.iter().map(|(code, _)| *code);
    let missing: Vec<&str> =
        codes.filter(|c| checker(c) && !elsewhere.contains(c) && !fired.contains(c)).collect();
    assert!(missing.is_empty(), "no file in tests/bad fires {missing:?}");
}

/// A text after the edits of a fix, which do not overlap.
fn applied(source: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.span);
    let mut text = String::new();
    let mut done = 0;
    for edit in edits {
        text += &source[done..edit.span.start];
        text += &edit.text;
        done = edit.span.end;
    }
    text + &source[done..]
}

/// What a fix leaves or brings: its finding again, or an error that was not there in a line that it changed.
fn unmended(path: &Path, source: &str, finding: &Diagnostic, edits: &[Edit]) -> Option<String> {
    let before = diagnostics(path, source);
    let text = applied(source, edits);
    let after = diagnostics(path, &text);
    let alike = |a: &Diagnostic, b: &Diagnostic| a.code == b.code && a.message == b.message;
    let count = |all: &[Diagnostic]| all.iter().filter(|d| alike(d, finding)).count();
    if count(&after) >= count(&before) {
        return Some("is still there".into());
    }
    let index = LineIndex::new(&text);
    let lines = edits.iter().map(|edit| index.position(edit.span.start).line).collect::<Vec<_>>();
    let here = |d: &&Diagnostic| lines.contains(&index.position(d.span.start).line);
    let new = |d: &&Diagnostic| d.is_error() && !before.iter().any(|b| alike(b, d));
    after.iter().filter(here).find(new).map(|d| format!("becomes {}", describe(d, &index)))
}

/// Every mechanical fix mends what it belongs to, and breaks nothing where it is made.
#[test]
fn fixes_mend() {
    let (mut failures, mut count) = (String::new(), 0);
    for path in all_files() {
        let source = std::fs::read_to_string(&path).expect("bad file");
        let index = LineIndex::new(&source);
        for finding in diagnostics(&path, &source) {
            for fix in finding.fixes.iter().filter(|fix| !fix.edits.is_empty()) {
                count += 1;
                if let Some(why) = unmended(&path, &source, &finding, &fix.edits) {
                    failures += &format!(
                        "{}: {}\n  {}: {why}\n",
                        path.display(),
                        describe(&finding, &index),
                        fix.message
                    );
                }
            }
        }
    }
    assert!(count > 100, "{count} fixes");
    assert!(failures.is_empty(), "\n{failures}");
}
