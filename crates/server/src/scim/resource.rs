//! People and groups as SCIM resources.

use std::collections::BTreeSet;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use yardarm_model::authority::{DirectoryGroup, DirectoryUserDocument};

use super::{GROUP, USER};
use crate::keys;

fn instant(at: i64) -> Value {
    let at = DateTime::<Utc>::from_timestamp_millis(at).unwrap_or_default();
    Value::String(at.to_rfc3339_opts(SecondsFormat::Millis, true))
}

fn put(members: &mut Map<String, Value>, name: &str, value: impl Into<Option<Value>>) {
    if let Some(value) = value.into() {
        members.insert(name.to_owned(), value);
    }
}

/// Somebody: what the directory says of them, or their account's address and name if it has not said anything yet.
/// `groups`: key and name of the directory's groups that they are in.
pub(crate) fn user(
    base: &str,
    id: &str,
    account: (&str, &str),
    directory: Option<&DirectoryUserDocument>,
    groups: &[(String, String)],
) -> Value {
    let mut meta = Map::from_iter([("resourceType".to_owned(), json!("User"))]);
    let mut user = Map::from_iter([("schemas".to_owned(), json!([USER])), ("id".to_owned(), json!(id))]);
    if let Some(said) = directory {
        put(&mut user, "externalId", said.external_id.clone().map(Value::from));
        put(&mut user, "userName", json!(said.user_name));
        put(&mut user, "name", (!said.name.is_empty()).then(|| json!(said.name)));
        put(&mut user, "displayName", said.display_name.clone().map(Value::from));
        let emails = said.emails.iter().map(|email| {
            let mut told = json!({ "value": email.value, "primary": email.primary });
            if let Some(kind) = &email.kind {
                told["type"] = json!(kind);
            }
            told
        });
        let emails: Vec<Value> = emails.collect();
        put(&mut user, "emails", (!emails.is_empty()).then_some(Value::Array(emails)));
        put(&mut user, "active", json!(said.active));
        put(&mut meta, "created", instant(said.created_at));
        put(&mut meta, "lastModified", instant(said.changed_at));
    } else {
        let (address, name) = account;
        put(&mut user, "userName", json!(address));
        put(&mut user, "displayName", json!(name));
        put(&mut user, "emails", json!([{ "value": address, "type": "work", "primary": true }]));
        put(&mut user, "active", json!(true));
    }
    let groups = groups.iter().map(|(key, name)| {
        json!({ "value": key, "display": name, "$ref": format!("{base}/scim/v2/Groups/{key}"), "type": "direct" })
    });
    let groups: Vec<Value> = groups.collect();
    put(&mut user, "groups", (!groups.is_empty()).then_some(Value::Array(groups)));
    put(&mut meta, "location", json!(format!("{base}/scim/v2/Users/{id}")));
    put(&mut user, "meta", Value::Object(meta));
    Value::Object(user)
}

/// A group with the ids of who is in it.
pub(crate) fn group(base: &str, key: &str, name: &str, said: &DirectoryGroup, members: &BTreeSet<String>) -> Value {
    let mut group = Map::from_iter([("schemas".to_owned(), json!([GROUP])), ("id".to_owned(), json!(key))]);
    put(&mut group, "externalId", said.external_id.clone().map(Value::from));
    put(&mut group, "displayName", json!(name));
    let members =
        members.iter().map(|id| json!({ "value": id, "type": "User", "$ref": format!("{base}/scim/v2/Users/{id}") }));
    let members: Vec<Value> = members.collect();
    put(&mut group, "members", (!members.is_empty()).then_some(Value::Array(members)));
    let meta = json!({ "resourceType": "Group", "created": instant(said.created_at),
        "lastModified": instant(said.changed_at), "location": format!("{base}/scim/v2/Groups/{key}") });
    put(&mut group, "meta", meta);
    Value::Object(group)
}

/// The version of a resource: a function of what it says, whoever changed it. A weak entity tag.
pub(crate) fn tag(resource: &Value) -> String {
    let digest = Sha256::digest(resource.to_string().as_bytes());
    format!("W/\"{}\"", keys::hex(&digest[..12]))
}

/// A resource with its version in it.
pub(crate) fn versioned(mut resource: Value) -> Value {
    let version = tag(&resource);
    resource["meta"]["version"] = Value::String(version);
    resource
}
