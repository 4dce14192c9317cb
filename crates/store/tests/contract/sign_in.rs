//! Sessions, second factors, passkeys, identities.

use std::sync::Arc;

use yardarm_store::{CommitError, Identity, Passkey, RowWrite, SecondFactors, SignInRow, Store, Totp};

use crate::bench::{NOW, make_tenant, rows, tenant, user};
use crate::people::{one_member, session};

async fn write(store: &dyn Store, row: SignInRow) -> Result<(), CommitError> {
    store.commit(rows("tnt_1", vec![RowWrite::SignIn(row)])).await.map(|_| ())
}

fn me() -> String {
    "usr_1".to_owned()
}

pub(crate) async fn sessions_are_listed_and_ended(store: Arc<dyn Store>) {
    one_member(&*store).await;
    write(&*store, SignInRow::EndOtherSessions { user_id: me(), keep: None }).await.unwrap();
    for (hash, at) in [("s1", 1), ("s2", 2), ("s3", 3)] {
        let mut made = session(hash, "tnt_1", NOW + 10);
        made.created_at = NOW + at;
        made.connection_id = (hash == "s3").then(|| "sso_1".to_owned());
        store.insert_session(&made).await.unwrap();
        assert_eq!(store.session(hash, NOW).await.unwrap(), Some(made));
    }
    let listed = async |now: i64| -> Vec<String> {
        store.sign_in().sessions("usr_1", now).await.unwrap().into_iter().map(|session| session.hash).collect()
    };
    assert_eq!(listed(NOW).await, ["s3", "s2", "s1"]);
    assert!(listed(NOW + 10).await.is_empty(), "they have ended");
    write(&*store, SignInRow::EndSession { user_id: "usr_2".into(), id: "ses_s1".into() }).await.unwrap();
    assert_eq!(listed(NOW).await.len(), 3, "somebody else's");
    write(&*store, SignInRow::EndSession { user_id: me(), id: "ses_s1".into() }).await.unwrap();
    assert_eq!(listed(NOW).await, ["s3", "s2"]);
    write(&*store, SignInRow::EndOtherSessions { user_id: me(), keep: Some("s2".into()) }).await.unwrap();
    assert_eq!(listed(NOW).await, ["s2"]);
}

pub(crate) async fn a_tenant_is_found_by_its_key(store: Arc<dyn Store>) {
    make_tenant(&*store, "tnt_1").await;
    assert_eq!(store.sign_in().tenant_by_key("tnt_1-key").await.unwrap(), Some(tenant("tnt_1")));
    assert_eq!(store.sign_in().tenant_by_key("tnt_1").await.unwrap(), None);
    assert_eq!(store.sign_in().tenant_by_key("a\0b").await.unwrap(), None);
}

pub(crate) async fn a_one_time_code_counts_once(store: Arc<dyn Store>) {
    one_member(&*store).await;
    assert!(!store.sign_in().use_totp_step("usr_1", 7).await.unwrap(), "there is no app");
    let totp = Totp { user_id: me(), secret: "v1.sealed".into(), last_step: 7, created_at: NOW };
    write(&*store, SignInRow::SetTotp(totp.clone())).await.unwrap();
    assert_eq!(store.sign_in().totp("usr_1").await.unwrap(), Some(totp.clone()));
    assert!(!store.sign_in().use_totp_step("usr_1", 7).await.unwrap());
    let (one, two) = tokio::join!(store.sign_in().use_totp_step("usr_1", 8), store.sign_in().use_totp_step("usr_1", 8));
    assert!(one.unwrap() != two.unwrap(), "of two with the same code one comes in");
    assert!(!store.sign_in().use_totp_step("usr_1", 6).await.unwrap(), "an older code");
    write(&*store, SignInRow::SetTotp(Totp { secret: "v1.other".into(), ..totp })).await.unwrap();
    assert_eq!(store.sign_in().totp("usr_1").await.unwrap().unwrap().secret, "v1.other");
    write(&*store, SignInRow::RemoveTotp { user_id: me() }).await.unwrap();
    assert_eq!(store.sign_in().totp("usr_1").await.unwrap(), None);
}

