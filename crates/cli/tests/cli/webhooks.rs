//! `yardarm webhooks`, with a receiver on this machine that the settings file allows.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::yardarm::Demo;

/// Answers every request with 204 and sends what it was sent.
fn receiver() -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (sender, heard) = std::sync::mpsc::sync_channel(100);
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut request = vec![0; 65_536];
            let mut read = 0;
            // The body ends with the brace that closes it.
            while !request[..read].ends_with(b"}") {
                match connection.read(&mut request[read..]) {
                    Ok(more) if more > 0 => read += more,
                    _ => break,
                }
            }
            let answer = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
            if connection.write_all(answer).is_err()
                || sender.send(String::from_utf8_lossy(&request[..read]).into_owned()).is_err()
            {
                return;
            }
        }
    });
    (url, heard)
}

#[test]
fn webhooks_from_making_to_replaying() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "outbound_allow = [\"127.0.0.1\"]\noutbound_ports = [\"1-65535\"]\noutbound_http = true\n";
    std::fs::write(folder.path().join("yardarm.toml"), settings).unwrap();
    let demo = Demo::start_in(folder);
    let (url, heard) = receiver();

    let made = demo.json(&["webhooks", "create", "CI", "--to", &url, "--action", "flag.*", "--in-project", "*"]);
    let id = made["id"].as_str().unwrap();
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    let ping = demo.run(&["webhooks", "test", id]);
    assert!(ping.text().starts_with("delivered: HTTP 204"));
    assert!(heard.recv().unwrap().contains("webhook.ping"));

    demo.run(&["flags", "create", "told"]).text();
    assert!(heard.recv().unwrap().contains("flag.create"));
    let delivered = || demo.json(&["webhooks", "deliveries", id, "--state", "delivered"]);
    while delivered()["items"].as_array().unwrap().len() < 2 {
        std::thread::yield_now();
    }
    let message = delivered()["items"][0]["id"].as_str().unwrap().to_owned();
    demo.run(&["webhooks", "replay", id, &message]).text();
    assert!(heard.recv().unwrap().contains(&message), "under the same id");
    let again = demo.json(&["webhooks", "replay", id, "--since", "1h", "--state", "failed"]);
    assert_eq!(again["replayed"], 0);

    assert!(demo.run(&["webhooks", "list"]).text().contains("enabled"));
    assert!(demo.run(&["webhooks", "update", id, "--disable", "--action", "*"]).text().contains("disabled"));
    assert_eq!(demo.json(&["webhooks", "get", id])["actions"][0], "*");
    assert!(demo.run(&["webhooks", "rotate", id, "--overlap", "1"]).text().contains("whsec_"));
    let refused = demo.run(&["webhooks", "create", "Inside", "--to", "http://169.254.169.254/"]);
    assert!(refused.fails(6).contains("may not be called"), "{}", refused.stderr);
    demo.run(&["webhooks", "replay", id]).fails(2);
    demo.run(&["webhooks", "delete", id]).text();
    demo.run(&["webhooks", "get", id]).fails(3);
}
