//! Training in a session, and what is asked of the net that came of it.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use dropnet::internal::{
    data::Fields,
    diag::Diagnostic,
    lower::lower_train,
    model::Model,
    repl::Kept,
    run::{self, Ready, Request, RunDir, Which},
    runtime::{
        checkpoint::Checkpoint,
        store::Store,
        train::{self, Job, Options, Outcome as Trained, TrainError},
    },
};

use super::{commands::named, session::Session};
use crate::cli::{
    Cli, eval, interrupts,
    progress::{self, Lines},
    screen::Screen,
    source::{File, Sets, Source, hold},
    train::{diverged, failure, opened, unstarted, working},
    ui::{Exit, Failure, Ui},
};

/// Rows and units of a picture of masks.
const MASK_ROWS: usize = 12;
const MASK_UNITS: usize = 64;

/// A net that was trained: its folder, and what it was.
pub struct Run {
    pub dir: RunDir,
    source: String,
    sets: Vec<(String, String)>,
    seed: u64,
    pub(super) model: Model,
    pub(super) store: Store,
    epochs: u64,
}

static TRAINING: AtomicBool = AtomicBool::new(false);

fn stop() -> &'static Arc<AtomicU32> {
    static STOP: OnceLock<Arc<AtomicU32>> = OnceLock::new();
    STOP.get_or_init(Arc::default)
}

/// Ctrl-C stops training at the end of a step, and commands that look for it; a second one, or one where nothing is under way, ends the program and takes
/// the session's folder along.
pub fn watch_interrupts(folder: &Path) -> Result<(), Failure> {
    let folder = folder.to_path_buf();
    let handler = move || {
        let ends = match TRAINING.load(Ordering::SeqCst) {
            true => stop().swap(1, Ordering::SeqCst) == 0,
            false => interrupts::ends_command(),
        };
        if !ends {
            // Nobody can be told any more if it stays.
            let _ = std::fs::remove_dir_all(&folder);
            std::process::exit(Exit::Interrupted as i32);
        }
    };
    ctrlc::set_handler(handler).map_err(|e| Failure::data(format!("cannot watch for Ctrl-C: {e}")))
}

/// What `:train` and `:continue` take.
#[derive(Default)]
struct Wishes {
    epochs: Option<u64>,
    seed: Option<u64>,
    fresh: bool,
}

impl Wishes {
    fn read(rest: &str) -> Result<Self, Failure> {
        let mut wishes = Self::default();
        for word in rest.split_whitespace() {
            let number = |text: &str| {
                text.parse::<u64>().map_err(|_| Failure::usage(format!("`{text}` is no whole number")))
            };
            match word.split_once('=') {
                Some(("epochs", "0")) => return Err(Failure::usage("`epochs=0` trains nothing")),
                Some(("epochs", n)) => wishes.epochs = Some(number(n)?),
                Some(("seed", n)) => wishes.seed = Some(number(n)?),
                None if word == "fresh" => wishes.fresh = true,
                _ => {
                    return Err(Failure::usage(format!(
                        "`{word}` is not known here\nhelp: `:train epochs=5 seed=1 fresh`"
                    )));
                }
            }
        }
        Ok(wishes)
    }
}

impl Session {
    pub fn train(&mut self, rest: &str, ui: &mut Ui) -> Result<(), Failure> {
        let wishes = Wishes::read(rest)?;
        let (source, ready) = self.opened(ui)?;
        self.runs += 1;
        let out = self.folder.path().join(format!("run-{}", self.runs));
        let name = self.net.name();
        let request = self.request(&source, &name, &out, wishes.seed, false)?;
        let mut started = run::start(&request, &ready).map_err(|error| unstarted(error, ui))?;
        if let Some(run) = self.run.as_ref().filter(|_| !wishes.fresh) {
            let kept = Kept::between(&run.model, &ready.model);
            ui.data(&said(&kept))?;
            if !kept.kept.is_empty() {
                let graph = lower_train(&ready.model).graph;
                let store = kept.store(&run.store, Store::fresh(&ready.model, &graph, started.meta.seed));
                started.checkpoint = Some(Checkpoint::held(&graph, &store, started.meta.clone()));
            }
        }
        self.steps(&source, ready, started, wishes.epochs, ui)
    }

