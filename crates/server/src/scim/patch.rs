//! PATCH (RFC 7644, section 3.5.2) as a function over a resource's JSON, with the dialects of the directories that there
//! are: `op` in any case, no path with attributes as paths, values to be removed beside the path.

use serde_json::{Map, Value, json};
use yardarm_model::limits::{SCIM_MEMBERS, SCIM_OPERATIONS};

use super::error::{invalid_syntax, invalid_value, no_target};
use super::filter::{Comparison, Filter, Path, member};
use super::schema::{Use, attribute};
use super::{PATCH, invalid_path, mutability, too_many};
use crate::problem::Problem;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Add,
    Replace,
    Remove,
}

/// One operation.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    verb: Verb,
    path: Option<Path>,
    value: Value,
}

/// What is patched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    /// Its schema.
    pub(crate) schema: &'static str,
    /// What it must have.
    pub(crate) required: &'static str,
}

/// Reads the body of a PATCH.
pub(crate) fn operations(body: &Value) -> Result<Vec<Operation>, Problem> {
    let schemas = member(body, "schemas").and_then(Value::as_array).into_iter().flatten();
    if !schemas.into_iter().any(|schema| schema.as_str().is_some_and(|schema| schema.eq_ignore_ascii_case(PATCH))) {
        return Err(invalid_syntax(format!("The body of a PATCH has \"schemas\": [\"{PATCH}\"].")));
    }
    let Some(operations) = member(body, "Operations").and_then(Value::as_array).filter(|all| !all.is_empty()) else {
        return Err(invalid_syntax("The body of a PATCH has a list of Operations with something in it."));
    };
    if operations.len() > SCIM_OPERATIONS {
        return Err(too_many("operations", SCIM_OPERATIONS));
    }
    let mut named = 0;
    let read = |operation: &Value| {
        let verb = member(operation, "op").and_then(Value::as_str).unwrap_or_default();
        let verb = match verb.to_ascii_lowercase().as_str() {
            "add" => Verb::Add,
            "replace" => Verb::Replace,
            "remove" => Verb::Remove,
            _ => return Err(invalid_syntax(format!("{verb:?} is no op; there are add, replace and remove."))),
        };
        let path = match member(operation, "path") {
            None | Some(Value::Null) => None,
            Some(Value::String(path)) if path.trim().is_empty() => None,
            Some(Value::String(path)) => Some(Path::parse(path)?),
            Some(_) => return Err(invalid_path("A path is text.")),
        };
        let value = member(operation, "value").cloned().unwrap_or_default();
        named += value.as_array().map_or(1, Vec::len);
        if named > SCIM_MEMBERS.max(SCIM_OPERATIONS) {
            return Err(too_many("values", SCIM_MEMBERS));
        }
        Ok(Operation { verb, path, value })
    };
    operations.iter().map(read).collect()
}

/// Carries operations out, all or none.
pub(crate) fn apply(target: Target, resource: &Value, operations: &[Operation]) -> Result<Value, Problem> {
    let mut after = resource.as_object().cloned().unwrap_or_default();
    for Operation { verb, path, value } in operations {
        match (path, value) {
            (Some(path), value) => at(target, &mut after, *verb, path, value)?,
            (None, Value::Object(_)) if *verb == Verb::Remove => return Err(no_target("A remove needs a path.")),
            (None, Value::Object(members)) => {
                for (name, value) in members {
                    let path = Path::parse(name)?;
                    // Some directories say again which group they mean.
                    let same = resource.get(&path.attribute) == Some(value);
                    if same && attribute(target.schema, name).is_some_and(|(_, allowed)| allowed == Use::ReadOnly) {
                        continue;
                    }
                    at(target, &mut after, *verb, &path, value)?;
                }
            }
            (None, _) if *verb == Verb::Remove => return Err(no_target("A remove needs a path.")),
            (None, _) => return Err(invalid_value("Without a path, the value is an object of attributes.")),
        }
    }
    if after.get(target.required).is_none_or(Value::is_null) {
        return Err(mutability(format!("{} must be there; replace it instead.", target.required)));
    }
    Ok(Value::Object(after))
}

type Resource = Map<String, Value>;

