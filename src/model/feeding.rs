//! Which masks feed a matrix: those of the last dropout before it with nothing between that has parameters or several inputs.

use super::{Model, Node, Param, ParamId, ParamRole};
use crate::{
    draws,
    layers::{DropSite, When},
};

impl Model {
    /// The share of the inputs of a matrix (and of its weights) that is kept, and whether it is scaled in evaluation.
    pub fn keep_before(&self, param: &Param) -> (f64, bool) {
        let weights = self.weights_kept(param);
        match self.feeding(param) {
            Some((_, site)) => (weights * draws::keep(site.rate.last()), site.scaled == When::Test),
            None => (weights, false),
        }
    }

    /// The share of the weights that `drop_connect` keeps.
    pub fn weights_kept(&self, param: &Param) -> f64 {
        self.node(param.node).weight_drop.map_or(1.0, |drop| draws::keep(drop.p.last()))
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
        let mut at = self.node(*self.node(param.node).inputs.get(param.fed_by?)?);
        while at.layer().is_some() {
            if let Some(site) = at.drop_site() {
                return Some((at, site));
            }
            if !at.params.is_empty() || at.inputs.len() != 1 {
                return None;
            }
            at = self.node(at.inputs[0]);
        }
        None
    }
}