    pub fn go_on(&mut self, rest: &str, ui: &mut Ui) -> Result<(), Failure> {
        let wishes = Wishes::read(rest)?;
        if wishes.fresh || wishes.seed.is_some() {
            return Err(Failure::usage(
                "`:continue` takes `epochs=N` alone\nhelp: `:train fresh seed=1` begins anew",
            ));
        }
        let Some(run) = &self.run else { return Err(untrained()) };
        if run.source != self.net.buffer.text() || run.sets != self.net.sets {
            return Err(Failure::usage(
                "the net is another than the one that was trained\nhelp: `:train` trains it with the weights that fit; `:diff` shows the changes",
            ));
        }
        let (out, seed, epochs) = (run.dir.path().to_path_buf(), run.seed, run.epochs);
        let (source, ready) = self.opened(ui)?;
        let name = self.net.name();
        let request = self.request(&source, &name, &out, Some(seed), true)?;
        let started = run::start(&request, &ready).map_err(|error| unstarted(error, ui))?;
        let planned = planned(&ready);
        let to = match wishes.epochs {
            Some(more) => started.meta.progress.epoch + more,
            None if started.meta.progress.epoch < epochs => epochs,
            None => started.meta.progress.epoch + planned,
        };
        self.steps(&source, ready, started, Some(to), ui)
    }

    /// The net, whole and with its data.
    fn opened(&self, ui: &mut Ui) -> Result<(Source, Ready), Failure> {
        let (_, lacking) = self.net.check();
        if !lacking.is_empty() {
            let each: Vec<String> = lacking.iter().map(lack).collect();
            return Err(Failure::usage(format!("the net cannot be trained yet\n{}", each.join("\n"))));
        }
        let source =
            Source { name: self.net.name().display().to_string(), text: self.net.buffer.text().into() };
        let file = File { path: self.net.name(), sets: Sets { sets: self.net.sets.clone() } };
        let ready = opened(&file, &source, ui)?;
        Ok((source, ready))
    }

