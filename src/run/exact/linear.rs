//! Enumeration where the output is affine in the masks of one site: for each mask of the other sites the output is `base + sum_j m_j a_j`, so the
//! site's 2^n masks are sums of a table, and their mean (of logits, or of numbers) is `base + keep sum_j a_j` without enumerating them.
//!
//! Each sum has at most n terms, made anew for every mask of the other sites, so errors do not pile up. Rows are divided among threads; a
//! row's sums run in one order, whatever the division.

use std::ops::Range;

use super::{
    Clock, Effort, Sums,
    coins::{Coins, toss},
};
use crate::{
    graph::{Bindings, Cut, Graph, Sink, Split, Tensor, affine_site, interpret, split, split_at},
    kernels::wide,
    model::OutputKind,
    run::watch::Watch,
};

/// Coins whose masks stand in one table.
const TABLE: usize = 10;
/// Rows that one thread takes at a time.
const ROWS: usize = 64;

pub(super) struct Plan<'s> {
    /// What no coin reaches, what the other sites reach, and what the last site reaches.
    first: Split,
    second: Split,
    others: Vec<&'s Coins>,
    last: &'s Coins,
    kind: OutputKind,
}

/// Numbers of one row under one mask of the other sites: `base[class]` and `steps[coin][class]`.
struct Row {
    base: Vec<f64>,
    steps: Vec<Vec<f64>>,
}

impl<'s> Plan<'s> {
    /// None if the output is affine in no site's masks, or says a distribution of numbers.
    pub fn new(graph: &Graph, sites: &'s [Coins], kind: OutputKind) -> Option<Self> {
        if kind.says_spread() {
            return None;
        }
        let first = split(graph)?;
        let fit = |site: &&Coins| affine_site(&first.random, site.site);
        let last = sites.iter().filter(fit).max_by_key(|site| site.count)?;
        let second = split_at(&first.random, last.site)?;
        let others = sites.iter().filter(|site| site.site != last.site).collect();
        Some(Self { first, second, others, last, kind })
    }

    /// Weighted sums of chances and of raw outputs, of all rows.
    pub fn means(&self, bindings: &Bindings<f64>, effort: Effort, watch: &Watch) -> Sums {
        let width = self.kind.width();
        let rows = bindings.rows;
        let inputs = staged(&self.first, bindings, rows);
        let blocks: Vec<(usize, usize)> =
            (0..rows).step_by(ROWS).map(|start| (start, (start + ROWS).min(rows))).collect();
        let clock =
            Clock::new(effort, blocks.len() as f64 / effort.threads.clamp(1, blocks.len().max(1)) as f64);
        let masks: usize = self.others.iter().map(|site| site.count).sum();
        watch.begin("masks", (blocks.len() as u64) << masks);
        let next = std::sync::atomic::AtomicUsize::new(0);
        let stopped = std::sync::OnceLock::new();
        let found = std::sync::Mutex::new(vec![None; blocks.len()]);
        let work = || {
            let mut done = 0;
            loop {
                let i = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let Some(&(start, end)) = blocks.get(i).filter(|_| stopped.get().is_none()) else { return };
                let watched = (watch, (done == 0).then_some(&clock));
                let sums = self.block(bindings, &inputs, start..end, watched);
                done += 1;
                match sums {
                    Ok(sums) => {
                        found.lock().unwrap_or_else(std::sync::PoisonError::into_inner)[i] = Some(sums);
                    }
                    Err(ended) => drop(stopped.set(ended)),
                }
            }
        };
        std::thread::scope(|scope| (0..effort.threads.max(1)).for_each(|_| drop(scope.spawn(work))));
        if let Some(ended) = stopped.get() {
            return Err(*ended);
        }
        let mut sums = (Vec::with_capacity(rows * width), Vec::with_capacity(rows * width));
        let found = found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (probabilities, outputs) in found.into_iter().flatten() {
            sums.0.extend::<Vec<f64>>(probabilities);
            sums.1.extend::<Vec<f64>>(outputs);
        }
        Ok(sums)
    }