pub(crate) async fn a_recovery_code_counts_once(store: Arc<dyn Store>) {
    one_member(&*store).await;
    let set = |hashes: &[&str]| {
        let hashes = hashes.iter().map(|hash| (*hash).to_owned()).collect();
        SignInRow::SetRecoveryCodes { user_id: me(), hashes }
    };
    write(&*store, set(&["old"])).await.unwrap();
    write(&*store, set(&["a", "b"])).await.unwrap();
    let expected = SecondFactors { totp: false, recovery_codes: 2, passkeys: 0 };
    assert_eq!(store.sign_in().second_factors("usr_1").await.unwrap(), expected);
    assert!(!expected.any(), "codes are no factor of their own");
    assert!(!store.sign_in().use_recovery_code("usr_1", "old").await.unwrap());
    assert!(!store.sign_in().use_recovery_code("usr_2", "a").await.unwrap());
    let (one, two) =
        tokio::join!(store.sign_in().use_recovery_code("usr_1", "a"), store.sign_in().use_recovery_code("usr_1", "a"));
    assert!(one.unwrap() != two.unwrap());
    assert_eq!(store.sign_in().second_factors("usr_1").await.unwrap().recovery_codes, 1);
}

pub(crate) async fn tries_at_a_second_factor_are_counted(store: Arc<dyn Store>) {
    one_member(&*store).await;
    let attempt = async |now: i64| store.sign_in().try_second_factor("usr_1", now, 100, 3).await.unwrap();
    for _ in 0..3 {
        assert!(attempt(NOW).await);
    }
    assert!(!attempt(NOW + 99).await, "the fourth");
    assert!(attempt(NOW + 100).await, "the window is over");
    store.sign_in().clear_second_factor_tries("usr_1").await.unwrap();
    for _ in 0..3 {
        assert!(attempt(NOW + 101).await);
    }
    assert!(!attempt(NOW + 102).await);
}

pub(crate) async fn passkeys(store: Arc<dyn Store>) {
    one_member(&*store).await;
    let passkey = Passkey {
        id: "pky_1".into(),
        user_id: me(),
        credential_id: "cred".into(),
        public_key: "cose".into(),
        sign_count: 0,
        name: "Laptop".into(),
        created_at: NOW,
        last_used_at: None,
    };
    write(&*store, SignInRow::InsertPasskey(passkey.clone())).await.unwrap();
    let twin = Passkey { id: "pky_2".into(), ..passkey.clone() };
    let refused = write(&*store, SignInRow::InsertPasskey(twin)).await;
    assert!(matches!(refused, Err(CommitError::Taken("passkey"))), "{refused:?}");
    assert_eq!(store.sign_in().passkeys("usr_1").await.unwrap(), std::slice::from_ref(&passkey));
    assert_eq!(store.sign_in().passkey("cred").await.unwrap(), Some(passkey));
    assert_eq!(store.sign_in().passkey("a\0b").await.unwrap(), None);
    assert!(store.sign_in().second_factors("usr_1").await.unwrap().any());

    assert!(store.sign_in().use_passkey("cred", 0, NOW + 1).await.unwrap(), "it does not count");
    assert!(store.sign_in().use_passkey("cred", 5, NOW + 2).await.unwrap());
    assert!(!store.sign_in().use_passkey("cred", 5, NOW + 3).await.unwrap(), "a copy");
    assert!(!store.sign_in().use_passkey("cred", 0, NOW + 3).await.unwrap(), "a copy that does not count");
    assert_eq!(store.sign_in().passkey("cred").await.unwrap().unwrap().last_used_at, Some(NOW + 2));

    let rename = |user_id: &str| SignInRow::RenamePasskey {
        user_id: user_id.into(),
        id: "pky_1".into(),
        name: user_id.to_uppercase(),
    };
    write(&*store, rename("usr_2")).await.unwrap();
    assert_eq!(store.sign_in().passkey("cred").await.unwrap().unwrap().name, "Laptop", "somebody else's");
    write(&*store, rename("usr_1")).await.unwrap();
    assert_eq!(store.sign_in().passkey("cred").await.unwrap().unwrap().name, "USR_1");
    for (user_id, left) in [("usr_2", 1), ("usr_1", 0)] {
        write(&*store, SignInRow::RemovePasskey { user_id: user_id.into(), id: "pky_1".into() }).await.unwrap();
        assert_eq!(store.sign_in().passkeys("usr_1").await.unwrap().len(), left);
    }
}

