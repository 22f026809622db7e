//! What the checker accepts, fills in and says.

use proptest::prelude::*;
use sim_core::SimDuration;

use super::*;
use crate::file::parse_toml;

const TIES: Kind = Kind::Choice(&["rank", "random"]);
const PLACES: &[About] = &[
    About { name: "first-fit", doc: "The first.", source: "folklore", params: &[] },
    About {
        name: "best-fit",
        doc: "The tightest.",
        source: "folklore",
        params: &[
            Param::with_default("ties", TIES, "\"rank\"", "Who wins."),
            Param::optional("lane", Kind::Text, "The lane."),
            Param::optional("then", Kind::Plugin("place"), "Another."),
        ],
    },
];
const SIZES: &[Kind] = &[Kind::Int { min: 1, max: 9 }, Kind::List(&Kind::Int { min: 1, max: 9 })];
const POLICY: &[Param] = &[
    Param::required("order", Kind::Text, "which job is next"),
    Param::with_default("place", Kind::Plugin("place"), "\"first-fit\"", "where it goes"),
];
const PARAMS: &[Param] = &[
    Param::required("name", Kind::Text, "what the results are called"),
    Param::with_default("seeds", Kind::Int { min: 1, max: 1000 }, "10", "how many seeds"),
    Param::optional("load", Kind::Float { min: 0.0, max: 10.0 }, "offered load"),
    Param::optional("exact", Kind::Bool, "a switch"),
    Param::optional("every", Kind::Duration, "a span"),
    Param::optional("memory", Kind::Memory, "an amount"),
    Param::optional("cpu", Kind::Cores, "an amount"),
    Param::optional("file", Kind::Path, "a file"),
    Param::optional("size", Kind::Either(SIZES), "one or more"),
    Param::optional("axes", Kind::Map(&Kind::List(&Kind::Float { min: 0.0, max: 9.0 })), "sweep"),
    Param::optional("policy", Kind::List(&Kind::Table(POLICY)), "policies"),
];

fn registries() -> Registries {
    Registries::default().with("place", PLACES.iter().copied())
}

fn check(text: &str) -> Result<Params, String> {
    let table = parse_toml("s.toml", text).map_err(|problem| problem.to_string())?;
    let mut problems = Problems::default();
    let params = check_table(&table, PARAMS, "", "s.toml", &registries(), &mut problems);
    problems.or_ok(params).map_err(|problems| problems.to_string())
}

fn refused(text: &str) -> String {
    check(text).expect_err("it should have been refused")
}

#[test]
fn good_files_come_out_typed_with_defaults() {
    let params = check(
        "name = 'x'\nload = 1\nevery = '5m'\nmemory = '1GiB'\ncpu = 0.5\nsize = [1, 2]\n\
         axes = { 'workload.load' = [1.0, 2] }\n[[policy]]\norder = 'fcfs'\nplace = { type = 'best-fit' }\n",
    )
    .unwrap();
    assert_eq!((params.text("name"), params.int("seeds"), params.float("load")), ("x", 10, 1.0));
    assert_eq!(params.duration("every"), SimDuration::from_secs(300));
    assert_eq!((params.amount("memory"), params.amount("cpu")), (1024, 500));
    assert_eq!(params.list("size"), [Value::Int(1), Value::Int(2)]);
    assert_eq!(params.table("axes").unwrap().list("workload.load").len(), 2);
    let Value::Table(policy) = &params.list("policy")[0] else { panic!("a policy is a table") };
    let (place, inside) = policy.plugin("place").unwrap();
    assert_eq!((place, inside.text("ties"), inside.text_opt("lane")), ("best-fit", "rank", None));
}

#[test]
fn a_default_plug_in_has_its_own_defaults() {
    let params = check("name = 'x'\n[[policy]]\norder = 'fcfs'").unwrap();
    let Value::Table(policy) = &params.list("policy")[0] else { panic!("a policy is a table") };
    assert_eq!(policy.plugin("place").unwrap().0, "first-fit");
}

