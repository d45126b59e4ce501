//! The keys folder: readable by its owner alone, its files made once and never printed.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::base::random::Random;
use crate::disk;

/// Why the keys cannot be used; one line, with what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeysProblem {
    #[error("the keys folder {} can be read by others (mode {mode:o}): run chmod 700 on it", path.display())]
    FolderOpenToOthers { path: PathBuf, mode: u32 },
    #[error("the key file {} can be read by others (mode {mode:o}): run chmod 600 on it", path.display())]
    FileOpenToOthers { path: PathBuf, mode: u32 },
    #[error("the keys folder {} is missing; it belongs to this database: copy it from another node, or restore it from the backup", path.display())]
    Missing { path: PathBuf },
    #[error(
        "the keys folder {} lacks {names}, which this database was made with: restore it from the backup, or set \
         TONGYAO_KEYS_DIR to the folder it is in", path.display()
    )]
    Lacks { path: PathBuf, names: String },
    #[error("the keys folder {}: {cause}{}", path.display(), disk::advice(path, cause))]
    Unusable { path: PathBuf, cause: std::io::Error },
    #[error(
        "another process has the keys folder {} locked: end it if it hangs (fuser {}/.lock says which it is), or try again",
        path.display(), path.display()
    )]
    Locked { path: PathBuf },
    #[error("the key file {} is damaged: {what}", path.display())]
    Damaged { path: PathBuf, what: &'static str },
}

/// An opened keys folder.
#[derive(Debug, Clone)]
pub struct KeysFolder {
    path: PathBuf,
}

/// No other process changes the folder until this is dropped.
#[derive(Debug)]
pub struct Alone {
    _locked: File,
}

/// Nodes that start together on an empty folder wait while one of them makes every key.
const LOCKED_AT_MOST: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A file that is written whole and not yet in its place. Dropped, it goes: it may hold a key.
#[derive(Debug)]
pub struct Staged {
    at: PathBuf,
    place: PathBuf,
}

impl Staged {
    /// Over the one that is there.
    pub fn put_in_place(self) -> Result<(), KeysProblem> {
        fs::rename(&self.at, &self.place).and_then(|()| self.last()).map_err(|cause| self.unusable(cause))
    }

    /// In its place, unless another file is there already.
    fn put_where_none_is(self) -> Result<(), KeysProblem> {
        let linked = match fs::hard_link(&self.at, &self.place) {
            Err(cause) if cause.kind() == ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        };
        linked.and_then(|()| self.last()).map_err(|cause| self.unusable(cause))
    }

    /// A power cut keeps the name.
    fn last(&self) -> std::io::Result<()> {
        self.place.parent().map_or(Ok(()), disk::sync_names)
    }

    fn unusable(&self, cause: std::io::Error) -> KeysProblem {
        KeysProblem::Unusable { path: self.place.clone(), cause }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Of one that is in its place nothing is here any more.
        let _ = fs::remove_file(&self.at);
    }
}

impl KeysFolder {
    /// Opens the folder, making it (mode 700) when it is not there: for an installation that has no keys yet.
    pub fn make(path: &Path) -> Result<Self, KeysProblem> {
        disk::make_folder(path).map_err(|cause| KeysProblem::Unusable { path: path.to_owned(), cause })?;
        Self::open(path)
    }

