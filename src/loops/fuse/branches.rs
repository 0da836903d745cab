//! Which buffers of a program are of a branch that a coin drops.

use std::collections::BTreeMap;

use super::group::{Groups, Item};
use super::library::View;
use super::trace::{Context, Home};
use crate::graph::{Coin, ValueId};
use crate::loops::{Branch, BufferId};

/// The branches of a step. `buffers` says where the program keeps what.
pub(super) fn branches(
    context: &Context,
    groups: &Groups,
    buffers: &BTreeMap<Home, BufferId>,
) -> Vec<Branch> {
    let of = |coin: Coin| {
        let read = coin.read_when_dropped(context.graph);
        let turned = |home: Home| {
            let calls = groups.items.iter().filter_map(|item| match item {
                Item::Call(v) => Some(*v),
                Item::Loop(_) | Item::Transpose(_) => None,
            });
            let reader =
                |v: &ValueId| context.library.get(v).and_then(View::turned).map(Home::Turned) == Some(home);
            calls.filter(reader).any(|v| read[v.index()])
        };
        let is_read = |home: &Home| match home {
            Home::Value(v) | Home::Private(v, _) => read[v.index()],
            Home::Turned(_) => turned(*home),
            _ => true,
        };
        let mut own: BTreeMap<BufferId, bool> = BTreeMap::new();
        for (home, id) in buffers {
            *own.entry(*id).or_default() |= is_read(home);
        }
        let buffers = own.into_iter().filter(|(_, read)| !read).map(|(id, _)| id).collect();
        Branch { coin, buffers }
    };
    let branches = Coin::selecting(context.graph).into_iter().map(of);
    branches.filter(|branch| !branch.buffers.is_empty()).collect()
}
