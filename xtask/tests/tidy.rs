//! Rules of the house that no compiler checks. Each message ends with what to do.

#![expect(clippy::unwrap_used, reason = "a test may: what fails is the test")]

use std::fs;
use std::path::{Path, PathBuf};

/// A file of the repository.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.contains("/benches/") || self.path.ends_with("/tests.rs")
    }

    fn is_in(&self, crates: &[&str]) -> bool {
        crates.iter().any(|name| self.path.starts_with(&format!("{name}/src/")))
    }

    /// Numbered lines before the file's own tests, without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate();
        let end = self.text.find("#[cfg(test)]\nmod tests {").map(|at| self.text[..at].lines().count());
        lines.take(end.unwrap_or(usize::MAX)).filter_map(|(n, line)| {
            let is_comment = line.trim_start().starts_with("//");
            (!is_comment).then_some((n + 1, line))
        })
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All text files of the repository that end so, in order; build products and results left out.
fn sources(endings: &[&str]) -> Vec<Source> {
    let (root, mut files) = (root(), Vec::new());
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
            let inside = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            let is_ours = !name.starts_with('.') || [".ci", ".cargo", ".gitignore"].contains(&name.as_str());
            if path.is_dir() && is_ours && !["target", "results", "node_modules"].contains(&name.as_str()) {
                folders.push(path);
            } else if path.is_file() && is_ours && endings.iter().any(|ending| name.ends_with(ending)) {
                // Lossy, so that a binary file can be looked at by its name.
                let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                files.push(Source { path: inside, text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!files.is_empty(), "no {endings:?} in {}", root.display());
    files
}

fn none(found: Vec<String>, what_to_do: &str) {
    assert!(found.is_empty(), "\n{}\n{what_to_do}\n", found.join("\n"));
}

#[test]
fn files_open_with_what_they_are() {
    let is_noun_phrase = |line: &str| {
        let words = line.strip_prefix("//! ").unwrap_or("");
        let verb = ["Implements ", "Contains ", "Provides ", "Defines ", "This "]
            .iter()
            .any(|v| words.starts_with(v));
        words.len() > 3 && !verb
    };
    let bad =
        sources(&[".rs"]).into_iter().filter(|file| !is_noun_phrase(file.text.lines().next().unwrap_or("")));
    none(bad.map(|file| file.path).collect(), "Open each file with `//! ` and a noun phrase: what is in it.");
}

#[test]
fn lines_are_short_and_clean() {
    let (mut long, mut spaces, mut unfinished) = (Vec::new(), Vec::new(), Vec::new());
    // Put together, so that this file does not find itself.
    let marks = [["TO", "DO"].concat(), ["FIX", "ME"].concat(), ["X", "XX"].concat()];
    for file in sources(&[".rs", ".toml", ".md"]) {
        for (n, line) in file.text.lines().enumerate() {
            let place = format!("{}:{}", file.path, n + 1);
            // Texts and comments, which `cargo fmt` leaves alone, may run a little over the width of code.
            let is_text = line.contains('"') || line.trim_start().starts_with("//");
            let width = if is_text { 120 } else { 110 };
            if file.path.ends_with(".rs") && line.chars().count() > width && !line.contains("https://") {
                long.push(place.clone());
            }
            if line.ends_with([' ', '\t', '\r']) {
                spaces.push(place.clone());
            }
            // Pages may speak of the marks; code may not hold them.
            if !file.path.ends_with(".md") && marks.iter().any(|mark| line.contains(mark.as_str())) {
                unfinished.push(place);
            }
        }
    }
    none(
        long,
        "Wrap code at 110 columns, as `cargo fmt` does; it leaves texts and comments, up to 120, to you.",
    );
    none(spaces, "Take the space at the ends of lines away.");
    none(unfinished, "Open an issue and give its number, or do it now.");
}

#[test]
fn files_have_one_idea() {
    // Node table and test cases are one idea each that needs a little more room.
    let exceptions = [("sim-core/src/testkit/case.rs", 420)];
    let limit = |file: &Source| {
        let exception = exceptions.iter().find(|(path, _)| file.path == *path).map(|(_, lines)| *lines);
        exception.unwrap_or(if file.is_test() { 500 } else { 400 })
    };
    let long = sources(&[".rs"]).into_iter().filter(|file| file.text.lines().count() > limit(file));
    let long = long.map(|file| format!("{}: {} lines", file.path, file.text.lines().count()));
    none(long.collect(), "Split the file by its ideas: 400 lines at most, 500 for tests.");
}

#[test]
fn dependencies_run_one_way() {
    let below: &[(&str, &[&str])] = &[
        ("sim-core", &[]),
        ("policies", &["sim-core"]),
        ("predictors", &["sim-core"]),
        ("analysis", &["sim-core"]),
        ("scenarios", &["sim-core", "policies", "predictors", "analysis"]),
        ("cli", &["sim-core", "policies", "predictors", "analysis", "scenarios"]),
        ("python", &["sim-core", "policies", "predictors", "analysis", "scenarios"]),
        ("xtask", &[]),
    ];
    let mut wrong = Vec::new();
    for file in sources(&["Cargo.toml"]).iter().filter(|file| file.path.ends_with("/Cargo.toml")) {
        let name = file.path.trim_end_matches("/Cargo.toml");
        let Some((_, allowed)) = below.iter().find(|(known, _)| *known == name) else { continue };
        // What tests use is free: they may look at a crate through its neighbours.
        let section =
            file.text.split("\n[").find(|section| section.starts_with("dependencies]")).unwrap_or("");
        for line in section.lines() {
            let key = line.split(['.', '=', ' ']).next().unwrap_or("").trim_start_matches("windtunnel-");
            if below.iter().any(|(known, _)| *known == key) && !allowed.contains(&key) {
                wrong.push(format!("{}: {name} must not depend on {key}", file.path));
            }
            if key == "anyhow" && name != "cli" && name != "xtask" {
                wrong.push(format!("{}: errors below cli are values of their own, not anyhow", file.path));
            }
        }
    }
    none(
        wrong,
        "Move the code to where its dependencies are: see ARCHITECTURE.md, \"Where does my line go?\".",
    );
}

#[test]
fn nothing_below_scenarios_depends_on_hashes_clocks_or_threads() {
    let banned =
        ["HashMap", "HashSet", "Instant", "SystemTime", "thread_rng", "hash_map", "available_parallelism"];
    let (mut found, mut walked) = (Vec::new(), Vec::new());
    for file in sources(&[".rs"]).iter().filter(|file| file.is_in(&["sim-core", "policies", "predictors"])) {
        let tables: Vec<&str> = file
            .text
            .lines()
            .filter_map(|line| line.split_once(": FxHashMap<"))
            .map(|f| f.0.trim())
            .collect();
        let tables: Vec<&str> = tables.iter().map(|name| name.rsplit(' ').next().unwrap_or(name)).collect();
        for (n, line) in file.code() {
            let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
            if words.clone().any(|word| banned.contains(&word)) && !line.contains("an instant") {
                found.push(format!("{}:{n}: {}", file.path, line.trim()));
            }
            for table in &tables {
                let walks = [
                    ".iter()",
                    ".keys()",
                    ".values()",
                    ".drain()",
                    ".into_iter()",
                    ".retain(",
                    ".iter_mut()",
                    ".values_mut()",
                ];
                let by_method = walks.iter().any(|walk| line.contains(&format!(".{table}{walk}")));
                let by_loop = line.contains(" in ")
                    && line.trim_end_matches([' ', '{']).ends_with(&format!(".{table}"));
                if by_method || by_loop {
                    walked.push(format!("{}:{n}: {}", file.path, line.trim()));
                }
            }
        }
    }
    none(found, "Use a dense table or a BTreeMap, SimTime, and the named streams of random numbers.");
    none(walked, "An FxHashMap is for look-ups: keep the order that you walk in beside it.");
}

#[test]
fn libraries_do_not_unwrap() {
    let library = ["sim-core", "policies", "predictors", "analysis", "scenarios"];
    let mut found = Vec::new();
    for file in sources(&[".rs"]).iter().filter(|file| file.is_in(&library) && !file.is_test()) {
        // `testing` modules are compiled for tests alone; the testkit fails a test by its own messages.
        if file.path.ends_with("/testing.rs")
            || file.path.ends_with("/fuzz.rs")
            || file.path.contains("/testkit")
        {
            continue;
        }
        let lines = file.code().filter(|(_, line)| line.contains(".unwrap()") || line.contains("anyhow::"));
        found.extend(lines.map(|(n, line)| format!("{}:{n}: {}", file.path, line.trim())));
    }
    none(found, "Say why it cannot fail with `expect`, or make the error a value.");
}

#[test]
fn the_repository_holds_no_machine_and_no_data() {
    let machine = [["/wo", "rk/"], ["/ro", "ot/"], ["/ho", "me/"]].map(|parts| parts.concat());
    let mut paths = Vec::new();
    for file in
        sources(&[".rs", ".toml", ".md", "run", ".snap", ".py", ".ipynb", ".lock", ".gitignore", ".cff"])
    {
        for (n, line) in file.text.lines().enumerate() {
            if machine.iter().any(|path| line.contains(path.as_str())) && !line.contains("://") {
                paths.push(format!("{}:{}: {}", file.path, n + 1, line.trim()));
            }
        }
    }
    none(paths, "Name files relative to the repository, or by ${WINDTUNNEL_DATA}.");
    let is_data = |name: &str| {
        let name = name.rsplit('/').next().unwrap_or(name);
        let data = [".swf", ".swf.gz", ".parquet", ".csv.gz"].iter().any(|ending| name.ends_with(ending));
        data || name.starts_with("openb_") || name == "philly.csv"
    };
    let data = sources(&[""]).into_iter().map(|file| file.path).filter(|path| is_data(path));
    none(
        data.collect(),
        "Traces stay outside the repository: tests make small ones, or look under WINDTUNNEL_DATA.",
    );
}

#[test]
fn scenarios_of_the_catalog_ask_a_question() {
    let catalog = sources(&[".toml"]).into_iter().filter(|file| file.path.starts_with("scenarios/catalog/"));
    let silent = catalog.filter(|file| !file.text.starts_with("# Question: ")).map(|file| file.path);
    none(silent.collect(), "Open each scenario with `# Question: ` and what it is run to find out.");
}
