//! Row-level security, tried from outside of our own types: plain SQL as the role that the server works as.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test may fail, and its settings are its own")]

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};
use yardarm_store::scratch::Scratch;
use yardarm_store::{
    AccessToken, Attribution, Commit, Count, CountBatch, DocumentWrite, Identity, LinkPurpose, Membership, NewDelivery,
    OneTimeLink, Passkey, Refused, RowWrite, Scope, ScopeKind, ScopeRef, Session, SignInMethod, SignInRow, SignedHead,
    Store, StoreError, StoreOptions, Tenant, Totp, User, UserKind, WebhookCursor, WebhookRow, WebhookWrite, open_with,
};

/// Tables whose rows are of no tenant, and why nobody minds.
const OF_NOBODY: [(&str, &str); 4] = [
    ("count_batch", "ids of batches and when they came"),
    ("used_ticket", "hashes of tickets and when they end"),
    ("signing_key", "sealed; heads of all tenants are signed with them"),
    ("_sqlx_migrations", "which migrations ran; not granted"),
];

async fn server() -> Option<Scratch> {
    let Ok(server) = std::env::var("TEST_DATABASE_URL") else {
        eprintln!("skipped: TEST_DATABASE_URL is not set");
        return None;
    };
    Some(Scratch::create(&server).await.unwrap())
}

fn patient() -> StoreOptions {
    StoreOptions { deadline: std::time::Duration::from_mins(2), ..StoreOptions::default() }
}

fn commit(tenant: &str, scope: &str, documents: Vec<DocumentWrite>, rows: Vec<RowWrite>) -> Commit {
    let attribution = Attribution {
        actor: format!("user:usr_{tenant}"),
        via: "test".into(),
        actor_name: "Somebody".into(),
        action: "test.write".into(),
        reason: String::new(),
        trace_id: "0".repeat(32),
        at: 1,
    };
    Commit { tenant_id: tenant.into(), scope_id: scope.into(), expected: None, attribution, documents, rows }
}

