//! The coins that decide which sub-network a row sees.

use super::{Model, NodeId, NodeKind, Param};

impl Model {
    /// Units and weights that are kept or dropped by a coin of their own: the net stands for 2 to this power of sub-networks.
    #[must_use]
    pub fn coins(&self) -> usize {
        (0..self.nodes.len()).map(|i| coins(self, NodeId(i))).sum()
    }

    /// A place whose random multipliers are not coins.
    #[must_use]
    pub fn continuous_site(&self) -> Option<&str> {
        let continuous = |i: usize| {
            let live = self.nodes[i].drop_site().is_some_and(|site| site.is_live_in_mc());
            live && coins(self, NodeId(i)) == 0
        };
        (0..self.nodes.len()).find(|i| continuous(*i)).map(|i| self.nodes[i].path.as_str())
    }
}

impl Model {
    /// Drops hidden units at this rate, wherever the net has a place for it, be it of the rate 0; gives the number of places. What is dropped of inputs stays as it is.
    pub fn thin_at(&mut self, rate: f64) -> usize {
        let mut learned = vec![false; self.nodes.len()];
        let mut places = 0;
        for i in 0..self.nodes.len() {
            let node = &self.nodes[i];
            let is_hidden = node.inputs.iter().any(|input| learned[input.0]);
            learned[i] = is_hidden || !node.params.is_empty();
            if let NodeKind::Layer(used) = &mut self.nodes[i].kind
                && is_hidden
            {
                places += usize::from(used.word.thin(&mut used.args, rate));
            }
        }
        places
    }
}

/// Coins of a node: of its units, and of its masked weights.
fn coins(model: &Model, id: NodeId) -> usize {
    let node = model.node(id);
    let own = match (node.drop_site(), node.inputs.first()) {
        // A learned rate is trained with smooth stand-ins for its coins.
        (Some(site), Some(input)) if !site.is_learned() => site.coins(&model.node(*input).ty),
        _ => 0,
    };
    let live = node.weight_drop.filter(|drop| drop.p.acts(false));
    let params = node.params.iter().map(|p| &model.params[p.0]);
    let masked = params.filter(|param| live.is_some_and(|drop| drop.masks(param)));
    let inner = node
        .inner_drops(model)
        .iter()
        .filter(|drop| drop.rate.last() > 0.0)
        .map(|drop| drop.coins)
        .sum::<usize>();
    own + inner + masked.map(Param::len).sum::<usize>()
}
