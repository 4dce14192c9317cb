//! What the server, the network and the disk can do to a client, through its public interface only.

#![expect(clippy::unwrap_used, clippy::panic, reason = "test code outside of test functions")]

mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use server::{Reply, Server, Step, frame, ok, status};
use tokio::sync::Notify;
use yardarm::{Client, Context, ErrorCode, State, Status, Timing};

const STREAM: &str = "/sdk/v1/stream";
const RULESET: &str = "/sdk/v1/ruleset";
const EVENTS: &str = "/sdk/v1/events";

/// Short waits between attempts, no polling, patience with a busy machine.
fn quick() -> Timing {
    let ms = Duration::from_millis;
    Timing {
        first_retry: ms(20),
        retry_base: ms(5),
        retry_max: ms(40),
        retry_floor: ms(2),
        slow: ms(50),
        poll_after: Duration::from_hours(1),
        poll_interval: ms(20),
        flush: Duration::from_hours(1),
        ..Timing::default()
    }
}

fn client(server: &Server, timing: Timing) -> Client {
    Client::builder(server.url(), "yd_srv_test").timing(timing).build().unwrap()
}

fn flag(value: &str) -> Value {
    let outcome = json!({"serve": {"variant": "v"}});
    json!({"on": true, "type": "string", "variants": {"v": value}, "off": outcome, "default": outcome})
}

fn ruleset(epoch: &str, rev: u64, value: &str) -> String {
    let version = json!({"epoch": epoch, "rev": rev});
    json!({"format": 1, "project": "p", "environment": "e", "version": version, "flags": {"f": flag(value)}})
        .to_string()
}

fn patch(from: (&str, u64), to: (&str, u64), value: &str) -> String {
    let version = |(epoch, rev): (&str, u64)| json!({"epoch": epoch, "rev": rev});
    json!({"from": version(from), "to": version(to), "flags": {"f": flag(value)}}).to_string()
}

fn value(client: &Client) -> String {
    client.string("f", &Context::new("u"), "default")
}

async fn until(client: &Client, done: impl Fn(&Status) -> bool) -> Status {
    let mut watch = client.watch();
    let status = tokio::time::timeout(Duration::from_secs(30), watch.wait_for(|status| done(status))).await;
    status.unwrap_or_else(|_| panic!("never happened; last: {:?}", client.status())).unwrap().clone()
}

async fn until_rev(client: &Client, rev: u64) -> Status {
    until(client, |status| status.version.as_ref().is_some_and(|version| version.rev == rev)).await
}

#[tokio::test]
async fn a_server_that_is_absent_at_the_start_is_found_later() {
    let reserved = Server::start(|_| status("500 No")).await;
    let (address, url) = (reserved.address(), reserved.url());
    drop(reserved);
    let client = Client::builder(url, "yd_srv_test").timing(quick()).build().unwrap();
    assert_eq!(client.wait_ready(Duration::from_millis(20)).await, State::NotReady);
    let details = client.details("f", &Context::new("u"), "default".to_owned());
    assert_eq!((details.value.as_str(), details.error), ("default", Some(ErrorCode::ProviderNotReady)));
    assert!(client.all(&Context::new("u")).is_empty());

    let _server =
        Server::start_at(address, |_| Reply::Stream(vec![frame("put", &ruleset("a", 1, "one")), Step::Hold])).await;
    assert_eq!(client.wait_ready(Duration::from_secs(30)).await, State::Ready);
    assert_eq!(value(&client), "one");
    assert_eq!(client.status().failures, 0);
}

