//! The body of a stream: shared frames, a heartbeat, and the reasons to end.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::broadcast::Receiver;
use tokio::time::{Instant, Sleep};
use tokio_stream::wrappers::BroadcastStream;
use yardarm_hub::Frame;

use super::super::caller::Caller;
use super::admission::Permit;
use crate::app::App;
use crate::trace;

/// Says that the connection lives.
pub(super) const PING: Bytes = Bytes::from_static(b"event: ping\ndata: {}\n\n");
const COMMENT: Bytes = Bytes::from_static(b": ping\n\n");
const RESYNC: Bytes = Bytes::from_static(b"event: resync\ndata: {}\n\n");

/// Whose words are spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// `/sdk/v1/stream`.
    Sdk,
    /// `/ofrep/v1/stream`.
    Ofrep,
}

/// One connection.
pub(super) struct StreamBody {
    app: App,
    caller: Caller,
    protocol: Protocol,
    ready: VecDeque<Bytes>,
    frames: BroadcastStream<Frame>,
    tick: Pin<Box<Sleep>>,
    ping_at: Instant,
    end_at: Instant,
    ended: bool,
    _permit: Permit,
}

impl StreamBody {
    pub(super) fn new(
        app: &App,
        caller: &Caller,
        protocol: Protocol,
        first: Vec<Bytes>,
        frames: Receiver<Frame>,
        permit: Permit,
    ) -> Self {
        let timeouts = &app.settings.timeouts;
        let now = Instant::now();
        Self {
            app: app.clone(),
            caller: caller.clone(),
            protocol,
            ready: first.into(),
            frames: BroadcastStream::new(frames),
            // The first look comes at a random moment, so that connections opened together do not wake together.
            tick: Box::pin(tokio::time::sleep(jitter(timeouts.stream_key_check, 0, 100))),
            ping_at: now + jitter(timeouts.stream_heartbeat, 80, 120),
            end_at: now + jitter(timeouts.stream_age, 90, 110),
            ended: false,
            _permit: permit,
        }
    }

    /// The key still opens this very environment.
    fn still_open(&self) -> bool {
        let mine = &self.caller.grant;
        let grant = self.app.hub.grant(&self.caller.hash);
        let grant = grant.filter(|grant| grant.is_good(self.app.now()));
        grant.is_some_and(|grant| grant.id == mine.id && Arc::ptr_eq(&grant.live, &mine.live))
    }

    fn end(&mut self, last: Option<Bytes>) {
        self.ended = true;
        self.ready.extend(last);
    }

    /// The server or this node goes away: come back, but not all together.
    fn goodbye(&self) -> Bytes {
        let wait = trace::spread(100, 3_000);
        match self.protocol {
            Protocol::Sdk => format!("event: goodbye\ndata: {{\"retry_ms\":{wait}}}\n\n").into(),
            Protocol::Ofrep => format!("retry: {wait}\n\n").into(),
        }
    }

    fn heard(&mut self, frame: Frame) {
        // A revocation is a change, too, so it comes past here within the commit's own delay.
        if !self.still_open() {
            return self.end(None);
        }
        match self.protocol {
            Protocol::Sdk => self.ready.push_back(frame.server),
            // A change that leaves this environment as it was is none of the client's business.
            Protocol::Ofrep if frame.client.is_empty() => return,
            Protocol::Ofrep => self.ready.push_back(frame.client),
        }
        self.ping_at = Instant::now() + jitter(self.app.settings.timeouts.stream_heartbeat, 80, 120);
    }

    fn lagged(&mut self) {
        self.app.telemetry.streams_lagged.increment(1);
        match self.protocol {
            Protocol::Sdk => self.end(Some(RESYNC)),
            // Its reconnection makes it fetch everything.
            Protocol::Ofrep => self.end(Some(self.goodbye())),
        }
    }

    fn ticked(&mut self) {
        let now = Instant::now();
        self.tick.as_mut().reset(now + jitter(self.app.settings.timeouts.stream_key_check, 80, 100));
        if !self.still_open() {
            return self.end(None);
        }
        if *self.app.draining.borrow() || now >= self.end_at {
            let goodbye = self.goodbye();
            return self.end(Some(goodbye));
        }
        if now >= self.ping_at {
            self.ready.push_back(if self.protocol == Protocol::Sdk { PING } else { COMMENT });
            self.ping_at = now + jitter(self.app.settings.timeouts.stream_heartbeat, 80, 120);
        }
    }
}

/// Between `low` and `high` percent of a duration.
fn jitter(duration: Duration, low: u64, high: u64) -> Duration {
    let percent = u32::try_from(trace::spread(low, high)).unwrap_or(100);
    duration * percent / 100
}

impl http_body::Body for StreamBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        loop {
            if let Some(bytes) = this.ready.pop_front() {
                return Poll::Ready(Some(Ok(http_body::Frame::data(bytes))));
            }
            if this.ended {
                return Poll::Ready(None);
            }
            match Pin::new(&mut this.frames).poll_next(context) {
                Poll::Ready(Some(Ok(frame))) => this.heard(frame),
                Poll::Ready(Some(Err(_))) => this.lagged(),
                // The environment is gone, or the hub with it.
                Poll::Ready(None) => this.end(Some(this.goodbye())),
                Poll::Pending => match this.tick.as_mut().poll(context) {
                    Poll::Ready(()) => this.ticked(),
                    Poll::Pending => return Poll::Pending,
                },
            }
        }
    }
}
