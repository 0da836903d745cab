//! Translators are short scripts of the shell.

use std::cell::RefCell;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::*;

/// What a test asks of translators: commands, lines, where answers are kept.
struct Try<'a> {
    folder: Option<&'a std::path::Path>,
    limit: f64,
    stop: AtomicU32,
    told: RefCell<Vec<String>>,
}

impl<'a> Try<'a> {
    fn kept(folder: Option<&'a std::path::Path>) -> Self {
        Self { folder, limit: 60.0, stop: AtomicU32::new(0), told: RefCell::default() }
    }

    fn translate(
        &self,
        forth: &str,
        back: &str,
        lines: &[&str],
    ) -> Result<Option<FxHashMap<String, String>>, DataError> {
        let lines: Vec<String> = lines.iter().map(|line| line.to_string()).collect();
        let tell = |said: &str| self.told.borrow_mut().push(said.to_owned());
        let calls = Calls {
            limit: Duration::from_secs_f64(self.limit),
            folder: self.folder.map(Into::into),
            stop: &self.stop,
            tell: &tell,
        };
        let route = Route::Commands { forth: forth.into(), back: back.into() };
        route.there_and_back(&lines, &calls)
    }

    fn fails(&self, forth: &str, lines: &[&str]) -> String {
        self.translate(forth, "cat", lines).expect_err("a fault").to_string()
    }
}

#[test]
fn lines_go_there_and_back() {
    let all = Try::kept(None);
    let found = all.translate("tr a-z A-Z", "sed s/O/0/g", &["to do", "it"]).unwrap().unwrap();
    assert_eq!((found["to do"].as_str(), found["it"].as_str(), found.len()), ("T0 D0", "IT", 2));
    // An empty answer is none, and is not sent back; white space is squeezed.
    let found =
        all.translate("sed 's/^it$//; s/ /\\t /'", "sed 's/^$/empty/'", &["to do", "it"]).unwrap().unwrap();
    assert_eq!((found["to do"].as_str(), found["it"].as_str()), ("to do", ""));
    assert!(all.translate("false", "false", &[]).unwrap().unwrap().is_empty(), "nobody is asked for nothing");
}

/// More text than pipes hold, whoever reads first.
#[test]
fn long_texts_pass() {
    let lines: Vec<String> =
        (0..12_345).map(|i| format!("{i} {}", "word ".repeat(20)).trim_end().to_owned()).collect();
    let borrowed: Vec<&str> = lines.iter().map(String::as_str).collect();
    let all = Try::kept(None);
    let found = all.translate("cat", "sort -n", &borrowed).unwrap().unwrap();
    assert!(lines.iter().all(|line| found[line] == *line) && found.len() == lines.len());
}

#[test]
fn what_was_translated_is_kept_and_asked_once() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let forth = format!("tee -a {} | tr a-z A-Z", log.display());
    let cache = folder.path().join("kept");
    let all = Try::kept(Some(&cache));
    all.translate(&forth, "cat", &["b", "a", "b"]).unwrap();
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "b\na\n");
    let again = Try::kept(Some(&cache));
    let found = again.translate(&forth, "cat", &["a", "c", "b"]).unwrap().unwrap();
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "b\na\nc\n", "what is known is not asked");
    assert_eq!((found["a"].as_str(), found["c"].as_str()), ("A", "C"));
    assert_eq!(again.told.borrow().len(), 2, "{:?}", again.told);
    let third = Try::kept(Some(&cache));
    third.translate(&forth, "cat", &["a", "c", "b"]).unwrap();
    assert!(third.told.borrow().is_empty());
    // Another command knows nothing of it.
    all.translate("tr a-z B-ZA", "cat", &["a"]).unwrap();
    assert_eq!(std::fs::read_dir(&cache).unwrap().count(), 3);
    let text = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap();
    let files = std::fs::read_dir(&cache).unwrap().map(|entry| text(entry.unwrap().path()));
    assert!(
        files.into_iter().all(|text| text.starts_with("dropnet translations 1\t") && text.ends_with('\n'))
    );
}

/// Another program under the same name is another version.
#[test]
fn a_changed_program_is_asked_again() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("translate.sh");
    let forth = format!("sh {}", script.display());
    let cache = folder.path().join("kept");
    for (text, expected) in [("tr a b", "b"), ("tr a xyz", "x")] {
        std::fs::write(&script, text).unwrap();
        let found = Try::kept(Some(&cache)).translate(&forth, "cat", &["a"]).unwrap().unwrap();
        assert_eq!(found["a"], expected);
    }
}

