//! The evaluator's own forms in English: what an imported flag does reads like everything else.

use std::collections::BTreeMap;

use serde_json::Value;
use yardarm_eval::ruleset::{Bucket, Condition, Fold, Hash, Op, Ramp, Reader, Serve, Split, Take, Test, Truth};

use super::tidy::tidied;
use super::{value_text, values_text};

/// Longest JSON that is shown in full, in characters.
const JSON: usize = 120;

/// Said of a test that a missing attribute passes.
const ABSENT: &str = " or is missing";

/// How much is said, and the buckets that are meant.
#[derive(Clone, Copy)]
pub(super) struct Words<'b> {
    pub(super) shown: usize,
    buckets: &'b BTreeMap<String, Bucket>,
}

impl<'b> Words<'b> {
    pub(super) fn new(shown: usize, buckets: &'b BTreeMap<String, Bucket>) -> Self {
        Self { shown, buckets }
    }

    /// `userId is one of 1, 2 and in segment beta`. In full where everything is to be shown.
    pub(super) fn condition(self, condition: &Condition) -> String {
        if self.shown == usize::MAX { self.words(condition) } else { self.words(&tidied(condition)) }
    }

    fn words(self, condition: &Condition) -> String {
        match condition {
            Condition::Const(true) => "everyone".to_owned(),
            Condition::Const(false) => "nobody".to_owned(),
            Condition::All(operands) | Condition::Seq(operands) => self.group(operands, " and ", "everyone"),
            Condition::Any(operands) => self.group(operands, " or ", "nobody"),
            Condition::IsTrue(operand) => self.condition(operand),
            Condition::Not(operand) => self.opposite(operand),
            Condition::Segment(key) => format!("in segment {key}"),
            Condition::Flag { key, variants, on } => {
                let on = if *on { " is on and" } else { "" };
                format!("flag {key}{on} answers {}", variants.join(" or "))
            }
            Condition::Answer { key, condition, .. } => {
                format!("the answer of flag {key} fits ({})", self.condition(condition))
            }
            Condition::Compute(logic) => format!("the JSONLogic {} holds", self.json(logic)),
            Condition::Bucket { bucket, ranges, ramps, .. } => {
                let mut parts = Vec::new();
                if !ranges.is_empty() || ramps.is_empty() {
                    parts.push(self.share(bucket, ranges.iter().copied()));
                }
                parts.extend(ramps.iter().map(|ramp| self.ramp(bucket, ramp)));
                format!("among {} by {}", parts.join(" and "), self.unit(bucket))
            }
            Condition::List { lists, .. } => format!("in list {}", lists.join(" or ")),
            Condition::Some { attr, condition } => {
                format!("some element of {} fits ({})", path(attr), self.condition(condition))
            }
            Condition::Test(test) => self.test(test, false),
        }
    }

    /// In brackets where it would be misread among others.
    pub(super) fn operand(self, condition: &Condition) -> String {
        let tidy = if self.shown == usize::MAX { condition.clone() } else { tidied(condition) };
        match &tidy {
            Condition::All(inner) | Condition::Seq(inner) | Condition::Any(inner) if inner.len() > 1 => {
                format!("({})", self.condition(condition))
            }
            Condition::IsTrue(inner) => self.operand(inner),
            _ => {
                let text = self.condition(&tidy);
                if text.ends_with(ABSENT) { format!("({text})") } else { text }
            }
        }
    }

    fn group(self, operands: &[Condition], word: &str, none: &str) -> String {
        match operands {
            [] => none.to_owned(),
            [only] => self.condition(only),
            _ => operands.iter().map(|operand| self.operand(operand)).collect::<Vec<_>>().join(word),
        }
    }

    fn opposite(self, condition: &Condition) -> String {
        match condition {
            Condition::Test(test) => self.test(test, true),
            Condition::Segment(key) => format!("not in segment {key}"),
            Condition::IsTrue(inner) => self.opposite(inner),
            _ => format!("not ({})", self.condition(condition)),
        }
    }

