//! A scan and the same one that stacks more, which its derivative wanted, are one: the wider, of which the narrower is the first columns.

use std::sync::Arc;

use super::super::{Graph, Op, Scan, ValueId};
use super::rebuild_by_node;

pub fn widest(graph: &Graph) -> Graph {
    rebuild_by_node(graph, |b, v, op, inputs| {
        let Op::Scan(scan) = op else { return b.push(op.clone(), inputs) };
        match wider(graph, v, scan) {
            None => b.push(op.clone(), inputs),
            Some(wide) => {
                let all = b.push(Op::Scan(wide), inputs);
                b.slice(all, 2, 0, scan.width())
            }
        }
    })
}

/// The widest later scan of the same operands that stacks what this one does, and more.
fn wider(graph: &Graph, of: ValueId, scan: &Scan) -> Option<Arc<Scan>> {
    let own = &graph.node(of).inputs;
    let later = graph.nodes[of.index() + 1..].iter().filter(|node| node.inputs == *own);
    let wider = later.filter_map(|node| if let Op::Scan(wide) = &node.op { Some(wide) } else { None });
    wider.filter(|wide| wide.extends(scan)).max_by_key(|wide| wide.width()).cloned()
}
