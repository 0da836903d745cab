//! Attention and its gradient, number by number.

use super::{Real, Tensor};
use crate::draws;
use crate::graph::Attention;
use crate::graph::attention::Lane;

/// One row of the batch with what acts on it.
struct Row<'t, T> {
    form: &'t Attention,
    fma: bool,
    /// Queries and keys are turned here already.
    numbers: Vec<T>,
    turns: Option<&'t [T]>,
    length: Option<T>,
    multipliers: Multipliers<'t, T>,
}

/// What weights of a row are multiplied by.
#[derive(Clone, Copy)]
enum Multipliers<'t, T> {
    One,
    /// 0 or the scale of the threshold, by the row's key.
    Drawn {
        key: u64,
        q: u32,
    },
    /// The same by a mask of every head, query and key that is given.
    Given {
        mask: &'t [T],
        q: u32,
    },
}

/// The result of attention over `operands`, as [`Attention::operands`] orders them; with masks `[rows, heads, queries, keys]` in place of the draws where they are given.
pub(crate) fn attend<T: Real>(
    form: &Attention,
    operands: &[&Tensor<T>],
    masks: Option<&Tensor<T>>,
    fma: bool,
) -> Tensor<T> {
    let mut all = Vec::new();
    for row in rows(form, operands, masks, fma) {
        let mut own = vec![T::from_f32(0.0); form.queries * form.all()];
        for (head, query) in row.asked().filter(|(_, query)| row.holds(*query)) {
            let weights = row.weights(head, query);
            let to = &mut own[query * form.all() + head * form.width..][..form.width];
            for (key, weight) in weights.iter().enumerate() {
                let weight = *weight * row.multiplier(head, query, key);
                let value = row.at(form.value(), row.group(head), key);
                to.iter_mut().zip(value).for_each(|(y, v)| *y = *y + weight * *v);
            }
        }
        all.extend(own);
    }
    let rows = operands[form.packed()].dims[0];
    Tensor::real(&[rows, form.queries, form.all()], all)
}

/// The gradient of the packed numbers, `g` being that of the result. The result itself is not looked at.
pub(crate) fn attend_back<T: Real>(
    form: &Attention,
    g: &Tensor<T>,
    operands: &[&Tensor<T>],
    masks: Option<&Tensor<T>>,
    fma: bool,
) -> Tensor<T> {
    let mut all = Vec::new();
    let per_row = form.queries * form.all();
    for (row, g) in rows(form, operands, masks, fma).zip(g.reals().chunks_exact(per_row)) {
        let mut own = vec![T::from_f32(0.0); form.row_len()];
        for (head, query) in row.asked().filter(|(_, query)| row.holds(*query)) {
            let g = &g[query * form.all() + head * form.width..][..form.width];
            row.back(head, query, g, &mut own);
        }
        row.turn(&mut own, true);
        all.extend(own);
    }
    Tensor::real(&operands[form.packed()].dims, all)
}

/// What keys weigh for queries before dropout, `[rows, heads, queries, keys]`.
pub fn attention_weights<T: Real>(form: &Attention, operands: &[&Tensor<T>], fma: bool) -> Vec<T> {
    let of =
        |row: Row<'_, T>| row.asked().flat_map(|(head, query)| row.weights(head, query)).collect::<Vec<T>>();
    rows(form, operands, None, fma).flat_map(of).collect()
}

