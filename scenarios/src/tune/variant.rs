//! The scenario with the policies of a search: the default and candidates.

use toml::{Table, Value};

use super::space::{Spec, split};
use crate::file::apply_set;
use crate::problem::{Problem, Problems};
use crate::scenario::{Overrides, Scenario, load_text};

/// The name of the policy as the scenario has it.
pub(super) const DEFAULT: &str = "default";

/// The name of a candidate.
pub(super) fn name(candidate: usize) -> String {
    format!("candidate-{}", candidate + 1)
}

/// A scenario as meant, and the search in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Base<'a> {
    pub table: &'a Table,
    /// What problems call it.
    pub file: &'a str,
    pub spec: &'a Spec,
}

impl Base<'_> {
    /// The scenario with the default and these candidates, each with its number, as its only policies, and these seeds.
    ///
    /// # Errors
    /// What is wrong with values of candidates, at the keys of the space that they were drawn from.
    pub(super) fn with<'v>(
        self,
        candidates: impl IntoIterator<Item = (usize, &'v [(String, String)])>,
        seeds: &[u64],
    ) -> Result<Scenario, Problems> {
        let mut policies = vec![self.policy(DEFAULT, &[])?];
        for (n, values) in candidates {
            policies.push(self.policy(&name(n), values)?);
        }
        let mut table = self.table.clone();
        table.remove("tune");
        table.insert("policy".into(), Value::Array(policies));
        let seeds = seeds.iter().map(|&seed| Value::Integer(seed as i64)).collect();
        let sweep = table.entry("sweep").or_insert_with(|| Value::Table(Table::new()));
        sweep.as_table_mut().expect("it is declared as a table").insert("seeds".into(), Value::Array(seeds));
        let text = toml::to_string(&table).map_err(|error| Problem::of_file(self.file, error.to_string()))?;
        load_text(&text, self.file, &Overrides::default()).map_err(|problems| {
            let mut told = Problems::default();
            for problem in problems.0.into_iter().map(|problem| self.placed(problem)) {
                // Candidates have mistakes in common.
                if !told.0.contains(&problem) {
                    told.push(problem);
                }
            }
            told
        })
    }

    /// The policy with other values, under a name of its own.
    fn policy(self, name: &str, values: &[(String, String)]) -> Result<Value, Problem> {
        let mut policy = match self.table.get("policy").and_then(|all| all.get(self.spec.policy)) {
            Some(Value::Table(policy)) => policy.clone(),
            Some(kind) => Table::from_iter([("type".to_owned(), kind.clone())]),
            None => unreachable!("the policy was found when the section was read"),
        };
        for (key, value) in values {
            let (_, path) = split(key).expect("the keys were read with the section");
            apply_set(&mut policy, &format!("{path}={value}")).map_err(|problem| {
                let rule = format!("{} = {}: {}", problem.at, problem.value, problem.rule);
                Problem::new(self.file, format!("tune.space.{key:?}"), value, rule)
            })?;
        }
        policy.insert("name".into(), Value::String(name.to_owned()));
        Ok(Value::Table(policy))
    }

    /// The problem at the place in the file that it comes from.
    fn placed(self, problem: Problem) -> Problem {
        let Some((_, path)) = split(&problem.at) else { return problem };
        let own = || format!("policy[{}].{path}", self.spec.policy);
        let at = self.spec.place(path).unwrap_or_else(own);
        Problem { at, ..problem }
    }
}
