//! The program of docs/guides/rust.md: asks a flag, then follows it.

use std::time::Duration;

use yardarm::{Client, Context};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let flags = Client::from_environment()?.build()?; // YARDARM_URL, YARDARM_SDK_KEY
    println!("{:?}", flags.wait_ready(Duration::from_secs(5)).await);

    let user = Context::new("user-7").with("country", "DE");
    let checkout = flags.details("new-checkout", &user, false);
    println!("{} because {:?}", checkout.value, checkout.reason);

    if std::env::args().any(|word| word == "follow") {
        let mut changes = flags.watch();
        while changes.changed().await.is_ok() {
            println!("{}", flags.bool("new-checkout", &user, false));
        }
    }
    flags.shutdown(Duration::from_secs(2)).await;
    Ok(())
}
