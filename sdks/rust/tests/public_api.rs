//! The public interface, pinned: a changed line here is a change that users notice.

#![expect(clippy::unwrap_used, reason = "test code outside of test functions")]

use std::fmt::Write as _;
use std::path::Path;

/// Every `pub` item and every public method, as written, in the order of the sources.
fn public_items() -> String {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files: Vec<_> = std::fs::read_dir(source).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut items = String::new();
    for path in files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        let text = std::fs::read_to_string(path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if !line.trim_start().starts_with("pub ") {
                continue;
            }
            let mut item = line.trim().to_owned();
            let complete =
                |item: &str| [";", "{", "}", ","].iter().any(|end| item.ends_with(end)) && !item.ends_with("(,");
            let open = |item: &str| item.matches('(').count() > item.matches(')').count();
            while !complete(&item) || open(&item) {
                let Some(next) = lines.next() else { break };
                let _ = write!(item, " {}", next.trim());
            }
            let item = item.trim_end_matches(['{', ' ', ';', ',']);
            let name = path.file_stem().unwrap().to_string_lossy();
            writeln!(items, "{name}: {item}").unwrap();
        }
    }
    items
}

fn pin() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/public_api.txt")
}

#[test]
fn the_public_interface_is_the_pinned_one() {
    let pinned = std::fs::read_to_string(pin()).unwrap();
    let advice = "if it is meant to change: cargo test -p yardarm --test public_api -- --ignored";
    assert_eq!(public_items(), pinned, "{advice}");
}

#[test]
#[ignore = "writes the pin"]
fn pin_the_public_interface() {
    std::fs::write(pin(), public_items()).unwrap();
}

/// The signatures that applications are written against, checked by the compiler.
#[test]
fn the_calls_of_the_readme_compile_for_any_thread() {
    use yardarm::{Builder, Client, ConfigError, Context, Details, State, Status, TestClient, Timing};
    fn shared_between_threads<T: Send + Sync + 'static>() {}
    shared_between_threads::<Client>();
    shared_between_threads::<Context>();
    shared_between_threads::<TestClient>();
    shared_between_threads::<Status>();
    let _: fn(&Client, &str, &Context, bool) -> bool = Client::bool;
    let _: fn(&Client, &str, &Context, f64) -> f64 = Client::number;
    let _: fn(&Client, &str, &Context, i64) -> i64 = Client::int;
    let _: fn(&Client, &str, &Context, bool) -> Details<bool> = Client::details::<bool>;
    let _: fn(&Client, std::time::Duration) -> State = Client::wait_ready_blocking;
    let _: fn(Builder, Timing) -> Builder = Builder::timing;
    let _: fn(Builder) -> Result<Client, ConfigError> = Builder::build;
}
