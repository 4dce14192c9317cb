//! How many of something a tenant may have.
//!
//! A quota is held where it cannot be passed by: inside the commit, under the lock of the tenant's scope, so that two
//! projects that grow at the same moment cannot both have the last place. What is counted are documents, so there is no
//! second number that could drift from them. Only growth is refused: at the limit everything that exists goes on.

use crate::ScopeKind;

/// Kind and key of the document in a tenant's scope that holds other numbers than the usual ones: `{"flags": 500}`.
pub const OVERRIDES: &str = "quotas";

/// One quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// As it is called in settings and answers.
    pub name: &'static str,
    /// What counts.
    pub counted: Counted,
    /// How many a tenant may have, unless its own document says otherwise.
    pub most: u64,
}

/// Which documents count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Of tenants or of projects.
    pub scope: ScopeKind,
    /// Their kind.
    pub kind: &'static str,
    /// Members that say when such a document ends: from that instant on it does not count.
    pub ends: &'static [&'static str],
}

impl Counted {
    /// Whether a document of the kind counts at an instant.
    pub(crate) fn counts(&self, body: &str, at: i64) -> bool {
        if self.ends.is_empty() {
            return true;
        }
        let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        let ended = |member: &&str| body.get(member).and_then(serde_json::Value::as_i64).is_some_and(|end| end <= at);
        !self.ends.iter().any(ended)
    }
}

/// What a tenant's own document says instead of the usual number.
pub fn overridden(body: Option<&str>, quota: &Quota) -> u64 {
    let own = body.and_then(|body| serde_json::from_str::<serde_json::Value>(body).ok());
    own.and_then(|own| own.get(quota.name)?.as_u64()).unwrap_or(quota.most)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: Counted = Counted { scope: ScopeKind::Project, kind: "sdk_key", ends: &["revoked_at", "expires_at"] };

    #[test]
    fn what_has_ended_does_not_count() {
        for (body, counts) in [
            ("{}", true),
            (r#"{"revoked_at":null,"expires_at":null}"#, true),
            (r#"{"revoked_at":5}"#, false),
            (r#"{"expires_at":10}"#, false),
            (r#"{"expires_at":11}"#, true),
            (r#"{"value":{"revoked_at":5}}"#, true),
        ] {
            assert_eq!(KEYS.counts(body, 10), counts, "{body}");
        }
    }

    #[test]
    fn a_tenant_may_have_its_own_number() {
        let quota = Quota { name: "sdk_keys", counted: KEYS, most: 7 };
        assert_eq!(overridden(None, &quota), 7);
        assert_eq!(overridden(Some(r#"{"flags":3}"#), &quota), 7);
        assert_eq!(overridden(Some(r#"{"sdk_keys":0}"#), &quota), 0);
    }
}
