//! What SDK keys open, by the hash of the key.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use yardarm_model::document::{Audience, SdkKey};

use crate::project::Environments;
use crate::{LiveEnvironment, LiveProject, Shared};

/// By SHA-256 of the key.
pub(crate) type Grants = HashMap<[u8; 32], Arc<KeyGrant>>;

/// What an SDK key opens.
#[derive(Clone)]
pub struct KeyGrant {
    /// Document key, `key_…`.
    pub id: String,
    /// Owning tenant.
    pub tenant_id: String,
    /// Project scope.
    pub scope_id: String,
    /// Project key.
    pub project: String,
    /// Environment key.
    pub environment: String,
    /// Server or client.
    pub audience: Audience,
    /// From then on it opens nothing, milliseconds since 1970.
    pub expires_at: Option<i64>,
    /// Of a client key: contexts must be signed.
    pub attested: bool,
    /// Keys that sign contexts for this environment: its server keys, by hint.
    pub signers: Arc<[Signer]>,
    /// The environment itself: no further look-up on the delivery path.
    pub live: Arc<LiveEnvironment>,
}

impl KeyGrant {
    /// Whether it opens anything at that instant.
    pub fn is_good(&self, now: i64) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// The keys with these first characters whose signatures count at that instant: one, but for a coincidence.
    pub fn signers_of(&self, hint: &str, now: i64) -> impl Iterator<Item = &Signer> {
        let start = self.signers.partition_point(|signer| signer.hint.as_str() < hint);
        let same = self.signers.iter().skip(start).take_while(move |signer| signer.hint == hint);
        same.filter(move |signer| signer.expires_at.is_none_or(|end| now < end))
    }
}

/// A server key, as one that signs contexts.
#[derive(Clone)]
pub struct Signer {
    /// First characters of the key.
    pub hint: String,
    /// SHA-256 of the key.
    pub hash: [u8; 32],
    /// From then on its signatures are worth nothing, milliseconds since 1970.
    pub expires_at: Option<i64>,
}

/// Replaces a project's grants. Revoked keys and keys of environments that are gone open nothing.
pub(crate) fn replace(shared: &Shared, project: &LiveProject, environments: &Environments) {
    let _replacing = shared.replacing.lock().unwrap_or_else(PoisonError::into_inner);
    let mut grants = Grants::clone(&shared.grants.load());
    grants.retain(|_, grant| grant.scope_id != project.scope.id);
    let signers = signers(project);
    for (id, key) in &project.state.sdk_keys {
        if let Some((hash, grant)) = grant(project, environments, &signers, id, key) {
            grants.insert(hash, Arc::new(grant));
        }
    }
    shared.grants.store(Arc::new(grants));
}

/// By environment.
type Signers<'p> = HashMap<&'p str, Arc<[Signer]>>;

fn signers(project: &LiveProject) -> Signers<'_> {
    let mut all: HashMap<&str, Vec<Signer>> = HashMap::new();
    for key in project.state.sdk_keys.values() {
        if key.audience == Audience::Server
            && key.revoked_at.is_none()
            && let Some(hash) = bytes(&key.hash)
        {
            let signer = Signer { hint: key.hint.clone(), hash, expires_at: key.expires_at };
            all.entry(&key.environment).or_default().push(signer);
        }
    }
    let by_hint = |mut signers: Vec<Signer>| {
        signers.sort_by(|a, b| a.hint.cmp(&b.hint));
        signers.into()
    };
    all.into_iter().map(|(environment, signers)| (environment, by_hint(signers))).collect()
}

fn grant(
    project: &LiveProject,
    environments: &Environments,
    signers: &Signers<'_>,
    id: &str,
    key: &SdkKey,
) -> Option<([u8; 32], KeyGrant)> {
    if key.revoked_at.is_some() {
        return None;
    }
    let live = environments.get(&key.environment)?.clone();
    let Some(hash) = bytes(&key.hash) else {
        tracing::error!(scope = project.scope.id, key = id, "the hash of an SDK key is damaged; it opens nothing");
        return None;
    };
    let grant = KeyGrant {
        id: id.to_owned(),
        tenant_id: project.scope.tenant_id.clone(),
        scope_id: project.scope.id.clone(),
        project: project.scope.key.clone(),
        environment: key.environment.clone(),
        audience: key.audience,
        expires_at: key.expires_at,
        attested: key.attested,
        signers: signers.get(key.environment.as_str()).cloned().unwrap_or_default(),
        live,
    };
    Some((hash, grant))
}

/// 64 hex digits.
fn bytes(hex: &str) -> Option<[u8; 32]> {
    let digits = hex.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16);
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn hashes_are_read() {
        let mut expected = [0; 32];
        expected[0] = 0xab;
        expected[31] = 0x0f;
        assert_eq!(bytes(&format!("ab{}0f", "0".repeat(60))), Some(expected));
        for bad in ["", "ab", &"0".repeat(63), &"0".repeat(65), &"g".repeat(64), &"ö".repeat(32)] {
            assert_eq!(bytes(bad), None, "{bad}");
        }
    }
}
