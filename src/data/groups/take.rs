//! Groups that have about so many rows together.
//!
//! Invariant: neither one group more or less, nor the exchange of one for another, would bring their sum nearer to what is wanted.

use std::collections::BTreeMap;

/// Groups by their sizes, those of a size in their order.
type BySize = BTreeMap<usize, Vec<usize>>;

/// The places in `sizes` of at least one group and at most `most`, which have about `rows` rows together: the first ones that come nearer to
/// it, then exchanges that do.
pub(super) fn about(rows: usize, sizes: &[usize], most: usize) -> Vec<usize> {
    let (mut taken, mut free) = (BySize::new(), BySize::new());
    let (mut sum, mut count) = (0_usize, 0);
    for (place, size) in sizes.iter().enumerate() {
        let nearer = (sum + size).abs_diff(rows) < sum.abs_diff(rows);
        let is_taken = nearer && count < most;
        if is_taken {
            (sum, count) = (sum + size, count + 1);
        }
        let into = if is_taken { &mut taken } else { &mut free };
        into.entry(*size).or_default().push(place);
    }
    if count == 0
        && let Some((smallest, first)) = free.first_entry().map(|entry| (*entry.key(), entry.get()[0]))
    {
        // All are at least twice as large as what is wanted.
        move_one(&mut free, &mut taken, smallest, first);
        (sum, count) = (smallest, 1);
    }
    while let Some((out, into)) = exchange(sum, rows, &taken, &free, count < most, count > 1) {
        let (leaves, enters) =
            (taken.get(&out).and_then(|p| p.last().copied()), free.get(&into).map(|p| p[0]));
        leaves.into_iter().for_each(|place| move_one(&mut taken, &mut free, out, place));
        enters.into_iter().for_each(|place| move_one(&mut free, &mut taken, into, place));
        (sum, count) = (sum - out + into, count + usize::from(into > 0) - usize::from(out > 0));
    }
    let mut places: Vec<usize> = taken.into_values().flatten().collect();
    places.sort_unstable();
    places
}

/// The sizes of a group to leave out and of one to take, 0 for none, that bring the sum nearest to what is wanted, if any do.
fn exchange(
    sum: usize,
    rows: usize,
    taken: &BySize,
    free: &BySize,
    may_add: bool,
    may_drop: bool,
) -> Option<(usize, usize)> {
    let mut best = (sum.abs_diff(rows), None);
    for out in may_add.then_some(0).into_iter().chain(taken.keys().copied()) {
        let wanted = (rows + out).saturating_sub(sum);
        let below = free.range(..=wanted).next_back().map(|(size, _)| *size);
        let above = free.range(wanted..).next().map(|(size, _)| *size);
        let none = (out > 0 && may_drop).then_some(0);
        for into in [none, below, above].into_iter().flatten().filter(|into| *into != out) {
            let distance = (sum - out + into).abs_diff(rows);
            if distance < best.0 {
                best = (distance, Some((out, into)));
            }
        }
    }
    best.1
}

fn move_one(from: &mut BySize, to: &mut BySize, size: usize, place: usize) {
    if let Some(places) = from.get_mut(&size) {
        places.retain(|other| *other != place);
        if places.is_empty() {
            from.remove(&size);
        }
    }
    let places = to.entry(size).or_default();
    places.insert(places.partition_point(|other| *other < place), place);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(sizes: &[usize], places: &[usize]) -> usize {
        places.iter().map(|place| sizes[*place]).sum()
    }

    #[test]
    fn an_exchange_brings_the_sum_nearer() {
        // First come first taken would end at 50 or 5.
        let sizes = [10, 40, 5, 5, 40];
        assert_eq!(sum(&sizes, &about(45, &sizes, 4)), 45);
        assert_eq!(about(20, &sizes, 4), [0, 2, 3]);
        assert_eq!(about(20, &sizes, 1), [0]);
        assert_eq!(about(1, &[9, 7, 7], 2), [1]);
        assert_eq!(about(100, &[9, 7, 7], 2), [0, 1]);
    }

    /// What is chosen against all subsets: never further than half of the smallest group that is left.
    #[test]
    fn no_group_that_is_left_would_help() {
        for seed in 0..200_u64 {
            let sizes: Vec<usize> =
                (0..9).map(|i| 1 + (seed * 7919 + i * i * 104_729) as usize % 30).collect();
            let rows = 1 + seed as usize % 60;
            let places = about(rows, &sizes, 8);
            let found = sum(&sizes, &places).abs_diff(rows);
            let single =
                (0..9).filter(|place| !places.contains(place)).map(|p| sum(&sizes, &places) + sizes[p]);
            assert!(
                single.into_iter().all(|with| places.len() == 8 || with.abs_diff(rows) >= found),
                "{sizes:?} {rows}"
            );
        }
    }
}