    fn request<'a>(
        &'a self,
        source: &'a Source,
        name: &'a Path,
        out: &'a Path,
        seed: Option<u64>,
        resume: bool,
    ) -> Result<Request<'a>, Failure> {
        let (source, sets) = (source.text.as_str(), self.net.sets.as_slice());
        Ok(Request { source, file: name, sets, seed, out: Some(out), resume, working: working()?, now: 0 })
    }

    fn steps(
        &mut self,
        source: &Source,
        ready: Ready,
        started: run::Started,
        epochs: Option<u64>,
        ui: &mut Ui,
    ) -> Result<(), Failure> {
        let (dir, seed) = (started.dir.clone(), started.meta.seed);
        let job = Job {
            model: &ready.model,
            dataset: &ready.dataset,
            dir: Some(dir.path()),
            meta: started.meta,
            peers: None,
        };
        let options = Options { threads: self.threads, epochs, figures: true };
        let mut screen = Screen {
            dir: &dir,
            events: None,
            json: false,
            seed: None,
            bars: true,
            ui,
            bar: None,
            pace: None,
            lines: Lines::new(),
            failure: None,
            unlogged: false,
        };
        stop().store(0, Ordering::SeqCst);
        TRAINING.store(true, Ordering::SeqCst);
        let result = train::train(job, started.checkpoint, &options, stop(), &mut screen);
        TRAINING.store(false, Ordering::SeqCst);
        screen.bar = None;
        let unwritten = screen.failure.take();
        match result {
            Ok(outcome) => finished(&outcome, ui)?,
            Err(TrainError::Interrupted { epoch, step }) => {
                ui.data(&format!(
                    "stopped in epoch {epoch} after {step} steps; `:continue` goes on from there\n"
                ))?;
            }
            Err(TrainError::Diverged { epoch, step }) => {
                let kept = match &self.run {
                    Some(_) => "the session keeps the net that was trained before",
                    None => "the session keeps no trained net",
                };
                return Err(diverged(epoch, step, kept, &ready));
            }
            Err(error) => return Err(unwritten.unwrap_or_else(|| failure(error, &dir, &ready, ui))),
        }
        let checkpoint = Checkpoint::read(&dir.last()).map_err(Failure::data)?;
        let store = checkpoint.store(&lower_train(&ready.model).graph).map_err(Failure::data)?;
        let planned = planned(&ready);
        self.run = Some(Run {
            dir,
            source: source.text.clone(),
            sets: self.net.sets.clone(),
            seed,
            model: ready.model,
            store,
            epochs: epochs.unwrap_or(planned),
        });
        self.net.reference = source.text.clone();
        unwritten.map_or(Ok(()), Err)
    }

    /// Runs a command of the program.
    pub fn command(&self, args: &[&str], ui: &mut Ui) -> Result<(), Failure> {
        let cli = Cli::read(["dropnet"].iter().chain(args)).map_err(|e| {
            let text = e.to_string();
            Failure::usage(text.strip_prefix("error: ").unwrap_or(&text).trim_end())
        })?;
        cli.command.run(ui).map(|_| ())
    }

    /// Runs a command on the net as it is.
    pub fn on_net(&self, command: &str, first: &[&str], rest: &str, ui: &mut Ui) -> Result<(), Failure> {
        let name = self.net.name();
        hold(&name, self.net.buffer.text());
        let path = name.display().to_string();
        let sets: Vec<String> = self.net.sets.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut args = vec![command, path.as_str()];
        sets.iter().for_each(|set| args.extend(["--set", set.as_str()]));
        args.extend(first);
        let rest = words(rest);
        args.extend(rest.iter().map(String::as_str));
        self.command(&args, ui)
    }

    /// Runs a command on the trained net.
    pub fn on_run(&self, command: &str, first: &[&str], rest: &str, ui: &mut Ui) -> Result<(), Failure> {
        let Some(run) = &self.run else { return Err(untrained()) };
        let path = run.dir.path().display().to_string();
        let mut args = vec![command, path.as_str()];
        args.extend(first);
        let rest = words(rest);
        args.extend(rest.iter().map(String::as_str));
        self.command(&args, ui)
    }

    pub fn predict(&self, rest: &str, ui: &mut Ui) -> Result<(), Failure> {
        let (row, more) = split_row(named(rest, "a row, a text in quotes or a file")?);
        self.on_row(row, &[], more, ui)
    }

    pub fn monte_carlo(&self, rest: &str, ui: &mut Ui) -> Result<(), Failure> {
        let Some((row, samples)) = rest.rsplit_once(char::is_whitespace) else {
            return Err(Failure::usage("a row and a number of samples are needed\nhelp: `:mc 0.1, 2.5 100`"));
        };
        self.on_row(row.trim(), &["--samples", samples], "", ui)
    }

    /// Predicts a row of numbers, or a file. What is said of a row names no file, since the user has named none.
    fn on_row(&self, row: &str, first: &[&str], more: &str, ui: &mut Ui) -> Result<(), Failure> {
        let input = self.input(row)?.display().to_string();
        ui.call((input != row).then(|| (input.clone(), "the row")));
        let args = [&["--input", input.as_str()], first].concat();
        let result = self.on_run("predict", &args, more, ui).map_err(|failure| match failure {
            Failure::PipeClosed => failure,
            failure => Failure::Reported(ui.fail(&failure)),
        });
        ui.call(None);
        result
    }

    pub fn masks(&self, rest: &str, ui: &mut Ui) -> Result<(), Failure> {
        let words: Vec<&str> = rest.split_whitespace().collect();
        let (site, step, row) = match words[..] {
            [site, step] => (site, step, "0"),
            [site, step, row] => (site, step, row),
            _ => {
                return Err(Failure::usage(
                    "a site and a step are needed\nhelp: `:masks dropout_1 0`; `:type` names the sites",
                ));
            }
        };
        self.on_run("subnet", &["--site", site, "--step", step, "--sample", row], "", ui)
    }

    /// What passes through the trained net with a row of the training part, one way or the other; the first word is the row.
    pub fn inspect(&self, what: &str, rest: &str, ui: &mut Ui) -> Result<(), Failure> {
        let (first, more) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        match first {
            "" => self.on_run("inspect", &[what], "", ui),
            flag if flag.starts_with('-') => self.on_run("inspect", &[what], rest, ui),
            row => self.on_run("inspect", &[what, "--row", row], more, ui),
        }
    }

    pub fn plot(&self, rest: &str, ui: &mut Ui) -> Result<(), Failure> {
        match rest.split_whitespace().collect::<Vec<_>>()[..] {
            [] => self.on_run("plot", &["--kind", "loss", "--text"], "", ui),
            ["masks"] => self.mask_rows("0", ui),
            ["masks", step] => self.mask_rows(step, ui),
            [kind] => self.on_run("plot", &["--kind", kind, "--text"], "", ui),
            [kind, file] => self.on_run("plot", &["--kind", kind, "--out", file], "", ui),
            _ => Err(Failure::usage(
                "what is to be drawn?\nhelp: `:plot loss`, `:plot masks 0`, or `:plot reliability FILE.svg`",
            )),
        }
    }

    /// The masks of the first rows of a step of training, a line a row.
    fn mask_rows(&self, step: &str, ui: &mut Ui) -> Result<(), Failure> {
        let Some(run) = &self.run else { return Err(untrained()) };
        let step = step.parse().map_err(|_| Failure::usage(format!("`{step}` is no number of a step")))?;
        let trained = run::Trained::read(run.dir.path(), Which::Last).map_err(Failure::data)?;
        let search = eval::search(run.dir.path());
        ui.data(&run::mask_rows(&trained, &search, step, MASK_ROWS, MASK_UNITS).map_err(Failure::data)?)
    }

    /// What the trained net goes on to say behind a text in quotes.
    pub fn sample(&self, rest: &str, ui: &mut Ui) -> Result<(), Failure> {
        match quoted(rest)? {
            Some((prompt, more)) => self.on_run("sample", &["--prompt", prompt], more, ui),
            None => self.on_run("sample", &[], rest, ui),
        }
    }

    /// A text in quotes as a file of the form that the trained net reads.
    fn text(&self, text: &str) -> Result<PathBuf, Failure> {
        let Some(run) = &self.run else { return Err(untrained()) };
        let trained = run::Trained::read(run.dir.path(), Which::Tested).map_err(Failure::data)?;
        let Fields::Text(rule) = &trained.checkpoint.meta.transform.fields else {
            return Err(Failure::usage("the net reads numbers, not texts\nhelp: `:predict 0.1, 2.5`"));
        };
        self.row("row.txt", &rule.line(text))
    }

    fn row(&self, name: &str, line: &str) -> Result<PathBuf, Failure> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, format!("{line}\n"))
            .map_err(|e| Failure::data(format!("cannot write {}: {e}", path.display())))?;
        Ok(path)
    }

    /// A row of numbers, or a text in quotes, as a file; a file as it is.
    fn input(&self, row: &str) -> Result<PathBuf, Failure> {
        if let Some((text, _)) = quoted(row)? {
            return self.text(text);
        }
        let is_number = |word: &str| word.trim().parse::<f64>().is_ok();
        if !row.split(',').all(is_number) {
            return Ok(PathBuf::from(row));
        }
        self.row("row.csv", &row.replace(' ', ""))
    }
}

