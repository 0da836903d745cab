//! What a mask of coins is made of, read off its node once for all who ask.

use super::{Graph, Op, ScalarId, SiteId, ValueId};

/// A [`Op::KeepMask`] node.
#[derive(Clone, Copy, Debug)]
pub struct Mask<'g> {
    pub site: SiteId,
    /// The step scalar that holds its rate, in 65536ths.
    pub threshold: ScalarId,
    /// Of a row.
    pub dims: &'g [usize],
    /// For each of them, whether all places along it share one coin.
    pub shared: &'g [bool],
    /// Whether each row has a mask of its own.
    pub of_rows: bool,
}

impl Graph {
    /// All values, operands before what is made of them.
    pub fn values(&self) -> impl Iterator<Item = ValueId> + use<> {
        (0..self.nodes.len() as u32).map(ValueId)
    }

    /// The mask that a node draws, if it draws one.
    #[must_use]
    pub fn mask(&self, v: ValueId) -> Option<Mask<'_>> {
        let node = self.node(v);
        let Op::KeepMask { dims, shared } = &node.op else { return None };
        let site = self.drawn_from(v)?;
        let Op::Scalar(threshold) = self.node(node.inputs[1]).op else { return None };
        Some(Mask { site, threshold, dims, shared, of_rows: node.ty.has_batch() })
    }

    /// The site of a node that draws: of a mask, of deviates.
    #[must_use]
    pub fn drawn_from(&self, v: ValueId) -> Option<SiteId> {
        match self.node(*self.node(v).inputs.first()?).op {
            Op::RowKey(site) => Some(site),
            _ => None,
        }
    }
}
