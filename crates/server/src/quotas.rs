//! What a tenant may have: the names and the usual numbers. They are held by the store, in the commit
//! ([`yardarm_store::quota`]); a tenant may have numbers of its own, which only operators write.

use yardarm_store::{Counted, Quota, ScopeKind};

const fn quota(name: &'static str, scope: ScopeKind, kind: &'static str, most: u64) -> Quota {
    Quota { name, counted: Counted { scope, kind, ends: &[] }, most }
}

/// One whose documents end: what is revoked or has run out takes no place.
const fn until_it_ends(name: &'static str, scope: ScopeKind, kind: &'static str, most: u64) -> Quota {
    Quota { name, counted: Counted { scope, kind, ends: &["revoked_at", "expires_at"] }, most }
}

/// Every quota, with the usual number.
pub const USUAL: &[Quota] = &[
    quota("projects", ScopeKind::Tenant, "project", 200),
    quota("environments", ScopeKind::Project, "environment", 1_000),
    quota("flags", ScopeKind::Project, "flag", 50_000),
    quota("segments", ScopeKind::Project, "segment", 10_000),
    until_it_ends("sdk_keys", ScopeKind::Project, "sdk_key", 5_000),
    quota("members", ScopeKind::Tenant, "member", 5_000),
    until_it_ends("access_tokens", ScopeKind::Tenant, "access_token", 5_000),
    quota("service_accounts", ScopeKind::Tenant, "service_account", 500),
    quota("groups", ScopeKind::Tenant, "group", 500),
    quota("roles", ScopeKind::Tenant, "role", 200),
    quota("webhooks", ScopeKind::Tenant, "webhook", 100),
];

/// Shown with the quotas; set by [`crate::settings::Limits::streams_per_tenant`] for all tenants alike.
pub const STREAMS: &str = "streams";

/// Near its end: from four fifths on.
pub fn near(used: u64, most: u64) -> bool {
    used.saturating_mul(5) >= most.saturating_mul(4)
}

/// The number that is four fifths of a quota.
pub fn near_from(most: u64) -> u64 {
    most.saturating_mul(4).div_ceil(5)
}

/// Reads one setting into a list of quotas: `flags` and `500`.
pub fn configure(quotas: &mut [Quota], name: &str, most: &str) -> Result<(), String> {
    let names: Vec<&str> = quotas.iter().map(|quota| quota.name).collect();
    let Some(quota) = quotas.iter_mut().find(|quota| quota.name == name.trim()) else {
        return Err(format!("{name:?} is no quota; there are {}", names.join(", ")));
    };
    quota.most = most.trim().parse().map_err(|_| format!("quota {name}: {most:?} is no number"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_fifths_are_near() {
        for (used, most, expected) in
            [(0, 10, false), (7, 10, false), (8, 10, true), (10, 10, true), (12, 10, true), (0, 0, true)]
        {
            assert_eq!(near(used, most), expected, "{used} of {most}");
            assert_eq!(used >= near_from(most), expected, "{used} of {most}");
        }
    }

    #[test]
    fn settings_are_read() {
        let mut quotas = USUAL.to_vec();
        configure(&mut quotas, "flags", " 500").unwrap();
        assert_eq!(quotas.iter().find(|quota| quota.name == "flags").unwrap().most, 500);
        assert!(configure(&mut quotas, "flag", "1").unwrap_err().contains("segments"));
        assert!(configure(&mut quotas, "flags", "many").is_err());
    }
}
