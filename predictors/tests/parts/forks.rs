//! Forks are true copies.

use predictors::registry::PREDICTORS;

use crate::bench::{predictor, run_on};
use crate::future::rows;

#[test]
fn a_forked_run_ends_like_its_origin() {
    for registered in PREDICTORS {
        let name = registered.about.name;
        let whole = run_on(12, predictor(name, &[]), &rows(), None);
        let forked = run_on(12, predictor(name, &[]), &rows(), Some(400));
        assert_eq!(whole, forked, "{name}");
        assert_eq!(whole.ended.len(), 600);
    }
}
