//! What the declarations of ranks cannot say: limits ascend, and samples of service stand in files.

use sim_core::SimDuration;
use sim_core::registry::{Params, Value};

use crate::problem::Problem;

/// Checks what a policy says of its queues, and reads the file of its rank into `samples`. `at` is where it stands.
pub(super) fn resolve(params: &mut Params, at: &str, file: &str, problems: &mut Vec<Problem>) {
    check(params, at, file, problems);
    let Some((name, rank)) = params.plugin("rank").map(|(name, rank)| (name.to_owned(), rank.clone())) else {
        return;
    };
    let (mut rank, at) = (rank, format!("{at}.rank"));
    check(&rank, &at, file, problems);
    if let Some(path) = rank.text_opt("path") {
        match read(path) {
            Ok(samples) => rank.set("samples", Value::List(samples)),
            Err(found) => problems.extend(found),
        }
        params.set("rank", Value::Plugin(name, rank));
    }
}

/// Limits are more than zero and ascend; a step is more than zero.
fn check(params: &Params, at: &str, file: &str, problems: &mut Vec<Problem>) {
    if let Some(Value::List(limits)) = params.get("limits") {
        let spans: Vec<SimDuration> = limits.iter().map(span).collect();
        let ascend = spans.windows(2).all(|pair| pair[0] < pair[1]);
        if !ascend || spans.first() == Some(&SimDuration::ZERO) {
            let shown: Vec<String> = spans.iter().map(SimDuration::to_string).collect();
            let rule = "must be more than 0 and ascend";
            problems.push(Problem::new(file, format!("{at}.limits"), shown.join(", "), rule));
        }
    }
    if let Some(Value::Duration(SimDuration::ZERO)) = params.get("step") {
        problems.push(Problem::new(file, format!("{at}.step"), 0, "must be more than 0"));
    }
}

fn span(value: &Value) -> SimDuration {
    match value {
        Value::Duration(span) => *span,
        other => panic!("limits are declared as durations, not {other:?}"),
    }
}

/// The numbers of a file, one a line after the first line.
fn read(path: &str) -> Result<Vec<Value>, Vec<Problem>> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| vec![Problem::of_file(path, format!("cannot be read: {error}"))])?;
    let (mut samples, mut problems) = (Vec::new(), Vec::new());
    for (n, line) in text.lines().enumerate().skip(1) {
        let cell = line.trim();
        if cell.is_empty() {
            continue;
        }
        match cell.parse().ok().and_then(SimDuration::try_from_secs_f64) {
            Some(service) => samples.push(Value::Duration(service)),
            None => {
                problems.push(Problem::new(path, n + 1, cell, "must be a number of seconds, at least 0"));
            }
        }
    }
    if samples.is_empty() && problems.is_empty() {
        problems.push(Problem::of_file(path, "holds no number after its first line"));
    }
    if problems.is_empty() { Ok(samples) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Overrides, load};

    #[test]
    fn bad_ranks_are_told_with_key_value_and_rule() {
        let folder = tempfile::tempdir().unwrap();
        let samples = folder.path().join("samples.csv");
        std::fs::write(&samples, "duration\n5\nx\n").unwrap();
        let ranks = [
            "{ type = 'las-2d', limits = [10, 10] }".to_owned(),
            "{ type = 'las', step = 0 }".to_owned(),
            format!("{{ type = 'gittins', path = '{}' }}", samples.display()),
        ];
        let mut text = "name = 'x'\n".to_owned();
        text +=
            "cluster = { type = 'uniform', nodes = 1, cpu = 1 }\nworkload = { type = 'lublin', jobs = 1 }\n";
        for (n, rank) in ranks.iter().enumerate() {
            text += &format!("[[policy]]\nname = 'p{n}'\ntype = 'preemptive'\nrank = {rank}\n");
        }
        text += "[[policy]]\ntype = 'tiresias'\nrule = 'dlas'\nlimits = [2, 1]\n";
        let path = folder.path().join("bad.toml");
        std::fs::write(&path, text).unwrap();
        let problems = load(path.to_str().unwrap(), &Overrides::default()).unwrap_err().to_string();
        for part in [
            "policy[0].rank.limits",
            "policy[1].rank.step",
            "samples.csv:3 = x",
            "policy[3].limits",
            "must be more than 0 and ascend",
        ] {
            assert!(problems.contains(part), "{part} is not in:\n{problems}");
        }
    }

    #[test]
    fn samples_are_read_after_the_title() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("samples.csv");
        std::fs::write(&path, "duration\n5\n0.5\n\n").unwrap();
        let found = read(path.to_str().unwrap()).unwrap();
        assert_eq!(
            found.iter().map(|value| span(value).as_ns()).collect::<Vec<_>>(),
            [5_000_000_000, 500_000_000]
        );
        std::fs::write(&path, "duration\n").unwrap();
        assert!(read(path.to_str().unwrap()).is_err());
    }
}
