//! Everything that can be set, as plain data. The CLI fills it from `yardarm.toml`, `YARDARM_*` and flags.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::audit::AuditSettings;
use crate::outbound::OutboundSettings;
use ipnet::IpNet;
use yardarm_store::Quota;

use crate::quotas;
use crate::rates::Rates;
use crate::sealer::SecretKey;

/// How this server behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The address people use, without a trailing slash: `https://flags.example.com`. Decides the cookie's name and `Secure`.
    pub base_url: String,
    /// Where SQLite and snapshots live.
    pub data_dir: PathBuf,
    /// `sqlite:…` or `postgres://…`.
    pub database_url: String,
    /// Keys that seal secrets in the database: the first one seals, all of them open. Without one, whatever needs a
    /// sealed secret is refused.
    pub secret_keys: Vec<SecretKey>,
    /// Proxies whose `X-Forwarded-For` or `Forwarded` is believed. Nobody's, by default.
    pub trusted_proxies: Vec<IpNet>,
    /// How the log is kept as evidence.
    pub audit: AuditSettings,
    /// Where the server itself may connect to: webhooks, sign-in providers.
    pub outbound: OutboundSettings,
    /// Deadlines.
    pub timeouts: Timeouts,
    /// Bounds.
    pub limits: Limits,
    /// How much each tenant, key and address may ask for.
    pub rates: Rates,
    /// What each tenant may have, unless it has numbers of its own. The store must be opened with the same.
    pub quotas: Vec<Quota>,
}

/// Deadlines.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// For the head of a request, from the first byte of a connection or the end of the last answer: how long an idle
    /// connection is kept.
    pub request_head: Duration,
    /// For the body of a request.
    pub request_body: Duration,
    /// How long a management request may wait for its turn.
    pub management_queue: Duration,
    /// How long a management request may take.
    pub management: Duration,
    /// Between two heartbeats of a stream; jittered by ±20 %.
    pub stream_heartbeat: Duration,
    /// How often a stream looks whether its key still opens something (besides at every change) and whether the server
    /// goes away: good-byes are spread over this time.
    pub stream_key_check: Duration,
    /// Age at which a stream is asked to reconnect, so that load spreads over nodes; jittered by ±10 %.
    pub stream_age: Duration,
    /// How long open requests and streams have to end when the server goes away.
    pub drain: Duration,
    /// Between two flushes of evaluation counts.
    pub counts_flush: Duration,
    /// Between two looks at what happened and what is due for webhooks.
    pub webhooks: Duration,
    /// Between two looks at which scheduled changes are due.
    pub schedules: Duration,
    /// How late a scheduled change may still happen, unless it says otherwise.
    pub schedule_grace: Duration,
    /// How long a ticket for the OFREP event stream opens it.
    pub ticket: Duration,
}

/// Bounds.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of an OFREP body.
    pub evaluation_body: usize,
    /// Bytes of an event batch.
    pub events_body: usize,
    /// Counts in an event batch.
    pub events_counts: usize,
    /// Exposures, and events, in an event batch.
    pub events_records: usize,
    /// Management requests running at a time.
    pub management_running: usize,
    /// Management requests waiting for their turn.
    pub management_waiting: usize,
    /// Threads of the management lane.
    pub management_threads: usize,
    /// Open connections.
    pub connections: usize,
    /// Open streams.
    pub streams: usize,
    /// Open streams of one SDK key.
    pub streams_per_key: usize,
    /// Open streams of one tenant.
    pub streams_per_tenant: usize,
    /// Open streams from one address (IPv6: one network of 64 bits). Many people share one behind a company's gateway.
    pub streams_per_address: usize,
    /// Stream opens a second that are admitted in the long run.
    pub stream_opens_per_second: u32,
    /// Stream opens that are admitted at once.
    pub stream_opens_burst: u32,
    /// Count batches that wait for the database.
    pub pending_batches: usize,
    /// Different (flag, variant, reason) that are counted between two flushes, for each environment.
    pub counted_keys: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3524),
            base_url: "http://localhost:3524".to_owned(),
            data_dir: PathBuf::from("yardarm-data"),
            database_url: "sqlite:yardarm-data/yardarm.db".to_owned(),
            secret_keys: Vec::new(),
            trusted_proxies: Vec::new(),
            audit: AuditSettings::default(),
            outbound: OutboundSettings::default(),
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            rates: Rates::default(),
            quotas: quotas::USUAL.to_vec(),
        }
    }
}

impl Settings {
    /// Whether people reach the server over TLS.
    pub fn secure(&self) -> bool {
        self.base_url.starts_with("https://")
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            request_head: Duration::from_secs(75),
            request_body: Duration::from_secs(20),
            management_queue: Duration::from_secs(2),
            management: Duration::from_mins(1),
            stream_heartbeat: Duration::from_secs(15),
            stream_key_check: Duration::from_secs(4),
            stream_age: Duration::from_hours(1),
            drain: Duration::from_secs(8),
            counts_flush: Duration::from_secs(5),
            webhooks: Duration::from_secs(1),
            schedules: Duration::from_secs(1),
            schedule_grace: Duration::from_hours(24),
            ticket: Duration::from_hours(24),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            evaluation_body: 256 << 10,
            events_body: 1 << 20,
            events_counts: 10_000,
            events_records: 5_000,
            management_running: 32,
            management_waiting: 128,
            management_threads: 2,
            connections: 18_000,
            streams: 15_000,
            streams_per_key: 10_000,
            streams_per_tenant: 12_000,
            streams_per_address: 12_000,
            stream_opens_per_second: 500,
            stream_opens_burst: 2_000,
            pending_batches: 1_000,
            counted_keys: 50_000,
        }
    }
}
