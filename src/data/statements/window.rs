//! `window 24, horizon=1, target=passengers`: rows are stretches of a table whose lines are steps of time; of one text, `window 64`, stretches of its tokens.
//!
//! # What it does
//! A row is `length` lines of the table one after another, `real[length, columns]` or `series[length, columns]`, and its target is the column `target`, `horizon` lines
//! behind the last of them. Its columns are the target's own, of the past, and behind it the other columns of numbers in the order of the table; `inputs` names others, and
//! then the target's own past is among them only where it is named.
//!
//! The lines are in the order of time, and so are the parts: `split` divides windows by their targets into contiguous stretches, training first, and the inputs of
//! a later part may reach back into the one before. Windows of the training part are shuffled like other rows. `normalize` is fitted to windows of the training part, column by column.
//!
//! Of `source text, FILE` a row is `length` tokens, `token[length, vocab=V]`. What is foretold is the net's to say: `output next: class[V]` is the token behind them,
//! `output next: token[length, vocab=V]` what comes behind each of them, the same tokens moved by one. The vocabulary is that of the training part, which is the beginning of the text.
//!
//! # Arguments
//! `stride=12` begins a window at every twelfth line. Without it a window begins at every line; where each token of a text has its own answer, behind the end of the one before,
//! so that an epoch foretells each token once, and the last window is as short as what is left. Windows that overlap are of the part that all their answers are of.
//!
//! `carry=true` is for recurrent layers with `carry=true`, whose state goes on from window to window: each part is cut into as many streams as `batch` says, a minibatch has the next window of each, and row `window * streams + stream`
//! goes on where that of the window before stopped. Nothing is shuffled. All parts have the same number of streams, and each must have a window at least. Of a text, the last window of a stream may be shorter, and its tokens count; lines of a table
//! that fill no window are left out.
//!
//! # Example
//! ```net
//! data {
//!   source csv, "airline-passengers.csv"
//!   window 12, target=Passengers
//!   split valid=20%
//!   normalize inputs, target
//! }
//! net {
//!   input past: series[12, 1]
//!   conv 16, 5 -> relu -> mean_pool over=time
//!   dense 1
//!   output next: real[1]
//! }
//! ```

use super::columns::one;
use crate::data::config::Settings;
use crate::data::windows::Window;
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "window",
    about: "rows are stretches of a table in the order of time, or of a text",
    args: &[
        ArgSpec::required("length", Kind::Count { min: 1 }, "lines of a row"),
        ArgSpec::named(
            "horizon",
            Kind::Count { min: 1 },
            Default::Number(1.0),
            "lines from the last of a row to its target",
        ),
        ArgSpec::named(
            "target",
            Kind::OneOf(&[Kind::Count { min: 1 }, Kind::Name, Kind::Text]),
            Default::Absent,
            "the column that is to be foretold",
        ),
        ArgSpec::named(
            "stride",
            Kind::Count { min: 1 },
            Default::Absent,
            "lines from one row to the next, 1 unless given",
        ),
        ArgSpec::named("carry", Kind::Bool, Default::Bool(false), "let states go on from window to window"),
    ],
    block: Block::None,
};

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("window.rs"), read, repeats: false };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    let carry = args.flag("carry").then(|| args.span_of("carry"));
    if let (Some(_), true) = (carry, args.is_written("stride")) {
        return Err(Box::new(
            Diagnostic::error("E0505", args.span_of("stride"), "`stride` beside `carry=true`")
                .label("says where windows begin, and each begins where the one before it stopped")
                .help("leave `stride` out"),
        ));
    }
    let target = args.value("target").filter(|_| args.is_written("target"));
    settings.window = Some(Window {
        length: args.count("length"),
        horizon: args.count("horizon"),
        stride: args.opt_count("stride"),
        carry,
        target: target.map(|target| one(target, args.span_of("target"))),
        each: false,
        span: args.span,
    });
    Ok(())
}