    /// Opens the folder, which must be there.
    pub fn open(path: &Path) -> Result<Self, KeysProblem> {
        let unusable = |cause| KeysProblem::Unusable { path: path.to_owned(), cause };
        if !path.try_exists().map_err(unusable)? {
            return Err(KeysProblem::Missing { path: path.to_owned() });
        }
        let mode = fs::metadata(path).map_err(unusable)?.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeysProblem::FolderOpenToOthers { path: path.to_owned(), mode });
        }
        Ok(Self { path: path.to_owned() })
    }

    /// That each of these files is there.
    pub fn demand<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<(), KeysProblem> {
        let lacking: Vec<&str> = names.into_iter().filter(|name| !self.has(name)).collect();
        if lacking.is_empty() {
            return Ok(());
        }
        Err(KeysProblem::Lacks { path: self.path.clone(), names: lacking.join(", ") })
    }

    /// The names of the files that end with `suffix`, in order.
    pub fn list(&self, suffix: &str) -> Result<Vec<String>, KeysProblem> {
        let unusable = |cause| KeysProblem::Unusable { path: self.path.clone(), cause };
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(unusable)? {
            let name = entry.map_err(unusable)?.file_name().to_string_lossy().into_owned();
            if name.ends_with(suffix) && !name.starts_with('.') {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    pub fn read(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, KeysProblem> {
        let path = self.path.join(name);
        let unusable = |cause| KeysProblem::Unusable { path: path.clone(), cause };
        let mode = fs::metadata(&path).map_err(unusable)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeysProblem::FileOpenToOthers { path, mode });
        }
        fs::read(&path).map(Zeroizing::new).map_err(unusable)
    }

    /// Waits until no other process changes the folder, half a minute at most. Never with a transaction open: the
    /// others would wait, too.
    pub fn lock(&self) -> Result<Alone, KeysProblem> {
        self.lock_within(LOCKED_AT_MOST)
    }

    fn lock_within(&self, most: Duration) -> Result<Alone, KeysProblem> {
        let (path, file) = self.lock_file()?;
        let mut waited = Duration::ZERO;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Alone { _locked: file }),
                Err(TryLockError::Error(cause)) => return Err(KeysProblem::Unusable { path, cause }),
                Err(TryLockError::WouldBlock) if waited < most => {
                    thread::sleep(LOOK_AGAIN);
                    waited += LOOK_AGAIN;
                }
                Err(TryLockError::WouldBlock) => return Err(KeysProblem::Locked { path: self.path.clone() }),
            }
        }
    }

    fn lock_file(&self) -> Result<(PathBuf, File), KeysProblem> {
        let path = self.path.join(".lock");
        let file = match disk::make_file(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                OpenOptions::new().write(true).open(&path)
            }
            made => made,
        };
        match file {
            Ok(file) => Ok((path, file)),
            Err(cause) => Err(KeysProblem::Unusable { path, cause }),
        }
    }

    /// Writes a new file (mode 600), whole or not at all. Another node may have been first: then its file stays.
    pub fn create(&self, name: &str, content: &[u8]) -> Result<(), KeysProblem> {
        self.stage(name, content)?.put_where_none_is()
    }

    /// Writes a file (mode 600) beside its place.
    pub fn stage(&self, name: &str, content: &[u8]) -> Result<Staged, KeysProblem> {
        let at = self.path.join(format!(".{name}.{}", std::process::id()));
        // What a process of this number left behind when it was ended.
        let _ = fs::remove_file(&at);
        let staged = Staged { at, place: self.path.join(name) };
        disk::make_file(&staged.at)
            .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()))
            .map_err(|cause| KeysProblem::Unusable { path: staged.at.clone(), cause })?;
        Ok(staged)
    }

    /// Makes a key of 32 random bytes, unless it is there.
    pub fn make_symmetric(&self, name: &str, random: &dyn Random) -> Result<(), KeysProblem> {
        if self.has(name) {
            return Ok(());
        }
        let mut key = Zeroizing::new([0u8; 32]);
        random.fill(&mut *key);
        self.create(name, Zeroizing::new(STANDARD.encode(*key)).as_bytes())
    }

    /// A key of 32 bytes.
    pub fn symmetric(&self, name: &str) -> Result<Zeroizing<[u8; 32]>, KeysProblem> {
        let damaged = |what| KeysProblem::Damaged { path: self.path.join(name), what };
        let text = self.read(name)?;
        let bytes = Zeroizing::new(
            STANDARD.decode(text.trim_ascii()).map_err(|_| damaged("it does not hold base64"))?,
        );
        let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| damaged("it does not hold 32 bytes"))?;
        Ok(Zeroizing::new(key))
    }

    /// What cannot be looked at counts as there: reading it tells why.
    fn has(&self, name: &str) -> bool {
        self.path.join(name).try_exists().unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::System;
    use crate::base::scratch::Scratch;

    #[test]
    fn a_key_is_made_once_and_is_the_owners_alone() {
        let scratch = Scratch::open();
        let path = scratch.join("keys");
        let keys = KeysFolder::make(&path).unwrap();
        keys.make_symmetric("mac.key", &System::default()).unwrap();
        let first = keys.symmetric("mac.key").unwrap();
        let again = KeysFolder::make(&path).unwrap();
        again.make_symmetric("mac.key", &System::default()).unwrap();
        assert_eq!(first, again.symmetric("mac.key").unwrap());
        assert_eq!(fs::metadata(path.join("mac.key")).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o700);
    }

    #[test]
    fn opening_and_reading_make_nothing() {
        let scratch = Scratch::open();
        let path = scratch.join("keys");
        assert!(matches!(KeysFolder::open(&path), Err(KeysProblem::Missing { .. })));
        assert!(!path.exists());
        let keys = KeysFolder::make(&path).unwrap();
        assert!(keys.symmetric("mac.key").is_err());
        let told = keys.demand(["mac.key", "seal-1.key"]).unwrap_err().to_string();
        assert!(told.contains("lacks mac.key, seal-1.key"), "{told}");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 0);
    }

    #[test]
    fn what_fails_half_way_leaves_no_copy_of_a_key() {
        let scratch = Scratch::open();
        let path = scratch.join("keys");
        let keys = KeysFolder::make(&path).unwrap();
        drop(keys.stage("given up.json", b"a key").unwrap());
        fs::create_dir(path.join("in the way.json")).unwrap();
        assert!(keys.stage("in the way.json", b"a key").unwrap().put_in_place().is_err());
        keys.create("in the way.json", b"a key").unwrap();
        let left: Vec<_> = fs::read_dir(&path).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["in the way.json"]);
    }

    #[test]
    fn a_folder_open_to_others_is_refused() {
        let scratch = Scratch::open();
        let path = scratch.join("keys");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(KeysFolder::open(&path), Err(KeysProblem::FolderOpenToOthers { mode: 0o755, .. })));
    }

    #[test]
    fn who_waits_for_a_locked_folder_is_told_in_the_end() {
        let scratch = Scratch::open();
        let keys = KeysFolder::make(&scratch.join("keys")).unwrap();
        let alone = keys.lock().unwrap();
        let problem = keys.lock_within(LOOK_AGAIN * 3).unwrap_err();
        assert!(matches!(problem, KeysProblem::Locked { .. }), "{problem}");
        let waits = thread::scope(|scope| {
            let waiting = scope.spawn(|| keys.lock());
            thread::sleep(LOOK_AGAIN);
            drop(alone);
            waiting.join().unwrap()
        });
        drop(waits.unwrap());
        assert!(keys.lock_within(Duration::ZERO).is_ok());
    }

    #[test]
    fn a_damaged_key_is_refused() {
        let scratch = Scratch::open();
        let path = scratch.join("keys");
        let keys = KeysFolder::make(&path).unwrap();
        keys.create("mac.key", b"short").unwrap();
        assert!(matches!(keys.symmetric("mac.key"), Err(KeysProblem::Damaged { .. })));
    }
}
