//! What a mask of coins is made of, read off its node once for all who ask.

use crate::draws;
use crate::graph::{Attention, Graph, Op, ScalarId, SiteId, ValueId};

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

/// Coins that a node tosses for a row, be they a mask or those of weights that no mask ever holds.
#[derive(Clone, Debug)]
pub struct Tossed {
    pub site: SiteId,
    /// The step scalar that holds the rate, in 65536ths.
    pub threshold: ScalarId,
    /// Whether each row tosses its own.
    pub of_rows: bool,
    /// Of what is kept or dropped of a row, and for each axis whether all places along it share one coin.
    pub shape: Vec<usize>,
    pub shared: Vec<bool>,
    /// Whether the axes are heads, queries and keys.
    pub of_heads: bool,
    /// The number of each unit's draw, row-major.
    pub units: Vec<usize>,
    /// The coin of each unit, counted from 0.
    pub coins: Vec<usize>,
}

impl Tossed {
    fn of_mask(mask: &Mask<'_>) -> Self {
        Self {
            site: mask.site,
            threshold: mask.threshold,
            of_rows: mask.of_rows,
            shape: mask.dims.to_vec(),
            shared: mask.shared.to_vec(),
            of_heads: false,
            units: draws::units(mask.dims, mask.shared),
            coins: draws::counted_units(mask.dims, mask.shared),
        }
    }

    /// Weights that no query looks at hang on the first coin: they are nothing either way.
    fn of_attention(form: &Attention, site: SiteId, threshold: ScalarId) -> Self {
        let Attention { heads, queries, keys, .. } = *form;
        let (mut units, mut coins, mut seen) = (Vec::new(), Vec::new(), 0);
        for (head, query) in (0..heads).flat_map(|head| (0..queries).map(move |query| (head, query))) {
            for key in 0..keys {
                units.push(form.unit(head, query, key) as usize);
                let looked_at = key < form.reach(query);
                coins.push(if looked_at { seen } else { 0 });
                seen += usize::from(looked_at);
            }
        }
        let shape = vec![heads, queries, keys];
        Self { site, threshold, of_rows: true, of_heads: true, shared: vec![false; 3], shape, units, coins }
    }
}

impl Graph {
    /// The coins that a node tosses, if it does.
    #[must_use]
    pub fn tossed(&self, v: ValueId) -> Option<Tossed> {
        let node = self.node(v);
        match &node.op {
            Op::Attend(form) if form.dropped => {
                let Op::Scalar(threshold) = self.node(node.inputs[1]).op else { return None };
                Some(Tossed::of_attention(form, self.drawn_from(v)?, threshold))
            }
            _ => self.mask(v).map(|mask| Tossed::of_mask(&mask)),
        }
    }

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
