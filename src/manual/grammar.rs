//! A TextMate grammar of the language, for editors: made from the registries, so it knows every word.

use serde_json::{Value as Json, json};

use super::pages;
use crate::check::SECTIONS;

/// How editors colour the words of a family.
fn scope(family: &str) -> &'static str {
    match family {
        "layer" => "support.function.layer",
        "type" => "storage.type",
        "form of the language" => "keyword.control",
        family if family.starts_with("statement") => "keyword.other.statement",
        family if family.starts_with("value") || family == "initial value" => "support.function.value",
        _ => "support.class.word",
    }
}

fn is_word(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// One of these words, whole.
fn one_of(words: &[&str]) -> String {
    format!(r"\b(?:{})\b", words.join("|"))
}

/// The grammar as JSON: `grammar/net.tmLanguage.json`.
#[must_use]
pub fn textmate() -> String {
    let mut families: Vec<(&'static str, Vec<&'static str>)> = Vec::new();
    let mut add = |scope: &'static str, word: &'static str| {
        let at = families.iter().position(|(known, _)| *known == scope).unwrap_or_else(|| {
            families.push((scope, Vec::new()));
            families.len() - 1
        });
        families[at].1.push(word);
    };
    for page in pages().iter().filter(|page| is_word(page.sig.name)) {
        add(scope(page.family), page.sig.name);
        // The statement that chooses a word of the family: `optimizer adam`.
        let statement = page.prefix.trim_end();
        if is_word(statement) {
            add("keyword.other.statement", statement);
        }
    }
    let words = families.into_iter().map(|(scope, mut words)| {
        words.sort_unstable();
        words.dedup();
        json!({ "name": format!("{scope}.dropnet"), "match": one_of(&words) })
    });
    let fixed: [(&str, String); 7] = [
        ("comment.line.number-sign", "#.*$".into()),
        ("string.quoted.double", r#""(?:\\.|[^"\\])*""#.into()),
        ("keyword.control.section", format!(r"^\s*(?:{})(?=\s*\{{)", SECTIONS.join("|"))),
        ("entity.name.label", r"^\s*[A-Za-z_]\w*(?=:\s)".into()),
        ("variable.parameter", r"\b[A-Za-z_]\w*(?=\s*=(?!=))".into()),
        ("constant.numeric", r"\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?:%|[A-Za-z]+)?".into()),
        ("constant.language", one_of(&["true", "false"])),
    ];
    let fixed = fixed.map(|(name, what)| json!({ "name": format!("{name}.dropnet"), "match": what }));
    let operators = json!({ "name": "keyword.operator.dropnet", "match": r"->|\.\.|==|!=|<=|>=|[-+*/^<>=]" });
    let patterns: Vec<Json> = fixed.into_iter().chain(words).chain([operators]).collect();
    let grammar = json!({
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "dropnet",
        "scopeName": "source.dropnet",
        "fileTypes": ["net"],
        "patterns": patterns,
    });
    format!("{grammar:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file for editors is the one that `dropnet grammar` writes, and it knows every word that has a page.
    #[test]
    fn the_file_for_editors_knows_every_word() {
        let file = include_str!("../../grammar/net.tmLanguage.json");
        assert!(file == textmate(), "write it anew: `dropnet grammar > grammar/net.tmLanguage.json`");
        let grammar: Json = serde_json::from_str(file).expect("JSON");
        let matches: Vec<&str> = grammar["patterns"]
            .as_array()
            .expect("patterns")
            .iter()
            .filter_map(|pattern| pattern["match"].as_str())
            .collect();
        let knows = |word: &str| {
            let lists = matches.iter().filter_map(|what| what.strip_prefix(r"\b(?:")?.strip_suffix(r")\b"));
            lists.flat_map(|list| list.split('|')).any(|known| known == word)
        };
        for page in pages() {
            assert!(knows(page.sig.name) || !is_word(page.sig.name), "{}", page.sig.name);
        }
        for word in
            ["dense", "dropout", "adam", "optimizer", "penalize", "source", "csv", "real", "param", "batch"]
        {
            assert!(knows(word), "{word}");
        }
        assert!(!knows("dens"));
        let sections = matches.iter().find(|what| what.contains("augment|net")).expect("sections");
        assert!(SECTIONS.iter().all(|section| sections.contains(section)), "{sections}");
    }
}
