//! Tickets for the event stream: `EventSource` cannot send headers, so its address carries one. It opens nothing but
//! "something changed", ends by itself, and ends at once when its key is revoked.
//!
//! `base64url(tenant NUL project NUL key-id NUL until) . base64url(HMAC-SHA-256)`, made with the stored hash of the key,
//! which every node knows and nobody else does: any node can check it, none has to remember it, and a restart does not
//! end it.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::super::caller::Caller;
use crate::app::App;
use crate::keys;

/// A ticket made for a caller.
pub(super) struct Ticket {
    text: String,
    until: i64,
}

impl Ticket {
    /// Good for between half of `lifetime` and all of it. Within that half the same caller gets the same text, because
    /// clients reconnect whenever the address changes.
    pub(super) fn issue(caller: &Caller, now: i64, lifetime: Duration) -> Self {
        let half = i64::try_from(lifetime.as_millis() / 2).unwrap_or(i64::MAX / 4).max(1);
        let until = (now.div_euclid(half) + 2) * half;
        let grant = &caller.grant;
        let payload = format!("{}\0{}\0{}\0{until}", grant.tenant_id, grant.project, grant.id);
        let mac = authenticate(&caller.hash, payload.as_bytes());
        let text = format!("{}.{}", URL_SAFE_NO_PAD.encode(&payload), URL_SAFE_NO_PAD.encode(mac));
        Self { text, until }
    }

    /// As it is put into the address.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// When it ends, milliseconds since 1970.
    pub(super) fn until(&self) -> i64 {
        self.until
    }
}

/// What a ticket opens.
pub(super) enum Opens {
    /// A stream.
    Stream(Caller),
    /// It was good once: its holder is told to ask for a new one.
    Renewal(Caller),
    /// Nothing.
    Nothing,
}

/// Checks a ticket.
pub(super) fn check(app: &App, text: &str) -> Opens {
    let Some((caller, until)) = verified(app, text) else { return Opens::Nothing };
    if until > app.now() { Opens::Stream(caller) } else { Opens::Renewal(caller) }
}

fn verified(app: &App, text: &str) -> Option<(Caller, i64)> {
    let (payload, mac) = text.split_once('.')?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let mac = URL_SAFE_NO_PAD.decode(mac).ok()?;
    let mut parts = std::str::from_utf8(&payload).ok()?.split('\0');
    let (tenant, project, id, until) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let until: i64 = until.parse().ok()?;
    let live = app.hub.project(tenant, project)?;
    let hash = keys::unhex(&live.state.sdk_keys.get(id)?.hash)?;
    if !keys::same(&mac, &authenticate(&hash, &payload)) {
        return None;
    }
    // The hub does not open anything for a key that was revoked.
    let grant = app.hub.grant(&hash).filter(|grant| grant.is_good(app.now()))?;
    Some((Caller { grant: Arc::clone(&grant), hash }, until))
}

fn authenticate(key: &[u8; 32], payload: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(b"ofrep stream ticket\0");
    mac.update(payload);
    mac.finalize().into_bytes().into()
}
