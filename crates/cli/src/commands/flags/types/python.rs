//! Python: a class over a client of `yardarm`, string flags as `Literal`s of their variants.

use std::fmt::Write as _;

use super::{Flag, HEADER, Kind, quoted};

/// Words of the language, and of the class.
const RESERVED: &[&str] = &[
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except",
    "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise",
    "return", "self", "try", "while", "with", "yield",
];

const TOP: &str = r#"
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from yardarm import Client

_T = TypeVar("_T", bound=str)


def _one_of(value: str, variants: tuple[str, ...], default: _T) -> _T:
    """What is none of the variants known here (one that was added since) is the default."""
    return cast("_T", value) if value in variants else default


class Flags:
    """The project's flags over a client. Every call names the answer for when there is none."""

    def __init__(self, client: Client) -> None:
        self._client = client
"#;

pub(super) fn module(flags: &[Flag]) -> String {
    let mut out = format!("# {HEADER}\n\"\"\"The project's flags.\"\"\"\n{TOP}");
    for flag in flags {
        let (name, key, kind) = (flag.snake(RESERVED), quoted(&flag.key), type_of(flag));
        let call = match &flag.kind {
            Kind::Boolean => format!("self._client.boolean({key}, context, default)"),
            Kind::Number => format!("self._client.number({key}, context, default)"),
            Kind::Json => format!("self._client.json({key}, context, default)"),
            Kind::Text(texts) => {
                let list: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
                format!("_one_of(self._client.string({key}, context, default), ({},), default)", list.join(", "))
            }
        };
        let _ = write!(
            out,
            "\n    def {name}(self, context: Mapping[str, Any], default: {kind}) -> {kind}:\n{}        return {call}\n",
            docs(flag)
        );
    }
    out
}

fn type_of(flag: &Flag) -> String {
    match &flag.kind {
        Kind::Boolean => "bool".to_owned(),
        Kind::Number => "float".to_owned(),
        Kind::Text(texts) if !texts.is_empty() => {
            format!("Literal[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
        }
        Kind::Text(_) => "str".to_owned(),
        Kind::Json => "Any".to_owned(),
    }
}

fn docs(flag: &Flag) -> String {
    let lines: Vec<String> = flag.docs.iter().map(|text| text.replace('\\', "\\\\").replace('"', "\\\"")).collect();
    format!("        \"\"\"{}\n        \"\"\"\n", lines.join("\n\n        "))
}
