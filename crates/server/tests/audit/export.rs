//! Exports: whole, in parts, as CSV.

use std::sync::Arc;

use serde_json::json;
use yardarm_testkit::{Client, TestApp};
use yardarm_verify::{Finding, Options, PublicKey, Report, What, verify};

/// The whole export.
pub(crate) async fn exported(client: &Client) -> String {
    let response = client.open("GET", "/api/v1/audit/export", None).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    response.text().await.unwrap()
}

/// The key that the server signs with.
pub(crate) async fn key(app: &TestApp) -> PublicKey {
    let keys = app.owner.get("/api/v1/audit/keys").await;
    PublicKey::parse(keys.body["items"][0]["public"].as_str().unwrap()).unwrap()
}

/// Verifies what the server exports now against heads that were kept elsewhere.
pub(crate) async fn verified(app: &TestApp, heads: &str) -> Result<Report, Finding> {
    let options = Options { keys: vec![key(app).await], partial: false };
    verify(&exported(&app.owner).await, heads, options)
}

async fn an_export_verifies_whole_and_in_parts(app: Arc<TestApp>) {
    for key in ["a", "b", "c"] {
        app.flag(key).await;
    }
    app.app.sign_heads().await;
    let whole = exported(&app.owner).await;
    let report = verified(&app, "").await.unwrap();
    assert_eq!((report.logs, report.pruned, report.redacted, report.heads), (2, 0, 0, 2));
    assert!(!report.keys_of_the_export);
    let entries: Vec<serde_json::Value> = whole
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &serde_json::Value| line["type"] == "entry")
        .collect();
    assert_eq!(entries.len() as u64, report.entries);

    // Whoever goes on from any cursor has the rest, and both parts together verify.
    for entry in &entries {
        let cursor = entry["cursor"].as_str().unwrap();
        let rest = app.owner.open("GET", &format!("/api/v1/audit/export?cursor={cursor}"), None).await;
        let rest = rest.text().await.unwrap();
        let at = whole.find(&format!("\"cursor\":\"{cursor}\"")).unwrap();
        let end = at + whole[at..].find('\n').unwrap() + 1;
        let together = format!("{}{rest}", &whole[..end]);
        let options = || Options { keys: Vec::new(), partial: false };
        let report = verify(&together, "", options()).unwrap();
        assert_eq!(report.entries, entries.len() as u64, "from {cursor}");
        assert!(report.keys_of_the_export);
        // The first part alone is known to be a part, and so is the second.
        assert_eq!(verify(&whole[..end], "", options()).unwrap_err().what, What::Truncated);
    }
    let cursor = entries[2]["cursor"].as_str().unwrap();
    let rest =
        app.owner.open("GET", &format!("/api/v1/audit/export?cursor={cursor}"), None).await.text().await.unwrap();
    assert!(matches!(verify(&rest, "", Options::default()).unwrap_err().what, What::Deleted(0)));
    verify(&rest, "", Options { keys: Vec::new(), partial: true }).unwrap();

    let of_project = app.owner.open("GET", "/api/v1/audit/export?project=shop", None).await.text().await.unwrap();
    assert_eq!(verify(&of_project, "", Options::default()).unwrap().logs, 1);
    assert_eq!(app.owner.get("/api/v1/audit/export?cursor=rubbish").await.status, 422);
    assert_eq!(app.owner.get("/api/v1/audit/export?format=xml").await.status, 400);
}

async fn csv_is_text_and_nothing_else(app: Arc<TestApp>) {
    let evil = "=HYPERLINK(\"http://evil\")%0A%09next";
    let client = app.owner.with_header("x-yardarm-reason", evil);
    assert_eq!(client.post("/api/v1/projects/shop/flags", json!({ "key": "a" })).await.status, 201);
    let response = app.owner.open("GET", "/api/v1/audit/export?format=csv&project=shop", None).await;
    assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
    let csv = response.text().await.unwrap();
    let rows: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(rows.last(), Some(&""), "nothing after the last:\n{csv}");
    assert!(rows[0].starts_with("time,project,") && rows[0].ends_with(",cursor"), "{}", rows[0]);
    let evil = rows[rows.len() - 2];
    assert!(evil.contains(r#""'=HYPERLINK(""http://evil"")\n\tnext""#), "{evil}");
    assert!(!csv.contains("\n\t"));
}

/// A reader who takes their time is asked again whether they may: by the right they hold, and by what the tenant demands.
async fn an_export_ends_when_the_tenant_demands_more(app: Arc<TestApp>) {
    // More than what a connection and the queue before it hold, in several logs.
    let keys: Vec<String> = (0..20_000).map(|n| format!("{n:0>64}")).collect();
    for project in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let made = app.owner.post("/api/v1/projects", json!({ "key": project, "name": project })).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let body = json!({ "key": "many", "name": "Many", "included": keys });
        let made = app.owner.post(&format!("/api/v1/projects/{project}/segments"), body).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
    let response = app.owner.open("GET", "/api/v1/audit/export", None).await;
    assert_eq!(response.status(), 200);
    let demand = app.owner.patch("/api/v1/tenants/acme", json!({ "requires_second_factor": true })).await;
    assert_eq!(demand.status, 200, "{}", demand.body);
    // Longer than it takes until the export looks again.
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert!(response.bytes().await.is_err(), "it goes on to its end");
}

yardarm_testkit::on_both_stores![
    an_export_ends_when_the_tenant_demands_more,
    an_export_verifies_whole_and_in_parts,
    csv_is_text_and_nothing_else,
];
