//! `--watch`: files looked at again and again, and what is done when one was saved.
//!
//! Texts are compared, not times: a file that is saved as it was changes nothing, and what is said of a text is never taken for what is said
//! of a later one. A text that cannot be read counts as another text, since editors write by removing and renaming.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::{
    source::STDIN,
    ui::{Failure, Ui},
};

#[derive(clap::Args)]
pub struct Watching {
    /// Stay, and begin anew whenever a file is saved; Ctrl-C ends it
    #[arg(long)]
    pub watch: bool,
    /// With `--watch`: keep what was said before on the screen
    #[arg(long, requires = "watch")]
    no_clear: bool,
}

/// How often files are looked at.
pub const PERIOD: Duration = Duration::from_millis(150);

/// Files as they were when they were last looked at.
pub struct Watched {
    files: Vec<(PathBuf, Option<Vec<u8>>)>,
}

impl Watched {
    /// # Errors
    /// Stdin, which is read once.
    pub fn new<'p>(paths: impl Iterator<Item = &'p Path>) -> Result<Self, Failure> {
        let files: Vec<(PathBuf, Option<Vec<u8>>)> = paths.map(|path| (path.to_path_buf(), None)).collect();
        match files.iter().any(|(path, _)| path == Path::new(STDIN)) {
            true => Err(Failure::usage("--watch: stdin is read once; name a file")),
            false => Ok(Self { files }),
        }
    }

    /// Takes the texts as they are now; what is saved from now on has changed.
    pub fn look(&mut self) {
        self.files.iter_mut().for_each(|(path, text)| *text = std::fs::read(path).ok());
    }

    pub fn changed(&self) -> bool {
        self.files.iter().any(|(path, text)| std::fs::read(path).ok() != *text)
    }

    /// Waits until a file has changed, or `until` is set; answers whether one has.
    pub fn wait(&self, until: &AtomicU32) -> bool {
        while until.load(Ordering::SeqCst) == 0 {
            if self.changed() {
                return true;
            }
            std::thread::sleep(PERIOD);
        }
        false
    }
}

/// Sets a flag when it goes.
pub struct Over<'a>(pub &'a AtomicU32);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(1, Ordering::SeqCst);
    }
}

impl Watching {
    /// Begins a round: an empty screen, if there is one, and a line that says when.
    pub fn begin(&self, first: bool, what: &str, ui: &mut Ui) {
        if !self.no_clear && !first {
            ui.clear();
        }
        let verb = if first { "watching" } else { "changed:" };
        ui.talk(format_args!("[{}] {verb} {what}", time()));
    }
}

/// `10:02:11 UTC`
fn time() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let day = seconds % 86_400;
    format!("{:02}:{:02}:{:02} UTC", day / 3600, day / 60 % 60, day % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_text_is_a_change_and_the_same_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.net");
        std::fs::write(&path, "one").unwrap();
        let mut watched = Watched::new([path.as_path()].into_iter()).unwrap();
        assert!(watched.changed(), "nobody has looked yet");
        watched.look();
        std::fs::write(&path, "one").unwrap();
        assert!(!watched.changed());
        std::fs::write(&path, "two").unwrap();
        assert!(watched.changed());
        watched.look();
        std::fs::remove_file(&path).unwrap();
        assert!(watched.changed());
        watched.look();
        assert!(!watched.changed() && !watched.wait(&AtomicU32::new(1)));
        std::fs::write(&path, "two").unwrap();
        assert!(watched.wait(&AtomicU32::new(0)));
        assert!(Watched::new([Path::new("-")].into_iter()).is_err());
    }
}
