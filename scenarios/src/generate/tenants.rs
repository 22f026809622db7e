//! Tenants and their users.

use sim_core::registry::{Kind, Param, Params, Value};
use sim_core::{Stream, TenantId, UserId, Vocabulary};

use super::problem;
use super::weighted::Weighted;
use crate::problem::Problem;

/// The keys of one tenant.
pub(super) const TENANT: &[Param] = &[
    Param::required("name", Kind::Text, "Its name."),
    Param::with_default("share", Kind::Float { min: 0.0, max: 1e9 }, "1.0", "Share of the jobs, by the sum."),
    Param::with_default(
        "priority",
        Kind::Int { min: -1_000_000, max: 1_000_000 },
        "0",
        "Priority of its jobs; higher is more urgent.",
    ),
    Param::with_default("users", Kind::Int { min: 1, max: 1_000_000 }, "1", "Users, equally busy."),
];

/// All tenants of a workload.
#[derive(Clone, Debug)]
pub(super) struct Tenants {
    tenants: Vec<Tenant>,
    choice: Weighted,
}

#[derive(Clone, Debug)]
struct Tenant {
    name: String,
    priority: i32,
    users: u32,
    id: TenantId,
    /// Their ids in the run's vocabulary, once named.
    user_ids: Vec<UserId>,
}

impl Tenants {
    /// The tenants that `list` declares; one called `default` if it is empty.
    ///
    /// # Errors
    /// If there is no share above zero, or two have one name.
    pub(super) fn new(list: &[Value]) -> Result<Self, Problem> {
        let mut tenants: Vec<Tenant> = Vec::new();
        let mut shares = Vec::new();
        for (n, value) in list.iter().enumerate() {
            let Value::Table(params) = value else {
                panic!("a table was declared, and {value:?} was checked")
            };
            let tenant = Tenant::new(params);
            if tenants.iter().any(|known| known.name == tenant.name) {
                return Err(problem(
                    format!("tenants[{n}].name"),
                    &tenant.name,
                    "is the name of another tenant",
                ));
            }
            shares.push(params.float("share"));
            tenants.push(tenant);
        }
        if tenants.is_empty() {
            let name = "default".to_owned();
            tenants.push(Tenant { name, priority: 0, users: 1, id: TenantId(0), user_ids: Vec::new() });
            shares.push(1.0);
        }
        if shares.iter().sum::<f64>() <= 0.0 {
            return Err(problem("tenants", "", "must have a share above 0"));
        }
        Ok(Self { tenants, choice: Weighted::new(&shares) })
    }

    /// Names all tenants and users, in the order of their declaration: users are `tenant`, or `tenant-1` and
    /// so on.
    pub(super) fn name(&mut self, words: &mut Vocabulary) {
        for tenant in &mut self.tenants {
            tenant.id = words.tenant(&tenant.name);
            tenant.user_ids = match tenant.users {
                1 => vec![words.user(&tenant.name)],
                users => (1..=users).map(|n| words.user(&format!("{}-{n}", tenant.name))).collect(),
            };
        }
    }

    /// The number of the tenant of that name.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.tenants.iter().position(|tenant| tenant.name == name)
    }

    /// A tenant (that of the number `fixed`, if there is one), one of its users, and its priority.
    #[inline]
    pub(super) fn draw(&self, fixed: Option<usize>, stream: &mut Stream) -> (TenantId, UserId, i32) {
        // Drawn in any case, so that a class with a tenant of its own shifts no other's draws.
        let drawn = self.choice.pick(stream);
        let tenant = &self.tenants[fixed.unwrap_or(drawn)];
        let users = &tenant.user_ids;
        let user = if users.len() == 1 { 0 } else { stream.below(users.len() as u64) as usize };
        (tenant.id, users[user], tenant.priority)
    }
}

impl Tenant {
    fn new(params: &Params) -> Self {
        Self {
            name: params.text("name").to_owned(),
            priority: i32::try_from(params.int("priority")).expect("it was declared to fit"),
            users: u32::try_from(params.int("users")).expect("it was declared to fit"),
            id: TenantId(0),
            user_ids: Vec::new(),
        }
    }
}
