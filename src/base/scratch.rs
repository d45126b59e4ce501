//! A folder of a test's own that goes with it.

use std::path::{Path, PathBuf};

use super::random::{Random, System};

/// The folder is there from the beginning, and nobody else's.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn open() -> Self {
        let random: &dyn Random = &System::default();
        let path = std::env::temp_dir().join(format!("tongyao-{}", random.token(12)));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
