//! Tests: how a value is read and compared.

use serde::{Deserialize, Serialize};

use super::{Truth, unknown};

/// `attr` read by `as`, compared by `op` with `arg`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// Path into the context: `["country"]`, `["account", "plan"]`. The unit key is `["targetingKey"]`; the default
    /// context kind `user` is the top level, so `user.country` is `["country"]` and `user.key` is `["targetingKey"]`.
    /// `["$now"]` is the instant of the evaluation in milliseconds, for rules that hold for a time.
    pub attr: Vec<String>,
    /// How the runtime value becomes comparable.
    #[serde(rename = "as", default)]
    pub reader: Reader,
    /// How it is compared.
    pub op: Op,
    /// What with, read by the same reader; a list where any member counts (`in`, `starts`, `ends`, `contains`, `cidr`,
    /// `has_any`) and for `has_all`, `subset`. For reader `typed` an object: type of the value → argument. For `lt`, `lte`,
    /// `gt` and `gte` of a date also `{"now": "-7d"}`: an instant so many hours (`h`), days, weeks, months or years (`y`)
    /// before (`-`) or after (`+`) that of the evaluation.
    #[serde(default)]
    pub arg: serde_json::Value,
    /// When the attribute is absent or null; `present` is false then.
    #[serde(default = "unknown")]
    pub missing: Truth,
    /// When the reader cannot read it.
    #[serde(default = "unknown")]
    pub invalid: Truth,
    /// A list attribute is tested element by element and any match counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub each: bool,
    /// A missing attribute is read as null instead of being `missing`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub null: bool,
}

/// Turns a runtime value into a comparable one, or into nothing ("invalid"). Dialects live here and nowhere else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Reader {
    /// Any JSON scalar as it is; compared with its own type.
    #[default]
    #[serde(rename = "any")]
    Any,
    /// Strings only.
    #[serde(rename = "string")]
    String,
    /// Strings only, lower-cased (Unicode simple mapping).
    #[serde(rename = "string+lower")]
    StringLower,
    /// Numbers only.
    #[serde(rename = "number")]
    Number,
    /// Booleans only.
    #[serde(rename = "bool")]
    Bool,
    /// RFC 3339 text, or milliseconds since 1970 as a number; compared as milliseconds.
    #[serde(rename = "date:rfc3339_or_ms")]
    Date,
    /// SemVer 2.0 text; build metadata ignored; missing minor and patch read as 0, a leading `v` dropped.
    #[serde(rename = "version:loose")]
    VersionLoose,
    /// Lists of scalars.
    #[serde(rename = "list")]
    List,
    /// Texts; numbers as the shortest decimal that reads back (`1`, `1.5`, `1e21` as `1000000000000000000000`); booleans.
    #[serde(rename = "string:scalar")]
    StringScalar,
    /// Like `string:scalar`, lower-cased.
    #[serde(rename = "string:scalar+lower")]
    StringScalarLower,
    /// Strings only, case folded (Unicode full mapping: `ß` is `ss`).
    #[serde(rename = "string+casefold")]
    StringCasefold,
    /// Like `string:scalar`, case folded.
    #[serde(rename = "string:scalar+casefold")]
    StringScalarCasefold,
    /// What JavaScript's `value + ""` gives: `null`, `1e+21`, `a,b` for a list, `[object Object]`.
    #[serde(rename = "string:js")]
    StringJs,
    /// Like `string:js`, lower-cased.
    #[serde(rename = "string:js+lower")]
    StringJsLower,
    /// Texts; numbers as JavaScript writes them; booleans; lists and objects as JSON without spaces.
    #[serde(rename = "string:configcat")]
    StringConfigcat,
    /// What Python's `str` gives: `None`, `True`, `1`, `1.5`.
    #[serde(rename = "string:py")]
    StringPy,
    /// Like `string:py`, case folded.
    #[serde(rename = "string:py+casefold")]
    StringPyCasefold,
    /// Numbers, and texts that are one (`[+-]digits[.digits][e…]`, nothing around it).
    #[serde(rename = "number:parse")]
    NumberParse,
    /// What JavaScript's `Number()` gives, but nothing for NaN: `""` and null are 0, `true` is 1, `" 0x1f "` is 31.
    #[serde(rename = "number:js")]
    NumberJs,
    /// Numbers, and texts that are one after trimming, with a comma allowed as the decimal point; `NaN` and infinity, too.
    #[serde(rename = "number:comma")]
    NumberComma,
    /// Booleans, and the texts `true` and `false` in any case.
    #[serde(rename = "bool:text")]
    BoolText,
    /// Everything but null is a boolean: false, 0 and `""` are false, the rest is true.
    #[serde(rename = "bool:js_truthy")]
    BoolJsTruthy,
    /// RFC 3339 text only; compared as milliseconds.
    #[serde(rename = "date:rfc3339")]
    DateRfc3339,
    /// Seconds since 1970 as a number, or as text like `number:comma`; compared as milliseconds.
    #[serde(rename = "date:seconds")]
    DateSeconds,
    /// Seconds or milliseconds since 1970, by their size, as a number or as digits; or RFC 3339 text.
    #[serde(rename = "date:ms_guess")]
    DateMsGuess,
    /// `SemVer` 2.0, all three numbers, no `v`; build metadata ignored.
    #[serde(rename = "version:semver")]
    VersionSemver,
    /// Like `version:semver`, white space around it dropped.
    #[serde(rename = "version:semver+trim")]
    VersionSemverTrim,
    /// Like `version:loose`, and numbers are versions, too (`1.2` is 1.2.0): flagd's.
    #[serde(rename = "version:go")]
    VersionGo,
    /// `GrowthBook`'s: numbers padded to five places, compared as text.
    #[serde(rename = "version:padded")]
    VersionPadded,
    /// Three numbers without leading zeros, a `v` and any pre-release dropped.
    #[serde(rename = "version:triple")]
    VersionTriple,
    /// Any number of numbers with dots between, what follows a `-` dropped; missing ones are 0.
    #[serde(rename = "version:dotted")]
    VersionDotted,
    /// `SemVer` 2.0 where `eq` and `in` look at build metadata, too.
    #[serde(rename = "version:split")]
    VersionSplit,
    /// Versions as far as the argument goes: 2.1.3 is 2.1, and so is 2.1.
    #[serde(rename = "version:prefix")]
    VersionPrefix,
    /// Lists, and texts that are a list in JSON.
    #[serde(rename = "list:json")]
    ListJson,
    /// Like `list:json`, texts only inside.
    #[serde(rename = "list:texts")]
    ListTexts,
    /// Number of elements of a list.
    #[serde(rename = "length")]
    Length,
    /// Type in JavaScript's words: `string`, `number`, `boolean`, `array`, `object`, `null`.
    #[serde(rename = "type")]
    Type,
    /// Any JSON value; numbers are equal when they are the same double, members in any order.
    #[serde(rename = "json")]
    Json,
    /// By the type of the value: the argument is an object with any of the members `string`, `version` (a text that is
    /// compared as `version:semver`, instead of `string`), `number`, `integer` (for numbers without a fraction, instead of
    /// `number`) and `bool`. A type without a member is invalid.
    #[serde(rename = "typed")]
    Typed,
    /// Like `typed`, and texts `-?digits` and `-?digits.digits` are numbers.
    #[serde(rename = "typed:parse")]
    TypedParse,
}

