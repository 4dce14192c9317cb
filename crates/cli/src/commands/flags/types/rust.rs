//! Rust: a struct over `yardarm::Client`, string flags as enums of their variants.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::{Flag, HEADER, Kind, capital, words};

/// Words of the language, and of the struct.
const RESERVED: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "new", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

const STRUCT: &str = r"
/// The project's flags over a client. Every call names the answer for when there is none.
#[derive(Clone)]
pub struct Flags {
    client: yardarm::Client,
}

impl Flags {
    /// Over this client.
    pub fn new(client: yardarm::Client) -> Self {
        Self { client }
    }
";

pub(super) fn module(flags: &[Flag]) -> String {
    let mut out = format!("//! {HEADER}\n");
    for flag in flags {
        if let Kind::Text(texts) = &flag.kind {
            out.push_str(&choice(flag, texts));
        }
    }
    out.push_str(STRUCT);
    for flag in flags {
        let (name, key) = (flag.snake(RESERVED), literal(&flag.key));
        let (kind, call) = match &flag.kind {
            Kind::Boolean => ("bool".to_owned(), format!("self.client.bool({key}, context, default)")),
            Kind::Number => ("f64".to_owned(), format!("self.client.number({key}, context, default)")),
            Kind::Json => ("serde_json::Value".to_owned(), format!("self.client.json({key}, context, default)")),
            Kind::Text(_) => {
                let kind = flag.pascal();
                let call =
                    format!("{kind}::of(&self.client.string({key}, context, default.as_str())).unwrap_or(default)");
                (kind, call)
            }
        };
        let docs = docs(flag, "    ");
        let _ = write!(
            out,
            "\n{docs}    pub fn {name}(&self, context: &yardarm::Context, default: {kind}) -> {kind} {{\n        {call}\n    }}\n"
        );
    }
    out.push_str("}\n");
    out
}

/// The texts of a flag.
fn choice(flag: &Flag, texts: &[String]) -> String {
    let kind = flag.pascal();
    let mut taken = BTreeSet::new();
    let named: Vec<(String, String)> = texts
        .iter()
        .map(|text| {
            let base: String = words(text).iter().map(|word| capital(word)).collect();
            let base = if base == "Self" { "Self_".to_owned() } else { base };
            let mut name = base.clone();
            let mut number = 1;
            while !taken.insert(name.clone()) {
                number += 1;
                name = format!("{base}{number}");
            }
            (name, literal(text))
        })
        .collect();
    let mut out = format!("\n{}#[derive(Clone, Copy, Debug, PartialEq, Eq)]\npub enum {kind} {{\n", docs(flag, ""));
    for (name, text) in &named {
        let _ = writeln!(out, "    /// `{}`", text.replace('`', "'"));
        let _ = writeln!(out, "    {name},");
    }
    let _ = write!(
        out,
        "}}\n\nimpl {kind} {{\n    /// As the flag serves it.\n    pub fn as_str(self) -> &'static str {{\n        match self {{\n"
    );
    for (name, text) in &named {
        let _ = writeln!(out, "            Self::{name} => {text},");
    }
    let _ = write!(out, "        }}\n    }}\n\n    fn of(text: &str) -> Option<Self> {{\n        match text {{\n");
    for (name, text) in &named {
        let _ = writeln!(out, "            {text} => Some(Self::{name}),");
    }
    out.push_str("            _ => None,\n        }\n    }\n}\n");
    out
}

fn literal(text: &str) -> String {
    format!("{text:?}")
}

fn docs(flag: &Flag, indent: &str) -> String {
    let lines: Vec<String> = flag.docs.iter().map(|text| format!("{indent}/// {text}\n")).collect();
    lines.join(&format!("{indent}///\n"))
}
