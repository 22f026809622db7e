//! Which run of the report a row of a table belongs to.

use super::content::{Content, Point};
use crate::store::StoreError;
use crate::table_rows::{self, Batch};

/// Hands on every batch of the table `stem`, with the key columns and the columns that `is_wanted`.
///
/// # Errors
/// If a file cannot be read or is damaged; nothing is handed on if there is no file.
pub(super) fn each_batch(
    content: &Content,
    stem: &str,
    is_wanted: impl Fn(&str) -> bool,
    then: impl FnMut(&Batch<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    // All points have the same axes.
    let axes: Vec<&str> = content.points[0].iter().map(|(axis, _)| axis.as_str()).collect();
    table_rows::each_batch(&content.dir, &axes, stem, is_wanted, then)
}

/// Number of the contestant and seed of each row at `point`; `None` for rows of other points.
pub(super) fn runs_of(
    batch: &Batch<'_>,
    content: &Content,
    point: &Point,
) -> Result<Vec<Option<(usize, u64)>>, StoreError> {
    let (policies, predictors) = (batch.words("policy")?, batch.words("predictor")?);
    let seeds = batch.integers("seed")?;
    // A file of other columns may lack an axis: then no row of it is at the point.
    let axes: Option<Vec<Vec<&str>>> = point.iter().map(|(axis, _)| batch.words(axis).ok()).collect();
    let Some(axes) = axes else { return Ok(vec![None; batch.len()]) };
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
        let is_here = point.iter().zip(&axes).all(|((_, value), words)| words[row] == value);
        let n = number(policies[row], predictors[row]);
        n.filter(|_| is_here).map(|n| (n, seeds.value(row)))
    };
    Ok((0..batch.len()).map(run).collect())
}
