//! A tenant has no more of something than it may, whoever adds to it at the same moment.

use std::sync::Arc;

use yardarm_store::{Commit, CommitError, Counted, RowWrite, ScopeKind, Store};

use crate::bench::{NOW, commit, make_project, put, remove, rows, scope};

pub(crate) const THINGS: Counted = Counted { scope: ScopeKind::Project, kind: "thing", ends: &[] };
pub(crate) const KEYS: Counted = Counted { scope: ScopeKind::Project, kind: "limited_key", ends: &["revoked_at"] };

fn refused(result: Result<yardarm_store::Change, CommitError>) -> (&'static str, u64, u64, u64) {
    match result {
        Err(CommitError::Full { name, used, adding, most }) => (name, used, adding, most),
        other => panic!("not refused: {other:?}"),
    }
}

async fn add(store: &dyn Store, scope_id: &str, keys: &[&str]) -> Result<yardarm_store::Change, CommitError> {
    store.commit(commit(scope_id, keys.iter().map(|key| put("thing", key, "{}")).collect())).await
}

/// A second project in `tnt_1`.
async fn two_projects(store: &dyn Store) {
    make_project(store, "prj_1").await;
    let made = vec![RowWrite::InsertScope(scope(ScopeKind::Project, "prj_2", "tnt_1"))];
    store.commit(Commit { documents: vec![put("project", "app", "{}")], ..rows("prj_2", made) }).await.unwrap();
}

pub(crate) async fn a_quota_is_of_the_whole_tenant(store: Arc<dyn Store>) {
    two_projects(&*store).await;
    add(&*store, "prj_1", &["a", "b", "c"]).await.unwrap();
    add(&*store, "prj_2", &["a"]).await.unwrap();
    assert_eq!(refused(add(&*store, "prj_2", &["b", "c"]).await), ("things", 4, 2, 5));
    assert_eq!(store.scope("prj_2").await.unwrap().unwrap().rev, 2, "nothing was written");
    add(&*store, "prj_2", &["b"]).await.unwrap();
    assert_eq!(refused(add(&*store, "prj_1", &["d"]).await), ("things", 5, 1, 5));
    // At the limit everything that is there goes on, and room comes back.
    store.commit(commit("prj_1", vec![put("thing", "a", "{\"on\":false}"), put("other", "x", "{}")])).await.unwrap();
    store.commit(commit("prj_1", vec![remove("thing", "a")])).await.unwrap();
    add(&*store, "prj_2", &["z"]).await.unwrap();
    assert_eq!(store.used("tnt_1", THINGS, NOW).await.unwrap(), 5);
    assert_eq!(store.used("tnt_2", THINGS, NOW).await.unwrap(), 0);
    assert_eq!(store.made_at("tnt_1", THINGS, NOW).await.unwrap(), [NOW; 5]);
    let sizes = "{\"name\":\"Web\"}{}{}{}{}{}{}{}".len() as u64;
    assert_eq!((store.stored("tnt_1").await.unwrap(), store.stored("tnt_2").await.unwrap()), (sizes, 0));
}

pub(crate) async fn what_has_ended_takes_no_place(store: Arc<dyn Store>) {
    make_project(&*store, "prj_1").await;
    let key = |name: &str, body: &str| commit("prj_1", vec![put("limited_key", name, body)]);
    for name in ["a", "b"] {
        store.commit(key(name, "{\"revoked_at\":null}")).await.unwrap();
    }
    assert_eq!(refused(store.commit(key("c", "{}")).await), ("keys", 2, 1, 2));
    store.commit(key("a", &format!("{{\"revoked_at\":{NOW}}}"))).await.unwrap();
    assert_eq!(store.used("tnt_1", KEYS, NOW).await.unwrap(), 1);
    store.commit(key("c", "{}")).await.unwrap();
    assert_eq!(refused(store.commit(key("a", "{}")).await), ("keys", 2, 1, 2), "coming back takes a place");
}

pub(crate) async fn a_tenant_may_have_numbers_of_its_own(store: Arc<dyn Store>) {
    make_project(&*store, "prj_1").await;
    store.commit(commit("tnt_1", vec![put("quotas", "quotas", "{\"things\":1}")])).await.unwrap();
    add(&*store, "prj_1", &["a"]).await.unwrap();
    assert_eq!(refused(add(&*store, "prj_1", &["b"]).await), ("things", 1, 1, 1));
    store.commit(commit("tnt_1", vec![put("quotas", "quotas", "{\"things\":8}")])).await.unwrap();
    add(&*store, "prj_1", &["b", "c", "d", "e", "f", "g"]).await.unwrap();
    store.commit(commit("tnt_1", vec![remove("quotas", "quotas")])).await.unwrap();
    add(&*store, "prj_1", &["a"]).await.unwrap();
    assert_eq!(refused(add(&*store, "prj_1", &["h"]).await), ("things", 7, 1, 5));
}

pub(crate) async fn of_many_who_want_the_last_place_one_gets_it(store: Arc<dyn Store>) {
    two_projects(&*store).await;
    add(&*store, "prj_1", &["a", "b", "c", "d"]).await.unwrap();
    let tries = (0..12).map(|n| {
        let store = store.clone();
        tokio::spawn(async move {
            let project = if n % 2 == 0 { "prj_1" } else { "prj_2" };
            add(&*store, project, &[&format!("n{n}")]).await.is_ok()
        })
    });
    let mut won = 0;
    for one in tries.collect::<Vec<_>>() {
        won += usize::from(one.await.unwrap());
    }
    assert_eq!(won, 1);
    assert_eq!(store.used("tnt_1", THINGS, NOW).await.unwrap(), 5);
}
