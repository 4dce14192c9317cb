//! Whose rows a transaction may touch.
//!
//! Every transaction begins by saying so. Each statement names the tenant itself, which is all there is on SQLite; on
//! Postgres row-level security holds the transaction to what it said (`postgres/walls.rs`), so that a statement that forgets
//! finds nothing.

/// What a transaction begins with. More can be added while it goes on (`dialect::reach`); nothing outlives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach<'a> {
    /// The rows of one tenant.
    Tenant(&'a str),
    /// The row with this hash, whoever's it is: somebody showed the secret that it is the hash of.
    Secret(&'a str),
    /// What belongs to one person, in all of their tenants.
    Person(&'a str),
    /// The person with this e-mail address, in lower case.
    Email(&'a str),
    /// The tenant with this key: somebody is about to sign in there.
    TenantKey(&'a str),
    /// One of the ways to rows of all tenants.
    Door(Door),
    /// Nothing that belongs to anybody.
    Nothing,
}

/// The ways to rows of all tenants, all of them. Each opens the tables that `postgres/walls.rs` lists for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// The hub follows every log: it reads where each of them stands.
    Tail,
    /// Whether there is anybody yet.
    Setup,
    /// Where every log stands is signed and shipped.
    Heads,
    /// What was refused is added to the security logs; those of nobody are read here, too.
    Refusals,
}

impl Door {
    /// As policies know it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tail => "tail",
            Self::Setup => "setup",
            Self::Heads => "heads",
            Self::Refusals => "refusals",
        }
    }
}