#[test]
fn all_problems_are_reported_at_once() {
    let text = refused("sedes = 3\nload = 'high'\n[[policy]]\nplace = 'best_fit'\n[[policy]]\nordr = 'x'");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "s.toml: sedes = 3: unknown key; did you mean `seeds`?",
            "s.toml: name: is required: what the results are called",
            "s.toml: load = \"high\": is text: must be a number from 0 to 10",
            "s.toml: policy[0].order: is required: which job is next",
            "s.toml: policy[0].place = \"best_fit\": is not one of `place`; did you mean `best-fit`?",
            "s.toml: policy[1].ordr = \"x\": unknown key; did you mean `order`?",
            "s.toml: policy[1].order: is required: which job is next",
        ]
    );
}

#[test]
fn plug_ins_are_checked_inside() {
    let place = |place: &str| refused(&format!("name = 'x'\npolicy = [{{ order = 'f', place = {place} }}]"));
    assert_eq!(
        place("{ type = 'best-fit', ties = 'rnk', then = { type = 'best-fit', lane = 3 } }"),
        "s.toml: policy[0].place.ties = \"rnk\": is not a choice here; did you mean `rank`?\n\
         s.toml: policy[0].place.then.lane = 3: is a whole number: must be text in quotes"
    );
    assert_eq!(
        place("{ ties = 'rank' }"),
        "s.toml: policy[0].place.type: is required: the name of one of `place`"
    );
    assert_eq!(
        place("{ type = 3 }"),
        "s.toml: policy[0].place.type = 3: is a whole number: must be text in quotes"
    );
    assert_eq!(
        place("{ type = 'first-fit', ties = 'rank' }"),
        "s.toml: policy[0].place.ties = \"rank\": unknown key; none is known"
    );
    assert!(
        place("3")
            .contains("is a whole number: must be the name of one of `place`, or a table with a `type`")
    );
}

#[test]
fn bounds_and_units_are_held() {
    for (line, rule) in [
        ("seeds = 0", "seeds = 0: must be a whole number from 1 to 1000"),
        ("load = -1", "load = -1: must be a number from 0 to 10"),
        ("load = inf", "load = inf: must be finite"),
        ("seeds = 1.5", "seeds = 1.5: is a number with a fraction: must be a whole number from 1 to 1000"),
        ("exact = 1", "exact = 1: is a whole number: must be true or false"),
        ("every = '3 fortnights'", "`fortnights` is not a unit here"),
        ("every = -3", "every = -3: must not be negative"),
        ("memory = true", "is a truth value: must be an amount of memory"),
        ("size = 10", "size = 10: must be a whole number from 1 to 9"),
        ("size = [1, 10, 11]", "size[1] = 10: must be a whole number from 1 to 9"),
        ("size = 'x'", "is text: must be a whole number from 1 to 9; or a list, each"),
        ("axes = { a = [1, 'x'] }", "axes.a[1] = \"x\": is text"),
    ] {
        let text = refused(&format!("name = 'x'\n{line}"));
        assert!(text.contains(rule), "{line} gave {text}");
    }
}

#[test]
fn the_environment_is_substituted_in_text_and_paths() {
    let cargo = std::env::var("CARGO_PKG_NAME").expect("cargo sets it for tests");
    let params = check("name = 'x'\nfile = '${CARGO_PKG_NAME}/a'").unwrap();
    assert_eq!(params.text("file"), format!("{cargo}/a"));
    let text = refused("name = 'x'\nfile = '${WT_SURELY_NOT_SET}/a'");
    assert!(text.ends_with("environment variable `WT_SURELY_NOT_SET` is not set"), "{text}");
}

proptest! {
    #[test]
    fn no_text_makes_the_checker_panic(text in "[-a-z0-9_=.,'\"\\[\\]{}$\n #]{0,80}") {
        let _ = check(&text);
    }

    #[test]
    fn no_value_makes_the_checker_panic(
        key in prop::sample::select(PARAMS.iter().map(|param| param.name).collect::<Vec<_>>()),
        value in prop::sample::select(vec![
            "1", "-1", "1e400", "nan", "'5m'", "'${'", "'${X'", "'\u{fffd}9'", "true", "[]", "[[1]]", "{}",
            "{ a = 1 }", "{ type = 'best-fit' }", "1979-05-27", "9223372036854775807", "''", "[{ order = '' \
             }]",
            "'1.2.3'", "'-'", "'99999999999999d'",
        ]),
    ) {
        let _ = check(&format!("{key} = {value}"));
    }
}
