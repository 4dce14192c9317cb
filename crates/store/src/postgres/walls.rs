//! Row-level security: the second wall between tenants. The first one is that every statement names its tenant.
//!
//! A transaction says whose rows it touches ([`Reach`]) in settings that end with it, takes on a role that owns no table and
//! cannot pass by the policies, and sees what the policies below let through. A setting that is not there is NULL, which is
//! equal to nothing: whoever forgets to say sees no rows and writes none.
//!
//! Everything is in [`WALLS`]: a table that is not in it has no policy, so nobody sees its rows, and `tests/walls.rs` says so.

use sha2::{Digest, Sha256};
use sqlx::{AssertSqlSafe, Executor as _, Pool};

use super::dialect::error;
use super::{Connection, Db};
use crate::reach::{Door, Reach};
use crate::{StoreError, chain};

/// One table.
struct Wall {
    table: &'static str,
    owner: Owner,
    /// Ways to rows beside their tenant's own.
    ways: &'static [Way],
    /// What holds even for one's own rows: a name, and when what may be done.
    fences: &'static [(&'static str, &'static str)],
    /// What the role may do at all.
    grants: &'static str,
}

/// Whose the rows of a table are.
enum Owner {
    /// Of the tenant in this column.
    Column(&'static str),
    /// Of no tenant. A tenant sees those that this condition lets through, and changes none.
    Seen(&'static str),
    /// Of nobody: there is nothing in it that one tenant must not know of another.
    Nobody,
}

/// A row is reached when a column is what the transaction said.
struct Way {
    setting: &'static str,
    /// A column, or a constant.
    equals: &'static str,
    may: May,
}

enum May {
    Read,
    /// Read, change and remove; a changed row still belongs to the tenant that the transaction named.
    Write,
    /// Also make new ones.
    Make,
}

const TENANT: Owner = Owner::Column("tenant_id");
const ALL: &str = "SELECT, INSERT, UPDATE, DELETE";
/// What was written stays as it is, but for redactions; pruning removes the oldest whole ([`BEHIND_THE_MARK`]).
const CHANGES: &str = "SELECT, INSERT, DELETE, UPDATE (actor_name, actor_name_salt, reason, reason_salt)";
const CHANGED_DOCUMENTS: &str = "SELECT, INSERT, DELETE, UPDATE (body, body_salt)";

/// An entry goes when its log was pruned beyond it, and not before.
const BEHIND_THE_MARK: &[(&str, &str)] = &[(
    "behind the mark",
    "FOR DELETE USING (rev <= (SELECT scope.pruned FROM scope WHERE scope.tenant_id = $table.tenant_id AND scope.id = $table.scope_id))",
)];
/// A log is pruned as far as an entry says that stays in it: the mark, which is signed. So nothing goes without a trace.
const PRUNED_BY_A_MARK: &[(&str, &str)] = &[(
    "pruned by a mark",
    "FOR UPDATE USING (true) WITH CHECK (pruned = 0 OR EXISTS (
       SELECT FROM change_document mark
        WHERE mark.tenant_id = $table.tenant_id AND mark.scope_id = $table.id
          AND mark.kind = 'prune_mark' AND mark.key = $table.pruned::text AND mark.rev > $table.pruned))",
)];

const fn way(setting: &'static str, equals: &'static str, may: May) -> Way {
    Way { setting, equals, may }
}

const fn wall(table: &'static str, ways: &'static [Way]) -> Wall {
    Wall { table, owner: TENANT, ways, fences: &[], grants: ALL }
}

const fn persons(table: &'static str, ways: &'static [Way]) -> Wall {
    Wall { owner: Owner::Seen("false"), ..wall(table, ways) }
}

