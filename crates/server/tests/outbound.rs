//! The way out, over real sockets: names that change their answer, redirects, slow and endless answers.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use yardarm_server::outbound::{Call, Outbound, OutboundError, OutboundSettings, Refused};

const PATIENCE: Duration = Duration::from_mins(1);

/// Answers each connection with the same bytes and keeps what it was sent. `None` never answers.
struct Receiver {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    async fn start(host: &str, answer: Option<&str>) -> Self {
        let answer = answer.map(|text| text.as_bytes().to_vec());
        let listener = TcpListener::bind((host, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let (notes, answer) = (Arc::clone(&notes), answer.clone());
                tokio::spawn(async move {
                    let mut request = vec![0; 8_192];
                    let read = connection.read(&mut request).await.unwrap_or(0);
                    notes.lock().unwrap().push(String::from_utf8_lossy(&request[..read]).into_owned());
                    match answer {
                        Some(answer) => drop(connection.write_all(&answer).await),
                        None => std::future::pending().await,
                    }
                });
            }
        });
        Self { address, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

const OK: Option<&str> = Some("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");

/// Answers the first look-up with the first address, the second with the second, and so on; the last one stays.
struct Rebinding {
    answers: Vec<Vec<IpAddr>>,
    asked: AtomicUsize,
}

impl Rebinding {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |list: &&[&str]| list.iter().map(|text| text.parse().unwrap()).collect();
        Arc::new(Self { answers: answers.iter().map(parse).collect(), asked: AtomicUsize::new(0) })
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Resolve for Rebinding {
    fn resolve(&self, _: Name) -> Resolving {
        let turn = self.asked.fetch_add(1, Ordering::Relaxed).min(self.answers.len() - 1);
        let found: Vec<SocketAddr> = self.answers[turn].iter().map(|ip| SocketAddr::new(*ip, 0)).collect();
        Box::pin(async move { Ok(Box::new(found.into_iter()) as Addrs) })
    }
}

fn settings(allow: &str) -> OutboundSettings {
    let allow = vec![allow.parse().unwrap()];
    OutboundSettings { allow, ports: vec![1..=u16::MAX], http: true, ..OutboundSettings::default() }
}

/// May call 127.0.0.2, which stands for the public world, and not 127.0.0.1, which stands for the private one.
fn outbound(names: Arc<dyn Resolve>) -> Outbound {
    Outbound::with_names(&settings("127.0.0.2"), names).unwrap()
}

fn call(outbound: &Outbound, url: &str) -> Call {
    Call {
        method: Method::POST,
        target: outbound.target(url).unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"{}"),
        deadline: PATIENCE,
        most: 1_024,
    }
}

#[tokio::test]
async fn what_was_judged_is_what_is_connected_to() {
    let public = Receiver::start("127.0.0.2", OK).await;
    let private = TcpListener::bind(("127.0.0.1", public.address.port())).await.unwrap();
    let url = format!("http://rebind.example:{}/", public.address.port());

    // Public when it is checked, private when it is called.
    let names = Rebinding::new(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let client = outbound(names.clone());
    client.check(&url).await.unwrap();
    let refused = client.send(call(&client, &url)).await.unwrap_err();
    assert_eq!(refused, OutboundError::Refused(Refused::NoPublicAddress("rebind.example".into())));

    // Public when it is called: it is asked once, and that answer is used.
    let names = Rebinding::new(&[&["127.0.0.2"], &["127.0.0.1"]]);
    let client = outbound(names.clone());
    assert_eq!(client.send(call(&client, &url)).await.unwrap().status, 200);
    assert_eq!(names.asked(), 1);
    assert_eq!(public.heard().len(), 1);
    assert!(public.heard()[0].contains(&format!("host: rebind.example:{}", public.address.port())));

    // Of both kinds at once: the private one is not even tried.
    let names = Rebinding::new(&[&["127.0.0.1", "::1", "169.254.169.254", "127.0.0.2"]]);
    let client = outbound(names);
    assert_eq!(client.send(call(&client, &url)).await.unwrap().status, 200);
    assert_eq!(public.heard().len(), 2);

    let nothing = tokio::time::timeout(Duration::from_millis(50), private.accept()).await;
    assert!(nothing.is_err(), "nobody came to the private address");
}

#[tokio::test]
async fn a_name_without_a_public_address_is_not_told_from_a_missing_one() {
    let missing = outbound(Rebinding::new(&[&[]]));
    let private = outbound(Rebinding::new(&[&["10.0.0.1"]]));
    let metadata = outbound(Rebinding::new(&[&["::ffff:169.254.169.254", "fe80::1"]]));
    let mut said = Vec::new();
    for client in [&missing, &private, &metadata] {
        said.push(client.send(call(client, "https://a.example/")).await.unwrap_err().to_string());
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
    // Saved is what is not known to be wrong.
    assert!(missing.check("https://a.example/").await.is_ok());
    for client in [private, metadata] {
        assert!(matches!(client.check("https://a.example/").await, Err(Refused::NoPublicAddress(_))));
    }
}

#[tokio::test]
async fn redirects_are_answers() {
    let secret = Receiver::start("127.0.0.1", OK).await;
    let location = format!("http://{}/", secret.address);
    for status in [301, 302, 303, 307, 308] {
        let text = format!(
            "HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        );
        let receiver = Receiver::start("127.0.0.2", Some(&text)).await;
        let client = outbound(Rebinding::new(&[&[]]));
        let answer = client.send(call(&client, &format!("http://{}/", receiver.address))).await.unwrap();
        assert_eq!(answer.status, status);
    }
    assert!(secret.heard().is_empty());
}

#[tokio::test]
async fn what_comes_back_is_read_up_to_a_bound() {
    let endless = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}", "x".repeat(1 << 20));
    let receiver = Receiver::start("127.0.0.2", Some(&endless)).await;
    let client = outbound(Rebinding::new(&[&[]]));
    let url = format!("http://{}/", receiver.address);
    let answer = client.send(call(&client, &url)).await.unwrap();
    assert!(answer.cut && answer.body.len() == 1_024);
    assert!(!format!("{answer:?}").contains("xxx"), "it is not shown by accident");
    let none = client.send(Call { most: 0, ..call(&client, &url) }).await.unwrap();
    assert!(none.cut && none.body.is_empty());
}

#[tokio::test]
async fn failures_have_names() {
    let client = outbound(Rebinding::new(&[&[]]));
    let silent = Receiver::start("127.0.0.2", None).await;
    let garbage = Receiver::start("127.0.0.2", Some("this is no HTTP and no TLS either\r\n\r\n")).await;
    let closed = TcpListener::bind("127.0.0.2:0").await.unwrap().local_addr().unwrap();
    for (url, deadline, expected) in [
        (format!("http://{}/", silent.address), Duration::from_millis(300), OutboundError::TimedOut),
        (format!("https://{}/", silent.address), Duration::from_millis(300), OutboundError::TimedOut),
        (format!("http://{closed}/"), PATIENCE, OutboundError::Unreachable),
        (format!("http://{}/", garbage.address), PATIENCE, OutboundError::Broken),
        (format!("https://{}/", garbage.address), PATIENCE, OutboundError::Tls),
    ] {
        let error = client.send(Call { deadline, ..call(&client, &url) }).await.unwrap_err();
        assert_eq!(error, expected, "{url}");
        assert!(!error.to_string().contains("127.0"), "{error}");
    }
}

#[tokio::test]
async fn a_slow_host_delays_nobody_else() {
    let slow = Receiver::start("127.0.0.2", None).await;
    let quick = Receiver::start("127.0.0.2", OK).await;
    let tight = OutboundSettings { at_once: 3, at_once_to_a_host: 2, ..settings("127.0.0.2") };
    let client = Arc::new(Outbound::with_names(&tight, Rebinding::new(&[&[]])).unwrap());
    let slow_url = format!("http://{}/", slow.address);
    let waiting: Vec<_> = (0..10)
        .map(|_| {
            let (client, call) = (Arc::clone(&client), call(&client, &slow_url));
            tokio::spawn(async move { client.send(call).await })
        })
        .collect();
    while slow.heard().len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let answer = client.send(call(&client, &format!("http://{}/", quick.address))).await.unwrap();
    assert_eq!((answer.status.as_u16(), slow.heard().len()), (200, 2));
    for task in waiting {
        task.abort();
    }
}

/// `HTTPS_PROXY` and the like would send everything past the policy. A process of its own, because the environment is
/// read once.
#[tokio::test]
async fn no_proxy_of_the_environment_is_used() {
    const INSIDE: &str = "YARDARM_TEST_INSIDE";
    #[expect(
        clippy::disallowed_methods,
        reason = "tells the process that this test starts from the one that starts it"
    )]
    let inside = std::env::var(INSIDE).ok();
    let Some(url) = inside else {
        let receiver = Receiver::start("127.0.0.2", OK).await;
        let proxy = Receiver::start("127.0.0.1", OK).await;
        let through = format!("http://{}", proxy.address);
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        child
            .args(["--exact", "no_proxy_of_the_environment_is_used"])
            .env(INSIDE, format!("http://{}/", receiver.address));
        for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
            child.env(name, &through);
        }
        let done = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
        assert_eq!((receiver.heard().len(), proxy.heard().len()), (1, 0));
        return;
    };
    let client = outbound(Rebinding::new(&[&[]]));
    client.send(call(&client, &url)).await.unwrap();
}
