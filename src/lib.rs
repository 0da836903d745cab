//! dropnet: a declarative language and native compiler for neural networks in which dropout is part of the language.
//!
//! # Start here
//!
//! A net is a text in the language that the command `dropnet` reads; `dropnet explain WORD` has a page for each of its words. [`Training`] trains one,
//! [`load`] takes up one that was trained, and [`Net`] predicts: of raw rows, as they stood in the table that the net was trained on. What was fitted in
//! training (means, categories, tokens) is in the net.
//!
//! ```
//! # fn main() -> Result<(), dropnet::Error> {
//! let trained = dropnet::Training::new(
//!     "data {
//!        source builtin, \"iris\"
//!        split test=20%
//!        normalize inputs
//!      }
//!      net {
//!        input x: real[4]
//!        dense 16 -> relu -> dropout 0.2
//!        dense 3
//!        output species: class[3]
//!      }
//!      train {
//!        loss cross_entropy
//!        optimizer sgd, lr=0.05, momentum=0.9
//!        epochs 20
//!      }",
//! )
//! .run()?;
//!
//! // One row, dropout off: as the whole net says it.
//! let flower = trained.net.predict_row([5.1, 3.5, 1.4, 0.2])?;
//! assert_eq!(flower.class(), Some("setosa"));
//!
//! // Monte-Carlo dropout: the mean over samples, and how far they differ.
//! let net = trained.net.monte_carlo(50)?;
//! let flowers = net.predict_csv("5.1,3.5,1.4,0.2\n6.3,2.8,5.1,1.5\n")?;
//! for flower in &flowers {
//!     let class = flower.class().unwrap_or_default();
//!     assert!(flower.sd(class).is_some() && flower.get("entropy").is_some());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Errors are of one type, [`Error`], and say what the command would: the code, the place, the reason and the way out.
//!
//! What is documented here is all that stays as it is between versions.
#![deny(unsafe_code)]

mod atomic;
mod diag;
mod memory;
mod shell;
mod syntax;
mod vocab;

mod model;

mod check;
mod layers;
mod lint;
mod train;

mod graph;
mod lower;

mod codegen;
mod loops;

mod data;
mod manual;
mod plot;
mod repl;
mod runtime;

mod run;

mod front;

use dropnet_numerics::kernels::peers;
use dropnet_numerics::{draws, kernels, math, sound};

pub use front::{
    Cell, Epoch, Error, ErrorKind, Iter, Net, Outcome, Prediction, Predictions, Row, Training, load,
};

/// The door of the command, the tests and the benches of this repository to what lies inside. Nothing here is stable, and nothing is meant for others.
#[doc(hidden)]
pub mod internal {
    macro_rules! rooms {
        ($($room:ident),* $(,)?) => {
            $(pub mod $room {
                pub use crate::$room::*;
            })*
        };
    }

    rooms! {
        atomic, check, codegen, data, diag, draws, front, graph, kernels, layers, lint, loops, lower, manual, math, memory, model, peers, plot, repl, run, runtime,
        shell, sound, syntax, train, vocab,
    }
}
