//! Tricks that an attacker tries when the front door is shut: the method in a header, another host in a link, letters that
//! look alike, places in lists of others.

use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_server::api::ROUTES;
use yardarm_testkit::{OWNER_EMAIL, OWNER_PASSWORD, TestApp};

use crate::provider::Provider;
use crate::world::{ACME, MINE, NONE, World};

/// A request is what its first line says.
async fn a_method_in_a_header_is_no_method(app: Arc<TestApp>) {
    app.flag("stays").await;
    let viewer = app.with_role("viewer").await;
    let before = app.rev().await;
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        for client in [&viewer, &app.owner] {
            for method in ["GET", "HEAD"] {
                let path = "/api/v1/projects/shop/flags/stays";
                let told =
                    client.with_header(name, "PATCH").open(method, path, Some(b"{\"name\":\"x\"}".to_vec())).await;
                assert_eq!(told.status().as_u16(), 200, "{name} {method}");
            }
        }
        let told =
            viewer.with_header(name, "GET").patch("/api/v1/projects/shop/flags/stays", json!({ "name": "x" })).await;
        assert_eq!(told.status, 403, "{name}: judged as what it is");
    }
    let told = app.owner.get("/api/v1/projects/shop/flags/stays?_method=DELETE").await;
    assert!(told.status == 400 || told.status == 200, "{}", told.body);
    for (name, value) in [("x-original-url", "/api/v1/members"), ("x-rewrite-url", "/api/v1/members")] {
        let told = app.owner.with_header(name, value).get("/api/v1/projects/shop").await;
        assert_eq!(told.body["key"], "shop", "{name}: the path is the first line's");
    }
    assert_eq!(app.rev().await, before, "nothing was written");
}

