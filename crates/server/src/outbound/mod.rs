//! The only way out: every connection that the server opens to an address which somebody typed in goes through here.
//!
//! Where it may go is decided at the connector, after names are looked up, for addresses that are written out as well:
//! public unicast only ([`special`]), the exceptions of an operator, and never a cloud's metadata service. No redirects
//! are followed, no proxy of the environment is used, ports are allowed one by one, everything has a deadline, and what
//! comes back is read up to a bound. `crates/testkit/tests/house.rs` holds that nobody else opens connections.

mod hosts;
mod policy;
mod resolver;
mod special;
#[cfg(test)]
mod table;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode};
use reqwest::dns::Resolve;
use tokio::sync::Semaphore;

use hosts::Hosts;
use policy::Policy;
pub use policy::{Allowed, LONGEST_URL, OutboundSettings, Refused, Target};
use resolver::GuardedResolver;
pub use resolver::SystemResolver;

/// Longest look-up of a name when an address is only checked.
const CHECK: Duration = Duration::from_secs(5);
/// How long a connection waits for the next request.
const IDLE: Duration = Duration::from_secs(15);

/// The outgoing client. One for the whole server.
pub struct Outbound {
    policy: Arc<Policy>,
    guarded: Arc<GuardedResolver>,
    client: reqwest::Client,
    everything: Semaphore,
    hosts: Hosts,
}

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Call {
    /// HTTP method.
    pub method: Method,
    /// Where to.
    pub target: Target,
    /// Headers, beside those of HTTP itself.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
    /// For all of it: the turn, the look-up, the connection, the answer.
    pub deadline: Duration,
    /// Bytes of the answer's body that are read. The rest is not.
    pub most: usize,
}

/// What came back. Its body is for programs, not for the people who gave the address.
#[derive(Clone)]
pub struct Answer {
    /// HTTP status. Redirects are answers like others.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, at most as much as the call said.
    pub body: Bytes,
    /// Whether there was more.
    pub cut: bool,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status, self.body.len())
    }
}

/// Why there is no answer. The words are fit for whoever gave the address: they hold nothing about the network here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// It may not be called.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// Nobody accepted the connection.
    #[error("no connection could be made")]
    Unreachable,
    /// The certificate or the handshake was not accepted.
    #[error("the TLS handshake failed; the certificate must be valid for this host")]
    Tls,
    /// It took too long.
    #[error("no answer in time")]
    TimedOut,
    /// What came back is not HTTP, or the connection broke.
    #[error("the connection broke or the answer was not HTTP")]
    Broken,
}

impl Outbound {
    /// With the operating system's name look-ups.
    pub fn new(settings: &OutboundSettings) -> std::io::Result<Self> {
        Self::with_names(settings, Arc::new(SystemResolver::default()))
    }

    /// With other name look-ups, whose answers are judged in the same way.
    pub fn with_names(settings: &OutboundSettings, names: Arc<dyn Resolve>) -> std::io::Result<Self> {
        let policy = Arc::new(Policy::new(settings));
        let guarded = Arc::new(GuardedResolver { policy: Arc::clone(&policy), names });
        let client = reqwest::Client::builder()
            .dns_resolver(Arc::clone(&guarded))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .https_only(!settings.http)
            .connect_timeout(settings.connect)
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(1)
            .user_agent(concat!("yardarm/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(std::io::Error::other)?;
        Ok(Self {
            policy,
            guarded,
            client,
            everything: Semaphore::new(settings.at_once.max(1)),
            hosts: Hosts::new(settings.at_once_to_a_host),
        })
    }

    /// Reads an address and judges what can be judged without the network.
    pub fn target(&self, text: &str) -> Result<Target, Refused> {
        self.policy.target(text)
    }

    /// The same, and looks the name up: what is known not to be public is refused before it is saved. A name that is not
    /// found now may be found later, and is judged then: every call does it again, because names change.
    pub async fn check(&self, text: &str) -> Result<Target, Refused> {
        let target = self.target(text)?;
        if let Some(url::Host::Domain(host)) = target.url().host()
            && let Ok(name) = host.parse()
            && let Ok(Err(error)) = tokio::time::timeout(CHECK, self.guarded.resolve(name)).await
            && let Some(refused @ Refused::NoPublicAddress(_)) = error.downcast_ref()
        {
            return Err(refused.clone());
        }
        Ok(target)
    }

    /// Sends a request and reads the answer.
    pub async fn send(&self, call: Call) -> Result<Answer, OutboundError> {
        let deadline = call.deadline;
        tokio::time::timeout(deadline, self.in_turn(call)).await.map_err(|_| OutboundError::TimedOut)?
    }

    async fn in_turn(&self, call: Call) -> Result<Answer, OutboundError> {
        // The host's turn first: whoever waits for a slow host holds none of the common ones.
        let _turn = self.hosts.turn(call.target.authority()).await;
        let _permit = self.everything.acquire().await.map_err(|_| OutboundError::Unreachable)?;
        let request = self.client.request(call.method, call.target.url().clone()).headers(call.headers).body(call.body);
        let mut response = request.send().await.map_err(|error| translated(&error))?;
        let mut body = BytesMut::new();
        let mut cut = false;
        while let Some(chunk) = response.chunk().await.map_err(|error| translated(&error))? {
            let room = call.most - body.len();
            body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if chunk.len() > room {
                cut = true;
                break;
            }
        }
        let headers = std::mem::take(response.headers_mut());
        Ok(Answer { status: response.status(), headers, body: body.freeze(), cut })
    }
}

/// Our words for what the client says; its own go to the log, because they name addresses.
fn translated(error: &reqwest::Error) -> OutboundError {
    tracing::debug!(error = error as &dyn std::error::Error, "an outgoing request failed");
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut handshake = false;
    while let Some(error) = cause {
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return refused.clone().into();
        }
        let io = error.downcast_ref::<std::io::Error>();
        // How the TLS layer tells what it did not accept.
        handshake |= io.is_some_and(|error| error.kind() == std::io::ErrorKind::InvalidData);
        // The source of an I/O error is the source of what it wraps: without `get_ref`, what it wraps is skipped.
        let wrapped = io.and_then(std::io::Error::get_ref).map(|error| error as &(dyn std::error::Error + 'static));
        cause = wrapped.or_else(|| error.source());
    }
    match () {
        () if error.is_timeout() => OutboundError::TimedOut,
        () if error.is_connect() && handshake => OutboundError::Tls,
        () if error.is_connect() => OutboundError::Unreachable,
        () => OutboundError::Broken,
    }
}
