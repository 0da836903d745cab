//! What `fmt --diff` shows.

use similar::TextDiff;

/// A unified diff with three lines of context, or an empty text if nothing differs.
pub fn unified_diff(before: &str, after: &str, file_name: &str) -> String {
    if before == after {
        return String::new();
    }
    let diff = TextDiff::from_lines(before, after);
    let new_name = format!("{file_name} (formatted)");
    diff.unified_diff().context_radius(3).header(file_name, &new_name).to_string()
}
