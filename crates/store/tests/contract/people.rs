//! Tenants, users, sessions, tokens, links.

use std::sync::Arc;

use yardarm_store::{
    AccessToken, CommitError, LinkPurpose, Membership, OneTimeLink, RowWrite, ScopeKind, Session, SignInMethod, Store,
    User, UserKind,
};

use crate::bench::{NOW, make_tenant, rows, scope, tenant, user};

fn member(tenant_id: &str, user_id: &str) -> RowWrite {
    RowWrite::UpsertMembership(Membership { tenant_id: tenant_id.into(), user_id: user_id.into() })
}

pub(crate) fn session(hash: &str, tenant_id: &str, expires_at: i64) -> Session {
    Session {
        hash: hash.into(),
        user_id: "usr_1".into(),
        tenant_id: tenant_id.into(),
        id: format!("ses_{hash}"),
        method: SignInMethod::Password,
        second_factor: false,
        connection_id: None,
        address: "192.0.2.1".into(),
        user_agent: "Firefox".into(),
        created_at: NOW,
        authenticated_at: NOW,
        expires_at,
    }
}

fn token(id: &str) -> AccessToken {
    AccessToken {
        id: id.into(),
        hash: format!("{id}-hash"),
        tenant_id: "tnt_1".into(),
        user_id: "usr_1".into(),
        expires_at: None,
        last_used_at: None,
        revoked_at: None,
    }
}

fn link(hash: &str, expires_at: i64) -> OneTimeLink {
    OneTimeLink {
        hash: hash.into(),
        purpose: LinkPurpose::Setup,
        user_id: None,
        tenant_id: None,
        invitation_id: None,
        expires_at,
    }
}

/// `usr_1` is in `tnt_1`.
pub(crate) async fn one_member(store: &dyn Store) {
    make_tenant(store, "tnt_1").await;
    let made = vec![RowWrite::InsertUser(user("usr_1")), member("tnt_1", "usr_1")];
    store.commit(rows("tnt_1", made)).await.unwrap();
}

/// Everything of a setup in one commit, in an order that only works when references are checked at its end.
pub(crate) async fn the_first_owner(store: Arc<dyn Store>) {
    assert!(!store.any_user().await.unwrap());
    store.insert_link(&link("setup", NOW + 1)).await.unwrap();
    let setup = || {
        vec![
            member("tnt_1", "usr_1"),
            RowWrite::InsertUser(user("usr_1")),
            RowWrite::InsertScope(scope(ScopeKind::Tenant, "tnt_1", "tnt_1")),
            RowWrite::InsertTenant(tenant("tnt_1")),
            RowWrite::UseLink { hash: "setup".into(), at: NOW },
        ]
    };
    assert_eq!(store.commit(rows("tnt_1", setup())).await.unwrap().rev, 1);
    assert!(store.any_user().await.unwrap());
    assert_eq!(store.user("usr_1").await.unwrap(), Some(user("usr_1")));
    assert_eq!(store.user("usr_2").await.unwrap(), None);
    assert_eq!(store.tenant("tnt_1").await.unwrap(), Some(tenant("tnt_1")));
    let owner = Membership { tenant_id: "tnt_1".into(), user_id: "usr_1".into() };
    assert_eq!(store.memberships("usr_1").await.unwrap(), [owner]);
    assert_eq!(store.members("tnt_1").await.unwrap(), [user("usr_1")]);
    assert!(store.members("tnt_2").await.unwrap().is_empty());
    assert!(store.commit(rows("tnt_1", setup())).await.is_err(), "a second time");
}

/// They have no address, and having none is nothing two of them share.
pub(crate) async fn service_accounts_are_nobody_who_could_sign_in(store: Arc<dyn Store>) {
    make_tenant(&*store, "tnt_1").await;
    let account =
        |id: &str| User { kind: UserKind::ServiceAccount, email: String::new(), password_hash: None, ..user(id) };
    let made = ["svc_1", "svc_2"].map(|id| RowWrite::InsertUser(account(id)));
    store.commit(rows("tnt_1", made.into())).await.unwrap();
    assert_eq!(store.user("svc_2").await.unwrap(), Some(account("svc_2")));
    assert_eq!(store.user_by_email("").await.unwrap(), None);
    assert!(!store.any_user().await.unwrap(), "no person yet");
}

pub(crate) async fn addresses_are_unique_in_any_case(store: Arc<dyn Store>) {
    one_member(&*store).await;
    let found = store.user_by_email("USR_1@Example.com").await.unwrap();
    assert_eq!(found, Some(user("usr_1")));
    assert_eq!(store.user_by_email("usr_2@example.com").await.unwrap(), None);
    let mut twin = user("usr_2");
    twin.email = "Usr_1@EXAMPLE.com".into();
    let refused = store.commit(rows("tnt_1", vec![RowWrite::InsertUser(twin)])).await;
    assert!(matches!(refused, Err(CommitError::Taken("user.email"))), "{refused:?}");
}

