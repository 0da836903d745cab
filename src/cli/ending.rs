//! The ending of a file that is written says what is in it, or the file is not written.

use std::path::Path;

use super::ui::Failure;

/// Refuses a name whose ending promises something else than `what`. A name without an ending promises nothing.
pub fn fits(path: Option<&Path>, what: &str, endings: &[&str]) -> Result<(), Failure> {
    let Some((path, ending)) = path.and_then(|path| Some((path, path.extension()?))) else { return Ok(()) };
    if endings.iter().any(|known| ending.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    let known: Vec<String> = endings.iter().map(|known| format!(".{known}")).collect();
    Err(Failure::usage(format!(
        "{}: {what}, which the ending .{} does not say\nhelp: let the name end in {}",
        path.display(),
        ending.display(),
        known.join(" or ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_keeps_its_promise() {
        let fits = |name: &str| fits(Some(Path::new(name)), "the picture is SVG or PNG", &["svg", "png"]);
        for name in ["a.svg", "a.b.PNG", "a", "/dev/stdout", ".svg"] {
            assert!(fits(name).is_ok(), "{name}");
        }
        let Err(Failure::Said(_, said)) = fits("runs/a.gif") else { panic!("an SVG under .gif") };
        assert_eq!(
            said,
            "runs/a.gif: the picture is SVG or PNG, which the ending .gif does not say\nhelp: let the name end in .svg or .png"
        );
    }
}
