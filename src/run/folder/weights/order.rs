//! In which order the numbers of a vector stand that was laid out from maps: here channels are last, in PyTorch first.

use crate::model::{Model, NodeId};

/// Why the order is not known.
pub enum Unclear {
    /// Values of several orders are joined here.
    Joined(NodeId),
    /// Units of the layer become maps here.
    LaidOut(NodeId),
}

/// What a layer that reads a vector is fed with.
enum Order {
    Plain,
    /// The vector was maps of these sizes, channels last.
    Maps(Vec<usize>),
}

/// Sizes of the maps, channels last, whose numbers the node reads as one vector; none where it reads a vector that no maps were laid out as, or maps themselves.
pub fn of(model: &Model, id: NodeId) -> Result<Option<Vec<usize>>, Unclear> {
    if let Some(maps) = laid_out(model, id) {
        return Err(Unclear::LaidOut(maps));
    }
    let [input] = model.node(id).inputs[..] else { return Ok(None) };
    if model.node(input).ty.axes.len() != 1 {
        return Ok(None);
    }
    Ok(match behind(model, input)? {
        Order::Plain => None,
        Order::Maps(sizes) => Some(sizes),
    })
}

/// Whether each number of the result is made of the one at its place in the input, if there is one input.
fn keeps_order(model: &Model, id: NodeId) -> bool {
    let facts = model.node(id).facts();
    facts.hands_on || facts.unitwise.is_some() || facts.normalises.is_some()
}

fn behind(model: &Model, id: NodeId) -> Result<Order, Unclear> {
    let node = model.node(id);
    if node.ty.axes.len() > 1 {
        return Ok(of_maps(model, id));
    }
    match node.inputs[..] {
        _ if !keeps_order(model, id) => Ok(Order::Plain),
        [input] if model.node(input).ty.len() == node.ty.len() => behind(model, input),
        [] | [_] => Ok(Order::Plain),
        ref several => {
            let orders: Result<Vec<Order>, Unclear> =
                several.iter().map(|input| behind(model, *input)).collect();
            let is_plain = orders?.iter().all(|order| matches!(order, Order::Plain));
            if is_plain { Ok(Order::Plain) } else { Err(Unclear::Joined(id)) }
        }
    }
}

/// Of a value with places and channels. What windows never slid over are steps of a series, which PyTorch has in front of their channels too.
fn of_maps(model: &Model, id: NodeId) -> Order {
    let sizes = model.node(id).ty.sizes();
    let places: usize = sizes[..sizes.len() - 1].iter().product();
    let is_map = sizes.len() > 2 || slid(model, id);
    if is_map && places > 1 && sizes.last() != Some(&1) { Order::Maps(sizes) } else { Order::Plain }
}

fn slid(model: &Model, id: NodeId) -> bool {
    let node = model.node(id);
    match node.inputs[..] {
        _ if node.facts().slides => true,
        [input] => model.node(input).ty.sizes() == node.ty.sizes() && slid(model, input),
        _ => false,
    }
}

/// Where units of the node are laid out as maps, whose order its parameters would have to follow.
fn laid_out(model: &Model, id: NodeId) -> Option<NodeId> {
    let node = model.node(id);
    if node.ty.axes.len() != 1 {
        return None;
    }
    let readers = model.nodes.iter().enumerate().filter(|(_, reader)| reader.inputs == [id]);
    readers.map(|(i, _)| NodeId(i)).filter(|reader| keeps_order(model, *reader)).find_map(|reader| {
        let ty = &model.node(reader).ty;
        match ty.axes.len() {
            1 if ty.len() == node.ty.len() => laid_out(model, reader),
            1 => None,
            _ => matches!(of_maps(model, reader), Order::Maps(_)).then_some(reader),
        }
    })
}
