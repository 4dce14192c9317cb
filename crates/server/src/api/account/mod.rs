//! One's own account: how one signs in, and where one is signed in.

pub(crate) mod add_passkey;
pub(crate) mod disable_totp;
pub(crate) mod enable_totp;
pub(crate) mod end_other_sessions;
pub(crate) mod end_session;
pub(crate) mod enrol_passkey;
pub(crate) mod enrol_totp;
pub(crate) mod list_passkeys;
pub(crate) mod password;
pub(crate) mod recovery_codes;
pub(crate) mod remove_passkey;
pub(crate) mod rename_passkey;
pub(crate) mod security;
pub(crate) mod sessions;
