//! What a request costs: its class, and the rates of the classes.

use super::Rate;

/// Rate-limit class of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cost {
    /// Answered from memory.
    Read,
    /// Reads the log or many rows.
    Heavy,
    /// A commit.
    Write,
    /// Turns a flag on or off: a budget of its own, so that nothing else that a tenant does can use it up.
    Flip,
    /// Hashes a password.
    Password,
    /// Holds a connection of the console.
    Stream,
    /// One flag for one context.
    Evaluate,
    /// Every flag for one context.
    EvaluateAll,
    /// A whole ruleset.
    Ruleset,
    /// Opens a stream of an SDK.
    StreamOpen,
    /// A batch of counts and events.
    Events,
    /// A credential that opens nothing.
    Refused,
}

/// Whose budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Holder {
    /// An SDK key, an access token, a session's user.
    Key,
    /// A tenant.
    Tenant,
    /// A network address, of those who showed no credential that is good.
    Address,
}

impl Cost {
    /// Every class, in the order of the declaration.
    pub const ALL: [Self; 12] = [
        Self::Read,
        Self::Heavy,
        Self::Write,
        Self::Flip,
        Self::Password,
        Self::Stream,
        Self::Evaluate,
        Self::EvaluateAll,
        Self::Ruleset,
        Self::StreamOpen,
        Self::Events,
        Self::Refused,
    ];

    /// As it is called in settings, headers and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Heavy => "heavy",
            Self::Write => "write",
            Self::Flip => "flip",
            Self::Password => "password",
            Self::Stream => "stream",
            Self::Evaluate => "evaluate",
            Self::EvaluateAll => "evaluate-all",
            Self::Ruleset => "ruleset",
            Self::StreamOpen => "stream-open",
            Self::Events => "events",
            Self::Refused => "refused",
        }
    }

    /// What it counts, for people.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Read => "reading requests",
            Self::Heavy => "requests that read much",
            Self::Write => "changes",
            Self::Flip => "changes of a flag in an environment",
            Self::Password => "attempts to sign in",
            Self::Stream => "console streams opened",
            Self::Evaluate => "evaluations of one flag",
            Self::EvaluateAll => "evaluations of all flags",
            Self::Ruleset => "downloads of the ruleset",
            Self::StreamOpen => "streams opened",
            Self::Events => "batches of events",
            Self::Refused => "refused credentials",
        }
    }

    /// Rates of a key, a tenant and an address. Addresses count for those without a good credential only: setting up,
    /// signing in, showing what opens nothing.
    const fn usual(self) -> [Option<Rate>; 3] {
        const fn each(key: (u32, u32), tenant: (u32, u32), address: Option<Rate>) -> [Option<Rate>; 3] {
            [Some(Rate::per_second(key.0, key.1)), Some(Rate::per_second(tenant.0, tenant.1)), address]
        }
        const VISITOR: Option<Rate> = Some(Rate::per_second(10, 100));
        match self {
            Self::Read => each((200, 2_000), (1_000, 5_000), VISITOR),
            Self::Heavy => each((50, 500), (100, 1_000), None),
            Self::Write => each((100, 1_000), (200, 2_000), VISITOR),
            Self::Flip => each((100, 1_000), (400, 4_000), None),
            Self::Password => [None, None, Some(Rate::per_minute(30, 100))],
            Self::Stream => each((5, 60), (50, 500), None),
            Self::Evaluate => each((10_000, 20_000), (20_000, 40_000), None),
            Self::EvaluateAll => each((2_000, 4_000), (4_000, 8_000), None),
            Self::Ruleset => each((1_000, 20_000), (2_000, 40_000), None),
            // Less than everybody's together (`Limits::stream_opens_per_second`): one tenant that comes back at once
            // leaves room for the others.
            Self::StreamOpen => each((400, 1_600), (400, 1_600), None),
            Self::Events => each((2_000, 10_000), (4_000, 20_000), None),
            Self::Refused => [None, None, Some(Rate::per_second(20, 200))],
        }
    }
}

impl Holder {
    /// Every holder, in the order of the declaration.
    pub const ALL: [Self; 3] = [Self::Key, Self::Tenant, Self::Address];

    /// As it is called in settings, headers and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Tenant => "tenant",
            Self::Address => "address",
        }
    }
}

/// The rates of every class; none where there is no limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rates([[Option<Rate>; 3]; 12]);

impl Default for Rates {
    fn default() -> Self {
        Self(Cost::ALL.map(Cost::usual))
    }
}

impl Rates {
    /// No limit anywhere.
    pub const OFF: Self = Self([[None; 3]; 12]);

    /// The rate of a class for a holder.
    pub fn of(&self, cost: Cost, holder: Holder) -> Option<Rate> {
        self.0[cost as usize][holder as usize]
    }

    /// Another rate, or none.
    pub fn set(&mut self, cost: Cost, holder: Holder, rate: Option<Rate>) {
        self.0[cost as usize][holder as usize] = rate;
    }

    /// Every limit that there can be.
    pub fn names() -> impl Iterator<Item = (Cost, Holder)> {
        let all = Cost::ALL.into_iter().flat_map(|cost| Holder::ALL.map(|holder| (cost, holder)));
        all.filter(|(cost, holder)| cost.usual()[*holder as usize].is_some())
    }

    /// Reads one setting: `evaluate.key` and `500/s burst 1000` or `off`.
    pub fn configure(&mut self, name: &str, value: &str) -> Result<(), String> {
        let (cost, holder) = name.trim().split_once('.').unwrap_or((name, ""));
        let cost = Cost::ALL.into_iter().find(|one| one.name() == cost);
        let holder = Holder::ALL.into_iter().find(|one| one.name() == holder);
        let known = cost.zip(holder).filter(|(cost, holder)| cost.usual()[*holder as usize].is_some());
        let Some((cost, holder)) = known else {
            let names: Vec<String> =
                Self::names().map(|(cost, holder)| format!("{}.{}", cost.name(), holder.name())).collect();
            return Err(format!("{name:?} is no rate limit; there are {}", names.join(", ")));
        };
        let rate = if value.trim() == "off" { None } else { Some(value.parse()?) };
        self.set(cost, holder, rate);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_where_its_number_says() {
        for (index, cost) in Cost::ALL.into_iter().enumerate() {
            assert_eq!(cost as usize, index, "{}", cost.name());
        }
        for (index, holder) in Holder::ALL.into_iter().enumerate() {
            assert_eq!(holder as usize, index, "{}", holder.name());
        }
    }

    #[test]
    fn settings_are_read() {
        let mut rates = Rates::default();
        rates.configure("evaluate.key", "5/s").unwrap();
        rates.configure("evaluate-all.tenant", "off").unwrap();
        assert_eq!(rates.of(Cost::Evaluate, Holder::Key), Some(Rate::per_second(5, 5)));
        assert_eq!(rates.of(Cost::EvaluateAll, Holder::Tenant), None);
        for (name, value) in [
            ("evaluate", "5/s"),
            ("nothing.key", "5/s"),
            ("evaluate.address", "5/s"),
            ("read.user", "5/s"),
            ("read.key", "fast"),
        ] {
            assert!(rates.configure(name, value).is_err(), "{name}={value}");
        }
    }
}
