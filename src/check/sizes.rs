//! `_` in the type of an input or of the output: a size that the data say.
//!
//! Without data such a size is not known, nor is any shape behind it: names and arguments are checked all the same, and whoever needs the net
//! reads the data first. What they say is among the attributes that a checkpoint keeps, so that a trained net asks for no data again.

use super::scope::Attributes;
use crate::{
    data::{
        is_column_of,
        sizes::{CLASSES, FEATURES, STEPS, TARGETS, VOCAB, axes, columns_of_categories},
    },
    diag::{Diagnostic, Span},
    model::laws::Law,
    syntax::ast::{Expr, ExprKind},
};

/// What a type comes to; none before the data are seen.
type Size<T> = Result<Option<T>, Box<Diagnostic>>;

/// The one spelling of a size that the data say.
pub const OPEN: &str = "_";

/// More than this is no size.
pub const MOST: f64 = 2_147_483_647.0;

/// One size of a type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extent {
    Known(usize),
    /// `_`
    Open,
}

pub fn is_open(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Path(name) if name == OPEN)
}

/// The sizes of an input. `taken` are the numbers of a row that other inputs take before it, none of the first one.
///
/// # Errors
/// E0533 at the type where the data do not come to such sizes.
pub fn of_input(
    extents: &[Extent],
    taken: Option<usize>,
    attributes: &Attributes,
    span: Span,
) -> Size<Vec<usize>> {
    let known: Vec<Option<usize>> = extents.iter().map(|extent| known(*extent)).collect();
    if let Some(sizes) = known.iter().copied().collect() {
        return Ok(Some(sizes));
    }
    let Some(features) = whole(attributes.get(FEATURES)) else { return Ok(None) };
    let shape: Vec<usize> = axes(attributes).iter().filter_map(|size| whole(Some(size))).collect();
    let alike = |(known, size): (&Option<usize>, &usize)| known.is_none_or(|known| known == *size);
    if taken.is_none() && shape.len() == known.len() && known.iter().zip(&shape).all(alike) {
        return Ok(Some(shape));
    }
    let fault = |label: String| {
        let given =
            format!("the data give {features} {} a row", if features == 1 { "number" } else { "numbers" });
        let error = Diagnostic::error("E0533", span, given).label(label);
        let error = if shape.len() > 1 { error.note(format!("a row's sizes are {shape:?}")) } else { error };
        Err(Box::new(error.help("write the sizes that are meant")))
    };
    let (open, product) =
        (known.iter().filter(|known| known.is_none()).count(), known.iter().flatten().product());
    let taken = taken.unwrap_or(0);
    match features.checked_sub(taken) {
        None | Some(0) => fault(format!("the inputs before it take {taken}, and nothing is left")),
        Some(_) if open > 1 => {
            fault(format!("{open} sizes `_`, where a row has {}", axes_in_words(shape.len())))
        }
        Some(left) if !left.is_multiple_of(product) => {
            fault(format!("{left} are not a multiple of {product}"))
        }
        Some(left) => Ok(Some(known.into_iter().map(|known| known.unwrap_or(left / product)).collect())),
    }
}

/// How many categories the column has that is called as the input is; none before the data are seen.
///
/// # Errors
/// The columns of categories, where it is none of them.
pub fn of_category(input: &str, attributes: &Attributes) -> Result<Option<usize>, Vec<String>> {
    if !attributes.contains_key(FEATURES) {
        return Ok(None);
    }
    let mut columns = columns_of_categories(attributes);
    match columns.clone().find(|(column, _)| is_column_of(input, column)) {
        Some((_, count)) => Ok(Some(count as usize)),
        None => Err(columns.by_ref().map(|(column, _)| format!("`{column}`")).collect()),
    }
}

/// Whether the data were seen and have no tokens.
pub fn are_of_numbers(attributes: &Attributes) -> bool {
    attributes.contains_key(FEATURES) && !attributes.contains_key(STEPS)
}

/// The most tokens of a row: those of the longest text where the data say it.
pub fn of_steps(extent: Extent, attributes: &Attributes) -> Option<usize> {
    known(extent).or_else(|| whole(attributes.get(STEPS)))
}

