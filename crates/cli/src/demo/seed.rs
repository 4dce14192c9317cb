//! Brings the plan into a database, through `decide` and `commit` like any request. Begun twice, it goes on where it
//! was: each change of the plan is one revision.

use serde_json::json;
use yardarm_model::authority::{BuiltIn, tenant_kind};
use yardarm_model::command::Inputs;
use yardarm_model::document::State;
use yardarm_server::keys;
use yardarm_store::{
    Attribution, Commit, CommitError, DocumentWrite, Membership, RowWrite, Scope, ScopeKind, Store, Tenant, User,
    UserKind,
};

use super::plan::{self, Person, Plan, Planned};
use crate::clock::now_ms;
use crate::failure::{Exit, Failure};
use crate::node::{random, store_failure};
use crate::offline;
use crate::output::Progress;

/// Who the printed link signs in.
pub(super) const OWNER_EMAIL: &str = "demo@harbour.example";
const OWNER_NAME: &str = "Robin Demo";
const TENANT: &str = "demo";
const TENANT_NAME: &str = "Harbour & Co";

/// The seeded shop.
pub(super) struct Seeded {
    /// The owner.
    pub(super) user_id: String,
    /// The tenant.
    pub(super) tenant_id: String,
    /// The project, with its revision.
    pub(super) scope: Scope,
    /// Its documents.
    pub(super) state: State,
}

/// Makes what is missing of the tenant, its people and the project.
pub(super) async fn seed(store: &dyn Store) -> Result<Seeded, Failure> {
    seed_plan(store, plan::plan()).await
}

async fn seed_plan(store: &dyn Store, plan: Plan) -> Result<Seeded, Failure> {
    let now = now_ms();
    let failed = |error| store_failure(&error);
    let scopes = store.scopes().await.map_err(failed)?;
    let tenant = scopes.iter().find(|scope| scope.kind == ScopeKind::Tenant && scope.key == TENANT);
    let tenant_id = match tenant {
        Some(scope) => scope.id.clone(),
        None if store.any_user().await.map_err(failed)? => {
            return Err(Failure::new(Exit::Conflict, "this database belongs to another installation")
                .hint("choose another --data-dir or --database-url for the demo"));
        }
        None => make_tenant(store, &plan.people, now).await?,
    };
    let members = store.members(&tenant_id).await.map_err(failed)?;
    let user_of = |email: &str| members.iter().find(|user| user.email == email).map(|user| user.id.clone());
    let user_id = user_of(OWNER_EMAIL).ok_or_else(|| Failure::failed("the demo's owner is gone"))?;

    let project = scopes
        .into_iter()
        .find(|scope| scope.kind == ScopeKind::Project && scope.tenant_id == tenant_id && scope.key == super::PROJECT);
    let (mut scope, mut state, is_new) = match project {
        Some(scope) => {
            let (scope, documents) =
                store.load(scope.reference()).await.map_err(failed)?.unwrap_or((scope, Vec::new()));
            let stored = documents.iter().map(|d| (d.kind.as_str(), d.key.as_str(), d.rev, d.body.as_str()));
            (scope, State::from_documents(stored)?, false)
        }
        None => (new_scope("prj", ScopeKind::Project, Some(&tenant_id), super::PROJECT), State::default(), true),
    };
    let Plan { people, changes } = plan;
    let total = changes.len() as u64;
    let progress = Progress::new("Seeding change", false);
    let done = scope.rev;
    for (planned, number) in changes.iter().zip(1..).filter(|(_, number)| *number > done) {
        progress.at(number, Some(total));
        let person = people.iter().find(|person| person.name == planned.who);
        let actor = person.and_then(|person| user_of(&person.email)).unwrap_or_else(|| user_id.clone());
        let insert = (is_new && number == 1).then(|| RowWrite::InsertScope(scope.clone()));
        let commit = commit_of(planned, number, &mut state, &scope, &actor, now)?;
        let commit = Commit { rows: insert.into_iter().collect(), ..commit };
        scope.rev = store.commit(commit).await.map_err(|error| commit_failure(&error))?.rev;
    }
    Ok(Seeded { user_id, tenant_id, scope, state })
}