/// The rows of the batch.
fn rows<'t, T: Real>(
    form: &'t Attention,
    operands: &[&'t Tensor<T>],
    masks: Option<&'t Tensor<T>>,
    fma: bool,
) -> impl Iterator<Item = Row<'t, T>> {
    let packed = operands[form.packed()];
    let turns = form.turns().map(|i| operands[i].reals());
    let lengths = form.lengths().map(|i| operands[i].reals());
    let keys = form.dropped.then(|| (operands[0].as_keys(), operands[1].as_ints()[0].cast_unsigned()));
    packed.reals().chunks_exact(form.row_len()).enumerate().map(move |(i, numbers)| {
        let mut row = Row {
            form,
            fma,
            numbers: numbers.to_vec(),
            turns,
            length: lengths.map(|all| all[i]),
            multipliers: match (keys, masks) {
                (None, _) => Multipliers::One,
                (Some((_, q)), Some(masks)) => {
                    let len = form.heads * form.queries * form.keys;
                    Multipliers::Given { mask: &masks.reals()[i * len..][..len], q }
                }
                (Some((keys, q)), None) => {
                    Multipliers::Drawn { key: keys[if keys.len() == 1 { 0 } else { i }], q }
                }
            },
        };
        let mut turned = std::mem::take(&mut row.numbers);
        row.turn(&mut turned, false);
        row.numbers = turned;
        row
    })
}