fn at(target: Target, resource: &mut Resource, verb: Verb, path: &Path, value: &Value) -> Result<(), Problem> {
    if path.extension {
        return Ok(());
    }
    let Some((name, allowed)) = attribute(target.schema, &path.attribute) else {
        return Err(invalid_path(format!("There is no attribute {:?}.", path.attribute)));
    };
    match allowed {
        Use::NotKept => Ok(()),
        Use::ReadOnly => Err(mutability(format!("{name} is not the directory's to write."))),
        Use::One if path.sub.is_some() || path.only.is_some() => {
            Err(invalid_path(format!("{name} has one value, without parts.")))
        }
        Use::One => {
            set(resource, name, verb, value);
            Ok(())
        }
        Use::Parts if path.only.is_some() => Err(invalid_path(format!("{name} has one value."))),
        Use::Parts => parts(resource, name, verb, path.sub.as_deref(), value),
        Use::Many => many(resource, name, verb, path, value),
    }
}

/// Sets a member, in the case of letters that it has already.
fn set(members: &mut Resource, name: &str, verb: Verb, value: &Value) {
    let key = members.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned().unwrap_or_else(|| name.to_owned());
    if verb == Verb::Remove || value.is_null() {
        members.remove(&key);
    } else {
        members.insert(key, value.clone());
    }
}

fn parts(resource: &mut Resource, name: &str, verb: Verb, sub: Option<&str>, value: &Value) -> Result<(), Problem> {
    let whole = resource.entry(name).or_insert_with(|| json!({}));
    let Some(members) = whole.as_object_mut() else { return Err(invalid_value(format!("{name} is an object."))) };
    match (sub, value) {
        (Some(sub), value) => set(members, sub, verb, value),
        (None, _) if verb == Verb::Remove => members.clear(),
        (None, Value::Object(new)) => new.iter().for_each(|(part, value)| set(members, part, verb, value)),
        (None, _) => return Err(invalid_value(format!("{name} is an object."))),
    }
    if members.is_empty() {
        resource.remove(name);
    }
    Ok(())
}

fn many(resource: &mut Resource, name: &str, verb: Verb, path: &Path, value: &Value) -> Result<(), Problem> {
    let whole = resource.entry(name).or_insert_with(|| json!([]));
    let Some(items) = whole.as_array_mut() else { return Err(invalid_value(format!("{name} is a list."))) };
    match (verb, path.only.as_deref(), path.sub.as_deref()) {
        (Verb::Remove, None, None) if value.is_null() => items.clear(),
        (Verb::Remove, None, None) => {
            let gone: std::collections::HashSet<String> = listed(value).iter().filter_map(named).collect();
            items.retain(|item| named(item).is_none_or(|name| !gone.contains(&name)));
        }
        (Verb::Remove, Some(only), None | Some("value")) => items.retain(|item| !chosen(only, item)),
        (Verb::Remove, only, Some(sub)) => {
            let some = items.iter_mut().filter(|item| only.is_none_or(|only| chosen(only, item)));
            some.filter_map(Value::as_object_mut).for_each(|item| set(item, sub, verb, &Value::Null));
        }
        (Verb::Replace, None, None) => {
            items.clear();
            add(items, value);
        }
        (Verb::Add, None, None) => add(items, value),
        (_, only, sub) => {
            let mut found = false;
            for item in items.iter_mut().filter(|item| only.is_none_or(|only| chosen(only, item))) {
                found = true;
                change(item, sub, value)?;
            }
            if !found {
                items.push(made(verb, name, only, sub, value)?);
            }
        }
    }
    only_one_is_primary(items, value);
    if items.is_empty() {
        resource.remove(name);
    }
    Ok(())
}

/// Whether a filter in brackets chooses an item; the usual one, an id, without walking the filter.
fn chosen(only: &Filter, item: &Value) -> bool {
    match only.names() {
        Some(name) => item["value"].as_str().is_some_and(|value| value == name),
        None => only.matches(item),
    }
}

fn change(item: &mut Value, sub: Option<&str>, value: &Value) -> Result<(), Problem> {
    let Some(members) = item.as_object_mut() else { return Err(invalid_value("A value of a list is an object.")) };
    match (sub, value) {
        (Some(sub), value) => set(members, sub, Verb::Replace, value),
        (None, Value::Object(new)) => new.iter().for_each(|(part, value)| set(members, part, Verb::Replace, value)),
        (None, _) => return Err(invalid_value("A value of a list is an object.")),
    }
    Ok(())
}

