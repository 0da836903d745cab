//! Apertium, a free translator by rules: its pairs with English.

use std::process::Command;

use super::{Direction, command};
use crate::data::error::DataError;

/// Codes of English in the names of pairs.
const ENGLISH: [&str; 2] = ["eng", "en"];

/// It needs a locale of UTF-8 and ends without one.
const LOCALE: &[(&str, &str)] = &[("LC_ALL", "C.UTF-8")];

/// There and back through a language.
///
/// # Errors
/// E0562 for a program or a pair that is not installed.
pub(super) fn directions(language: &str) -> Result<[Direction; 2], DataError> {
    let listed = Command::new("apertium").arg("-l").output().map_err(|_| {
        DataError::new("E0562", "Apertium is not installed")
            .help(format!("`apt-get install apertium apertium-eng-{language}` on Debian and Ubuntu"))
    })?;
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let pairs: Vec<&str> = listed.split_whitespace().collect();
    let version = Command::new("apertium").arg("-V").output().map(|said| said.stdout).unwrap_or_default();
    let version = String::from_utf8_lossy(&version).trim().to_owned();
    let pair = |of: &dyn Fn(&str) -> String| {
        let found = ENGLISH.iter().map(|english| of(english)).find(|pair| pairs.contains(&pair.as_str()));
        found.ok_or_else(|| {
            let missing = of(ENGLISH[0]);
            let error = DataError::new("E0562", format!("Apertium has no translation {missing}"));
            let error = match pairs.is_empty() {
                true => error.note("it has none at all"),
                false => error.note(format!("it has {}", pairs.join(", "))),
            };
            error.help(format!("`apt-get install apertium-eng-{language}` on Debian and Ubuntu"))
        })
    };
    let direction = |pair: String| {
        let modes =
            std::fs::read_to_string(format!("/usr/share/apertium/modes/{pair}.mode")).unwrap_or_default();
        Direction {
            // Of a line without a blank at its end it loses the full stop there.
            command: format!("sed 's/$/ /' | apertium -u -f line {pair}"),
            version: format!("{version} {}", command::stamps(modes.split_whitespace())),
            environment: LOCALE,
            package: Some(format!("apertium apertium-eng-{language}")),
        }
    };
    let forth = pair(&|english| format!("{english}-{language}"))?;
    let back = pair(&|english| format!("{language}-{english}"))?;
    Ok([direction(forth), direction(back)])
}
