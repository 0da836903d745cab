//! Units: what one draw decides on, and its number within its row.
//!
//! A unit's number is its row-major index in the dims that are drawn for, to which an axis that shares its draws contributes 0: all places
//! along it are one unit.

/// What a step along each axis adds to a unit's number.
pub fn unit_weights(dims: &[usize], shared: &[bool]) -> Vec<usize> {
    let mut weights = vec![0; dims.len()];
    let mut next = 1;
    for axis in (0..dims.len()).rev() {
        weights[axis] = if shared[axis] { 0 } else { next };
        next *= dims[axis];
    }
    weights
}

/// The units of all elements, in row-major order.
pub fn units(dims: &[usize], shared: &[bool]) -> Vec<usize> {
    numbers(dims, &unit_weights(dims, shared))
}

/// The same without gaps: shared axes count once, so that the last unit's number is one less than there are units.
pub fn counted_units(dims: &[usize], shared: &[bool]) -> Vec<usize> {
    let counted: Vec<usize> =
        dims.iter().zip(shared).map(|(n, shared)| if *shared { 1 } else { *n }).collect();
    numbers(dims, &unit_weights(&counted, shared))
}

fn numbers(dims: &[usize], weights: &[usize]) -> Vec<usize> {
    let mut numbers = vec![0];
    for (size, weight) in dims.iter().zip(weights) {
        numbers = numbers.iter().flat_map(|n| (0..*size).map(move |place| n + place * weight)).collect();
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_axes_do_not_count() {
        assert_eq!(units(&[2, 3], &[false, false]), [0, 1, 2, 3, 4, 5]);
        assert_eq!(units(&[2, 3], &[true, false]), [0, 1, 2, 0, 1, 2]);
        assert_eq!(units(&[2, 3], &[false, true]), [0, 0, 0, 3, 3, 3]);
        assert_eq!(units(&[2, 3], &[true, true]), [0; 6]);
        assert_eq!(unit_weights(&[4, 5, 6], &[false, true, false]), [30, 0, 1]);
        assert_eq!(units(&[], &[]), [0]);
        assert_eq!(counted_units(&[2, 3], &[false, true]), [0, 0, 0, 1, 1, 1]);
        assert_eq!(counted_units(&[2, 3], &[true, false]), [0, 1, 2, 0, 1, 2]);
    }
}
