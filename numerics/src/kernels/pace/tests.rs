use super::*;

/// A machine whose steps take so many microseconds on so many threads, from one moment on.
type Machine<'a> = dyn Fn(usize, u64) -> f64 + 'a;

/// What a number of threads costs when it has to be woken, in microseconds.
const WAKING: f64 = 40.0;

/// Runs `steps` steps of a pass that never ends; answers the number of threads of each step and the microseconds of all.
fn run(pace: &mut Pace, from: u64, steps: u64, machine: &Machine<'_>) -> (Vec<usize>, f64) {
    let (mut threads, mut total) = (Vec::new(), 0.0);
    let mut before = pace.threads();
    while (threads.len() as u64) < steps {
        let stretch = pace.next(steps - threads.len() as u64);
        assert!(stretch.steps >= 1);
        let at = from + threads.len() as u64;
        let mut micros: f64 = (at..at + stretch.steps).map(|step| machine(stretch.threads, step)).sum();
        if stretch.threads > before {
            micros += WAKING;
        }
        before = stretch.threads;
        pace.took(stretch, Duration::from_secs_f64(micros * 1e-6));
        total += micros;
        threads.extend(std::iter::repeat_n(stretch.threads, stretch.steps as usize));
    }
    (threads, total)
}

/// 64-128-10 at batch 128 on two cores that share a cache, and on two that do not.
fn near(threads: usize, _: u64) -> f64 {
    if threads == 1 { 85.0 } else { 57.0 }
}

fn far(threads: usize, _: u64) -> f64 {
    if threads == 1 { 85.0 } else { 146.0 }
}

#[test]
fn far_cores_are_left_alone_within_a_hundred_steps() {
    let mut pace = Pace::new(2);
    let (threads, _) = run(&mut pace, 0, 100, &far);
    assert_eq!((threads[99], pace.threads()), (1, 1));
    let (_, micros) = run(&mut pace, 100, 100_000, &far);
    assert!(micros < 1.03 * 85.0 * 100_000.0, "{micros}");
}

#[test]
fn near_cores_are_kept_and_trials_are_not_felt() {
    let mut pace = Pace::new(2);
    let (_, micros) = run(&mut pace, 0, 100_000, &near);
    assert_eq!(pace.threads(), 2);
    assert!(micros < 1.005 * 57.0 * 100_000.0, "{micros}");
}

#[test]
fn cores_that_drift_apart_are_left_within_a_hundred_steps_and_taken_up_again() {
    for near_steps in (1_000..6_000).step_by(61) {
        let mut pace = Pace::new(2);
        run(&mut pace, 0, near_steps, &near);
        assert_eq!(pace.threads(), 2);
        run(&mut pace, 0, 100, &far);
        assert_eq!(pace.threads(), 1, "after {near_steps} steps on near cores");
        run(&mut pace, 0, 10_000, &far);
        assert_eq!(pace.threads(), 1);
        // A trial loses some tenths of a millisecond: the next comes 256 times later.
        run(&mut pace, 0, 2_000, &near);
        assert_eq!(pace.threads(), 2);
    }
}

/// Every so often another program has the core for two milliseconds.
#[test]
fn interruptions_do_not_turn_it() {
    for period in [20, 37, 101] {
        let mut pace = Pace::new(2);
        let disturbed = |threads: usize, step: u64| {
            near(threads, step) + if step.is_multiple_of(period) { 2000.0 } else { 0.0 }
        };
        let (threads, _) = run(&mut pace, 0, 50_000, &disturbed);
        let alone = threads.iter().filter(|threads| **threads == 1).count();
        assert!(alone < 2500, "{alone} steps on one thread, an interruption every {period}");
    }
}

#[test]
fn equal_times_keep_what_is_at_work() {
    let mut pace = Pace::new(2);
    let wanders = |_: usize, step: u64| 60.0 + (step as f64 / 700.0).sin();
    run(&mut pace, 0, 100_000, &wanders);
    assert_eq!(pace.threads(), 2);
}

#[test]
fn long_steps_are_tried_two_at_a_time_and_rarely() {
    let mut pace = Pace::new(2);
    let long = |threads: usize, _: u64| if threads == 1 { 25_000.0 } else { 15_000.0 };
    let (threads, micros) = run(&mut pace, 0, 2_000, &long);
    let alone: Vec<usize> = (0..2_000).filter(|step| threads[*step] == 1).collect();
    // The first has its numbers in another cache.
    assert!(alone.chunks(2).all(|pair| pair[1] - pair[0] == 1), "{alone:?}");
    assert!(alone.chunks(2).map(|pair| pair[0]).is_sorted_by(|a, b| b - a > 200), "{alone:?}");
    assert!(micros < 1.005 * 15_000.0 * 2_000.0, "{micros}");
}

#[test]
fn the_best_of_many_is_found() {
    for best in [1, 2, 4, 8, 12] {
        let mut pace = Pace::new(12);
        let machine = |threads: usize, _: u64| 100.0 + 40.0 * (threads as f64 / best as f64).log2().abs();
        run(&mut pace, 0, 30_000, &machine);
        assert_eq!(pace.threads(), best);
    }
}

#[test]
fn passes_of_a_few_steps_are_judged_with_what_waking_costs_them() {
    let mut pace = Pace::new(2);
    // Between passes of three steps the second thread falls asleep: 120 us on 3 x 57 make one thread the faster.
    for _ in 0..400 {
        pace.begin();
        for _ in 0..3 {
            let stretch = pace.next(1);
            let waking = if pace.begins && stretch.threads == 2 { 120.0 } else { 0.0 };
            let micros = near(stretch.threads, 0) * stretch.steps as f64 + waking;
            pace.took(stretch, Duration::from_secs_f64(micros * 1e-6));
        }
    }
    assert_eq!(pace.threads(), 1);
}

#[test]
fn one_thread_or_a_fixed_number_is_never_doubted() {
    for (mut pace, threads) in [(Pace::new(1), 1), (Pace::fixed(3), 3)] {
        let stretch = pace.next(1_000_000);
        assert_eq!(stretch, Stretch { threads, steps: 1_000_000 });
        pace.took(stretch, Duration::from_secs(1));
        assert_eq!(pace.threads(), threads);
    }
}
