//! Somebody with the whole database in hand edits, removes, swaps and cuts off: the verifier names the first bad entry.

use std::sync::Arc;

use serde_json::json;
use yardarm_store::scratch::Scratch;
use yardarm_store::{Attribution, Commit, DocumentWrite};
use yardarm_testkit::TestApp;
use yardarm_verify::{Options, PublicKey, What, verify};

use crate::export::{exported, key, verified};

const CHANGE: &str =
    "rev, tenant_id, at, actor, actor_name, actor_name_salt, actor_name_hash, via, action, reason, reason_salt,
    reason_hash, trace_id, prev_hash, hash";

/// Runs a statement as nobody should, then puts everything back.
struct Tampering {
    app: Arc<TestApp>,
    heads: String,
    shop: String,
}

impl Tampering {
    async fn sql(&self, statement: &str) -> u64 {
        let url = &self.app.app.settings.database_url;
        Scratch::tamper(url, &statement.replace("{shop}", &self.shop)).await.unwrap()
    }

    /// What the verifier says after these statements: revision and kind of damage in the project's log.
    async fn after(&self, statements: &[&str]) -> (Option<u64>, What) {
        for table in ["change", "change_document"] {
            self.sql(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await;
        }
        for statement in statements {
            assert!(self.sql(statement).await > 0, "nothing was tampered with: {statement}");
        }
        let found = verified(&self.app, &self.heads).await;
        for table in ["change", "change_document"] {
            self.sql(&format!("DELETE FROM {table}")).await;
            self.sql(&format!("INSERT INTO {table} SELECT * FROM kept_{table}")).await;
            self.sql(&format!("DROP TABLE kept_{table}")).await;
        }
        let finding = found.expect_err(&format!("{statements:?} was not found"));
        assert_eq!(finding.scope.as_deref(), Some(self.shop.as_str()), "{statements:?}: {finding}");
        (finding.rev, finding.what)
    }
}

async fn shop_with_history(app: &Arc<TestApp>) -> Tampering {
    for key in ["a", "b", "c", "d"] {
        app.flag(key).await;
    }
    let renamed = app.owner.with_header("x-yardarm-reason", "a better name");
    let answer = renamed.patch("/api/v1/projects/shop/flags/a", json!({ "name": "Alpha" })).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    app.app.sign_heads().await;
    let mut heads = String::new();
    for path in ["/api/v1/audit/heads", "/api/v1/audit/heads?project=shop"] {
        for head in app.owner.get(path).await.body["items"].as_array().unwrap() {
            let mut head = head.clone();
            head["type"] = json!("head");
            heads.push_str(&head.to_string());
            heads.push('\n');
        }
    }
    let shop = app.owner.get("/api/v1/audit?project=shop&limit=1").await.body["items"][0]["scope"]
        .as_str()
        .unwrap()
        .to_owned();
    Tampering { app: Arc::clone(app), heads, shop }
}

async fn every_tampering_is_named(app: Arc<TestApp>) {
    let tampering = shop_with_history(&app).await;
    assert_eq!(app.rev().await, 6);
    let good = verified(&app, &tampering.heads).await.unwrap();
    assert!(good.heads >= 2, "{good:?}");

    let swapped = format!(
        "INSERT INTO change (scope_id, {CHANGE})
         SELECT '{{shop}}', CASE rev WHEN 3 THEN 4 ELSE 3 END, {} FROM kept_change WHERE scope_id = '{{shop}}' AND rev IN (3, 4)",
        CHANGE.split_once(", ").unwrap().1
    );
    let both = ["DELETE FROM change WHERE scope_id = '{shop}' AND rev IN (3, 4)", swapped.as_str()];
    let edited = |name: &str| What::Edited(name.to_owned());
    let cases: Vec<(&[&str], Option<u64>, What)> = vec![
        (&["UPDATE change SET reason = 'innocent' WHERE scope_id = '{shop}' AND rev = 6"], Some(6), edited("reason")),
        (&["UPDATE change SET actor_name = 'Bo' WHERE scope_id = '{shop}' AND rev = 3"], Some(3), edited("actor_name")),
        (&["UPDATE change SET actor = 'user:usr_bo' WHERE scope_id = '{shop}' AND rev = 3"], Some(3), What::Altered),
        (&["UPDATE change SET via = 'session' WHERE scope_id = '{shop}' AND rev = 3"], Some(3), What::Altered),
        (&["UPDATE change SET at = at + 1 WHERE scope_id = '{shop}' AND rev = 4"], Some(4), What::Altered),
        (
            &["UPDATE change_document SET body = '{}' WHERE scope_id = '{shop}' AND rev = 2 AND kind = 'flag'"],
            Some(2),
            edited("flag a"),
        ),
        (
            &["DELETE FROM change_document WHERE scope_id = '{shop}' AND rev = 5 AND kind = 'flag'"],
            Some(5),
            What::Altered,
        ),
        (
            &["UPDATE change_document SET key = 'z' WHERE scope_id = '{shop}' AND rev = 5 AND kind = 'flag'"],
            Some(5),
            What::Altered,
        ),
        // Redacted by hand, without a redaction that says so.
        (
            &["UPDATE change SET reason = NULL, reason_salt = NULL WHERE scope_id = '{shop}' AND rev = 6"],
            Some(6),
            What::Unsaid("reason".to_owned()),
        ),
        (&["UPDATE change SET reason = NULL WHERE scope_id = '{shop}' AND rev = 6"], Some(6), edited("reason")),
        // Deleted in the middle, at the beginning, and cut off at the end.
        (&["DELETE FROM change WHERE scope_id = '{shop}' AND rev = 4"], Some(5), What::Deleted(3)),
        (&["DELETE FROM change WHERE scope_id = '{shop}' AND rev <= 2"], Some(3), What::Deleted(0)),
        // Swapped, whole and by their numbers only.
        (&both, Some(3), What::Broken),
    ];
    for (statements, rev, what) in cases {
        assert_eq!(tampering.after(statements).await, (rev, what), "{statements:?}");
    }
    let cut = tampering.after(&["DELETE FROM change WHERE scope_id = '{shop}' AND rev >= 5"]).await;
    assert!(matches!(cut, (Some(4), What::CutOff { rev: 6, .. })), "{cut:?}");
    verified(&app, &tampering.heads).await.expect("everything was put back");

    // A whole log that is gone is named by the tenant's.
    let export = exported(&app.owner).await;
    let shop = format!("\"scope\":\"{}\"", tampering.shop);
    let without: Vec<&str> = export.lines().filter(|line| !line.contains(&shop)).collect();
    let without = without.join("\n");
    let keys = vec![key(&app).await];
    let gone = verify(&without, "", Options { keys: keys.clone(), partial: false }).unwrap_err();
    assert_eq!((gone.scope.as_deref(), gone.what), (Some(tampering.shop.as_str()), What::MissingLog));

    // Heads that somebody forged, or signed with a key of their own.
    let forged = tampering.heads.replace("\"hash\":\"", "\"hash\":\"0");
    let signature = verify(&export, &forged, Options { keys: keys.clone(), partial: false }).unwrap_err();
    assert_eq!(signature.what, What::Signature("head"));
    let foreign = PublicKey::parse(SOMEBODY_ELSE).unwrap();
    let unknown = verify(&export, &tampering.heads, Options { keys: vec![foreign], partial: false }).unwrap_err();
    assert!(matches!(unknown.what, What::UnknownKey("head", _)), "{unknown}");
}

/// The last entry is taken away and another one made in its place, with hashes that are right: only a head knows.
async fn what_was_rewritten_disagrees_with_its_head(app: Arc<TestApp>) {
    let tampering = shop_with_history(&app).await;
    for statement in [
        "DELETE FROM change WHERE scope_id = '{shop}' AND rev = 6",
        "DELETE FROM change_document WHERE scope_id = '{shop}' AND rev = 6",
        "DELETE FROM audit_head WHERE scope_id = '{shop}'",
        "UPDATE scope SET rev = 5 WHERE id = '{shop}'",
    ] {
        assert!(tampering.sql(statement).await > 0, "{statement}");
    }
    let forged = Commit {
        tenant_id: app.app.store.scope(&tampering.shop).await.unwrap().unwrap().tenant_id,
        scope_id: tampering.shop.clone(),
        expected: None,
        attribution: Attribution {
            actor: "user:usr_ana".to_owned(),
            actor_name: "Ana".to_owned(),
            via: "session".to_owned(),
            action: "flag.update".to_owned(),
            reason: "nothing to see here".to_owned(),
            trace_id: "0".repeat(32),
            at: app.now(),
        },
        documents: vec![DocumentWrite { kind: "flag".to_owned(), key: "z".to_owned(), body: Some("{}".to_owned()) }],
        rows: Vec::new(),
    };
    assert_eq!(app.app.store.commit(forged).await.unwrap().rev, 6);
    verified(&app, "").await.expect("the chain in itself is good");
    let finding = verified(&app, &tampering.heads).await.unwrap_err();
    assert_eq!((finding.rev, finding.scope.as_deref()), (Some(6), Some(tampering.shop.as_str())), "{finding}");
    assert!(matches!(finding.what, What::Rewritten(_)), "{finding}");
}

/// The public key of RFC 8032, section 7.1, test 1.
const SOMEBODY_ELSE: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

async fn heads_are_shipped_and_sealed(app: Arc<TestApp>) {
    app.flag("a").await;
    app.app.sign_heads().await;
    let keys = app.app.store.signing_keys().await.unwrap();
    assert_eq!(keys.len(), 1);
    assert!(keys[0].sealed.starts_with("v1."), "the secret half is sealed");
    app.app.sign_heads().await;
    assert_eq!(app.app.store.signing_keys().await.unwrap(), keys, "made once");
    let heads = app.owner.get("/api/v1/audit/heads?project=shop").await;
    let revs: Vec<_> = heads.body["items"].as_array().unwrap().iter().map(|head| &head["rev"]).collect();
    assert_eq!(revs.iter().filter(|rev| **rev == 2).count(), 1, "nothing moved since: {revs:?}");
    assert_eq!(*revs[0], 2);
    assert_eq!(app.owner.get("/api/v1/audit/heads?project=nowhere").await.status, 404);
}

yardarm_testkit::on_both_stores![
    every_tampering_is_named,
    what_was_rewritten_disagrees_with_its_head,
    heads_are_shipped_and_sealed
];
