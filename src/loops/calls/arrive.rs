//! Waits for an exchange that goes on beside what does not need it; where nobody is left to do it beside, it is done here, so that processes meet no more often than they must.

use super::{Exchange, Library, Touched};
use crate::loops::interpret::Machine;
use crate::loops::parts::Parts;
use crate::loops::work::{ELEMENT, Work};
use crate::loops::{BufferId, Cost};

#[derive(Clone, Debug, PartialEq)]
pub struct Arrive {
    /// The one which was begun first of those that are not waited for.
    pub exchange: Exchange,
}

impl Library for Arrive {
    fn word(&self) -> String {
        "arrive".to_string()
    }

    fn operands(&self) -> Vec<Touched> {
        self.exchange.operands()
    }

    fn parts(&self) -> Parts {
        self.exchange.parts()
    }

    fn front(&self) -> Vec<u64> {
        self.exchange.front()
    }

    fn params(&self) -> Vec<u64> {
        self.exchange.params()
    }

    /// Of waiting; the exchange has its own.
    fn cost(&self, _: usize) -> Cost {
        Cost::default()
    }

    fn work(&self) -> Work {
        Work::each(false, ELEMENT)
    }

    /// Whoever interprets a program waits for nobody.
    fn interpret(&self, _: &mut Machine<'_>) {}

    fn print(&self, name: &dyn Fn(BufferId) -> String) -> String {
        let names: Vec<String> = self.exchange.nodes.iter().map(|nodes| nodes.text(name)).collect();
        format!("{} have come", names.join(", "))
    }
}
