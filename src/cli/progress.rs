//! How training looks: a bar that is overwritten while an epoch runs, and one line when it is done.

use std::{
    fmt::Display,
    io::IsTerminal,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use dropnet::internal::{
    model::summary::number,
    run::{Stage, Watch},
    runtime::{figures::Figures, train::EpochReport},
};
use indicatif::{FormattedDuration, ProgressBar, ProgressStyle};

/// What is minimised: for `--json` alone.
const OBJECTIVE: &str = "objective";
/// A bar is drawn only for epochs that last longer than this, and so often.
const TICK: Duration = Duration::from_millis(100);

/// Whether bars can be seen at all.
pub fn visible() -> bool {
    std::io::stderr().is_terminal()
}

/// The bar of one epoch, moved by a thread of its own until it is dropped.
pub struct Bar {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Bar {
    pub fn start(epoch: u64, epochs: u64, steps: u64, done: Arc<AtomicU64>, run: Pace) -> Self {
        let begun = Instant::now();
        let first = done.load(Ordering::Relaxed);
        let mut bar: Option<ProgressBar> = None;
        Self::ticking(move |over| {
            if over {
                return bar.iter().for_each(ProgressBar::finish_and_clear);
            }
            let done = done.load(Ordering::Relaxed);
            let bar = bar.get_or_insert_with(|| styled(epoch, epochs, steps));
            let here = done.saturating_sub(first);
            if here > 0 {
                let left = (epochs - epoch) * steps + steps.saturating_sub(done);
                let left = run.left((epoch - 1) * steps + done, left);
                let step = begun.elapsed().as_secs_f64() * 1e3 / here as f64;
                bar.set_message(format!("{step:.1} ms/step  all done in {}", clock(left)));
            }
            bar.set_position(done);
        })
    }

    /// A bar for each stage of long work.
    pub fn of(watch: Arc<Watch>) -> Self {
        let mut shown: Option<(Stage, ProgressBar)> = None;
        Self::ticking(move |over| {
            let (stage, done) = watch.far();
            if over || shown.as_ref().is_some_and(|(shown, _)| *shown != stage) {
                shown.take().iter().for_each(|(_, bar)| bar.finish_and_clear());
            }
            if !over && stage.parts > 0 {
                shown.get_or_insert_with(|| (stage, staged(stage))).1.set_position(done);
            }
        })
    }

    /// Calls `tick` again and again, and with true once it is over.
    fn ticking(mut tick: impl FnMut(bool) + Send + 'static) -> Self {
        let (stop, stopped) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(TICK) {
                tick(false);
            }
            tick(true);
        });
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn staged(stage: Stage) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} {bar:28} {pos}/{len}  eta {eta_precise}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸ ");
    ProgressBar::new(stage.parts).with_style(style).with_prefix(stage.what)
}

fn styled(epoch: u64, epochs: u64, steps: u64) -> ProgressBar {
    let width = epochs.to_string().len();
    let style = ProgressStyle::with_template("{prefix} {bar:24} {pos}/{len}  {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸ ");
    ProgressBar::new(steps).with_style(style).with_prefix(format!("epoch {epoch:>width$}/{epochs}"))
}

/// How fast a run goes that is at work, evaluation and all.
#[derive(Clone, Copy)]
pub struct Pace {
    begun: Instant,
    /// Steps of all epochs that were done then.
    first: u64,
}

impl Pace {
    pub fn from(first: u64) -> Self {
        Self { begun: Instant::now(), first }
    }

    /// Whether hardly any time has passed.
    pub fn is_new(self) -> bool {
        self.begun.elapsed() < Duration::from_millis(20)
    }

    /// How long so many steps will take, of which `done` are done.
    pub fn left(self, done: u64, left: u64) -> Duration {
        let each = self.begun.elapsed().as_secs_f64() / done.saturating_sub(self.first).max(1) as f64;
        Duration::try_from_secs_f64(each * left as f64).unwrap_or(Duration::MAX)
    }
}

/// `00:12:30`
pub fn clock(time: Duration) -> impl Display {
    FormattedDuration(time)
}

/// Lines of finished epochs, which fit a terminal of 80 columns: figures are named once, the learning rate stands where it has changed, and what is too wide goes on below.
#[derive(Default)]
pub struct Lines {
    /// Columns of the terminal; none elsewhere, where an epoch is one line whatever its width.
    columns: Option<usize>,
    lr: Option<f64>,
}

impl Lines {
    pub fn new() -> Self {
        let size = terminal_size::terminal_size_of(std::io::stdout());
        Self { columns: size.map(|(columns, _)| columns.0.into()), lr: None }
    }

    /// `epoch  3/100   5.2s  loss 0.7398  accuracy 0.9320 | valid 0.6021  0.9710 ↑best  lr 0.0994`
    pub fn of(&mut self, report: &EpochReport) -> String {
        let width = report.epochs.to_string().len();
        let head = format!("epoch {:>width$}/{} {:>6}", report.epoch, report.epochs, seconds(report.seconds));
        let train = format!("  {}", figures(&report.train));
        let others = [("judged", &report.judged), ("valid", &report.valid)];
        let others = others.iter().filter_map(|(part, found)| Some((part, found.as_ref()?)));
        let mut rest: String =
            others.map(|(part, found)| format!(" | {part} {}", beside(&report.train, found))).collect();
        if report.best {
            rest += " ↑best";
        }
        if self.lr.replace(report.lr) != Some(report.lr) {
            rest += &format!("  lr {}", number(report.lr));
        }
        let whole = (head.len() + train.len() + rest.chars().count()) as u64;
        match self.columns.is_some_and(|columns| whole > columns as u64) {
            true => format!("{head}{train}\n{:1$}{rest}", "", head.len() + 1),
            false => head + &train + &rest,
        }
    }
}

