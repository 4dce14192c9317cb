//! How much each tenant, key and address may ask for, so that nobody's load is somebody else's outage.
//!
//! A request has a class ([`Cost`]): of one route each, or of a few that cost alike. For each class a key (an SDK key, an
//! access token, a person) and its tenant have a budget ([`Rate`]); an address has one only for what comes without a good
//! credential. Changing a flag in an environment is a class of its own, so whatever SDKs and scripts do to the other
//! budgets, a flag can be turned off.
//!
//! The state is [`Cells`]: the memory of this node. Several nodes will share budgets through one more place that answers
//! [`Cells::take`]'s question (an id, a rate, the time); while that place is away each node goes on here, at the rate
//! divided by the number of nodes.

mod address;
mod attempts;
mod cells;
mod class;
mod meter;
mod rate;

use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderValue, StatusCode};
use metrics::Counter;

pub(crate) use address::budget_of;
pub use address::{client_address, network};
pub(crate) use attempts::{Attempts, Secret};
pub(crate) use cells::Cells;
pub use class::{Cost, Holder, Rates};
pub(crate) use meter::{Meter, RATE_LIMIT, RATE_LIMIT_POLICY};
pub use rate::Rate;

use crate::problem::Problem;
use crate::telemetry::Telemetry;
use cells::Taken;
use meter::Reading;

/// Budgets kept: 1 MiB. Those that are whole need no place.
const CELLS: usize = 1 << 16;

/// Every budget of this node.
pub struct Limiter {
    cells: Cells,
    classes: Vec<Class>,
}

/// A class, ready to be answered with.
struct Class {
    cost: Cost,
    /// By holder.
    budgets: [Option<Budget>; 3],
    policies: HeaderValue,
    allowed: Counter,
}

struct Budget {
    holder: Holder,
    rate: Rate,
    policy: Arc<str>,
    limited: Counter,
}

/// Whose budgets a request takes from.
#[derive(Clone, Copy)]
pub(crate) enum Payer<'a> {
    /// A key, by what identifies it.
    Key(&'a [u8]),
    /// A tenant, by its id.
    Tenant(&'a str),
    /// An address.
    Address(IpAddr),
}

impl Payer<'_> {
    fn holder(self) -> Holder {
        match self {
            Self::Key(_) => Holder::Key,
            Self::Tenant(_) => Holder::Tenant,
            Self::Address(_) => Holder::Address,
        }
    }
}

impl Limiter {
    /// Whole budgets.
    pub(crate) fn new(rates: &Rates, telemetry: &Telemetry) -> Self {
        let classes = Cost::ALL.into_iter().map(|cost| {
            let budget = |holder: Holder| {
                let rate = rates.of(cost, holder)?;
                let policy = format!("{}-{}", cost.name(), holder.name()).into();
                Some(Budget { holder, rate, policy, limited: telemetry.limited(cost.name(), holder.name()) })
            };
            let budgets = Holder::ALL.map(budget);
            let policy = |budget: &Budget| {
                format!("\"{}\";q={};w={}", budget.policy, budget.rate.burst(), budget.rate.refill_seconds())
            };
            let policies: Vec<String> = budgets.iter().flatten().map(policy).collect();
            let policies = HeaderValue::try_from(policies.join(", ")).unwrap_or(HeaderValue::from_static(""));
            Class { cost, budgets, policies, allowed: telemetry.allowed(cost.name()) }
        });
        Self { classes: classes.collect(), cells: Cells::new(CELLS) }
    }

    /// Takes one request of a class out of every payer's budget, in their order: what an exhausted key asks for costs its
    /// tenant nothing. `now`: milliseconds since 1970.
    pub(crate) fn take(&self, cost: Cost, payers: &[Payer<'_>], now: i64, meter: &Meter) -> Result<(), Problem> {
        self.spend(cost, payers, now, meter)?;
        if let Some(class) = self.classes.get(cost as usize) {
            class.allowed.increment(1);
        }
        Ok(())
    }

    /// [`Self::take`] for some of the payers of a request, before the others are known.
    pub(crate) fn spend(&self, cost: Cost, payers: &[Payer<'_>], now: i64, meter: &Meter) -> Result<(), Problem> {
        let Some(class) = self.classes.get(cost as usize) else { return Ok(()) };
        let now = u64::try_from(now).unwrap_or_default().saturating_mul(1_000_000);
        let mut tightest: Option<(&Budget, Taken)> = None;
        for payer in payers {
            let Some(budget) = &class.budgets[payer.holder() as usize] else { continue };
            let taken = match *payer {
                Payer::Key(key) => self.take_one((cost, Holder::Key, key), budget, now),
                Payer::Tenant(tenant) => self.take_one((cost, Holder::Tenant, tenant), budget, now),
                Payer::Address(address) => {
                    self.take_one((cost, Holder::Address, address::budget_of(address)), budget, now)
                }
            };
            if tightest.is_none_or(|(_, least)| taken.remaining < least.remaining || !taken.allowed) {
                tightest = Some((budget, taken));
            }
            if !taken.allowed {
                break;
            }
        }
        let Some((budget, taken)) = tightest else { return Ok(()) };
        meter.read(Reading {
            policies: class.policies.clone(),
            policy: Arc::clone(&budget.policy),
            remaining: taken.remaining,
            whole_in_seconds: seconds(taken.whole_in),
        });
        if taken.allowed {
            return Ok(());
        }
        budget.limited.increment(1);
        Err(limited(class.cost, budget, taken))
    }

    fn take_one(&self, whose: impl Hash, budget: &Budget, now: u64) -> Taken {
        self.cells.take(self.cells.id(whose), budget.rate, now)
    }
}

fn seconds(nanoseconds: u64) -> u64 {
    nanoseconds.div_ceil(1_000_000_000)
}

/// 429, with who has to wait and how long.
fn limited(cost: Cost, budget: &Budget, taken: Taken) -> Problem {
    let whose = match budget.holder {
        Holder::Key => "This key",
        Holder::Tenant => "This tenant",
        Holder::Address => "This address",
    };
    let detail = format!(
        "{whose} has used up its budget of {}: {}. Retry-After says when there is room again; spread requests out, or ask the \
         operator for more.",
        cost.words(),
        budget.rate,
    );
    let wait = seconds(taken.wait).max(1);
    // All streams of a key tend to come back together.
    let spread = if cost == Cost::StreamOpen { 10 } else { wait.div_ceil(2) };
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail.clone())
        .error("", budget.policy.to_string(), detail)
        .retry_between(wait, wait + spread)
}
