//! The house rules that a machine can hold: which crate may use which, how long a file may be, and how files are named.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Crate → the Yardarm crates it may use. A new edge is a reviewed line here.
const EDGES: &[(&str, &[&str])] = &[
    ("yardarm-eval", &[]),
    ("yardarm-model", &["yardarm-eval"]),
    ("yardarm-migrate", &["yardarm-eval", "yardarm-model"]),
    ("yardarm-store", &[]),
    // What it verifies must not be able to make it agree.
    ("yardarm-verify", &[]),
    ("yardarm-hub", &["yardarm-eval", "yardarm-model", "yardarm-store"]),
    ("yardarm-server", &["yardarm-eval", "yardarm-model", "yardarm-store", "yardarm-hub"]),
    (
        "yardarm-cli",
        &[
            "yardarm-eval",
            "yardarm-model",
            "yardarm-migrate",
            "yardarm-store",
            "yardarm-hub",
            "yardarm-server",
            "yardarm-verify",
        ],
    ),
    ("yardarm-testkit", &["yardarm-model", "yardarm-store", "yardarm-hub", "yardarm-server"]),
    ("yardarm", &["yardarm-eval"]),
    ("yardarm-wasm", &["yardarm-eval"]),
];

/// Outside crates that only some floors may use: the evaluator stays light, and only the store talks to a database.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("sqlx", &["yardarm-store"]),
    ("axum", &["yardarm-server"]),
    ("clap", &["yardarm-cli"]),
    ("anyhow", &["yardarm-cli", "yardarm-testkit"]),
    // One client: it has a policy about addresses in the server.
    ("reqwest", &["yardarm-server", "yardarm-cli", "yardarm-testkit", "yardarm"]),
    ("ureq", &[]),
    ("curl", &[]),
    ("isahc", &[]),
    ("hickory-resolver", &[]),
];

/// Values, patterns, and the hash functions that other systems bucket by.
const EVALUATOR_MAY_USE: &[&str] = &["serde", "serde_json", "regex", "sha1", "sha2", "md-5", "crc32fast", "foldhash"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace exists")
}

fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec().unwrap();
    metadata
        .packages
        .iter()
        .map(|package| {
            let used = package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development);
            (package.name.to_string(), used.map(|d| d.name.clone()).collect())
        })
        .collect()
}

#[test]
fn crates_use_only_what_their_floor_allows() {
    let allowed: BTreeMap<_, _> = EDGES.iter().copied().collect();
    for (name, used) in edges() {
        let may = allowed.get(name.as_str()).unwrap_or_else(|| panic!("{name} has no line in EDGES"));
        for dependency in used.iter().filter(|d| d.starts_with("yardarm")) {
            assert!(may.contains(&dependency.as_str()), "{name} must not use {dependency}");
        }
    }
}

#[test]
fn outside_crates_stay_on_their_floor() {
    let edges = edges();
    for (dependency, homes) in ONLY_IN {
        for (name, used) in &edges {
            assert!(!used.contains(*dependency) || homes.contains(&name.as_str()), "{name} must not use {dependency}");
        }
    }
    for dependency in &edges["yardarm-eval"] {
        assert!(EVALUATOR_MAY_USE.contains(&dependency.as_str()), "the evaluator must stay light: {dependency}");
    }
}

/// Source files of ours below a folder, by extension.
fn sources(folder: &Path, extensions: &[&str], found: &mut Vec<PathBuf>) {
    const SKIP: &[&str] =
        &["target", "node_modules", "out", "dist", ".next", ".git", ".work", "vectors", "__pycache__"];
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !SKIP.contains(&name.as_str()) {
                sources(&path, extensions, found);
            }
        } else if path.extension().is_some_and(|e| extensions.iter().any(|x| e == *x)) {
            found.push(path);
        }
    }
}

/// The server is asked by tenants to call addresses. All of that goes through one door, which knows where it may lead.
#[test]
fn the_server_has_one_way_out() {
    const WAYS: &[&str] = &[
        "reqwest",
        "hyper::client",
        "hyper_util::client",
        "TcpStream::connect",
        "TcpSocket",
        "UdpSocket",
        "UnixStream::connect",
        "UnixDatagram",
        "lookup_host",
        "ToSocketAddrs",
        "Command::new",
    ];
    let server = root().join("crates/server/src");
    let mut found = Vec::new();
    sources(&server, &["rs"], &mut found);
    let (inside, outside): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|path| path.starts_with(server.join("outbound")));
    let ways = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        WAYS.iter().copied().filter(|way| text.contains(way)).collect::<Vec<_>>()
    };
    assert!(inside.iter().any(|path| ways(path).contains(&"reqwest")), "the check finds the client where it is");
    for path in outside {
        assert_eq!(ways(&path), Vec::<&str>::new(), "{}: connect by `App.outbound` only", path.display());
    }
}

#[test]
fn files_stay_short() {
    /// Generated files are as long as what they are generated from.
    const GENERATED: &[&str] = &[
        "ui/lib/api/schema.ts",
        "ui/next-env.d.ts",
        "sdks/rust/tests/typed_flags/flags.rs",
        "sdks/typescript/server/test/typed/flags.ts",
    ];
    const LIMIT: usize = 520;
    let mut found = Vec::new();
    sources(&root(), &["rs", "ts", "tsx", "mjs", "py"], &mut found);
    assert!(found.len() > 50, "found the sources");
    let long: Vec<_> = found
        .iter()
        .filter(|path| !GENERATED.iter().any(|g| path.ends_with(g)))
        .map(|path| (std::fs::read_to_string(path).unwrap_or_default().lines().count(), path))
        .filter(|(lines, _)| *lines > LIMIT)
        .collect();
    assert!(long.is_empty(), "over {LIMIT} lines, split them: {long:#?}");
}

#[test]
fn names_say_what_things_are() {
    const VAGUE: &[&str] = &["utils", "util", "helpers", "helper", "common", "manager", "service", "misc"];
    let mut found = Vec::new();
    sources(&root(), &["rs", "ts", "tsx", "mjs", "py"], &mut found);
    for path in found {
        let relative = path.strip_prefix(root()).unwrap().to_owned();
        for part in relative.components() {
            let part = part.as_os_str().to_string_lossy().to_lowercase();
            let stem = part.split('.').next().unwrap_or_default().to_owned();
            assert!(!VAGUE.contains(&stem.as_str()), "{} is named after nothing", relative.display());
        }
    }
}

#[test]
fn every_dependency_says_why() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let section = manifest.split("[workspace.dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    for line in section.lines().filter(|l| l.contains('=') && !l.starts_with("yardarm") && !l.starts_with('#')) {
        assert!(line.contains(" # "), "say in one line why: {line}");
    }
}
