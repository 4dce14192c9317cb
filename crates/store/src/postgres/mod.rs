//! The SQL text, typed for Postgres.

type Db = sqlx::Postgres;
type Connection = <Db as sqlx::Database>::Connection;

#[path = "../sql/counts.rs"]
mod counts;
#[path = "../sql/database.rs"]
pub(crate) mod database;
#[path = "../dialect/postgres.rs"]
mod dialect;
#[path = "../sql/evidence.rs"]
mod evidence;
#[path = "../sql/log.rs"]
mod log;
#[path = "../sql/passkeys.rs"]
mod passkeys;
#[path = "../sql/past.rs"]
mod past;
#[path = "../sql/people.rs"]
mod people;
#[path = "../sql/quota.rs"]
mod quota;
#[path = "../sql/read.rs"]
mod read;
#[path = "../sql/refusals.rs"]
mod refusals;
#[path = "../sql/sign_in.rs"]
mod sign_in;
mod walls;
#[path = "../sql/webhook_store.rs"]
mod webhook_store;
#[path = "../sql/webhooks.rs"]
mod webhooks;

#[cfg(all(test, feature = "scratch"))]
mod carried;
