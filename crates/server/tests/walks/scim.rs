//! What a directory asks, each call once. What the answers mean is tried in `api_scim.rs`.

use serde_json::{Value, json};
use yardarm_testkit::{TestApp, template};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// Every route of SCIM, with success.
pub(crate) async fn walk(app: &TestApp) -> Vec<(&'static str, &'static str)> {
    let scim = "/scim/v2";
    let person = app.owner.post(&format!("{scim}/Users"), json!({ "userName": "di@example.com" })).await.text("id");
    let team = app.owner.post(&format!("{scim}/Groups"), json!({ "displayName": "Walkers" })).await.text("id");
    let (person, team) = (format!("{scim}/Users/{person}"), format!("{scim}/Groups/{team}"));
    let patch = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": "displayName", "value": "Changed" }] });
    let calls: [(&str, String, Value, u16); 20] = [
        ("GET", format!("{scim}/ServiceProviderConfig"), Value::Null, 200),
        ("GET", format!("{scim}/ResourceTypes"), Value::Null, 200),
        ("GET", format!("{scim}/ResourceTypes/Group"), Value::Null, 200),
        ("GET", format!("{scim}/Schemas"), Value::Null, 200),
        ("GET", format!("{scim}/Schemas/{USER}"), Value::Null, 200),
        ("POST", format!("{scim}/.search"), json!({ "filter": "meta.resourceType eq \"Group\"" }), 200),
        ("GET", format!("{scim}/Users?count=1"), Value::Null, 200),
        ("POST", format!("{scim}/Users"), json!({ "userName": "ed@example.com" }), 201),
        ("POST", format!("{scim}/Users/.search"), json!({ "count": 1 }), 200),
        ("GET", person.clone(), Value::Null, 200),
        ("PUT", person.clone(), json!({ "userName": "di@example.com" }), 200),
        ("PATCH", person.clone(), patch.clone(), 200),
        ("DELETE", person, Value::Null, 204),
        ("GET", format!("{scim}/Groups"), Value::Null, 200),
        ("POST", format!("{scim}/Groups"), json!({ "displayName": "Runners" }), 201),
        ("POST", format!("{scim}/Groups/.search"), json!({}), 200),
        ("GET", team.clone(), Value::Null, 200),
        ("PUT", team.clone(), json!({ "displayName": "Striders" }), 200),
        ("PATCH", team.clone(), patch, 200),
        ("DELETE", team, Value::Null, 204),
    ];
    let mut seen = Vec::new();
    for (method, path, body, status) in calls {
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let reply = app.owner.send(method, &path, body).await;
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.body);
        if status != 204 {
            assert_eq!(reply.header("content-type"), "application/scim+json", "{method} {path}");
        }
        seen.push((method, template(&path).unwrap()));
    }
    seen
}
