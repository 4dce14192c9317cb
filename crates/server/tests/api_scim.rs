//! A tenant's directory (SCIM 2.0): who comes, who goes, what it can never do, and the words of several directories.

#![expect(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use yardarm_testkit::{Client, OWNER_EMAIL, Reply, TestApp};

const USERS: &str = "/scim/v2/Users";
const GROUPS: &str = "/scim/v2/Groups";
const PASSWORD: &str = "a sentence nobody guesses";

/// A directory's token: `scim.manage` and nothing else.
async fn directory(app: &TestApp, owner: &Client) -> Client {
    let role = json!({ "key": "scim", "name": "Directory",
        "grants": [{ "permissions": ["scim.manage"], "projects": "*", "environments": "*" }] });
    let made = owner.post("/api/v1/roles", role).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let account = owner.post("/api/v1/service-accounts", json!({ "name": "Okta", "roles": ["scim"] })).await;
    let token = json!({ "name": "okta", "service_account": account.text("id"), "role": "scim" });
    let token = owner.post("/api/v1/tokens", token).await;
    assert_eq!(token.status, 201, "{}", token.body);
    app.with_token(&token.text("token"))
}

fn patch(operations: Value) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })
}

fn person(address: &str, name: &str) -> Value {
    json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": address, "displayName": name,
        "externalId": format!("ext-{name}"), "active": true,
        "emails": [{ "value": address, "type": "work", "primary": true }] })
}

async fn made(client: &Client, path: &str, body: Value) -> Value {
    let reply = client.post(path, body).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    assert_eq!(reply.header("content-type"), "application/scim+json");
    assert_eq!(reply.header("location"), reply.body["meta"]["location"].as_str().unwrap());
    assert_eq!(reply.header("etag"), reply.body["meta"]["version"].as_str().unwrap());
    reply.body
}

fn at(kind: &str, resource: &Value) -> String {
    format!("{kind}/{}", resource["id"].as_str().unwrap())
}

/// Status and `scimType` of a refusal, which must be in SCIM's form.
fn refused(reply: &Reply) -> (u16, String) {
    assert_eq!(reply.header("content-type"), "application/scim+json", "{}", reply.body);
    assert_eq!(reply.body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]), "{}", reply.body);
    assert_eq!(reply.body["status"], reply.status.to_string());
    (reply.status, reply.body["scimType"].as_str().unwrap_or_default().to_owned())
}

fn is(status: u16, kind: &str) -> (u16, String) {
    (status, kind.to_owned())
}

/// Somebody with a password, invited by this owner.
async fn invited(app: &TestApp, by: &Client, address: &str, name: &str, roles: &[&str]) -> String {
    let invitation = by.post("/api/v1/invitations", json!({ "email": address, "roles": roles })).await;
    let body = json!({ "token": invitation.text("token"), "name": name, "password": PASSWORD });
    let accepted = app.anonymous().post("/api/v1/invitations/accept", body).await;
    assert_eq!(accepted.status, 201, "{}", accepted.body);
    sign_in(app, address).await.1
}

async fn sign_in(app: &TestApp, address: &str) -> (Client, String) {
    let answer = app.anonymous().post("/api/v1/session", json!({ "email": address, "password": PASSWORD })).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = answer.body["user"]["id"].as_str().unwrap().to_owned();
    (app.anonymous().with_cookie(&answer.cookie()), id)
}

async fn a_token_of_scim_does_nothing_else(app: Arc<TestApp>) {
    let okta = directory(&app, &app.owner).await;
    assert_eq!(okta.get(USERS).await.status, 200);
    for path in ["/api/v1/members", "/api/v1/groups", "/api/v1/audit", "/api/v1/webhooks"] {
        assert_eq!(okta.get(path).await.status, 403, "{path}");
    }
    for body in [json!({ "key": "x", "name": "x" }), json!({ "email": "x@example.com", "roles": ["owner"] })] {
        assert_eq!(okta.post("/api/v1/groups", body.clone()).await.status, 403);
        assert_eq!(okta.post("/api/v1/invitations", body).await.status, 403);
    }
    // Neither an admin nor nobody is a directory.
    for client in [app.with_role("admin").await, app.anonymous(), app.with_token("yd_pat_no")] {
        let reply = client.get(USERS).await;
        assert!(matches!(reply.status, 401 | 403), "{}", reply.body);
        refused(&reply);
    }
    refused(&okta.get("/scim/v2/Nothing").await);
    refused(&okta.post("/scim/v2/Bulk", json!({})).await);
    assert_eq!(okta.get("/scim/v2/ServiceProviderConfig").await.body["bulk"]["supported"], false);
}

