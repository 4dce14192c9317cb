//! What is refused before a database sees it, so that both behave alike: text with a NUL (Postgres has none in TEXT), rows of
//! another tenant than the commit's.

use std::collections::HashSet;

use crate::{Attribution, Commit, Count, CountBatch, DocumentWrite, RowWrite, StoreError};

/// Whether any of these holds a NUL. Nothing stored does, so a look-up by one finds nothing.
pub(crate) fn has_nul<'a>(texts: impl IntoIterator<Item = &'a str>) -> bool {
    texts.into_iter().any(|text| text.contains('\0'))
}

/// What is wrong with a commit before any database sees it.
pub(crate) fn check(commit: &Commit) -> Result<(), StoreError> {
    let Commit { tenant_id, scope_id, documents, rows, attribution, expected: _ } = commit;
    if documents.is_empty() && rows.is_empty() {
        return Err(StoreError::Database("a commit without documents and rows".into()));
    }
    let Attribution { actor, actor_name, via, action, reason, trace_id, at: _ } = attribution;
    if has_nul([tenant_id.as_str(), scope_id, actor.as_str(), actor_name, via, action, reason, trace_id]) {
        return Err(nul("change"));
    }
    check_documents(documents)?;
    let mut logs = HashSet::from([scope_id]);
    for row in rows {
        if let RowWrite::AlsoLog { scope_id, documents } = row {
            if !logs.insert(scope_id) {
                return Err(StoreError::Database(format!("{scope_id} twice in a commit")));
            }
            check_documents(documents)?;
        }
        if row.tenant_id().is_some_and(|of| of != tenant_id) {
            return Err(StoreError::Database("a row of another tenant than the commit's".into()));
        }
        check_row(row)?;
    }
    Ok(())
}

fn check_documents(documents: &[DocumentWrite]) -> Result<(), StoreError> {
    let mut seen = HashSet::with_capacity(documents.len());
    for DocumentWrite { kind, key, body } in documents {
        if has_nul([kind.as_str(), key].into_iter().chain(body.as_deref())) {
            return Err(nul("document"));
        }
        if !seen.insert((kind, key)) {
            return Err(StoreError::Database(format!("{kind} {key:?} twice in a commit")));
        }
    }
    Ok(())
}

fn check_row(row: &RowWrite) -> Result<(), StoreError> {
    let (table, texts) = match row {
        RowWrite::InsertScope(scope) => ("scope", vec![&scope.id, &scope.tenant_id, &scope.key, &scope.epoch]),
        RowWrite::AlsoLog { scope_id, documents: _ } => ("scope", vec![scope_id]),
        RowWrite::InsertTenant(tenant) => ("tenant", vec![&tenant.id, &tenant.key, &tenant.name]),
        RowWrite::RenameTenant { id, name } => ("tenant", vec![id, name]),
        RowWrite::InsertUser(user) => {
            ("app_user", [&user.id, &user.email, &user.name].into_iter().chain(&user.tenant_id).collect())
        }
        RowWrite::InsertAccessToken(token) => ("access_token", vec![&token.id, &token.hash]),
        RowWrite::SetPassword { user_id, password_hash } => ("app_user", vec![user_id, password_hash]),
        RowWrite::UpsertMembership(membership) => ("membership", vec![&membership.tenant_id, &membership.user_id]),
        RowWrite::DeleteMembership { tenant_id, user_id } => ("membership", vec![tenant_id, user_id]),
        RowWrite::RevokeAccessToken { id, at: _ } => ("access_token", vec![id]),
        RowWrite::SignIn(row) => ("sign_in", row.texts()),
        RowWrite::InsertLink(link) => ("one_time_link", vec![&link.hash]),
        RowWrite::DeleteInvitationLinks(id) => ("one_time_link", vec![id]),
        RowWrite::UseLink { hash, at: _ } => ("one_time_link", vec![hash]),
        RowWrite::Redact { documents, .. } => {
            ("change_document", documents.iter().flat_map(|(kind, key)| [kind, key]).collect())
        }
        RowWrite::Prune { .. } => ("change", Vec::new()),
        RowWrite::Webhook(row) => return if has_nul([row.id()]) { Err(nul("webhook")) } else { Ok(()) },
    };
    if has_nul(texts.into_iter().map(String::as_str)) { Err(nul(table)) } else { Ok(()) }
}

/// The same for counts.
pub(crate) fn check_counts(batches: &[CountBatch<'_>]) -> Result<(), StoreError> {
    let texts = |c: &Count| {
        has_nul([c.tenant_id.as_str(), &c.scope_id, &c.environment, &c.flag, &c.variant, &c.reason, &c.sdk])
    };
    let bad = |batch: &CountBatch<'_>| has_nul([batch.id]) || batch.counts.iter().any(texts);
    if batches.iter().any(bad) { Err(nul("count_hour")) } else { Ok(()) }
}

fn nul(table: &'static str) -> StoreError {
    StoreError::Damaged { table, what: "text with a NUL character".into() }
}
