//! `dates Departure, parts=[year, month, weekday]`: a column of dates as numbers.
//!
//! # What it does
//! Each part of a date becomes an input of its own: `days` from 1970 (with the time of day as a fraction), `year`, `month` (1 to 12), `day` of the month,
//! `weekday` (Monday is 0), `yearday` (from 1) and `hour` (with minutes and seconds). With `round=true` a part that comes around again is two numbers, the sine
//! and the cosine of its place on the way round, so that December lies beside January.
//!
//! Dates are written `2024-03-01`, `2024/3/1`, `20240301`, each with a time of day behind a blank or a `T` if there is one; `order=dmy` reads `1.3.2024` and
//! `order=mdy` reads `3/1/2024`. Gaps are filled as those of numbers are: the mean of dates is a date. The statement may stand several times.
//!
//! # Example
//! ```net
//! data {
//!   source csv, "rides.csv"
//!   dates started, parts=[weekday, hour], round=true
//!   normalize inputs
//! }
//! net {
//!   input x: real[_]
//!   dense 16 -> relu
//!   dense 1
//!   output rides: real[1]
//! }
//! ```

use super::columns;
use crate::data::config::Settings;
use crate::data::dates::{DatePart, Dates, Order};
use crate::data::words::Statement;
use crate::diag::Diagnostic;
use crate::vocab::{ArgSpec, Args, Block, Default, Kind, Sig};

pub static SIG: Sig = Sig {
    name: "dates",
    about: "columns of dates, as numbers",
    args: &[
        ArgSpec::optional("columns", columns::KIND, Default::Absent, "numbers from 1, ranges, or names"),
        ArgSpec::named(
            "parts",
            Kind::Words(DatePart::NAMES),
            Default::Absent,
            "what the net sees of a date; left out, year, month and weekday",
        ),
        ArgSpec::named(
            "order",
            Kind::Word(&["ymd", "dmy", "mdy"]),
            Default::Word("ymd"),
            "in which order year, month and day are written",
        ),
        ArgSpec::named(
            "round",
            Kind::Bool,
            Default::Bool(false),
            "a sine and a cosine for parts that come around again",
        ),
    ],
    block: Block::None,
};

pub static WORD: Statement = Statement { sig: &SIG, source: include_str!("dates.rs"), read, repeats: true };

fn read(args: &Args, settings: &mut Settings) -> Result<(), Box<Diagnostic>> {
    let mut parts: Vec<DatePart> = Vec::new();
    for word in args.words("parts") {
        let part = DatePart::of(word).filter(|part| !parts.contains(part));
        parts.push(part.ok_or_else(|| {
            Diagnostic::error("E0506", args.span_of("parts"), format!("`{word}` stands twice in `parts`"))
                .label("each part once")
        })?);
    }
    if parts.is_empty() {
        parts = vec![DatePart::Year, DatePart::Month, DatePart::Weekday];
    }
    let order = match args.word("order") {
        "dmy" => Order::Dmy,
        "mdy" => Order::Mdy,
        _ => Order::Ymd,
    };
    let round = args.flag("round");
    let dates = Dates { parts, order, round };
    if round && dates.width() == dates.parts.len() {
        return Err(Box::new(
            Diagnostic::error("E0505", args.span_of("round"), "no part of these comes around again")
                .label("has no effect")
                .help("leave it out, or name `month`, `day`, `weekday`, `yearday` or `hour` among the parts"),
        ));
    }
    settings.cleaning.dates.push((columns::some(args)?, dates));
    settings.of_tables.push(("dates", args.span));
    Ok(())
}
