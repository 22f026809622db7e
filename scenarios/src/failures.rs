//! The `[failures]` section, and recorded outages.

use sim_core::registry::Params;
use sim_core::{ClusterSpec, Failures, NodeFailures, NodeId, Outage, SimDuration, SimTime};

use crate::generate::dist_from;
use crate::problem::{Problem, Problems};

/// What may go wrong, as the section says.
pub(crate) fn build(params: &Params, cluster: &ClusterSpec, file: &str, problems: &mut Problems) -> Failures {
    // Rounded to a millionth, in which the engine counts.
    let task_ppm = (params.float("task_probability") * 1e6).round() as u32;
    let nodes = match (params.plugin("mtbf"), params.plugin("mttr"), params.text_opt("trace")) {
        (None, None, None) => NodeFailures::Never,
        (Some(up), Some(down), None) => {
            let mut dist = |key: &str, (name, params): (&str, &Params)| {
                dist_from(name, params, &format!("failures.{key}")).unwrap_or_else(|problem| {
                    problems.push(Problem { file: file.to_owned(), ..problem });
                    sim_core::Dist::Constant(1.0)
                })
            };
            NodeFailures::Random { time_up: dist("mtbf", up), time_down: dist("mttr", down) }
        }
        (None, None, Some(path)) => match outages(path, cluster) {
            Ok(outages) => NodeFailures::Trace(outages.into()),
            Err(found) => {
                problems.0.extend(found.0);
                NodeFailures::Never
            }
        },
        _ => {
            let rule = "give `mtbf` and `mttr`, or `trace`, or none of them";
            problems.push(Problem::new(file, "failures", "", rule));
            NodeFailures::Never
        }
    };
    Failures { task_ppm, nodes }
}

/// Recorded outages: columns node (a name, or a number in the order of the cluster), down_s and up_s.
fn outages(path: &str, cluster: &ClusterSpec) -> Result<Vec<Outage>, Problems> {
    let mut reader = csv::Reader::from_path(path)
        .map_err(|error| Problem::of_file(path, format!("cannot be read: {error}")))?;
    let headers = reader.headers().map_err(|error| Problem::of_file(path, error.to_string()))?.clone();
    if headers.iter().ne(["node", "down_s", "up_s"]) {
        let found = headers.iter().collect::<Vec<_>>().join(",");
        return Err(Problem::new(path, "1: header", found, "must be node,down_s,up_s").into());
    }
    let (mut outages, mut problems) = (Vec::new(), Problems::default());
    for (n, row) in reader.records().enumerate() {
        let line = n + 2;
        let row = row.map_err(|error| Problem::new(path, line, "", error.to_string()))?;
        let cell = |column: usize| row.get(column).unwrap_or("").trim();
        let node = cluster.nodes.iter().position(|node| node.name == cell(0));
        let node = node.or_else(|| cell(0).parse().ok().filter(|&n| n < cluster.nodes.len()));
        let span = |column: usize| cell(column).parse().ok().and_then(SimDuration::try_from_secs_f64);
        match (node, span(1), span(2)) {
            (Some(node), Some(down), Some(up)) if down < up => outages.push(Outage {
                node: NodeId::from_index(node),
                down: SimTime::ZERO + down,
                up: SimTime::ZERO + up,
            }),
            (None, ..) => {
                problems.push(Problem::new(path, format!("{line}: node"), cell(0), "is not in the cluster"))
            }
            _ => {
                let found = format!("{}, {}", cell(1), cell(2));
                problems.push(Problem::new(
                    path,
                    format!("{line}: down_s, up_s"),
                    found,
                    "must be times, down before up",
                ));
            }
        }
    }
    outages.sort_by_key(|outage| (outage.node, outage.down));
    for pair in outages.windows(2) {
        if pair[0].node == pair[1].node && pair[1].down < pair[0].up {
            let rule =
                format!("node {} goes down again before it is up", cluster.nodes[pair[0].node.index()].name);
            problems.push(Problem::new(path, "down_s", pair[1].down, rule));
        }
    }
    problems.or_ok(outages)
}