    fn test(self, test: &Test, negated: bool) -> String {
        let one = test.arg.as_array().is_none_or(|values| values.len() == 1);
        let (plain, opposite) = match (test.op, test.reader.is_version(), test.reader.is_date()) {
            (Op::Starts, ..) if starts_every_text(test) => ("is a text", "is no text"),
            (Op::Eq, ..) if test.reader == Reader::BoolJsTruthy => ("counts as", "does not count as"),
            (Op::Eq, true, _) => ("is version", "is not version"),
            (Op::Lt, true, _) => ("is below version", "is not below version"),
            (Op::Lte, true, _) => ("is at most version", "is not at most version"),
            (Op::Gt, true, _) => ("is above version", "is not above version"),
            (Op::Gte, true, _) => ("is at least version", "is not at least version"),
            (Op::Lt, _, true) => ("is before", "is not before"),
            (Op::Gt, _, true) => ("is after", "is not after"),
            (Op::Lte, _, true) => ("is not after", "is after"),
            (Op::Gte, _, true) => ("is not before", "is before"),
            (Op::Eq, ..) => ("is", "is not"),
            (Op::In, ..) if one => ("is", "is not"),
            (Op::In, ..) => ("is one of", "is not one of"),
            (Op::Lt, ..) => ("is less than", "is not less than"),
            (Op::Lte, ..) => ("is at most", "is not at most"),
            (Op::Gt, ..) => ("is greater than", "is not greater than"),
            (Op::Gte, ..) => ("is at least", "is not at least"),
            (Op::Starts, ..) => ("starts with", "does not start with"),
            (Op::Ends, ..) => ("ends with", "does not end with"),
            (Op::Contains, ..) => ("contains", "does not contain"),
            (Op::Matches, ..) => ("matches", "does not match"),
            (Op::MatchesStart, ..) => ("begins with a match of", "does not begin with a match of"),
            (Op::Cidr, ..) => ("is in network", "is not in network"),
            (Op::Present, ..) => ("is present", "is not present"),
            (Op::HasAny, ..) => ("has any of", "has none of"),
            (Op::HasAll, ..) => ("has all of", "does not have all of"),
            (Op::Subset, ..) => ("has only", "does not have only"),
            (Op::Modulo, ..) => ("leaves", "does not leave"),
            (Op::SameDay, ..) => ("is on the day of", "is not on the day of"),
            (Op::Sha256In, ..) => ("is one of some hidden texts", "is none of some hidden texts"),
            (Op::Sha256Prefix, ..) => ("starts with one of some hidden texts", "starts with none of some hidden texts"),
            (Op::Sha256Suffix, ..) => ("ends with one of some hidden texts", "ends with none of some hidden texts"),
        };
        let subject = match test.reader {
            Reader::Length => format!("the length of {}", path(&test.attr)),
            Reader::Type => format!("the type of {}", path(&test.attr)),
            _ => path(&test.attr),
        };
        let words = if negated { opposite } else { plain };
        let argument = self.argument(test).map(|argument| format!(" {argument}")).unwrap_or_default();
        let case = if test.reader.ignores_case() { " (in any case)" } else { "" };
        // What a missing attribute means is worth saying where it matches.
        let absent = match test.missing {
            Truth::True => !negated,
            Truth::False => negated,
            Truth::Unknown => false,
        };
        let absent = if absent && test.op != Op::Present && !test.null { ABSENT } else { "" };
        format!("{subject} {words}{argument}{case}{absent}")
    }

    fn argument(self, test: &Test) -> Option<String> {
        match (test.op, &test.arg) {
            (Op::Present | Op::Sha256In | Op::Sha256Prefix | Op::Sha256Suffix, _) => None,
            (Op::Starts, _) if starts_every_text(test) => None,
            (Op::Modulo, arg) => match arg.get("number").unwrap_or(arg).as_array().map(Vec::as_slice) {
                Some([divisor, remainder]) => {
                    Some(format!("{} when divided by {}", value_text(remainder), value_text(divisor)))
                }
                _ => Some(self.json(arg)),
            },
            (_, Value::String(version)) if test.reader.is_version() => Some(version.clone()),
            (_, Value::Array(values)) => Some(values_text(values, self.shown)),
            (_, Value::Object(by_type)) if matches!(test.reader, Reader::Typed | Reader::TypedParse) => {
                let mut values: Vec<String> = Vec::new();
                for value in by_type.values().map(plain) {
                    // 18 and "18" are one value in two types.
                    if !values.iter().any(|known| known.trim_matches('"') == value.trim_matches('"')) {
                        values.push(value);
                    }
                }
                Some(values.join(" or "))
            }
            (_, Value::Object(_)) => Some(self.json(&test.arg)),
            (_, Value::Number(number)) if test.reader.is_date() => {
                let unit = if test.reader == Reader::DateSeconds { 1_000.0 } else { 1.0 };
                #[expect(clippy::cast_possible_truncation, reason = "an instant outside of time is told as one")]
                Some(instant(number.as_f64().map(|number| (number * unit) as i64)))
            }
            (_, value) => Some(value_text(value)),
        }
    }

    /// `on to 25 %, off to 75 % by userId`.
    pub(super) fn serve(self, serve: &Serve) -> String {
        match serve {
            Serve::Variant(variant) => variant.clone(),
            Serve::Split(split) => self.split(split),
            Serve::Next => "nothing and go on".to_owned(),
            Serve::Flag(key) => format!("the answer of flag {key}"),
            Serve::CallerDefault => "the caller's default".to_owned(),
            Serve::Error(code) => format!("the error {}", plain(&serde_json::to_value(code).unwrap_or_default())),
            Serve::Compute(logic) => format!("what the JSONLogic {} gives", self.json(logic)),
        }
    }

