//! Scheduled changes: at their time, in somebody's name, once.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use yardarm_store::scratch::Scratch;
use yardarm_testkit::{Client, TestApp};

use crate::world::*;

const HOUR: i64 = 3_600 * 1_000;

/// An approved request for 2026-01-01T12:00Z; the clock stands at midnight.
async fn due_at_noon(bo: &Client, cy: &Client, grace: Option<u64>) -> String {
    let id = draft(bo, PRODUCTION, json!({ "on": true })).await;
    let mut body = json!({ "at": "2026-01-01T12:00", "zone": "UTC" });
    if let Some(grace) = grace {
        body["grace_seconds"] = json!(grace);
    }
    let scheduled = bo.put(&at(&id, "schedule"), body).await;
    assert_eq!((scheduled.status, scheduled.body["state"].as_str()), (200, Some("scheduled")), "{}", scheduled.body);
    assert_eq!(approve(cy, &id).await.status, 200);
    id
}

async fn state(app: &TestApp, id: &str) -> Value {
    app.owner.get(&at(id, "")).await.body
}

/// Waits for the scheduler, which looks by itself.
async fn settled(app: &TestApp, id: &str) -> Value {
    for _ in 0..200 {
        app.app.fire().await;
        let now = state(app, id).await;
        if now["state"] != "scheduled" {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    state(app, id).await
}

async fn it_fires_at_its_time_in_their_name(app: Arc<TestApp>) {
    let World { bo, cy, .. } = world(&app).await;
    let id = due_at_noon(&bo, &cy, None).await;
    assert_eq!(code(&act(&bo, &id, "apply").await), (409, "scheduled".into()), "its time is part of what was approved");
    app.advance(12 * HOUR - 1);
    app.app.fire().await;
    assert_eq!(state(&app, &id).await["state"], "scheduled");
    assert!(!is_on(&app).await);
    app.advance(1);
    let done = settled(&app, &id).await;
    assert_eq!(done["state"], "applied", "{done:#}");
    assert!(is_on(&app).await);
    let entry = app.owner.get(&format!("{P}/history/{}", done["outcome"]["revision"])).await.body;
    assert_eq!((&entry["via"], &entry["action"]), (&json!("schedule"), &json!("change_request.apply")));
    assert_eq!(entry["actor"], format!("user:{}", done["author"]["id"].as_str().unwrap()));
    app.app.fire().await;
    let applied = actions(&app).await.into_iter().filter(|action| action == "change_request.apply").count();
    assert_eq!(applied, 1);
}

async fn local_times_are_told(app: Arc<TestApp>) {
    let World { bo, .. } = world(&app).await;
    let id = draft(&bo, PRODUCTION, json!({ "on": true })).await;
    let schedule = |at_: &str, zone: &str| {
        let (bo, path, body) = (bo.clone(), at(&id, "schedule"), json!({ "at": at_, "zone": zone }));
        async move { bo.put(&path, body).await }
    };
    let gap = schedule("2026-03-29T02:30", "Europe/Berlin").await;
    assert_eq!(gap.body["schedule"]["instant"], 1_774_747_800_000_i64, "03:30 summer time: {}", gap.body);
    assert!(gap.text("note").contains("not there"), "{}", gap.body);
    let before = hash(&bo, &id).await;
    let twice = schedule("2026-10-25T02:30", "Europe/Berlin").await;
    assert_eq!(twice.body["schedule"]["instant"], 1_792_888_200_000_i64, "the first one: {}", twice.body);
    assert!(twice.text("note").contains("twice"), "{}", twice.body);
    assert_ne!(hash(&bo, &id).await, before, "when is part of what is approved");
    assert_eq!(schedule("2026-06-01T12:00", "America/New_York").await.body["note"], Value::Null);
    for (at_, zone, pointer) in [
        ("2026-06-01T12:00Z", "UTC", "/at"),
        ("tomorrow", "UTC", "/at"),
        ("2026-06-01T12:00", "Mars/Olympus", "/zone"),
        ("2025-12-31T23:59", "UTC", "/at"),
        ("2036-01-01T00:00", "UTC", "/at"),
        ("", "", "/at"),
    ] {
        let refused = schedule(at_, zone).await;
        assert_eq!((refused.status, refused.problems()[0].0.as_str()), (422, pointer), "{at_} {zone} {}", refused.body);
    }
    let off = bo.delete(&at(&id, "schedule")).await;
    assert_eq!(
        (off.status, &off.body["schedule"], off.body["state"].as_str()),
        (200, &Value::Null, Some("open")),
        "{}",
        off.body
    );
    assert_eq!(code(&bo.delete(&at(&id, "schedule")).await), (409, "not_scheduled".into()));
}

async fn what_is_refused_then_fails_with_its_reason(app: Arc<TestApp>) {
    let World { bo, cy, cy_id, .. } = world(&app).await;
    // Nobody approved it.
    let lonely = draft(&bo, PRODUCTION, json!({ "on": true })).await;
    let noon = json!({ "at": "2026-01-01T12:00", "zone": "UTC" });
    bo.put(&at(&lonely, "schedule"), noon.clone()).await;
    // Somebody who lost the right, and one who consented and is gone, do not count.
    let (ed, ed_id) = person(&app, "ed@example.com", &["editor"]).await;
    app.flag("other").await;
    let other = format!("{P}/flags/other/environments/production");
    let lost = draft(&ed, &other, json!({ "on": true })).await;
    ed.put(&at(&lost, "schedule"), noon.clone()).await;
    assert_eq!(approve(&cy, &lost).await.status, 200);
    app.flag("third").await;
    let gone = draft(&bo, &format!("{P}/flags/third/environments/production"), json!({ "on": true })).await;
    bo.put(&at(&gone, "schedule"), noon).await;
    assert_eq!(approve(&cy, &gone).await.status, 200);
    let demoted = app.owner.patch(&format!("/api/v1/members/{ed_id}"), json!({ "roles": ["viewer"] })).await;
    assert_eq!(demoted.status, 200, "{}", demoted.body);
    app.advance(12 * HOUR);
    let told = settled(&app, &lonely).await;
    assert_eq!(told["state"], "failed", "{told:#}");
    assert!(told["outcome"]["reason"].as_str().unwrap().contains("0 of 1"), "{}", told["outcome"]);
    let told = settled(&app, &lost).await;
    assert_eq!(told["state"], "failed", "{told:#}");
    assert!(told["outcome"]["reason"].as_str().unwrap().contains("configuration.update"), "{}", told["outcome"]);
    assert_eq!(settled(&app, &gone).await["state"], "applied", "cy is still there");
    assert!(!is_on(&app).await);
    let failed = actions(&app).await.into_iter().filter(|action| action == "change_request.fail").count();
    assert_eq!(failed, 2, "written down once each");
    app.app.fire().await;
    app.app.fire().await;
    assert_eq!(state(&app, &lonely).await["state"], "failed", "and never tried again by itself");
    // Again by hand: submitted, approved by somebody, then cy leaves.
    bo.delete(&at(&lonely, "schedule")).await;
    act(&bo, &lonely, "submit").await;
    assert_eq!(approve(&cy, &lonely).await.status, 200);
    assert_eq!(app.owner.delete(&format!("/api/v1/members/{cy_id}")).await.status, 204);
    let told = state(&app, &lonely).await;
    assert_eq!(told["approvals"][0]["void"], "they are in the tenant no more", "{told:#}");
    assert_eq!(code(&act(&bo, &lonely, "apply").await), (409, "approval_required".into()));
}

async fn a_token_that_is_revoked_schedules_nothing(app: Arc<TestApp>) {
    let World { bo, cy, .. } = world(&app).await;
    let made = bo.post("/api/v1/tokens", json!({ "name": "cron", "role": "editor" })).await;
    let token = app.with_token(&made.text("token"));
    let ends = |at: i64| json!({ "name": "brief", "role": "editor", "expires_at": at });
    let day = app.now() + 24 * HOUR;
    let brief = app.with_token(&bo.post("/api/v1/tokens", ends(day)).await.text("token"));
    let lasts = app.with_token(&bo.post("/api/v1/tokens", ends(day + 1)).await.text("token"));
    let grants = json!([
        { "permissions": ["project.read"], "projects": ["shop"], "environments": "*" },
        { "permissions": ["change_request.create", "schedule.manage"], "projects": ["shop"], "environments": "*" },
    ]);
    let less = bo.post("/api/v1/tokens", json!({ "name": "less", "grants": grants })).await;
    let less = app.with_token(&less.text("token"));
    let id = due_at_noon(&token, &cy, None).await;
    assert_eq!(bo.delete(&format!("/api/v1/tokens/{}", made.text("id"))).await.status, 204);
    app.advance(12 * HOUR);
    let told = settled(&app, &id).await;
    assert_eq!(told["state"], "failed", "{told:#}");
    assert!(told["outcome"]["reason"].as_str().unwrap().contains("revoked"), "{}", told["outcome"]);
    // One that ends before that time cannot do it then either.
    let id = draft(&brief, PRODUCTION, json!({ "targets": [{ "variant": "off", "keys": ["u"] }] })).await;
    let midnight = json!({ "at": "2026-01-02T00:00", "zone": "UTC" });
    let refused = brief.put(&at(&id, "schedule"), midnight.clone()).await;
    assert_eq!((refused.status, refused.problems()), (422, vec![("/at".into(), "token_ends_before".into())]));
    assert_eq!(lasts.put(&at(&id, "schedule"), midnight).await.status, 200);
    // A token that may schedule and not change anything does not get somebody to do it for it.
    let id = draft(&less, PRODUCTION, json!({ "targets": [{ "variant": "on", "keys": ["u"] }] })).await;
    let refused = less.put(&at(&id, "schedule"), json!({ "at": "2026-01-02T12:00", "zone": "UTC" })).await;
    assert_eq!(code(&refused), (403, "forbidden".into()), "{}", refused.body);
}

async fn what_was_missed_is_late_or_fails(app: Arc<TestApp>) {
    let World { bo, cy, .. } = world(&app).await;
    let id = due_at_noon(&bo, &cy, Some(60)).await;
    app.advance(12 * HOUR + 61_000);
    let told = settled(&app, &id).await;
    assert_eq!(told["state"], "failed", "{told:#}");
    assert!(told["outcome"]["reason"].as_str().unwrap().contains("61 seconds"), "{}", told["outcome"]);
    assert!(!is_on(&app).await);
}

yardarm_testkit::on_both_stores![
    it_fires_at_its_time_in_their_name,
    local_times_are_told,
    what_is_refused_then_fails_with_its_reason,
    a_token_that_is_revoked_schedules_nothing,
    what_was_missed_is_late_or_fails,
];

/// The node that took the order is gone when its time comes; two others on the same database are there.
async fn once_on_two_nodes_after_a_restart(mut first: TestApp, url: &str) {
    let World { bo, cy, .. } = world(&first).await;
    let ids = [due_at_noon(&bo, &cy, None).await];
    first.stop();
    let (one, two) = (TestApp::start_empty(url).await, TestApp::start_empty(url).await);
    one.advance(13 * HOUR);
    two.advance(13 * HOUR);
    for _ in 0..100 {
        tokio::join!(one.app.fire(), two.app.fire());
        let reader = one.with_token(&first.token);
        if reader.get(&at(&ids[0], "")).await.body["state"] != "scheduled" {
            break;
        }
    }
    for node in [&one, &two] {
        let reader = node.with_token(&first.token);
        let told = reader.get(&at(&ids[0], "")).await.body;
        assert_eq!(told["state"], "applied", "{told:#}");
        let history = reader.get(&format!("{P}/history?limit=100")).await.body;
        let fired = history["items"].as_array().unwrap().iter().filter(|item| item["via"] == "schedule").count();
        assert_eq!(fired, 1, "{history:#}");
        assert_eq!(reader.get(PRODUCTION).await.body["on"], true);
    }
}

#[tokio::test]
async fn once_on_two_nodes_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("yardarm.db").display());
    once_on_two_nodes_after_a_restart(TestApp::start(&url).await, &url).await;
}