async fn people_come_change_and_go(app: Arc<TestApp>) {
    let okta = directory(&app, &app.owner).await;
    let bo = made(&okta, USERS, person("Bo@Example.com", "Bo")).await;
    let path = at(USERS, &bo);
    assert_eq!((bo["userName"].as_str(), bo["externalId"].as_str()), (Some("Bo@Example.com"), Some("ext-Bo")));
    let found = okta.get(&format!("{USERS}?filter=userName%20eq%20%22bo@example.com%22")).await.body;
    assert_eq!((found["totalResults"].as_u64(), &found["Resources"][0]["id"]), (Some(1), &bo["id"]));
    assert_eq!(found["Resources"][0], okta.get(&path).await.body);
    // Everybody is there to be found, also who came otherwise.
    let ana = okta.get(&format!("{USERS}?filter=emails.value%20eq%20%22{OWNER_EMAIL}%22")).await.body;
    assert_eq!(ana["Resources"][0]["userName"], OWNER_EMAIL);
    let search = json!({ "filter": "displayName sw \"b\"", "attributes": ["userName"] });
    let search = okta.post(&format!("{USERS}/.search"), search).await.body;
    assert_eq!(search["Resources"].as_array().unwrap().len(), 1);
    assert!(search["Resources"][0]["emails"].is_null(), "{search}");

    // A member without any role: what people hold is not said by a directory.
    let member = app.owner.get(&path.replace(USERS, "/api/v1/members")).await.body;
    assert_eq!(
        (&member["roles"], &member["of_directory"], member["user"]["name"].as_str()),
        (&json!([]), &json!(true), Some("Bo"))
    );

    // The same again is a conflict, by its name and by its address.
    assert_eq!(refused(&okta.post(USERS, person("BO@example.com", "Other")).await), is(409, "uniqueness"));
    assert_eq!(refused(&okta.post(USERS, person(OWNER_EMAIL, "Other")).await), is(409, "uniqueness"));
    let same_name = json!({ "userName": "BO@example.com", "emails": [{ "value": "elsewhere@example.com" }] });
    assert_eq!(refused(&okta.post(USERS, same_name.clone()).await), is(409, "uniqueness"));
    let cy = made(&okta, USERS, person("cy@example.com", "Cy")).await;
    assert_eq!(refused(&okta.put(&at(USERS, &cy), same_name).await), is(409, "uniqueness"));
    let mut other = person("other", "Other");
    other["emails"][0]["value"] = json!("bo@example.com");
    assert_eq!(refused(&okta.post(USERS, other).await), is(409, "uniqueness"));
    assert_eq!(refused(&okta.post(USERS, json!({ "userName": "no address" })).await), is(400, "invalidValue"));
    assert_eq!(refused(&okta.post(USERS, json!([])).await), is(400, "invalidSyntax"));
    assert_eq!(refused(&okta.get(&format!("{USERS}?filter=userName")).await), is(400, "invalidFilter"));
    assert_eq!(refused(&okta.get(&format!("{USERS}/usr_none")).await), is(404, ""));

    // Versions.
    let stale = okta
        .with_header("if-match", "W/\"0000\"")
        .patch(&path, patch(json!([{ "op": "replace", "value": { "displayName": "B" } }])))
        .await;
    assert_eq!(refused(&stale), is(412, ""));
    let current = okta.with_header("if-match", bo["meta"]["version"].as_str().unwrap());
    app.advance(1_000);
    let changed =
        current.patch(&path, patch(json!([{ "op": "Replace", "path": "name.givenName", "value": "Bodil" }]))).await;
    assert_eq!((changed.status, changed.body["name"]["givenName"].as_str()), (200, Some("Bodil")), "{}", changed.body);
    assert!(changed.body["meta"]["lastModified"].as_str() > bo["meta"]["lastModified"].as_str(), "{}", changed.body);
    assert_eq!(
        current.patch(&path, patch(json!([{ "op": "Replace", "path": "displayName", "value": "C" }]))).await.status,
        412
    );
    // The same once more changes nothing, and nothing is logged.
    let before = log(&app).await;
    let same = okta.patch(&path, patch(json!([{ "op": "replace", "path": "name.givenName", "value": "Bodil" }]))).await;
    assert_eq!(same.body, changed.body);
    assert_eq!(log(&app).await, before);
    let put = okta.put(&path, json!({ "userName": "bodil@example.com", "active": true })).await;
    assert_eq!(
        (put.status, &put.body["name"], &put.body["externalId"]),
        (200, &Value::Null, &Value::Null),
        "{}",
        put.body
    );
    assert_eq!(refused(&okta.put(&path, json!({ "userName": OWNER_EMAIL })).await), is(409, "uniqueness"));
    assert_eq!(
        refused(&okta.patch(&path, patch(json!([{ "op": "replace", "path": "id", "value": "x" }]))).await),
        is(400, "mutability")
    );

    assert_eq!(okta.delete(&path).await.status, 204);
    assert_eq!(okta.delete(&path).await.status, 404);
    assert_eq!(app.owner.get(&path.replace(USERS, "/api/v1/members")).await.status, 404);
    // They can come again.
    made(&okta, USERS, person("bo@example.com", "Bo")).await;
}

