//! Words of a command line that a message proposes, written so that a shell reads them as they are meant.

use std::path::Path;

/// One word: quoted where the shell would read it as something else.
#[must_use]
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-+=:,./@%^".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.into(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// A path: one that begins like a flag is named from the folder it is in.
#[must_use]
pub fn path(path: &Path) -> String {
    let text = path.display().to_string();
    let is_flag = text.starts_with('-') && text != "-";
    word(&if is_flag { format!("./{text}") } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_them_back() {
        let same = ["runs/m-1.net", "p=0.3", "größe.net"];
        assert_eq!(same.map(word), same);
        assert_eq!(word("a b/s $x.net"), "'a b/s $x.net'");
        assert_eq!(word("it's"), r"'it'\''s'");
        assert_eq!(word(""), "''");
        assert_eq!(path(Path::new("-q.net")), "./-q.net");
        assert_eq!(path(Path::new("- q.net")), "'./- q.net'");
        assert_eq!(path(Path::new("-")), "-");
    }
}
