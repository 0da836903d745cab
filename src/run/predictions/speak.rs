//! Text that a net says: the token behind what was said, drawn by its probabilities, again and again.

use crate::{
    data::{
        Fields,
        tokens::{PADDING, UNKNOWN, Unit},
    },
    draws::rng,
    run::folder::trained::{Trained, TrainedError},
};

/// How tokens are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speech {
    /// How many.
    pub tokens: usize,
    /// Logits are divided by it.
    pub temperature: f64,
    /// Among so many likeliest ones.
    pub top_k: Option<usize>,
    /// Among the likeliest ones that together have this probability.
    pub top_p: Option<f64>,
    pub seed: u64,
}

/// Says what comes behind `prompt`, token by token. Padding and the unknown are not said.
///
/// # Errors
/// A net that does not foretell tokens, a prompt without one; parameters that do not fit the net.
pub fn speak(
    trained: &Trained,
    prompt: &str,
    speech: &Speech,
    say: &mut dyn FnMut(&str),
) -> Result<(), TrainedError> {
    let transform = &trained.checkpoint.meta.transform;
    let unfit = |why: &str| TrainedError::Unfit(why.into());
    let (Fields::Text(rule), [input]) = (&transform.fields, &transform.inputs[..]) else {
        return Err(unfit("the net reads no text: it has nothing to say"));
    };
    if !rule.is_of_a_stream() {
        let answers = if trained.model.output.kind.steps().is_some() {
            "answers each token of a text"
        } else {
            "answers with classes of texts"
        };
        return Err(TrainedError::Unfit(format!(
            "the net {answers}: it does not foretell what comes next\nhelp: a net of `source text, FILE` and `window` does"
        )));
    }
    let (width, tokenizer) = (input.width(), &rule.tokenizer);
    let mut said = tokenizer.encoder().numbers(prompt);
    if said.is_empty() {
        return Err(unfit(
            "the prompt has no tokens: there is nothing to go on with\nhelp: name a start, such as `--prompt \"the\"`",
        ));
    }
    let least = transform.lengths.as_ref().map_or(1, |lengths| lengths.least);
    if said.len() < least {
        let why = format!("the prompt has {} tokens, and the net's windows need {least}", said.len());
        return Err(TrainedError::Unfit(format!("{why}\nhelp: say more before it")));
    }
    let answers = trained.model.output.kind;
    let mut session = trained.session(1)?;
    let mut draws = rng::stream(speech.seed, "sample", &[]);
    // The end of a line is said as one, and what follows it begins the next.
    let ends_line = |token: Option<&i32>| token.is_some() && token.copied() == tokenizer.end();
    let mut window = vec![0.0; width];
    for _ in 0..speech.tokens {
        let last = &said[said.len().saturating_sub(width)..];
        window.fill(PADDING as f32);
        window.iter_mut().zip(last).for_each(|(to, token)| *to = *token as f32);
        let chances = session.predict(&[&window, &[last.len() as f32]]);
        // Of a net that answers at each step: behind the last one that is there.
        let chances = match answers.steps() {
            None => chances,
            Some(_) => &chances[(last.len() - 1) * answers.outputs()..][..answers.outputs()],
        };
        let token = drawn(chances, tokenizer.len(), speech, rng::unit(&mut draws));
        match (ends_line(Some(&token)), tokenizer.unit() == Unit::Words && !ends_line(said.last())) {
            (true, _) => say("\n"),
            (false, between) => {
                say(&format!("{}{}", if between { " " } else { "" }, tokenizer.name(token)));
            }
        }
        said.push(token);
    }
    Ok(())
}

/// The token at `place` of the cumulated probabilities, likeliest first.
fn drawn(chances: &[f64], known: usize, speech: &Speech, place: f64) -> i32 {
    let said = |(token, _): &(i32, f64)| *token != PADDING && *token != UNKNOWN;
    let mut all: Vec<(i32, f64)> = (0..).zip(chances.iter().copied()).take(known).filter(said).collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let most = all.first().map_or(1.0, |(_, p)| *p).max(f64::MIN_POSITIVE);
    // By their ratio to the likeliest one, whose power is 1 at every temperature.
    all.iter_mut().for_each(|(_, p)| *p = (*p / most).powf(1.0 / speech.temperature));
    all.truncate(speech.top_k.unwrap_or(usize::MAX).max(1));
    let total: f64 = all.iter().map(|(_, p)| p).sum();
    if let Some(top) = speech.top_p {
        let mut sum = 0.0;
        let kept = all.iter().take_while(|(_, p)| (sum < top * total).then(|| sum += p).is_some()).count();
        all.truncate(kept.max(1));
    }
    let (total, mut sum) = (all.iter().map(|(_, p)| p).sum::<f64>(), 0.0);
    let found = all.iter().find(|(_, p)| {
        sum += p;
        place * total < sum
    });
    found.or(all.last()).map_or(UNKNOWN, |(token, _)| *token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_drawn_by_their_chances() {
        let chances = [0.3, 0.2, 0.1, 0.25, 0.15];
        let speech = Speech { tokens: 1, temperature: 1.0, top_k: None, top_p: None, seed: 0 };
        // Padding and the unknown are left out: 0.25, 0.15 and 0.1 of 0.5.
        let at = |place: f64, speech: Speech| drawn(&chances, 5, &speech, place);
        assert_eq!([0.0, 0.49, 0.51, 0.79, 0.81, 0.999].map(|place| at(place, speech)), [3, 3, 4, 4, 2, 2]);
        assert_eq!(at(0.999, Speech { top_k: Some(1), ..speech }), 3);
        assert_eq!(at(0.999, Speech { top_p: Some(0.6), ..speech }), 4);
        assert_eq!(at(0.999, Speech { temperature: 1e-3, ..speech }), 3);
        // Numbers that the vocabulary does not have are never said.
        assert_eq!(drawn(&chances, 3, &speech, 0.5), 2);
    }
}
