//! Array rows to contiguous parts without a second copy of the data, and their affine map.

use super::dataset::{InputArray, Storage};
use super::divide::Parts;
use super::raw::Stored;
use super::transform::{Affine, ArrayRule, InputShape};

/// Reorders rows in place so that each part is one stretch, and cuts there: training, validation, test (empty where there is none).
/// Rows of no part are dropped.
pub(super) fn cut(data: Stored, width: usize, parts: &Parts) -> [Stored; 3] {
    let order: Vec<u32> = [&parts.train, &parts.valid, &parts.test].into_iter().flatten().copied().collect();
    let sizes = [parts.train.len() * width, parts.valid.len() * width, parts.test.len() * width];
    match data {
        Stored::U8(bytes) => pieces(bytes, width, &order, sizes).map(Stored::U8),
        Stored::F32(floats) => pieces(floats, width, &order, sizes).map(Stored::F32),
        Stored::F64(floats) => pieces(floats, width, &order, sizes).map(Stored::F64),
    }
}

fn pieces<T: Copy>(mut data: Vec<T>, width: usize, order: &[u32], sizes: [usize; 3]) -> [Vec<T>; 3] {
    gather(&mut data, width, order);
    data.truncate(sizes.iter().sum());
    let test = data.split_off(sizes[0] + sizes[1]);
    let valid = data.split_off(sizes[0]);
    data.shrink_to_fit();
    [data, valid, test]
}

/// Row `i` becomes the old row `order[i]`. Rows are distinct. Swaps along the cycles; `at[r]` is where old row `r` now stands.
fn gather<T>(data: &mut [T], width: usize, order: &[u32]) {
    let rows = data.len().checked_div(width).unwrap_or(0);
    let mut holder: Vec<u32> = (0..rows as u32).collect();
    let mut at = holder.clone();
    for (to, &wanted) in order.iter().enumerate() {
        let from = at[wanted as usize] as usize;
        if from == to {
            continue;
        }
        let (low, high) = (from.min(to), from.max(to));
        let (head, tail) = data.split_at_mut(high * width);
        head[low * width..(low + 1) * width].swap_with_slice(&mut tail[..width]);
        holder.swap(from, to);
        at[holder[from] as usize] = from as u32;
        at[holder[to] as usize] = to as u32;
    }
}

/// Bytes with one map for all elements stay bytes; all else becomes mapped floats.
pub(super) fn apply(data: Stored, rule: &ArrayRule, input: &InputShape) -> InputArray {
    let (name, shape) = (input.name.clone(), input.shape.clone());
    let (data, Affine { scale, shift }) = match (data, rule.pairs.as_slice()) {
        (Stored::U8(bytes), [pair]) => (Storage::U8(bytes), *pair),
        (Stored::U8(bytes), _) => {
            let mapped = bytes.iter().enumerate().map(|(i, b)| rule.apply(i % rule.width, f64::from(*b)));
            (Storage::F32(mapped.collect()), Affine::SAME)
        }
        (Stored::F64(floats), _) => {
            let mapped = floats.iter().enumerate().map(|(i, x)| rule.apply(i % rule.width, *x));
            (Storage::F32(mapped.collect()), Affine::SAME)
        }
        (Stored::F32(mut floats), pairs) => {
            if pairs != [Affine::SAME] {
                floats
                    .iter_mut()
                    .enumerate()
                    .for_each(|(i, x)| *x = rule.apply(i % rule.width, f64::from(*x)));
            }
            (Storage::F32(floats), Affine::SAME)
        }
    };
    InputArray { name, shape, data, scale: scale as f32, shift: shift as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_move_in_place() {
        let data: Vec<u8> = (0..10).flat_map(|r| [r, r + 100]).collect();
        let parts = Parts { train: vec![1, 3, 8, 9], valid: vec![0, 7], test: vec![2] };
        let [train, valid, test] = cut(Stored::U8(data), 2, &parts);
        assert_eq!(train, Stored::U8(vec![1, 101, 3, 103, 8, 108, 9, 109]));
        assert_eq!(valid, Stored::U8(vec![0, 100, 7, 107]));
        assert_eq!(test, Stored::U8(vec![2, 102]));
    }

    #[test]
    fn one_map_leaves_bytes_alone() {
        let input = InputShape { name: "x".into(), shape: vec![2] };
        let rule = |pairs| ArrayRule { width: 2, pairs };
        let third = Affine { scale: 1.0 / 3.0, shift: 0.0 };
        let array = apply(Stored::U8(vec![3, 6]), &rule(vec![third]), &input);
        assert_eq!((array.data, array.scale), (Storage::U8(vec![3, 6]), 1.0 / 3.0));
        let array =
            apply(Stored::U8(vec![3, 6]), &rule(vec![third, Affine { scale: 1.0, shift: -6.0 }]), &input);
        assert_eq!((array.data, array.scale), (Storage::F32(vec![1.0, 0.0]), 1.0));
    }
}
