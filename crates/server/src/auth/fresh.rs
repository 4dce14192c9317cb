//! New ids, secrets and seeds: the server floor is where randomness enters.

use crate::app::App;
use crate::keys::{self, KeyKind, NewKey};

/// `usr_018f…`: ordered by time.
pub(super) fn id(prefix: &str) -> String {
    format!("{prefix}_{}", uuid::Uuid::now_v7().simple())
}

/// Epoch of a new scope: 64 random bits in hex.
pub(super) fn epoch(app: &App) -> String {
    keys::hex(&app.random()[..8])
}

/// A session's or link's secret and its hash.
pub(super) fn secret(app: &App) -> (String, String) {
    keys::secret(&app.random())
}

/// A key of a kind.
pub(super) fn key(app: &App, kind: KeyKind) -> NewKey {
    keys::make(kind, &app.random())
}

/// Trace id of what no request asked for.
pub(super) fn trace_id(app: &App) -> String {
    keys::hex(&app.random()[..16])
}
