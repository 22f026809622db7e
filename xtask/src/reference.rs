//! `cargo xtask docs`: reference pages, written from what the program says of itself.

use std::path::PathBuf;

use crate::shell::{cargo, output, root};

/// A page: its file, its title, what it opens with, and the word that `windtunnel list` takes.
struct Page {
    file: &'static str,
    title: &'static str,
    opening: &'static str,
    word: &'static str,
}

const PAGES: &[Page] = &[
    Page {
        file: "scenario-keys.md",
        title: "Keys of scenario files",
        opening: "Every key of a scenario file. Values that name a plug-in take its name, or a table with its \
                  name as `type` and its own keys beside it; those are on the other pages.",
        word: "keys",
    },
    Page {
        file: "policies.md",
        title: "Policies",
        opening: "What `[[policy]]` may be: `type` is the name. `type = \"list\"` may be left out.",
        word: "policy",
    },
    Page {
        file: "orders.md",
        title: "Orders",
        opening: "In which order a list policy goes through the queue: its key `order`.",
        word: "order",
    },
    Page {
        file: "placers.md",
        title: "Placers",
        opening: "On which node a list policy starts a task: its key `place`.",
        word: "place",
    },
    Page {
        file: "backfilling.md",
        title: "Backfilling",
        opening: "Who may pass a job that waits at the head of a list policy's queue: its key `backfill`.",
        word: "backfill",
    },
    Page {
        file: "preemption.md",
        title: "Preemption",
        opening: "Who is stopped for a job that finds no room: the key `preempt` of a list policy.",
        word: "preempt",
    },
    Page {
        file: "ranks.md",
        title: "Ranks",
        opening: "Who runs and who is stopped under the policy `preemptive`: its key `rank`.",
        word: "rank",
    },
    Page {
        file: "shares.md",
        title: "Rules of sharing",
        opening: "Which of its children a queue of the policy `queues` serves next: the key `share`.",
        word: "share",
    },
    Page {
        file: "workloads.md",
        title: "Workloads",
        opening: "Where jobs come from: `[workload]`, generators first, then readers of traces.",
        word: "workload",
    },
    Page {
        file: "arrivals.md",
        title: "Arrival processes",
        opening: "When a generator submits jobs: its key `arrivals`.",
        word: "arrivals",
    },
    Page {
        file: "durations.md",
        title: "Distributions of time",
        opening: "How long jobs run, and how long nodes stay up and down: keys such as `durations` and `mtbf`.",
        word: "durations",
    },
    Page {
        file: "estimates.md",
        title: "Estimates",
        opening: "How wrong requested wall times are: the generator's key `estimates`.",
        word: "estimates",
    },
    Page { file: "clusters.md", title: "Clusters", opening: "The nodes: `[cluster]`.", word: "cluster" },
    Page {
        file: "predictors.md",
        title: "Predictors",
        opening: "Who guesses run times: the key `predictor`.",
        word: "predictor",
    },
    Page {
        file: "metrics.md",
        title: "Metrics",
        opening: "What is measured of every run: the rows of `runs.parquet`.",
        word: "metrics",
    },
];

/// Writes all pages.
///
/// # Errors
/// If the program fails or a page cannot be written.
pub(crate) fn write() -> Result<(), String> {
    for (path, text) in pages()? {
        let folder = path.parent().expect("pages lie in a folder");
        let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text));
        written.map_err(|error| format!("{}: cannot be written: {error}", path.display()))?;
    }
    Ok(())
}

/// Holds the pages against the program.
///
/// # Errors
/// The pages that are not what [`write()`] would write.
pub(crate) fn check() -> Result<(), String> {
    let is_stale =
        |(path, text): &(PathBuf, String)| std::fs::read_to_string(path).ok().as_ref() != Some(text);
    let stale: Vec<String> =
        pages()?.iter().filter(|page| is_stale(page)).map(|(path, _)| path.display().to_string()).collect();
    if stale.is_empty() {
        return Ok(());
    }
    Err(format!("{} are not what the program says: `cargo xtask docs` writes them", stale.join(", ")))
}

fn pages() -> Result<Vec<(PathBuf, String)>, String> {
    let folder = root().join("docs").join("reference");
    let page = |page: &Page| {
        let listed = output(cargo(&["run", "--quiet", "--release", "--", "list", page.word]))?;
        let head =
            format!("<!-- Written by `cargo xtask docs`. -->\n# {}\n\n{}\n\n", page.title, page.opening);
        Ok((folder.join(page.file), head + &listed))
    };
    PAGES.iter().map(page).collect()
}
