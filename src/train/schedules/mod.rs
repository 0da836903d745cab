//! Schedules: `schedule WORD, ...`. A schedule answers the factor of the learning rate at an update, on the host.
//!
//! [`factor`] is what a driver calls: it puts the warm-up before the schedule and holds the value at the horizon from there on. The
//! schedule's own clock starts when the warm-up ends. Times in epochs become updates by the number of updates an epoch, rounded.

use std::cmp::Ordering;

use crate::{
    model::Use,
    vocab::{ArgSpec, Args, Default, Kind, Sig, Time, Unit, Value},
};

pub use super::Wrong;

pub trait Schedule: Sync {
    fn sig(&self) -> &'static Sig;

    /// Names of it in other libraries, each with what to write here.
    fn elsewhere(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// What the kinds of the arguments do not say; the text is what the argument must be.
    fn check(&self, _args: &Args) -> Result<(), Wrong> {
        Ok(())
    }

    /// The factor at this time, 1 being the optimizer's `lr`; warm-up and horizon are applied outside.
    fn factor(&self, args: &Args, at: &At) -> f64;

    /// For a schedule that looks at the figures of training: what the driver must watch.
    fn plateau(&self, _args: &Args) -> Option<Plateau> {
        None
    }
}

/// A moment of training. From the horizon on a schedule holds the value that it has there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct At {
    /// Updates done before this one, since the start of the run.
    pub update: u64,
    pub updates_per_epoch: u64,
    /// The horizon in updates: `over=`, or the length of the file; see [`horizon`].
    pub horizon: u64,
    /// What the plateau schedule has cut the rate by so far; 1 for the others.
    pub plateau: f64,
}

/// Linear growth of the rate before the schedule begins.
pub const WARMUP: ArgSpec = ArgSpec::named(
    "warmup",
    Kind::Quantity(&[Unit::Epochs, Unit::Steps]),
    Default::Absent,
    "time in which the rate grows linearly to its first value",
);
/// The schedule's length.
pub const OVER: ArgSpec = ArgSpec::named(
    "over",
    Kind::Quantity(&[Unit::Epochs, Unit::Steps]),
    Default::Absent,
    "time after which the rate is held, warm-up included; all epochs unless given",
);

crate::train::family! { Schedule: constant, cosine, exponential, inverse, linear, one_cycle, plateau, polynomial, restarts, step }

pub use plateau::{Plateau, PlateauState};

/// The factor of the learning rate at this time, with warm-up and horizon.
pub fn factor(schedule: &Use<dyn Schedule>, at: &At) -> f64 {
    // The horizon is a moment of its own: there a cosine is at its floor, which no update before has reached.
    let update = at.update.min(at.horizon);
    let warmup = optional(schedule, "warmup", at.updates_per_epoch).unwrap_or(0);
    let share = if update < warmup { (update + 1) as f64 / warmup as f64 } else { 1.0 };
    let own = At {
        update: update.saturating_sub(warmup),
        horizon: at.horizon.saturating_sub(warmup).max(1),
        ..*at
    };
    share * schedule.word.factor(&schedule.args, &own)
}

/// The horizon in updates: `over=` of the schedule, or the length of the file.
pub fn horizon(schedule: &Use<dyn Schedule>, length: Time, updates_per_epoch: u64) -> u64 {
    optional(schedule, "over", updates_per_epoch).unwrap_or_else(|| length.updates(updates_per_epoch))
}

/// Times that leave nothing of a schedule, or of the rate it warms up to. Times of different units can be held against each other only
/// where it is known how many updates an epoch has.
///
/// # Errors
/// The argument, and what it must be.
pub fn check_times(
    schedule: &Use<dyn Schedule>,
    length: Time,
    updates_per_epoch: Option<u64>,
) -> Result<(), Wrong> {
    let args = &schedule.args;
    let time = |name: &str| args.sig.arg(name).and_then(|_| Time::of(args, name));
    let against = |a: Time, b: Time| a.compare(b, updates_per_epoch);
    let over = time("over");
    if over.is_some_and(|over| over.0 <= 0.0) {
        return Err(("over", "must be longer than nothing".into()));
    }
    if let Some(warmup) = time("warmup") {
        // What changes the rate behind the warm-up needs time for it.
        let changes = args.sig.arg("over").is_some();
        for (end, what) in over.map(|over| (over, "`over`")).into_iter().chain([(length, "training")]) {
            match against(warmup, end) {
                Some(Ordering::Greater) => {
                    return Err((
                        "warmup",
                        format!("must end before {what} does ({end}): the rate never comes to `lr`"),
                    ));
                }
                Some(Ordering::Equal) if changes => {
                    return Err((
                        "warmup",
                        format!("must end before {what} does ({end}): nothing is left of the schedule"),
                    ));
                }
                _ => {}
            }
        }
    }
    let ends = over.map(|over| (over, "`over`")).into_iter().chain([(length, "training")]);
    for (end, what) in ends.filter(|_| schedule.args.sig.arg("first").is_some()) {
        let first = time("first").filter(|first| against(*first, end) != Some(Ordering::Less));
        if first.is_some_and(|first| against(first, end).is_some()) {
            return Err((
                "first",
                format!("must be shorter than {what} ({end}): nothing starts anew; `cosine` falls once"),
            ));
        }
    }
    let first_cut = time("after").or(time("every"));
    match (first_cut, over) {
        (Some(first), Some(over)) if against(first, over) == Some(Ordering::Greater) => {
            Err(("over", format!("ends the cuts before the first ({first})")))
        }
        _ => Ok(()),
    }
}

/// A time that not every schedule takes, in updates.
fn optional(schedule: &Use<dyn Schedule>, name: &str, updates_per_epoch: u64) -> Option<u64> {
    schedule.args.sig.arg(name).and_then(|_| updates(&schedule.args, name, updates_per_epoch))
}

/// A time argument in updates; `None` if it was left out.
fn updates(args: &Args, name: &str, updates_per_epoch: u64) -> Option<u64> {
    Time::of(args, name).map(|time| time.updates(updates_per_epoch))
}

/// A time that must not be zero: something happens each time it has passed.
fn not_zero(args: &Args, name: &'static str) -> Result<(), Wrong> {
    match args.get(name).map(|given| &given.value) {
        Some(Value::Quantity(n, _)) if *n <= 0.0 => Err((name, "must be longer than nothing".into())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
