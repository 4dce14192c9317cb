//! Signed heads: where each log stood, kept in a table and shipped out. Whoever holds them sees later that a log was
//! rewritten or cut off, even by somebody with the whole database in hand.

use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use yardarm_store::{SignedHead, StoreError};

use super::{HeadsTo, SignerError, head_line};
use crate::app::App;
use crate::outbound::{Call, OutboundError, Refused};

/// Logs looked at, and heads shipped, in one go.
const BATCH: u32 = 200;
/// For one request to a receiver, all of it.
const DEADLINE: Duration = Duration::from_secs(15);

impl App {
    /// Signs where the logs stand that moved, and ships what was not shipped. Happens at intervals by itself; call it
    /// before the end. What fails is tried again the next time.
    pub async fn sign_heads(&self) {
        let _one_at_a_time = self.audit.signing.lock().await;
        if let Err(error) = self.sign_what_moved().await {
            tracing::warn!(%error, "the heads of the log were not signed");
        }
        if let Err(error) = self.ship().await {
            tracing::warn!(%error, "signed heads of the log were not shipped");
        }
    }

    async fn sign_what_moved(&self) -> Result<(), SignerError> {
        loop {
            let moved = self.store.moved(BATCH).await?;
            let more = moved.len() == BATCH as usize;
            if moved.is_empty() {
                return Ok(());
            }
            let signer = self.signer().await?;
            for head in moved {
                self.store.insert_head(&signer.head(head, self.now())).await?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    /// At least once: a head may be shipped twice, by two nodes or after a crash, and says the same.
    async fn ship(&self) -> Result<(), ShipError> {
        let Some(to) = self.settings.audit.heads.clone() else { return Ok(()) };
        loop {
            let heads = self.store.unshipped_heads(BATCH).await?;
            if heads.is_empty() {
                return Ok(());
            }
            let lines = heads.iter().map(|head| head_line(head) + "\n").collect::<String>();
            match to.clone() {
                HeadsTo::File(path) => tokio::task::spawn_blocking(move || append(&path, &lines)).await??,
                HeadsTo::Stdout => tokio::task::spawn_blocking(move || print(&lines)).await??,
                HeadsTo::Webhook(url) => self.send_heads(&url, lines).await?,
            }
            for SignedHead { head, .. } in &heads {
                self.store.head_shipped(head.scope(), head.rev).await?;
            }
        }
    }

    /// Taken is what was answered with 2xx. Each line is signed by itself, so the request needs no signature.
    async fn send_heads(&self, url: &str, lines: String) -> Result<(), ShipError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
        let call = Call {
            method: Method::POST,
            target: self.outbound.target(url)?,
            headers,
            body: Bytes::from(lines),
            deadline: DEADLINE,
            most: 0,
        };
        let answer = self.outbound.send(call).await?;
        if answer.status.is_success() { Ok(()) } else { Err(ShipError::Answer(answer.status)) }
    }
}

#[derive(Debug, thiserror::Error)]
enum ShipError {
    #[error("the receiver's address: {0}")]
    Refused(#[from] Refused),
    #[error("the receiver: {0}")]
    Outbound(#[from] OutboundError),
    #[error("the receiver answered {0}")]
    Answer(StatusCode),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Task(#[from] tokio::task::JoinError),
}

fn append(path: &Path, lines: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(lines.as_bytes())?;
    file.sync_data()
}

fn print(lines: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(lines.as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_heads_is_appended_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("heads.ndjson");
        append(&path, "one\ntwo\n").unwrap();
        append(&path, "three\n").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one\ntwo\nthree\n");
        assert!(append(&folder.path().join("no/such/folder"), "lost\n").is_err());
    }
}