async fn log(app: &TestApp) -> u64 {
    app.app.store.scopes().await.unwrap().iter().map(|scope| scope.rev).sum()
}

async fn who_is_not_active_is_out(app: Arc<TestApp>) {
    let okta = directory(&app, &app.owner).await;
    let id = invited(&app, &app.owner, "bo@example.com", "Bo", &["viewer"]).await;
    let (browser, _) = sign_in(&app, "bo@example.com").await;
    let token = browser.post("/api/v1/tokens", json!({ "name": "mine" })).await.text("token");
    let mut stream = browser.open("GET", "/api/v1/projects/shop/stream", None).await;
    assert_eq!(stream.status(), 200);
    let group = made(&okta, GROUPS, json!({ "displayName": "Crew", "members": [{ "value": id }] })).await;

    // As Okta says it; as Entra ID says it.
    let path = format!("{USERS}/{id}");
    let reply = okta.patch(&path, patch(json!([{ "op": "replace", "value": { "active": false } }]))).await;
    assert_eq!((reply.status, &reply.body["active"]), (200, &json!(false)), "{}", reply.body);
    assert_eq!(browser.get("/api/v1/session").await.status, 401);
    assert_eq!(app.with_token(&token).get("/api/v1/session").await.status, 401);
    let ended = tokio::time::timeout(Duration::from_mins(1), async { while let Ok(Some(_)) = stream.chunk().await {} });
    ended.await.expect("the stream ends by itself");
    assert_eq!(app.owner.get(&format!("/api/v1/members/{id}")).await.status, 404);
    // The directory still knows them, and that they are in the group.
    assert_eq!(okta.get(&path).await.body["active"], false);
    assert_eq!(okta.get(&at(GROUPS, &group)).await.body["members"][0]["value"], id);
    assert_eq!(refused(&okta.post(USERS, person("bo@example.com", "Bo")).await), is(409, "uniqueness"));

    let reply = okta.patch(&path, patch(json!([{ "op": "Replace", "path": "active", "value": "True" }]))).await;
    assert_eq!((reply.status, &reply.body["active"]), (200, &json!(true)), "{}", reply.body);
    let member = app.owner.get(&format!("/api/v1/members/{id}")).await.body;
    assert_eq!(
        (&member["roles"], &member["groups"]),
        (&json!([]), &json!([group["id"]])),
        "only what the directory says"
    );
    assert_eq!(app.with_token(&token).get("/api/v1/session").await.status, 401, "what was revoked stays so");
    sign_in(&app, "bo@example.com").await;

    // Somebody who begins as not active is known, and comes later.
    let mut later = person("cy@example.com", "Cy");
    later["active"] = json!("False");
    let cy = made(&okta, USERS, later).await;
    assert_eq!(app.owner.get(&at(USERS, &cy).replace(USERS, "/api/v1/members")).await.status, 404);
    assert_eq!(okta.put(&at(USERS, &cy), person("cy@example.com", "Cy")).await.status, 200);
    assert_eq!(app.owner.get(&at(USERS, &cy).replace(USERS, "/api/v1/members")).await.status, 200);
}

