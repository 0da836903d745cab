//! Rows that had better be left to somebody else: those whose uncertainty is beyond a limit.

use crate::{model::summary::number, run::predictions::predict::Predictions};

/// Measures by the word that a rule has for them, and what it is short for.
const MEASURES: &[(&str, &str)] = &[
    ("mi", "mutual_information"),
    ("mutual_information", "mutual_information"),
    ("entropy", "entropy"),
    ("expected_entropy", "expected_entropy"),
    ("variation_ratio", "variation_ratio"),
    ("confidence", "confidence"),
    ("sd", "sd"),
    ("epistemic_sd", "epistemic_sd"),
    ("aleatoric_sd", "aleatoric_sd"),
];

/// `mi>0.3`: beyond which uncertainty a row is refused. `confidence<0.9` is the one measure that is small where doubt is large.
#[derive(Clone, Debug, PartialEq)]
pub struct Abstain {
    measure: &'static str,
    limit: f64,
    below: bool,
}

impl std::str::FromStr for Abstain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || {
            String::from("a measure and its limit, such as `mi>0.3`, `entropy>1`, `sd>2` or `confidence<0.9`")
        };
        let (at, below) = match (text.find('>'), text.find('<')) {
            (Some(at), None) => (at, false),
            (None, Some(at)) => (at, true),
            _ => return Err(form()),
        };
        let (name, limit) = (text[..at].trim(), text[at + 1..].trim());
        let (_, measure) = MEASURES.iter().find(|(word, _)| *word == name).ok_or_else(|| {
            let known: Vec<&str> = MEASURES.iter().map(|(word, _)| *word).collect();
            format!("`{name}` is none of {}", known.join(", "))
        })?;
        let limit = limit.parse().ok().filter(|limit: &f64| limit.is_finite()).ok_or_else(form)?;
        if below != (*measure == "confidence") {
            return Err(match below {
                true => format!("small `{name}` is a reason to answer; write `{name}>{limit}`"),
                false => format!("large `confidence` is a reason to answer; write `confidence<{limit}`"),
            });
        }
        Ok(Self { measure, limit, below })
    }
}

impl Abstain {
    /// Whether some row may be on either side of the limit.
    fn can_tell(&self, classes: Option<usize>) -> Result<(), String> {
        let count = classes.map_or(f64::INFINITY, |k| k as f64);
        let (least, most) = match self.measure {
            "confidence" => (1.0 / count, 1.0),
            "variation_ratio" => (0.0, 1.0 - 1.0 / count),
            "entropy" | "expected_entropy" | "mutual_information" => (0.0, count.ln()),
            _ => (0.0, f64::INFINITY),
        };
        let tells = if self.below {
            self.limit > least && self.limit <= most
        } else {
            self.limit >= least && self.limit < most
        };
        if tells {
            return Ok(());
        }
        let always = if self.below { self.limit > most } else { self.limit < least };
        let range = if most.is_finite() {
            format!("from {} to {}", number(least), number(most))
        } else {
            "0 or more".into()
        };
        Err(format!(
            "`{}` is {range} here: with a limit of {} {} row would be refused",
            self.measure,
            number(self.limit),
            if always { "every" } else { "no" }
        ))
    }
}

impl Predictions {
    /// Marks the rows beyond the limit; of several outputs one is enough. What is not a number is beyond it.
    ///
    /// # Errors
    /// A measure that these predictions do not have, or a limit that it never or always passes; the text says why.
    pub fn abstaining(self, rule: &Abstain) -> Result<Self, String> {
        rule.can_tell(self.classes())?;
        let within = |x: f64| if rule.below { x >= rule.limit } else { x <= rule.limit };
        let refused: Option<Vec<bool>> = self
            .measured(rule.measure)
            .map(|rows| rows.iter().map(|row| !row.iter().all(|x| within(*x))).collect());
        let refused = refused.ok_or_else(|| {
            let why = match (self.has_classes(), rule.measure) {
                (true, "mutual_information" | "expected_entropy" | "variation_ratio") => {
                    "is between samples: add `--samples 100`, or name several runs"
                }
                (true, _) => "is of numbers: for classes there are `mi`, `entropy` and `confidence`",
                (false, "epistemic_sd") => "is between samples: add `--samples 100`, or name several runs",
                (false, "sd" | "aleatoric_sd") => {
                    "is not known here: give `--samples 100`, `--interval 95%` and `--precision X`"
                }
                (false, _) => "is of classes: for numbers there are `sd`, `epistemic_sd` and `aleatoric_sd`",
            };
            format!("`{}` {why}", rule.measure)
        })?;
        Ok(self.refusing(refused))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_a_measure_and_a_limit() {
        let rule: Abstain = "mi > 0.3".parse().unwrap();
        assert_eq!(rule, Abstain { measure: "mutual_information", limit: 0.3, below: false });
        assert!("confidence<0.9".parse::<Abstain>().unwrap().below);
        let tells = |text: &str, classes| text.parse::<Abstain>().unwrap().can_tell(classes).is_ok();
        for (text, classes, expected) in [
            ("confidence<2", Some(3), false),
            ("confidence<1", Some(3), true),
            ("confidence<0.3", Some(3), false),
            ("confidence<0.4", Some(3), true),
            ("entropy>-1", Some(3), false),
            ("entropy>0", Some(3), true),
            ("entropy>1.0987", Some(3), false),
            ("mi>1.05", Some(3), true),
            ("variation_ratio>0.7", Some(3), false),
            ("sd>-0.1", None, false),
            ("sd>1000", None, true),
        ] {
            assert_eq!(tells(text, classes), expected, "{text}");
        }
        for (text, said) in [
            ("mi", "a measure and its limit"),
            ("mi>x", "a measure and its limit"),
            ("doubt>1", "`doubt` is none of mi,"),
            ("mi<0.3", "write `mi>0.3`"),
            ("confidence>0.9", "write `confidence<0.9`"),
        ] {
            let why = text.parse::<Abstain>().unwrap_err();
            assert!(why.contains(said), "{text}: {why}");
        }
    }
}
