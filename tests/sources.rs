//! The files that tests about the text of the project read.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of Rust: its path below the folder that was asked for, with `/`, and its text.
pub struct Source {
    pub path: String,
    pub text: String,
}

pub fn sources(folder: &Path) -> Vec<Source> {
    let source = |path: PathBuf| Source {
        path: path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/"),
        text: fs::read_to_string(&path).unwrap(),
    };
    files(folder, "rs").into_iter().map(source).collect()
}

/// Those that end so, at any depth, in the order of their names.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|its| its == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}
