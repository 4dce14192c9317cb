//! Random commands for property tests, here and on the floors above (feature `generators`).
//!
//! Keys come from small sets, so that commands meet: many are refused, and a refusal is as good a case as a change.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::command::Command;

/// Environments that commands name.
pub const ENVIRONMENTS: [&str; 3] = ["development", "staging", "production"];
/// Flags that commands name.
pub const FLAGS: [&str; 5] = ["checkout", "payments", "search", "banner", "theme"];
/// Segments that commands name.
pub const SEGMENTS: [&str; 3] = ["beta", "staff", "large"];
/// Variants of every flag that [`command`] makes.
pub const VARIANTS: [&str; 3] = ["on", "half", "off"];

fn environment() -> impl Strategy<Value = String> {
    select(&ENVIRONMENTS[..]).prop_map(str::to_owned)
}
fn flag() -> impl Strategy<Value = String> {
    select(&FLAGS[..]).prop_map(str::to_owned)
}
fn segment() -> impl Strategy<Value = String> {
    select(&SEGMENTS[..]).prop_map(str::to_owned)
}
fn variant() -> impl Strategy<Value = &'static str> {
    select(&VARIANTS[..])
}

/// A percentage in thousandths, often a round one.
pub fn milli_percent() -> impl Strategy<Value = u32> {
    prop_oneof![3 => (0_u32..=20).prop_map(|n| n * 5_000), 1 => 0_u32..=100_000]
}

fn percent(milli: u32) -> f64 {
    f64::from(milli) / 1000.0
}

/// Three thousandths of a percent that add up to the whole.
pub fn three_shares() -> impl Strategy<Value = [u32; 3]> {
    (milli_percent(), milli_percent()).prop_map(|(a, b)| {
        let (low, high) = (a.min(b), a.max(b));
        [low, high - low, 100_000 - high]
    })
}

/// What a rule or the default serves.
pub fn serve(is_default: bool) -> impl Strategy<Value = Value> {
    let by = select(&["user.key", "account.key"][..]);
    let otherwise = proptest::option::of(variant()).prop_map(move |variant| variant.filter(|_| is_default));
    prop_oneof![
        variant().prop_map(|variant| json!({"variant": variant})),
        (variant(), milli_percent(), by.clone(), otherwise).prop_map(|(variant, milli, by, otherwise)| {
            json!({"rollout": {"variant": variant, "percent": percent(milli), "bucket_by": by, "otherwise": otherwise}})
        }),
        (three_shares(), by).prop_map(|(shares, by)| {
            let shares = VARIANTS.iter().zip(shares);
            let shares: Vec<Value> =
                shares.map(|(variant, milli)| json!({"variant": variant, "percent": percent(milli)})).collect();
            json!({"split": {"bucket_by": by, "shares": shares}})
        }),
    ]
}

/// A condition.
pub fn condition() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        segment().prop_map(|segment| json!({"segment": segment})),
        (select(&["country", "user.plan", "account.plan"][..]), select(&["DE", "free", "pro"][..]), any::<bool>())
            .prop_map(|(attribute, value, negate)| {
                json!({"attribute": attribute, "operator": "in", "values": [value], "negate": negate})
            }),
        (0..100_i64).prop_map(|n| json!({"attribute": "age", "operator": "at_least", "values": [n]})),
        Just(json!({"attribute": "app", "operator": "semver_at_least", "values": ["2.1.0"]})),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(|all| json!({"all": all})),
            proptest::collection::vec(inner.clone(), 0..3).prop_map(|any| json!({"any": any})),
            inner.prop_map(|not| json!({"not": not})),
        ]
    })
}