async fn the_last_owner_stays(app: Arc<TestApp>) {
    let okta = directory(&app, &app.owner).await;
    let ana = app.owner.get("/api/v1/session").await.body["user"]["id"].as_str().unwrap().to_owned();
    let path = format!("{USERS}/{ana}");
    let off = patch(json!([{ "op": "replace", "path": "active", "value": false }]));
    for reply in [okta.delete(&path).await, okta.patch(&path, off.clone()).await] {
        assert_eq!(refused(&reply), is(409, ""));
        assert!(reply.text("detail").contains("always has an owner"), "{}", reply.body);
    }
    assert_eq!(app.owner.get("/api/v1/session").await.status, 200);
    invited(&app, &app.owner, "bo@example.com", "Bo", &["owner"]).await;
    assert_eq!(okta.patch(&path, off).await.status, 200, "there is another one");
}

async fn groups_hold_what_they_were_given(app: Arc<TestApp>) {
    let okta = directory(&app, &app.owner).await;
    let [bo, cy] = [("bo@example.com", "Bo"), ("cy@example.com", "Cy")];
    let (bo, cy) = (made(&okta, USERS, person(bo.0, bo.1)).await, made(&okta, USERS, person(cy.0, cy.1)).await);
    let local = json!({ "key": "admins", "name": "Admins", "roles": ["admin"] });
    assert_eq!(app.owner.post("/api/v1/groups", local).await.status, 201);
    let group =
        made(&okta, GROUPS, json!({ "displayName": "Admins", "externalId": "g1", "members": [{ "value": bo["id"] }] }))
            .await;
    let (path, key) = (at(GROUPS, &group), group["id"].as_str().unwrap());
    assert!(key.starts_with("admins-"), "{key}");
    // Groups that were made here are not the directory's to see or to fill.
    let listed = okta.get(&format!("{GROUPS}?filter=displayName%20eq%20%22admins%22")).await.body;
    assert_eq!((listed["totalResults"].as_u64(), &listed["Resources"][0]["id"]), (Some(1), &group["id"]));
    for reply in [
        okta.get(&format!("{GROUPS}/admins")).await,
        okta.delete(&format!("{GROUPS}/admins")).await,
        okta.patch(
            &format!("{GROUPS}/admins"),
            patch(json!([{ "op": "add", "path": "members", "value": [{ "value": bo["id"] }] }])),
        )
        .await,
    ] {
        assert_eq!(refused(&reply), is(404, ""));
    }
    assert_eq!(refused(&okta.post(GROUPS, json!({ "displayName": "ADMINS" })).await), is(409, "uniqueness"));
    let stranger = json!({ "displayName": "X", "members": [{ "value": "usr_none" }] });
    assert_eq!(refused(&okta.post(GROUPS, stranger).await), is(400, "invalidValue"));

    // A new group holds nothing, whatever it is called; somebody of the tenant gives it a role.
    let holds = || async { app.owner.get(&format!("/api/v1/groups/{key}")).await.body };
    assert_eq!((&holds().await["roles"], &holds().await["of_directory"]), (&json!([]), &json!(true)));
    let here = format!("/api/v1/groups/{key}");
    assert_eq!(app.owner.patch(&here, json!({ "roles": ["editor"] })).await.status, 200);
    // Who is in it, and its name, are the directory's.
    for reply in [
        app.owner.patch(&format!("{here}/members"), json!({ "add": [cy["id"]] })).await,
        app.owner.patch(&here, json!({ "name": "Other" })).await,
        app.owner.patch(&at("/api/v1/members", &cy), json!({ "groups": [key] })).await,
        app.owner.patch(&at("/api/v1/members", &bo), json!({ "groups": [] })).await,
        app.owner.post("/api/v1/invitations", json!({ "email": "x@example.com", "groups": [key] })).await,
    ] {
        assert_eq!((reply.status, reply.text("code").as_str()), (409, "managed_by_directory"), "{}", reply.body);
    }
    assert_eq!(app.owner.patch(&at("/api/v1/members", &cy), json!({ "roles": ["viewer"] })).await.status, 200);

    // In every dialect.
    let members = |reply: &Reply| {
        assert_eq!(reply.status, 200, "{}", reply.body);
        let members = reply.body["members"].as_array().cloned().unwrap_or_default();
        let names = members.iter().map(|member| if member["value"] == bo["id"] { "Bo" } else { "Cy" });
        names.collect::<Vec<_>>().join(" ")
    };
    let (b, c) = (bo["id"].as_str().unwrap(), cy["id"].as_str().unwrap());
    for (operations, expected) in [
        (json!([{ "op": "Add", "path": "members", "value": [{ "value": c }] }]), "Bo Cy"),
        (json!([{ "op": "remove", "path": format!("members[value eq \"{b}\"]") }]), "Cy"),
        (json!([{ "op": "Remove", "path": "members", "value": [{ "value": c }] }]), ""),
        (json!([{ "op": "replace", "path": "members", "value": [{ "value": b }, { "value": c }] }]), "Bo Cy"),
        (json!([{ "op": "replace", "value": { "id": key, "displayName": "Chiefs" } }]), "Bo Cy"),
        (json!([{ "op": "replace", "path": "externalId", "value": "g2" }, { "op": "remove", "path": "members" }]), ""),
        (json!([{ "op": "add", "value": { "members": [{ "value": b }] } }]), "Bo"),
    ] {
        let before = log(&app).await;
        let reply = okta.patch(&path, patch(operations.clone())).await;
        assert_eq!(members(&reply), expected, "{operations}");
        assert_eq!(log(&app).await, before + 1, "{operations}: one entry");
    }
    let put = okta.put(&path, json!({ "displayName": "Chiefs", "members": [{ "value": b }, { "value": c }] })).await;
    assert_eq!(members(&put), "Bo Cy");
    assert_eq!(okta.get(&at(USERS, &bo)).await.body["groups"][0]["display"], "Chiefs");
    let by_member =
        okta.get(&format!("{GROUPS}?filter=members.value%20eq%20%22{b}%22&excludedAttributes=members")).await.body;
    assert_eq!((by_member["totalResults"].as_u64(), &by_member["Resources"][0]["members"]), (Some(1), &Value::Null));
    assert_eq!(okta.delete(&path).await.status, 204);
    assert_eq!(app.owner.get(&here).await.status, 404);
    assert_eq!(app.owner.get(&at("/api/v1/members", &bo)).await.body["groups"], json!([]));
}

