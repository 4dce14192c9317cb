//! People of a tenant: invitations, roles, groups, service accounts, and every way to get more than one was given.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_testkit::{Client, OWNER_EMAIL, Reply, TestApp};

const PASSWORD: &str = "a sentence nobody guesses";

fn code(reply: &Reply) -> (u16, String) {
    (reply.status, reply.body["code"].as_str().unwrap_or_default().to_owned())
}

async fn invited(by: &Client, email: &str, roles: &[&str]) -> Reply {
    by.post("/api/v1/invitations", json!({ "email": email, "roles": roles })).await
}

/// Somebody new with these roles, in a browser; their id.
async fn person(app: &TestApp, email: &str, roles: &[&str]) -> (Client, String) {
    let invitation = invited(&app.owner, email, roles).await;
    assert_eq!(invitation.status, 201, "{}", invitation.body);
    let body = json!({ "token": invitation.text("token"), "name": email, "password": PASSWORD });
    let accepted = app.anonymous().post("/api/v1/invitations/accept", body).await;
    assert_eq!(accepted.status, 201, "{}", accepted.body);
    sign_in(app, email).await
}

async fn sign_in(app: &TestApp, email: &str) -> (Client, String) {
    let answer = app.anonymous().post("/api/v1/session", json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = answer.body["user"]["id"].as_str().unwrap().to_owned();
    (app.anonymous().with_cookie(&answer.cookie()), id)
}

async fn an_invitation_works_once_and_for_its_address(app: Arc<TestApp>) {
    let invitation = invited(&app.owner, "Bo@Example.com", &["editor"]).await;
    assert_eq!((invitation.status, invitation.body["email"].as_str()), (201, Some("bo@example.com")));
    let token = invitation.text("token");
    assert_eq!(code(&invited(&app.owner, "bo@example.com", &[]).await), (409, "already_invited".into()));
    assert_eq!(code(&invited(&app.owner, OWNER_EMAIL, &[]).await), (409, "already_member".into()));
    let visitor = app.anonymous();
    let look = visitor.post("/api/v1/invitations/look", json!({ "token": token })).await;
    assert_eq!((look.body["tenant"].as_str(), look.body["known"].as_bool()), (Some("Acme"), Some(false)));
    // It is of no use to somebody with another address, and stays good.
    let other = app.browser().await.post("/api/v1/invitations/join", json!({ "token": token })).await;
    assert_eq!(code(&other), (403, "forbidden".into()));
    // Nor is it a way to sign in or to set up.
    assert_eq!(visitor.post("/api/v1/session/link", json!({ "token": token })).await.status, 409);
    let weak = json!({ "token": token, "name": "Bo", "password": "short" });
    assert_eq!(visitor.post("/api/v1/invitations/accept", weak).await.status, 422);

    // A race: one of them is Bo.
    let body = || json!({ "token": token, "name": "Bo", "password": PASSWORD });
    let (one, two, three) = tokio::join!(
        visitor.post("/api/v1/invitations/accept", body()),
        visitor.post("/api/v1/invitations/accept", body()),
        visitor.post("/api/v1/invitations/accept", body()),
    );
    let mut statuses = [one.status, two.status, three.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409], "{} {} {}", one.body, two.body, three.body);
    assert_eq!(code(&visitor.post("/api/v1/invitations/accept", body()).await), (409, "link_used".into()));
    let (bo, _) = sign_in(&app, "bo@example.com").await;
    assert_eq!(bo.get("/api/v1/session").await.body["role"], "editor");
    assert_eq!(app.owner.get("/api/v1/invitations").await.body["total"], 0);
    assert_eq!(app.owner.get("/api/v1/members").await.body["total"], 2);
    // What is kept of it holds neither the link nor its hash.
    let members = app.owner.get("/api/v1/members").await.body.to_string();
    assert!(!members.contains(&token), "{members}");
}

