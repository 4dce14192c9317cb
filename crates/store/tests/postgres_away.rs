//! Postgres refuses, hangs and comes back: calls end in time, and work again when it does. Through a proxy, so that no
//! server is harmed; needs `TEST_DATABASE_URL` as the contract does.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may fail, and its settings are its own"
)]

use std::sync::Arc;
use std::time::Duration;

use sqlx::{Connection as _, Executor as _, PgConnection};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use yardarm_store::{
    Attribution, Commit, CommitError, RowWrite, Scope, ScopeKind, ScopeRef, Store, StoreError, StoreOptions, Tenant,
    open_with,
};

/// How the way to the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Open,
    /// Connections stay and nothing arrives.
    Frozen,
    /// Connections end, and new ones end at once.
    Closed,
}

/// Stands between the store and the server.
struct Proxy {
    port: u16,
    way: watch::Sender<Way>,
}

impl Proxy {
    async fn new(server: String, first: Way) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (way, watched) = watch::channel(first);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server.clone(), watched.clone()));
            }
        });
        Self { port, way }
    }

    fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

async fn carry(client: TcpStream, server: String, mut way: watch::Receiver<Way>) {
    if *way.borrow() == Way::Closed {
        return;
    }
    let Ok(server) = TcpStream::connect(server).await else { return };
    let mut buffers = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        let now = *way.borrow_and_update();
        match now {
            Way::Closed => return,
            Way::Frozen => {
                way.changed().await.unwrap();
                continue;
            }
            Way::Open => {}
        }
        tokio::select! {
            _ = way.changed() => {}
            Ok(()) = client.readable() => if !pass(&client, &server, &mut buffers.0).await { return },
            Ok(()) = server.readable() => if !pass(&server, &client, &mut buffers.1).await { return },
        }
    }
}

/// Passes on what is there; false at the end.
async fn pass(from: &TcpStream, to: &TcpStream, buffer: &mut [u8]) -> bool {
    let read = match from.try_read(buffer) {
        Ok(0) => return false,
        Ok(read) => read,
        Err(error) => return error.kind() == std::io::ErrorKind::WouldBlock,
    };
    let mut rest = &buffer[..read];
    while !rest.is_empty() {
        if to.writable().await.is_err() {
            return false;
        }
        match to.try_write(rest) {
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return false,
        }
    }
    true
}

fn commit(rows: Vec<RowWrite>) -> Commit {
    let attribution = Attribution {
        actor: "system:test".into(),
        actor_name: "Test".into(),
        via: "system".into(),
        action: "test".into(),
        reason: String::new(),
        trace_id: String::new(),
        at: 0,
    };
    Commit {
        tenant_id: "tnt_1".into(),
        scope_id: "tnt_1".into(),
        expected: None,
        attribution,
        documents: Vec::new(),
        rows,
    }
}

fn rename(name: &str) -> Commit {
    commit(vec![RowWrite::RenameTenant { id: "tnt_1".into(), name: name.into() }])
}

async fn away(store: &Arc<dyn Store>) {
    // Many at once, more than there are connections: nobody waits for ever, and nothing is used up.
    let calls: Vec<_> = (0..20)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                if n % 2 == 0 {
                    store.scopes().await.map(|_| ())
                } else {
                    match store.commit(rename("away")).await {
                        Err(CommitError::Store(error)) => Err(error),
                        other => panic!("{other:?}"),
                    }
                }
            })
        })
        .collect();
    for call in calls {
        let ended = tokio::time::timeout(Duration::from_secs(20), call).await.expect("every call ends").unwrap();
        assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{ended:?}");
    }
}

/// It may take a moment until connections that are no good have been replaced.
async fn back(store: &Arc<dyn Store>) {
    let waited = tokio::time::timeout(Duration::from_secs(30), async {
        while store.ping().await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    waited.await.expect("it comes back");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_may_be_away_and_come_back() {
    let Ok(url) = std::env::var("TEST_DATABASE_URL") else {
        eprintln!("skipped: TEST_DATABASE_URL is not set");
        return;
    };
    let name = format!("yardarm_away_{}", std::process::id());
    let mut server = PgConnection::connect(&url).await.unwrap();
    server.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    let (credentials, rest) = url.rsplit_once('@').expect("TEST_DATABASE_URL has a user");
    let (address, _) = rest.split_once('/').expect("and a database");

    let proxy = Proxy::new(address.to_owned(), Way::Closed).await;
    let options = StoreOptions { deadline: Duration::from_millis(1_500), connections: 4, ..StoreOptions::default() };
    let store = open_with(&format!("{credentials}@127.0.0.1:{}/{name}", proxy.port), &options).await.unwrap();
    away(&store).await;

    // Migrated when it first answers.
    proxy.set(Way::Open);
    back(&store).await;
    let tenant = Tenant { id: "tnt_1".into(), key: "t".into(), name: "T".into(), created_at: 0 };
    let (tenant_id, key, epoch) = ("tnt_1".into(), "t".into(), "e".into());
    let scope = Scope { id: "tnt_1".into(), kind: ScopeKind::Tenant, tenant_id, key, epoch, rev: 0 };
    let made = commit(vec![RowWrite::InsertTenant(tenant), RowWrite::InsertScope(scope)]);
    assert_eq!(store.commit(made).await.unwrap().rev, 1);

    for way in [Way::Frozen, Way::Closed, Way::Frozen] {
        let before = store.scope("tnt_1").await.unwrap().unwrap().rev;
        proxy.set(way);
        away(&store).await;
        proxy.set(Way::Open);
        back(&store).await;
        // What could not be acknowledged may have happened; what is acknowledged now comes after it, without a gap.
        let next = store.commit(rename("back")).await.unwrap().rev;
        assert!(next > before);
        let revs: Vec<_> =
            store.changes(ScopeRef::tenant("tnt_1"), 0, 1_000).await.unwrap().iter().map(|change| change.rev).collect();
        assert_eq!(revs, (1..=next).collect::<Vec<_>>());
    }

    // Hints come again, too.
    let mut hints = store.hints().unwrap();
    let heard = tokio::time::timeout(Duration::from_mins(1), async {
        loop {
            store.commit(rename("hint")).await.unwrap();
            if let Ok(hint) = tokio::time::timeout(Duration::from_millis(500), hints.recv()).await {
                return hint.unwrap();
            }
        }
    });
    assert_eq!(heard.await.expect("a hint"), "tnt_1");
    drop(store);
    server.execute(sqlx::AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await.unwrap();
}
