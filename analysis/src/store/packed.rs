//! A run as bytes: what segments hold, and what batches carry from one process to another.
//!
//! An entry is `MAGIC`, the length of the body (u64), the body, and the CRC-32 of length and body (u32); all numbers
//! are little-endian. The body is the length of the head (u32), the head (JSON), and the run's files, one behind the
//! other. The head of a finished run is `{"id", "wall_secs", "files": [[name, length], ..], "record": {..}}`, that
//! of a failed one `{"id", "failed": message}`.

use std::io::{self, Read, Write};

use crc32fast::Hasher;
use serde_json::{Value, json};

use crate::record::RunRecord;

const MAGIC: [u8; 8] = *b"WTRUN\0\x01\n";
/// Bytes before the body: magic and length.
const BEFORE: u64 = 16;
/// Bytes behind the body: the checksum.
const BEHIND: u64 = 4;

/// Where one file of an entry lies, counted from the entry's first byte.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Extent {
    pub name: &'static str,
    pub at: u64,
    pub len: u64,
}

/// An entry that was found whole.
#[derive(Debug)]
pub(super) struct Entry {
    /// The run.
    pub id: String,
    /// Why it failed, if it did.
    pub failed: Option<String>,
    /// Its head as JSON, from the entry's first byte on.
    pub head_at: u64,
    pub head: Vec<u8>,
    pub files: Vec<Extent>,
    /// Length of the whole entry.
    pub len: u64,
}

/// What a head says of a finished run.
pub(super) struct Head {
    pub record: RunRecord,
    pub wall_secs: f64,
}

/// The head of a finished run with these files.
pub(super) fn head(record: &RunRecord, wall_secs: f64, files: &[(&'static str, u64)]) -> Vec<u8> {
    let files: Vec<Value> = files.iter().map(|(name, len)| json!([name, len])).collect();
    let id = record.key.id();
    json!({ "id": id, "wall_secs": wall_secs, "files": files, "record": record.to_json() })
        .to_string()
        .into_bytes()
}

/// The head of a run that failed.
pub(super) fn failed_head(id: &str, message: &str) -> Vec<u8> {
    json!({ "id": id, "failed": message }).to_string().into_bytes()
}

/// Reads [`head`] back; `None` if that is not one.
pub(super) fn parse_head(head: &[u8]) -> Option<Head> {
    let head: Value = serde_json::from_slice(head).ok()?;
    Some(Head { record: RunRecord::from_json(&head["record"])?, wall_secs: head["wall_secs"].as_f64()? })
}

/// Writes entries, and their checksums.
pub(super) struct Writer<W> {
    out: W,
    sum: Hasher,
}

impl<W: Write> Writer<W> {
    /// Begins an entry whose files have `files_len` bytes together, which are to be written next.
    pub(super) fn begin(mut out: W, head: &[u8], files_len: u64) -> io::Result<Self> {
        let body = 4 + head.len() as u64 + files_len;
        out.write_all(&MAGIC)?;
        let mut writer = Self { out, sum: Hasher::new() };
        writer.write_all(&body.to_le_bytes())?;
        writer.write_all(&(head.len() as u32).to_le_bytes())?;
        writer.write_all(head)?;
        Ok(writer)
    }

    /// Ends the entry and gives the target back.
    pub(super) fn end(mut self) -> io::Result<W> {
        let sum = self.sum.finalize();
        self.out.write_all(&sum.to_le_bytes())?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sum.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The next entry of `input`, of which `left` bytes are left; `None` if there is none, or none that is whole.
///
/// # Errors
/// If the input cannot be read; its end within an entry is no error.
pub(super) fn next<R: Read>(input: &mut R, left: u64) -> io::Result<Option<Entry>> {
    if left < BEFORE + 4 + BEHIND {
        return Ok(None);
    }
    let mut start = [0; BEFORE as usize];
    input.read_exact(&mut start)?;
    let (magic, len) = start.split_at(MAGIC.len());
    let body = u64::from_le_bytes(len.try_into().expect("it is cut to eight bytes"));
    if magic != MAGIC || body < 4 || body > left - BEFORE - BEHIND {
        return Ok(None);
    }
    let mut sum = Hasher::new();
    sum.update(len);
    let mut head_len = [0; 4];
    input.read_exact(&mut head_len)?;
    sum.update(&head_len);
    let head_len = u64::from(u32::from_le_bytes(head_len));
    if head_len > body - 4 {
        return Ok(None);
    }
    let mut head = vec![0; head_len as usize];
    input.read_exact(&mut head)?;
    sum.update(&head);
    let mut files = input.take(body - 4 - head_len);
    let mut chunk = [0; 1 << 14];
    loop {
        match files.read(&mut chunk)? {
            0 => break,
            read => sum.update(&chunk[..read]),
        }
    }
    let mut found = [0; BEHIND as usize];
    input.read_exact(&mut found)?;
    if sum.finalize() != u32::from_le_bytes(found) {
        return Ok(None);
    }
    Ok(entry(head, body))
}

/// The entry of that head; `None` if the head is not ours.
fn entry(head: Vec<u8>, body: u64) -> Option<Entry> {
    let json: Value = serde_json::from_slice(&head).ok()?;
    let id = json["id"].as_str()?.to_owned();
    let failed = json["failed"].as_str().map(str::to_owned);
    let head_at = BEFORE + 4;
    let mut at = head_at + head.len() as u64;
    let mut files = Vec::new();
    for file in json["files"].as_array().into_iter().flatten() {
        let name = super::part::known(file[0].as_str()?)?;
        let len = file[1].as_u64()?;
        files.push(Extent { name, at, len });
        at += len;
    }
    let len = BEFORE + body + BEHIND;
    (at + BEHIND == len).then_some(Entry { id, failed, head_at, head, files, len })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::record;

    fn packed() -> Vec<u8> {
        let head = head(&record("p", 3, 0.1 + 0.2), 1.5, &[("jobs.parquet", 5)]);
        let mut writer = Writer::begin(Vec::new(), &head, 5).unwrap();
        writer.write_all(b"table").unwrap();
        writer.end().unwrap()
    }

    #[test]
    fn an_entry_is_read_back_to_the_last_bit() {
        let bytes = packed();
        let entry = next(&mut &bytes[..], bytes.len() as u64).unwrap().unwrap();
        assert_eq!((entry.len as usize, entry.failed), (bytes.len(), None));
        assert_eq!(parse_head(&entry.head).unwrap().record, record("p", 3, 0.1 + 0.2));
        let file = &entry.files[0];
        assert_eq!(&bytes[file.at as usize..][..file.len as usize], b"table");
        let head = &bytes[entry.head_at as usize..][..entry.head.len()];
        assert_eq!(head, entry.head);
    }

    #[test]
    fn an_entry_that_was_cut_or_changed_anywhere_does_not_count() {
        let whole = packed();
        for n in 0..whole.len() {
            assert!(next(&mut &whole[..n], n as u64).unwrap().is_none(), "cut to {n} bytes");
            let mut changed = whole.clone();
            changed[n] ^= 1;
            let left = changed.len() as u64;
            assert!(next(&mut &changed[..], left).unwrap().is_none(), "byte {n} changed");
        }
    }
}