/// A configuration, sometimes with references that do not resolve.
pub fn configuration() -> impl Strategy<Value = Value> {
    let rule = (condition(), serve(false));
    let rules = proptest::collection::btree_map(select(&["r1", "r2", "r3"][..]), rule, 0..3).prop_map(|rules| {
        rules
            .into_iter()
            .map(|(id, (condition, serve))| json!({"id": id, "if": condition, "serve": serve}))
            .collect::<Vec<_>>()
    });
    let prerequisites = proptest::option::weighted(0.3, (flag(), variant())).prop_map(|needed| {
        needed.map(|(flag, variant)| json!({"flag": flag, "variants": [variant]})).into_iter().collect::<Vec<_>>()
    });
    let targets = proptest::collection::btree_set(0..20_u8, 0..4).prop_map(
        |keys| json!([{"variant": "on", "keys": keys.iter().map(|n| format!("user-{n}")).collect::<Vec<_>>()}]),
    );
    (any::<bool>(), prerequisites, targets, rules, serve(true)).prop_map(|(on, prerequisites, targets, rules, default)| {
        json!({"on": on, "prerequisites": prerequisites, "targets": targets, "rules": rules, "default": default, "off_variant": "off"})
    })
}

fn keys() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::btree_set(0..2_000_u32, 0..30)
        .prop_map(|keys| keys.iter().map(|n| format!("user-{n}")).collect())
}

fn policy_key() -> impl Strategy<Value = String> {
    select(&["careful", "frozen"][..]).prop_map(str::to_owned)
}

/// A policy without its key.
pub fn policy() -> impl Strategy<Value = Value> {
    let environments = proptest::option::of(environment().prop_map(|environment| vec![environment]));
    (environments, 1..=100_u8, any::<bool>(), proptest::option::of(1..100_u8)).prop_map(
        |(environments, step, require_owner, hours)| {
            json!({"environments": environments, "largest_step": step, "require_owner": require_owner,
                "approvals": {"required": 1}, "min_soak": hours.map(|hours| json!({"hours": hours}))})
        },
    )
}

/// A command on the small world of this module.
pub fn command() -> impl Strategy<Value = Command> {
    let variants = || -> Value { VARIANTS.iter().map(|key| json!({"key": key, "value": key})).collect() };
    prop_oneof![
        2 => environment().prop_map(|key| Command::CreateEnvironment { body: json!({"key": key}) }),
        1 => (environment(), any::<bool>())
            .prop_map(|(key, production)| Command::UpdateEnvironment { key, patch: json!({"production": production}) }),
        1 => environment().prop_map(|key| Command::DeleteEnvironment { key }),
        6 => flag().prop_map(move |key| Command::CreateFlag { body: json!({"key": key, "type": "string", "variants": variants()}) }),
        2 => (flag(), "[a-z]{0,8}").prop_map(|(key, text)| Command::UpdateFlag { key, patch: json!({"description": text}) }),
        1 => flag().prop_map(|key| Command::ArchiveFlag { key }),
        1 => flag().prop_map(|key| Command::RestoreFlag { key }),
        8 => (flag(), environment(), configuration())
            .prop_map(|(flag, environment, body)| Command::PutConfiguration { flag, environment, body }),
        4 => (flag(), environment(), serve(true)).prop_map(|(flag, environment, default)| Command::UpdateConfiguration {
            flag,
            environment,
            patch: json!({"default": default}),
        }),
        2 => (flag(), environment(), environment()).prop_map(|(flag, from, to)| Command::CopyConfiguration { flag, from, to }),
        4 => (segment(), proptest::collection::vec(condition(), 0..2), keys())
            .prop_map(|(key, rules, included)| Command::CreateSegment { body: json!({"key": key, "rules": rules, "included": included}) }),
        2 => (segment(), proptest::collection::vec(condition(), 0..2))
            .prop_map(|(key, rules)| Command::UpdateSegment { key, patch: json!({"rules": rules}) }),
        2 => (segment(), keys()).prop_map(|(key, add)| Command::EditSegmentLists { key, body: json!({"included": {"add": add}}) }),
        1 => (segment(), keys()).prop_map(|(key, remove)| Command::EditSegmentLists { key, body: json!({"excluded": {"add": remove}}) }),
        1 => segment().prop_map(|key| Command::DeleteSegment { key }),
        2 => (policy_key(), policy()).prop_map(|(key, mut body)| {
            body["key"] = key.into();
            Command::CreatePolicy { body }
        }),
        1 => (policy_key(), policy()).prop_map(|(key, patch)| Command::UpdatePolicy { key, patch }),
        1 => policy_key().prop_map(|key| Command::DeletePolicy { key }),
    ]
}
