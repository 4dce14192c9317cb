//! Plans, applying files, and promotion between environments.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use serde_json::{Value, json};
use yardarm_testkit::{Reply, TestApp};

const PLAN: &str = "/api/v1/projects/shop/plan";
const APPLY: &str = "/api/v1/projects/shop/apply";

fn rollout(percent: u32) -> Value {
    json!({ "on": true, "default": { "rollout": { "variant": "on", "percent": percent } }, "off_variant": "off" })
}

fn file(percent: u32) -> Value {
    json!({ "format": 1, "flags": [{ "key": "checkout", "name": "Checkout", "environments": { "production": rollout(percent) } }] })
}

/// Kind, key and action of each entry.
fn entries(reply: &Reply) -> Vec<(String, String, String)> {
    assert_eq!(reply.status, 200, "{}", reply.body);
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    let list = reply.body["entries"].as_array().unwrap();
    list.iter().map(|entry| (text(entry, "kind"), text(entry, "key"), text(entry, "action"))).collect()
}

fn entry(kind: &str, key: &str, action: &str) -> (String, String, String) {
    (kind.to_owned(), key.to_owned(), action.to_owned())
}

fn planned(reply: &Reply) -> String {
    format!("{APPLY}?plan={}", reply.text("fingerprint"))
}

async fn a_plan_is_what_is_applied(app: Arc<TestApp>) {
    let viewer = app.with_role("viewer").await;
    let plan = viewer.post(PLAN, file(10)).await;
    assert_eq!(
        entries(&plan),
        [entry("flag", "checkout", "create"), entry("configuration", "production/checkout", "create")]
    );
    assert_eq!(plan.body["counts"], json!({ "create": 2 }));
    assert_eq!(plan.body["entries"][1]["production"], true);
    let rev = app.rev().await;
    assert_eq!(viewer.post(APPLY, file(10)).await.status, 403);
    assert_eq!(viewer.post(PLAN, file(10)).await.body["fingerprint"], plan.body["fingerprint"], "asked again");
    assert_eq!(app.rev().await, rev, "a plan writes nothing");

    let editor = app.with_role("editor").await.with_header("x-yardarm-reason", "release%20it%0A%0ACommit: 1f2e3d");
    let done = editor.post(&planned(&plan), file(10)).await;
    assert_eq!((done.status, done.body["revision"].as_u64()), (200, Some(rev + 1)), "{}", done.body);
    let history = app.owner.get(&format!("/api/v1/projects/shop/history/{}", rev + 1)).await;
    assert_eq!(history.body["action"], "project.apply");
    assert_eq!(history.body["reason"], "release it\n\nCommit: 1f2e3d");
    assert_eq!(app.rev().await, rev + 1, "one change for all of it");

    // The same request again, and the same file planned again: nothing to do.
    let again = editor.post(&planned(&plan), file(10)).await;
    assert_eq!((again.status, &again.body["revision"]), (200, &Value::Null), "{}", again.body);
    assert!(entries(&editor.post(PLAN, file(10)).await).is_empty());
    let export = app.owner.get("/api/v1/projects/shop/export").await.body;
    assert!(entries(&editor.post(&format!("{PLAN}?prune=true"), export).await).is_empty());

    let next = editor.post(PLAN, file(25)).await;
    let told = &next.body["entries"][0];
    assert_eq!(told["effects"], json!(["15 % (by user.key) change from off to on."]));
    assert_eq!(told["sentences"][0]["after"], "By default serve on to 25 % by user.key.");
    assert!(told["changes"].as_array().unwrap().iter().any(|change| change["pointer"] == "/default/rollout/percent"));
    assert_eq!(
        (told["last_change"]["rev"].as_u64(), &told["last_change"]["action"]),
        (Some(rev + 1), &json!("project.apply"))
    );
}

