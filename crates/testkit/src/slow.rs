//! A request whose body comes late: much happens between the two.

use std::fmt::Write as _;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Client;

/// A request that was begun; the server knows who asks, and waits for the body.
pub struct SlowRequest {
    socket: TcpStream,
    body: String,
}

impl Client {
    /// Sends the head of a request and waits until the server asks for the body, which it does when it has seen who asks.
    pub async fn begin(&self, method: &str, path: &str, body: &Value) -> SlowRequest {
        let body = body.to_string();
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in &self.headers {
            write!(head, "{name}: {}\r\n", value.to_str().unwrap()).unwrap();
        }
        let mut socket = TcpStream::connect(self.url.strip_prefix("http://").unwrap()).await.unwrap();
        socket.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
        let mut told = [0; 25];
        socket.read_exact(&mut told).await.unwrap();
        assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
        SlowRequest { socket, body }
    }
}

impl SlowRequest {
    /// Sends the body; the answer's status, and all of the answer.
    pub async fn finish(mut self) -> (u16, String) {
        self.socket.write_all(self.body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        self.socket.read_to_string(&mut answer).await.unwrap();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.unwrap_or_else(|| panic!("no status in {answer:?}")), answer)
    }
}
