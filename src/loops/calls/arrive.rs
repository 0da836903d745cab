//! Waits for an exchange that goes on beside what does not need it.

use super::exchange::Nodes;
use super::{Library, Touched};
use crate::graph::Blocks;
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost};

#[derive(Clone, Debug, PartialEq)]
pub struct Arrive {
    /// What the exchange brings: that one which was begun first of those that are not waited for.
    pub nodes: Vec<Nodes>,
    pub blocks: Blocks,
}

impl Library for Arrive {
    fn word(&self) -> String {
        "arrive".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        self.nodes.iter().map(Nodes::touched).collect()
    }

    fn parts(&self) -> Parts {
        Parts::Const(1)
    }

    fn params(&self) -> Vec<u64> {
        Vec::new()
    }

    fn cost(&self, _: usize) -> Cost {
        Cost::default()
    }

    fn work(&self) -> Work {
        Work::each(false, ELEMENT)
    }

    /// Whoever interprets a program waits for nobody.
    fn interpret(&self, _: &mut Machine<'_>) {}

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let names: Vec<String> = self.nodes.iter().map(|nodes| nodes.text(name)).collect();
        format!("{} have come", names.join(", "))
    }
}