async fn a_directory_makes_accounts_of_its_tenant_only(app: Arc<TestApp>) {
    let id = invited(&app, &app.owner, "bo@example.com", "Bo Real", &["viewer"]).await;
    let (browser, _) = sign_in(&app, "bo@example.com").await;
    let there = app.second_tenant("other").await;
    let entra = directory(&app, &there).await;
    // Somebody who has an account of their own elsewhere gets another one here, and the first is not touched.
    let bo = made(&entra, USERS, person("bo@example.com", "Bo Other")).await;
    assert_ne!(bo["id"], id);
    assert_eq!(bo["displayName"], "Bo Other");
    assert_eq!(there.get(&at("/api/v1/members", &bo)).await.body["user"]["email"], "bo@example.com");
    let told = there.get("/api/v1/members").await.body.to_string() + &entra.get(USERS).await.body.to_string();
    assert!(!told.contains("Bo Real") && !told.contains(&id), "{told}");
    assert_eq!(browser.get("/api/v1/tenants").await.body["items"].as_array().unwrap().len(), 1, "nobody joins unasked");
    // Another name and address there are that tenant's words.
    let put = entra.put(&at(USERS, &bo), person("bo@other.example", "Somebody")).await;
    assert_eq!(put.status, 200, "{}", put.body);
    sign_in(&app, "bo@example.com").await;
    // Each directory sees its own tenant only.
    let okta = directory(&app, &app.owner).await;
    assert_eq!(okta.get(&format!("{USERS}/{id}")).await.body["userName"], "bo@example.com");
    let cy = made(&okta, USERS, person("cy@example.com", "Cy")).await;
    for foreign in [at(USERS, &cy), format!("{USERS}/{id}")] {
        let (foreign, missing) = (entra.get(&foreign).await, entra.get(&format!("{USERS}/usr_none")).await);
        assert_eq!((foreign.status, foreign.body), (missing.status, missing.body));
    }
    // Out there is not out here; and who comes back is who they were.
    assert_eq!(entra.delete(&at(USERS, &bo)).await.status, 204);
    assert_eq!(browser.get("/api/v1/session").await.body["tenant"]["key"], "acme");
    let again = made(&entra, USERS, person("bo@example.com", "Bo Other")).await;
    assert_eq!(again["id"], bo["id"]);
    // The same address at the same moment in both: two accounts.
    let (one, two) = tokio::join!(
        okta.post(USERS, person("di@example.com", "Di")),
        entra.post(USERS, person("di@example.com", "Di")),
    );
    assert_eq!((one.status, two.status), (201, 201), "{} {}", one.body, two.body);
    assert_ne!(one.body["id"], two.body["id"]);
}