#[tokio::test]
async fn refusals_are_reported_and_outlived() {
    for (line, headers, state) in [
        ("503 Service Unavailable", "Retry-After: 0\r\n", State::NotReady),
        ("500 Internal Server Error", "", State::NotReady),
        ("429 Too Many Requests", "Retry-After: 0\r\n", State::NotReady),
        ("302 Found", "Location: http://example.com/\r\n", State::Error),
        ("401 Unauthorized", "", State::Error),
        ("403 Forbidden", "", State::Error),
        ("404 Not Found", "", State::Error),
        ("405 Method Not Allowed", "", State::Error),
    ] {
        let healed = Arc::new(AtomicBool::new(false));
        let heal = Arc::clone(&healed);
        let server = Server::start(move |_| {
            if healed.load(Ordering::SeqCst) {
                Reply::Stream(vec![frame("put", &ruleset("a", 1, "one")), Step::Hold])
            } else {
                Reply::Whole(line, headers.to_owned(), String::new())
            }
        })
        .await;
        let client = client(&server, quick());
        let seen = until(&client, |status| status.failures >= 3).await;
        assert_eq!(seen.state, state, "{line}");
        assert!(seen.error.as_ref().unwrap().contains(&line[..3]), "{line}: {:?}", seen.error);
        assert_eq!(value(&client), "default");
        heal.store(true, Ordering::SeqCst);
        until(&client, |status| status.state == State::Ready).await;
        assert_eq!(value(&client), "one", "{line}");
    }
}

#[tokio::test]
async fn a_half_open_stream_is_given_up_and_resumed() {
    let server = Server::start(|request| match request.nth {
        0 => Reply::Stream(vec![frame("put", &ruleset("a", 1, "one")), Step::Hold]),
        _ => Reply::Stream(vec![frame("patch", &patch(("a", 1), ("a", 2), "two")), Step::Hold]),
    })
    .await;
    let client = client(&server, Timing { heartbeat: Duration::from_millis(100), ..quick() });
    until_rev(&client, 2).await;
    assert_eq!(value(&client), "two");
    let requests = server.requests(STREAM);
    assert_eq!(requests[0].header("last-event-id"), None);
    assert_eq!(requests[1].header("last-event-id"), Some("a:1"));
    assert_eq!(requests[1].header("authorization"), Some("Bearer yd_srv_test"));
}

#[tokio::test]
async fn heartbeats_of_any_kind_keep_a_quiet_stream() {
    let beats = [": comment\n\n", "event: ping\ndata: {}\n\n", "event: from-the-future\ndata: not json\n\n"];
    let server = Server::start(move |_| {
        let mut steps = vec![frame("put", &ruleset("a", 1, "one"))];
        steps.extend(beats.iter().map(|beat| Step::Send(beat.as_bytes().to_vec())));
        steps.extend([frame("patch", &patch(("a", 1), ("a", 2), "two")), Step::Hold]);
        Reply::Stream(steps)
    })
    .await;
    let client = client(&server, quick());
    until_rev(&client, 2).await;
    assert_eq!(server.requests(STREAM).len(), 1);
}

