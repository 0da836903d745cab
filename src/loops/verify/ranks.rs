//! What must hold of a program whose blocks are dealt to processes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::traffic;
use crate::loops::calls::Exchange;
use crate::loops::{BufferId, BufferKind, Call, Kernel, Operand, Program};
use crate::peers::Slice;

/// Where processes have some blocks each, nobody reads a sum over rows before it was exchanged and has come; and the processes tell each other once a step whether to stop.
pub(super) fn nodes_are_exchanged(program: &Program) -> Result<(), String> {
    let (mut nodes, mut told) = (BTreeSet::new(), 0);
    // What is exchanged beside other kernels, in the order in which it was begun.
    let mut under_way: VecDeque<&Exchange> = VecDeque::new();
    for kernel in &program.kernels {
        match kernel {
            Kernel::Call { call: Call::Exchange(exchange), .. } => {
                if !exchange.beside && !under_way.is_empty() {
                    return Err(format!("{}: another exchange is under way", kernel.name()));
                }
                for own in &exchange.nodes {
                    nodes.remove(&own.partials);
                }
                under_way.extend(exchange.beside.then_some(exchange));
                told += usize::from(exchange.is_last);
                continue;
            }
            Kernel::Call { call: Call::Arrive(arrive), .. } => {
                if under_way.pop_front() != Some(&arrive.exchange) {
                    return Err(format!("{}: waits for another exchange", kernel.name()));
                }
                continue;
            }
            _ => {}
        }
        let under_way =
            |id: &BufferId| under_way.iter().any(|own| own.nodes.iter().any(|own| own.partials == *id));
        if let Some(early) = kernel.buffers().into_iter().find(|id| nodes.contains(id) || under_way(id)) {
            let name = &program.buffers[early.0 as usize].name;
            return Err(format!("{}: {name} has sums of one process alone", kernel.name()));
        }
        if let Kernel::Call { call, .. } = kernel {
            nodes.extend(call.leaves_nodes().map(|own| own.partials));
        }
    }
    match (nodes.is_empty() && under_way.is_empty(), told) {
        (false, _) => Err("a sum over rows is never exchanged".to_string()),
        (true, 0 | 1) => Ok(()),
        _ => Err("a step ends once".to_string()),
    }
}

/// What each process has its slice of is touched by kernels of the same slice alone, element by element, until it is collected; and parameters are, before the step is over.
pub(super) fn slices_are_collected(program: &Program) -> Result<(), String> {
    let mut sliced: BTreeMap<BufferId, Slice> = BTreeMap::new();
    // What a step leaves in slices is so in the next one.
    for _ in 0..2 {
        program.kernels.iter().try_for_each(|kernel| step(program, kernel, &mut sliced))?;
        sliced.retain(|id, _| program.buffers[id.0 as usize].kind.outlives());
        let is_slot = |id: &BufferId| matches!(program.buffers[id.0 as usize].kind, BufferKind::Slot(_));
        if let Some(left) = sliced.keys().find(|id| !is_slot(id)) {
            return Err(format!("{} is never collected", program.buffers[left.0 as usize].name));
        }
    }
    Ok(())
}

fn step(program: &Program, kernel: &Kernel, sliced: &mut BTreeMap<BufferId, Slice>) -> Result<(), String> {
    let name = |id: BufferId| &program.buffers[id.0 as usize].name;
    match kernel {
        Kernel::Call { call: Call::Exchange(exchange), .. } => {
            sliced.extend(exchange.nodes.iter().filter_map(|own| Some((own.partials, own.slice?))));
        }
        Kernel::Call { call: Call::Collect(collect), .. } => {
            for value in &collect.values {
                if sliced.remove(&value.buffer) != Some(value.slice) {
                    return Err(format!("{} is collected, and was not shared out so", name(value.buffer)));
                }
            }
        }
        Kernel::Call { call: Call::Arrive(_), .. } => {}
        Kernel::Loop(k) if k.slice.is_some() => {
            let writes = traffic(kernel).1;
            sliced.extend(writes.iter().filter_map(|id| Some((*id, k.slice?))));
            let other = k.operands.iter().find_map(|operand| match operand {
                Operand::Buffer(id) => sliced.get(id).filter(|slice| Some(**slice) != k.slice).map(|_| *id),
                _ => None,
            });
            if let Some(other) = other {
                return Err(format!("{}: {} is in other slices", k.name, name(other)));
            }
            if !k.is_by_element(|id| sliced.contains_key(&id)) {
                return Err(format!("{}: reads elements of other slices", k.name));
            }
        }
        _ => {
            if let Some(other) = kernel.buffers().into_iter().find(|id| sliced.contains_key(id)) {
                return Err(format!("{}: of {} each process has a slice", kernel.name(), name(other)));
            }
        }
    }
    Ok(())
}
