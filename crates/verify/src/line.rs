//! The lines of an export, as they are written.

use serde::Deserialize;

/// One line.
pub(crate) enum Line {
    Export(Export),
    Head(SignedHead),
    Log(Log),
    Base(Base),
    Entry(Box<Entry>),
    End,
}

impl Line {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Kind {
            r#type: String,
        }
        fn as_type<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
            serde_json::from_str(text).map_err(|error| error.to_string())
        }
        let Kind { r#type } = as_type(text)?;
        match r#type.as_str() {
            "export" => as_type(text).map(Self::Export),
            "head" => as_type(text).map(Self::Head),
            "log" => as_type(text).map(Self::Log),
            "base" => as_type(text).map(Self::Base),
            "entry" => as_type(text).map(|entry| Self::Entry(Box::new(entry))),
            "end" => Ok(Self::End),
            other => Err(format!("unknown type {other:?}")),
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Export {
    pub(crate) keys: Vec<Key>,
    /// Whether every log of the tenant is in it.
    pub(crate) complete: bool,
}

#[derive(Deserialize)]
pub(crate) struct Key {
    pub(crate) public: String,
}

/// Where a log stood, signed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SignedHead {
    /// Which log.
    pub scope: String,
    /// Its epoch.
    pub epoch: String,
    /// Its revision.
    pub rev: u64,
    /// Hash of that entry.
    pub hash: String,
    /// When it was signed, milliseconds since 1970.
    pub at: i64,
    /// Id of the key.
    pub key: String,
    /// Ed25519, hex.
    pub signature: String,
}

#[derive(Deserialize)]
pub(crate) struct Log {
    pub(crate) scope: String,
    /// Entries up to this one were pruned.
    #[serde(default)]
    pub(crate) pruned: u64,
}

#[derive(Deserialize)]
pub(crate) struct Base {
    pub(crate) scope: String,
    pub(crate) kind: String,
    pub(crate) key: String,
    pub(crate) rev: u64,
    pub(crate) body: Salted,
}

#[derive(Deserialize)]
pub(crate) struct Salted {
    pub(crate) hash: String,
    pub(crate) salt: Option<String>,
    pub(crate) text: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Entry {
    pub(crate) scope: String,
    pub(crate) rev: u64,
    pub(crate) at: i64,
    pub(crate) actor: String,
    pub(crate) actor_name: Salted,
    pub(crate) via: String,
    pub(crate) action: String,
    pub(crate) reason: Salted,
    pub(crate) trace_id: String,
    pub(crate) documents: Vec<Document>,
    pub(crate) prev_hash: String,
    pub(crate) hash: String,
}

#[derive(Deserialize)]
pub(crate) struct Document {
    pub(crate) kind: String,
    pub(crate) key: String,
    pub(crate) body: Option<Salted>,
}