/// One of everything.
#[expect(clippy::too_many_lines, reason = "one of everything is long")]
async fn fill(store: &dyn Store, tenant: &str) {
    let (id, text) = (tenant.to_owned(), |name: &str| format!("{tenant}-{name}"));
    let (user_id, project) = (format!("usr_{tenant}"), format!("prj_{tenant}"));
    let scope = |kind, id: &str| Scope {
        id: id.to_owned(),
        kind,
        tenant_id: tenant.to_owned(),
        key: id.to_owned(),
        epoch: text("epoch"),
        rev: 0,
    };
    let user = User {
        id: user_id.clone(),
        kind: UserKind::Person,
        tenant_id: None,
        email: format!("{tenant}@example.com"),
        name: text("user"),
        password_hash: None,
        operator: false,
        created_at: 1,
    };
    let token = AccessToken {
        id: text("tok"),
        hash: text("token-hash"),
        tenant_id: id.clone(),
        user_id: user_id.clone(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    };
    let at = WebhookCursor { scope_id: id.clone(), epoch: text("epoch"), rev: 1 };
    let webhook = WebhookRow {
        id: text("whk"),
        tenant_id: id.clone(),
        secret: text("sealed"),
        previous_secret: None,
        previous_until: None,
        url: None,
        delivered_at: None,
    };
    let ping = NewDelivery { id: text("msg"), scope_id: id.clone(), rev: 0, event: "webhook.ping".into(), due_at: 1 };
    let rows = vec![
        RowWrite::InsertTenant(Tenant { id: id.clone(), key: text("key"), name: text("name"), created_at: 1 }),
        RowWrite::InsertScope(scope(ScopeKind::Tenant, tenant)),
        RowWrite::InsertUser(user),
        RowWrite::UpsertMembership(Membership { tenant_id: id.clone(), user_id: user_id.clone() }),
        RowWrite::InsertAccessToken(token),
        RowWrite::Webhook(WebhookWrite::Insert { row: webhook, from: vec![at] }),
        RowWrite::Webhook(WebhookWrite::Queue { id: text("whk"), delivery: ping, at: 1 }),
    ];
    let document = |kind: &str| DocumentWrite { kind: kind.into(), key: text("key"), body: Some("{}".into()) };
    store.commit(commit(tenant, tenant, vec![document("tenant")], rows)).await.unwrap();
    let made = vec![RowWrite::InsertScope(scope(ScopeKind::Project, &project))];
    store.commit(commit(tenant, &project, vec![document("flag")], made)).await.unwrap();
    let hash = text("session-hash");
    let session = Session {
        hash,
        user_id: user_id.clone(),
        tenant_id: id.clone(),
        id: text("session"),
        method: SignInMethod::Password,
        second_factor: false,
        connection_id: None,
        address: String::new(),
        user_agent: String::new(),
        created_at: 1,
        authenticated_at: 1,
        expires_at: i64::MAX,
    };
    store.insert_session(&session).await.unwrap();
    let sign_in = vec![
        SignInRow::SetTotp(Totp { user_id: user_id.clone(), secret: text("seed"), last_step: 1, created_at: 1 }),
        SignInRow::SetRecoveryCodes { user_id: user_id.clone(), hashes: vec![text("code-hash")] },
        SignInRow::InsertPasskey(Passkey {
            id: text("passkey"),
            user_id: user_id.clone(),
            credential_id: text("credential"),
            public_key: text("key"),
            sign_count: 0,
            name: text("name"),
            created_at: 1,
            last_used_at: None,
        }),
        SignInRow::SetSsoSecret { tenant_id: id.clone(), connection_id: text("sso"), secret: text("secret") },
        SignInRow::InsertIdentity(Identity {
            tenant_id: id.clone(),
            connection_id: text("sso"),
            subject: text("subject"),
            user_id: user_id.clone(),
            created_at: 1,
        }),
    ];
    let sign_in = sign_in.into_iter().map(RowWrite::SignIn).collect();
    store.commit(commit(tenant, tenant, Vec::new(), sign_in)).await.unwrap();
    assert!(store.sign_in().try_second_factor(&user_id, 1, 1, 1).await.unwrap());
    assert!(store.sign_in().use_ticket(&text("ticket"), i64::MAX, 1).await.unwrap());
    let link = OneTimeLink {
        hash: text("link-hash"),
        purpose: LinkPurpose::SignIn,
        user_id: Some(user_id),
        tenant_id: Some(id.clone()),
        invitation_id: None,
        expires_at: i64::MAX,
    };
    store.insert_link(&link).await.unwrap();
    let count = Count {
        tenant_id: id.clone(),
        scope_id: project,
        environment: "production".into(),
        flag: "f".into(),
        variant: "on".into(),
        reason: "STATIC".into(),
        sdk: "rust/1".into(),
        hour: 0,
        count: 1,
    };
    store.add_counts(1, &[CountBatch { id: &text("batch"), counts: &[count] }]).await.unwrap();
    let head = store.moved(1_000).await.unwrap().into_iter().find(|head| head.scope_id == tenant).unwrap();
    let head = SignedHead { head, at: 1, key_id: "k".into(), signature: "00".into() };
    assert!(store.insert_head(&head).await.unwrap());
    let refused = Refused {
        id: text("refused"),
        minute: 0,
        tenant_id: id,
        source: "::1".into(),
        actor: String::new(),
        code: "forbidden".into(),
        status: 403,
        route: "GET /x".into(),
        count: 1,
        last_at: 0,
        trace_id: "0".repeat(32),
    };
    store.add_refusals(&[refused], 0, 1_000).await.unwrap();
}

/// As the server's role, in a transaction that says nothing yet.
async fn as_server(owner: &mut PgConnection) {
    let role = format!("{}_server", database(owner).await);
    owner.execute(AssertSqlSafe(format!("BEGIN; SET LOCAL ROLE \"{role}\""))).await.unwrap();
}

async fn database(connection: &mut PgConnection) -> String {
    sqlx::query_scalar("SELECT current_database()::text").fetch_one(connection).await.unwrap()
}

async fn say(connection: &mut PgConnection, setting: &str, value: &str) {
    let set = "SELECT set_config('yardarm.' || $1, $2, true)";
    sqlx::query(set).bind(setting).bind(value).execute(connection).await.unwrap();
}

async fn rows(connection: &mut PgConnection, table: &str, condition: &str) -> i64 {
    let text = format!("SELECT count(*) FROM {table} WHERE {condition}");
    sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(connection).await.unwrap()
}

/// Whether row-level security, or a missing grant, said no.
fn is_refusal(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| code == "42501")
}

