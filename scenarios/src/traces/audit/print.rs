//! Audits in print: aligned text for people, JSON for programs.

use std::fmt;

use serde_json::{Value, json};
use sim_core::{Lane, SimDuration};

use super::Audit;

/// Demand is counted in nanoseconds and printed in hours.
const HOUR_NS: f64 = 3600.0 * 1e9;

impl Audit {
    /// The audit as one JSON object: times in seconds, demand in units x hours, peaks and capacities in lane
    /// units.
    pub fn to_json(&self) -> Value {
        let counts = |list: &[(&'static str, u64)]| -> Value {
            list.iter()
                .map(|(name, count)| ((*name).to_owned(), json!(count)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let service: serde_json::Map<String, Value> = self
            .service
            .iter()
            .map(|(percent, span)| (format!("p{percent}"), json!(span.as_secs_f64())))
            .collect();
        let impossible = self.impossible_first.iter();
        let impossible =
            list(impossible.map(|job| json!({"line": job.line, "id": job.id, "reason": job.reason})));
        let gaps = list(self.gaps.iter().map(|gap| {
            let (length, from) = (gap.length.as_secs_f64(), gap.from.as_secs_f64());
            json!({"length_s": length, "from_s": from, "line": gap.line})
        }));
        let widths = self.widths.iter();
        let widths =
            list(widths.map(|width| json!({"least": width.least, "most": width.most, "jobs": width.jobs})));
        json!({
            "reader": self.reader,
            "file": self.file,
            "header": {
                "max_nodes": self.header.max_nodes,
                "max_procs": self.header.max_procs,
                "max_jobs": self.header.max_jobs,
            },
            "jobs": self.jobs,
            "dropped": counts(&self.dropped),
            "first_submit_s": self.first_submit.as_secs_f64(),
            "last_submit_s": self.last_submit.as_secs_f64(),
            "span_s": self.span().as_secs_f64(),
            "absolute_times": self.absolute_times,
            "in_order": self.in_order,
            "has_dependencies": self.has_dependencies,
            "lanes": self.lanes_json(),
            "dominant": self.dominant().map(Lane::name),
            "peak_jobs": self.peak_jobs,
            "peak_tasks": self.peak_tasks,
            "impossible": self.impossible,
            "impossible_first": impossible,
            "gaps": gaps,
            "notes": counts(&self.notes),
            "shapes": self.shapes,
            "users": self.users,
            "tenants": self.tenants,
            "service_s": service,
            "widths": widths,
            "warnings": self.warnings,
            "problems": self.problems.0.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "verdict": self.verdict(),
        })
    }

    fn lanes_json(&self) -> Value {
        let lane = |lane: Lane| {
            let load = &self.lanes[lane.index()];
            let value = json!({
                "unit": lane.unit(),
                "demand_hours": load.demand as f64 / HOUR_NS,
                "capacity": load.capacity,
                "offered_load": self.offered_load(lane),
                "peak": load.peak as f64,
            });
            (lane.name().to_owned(), value)
        };
        Value::Object(self.used_lanes().map(lane).collect())
    }

    /// Lanes that the trace or the cluster has something of.
    fn used_lanes(&self) -> impl Iterator<Item = Lane> {
        Lane::ALL.into_iter().filter(|lane| {
            let load = &self.lanes[lane.index()];
            load.demand > 0 || load.capacity.is_some_and(|capacity| capacity > 0)
        })
    }

    fn write_lanes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n{:<10}{:>16}{:>16}{:>10}{:>16}",
            "resource", "demand [h]", "capacity", "load", "peak"
        )?;
        for lane in self.used_lanes() {
            let load = &self.lanes[lane.index()];
            // Thousandths of cores and cards are for machines to count in.
            let (part, unit) = match lane {
                Lane::Cpu => (1000.0, "cores"),
                Lane::Gpu => (1000.0, "GPUs"),
                other => (1.0, other.unit()),
            };
            let capacity =
                load.capacity.map_or("-".to_owned(), |capacity| (capacity as f64 / part).to_string());
            let offered = self.offered_load(lane).map_or("-".to_owned(), |load| format!("{load:.4}"));
            let hours = load.demand as f64 / part / HOUR_NS;
            let (name, peak) = (lane.name(), load.peak as f64 / part);
            writeln!(f, "{name:<10}{hours:>16.1}{capacity:>16}{offered:>10}{peak:>16}  {unit}")?;
        }
        writeln!(f, "load = demand / (capacity x span); peak = in use if every job started at its submission")
    }
}

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |count: u64| 100.0 * count as f64 / self.jobs.max(1) as f64;
        let mut row = |name: &str, text: String| writeln!(f, "{name:<22}{text}");
        row("trace", format!("{} ({})", self.file, self.reader))?;
        row("jobs", self.jobs.to_string())?;
        for (reason, count) in &self.dropped {
            row("  dropped", format!("{count} ({reason})"))?;
        }
        row(
            "submitted",
            format!("{} to {}, a span of {}", self.first_submit, self.last_submit, days(self.span())),
        )?;
        row("in order", if self.in_order { "yes" } else { "no" }.to_owned())?;
        row("at once", format!("up to {} jobs, {} tasks", self.peak_jobs, self.peak_tasks))?;
        row("distinct", format!("{} shapes, {} users, {} tenants", self.shapes, self.users, self.tenants))?;
        let service: Vec<String> =
            self.service.iter().map(|(percent, span)| format!("p{percent} {span}")).collect();
        row("service", service.join(", "))?;
        for width in &self.widths {
            let tasks = if width.least == width.most {
                width.least.to_string()
            } else {
                format!("{}-{}", width.least, width.most)
            };
            row("  tasks", format!("{tasks:<16}{:>9} jobs {:>6.2} %", width.jobs, share(width.jobs)))?;
        }
        for gap in &self.gaps {
            row("  gap", format!("{} from {} (until line {})", days(gap.length), gap.from, gap.line))?;
        }
        for (note, count) in &self.notes {
            row("  note", format!("{count} jobs {:>6.2} %  {note}", share(*count)))?;
        }
        if self.impossible > 0 {
            row("cannot ever start", self.impossible.to_string())?;
        }
        for job in &self.impossible_first {
            row("  job", format!("{} (line {}): {}", job.id, job.line, job.reason))?;
        }
        self.write_lanes(f)?;
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        if !self.verdict().is_empty() {
            writeln!(f, "{}", self.verdict())?;
        }
        if !self.problems.0.is_empty() {
            writeln!(f, "{} problems:\n{}", self.problems.0.len(), self.problems)?;
        }
        Ok(())
    }
}

/// A JSON list.
fn list(values: impl Iterator<Item = Value>) -> Value {
    Value::Array(values.collect())
}

fn days(span: SimDuration) -> String {
    let secs = span.as_secs_f64();
    if secs >= 86_400.0 { format!("{:.2} days", secs / 86_400.0) } else { format!("{:.2} h", secs / 3600.0) }
}