async fn a_plan_that_moved_is_not_applied(app: Arc<TestApp>) {
    app.owner.post(APPLY, file(10)).await;
    app.flag("other").await;
    let plan = app.owner.post(PLAN, file(25)).await;
    // What it does not touch may change.
    let patch = json!({ "description": "Not in the file" });
    assert_eq!(app.owner.patch("/api/v1/projects/shop/flags/other", patch).await.status, 200);
    let production = "/api/v1/projects/shop/flags/checkout/environments/production";
    assert_eq!(app.owner.patch(production, rollout(12)).await.status, 200);
    let rev = app.rev().await;
    let moved = app.owner.post(&planned(&plan), file(25)).await;
    assert_eq!((moved.status, moved.text("code").as_str()), (412, "plan_moved"), "{}", moved.body);
    assert_eq!(app.rev().await, rev, "nothing was applied");
    let now = &moved.body["plan"];
    assert_eq!(now["entries"][0]["sentences"][0]["before"], "By default serve on to 12 % by user.key.");
    let applied = app.owner.post(&format!("{APPLY}?plan={}", now["fingerprint"].as_str().unwrap()), file(25)).await;
    assert_eq!(applied.status, 200, "{}", applied.body);
    // A plan is of one file and one way to apply it.
    let plan = app.owner.post(PLAN, file(30)).await;
    assert_eq!(app.owner.post(&planned(&plan), file(31)).await.status, 412);
    assert_eq!(app.owner.post(&format!("{}&prune=true", planned(&plan)), file(30)).await.status, 412);
    assert_eq!(app.owner.post(&planned(&plan), file(30)).await.status, 200);
}

async fn two_that_apply_at_once_do_not_mix(app: Arc<TestApp>) {
    app.owner.post(APPLY, file(10)).await;
    let rev = app.rev().await;
    let (one, two) = (app.owner.post(PLAN, file(20)).await, app.owner.post(PLAN, file(30)).await);
    let (one, two) = (planned(&one), planned(&two));
    let (one, two) = tokio::join!(app.owner.post(&one, file(20)), app.owner.post(&two, file(30)));
    let mut both = [one.status, two.status];
    both.sort_unstable();
    assert_eq!(both, [200, 412], "{} {}", one.body, two.body);
    assert_eq!(app.rev().await, rev + 1);
    // Without a plan both are applied, one after the other, and each is whole.
    let (one, two) = tokio::join!(app.owner.post(APPLY, file(40)), app.owner.post(APPLY, file(50)));
    assert_eq!((one.status, two.status), (200, 200), "{} {}", one.body, two.body);
    assert_eq!(app.rev().await, rev + 3);
}

async fn rights_are_those_of_what_changes(app: Arc<TestApp>) {
    let editor = app.with_role("editor").await;
    let body = json!({ "format": 1, "environments": [{ "key": "qa", "name": "QA" }], "flags": [{ "key": "a" }] });
    assert_eq!(entries(&editor.post(PLAN, body.clone()).await).len(), 2);
    let rev = app.rev().await;
    let refused = editor.post(APPLY, body.clone()).await;
    assert_eq!((refused.status, refused.text("code").as_str()), (403, "forbidden"), "{}", refused.body);
    assert_eq!(app.rev().await, rev, "all or nothing");
    assert_eq!(app.with_role("admin").await.post(APPLY, body).await.status, 200);
    // Another tenant's project is the project of nobody, for the one who plans as for the one who applies.
    let stranger = app.second_tenant("other").await;
    for path in [PLAN, APPLY] {
        let (theirs, nobodys) =
            (stranger.post(path, file(10)).await, stranger.post(&path.replace("shop", "none"), file(10)).await);
        let without_trace = |mut reply: Reply| {
            reply.body["trace_id"] = Value::Null;
            (reply.status, reply.body)
        };
        assert_eq!(without_trace(theirs), without_trace(nobodys));
    }
}

async fn promotion_is_planned_and_done(app: Arc<TestApp>) {
    app.flag("checkout").await;
    let staging = "/api/v1/projects/shop/flags/checkout/environments/staging";
    assert_eq!(app.owner.patch(staging, rollout(20)).await.status, 200);
    let (promotion, promote) = (
        "/api/v1/projects/shop/environments/production/promotion",
        "/api/v1/projects/shop/environments/production/promote",
    );
    let viewer = app.with_role("viewer").await;
    let from = json!({ "from": "staging" });
    let plan = viewer.post(promotion, from.clone()).await;
    assert_eq!(entries(&plan), [entry("configuration", "production/checkout", "create")]);
    assert_eq!(viewer.post(promote, from.clone()).await.status, 403);
    let path = format!("{promote}?plan={}", plan.text("fingerprint"));
    let with_state = app.owner.post(&path, json!({ "from": "staging", "with_state": true })).await;
    assert_eq!((with_state.status, with_state.text("code").as_str()), (412, "plan_moved"), "another promotion");
    let done = app.owner.post(&path, from.clone()).await;
    assert_eq!(done.status, 200, "{}", done.body);
    let rev = app.rev().await;
    assert_eq!(
        app.owner.get(&format!("/api/v1/projects/shop/history/{rev}")).await.body["action"],
        "environment.promote"
    );
    assert!(entries(&viewer.post(promotion, from).await).is_empty());
    let there = app.owner.get("/api/v1/projects/shop/flags/checkout/environments/production").await.body;
    let here = app.owner.get(staging).await.body;
    assert_eq!((&there["on"], &there["default"]), (&json!(false), &here["default"]));
    for (body, pointer) in [
        (json!({}), "/from"),
        (json!({ "from": "staging", "flag": [] }), "/flag"),
        (json!({ "from": "staging", "flags": "checkout" }), "/flags"),
        (json!({ "from": "staging", "flags": ["chekcout"] }), "/flags/0"),
        (json!({ "from": "production" }), "/from"),
        (json!({ "from": "staging", "with_state": "yes" }), "/with_state"),
    ] {
        let refused = app.owner.post(promote, body.clone()).await;
        assert_eq!((refused.status, refused.problems()[0].0.as_str()), (422, pointer), "{body} {}", refused.body);
    }
    assert_eq!(app.owner.post(promote, json!({ "from": "nowhere" })).await.status, 404);
}