#[tokio::test]
async fn damaged_streams_change_nothing_and_are_reconnected() {
    let whole = ruleset("a", 2, "two");
    let cut = format!("event: put\ndata: {}", &whole[..whole.len() / 2]);
    let cases: [(&str, Vec<u8>); 9] = [
        ("not JSON", b"event: put\ndata: {nonsense\n\n".to_vec()),
        ("cut in the middle of the frame", cut.clone().into_bytes()),
        ("cut and dispatched", format!("{cut}\n\n").into_bytes()),
        ("wrong type", br#"event: put\ndata: {"format":1,"project":"p","environment":"e","version":7}"#.to_vec()),
        ("put of another shape", b"event: put\ndata: {}\n\n".to_vec()),
        ("put of null", b"event: put\ndata: null\n\n".to_vec()),
        ("patch of another shape", b"event: patch\ndata: []\n\n".to_vec()),
        ("not UTF-8", b"event: put\ndata: \xff\xfe\n\n".to_vec()),
        ("too large", [&b"event: put\ndata: "[..], &vec![b'x'; 70_000]].concat()),
    ];
    for (name, bytes) in cases {
        let damage = bytes.clone();
        let go = Arc::new(Notify::new());
        let went = Arc::clone(&go);
        let server = Server::start(move |request| match request.nth {
            0 => Reply::Stream(vec![frame("put", &ruleset("a", 1, "one")), Step::Send(damage.clone())]),
            1 => Reply::Stream(vec![Step::Send(b": waiting\n".to_vec()), Step::Until(Arc::clone(&go)), Step::Hold]),
            _ => status("500 No"),
        })
        .await;
        let client = Client::builder(server.url(), "k").timing(quick()).max_payload(65_536).build().unwrap();
        until(&client, |status| status.failures == 1).await;
        assert_eq!(client.status().state, State::Stale, "{name}");
        assert_eq!(value(&client), "one", "{name}");
        went.notify_one();
    }
}

#[tokio::test]
async fn an_answer_that_is_no_event_stream_is_not_read_as_one() {
    let server = Server::start(|request| match request.nth {
        0 => Reply::Whole("200 OK", "Content-Type: text/html\r\n".to_owned(), "<p>Please sign in</p>".to_owned()),
        _ => Reply::Stream(vec![frame("put", &ruleset("a", 1, "one")), Step::Hold]),
    })
    .await;
    let client = client(&server, quick());
    until_rev(&client, 1).await;
    assert_eq!(server.requests(STREAM).len(), 2);
}

#[tokio::test]
async fn older_and_repeated_states_are_ignored_and_the_stream_goes_on() {
    let server = Server::start(|_| {
        Reply::Stream(vec![
            frame("put", &ruleset("a", 5, "five")),
            frame("put", &ruleset("a", 3, "three")),
            frame("put", &ruleset("a", 5, "another five")),
            frame("patch", &patch(("a", 4), ("a", 5), "patched five")),
            frame("patch", &patch(("a", 2), ("a", 3), "patched three")),
            frame("patch", &patch(("a", 5), ("a", 6), "six")),
            Step::Hold,
        ])
    })
    .await;
    let client = client(&server, quick());
    let mut watch = client.watch();
    let mut seen = Vec::new();
    while seen.last() != Some(&"six".to_owned()) {
        tokio::time::timeout(Duration::from_secs(30), watch.changed()).await.unwrap().unwrap();
        seen.push(value(&client));
    }
    assert!(seen.iter().all(|value| ["default", "five", "six"].contains(&value.as_str())), "{seen:?}");
    assert_eq!((server.requests(STREAM).len(), server.requests(RULESET).len()), (1, 0));
}

#[tokio::test]
async fn a_restored_server_is_followed_into_its_new_epoch() {
    let server = Server::start(|_| {
        Reply::Stream(vec![
            frame("put", &ruleset("a", 900, "before")),
            frame("put", &ruleset("b", 3, "restored")),
            frame("patch", &patch(("b", 3), ("b", 4), "after")),
            Step::Hold,
        ])
    })
    .await;
    let client = client(&server, quick());
    until_rev(&client, 4).await;
    assert_eq!(value(&client), "after");
    assert_eq!(server.requests(STREAM).len(), 1);
}

#[tokio::test]
async fn what_does_not_follow_is_fetched_whole() {
    for (name, step) in [
        ("a gap", frame("patch", &patch(("a", 3), ("a", 4), "wrong"))),
        ("a patch into another epoch", frame("patch", &patch(("a", 1), ("b", 2), "wrong"))),
        ("a patch from another epoch", frame("patch", &patch(("b", 1), ("b", 2), "wrong"))),
        ("a patch that goes nowhere", frame("patch", &patch(("a", 1), ("a", 1), "wrong"))),
        ("a patch that goes back", frame("patch", &patch(("a", 1), ("a", 0), "wrong"))),
        ("the server asks for it", frame("resync", "{}")),
    ] {
        let first = std::sync::Mutex::new(Some(step));
        let server = Server::start(move |request| match (request.path.as_str(), request.nth) {
            (RULESET, _) => ok(&ruleset("a", 7, "seven")),
            (_, 0) => {
                let step = first.lock().unwrap().take().unwrap();
                Reply::Stream(vec![frame("put", &ruleset("a", 1, "one")), step, Step::Hold])
            }
            _ => Reply::Stream(vec![
                frame("ping", "{}"),
                frame("patch", &patch(("a", 7), ("a", 8), "eight")),
                Step::Hold,
            ]),
        })
        .await;
        let client = client(&server, quick());
        until_rev(&client, 8).await;
        assert_eq!(value(&client), "eight", "{name}");
        assert_eq!(server.requests(STREAM)[1].header("last-event-id"), Some("a:7"), "{name}");
        assert_eq!(server.requests(RULESET).len(), 1, "{name}");
    }
}

#[tokio::test]
async fn goodbye_means_come_back_and_nothing_is_stale() {
    let server = Server::start(|request| match request.nth {
        0 => Reply::Stream(vec![
            frame("put", &ruleset("a", 1, "one")),
            frame("goodbye", r#"{"retry_ms":5}"#),
            Step::Hold,
        ]),
        _ => Reply::Stream(vec![frame("patch", &patch(("a", 1), ("a", 2), "two")), Step::Hold]),
    })
    .await;
    let client = client(&server, quick());
    let mut watch = client.watch();
    let mut states = Vec::new();
    while client.status().version.is_none_or(|version| version.rev != 2) {
        tokio::time::timeout(Duration::from_secs(30), watch.changed()).await.unwrap().unwrap();
        states.push(watch.borrow_and_update().state);
    }
    assert!(!states.contains(&State::Stale), "{states:?}");
}

#[tokio::test]
async fn polling_stands_in_for_the_stream_and_retires_with_its_first_frame() {
    let streaming = Arc::new(AtomicBool::new(false));
    let on = Arc::clone(&streaming);
    let server = Server::start(move |request| match request.path.as_str() {
        RULESET if request.header("if-none-match") == Some("\"a:1\"") => status("304 Not Modified"),
        RULESET => Reply::Whole("200 OK", "ETag: \"a:1\"\r\n".to_owned(), ruleset("a", 1, "one")),
        _ if streaming.load(Ordering::SeqCst) => Reply::Stream(vec![frame("ping", "{}"), Step::Hold]),
        _ => status("404 Not Found"),
    })
    .await;
    let client = client(&server, Timing { poll_after: Duration::from_millis(10), ..quick() });
    until(&client, |status| status.state == State::Ready).await;
    assert_eq!(value(&client), "one");
    while server.requests(RULESET).len() < 5 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(server.requests(RULESET).iter().filter(|r| r.header("if-none-match").is_none()).count(), 1);
    assert_eq!(client.status().state, State::Ready, "polling keeps it current");

    on.store(true, Ordering::SeqCst);
    until(&client, |status| status.error.is_none()).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    let polls = server.requests(RULESET).len();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(server.requests(RULESET).len(), polls, "polling goes on beside the stream");
}

#[tokio::test]
async fn a_late_poll_does_not_undo_what_the_stream_brought() {
    let (answer_poll, stream_now) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (poll, stream) = (Arc::clone(&answer_poll), Arc::clone(&stream_now));
    let server = Server::start(move |request| match (request.path.as_str(), request.nth) {
        (RULESET, _) => Reply::After(Arc::clone(&poll), Box::new(ok(&ruleset("old", 99, "stale")))),
        (_, 0) => status("500 No"),
        _ => {
            let steps = vec![frame("put", &ruleset("new", 1, "fresh")), Step::Hold];
            Reply::After(Arc::clone(&stream), Box::new(Reply::Stream(steps)))
        }
    })
    .await;
    let client = client(&server, Timing { poll_after: Duration::from_millis(5), ..quick() });
    while server.requests(RULESET).is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stream_now.notify_one();
    until_rev(&client, 1).await;
    answer_poll.notify_one();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(value(&client), "fresh");
    assert_eq!(client.status().state, State::Ready);
}

#[tokio::test]
async fn the_cache_file_starts_a_client_whose_server_is_away() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("flags");
    let server = Server::start(|_| {
        let second = frame("patch", &patch(("a", 1), ("a", 2), "two"));
        Reply::Stream(vec![frame("put", &ruleset("a", 1, "one")), second, Step::Hold])
    })
    .await;
    let url = server.url();
    let build = |key: &str| Client::builder(&url, key).cache_file(&path).timing(quick()).build().unwrap();
    let first = build("key-1");
    until_rev(&first, 2).await;
    assert!(first.shutdown(Duration::from_secs(30)).await);
    assert_eq!(value(&first), "two", "it answers after the shutdown, too");
    drop(server);

    let second = build("key-1");
    assert_eq!(value(&second), "two");
    let ready = tokio::time::timeout(Duration::from_secs(30), second.wait_ready(Duration::from_hours(1))).await;
    assert_eq!(ready, Ok(State::Stale), "there is no use in waiting longer");
    let other = build("key-2");
    assert_eq!(value(&other), "default", "another key, maybe of another environment");
}

#[tokio::test]
async fn counts_are_sent_once_even_when_the_first_attempt_fails() {
    let server = Server::start(|request| match (request.path.as_str(), request.nth) {
        (EVENTS, 0) => status("503 Service Unavailable"),
        (EVENTS, _) => status("202 Accepted"),
        _ => Reply::Stream(vec![frame("put", &ruleset("a", 1, "one")), Step::Hold]),
    })
    .await;
    let client = client(&server, Timing { flush: Duration::from_millis(20), ..quick() });
    until_rev(&client, 1).await;
    for _ in 0..5 {
        assert_eq!(value(&client), "one");
    }
    assert!(!client.bool("f", &Context::new("u"), false), "a flag of another type");
    assert!(!client.bool("unknown", &Context::new("u"), false));
    assert!(!client.bool("f", &Context::from(json!([])), false), "not a context");
    while server.requests(EVENTS).len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    value(&client);
    assert!(client.shutdown(Duration::from_secs(30)).await);

    let bodies: Vec<Value> =
        server.requests(EVENTS).iter().map(|request| serde_json::from_str(&request.body).unwrap()).collect();
    assert_eq!(bodies[0], bodies[1], "a repetition is told by its id");
    let mut total = std::collections::BTreeMap::new();
    for body in &bodies[1..] {
        assert_eq!(body["sdk"]["name"], "rust");
        for count in body["counts"].as_array().unwrap() {
            let key = (count["flag"].to_string(), count["variant"].to_string(), count["reason"].to_string());
            *total.entry(key).or_insert(0) += count["count"].as_u64().unwrap();
        }
    }
    let key =
        |variant: &str, reason: &str| (json!("f").to_string(), json!(variant).to_string(), json!(reason).to_string());
    assert_eq!(total, [(key("", "ERROR"), 2), (key("v", "STATIC"), 6)].into_iter().collect());
    assert_eq!(client.dropped_counts(), 0);
}

#[tokio::test]
async fn a_batch_that_the_server_rejects_does_not_block_later_ones() {
    for line in ["400 Bad Request", "404 Not Found", "413 Content Too Large", "422 Unprocessable Content"] {
        let server = Server::start(move |request| match (request.path.as_str(), request.nth) {
            (EVENTS, 0) => status(line),
            (EVENTS, _) => status("202 Accepted"),
            _ => Reply::Stream(vec![frame("put", &ruleset("a", 1, "one")), Step::Hold]),
        })
        .await;
        let client = client(&server, Timing { flush: Duration::from_millis(20), ..quick() });
        until_rev(&client, 1).await;
        value(&client);
        while client.dropped_counts() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        value(&client);
        assert!(client.shutdown(Duration::from_secs(30)).await);
        assert_eq!((server.requests(EVENTS).len(), client.dropped_counts()), (2, 1), "{line}");
    }
}

#[test]
fn threads_without_a_runtime_are_served_as_well() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(Server::start(|request| match request.path.as_str() {
        EVENTS => status("202 Accepted"),
        _ => Reply::Stream(vec![frame("put", &ruleset("a", 1, "one")), Step::Hold]),
    }));
    let client = client(&server, quick());
    assert_eq!(client.wait_ready_blocking(Duration::from_secs(30)), State::Ready);
    assert_eq!(value(&client), "one");
    assert!(client.shutdown_blocking(Duration::from_secs(30)));
    assert_eq!(server.requests(EVENTS).len(), 1);
}

#[test]
fn settings_that_cannot_work_are_refused_at_once() {
    for url in ["", "localhost:3524", "ftp://localhost", "/var/run/yardarm"] {
        assert!(Client::builder(url, "k").build().is_err(), "{url}");
    }
    assert!(Client::builder("http://localhost", "a\nb").build().is_err());
    assert!(Client::offline("/nowhere/ruleset.json").is_err());
}
