//! The summary as an aligned table. Text columns are flush left, numbers flush right, digits grouped with `_`.

use crate::layers::Law;
use std::fmt::Write;

use super::{Drop, Dropped, Inside, RateSource, Regularized, Row, Summary, number};

const HEAD: [&str; 6] =
    ["layer", "output", "dropout", "parameters", "FLOPs", "sees (train → eval), held back by"];
/// Which columns hold numbers.
const RIGHT: [bool; 6] = [false, false, false, true, true, false];

impl Summary {
    /// A heading, one line a layer, and the totals. `name` is the file's name as the user gave it.
    pub fn table(&self, name: &str) -> String {
        let mut lines = vec![HEAD.map(String::from)];
        lines.extend(self.layers.iter().map(cells));
        let mut out = self.heading(name);
        let width =
            |column: usize| lines.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 6] = std::array::from_fn(width);
        for cells in &lines {
            let mut line = String::new();
            for (i, cell) in cells.iter().enumerate() {
                let pad = widths[i];
                let _ =
                    if RIGHT[i] { write!(line, " {cell:>pad$}  ") } else { write!(line, " {cell:<pad$}  ") };
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out.push_str(&self.totals());
        out
    }

    fn heading(&self, name: &str) -> String {
        let inputs: Vec<String> =
            self.inputs.iter().map(|port| format!("input {} {}", port.name, port.ty)).collect();
        let mut out =
            format!(" {name} · {} · output {} {}\n", inputs.join(" · "), self.output.name, self.output.ty);
        if !self.params.is_empty() {
            let params: Vec<String> =
                self.params.iter().map(|(name, value)| format!("{name} = {value}")).collect();
            let _ = writeln!(out, " param {}", params.join(", "));
        }
        out
    }

    fn totals(&self) -> String {
        let sites = match self.dropout_sites {
            0 => "no dropout".to_string(),
            1 => "1 dropout site".to_string(),
            n => format!("{n} dropout sites"),
        };
        let nets = match self.coins {
            0 => String::new(),
            n => format!(" · 2^{n} sub-networks"),
        };
        let parameters = if self.parameters == 1 { "parameter" } else { "parameters" };
        let frozen = match self.frozen {
            0 => String::new(),
            n => format!(" · {} of them frozen", grouped(n)),
        };
        format!(
            " {} {parameters} ({}){frozen} · {} a row · {sites}{nets}\n",
            grouped(self.parameters),
            bytes(self.bytes),
            flops(self.flops)
        )
    }
}

fn cells(row: &Row) -> [String; 6] {
    let sizes: Vec<String> = row.output.iter().map(usize::to_string).collect();
    [
        if row.layer == "input" { format!("input {}", row.path) } else { row.path.clone() },
        sizes.join("x"),
        rates(row),
        grouped(row.parameters),
        // Elementwise work is not counted, so nothing is said about it.
        if row.flops == 0 { String::new() } else { grouped(row.flops) },
        remarks(row),
    ]
}

/// Of the layer's result, then of what is dropped inside of it: `0.2, 0.3 inside`.
fn rates(row: &Row) -> String {
    let own = row.dropout.as_ref().map(rate);
    let inside: Vec<String> = row.inside.iter().map(|inside| number(inside.rate)).collect();
    let inside = (!inside.is_empty()).then(|| format!("{} inside", inside.join(", ")));
    own.into_iter().chain(inside).collect::<Vec<_>>().join(", ")
}

/// `0.5`, `0.5 (p_hid)`, `0.2 (usual)`, `0.3 of weights`.
fn rate(drop: &Drop) -> String {
    let rate = number(drop.rate);
    match (&drop.of, &drop.source) {
        (Dropped::Weights, _) => format!("{rate} of weights"),
        (_, RateSource::Written) => rate,
        (_, RateSource::Expression(text)) => format!("{rate} ({text})"),
        (_, RateSource::Usual) => format!("{rate} (usual)"),
    }
}

fn remarks(row: &Row) -> String {
    let mut remarks = Vec::new();
    if let Some(drop) = &row.dropout {
        remarks.push(sees(drop, row.output.iter().product()));
        remarks.extend(drop.settings.iter().cloned());
    }
    remarks.extend(row.inside.iter().map(sees_inside));
    remarks.extend(row.hides.clone());
    if row.carries > 0 {
        remarks.push(format!("carries {} numbers of a row on", grouped(row.carries)));
    }
    if let Some(owner) = &row.shares {
        remarks.push(format!("weights of {owner}"));
    }
    remarks.extend(row.frozen.clone());
    remarks.extend(row.rate_factor.map(|factor| format!("learning rate times {}", number(factor))));
    held_back(&row.regularized, &mut remarks);
    remarks.join(", ")
}

/// What reaches the next layer in training and in evaluation.
fn sees(drop: &Drop, units: usize) -> String {
    let kept = (units as f64 * (1.0 - drop.share)).round() as usize;
    let squares = if drop.kind == Law::Squares.name() { ", in squares" } else { "" };
    let some = drop.kind == Law::Coin.name() || !squares.is_empty();
    match (drop.of, drop.always) {
        (Dropped::Weights, false) => "masked weights → mean weights".into(),
        (Dropped::Weights, true) => "masked weights in every mode".into(),
        (Dropped::Branch, always) => {
            let when = if always { "in every mode" } else { "→ all" };
            format!("all in {} of 100 rows {when}", number((100.0 * (1.0 - drop.rate)).round()))
        }
        (Dropped::Units, false) if some => {
            format!("{} of {}{squares} → all", grouped(kept), grouped(units))
        }
        (Dropped::Units, true) if some => {
            format!("{} of {}{squares} in every mode", grouped(kept), grouped(units))
        }
        (Dropped::Units, false) => format!("{} → unchanged", drop.kind),
        (Dropped::Units, true) => format!("{} in every mode", drop.kind),
    }
}

/// `recurrent_dropout 80 of 100 → all`, `zoneout 90 of 100 → mean`.
fn sees_inside(Inside { name, rate, scaled }: &Inside) -> String {
    let kept = number((100.0 * (1.0 - rate)).round());
    format!("{name} {kept} of 100 → {}", if *scaled { "all" } else { "mean" })
}

fn held_back(by: &Regularized, remarks: &mut Vec<String>) {
    let penalties = by.penalties.iter().map(|(name, amount)| (*name, *amount));
    for (name, amount) in [("decay", by.decay)].into_iter().chain(penalties) {
        if amount != 0.0 {
            remarks.push(format!("{name} {}", number(amount)));
        }
    }
    let per = if by.standardised { "(train.rows · target variance)" } else { "train.rows" };
    if by.bayes != 0.0 {
        let error = if by.fitted { " · valid.loss" } else { "" };
        remarks.push(format!("l2 {}{error} / {per}", number(by.bayes)));
    }
    if by.implied_precision != 0.0 {
        remarks.push(format!("implies precision {} l^2 / {per}", number(by.implied_precision)));
    }
    if by.all {
        remarks.push("biases too".into());
    }
    if let Some(limit) = by.max_norm {
        remarks.push(format!("max_norm {}", number(limit)));
    }
}

/// `1_863_690`
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('_');
        }
        out.push(digit);
    }
    out
}

/// `7.1 MiB`
fn bytes(n: usize) -> String {
    scaled(n as f64, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB"])
}

/// `3.7 MFLOP`
pub fn flops(n: usize) -> String {
    scaled(n as f64, 1000.0, &["FLOP", "kFLOP", "MFLOP", "GFLOP", "TFLOP"])
}

fn scaled(mut x: f64, step: f64, units: &[&str]) -> String {
    let mut unit = 0;
    while x >= step && unit + 1 < units.len() {
        x /= step;
        unit += 1;
    }
    if unit == 0 { format!("{x} {}", units[0]) } else { format!("{x:.1} {}", units[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!(
            [0, 7, 999, 1000, 123456, 1863690].map(grouped).join(" "),
            "0 7 999 1_000 123_456 1_863_690"
        );
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(bytes(1_863_690 * 4), "7.1 MiB");
        assert_eq!(bytes(512), "512 B");
        assert_eq!(flops(3_723_264), "3.7 MFLOP");
    }
}
