//! One environment as it is served, and those who listen to it.

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use arc_swap::ArcSwap;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use tokio::sync::broadcast;
use yardarm_eval::Snapshot;
use yardarm_eval::ruleset::{Patch, Ruleset, Version};

use crate::HubOptions;
use crate::content::Content;

/// One environment at one version: immutable, replaced whole.
pub struct Published {
    /// Version of the ruleset.
    pub version: Version,
    /// Strong `ETag` over the ruleset's content (quotes included); the version is not part of it.
    pub etag: String,
    /// Ready to evaluate.
    pub snapshot: Snapshot,
    project: Arc<str>,
    environment: Arc<str>,
    content: Arc<Content>,
    json: OnceLock<Bytes>,
    gzip: OnceLock<Bytes>,
}

impl Published {
    pub(crate) fn new(
        (project, environment): (Arc<str>, Arc<str>),
        version: Version,
        content: Arc<Content>,
        snapshot: Snapshot,
    ) -> Self {
        let etag = content.etag(&project, &environment);
        let (json, gzip) = (OnceLock::new(), OnceLock::new());
        Self { version, etag, snapshot, project, environment, content, json, gzip }
    }

    /// The next version: `content` is what `patch` leaves.
    pub(crate) fn patched(&self, patch: &Patch, content: Arc<Content>) -> Self {
        let snapshot = self.snapshot.apply(patch).unwrap_or_else(|| {
            // Only a patch from another version is refused, and these are made from ours; but nobody should be
            // served a stale snapshot under a new version.
            let json = content.json(&self.project, &self.environment, &patch.to);
            let ruleset: Ruleset = serde_json::from_slice(&json).expect("this is how rulesets are written");
            Snapshot::compile(&ruleset)
        });
        Self::new((self.project.clone(), self.environment.clone()), patch.to.clone(), content, snapshot)
    }

    /// Project key.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// Environment key.
    pub fn environment(&self) -> &str {
        &self.environment
    }

    /// `Ruleset` as JSON. Put together by the first who asks (milliseconds for thousands of flags), then shared.
    pub fn json(&self) -> Bytes {
        self.json.get_or_init(|| self.content.json(&self.project, &self.environment, &self.version).into()).clone()
    }

    /// The same, gzip. Compressed by the first who asks: a tenth of a second for thousands of flags, so asynchronous
    /// callers look at [`Published::gzip_made`] first and make it in `spawn_blocking`.
    pub fn gzip(&self) -> Bytes {
        let compressed = self.gzip.get_or_init(|| {
            let json = self.json();
            let mut encoder = GzEncoder::new(Vec::with_capacity(json.len() / 8), Compression::fast());
            encoder.write_all(&json).and_then(|()| encoder.finish()).expect("writing to memory does not fail").into()
        });
        compressed.clone()
    }

    /// The gzip, if somebody has asked for it before.
    pub fn gzip_made(&self) -> Option<Bytes> {
        self.gzip.get().cloned()
    }

    /// The whole as an SSE frame: `event: put`, in pieces that share [`Published::json`].
    pub fn put(&self) -> Vec<Bytes> {
        let Version { epoch, rev } = &self.version;
        let head = format!("event: put\nid: {epoch}:{rev}\ndata: ");
        vec![head.into(), self.json(), Bytes::from_static(b"\n\n")]
    }
}

/// A serialised SSE frame, shared by all connections of an audience.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Version it leads to.
    pub version: Version,
    /// For server keys: `event: patch` or `put` with `id:` and `data:`, ending in a blank line.
    pub server: Bytes,
    /// For client keys and OFREP streams: the `refetchEvaluation` message; empty when nothing that is evaluated
    /// changed.
    pub client: Bytes,
}

/// An environment's published state and its subscribers.
pub struct LiveEnvironment {
    published: ArcSwap<Published>,
    /// Held for moments only, by those who subscribe and by the one who publishes.
    feed: Mutex<Feed>,
}

struct Feed {
    /// None when the environment was deleted: its subscribers have seen the end.
    sender: Option<broadcast::Sender<Frame>>,
    /// Without gaps, the last one leading to what is published.
    kept: VecDeque<Kept>,
    kept_bytes: usize,
}

struct Kept {
    from: Version,
    frame: Bytes,
}

