//! A server that does what a test says, byte by byte.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// What a client asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// How many requests for this path came before.
    pub(crate) nth: usize,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What it gets. A connection carries one answer.
pub(crate) enum Reply {
    /// Status line, further header lines, body.
    Whole(&'static str, String, String),
    /// An event stream, closed after the last step.
    Stream(Vec<Step>),
    /// The same after waiting.
    After(Arc<Notify>, Box<Reply>),
}

pub(crate) enum Step {
    Send(Vec<u8>),
    Until(Arc<Notify>),
    /// Says nothing more and does not hang up.
    Hold,
}

pub(crate) fn ok(body: &str) -> Reply {
    Reply::Whole("200 OK", "Content-Type: application/json\r\n".to_owned(), body.to_owned())
}

pub(crate) fn status(line: &'static str) -> Reply {
    Reply::Whole(line, String::new(), String::new())
}

/// A frame of the stream.
pub(crate) fn frame(name: &str, data: &str) -> Step {
    Step::Send(format!("event: {name}\nid: ignored\ndata: {data}\n\n").into_bytes())
}

pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    _tasks: JoinSet<()>,
}

impl Server {
    pub(crate) async fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), answer).await
    }

    pub(crate) async fn start_at(
        address: SocketAddr,
        answer: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = JoinSet::new();
        let log = Arc::clone(&requests);
        tasks.spawn(async move {
            let answer = Arc::new(answer);
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
                connections.spawn(async move { serve(socket, &*answer, &log).await.unwrap_or(()) });
            }
        });
        Self { address, requests, _tasks: tasks }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every request for this path so far.
    pub(crate) fn requests(&self, path: &str) -> Vec<Request> {
        self.requests.lock().unwrap().iter().filter(|request| request.path == path).cloned().collect()
    }
}

async fn serve(
    mut socket: TcpStream,
    answer: &(impl Fn(&Request) -> Reply + Sync),
    log: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    let mut request = read(&mut socket).await?;
    {
        let mut log = log.lock().unwrap();
        request.nth = log.iter().filter(|r| r.path == request.path).count();
        log.push(request.clone());
    }
    let mut reply = answer(&request);
    while let Reply::After(notify, then) = reply {
        notify.notified().await;
        reply = *then;
    }
    match reply {
        Reply::Whole(status, headers, body) => {
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
            socket.write_all(head.as_bytes()).await?;
            socket.write_all(body.as_bytes()).await?;
        }
        Reply::Stream(steps) => {
            let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
            socket.write_all(head).await?;
            for step in steps {
                match step {
                    Step::Send(bytes) => socket.write_all(&bytes).await?,
                    Step::Until(notify) => notify.notified().await,
                    Step::Hold => std::future::pending().await,
                }
            }
        }
        Reply::After(..) => {}
    }
    socket.shutdown().await
}

async fn read(socket: &mut TcpStream) -> std::io::Result<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end;
        }
        if socket.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let mut lines = text.lines();
    let path = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let mut request = Request { path, headers, ..Request::default() };
    let length = request.header("content-length").and_then(|v| v.parse().ok()).unwrap_or(0);
    while bytes.len() < head + 4 + length {
        if socket.read_buf(&mut bytes).await? == 0 {
            break;
        }
    }
    request.body = String::from_utf8_lossy(&bytes[head + 4..]).into_owned();
    Ok(request)
}