/// Every table of the database, and the column that names the owner.
async fn tables(owner: &mut PgConnection) -> Vec<(String, Option<&'static str>)> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class
          WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace ORDER BY 1",
    )
    .fetch_all(&mut *owner)
    .await
    .unwrap();
    let mut tables = Vec::new();
    for name in names {
        let has: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = $1::regclass AND attname = 'tenant_id')",
        )
        .bind(&name)
        .fetch_one(&mut *owner)
        .await
        .unwrap();
        let column = match name.as_str() {
            "tenant" => Some("id"),
            "app_user" => None, // most are people's own; the others have a test of their own
            _ => has.then_some("tenant_id"),
        };
        tables.push((name, column));
    }
    tables
}

#[tokio::test]
async fn every_table_is_behind_the_wall() {
    let Some(scratch) = server().await else { return };
    let store = open_with(&scratch.url(), &patient()).await.unwrap();
    for tenant in ["tnt_a", "tnt_b"] {
        fill(&*store, tenant).await;
    }
    let mut owner = PgConnection::connect(&scratch.url()).await.unwrap();
    let role = format!("{}_server", database(&mut owner).await);
    let tables = tables(&mut owner).await;
    assert!(tables.len() > 10, "{tables:?}");
    for (table, column) in &tables {
        if table == "_sqlx_migrations" {
            continue;
        }
        let facts = sqlx::query(
            "SELECT relrowsecurity, relforcerowsecurity, relowner <> $2::regrole AS owned,
                    has_table_privilege($2, oid, 'TRUNCATE, REFERENCES, TRIGGER') AS more
               FROM pg_class WHERE oid = $1::regclass",
        )
        .bind(table)
        .bind(&role)
        .fetch_one(&mut owner)
        .await
        .unwrap();
        let facts: [bool; 4] = std::array::from_fn(|index| facts.get(index));
        assert_eq!(facts, [true, true, true, false], "{table}: enabled, forced, owned by another, no more than rows");
        let Some(column) = column else {
            let known = OF_NOBODY.iter().any(|(name, _)| name == table) || OF_PERSONS.contains(&table.as_str());
            assert!(known, "{table} has no tenant_id: give it one, or say here why it needs none");
            continue;
        };
        // Whatever is in no test yet must be filled here: an empty table proves nothing.
        let there = format!("{column} = 'tnt_b'");
        assert!(rows(&mut owner, table, &there).await > 0, "{table}: `fill` makes no row in it");

        as_server(&mut owner).await;
        assert_eq!(rows(&mut owner, table, "true").await, 0, "{table}: who says nothing sees nothing");
        say(&mut owner, "tenant", "").await;
        assert_eq!(rows(&mut owner, table, "true").await, 0, "{table}: nothing is no tenant");
        say(&mut owner, "tenant", "tnt_a").await;
        assert!(rows(&mut owner, table, "true").await > 0, "{table}: own rows");
        assert_eq!(rows(&mut owner, table, &format!("{column} <> 'tnt_a'")).await, 0, "{table}: foreign rows");
        owner.execute("ROLLBACK").await.unwrap();

        // Written by name, all at once, and one that was never theirs to see.
        let copy: String = {
            let text = format!("SELECT to_jsonb(t)::text FROM {table} t WHERE {there} LIMIT 1");
            sqlx::query_scalar(AssertSqlSafe(text)).fetch_one(&mut owner).await.unwrap()
        };
        let insert = format!("INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, $1::jsonb)");
        let attempts = [
            (format!("UPDATE {table} SET {column} = {column} WHERE {there}"), None),
            (format!("DELETE FROM {table} WHERE {there}"), None),
            (format!("UPDATE {table} SET {column} = 'tnt_b' WHERE {column} = 'tnt_a'"), None),
            (insert, Some(&copy)),
        ];
        for (attempt, argument) in attempts {
            as_server(&mut owner).await;
            say(&mut owner, "tenant", "tnt_a").await;
            let mut query = sqlx::query(AssertSqlSafe(attempt.clone()));
            if let Some(argument) = argument {
                query = query.bind(argument);
            }
            match query.execute(&mut owner).await {
                Ok(done) => assert_eq!(done.rows_affected(), 0, "{attempt}"),
                Err(error) => assert!(is_refusal(&error), "{attempt}: {error}"),
            }
            owner.execute("ROLLBACK").await.unwrap();
        }
    }
    drop((owner, store));
    scratch.remove().await.unwrap();
}

