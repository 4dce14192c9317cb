//! SSO connections and the way to a provider, each call once. What comes back from it is tried in `api_sso.rs`.

use serde_json::{Value, json};
use yardarm_testkit::TestApp;

use crate::provider::Provider;

/// Every route of single sign-on, with success.
pub(crate) async fn walk(app: &TestApp) -> Vec<(&'static str, &'static str)> {
    let provider = Provider::start().await;
    let body = json!({
        "name": "Login", "issuer": provider.issuer, "client_id": "yardarm", "client_secret": "s", "scopes": ["email"],
        "groups_claim": "roles", "groups": { "devs": { "roles": ["editor"], "groups": [] } }, "domains": ["example.com"],
        "provision": true, "default_roles": ["viewer"],
    });
    let made = app.owner.post("/api/v1/sso-connections", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let one = format!("/api/v1/sso-connections/{}", made.text("id"));
    let back = format!("/api/v1/session/sso/{}/callback?state=x", made.text("id"));
    let calls: [(&str, &str, Value, u16); 7] = [
        ("GET", "/api/v1/sso-connections", Value::Null, 200),
        ("GET", &one, Value::Null, 200),
        ("PATCH", &one, json!({ "name": "Log in" }), 200),
        ("GET", "/api/v1/session/sso?tenant=acme", Value::Null, 200),
        ("POST", "/api/v1/session/sso", json!({ "tenant": "acme", "return_to": "/flags" }), 200),
        ("DELETE", &one, Value::Null, 204),
        ("GET", "/api/v1/session/sso?tenant=acme", Value::Null, 200),
    ];
    for (method, path, body, status) in calls {
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let client = if path.contains("/session/") { app.anonymous() } else { app.owner.clone() };
        let reply = client.send(method, path, body).await;
        assert_eq!(reply.status, status, "{method} {path}: {}", reply.body);
    }
    assert_eq!(app.anonymous().open_without_redirects("GET", &back).await.status(), 303);
    vec![
        ("POST", "/api/v1/sso-connections"),
        ("GET", "/api/v1/sso-connections"),
        ("GET", "/api/v1/sso-connections/{connection}"),
        ("PATCH", "/api/v1/sso-connections/{connection}"),
        ("DELETE", "/api/v1/sso-connections/{connection}"),
        ("GET", "/api/v1/session/sso"),
        ("POST", "/api/v1/session/sso"),
        ("GET", "/api/v1/session/sso/{connection}/callback"),
    ]
}
