//! Trace files as byte streams: plain or gzip, told apart by content.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;

use crate::problem::Problem;

/// Longest line that a trace may have [bytes]. Arbitrary; real ones stay below a few thousand.
const LINE_MAX: u64 = 1 << 20;

/// The bytes of the file at `path`, unpacked.
///
/// # Errors
/// If it cannot be opened or its first bytes cannot be read.
fn open(path: &str) -> Result<Box<dyn BufRead + Send>, Problem> {
    let file = File::open(path).map_err(|error| io_problem(path, "", &error))?;
    let mut buffered = BufReader::with_capacity(1 << 16, file);
    let head = buffered.fill_buf().map_err(|error| io_problem(path, "", &error))?;
    if head.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(buffered))));
    }
    Ok(Box::new(buffered))
}

/// What went wrong while reading `file`, in words that say what to look for.
pub(super) fn io_problem(file: &str, at: &str, error: &io::Error) -> Problem {
    let rule = match error.kind() {
        io::ErrorKind::NotFound => "the file does not exist".to_owned(),
        io::ErrorKind::UnexpectedEof => "the file is truncated: the compressed stream has no end".to_owned(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            format!("the compressed stream is corrupt: {error}")
        }
        _ => format!("the file cannot be read: {error}"),
    };
    Problem::new(file, at, "", rule)
}

/// The problem of a file that holds bytes that no text has.
fn binary_problem(file: &str, line: u64) -> Problem {
    Problem::new(file, line, "", "holds bytes that are not UTF-8 text: is this the right file?")
}

/// The lines of a text file, one at a time.
pub(super) struct Lines {
    file: String,
    source: Box<dyn BufRead + Send>,
    buffer: Vec<u8>,
    number: u64,
    over: bool,
}

impl Lines {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// If it cannot be opened or its first bytes cannot be read.
    pub(super) fn open(path: &str) -> Result<Self, Problem> {
        Ok(Self { file: path.to_owned(), source: open(path)?, buffer: Vec::new(), number: 0, over: false })
    }

    /// The path that it was opened with.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// True if the line last returned has no newline, so that the file may have been cut within it.
    pub(super) fn is_cut(&self) -> bool {
        self.over
    }

    /// Number of the line last returned, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Reads the next line; `None` at the end. [`Lines::text`] then holds it.
    ///
    /// # Errors
    /// If the stream breaks, or what comes is no text. The stream is over after that.
    pub(super) fn advance(&mut self) -> Option<Result<(), Problem>> {
        if self.over {
            return None;
        }
        self.buffer.clear();
        self.number += 1;
        let result = (&mut self.source).take(LINE_MAX).read_until(b'\n', &mut self.buffer);
        match result {
            Err(error) => {
                self.over = true;
                Some(Err(io_problem(&self.file, &self.number.to_string(), &error)))
            }
            Ok(0) => {
                self.over = true;
                None
            }
            Ok(count) => Some(self.check(count as u64)),
        }
    }

    /// The line last read, without its end.
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.buffer).expect("the line was checked when it was read")
    }

    fn check(&mut self, count: u64) -> Result<(), Problem> {
        let whole = self.buffer.last() == Some(&b'\n');
        if whole {
            self.buffer.pop();
            if self.buffer.last() == Some(&b'\r') {
                self.buffer.pop();
            }
        } else {
            self.over = true;
        }
        if std::str::from_utf8(&self.buffer).is_err() || self.buffer.contains(&0) {
            self.over = true;
            self.buffer.clear();
            return Err(binary_problem(&self.file, self.number));
        }
        if count == LINE_MAX && !whole {
            self.buffer.clear();
            let rule = format!("the line is longer than {LINE_MAX} bytes: is this the right file?");
            return Err(Problem::new(&self.file, self.number, "", rule));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::traces::testing::TraceFile;

    fn all(bytes: &[u8]) -> (Vec<String>, Option<String>) {
        let file = TraceFile::new(bytes);
        let mut lines = Lines::open(file.path()).unwrap();
        let mut texts = Vec::new();
        while let Some(line) = lines.advance() {
            match line {
                Ok(()) => texts.push(lines.text().to_owned()),
                Err(problem) => return (texts, Some(problem.rule)),
            }
        }
        (texts, None)
    }

    fn zip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn line_ends_of_every_kind_are_taken_off() {
        assert_eq!(all(b"a\r\nb\n\nc"), (vec!["a".into(), "b".into(), String::new(), "c".into()], None));
        assert_eq!(all(b""), (vec![], None));
    }

    #[test]
    fn gzip_is_told_by_content_and_may_have_several_members() {
        let mut bytes = zip(b"a\nb");
        bytes.extend(zip(b"c\n"));
        assert_eq!(all(&bytes), (vec!["a".into(), "bc".into()], None));
    }

    #[test]
    fn a_cut_gzip_is_one_problem() {
        let bytes = zip(&b"1 2 3 4 5\n".repeat(1000));
        let (_, rule) = all(&bytes[..bytes.len() - 9]);
        assert!(rule.unwrap().contains("truncated"));
    }

    #[test]
    fn a_corrupt_gzip_is_one_problem() {
        let mut bytes = zip(&b"1 2 3 4 5\n".repeat(1000));
        let last = bytes.len() - 6;
        bytes[last] ^= 0xff;
        let (_, rule) = all(&bytes);
        assert!(rule.unwrap().contains("corrupt"));
    }

    #[test]
    fn binary_bytes_end_the_stream() {
        let (texts, rule) = all(b"ok\n\xff\xfe\nnever\n");
        assert_eq!(texts, ["ok"]);
        assert!(rule.unwrap().contains("not UTF-8"));
        let long = vec![b'x'; LINE_MAX as usize + 5];
        assert!(all(&long).1.unwrap().contains("longer than"));
    }

    #[test]
    fn a_missing_file_and_a_folder_are_problems() {
        assert_eq!(open("/no/such/trace").err().unwrap().rule, "the file does not exist");
        assert!(open("/").err().unwrap().rule.contains("cannot be read"));
    }
}