/// An account that a tenant made has its address there and takes it from nobody.
pub(crate) async fn accounts_of_a_tenant_are_its_alone(store: Arc<dyn Store>) {
    one_member(&*store).await;
    make_tenant(&*store, "tnt_2").await;
    let of = |id: &str, tenant: &str| User {
        tenant_id: Some(tenant.into()),
        email: "usr_1@example.com".into(),
        password_hash: None,
        ..user(id)
    };
    for (id, tenant) in [("usr_2", "tnt_1"), ("usr_3", "tnt_2")] {
        store.commit(rows(tenant, vec![RowWrite::InsertUser(of(id, tenant))])).await.unwrap();
        assert_eq!(store.user(id).await.unwrap(), Some(of(id, tenant)));
        assert_eq!(store.user_of_tenant(tenant, "USR_1@example.com").await.unwrap(), Some(of(id, tenant)));
    }
    assert_eq!(store.user_by_email("usr_1@example.com").await.unwrap(), Some(user("usr_1")), "somebody's own");
    assert_eq!(store.user_of_tenant("tnt_2", "usr_2@example.com").await.unwrap(), None);
    let twin = store.commit(rows("tnt_1", vec![RowWrite::InsertUser(of("usr_4", "tnt_1"))])).await;
    assert!(matches!(twin, Err(CommitError::Taken("user.email"))), "{twin:?}");
    // Neither made nor made a member by another tenant, and never one with a password.
    for refused in [
        RowWrite::InsertUser(User { email: "usr_5@example.com".into(), ..of("usr_5", "tnt_2") }),
        member("tnt_1", "usr_3"),
        RowWrite::SetPassword { user_id: "usr_2".into(), password_hash: "hash".into() },
    ] {
        assert!(store.commit(rows("tnt_1", vec![refused.clone()])).await.is_err(), "{refused:?}");
    }
    assert_eq!(store.user("usr_2").await.unwrap(), Some(of("usr_2", "tnt_1")));
    store.commit(rows("tnt_2", vec![member("tnt_2", "usr_3")])).await.unwrap();
    assert_eq!(store.members("tnt_2").await.unwrap(), [of("usr_3", "tnt_2")]);
}

pub(crate) async fn sessions_end(store: Arc<dyn Store>) {
    one_member(&*store).await;
    store.insert_session(&session("s1", "tnt_1", NOW + 10)).await.unwrap();
    assert_eq!(store.session("s1", NOW).await.unwrap(), Some(session("s1", "tnt_1", NOW + 10)));
    assert_eq!(store.session("s1", NOW + 10).await.unwrap(), None, "expired");
    assert_eq!(store.session("s2", NOW).await.unwrap(), None);
    store.delete_session("s1").await.unwrap();
    store.delete_session("s1").await.unwrap();
    assert_eq!(store.session("s1", NOW).await.unwrap(), None);
    // The next sign-in clears away what has expired and nothing else.
    store.insert_session(&session("old", "tnt_1", NOW - 1)).await.unwrap();
    store.insert_session(&session("live", "tnt_1", NOW + 10)).await.unwrap();
    assert_eq!(store.session("old", NOW - 2).await.unwrap(), None);
    assert!(store.session("live", NOW).await.unwrap().is_some());
}

pub(crate) async fn leaving_a_tenant_ends_sessions_and_tokens(store: Arc<dyn Store>) {
    one_member(&*store).await;
    make_tenant(&*store, "tnt_2").await;
    store.commit(rows("tnt_2", vec![member("tnt_2", "usr_1")])).await.unwrap();
    let made = vec![RowWrite::InsertAccessToken(token("tok_1"))];
    store.commit(rows("tnt_1", made)).await.unwrap();
    store.insert_session(&session("here", "tnt_1", NOW + 10)).await.unwrap();
    store.insert_session(&session("there", "tnt_2", NOW + 10)).await.unwrap();
    let leave = RowWrite::DeleteMembership { tenant_id: "tnt_1".into(), user_id: "usr_1".into() };
    store.commit(rows("tnt_1", vec![leave])).await.unwrap();
    assert_eq!(store.session("here", NOW).await.unwrap(), None);
    assert!(store.session("there", NOW).await.unwrap().is_some());
    assert_eq!(store.access_token("tok_1-hash", NOW).await.unwrap(), None);
    let left: Vec<_> = store.memberships("usr_1").await.unwrap().into_iter().map(|m| m.tenant_id).collect();
    assert_eq!(left, ["tnt_2"]);
}

