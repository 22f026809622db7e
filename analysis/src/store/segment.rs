//! Files that only grow: finished runs, one behind the other.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::disk::{io, step, sync_parent};
use super::error::StoreError;
use super::packed::{self, Entry, Extent, Writer};

/// Ends the names of segments: `000001.runs`.
const ENDING: &str = ".runs";

/// Time after which what was appended is made durable at the latest. A finished run survives the death of the process
/// at once, and a power failure after this time (arbitrary: small beside a sweep, large beside the cost of a sync).
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// Where a run lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub segment: u32,
    /// The entry's first byte.
    pub at: u64,
    pub head: (u64, u64),
    pub files: Vec<Extent>,
}

impl Place {
    fn of(segment: u32, at: u64, entry: &Entry) -> Self {
        let files = entry.files.iter().map(|file| Extent { at: at + file.at, ..file.clone() });
        let head = (at + entry.head_at, entry.head.len() as u64);
        Self { segment, at, head, files: files.collect() }
    }

    /// The file of that name.
    pub(super) fn file(&self, name: &str) -> Option<&Extent> {
        self.files.iter().find(|file| file.name == name)
    }
}

/// The segments of a folder. Any number of threads may append: each takes a segment that is free, or a new one.
#[derive(Debug)]
pub(super) struct Segments {
    dir: PathBuf,
    free: Mutex<Vec<Segment>>,
    next: Mutex<u32>,
    flusher: Mutex<Option<(Arc<Dirty>, JoinHandle<()>)>>,
}

#[derive(Debug)]
struct Segment {
    number: u32,
    file: Arc<File>,
    len: u64,
}

/// Files with bytes that are not durable yet.
#[derive(Debug, Default)]
struct Dirty {
    state: Mutex<DirtyState>,
    stop: Condvar,
}

#[derive(Debug, Default)]
struct DirtyState {
    files: BTreeMap<u32, Arc<File>>,
    is_over: bool,
    /// What the system said when a file could not be made durable.
    error: Option<(u32, String)>,
}

