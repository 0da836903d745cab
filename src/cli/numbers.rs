//! Numbers on the command line: what a flag takes is said, whatever stands there instead.

use std::any::TypeId;

use clap::{Arg, Command};
use dropnet::internal::{model::Precision, run::TEMPERATURES};

/// Lets values of numeric flags begin with a minus, so that it is the flag which says that they do not fit.
pub fn may_be_negative(command: Command) -> Command {
    let numeric = |arg: Arg| match is_numeric(&arg) {
        true => arg.allow_hyphen_values(true),
        false => arg,
    };
    command.mut_args(numeric).mut_subcommands(may_be_negative)
}

fn is_numeric(arg: &Arg) -> bool {
    let found = arg.get_value_parser().type_id();
    [
        TypeId::of::<u16>(),
        TypeId::of::<u32>(),
        TypeId::of::<u64>(),
        TypeId::of::<usize>(),
        TypeId::of::<f64>(),
        TypeId::of::<Precision>(),
    ]
    .iter()
    .any(|id| found == *id)
}

/// A whole number that is at least `LEAST`.
/// `A..B`, B not included.
pub fn rows(text: &str) -> Result<std::ops::Range<usize>, String> {
    let ends = text.split_once("..").and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    ends.filter(|(a, b): &(usize, usize)| a < b)
        .map(|(a, b)| a..b)
        .ok_or_else(|| "row numbers such as 0..8, the last not included".into())
}

/// A share in a few digits.
pub fn shown(x: f64) -> String {
    dropnet::internal::vocab::in_digits(x, 3)
}

pub fn whole<const LEAST: u64>(text: &str) -> Result<u64, String> {
    between::<LEAST, { u64::MAX }>(text)
}

pub fn between<const LEAST: u64, const MOST: u64>(text: &str) -> Result<u64, String> {
    text.parse().ok().filter(|n| (LEAST..=MOST).contains(n)).ok_or_else(|| match MOST {
        u64::MAX => format!("a whole number from {LEAST} on"),
        _ => format!("a whole number from {LEAST} to {MOST}"),
    })
}

pub fn positive(text: &str) -> Result<f64, String> {
    // Of a number that is too small for its digits there is no inverse.
    let fits = |x: &f64| x.is_normal() && *x > 0.0 && x.recip().is_normal();
    text.parse().ok().filter(fits).ok_or_else(|| "a number above 0".into())
}

pub fn temperature(text: &str) -> Result<f64, String> {
    let (least, most) = TEMPERATURES;
    let fits = |x: &f64| (least..=most).contains(x);
    text.parse().ok().filter(fits).ok_or_else(|| format!("a number above 0, from {least:e} to {most:e}"))
}

pub fn precision(text: &str) -> Result<Precision, String> {
    match text {
        "fit" => Ok(Precision::Fit),
        _ => positive(text).map(Precision::Known).map_err(|_| "a number above 0, or `fit`".into()),
    }
}

/// A probability.
pub fn share(text: &str) -> Result<f64, String> {
    let number = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|x| x / 100.0),
        None => text.parse(),
    };
    number.ok().filter(|x| *x > 0.0 && *x < 1.0).ok_or_else(|| "a probability, such as 95% or 0.95".into())
}
