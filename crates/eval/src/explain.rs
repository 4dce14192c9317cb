//! Explanations: what evaluation did, as sentences with the actual values.

use serde::Serialize;
use serde_json::Value;

use crate::Answer;
use crate::buckets::{CompiledBucket, CompiledRamp};
use crate::compiled::{BucketTest, CompiledSplit, FlagBody, FlagTest, ListTest, Part};
use crate::context::Attribute;
use crate::evaluate::{Observer, Tables};
use crate::ruleset::{ErrorCode, Reason, Truth};

/// Why an answer is what it is, step by step.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// Flag key.
    pub flag: String,
    /// The answer.
    pub value: Option<Value>,
    /// Variant key.
    pub variant: Option<String>,
    /// Reason.
    pub reason: Reason,
    /// Deciding rule.
    pub rule: Option<String>,
    /// Error code.
    pub error: Option<ErrorCode>,
    /// What was looked at, in order.
    pub steps: Vec<Step>,
}

/// One step of an explanation; nested for conditions.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// In words: `user.country in ["DE"]: "NO"`.
    pub text: String,
    /// `true`, `false` or `unknown`; none for remarks.
    pub result: Option<Truth>,
    /// Rule id when the step is a rule.
    pub rule: Option<String>,
    /// Parts.
    pub steps: Vec<Step>,
}

/// Steps kept in an explanation: enough for every flag a person can read.
const MAX_STEPS: usize = 2_000;

/// Writes down what it hears.
pub(crate) struct Recorder {
    open: Vec<Vec<Step>>,
    pub(crate) steps: Vec<Step>,
    left: usize,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self { open: Vec::new(), steps: Vec::new(), left: MAX_STEPS }
    }
}

impl Observer for Recorder {
    fn open(&mut self) {
        self.open.push(std::mem::take(&mut self.steps));
    }

    fn close(&mut self, text: impl FnOnce() -> String, result: Option<Truth>, rule: Option<&str>) {
        let above = self.open.pop().unwrap_or_default();
        let steps = std::mem::replace(&mut self.steps, above);
        if self.left > 0 {
            self.left -= 1;
            self.steps.push(Step { text: text(), result, rule: rule.map(str::to_owned), steps });
        }
    }
}

/// Characters of a value that an explanation shows.
const SHOWN: usize = 100;

pub(crate) fn value(value: Attribute<'_>) -> String {
    let text = match value {
        Attribute::Null => return "missing".to_owned(),
        Attribute::Bool(value) => value.to_string(),
        Attribute::Number(number) => number.to_string(),
        Attribute::Text(text) => Value::from(text).to_string(),
        Attribute::Json(json) => json.to_string(),
    };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

pub(crate) fn rule(id: &str, truth: Truth, decides: bool) -> String {
    match (truth, decides) {
        (Truth::True, true) => format!("rule {id} decides"),
        (Truth::True, false) => format!("rule {id} matches and passes on to the next"),
        _ => format!("rule {id} does not match"),
    }
}

pub(crate) fn split(
    bucket: &CompiledBucket,
    body: &FlagBody,
    split: &CompiledSplit,
    number: u64,
    part: Option<usize>,
) -> String {
    let end = |part: usize| split.ends.get(part).map(|(end, _)| *end);
    let lo = part.map_or(split.ends.len(), |part| part).checked_sub(1).and_then(end).unwrap_or(0);
    let size = bucket.size();
    let hi = part.and_then(end).map_or(size, u128::from);
    let name = match part.and_then(|part| split.ends.get(part)) {
        Some((_, Part::Variant(at))) => variant_name(body, *at),
        Some((_, Part::Serve(_))) => "another answer".to_owned(),
        Some((_, Part::Rest)) | None => "no share".to_owned(),
    };
    format!("{} is in bucket {}: {name} has {}", bucket.unit, percent(number, size), range(lo, hi, size))
}

pub(crate) fn ramp(bucket: &CompiledBucket, body: &FlagBody, ramp: &CompiledRamp, number: u64) -> String {
    let name = variant_name(body, ramp.variant);
    format!("{} is in bucket {}: {name} has it by now", bucket.unit, percent(number, bucket.size()))
}

fn variant_name(body: &FlagBody, at: u32) -> String {
    body.variants.get(at as usize).map(|variant| format!("variant {}", variant.key)).unwrap_or_default()
}

pub(crate) fn computed(result: Option<&Value>) -> String {
    match result {
        Some(result) => format!("computed: {}", value(Attribute::from(result))),
        None => "the computation takes too many steps".to_owned(),
    }
}

pub(crate) fn answer_test(tables: Tables<'_>, flag: u32, answer: &Answer<'_>) -> String {
    let actual = match (answer.error, answer.value) {
        (Some(_), _) => "an error".to_owned(),
        (None, None) => "no value".to_owned(),
        (None, Some(actual)) => value(Attribute::from(actual)),
    };
    format!("the value of flag {}: {actual}", tables.flags.names.name(flag))
}

pub(crate) fn bucket_test(bucket: Option<&CompiledBucket>, test: &BucketTest, number: Option<u64>) -> String {
    let unit = bucket.map(|bucket| bucket.unit.to_string()).unwrap_or_default();
    let size = bucket.map_or(1, CompiledBucket::size);
    let ranges: Vec<String> = test.ranges.iter().take(10).map(|(lo, hi)| range(*lo, u128::from(*hi), size)).collect();
    let actual = number.map_or_else(|| "missing".to_owned(), |number| percent(number, size));
    format!("bucket of {unit} in {}: {actual}", ranges.join(", "))
}

fn percent(number: u64, size: u128) -> String {
    format!("{number} ({:.3} %)", share(u128::from(number), size))
}

fn range(lo: u64, hi: u128, size: u128) -> String {
    format!("{lo} to {hi} ({:.3} % to {:.3} %)", share(u128::from(lo), size), share(hi, size))
}

#[expect(clippy::cast_precision_loss, reason = "shown with three places")]
fn share(number: u128, size: u128) -> f64 {
    number as f64 * 100.0 / size as f64
}

pub(crate) fn segment(tables: Tables<'_>, at: u32) -> String {
    let name = tables.segments.names.name(at);
    match tables.segments.get(at).map(|segment| &segment.body) {
        None => format!("segment {name} does not exist and has no members"),
        Some(Err(why)) => format!("segment {name} cannot be evaluated: {why}"),
        Some(Ok(_)) => match tables.entangled.segment(at) {
            Some(why) => format!("segment {name} cannot be evaluated: {}", why.text),
            None => format!("in segment {name}"),
        },
    }
}

pub(crate) fn flag_test(tables: Tables<'_>, test: &FlagTest, answer: &Answer<'_>, on: bool) -> String {
    let actual = match (answer.variant, answer.error) {
        (Some(_), _) if !on => "off",
        (Some(variant), _) => variant,
        (None, Some(_)) => "an error",
        (None, None) => "no variant",
    };
    format!("flag {} answers {}: {actual}", tables.flags.names.name(test.flag), test.variants.join(" or "))
}

pub(crate) fn list_test(tables: Tables<'_>, test: &ListTest, actual: Attribute<'_>) -> String {
    let len: usize = test.lists.iter().filter_map(|at| tables.lists.get(*at)).map(crate::texts::TextTable::len).sum();
    format!("{} is one of {len} listed keys: {}", test.path, value(actual))
}
