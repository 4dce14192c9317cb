//! Serving an [`App`] on a socket until told to stop, and stopping gently.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Service;

use crate::app::App;

/// Bytes that a connection buffers at most while reading a head: also the largest head.
const BUFFER: usize = 16 << 10;
/// The same for HTTP/2.
const LARGEST_HEAD: u32 = 16 << 10;
/// Streams of an HTTP/2 connection that may be reset before they were answered.
const RESETS: usize = 100;
/// How long the last counts may take to be written.
const LAST_FLUSH: Duration = Duration::from_secs(5);

/// Serves until `shutdown` completes. Then: no new connections, `/readyz` says so, streams say good-bye within a few
/// seconds of each other, open requests end, and what was counted is written.
pub async fn serve(app: App, listener: TcpListener, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let router = app.router();
    let connections = app.settings.limits.connections.max(1);
    let places = Arc::new(Semaphore::new(connections));
    let builder = Arc::new(connection_settings(&app));
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, peer)) => {
                // Beyond the limit a connection is closed at once: its client tries another node or later.
                let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
                tokio::spawn(connection(app.clone(), router.clone(), Arc::clone(&builder), socket, peer, place));
            }
            Err(error) => {
                // Out of file descriptors, usually: those that are open may close in the meantime.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    app.drain();
    let all = u32::try_from(connections).unwrap_or(u32::MAX);
    let ended = tokio::time::timeout(app.settings.timeouts.drain, places.acquire_many(all)).await;
    if ended.is_err() {
        tracing::warn!("some connections did not end in time and are cut");
    }
    if tokio::time::timeout(LAST_FLUSH, app.flush()).await.is_err() {
        tracing::warn!("the last evaluation counts could not be written");
    }
    let last = async {
        app.flush_refusals().await;
        app.sign_heads().await;
    };
    if tokio::time::timeout(LAST_FLUSH, last).await.is_err() {
        tracing::warn!("the last heads of the log were not signed; they are at the next start");
    }
    Ok(())
}

fn connection_settings(app: &App) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(app.settings.timeouts.request_head)
        .max_buf_size(BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(250)
        .max_header_list_size(LARGEST_HEAD)
        // Streams that are opened only to be reset cost their sender the connection.
        .max_pending_accept_reset_streams(RESETS)
        .max_local_error_reset_streams(RESETS)
        .keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}

async fn connection(
    app: App,
    router: Router,
    builder: Arc<Builder<TokioExecutor>>,
    socket: TcpStream,
    peer: SocketAddr,
    place: OwnedSemaphorePermit,
) {
    // A frame is to leave when it is written, not when more follows.
    let _ = socket.set_nodelay(true);
    app.telemetry.connections.increment(1.0);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.clone().call(request.map(Body::new));
        async move { answer.await.map_err(|never: Infallible| never) }
    });
    let mut draining = app.draining.clone();
    let drained = async move { drop(draining.wait_for(|draining| *draining).await) };
    let served = builder.serve_connection(TokioIo::new(socket), service);
    let mut served = std::pin::pin!(served);
    tokio::select! {
        // An error here is a client that went away or spoke something else: nothing to do about it.
        _ = served.as_mut() => {}
        () = drained => {
            served.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(app.settings.timeouts.drain, served).await;
        }
    }
    app.telemetry.connections.decrement(1.0);
    drop(place);
}
