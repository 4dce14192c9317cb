//! Policies.

use std::sync::Arc;

use serde_json::Value;

use super::draft::{Draft, World, patched};
use crate::command::Refusal;
use crate::document::Policy;
use crate::reading::{self, At, Fields, Problems, did_you_mean};
use crate::{codes, limits, normal_form};

pub(super) const BODY: [&str; 14] = [
    "key",
    "name",
    "description",
    "environments",
    "flags",
    "approvals",
    "freeze",
    "largest_step",
    "require_owner",
    "require_reason",
    "forbidden_attributes",
    "min_soak",
    "hold_kills",
    "created_at",
];

pub(super) fn create(draft: &mut Draft<'_>, body: &Value) {
    let known: Vec<&str> = BODY.into_iter().filter(|name| *name != "created_at").collect();
    let fields = Fields::of(&mut draft.problems, &At::root(), body, &known);
    let key = fields.key(&mut draft.problems, "key");
    check_free(draft, &fields.at.field("key"), &key);
    let policy = reading::policy(&mut draft.problems, &fields, &key, draft.inputs.now);
    draft.world.policies.put(key, Arc::new(policy));
}

/// A key that no other policy has, and room for one more.
pub(super) fn check_free(draft: &mut Draft<'_>, at: &At, key: &str) {
    let taken = draft.world.policies.iter().map(|(key, _)| key).find(|taken| taken.eq_ignore_ascii_case(key));
    if let Some(taken) = taken {
        let message = format!("the policy {taken:?} is there already (case does not count)");
        draft.problems.conflict(at, codes::KEY_TAKEN, message);
    }
    if draft.world.policies.len() >= limits::POLICIES {
        let message = format!("a project has at most {} policies", limits::POLICIES);
        draft.problems.conflict(&At::root(), codes::TOO_MANY, message);
    }
}

pub(super) fn update(draft: &mut Draft<'_>, key: &str, patch: &Value) -> Result<(), Refusal> {
    let current = draft.policy(key)?;
    let at = At::root();
    let given = Fields::of(&mut draft.problems, &at, patch, &BODY);
    let mut stored = normal_form(&*current);
    stored["key"] = key.into();
    for name in ["key", "created_at"] {
        if given.get_or_null(name).is_some_and(|value| *value != stored[name]) {
            let message = format!("{name} is fixed; create another policy");
            draft.problems.add(&at.field(name), codes::FIELD_FIXED, message);
        }
    }
    let merged = patched(&*current, patch);
    let policy = reading::policy(&mut draft.problems, &Fields::unchecked(&at, &merged), key, current.created_at);
    draft.world.policies.put(key.to_owned(), Arc::new(policy));
    Ok(())
}

pub(super) fn delete(draft: &mut Draft<'_>, key: &str) -> Result<(), Refusal> {
    draft.policy(key)?;
    draft.world.policies.remove(key.to_owned());
    Ok(())
}

/// What policies name must be there when all is done, whichever of the two a command moved.
pub(super) fn check_all(draft: &mut Draft<'_>) {
    let world = &draft.world;
    let gone: Vec<&str> =
        world.environments.changed().filter(|(_, after)| after.is_none()).map(|(key, _)| key.as_str()).collect();
    let problems = &mut draft.problems;
    for (key, policy) in world.policies.iter() {
        if world.policies.is_written(key) {
            check(world, problems, key, policy);
            continue;
        }
        for environment in gone.iter().filter(|gone| names(policy, gone)) {
            let message = format!("the policy {key:?} names the environment {environment:?}; change that first");
            problems.conflict(&At::root(), codes::ENVIRONMENT_IN_USE, message);
        }
    }
}

fn names(policy: &Policy, environment: &str) -> bool {
    let listed = policy.environments.iter().flatten().any(|named| named == environment);
    listed || policy.min_soak.as_ref().is_some_and(|soak| soak.environment.as_deref() == Some(environment))
}

fn check(world: &World<'_>, problems: &mut Problems, key: &str, policy: &Policy) {
    let at = At::root();
    let mut missing = |place: &At, environment: &str| {
        if !environment.is_empty() && world.environments.get(environment).is_none() {
            let hint = did_you_mean(environment, world.environments.iter().map(|(key, _)| key.as_str()));
            let message = format!("there is no environment {environment:?}{hint}, which the policy {key:?} names");
            problems.add(place, codes::ENVIRONMENT_MISSING, message);
        }
    };
    for (index, environment) in policy.environments.iter().flatten().enumerate() {
        missing(&at.field("environments").index(index), environment);
    }
    if let Some(environment) = policy.min_soak.as_ref().and_then(|soak| soak.environment.as_deref()) {
        missing(&at.field("min_soak").field("environment"), environment);
        if policy.environments.iter().flatten().any(|named| named == environment) {
            let message = format!("{environment:?} is one of the policy's own; try it in another, or leave it out");
            problems.add(&at.field("min_soak").field("environment"), codes::DUPLICATE, message);
        }
    }
}
