//! Which values are made by kernels of the library, and of what.

use std::collections::BTreeMap;

use super::attention::{AttentionView, WavesView};
use super::depthwise::DepthwiseView;
use super::gather::GatherView;
use super::moments::MomentsView;
use super::over_time::RepeatView;
use super::pools::PoolView;
use super::product::ProductView;
use super::spectra::{SpectraView, TableView};
use super::squares::SquaresView;
use super::thinned::ThinnedView;
use super::unfold::UnfoldView;
use super::windows::{ConvView, Turned};
use crate::graph::{Blocks, Graph, Reduction, ValueId};
use crate::loops::{BufferId, Call, Combine, Domain};

/// The values that kernels of the library make where they are stored.
pub(super) type Library = BTreeMap<ValueId, View>;

/// What a kernel of the library reads, and where.
#[derive(Clone, Debug)]
pub(super) enum View {
    Attention(AttentionView),
    Product(ProductView),
    Conv(ConvView),
    Depthwise(DepthwiseView),
    Moments(MomentsView),
    Pool(PoolView),
    Spectra(SpectraView),
    Squares(SquaresView),
    Table(TableView),
    Thinned(ThinnedView),
    Gather(GatherView),
    Unfold(UnfoldView),
    Waves(WavesView),
    Repeat(Box<RepeatView>),
}

impl View {
    /// What lies in the memory that it reads.
    pub fn bases(&self) -> Vec<ValueId> {
        match self {
            View::Attention(view) => view.bases(),
            View::Product(view) => view.bases().to_vec(),
            View::Conv(view) => view.bases(),
            View::Depthwise(view) => view.bases(),
            View::Moments(view) => view.bases(),
            View::Pool(view) => view.bases(),
            View::Spectra(view) => view.bases(),
            View::Squares(view) => view.bases(),
            View::Thinned(view) => view.bases().to_vec(),
            View::Gather(view) => view.bases(),
            View::Unfold(view) => view.bases(),
            View::Waves(_) | View::Table(_) => Vec::new(),
            View::Repeat(view) => view.bases(),
        }
    }

    /// The loop over time that it is, if it is one: other kernels are calls.
    pub fn over_time(&self) -> Option<&RepeatView> {
        if let View::Repeat(view) = self { Some(view) } else { None }
    }

    /// The kernel, its result in `own`; `alone` says that it depends on data alone, `turned` where turned filters lie. None for a loop over time.
    pub fn call(
        &self,
        own: BufferId,
        alone: bool,
        buffer: impl Fn(ValueId) -> BufferId,
        turned: impl Fn(Turned) -> BufferId,
    ) -> Option<Call> {
        Some(match self {
            View::Attention(view) => view.call(own, buffer).into(),
            View::Product(view) => view.call(own, alone, buffer).into(),
            View::Conv(view) => view.call(own, buffer, turned).into(),
            View::Depthwise(view) => view.call(own, buffer).into(),
            View::Moments(view) => view.call(own, buffer).into(),
            View::Pool(view) => view.call(own, buffer).into(),
            View::Spectra(view) => view.call(own, buffer).into(),
            View::Squares(view) => view.call(own, buffer).into(),
            View::Table(view) => view.call(own).into(),
            View::Thinned(view) => view.call(own, buffer).into(),
            View::Gather(view) => view.call(own, buffer),
            View::Unfold(view) => view.call(own, buffer).into(),
            View::Waves(view) => view.call(own).into(),
            View::Repeat(_) => return None,
        })
    }

    /// Filters that have to be turned for it.
    pub fn turned(&self) -> Option<Turned> {
        match self {
            View::Conv(view) => view.turned(),
            View::Attention(_)
            | View::Product(_)
            | View::Depthwise(_)
            | View::Moments(_)
            | View::Pool(_)
            | View::Spectra(_)
            | View::Squares(_)
            | View::Table(_)
            | View::Thinned(_)
            | View::Gather(_)
            | View::Unfold(_)
            | View::Waves(_)
            | View::Repeat(_) => None,
        }
    }

    /// The end of the kernel's name: of products it does not say how their operands lie.
    pub fn word(&self, call: &Call) -> String {
        match self {
            View::Product(_) | View::Thinned(_) => "gemm".to_string(),
            View::Attention(_)
            | View::Conv(_)
            | View::Depthwise(_)
            | View::Moments(_)
            | View::Pool(_)
            | View::Spectra(_)
            | View::Squares(_)
            | View::Table(_)
            | View::Gather(_)
            | View::Unfold(_)
            | View::Waves(_)
            | View::Repeat(_) => call.word(),
        }
    }

    /// Whether its result is partials that are to be combined.
    pub fn leaves_partials(&self) -> bool {
        match self {
            View::Product(view) => view.in_pieces(),
            View::Conv(view) => view.call(BufferId(0), |_| BufferId(0), |_| BufferId(0)).in_groups(),
            View::Depthwise(view) => view.call(BufferId(0), |_| BufferId(0)).in_groups(),
            View::Moments(_) => true,
            View::Attention(_)
            | View::Pool(_)
            | View::Spectra(_)
            | View::Squares(_)
            | View::Table(_)
            | View::Thinned(_)
            | View::Gather(_)
            | View::Unfold(_)
            | View::Waves(_)
            | View::Repeat(_) => false,
        }
    }

    /// What brings its partials in `own`, of `cols` columns, together: those of shards of `domain` in each of the blocks.
    pub fn combine(&self, own: BufferId, cols: usize, domain: Domain, blocks: Blocks) -> Call {
        match self {
            View::Moments(view) => view.join(own, blocks).into(),
            View::Attention(_)
            | View::Product(_)
            | View::Conv(_)
            | View::Depthwise(_)
            | View::Pool(_)
            | View::Spectra(_)
            | View::Squares(_)
            | View::Table(_)
            | View::Thinned(_)
            | View::Gather(_)
            | View::Unfold(_)
            | View::Waves(_)
            | View::Repeat(_) => {
                Combine { partials: own, cols, reduction: Reduction::Sum, domain, blocks }.into()
            }
        }
    }
}

/// What leads to a sink, where a kernel of the library needs no more than what it reads.
pub(super) fn live(graph: &Graph, library: &Library) -> Vec<bool> {
    let mut live = vec![false; graph.nodes.len()];
    graph.sinks.iter().for_each(|(_, v)| live[v.index()] = true);
    for v in (0..graph.nodes.len() as u32).rev().map(ValueId) {
        if live[v.index()] {
            let inputs = || graph.node(v).inputs.clone();
            library.get(&v).map_or_else(inputs, View::bases).iter().for_each(|x| live[x.index()] = true);
        }
    }
    live
}
