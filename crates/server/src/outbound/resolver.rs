//! Name look-ups of outgoing connections. The addresses that were judged are the ones that are connected to: nothing
//! is looked up a second time, so a name that changes its answer gains nothing.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::policy::{Policy, Refused};

/// Look-ups of the operating system that run at once. They cannot be called off, so it is they who are bounded.
const LOOK_UPS: usize = 16;
/// Addresses of one name that are looked at.
const MOST_ADDRESSES: usize = 32;

/// The operating system's look-ups.
pub struct SystemResolver {
    running: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self { running: Arc::new(Semaphore::new(LOOK_UPS)) }
    }
}

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let running = Arc::clone(&self.running);
        Box::pin(async move {
            // A task of its own: whoever waits may give up, and the permit is kept until the system answers.
            let looking = tokio::spawn(async move {
                let permit = running.acquire_owned().await;
                let found = tokio::net::lookup_host((name.as_str(), 0)).await;
                drop(permit);
                found.map(|addresses| addresses.take(MOST_ADDRESSES).collect::<Vec<_>>())
            });
            let found = looking.await??;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Hands out only those addresses that may be connected to.
pub(super) struct GuardedResolver {
    pub(super) policy: Arc<Policy>,
    pub(super) names: Arc<dyn Resolve>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let policy = Arc::clone(&self.policy);
        let looking = self.names.resolve(name);
        Box::pin(async move {
            let found = looking.await.map_err(|error| {
                tracing::debug!(host, %error, "a name was not found");
                Refused::NotFound(host.clone())
            })?;
            let mut found = found.take(MOST_ADDRESSES).peekable();
            if found.peek().is_none() {
                return Err(Refused::NotFound(host).into());
            }
            let mut public: Vec<SocketAddr> = Vec::new();
            for address in found {
                match policy.address(address.ip(), &host) {
                    // The port is the target's; a zone, which is for link-local addresses, is nobody's.
                    Ok(()) => public.push(SocketAddr::new(address.ip(), 0)),
                    Err(why) => tracing::debug!(host, address = %address.ip(), why, "an address is not called"),
                }
            }
            if public.is_empty() {
                return Err(Refused::NoPublicAddress(host).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}