async fn links_end_by_time_by_another_and_by_taking_back(app: Arc<TestApp>) {
    let visitor = app.anonymous();
    let look = |token: String| {
        let visitor = visitor.clone();
        async move { visitor.post("/api/v1/invitations/look", json!({ "token": token })).await.status }
    };
    let first = invited(&app.owner, "bo@example.com", &["viewer"]).await;
    let path = format!("/api/v1/invitations/{}", first.text("id"));
    let again = app.owner.send("POST", &format!("{path}/again"), None).await;
    assert_eq!(again.status, 200, "{}", again.body);
    assert_eq!(look(first.text("token")).await, 409, "the new link took its place");
    assert_eq!(look(again.text("token")).await, 200);
    app.advance(7 * 24 * 60 * 60 * 1_000);
    assert_eq!(look(again.text("token")).await, 409, "seven days are over");
    let third = app.owner.send("POST", &format!("{path}/again"), None).await;
    assert_eq!(look(third.text("token")).await, 200);
    assert_eq!(app.owner.delete(&path).await.status, 204);
    assert_eq!(look(third.text("token")).await, 409, "taken back");
    assert_eq!(app.owner.delete(&path).await.status, 404);
}

/// Who is taken out, or may no longer do it, has let nobody in with what they made before: not even themselves.
async fn an_invitation_ends_with_the_right_to_make_it(app: Arc<TestApp>) {
    let visitor = app.anonymous();
    let accept = |token: String, name: &str| {
        let (visitor, name) = (visitor.clone(), name.to_owned());
        async move {
            let body = json!({ "token": token, "name": name, "password": PASSWORD });
            visitor.post("/api/v1/invitations/accept", body).await
        }
    };
    let groups = json!({ "key": "crew", "name": "Crew", "roles": ["editor"] });
    assert_eq!(app.owner.post("/api/v1/groups", groups).await.status, 201);
    for (n, taken) in ["removed", "lowered", "another role"].into_iter().enumerate() {
        let (eve, id) = person(&app, &format!("eve-{n}@example.com"), &["admin"]).await;
        let path = format!("/api/v1/members/{id}");
        let back = invited(&eve, &format!("eve-again-{n}@example.com"), &["admin"]).await;
        let in_group = json!({ "email": format!("eve-crew-{n}@example.com"), "groups": ["crew"] });
        let in_group = eve.post("/api/v1/invitations", in_group).await;
        assert_eq!((back.status, in_group.status), (201, 201), "{} {}", back.body, in_group.body);
        let done = match taken {
            "removed" => app.owner.delete(&path).await,
            "lowered" => app.owner.patch(&path, json!({ "roles": ["viewer"] })).await,
            // Members are managed by a role that holds nothing else.
            _ => {
                let grants =
                    json!([{ "permissions": ["member.manage", "member.read"], "projects": "*", "environments": "*" }]);
                let role = json!({ "key": "doors", "name": "Doors", "grants": grants });
                assert_eq!(app.owner.post("/api/v1/roles", role).await.status, 201);
                app.owner.patch(&path, json!({ "roles": ["doors"] })).await
            }
        };
        assert!((200..300).contains(&done.status), "{taken}: {}", done.body);
        for invitation in [&back, &in_group] {
            let token = invitation.text("token");
            let look = visitor.post("/api/v1/invitations/look", json!({ "token": token })).await;
            assert_eq!(code(&look), (409, "link_used".into()), "{taken}");
            assert_eq!(code(&accept(token, "Eve").await), (409, "link_used".into()), "{taken}");
        }
        // Somebody who may do it answers for it, and then it is good.
        let again = app.owner.send("POST", &format!("/api/v1/invitations/{}/again", back.text("id")), None).await;
        assert_eq!(again.status, 200, "{taken}: {}", again.body);
        assert_eq!(accept(again.text("token"), "Eve").await.status, 201, "{taken}");
    }
    // Taken back at the moment at which it is accepted: one of them is told that it came too late.
    for n in 0..4 {
        let email = format!("race-{n}@example.com");
        let invitation = invited(&app.owner, &email, &["viewer"]).await;
        let path = format!("/api/v1/invitations/{}", invitation.text("id"));
        let (accepted, revoked) = tokio::join!(accept(invitation.text("token"), "Race"), app.owner.delete(&path));
        let members = app.owner.get("/api/v1/members").await.body.to_string();
        let both = (accepted.status, revoked.status);
        assert!([(201, 404), (409, 204)].contains(&both), "{both:?} {} {}", accepted.body, revoked.body);
        assert_eq!(members.contains(&email), accepted.status == 201, "{both:?}");
    }
}

