//! Sign-in by a tenant's identity provider: who comes in, who does not, and what a session of that kind is good for.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "walks/account.rs"]
#[expect(dead_code, reason = "walked in api_answers.rs")]
mod account;
#[path = "walks/provider.rs"]
mod provider;

use std::collections::HashMap;
use std::sync::Arc;

use account::{after, cookies};
use provider::{Provider, Says};
use serde_json::{Value, json};
use yardarm_testkit::{Client, OWNER_EMAIL, Reply, TestApp};

const SSO: &str = "/api/v1/session/sso";

/// A tenant with a provider.
struct Stage {
    app: Arc<TestApp>,
    provider: Provider,
    connection: String,
}

/// A browser on its way.
struct Way {
    browser: Client,
    state: String,
    nonce: String,
    challenge: String,
}

async fn stage(app: Arc<TestApp>, more: Value) -> Stage {
    let provider = Provider::start().await;
    let mut body = json!({
        "name": "Acme login", "issuer": provider.issuer, "client_id": "yardarm", "client_secret": "sso-client-secret",
        "domains": ["Example.com"], "default_roles": ["viewer"], "groups": { "devs": { "roles": ["editor"] } },
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = app.owner.post("/api/v1/sso-connections", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert!(!made.body.to_string().contains("sso-client-secret"));
    Stage { app, provider, connection: made.text("id") }
}

fn parameters(url: &str) -> HashMap<String, String> {
    let query = url.split_once('?').unwrap().1;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl Stage {
    async fn leave(&self) -> Way {
        let left = self.app.anonymous().post(SSO, json!({ "tenant": "acme", "return_to": "/flags?p=shop" })).await;
        assert_eq!(left.status, 200, "{}", left.body);
        let location = left.text("location");
        assert!(location.starts_with(&format!("{}/authorize?", self.provider.issuer)), "{location}");
        let asked = parameters(&location);
        assert_eq!((asked["response_type"].as_str(), asked["code_challenge_method"].as_str()), ("code", "S256"));
        let of = |name: &str| asked[name].clone();
        let browser = after(&self.app, &left);
        Way { browser, state: of("state"), nonce: of("nonce"), challenge: of("code_challenge") }
    }

    fn claims(&self, way: &Way, subject: &str, email: &str) -> Value {
        let now = self.app.now() / 1_000;
        json!({
            "iss": self.provider.issuer, "aud": "yardarm", "sub": subject, "nonce": way.nonce, "iat": now,
            "exp": now + 300, "email": email, "email_verified": true, "name": "Bea", "groups": ["devs", "unknown"],
        })
    }

    fn says(way: &Way, claims: Value) -> Says {
        Says { claims, alg: "ES256", other_key: false, challenge: way.challenge.clone() }
    }

    async fn back(&self, way: &Way, query: &str) -> Reply {
        let path = format!("{SSO}/{}/callback?{query}", self.connection);
        // The redirect itself is what is looked at.
        let response = way.browser.open_without_redirects("GET", &path).await;
        Reply { status: response.status().as_u16(), headers: response.headers().clone(), body: Value::Null }
    }

    /// All of it, with what the provider says.
    async fn come(&self, subject: &str, email: &str) -> Reply {
        let way = self.leave().await;
        self.provider.say(Self::says(&way, self.claims(&way, subject, email)));
        self.back(&way, &format!("code=c&state={}", way.state)).await
    }
}

fn error(reply: &Reply) -> &str {
    assert_eq!(reply.status, 303);
    assert!(!cookies(reply).contains("yardarm="), "no session");
    reply.header("location").strip_prefix("/sign-in?sso_error=").unwrap_or_else(|| reply.header("location"))
}

async fn a_new_person_becomes_a_member_with_what_the_groups_say(app: Arc<TestApp>) {
    let stage = stage(app, json!({})).await;
    assert_eq!(error(&stage.come("s1", "bea@example.com").await), "not_a_member", "signing in makes no members yet");
    let path = format!("/api/v1/sso-connections/{}", stage.connection);
    assert_eq!(stage.app.owner.patch(&path, json!({ "provision": true })).await.status, 200);
    assert_eq!(error(&stage.come("s1", "bea@elsewhere.example").await), "not_a_member", "not its domain");
    let came = stage.come("s1", "bea@example.com").await;
    assert_eq!((came.status, came.header("location")), (303, "/flags?p=shop"));
    let bea = after(&stage.app, &came);
    let session = bea.get("/api/v1/session").await.body;
    assert_eq!((&session["user"]["email"], &session["role"]), (&json!("bea@example.com"), &json!("editor")));

    // The subject is who they are, not the address.
    let again = stage.come("s1", "bea.renamed@elsewhere.example").await;
    let again = after(&stage.app, &again).get("/api/v1/session").await.body;
    assert_eq!(again["user"]["id"], session["user"]["id"]);
    assert_eq!(error(&stage.come("s2", "bea.renamed@elsewhere.example").await), "not_a_member");

    // What such a session is not good for.
    for (method, path) in [("POST", "/api/v1/account/totp/enrolment"), ("DELETE", "/api/v1/account/sessions")] {
        let reply = bea.send(method, path, None).await;
        assert_eq!((reply.status, reply.text("code").as_str()), (403, "managed_elsewhere"), "{path}");
    }
    let password = bea.put("/api/v1/account/password", json!({ "password": "another fine password" })).await;
    assert_eq!(password.text("code"), "managed_elsewhere");
    let out = bea.delete("/api/v1/session").await;
    assert!(out.text("location").starts_with(&format!("{}/logout?", stage.provider.issuer)), "{}", out.body);
    assert_eq!(bea.get("/api/v1/session").await.status, 401);
}

/// Roles by groups come and go with the groups, at each sign-in; those given by hand stay.
async fn who_came_by_groups_follows_them(app: Arc<TestApp>) {
    let stage = stage(
        app,
        json!({ "provision": true, "groups": { "devs": { "roles": ["editor"] }, "boss": { "roles": ["owner"] } } }),
    )
    .await;
    let come = async |subject: &str, email: &str, groups: Value| {
        let way = stage.leave().await;
        let mut claims = stage.claims(&way, subject, email);
        claims["groups"] = groups;
        stage.provider.say(Stage::says(&way, claims));
        let reply = stage.back(&way, &format!("code=c&state={}", way.state)).await;
        assert_eq!((reply.status, reply.header("location")), (303, "/flags?p=shop"));
        let session = after(&stage.app, &reply).get("/api/v1/session").await.body;
        let id = session["user"]["id"].as_str().unwrap().to_owned();
        let member = stage.app.owner.get(&format!("/api/v1/members/{id}")).await;
        (id, member.body["roles"].clone())
    };
    let (bea, roles) = come("s1", "bea@example.com", json!(["devs"])).await;
    assert_eq!(roles, json!(["editor", "viewer"]));
    let before = stage.app.app.store.scopes().await.unwrap();
    assert_eq!(come("s1", "bea@example.com", json!(["devs"])).await.1, json!(["editor", "viewer"]));
    assert_eq!(stage.app.app.store.scopes().await.unwrap(), before, "nothing was to be written");
    let role = json!({ "key": "extra", "name": "Extra", "grants": [{ "permissions": ["project.read"], "projects": "*", "environments": "*" }] });
    assert_eq!(stage.app.owner.post("/api/v1/roles", role).await.status, 201);
    let path = format!("/api/v1/members/{bea}");
    let by_hand = stage.app.owner.patch(&path, json!({ "roles": ["editor", "viewer", "extra"] })).await;
    assert_eq!(by_hand.status, 200, "{}", by_hand.body);
    assert_eq!(come("s1", "bea@example.com", json!([])).await.1, json!(["extra", "viewer"]));
    assert_eq!(come("s1", "bea@example.com", json!(["boss"])).await.1, json!(["extra", "owner", "viewer"]));
    assert_eq!(come("s1", "bea@example.com", json!("devs")).await.1, json!(["editor", "extra", "viewer"]));

    // Who was a member before has what they were given here, whatever the provider says.
    let (ana, roles) = come("s2", OWNER_EMAIL, json!(["devs"])).await;
    assert_eq!(roles, json!(["owner"]));
    assert_eq!(come("s2", OWNER_EMAIL, json!([])).await.1, json!(["owner"]));
    // The last owner stays one.
    come("s1", "bea@example.com", json!(["boss"])).await;
    assert_eq!(
        stage.app.owner.patch(&format!("/api/v1/members/{ana}"), json!({ "roles": ["viewer", "admin"] })).await.status,
        200
    );
    let way = stage.leave().await;
    let mut claims = stage.claims(&way, "s1", "bea@example.com");
    claims["groups"] = json!([]);
    stage.provider.say(Stage::says(&way, claims));
    let reply = stage.back(&way, &format!("code=c&state={}", way.state)).await;
    let session = after(&stage.app, &reply).get("/api/v1/session").await.body;
    assert_eq!(session["role"], "owner", "{session}");
}

async fn lies_are_not_believed(app: Arc<TestApp>) {
    let stage = stage(app, json!({ "provision": true })).await;
    let now = stage.app.now() / 1_000;
    let lies: [(&str, Value); 8] = [
        ("iss", json!("https://evil.example")),
        ("aud", json!("another-client")),
        ("nonce", json!("of another sign-in")),
        ("nonce", json!(null)),
        ("exp", json!(now - 120)),
        ("iat", json!(now - 3_600)),
        ("iat", json!(now + 3_600)),
        ("sub", json!(null)),
    ];
    for (claim, value) in lies {
        let way = stage.leave().await;
        let mut claims = stage.claims(&way, "s1", "bea@example.com");
        claims[claim] = value.clone();
        stage.provider.say(Stage::says(&way, claims));
        let reply = stage.back(&way, &format!("code=c&state={}", way.state)).await;
        assert_eq!(error(&reply), "token", "{claim} = {value}");
    }
    for (alg, other_key) in [("none", false), ("HS256", false), ("ES256", true)] {
        let way = stage.leave().await;
        let claims = stage.claims(&way, "s1", "bea@example.com");
        stage.provider.say(Says { alg, other_key, ..Stage::says(&way, claims) });
        let reply = stage.back(&way, &format!("code=c&state={}", way.state)).await;
        assert_eq!(error(&reply), "token", "{alg} {other_key}");
    }
    for verified in [json!(false), json!(null), json!("true")] {
        let way = stage.leave().await;
        let mut claims = stage.claims(&way, "s9", OWNER_EMAIL);
        claims["email_verified"] = verified.clone();
        stage.provider.say(Stage::says(&way, claims));
        let reply = stage.back(&way, &format!("code=c&state={}", way.state)).await;
        assert!(["not_a_member", "token"].contains(&error(&reply)), "{verified}: an address nobody verified");
    }
    assert_eq!(stage.app.owner.get("/api/v1/members").await.body["total"], 1, "nobody came in");
}

async fn an_answer_is_for_the_browser_that_asked_and_once(app: Arc<TestApp>) {
    let stage = stage(app, json!({ "provision": true })).await;
    let way = stage.leave().await;
    let other = stage.leave().await;
    let honest = |way: &Way| stage.provider.say(Stage::says(way, stage.claims(way, "s1", "bea@example.com")));
    honest(&way);
    assert_eq!(error(&stage.back(&way, &format!("code=c&state={}", other.state)).await), "state");
    assert_eq!(error(&stage.back(&way, "code=c").await), "state");
    let nobody = Way { browser: stage.app.anonymous(), ..stage.leave().await };
    assert_eq!(error(&stage.back(&nobody, &format!("code=c&state={}", way.state)).await), "over");
    let iss = "iss=https%3A%2F%2Fevil.example";
    assert_eq!(error(&stage.back(&other, &format!("code=c&state={}&{iss}", other.state)).await), "state", "mix-up");
    let denied = stage.leave().await;
    assert_eq!(error(&stage.back(&denied, &format!("error=access_denied&state={}", denied.state)).await), "denied");

    honest(&way);
    let query = format!("code=c&state={}", way.state);
    let came = stage.back(&way, &query).await;
    assert_eq!(came.header("location"), "/flags?p=shop");
    honest(&way);
    assert_eq!(error(&stage.back(&way, &query).await), "over", "the same answer again");
    // A code that was given to somebody else's question: PKCE.
    let thief = stage.leave().await;
    honest(&way);
    assert_eq!(error(&stage.back(&thief, &format!("code=c&state={}", thief.state)).await), "token");
    let late = stage.leave().await;
    stage.app.advance(15 * 60_000);
    honest(&late);
    assert_eq!(error(&stage.back(&late, &format!("code=c&state={}", late.state)).await), "over");

    for elsewhere in ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let body = json!({ "tenant": "acme", "return_to": elsewhere });
        assert_eq!(stage.app.anonymous().post(SSO, body).await.status, 422, "{elsewhere}");
    }
    for tenant in ["nobody", "ACME"] {
        let reply = stage.app.anonymous().post(SSO, json!({ "tenant": tenant })).await;
        assert_eq!((reply.status, reply.text("code").as_str()), (404, "no_sso"));
        let choices = stage.app.anonymous().get(&format!("{SSO}?tenant={tenant}")).await;
        assert_eq!(choices.body, json!({ "connections": [] }));
    }
}

async fn a_provider_speaks_for_its_tenant_only(app: Arc<TestApp>) {
    // The owner is an operator, and a member of two tenants. The second one's provider says that it is them.
    let other = app.second_tenant("other").await;
    let stage = stage(app, json!({ "provision": true })).await;
    let came = stage.come("ana", OWNER_EMAIL).await;
    assert_eq!(came.header("location"), "/flags?p=shop", "a member of the tenant whose address was verified");
    let ana = after(&stage.app, &came);
    let session = ana.get("/api/v1/session").await.body;
    assert_eq!(session["tenants"].as_array().unwrap().len(), 1, "{session}");
    assert_eq!(session["operator"], false);
    assert_eq!(ana.post("/api/v1/session/tenant", json!({ "tenant": "other" })).await.status, 404);
    assert_eq!(ana.get("/api/v1/tenants/other").await.status, 404);
    assert_eq!(ana.post("/api/v1/tenants", json!({ "key": "x", "name": "X" })).await.status, 403);
    assert_eq!(ana.post("/api/v1/tokens", json!({ "name": "x" })).await.status, 403, "nor a token that could");

    // Somebody of another tenant is nobody here, however equal the addresses are.
    let invited = other
        .post(
            "/api/v1/sso-connections",
            json!({
                "name": "Other", "issuer": stage.provider.issuer, "client_id": "yardarm", "provision": true,
                "domains": ["example.com"], "default_roles": ["viewer"],
            }),
        )
        .await;
    assert_eq!(invited.status, 201, "{}", invited.body);
    let theirs =
        Stage { app: Arc::clone(&stage.app), provider: stage.provider.clone(), connection: invited.text("id") };
    let bea = stage.come("bea", "bea@example.com").await;
    assert_eq!(bea.header("location"), "/flags?p=shop");
    let first = after(&stage.app, &bea).get("/api/v1/session").await.body;
    let left = theirs.app.anonymous().post(SSO, json!({ "tenant": "other" })).await;
    let asked = parameters(&left.text("location"));
    let way = Way {
        browser: after(&theirs.app, &left),
        state: asked["state"].clone(),
        nonce: asked["nonce"].clone(),
        challenge: asked["code_challenge"].clone(),
    };
    theirs.provider.say(Stage::says(&way, theirs.claims(&way, "bea", "bea@example.com")));
    let query = format!("code=c&state={}", way.state);
    // Neither at the first tenant's address nor at its own.
    assert_eq!(error(&stage.back(&way, &query).await), "state", "another connection's answer");
    // Nor does who has the address elsewhere keep the tenant's own people out: it is another account, and sees nothing.
    let came = theirs.back(&way, &query).await;
    assert_eq!(came.status, 303, "{}", came.body);
    let second = after(&theirs.app, &came).get("/api/v1/session").await.body;
    assert_eq!(
        (&first["user"]["email"], &second["user"]["email"]),
        (&json!("bea@example.com"), &json!("bea@example.com"))
    );
    assert_ne!(first["user"]["id"], second["user"]["id"]);
    for (session, tenant) in [(&first, "acme"), (&second, "other")] {
        let tenants = session["tenants"].as_array().unwrap();
        assert_eq!((tenants.len(), &tenants[0]["key"]), (1, &json!(tenant)), "{session}");
    }
    assert_eq!(other.get("/api/v1/members").await.body["total"], 2);
    // An invitation of a third tenant finds neither.
    let third = stage.app.second_tenant("third").await;
    let invited = third.post("/api/v1/invitations", json!({ "email": "bea@example.com" })).await;
    let body = json!({ "token": invited.text("token"), "name": "Bea", "password": "a sentence nobody guesses" });
    assert_eq!(stage.app.anonymous().post("/api/v1/invitations/accept", body).await.status, 201);
    let stays = after(&stage.app, &stage.come("bea", "bea@example.com").await).get("/api/v1/session").await.body;
    assert_eq!((&stays["user"]["id"], stays["tenants"].as_array().unwrap().len()), (&first["user"]["id"], 1));
    let foreign = format!("/api/v1/sso-connections/{}", stage.connection);
    assert_eq!(other.get(&foreign).await.status, 404);
    assert_eq!(other.delete(&foreign).await.status, 404);
}

async fn a_tenant_may_demand_its_provider(app: Arc<TestApp>) {
    let refused = app.owner.patch("/api/v1/tenants/acme", json!({ "requires_sso": true })).await;
    assert_eq!((refused.status, refused.problems()[0].1.as_str()), (422, "no_sso"));
    let stage = stage(app, json!({ "provision": true })).await;
    let bea = after(&stage.app, &stage.come("bea", "bea@example.com").await);
    assert_eq!(stage.app.app.sign_in_link("bea@example.com").await.unwrap(), None, "hers is the tenant's");
    let invited =
        stage.app.owner.post("/api/v1/invitations", json!({ "email": "cy@example.com", "roles": ["viewer"] })).await;
    let body = json!({ "token": invited.text("token"), "name": "Cy", "password": "a sentence nobody guesses" });
    assert_eq!(stage.app.anonymous().post("/api/v1/invitations/accept", body).await.status, 201);
    let link = stage.app.app.sign_in_link("cy@example.com").await.unwrap().unwrap();
    let by_link = stage.app.anonymous().post("/api/v1/session/link", json!({ "token": link })).await;
    let by_link = after(&stage.app, &by_link);
    assert_eq!(by_link.get("/api/v1/projects").await.status, 200);
    let demand = json!({ "requires_sso": true });
    assert_eq!(stage.app.owner.patch("/api/v1/tenants/acme", demand).await.body["requires_sso"], true);
    let reply = by_link.get("/api/v1/projects").await;
    assert_eq!((reply.status, reply.text("code").as_str()), (403, "sso_required"));
    assert_eq!(by_link.get("/api/v1/session").await.body["unmet"], "sso");
    assert_eq!(bea.get("/api/v1/projects").await.status, 200);
    assert_eq!(stage.app.browser().await.get("/api/v1/projects").await.status, 200, "an owner keeps a way in");

    // A connection that is gone takes its sessions along.
    let path = format!("/api/v1/sso-connections/{}", stage.connection);
    assert_eq!(stage.app.owner.delete(&path).await.status, 204);
    assert_eq!(bea.get("/api/v1/session").await.status, 401);
}

async fn an_admin_cannot_choose_who_they_are(app: Arc<TestApp>) {
    let admin = app.with_role("admin").await;
    let body = json!({ "name": "Mine", "issuer": "https://evil.example", "client_id": "x" });
    assert_eq!(admin.post("/api/v1/sso-connections", body).await.status, 403);
    assert_eq!(admin.patch("/api/v1/tenants/acme", json!({ "requires_second_factor": true })).await.status, 403);
    let inside = json!({ "name": "Metadata", "issuer": "http://169.254.169.254", "client_id": "x" });
    let refused = app.owner.post("/api/v1/sso-connections", inside).await;
    assert_eq!((refused.status, refused.problems()[0].0.as_str()), (422, "/issuer"));
    let roles = json!({ "name": "X", "issuer": "https://x.example", "client_id": "x", "default_roles": ["emperor"] });
    assert_eq!(app.owner.post("/api/v1/sso-connections", roles).await.problems()[0].1, "role_unknown");
}

/// What is decided is decided on what is there then, not on what was there when the request came.
async fn a_demand_is_not_taken_back_by_who_was_slower(app: Arc<TestApp>) {
    const ACME: &str = "/api/v1/tenants/acme";
    let stage = stage(app, json!({})).await;
    let (owner, admin) = (&stage.app.owner, stage.app.with_role("admin").await);
    let seen = owner.get(ACME).await.header("etag").to_owned();
    let renames = admin.begin("PATCH", ACME, &json!({ "name": "Renamed" })).await;
    let undoes = admin.begin("PATCH", ACME, &json!({ "requires_sso": false })).await;
    let same_tag = admin.with_header("if-match", &seen).begin("PATCH", ACME, &json!({ "name": "Twice" })).await;
    let demands = owner.with_header("if-match", &seen).patch(ACME, json!({ "requires_sso": true })).await;
    assert_eq!(demands.status, 200, "{}", demands.body);

    let (status, answer) = same_tag.finish().await;
    assert_eq!(status, 412, "{answer}");
    let (status, answer) = undoes.finish().await;
    assert_eq!(status, 403, "{answer}");
    let (status, answer) = renames.finish().await;
    assert_eq!(status, 200, "{answer}");
    let now = owner.get(ACME).await;
    assert_eq!((&now.body["name"], &now.body["requires_sso"]), (&json!("Renamed"), &json!(true)));
    assert!(answer.contains(&format!("etag: {}", now.header("etag"))), "{answer}");
    let same = owner.patch(ACME, json!({ "name": "Renamed" })).await;
    assert_eq!((same.status, same.header("etag")), (200, now.header("etag")), "what is so already is no change");
}

/// Of changes at the same moment none takes back what another did.
async fn changes_of_a_connection_are_one_after_the_other(app: Arc<TestApp>) {
    const CONNECTIONS: &str = "/api/v1/sso-connections";
    let stage = stage(app, json!({})).await;
    let (owner, other) = (&stage.app.owner, Provider::start().await);
    let path = format!("{CONNECTIONS}/{}", stage.connection);
    for round in 0..4 {
        let issuer = if round % 2 == 0 { &other.issuer } else { &stage.provider.issuer };
        let moved = json!({ "issuer": issuer, "client_secret": format!("secret {round}") });
        let name = format!("Login {round}");
        let (moved, renamed) = tokio::join!(owner.patch(&path, moved), owner.patch(&path, json!({ "name": name })));
        assert_eq!((moved.status, renamed.status), (200, 200), "{} {}", moved.body, renamed.body);
        let now = owner.get(&path).await.body;
        assert_eq!((&now["issuer"], &now["name"]), (&json!(issuer), &json!(name)));

        let tag = owner.get(&path).await.header("etag").to_owned();
        let tagged = owner.with_header("if-match", &tag);
        let (one, two) = tokio::join!(
            tagged.patch(&path, json!({ "name": format!("Tagged {round}") })),
            tagged.patch(&path, json!({ "groups_claim": format!("claim {round}") })),
        );
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412], "{} {}", one.body, two.body);
    }

    let body = |name: &str| json!({ "name": name, "issuer": other.issuer, "client_id": "yardarm" });
    for round in 0..4 {
        let one = format!("{CONNECTIONS}/{}", owner.post(CONNECTIONS, body("Brief")).await.text("id"));
        let (removed, renamed) =
            tokio::join!(owner.delete(&one), owner.patch(&one, json!({ "name": format!("Brief {round}") })));
        assert_eq!(removed.status, 204, "{}", removed.body);
        assert!([200, 404].contains(&renamed.status), "{}", renamed.body);
        assert_eq!(owner.get(&one).await.status, 404, "what was removed is gone");
    }

    for n in 1..19 {
        assert_eq!(owner.post(CONNECTIONS, body(&format!("Login {n}"))).await.status, 201);
    }
    let (one, two) = tokio::join!(owner.post(CONNECTIONS, body("A")), owner.post(CONNECTIONS, body("B")));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422], "{} {}", one.body, two.body);
    assert_eq!(owner.get(CONNECTIONS).await.body["items"].as_array().unwrap().len(), 20);
}

yardarm_testkit::on_both_stores![
    a_new_person_becomes_a_member_with_what_the_groups_say,
    who_came_by_groups_follows_them,
    lies_are_not_believed,
    an_answer_is_for_the_browser_that_asked_and_once,
    a_provider_speaks_for_its_tenant_only,
    a_tenant_may_demand_its_provider,
    an_admin_cannot_choose_who_they_are,
    a_demand_is_not_taken_back_by_who_was_slower,
    changes_of_a_connection_are_one_after_the_other,
];
