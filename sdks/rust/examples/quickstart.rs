//! The program of docs/guides/rust.md: asks a flag, then follows it.

use std::time::Duration;

use yardarm::{Client, Context};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let flags = Client::from_environment()?.build()?; // YARDARM_URL, YARDARM_SDK_KEY
    println!("{:?}", flags.wait_ready_blocking(Duration::from_secs(5)));

    let user = Context::new("user-7").with("country", "DE");
    let checkout = flags.details("new-checkout", &user, false);
    println!("{} because {:?}", checkout.value, checkout.reason);

    let mut last = flags.status().version;
    while std::env::args().any(|word| word == "follow") {
        std::thread::sleep(Duration::from_millis(100));
        let version = flags.status().version;
        if version != last {
            println!("{}", flags.bool("new-checkout", &user, false));
            last = version;
        }
    }
    flags.shutdown_blocking(Duration::from_secs(2));
    Ok(())
}
