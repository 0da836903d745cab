//! How training looks: a bar that is overwritten while an epoch runs, and one line when it is done.

use std::{
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
use indicatif::{ProgressBar, ProgressStyle};

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
    pub fn start(epoch: u64, epochs: u64, steps: u64, done: Arc<AtomicU64>) -> Self {
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
                bar.set_message(format!("{:.1} ms/step", begun.elapsed().as_secs_f64() * 1e3 / here as f64));
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
    let style = ProgressStyle::with_template("{prefix} {bar:28} {pos}/{len}  {msg}  eta {eta_precise}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━╸ ");
    ProgressBar::new(steps).with_style(style).with_prefix(format!("epoch {epoch:>width$}/{epochs}"))
}

/// `epoch  3/100   5.2s  loss 0.7398  accuracy 0.932  | valid loss 0.6021  accuracy 0.971 ↑best  lr 0.0994`
pub fn epoch_line(report: &EpochReport) -> String {
    let width = report.epochs.to_string().len();
    let mut line =
        format!("epoch {:>width$}/{}  {:>6}", report.epoch, report.epochs, seconds(report.seconds));
    line += &format!("  {}", figures(&report.train));
    if let Some(valid) = &report.valid {
        line += &format!("  | valid {}", figures(valid));
    }
    if report.best {
        line += " ↑best";
    }
    line + &format!("  lr {}", number(report.lr))
}

/// `3 epochs`, `2 epochs and 17 steps`
pub fn length(epochs: u64, steps: u64) -> String {
    let steps = if steps > 0 { format!(" and {steps} steps") } else { String::new() };
    format!("{epochs} epochs{steps}")
}

/// `loss 0.7398  accuracy 0.932`; the objective is for `--json` alone.
pub fn figures(figures: &Figures) -> String {
    let shown = figures.0.iter().filter(|(name, _)| name != "objective");
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

/// `12ms`, `5.2s`, `2m05s`
pub fn seconds(s: f64) -> String {
    match s {
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
            lr: 0.0994009,
            best: true,
        };
        insta::assert_snapshot!(epoch_line(&report), @"epoch   3/100    5.2s  loss 0.7398  accuracy 0.9320  | valid loss 0.6021  accuracy 0.9710 ↑best  lr 0.0994");
    }

    #[test]
    fn figures_and_times_are_short() {
        let shown: Vec<String> =
            [-0.0, 0.00012345, 0.5, 9.5, 53.21987, 3021.4, 1e7, f64::NAN].map(figure).to_vec();
        assert_eq!(shown.join(" "), "0.0000 1.23e-4 0.5000 9.5000 53.22 3021 1.000e7 NaN");
        assert_eq!([0.0123, 5.24, 125.0].map(seconds).join(" "), "12ms 5.2s 2m05s");
        // One column of a schedule.
        let rates = [0.94, 0.775, 0.55, 0.325, 0.0994009, 1e-5].map(number);
        assert_eq!(rates.join(" "), "0.94 0.775 0.55 0.325 0.0994 1e-5");
    }
}