    /// The sums of some rows. The first block of a thread watches the clock.
    fn block(
        &self,
        bindings: &Bindings<f64>,
        inputs: &[Tensor<f64>],
        Range { start, end }: Range<usize>,
        (watch, clock): (&Watch, Option<&Clock>),
    ) -> Sums {
        let (rows, width, chances) = (end - start, self.kind.width(), self.kind.chances_width());
        let mut own = Bindings {
            rows,
            inputs: inputs.iter().map(|input| rows_of(input, start, end)).collect(),
            positions: (start as u64..end as u64).collect(),
            ..bindings.clone()
        };
        let mut sums = (vec![0.0; rows * chances], vec![0.0; rows * width]);
        let mut table = Table::new(self.last, width);
        let coins: usize = self.others.iter().map(|site| site.count).sum();
        let others: Vec<Coins> = self.others.iter().map(|site| (*site).clone()).collect();
        for mask in 0..1_u64 << coins {
            let weight = toss(&others, mask, rows, &mut own);
            for (i, row) in self.rows(&own).into_iter().enumerate() {
                let mean = table.mean(&row);
                sums.1[i * width..(i + 1) * width].iter_mut().zip(&mean).for_each(|(s, x)| *s += weight * x);
                let probabilities = match self.kind.has_probabilities() {
                    false => mean,
                    true if self.kind.classes().is_some() => table.softmaxes(&row),
                    true => table.sigmoids(&row),
                };
                sums.0[i * chances..(i + 1) * chances]
                    .iter_mut()
                    .zip(&probabilities)
                    .for_each(|(s, x)| *s += weight * x);
            }
            // The time of a block grows with its masks; after a few of them it is known.
            watch.step(1)?;
            if let (Some(clock), 15) = (clock, mask) {
                let share = 16.0 / (1_u64 << coins) as f64;
                Clock { parts: clock.parts / share, begun: clock.begun, effort: clock.effort }.in_time(1)?;
            }
        }
        Ok(sums)
    }

    /// Base and steps of every row under the masks of the other sites that are bound.
    fn rows(&self, bindings: &Bindings<f64>) -> Vec<Row> {
        let (rows, width) = (bindings.rows, self.kind.width());
        let inputs = staged(&self.second, bindings, rows);
        let mut own = Bindings { inputs, ..bindings.clone() };
        let mut outputs = |kept: &dyn Fn(usize) -> bool| {
            self.last.bind(kept, rows, &mut own);
            output(&self.second.random, &own)
        };
        let base = outputs(&|_| false);
        let steps: Vec<Vec<f64>> = (0..self.last.count).map(|coin| outputs(&|c| c == coin)).collect();
        let row = |i: usize| {
            let at = i * width..(i + 1) * width;
            let step =
                |all: &Vec<f64>| all[at.clone()].iter().zip(&base[at.clone()]).map(|(a, b)| a - b).collect();
            Row { base: base[at.clone()].to_vec(), steps: steps.iter().map(step).collect() }
        };
        (0..rows).map(row).collect()
    }
}

/// Sums over the masks of the first coins, and their weights; what is left of the coins is visited mask by mask.
struct Table {
    keep: f64,
    coins: usize,
    low: usize,
    weights: Vec<f64>,
    /// By class: the sum of the steps of each mask.
    sums: Vec<Vec<f64>>,
    scratch: Vec<Vec<f64>>,
}

impl Table {
    fn new(site: &Coins, width: usize) -> Self {
        let low = site.count.min(TABLE);
        let weights = (0..1_u64 << low).map(|mask| weight(mask, low, site.keep)).collect();
        Self {
            keep: site.keep,
            coins: site.count,
            low,
            weights,
            sums: vec![vec![0.0; 1 << low]; width],
            scratch: vec![Vec::new(); width + 1],
        }
    }

    fn mean(&self, row: &Row) -> Vec<f64> {
        let step = |class: usize| row.steps.iter().map(|step| step[class]).sum::<f64>();
        row.base.iter().enumerate().map(|(class, base)| base + self.keep * step(class)).collect()
    }

