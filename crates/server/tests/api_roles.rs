//! Every route of the table with every role, from another tenant, and without a credential.

use serde_json::Value;
use yardarm_server::api::ROUTES;
use yardarm_server::auth::Route;
use yardarm_store::Role;
use yardarm_testkit::{Client, TestApp};

fn path(route: &Route, project: &str, tenant: &str) -> String {
    let gone = route.method == http::Method::DELETE;
    let filled = route.path.replace("{project}", project).replace("{tenant}", tenant).replace("{list}", "included");
    // What would be deleted is not there, so that the next role finds everything as it was.
    let name = |real: &str| if gone { "gone".to_owned() } else { real.to_owned() };
    filled
        .replace("{environment}", &name("production"))
        .replace("{flag}", &name("checkout"))
        .replace("{segment}", &name("beta"))
        .replace("{key}", "key_gone")
        .replace("{token}", "tok_gone")
        .replace("{rev}", "2")
}

/// Status and body; streams are not read.
async fn call(client: &Client, route: &Route, path: &str) -> (u16, Value) {
    let method = route.method.as_str();
    let body = (!matches!(method, "GET" | "DELETE")).then(|| b"[]".to_vec());
    let client = client.with_header("if-match", "*");
    if route.path.ends_with("/stream") {
        return (client.open(method, path, body).await.status().as_u16(), Value::Null);
    }
    let mut reply = client.send(method, path, body).await;
    if reply.body.is_object() {
        reply.body["trace_id"] = Value::Null;
    }
    (reply.status, reply.body)
}

async fn with_data() -> TestApp {
    let app = TestApp::start_sqlite().await;
    app.flag("checkout").await;
    let segment = serde_json::json!({ "key": "beta", "name": "Beta", "included": ["u1"] });
    assert_eq!(app.owner.post("/api/v1/projects/shop/segments", segment).await.status, 201);
    app
}

#[tokio::test]
async fn roles() {
    let app = with_data().await;
    let roles = [(Role::Viewer, "viewer"), (Role::Editor, "editor"), (Role::Admin, "admin"), (Role::Owner, "owner")];
    for (role, name) in roles {
        let client = app.with_role(name).await;
        for route in ROUTES.iter().filter(|route| !route.path.ends_with("/session")) {
            let Some(needed) = route.role else { continue };
            let (status, body) = call(&client, route, &path(route, "shop", "acme")).await;
            let line = format!("{name} {} {}: {status} {body}", route.method, route.path);
            if role < needed {
                assert_eq!((status, body["code"].as_str()), (403, Some("forbidden")), "{line}");
            } else {
                assert!(status < 500 && status != 401 && status != 403, "{line}");
            }
        }
    }
}

#[tokio::test]
async fn without_a_credential_nothing_but_signing_in() {
    let app = with_data().await;
    for route in ROUTES {
        let (status, body) = call(&app.anonymous(), route, &path(route, "shop", "acme")).await;
        let line = format!("{} {}: {status} {body}", route.method, route.path);
        if route.permission == "public" {
            assert!(matches!(status, 200 | 422), "{line}");
        } else {
            assert_eq!(status, 401, "{line}");
        }
    }
}

#[tokio::test]
async fn what_is_foreign_is_missing() {
    let app = with_data().await;
    let other = app.second_tenant("other").await;
    let before = app.rev().await;
    for route in ROUTES.iter().filter(|route| route.path.contains("{project}") || route.path.contains("{tenant}")) {
        let foreign = call(&other, route, &path(route, "shop", "acme")).await;
        let missing = call(&other, route, &path(route, "nowhere", "nowhere")).await;
        assert_eq!(foreign, missing, "{} {}", route.method, route.path);
        assert_eq!(foreign.0, 404, "{} {}", route.method, route.path);
    }
    assert_eq!(app.rev().await, before);

    // The same key in another tenant is another project.
    let made = other.post("/api/v1/projects", serde_json::json!({ "key": "shop", "name": "Their shop" })).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(other.get("/api/v1/projects/shop/flags").await.body["total"], 0);
    assert_eq!(app.owner.get("/api/v1/projects/shop").await.body["name"], "Shop");
    assert_eq!(other.get("/api/v1/projects").await.body["total"], 1);
    let token = app.owner.get("/api/v1/tokens").await.body["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(other.delete(&format!("/api/v1/tokens/{token}")).await.status, 404);
    assert_eq!(app.owner.get("/api/v1/session").await.status, 200, "nobody revoked it");
}

#[tokio::test]
async fn an_editor_cannot_undo_what_took_an_admin() {
    let app = with_data().await;
    let body = serde_json::json!({ "key": "canary", "name": "Canary" });
    let made = app.owner.post("/api/v1/projects/shop/environments", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let rev = app.rev().await;
    let undo = format!("/api/v1/projects/shop/history/{rev}/undo");
    let editor = app.with_role("editor").await;
    assert_eq!(editor.send("POST", &undo, None).await.status, 403);
    assert_eq!(app.rev().await, rev);
    assert_eq!(app.owner.send("POST", &undo, None).await.status, 200);
    assert_eq!(app.owner.get("/api/v1/projects/shop/environments/canary").await.status, 404);
}

/// `api/` has no way around the access values.
#[test]
fn endpoints_do_not_reach_the_store_or_the_hub() {
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/api"))];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            for way in [".store", ".hub", "Store>", "State<App>", "extract::State", "Extension<"] {
                assert!(!text.contains(way), "{} has {way:?}: ask an access value", path.display());
            }
        }
    }
    assert!(files > 50);
}