#[tokio::test]
async fn an_account_of_a_tenant_is_seen_by_it_alone() {
    let Some(scratch) = server().await else { return };
    let store = open_with(&scratch.url(), &patient()).await.unwrap();
    fill(&*store, "tnt_a").await;
    let user = store.user("usr_tnt_a").await.unwrap().unwrap();
    let made = User { id: "usr_made".into(), tenant_id: Some("tnt_a".into()), ..user };
    store.commit(commit("tnt_a", "tnt_a", Vec::new(), vec![RowWrite::InsertUser(made)])).await.unwrap();
    let mut owner = PgConnection::connect(&scratch.url()).await.unwrap();
    let asked = [("tenant", "tnt_a", 1), ("tenant", "tnt_b", 0), ("tenant", "", 0), ("email", "tnt_a@example.com", 0)];
    for (setting, value, seen) in asked {
        as_server(&mut owner).await;
        say(&mut owner, setting, value).await;
        assert_eq!(rows(&mut owner, "app_user", "id = 'usr_made'").await, seen, "{setting} {value}");
        owner.execute("ROLLBACK").await.unwrap();
    }
    scratch.remove().await.unwrap();
}

/// Whose rows are a person's, in whatever tenants they are.
const OF_PERSONS: [&str; 5] = ["app_user", "totp", "recovery_code", "second_factor_try", "passkey"];

/// A setting, its value, and the tables that it opens with the number of rows seen there.
type Opened = (&'static str, &'static str, &'static [(&'static str, i64)]);

/// The ways around the tenant, one by one: each shows what it is for and nothing else.
#[tokio::test]
async fn the_ways_to_rows_of_all_tenants_are_narrow() {
    let Some(scratch) = server().await else { return };
    let store = open_with(&scratch.url(), &patient()).await.unwrap();
    for tenant in ["tnt_a", "tnt_b"] {
        fill(&*store, tenant).await;
    }
    let mut owner = PgConnection::connect(&scratch.url()).await.unwrap();
    let cases: [Opened; 11] = [
        ("door", "tail", &[("scope", 4)]),
        ("door", "setup", &[("app_user", 2)]),
        ("door", "heads", &[("scope", 4), ("change", 6), ("audit_head", 2)]),
        ("door", "refusals", &[("refused", 2)]),
        ("door", "everything", &[]),
        (
            "person",
            "usr_tnt_b",
            &[
                ("app_user", 1),
                ("membership", 1),
                ("session", 1),
                ("totp", 1),
                ("recovery_code", 1),
                ("second_factor_try", 1),
                ("passkey", 1),
            ],
        ),
        ("secret", "tnt_b-credential", &[("passkey", 1)]),
        ("tenant_key", "tnt_b-key", &[("tenant", 1)]),
        ("email", "tnt_b@example.com", &[("app_user", 1)]),
        ("secret", "tnt_b-session-hash", &[("session", 1)]),
        ("secret", "tnt_b-token-hash", &[("access_token", 1)]),
    ];
    let tables = tables(&mut owner).await;
    for (setting, value, open) in cases {
        as_server(&mut owner).await;
        say(&mut owner, setting, value).await;
        for (table, _) in tables.iter().filter(|(table, _)| OF_NOBODY.iter().all(|(name, _)| name != table)) {
            let expected = open.iter().find(|(name, _)| name == table).map_or(0, |(_, rows)| *rows);
            assert_eq!(rows(&mut owner, table, "true").await, expected, "{setting} {value}: {table}");
        }
        for (table, _) in open.iter().filter(|(table, rows)| *rows > 1 && *table != "refused") {
            owner.execute("SAVEPOINT here").await.unwrap();
            match owner.execute(AssertSqlSafe(format!("DELETE FROM {table}"))).await {
                Ok(delete) => assert_eq!(delete.rows_affected(), 0, "a door is for reading: {table}"),
                Err(error) => assert!(is_refusal(&error), "{table}: {error}"),
            }
            owner.execute("ROLLBACK TO here").await.unwrap();
        }
        owner.execute("ROLLBACK").await.unwrap();
    }
    // The log is not rewritten, not even by its own tenant.
    for statement in
        ["UPDATE change SET hash = 'x'", "UPDATE change SET rev = 1", "UPDATE change_document SET key = 'x'"]
    {
        as_server(&mut owner).await;
        say(&mut owner, "tenant", "tnt_a").await;
        assert!(is_refusal(&owner.execute(statement).await.unwrap_err()), "{statement}");
        owner.execute("ROLLBACK").await.unwrap();
    }
    as_server(&mut owner).await;
    for statement in
        ["TRUNCATE scope", "SELECT * FROM _sqlx_migrations", "ALTER TABLE scope DISABLE ROW LEVEL SECURITY"]
    {
        owner.execute("SAVEPOINT here").await.unwrap();
        assert!(is_refusal(&owner.execute(statement).await.unwrap_err()), "{statement}");
        owner.execute("ROLLBACK TO here").await.unwrap();
    }
    drop((owner, store));
    scratch.remove().await.unwrap();
}