/// A tenant that makes somebody's address its own keeps them from nothing elsewhere, and gets nothing of theirs.
async fn an_address_that_was_taken_first_is_not_taken(app: Arc<TestApp>) {
    let evil = app.second_tenant("evil").await;
    let entra = directory(&app, &evil).await;
    let squatted = made(&entra, USERS, person("victim@example.com", "Squatted")).await;
    let gone = made(&entra, USERS, person("gone@example.com", "Squatted")).await;
    assert_eq!(entra.delete(&at(USERS, &gone)).await.status, 204);
    let asleep = json!({ "userName": "asleep@example.com", "active": false });
    made(&entra, USERS, asleep).await;
    for address in ["victim@example.com", "gone@example.com", "asleep@example.com"] {
        // Looking at the link tells nothing of the other account; accepting it and signing in work as for anybody.
        let invitation = app.owner.post("/api/v1/invitations", json!({ "email": address, "roles": ["viewer"] })).await;
        assert_eq!(invitation.status, 201, "{address}: {}", invitation.body);
        let token = json!({ "token": invitation.text("token") });
        assert_eq!(app.anonymous().post("/api/v1/invitations/look", token).await.body["known"], false, "{address}");
        let body = json!({ "token": invitation.text("token"), "name": "Victim", "password": PASSWORD });
        let accepted = app.anonymous().post("/api/v1/invitations/accept", body).await;
        assert_eq!(accepted.status, 201, "{address}: {}", accepted.body);
        let (browser, id) = sign_in(&app, address).await;
        let tenants = browser.get("/api/v1/tenants").await.body;
        assert_eq!((tenants["items"].as_array().unwrap().len(), &tenants["items"][0]["key"]), (1, &json!("acme")));
        // The other account is theirs as little as this one is the other tenant's.
        for path in [format!("/api/v1/members/{id}"), format!("{USERS}/{id}")] {
            for client in [&evil, &entra] {
                assert!(matches!(client.get(&path).await.status, 403 | 404), "{path}");
            }
        }
    }
    let renamed = entra.put(&at(USERS, &squatted), person("victim@example.com", "Me")).await;
    assert_eq!(renamed.status, 200, "{}", renamed.body);
    assert_eq!(entra.delete(&at(USERS, &squatted)).await.status, 204);
    let (victim, _) = sign_in(&app, "victim@example.com").await;
    assert_eq!(victim.get("/api/v1/session").await.body["user"]["name"], "Victim");
    // A directory of the invited one's own tenant finds them and no second one.
    let okta = directory(&app, &app.owner).await;
    assert_eq!(refused(&okta.post(USERS, person("victim@example.com", "V")).await), is(409, "uniqueness"));
    // Nor is there a way in for an account that a tenant made: no password, no link.
    assert!(app.app.sign_in_link("asleep@example.com").await.unwrap().is_some(), "the invited one's");
    let only = made(&entra, USERS, person("only@example.com", "Only")).await;
    assert_eq!(only["active"], true);
    assert_eq!(app.app.sign_in_link("only@example.com").await.unwrap(), None);
    // Who is there already is not invited once more.
    let twice = evil.post("/api/v1/invitations", json!({ "email": "only@example.com" })).await;
    assert_eq!((twice.status, twice.text("code").as_str()), (409, "already_member"), "{}", twice.body);
}

