//! A search for people and for programs.

use std::fmt::Write;

use analysis::{Difference, Verdict, aligned};
use serde_json::{Value, json};

use super::Tuned;

/// Candidates that are printed.
const SHOWN_MAX: usize = 5;

/// The best candidates, the best beside the default on both kinds of seeds, and what to make of it.
pub fn text(tuned: &Tuned) -> String {
    let (spec, unit) = (&tuned.spec, unit(tuned));
    let mut text = String::new();
    let say = |text: &mut String, line: String| writeln!(text, "{line}").expect("text can always grow");
    let method = if spec.halving { "successive halving" } else { "random search" };
    say(
        &mut text,
        format!(
            "{} candidates for policy {} by {}, {method}, {} runs\n",
            tuned.candidates.len(),
            spec.policy,
            spec.metric,
            tuned.runs
        ),
    );
    let mut lines: Vec<Vec<String>> = Vec::new();
    let mut head = vec![String::new()];
    head.extend(tuned.candidates[tuned.best].values.iter().map(|(key, _)| key.clone()));
    head.extend(["seeds".to_owned(), format!("{}{unit}", spec.metric)]);
    lines.push(head);
    for (place, n) in ranked(tuned).into_iter().take(SHOWN_MAX).enumerate() {
        let one = &tuned.candidates[n];
        let mut line = vec![format!("{}.", place + 1)];
        line.extend(one.values.iter().map(|(_, value)| value.clone()));
        line.extend([one.seeds.to_string(), one.mean.map_or("-".to_owned(), fixed)]);
        lines.push(line);
    }
    text += &aligned(&lines, |n| n == 0);
    say(&mut text, String::new());
    let head = ["", "seeds", "default", "best", "gain", "95 % CI", ""].map(str::to_owned).to_vec();
    let sides = [("training", &tuned.train), ("held out", &tuned.validation)];
    let lines: Vec<Vec<String>> =
        std::iter::once(head).chain(sides.map(|(name, side)| line(tuned, name, side))).collect();
    text += &aligned(&lines, |n| n == 0 || n == 6);
    say(&mut text, String::new());
    let (train, held_out) = (tuned.gain(&tuned.train), tuned.gain(&tuned.validation));
    say(
        &mut text,
        format!("Optimism of the search: {}{unit} of the gain on training seeds", fixed(train - held_out)),
    );
    say(&mut text, conclusion(tuned));
    if !tuned.failed.is_empty() {
        say(&mut text, format!("{} runs failed, the first: {}", tuned.failed.len(), tuned.failed[0]));
    }
    text
}

fn unit(tuned: &Tuned) -> String {
    if tuned.unit == "1" { String::new() } else { format!(" {}", tuned.unit) }
}

/// Six digits behind the point.
fn fixed(value: f64) -> String {
    format!("{:.6}", unsigned(value, 6))
}

/// The value, rounded to that many digits behind the point; what is rounded to zero has no sign.
fn unsigned(value: f64, digits: usize) -> f64 {
    let rounded: f64 = format!("{value:.digits$}").parse().expect("a number that was printed can be read");
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// Candidates that were run on all training seeds, the best first.
fn ranked(tuned: &Tuned) -> Vec<usize> {
    let better = |n: &usize| {
        let mean = tuned.candidates[*n].mean;
        mean.map_or(
            f64::INFINITY,
            |mean| if tuned.spec.better == sim_core::Better::Lower { mean } else { -mean },
        )
    };
    let mut whole: Vec<usize> = (0..tuned.candidates.len()).collect();
    whole.retain(|&n| tuned.candidates[n].seeds == tuned.spec.train.len());
    whole.sort_by(|a, b| better(a).total_cmp(&better(b)).then(a.cmp(b)));
    whole
}

fn line(tuned: &Tuned, name: &str, side: &Difference) -> Vec<String> {
    let gain = tuned.gain(side);
    let share = if side.mean_a == 0.0 {
        String::new()
    } else {
        format!(" ({:+.2} %)", unsigned(100.0 * gain / side.mean_a.abs(), 2))
    };
    let ends = match interval(tuned, side) {
        Some((low, high)) => format!("{} .. {}", fixed(low), fixed(high)),
        None => "no interval".to_owned(),
    };
    let verdict = match side.verdict(tuned.spec.better) {
        Verdict::FavoursB => "better",
        Verdict::FavoursA => "worse",
        Verdict::Equal => "equal",
        _ => "no difference shown",
    };
    vec![
        name.to_owned(),
        side.samples.to_string(),
        fixed(side.mean_a),
        fixed(side.mean_b),
        fixed(gain) + &share,
        ends,
        verdict.to_owned(),
    ]
}

/// The interval of the gain.
fn interval(tuned: &Tuned, side: &Difference) -> Option<(f64, f64)> {
    let (low, high) = side.ci95?;
    Some(if tuned.spec.better == sim_core::Better::Lower { (-high, -low) } else { (low, high) })
}

/// The held-out seeds alone decide.
fn conclusion(tuned: &Tuned) -> String {
    match tuned.validation.verdict(tuned.spec.better) {
        Verdict::FavoursB => {
            "The best candidate beats the default on seeds that the search has not seen.".to_owned()
        }
        Verdict::FavoursA => {
            "The best candidate is worse than the default on held-out seeds: keep the default.".to_owned()
        }
        _ => "On held-out seeds no difference to the default is shown: keep the default.".to_owned(),
    }
}

/// `{"metric", "unit", "method", "policy", "runs", "candidates": [{"values", "seeds", "mean"}], "best", "training",
/// "held_out", "optimism", "failed"}`; the two sides are `{"seeds": [..], "default", "best", "gain", "ci95_low",
/// "ci95_high", "p", "verdict"}`.
pub fn json(tuned: &Tuned) -> Value {
    let side = |side: &Difference, seeds: &[u64]| {
        let ends = interval(tuned, side);
        json!({
            "seeds": seeds,
            "default": side.mean_a,
            "best": side.mean_b,
            "gain": tuned.gain(side),
            "ci95_low": ends.map(|ends| ends.0),
            "ci95_high": ends.map(|ends| ends.1),
            "p": side.p,
            "verdict": line(tuned, "", side)[6],
        })
    };
    let candidates = tuned.candidates.iter().map(|one| {
        let values = one.values.iter().map(|(key, value)| (key.clone(), Value::from(value.clone())));
        json!({ "values": Value::Object(values.collect()), "seeds": one.seeds, "mean": one.mean })
    });
    json!({
        "metric": tuned.spec.metric,
        "unit": tuned.unit,
        "method": if tuned.spec.halving { "halving" } else { "random" },
        "policy": tuned.spec.policy,
        "runs": tuned.runs,
        "candidates": candidates.collect::<Vec<_>>(),
        "best": tuned.best,
        "training": side(&tuned.train, &tuned.spec.train),
        "held_out": side(&tuned.validation, &tuned.spec.validate),
        "optimism": tuned.gain(&tuned.train) - tuned.gain(&tuned.validation),
        "failed": tuned.failed,
    })
}
