//! Signed heads that leave the database: a receiver has what it needs to see that a log was cut off.

use yardarm_server::audit::HeadsTo;
use yardarm_store::scratch::Scratch;
use yardarm_testkit::TestApp;
use yardarm_verify::What;

use crate::export::verified;
use crate::receiver::Receiver;

/// What a receiver was sent, as one file.
fn kept(receiver: &Receiver) -> String {
    let heard = receiver.heard();
    assert!(heard.iter().all(|heard| heard.header("content-type") == "application/x-ndjson"));
    heard.iter().map(|heard| String::from_utf8(heard.body.clone()).unwrap()).collect()
}

#[tokio::test]
async fn a_receiver_sees_what_was_cut_off() {
    let receiver = Receiver::start().await;
    let to = HeadsTo::Webhook(receiver.url());
    let app = TestApp::start_sqlite_with(|settings| settings.audit.heads = Some(to)).await;
    app.flag("a").await;
    app.app.sign_heads().await;
    app.flag("b").await;
    app.app.sign_heads().await;
    let heads = kept(&receiver);
    let report = verified(&app, &heads).await.unwrap();
    assert!(report.heads >= 3, "heads of two logs, one of them twice: {heads}");
    let count = heads.lines().count();
    app.app.sign_heads().await;
    assert_eq!(kept(&receiver).lines().count(), count, "what was taken is not sent again");

    // A head that is not the server's own is seen, too.
    let forged = heads.replacen("\"rev\":", "\"rev\":1", 1);
    assert!(verified(&app, &forged).await.is_err());
    let url = &app.app.settings.database_url;
    let last = "rev = (SELECT max(rev) FROM change WHERE scope_id LIKE 'prj%') AND scope_id LIKE 'prj%'";
    for statement in [
        format!("DELETE FROM change_document WHERE {last}"),
        format!("DELETE FROM change WHERE {last}"),
        "DELETE FROM audit_head".to_owned(),
        "UPDATE scope SET rev = rev - 1 WHERE id LIKE 'prj%'".to_owned(),
    ] {
        Scratch::tamper(url, &statement).await.unwrap();
    }
    let without = verified(&app, "").await;
    assert!(without.is_ok(), "a chain that was cut off is good in itself: {without:?}");
    let found = verified(&app, &heads).await.unwrap_err().what;
    assert!(matches!(found, What::CutOff { .. }), "{found:?}");
}

#[tokio::test]
async fn what_a_receiver_did_not_take_is_sent_again() {
    let receiver = Receiver::start().await;
    receiver.answer(&[500, 302, 200]);
    let to = HeadsTo::Webhook(receiver.url());
    let app = TestApp::start_sqlite_with(|settings| settings.audit.heads = Some(to)).await;
    app.flag("a").await;
    for _ in 0..3 {
        app.app.sign_heads().await;
    }
    let heard = receiver.heard();
    let newest = heard.last().unwrap().body.clone();
    assert!(heard.len() >= 3 && heard.iter().rev().take(2).all(|heard| heard.body == newest), "{}", heard.len());
    verified(&app, &String::from_utf8(newest).unwrap()).await.unwrap();
}

/// Where heads go is judged like every other address: not to what an operator did not allow.
#[tokio::test]
async fn heads_go_out_by_the_one_way_out() {
    let receiver = Receiver::start().await;
    let to = HeadsTo::Webhook(receiver.url());
    let app = TestApp::start_sqlite_with(|settings| {
        settings.audit.heads = Some(to);
        settings.outbound.allow.clear();
    })
    .await;
    app.flag("a").await;
    app.app.sign_heads().await;
    assert!(receiver.heard().is_empty());
}
