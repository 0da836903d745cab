//! Damaged samples: whatever the text, the parser answers quickly, its spans fit the text and lie on characters,
//! rendering does not fail, and what parses can be formatted.

use dropnet::internal::diag::{self, Format};
use dropnet::internal::syntax::{format, parse};
use proptest::prelude::*;
use std::time::Instant;

fn samples() -> Vec<String> {
    let mut paths: Vec<_> =
        std::fs::read_dir("tests/samples").expect("samples").map(|e| e.expect("entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).expect("sample")).collect()
}

/// Words, numbers, runs of blanks and single other characters.
fn tokens(text: &str) -> Vec<String> {
    let class = |c: char| match c {
        _ if c.is_alphanumeric() || c == '_' => 0,
        ' ' => 1,
        _ => 2,
    };
    let mut found: Vec<String> = Vec::new();
    let mut last = 2;
    for c in text.chars() {
        match found.last_mut() {
            Some(token) if class(c) == last && last != 2 => token.push(c),
            _ => found.push(c.to_string()),
        }
        last = class(c);
    }
    found
}

/// One change of the list at relative places in 0..1.
fn mutate<T: Clone>(items: &mut Vec<T>, kind: u8, from: f64, length: usize, to: f64, foreign: &[T]) {
    let place = |share: f64, limit: usize| ((share * limit as f64) as usize).min(limit);
    let start = place(from, items.len());
    let end = (start + length).min(items.len());
    let cut: Vec<T> = items[start..end].to_vec();
    match kind {
        0 => drop(items.drain(start..end)),
        1 => drop(items.splice(end..end, cut)),
        2 => {
            items.drain(start..end);
            let target = place(to, items.len());
            items.splice(target..target, cut);
        }
        _ => {
            let other = place(to, foreign.len().saturating_sub(1));
            items.splice(start..end, foreign.get(other).cloned());
        }
    }
}

#[track_caller]
fn survives(source: &str) {
    let start = Instant::now();
    let (file, diagnostics) = parse(source);
    let text = format!("{file:?}");
    if text.contains("Error(") {
        assert!(!diagnostics.is_empty(), "skipped text without a word:\n{source}");
    }
    for diagnostic in &diagnostics {
        let edits = diagnostic.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        let spans = diagnostic.secondary.iter().map(|(span, _)| *span).chain(edits).chain([diagnostic.span]);
        for span in spans {
            assert!(source.get(span.start..span.end).is_some(), "{diagnostic:?}\n{source}");
        }
    }
    for shape in [Format::Full, Format::Concise, Format::Json] {
        diag::render(&diagnostics, source, "mutant.net", shape, false);
    }
    match format(source) {
        Ok(once) => assert_eq!(format(&once).as_ref(), Ok(&once), "{source}"),
        Err(errors) => assert_eq!(errors, diagnostics),
    }
    assert!(start.elapsed().as_secs_f64() < 1.0, "took {:?}:\n{source}", start.elapsed());
}

type Change = (u8, f64, usize, f64);

fn changes() -> impl Strategy<Value = (usize, Vec<Change>)> {
    (0..7_usize, proptest::collection::vec((0..4_u8, 0.0..1.0, 1..40_usize, 0.0..1.0), 1..6))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn bytes_moved((sample, changes) in changes()) {
        let samples = samples();
        let foreign: Vec<u8> = b"{}()[]\"\\#,=-> ..^%:\r\n\t\0\xc3\xa4\xff;'@".to_vec();
        let mut bytes = samples[sample % samples.len()].clone().into_bytes();
        for (kind, from, length, to) in changes {
            mutate(&mut bytes, kind, from, length, to, &foreign);
        }
        survives(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn tokens_moved((sample, changes) in changes()) {
        let samples = samples();
        let foreign = tokens("{ } ( ) [ ] \" , = - > : # . param let block if else repeat as 0.5 3x3 1e999 -> ä \n \r\n");
        let mut items = tokens(&samples[sample % samples.len()]);
        for (kind, from, length, to) in changes {
            mutate(&mut items, kind, from, length.div_ceil(8), to, &foreign);
        }
        survives(&items.concat());
    }

    #[test]
    fn any_text(source in "(?s)[a-c01{}()\\[\\]\",=:#.\\-> \n\r\t^*+ä]{0,60}") {
        survives(&source);
    }
}