#[test]
fn a_file_that_is_broken_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let all = Try::kept(Some(folder.path()));
    all.translate("tr a-z A-Z", "cat", &["a", "b"]).unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replacen("dropnet", "other", 1)).unwrap();
    }
    let found = all.translate("tr a-z A-Z", "cat", &["a"]).unwrap().unwrap();
    assert_eq!(found["a"], "A");
}

/// Nothing of a call that went wrong is kept, and all of those before.
#[test]
fn what_was_done_stays_done() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("kept");
    let all = Try::kept(Some(&cache));
    let lines: Vec<String> = (0..CALL + 5).map(|i| format!("w{i}")).collect();
    let borrowed: Vec<&str> = lines.iter().map(String::as_str).collect();
    // It loses a line of the second call.
    let forth = format!("grep -v '^w{}$'", CALL + 2);
    let error = all.fails(&forth, &borrowed);
    assert!(error.contains("E0563") && error.contains("answered 4 of 5 lines"), "{error}");
    assert!(error.contains("one line for each"), "{error}");
    all.told.borrow_mut().clear();
    all.fails(&forth, &borrowed);
    assert!(all.told.borrow()[0].starts_with("5 lines"), "{:?}", all.told);
}

#[test]
fn translators_that_do_not_keep_the_contract() {
    let all = Try::kept(None);
    let lines = ["a", "b", "c"];
    let error = all.fails("head -n 2", &lines);
    assert!(error.contains("`head -n 2` answered 2 of 3 lines"), "{error}");
    let error = all.fails("sed p", &lines);
    assert!(error.contains("answered more than 3 lines"), "{error}");
    let error = all.fails("cat; echo wrong model >&2; exit 3", &lines);
    assert!(
        error.contains("E0563") && error.contains("exit status: 3") && error.contains("it said: wrong model"),
        "{error}"
    );
    let error = all.fails("printf 'a\\n\\377\\nc\\n'", &lines);
    assert!(error.contains("line 2") && error.contains("no UTF-8"), "{error}");
    let error = all.fails("head -c 1100000 /dev/zero | tr '\\0' x", &["a"]);
    assert!(error.contains("line 1") && error.contains("longer than 1048576 bytes"), "{error}");
    let error = all.fails("no-such-translator --fast", &lines);
    assert!(error.contains("E0562") && error.contains("`no-such-translator --fast` is not found"), "{error}");
}

/// A program that hangs is ended with all that it has started, within its time.
#[test]
fn a_translator_that_hangs_is_ended() {
    let all = Try { limit: 0.3, ..Try::kept(None) };
    let started = Instant::now();
    let error = all.fails("cat | sleep 300 | cat", &["a", "b"]);
    assert!(error.contains("E0563") && error.contains("has not ended after 0.3 s with 2 lines"), "{error}");
    assert!(error.contains("time_limit"), "{error}");
    let stopped = Try::kept(None);
    stopped.stop.store(1, Ordering::Relaxed);
    assert!(stopped.translate("sleep 300", "cat", &["a"]).unwrap().is_none());
    assert!(started.elapsed().as_secs() < 60);
}

#[test]
fn the_real_translator_answers_line_by_line() {
    if std::process::Command::new("apertium").arg("-V").output().is_err() {
        println!("skipped: Apertium is not installed");
        let error = Route::Apertium("spa".into()).directions().unwrap_err().to_string();
        assert!(error.contains("apt-get install apertium apertium-eng-spa"), "{error}");
        return;
    }
    let error = Route::Apertium("xyz".into()).directions().unwrap_err().to_string();
    assert!(error.contains("no translation eng-xyz") && error.contains("apertium-eng-xyz"), "{error}");
    let Ok([forth, _]) = Route::Apertium("spa".into()).directions() else {
        println!("skipped: the pair with Spanish is not installed");
        return;
    };
    assert!(
        forth.command.ends_with("apertium -u -f line eng-spa")
            && forth.version.contains("eng-spa.automorf.bin"),
        "{forth:?}"
    );
    let lines = ["the house is not big .".to_owned(), "a good film".to_owned()];
    let (stop, limit) = (AtomicU32::new(0), Duration::from_secs(60));
    let calls = Calls { limit, folder: None, stop: &stop, tell: &|_| () };
    let found = Route::Apertium("spa".into()).there_and_back(&lines, &calls).unwrap().unwrap();
    assert!(found["a good film"].to_lowercase().contains("film"), "{found:?}");
    assert!(found["the house is not big ."].ends_with('.'), "{found:?}");
}
