//! Folders and files that we make: their owner's alone. What root makes in somebody's folder becomes theirs, so that a
//! command run as root leaves nothing that the service cannot read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown, lchown};
use std::path::Path;

/// Makes a folder and those above it (mode 700) where they are not there; one that is there stays as it is.
pub fn make_folder(path: &Path) -> io::Result<()> {
    if path.as_os_str().is_empty() || path.is_dir() {
        return Ok(());
    }
    path.parent().map_or(Ok(()), make_folder)?;
    match DirBuilder::new().mode(0o700).create(path) {
        // Another process was first.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => return Ok(()),
        made => made?,
    }
    if let Some((user, group)) = owner_to_be(path)? {
        lchown(path, Some(user), Some(group))?;
    }
    sync_names(folder_of(path))
}

/// Makes a file (mode 600) that must not be there yet, not even as a link to another one.
pub fn make_file(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    let given = owner_to_be(path).and_then(|owner| match owner {
        Some((user, group)) => fchown(&file, Some(user), Some(group)),
        None => Ok(()),
    });
    if let Err(error) = given {
        let _ = fs::remove_file(path);
        return Err(error);
    }
    Ok(file)
}

/// Waits until the names in a folder are on the disk: a file whose bytes are there and whose name is not is lost when
/// the power goes.
pub fn sync_names(folder: &Path) -> io::Result<()> {
    match File::open(folder)?.sync_all() {
        // Some file systems have no such thing.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

/// What to add to an error about something that may not, or cannot, be written: what to do. Empty for other errors.
pub fn advice(path: &Path, cause: &io::Error) -> String {
    match cause.kind() {
        ErrorKind::PermissionDenied => about_owner(path),
        ErrorKind::ReadOnlyFilesystem => {
            ": mount it for writing, or name a folder on a disk that is".to_owned()
        }
        ErrorKind::StorageFull => ": make room on this disk".to_owned(),
        _ => String::new(),
    }
}

/// Whose the thing is, and who may do what is missing.
fn about_owner(path: &Path) -> String {
    let owner = |path: &Path| fs::metadata(path).ok().map(|about| about.uid());
    let (me, folder) = (rustix::process::geteuid().as_raw(), folder_of(path));
    match (owner(path), owner(folder)) {
        (Some(its), Some(mine)) if its != me && mine == me => {
            format!(": it is of user {its}, its folder of user {me}: chown -R {me} {}", folder.display())
        }
        (Some(its), _) | (None, Some(its)) if its != me => {
            format!(": run this as user {its}, whose it is (sudo -u '#{its}' …); this is user {me}")
        }
        (Some(_), _) => String::new(),
        _ => format!(": run this as the user of the service (sudo -u …); this is user {me}"),
    }
}

/// Only root can give things away, and only root would take them from somebody by making them.
fn owner_to_be(path: &Path) -> io::Result<Option<(u32, u32)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let folder = fs::metadata(folder_of(path))?;
    Ok((folder.uid() != 0).then_some((folder.uid(), folder.gid())))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};

    use super::*;
    use crate::base::scratch::Scratch;

    const SOMEBODY: u32 = 61_234;

    #[test]
    fn what_is_made_is_its_owners_alone() {
        let scratch = Scratch::open();
        let folder = scratch.join("a/b");
        make_folder(&folder).unwrap();
        make_folder(&folder).unwrap();
        drop(make_file(&folder.join("c")).unwrap());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode(&scratch.join("a")), mode(&folder), mode(&folder.join("c"))], [0o700, 0o700, 0o600]);
    }

    #[test]
    fn names_are_synced_in_a_folder_that_is_there() {
        let scratch = Scratch::open();
        sync_names(scratch.path()).unwrap();
        assert_eq!(sync_names(&scratch.join("none")).unwrap_err().kind(), ErrorKind::NotFound);
    }

    #[test]
    fn a_file_is_not_made_through_a_link() {
        let scratch = Scratch::open();
        symlink(scratch.join("elsewhere"), scratch.join("link")).unwrap();
        assert_eq!(make_file(&scratch.join("link")).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert!(!scratch.join("elsewhere").exists());
    }

    /// Shows something as root only: nobody else can give a folder away.
    #[test]
    fn what_root_makes_in_somebodys_folder_is_theirs() {
        let scratch = Scratch::open();
        let home = scratch.join("home");
        make_folder(&home).unwrap();
        if chown(&home, Some(SOMEBODY), Some(SOMEBODY)).is_err() {
            return;
        }
        make_folder(&home.join("data/keys")).unwrap();
        drop(make_file(&home.join("data/keys/mac.key")).unwrap());
        for made in ["data", "data/keys", "data/keys/mac.key"] {
            let about = fs::metadata(home.join(made)).unwrap();
            assert_eq!((about.uid(), about.gid()), (SOMEBODY, SOMEBODY), "{made}");
        }
    }

    #[test]
    fn a_disk_that_takes_nothing_says_what_to_do() {
        let said = |kind: ErrorKind| advice(Path::new("data"), &io::Error::from(kind));
        assert!(said(ErrorKind::ReadOnlyFilesystem).contains("mount it for writing"));
        assert!(said(ErrorKind::StorageFull).contains("make room"));
    }

    #[test]
    fn a_missing_right_names_the_owner() {
        let scratch = Scratch::open();
        drop(make_file(&scratch.join("file")).unwrap());
        let denied = io::Error::from(ErrorKind::PermissionDenied);
        assert_eq!(advice(&scratch.join("file"), &io::Error::from(ErrorKind::NotFound)), "");
        if chown(scratch.join("file"), Some(SOMEBODY), None).is_ok() {
            let said = advice(&scratch.join("file"), &denied);
            assert!(said.contains("it is of user 61234") && said.contains("chown -R 0 "), "{said}");
            chown(scratch.path(), Some(SOMEBODY), None).unwrap();
            let said = advice(&scratch.join("file"), &denied);
            assert!(said.contains("run this as user 61234"), "{said}");
        }
    }
}