const WALLS: &[Wall] = &[
    Wall { owner: Owner::Column("id"), ..wall("tenant", &[way("tenant_key", "key", May::Read)]) },
    Wall {
        fences: PRUNED_BY_A_MARK,
        grants: "SELECT, INSERT, UPDATE",
        ..wall("scope", &[way("door", "'tail'", May::Read), way("door", "'heads'", May::Read)])
    },
    Wall { fences: BEHIND_THE_MARK, grants: CHANGES, ..wall("change", &[way("door", "'heads'", May::Read)]) },
    Wall { fences: BEHIND_THE_MARK, grants: CHANGED_DOCUMENTS, ..wall("change_document", &[]) },
    wall("document", &[]),
    wall("membership", &[way("person", "user_id", May::Read)]),
    wall("session", &[way("secret", "hash", May::Write), way("person", "user_id", May::Write)]),
    wall("access_token", &[way("secret", "hash", May::Read)]),
    wall("one_time_link", &[way("secret", "hash", May::Make)]),
    wall("count_hour", &[]),
    wall("webhook", &[]),
    wall("webhook_cursor", &[]),
    wall("webhook_delivery", &[]),
    // People are in several tenants; a tenant sees its own, and those it made who are not members any more.
    Wall {
        owner: Owner::Seen(
            "tenant_id = $tenant OR id IN (SELECT member.user_id FROM membership member WHERE member.tenant_id = $tenant)",
        ),
        ..wall(
            "app_user",
            &[way("person", "id", May::Make), way("email", "email", May::Read), way("door", "'setup'", May::Read)],
        )
    },
    wall("sso_secret", &[]),
    wall("identity", &[]),
    // How people sign in is theirs, and no tenant's.
    persons("totp", &[way("person", "user_id", May::Make)]),
    persons("recovery_code", &[way("person", "user_id", May::Make)]),
    persons("second_factor_try", &[way("person", "user_id", May::Make)]),
    persons("passkey", &[way("person", "user_id", May::Make), way("secret", "credential_id", May::Make)]),
    // Hashes of tickets that were used.
    Wall { owner: Owner::Nobody, ..wall("used_ticket", &[]) },
    wall("audit_head", &[way("door", "'heads'", May::Read)]),
    // What was refused may belong to nobody.
    wall("refused", &[way("door", "'refusals'", May::Make)]),
    // Sealed; heads of all tenants are signed with them.
    Wall { owner: Owner::Nobody, ..wall("signing_key", &[]) },
    // Ids of batches.
    Wall { owner: Owner::Nobody, ..wall("count_batch", &[]) },
];

/// What a transaction says about itself: the name of a setting and its value.
pub(super) fn setting(reach: Reach<'_>) -> Option<(&'static str, &str)> {
    Some(match reach {
        Reach::Tenant(id) => ("yardarm.tenant", id),
        Reach::Secret(hash) => ("yardarm.secret", hash),
        Reach::Person(id) => ("yardarm.person", id),
        Reach::Email(address) => ("yardarm.email", address),
        Reach::TenantKey(key) => ("yardarm.tenant_key", key),
        Reach::Door(door) => ("yardarm.door", Door::name(door)),
        Reach::Nothing => return None,
    })
}

/// A setting in a policy. One that was set before in the same session is '' and not NULL.
fn said(setting: &str) -> String {
    format!("NULLIF(current_setting('yardarm.{setting}', true), '')")
}

/// A string constant. Quotes are all there is to escape: `standard_conforming_strings` is on, and NUL was refused.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn identifier(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

impl Wall {
    fn policies(&self) -> Vec<String> {
        let Self { table, owner, ways, fences, .. } = self;
        let mut policies = Vec::new();
        let mut policy = |name: &str, rest: String| {
            policies.push(format!("CREATE POLICY {} ON {table} {rest}", identifier(name)));
        };
        match owner {
            Owner::Column(column) => {
                let own = format!("{column} = {}", said("tenant"));
                policy("tenant", format!("FOR ALL USING ({own}) WITH CHECK ({own})"));
            }
            Owner::Seen(condition) => {
                policy("tenant", format!("FOR SELECT USING ({})", condition.replace("$tenant", &said("tenant"))));
            }
            Owner::Nobody => policy("nobody", "FOR ALL USING (true) WITH CHECK (true)".to_owned()),
        }
        for Way { setting, equals, may } in *ways {
            let reached = format!("{equals} = {}", said(setting));
            let name = format!("{setting} {}", equals.trim_matches('\''));
            policy(
                &name,
                match may {
                    May::Read => format!("FOR SELECT USING ({reached})"),
                    May::Write => format!("FOR ALL USING ({reached}) WITH CHECK (false)"),
                    May::Make => format!("FOR ALL USING ({reached}) WITH CHECK ({reached})"),
                },
            );
        }
        for (name, rest) in *fences {
            policy(name, format!("AS RESTRICTIVE {}", rest.replace("$table", table)));
        }
        policies
    }

    /// Everything about one table; what was there before is replaced.
    fn statements(&self, role: Option<&str>) -> Vec<String> {
        let table = self.table;
        let mut statements = vec![
            format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
            // The owner, too: where no other role can be made, the server works as the owner.
            format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY"),
            format!(
                "DO $$ DECLARE old name; BEGIN
                   FOR old IN SELECT polname FROM pg_policy WHERE polrelid = '{table}'::regclass LOOP
                     EXECUTE format('DROP POLICY %I ON {table}', old);
                   END LOOP;
                 END $$"
            ),
        ];
        statements.extend(self.policies());
        if let Some(role) = role {
            let role = identifier(role);
            statements.push(format!("REVOKE ALL ON {table} FROM {role}"));
            statements.push(format!("GRANT {} ON {table} TO {role}", self.grants));
        }
        statements
    }
}