    fn split(self, split: &Split) -> String {
        let mut shares: Vec<(&str, Vec<(u64, u64)>)> = Vec::new();
        for (lo, hi, variant) in &split.ranges {
            match shares.iter_mut().find(|(known, _)| known == variant) {
                Some((_, ranges)) => ranges.push((*lo, *hi)),
                None => shares.push((variant, vec![(*lo, *hi)])),
            }
        }
        let mut parts: Vec<String> = split
            .ramps
            .iter()
            .map(|ramp| {
                let variant = ramp.variant.as_deref().unwrap_or_default();
                format!("{variant} to {}", self.ramp(&split.bucket, ramp))
            })
            .collect();
        let of_variants =
            shares.into_iter().map(|(variant, ranges)| format!("{variant} to {}", self.share(&split.bucket, ranges)));
        parts.extend(of_variants);
        let of_serves = split.serves.iter();
        parts
            .extend(of_serves.map(|(lo, hi, serve)| {
                format!("{} to {}", self.serve(serve), self.share(&split.bucket, [(*lo, *hi)]))
            }));
        let rest = match &*split.rest {
            Serve::Next => String::new(),
            _ if self.shown != usize::MAX && self.is_whole(split) => String::new(),
            rest => format!(", else {}", self.serve(rest)),
        };
        format!("{} by {}{rest}", parts.join(", "), self.unit(&split.bucket))
    }

    /// Whether nobody with a unit is left over.
    fn is_whole(self, split: &Split) -> bool {
        let parts = split.ranges.iter().map(|(lo, hi, _)| (*lo, *hi));
        let mut ranges: Vec<(u64, u64)> = parts.chain(split.serves.iter().map(|(lo, hi, _)| (*lo, *hi))).collect();
        ranges.sort_unstable();
        let end = ranges.into_iter().fold(0, |end, (lo, hi)| if lo <= end { end.max(hi) } else { end });
        split.ramps.is_empty() && self.buckets.get(&split.bucket).and_then(numbers) == Some(u128::from(end))
    }

    /// Part of a bucket: `12.5 %`.
    fn share(self, bucket: &str, ranges: impl IntoIterator<Item = (u64, u64)>) -> String {
        let (mut size, mut end) = (0_u128, 0);
        for (lo, hi) in ranges {
            size += u128::from(hi.saturating_sub(lo));
            end = end.max(hi);
        }
        match self.buckets.get(bucket).and_then(numbers) {
            Some(total) => percent(size, total),
            None => format!("{size} of the numbers below {end}"),
        }
    }

    fn ramp(self, bucket: &str, ramp: &Ramp) -> String {
        let from = self.share(bucket, [(ramp.lo, ramp.from.1)]);
        let to = self.share(bucket, [(ramp.lo, ramp.to.1)]);
        format!("{from} at {} moving to {to} at {}", instant(Some(ramp.from.0)), instant(Some(ramp.to.0)))
    }

    fn unit(self, bucket: &str) -> String {
        self.buckets.get(bucket).map_or_else(
            || bucket.to_owned(),
            |bucket| {
                let paths: Vec<String> =
                    std::iter::once(&bucket.unit).chain(&bucket.or).map(|unit| path(unit)).collect();
                paths.join(" or ")
            },
        )
    }

    fn json(self, value: &Value) -> String {
        let text = value.to_string();
        if self.shown == usize::MAX || text.chars().count() <= JSON {
            return text;
        }
        text.chars().take(JSON).chain(['…']).collect()
    }
}

/// How many numbers a bucket has; `None` when there are more than can be counted.
fn numbers(bucket: &Bucket) -> Option<u128> {
    let bits = match (bucket.take, bucket.hash) {
        (Some(Take::Top(bits)), _) => bits,
        (Some(Take::Word(_)), _)
        | (None, Hash::Murmur3 | Hash::Fnv1a32 | Hash::Fnv1a32Twice | Hash::Crc32 | Hash::Java31) => 32,
        (None, Hash::Fnv1a64) => 64,
        (None, Hash::Md5 | Hash::Sha1 | Hash::Sha256) => 128,
    };
    match (bucket.modulo, bucket.fold) {
        (Some(modulo), _) => Some(u128::from(modulo)),
        (None, Fold::AbsI32) => Some(1 << 31),
        (None, Fold::None) => 1_u128.checked_shl(bits),
    }
}

/// Three decimals.
fn percent(size: u128, total: u128) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three decimals are shown")]
    let share = if total == 0 { 0.0 } else { size as f64 / total as f64 * 100.0 };
    format!("{} %", (share * 1000.0).round() / 1000.0)
}

fn path(attr: &[String]) -> String {
    match attr {
        [] => "it".to_owned(),
        [key] if key == "targetingKey" => "user.key".to_owned(),
        [now] if now == "$now" => "the time".to_owned(),
        [random] if random == "$random" => "chance".to_owned(),
        _ => attr.join("."),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(_) => value_text(value),
        Value::Array(values) => values_text(values, usize::MAX),
        other => value_text(other),
    }
}

fn instant(milliseconds: Option<i64>) -> String {
    let read = milliseconds.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    read.map_or_else(|| "an instant".to_owned(), |instant| instant.to_string())
}

/// It only asks whether there is a text at all.
fn starts_every_text(test: &Test) -> bool {
    test.arg.get("string").unwrap_or(&test.arg) == &serde_json::json!([""])
}