/// A text in quotes and what follows it; none of what does not begin with one.
fn quoted(text: &str) -> Result<Option<(&str, &str)>, Failure> {
    let Some(inner) = text.trim_start().strip_prefix('"') else { return Ok(None) };
    match inner.rfind('"') {
        Some(end) => Ok(Some((&inner[..end], inner[end + 1..].trim()))),
        None => Err(Failure::usage("a text that begins with a quote ends with one")),
    }
}

/// Numbers and commas, or a text in quotes, then flags.
fn split_row(text: &str) -> (&str, &str) {
    if let Some(end) = text.rfind('"').filter(|end| text.starts_with('"') && *end > 0) {
        return (&text[..=end], text[end + 1..].trim());
    }
    match text.find("--") {
        Some(at) => (text[..at].trim(), &text[at..]),
        None => (text.trim(), ""),
    }
}

/// Words as a shell parts them; where a quote is not closed, what blanks part.
fn words(text: &str) -> Vec<String> {
    shell_words::split(text).unwrap_or_else(|_| text.split_whitespace().map(String::from).collect())
}

fn lack(d: &Diagnostic) -> String {
    let help = d.fixes.first().map_or(String::new(), |fix| format!(" (help: {})", fix.message));
    format!("  = {}{help}", d.message)
}

pub(super) fn untrained() -> Failure {
    Failure::usage("no net has been trained yet\nhelp: `:train`")
}

/// The epochs of the file, begun ones counted.
fn planned(ready: &Ready) -> u64 {
    let steps =
        ready.model.data.as_ref().map_or(1, |data| data.batch().updates(ready.dataset.train.rows())) as u64;
    ready.model.train.as_ref().map_or(1, |train| train.length.updates(steps).div_ceil(steps.max(1)))
}

fn said(kept: &Kept) -> String {
    let list = |names: &[String]| names.join(", ");
    match (&kept.kept[..], &kept.new[..]) {
        ([], _) => "  all weights start anew\n".into(),
        (kept, []) => format!("  weights kept: {}\n", list(kept)),
        (kept, new) => format!("  weights kept: {}; new: {}\n", list(kept), list(new)),
    }
}

fn finished(outcome: &Trained, ui: &mut Ui) -> Result<(), Failure> {
    if outcome.already_done {
        ui.data(&format!(
            "  all {} are done; `:continue epochs=5` trains on\n",
            progress::length(outcome.epochs, outcome.steps)
        ))?;
    }
    match &outcome.test {
        Some(test) => ui.data(&format!("test  {}\n", progress::figures(test))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn quotes_hold_blanks_together() {
        assert_eq!(
            words("--views 'flip horizontal; translate 1'  --json"),
            ["--views", "flip horizontal; translate 1", "--json"]
        );
        assert_eq!(words("a\"b c\"d ''"), ["ab cd", ""]);
        assert_eq!(words("it's so"), ["it's", "so"]);
        assert!(words("  ").is_empty());
    }
}
