//! `wave[5s, rate=16kHz]`: the type of sounds.

use super::{
    eval::{describe, eval, too_late},
    scope::Scope,
    sizes,
};
use crate::{
    diag::{Diagnostic, Span},
    model::Ty,
    syntax::ast::{Arg, ArgKey},
    vocab::{Unit, Value, exactly},
};

type Result<T> = std::result::Result<T, Box<Diagnostic>>;

pub const WAVE: &str = "wave";

const EXAMPLE: &str = "write, for example, `wave[5s, rate=16kHz]`";

/// No sound has more samples a second; studios use 192 kHz.
const HIGHEST_RATE: f64 = 768_000.0;

/// Sounds of up to so many seconds, in one channel.
pub fn wave(args: &[Arg], span: Span, scope: &mut Scope) -> Result<Ty> {
    let (mut length, mut rate) = (None, None);
    for arg in args {
        let given = match &arg.key {
            ArgKey::Positional => &mut length,
            ArgKey::Named(key) if key.text == "rate" => &mut rate,
            _ => {
                return Err(Box::new(
                    Diagnostic::error("E0202", arg.span, "`wave` takes its length and `rate=`")
                        .label("unknown argument")
                        .help(EXAMPLE),
                ));
            }
        };
        if given.is_some() {
            return Err(Box::new(
                Diagnostic::error("E0202", arg.span, "`wave` has one length and one rate")
                    .label("given again"),
            ));
        }
        *given = Some(arg);
    }
    let missing = |what: &str, how: &str| {
        Box::new(
            Diagnostic::error("E0201", span, format!("`wave` needs its {what}")).label(how).help(EXAMPLE),
        )
    };
    let length = length.ok_or_else(|| missing("length", "how long are its sounds at most?"))?;
    let rate = rate.ok_or_else(|| missing("rate", "how many samples a second?"))?;
    let rate_of_it = hertz(rate, scope)?;
    let samples = (seconds(length, scope)? * rate_of_it).round();
    if !(1.0..=sizes::MOST).contains(&samples) {
        return Err(Box::new(
            Diagnostic::error("E0206", length.span, format!("a sound has 1 to {} samples", sizes::MOST))
                .label(format!("is {} at {} Hz", exactly(samples), exactly(rate_of_it))),
        ));
    }
    Ok(Ty::wave(samples as usize, rate_of_it as u32))
}

/// A length in seconds.
fn seconds(arg: &Arg, scope: &mut Scope) -> Result<f64> {
    if sizes::is_open(&arg.value) {
        return Err(Box::new(
            Diagnostic::error("E0205", arg.span, "the length of a sound is written")
                .label("is not taken from the data")
                .help("shorter sounds are padded, longer ones cut: `wave[5s, rate=16kHz]`"),
        ));
    }
    match eval(&arg.value, scope)? {
        Value::Quantity(x, Unit::Seconds) => Ok(x),
        Value::Quantity(x, Unit::Milliseconds) => Ok(x / 1e3),
        Value::Symbol(s) => Err(too_late(&s, arg.span, "a shape")),
        other => Err(Box::new(
            Diagnostic::error("E0205", arg.span, format!("a length in seconds, found {}", describe(&other)))
                .label("such as `5s` or `800ms`"),
        )),
    }
}

/// Whole samples a second.
fn hertz(arg: &Arg, scope: &mut Scope) -> Result<f64> {
    let rate = match eval(&arg.value, scope)? {
        Value::Quantity(x, Unit::Hertz) => x,
        Value::Quantity(x, Unit::Kilohertz) => (x * 1e3 * 1e6).round() / 1e6,
        Value::Symbol(s) => return Err(too_late(&s, arg.span, "a shape")),
        other => {
            return Err(Box::new(
                Diagnostic::error(
                    "E0205",
                    arg.span,
                    format!("a rate of samples, found {}", describe(&other)),
                )
                .label("such as `16kHz` or `22_050Hz`"),
            ));
        }
    };
    if rate.fract() != 0.0 || !(1.0..=HIGHEST_RATE).contains(&rate) {
        return Err(Box::new(
            Diagnostic::error(
                "E0206",
                arg.span,
                format!("a rate is a whole number from 1 to {HIGHEST_RATE} Hz"),
            )
            .label(format!("is {} Hz", exactly(rate))),
        ));
    }
    Ok(rate)
}

#[cfg(test)]
mod tests {
    use crate::{
        check::{Env, check_source},
        model::{Clock, Ragged, Ty},
    };

    /// The input's type in a net that slides over it, and what is said against it.
    fn of(ty: &str) -> (Option<Ty>, Vec<String>) {
        let source = format!(
            "net {{\n  input clip: {ty}\n  conv 4, 25, stride=10, pad=valid -> mean_pool over=time -> dense 3\n  output sound: class[3]\n}}\n"
        );
        let checked = check_source(&source, &Env::default());
        let own = checked.diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect();
        (checked.model.map(|model| model.node(model.inputs[0]).ty.clone()), own)
    }

    #[test]
    fn a_sound_is_a_series_of_one_channel_that_knows_its_time() {
        for ty in ["wave[500ms, rate=8kHz]", "wave[0.5s, rate=8_000Hz]"] {
            let (wave, found) = of(ty);
            assert!(found.is_empty(), "{found:?}");
            let wave = wave.expect("a model");
            assert_eq!(wave.sizes(), [4_000, 1]);
            assert_eq!(
                (wave.axes[0].ragged, wave.axes[0].clock),
                (Some(Ragged::OWN), Some(Clock { rate: 8_000, hop: 1 }))
            );
        }
    }

    #[test]
    fn layers_that_slide_make_longer_steps() {
        let source = "net {\n  input clip: wave[1s, rate=8kHz]\n  conv 4, 25, stride=10, pad=valid -> max_pool 2 -> last -> dense 3\n  output sound: class[3]\n}\n";
        let model = check_source(source, &Env::default()).model.expect("a model");
        let hops: Vec<usize> =
            model.nodes.iter().filter_map(|node| node.ty.steps()?.clock).map(|clock| clock.hop).collect();
        assert_eq!(hops, [1, 10, 20]);
    }

    #[test]
    fn what_is_no_sound_is_refused() {
        for (ty, expected) in [
            ("wave[5s]", "E0201 `wave` needs its rate"),
            ("wave[rate=8kHz]", "E0201 `wave` needs its length"),
            ("wave[8_000, rate=8kHz]", "E0205 a length in seconds, found the number 8000"),
            ("wave[5s, rate=8_000]", "E0205 a rate of samples, found the number 8000"),
            ("wave[5s, rate=0.5Hz]", "E0206 a rate is a whole number from 1 to 768000 Hz"),
            ("wave[0s, rate=8kHz]", "E0206 a sound has 1 to 2147483647 samples"),
            ("wave[5s, 6s, rate=8kHz]", "E0202 `wave` has one length and one rate"),
            ("wave[5s, hop=8]", "E0202 `wave` takes its length and `rate=`"),
        ] {
            assert_eq!(of(ty).1, [expected], "{ty}");
        }
        let open = of("wave[_, rate=8kHz]").1;
        assert_eq!(open.last().map(String::as_str), Some("E0205 the length of a sound is written"));
    }
}