/// The lock; what it guards is whole after a panic too, because every change of it is one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Segments {
    /// The segments in `dir`, which need not exist. New ones get numbers above those that are there.
    pub(super) fn new(dir: PathBuf) -> Result<Self, StoreError> {
        let last = numbers(&dir)?.last().copied().unwrap_or(0);
        Ok(Self { dir, free: Mutex::default(), next: Mutex::new(last + 1), flusher: Mutex::default() })
    }

    pub(super) fn path(&self, number: u32) -> PathBuf {
        self.dir.join(format!("{number:06}{ENDING}"))
    }

    /// Appends an entry of that head, with the files that `write` writes: `files_len` bytes. It is read back after a
    /// kill of the process; see [`SYNC_EVERY`] for power failures.
    ///
    /// # Errors
    /// If it cannot be written. The torn entry is never read back.
    pub(super) fn append(
        &self,
        head: &[u8],
        files: &[(&'static str, u64)],
        write: impl FnOnce(&mut dyn Write) -> Result<(), StoreError>,
    ) -> Result<Place, StoreError> {
        let mut segment = self.take()?;
        let path = self.path(segment.number);
        let at = segment.len;
        let files_len = files.iter().map(|(_, len)| len).sum();
        step(&path)?;
        // A segment with a torn end is not given back, so that nothing is ever appended behind it.
        let out = BufWriter::with_capacity(1 << 16, &*segment.file);
        let mut writer = Writer::begin(out, head, files_len).map_err(io(&path))?;
        write(&mut writer)?;
        #[cfg(test)]
        writer.flush().map_err(io(&path))?;
        step(&path)?;
        let mut out = writer.end().map_err(io(&path))?;
        out.flush().map_err(io(&path))?;
        drop(out);
        let mut next = at + 20 + head.len() as u64;
        let extents = files.iter().map(|&(name, len)| {
            next += len;
            Extent { name, at: next - len, len }
        });
        let place = Place {
            segment: segment.number,
            at,
            head: (at + 20, head.len() as u64),
            files: extents.collect(),
        };
        segment.len = next + 4;
        self.is_dirty(&segment);
        lock(&self.free).push(segment);
        Ok(place)
    }

    fn take(&self) -> Result<Segment, StoreError> {
        if let Some(segment) = lock(&self.free).pop() {
            return Ok(segment);
        }
        let mut next = lock(&self.next);
        let number = *next;
        let path = self.path(number);
        step(&path)?;
        let file = OpenOptions::new().append(true).create_new(true).open(&path).map_err(io(&path))?;
        *next += 1;
        sync_parent(&path)?;
        Ok(Segment { number, file: Arc::new(file), len: 0 })
    }

    fn is_dirty(&self, segment: &Segment) {
        let mut flusher = lock(&self.flusher);
        let (dirty, _) = flusher.get_or_insert_with(|| {
            let dirty = Arc::<Dirty>::default();
            let of_thread = Arc::clone(&dirty);
            (dirty, std::thread::spawn(move || of_thread.flush_until_over()))
        });
        let mut state = lock(&dirty.state);
        state.files.entry(segment.number).or_insert_with(|| Arc::clone(&segment.file));
    }

    /// Makes all that was appended durable.
    ///
    /// # Errors
    /// If the system could not, now or earlier.
    pub(super) fn sync(&self) -> Result<(), StoreError> {
        let flusher = lock(&self.flusher);
        let Some((dirty, _)) = &*flusher else { return Ok(()) };
        dirty.flush();
        match &lock(&dirty.state).error {
            Some((number, reason)) => {
                Err(StoreError::Io { path: self.path(*number), reason: reason.clone() })
            }
            None => Ok(()),
        }
    }

    /// True if there is a whole entry.
    ///
    /// # Errors
    /// If a segment cannot be read.
    pub(super) fn hold_any(&self) -> Result<bool, StoreError> {
        for number in numbers(&self.dir)? {
            let path = self.path(number);
            let file = File::open(&path).map_err(io(&path))?;
            let len = file.metadata().map_err(io(&path))?.len();
            if packed::next(&mut BufReader::new(file), len).map_err(io(&path))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Every whole entry of all segments, in order. `is_ours`: torn ends, of sessions that were killed, are cut off.
    ///
    /// # Errors
    /// If a segment cannot be read.
    pub(super) fn scan(
        &self,
        is_ours: bool,
        mut found: impl FnMut(Entry, Place) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for number in numbers(&self.dir)? {
            let path = self.path(number);
            let file = File::open(&path).map_err(io(&path))?;
            let len = file.metadata().map_err(io(&path))?.len();
            let mut input = BufReader::with_capacity(1 << 18, file);
            let mut at = 0;
            while let Some(entry) = packed::next(&mut input, len - at).map_err(io(&path))? {
                let place = Place::of(number, at, &entry);
                at += entry.len;
                found(entry, place)?;
            }
            if is_ours && at < len {
                step(&path)?;
                let file = OpenOptions::new().write(true).open(&path).map_err(io(&path))?;
                file.set_len(at).and_then(|()| file.sync_all()).map_err(io(&path))?;
            }
        }
        Ok(())
    }
}

impl Dirty {
    fn flush_until_over(&self) {
        let mut state = lock(&self.state);
        while !state.is_over {
            let waited = self.stop.wait_timeout(state, SYNC_EVERY);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
            self.flush();
            state = lock(&self.state);
        }
    }

    fn flush(&self) {
        let files = std::mem::take(&mut lock(&self.state).files);
        for (number, file) in files {
            if let Err(error) = file.sync_data() {
                lock(&self.state).error.get_or_insert((number, error.to_string()));
            }
        }
    }
}

impl Drop for Segments {
    fn drop(&mut self) {
        if let Some((dirty, thread)) = lock(&self.flusher).take() {
            lock(&dirty.state).is_over = true;
            dirty.stop.notify_all();
            // It has nothing to panic about; if it did, the next session finds what is whole.
            drop(thread.join());
        }
    }
}

/// Reads pieces of segments. One file is open per segment.
#[derive(Debug, Default)]
pub(super) struct Reader {
    files: BTreeMap<u32, File>,
}

impl Reader {
    /// The `len` bytes at `at` of a segment.
    ///
    /// # Errors
    /// If they cannot be read.
    pub(super) fn read(
        &mut self,
        segments: &Segments,
        number: u32,
        at: u64,
        len: u64,
    ) -> Result<Vec<u8>, StoreError> {
        let path = segments.path(number);
        let mut bytes = vec![0; len as usize];
        let file = match self.files.entry(number) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(File::open(&path).map_err(io(&path))?)
            }
        };
        file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut bytes)).map_err(io(&path))?;
        Ok(bytes)
    }
}

/// Numbers of the segments in `dir`, ascending.
fn numbers(dir: &Path) -> Result<Vec<u32>, StoreError> {
    if !dir.exists() {
        return Ok(Vec::new());
    }
    let mut numbers = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(io(dir))? {
        let name = entry.map_err(io(dir))?.file_name().to_string_lossy().into_owned();
        numbers.extend(name.strip_suffix(ENDING).and_then(|number| number.parse::<u32>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}
