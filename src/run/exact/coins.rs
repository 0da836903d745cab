//! The coins of a net, and masks in which each is kept or dropped.

use super::NotEnumerated;
use crate::{
    graph::{Bindings, SiteId, StepInfo, Tensor},
    lower::Lowered,
};

/// A site's coins.
#[derive(Clone, Debug)]
pub(super) struct Coins {
    pub site: SiteId,
    /// Whether the mask has the rows in front.
    pub of_rows: bool,
    pub dims: Vec<usize>,
    /// The coin of each unit.
    pub coin: Vec<usize>,
    pub count: usize,
    pub keep: f64,
}

/// The coins of every site that the graph draws from.
pub(super) fn coins(lowered: &Lowered) -> Result<Vec<Coins>, NotEnumerated> {
    let graph = &lowered.graph;
    let mut all = Vec::new();
    let step = StepInfo::of_prediction(1);
    for v in graph.values() {
        let Some(site) = graph.drawn_from(v) else { continue };
        let Some(tossed) = graph.tossed(v) else {
            return Err(NotEnumerated::Continuous(graph.sites[site.index()].path.clone()));
        };
        let dropped = f64::from(lowered.scalars[tossed.threshold.index()].word(&step)) / 65536.0;
        let (coin, of_rows, dims) = (tossed.coins, tossed.of_rows, tossed.shape);
        let count = coin.iter().max().map_or(0, |last| last + 1);
        all.push(Coins { site, of_rows, dims, coin, count, keep: 1.0 - dropped });
    }
    Ok(all)
}

/// Binds the masks of one outcome; answers its probability.
pub(super) fn toss(sites: &[Coins], mask: u64, rows: usize, bindings: &mut Bindings<f64>) -> f64 {
    let mut weight = 1.0;
    let mut first = 0;
    for site in sites {
        let kept = |coin: usize| mask >> (first + coin) & 1 == 1;
        weight *= (0..site.count).map(|c| if kept(c) { site.keep } else { 1.0 - site.keep }).product::<f64>();
        site.bind(kept, rows, bindings);
        first += site.count;
    }
    weight
}

impl Coins {
    /// Binds the site's mask.
    pub fn bind(&self, kept: impl Fn(usize) -> bool, rows: usize, bindings: &mut Bindings<f64>) {
        self.bind_values(|coin| f64::from(u8::from(kept(coin))), rows, bindings);
    }

    /// Binds the mean of the site's masks.
    pub fn bind_mean(&self, rows: usize, bindings: &mut Bindings<f64>) {
        self.bind_values(|_| self.keep, rows, bindings);
    }

    fn bind_values(&self, value: impl Fn(usize) -> f64, rows: usize, bindings: &mut Bindings<f64>) {
        let one: Vec<f64> = self.coin.iter().map(|c| value(*c)).collect();
        let tensor = match self.of_rows {
            true => Tensor::real(&[&[rows], &self.dims[..]].concat(), one.repeat(rows)),
            false => Tensor::real(&self.dims, one),
        };
        bindings.overrides.insert(self.site, tensor);
    }
}
