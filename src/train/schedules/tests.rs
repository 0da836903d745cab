//! Schedules against numbers worked out by hand.

use super::*;
use crate::{diag::Span, vocab::Given};

const NAN: f64 = f64::NAN;

fn used(name: &str, given: &[(&'static str, Value)]) -> Use<dyn Schedule> {
    let word = find(name).expect("a schedule");
    let given = given.iter().map(|(name, value)| Given {
        name,
        value: value.clone(),
        span: Span::default(),
        written: true,
    });
    Use { word, args: Args::new(word.sig(), Span::default(), given.collect()) }
}

fn epochs(n: f64) -> Value {
    Value::Quantity(n, Unit::Epochs)
}

fn steps(n: f64) -> Value {
    Value::Quantity(n, Unit::Steps)
}

/// Factors at these updates of a run of 10 epochs of 4 updates.
fn factors(schedule: &Use<dyn Schedule>, at: &[u64]) -> Vec<f64> {
    let horizon = horizon(schedule, Time(10.0, Unit::Epochs), 4);
    at.iter()
        .map(|&update| factor(schedule, &At { update, updates_per_epoch: 4, horizon, plateau: 1.0 }))
        .collect()
}

fn close(found: &[f64], expected: &[f64]) {
    let near = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-12;
    assert!(found.len() == expected.len() && found.iter().zip(expected).all(near), "{found:?} {expected:?}");
}

#[test]
fn constant_grows_linearly_and_stays() {
    close(&factors(&used("constant", &[]), &[0, 17, 100]), &[1.0, 1.0, 1.0]);
    let warm = used("constant", &[("warmup", steps(4.0))]);
    close(&factors(&warm, &[0, 1, 2, 3, 4, 39, 50]), &[0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0]);
}

#[test]
fn cosine_falls_by_half_a_wave_and_holds() {
    let plain = used("cosine", &[]);
    // (1 + cos(pi t / 40)) / 2
    close(&factors(&plain, &[0, 10, 20, 30]), &[1.0, 0.853_553_390_593_273_8, 0.5, 0.146_446_609_406_726_24]);
    let last = 0.5 * (1.0 + (std::f64::consts::PI * 39.0 / 40.0).cos());
    close(&factors(&plain, &[39, 40, 400]), &[last, 0.0, 0.0]);
    let floored = used("cosine", &[("floor", Value::Number(0.2))]);
    close(&factors(&floored, &[0, 20]), &[1.0, 0.6]);
    // The floor is the factor from the first update after the end on, to the bit.
    assert_eq!(factors(&floored, &[40, 41, 400]), [0.2, 0.2, 0.2]);
}

#[test]
fn a_warm_up_delays_the_cosine_and_over_shortens_it() {
    let warm = used("cosine", &[("warmup", epochs(2.0))]);
    close(&factors(&warm, &[0, 7, 8, 24]), &[0.125, 1.0, 1.0, 0.5]);
    let short = used("cosine", &[("over", steps(8.0))]);
    let last = 0.5 * (1.0 + (std::f64::consts::PI * 7.0 / 8.0).cos());
    close(&factors(&short, &[0, 4, 7, 8, 39]), &[1.0, 0.5, last, 0.0, 0.0]);
    let one = used("cosine", &[("over", steps(1.0)), ("floor", Value::Number(0.1))]);
    close(&factors(&one, &[0, 1, 2]), &[1.0, 0.1, 0.1]);
    let both = used("cosine", &[("warmup", steps(4.0)), ("over", steps(8.0)), ("floor", Value::Number(0.1))]);
    close(&factors(&both, &[3, 4, 6, 8, 9]), &[1.0, 1.0, 0.55, 0.1, 0.1]);
}

#[test]
fn polynomial_is_a_power_of_what_is_left() {
    let squared = used("polynomial", &[("power", Value::Number(2.0))]);
    close(&factors(&squared, &[0, 10, 20, 39, 40, 90]), &[1.0, 0.5625, 0.25, 0.000_625, 0.0, 0.0]);
    let floored = used("polynomial", &[("power", Value::Number(1.0)), ("floor", Value::Number(0.2))]);
    close(&factors(&floored, &[0, 20, 40]), &[1.0, 0.6, 0.2]);
}

#[test]
fn restarts_begin_at_the_top_of_longer_and_lower_cycles() {
    let even = used("restarts", &[("first", epochs(2.0))]);
    // (1 + cos(pi t / 8)) / 2
    close(&factors(&even, &[0, 4, 8, 12, 16, 36]), &[1.0, 0.5, 1.0, 0.5, 1.0, 0.5]);
    let given = [("first", steps(4.0)), ("times", Value::Number(2.0)), ("peak", Value::Number(0.5))];
    // Cycles of 4, 8 and 16 updates.
    close(
        &factors(&used("restarts", &given), &[0, 2, 4, 8, 12, 20, 28]),
        &[1.0, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125],
    );
    let floored = used(
        "restarts",
        &[("first", steps(4.0)), ("peak", Value::Number(0.1)), ("floor", Value::Number(0.3))],
    );
    close(&factors(&floored, &[2, 4, 6, 8]), &[0.65, 0.3, 0.3, 0.3]);
}

#[test]
fn a_first_cycle_as_long_as_training_is_no_restart() {
    let at = |first| check_times(&used("restarts", &[("first", first)]), Time(10.0, Unit::Epochs), Some(4));
    assert!(at(epochs(10.0)).is_err() && at(steps(40.0)).is_err() && at(steps(39.0)).is_ok());
}

#[test]
fn exponential_multiplies_after_each_epoch() {
    let schedule = used("exponential", &[("rate", Value::Number(0.5))]);
    close(&factors(&schedule, &[0, 3, 4, 7, 8]), &[1.0, 1.0, 0.5, 0.5, 0.25]);
    // Held at the value after ten epochs.
    close(&factors(&schedule, &[39, 40, 80]), &[0.001_953_125, 0.000_976_562_5, 0.000_976_562_5]);
    let over = used("exponential", &[("rate", Value::Number(0.5)), ("over", epochs(2.0))]);
    close(&factors(&over, &[4, 7, 8, 12, 20]), &[0.5, 0.5, 0.25, 0.25, 0.25]);
}

#[test]
fn step_cuts_every_so_often() {
    let every = used("step", &[("rate", Value::Number(0.1)), ("every", epochs(3.0))]);
    close(&factors(&every, &[0, 11, 12, 23, 24]), &[1.0, 1.0, 0.1, 0.1, 0.01]);
    let after = used("step", &[("rate", Value::Number(0.5)), ("after", epochs(2.0))]);
    close(&factors(&after, &[7, 8, 11, 12, 16]), &[1.0, 0.5, 0.5, 0.25, 0.125]);
    let both = [("rate", Value::Number(0.5)), ("after", steps(2.0)), ("every", steps(5.0))];
    close(&factors(&used("step", &both), &[1, 2, 6, 7]), &[1.0, 0.5, 0.5, 0.25]);
    let over = [("rate", Value::Number(0.5)), ("every", epochs(2.0)), ("over", epochs(4.0))];
    close(&factors(&used("step", &over), &[15, 16, 24, 40]), &[0.5, 0.25, 0.25, 0.25]);
}

#[test]
fn linear_falls_along_a_line() {
    close(&factors(&used("linear", &[]), &[0, 10, 20, 39, 40, 99]), &[1.0, 0.75, 0.5, 0.025, 0.0, 0.0]);
    let warm = [("warmup", steps(4.0)), ("floor", Value::Number(0.1)), ("over", steps(24.0))];
    close(&factors(&used("linear", &warm), &[0, 3, 4, 14, 24, 30]), &[0.25, 1.0, 1.0, 0.55, 0.1, 0.1]);
    assert_eq!(factors(&used("linear", &warm), &[24, 99]), [0.1, 0.1]);
}

#[test]
fn inverse_falls_as_one_over_the_time() {
    let plain = used("inverse", &[("period", epochs(2.0))]);
    close(&factors(&plain, &[0, 8, 16, 24, 40, 80]), &[1.0, 0.5, 1.0 / 3.0, 0.25, 1.0 / 6.0, 1.0 / 6.0]);
    // The transformer's: u / 4 up to 4, from there on the root of 4 / u, u from 1.
    let root = [("period", steps(4.0)), ("warmup", steps(4.0)), ("power", Value::Number(0.5))];
    close(&factors(&used("inverse", &root), &[0, 3, 4, 16, 36]), &[0.25, 1.0, 1.0, 0.5, 1.0 / 3.0]);
    let never = used("inverse", &[("period", steps(0.0))]);
    assert_eq!(never.word.check(&never.args).map_err(|e| e.0), Err("period"));
}

/// The factors of PyTorch's `OneCycleLR` whose peak is at step 10 and whose last step is 40.
#[test]
fn one_cycle_rises_and_falls() {
    let quarter = |end: f64, turn: f64| end + (1.0 - end) * 0.5 * (1.0 + (std::f64::consts::PI * turn).cos());
    let plain = used("one_cycle", &[("peak", Value::Number(0.25))]);
    let expected =
        [0.04, quarter(0.04, 0.5), 1.0, quarter(4e-6, 1.0 / 3.0), quarter(4e-6, 29.0 / 30.0), 4e-6, 4e-6];
    close(&factors(&plain, &[0, 5, 10, 20, 39, 40, 99]), &expected);
    let linear = [
        ("shape", Value::Word("linear".into())),
        ("start", Value::Number(0.5)),
        ("floor", Value::Number(0.1)),
        ("peak", Value::Number(0.5)),
        ("over", steps(20.0)),
    ];
    close(&factors(&used("one_cycle", &linear), &[0, 5, 10, 15, 20, 30]), &[0.5, 0.75, 1.0, 0.55, 0.1, 0.1]);
}

/// Which argument is refused, in a run of three epochs of four updates.
fn refused(name: &str, given: &[(&'static str, Value)], updates: Option<u64>) -> Option<&'static str> {
    let rate = || ("rate", Value::Number(0.5));
    let rated = matches!(name, "exponential" | "step").then(rate);
    let given: Vec<_> = given.iter().cloned().chain(rated).collect();
    check_times(&used(name, &given), Time(3.0, Unit::Epochs), updates).err().map(|wrong| wrong.0)
}

#[test]
fn times_leave_something_of_the_schedule() {
    for word in ["constant", "cosine", "exponential", "linear", "plateau"] {
        assert_eq!(refused(word, &[("warmup", epochs(100.0))], None), Some("warmup"), "{word}");
        assert_eq!(refused(word, &[("warmup", epochs(2.0))], None), None, "{word}");
    }
    // A warm-up of the whole run comes to `lr` in its last update, and leaves nothing for a cosine.
    assert_eq!(refused("constant", &[("warmup", epochs(3.0))], None), None);
    assert_eq!(refused("cosine", &[("warmup", epochs(3.0))], None), Some("warmup"));
    assert_eq!(refused("cosine", &[("warmup", epochs(2.0)), ("over", epochs(1.0))], None), Some("warmup"));
    assert_eq!(refused("cosine", &[("warmup", epochs(5.0)), ("over", epochs(9.0))], None), Some("warmup"));
    assert_eq!(refused("cosine", &[("over", epochs(9.0))], None), None);
    assert_eq!(refused("cosine", &[("over", steps(0.0))], None), Some("over"));
    assert_eq!(refused("step", &[("after", epochs(2.0)), ("over", epochs(1.0))], None), Some("over"));
    assert_eq!(refused("step", &[("every", epochs(1.0)), ("over", epochs(1.0))], None), None);
    // Thirteen updates are more than three epochs of four; without data nobody knows.
    assert_eq!(refused("constant", &[("warmup", steps(13.0))], None), None);
    assert_eq!(refused("constant", &[("warmup", steps(13.0))], Some(4)), Some("warmup"));
    assert_eq!(refused("constant", &[("warmup", steps(12.0))], Some(4)), None);
}

#[test]
fn steps_are_checked() {
    let bare = used("step", &[("rate", Value::Number(0.5))]);
    assert_eq!(bare.word.check(&bare.args).map_err(|e| e.0), Err("every"));
    let never = used("step", &[("rate", Value::Number(0.5)), ("every", epochs(0.0))]);
    assert!(never.word.check(&never.args).is_err());
}

#[test]
fn plateau_cuts_when_patience_is_exceeded() {
    let schedule = used("plateau", &[("factor", Value::Number(0.5)), ("patience", Value::Number(1.0))]);
    let plateau = schedule.word.plateau(&schedule.args).expect("a plateau");
    assert_eq!(plateau.watch, "valid.loss");
    let mut state = PlateauState::default();
    let mut cuts = Vec::new();
    // Best 3; 3 and 4 are the first two without improvement: the second exceeds the patience of one. What is no number does not count.
    for figure in [5.0, 3.0, 3.0, 4.0, 2.0, NAN, 2.5, 2.5] {
        state = plateau.after_epoch(state, figure, false);
        cuts.push(state.factor);
    }
    assert_eq!(cuts, [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25]);
    assert_eq!(state, PlateauState { best: Some(2.0), bad_epochs: 0, factor: 0.25 });
    assert_eq!(plateau.after_epoch(PlateauState::default(), NAN, false), PlateauState::default());
}

#[test]
fn plateau_stops_at_its_floor_and_knows_which_way_is_up() {
    let plateau =
        Plateau { factor: 0.1, patience: 0, watch: "valid.accuracy".into(), min_delta: 0.0, min: 0.05 };
    let mut state = PlateauState::default();
    for figure in [0.5, 0.6, 0.4, 0.4, 0.4] {
        state = plateau.after_epoch(state, figure, true);
    }
    assert_eq!(state, PlateauState { best: Some(0.6), bad_epochs: 0, factor: 0.05 });
}