/// The server's role removes from a log what lies behind a mark that is in the log, and nothing else.
#[tokio::test]
async fn only_what_lies_behind_a_mark_can_go() {
    let Some(scratch) = server().await else { return };
    let store = open_with(&scratch.url(), &patient()).await.unwrap();
    for tenant in ["tnt_a", "tnt_b"] {
        fill(&*store, tenant).await;
    }
    let mark =
        |through: u64| DocumentWrite { kind: "prune_mark".into(), key: through.to_string(), body: Some("{}".into()) };
    let log = ScopeRef { tenant_id: "tnt_a", id: "prj_tnt_a" };
    let mut owner = PgConnection::connect(&scratch.url()).await.unwrap();
    let cut = "DELETE FROM change_document WHERE scope_id = 'prj_tnt_a'";
    let end = "DELETE FROM change WHERE scope_id = 'prj_tnt_a'";
    as_server(&mut owner).await;
    say(&mut owner, "tenant", "tnt_a").await;
    for statement in [cut, end, "DELETE FROM change", "DELETE FROM change_document"] {
        assert_eq!(owner.execute(statement).await.unwrap().rows_affected(), 0, "{statement}");
    }
    for statement in ["UPDATE scope SET pruned = 1", "UPDATE scope SET pruned = rev - 1", "DELETE FROM scope"] {
        owner.execute("SAVEPOINT here").await.unwrap();
        let done = owner.execute(statement).await;
        assert!(done.as_ref().is_err_and(is_refusal), "{statement}: {done:?}");
        owner.execute("ROLLBACK TO here").await.unwrap();
    }
    owner.execute("ROLLBACK").await.unwrap();

    // A mark of the other log, or one that says something else, is none.
    store.commit(commit("tnt_a", "tnt_a", vec![mark(1)], Vec::new())).await.unwrap();
    store.commit(commit("tnt_a", "prj_tnt_a", vec![mark(2)], Vec::new())).await.unwrap();
    let rev = store.scope("prj_tnt_a").await.unwrap().unwrap().rev;
    as_server(&mut owner).await;
    say(&mut owner, "tenant", "tnt_a").await;
    for pruned in [1, rev] {
        owner.execute("SAVEPOINT here").await.unwrap();
        let statement = format!("UPDATE scope SET pruned = {pruned} WHERE id = 'prj_tnt_a'");
        let done = owner.execute(AssertSqlSafe(statement)).await;
        assert!(done.as_ref().is_err_and(is_refusal), "{pruned}: {done:?}");
        owner.execute("ROLLBACK TO here").await.unwrap();
    }
    owner.execute("ROLLBACK").await.unwrap();

    // Behind its own mark it goes, and the mark stays.
    let before = store.changes(log, 0, 100).await.unwrap().len();
    store.commit(commit("tnt_a", "prj_tnt_a", vec![mark(1)], vec![RowWrite::Prune { through: 1 }])).await.unwrap();
    assert_eq!(store.changes(log, 0, 100).await.unwrap().len(), before, "one went and one came");
    as_server(&mut owner).await;
    say(&mut owner, "tenant", "tnt_a").await;
    assert_eq!(owner.execute(end).await.unwrap().rows_affected(), 0, "{end}");
    owner.execute("ROLLBACK").await.unwrap();
    drop((owner, store));
    scratch.remove().await.unwrap();
}