/// How many different tokens there are.
pub fn of_vocab(extent: Extent, attributes: &Attributes) -> Option<usize> {
    known(extent).or_else(|| whole(attributes.get(VOCAB)))
}

fn axes_in_words(axes: usize) -> String {
    if axes == 1 { "one".into() } else { format!("{axes}, not these") }
}

/// The size of an output.
///
/// # Errors
/// E0532 at the type where the target has no classes.
pub fn of_output(extent: Extent, law: &dyn Law, attributes: &Attributes, span: Span) -> Size<usize> {
    let Extent::Open = extent else { return Ok(known(extent)) };
    let (Some(targets), classes) = (whole(attributes.get(TARGETS)), whole(attributes.get(CLASSES))) else {
        return Ok(None);
    };
    let word = law.word();
    match (law.classes(2), classes) {
        (None, _) => Ok(Some(targets)),
        (Some(_), Some(classes)) if law.refuses(classes).is_none() => Ok(Some(classes)),
        (Some(_), Some(_)) => Err(Box::new(
            Diagnostic::error("E0532", span, "every row is of one class")
                .label(format!("`{word}[_]` would be `{word}[1]`"))
                .help("name another column in `target`, or data with more classes"),
        )),
        (Some(_), None) => Err(Box::new(
            Diagnostic::error("E0532", span, "the target has no classes")
                .label(format!("`{word}[_]` is the number of its classes"))
                .note("classes are words or whole numbers of one column, at most 10000 different ones")
                .help("for a number to be predicted write `real[_]`"),
        )),
    }
}

pub fn known(extent: Extent) -> Option<usize> {
    match extent {
        Extent::Known(size) => Some(size),
        Extent::Open => None,
    }
}

/// A size that the data, or a checkpoint, say.
fn whole(size: Option<&f64>) -> Option<usize> {
    size.filter(|x| (1.0..=MOST).contains(*x) && x.fract() == 0.0).map(|x| *x as usize)
}

