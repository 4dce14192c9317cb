//! TypeScript: a class over a client of `@yardarm/server`, string flags as unions of their variants.

use std::fmt::Write as _;

use super::{Flag, HEADER, Kind, quoted};

/// What a method of a class, or the class itself, cannot be called.
const RESERVED: &[&str] = &["constructor", "client"];

const TOP: &str = r#"
import type { Client, Context, JsonValue } from "@yardarm/server";

"#;

const CLASS: &str = r"
/** The project's flags over a client. Every call names the answer for when there is none. */
export class Flags {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }
";

const BOTTOM: &str = r"}

/** What is none of the variants known here (one that was added since) is the fallback. */
function oneOf<T extends string>(value: string, variants: readonly T[], fallback: T): T {
  return variants.find((variant) => variant === value) ?? fallback;
}
";

pub(super) fn module(flags: &[Flag]) -> String {
    let mut out = format!("// {HEADER}\n{TOP}");
    let _ = writeln!(out, "/** Flags and the types of their values. */\nexport interface FlagTypes {{");
    for flag in flags {
        let _ = writeln!(out, "{}  {}: {};", docs(flag), quoted(&flag.key), type_of(flag));
    }
    out.push_str("}\n");
    out.push_str(CLASS);
    for flag in flags {
        let (name, key, kind) = (flag.camel(RESERVED), quoted(&flag.key), type_of(flag));
        let call = match &flag.kind {
            Kind::Boolean => format!("this.#client.boolean({key}, context, fallback)"),
            Kind::Number => format!("this.#client.number({key}, context, fallback)"),
            Kind::Json => format!("this.#client.json({key}, context, fallback)"),
            Kind::Text(texts) => {
                let list: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
                format!("oneOf(this.#client.string({key}, context, fallback), [{}], fallback)", list.join(", "))
            }
        };
        let _ = write!(
            out,
            "\n{}  {name}(context: Context, fallback: {kind}): {kind} {{\n    return {call};\n  }}\n",
            docs(flag)
        );
    }
    out.push_str(BOTTOM);
    out
}

fn type_of(flag: &Flag) -> String {
    match &flag.kind {
        Kind::Boolean => "boolean".to_owned(),
        Kind::Number => "number".to_owned(),
        Kind::Json => "JsonValue".to_owned(),
        Kind::Text(texts) if texts.is_empty() => "never".to_owned(),
        Kind::Text(texts) => texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(" | "),
    }
}

fn docs(flag: &Flag) -> String {
    let lines: Vec<String> = flag.docs.iter().map(|text| format!("   * {}\n", text.replace("*/", "* /"))).collect();
    format!("  /**\n{}   */\n", lines.join("   *\n"))
}
