//! What there is to be told about this service: its schemas, resource types and abilities (RFC 7643, sections 5 to 8).

use serde_json::{Value, json};
use yardarm_model::limits::SCIM_PAGE;

use super::{GROUP, USER};

/// Attributes of the standard's schemas that are taken and not kept: a directory that sends all it has is no error.
const NOT_KEPT: [&str; 17] = [
    "nickName",
    "profileUrl",
    "title",
    "userType",
    "preferredLanguage",
    "locale",
    "timezone",
    "password",
    "phoneNumbers",
    "ims",
    "photos",
    "addresses",
    "entitlements",
    "roles",
    "x509Certificates",
    "schemas",
    "enterprise",
];

/// Parts of a name.
pub(super) const NAME_PARTS: [&str; 6] =
    ["formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"];

/// What may be done with an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// One value.
    One,
    /// One value with parts.
    Parts,
    /// Many values.
    Many,
    /// Ours to say.
    ReadOnly,
    /// Of the standard, and not kept.
    NotKept,
}

/// An attribute by its name in any case of letters: as it is written, and what may be done with it.
pub(super) fn attribute(urn: &str, name: &str) -> Option<(&'static str, Use)> {
    let of_user = [
        ("userName", Use::One),
        ("externalId", Use::One),
        ("displayName", Use::One),
        ("active", Use::One),
        ("name", Use::Parts),
        ("emails", Use::Many),
        ("groups", Use::ReadOnly),
        ("id", Use::ReadOnly),
        ("meta", Use::ReadOnly),
    ];
    let of_group = [
        ("displayName", Use::One),
        ("externalId", Use::One),
        ("members", Use::Many),
        ("id", Use::ReadOnly),
        ("meta", Use::ReadOnly),
    ];
    let kept: &[(&'static str, Use)] = if urn == USER { &of_user } else { &of_group };
    let fits = |known: &str| known.eq_ignore_ascii_case(name);
    let found = kept.iter().find(|(known, _)| fits(known)).copied();
    found.or_else(|| NOT_KEPT.into_iter().find(|known| fits(known)).map(|known| (known, Use::NotKept)))
}

struct Attribute {
    name: &'static str,
    kind: &'static str,
    words: &'static str,
    many: bool,
    required: bool,
    exact: bool,
    mutability: &'static str,
    uniqueness: &'static str,
    parts: Vec<Value>,
    references: &'static [&'static str],
    /// The values that there are.
    values: &'static [&'static str],
}

fn said(name: &'static str, kind: &'static str, words: &'static str) -> Attribute {
    Attribute {
        name,
        kind,
        words,
        many: false,
        required: false,
        exact: false,
        mutability: "readWrite",
        uniqueness: "none",
        parts: Vec::new(),
        references: &[],
        values: &[],
    }
}

impl From<Attribute> for Value {
    fn from(said: Attribute) -> Self {
        let mut value = json!({
            "name": said.name, "type": said.kind, "multiValued": said.many, "description": said.words,
            "required": said.required, "caseExact": said.exact, "mutability": said.mutability, "returned": "default",
            "uniqueness": said.uniqueness,
        });
        if !said.parts.is_empty() {
            value["subAttributes"] = Self::Array(said.parts);
        }
        if !said.values.is_empty() {
            value["canonicalValues"] = json!(said.values);
        }
        if !said.references.is_empty() {
            value["referenceTypes"] = json!(said.references);
        }
        value
    }
}

