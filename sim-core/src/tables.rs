//! Tables of what is in the cluster: jobs, their queue, their executions, promises made to them.

mod dependencies;
mod jobs;
mod requests;
mod reservations;
mod runs;
mod waiting;

pub(crate) use dependencies::{DependencyTable, Release};
pub use jobs::JobStatus;
pub(crate) use jobs::{JobRow, JobTable, Phase, TaskState};
pub use requests::Request;
pub(crate) use requests::RequestTable;
pub use reservations::Reservation;
pub(crate) use reservations::ReservationTable;
pub use runs::Run;
pub(crate) use runs::{RunState, RunTable};
pub(crate) use waiting::{Links, WaitQueue};