/// Decides a change of the plan on the state, which it then holds.
fn commit_of(
    planned: &Planned,
    number: u64,
    state: &mut State,
    scope: &Scope,
    actor: &str,
    now: i64,
) -> Result<Commit, Failure> {
    let at = planned.at(now);
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number.to_le_bytes());
    let mut documents = Vec::new();
    for command in &planned.commands {
        let written = offline::change(state, command, &Inputs { now: at, seed }, number).map_err(|refusal| {
            let mut failure = offline::refused(&refusal);
            failure.message = format!("change {number} of the demo ({}) was refused", planned.action);
            failure
        })?;
        documents.extend(written.into_iter().map(|(kind, key, body)| DocumentWrite { kind, key, body }));
    }
    Ok(Commit {
        tenant_id: scope.tenant_id.clone(),
        scope_id: scope.id.clone(),
        // The first change makes the scope: there is no version to expect.
        expected: (number > 1).then(|| (scope.epoch.clone(), number - 1)),
        attribution: Attribution {
            actor: format!("user:{actor}"),
            actor_name: planned.who.clone(),
            via: "session".to_owned(),
            action: planned.action.to_owned(),
            reason: planned.why.clone(),
            trace_id: trace_id(),
            at,
        },
        documents,
        rows: Vec::new(),
    })
}

/// The tenant, its owner and the people of the story, in one commit.
async fn make_tenant(store: &dyn Store, people: &[Person], now: i64) -> Result<String, Failure> {
    let scope = new_scope("tnt", ScopeKind::Tenant, None, TENANT);
    let tenant_id = scope.id.clone();
    let owner = Person { name: OWNER_NAME.to_owned(), email: OWNER_EMAIL.to_owned(), role: BuiltIn::Owner };
    let mut rows = vec![
        RowWrite::InsertTenant(Tenant {
            id: tenant_id.clone(),
            key: TENANT.to_owned(),
            name: TENANT_NAME.to_owned(),
            created_at: now,
        }),
        RowWrite::InsertScope(scope),
    ];
    let mut documents = vec![document(tenant_kind::TENANT, TENANT, &json!({"name": TENANT_NAME}))];
    for person in std::iter::once(&owner).chain(people) {
        let user_id = fresh_id("usr");
        let member = json!({"name": person.name, "roles": [person.role]});
        documents.push(document(tenant_kind::MEMBER, &user_id, &member));
        rows.push(RowWrite::InsertUser(User {
            id: user_id.clone(),
            kind: UserKind::Person,
            tenant_id: None,
            email: person.email.clone(),
            name: person.name.clone(),
            password_hash: None,
            operator: person.role == BuiltIn::Owner,
            created_at: now,
        }));
        rows.push(RowWrite::UpsertMembership(Membership { tenant_id: tenant_id.clone(), user_id }));
    }
    let commit = Commit {
        tenant_id: tenant_id.clone(),
        scope_id: tenant_id.clone(),
        expected: None,
        attribution: by_the_demo("tenant.setup", now),
        documents,
        rows,
    };
    store.commit(commit).await.map_err(|error| commit_failure(&error))?;
    Ok(tenant_id)
}

/// Changes that no person made.
pub(super) fn by_the_demo(action: &str, now: i64) -> Attribution {
    Attribution {
        actor: "system:demo".to_owned(),
        actor_name: "yardarm demo".to_owned(),
        via: "system".to_owned(),
        action: action.to_owned(),
        reason: String::new(),
        trace_id: trace_id(),
        at: now,
    }
}

pub(super) fn document(kind: &str, key: &str, body: &serde_json::Value) -> DocumentWrite {
    DocumentWrite { kind: kind.to_owned(), key: key.to_owned(), body: Some(body.to_string()) }
}

/// `usr_…`: 128 random bits.
pub(super) fn fresh_id(prefix: &str) -> String {
    format!("{prefix}_{}", keys::hex(&random()[..16]))
}

fn new_scope(prefix: &str, kind: ScopeKind, tenant_id: Option<&str>, key: &str) -> Scope {
    let id = fresh_id(prefix);
    Scope {
        tenant_id: tenant_id.map_or_else(|| id.clone(), str::to_owned),
        id,
        kind,
        key: key.to_owned(),
        epoch: keys::hex(&random()[..8]),
        rev: 0,
    }
}

