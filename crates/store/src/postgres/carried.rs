//! Tests: a connection carries nothing from one transaction to the next, however the transaction ended.

use std::time::Duration;

use sqlx::Executor as _;

use super::dialect::{self, Pools};
use crate::StoreOptions;
use crate::reach::{Door, Reach};
use crate::scratch::Scratch;

/// What every connection of the pool says outside of a transaction: who it is, and each setting.
#[expect(clippy::unwrap_used, reason = "a test may fail")]
async fn carried(pools: &Pools, connections: u32) -> Vec<(bool, String)> {
    let mut held = Vec::new();
    for _ in 0..connections {
        held.push(pools.owner().acquire().await.unwrap());
    }
    let mut seen = Vec::new();
    for mut connection in held {
        let said = ["tenant", "secret", "person", "email", "door"]
            .map(|name| format!("coalesce(current_setting('yardarm.{name}', true), '')"));
        let text = format!("SELECT current_user = session_user, {}", said.join(" || "));
        seen.push(sqlx::query_as(sqlx::AssertSqlSafe(text)).fetch_one(&mut *connection).await.unwrap());
    }
    seen
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment which database there is")]
async fn nothing_is_carried_from_one_transaction_to_the_next() {
    let Ok(server) = std::env::var("TEST_DATABASE_URL") else {
        eprintln!("skipped: TEST_DATABASE_URL is not set");
        return;
    };
    let scratch = Scratch::create(&server).await.unwrap();
    let options = StoreOptions { deadline: Duration::from_mins(2), connections: 2, ..StoreOptions::default() };
    let pools = dialect::pools(&scratch.url(), &options).await.unwrap();
    crate::MIGRATIONS.run(pools.owner()).await.unwrap();
    dialect::raise_walls(&pools).await.unwrap();

    let reaches = [
        Reach::Tenant("tnt_'; SET yardarm.tenant = 'tnt_b"),
        Reach::Secret("hash"),
        Reach::Person("usr_1"),
        Reach::Email("o'brien\\@example.com"),
        Reach::Door(Door::Tail),
    ];
    for reach in reaches {
        // Committed, rolled back, let go, failed, and cancelled in the middle.
        let mut transaction = pools.begin(reach).await.unwrap();
        let (name, value) = super::walls::setting(reach).unwrap();
        let said: String =
            sqlx::query_scalar("SELECT current_setting($1)").bind(name).fetch_one(&mut *transaction).await.unwrap();
        assert_eq!(said, value);
        let other: bool =
            sqlx::query_scalar("SELECT current_user <> session_user").fetch_one(&mut *transaction).await.unwrap();
        assert!(other, "the role was not taken on");
        dialect::reach(&mut transaction, Reach::Tenant("tnt_more")).await.unwrap();
        transaction.commit().await.unwrap();
        pools.begin(reach).await.unwrap().rollback().await.unwrap();
        drop(pools.read(reach).await.unwrap());
        let mut transaction = pools.begin(reach).await.unwrap();
        assert!(transaction.execute("SELECT 1 / 0").await.is_err());
        drop(transaction);
        let mut transaction = pools.begin(reach).await.unwrap();
        let slow = transaction.execute("SELECT pg_sleep(0.05)");
        assert!(tokio::time::timeout(Duration::from_millis(1), slow).await.is_err());
        drop(transaction);
        assert_eq!(carried(&pools, 2).await, [(true, String::new()), (true, String::new())], "{reach:?}");
    }
    drop(pools);
    scratch.remove().await.unwrap();
}