/// Builds what is missing, after the migrations and as the owner of the tables. Gives the role that transactions take on:
/// `None` where there is none and the URL's own user is subject to the policies.
pub(super) async fn raise(pool: &Pool<Db>) -> Result<Option<String>, StoreError> {
    let mut transaction = pool.begin().await.map_err(error)?;
    let connection: &mut Connection = &mut transaction;
    // Nodes that start together build one after another. The lock is this database's own.
    connection.execute("SELECT pg_advisory_xact_lock(3524, 1)").await.map_err(error)?;
    let role = role(connection).await?;
    let statements: Vec<String> = WALLS.iter().flat_map(|wall| wall.statements(role.as_deref())).collect();
    let plan = format!("walls {}", chain::hex(&Sha256::digest(statements.join(";"))));
    if !stand(connection, &plan).await? {
        if let Some(role) = &role {
            let schema = "DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), current_setting('yardarm.role')); END $$";
            sqlx::query("SELECT set_config('yardarm.role', $1, true)")
                .bind(role)
                .execute(&mut *connection)
                .await
                .map_err(error)?;
            connection.execute(schema).await.map_err(error)?;
        }
        for statement in statements {
            connection.execute(AssertSqlSafe(statement)).await.map_err(error)?;
        }
        let note = format!("COMMENT ON TABLE scope IS {}", literal(&plan));
        connection.execute(AssertSqlSafe(note)).await.map_err(error)?;
    }
    transaction.commit().await.map_err(error)?;
    Ok(role)
}

/// Whether this plan was carried out, and nobody has switched anything off since.
async fn stand(connection: &mut Connection, plan: &str) -> Result<bool, StoreError> {
    let noted: Option<String> = sqlx::query_scalar("SELECT obj_description('scope'::regclass, 'pg_class')")
        .fetch_one(&mut *connection)
        .await
        .map_err(error)?;
    let tables: Vec<String> = WALLS.iter().map(|wall| wall.table.to_owned()).collect();
    let standing: i64 = sqlx::query_scalar(
        "SELECT count(*)
           FROM pg_class
          WHERE relnamespace = current_schema()::regnamespace AND relname = ANY ($1)
            AND relrowsecurity AND relforcerowsecurity",
    )
    .bind(&tables)
    .fetch_one(connection)
    .await
    .map_err(error)?;
    Ok(noted.as_deref() == Some(plan) && usize::try_from(standing) == Ok(tables.len()))
}

/// The user of the database's URL.
#[derive(sqlx::FromRow)]
struct Login {
    database: String,
    name: String,
    /// Policies do not hold it.
    above: bool,
    makes_roles: bool,
}

/// The role `<database>_server`, made when it is missing and may be made.
async fn role(connection: &mut Connection) -> Result<Option<String>, StoreError> {
    let login: Login = sqlx::query_as(
        "SELECT current_database()::text AS database, rolname::text AS name, rolsuper OR rolbypassrls AS above,
                rolsuper OR rolcreaterole AS makes_roles
           FROM pg_roles
          WHERE rolname = current_user",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(error)?;
    // An identifier has at most 63 bytes; a database's name is one, too.
    let role = format!("{}_server", login.database);
    let quoted = identifier(&role);
    let usable = role.len() <= 63 && role != login.name;
    let above: Option<bool> = sqlx::query_scalar("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = $1")
        .bind(&role)
        .fetch_optional(&mut *connection)
        .await
        .map_err(error)?;
    match above {
        Some(true) => return Err(refused(&format!("the role {quoted} is a superuser or has BYPASSRLS"))),
        Some(false) => {}
        None if usable && login.makes_roles => {
            let create = format!("CREATE ROLE {quoted} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE");
            connection.execute(AssertSqlSafe(create)).await.map_err(error)?;
        }
        None if login.above => {
            let how = format!("CREATE ROLE {quoted} NOLOGIN; GRANT {quoted} TO {}", identifier(&login.name));
            return Err(refused(&format!(
                "{} passes by row-level security and may not make a role; run: {how}",
                login.name
            )));
        }
        None => {
            let how = format!("CREATE ROLE {quoted} NOLOGIN; GRANT {quoted} TO {}", identifier(&login.name));
            tracing::info!("row-level security holds the owner of the tables; a role of its own is stronger: {how}");
            return Ok(None);
        }
    }
    // Superusers are members of every role. From Postgres 16 on who makes a role may grant it, but is not in it.
    let member: bool = sqlx::query_scalar(
        "SELECT pg_has_role($1, CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)",
    )
    .bind(&role)
    .fetch_one(&mut *connection)
    .await
    .map_err(error)?;
    if !member {
        let grant = format!("GRANT {quoted} TO {}", identifier(&login.name));
        connection.execute(AssertSqlSafe(grant)).await.map_err(error)?;
    }
    Ok(Some(role))
}

fn refused(what: &str) -> StoreError {
    StoreError::Database(format!("row-level security: {what}"))
}
