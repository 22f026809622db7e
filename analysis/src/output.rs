//! Files that someone named on a command line: links are followed, and devices and pipes are written to as they are.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::store::{StoreError, write_aside};

/// Links that are followed before it is a circle (as many as Linux follows).
const LINKS_MAX: usize = 40;

/// Writes a file, whole or not at all. The file behind a link is replaced, not the link. What is there and no regular
/// file, as a pipe or a terminal, cannot be replaced: it is written to.
///
/// # Errors
/// If it cannot be written; a regular file that was there is then still there.
pub fn write_output(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let io = |error: std::io::Error| StoreError::Io { path: path.to_owned(), reason: error.to_string() };
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        let mut there = OpenOptions::new().write(true).open(path).map_err(io)?;
        return there.write_all(bytes).map_err(io);
    }
    write_aside(&target(path).map_err(io)?, bytes)
}

/// The file that is meant, behind all links; it need not be there.
fn target(path: &Path) -> std::io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        match std::fs::read_link(&path) {
            Ok(to) => path = path.parent().unwrap_or(Path::new("")).join(to),
            // Not a link, or nothing at all.
            Err(_) => return Ok(path),
        }
    }
    Err(std::io::Error::other("too many links"))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn the_file_behind_links_is_replaced_and_the_links_stay() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("deep")).unwrap();
        symlink("deep/b", at("a")).unwrap();
        symlink("c", at("deep/b")).unwrap();
        // First there is nothing behind the links, then there is a file.
        for text in ["one", "two"] {
            write_output(&at("a"), text.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(at("deep/c")).unwrap(), text);
            assert!(at("a").is_symlink() && at("deep/b").is_symlink());
            assert_eq!(std::fs::read_dir(at("deep")).unwrap().count(), 2);
        }
        symlink("y", at("x")).unwrap();
        symlink("x", at("y")).unwrap();
        assert!(write_output(&at("x"), b"").unwrap_err().to_string().contains("too many links"));
    }

    #[test]
    fn devices_are_written_to_and_folders_are_not() {
        write_output(Path::new("/dev/null"), b"gone").unwrap();
        assert!(!Path::new("/dev/null").is_file());
        let folder = tempfile::tempdir().unwrap();
        assert!(write_output(folder.path(), b"x").unwrap_err().to_string().contains("directory"));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