pub(crate) async fn a_ticket_is_used_once(store: Arc<dyn Store>) {
    let (one, two) =
        tokio::join!(store.sign_in().use_ticket("t1", NOW + 10, NOW), store.sign_in().use_ticket("t1", NOW + 10, NOW));
    assert!(one.unwrap() != two.unwrap());
    assert!(store.sign_in().use_ticket("t2", NOW + 30, NOW + 20).await.unwrap());
    assert!(!store.sign_in().use_ticket("t2", NOW + 30, NOW + 20).await.unwrap());
}

pub(crate) async fn identities_end_with_their_connection(store: Arc<dyn Store>) {
    one_member(&*store).await;
    make_tenant(&*store, "tnt_2").await;
    store.commit(rows("tnt_1", vec![RowWrite::InsertUser(user("usr_2"))])).await.unwrap();
    let identity = Identity {
        tenant_id: "tnt_1".into(),
        connection_id: "sso_1".into(),
        subject: "248289761001".into(),
        user_id: me(),
        created_at: NOW,
    };
    write(&*store, SignInRow::InsertIdentity(identity.clone())).await.unwrap();
    let other = Identity { user_id: "usr_2".into(), ..identity.clone() };
    let refused = write(&*store, SignInRow::InsertIdentity(other)).await;
    assert!(matches!(refused, Err(CommitError::Taken("identity"))), "{refused:?}");
    let secret = |secret: &str| SignInRow::SetSsoSecret {
        tenant_id: "tnt_1".into(),
        connection_id: "sso_1".into(),
        secret: secret.into(),
    };
    write(&*store, secret("one")).await.unwrap();
    write(&*store, secret("two")).await.unwrap();
    let mut opened = session("by-sso", "tnt_1", NOW + 10);
    opened.connection_id = Some("sso_1".into());
    store.insert_session(&opened).await.unwrap();

    assert_eq!(store.sign_in().sso_secret("tnt_1", "sso_1").await.unwrap().as_deref(), Some("two"));
    assert_eq!(store.sign_in().sso_secret("tnt_2", "sso_1").await.unwrap(), None);
    assert_eq!(store.sign_in().identity("tnt_1", "sso_1", "248289761001").await.unwrap(), Some(identity));
    assert_eq!(store.sign_in().identity("tnt_2", "sso_1", "248289761001").await.unwrap(), None);
    assert_eq!(store.sign_in().identity("tnt_1", "sso_1", "a\0b").await.unwrap(), None);

    for (tenant_id, user_id, linked) in [("tnt_1", "usr_1", true), ("tnt_2", "usr_1", false), ("tnt_1", "usr_2", false)]
    {
        assert_eq!(store.sign_in().is_linked(tenant_id, user_id).await.unwrap(), linked, "{tenant_id} {user_id}");
    }
    let remove =
        |tenant_id: &str| SignInRow::RemoveConnection { tenant_id: tenant_id.into(), connection_id: "sso_1".into() };
    assert!(write(&*store, remove("tnt_2")).await.is_err(), "of another tenant than the commit");
    assert!(store.session("by-sso", NOW).await.unwrap().is_some(), "another tenant's");
    write(&*store, remove("tnt_1")).await.unwrap();
    assert_eq!(store.sign_in().sso_secret("tnt_1", "sso_1").await.unwrap(), None);
    assert_eq!(store.sign_in().identity("tnt_1", "sso_1", "248289761001").await.unwrap(), None);
    assert_eq!(store.session("by-sso", NOW).await.unwrap(), None);
}