fn user_schema() -> Value {
    let text = |name, words| said(name, "string", words);
    let read = |attribute: Attribute| Attribute { mutability: "readOnly", ..attribute };
    let name = NAME_PARTS.map(|part| Value::from(text(part, "A part of the name.")));
    let emails = vec![
        Attribute { required: true, ..text("value", "The address.") }.into(),
        Attribute { values: &["work", "home", "other"], ..text("type", "What it is for.") }.into(),
        said("primary", "boolean", "Whether it is the one to be used.").into(),
    ];
    let groups = vec![
        read(Attribute { exact: true, ..text("value", "Id of the group.") }).into(),
        read(Attribute { references: &["Group"], exact: true, ..said("$ref", "reference", "Where the group is.") })
            .into(),
        read(text("display", "Name of the group.")).into(),
        read(Attribute { values: &["direct"], ..text("type", "How they are in it.") }).into(),
    ];
    let attributes: Vec<Value> = vec![
        Attribute {
            required: true,
            uniqueness: "server",
            ..text("userName", "What the directory calls them; unique in the tenant.")
        }
        .into(),
        Attribute { parts: name.to_vec(), ..said("name", "complex", "Their name in parts.") }.into(),
        text("displayName", "Their name for people.").into(),
        Attribute { required: true, ..said("active", "boolean", "Whether they are a member of the tenant.") }.into(),
        // Where the user name is an address there may be none, and who is new is active; but it is well to say both.
        Attribute {
            many: true,
            required: true,
            parts: emails,
            ..said("emails", "complex", "Their e-mail addresses; the first time, the primary one is the account's.")
        }
        .into(),
        read(Attribute {
            many: true,
            parts: groups,
            ..said("groups", "complex", "The directory's groups that they are in; written at the groups.")
        })
        .into(),
    ];
    described(USER, "User", "Somebody of the tenant", &attributes)
}

fn group_schema() -> Value {
    let text = |name, words| said(name, "string", words);
    let fixed = |attribute: Attribute| Attribute { mutability: "immutable", ..attribute };
    let members = vec![
        fixed(Attribute { exact: true, ..text("value", "Id of the person.") }).into(),
        fixed(Attribute { references: &["User"], exact: true, ..said("$ref", "reference", "Where the person is.") })
            .into(),
        fixed(Attribute { values: &["User"], ..text("type", "What the member is: no groups in groups.") }).into(),
    ];
    let attributes: Vec<Value> = vec![
        Attribute {
            required: true,
            uniqueness: "server",
            ..text("displayName", "Unique among the directory's groups.")
        }
        .into(),
        Attribute { many: true, parts: members, ..said("members", "complex", "Who is in it.") }.into(),
    ];
    described(GROUP, "Group", "A group that the directory keeps", &attributes)
}

fn described(id: &str, name: &str, words: &str, attributes: &[Value]) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": id, "name": name, "description": words, "attributes": attributes,
        "meta": { "resourceType": "Schema", "location": format!("/scim/v2/Schemas/{id}") },
    })
}

/// Puts the server's address before every location.
fn located(base: &str, mut value: Value) -> Value {
    if let Some(location) = value.pointer_mut("/meta/location")
        && let Some(path) = location.as_str()
    {
        *location = Value::String(format!("{base}{path}"));
    }
    value
}

/// Schemas of what is kept.
pub(crate) fn schemas(base: &str) -> Vec<Value> {
    [user_schema(), group_schema()].map(|schema| located(base, schema)).to_vec()
}

/// One of them, by its URN.
pub(crate) fn schema(base: &str, id: &str) -> Option<Value> {
    schemas(base).into_iter().find(|schema| schema["id"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(id)))
}

/// Kinds of resources.
pub(crate) fn resource_types(base: &str) -> Vec<Value> {
    let of = |name: &str, endpoint: &str, schema: &str, words: &str| {
        let value = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": name, "name": name, "endpoint": endpoint, "description": words, "schema": schema,
            "meta": { "resourceType": "ResourceType", "location": format!("/scim/v2/ResourceTypes/{name}") },
        });
        located(base, value)
    };
    vec![
        of("User", "/Users", USER, "People of the tenant."),
        of("Group", "/Groups", GROUP, "Groups that the directory keeps."),
    ]
}

/// One of them, by its name.
pub(crate) fn resource_type(base: &str, name: &str) -> Option<Value> {
    resource_types(base).into_iter().find(|kind| kind["name"] == name)
}

/// What this service can do.
pub(crate) fn service_provider(base: &str) -> Value {
    let value = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "documentationUri": format!("{base}/docs"),
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": SCIM_PAGE },
        "changePassword": { "supported": false },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken", "name": "Access token",
            "description": "An access token that holds scim.manage, as Authorization: Bearer yd_pat_…", "primary": true,
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": "/scim/v2/ServiceProviderConfig" },
    });
    located(base, value)
}
