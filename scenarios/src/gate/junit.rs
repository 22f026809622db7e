//! A check as JUnit XML, which CI servers show: a test case for each policy and point.

use std::collections::BTreeMap;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::{Check, Judged, Verdict};

/// One suite named after the scenario. A case fails if a row of its policy and point moved too far, and says which.
///
/// # Source
/// The schema of the Ant JUnit task, as Jenkins, GitLab and GitHub's readers understand it.
pub fn junit(check: &Check) -> String {
    let mut cases: BTreeMap<(&str, &str), Vec<&Judged>> = BTreeMap::new();
    for row in &check.rows {
        let moved = cases.entry((&row.row.policy, &row.row.point)).or_default();
        if row.verdict == Verdict::Moved {
            moved.push(row);
        }
    }
    let (tests, failures) =
        (cases.len().to_string(), cases.values().filter(|moved| !moved.is_empty()).count().to_string());
    let mut out = Writer::new_with_indent(Vec::new(), b' ', 2);
    let mut put = |event: Event<'_>| out.write_event(event).expect("memory can always be written to");
    put(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    let counts = [("tests", tests.as_str()), ("failures", &failures), ("errors", "0")];
    put(Event::Start(BytesStart::new("testsuites").with_attributes(counts)));
    let mut suite = BytesStart::new("testsuite").with_attributes([("name", check.scenario.as_str())]);
    suite.extend_attributes(counts);
    put(Event::Start(suite));
    for ((policy, point), moved) in cases {
        let name = if point.is_empty() { policy.to_owned() } else { format!("{policy} at {point}") };
        let class = format!("windtunnel.check.{}", check.scenario);
        let case =
            BytesStart::new("testcase").with_attributes([("classname", class.as_str()), ("name", &name)]);
        if moved.is_empty() {
            put(Event::Empty(case));
            continue;
        }
        put(Event::Start(case));
        let message = format!("{} rows moved", moved.len());
        put(Event::Start(BytesStart::new("failure").with_attributes([("message", message.as_str())])));
        let lines: Vec<String> = moved.iter().map(|row| line(row)).collect();
        put(Event::Text(BytesText::new(&lines.join("\n"))));
        put(Event::End(BytesEnd::new("failure")));
        put(Event::End(BytesEnd::new("testcase")));
    }
    put(Event::End(BytesEnd::new("testsuite")));
    put(Event::End(BytesEnd::new("testsuites")));
    String::from_utf8(out.into_inner()).expect("text in, text out") + "\n"
}

fn line(row: &Judged) -> String {
    let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let relative = row.relative.map_or(String::new(), |relative| format!(" ({:+.3} %)", 100.0 * relative));
    format!("{}: {} -> {}{relative}, {}", row.row.metric, shown(&row.before), shown(&row.now), row.detail)
}
