//! The project itself, its environments and its SDK keys.

use serde_json::Value;

use super::draft::{Draft, World, patched};
use crate::command::Refusal;
use crate::document::{Audience, Environment, Project, SdkKey};
use crate::reading::{At, Fields, Problems, did_you_mean};
use crate::{codes, limits, normal_form};

pub(super) fn update(draft: &mut Draft<'_>, patch: &Value) {
    let at = At::root();
    let problems = &mut draft.problems;
    let given = Fields::of(problems, &at, patch, &["key", "name", "description"]);
    if draft.world.project_key.is_empty() {
        draft.world.project_key = given.key(problems, "key");
    } else if given.get("key").is_some_and(|key| *key != draft.world.project_key.as_str()) {
        problems.add(&at.field("key"), codes::FIELD_FIXED, "a project's key never changes");
    }
    let merged = patched(&draft.world.project, patch);
    let fields = Fields::unchecked(&at, &merged);
    draft.world.project = Some(Project {
        name: name(problems, &fields, &draft.world.project_key),
        description: fields.prose(problems, "description", limits::DESCRIPTION).unwrap_or_default(),
    });
}

/// What a file says about the project that it is for.
pub(super) fn apply(draft: &mut Draft<'_>, at: &At, value: &Value) {
    let problems = &mut draft.problems;
    let fields = Fields::of(problems, at, value, &["key", "name", "description"]);
    let here = draft.world.project_key.as_str();
    if let Some(key) = fields.text(problems, "key", limits::KEY).filter(|key| key != here) {
        let message = format!("the file is for the project {key:?}, and this is {here:?}");
        problems.conflict(&at.field("key"), codes::FIELD_FIXED, message);
    }
    let Some(current) = &draft.world.project else { return };
    let name = fields.text(problems, "name", limits::NAME).filter(|name| !name.is_empty());
    let description = fields.text(problems, "description", limits::DESCRIPTION);
    draft.world.project = Some(Project {
        name: name.unwrap_or_else(|| current.name.clone()),
        description: description.unwrap_or_else(|| current.description.clone()),
    });
}

/// A name; without one, the key.
fn name(problems: &mut Problems, fields: &Fields<'_>, key: &str) -> String {
    fields.label(problems, "name", limits::NAME).filter(|name| !name.is_empty()).unwrap_or_else(|| key.to_owned())
}

pub(super) const ENVIRONMENT: [&str; 5] = ["key", "name", "position", "color", "production"];

pub(super) fn create_environment(draft: &mut Draft<'_>, body: &Value) {
    let fields = Fields::of(&mut draft.problems, &At::root(), body, &ENVIRONMENT);
    let key = fields.key(&mut draft.problems, "key");
    let keys = draft.world.environments.iter().map(|(key, _)| key.as_str());
    if let Some(taken) = keys.into_iter().find(|taken| taken.eq_ignore_ascii_case(&key)) {
        draft.problems.conflict(
            &fields.at.field("key"),
            codes::KEY_TAKEN,
            format!("the environment {taken:?} is there already"),
        );
    }
    if draft.world.environments.len() >= limits::ENVIRONMENTS {
        let message = format!("a project has at most {} environments", limits::ENVIRONMENTS);
        draft.problems.conflict(&At::root(), codes::TOO_MANY, message);
    }
    let environment = read_environment(draft, &fields, &key);
    draft.world.environments.put(key, environment);
}

/// Reads an environment; without them, position and colour stay, or continue the row of those that are there, and
/// whether it is a production environment stays.
pub(super) fn read_environment(draft: &mut Draft<'_>, fields: &Fields<'_>, key: &str) -> Environment {
    let current = draft.world.environments.get(key);
    let last = draft.world.environments.iter().map(|(_, environment)| environment.position).max();
    let position = current.map_or(last.map_or(0, |last| last.saturating_add(1)), |current| current.position);
    let (current_color, current_production) = (current.map(|e| e.color), current.map(|e| e.production));
    let problems = &mut draft.problems;
    let given = fields.integer(problems, "position", 0, 10_000).and_then(|n| u32::try_from(n).ok());
    let position = given.unwrap_or(position);
    let color = fields.integer(problems, "color", 1, 6).and_then(|n| u8::try_from(n).ok());
    Environment {
        name: name(problems, fields, key),
        position,
        color: color.or(current_color).or_else(|| u8::try_from(position % 6 + 1).ok()).unwrap_or(1),
        production: fields.boolean(problems, "production").or(current_production).unwrap_or_default(),
    }
}

pub(super) fn update_environment(draft: &mut Draft<'_>, key: &str, patch: &Value) -> Result<(), Refusal> {
    let current = draft.environment(key)?;
    let at = At::root();
    let given = Fields::of(&mut draft.problems, &at, patch, &ENVIRONMENT);
    if given.get("key").is_some_and(|given| given != key) {
        draft.problems.add(&at.field("key"), codes::FIELD_FIXED, "an environment's key never changes");
    }
    let merged = patched(&current, patch);
    let environment = read_environment(draft, &Fields::unchecked(&at, &merged), key);
    draft.world.environments.put(key.to_owned(), environment);
    Ok(())
}

pub(super) fn delete_environment(draft: &mut Draft<'_>, key: &str) -> Result<(), Refusal> {
    draft.environment(key)?;
    let world = &mut draft.world;
    world.environments.remove(key.to_owned());
    let places: Vec<_> =
        world.configurations.iter().map(|(place, _)| place).filter(|place| place.0 == key).cloned().collect();
    for place in places {
        world.configurations.remove(place);
    }
    let keys: Vec<_> = world.sdk_keys.iter().filter(|(_, k)| k.environment == key).map(|(id, _)| id.clone()).collect();
    for id in keys {
        world.sdk_keys.remove(id);
    }
    Ok(())
}