/// Figures of another part: without names where those stand before them.
fn beside(train: &Figures, other: &Figures) -> String {
    let named = |figures: &Figures| -> Vec<String> {
        figures.0.iter().map(|(name, _)| name.clone()).filter(|name| name != OBJECTIVE).collect()
    };
    match named(train) == named(other) {
        true => other.0.iter().map(|(_, value)| figure(*value)).collect::<Vec<_>>().join("  "),
        false => figures(other),
    }
}

/// `3 epochs`, `2 epochs and 17 steps`
pub fn length(epochs: u64, steps: u64) -> String {
    let steps = if steps > 0 { format!(" and {steps} steps") } else { String::new() };
    format!("{epochs} epochs{steps}")
}

/// `loss 0.7398  accuracy 0.932`; the objective is for `--json` alone.
pub fn figures(figures: &Figures) -> String {
    let shown = figures.0.iter().filter(|(name, _)| name != OBJECTIVE);
    let shown: Vec<String> = shown.map(|(name, value)| format!("{name} {}", figure(*value))).collect();
    shown.join("  ")
}

/// Four decimals up to ten, else four digits.
pub fn figure(x: f64) -> String {
    // Zero has no sign.
    let x = x + 0.0;
    match x.abs() {
        a if !a.is_finite() => x.to_string(),
        a if a > 0.0 && a < 1e-3 => format!("{x:.2e}"),
        a if a < 10.0 => format!("{x:.4}"),
        a if a < 1e5 => format!("{x:.*}", (3 - a.log10().floor() as i32).max(0) as usize),
        _ => format!("{x:.3e}"),
    }
}

/// `340us`, `12ms`, `5.2s`, `2m05s`
pub fn seconds(s: f64) -> String {
    match s {
        s if s < 9.995e-4 => format!("{:.0}us", s * 1e6),
        s if s < 1.0 => format!("{:.0}ms", s * 1e3),
        s if s < 60.0 => format!("{s:.1}s"),
        s => format!("{:.0}m{:02.0}s", (s / 60.0).floor(), (s % 60.0).floor()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_one_line() {
        let report = EpochReport {
            epoch: 3,
            epochs: 100,
            seconds: 5.2,
            steps: 430,
            train: Figures(vec![
                ("loss".into(), 0.73984),
                ("objective".into(), 0.8),
                ("accuracy".into(), 0.932),
            ]),
            valid: Some(Figures(vec![("loss".into(), 0.6021), ("accuracy".into(), 0.971)])),
            judged: None,
            lr: 0.0994009,
            best: true,
        };
        let mut lines = Lines::default();
        insta::assert_snapshot!(lines.of(&report), @"epoch   3/100   5.2s  loss 0.7398  accuracy 0.9320 | valid 0.6021  0.9710 ↑best  lr 0.0994");
        // The rate is not said again while it stays, and then 80 columns hold the line.
        let next = EpochReport { epoch: 4, ..report };
        let line = lines.of(&next);
        insta::assert_snapshot!(line, @"epoch   4/100   5.2s  loss 0.7398  accuracy 0.9320 | valid 0.6021  0.9710 ↑best");
        assert!(line.chars().count() <= 80, "{line}");
    }

    /// What a terminal has no room for stands below the figures of training; names stand again where they are others.
    #[test]
    fn wide_lines_go_on_below() {
        let figures = |names: &[&str]| Figures(names.iter().map(|name| (name.to_string(), 0.5)).collect());
        let report = EpochReport {
            epoch: 1,
            epochs: 9,
            seconds: 3.4e-4,
            steps: 4,
            train: figures(&["loss", "objective", "rmse", "mae"]),
            valid: Some(figures(&["loss", "rmse"])),
            judged: Some(figures(&["loss", "rmse", "mae"])),
            lr: 0.01,
            best: false,
        };
        let mut lines = Lines { columns: Some(80), lr: Some(0.01) };
        assert_eq!(
            lines.of(&report),
            "epoch 1/9  340us  loss 0.5000  rmse 0.5000  mae 0.5000\n                  | judged 0.5000  0.5000  0.5000 | valid loss 0.5000  rmse 0.5000"
        );
        assert!(!Lines { columns: None, ..lines }.of(&report).contains('\n'));
    }

    #[test]
    fn figures_and_times_are_short() {
        let shown: Vec<String> =
            [-0.0, 0.00012345, 0.5, 9.5, 53.21987, 3021.4, 1e7, f64::NAN].map(figure).to_vec();
        assert_eq!(shown.join(" "), "0.0000 1.23e-4 0.5000 9.5000 53.22 3021 1.000e7 NaN");
        assert_eq!([3.4e-4, 0.0123, 5.24, 125.0].map(seconds).join(" "), "340us 12ms 5.2s 2m05s");
        // One column of a schedule.
        let rates = [0.94, 0.775, 0.55, 0.325, 0.0994009, 1e-5].map(number);
        assert_eq!(rates.join(" "), "0.94 0.775 0.55 0.325 0.0994 1e-5");
    }
}