async fn of_two_at_the_same_moment_one_is(app: Arc<TestApp>) {
    let okta = directory(&app, &app.owner).await;
    for n in 0..3 {
        let address = format!("p{n}@example.com");
        let one = || okta.post(USERS, person(&address, "P"));
        let (a, b, c, d) = tokio::join!(one(), one(), one(), one());
        let mut all: Vec<u16> = [&a, &b, &c, &d].iter().map(|reply| reply.status).collect();
        all.sort_unstable();
        assert_eq!(all, [201, 409, 409, 409]);
        let refusals = [a, b, c, d].into_iter().filter(|reply| reply.status == 409);
        refusals.for_each(|reply| assert_eq!(refused(&reply), is(409, "uniqueness")));
    }
    let group = || okta.post(GROUPS, json!({ "displayName": "Crew" }));
    let (a, b) = tokio::join!(group(), group());
    assert_eq!(a.status.max(b.status), 409, "{} {}", a.body, b.body);
    assert_eq!(okta.get(GROUPS).await.body["totalResults"], 1);
}

async fn more_than_there_may_be(app: Arc<TestApp>) {
    let okta = directory(&app, &app.owner).await;
    let group = made(&okta, GROUPS, json!({ "displayName": "Crew" })).await;
    let many: Vec<Value> = (0..5_001).map(|n| json!({ "value": format!("usr_{n}") })).collect();
    let before = log(&app).await;
    let add = patch(json!([{ "op": "add", "path": "members", "value": many }]));
    assert_eq!(refused(&okta.patch(&at(GROUPS, &group), add).await), is(400, "tooMany"));
    assert_eq!(refused(&okta.post(GROUPS, json!({ "displayName": "X", "members": many })).await), is(400, "tooMany"));
    let ops: Vec<Value> = (0..1_001).map(|_| json!({ "op": "remove", "path": "members" })).collect();
    assert_eq!(refused(&okta.patch(&at(GROUPS, &group), patch(json!(ops))).await), is(400, "tooMany"));
    let filter = format!("userName eq \"{}\"", "a".repeat(5_000));
    assert_eq!(
        refused(&okta.post(&format!("{USERS}/.search"), json!({ "filter": filter })).await),
        is(400, "invalidFilter")
    );
    let long = person("x@example.com", &"a".repeat(257));
    assert_eq!(refused(&okta.post(USERS, long).await), is(400, "invalidValue"));
    assert_eq!(okta.get(&format!("{USERS}?count=100000&startIndex=0")).await.body["startIndex"], 1);
    assert_eq!(log(&app).await, before);
}

yardarm_testkit::on_both_stores![
    a_token_of_scim_does_nothing_else,
    people_come_change_and_go,
    who_is_not_active_is_out,
    the_last_owner_stays,
    groups_hold_what_they_were_given,
    a_directory_makes_accounts_of_its_tenant_only,
    an_address_that_was_taken_first_is_not_taken,
    of_two_at_the_same_moment_one_is,
    more_than_there_may_be,
];
