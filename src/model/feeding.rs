//! Which masks feed a matrix: those of the dropouts before it with nothing between that has parameters or several inputs, and those within its own layer.

use super::{Model, Node, Param, ParamId, ParamRole};
use crate::{
    draws,
    layers::{DropSite, When},
};

impl Model {
    /// The share of the inputs of a matrix (and of its weights) that is kept, and whether it is scaled in evaluation.
    /// Masks in a row multiply.
    pub fn keep_before(&self, param: &Param) -> (f64, bool) {
        let sites = self.feeders(param).map(|(_, site)| draws::keep(site.rate.last()));
        let at_test = self.feeding(param).is_some_and(|(_, site)| site.scaled == When::Test);
        (self.weights_kept(param) * sites.product::<f64>(), at_test)
    }

    /// The share of a matrix that its own layer keeps: `drop_connect` around it, rates among the layer's arguments, and of a table the word types.
    pub fn weights_kept(&self, param: &Param) -> f64 {
        let node = self.node(param.node);
        let masked = node.weight_drop.filter(|drop| drop.masks(param)).map(|drop| drop.p);
        let inside = param.dropped_by.and_then(|rate| node.layer()?.args.opt_timed(rate));
        let types =
            self.nodes.iter().filter(|node| node.inputs.first() == Some(&param.node) && drops_types(node));
        let types = types.filter_map(|node| Some(node.drop_site()?.rate));
        masked.into_iter().chain(inside).chain(types).map(|rate| draws::keep(rate.last())).product()
    }

    /// The logit of the learned rate that feeds a matrix.
    pub fn learned_logit(&self, param: &Param) -> Option<ParamId> {
        let (node, site) = self.feeding(param)?;
        node.params.first().copied().filter(|_| site.is_learned())
    }

    /// Matrices that no mask reaches, by name.
    pub fn unmasked(&self) -> Vec<&str> {
        let weights = self.params.iter().filter(|param| param.role == ParamRole::Weight);
        weights.filter(|param| self.keep_before(param).0 == 1.0).map(|param| param.name.as_str()).collect()
    }

    /// What is said of the correspondence of a kernel with the dropout that feeds it, beyond that of a matrix: the kernel is used at every place.
    pub fn feeding_of_kernel(&self, param: &Param) -> Option<&'static str> {
        let node = self.node(param.node);
        let (dropped, site) = self.feeding(param).filter(|_| node.ty.places() > 1)?;
        let input = self.node(*node.inputs.first()?);
        let whole = dropped.ty.axes.iter().zip(site.scope.along(&dropped.ty));
        let whole = whole.rev().skip(1).all(|(_, shared)| shared);
        match (whole, dropped.ty.places() == input.ty.places()) {
            (true, true) => None,
            (true, false) => Some("a pool stands between them"),
            (false, _) => {
                Some("units of the map are dropped one by one, so that it is no draw of the kernel")
            }
        }
    }

    fn feeding(&self, param: &Param) -> Option<(&Node, DropSite)> {
        self.feeders(param).next()
    }

    /// The dropouts before a matrix, the last first.
    fn feeders(&self, param: &Param) -> impl Iterator<Item = (&Node, DropSite)> {
        let first = param.fed_by.and_then(|input| self.node(param.node).inputs.get(input));
        let mut at = first.map(|id| self.node(*id));
        std::iter::from_fn(move || {
            while let Some(node) = at.filter(|node| node.layer().is_some()) {
                let site = node.drop_site();
                let multiplies = node.params.iter().any(|id| self.params[id.0].role != ParamRole::Rate);
                at = node.inputs.first().filter(|_| node.inputs.len() == 1).map(|id| self.node(*id));
                // What drops word types drops rows of the table.
                if multiplies || drops_types(node) {
                    at = None;
                } else if let Some(site) = site {
                    return Some((node, site));
                }
            }
            None
        })
    }
}

/// Whether a dropout behind an `embedding` drops word types: it reads the tokens too.
fn drops_types(node: &Node) -> bool {
    node.inputs.len() > 1 && node.drop_site().is_some()
}
