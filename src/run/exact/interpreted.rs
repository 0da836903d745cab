//! Every mask as one pass of the reference interpreter over all rows: any kind of layer may stand behind it.

use super::{
    Clock, Effort, Sums,
    coins::{Coins, toss},
};
use crate::{
    graph::{Bindings, Graph, Sink, interpret},
    model::OutputKind,
    run::watch::Watch,
};

pub(super) fn means(
    graph: &Graph,
    sites: &[Coins],
    mut bindings: Bindings<f64>,
    kind: OutputKind,
    effort: Effort,
    watch: &Watch,
) -> Sums {
    let total: usize = sites.iter().map(|s| s.count).sum();
    let (rows, width) = (bindings.rows, kind.width());
    let mut sums = (vec![0.0; rows * kind.chances_width()], vec![0.0; rows * width]);
    let clock = Clock::new(effort, (1_u64 << total) as f64);
    watch.begin("masks", 1 << total);
    for mask in 0..1_u64 << total {
        let weight = toss(sites, mask, rows, &mut bindings);
        let values =
            interpret(graph, &bindings).unwrap_or_else(|error| panic!("this is a bug in dropnet: {error}"));
        let Some(logits) = values.sink(Sink::Output) else { continue };
        for (i, row) in logits.reals().chunks_exact(width).enumerate() {
            let add = |sum: &mut Vec<f64>, values: &[f64]| {
                let width = values.len();
                sum[i * width..(i + 1) * width].iter_mut().zip(values).for_each(|(s, x)| *s += weight * x);
            };
            add(&mut sums.0, &kind.chances(row));
            add(&mut sums.1, row);
        }
        watch.step(1)?;
        if mask == 15 {
            clock.in_time(16)?;
        }
    }
    Ok(sums)
}
