//! What a net says of a picture in several views: the mean over them, and how far they are from one another.
//!
//! Views are averaged in probabilities, sample by sample, so that a sample of dropout is one sub-network which looks at a picture in all views. What samples
//! disagree about is epistemic; what views disagree about is not, and has a column of its own.

use std::borrow::Cow;

use super::{
    mc::Note,
    sampling::{averaged, mean_of_logits},
};
use crate::{
    data::{Numeric, Part},
    math::Moments,
    model::{Mean, OutputKind, Predict},
    run::folder::trained::{Trained, TrainedError},
    runtime::{augment::other_views, predictive},
};

/// What `of` says of a net's rows in each view that a way to predict asks for.
///
/// # Errors
/// What `of` says.
pub(in crate::run) fn of_each(
    net: &Trained,
    part: &Part,
    predict: &Predict,
    of: impl FnMut(&Part) -> Result<Vec<f32>, TrainedError>,
) -> Result<Vec<Vec<f32>>, TrainedError> {
    let others = other_views(&net.model, &net.checkpoint.meta.transform, part, predict);
    std::iter::once(part).chain(&others).map(of).collect()
}

/// Whether views that the file does not say find the black that they paint with.
///
/// # Errors
/// Rows that are no bytes, of data whose range was not declared.
pub(in crate::run) fn know_black(net: &Trained, part: &Part) -> Result<(), TrainedError> {
    let predict = &net.model.predict;
    let Some(used) = predict.views.iter().find(|used| used.word.needs_range(&used.args)) else {
        return Ok(());
    };
    let declared =
        net.model.data.as_ref().is_none_or(|data| data.settings.range.is_some() || data.source.gives_bytes());
    let form = net.model.picture().map(|(input, _)| part.inputs[input].unmapped().form().numeric);
    if !net.is_seen_otherwise() || declared || form != Some(Numeric::F32) {
        return Ok(());
    }
    Err(TrainedError::Unfit(format!(
        "`{}` has to know which numbers are black and white: the pictures are no bytes, and the net's `data` has no `range`\nhelp: let it fill with `edge` or `reflect`, or write `range 0..1` in `data` and train again",
        used.args.sig.name
    )))
}

/// Numbers of each view, `[n, width]`, as those of each `n` in all views: `[n, views, width]`.
pub(in crate::run) fn side_by_side(mut each: Vec<Vec<f32>>, width: usize) -> Vec<f32> {
    if each.len() == 1 {
        return each.swap_remove(0);
    }
    let count = each.first().map_or(0, |view| view.len() / width);
    let of_all = |i: usize| each.iter().flat_map(move |view| &view[i * width..(i + 1) * width]);
    (0..count).flat_map(of_all).copied().collect()
}

/// The mean over the views of each of `[n, views, width]`: of probabilities, where these are their logits too, or of what a mixture says.
pub(in crate::run) fn together(
    samples: &[f32],
    views: usize,
    kind: OutputKind,
    logits: bool,
) -> Cow<'_, [f32]> {
    if views == 1 {
        return samples.into();
    }
    let of = |seen: &[f32]| match logits {
        true => mean_of_logits(seen, kind, Mean::Arithmetic),
        false => averaged(seen, kind, Mean::Arithmetic),
    };
    samples.chunks_exact(views * kind.width()).flat_map(of).collect()
}

/// View number `view` of each of `[n, views, width]`.
pub(in crate::run) fn of_view(samples: &[f32], view: usize, views: usize, width: usize) -> Vec<f32> {
    samples
        .chunks_exact(views * width)
        .flat_map(|seen| &seen[view * width..(view + 1) * width])
        .copied()
        .collect()
}

/// How far what is predicted in each view, `[views, width]`, is from the mean over them: of classes the information that the view has on the class, of
/// anything else the standard deviation of each output over the views, which are all there are. Nothing of a single view.
pub(in crate::run) fn notes(each: &[f32], kind: OutputKind, names: &[String]) -> Vec<Note> {
    let views = each.len() / kind.width();
    if views == 1 {
        return Vec::new();
    }
    let note = |name: String, value: f64| Note { name, value, output: None };
    if let Some(k) = kind.classes() {
        let information = predictive::classes(each, k).mutual_information;
        return vec![note("view_information".into(), information)];
    }
    let spread = |(d, name): (usize, &String)| {
        let means = Moments::of(each.chunks_exact(kind.width()).map(|y| f64::from(y[d])));
        note(format!("{name}_view_sd"), means.deviation())
    };
    names.iter().enumerate().map(spread).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_of_a_sample_are_neighbours_and_come_apart_again() {
        let each = vec![vec![1.0, 2.0, 3.0, 4.0], vec![5.0, 6.0, 7.0, 8.0]];
        let all = side_by_side(each.clone(), 2);
        assert_eq!(all, [1.0, 2.0, 5.0, 6.0, 3.0, 4.0, 7.0, 8.0]);
        assert_eq!([0, 1].map(|view| of_view(&all, view, 2, 2)).to_vec(), each);
    }

    #[test]
    fn probabilities_are_averaged_and_never_logits() {
        let kind = OutputKind::class(2);
        let (p, q): (f32, f32) = (0.9, 0.5);
        let seen = [p, 1.0 - p, q, 1.0 - q];
        assert_eq!(*together(&seen, 2, kind, false), [0.7, 0.3].map(|x: f32| x));
        let logits: Vec<f32> = seen.iter().map(|p| p.ln() + 3.0).collect();
        let mean = together(&logits, 2, kind, true);
        assert!((mean[0] - mean[1] - (0.7_f32 / 0.3).ln()).abs() < 1e-6);
    }

    #[test]
    fn what_views_disagree_about_is_said_of_classes_and_of_numbers() {
        let names = ["y".to_string()];
        let classes = notes(&[1.0, 0.0, 0.0, 1.0], OutputKind::class(2), &names);
        assert_eq!((classes[0].name.as_str(), classes.len()), ("view_information", 1));
        assert!((classes[0].value - 2.0_f64.ln()).abs() < 1e-9);
        let numbers = notes(&[1.0, 5.0], OutputKind::real(1), &names);
        assert_eq!((numbers[0].name.as_str(), numbers[0].value), ("y_view_sd", 2.0));
        assert!(notes(&[1.0], OutputKind::real(1), &names).is_empty());
    }
}