impl<T: Real> Row<'_, T> {
    fn asked(&self) -> impl Iterator<Item = (usize, usize)> + use<T> {
        let (heads, queries) = (self.form.heads, self.form.queries);
        (0..heads).flat_map(move |head| (0..queries).map(move |query| (head, query)))
    }

    fn group(&self, head: usize) -> usize {
        head / (self.form.heads / self.form.groups)
    }

    /// Where the numbers of a head (or of a group) at a place begin.
    fn start(&self, lane: Lane, head: usize, place: usize) -> usize {
        lane.offset + place * lane.stride + head * self.form.width
    }

    fn at(&self, lane: Lane, head: usize, place: usize) -> &[T] {
        &self.numbers[self.start(lane, head, place)..][..self.form.width]
    }

    /// Turns the pairs of queries and keys by their places, or back: the first half of a head's numbers with the second.
    fn turn(&self, numbers: &mut [T], back: bool) {
        let (Some(turns), half) = (self.turns, self.form.width / 2) else { return };
        let lanes = [
            (self.form.query(), self.form.heads, self.form.queries),
            (self.form.key(), self.form.groups, self.form.keys),
        ];
        for (lane, heads, places) in lanes {
            for (place, head) in (0..places).flat_map(|place| (0..heads).map(move |head| (place, head))) {
                let start = self.start(lane, head, place);
                for i in 0..half {
                    let (sin, cos) = (turns[place * 2 * half + i], turns[place * 2 * half + half + i]);
                    let sin = if back { -sin } else { sin };
                    let (a, b) = (numbers[start + i], numbers[start + half + i]);
                    numbers[start + i] = a * cos - b * sin;
                    numbers[start + half + i] = b * cos + a * sin;
                }
            }
        }
    }

    fn is_seen(&self, query: usize, key: usize) -> bool {
        key < self.form.reach(query) && self.is_own(key)
    }

    /// Whether a place that is looked at lies in front of the row's end.
    fn is_own(&self, key: usize) -> bool {
        self.length.is_none_or(|length| T::from_f32(key as f32) < length)
    }

    /// Whether a place that asks does: where places look at each other, it is one of those.
    fn holds(&self, query: usize) -> bool {
        self.form.across || self.is_own(query)
    }

    /// What a key weighs for a query, before dropout: zero for those that it does not see.
    fn weights(&self, head: usize, query: usize) -> Vec<T> {
        let form = self.form;
        let (scale, slope) = (T::from_f32(form.scale() as f32), T::from_f32(form.slope(head) as f32));
        let score = |key: usize| {
            let (q, k) = (self.at(form.query(), head, query), self.at(form.key(), self.group(head), key));
            let sum = q.iter().zip(k).fold(T::from_f32(0.0), |sum, (a, b)| sum + *a * *b);
            sum * scale - slope * T::from_f32(query.abs_diff(key) as f32)
        };
        let seen: Vec<bool> = (0..form.keys).map(|key| self.is_seen(query, key)).collect();
        let scores: Vec<T> = (0..form.keys).map(score).collect();
        let all = || scores.iter().zip(&seen).filter(|(_, seen)| **seen).map(|(s, _)| *s);
        let Some(top) = all().reduce(|a, b| if a < b { b } else { a }) else {
            return vec![T::from_f32(0.0); form.keys];
        };
        let powers: Vec<T> = scores.iter().map(|s| (*s - top).exp(self.fma)).collect();
        let sum =
            powers.iter().zip(&seen).fold(T::from_f32(0.0), |sum, (p, s)| if *s { sum + *p } else { sum });
        powers.iter().zip(seen).map(|(p, seen)| if seen { *p / sum } else { T::from_f32(0.0) }).collect()
    }

    /// 0 where the weight is dropped, else what the others are multiplied by.
    fn multiplier(&self, head: usize, query: usize, key: usize) -> T {
        match self.multipliers {
            Multipliers::One => T::from_f32(1.0),
            Multipliers::Drawn { key: row, q } => {
                let kept = draws::kept(row, self.form.unit(head, query, key), q);
                T::from_f32(if kept { draws::scale(q) } else { 0.0 })
            }
            Multipliers::Given { mask, q } => {
                let own = (head * self.form.queries + query) * self.form.keys + key;
                mask[own] * T::from_f32(draws::scale(q))
            }
        }
    }

    /// Adds what flows to the query, to the keys and to the values, from the result of one head at one place.
    fn back(&self, head: usize, query: usize, g: &[T], to: &mut [T]) {
        let (form, group) = (self.form, self.group(head));
        let weights = self.weights(head, query);
        let flows: Vec<T> = (0..form.keys)
            .map(|key| {
                let value = self.at(form.value(), group, key);
                let flow = g.iter().zip(value).fold(T::from_f32(0.0), |sum, (g, v)| sum + *g * *v);
                flow * self.multiplier(head, query, key)
            })
            .collect();
        let mean = weights.iter().zip(&flows).fold(T::from_f32(0.0), |sum, (w, f)| sum + *w * *f);
        let scale = T::from_f32(form.scale() as f32);
        for (key, weight) in weights.iter().enumerate() {
            let score = *weight * (flows[key] - mean) * scale;
            let kept = *weight * self.multiplier(head, query, key);
            let starts = [
                self.start(form.query(), head, query),
                self.start(form.key(), group, key),
                self.start(form.value(), group, key),
            ];
            for i in 0..form.width {
                let (q, k) = (self.numbers[starts[0] + i], self.numbers[starts[1] + i]);
                to[starts[0] + i] = to[starts[0] + i] + score * k;
                to[starts[1] + i] = to[starts[1] + i] + score * q;
                to[starts[2] + i] = to[starts[2] + i] + kept * g[i];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys behind a row's end and places that are still to come weigh nothing; the others one together, if there are any.
    #[test]
    fn weights_of_a_query_are_shares() {
        let form = Attention {
            heads: 2,
            groups: 1,
            width: 2,
            queries: 4,
            keys: 4,
            across: false,
            causal: true,
            slopes: true,
            turned: false,
            padded: true,
            dropped: false,
        };
        let numbers = (0..2 * form.row_len()).map(|i| ((i * 37) % 11) as f64 - 5.0).collect();
        let packed = Tensor::real(&[2, 4, form.row_len() / 4], numbers);
        let lengths = Tensor::real(&[2], vec![2.0, 0.0]);
        let weights = attention_weights(&form, &[&packed, &lengths], false);
        assert_eq!(weights.len(), 2 * 2 * 4 * 4);
        for (i, of_query) in weights.chunks_exact(4).enumerate() {
            let (row, query) = (i / 8, i % 4);
            let seen = if row == 0 { (query + 1).min(2) } else { 0 };
            let sum: f64 = of_query.iter().sum();
            assert!((sum - if seen > 0 { 1.0 } else { 0.0 }).abs() < 1e-12, "{i}: {sum}");
            assert!(of_query[seen..].iter().all(|weight| *weight == 0.0), "{i}: {of_query:?}");
        }
    }
}
