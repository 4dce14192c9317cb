//! Every route of the table with every role, from another tenant, and without a credential.

use serde_json::{Value, json};
use yardarm_model::authority::{BuiltIn, Grant, Level, Permission, Place, Selection, allows, allows_somewhere};
use yardarm_server::api::ROUTES;
use yardarm_server::auth::Route;
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
        .replace("{change_request}", "chr_gone")
        .replace("{key}", "key_gone")
        .replace("{token}", "tok_gone")
        .replace("{member}", "usr_gone")
        .replace("{invitation}", "inv_gone")
        .replace("{role}", &name("viewer"))
        .replace("{group}", "gone")
        .replace("{service_account}", "svc_gone")
        .replace("{scim_user}", "usr_gone")
        .replace("{scim_group}", "gone")
        .replace("{resource_type}", "User")
        .replace("{schema}", "urn:ietf:params:scim:schemas:core:2.0:User")
        .replace("{rev}", "2")
}

/// Status and body; streams are not read.
async fn call(client: &Client, route: &Route, path: &str) -> (u16, Value) {
    let method = route.method.as_str();
    let body = (!matches!(method, "GET" | "DELETE")).then(|| b"[]".to_vec());
    let client = client.with_header("if-match", "*");
    if route.path.ends_with("/callback") {
        return (client.open_without_redirects(method, path).await.status().as_u16(), Value::Null);
    }
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

/// Every route with what somebody holds: a right that is missing is 403, one that is there is not.
async fn every_route_holds(name: &str, client: &Client, grants: &[Grant]) -> usize {
    let mut tried = 0;
    for route in ROUTES.iter().filter(|route| !route.path.ends_with("/session")) {
        let Some(needed) = route.permission else { continue };
        let path = path(route, "shop", "acme");
        let may = if needed.level() == Level::Tenant {
            allows(grants, needed, Place::TENANT)
        } else if route.path.contains("{environment}") {
            let environment = if path.contains("gone") { "gone" } else { "production" };
            allows(grants, needed, Place::environment("shop", environment))
        } else {
            allows_somewhere(grants, needed, Some("shop"))
        };
        let (status, body) = call(client, route, &path).await;
        let line = format!("{name} {} {}: {status} {body}", route.method, route.path);
        if may {
            assert!(status < 500 && status != 401 && status != 403, "{line}");
        } else {
            if route.path.starts_with("/scim/") {
                assert_eq!((status, body["status"].as_str()), (403, Some("403")), "{line}");
            } else {
                assert_eq!((status, body["code"].as_str()), (403, Some("forbidden")), "{line}");
            }
            assert!(body["detail"].as_str().is_some_and(|detail| detail.contains(needed.as_str())), "{line}");
        }
        tried += 1;
    }
    tried
}

#[tokio::test]
async fn roles() {
    let app = with_data().await;
    let mut tried = 0;
    for role in BuiltIn::ALL {
        let client = app.with_role(role.as_str()).await;
        tried += every_route_holds(role.as_str(), &client, &role.grants()).await;
    }
    let of = |permissions: Selection<Permission>, projects: &[&str], environments: Selection<String>| Grant {
        permissions,
        projects: Selection::these(projects.iter().map(|key| (*key).to_owned())),
        environments,
    };
    let some = [Permission::ConfigurationUpdate, Permission::SdkKeyManage];
    let in_shop = |environment: &str| {
        vec![
            of(Selection::these([Permission::ProjectRead]), &["shop"], Selection::All),
            of(Selection::these(some), &["shop"], Selection::these([environment.to_owned()])),
        ]
    };
    let custom = [
        ("release manager of production", in_shop("production")),
        ("release manager of staging", in_shop("staging")),
        ("everything in one project", vec![of(Selection::All, &["shop", "other"], Selection::All)]),
    ];
    for (name, grants) in custom {
        let made = app.owner.post("/api/v1/tokens", json!({ "name": name, "grants": grants })).await;
        assert_eq!(made.status, 201, "{}", made.body);
        tried += every_route_holds(name, &app.with_token(&made.text("token")), &grants).await;
    }
    println!("{tried} (route, role) pairs");
    assert!(tried >= 7 * 35, "{tried}");
}

/// The environment in a path is checked before anything is read; the one in a body when the change is decided.
#[tokio::test]
async fn one_environment_is_not_another() {
    let app = with_data().await;
    let grants = json!([
        { "permissions": ["project.read"], "projects": ["shop"], "environments": "*" },
        { "permissions": ["configuration.update", "sdk_key.manage", "change.undo"], "projects": ["shop"], "environments": ["staging"] },
    ]);
    let made = app.owner.post("/api/v1/tokens", json!({ "name": "staging only", "grants": grants })).await;
    let client = app.with_token(&made.text("token"));
    let configuration = |environment: &str| format!("/api/v1/projects/shop/flags/checkout/environments/{environment}");
    assert_eq!(client.patch(&configuration("staging"), json!({ "on": true })).await.status, 200);
    let before = app.rev().await;
    let refused = [
        client.patch(&configuration("production"), json!({ "on": true })).await,
        client
            .post("/api/v1/projects/shop/flags/checkout/copy", json!({ "from": "staging", "to": "production" }))
            .await,
        client
            .post(
                "/api/v1/projects/shop/keys",
                json!({ "name": "k", "environment": "production", "audience": "server" }),
            )
            .await,
        client.patch("/api/v1/projects/shop/flags/checkout", json!({ "name": "Another" })).await,
    ];
    for reply in refused {
        assert_eq!((reply.status, reply.text("code").as_str()), (403, "forbidden"), "{}", reply.body);
    }
    assert_eq!(app.rev().await, before);
    let body = json!({ "name": "k", "environment": "staging", "audience": "server" });
    assert_eq!(client.post("/api/v1/projects/shop/keys", body).await.status, 201);

    // What somebody else did in production is not theirs to undo, whatever they may do in staging.
    assert_eq!(app.owner.patch(&configuration("production"), json!({ "on": true })).await.status, 200);
    let undo = format!("/api/v1/projects/shop/history/{}/undo", app.rev().await);
    assert_eq!(client.send("POST", &undo, None).await.status, 403);
}

/// To somebody who can do nothing in a project it does not exist, in the same bytes.
#[tokio::test]
async fn a_project_that_one_cannot_see_is_missing() {
    let app = with_data().await;
    let made = app.owner.post("/api/v1/projects", json!({ "key": "blog", "name": "Blog" })).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let grants = json!([{ "permissions": "*", "projects": ["blog"], "environments": "*" }]);
    let made = app.owner.post("/api/v1/tokens", json!({ "name": "blog only", "grants": grants })).await;
    let client = app.with_token(&made.text("token"));
    for route in ROUTES.iter().filter(|route| route.path.contains("{project}")) {
        let hidden = call(&client, route, &path(route, "shop", "acme")).await;
        let missing = call(&client, route, &path(route, "nowhere", "acme")).await;
        assert_eq!(hidden, missing, "{} {}", route.method, route.path);
        assert_eq!(hidden.0, 404, "{} {}", route.method, route.path);
    }
    let listed = client.get("/api/v1/projects").await.body;
    assert_eq!((listed["total"].as_u64(), listed["items"][0]["key"].as_str()), (Some(1), Some("blog")));
    assert_eq!(client.get("/api/v1/projects/blog/flags").await.status, 200);
}

#[tokio::test]
async fn without_a_credential_nothing_but_signing_in() {
    let app = with_data().await;
    for route in ROUTES {
        let (status, body) = call(&app.anonymous(), route, &path(route, "shop", "acme")).await;
        let line = format!("{} {}: {status} {body}", route.method, route.path);
        if route.needs == "public" {
            // The second step of a sign-in is for who has done the first.
            let second = status == 401 && line.contains("sign_in_step_over");
            assert!(matches!(status, 200 | 303 | 422) || second, "{line}");
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