async fn what_is_no_file_is_refused_with_its_place(app: Arc<TestApp>) {
    let rev = app.rev().await;
    let deep = format!("{{\"flags\":{}{}}}", "[".repeat(80), "]".repeat(80));
    for (body, status, code, pointer) in [
        (&b"{\"format\":1,\"flags\":[{\"key\":\"a\",\"key\":\"b\"}]}"[..], 400, "duplicate_member", "/flags/0/key"),
        (deep.as_bytes(), 400, "too_deep", "/flags/0/0"),
        (b"format: 1", 400, "malformed_json", ""),
        (b"{\"format\":1,\"flags\":[{\"key\":\"\\u0000\"}]}", 422, "invalid", "/flags/0/key"),
        (b"{\"format\":1,\"flags\":[{\"key\":\"a\",\"naem\":\"A\"}]}", 422, "invalid", "/flags/0/naem"),
        (b"{\"format\":2}", 422, "invalid", "/format"),
        (b"{\"format\":1,\"flags\":[{\"key\":\"a\"},{\"key\":\"A\"}]}", 422, "invalid", "/flags/1/key"),
        (b"{\"format\":1,\"project\":{\"key\":\"other\"}}", 409, "conflict", "/project/key"),
        (b"[]", 422, "invalid", ""),
    ] {
        for path in [PLAN, APPLY] {
            let refused = app.owner.send("POST", path, Some(body.to_vec())).await;
            let told = refused.problems().first().cloned().unwrap_or_default();
            assert_eq!((refused.status, refused.text("code").as_str()), (status, code), "{}", refused.body);
            assert!(told.0.starts_with(pointer), "{}", refused.body);
        }
    }
    assert_eq!(app.rev().await, rev);
}

yardarm_testkit::on_both_stores![
    a_plan_is_what_is_applied,
    a_plan_that_moved_is_not_applied,
    two_that_apply_at_once_do_not_mix,
    rights_are_those_of_what_changes,
    promotion_is_planned_and_done,
    what_is_no_file_is_refused_with_its_place,
];

#[tokio::test]
async fn a_plan_of_thousands_is_told_in_bounds() {
    let app = TestApp::start_sqlite().await;
    let all = ["development", "staging", "production"];
    let environments: Value =
        all.into_iter().map(|key| (key.to_owned(), rollout(10))).collect::<serde_json::Map<_, _>>().into();
    let flags: Vec<Value> =
        (0..2_000).map(|n| json!({ "key": format!("flag-{n:04}"), "environments": environments })).collect();
    let keyed: Vec<Value> = all.into_iter().map(|key| json!({ "key": key })).collect();
    let body = json!({ "format": 1, "environments": keyed, "flags": flags });
    let plan = app.owner.post(PLAN, body.clone()).await;
    let list = plan.body["entries"].as_array().unwrap();
    assert!(list.len() >= 8_000, "{}", list.len());
    let detailed = list.iter().filter(|entry| entry["changes"].as_array().is_some_and(|c| !c.is_empty())).count();
    assert_eq!(detailed, 5_000, "the rest is listed");
    assert_eq!(app.owner.post(&planned(&plan), body.clone()).await.status, 200);
    assert!(entries(&app.owner.post(PLAN, body).await).is_empty());
}