/// What `emails[type eq "work"].value` adds where there is none yet.
fn made(verb: Verb, name: &str, only: Option<&Filter>, sub: Option<&str>, value: &Value) -> Result<Value, Problem> {
    let mut item = match only {
        Some(Filter::Test(path, Comparison::Equal, wanted)) if verb == Verb::Add && path.only.is_none() => {
            json!({ path.attribute.as_str(): wanted })
        }
        None if verb == Verb::Add => json!({}),
        _ => return Err(no_target(format!("None of {name} is so."))),
    };
    change(&mut item, sub, value)?;
    Ok(item)
}

/// One or many, as a list.
fn listed(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

fn named(item: &Value) -> Option<String> {
    item.as_str().or_else(|| member(item, "value")?.as_str()).map(str::to_owned)
}

/// Adds what is not there yet; what is there is changed.
fn add(items: &mut Vec<Value>, value: &Value) {
    let mut places: std::collections::HashMap<String, usize> =
        items.iter().enumerate().filter_map(|(place, item)| Some((named(item)?, place))).collect();
    for new in listed(value) {
        let new = if new.is_string() { json!({ "value": new }) } else { new };
        match named(&new).map(|name| places.entry(name)) {
            Some(std::collections::hash_map::Entry::Occupied(place)) => {
                if let (Some(old), Some(new)) = (items[*place.get()].as_object_mut(), new.as_object()) {
                    new.iter().for_each(|(part, value)| set(old, part, Verb::Replace, value));
                }
            }
            Some(std::collections::hash_map::Entry::Vacant(place)) => {
                place.insert(items.len());
                items.push(new);
            }
            None => items.push(new),
        }
    }
}

/// A new primary one takes the place of the old one.
fn only_one_is_primary(items: &mut [Value], value: &Value) {
    let is = |item: &Value| member(item, "primary").is_some_and(|primary| *primary == json!(true));
    if items.iter().filter(|item| is(item)).count() < 2 {
        return;
    }
    let new = listed(value).iter().rfind(|item| is(item)).and_then(named);
    for item in items.iter_mut().filter(|item| is(item) && named(item) != new) {
        if let Some(members) = item.as_object_mut() {
            set(members, "primary", Verb::Remove, &Value::Null);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::{GROUP, USER};

    const PERSON: Target = Target { schema: USER, required: "userName" };
    const TEAM: Target = Target { schema: GROUP, required: "displayName" };

    fn patched(target: Target, resource: &Value, operations: &Value) -> Result<Value, Problem> {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        apply(target, resource, &super::operations(&body)?)
    }

    #[test]
    fn people_are_patched() {
        let ana = json!({ "userName": "ana", "active": true, "name": { "givenName": "Ana" },
            "emails": [{ "type": "work", "value": "a@x.com", "primary": true }] });
        for (operations, expected) in [
            // Entra ID.
            (json!([{ "op": "Replace", "path": "active", "value": "False" }]), json!({ "active": "False" })),
            (
                json!([{ "op": "Add", "value": { "name.familyName": "B", "urn:ietf:params:scim:schemas:core:2.0:User:displayName": "Ana B" } }]),
                json!({ "name": { "givenName": "Ana", "familyName": "B" }, "displayName": "Ana B" }),
            ),
            (
                json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "b@x.com" }]),
                json!({ "emails": [{ "type": "work", "value": "b@x.com", "primary": true }] }),
            ),
            (
                json!([{ "op": "add", "path": "emails[type eq \"home\"].value", "value": "h@x.com" }]),
                json!({ "emails": [{ "type": "work", "value": "a@x.com", "primary": true }, { "type": "home", "value": "h@x.com" }] }),
            ),
            (
                json!([{ "op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "IT" },
                       { "op": "add", "path": "addresses[type eq \"work\"].country", "value": "DE" }]),
                json!({}),
            ),
            // Okta.
            (json!([{ "op": "replace", "value": { "active": false } }]), json!({ "active": false })),
            // The standard.
            (json!([{ "op": "remove", "path": "name.givenName" }]), json!({ "name": null })),
            (json!([{ "op": "remove", "path": "emails[type eq \"work\"]" }]), json!({ "emails": null })),
            (
                json!([{ "op": "replace", "path": "name", "value": { "familyName": "C" } }]),
                json!({ "name": { "givenName": "Ana", "familyName": "C" } }),
            ),
            (
                json!([{ "op": "add", "path": "emails", "value": [{ "value": "n@x.com", "primary": true }] }]),
                json!({ "emails": [{ "type": "work", "value": "a@x.com" }, { "value": "n@x.com", "primary": true }] }),
            ),
        ] {
            let mut wanted = ana.as_object().unwrap().clone();
            for (name, value) in expected.as_object().unwrap() {
                set(&mut wanted, name, Verb::Replace, value);
            }
            let after = patched(PERSON, &ana, &operations).unwrap_or_else(|p| panic!("{operations}: {}", p.detail));
            assert_eq!(after, Value::Object(wanted), "{operations}");
        }
    }

    #[test]
    fn members_come_and_go() {
        let team = json!({ "id": "crew", "displayName": "Crew", "members": [{ "value": "a" }, { "value": "b" }] });
        let members = |operations: &Value| {
            let after = patched(TEAM, &team, operations).unwrap();
            let members = after["members"].as_array().cloned().unwrap_or_default();
            members.iter().filter_map(named).collect::<Vec<_>>().join(" ")
        };
        for (operations, expected) in [
            (json!([{ "op": "add", "path": "members", "value": [{ "value": "c" }, { "value": "a" }] }]), "a b c"),
            (json!([{ "op": "Add", "path": "members", "value": { "value": "c" } }]), "a b c"),
            (json!([{ "op": "remove", "path": "members[value eq \"a\"]" }]), "b"),
            (json!([{ "op": "remove", "path": "members[value eq \"gone\"]" }]), "a b"),
            (json!([{ "op": "Remove", "path": "members", "value": [{ "value": "b" }] }]), "a"),
            (json!([{ "op": "remove", "path": "members" }]), ""),
            (json!([{ "op": "replace", "path": "members", "value": [{ "value": "z" }] }]), "z"),
            (json!([{ "op": "replace", "value": { "id": "crew", "displayName": "Other" } }]), "a b"),
            (
                json!([{ "op": "remove", "path": "members[value eq \"a\"]" }, { "op": "add", "path": "members", "value": [{ "value": "a" }] }]),
                "b a",
            ),
        ] {
            assert_eq!(members(&operations), expected, "{operations}");
        }
    }

    #[test]
    fn what_cannot_be_patched_says_why() {
        let ana = json!({ "id": "usr_1", "userName": "ana" });
        let many: Vec<Value> =
            (0..=SCIM_OPERATIONS).map(|_| json!({ "op": "add", "path": "active", "value": true })).collect();
        for (operations, code) in [
            (json!([]), "invalid_syntax"),
            (json!([{ "op": "move", "path": "a" }]), "invalid_syntax"),
            (json!([{ "op": "add", "path": "shoeSize", "value": 1 }]), "invalid_path"),
            (json!([{ "op": "add", "path": "emails[", "value": 1 }]), "invalid_path"),
            (json!([{ "op": "add", "path": "userName.first", "value": 1 }]), "invalid_path"),
            (json!([{ "op": "replace", "path": "id", "value": "x" }]), "mutability"),
            (json!([{ "op": "replace", "value": { "id": "x" } }]), "mutability"),
            (json!([{ "op": "replace", "path": "groups", "value": [] }]), "mutability"),
            (json!([{ "op": "remove", "path": "userName" }]), "mutability"),
            (json!([{ "op": "remove" }]), "no_target"),
            (json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "x" }]), "no_target"),
            (json!([{ "op": "add", "value": "x" }]), "invalid_value"),
            (json!([{ "op": "add", "path": "name", "value": "x" }]), "invalid_value"),
            (json!(many), "scim_too_many"),
        ] {
            let problem = patched(PERSON, &ana, &operations).expect_err(&operations.to_string());
            assert_eq!(problem.code, code, "{operations}: {}", problem.detail);
        }
    }
}