impl LiveEnvironment {
    pub(crate) fn new(published: Published, options: &HubOptions) -> Self {
        let (sender, _) = broadcast::channel(options.frames_waiting.max(1));
        let feed = Feed { sender: Some(sender), kept: VecDeque::new(), kept_bytes: 0 };
        Self { published: ArcSwap::from_pointee(published), feed: Mutex::new(feed) }
    }

    /// What is served now. Lock-free.
    pub fn published(&self) -> Arc<Published> {
        self.published.load_full()
    }

    /// Frames from now on. A receiver that lags sees `Lagged` and must be told to resync; one that sees `Closed` is of
    /// an environment that was deleted.
    pub fn subscribe(&self) -> broadcast::Receiver<Frame> {
        self.feed().subscribe()
    }

    /// Subscribes and says what to send first, without a gap in between: nothing when the reader is current, the kept
    /// patches when they reach back to its version, else a `put`.
    pub fn resume(&self, last: Option<&Version>) -> (Vec<Bytes>, broadcast::Receiver<Frame>) {
        let feed = self.feed();
        let receiver = feed.subscribe();
        // Published while the feed is held: exactly what the receiver's first frame starts from.
        let published = self.published();
        let missed = last.and_then(|last| {
            if *last == published.version {
                return Some(Vec::new());
            }
            let start = feed.kept.iter().position(|kept| kept.from == *last)?;
            Some(feed.kept.range(start..).map(|kept| kept.frame.clone()).collect())
        });
        drop(feed);
        (missed.unwrap_or_else(|| published.put()), receiver)
    }

    /// Swaps, and tells everybody by a patch.
    pub(crate) fn publish(&self, published: Published, patch: &Patch, trace_id: &str, options: &HubOptions) {
        let frame = Frame {
            version: published.version.clone(),
            server: patch_frame(patch, trace_id),
            client: if patch.is_empty() { Bytes::new() } else { refetch(&published) },
        };
        let mut feed = self.feed();
        self.published.store(Arc::new(published));
        feed.keep(Kept { from: patch.from.clone(), frame: frame.server.clone() }, options);
        feed.send(frame);
    }

    /// Swaps, and tells everybody the whole: what came before is not known to lead here.
    pub(crate) fn publish_whole(&self, published: Published) {
        let frame = Frame {
            version: published.version.clone(),
            server: published.put().concat().into(),
            client: refetch(&published),
        };
        let mut feed = self.feed();
        self.published.store(Arc::new(published));
        feed.kept.clear();
        feed.kept_bytes = 0;
        feed.send(frame);
    }

    /// Ends all subscriptions: the environment was deleted.
    pub(crate) fn close(&self) {
        self.feed().sender = None;
    }

    fn feed(&self) -> MutexGuard<'_, Feed> {
        // Nothing that can panic happens while it is held, so a poisoned feed is a whole one.
        self.feed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Feed {
    fn subscribe(&self) -> broadcast::Receiver<Frame> {
        match &self.sender {
            Some(sender) => sender.subscribe(),
            // A receiver of a sender that is gone says `Closed`.
            None => broadcast::channel(1).1,
        }
    }

    fn keep(&mut self, kept: Kept, options: &HubOptions) {
        self.kept_bytes += kept.frame.len();
        self.kept.push_back(kept);
        while self.kept.len() > options.kept_patches || self.kept_bytes > options.kept_bytes {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.kept_bytes -= oldest.frame.len();
        }
    }

    fn send(&self, frame: Frame) {
        if let Some(sender) = &self.sender {
            // Nobody listening is fine.
            drop(sender.send(frame));
        }
    }
}

/// The trace is a comment, which readers ignore: people who look at a stream find the request that made the change.
fn patch_frame(patch: &Patch, trace_id: &str) -> Bytes {
    let Version { epoch, rev } = &patch.to;
    let is_trace = trace_id.len() == 32 && trace_id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let comment = if is_trace { format!(": trace {trace_id}\n") } else { String::new() };
    let mut frame = format!("event: patch\nid: {epoch}:{rev}\n{comment}data: ").into_bytes();
    serde_json::to_writer(&mut frame, patch).expect("keys are text and every value is JSON already");
    frame.extend_from_slice(b"\n\n");
    frame.into()
}

/// OFREP 0.3.0, `sseEvent`.
fn refetch(published: &Published) -> Bytes {
    let Version { epoch, rev } = &published.version;
    let etag = published.etag.trim_matches('"');
    format!("event: message\nid: {epoch}:{rev}\ndata: {{\"type\":\"refetchEvaluation\",\"etag\":\"{etag}\"}}\n\n")
        .into()
}