/// Links and redirects go to the address that was set, whatever a request says it came to.
async fn a_host_in_a_header_is_in_no_link(app: Arc<TestApp>) {
    let provider = Provider::start().await;
    let body = json!({ "name": "Login", "issuer": provider.issuer, "client_id": "yardarm" });
    let made = app.owner.post("/api/v1/sso-connections", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let callback = format!("/api/v1/session/sso/{}/callback?state=x&code=y", made.text("id"));
    for name in ["host", "x-forwarded-host", "x-host", "x-forwarded-server", "forwarded", "x-forwarded-proto"] {
        let value = if name == "forwarded" { "host=evil.example;proto=https" } else { "evil.example" };
        let there = |client: &yardarm_testkit::Client| client.with_header(name, value).without_redirects();
        let invitation =
            there(&app.owner).post("/api/v1/invitations", json!({ "email": format!("{name}@example.com") })).await;
        assert_eq!(invitation.status, 201, "{name}: {}", invitation.body);
        let leave = there(&app.anonymous()).post("/api/v1/session/sso", json!({ "tenant": "acme" })).await;
        assert_eq!(leave.status, 200, "{name}: {}", leave.body);
        let back = there(&app.anonymous()).open("GET", &callback, None).await;
        let told = format!("{} {} {:?}", invitation.body, leave.body, back.headers());
        assert!(!told.contains("evil.example"), "{name}: {told}");
    }
}

/// Letters that look alike are other letters: no key is taken twice and nobody is somebody else.
async fn look_alikes_are_not_alike(app: Arc<TestApp>) {
    app.flag("checkout").await;
    let flags = "/api/v1/projects/shop/flags";
    for key in
        ["\u{441}heckout", "check\u{200b}out", "checkout\u{301}", "\u{ff43}heckout", "checkout ", "ch\u{202e}eckout"]
    {
        assert_eq!(app.owner.post(flags, json!({ "key": key })).await.status, 422, "{key:?}");
    }
    for key in ["Checkout", "CHECKOUT"] {
        let told = app.owner.post(flags, json!({ "key": key })).await;
        assert!((400..500).contains(&told.status), "{key}: {}", told.body);
    }
    let visitor = app.anonymous();
    for email in [
        "\u{430}na@example.com",
        "ana@ex\u{430}mple.com",
        "an\u{aa}@example.com",
        "\u{ff41}na@example.com",
        "ana@example.com\u{200b}",
        "ana@example.com\u{0}",
        "ana@example.com.",
        "ana+@example.com",
        "ana@example.com, eve@example.com",
    ] {
        let told = visitor.post("/api/v1/session", json!({ "email": email, "password": OWNER_PASSWORD })).await;
        assert!([400, 401, 422].contains(&told.status), "{email:?}: {} {}", told.status, told.body);
        app.advance(16 * 60_000);
        let invited = app.owner.post("/api/v1/invitations", json!({ "email": email })).await;
        if invited.status == 201 {
            assert_ne!(invited.body["email"], OWNER_EMAIL, "{email:?}");
            let body = json!({ "token": invited.text("token") });
            assert_eq!(app.browser().await.post("/api/v1/invitations/join", body).await.status, 403, "{email:?}");
        }
    }
}

/// A place in a list of Ana's is no place in one of Mallory's: what follows is hers.
async fn places_in_lists_of_others_lead_nowhere(app: Arc<TestApp>) {
    let world = World::new(app).await;
    let openapi = yardarm_server::openapi::document();
    let mut tried = 0;
    for route in ROUTES.iter().filter(|route| route.method == http::Method::GET) {
        let operation = &openapi["paths"][route.path]["get"];
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let takes = |name: &str| parameters.iter().any(|parameter| parameter["name"] == name);
        if !takes("cursor") || route.path.starts_with("/api/v1/account") {
            continue;
        }
        let of = |who: &str| {
            world.objects[who]
                .iter()
                .fold(route.path.to_owned(), |path, (slot, value)| path.replace(&format!("{{{slot}}}"), value))
        };
        let told = if takes("limit") {
            world.app.owner.get(&format!("{}?limit=1", of(ACME))).await.body["next"].as_str().map(str::to_owned)
        } else {
            let text = world.app.owner.open("GET", &of(ACME), None).await.text().await.unwrap();
            let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            lines.into_iter().find_map(|line| line["cursor"].as_str().map(str::to_owned))
        };
        let Some(theirs) = told else { continue };
        for cursor in [theirs.as_str(), &theirs[..theirs.len() - 1], "", "AAAA", "WyIiLCIiXQ", "%00", "W10"] {
            let path = format!("{}?cursor={cursor}", of(MINE));
            let answer = world.caller("session").open("GET", &path, None).await;
            let status = answer.status().as_u16();
            let text = answer.text().await.unwrap().replace(theirs.as_str(), "{named}");
            assert!([200, 400, 422].contains(&status), "{path}: {status} {text}");
            assert_eq!(world.leak(&text), None, "{path}: {text}");
            tried += 1;
        }
    }
    assert!(tried > 50, "{tried}");
}

/// A tag of Ana's is no tag of Mallory's: not to find out, and not to write.
async fn tags_of_others_match_nothing(app: Arc<TestApp>) {
    let world = World::new(app).await;
    let (owner, mine, theirs) = (world.caller("owner"), &world.objects[MINE], &world.objects[ACME]);
    for what in ["flag", "environment"] {
        // A tag is a revision: Ana's project has more of them.
        let renamed = format!("/api/v1/projects/{}/{what}s/{}", theirs["project"], theirs[what]);
        assert_eq!(world.app.owner.patch(&renamed, json!({ "name": "Renamed" })).await.status, 200);
        let path = |who: &crate::world::Objects| format!("/api/v1/projects/{}/{what}s/{}", who["project"], who[what]);
        let foreign = world.app.owner.get(&path(theirs)).await.header("etag").to_owned();
        let own = owner.get(&path(mine)).await.header("etag").to_owned();
        assert!(!foreign.is_empty() && foreign != own, "{what}: {foreign} {own}");
        let written = owner.with_header("if-match", &foreign).patch(&path(mine), json!({ "name": "Taken" })).await;
        assert_eq!(written.status, 412, "{what}: {}", written.body);
        assert_eq!(written.header("etag").replace(&own, ""), "", "{what}");
        for tag in [&foreign, &own, "*"] {
            let asked = |who: &str| {
                let path =
                    format!("/api/v1/projects/{}/{what}s/{}", world.objects[who]["project"], world.objects[who][what]);
                let client = owner.with_header("if-none-match", tag).with_header("if-match", tag);
                async move { client.get(&path).await.status }
            };
            assert_eq!((asked(ACME).await, asked(NONE).await), (404, 404), "{what} {tag}");
        }
    }
}

/// What is somebody else's is missing whatever is in the body: what is wrong with that is told of one's own only.
async fn what_is_wrong_with_a_body_tells_nothing_of_others(app: Arc<TestApp>) {
    let world = World::new(app).await;
    let at = |who: &str| format!("/api/v1/sso-connections/{}", world.objects[who]["connection"]);
    for body in [
        json!({}),
        json!({ "name": "Changed" }),
        json!({ "default_roles": ["emperor"] }),
        json!({ "default_roles": [world.objects[ACME]["held_role"]] }),
        json!({ "groups": { "devs": { "roles": ["emperor"], "groups": ["nobody"] } } }),
        json!({ "issuer": "http://169.254.169.254" }),
        json!({ "name": 7, "unknown": true }),
    ] {
        for role in ["admin", "owner", "session", "custom"] {
            let told = async |who: &str| {
                let mut told = world.caller(role).patch(&at(who), body.clone()).await;
                told.body["trace_id"] = Value::Null;
                (told.status, told.body.to_string().replace(&world.objects[who]["connection"], "{named}"))
            };
            let foreign = told(ACME).await;
            assert_eq!(foreign, told(NONE).await, "{role}: {body}");
            assert_eq!(foreign.0, if role == "owner" || role == "session" { 404 } else { 403 }, "{role}: {body}");
        }
    }
    let own = world.caller("owner").patch(&at(MINE), json!({ "default_roles": ["emperor"] })).await;
    assert_eq!((own.status, own.problems()[0].1.as_str()), (422, "role_unknown"));
}

/// Somebody who is not there is looked for as long as somebody who is: in the shape of the answer, and in its work.
async fn unknown_people_look_like_known_ones(app: Arc<TestApp>) {
    let visitor = app.anonymous();
    let mut told = Vec::new();
    for email in [OWNER_EMAIL, "nobody@example.com"] {
        let body = json!({ "email": email, "password": "a wrong password" }).to_string().into_bytes();
        let answer = visitor.open("POST", "/api/v1/session", Some(body)).await;
        let status = answer.status().as_u16();
        let names: Vec<String> = answer.headers().keys().map(ToString::to_string).collect();
        let mut body: Value = answer.json().await.unwrap();
        body["trace_id"] = Value::Null;
        told.push((status, names, body));
    }
    assert_eq!(told[0], told[1]);
    let choices = |tenant: &str| {
        let path = format!("/api/v1/session/sso?tenant={tenant}");
        let visitor = visitor.clone();
        async move { visitor.get(&path).await.body }
    };
    assert_eq!(choices("acme").await, choices("none").await, "a tenant without a provider and no tenant");
}

yardarm_testkit::on_both_stores![
    a_method_in_a_header_is_no_method,
    a_host_in_a_header_is_in_no_link,
    look_alikes_are_not_alike,
    places_in_lists_of_others_lead_nowhere,
    tags_of_others_match_nothing,
    what_is_wrong_with_a_body_tells_nothing_of_others,
    unknown_people_look_like_known_ones,
];
