//! The `.net` files that a command line names: files, and folders for all that lie in them.

use std::path::{Path, PathBuf};

use super::{source, ui::Failure};

/// What is named, each folder replaced by the `.net` files in it, however deep, by their names. Hidden folders, those of runs and experiments, and those that cargo
/// builds in are passed over, as are links to folders.
pub fn listed(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in named {
        if !path.is_dir() || holds_results(path) {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        gather(path, &mut files)?;
        if files.len() == before {
            // Whoever reads it says that it is a folder.
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn gather(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let unread = |e: std::io::Error| {
        Failure::data(format!("cannot read {}: {}", folder.display(), source::reason(&e)))
    };
    let entries: std::io::Result<Vec<_>> = std::fs::read_dir(folder).map_err(unread)?.collect();
    let mut entries = entries.map_err(unread)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = if folder == Path::new(".") { entry.file_name().into() } else { entry.path() };
        let is_folder = entry.file_type().map_err(unread)?.is_dir();
        if is_folder && !is_passed_over(&path) {
            gather(&path, files)?;
        } else if !is_folder && path.extension().is_some_and(|end| end == "net") {
            files.push(path);
        }
    }
    Ok(())
}

fn is_passed_over(folder: &Path) -> bool {
    let is_hidden = folder.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    is_hidden || folder.join("CACHEDIR.TAG").exists() || holds_results(folder)
}

/// Whether it is the folder of a run or of an experiment, whose texts say what was trained.
fn holds_results(folder: &Path) -> bool {
    ["model.net", "best.net"].iter().any(|net| folder.join(net).exists())
}

#[cfg(test)]
mod tests {
    use super::listed;
    use std::fs;

    #[test]
    fn folders_stand_for_the_nets_in_them_but_not_for_those_of_runs() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
            fs::write(path, "").expect("a file");
        };
        for name in [
            "b.net",
            "a.net",
            "notes.txt",
            "deep/er/c.net",
            ".git/d.net",
            "runs/one/model.net",
            "runs/two/best.net",
        ] {
            write(name);
        }
        let found = listed(&[folder.path().into()]).expect("files");
        let names: Vec<String> = found
            .iter()
            .map(|path| path.strip_prefix(folder.path()).expect("inside").display().to_string())
            .collect();
        assert_eq!(names, ["a.net", "b.net", "deep/er/c.net"]);
        for alone in [folder.path().join("runs"), "missing.net".into()] {
            assert_eq!(listed(std::slice::from_ref(&alone)).expect("named"), [alone]);
        }
    }
}
