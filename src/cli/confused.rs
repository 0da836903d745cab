//! Confusion matrices as text.

use dropnet::internal::{
    model::{PredictMode, summary::grouped},
    run::{Confusion, OfClass},
};

use super::progress::figure;

/// Classes of a matrix that is shown whole; of more the commonest confusions are listed.
const SHOWN: usize = 12;
/// Letters of the name of a class in the head of a column.
const LETTERS: usize = 12;
/// Confusions that are listed.
const LISTED: usize = 20;

/// The matrix, then a line a class.
pub fn table(found: &Confusion, mode: PredictMode) -> String {
    let way = match mode {
        PredictMode::WeightScaling => String::new(),
        PredictMode::McDropout(mc) => format!(", means of {} samples of dropout", mc.samples),
        PredictMode::Ensemble(_, mc) => format!(", an ensemble of {} samples of dropout", mc.samples),
        PredictMode::Exact(_) => ", means of all sub-networks".into(),
    };
    let mut text = format!("{} part, {} rows{way}\n", found.part, grouped(found.rows));
    match found.counts.len() {
        0 => {}
        classes if classes <= SHOWN => text += &matrix(found),
        _ => text += &commonest(found),
    }
    text + &by_class(found)
}

fn short(name: &str) -> String {
    match name.char_indices().nth(LETTERS) {
        None => name.into(),
        Some((at, _)) => format!("{}~", &name[..at - 1]),
    }
}

fn matrix(found: &Confusion) -> String {
    let names: Vec<&str> = found.by_class.iter().map(|one| one.class.as_str()).collect();
    let first = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(8);
    let counts = found.counts.iter().flatten().map(|count| count.to_string().len()).max().unwrap_or(0);
    let widths: Vec<usize> = names.iter().map(|name| short(name).chars().count().max(counts)).collect();
    let mut text = format!("{:<first$}  predicted\n{:<first$}", "", "observed");
    names.iter().zip(&widths).for_each(|(name, width)| text += &format!("  {:>width$}", short(name)));
    text.push('\n');
    for (name, row) in names.iter().zip(&found.counts) {
        text += &format!("{name:<first$}");
        row.iter().zip(&widths).for_each(|(count, width)| text += &format!("  {count:>width$}"));
        text.push('\n');
    }
    text
}

/// The commonest confusions, those of rarer ones left out.
fn commonest(found: &Confusion) -> String {
    let mut wrong: Vec<(u64, usize, usize)> = Vec::new();
    for (observed, row) in found.counts.iter().enumerate() {
        let own = row.iter().enumerate().filter(|(predicted, count)| *predicted != observed && **count > 0);
        wrong.extend(own.map(|(predicted, count)| (*count, observed, predicted)));
    }
    wrong.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)));
    let name = |k: usize| found.by_class[k].class.as_str();
    let mut text = String::from("commonest confusions\n");
    for (count, observed, predicted) in wrong.iter().take(LISTED) {
        text += &format!("  {count:>6}  {} taken for {}\n", name(*observed), name(*predicted));
    }
    if wrong.len() > LISTED {
        text +=
            &format!("  and {} more pairs; `--json` has the whole matrix\n", grouped(wrong.len() - LISTED));
    }
    text
}

fn by_class(found: &Confusion) -> String {
    let what = if found.counts.is_empty() { "bit" } else { "class" };
    let width = found.by_class.iter().map(|one| one.class.chars().count()).max().unwrap_or(0).max(8);
    let mut text = format!(
        "\n{what:<width$}  {:>7}  {:>9}  {:>9}  {:>6}  {:>6}\n",
        "rows", "predicted", "precision", "recall", "F1"
    );
    let cell = |x: f64| if x.is_nan() { "-".into() } else { figure(x) };
    for OfClass { class, rows, predicted, precision, recall, f1, .. } in &found.by_class {
        text += &format!(
            "{class:<width$}  {rows:>7}  {predicted:>9}  {:>9}  {:>6}  {:>6}\n",
            cell(*precision),
            cell(*recall),
            cell(*f1)
        );
    }
    text
}