/// A database of its own; `None`, and says so, when no server is named.
async fn scratch() -> Option<Scratch> {
    #[expect(clippy::disallowed_methods, reason = "tests are told by the environment which database there is")]
    let Ok(server) = std::env::var("TEST_DATABASE_URL") else {
        eprintln!("skipped: TEST_DATABASE_URL is not set");
        return None;
    };
    Some(Scratch::create(&server).await.unwrap())
}

#[tokio::test]
async fn once_on_two_nodes_on_postgres() {
    let Some(scratch) = scratch().await else { return };
    let url = scratch.url();
    once_on_two_nodes_after_a_restart(TestApp::start(&url).await, &url).await;
    scratch.remove().await.unwrap();
}

/// Its time comes while the database cannot be written to: it is tried again, and then it happens once.
async fn what_is_due_while_the_database_is_away(app: TestApp) {
    let World { bo, cy, .. } = world(&app).await;
    let id = due_at_noon(&bo, &cy, None).await;
    let away = Scratch::take_away(&app.app.settings.database_url).await.unwrap();
    app.advance(12 * HOUR);
    let refused = bo.patch(STAGING, json!({ "on": true })).await;
    assert_eq!(code(&refused), (503, "database_unavailable".into()), "{}", refused.body);
    // It looks by itself, too; whoever looks first, a try follows only after a wait, and none does anything.
    for _ in 0..5 {
        app.app.fire().await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    away.give_back().await.unwrap();
    // The waits have grown to a few seconds at most.
    let patience = tokio::time::Instant::now() + Duration::from_secs(20);
    while app.owner.get(&at(&id, "")).await.body["state"] != "applied" {
        assert!(tokio::time::Instant::now() < patience, "{:#}", state(&app, &id).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(is_on(&app).await);
    app.app.fire().await;
    let done = actions(&app).await;
    let of_requests: Vec<_> = done.iter().filter(|action| action.starts_with("change_request.")).collect();
    assert_eq!(of_requests.iter().filter(|action| **action == "change_request.apply").count(), 1, "{of_requests:?}");
    assert!(!of_requests.iter().any(|action| *action == "change_request.fail"), "{of_requests:?}");
}

/// Long enough for a change, short enough to see it given up.
const IMPATIENT: Duration = Duration::from_millis(1_500);

#[tokio::test]
async fn what_is_due_while_the_database_is_away_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("yardarm.db").display());
    what_is_due_while_the_database_is_away(TestApp::start_impatient(&url, IMPATIENT).await).await;
}

#[tokio::test]
async fn what_is_due_while_the_database_is_away_on_postgres() {
    let Some(scratch) = scratch().await else { return };
    what_is_due_while_the_database_is_away(TestApp::start_impatient(&scratch.url(), IMPATIENT).await).await;
    scratch.remove().await.unwrap();
}
