//! Files that are seen whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::store::StoreError;

/// Begins the hidden names under which files are written; what is drawn follows, so that two processes never write
/// to one.
const PREFIX: &str = ".windtunnel-";
/// Ends these names.
const SUFFIX: &str = ".tmp";

/// Links that are followed before it is a circle (as many as Linux follows).
const LINKS_MAX: usize = 40;

/// A file that gets its name when [`WholeFile::finish`] is called: until then, and if it is dropped before, what was
/// there is there still. The file behind a link is replaced, not the link. What is there and no regular file, as a
/// pipe or a terminal, cannot be replaced: it is written to as it is.
#[derive(Debug)]
pub struct WholeFile {
    out: BufWriter<File>,
    /// What is to be renamed, and to what; `None` for what is written to as it is.
    swap: Option<(TempPath, PathBuf)>,
}

impl WholeFile {
    /// Begins a file that will be called `path`.
    ///
    /// # Errors
    /// If no file can be made in that folder, or a device cannot be opened.
    pub fn create(path: &Path) -> io::Result<Self> {
        let Some(target) = target(path)? else {
            // At the end of what a shell has opened for several commands.
            let there = OpenOptions::new().append(true).open(path)?;
            return Ok(Self { out: BufWriter::new(there), swap: None });
        };
        let mut refused = None;
        let make = |path: &Path| {
            let made = OpenOptions::new().write(true).create_new(true).open(path);
            made.inspect_err(|error| refused = error.raw_os_error())
        };
        let made = tempfile::Builder::new().prefix(PREFIX).suffix(SUFFIX).make_in(folder_of(&target), make);
        // Without the temporary name, which would only confuse.
        let made = made.map_err(|error| refused.map_or(error, io::Error::from_raw_os_error))?;
        let (file, temporary) = made.into_parts();
        Ok(Self { out: BufWriter::new(file), swap: Some((temporary, target)) })
    }

    /// Begins a file that will be called `target`, under a temporary name that is known: for a folder that one process
    /// at a time writes to, which then overwrites what a dead one left there.
    pub(crate) fn create_at(target: &Path, temporary: &Path) -> io::Result<Self> {
        let file = File::create(temporary)?;
        let temporary = TempPath::try_from_path(temporary)?;
        Ok(Self { out: BufWriter::new(file), swap: Some((temporary, target.to_owned())) })
    }

    /// Makes what was written durable, and gives it its name.
    ///
    /// # Errors
    /// If that fails. What was there before is still there.
    pub fn finish(mut self) -> io::Result<()> {
        self.seal()?;
        self.put()
    }

    /// Makes what was written durable, still under its temporary name.
    pub(crate) fn seal(&mut self) -> io::Result<()> {
        self.out.flush()?;
        // Pipes and terminals know no durability.
        if self.swap.is_some() { self.out.get_ref().sync_all() } else { Ok(()) }
    }

    /// Gives a sealed file its name, durably.
    pub(crate) fn put(mut self) -> io::Result<()> {
        let Some((temporary, target)) = self.swap.take() else { return Ok(()) };
        temporary.persist(&target).map_err(|error| error.error)?;
        sync_folder(folder_of(&target))
    }
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
impl Drop for WholeFile {
    /// A process that "died" cleans nothing up.
    fn drop(&mut self) {
        if crate::store::is_dead()
            && let Some((temporary, _)) = self.swap.take()
        {
            drop(temporary.keep());
        }
    }
}

/// Writes a [`WholeFile`] at once.
///
/// # Errors
/// If it cannot be written; what was there is then still there.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let written = WholeFile::create(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.finish()
    });
    written.map_err(|error| StoreError::io(path, &error))
}

/// True for names under which a [`WholeFile`] is written.
pub(crate) fn is_temporary(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all())
}

/// The folder that a file is in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The file that is meant, behind all links; it need not be there. `None` if it cannot be replaced.
fn target(path: &Path) -> io::Result<Option<PathBuf>> {
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return Ok(None);
    }
    let mut path = path.to_owned();
    for _ in 0..LINKS_MAX {
        if is_open_file(&path) {
            return Ok(None);
        }
        match std::fs::read_link(&path) {
            Ok(to) => path = path.parent().unwrap_or(Path::new("")).join(to),
            // Not a link, or nothing at all.
            Err(_) => return Ok(Some(path)),
        }
    }
    Err(io::Error::other("too many links"))
}

/// True for names of what the process has open, as `/dev/stdout` where the output goes to a file: that one must not be
/// replaced, for others write to it too.
fn is_open_file(path: &Path) -> bool {
    let folder = folder_of(path).canonicalize();
    folder.is_ok_and(|folder| folder.starts_with("/proc") || folder == Path::new("/dev/fd"))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn the_file_behind_links_is_replaced_and_the_links_stay() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("deep")).unwrap();
        symlink("deep/b", at("a")).unwrap();
        symlink("c", at("deep/b")).unwrap();
        // First there is nothing behind the links, then there is a file.
        for text in ["one", "two"] {
            write_whole(&at("a"), text.as_bytes()).unwrap();
            assert_eq!(std::fs::read_to_string(at("deep/c")).unwrap(), text);
            assert!(at("a").is_symlink() && at("deep/b").is_symlink());
            assert_eq!(names(&at("deep")), ["b", "c"]);
        }
        symlink("y", at("x")).unwrap();
        symlink("x", at("y")).unwrap();
        assert!(write_whole(&at("x"), b"").unwrap_err().to_string().contains("too many links"));
    }

    #[test]
    fn devices_are_written_to_and_folders_are_not() {
        write_whole(Path::new("/dev/null"), b"gone").unwrap();
        assert!(!Path::new("/dev/null").is_file());
        let folder = tempfile::tempdir().unwrap();
        assert!(write_whole(folder.path(), b"x").unwrap_err().to_string().contains("directory"));
        assert_eq!(names(folder.path()).len(), 0);
    }

    #[test]
    fn until_it_is_finished_what_was_there_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, "old").unwrap();
        let mut given_up = WholeFile::create(&path).unwrap();
        given_up.write_all(b"half").unwrap();
        assert!(is_temporary(&names(folder.path())[0]));
        drop(given_up);
        assert_eq!(names(folder.path()), ["a"]);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
    }

    #[test]
    fn two_who_write_the_same_file_do_not_mix() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let (mut one, mut two) = (WholeFile::create(&path).unwrap(), WholeFile::create(&path).unwrap());
        for _ in 0..10_000 {
            one.write_all(b"1").unwrap();
            two.write_all(b"22").unwrap();
        }
        one.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "1".repeat(10_000));
        two.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "2".repeat(20_000));
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_said_without_the_temporary_name() {
        let error = write_whole(Path::new("/proc/none/a"), b"").unwrap_err().to_string();
        assert_eq!(error, "/proc/none/a: No such file or directory (os error 2)");
    }
}
