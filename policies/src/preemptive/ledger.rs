//! The service that jobs have received: how long their tasks held capacity, and how long they then waited for more.

use sim_core::{JobId, SimTime};

use crate::order::OrderKey;

/// What a job has received so far, up to `since`.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// Whose it is.
    pub job: JobId,
    /// Tasks of the job.
    pub tasks: u32,
    /// What one of them asks for, in thousandths of a GPU or a core.
    pub size: u64,
    /// Tasks that hold capacity.
    pub width: u32,
    since: SimTime,
    /// Time that tasks held capacity since the last promotion, summed over tasks \[ns\].
    pub served: u128,
    /// The same since the job was submitted.
    pub total: u128,
    /// Time without any capacity since the last promotion, once there had been some \[ns\].
    pub waited: u64,
    /// Its key in the queue, if it stands there.
    pub(crate) key: Option<OrderKey>,
    /// Its key among running jobs, if it stands there.
    pub(crate) listed: Option<OrderKey>,
    /// When its rank is to be looked at again; a timer of another time is stale.
    pub(crate) due: SimTime,
    /// It was told to stop and still holds capacity.
    pub(crate) stopping: bool,
    /// Ends of executions that had been seen when it last made others stop.
    pub(crate) ordered: Option<u64>,
}

impl Account {
    fn new(job: JobId, tasks: u32, size: u64, served: u128, now: SimTime) -> Self {
        Self {
            job,
            tasks,
            size,
            width: 0,
            since: now,
            served,
            total: served,
            waited: 0,
            key: None,
            listed: None,
            due: SimTime::MAX,
            stopping: false,
            ordered: None,
        }
    }

    /// Brings the account up to date.
    pub(crate) fn settle(&mut self, now: SimTime) {
        let passed = now.since(self.since).as_ns();
        self.since = now;
        if self.width > 0 {
            let received = u128::from(self.width) * u128::from(passed);
            self.served += received;
            self.total += received;
        } else if self.served > 0 {
            self.waited = self.waited.saturating_add(passed);
        }
    }

    /// From now on so many tasks hold capacity.
    pub(crate) fn set_width(&mut self, width: u32, now: SimTime) {
        self.settle(now);
        self.width = width;
    }

    /// Time that the job held capacity at full width since the last promotion \[ns\].
    pub fn time(&self) -> u128 {
        self.served / u128::from(self.tasks.max(1))
    }
}

/// The accounts of all jobs that have not ended, by slot of the engine's job table.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    accounts: Vec<Option<Account>>,
}

impl Ledger {
    pub(crate) fn clear(&mut self) {
        self.accounts.clear();
    }

    /// The job's account, if it has one.
    pub(crate) fn find(&mut self, job: JobId) -> Option<&mut Account> {
        self.accounts.get_mut(job.slot() as usize)?.as_mut().filter(|account| account.job == job)
    }

    /// The account of a job that has one.
    pub(crate) fn of(&mut self, job: JobId) -> &mut Account {
        self.find(job).expect("every job gets an account when it enters the queue")
    }

    /// The job's account; opened, with tasks and their size and `served` as its past, if there is none.
    pub(crate) fn open(
        &mut self,
        job: JobId,
        (tasks, size): (u32, u64),
        now: SimTime,
        served: impl FnOnce() -> u128,
    ) -> &mut Account {
        let slot = job.slot() as usize;
        if slot >= self.accounts.len() {
            self.accounts.resize(slot + 1, None);
        }
        let account = &mut self.accounts[slot];
        if account.is_none_or(|known| known.job != job) {
            *account = Some(Account::new(job, tasks, size, served(), now));
        }
        account.as_mut().expect("it is open")
    }

    /// Closes the account of a job that has one, and yields what it came to.
    pub(crate) fn close(&mut self, job: JobId, now: SimTime) -> Account {
        self.of(job).settle(now);
        self.accounts[job.slot() as usize].take().expect("it was just found")
    }
}