    /// The sum for a mask with its highest coin is that of the mask without it, and the coin's step.
    fn fill(&mut self, row: &Row) {
        for (class, sums) in self.sums.iter_mut().enumerate() {
            sums[0] = 0.0;
            for coin in 0..self.low {
                let (known, new) = sums.split_at_mut(1 << coin);
                let step = row.steps[coin][class];
                new[..1 << coin].iter_mut().zip(known).for_each(|(sum, without)| *sum = *without + step);
            }
        }
    }

    /// Masks of the coins that are not in the table: their weights, and what they add to the base of each class.
    fn high(&self, row: &Row) -> Vec<(f64, Vec<f64>)> {
        let coins = self.coins - self.low;
        let of = |mask: u64| {
            let mut by = row.base.clone();
            for coin in (0..coins).filter(|coin| mask >> coin & 1 == 1) {
                by.iter_mut().zip(&row.steps[self.low + coin]).for_each(|(sum, step)| *sum += step);
            }
            (weight(mask, coins, self.keep), by)
        };
        (0..1_u64 << coins).map(of).collect()
    }

    /// Of ones, then of zeros.
    fn sigmoids(&mut self, row: &Row) -> Vec<f64> {
        self.fill(row);
        let bits = row.base.len();
        let mut sums = vec![0.0; 2 * bits];
        for (weight, by) in self.high(row) {
            for (i, sum) in sums.iter_mut().enumerate() {
                let (bit, sign) = (i % bits, if i < bits { 1.0 } else { -1.0 });
                let (logits, scratch) = (&self.sums[bit], &mut self.scratch[0]);
                *sum += weight * wide::sigmoids(logits, by[bit], sign, &self.weights, scratch);
            }
        }
        sums
    }

    fn softmaxes(&mut self, row: &Row) -> Vec<f64> {
        self.fill(row);
        let mut sums = vec![0.0; row.base.len()];
        for (weight, by) in self.high(row) {
            let mut found = vec![0.0; by.len()];
            wide::softmaxes(&self.sums, &by, &self.weights, &mut self.scratch, &mut found);
            sums.iter_mut().zip(found).for_each(|(sum, x)| *sum += weight * x);
        }
        sums
    }
}

fn weight(mask: u64, coins: usize, keep: f64) -> f64 {
    (0..coins).map(|coin| if mask >> coin & 1 == 1 { keep } else { 1.0 - keep }).product()
}

/// The inputs of a split's random part.
fn staged(split: &Split, bindings: &Bindings<f64>, rows: usize) -> Vec<Tensor<f64>> {
    let columns = split.fixed.as_ref().map(|fixed| (output(fixed, bindings), fixed));
    let of = |(cut, array): (&Cut, &crate::graph::Array)| match cut {
        Cut::Input { slot } => bindings.inputs[*slot as usize].clone(),
        Cut::Columns { start, len } => {
            let all = columns.as_ref().map(|(all, _)| all.as_slice()).unwrap_or_default();
            let each = all.chunks_exact(all.len() / rows.max(1));
            let data = each.flat_map(|row| row[*start..start + len].iter().copied()).collect();
            let dims = array.ty.dims.iter().map(|dim| dim.size().unwrap_or(rows)).collect::<Vec<usize>>();
            Tensor::real(&dims, data)
        }
    };
    split.cut.iter().zip(&split.random.inputs).map(of).collect()
}

fn output(graph: &Graph, bindings: &Bindings<f64>) -> Vec<f64> {
    let values =
        interpret(graph, bindings).unwrap_or_else(|error| panic!("this is a bug in dropnet: {error}"));
    values.sink(Sink::Output).map(|tensor| tensor.reals().to_vec()).unwrap_or_default()
}

fn rows_of(input: &Tensor<f64>, start: usize, end: usize) -> Tensor<f64> {
    let len = input.dims[1..].iter().product::<usize>();
    let dims = [&[end - start], &input.dims[1..]].concat();
    Tensor::real(&dims, input.reals()[start * len..end * len].to_vec())
}