fn trace_id() -> String {
    keys::hex(&random()[..16])
}

/// A refused commit in words.
pub(super) fn commit_failure(error: &CommitError) -> Failure {
    match error {
        CommitError::Store(error) => store_failure(error),
        CommitError::Stale { .. } => Failure::new(Exit::Conflict, "somebody else writes to this database")
            .hint("stop the other demo, or choose another --data-dir or --database-url"),
        CommitError::NoScope | CommitError::Taken(_) | CommitError::Full { .. } => Failure::failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use yardarm_store::HistoryQuery;

    use super::*;

    #[tokio::test]
    async fn seeding_again_changes_nothing_and_every_change_has_an_author() {
        let folder = tempfile::tempdir().unwrap();
        let store = yardarm_store::open(&format!("sqlite:{}", folder.path().join("y.db").display())).await.unwrap();
        let first = seed(&*store).await.unwrap();
        let planned = plan::plan().changes.len() as u64;
        assert_eq!(first.scope.rev, planned, "each change of the plan changes something");
        let again = seed(&*store).await.unwrap();
        assert_eq!(again.scope, first.scope);
        assert_eq!(again.state, first.state);

        let history = store
            .history(first.scope.reference(), HistoryQuery { limit: 500, ..HistoryQuery::default() })
            .await
            .unwrap();
        assert_eq!(history.len() as u64, planned);
        assert!(history.windows(2).all(|pair| pair[0].attribution.at >= pair[1].attribution.at), "in order of time");
        let now = now_ms();
        let people: std::collections::BTreeSet<_> = history.iter().map(|c| c.attribution.actor_name.as_str()).collect();
        assert_eq!(people.len(), 5);
        assert!(history.iter().all(|c| c.attribution.at < now && c.attribution.actor.starts_with("user:usr_")));
        assert!(history.iter().filter(|c| !c.attribution.reason.is_empty()).count() >= 25);
        assert!(first.state.lists.len() >= 10, "a large list is many chunks");
    }

    #[tokio::test]
    async fn seeding_goes_on_where_it_was_interrupted() {
        let folder = tempfile::tempdir().unwrap();
        let store = yardarm_store::open(&format!("sqlite:{}", folder.path().join("y.db").display())).await.unwrap();
        let whole = plan::plan();
        let part = Plan { people: whole.people.clone(), changes: whole.changes.into_iter().take(60).collect() };
        let interrupted = seed_plan(&*store, part).await.unwrap();
        assert_eq!(interrupted.scope.rev, 60);
        let done = seed(&*store).await.unwrap();
        assert_eq!(done.scope.id, interrupted.scope.id);
        assert_eq!(done.scope.rev, plan::plan().changes.len() as u64);
    }

    #[tokio::test]
    async fn a_database_of_somebody_else_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = yardarm_store::open(&format!("sqlite:{}", folder.path().join("y.db").display())).await.unwrap();
        let scope = new_scope("tnt", ScopeKind::Tenant, None, "acme");
        let tenant = Tenant { id: scope.id.clone(), key: "acme".to_owned(), name: "Acme".to_owned(), created_at: 1 };
        let user = User {
            id: fresh_id("usr"),
            kind: UserKind::Person,
            tenant_id: None,
            email: "owner@acme.example".to_owned(),
            name: "Owner".to_owned(),
            password_hash: None,
            operator: true,
            created_at: 1,
        };
        let commit = Commit {
            tenant_id: scope.tenant_id.clone(),
            scope_id: scope.id.clone(),
            expected: None,
            attribution: by_the_demo("tenant.setup", 1),
            documents: vec![document("tenant", "acme", &json!({"name": "Acme"}))],
            rows: vec![RowWrite::InsertTenant(tenant), RowWrite::InsertScope(scope), RowWrite::InsertUser(user)],
        };
        store.commit(commit).await.unwrap();
        assert_eq!(seed(&*store).await.err().map(|failure| failure.exit), Some(Exit::Conflict));
    }
}