const SDK_KEY: [&str; 4] = ["name", "environment", "audience", "attested"];

pub(super) fn create_sdk_key(draft: &mut Draft<'_>, id: &str, body: &Value, hash: &str, hint: &str) {
    let problems = &mut draft.problems;
    let fields = Fields::of(problems, &At::root(), body, &SDK_KEY);
    let environment = fields.reference(problems, "environment");
    let world = &mut draft.world;
    if !environment.is_empty() && world.environments.get(environment.as_str()).is_none() {
        let hint = did_you_mean(&environment, world.environments.iter().map(|(key, _)| key.as_str()));
        let message = format!("there is no environment {environment:?}{hint}");
        problems.add(&fields.at.field("environment"), codes::ENVIRONMENT_MISSING, message);
    }
    let audience = match fields.reference(problems, "audience").as_str() {
        "server" => Some(Audience::Server),
        "client" => Some(Audience::Client),
        "" => None,
        other => {
            let message = format!("the audience is \"server\" or \"client\", not {other:?}");
            problems.add(&fields.at.field("audience"), codes::OUT_OF_RANGE, message);
            None
        }
    };
    let attested = attested(problems, &fields, audience);
    one_more_key(problems, world, id);
    let key = SdkKey {
        name: name(problems, &fields, id),
        environment,
        audience: audience.unwrap_or(Audience::Client),
        hash: hash.to_owned(),
        hint: hint.to_owned(),
        created_at: draft.inputs.now,
        revoked_at: None,
        expires_at: None,
        attested,
    };
    world.sdk_keys.put(id.to_owned(), key);
}

/// Whether contexts must be signed. A server key signs them itself: it would prove nothing.
fn attested(problems: &mut Problems, fields: &Fields<'_>, audience: Option<Audience>) -> bool {
    let attested = fields.boolean(problems, "attested").unwrap_or_default();
    if attested && audience == Some(Audience::Server) {
        let message = "only a client key asks for signed contexts: whoever holds a server key can sign any";
        problems.add(&fields.at.field("attested"), codes::OUT_OF_RANGE, message);
    }
    attested
}

pub(super) fn update_sdk_key(draft: &mut Draft<'_>, id: &str, patch: &Value) -> Result<(), Refusal> {
    let Some(key) = draft.world.sdk_keys.get(id) else {
        return Err(super::draft::not_found("SDK key", id, std::iter::empty()));
    };
    let key = key.clone();
    let (at, problems) = (At::root(), &mut draft.problems);
    let given = Fields::of(problems, &at, patch, &SDK_KEY);
    let current = normal_form(&key);
    for fixed in ["environment", "audience"] {
        if given.get(fixed).is_some_and(|value| *value != current[fixed]) {
            problems.add(&at.field(fixed), codes::FIELD_FIXED, format!("an SDK key's {fixed} never changes"));
        }
    }
    let merged = patched(&key, patch);
    let fields = Fields::unchecked(&at, &merged);
    let (name, attested) = (name(problems, &fields, id), attested(problems, &fields, Some(key.audience)));
    draft.world.sdk_keys.put(id.to_owned(), SdkKey { name, attested, ..key });
    Ok(())
}

fn one_more_key(problems: &mut Problems, world: &World<'_>, id: &str) {
    if world.sdk_keys.len() >= limits::SDK_KEYS {
        problems.conflict(&At::root(), codes::TOO_MANY, format!("a project has at most {} SDK keys", limits::SDK_KEYS));
    }
    if world.sdk_keys.get(id).is_some() {
        problems.conflict(&At::root(), codes::KEY_TAKEN, format!("the key id {id:?} is there already"));
    }
}

/// The end of a key is set once: rotating it again, or later, would let it live longer than was promised.
pub(super) fn rotate_sdk_key(
    draft: &mut Draft<'_>,
    id: &str,
    new_id: &str,
    (hash, hint): (&str, &str),
    until: i64,
) -> Result<(), Refusal> {
    let Some(key) = draft.world.sdk_keys.get(id) else {
        return Err(super::draft::not_found("SDK key", id, std::iter::empty()));
    };
    let mut old = key.clone();
    if old.revoked_at.is_some() || old.expires_at.is_some() {
        let message = format!("the SDK key {id:?} was revoked or rotated already; create a new one");
        draft.problems.conflict(&At::root(), codes::DOCUMENT_INVALID, message);
        return Ok(());
    }
    one_more_key(&mut draft.problems, &draft.world, new_id);
    let new = SdkKey { hash: hash.to_owned(), hint: hint.to_owned(), created_at: draft.inputs.now, ..old.clone() };
    old.expires_at = Some(until);
    draft.world.sdk_keys.put(id.to_owned(), old);
    draft.world.sdk_keys.put(new_id.to_owned(), new);
    Ok(())
}

pub(super) fn revoke_sdk_key(draft: &mut Draft<'_>, id: &str) -> Result<(), Refusal> {
    let Some(key) = draft.world.sdk_keys.get(id) else {
        return Err(super::draft::not_found("SDK key", id, std::iter::empty()));
    };
    let mut key = key.clone();
    // The first revocation counts: doing it again changes nothing.
    key.revoked_at = key.revoked_at.or(Some(draft.inputs.now));
    draft.world.sdk_keys.put(id.to_owned(), key);
    Ok(())
}
