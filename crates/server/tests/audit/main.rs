//! The log as evidence, on both databases: every kind of tampering is named, redactions and pruning keep the proof, what
//! is searched is found, every mutation is one entry, and refusals are told.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "../walks/account.rs"]
#[expect(dead_code, reason = "walked in api_answers.rs")]
mod account;
mod every_mutation;
mod export;
mod heads;
#[path = "../walks/passkeys.rs"]
#[expect(dead_code, reason = "walked in api_answers.rs")]
mod passkeys;
#[expect(dead_code, reason = "nobody comes back from it here")]
#[path = "../walks/provider.rs"]
mod provider;
#[expect(dead_code, reason = "webhooks are tried in webhooks/")]
#[path = "../webhooks/receiver.rs"]
mod receiver;
mod redaction;
mod retention;
mod search;
mod security;
mod tampering;
