//! Rows of the folder's tables, with the run that each belongs to.

use super::content::{Content, Point};
use crate::result_table::{ResultTable, Rows, word};
use crate::store::StoreError;

/// Hands on every batch of the table with the columns that `is_wanted`; nothing if there is no table.
pub(super) fn each_batch(
    table: Option<&ResultTable>,
    is_wanted: impl Fn(&str) -> bool,
    mut then: impl FnMut(&Rows<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let files = table.into_iter().flat_map(ResultTable::files);
    files.into_iter().try_for_each(|file| file.each(&is_wanted, &mut then))
}

/// Number of the contestant and seed of each row at `point`; `None` for rows of other points.
pub(super) fn runs(
    rows: &Rows<'_>,
    content: &Content,
    point: &Point,
) -> Result<Vec<Option<(usize, u64)>>, StoreError> {
    // A file of other columns may lack an axis: then no row of it is at the point.
    if point.iter().any(|(axis, _)| !rows.axes().contains(axis)) {
        return Ok(vec![None; rows.len()]);
    }
    let (policies, predictors, seeds) =
        (rows.words("policy")?, rows.words("predictor")?, rows.integers("seed")?);
    let axes = point.iter().map(|(axis, value)| Ok((rows.words(axis)?, value)));
    let axes = axes.collect::<Result<Vec<_>, StoreError>>()?;
    let mut last: Option<(&str, &str, Option<usize>)> = None;
    let mut number = |policy, predictor| match last {
        Some((p, q, n)) if p == policy && q == predictor => n,
        _ => {
            let mut all = content.contestants.iter();
            let n = all.position(|who| who.is_named(policy, predictor));
            last = Some((policy, predictor, n));
            n
        }
    };
    let run = |row: usize| {
        let is_here = axes.iter().all(|(words, value)| word(words, row) == *value);
        let n = number(word(&policies, row), word(&predictors, row));
        n.filter(|_| is_here).map(|n| (n, seeds.value(row)))
    };
    Ok((0..rows.len()).map(run).collect())
}
