//! SDK keys.

use yardarm_model::document::Audience;

use crate::bench::{Bench, next, put, remove, sdk_key};

const KEY: [u8; 32] = [7; 32];
const OTHER: [u8; 32] = [8; 32];

#[tokio::test]
async fn a_key_opens_its_environment_until_it_is_revoked() {
    let bench = Bench::new().await;
    let hub = bench.hub().await;
    assert!(hub.grant(&KEY).is_none());
    bench.write(vec![sdk_key("key_1", "production", KEY, false), sdk_key("key_2", "staging", OTHER, false)]).await;
    hub.refresh("prj_1").await.unwrap();
    let grant = hub.grant(&KEY).unwrap();
    assert_eq!((grant.id.as_str(), grant.tenant_id.as_str(), grant.scope_id.as_str()), ("key_1", "tnt_1", "prj_1"));
    assert_eq!((grant.project.as_str(), grant.environment.as_str()), ("web", "production"));
    assert_eq!(grant.audience, Audience::Server);
    assert_eq!(grant.live.published().environment(), "production");

    let mut frames = grant.live.subscribe();
    bench.write(vec![sdk_key("key_1", "production", KEY, true)]).await;
    hub.refresh("prj_1").await.unwrap();
    next(&mut frames).await;
    assert!(hub.grant(&KEY).is_none(), "gone when the frame is seen");
    assert!(hub.grant(&OTHER).is_some());
}

#[tokio::test]
async fn keys_of_a_deleted_environment_open_nothing() {
    let bench = Bench::new().await;
    bench.write(vec![sdk_key("key_1", "staging", KEY, false)]).await;
    let hub = bench.hub().await;
    assert!(hub.grant(&KEY).is_some());
    bench.write(vec![remove("environment", "staging")]).await;
    hub.refresh("prj_1").await.unwrap();
    assert!(hub.grant(&KEY).is_none());
    let damaged = put(
        "sdk_key",
        "key_3",
        r#"{"name":"K","environment":"production","audience":"client","hash":"xyz","hint":"h","created_at":0}"#,
    );
    bench.write(vec![damaged, sdk_key("key_4", "production", OTHER, false)]).await;
    hub.refresh("prj_1").await.unwrap();
    assert!(hub.grant(&OTHER).is_some(), "a damaged key harms no other");
}