/// What is switched off is switched on again by the next start.
#[tokio::test]
async fn a_breach_is_closed_at_the_next_start() {
    let Some(scratch) = server().await else { return };
    drop(open_with(&scratch.url(), &patient()).await.unwrap());
    let mut owner = PgConnection::connect(&scratch.url()).await.unwrap();
    owner.execute("ALTER TABLE document DISABLE ROW LEVEL SECURITY").await.unwrap();
    owner.execute("ALTER TABLE session NO FORCE ROW LEVEL SECURITY").await.unwrap();
    let store = open_with(&scratch.url(), &patient()).await.unwrap();
    let standing = "SELECT count(*) FROM pg_class
                     WHERE relname IN ('document', 'session') AND relrowsecurity AND relforcerowsecurity";
    assert_eq!(sqlx::query_scalar::<_, i64>(standing).fetch_one(&mut owner).await.unwrap(), 2);
    drop((owner, store));
    scratch.remove().await.unwrap();
}

/// A user who owns the database and may make no roles: row-level security holds the owner itself.
#[tokio::test]
async fn a_plain_owner_is_held_too() {
    let Some(scratch) = server().await else { return };
    let mut admin = PgConnection::connect(&scratch.url()).await.unwrap();
    let login = format!("{}_plain", database(&mut admin).await);
    let make = format!(
        "CREATE ROLE \"{login}\" LOGIN; ALTER DATABASE \"{}\" OWNER TO \"{login}\"; ALTER SCHEMA public OWNER TO \"{login}\"",
        database(&mut admin).await
    );
    admin.execute(AssertSqlSafe(make)).await.unwrap();
    let url = scratch.url().replace("//postgres@", &format!("//{login}@"));
    let store = open_with(&url, &patient()).await.unwrap();
    for tenant in ["tnt_a", "tnt_b"] {
        fill(&*store, tenant).await;
    }
    assert!(store.load(ScopeRef::tenant("tnt_a")).await.unwrap().is_some());
    let mut plain = PgConnection::connect(&url).await.unwrap();
    for table in ["tenant", "document", "session", "app_user"] {
        assert_eq!(rows(&mut plain, table, "true").await, 0, "{table}");
    }
    // Given a role, it takes it.
    let role = format!("{}_server", database(&mut admin).await);
    admin
        .execute(AssertSqlSafe(format!("CREATE ROLE \"{role}\" NOLOGIN; GRANT \"{role}\" TO \"{login}\"")))
        .await
        .unwrap();
    drop(store);
    let store = open_with(&url, &patient()).await.unwrap();
    assert!(store.load(ScopeRef::tenant("tnt_a")).await.unwrap().is_some());
    assert!(rows(&mut plain, "pg_policy", "true").await > 10);
    // One that passes by the policies is refused.
    drop(store);
    admin.execute(AssertSqlSafe(format!("ALTER ROLE \"{role}\" BYPASSRLS"))).await.unwrap();
    let refused = open_with(&url, &patient()).await.err();
    assert!(matches!(&refused, Some(StoreError::Database(what)) if what.contains("BYPASSRLS")), "{refused:?}");
    drop(plain);
    admin.execute(AssertSqlSafe(format!("ALTER ROLE \"{role}\" NOBYPASSRLS"))).await.unwrap();
    drop(admin);
    scratch.remove().await.unwrap();
}
