//! Redactions: gone from the database and from every answer, said in the log, and the proof stays.

use std::sync::Arc;

use serde_json::json;
use yardarm_store::scratch::Scratch;
use yardarm_testkit::TestApp;
use yardarm_verify::What;

use crate::export::{exported, verified};

const SECRET: &str = "jane.doe@example.com";
const REDACTIONS: &str = "/api/v1/audit/redactions";

async fn what_is_redacted_is_gone_and_the_proof_stays(app: Arc<TestApp>) {
    let client = app.owner.with_header("x-yardarm-reason", "asked%20for%20by%20jane.doe@example.com");
    let flag = client.post("/api/v1/projects/shop/flags", json!({ "key": "a", "name": SECRET })).await;
    assert_eq!(flag.status, 201, "{}", flag.body);
    let rev = app.rev().await;
    let why = app.owner.with_header("x-yardarm-reason", "erasure request 7");
    let all = json!({ "project": "shop", "rev": rev, "reason": true, "documents": [{ "kind": "flag", "key": "a" }] });

    // Not without a reason, not what the flag is now, not what is not there, not twice, not by an admin.
    let refused = app.owner.post(REDACTIONS, all.clone()).await;
    assert_eq!((refused.status, refused.text("code").as_str()), (422, "reason_required"));
    let live = why.post(REDACTIONS, all.clone()).await;
    assert_eq!((live.status, live.problems()), (422, vec![("/documents/0".into(), "live".into())]));
    assert!(exported(&app.owner).await.contains(SECRET), "a refusal changes nothing");
    let renamed = app.owner.patch("/api/v1/projects/shop/flags/a", json!({ "name": "A" })).await;
    assert_eq!(renamed.status, 200);
    for (body, code) in [
        (json!({ "project": "shop", "rev": rev }), "empty"),
        (json!({ "project": "shop", "rev": rev, "documents": [{ "kind": "flag", "key": "b" }] }), "missing"),
        (
            json!({ "project": "shop", "rev": rev, "documents": [
                { "kind": "flag", "key": "a" }, { "kind": "flag", "key": "a" }] }),
            "twice",
        ),
    ] {
        let refused = why.post(REDACTIONS, body).await;
        assert_eq!((refused.status, refused.problems()[0].1.as_str()), (422, code), "{}", refused.body);
    }
    assert_eq!(why.post(REDACTIONS, json!({ "project": "shop", "rev": 99, "reason": true })).await.status, 404);
    assert_eq!(why.post(REDACTIONS, json!({ "project": "x", "rev": 1, "reason": true })).await.status, 404);
    let admin = app.with_role("admin").await.with_header("x-yardarm-reason", "why");
    assert_eq!(admin.post(REDACTIONS, all.clone()).await.status, 403);

    app.app.sign_heads().await;
    let done = why.post(REDACTIONS, all.clone()).await;
    assert_eq!(done.status, 201, "{}", done.body);
    let again = why.post(REDACTIONS, all).await;
    assert_eq!((again.status, again.problems().len()), (422, 2), "{}", again.body);

    // Gone from every answer; the entry says that it was there.
    let export = exported(&app.owner).await;
    assert!(!export.contains("jane.doe"), "{export}");
    let report = verified(&app, "").await.unwrap();
    assert_eq!(report.redacted, 2);
    let search = app.owner.get("/api/v1/audit?project=shop&kind=flag&key=a").await;
    assert!(!search.body.to_string().contains("jane.doe"));
    let items = search.body["items"].as_array().unwrap();
    assert_eq!(items[1]["rev"], rev);
    assert_eq!((&items[1]["reason"], &items[1]["documents"][0]["hidden"]), (&json!(null), &json!("redacted")));
    assert_eq!(items[0]["documents"][0]["hidden"], "redacted", "what it was before is what was redacted");
    let said = app.owner.get("/api/v1/audit?project=shop&action=audit.redact").await;
    assert_eq!(said.body["items"][0]["reason"], "erasure request 7");
    assert_eq!(said.body["items"][0]["documents"][0]["after"]["rev"], rev);

    // It cannot be put back, and nothing is removed by trying.
    for (path, body) in [
        (format!("/api/v1/projects/shop/history/{}/undo", rev + 1), json!(null)),
        ("/api/v1/projects/shop/revert".to_owned(), json!({ "kind": "flag", "key": "a", "rev": rev })),
    ] {
        let body = (!body.is_null()).then(|| body.to_string().into_bytes());
        let refused = app.owner.send("POST", &path, body).await;
        assert_eq!((refused.status, refused.text("code").as_str()), (410, "redacted"), "{path}");
    }
    assert_eq!(app.owner.get("/api/v1/projects/shop/flags/a").await.body["name"], "A");

    // The bytes are gone from SQLite's files as well.
    if let Some(file) = app.app.settings.database_url.strip_prefix("sqlite:") {
        for file in [file.to_owned(), format!("{file}-wal")] {
            let bytes = std::fs::read(&file).unwrap_or_default();
            assert!(!bytes.windows(8).any(|window| window == b"jane.doe"), "still in {file}");
        }
    }

    // Who hides a text behind a redaction of another one is found.
    let url = &app.app.settings.database_url;
    let hide =
        format!("UPDATE change SET actor_name = NULL, actor_name_salt = NULL WHERE rev = {rev} AND reason IS NULL");
    assert_eq!(Scratch::tamper(url, &hide).await.unwrap(), 1);
    let finding = verified(&app, "").await.unwrap_err();
    assert_eq!((finding.rev, finding.what), (Some(rev), What::Unsaid("actor_name".into())));
}

yardarm_testkit::on_both_stores![what_is_redacted_is_gone_and_the_proof_stays];
