//! Strategies: who is in.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use yardarm_eval::ruleset::{Bucket, Bytes, Condition, MissingUnit, Op, Reader, Truth, UnitText};

use super::constraint::{Scope, attribute, in_networks, is_network, leaf, read};
use super::source::Strategy;
use super::{Form, path};

/// Seed of the hash that spreads variants.
pub(super) const VARIANT_SEED: u32 = 86_028_157;

/// The buckets of one configuration.
pub(super) struct Buckets {
    pub(super) named: BTreeMap<String, Bucket>,
    /// Hash like the Node SDK.
    pub(super) node: bool,
}

impl Buckets {
    /// Name of the bucket that hashes `group:unit` for a stickiness. `random`: a context without the unit is spread by
    /// chance.
    pub(super) fn name(&mut self, group: &str, stickiness: &str, seed: u32, modulo: u64, random: bool) -> String {
        let mut bucket = Bucket::native(format!("{group}:"), path(stickiness));
        bucket.seed = seed;
        bucket.modulo = Some(modulo);
        bucket.text = UnitText::Scalar;
        bucket.empty = true;
        if self.node {
            bucket.bytes = Bytes::Low8;
        }
        match stickiness {
            "default" => {
                bucket.unit = path("userId");
                bucket.or = vec![path("sessionId")];
                if self.node && seed == VARIANT_SEED {
                    bucket.or.push(path("remoteAddress"));
                }
                bucket.missing = MissingUnit::Random;
            }
            "random" => {
                bucket.unit = path("$random");
                bucket.text = UnitText::String;
                bucket.missing = MissingUnit::Random;
            }
            _ if random => bucket.missing = MissingUnit::Random,
            _ => {}
        }
        if let Some((name, _)) = self.named.iter().find(|(_, known)| **known == bucket) {
            return name.clone();
        }
        let base =
            if seed == VARIANT_SEED { format!("variants by {stickiness}") } else { format!("rollout by {stickiness}") };
        let free = (1_u32..).map(|n| if n == 1 { base.clone() } else { format!("{base} {n}") });
        let name = free.into_iter().find(|name| !self.named.contains_key(name)).unwrap_or(base);
        self.named.insert(name.clone(), bucket);
        name
    }
}

/// Who a strategy is for. `segments`: keys by id.
pub(super) fn condition(
    strategy: &Strategy,
    flag: &str,
    segments: &BTreeMap<String, String>,
    buckets: &mut Buckets,
    scope: &mut Scope<'_>,
) -> Value {
    let mut parts: Vec<Value> = Vec::new();
    for id in &strategy.segments {
        let id = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        if let Some(key) = segments.get(&id) {
            parts.push(json!({"segment": key}));
        } else {
            let what = format!("the segment {id}");
            scope.report.attention(
                scope.place,
                what,
                "it is not in the files, so the strategy matches nobody",
                "import it, too",
            );
            parts.push(Form::Exact(Condition::Const(false)).into_value());
        }
    }
    parts.extend(strategy.constraints.iter().map(|constraint| read(constraint, scope).into_value()));
    parts.extend(own(strategy, flag, buckets, scope).map(Form::into_value));
    match parts.len() {
        1 => parts.remove(0),
        _ => json!({"all": parts}),
    }
}

/// What a strategy itself asks; `None`: nothing.
fn own(strategy: &Strategy, flag: &str, buckets: &mut Buckets, scope: &mut Scope<'_>) -> Option<Form> {
    let nobody = Some(Form::Exact(Condition::Const(false)));
    match strategy.name.as_str() {
        "default" => None,
        "userWithId" => {
            let Some(ids) = strategy.parameter("userIds") else { return nobody };
            let ids: Vec<&str> = ids.split(',').map(str::trim).collect();
            Some(match attribute("userId").filter(|_| ids.iter().all(|id| id.chars().count() <= 512)) {
                Some(name) => Form::Ours(json!({"attribute": name, "operator": "in", "values": ids})),
                None => Form::Exact(leaf(path("userId"), Reader::StringScalar, Op::In, json!(ids))),
            })
        }
        "remoteAddress" => {
            let Some(addresses) = strategy.parameter("IPs") else { return nobody };
            let (good, bad): (Vec<&str>, Vec<&str>) =
                addresses.split(',').map(str::trim).partition(|ip| is_network(ip));
            if !bad.is_empty() && bad != [""] {
                let what = format!("{} among the addresses", bad.join(", "));
                scope.report.attention(
                    scope.place,
                    what,
                    "not an address, so it never matched",
                    "remove it or write it right",
                );
            }
            if good.is_empty() {
                return nobody;
            }
            Some(Form::Ours(in_networks("remoteAddress", good.into_iter())))
        }
        "applicationHostname" => {
            let names = strategy.parameter("hostNames").unwrap_or_default();
            let names: Vec<String> = names.split(',').map(|name| name.trim().to_lowercase()).collect();
            scope.report.attention(
                scope.place,
                "the strategy applicationHostname",
                "the host's name was found by the SDK itself",
                "pass it in the context as hostname",
            );
            Some(Form::Exact(leaf(path("hostname"), Reader::StringScalarLower, Op::In, json!(names))))
        }
        "gradualRolloutUserId" | "gradualRolloutSessionId" => {
            let field = if strategy.name == "gradualRolloutUserId" { "userId" } else { "sessionId" };
            let (Some(percent), Some(group)) = (whole(strategy, "percentage"), strategy.parameter("groupId")) else {
                return nobody;
            };
            Some(share(percent, &group, field, buckets, scope))
        }
        "gradualRolloutRandom" => {
            let Some(percent) = whole(strategy, "percentage") else { return nobody };
            if percent >= 100 { None } else { Some(share(percent, flag, "random", buckets, scope)) }
        }
        "flexibleRollout" => {
            let Some(percent) = whole(strategy, "rollout") else { return nobody };
            let stickiness = strategy.parameter("stickiness").unwrap_or_else(|| "default".to_owned());
            if percent >= 100 && matches!(stickiness.as_str(), "default" | "random") {
                return None;
            }
            let group = strategy.parameter("groupId").unwrap_or_else(|| flag.to_owned());
            Some(share(percent, &group, &stickiness, buckets, scope))
        }
        other => {
            let what = format!("the strategy {other:?}");
            let why = "a custom strategy runs in the SDK's host, so it matches nobody here";
            scope.report.attention(scope.place, what, why, "write it as conditions on attributes");
            nobody
        }
    }
}

/// A whole number, as the engine reads it.
fn whole(strategy: &Strategy, name: &str) -> Option<u64> {
    strategy.parameter(name)?.parse().ok()
}

fn share(percent: u64, group: &str, stickiness: &str, buckets: &mut Buckets, scope: &mut Scope<'_>) -> Form {
    let percent = percent.min(100);
    let bucket = buckets.name(group, stickiness, 0, 100, false);
    let what = format!("{percent} % by {stickiness}");
    scope.report.kept(scope.place, what, "the same people stay in: its own hash of the group and the unit");
    let ranges = if percent == 0 { Vec::new() } else { vec![(0, percent)] };
    Form::Exact(Condition::Bucket { bucket, ranges, ramps: Vec::new(), missing: Truth::False })
}
