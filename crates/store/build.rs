//! Rebuilds when a migration is added: the embedding macro notices edits of known files only.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