impl Reader {
    /// Whether what it gives is text.
    pub fn is_text(self) -> bool {
        matches!(
            self,
            Self::Any
                | Self::String
                | Self::StringLower
                | Self::StringScalar
                | Self::StringScalarLower
                | Self::StringJs
                | Self::StringJsLower
                | Self::StringConfigcat
                | Self::StringPy
                | Self::StringCasefold
                | Self::StringScalarCasefold
                | Self::StringPyCasefold
        )
    }

    /// Whether what it gives can be divided.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Any | Self::Number | Self::NumberParse | Self::NumberJs | Self::NumberComma | Self::Length)
    }

    /// Whether upper and lower case are the same to it.
    pub fn ignores_case(self) -> bool {
        matches!(
            self,
            Self::StringLower
                | Self::StringScalarLower
                | Self::StringJsLower
                | Self::StringCasefold
                | Self::StringScalarCasefold
                | Self::StringPyCasefold
        )
    }

    /// Whether what it gives is a list.
    pub fn is_list(self) -> bool {
        matches!(self, Self::List | Self::ListJson | Self::ListTexts)
    }

    /// Whether what it gives is an instant.
    pub fn is_date(self) -> bool {
        matches!(self, Self::Date | Self::DateRfc3339 | Self::DateSeconds | Self::DateMsGuess)
    }

    /// Whether what it gives is a version.
    pub fn is_version(self) -> bool {
        matches!(
            self,
            Self::VersionLoose
                | Self::VersionSemver
                | Self::VersionSemverTrim
                | Self::VersionGo
                | Self::VersionPadded
                | Self::VersionTriple
                | Self::VersionDotted
                | Self::VersionSplit
                | Self::VersionPrefix
        )
    }
}

/// Comparison of a read value with the argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Equal.
    Eq,
    /// One of.
    In,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
    /// Greater.
    Gt,
    /// Greater or equal.
    Gte,
    /// Starts with any of.
    Starts,
    /// Ends with any of.
    Ends,
    /// Contains any of.
    Contains,
    /// A linear-time regular expression finds something.
    Matches,
    /// An IPv4 or IPv6 address inside any of these networks.
    Cidr,
    /// Is there, whatever it is.
    Present,
    /// The list attribute has at least one of these.
    HasAny,
    /// The list attribute has all of these.
    HasAll,
    /// All of the list attribute's elements are among these.
    Subset,
    /// A linear-time regular expression matches at the start.
    MatchesStart,
    /// `[divisor, remainder]`, with the remainder's sign that of the divisor.
    Modulo,
    /// The same day in UTC.
    SameDay,
    /// The lower-case hexadecimal SHA-256 of the text and `salt` is one of `hashes`: `{"salt": "…", "hashes": ["…"]}`. A list
    /// counts by any of its texts.
    Sha256In,
    /// As before, of the first n bytes, where a hash is written `n_…`.
    Sha256Prefix,
    /// As before, of the last n bytes.
    Sha256Suffix,
}