pub(crate) async fn a_new_password_ends_sessions(store: Arc<dyn Store>) {
    one_member(&*store).await;
    store.insert_session(&session("s1", "tnt_1", NOW + 10)).await.unwrap();
    let set = |user_id: &str| RowWrite::SetPassword { user_id: user_id.into(), password_hash: "$new".into() };
    assert!(store.commit(rows("tnt_1", vec![set("usr_none")])).await.is_err());
    assert!(store.session("s1", NOW).await.unwrap().is_some());
    store.commit(rows("tnt_1", vec![set("usr_1")])).await.unwrap();
    assert_eq!(store.session("s1", NOW).await.unwrap(), None);
    assert_eq!(store.user("usr_1").await.unwrap().unwrap().password_hash.as_deref(), Some("$new"));
}

pub(crate) async fn access_tokens(store: Arc<dyn Store>) {
    one_member(&*store).await;
    let mut short = token("tok_short");
    short.expires_at = Some(NOW + 5);
    let made = vec![RowWrite::InsertAccessToken(token("tok_1")), RowWrite::InsertAccessToken(short.clone())];
    store.commit(rows("tnt_1", made)).await.unwrap();
    let again = store.commit(rows("tnt_1", vec![RowWrite::InsertAccessToken(short.clone())])).await;
    assert!(matches!(again, Err(CommitError::Taken("token"))), "{again:?}");

    assert_eq!(store.access_token("tok_1-hash", NOW).await.unwrap(), Some(token("tok_1")));
    assert_eq!(store.access_token("nobody", NOW).await.unwrap(), None);
    assert!(store.access_token("tok_short-hash", NOW + 4).await.unwrap().is_some());
    assert_eq!(store.access_token("tok_short-hash", NOW + 5).await.unwrap(), None, "expired");

    store.touch_access_token("tnt_1", "tok_1", NOW + 7).await.unwrap();
    // Another tenant's commit does not reach it.
    make_tenant(&*store, "tnt_2").await;
    let revoke = |at| RowWrite::RevokeAccessToken { id: "tok_1".into(), at };
    assert!(store.commit(rows("tnt_2", vec![revoke(NOW)])).await.is_err());
    assert!(store.access_token("tok_1-hash", NOW).await.unwrap().is_some());
    store.commit(rows("tnt_1", vec![revoke(NOW + 8)])).await.unwrap();
    store.commit(rows("tnt_1", vec![revoke(NOW + 9)])).await.unwrap();
    assert_eq!(store.access_token("tok_1-hash", NOW).await.unwrap(), None);
    let listed = store.access_tokens("tnt_1").await.unwrap();
    let expected = AccessToken { last_used_at: Some(NOW + 7), revoked_at: Some(NOW + 8), ..token("tok_1") };
    assert_eq!(listed, [expected, short]);
    assert!(store.access_tokens("tnt_2").await.unwrap().is_empty());
}

pub(crate) async fn a_link_works_once(store: Arc<dyn Store>) {
    one_member(&*store).await;
    let signs_in = OneTimeLink {
        purpose: LinkPurpose::SignIn,
        user_id: Some("usr_1".into()),
        tenant_id: Some("tnt_1".into()),
        ..link("l1", NOW + 5)
    };
    store.insert_link(&signs_in).await.unwrap();
    assert_eq!(store.link("l1", NOW).await.unwrap(), Some(signs_in));
    assert_eq!(store.link("l1", NOW + 5).await.unwrap(), None, "expired");
    assert!(!store.use_link("l1", NOW + 5).await.unwrap(), "expired");
    assert!(store.use_link("l1", NOW).await.unwrap());
    assert!(!store.use_link("l1", NOW).await.unwrap());
    assert_eq!(store.link("l1", NOW).await.unwrap(), None);

    store.insert_link(&link("l2", NOW + 5)).await.unwrap();
    let by_commit = || {
        let rename = RowWrite::RenameTenant { id: "tnt_1".into(), name: "Used".into() };
        rows("tnt_1", vec![rename, RowWrite::UseLink { hash: "l2".into(), at: NOW }])
    };
    let before = store.commit(by_commit()).await.unwrap().rev;
    let refused = store.commit(by_commit()).await;
    assert!(matches!(refused, Err(CommitError::Taken("link"))), "{refused:?}");
    assert_eq!(store.scope("tnt_1").await.unwrap().unwrap().rev, before);
}

pub(crate) async fn tenants_are_renamed(store: Arc<dyn Store>) {
    make_tenant(&*store, "tnt_1").await;
    let rename = |id: &str| RowWrite::RenameTenant { id: id.into(), name: "Another".into() };
    store.commit(rows("tnt_1", vec![rename("tnt_1")])).await.unwrap();
    assert_eq!(store.tenant("tnt_1").await.unwrap().unwrap().name, "Another");
    assert!(store.commit(rows("tnt_1", vec![rename("tnt_none")])).await.is_err());
}