/// `_` where no type stands.
pub fn misplaced(span: Span) -> Box<Diagnostic> {
    Box::new(
        Diagnostic::error("E0208", span, "`_` stands in the type of an input or output alone")
            .label("a size that the data say")
            .help("write the number"),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::{Attributes, Env, check_source};

    /// What data of these sizes say.
    fn data(shape: &[usize], targets: usize, classes: Option<usize>) -> Attributes {
        let features = shape.iter().product::<usize>();
        let mut known = vec![("data.rows".to_owned(), 90), ("data.features".to_owned(), features)];
        known.push(("data.targets".to_owned(), targets));
        known.extend(classes.map(|classes| ("data.classes".to_owned(), classes)));
        known.extend((1..).zip(shape).map(|(i, size)| (format!("data.axis.{i}"), *size)));
        known.into_iter().map(|(name, size)| (name, size as f64)).collect()
    }

    fn file(inputs: &str, last: &str, output: &str) -> String {
        format!(
            "data {{\n  source csv, \"t.csv\"\n}}\nnet {{\n  {inputs}\n  {last}\n  output y: {output}\n}}\n"
        )
    }

    /// The inputs and the output, or what is wrong.
    fn bound(source: &str, attributes: Attributes) -> String {
        let checked = check_source(source, &Env { attributes, ..Env::default() });
        let said = |d: &crate::diag::Diagnostic| format!("{} {} [{}]", d.code, d.message, d.label);
        let Some(model) = checked.model else {
            return match checked.sketch.waits {
                true if checked.diagnostics.is_empty() => "waits for the data".into(),
                _ => checked.diagnostics.iter().map(said).collect::<Vec<_>>().join("; "),
            };
        };
        assert!(model.open);
        let inputs = model.inputs.iter().map(|id| model.node(*id).ty.to_string());
        format!("{} -> {}", inputs.collect::<Vec<_>>().join(" + "), model.output.kind)
    }

    #[test]
    fn sizes_are_those_of_the_data() {
        let (table, pictures) = (|| data(&[7], 2, Some(3)), || data(&[28, 14], 1, Some(10)));
        for (inputs, last, output, attributes, expected) in [
            ("input x: real[_]", "dense 3", "class[_]", table(), "7 -> class[3]"),
            ("input x: real[7]", "dense 2", "real[_]", table(), "7 -> real[2]"),
            ("input x: real[_]", "dense 4", "normal[_]", table(), "7 -> normal[2]"),
            ("input x: real[_]", "dense 2", "bits[_]", table(), "7 -> bits[2]"),
            ("input a: real[3], b: real[_]", "from b -> dense 3", "class[3]", table(), "3 + 4 -> class[3]"),
            (
                "input a: real[3]\n  input b: real[2, _]",
                "from b -> flatten -> dense 3",
                "class[_]",
                table(),
                "3 + 2x2 -> class[3]",
            ),
            ("input x: real[_]", "dense 10", "class[_]", pictures(), "392 -> class[10]"),
            ("input x: real[_, _]", "flatten -> dense 10", "class[_]", pictures(), "28x14 -> class[10]"),
            ("input x: real[28, _]", "flatten -> dense 10", "class[10]", pictures(), "28x14 -> class[10]"),
            (
                "input x: real[_, 14, 1]",
                "flatten -> dense 10",
                "class[10]",
                pictures(),
                "28x14x1 -> class[10]",
            ),
        ] {
            let source = file(inputs, last, output);
            assert_eq!(bound(&source, attributes), expected, "{source}");
            assert_eq!(bound(&source, Attributes::new()), "waits for the data", "{source}");
        }
    }

    #[test]
    fn what_the_data_cannot_say() {
        let lines: Vec<String> = [
            ("input a: real[7], b: real[_]", "dense 3", "class[_]", data(&[7], 1, Some(3))),
            ("input x: real[_, 3]", "flatten -> dense 3", "class[_]", data(&[7], 1, Some(3))),
            ("input x: real[_, _]", "flatten -> dense 3", "class[_]", data(&[7], 1, Some(3))),
            ("input x: real[_, _, 3]", "flatten -> dense 3", "class[_]", data(&[8, 8, 1], 1, Some(3))),
            ("input x: real[_]", "dense 3", "class[_]", data(&[7], 1, None)),
            ("input x: real[_]", "dense 3", "class[_]", data(&[7], 1, Some(1))),
            ("input x: real[_]", "dense 3", "class[_]", data(&[7], 1, Some(4))),
            ("input a: real[_], b: real[_]", "dense 3", "class[_]", Attributes::new()),
            ("input a: real[_], b: real[3]", "dense 3", "class[_]", Attributes::new()),
            ("input x: real[_]", "dense _", "class[_]", Attributes::new()),
            ("input x: real[_]", "dense rleu -> dens 3", "class[3]", Attributes::new()),
            ("input x: real[_]", "from z -> dense 3", "class[3]", Attributes::new()),
            ("input x: real[_]", "x: dense 3", "class[3]", Attributes::new()),
            ("input x: real[_]\n  input x: real[2]", "dense 3", "class[3]", Attributes::new()),
            ("input x: real[8]", "dense 3", "class[2 * _]", Attributes::new()),
        ]
        .into_iter()
        .map(|(inputs, last, output, attributes)| {
            format!("{inputs}, {last}, {output}\n  {}", bound(&file(inputs, last, output), attributes))
        })
        .collect();
        insta::assert_snapshot!(lines.join("\n"));
        let names: Vec<String> = ["param _ = 3\n", "param n = _\n", "let n = _\n"]
            .map(|line| {
                bound(
                    &format!("{line}{}", file("input x: real[_]", "dense n", "class[_]")),
                    Attributes::new(),
                )
            })
            .to_vec();
        insta::assert_snapshot!(names.join("\n"));
        let without = file("input x: real[_]", "dense 3", "class[3]")
            .split_once("net")
            .map(|(_, net)| format!("net{net}"));
        assert!(
            bound(&without.expect("a net"), Attributes::new())
                .starts_with("E0501 `_` is a size that the data say")
        );
    }
}
