//! Where units and weights are dropped, at what rate, and where the file says so.

use serde::Serialize;

use crate::{
    layers::{InnerDrop, Law},
    model::{Model, Node, NodeKind, WeightDrop},
    vocab::{Args, Given, Value},
};

/// A place where units or weights are dropped.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drop {
    pub rate: f64,
    /// What is dropped on average, which is less than the rate where squares overlap.
    pub share: f64,
    pub source: RateSource,
    pub kind: &'static str,
    /// Stochastic in every mode.
    pub always: bool,
    pub of: Dropped,
    /// The other arguments that the file gives, as `scale=test`.
    pub settings: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dropped {
    Units,
    Weights,
    /// The whole value, row by row.
    Branch,
}

/// What is dropped inside of a layer, by the name of the place: `weights` of attention, `recurrent_dropout`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inside {
    pub name: &'static str,
    pub rate: f64,
    /// Whether evaluation takes all, training having scaled what it kept; else it takes a mean.
    pub scaled: bool,
}

impl Inside {
    pub(super) fn of(model: &Model, node: &Node) -> Vec<Self> {
        let told = |drop: InnerDrop| Self { name: drop.name, rate: drop.rate.last(), scaled: drop.scaled };
        node.inner_drops(model).into_iter().map(told).collect()
    }
}

/// Where a rate comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RateSource {
    /// A number in the file.
    Written,
    /// An expression in the file: a `param`, a block's argument.
    Expression(String),
    /// Left out: the rate that is usual for the place.
    Usual,
}

/// The node's own site, or the mask over its weights.
pub(super) fn dropped(model: &Model, node: &Node, source: &str) -> Option<Drop> {
    if let NodeKind::Layer(used) = &node.kind
        && let Some(site) = used.word.drop_site(&used.args)
    {
        let rate = used
            .args
            .iter()
            .filter(|given| given.written && given.name != "size")
            .find(|given| matches!(given.value, Value::Number(_) | Value::Ramp(_)));
        return Some(Drop {
            rate: site.rate.last(),
            share: 1.0 - site.share_kept(&node.ty),
            source: rate_source(rate, source),
            settings: settings(&used.args, rate),
            kind: site.law.name(),
            always: site.always,
            of: if site.scope.is_branch() { Dropped::Branch } else { Dropped::Units },
        });
    }
    let masks = |drop: &WeightDrop| node.params.iter().any(|id| drop.masks(&model.params[id.0]));
    let drop = node.weight_drop.filter(masks)?;
    Some(Drop {
        rate: drop.p.last(),
        share: drop.p.last(),
        source: RateSource::Written,
        kind: Law::Coin.name(),
        always: drop.always,
        of: Dropped::Weights,
        settings: Vec::new(),
    })
}

/// What is written beside the rate; kind and `always` are said elsewhere.
fn settings(args: &Args, rate: Option<&Given>) -> Vec<String> {
    let told = |name: &str| rate.is_some_and(|rate| rate.name == name) || name == "kind" || name == "always";
    let rest = args.iter().filter(|given| given.written && !told(given.name));
    rest.map(|given| format!("{}={}", given.name, given.value)).collect()
}

/// A rate is the first number that a dropping layer was given; without one it was settled by the place.
fn rate_source(rate: Option<&Given>, source: &str) -> RateSource {
    let Some(given) = rate else { return RateSource::Usual };
    let text = source.get(given.span.start..given.span.end).unwrap_or_default();
    if text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains(char::is_whitespace) {
        RateSource::Written
    } else {
        RateSource::Expression(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }
}