async fn somebody_who_signs_in_already_joins(app: Arc<TestApp>) {
    let (bo, _) = person(&app, "bo@example.com", &["viewer"]).await;
    let other = app.second_tenant("other").await;
    let invitation = invited(&other, "bo@example.com", &["admin"]).await;
    let token = invitation.text("token");
    // The link is no way around Bo's password.
    let body = json!({ "token": token, "name": "Not Bo", "password": "another good sentence" });
    let refused = app.anonymous().post("/api/v1/invitations/accept", body).await;
    assert_eq!(code(&refused), (409, "sign_in_first".into()));
    let (one, two) = tokio::join!(
        bo.post("/api/v1/invitations/join", json!({ "token": token })),
        bo.post("/api/v1/invitations/join", json!({ "token": token })),
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", one.body, two.body);
    let tenants = bo.get("/api/v1/tenants").await.body;
    let roles: Vec<&Value> = tenants["items"].as_array().unwrap().iter().map(|tenant| &tenant["role"]).collect();
    assert_eq!(roles, ["viewer", "admin"], "{tenants}");
    // What they are in one tenant is nothing in another.
    assert_eq!(bo.patch("/api/v1/tenants/acme", json!({ "name": "Mine" })).await.status, 403);
    assert_eq!(bo.patch("/api/v1/tenants/other", json!({ "name": "Ours" })).await.status, 200);
}

async fn nobody_gives_more_than_they_hold(app: Arc<TestApp>) {
    let (admin, admin_id) = person(&app, "admin@example.com", &["admin"]).await;
    let (_, bo) = person(&app, "bo@example.com", &["viewer"]).await;
    let owner_id = app.owner.get("/api/v1/session").await.body["user"]["id"].as_str().unwrap().to_owned();
    let group =
        app.owner.post("/api/v1/groups", json!({ "key": "owners", "name": "Owners", "roles": ["owner"] })).await;
    assert_eq!(group.status, 201, "{}", group.body);
    let everything = json!([{ "permissions": "*", "projects": "*", "environments": "*" }]);
    let role = json!({ "key": "all", "name": "All", "grants": everything });
    assert_eq!(app.owner.post("/api/v1/roles", role.clone()).await.status, 201);
    let account =
        app.owner.post("/api/v1/service-accounts", json!({ "name": "CI", "roles": ["owner"] })).await.text("id");
    let before = app.owner.get("/api/v1/tenants/acme").await.header("etag").to_owned();
    let member = |id: &str| format!("/api/v1/members/{id}");
    let refused = [
        invited(&admin, "eve@example.com", &["owner"]).await,
        invited(&admin, "eve@example.com", &["all"]).await,
        admin.post("/api/v1/invitations", json!({ "email": "eve@example.com", "groups": ["owners"] })).await,
        admin.patch(&member(&admin_id), json!({ "roles": ["owner"] })).await,
        admin.patch(&member(&bo), json!({ "roles": ["owner"] })).await,
        admin.patch(&member(&bo), json!({ "groups": ["owners"] })).await,
        admin.patch("/api/v1/groups/owners/members", json!({ "add": [admin_id] })).await,
        admin.patch("/api/v1/groups/owners", json!({ "roles": ["viewer"] })).await,
        admin.delete("/api/v1/groups/owners").await,
        admin.post("/api/v1/groups", json!({ "key": "more", "name": "More", "roles": ["all"] })).await,
        admin.post("/api/v1/service-accounts", json!({ "name": "Mine", "roles": ["owner"] })).await,
        admin.post("/api/v1/tokens", json!({ "name": "x", "service_account": account })).await,
        admin.post("/api/v1/tokens", json!({ "name": "x", "service_account": account, "role": "viewer" })).await,
        admin.patch(&format!("/api/v1/service-accounts/{account}"), json!({ "roles": ["viewer"] })).await,
        admin.post("/api/v1/tokens", json!({ "name": "x", "grants": everything })).await,
        admin.post("/api/v1/roles", role).await,
        // Nor do they take away what they do not hold.
        admin.patch(&member(&owner_id), json!({ "roles": [] })).await,
        admin.delete(&member(&owner_id)).await,
    ];
    for reply in &refused {
        assert_eq!(code(reply), (403, "forbidden".into()), "{}", reply.body);
    }
    // With a token, nobody gives more than the token holds.
    let token = app.owner.post("/api/v1/tokens", json!({ "name": "x", "role": "admin" })).await;
    let limited = app.with_token(&token.text("token"));
    assert_eq!(limited.patch(&member(&bo), json!({ "roles": ["owner"] })).await.status, 403);
    assert_eq!(limited.patch(&member(&bo), json!({ "roles": ["nobody-made-this"] })).await.status, 422);
    assert_eq!(app.owner.get("/api/v1/members").await.body["total"], 3);
    assert_eq!(app.owner.get("/api/v1/tenants/acme").await.header("etag"), before);
    let promoted = admin.patch(&member(&bo), json!({ "roles": ["admin"] })).await;
    assert_eq!(promoted.status, 200, "what they hold, they give: {}", promoted.body);
}

async fn a_tenant_always_has_an_owner(app: Arc<TestApp>) {
    let owner_id = app.owner.get("/api/v1/session").await.body["user"]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/members/{owner_id}");
    assert_eq!(code(&app.owner.delete(&path).await), (409, "last_owner".into()));
    assert_eq!(code(&app.owner.patch(&path, json!({ "roles": ["admin"] })).await), (409, "last_owner".into()));
    // Two owners who take each other out at the same moment: one stays.
    let (second, second_id) = person(&app, "second@example.com", &["owner"]).await;
    let other = format!("/api/v1/members/{second_id}");
    let (one, two) = tokio::join!(app.owner.delete(&other), second.delete(&path));
    let done = [&one, &two].into_iter().filter(|reply| reply.status == 204).count();
    assert_eq!(done, 1, "{} {} / {} {}", one.status, one.body, two.status, two.body);
}

async fn leaving_ends_everything_at_once(app: Arc<TestApp>) {
    let (bo, id) = person(&app, "bo@example.com", &["editor"]).await;
    let made = app.owner.post("/api/v1/groups", json!({ "key": "leads", "name": "Leads", "roles": ["admin"] })).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let put = app.owner.patch("/api/v1/groups/leads/members", json!({ "add": [id] })).await;
    assert_eq!(put.body["members"], json!([id]));
    assert_eq!(bo.get("/api/v1/session").await.body["role"], "admin", "through the group");
    let token = bo.post("/api/v1/tokens", json!({ "name": "mine" })).await;
    let with_token = app.with_token(&token.text("token"));
    assert_eq!(with_token.get("/api/v1/session").await.body["role"], "admin");
    assert_eq!(app.owner.patch("/api/v1/groups/leads", json!({ "roles": [] })).await.status, 200);
    assert_eq!(bo.get("/api/v1/session").await.body["role"], "editor", "at the next request");
    assert_eq!(app.owner.delete(&format!("/api/v1/members/{id}")).await.status, 204);
    assert_eq!(bo.get("/api/v1/session").await.status, 401);
    assert_eq!(with_token.get("/api/v1/session").await.status, 401);
    assert_eq!(app.owner.get("/api/v1/groups/leads").await.body["members"], json!([]));
    // Back in, they are who they were invited as, and no old token is good again.
    let invitation = invited(&app.owner, "bo@example.com", &["viewer"]).await;
    let refused =
        app.anonymous().post("/api/v1/session", json!({ "email": "bo@example.com", "password": PASSWORD })).await;
    assert_eq!(refused.status, 401, "somebody in no tenant cannot sign in: {}", refused.body);
    assert_eq!(invitation.status, 201);
    assert_eq!(with_token.get("/api/v1/session").await.status, 401);
}

async fn roles_are_made_used_changed_and_removed(app: Arc<TestApp>) {
    let staging = json!([
        { "permissions": ["project.read"], "projects": ["shop"], "environments": "*" },
        { "permissions": ["configuration.update"], "projects": ["shop"], "environments": ["staging"] },
    ]);
    let role = json!({ "key": "staging", "name": "Staging", "grants": staging });
    let made = app.owner.post("/api/v1/roles", role.clone()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    assert_eq!(app.owner.post("/api/v1/roles", role).await.status, 409);
    for key in ["viewer", "owner"] {
        let built_in = json!({ "key": key, "name": "Mine", "grants": staging });
        assert_eq!(app.owner.post("/api/v1/roles", built_in).await.status, 409);
        assert_eq!(app.owner.patch(&format!("/api/v1/roles/{key}"), json!({ "name": "x" })).await.status, 404);
        assert_eq!(app.owner.delete(&format!("/api/v1/roles/{key}")).await.status, 404);
    }
    let unknown = json!({ "key": "x", "name": "X", "grants": [{ "permissions": ["flag.delete"], "projects": "*", "environments": "*" }] });
    assert_eq!(app.owner.post("/api/v1/roles", unknown).await.problems()[0].1, "permission_unknown");
    let missing = app.owner.patch("/api/v1/roles/gone", json!({ "name": "X" })).await;
    assert_eq!(missing.status, 404, "an update makes nothing: {}", missing.body);

    app.flag("checkout").await;
    let (bo, id) = person(&app, "bo@example.com", &["staging"]).await;
    let configuration = |environment: &str| format!("/api/v1/projects/shop/flags/checkout/environments/{environment}");
    assert_eq!(bo.patch(&configuration("staging"), json!({ "on": true })).await.status, 200);
    assert_eq!(bo.patch(&configuration("production"), json!({ "on": true })).await.status, 403);
    assert_eq!(bo.get("/api/v1/members").await.status, 403);
    assert_eq!(bo.get("/api/v1/session").await.body["role"], Value::Null);

    let used = app.owner.delete("/api/v1/roles/staging").await;
    assert_eq!(code(&used), (409, "in_use".into()));
    assert!(used.body.to_string().contains(&id), "it says where: {}", used.body);
    let less = json!([{ "permissions": ["project.read"], "projects": ["shop"], "environments": "*" }]);
    assert_eq!(app.owner.patch("/api/v1/roles/staging", json!({ "grants": less })).await.status, 200);
    assert_eq!(bo.patch(&configuration("staging"), json!({ "on": false })).await.status, 403, "at the next request");
    assert_eq!(app.owner.patch(&format!("/api/v1/members/{id}"), json!({ "roles": [] })).await.status, 200);
    assert_eq!(bo.get("/api/v1/projects/shop").await.status, 404);
    assert_eq!(app.owner.delete("/api/v1/roles/staging").await.status, 204);
    assert_eq!(app.owner.get("/api/v1/roles").await.body["total"], 4);
}

async fn service_accounts_have_tokens_and_no_door(app: Arc<TestApp>) {
    let account = app.owner.post("/api/v1/service-accounts", json!({ "name": "CI", "roles": ["editor"] })).await;
    assert_eq!(account.status, 201, "{}", account.body);
    let id = account.text("id");
    let body = json!({ "name": "ci", "service_account": id });
    let token = app.owner.post("/api/v1/tokens", body).await;
    assert_eq!((token.status, token.text("user")), (201, id.clone()), "{}", token.body);
    let ci = app.with_token(&token.text("token"));
    assert_eq!(ci.get("/api/v1/session").await.body["role"], "editor");
    assert_eq!(ci.post("/api/v1/projects/shop/flags", json!({ "key": "from-ci" })).await.status, 201);
    let history = app.owner.get("/api/v1/projects/shop/history").await.body;
    assert!(history["items"][0].to_string().contains("CI"), "{history}");
    assert_eq!(app.owner.get("/api/v1/members").await.body["total"], 1, "no person");
    for email in ["", id.as_str()] {
        let refused = app.anonymous().post("/api/v1/session", json!({ "email": email, "password": "" })).await;
        assert_eq!(refused.status, 422, "{email}: {}", refused.body);
    }
    let path = format!("/api/v1/service-accounts/{id}");
    assert_eq!(app.owner.patch(&path, json!({ "roles": ["viewer"] })).await.status, 200);
    assert_eq!(ci.post("/api/v1/projects/shop/flags", json!({ "key": "again" })).await.status, 403, "at once");
    // Ids of another tenant are ids of nothing.
    let other = app.second_tenant("other").await;
    assert_eq!(other.get(&path).await.status, 404);
    assert_eq!(other.delete(&path).await.status, 404);
    let foreign = other.post("/api/v1/tokens", json!({ "name": "x", "service_account": id })).await;
    let missing = other.post("/api/v1/tokens", json!({ "name": "x", "service_account": "svc_gone" })).await;
    assert_eq!((foreign.status, missing.status), (422, 422));
    assert_eq!(foreign.body["errors"].to_string().replace(&id, "svc_gone"), missing.body["errors"].to_string());
    let owner_id = app.owner.get("/api/v1/session").await.body["user"]["id"].clone();
    let stranger = json!({ "add": [account.body["id"]] });
    assert_eq!(other.post("/api/v1/groups", json!({ "key": "g", "name": "G" })).await.status, 201);
    assert_eq!(other.patch("/api/v1/groups/g/members", stranger).await.status, 422);
    assert_eq!(
        other.patch("/api/v1/groups/g/members", json!({ "add": [owner_id] })).await.status,
        200,
        "a member there, too"
    );
    assert_eq!(app.owner.delete(&path).await.status, 204);
    assert_eq!(ci.get("/api/v1/session").await.status, 401);
}

async fn a_rotated_key_goes_on_until_its_end(app: Arc<TestApp>) {
    app.flag("checkout").await;
    let body = json!({ "name": "web", "environment": "production", "audience": "server" });
    let old = app.owner.post("/api/v1/projects/shop/keys", body).await;
    let path = format!("/api/v1/projects/shop/keys/{}/rotate", old.text("id"));
    for overlap in [json!(-1), json!(7_776_001), json!("1"), Value::Null] {
        let refused = app.owner.post(&path, json!({ "overlap_seconds": overlap })).await;
        assert_eq!(refused.status, 422, "{overlap}: {}", refused.body);
    }
    let new = app.owner.post(&path, json!({ "overlap_seconds": 60 })).await;
    assert_eq!(new.status, 201, "{}", new.body);
    assert_eq!(app.owner.post(&path, json!({ "overlap_seconds": 600 })).await.status, 409, "its end is set once");
    let asks = async |key: &str| {
        let context = json!({ "context": { "targetingKey": "u" } });
        app.with_token(key).post("/ofrep/v1/evaluate/flags/checkout", context).await.status
    };
    assert_eq!((asks(&old.text("key")).await, asks(&new.text("key")).await), (200, 200));
    let listed = app.owner.get("/api/v1/projects/shop/keys").await.body;
    assert_eq!(listed["total"], 2);
    app.advance(60_000);
    assert_eq!((asks(&old.text("key")).await, asks(&new.text("key")).await), (401, 200));
    // Undoing the rotation takes the new key away and does not open the old one again.
    let undo = format!("/api/v1/projects/shop/history/{}/undo", app.rev().await);
    let undone = app.owner.send("POST", &undo, None).await;
    assert_eq!((undone.status, asks(&old.text("key")).await, asks(&new.text("key")).await), (200, 401, 401));
}

yardarm_testkit::on_both_stores![
    an_invitation_works_once_and_for_its_address,
    links_end_by_time_by_another_and_by_taking_back,
    an_invitation_ends_with_the_right_to_make_it,
    somebody_who_signs_in_already_joins,
    nobody_gives_more_than_they_hold,
    a_tenant_always_has_an_owner,
    leaving_ends_everything_at_once,
    roles_are_made_used_changed_and_removed,
    service_accounts_have_tokens_and_no_door,
    a_rotated_key_goes_on_until_its_end,
];
