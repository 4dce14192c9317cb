//! `compute`: `JSONLogic`, the only escape hatch. Operators are found when a flag is compiled; evaluation may allocate, but
//! is bounded in steps.
//!
//! The language is that of <https://jsonlogic.com/operations.html> and flagd's `starts_with`, `ends_with`, `sem_ver` and
//! `fractional`.

#[cfg(test)]
mod interpreter;
mod operators;
mod values;

use std::borrow::Cow;

use serde_json::Value;

use crate::context::Attribute;
use crate::limits::{MAX_COMPUTE_DEPTH, MAX_COMPUTE_STEPS};
use crate::path::Subject;
use crate::texts::text_key;
use operators::Operation;
pub(crate) use values::{name_of, truthy};

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Logic {
    root: Expression,
    /// Key of the flag that it is in: `$flagd.flagKey`, and what `fractional` hashes by default.
    flag: Box<str>,
}

#[derive(Debug)]
enum Expression {
    Literal(Value),
    List(Box<[Expression]>),
    Operation(Operation, Box<[Expression]>),
}

type Computed<'v> = Cow<'v, Value>;

/// Bytes of text that may be made for the price of a step.
const BYTES_PER_STEP: usize = 16;

/// What `var` looks in.
#[derive(Clone, Copy)]
enum Data<'d> {
    Context,
    /// Inside `map`, `filter`, `reduce`, `all`, `some`, `none`.
    Local(&'d Value),
}

/// One computation.
struct Run<'r> {
    subject: Subject<'r>,
    flag: &'r str,
    steps_left: u32,
}

impl Logic {
    pub(crate) fn new(flag: &str, rule: &Value) -> Result<Self, String> {
        Ok(Self { root: Expression::new(rule, 0)?, flag: flag.into() })
    }

    /// The result; nothing when it takes too many steps.
    pub(crate) fn run(&self, subject: Subject<'_>) -> Option<Value> {
        let mut run = Run { subject, flag: &self.flag, steps_left: MAX_COMPUTE_STEPS };
        run.of(&self.root, Data::Context).map(Cow::into_owned)
    }
}

impl Expression {
    fn new(rule: &Value, depth: usize) -> Result<Self, String> {
        if depth >= MAX_COMPUTE_DEPTH {
            return Err(format!("expressions are nested deeper than {MAX_COMPUTE_DEPTH} levels"));
        }
        let list = |elements: &[Value]| -> Result<Box<[Self]>, String> {
            elements.iter().map(|element| Self::new(element, depth + 1)).collect()
        };
        match rule {
            Value::Array(elements) => Ok(Self::List(list(elements)?)),
            Value::Object(members) if members.len() == 1 => {
                let (name, arguments) = members.iter().next().ok_or("an object of one member has one")?;
                let operation = Operation::named(name).ok_or_else(|| format!("there is no operator `{name}`"))?;
                let arguments = arguments.as_array().map_or(std::slice::from_ref(arguments), Vec::as_slice);
                Ok(Self::Operation(operation, list(arguments)?))
            }
            _ => Ok(Self::Literal(rule.clone())),
        }
    }
}

impl<'r> Run<'r> {
    fn of<'v>(&mut self, expression: &'v Expression, data: Data<'v>) -> Option<Computed<'v>>
    where
        'r: 'v,
    {
        self.steps_left = self.steps_left.checked_sub(1)?;
        let computed = match expression {
            Expression::Literal(value) => return Some(Cow::Borrowed(value)),
            Expression::List(elements) => {
                let elements = elements.iter().map(|one| self.of(one, data).map(Cow::into_owned));
                Cow::Owned(Value::Array(elements.collect::<Option<_>>()?))
            }
            Expression::Operation(operation, arguments) => operators::run(self, *operation, arguments, data)?,
        };
        if let Cow::Owned(made) = &computed {
            self.pay(made)?;
        }
        Some(computed)
    }

    /// What is made counts as steps, too: a few steps that double a text or a list would else fill the memory.
    fn pay(&mut self, made: &Value) -> Option<()> {
        let size = match made {
            Value::String(text) => u32::try_from(text.len() / BYTES_PER_STEP).ok()?,
            Value::Array(elements) => {
                elements.iter().try_for_each(|element| self.pay(element))?;
                u32::try_from(elements.len()).ok()?
            }
            Value::Object(members) => {
                members.values().try_for_each(|member| self.pay(member))?;
                u32::try_from(members.len()).ok()?
            }
            _ => 0,
        };
        self.steps_left = self.steps_left.checked_sub(size)?;
        Some(())
    }

    /// What is at a path of names with dots between; the empty path is everything.
    fn find<'v>(&mut self, path: &str, data: Data<'v>) -> Computed<'v>
    where
        'r: 'v,
    {
        if let Data::Local(value) = data {
            let found = if path.is_empty() { Some(value) } else { below(value, path.split('.')) };
            return found.map_or(Cow::Owned(Value::Null), Cow::Borrowed);
        }
        match path {
            "" => return Cow::Owned(self.subject.context.to_json()),
            "$flagd.flagKey" => return Cow::Owned(self.flag.into()),
            "$flagd.timestamp" => return Cow::Owned(self.subject.now_ms.div_euclid(1000).into()),
            "targetingKey" | "key" | "user.key" => return owned(*self.subject.context.key()),
            "$now" => return Cow::Owned(self.subject.now_ms.into()),
            _ => {}
        }
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let found = *self.subject.context.get(text_key(name), name);
        match (rest, found) {
            (None, Attribute::Json(value)) => Cow::Borrowed(value),
            (None, found) => owned(found),
            (Some(rest), Attribute::Json(value)) => {
                below(value, rest.split('.')).map_or(Cow::Owned(Value::Null), Cow::Borrowed)
            }
            (Some(_), _) => Cow::Owned(Value::Null),
        }
    }
}

fn below<'v, 'n>(value: &'v Value, mut names: impl Iterator<Item = &'n str>) -> Option<&'v Value> {
    names.try_fold(value, |value, name| match value {
        Value::Object(members) => members.get(name),
        Value::Array(elements) => elements.get(name.parse::<usize>().ok()?),
        _ => None,
    })
}

fn owned(attribute: Attribute<'_>) -> Computed<'_> {
    match attribute {
        Attribute::Json(value) => Cow::Borrowed(value),
        _ => Cow::Owned(attribute.to_json()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;
    use serde_json::json;

    fn compute(rule: &Value, context: &Value) -> Option<Value> {
        let context = Context::from_json(context).unwrap();
        Logic::new("flag", rule).unwrap().run(Subject::new(&context, 1_700_000_000_999))
    }

    /// Own cases; the language is that of jsonlogic.com.
    #[test]
    fn the_language() {
        let context =
            json!({"targetingKey": "u1", "a": 3, "b": {"c": [10, 20]}, "s": "text", "list": [1, 2, 3], "no": ""});
        for (rule, expected) in [
            (json!({"var": "a"}), json!(3.0)),
            (json!({"var": ["missing", 7]}), json!(7)),
            (json!({"var": "b.c.1"}), json!(20)),
            (json!({"var": "targetingKey"}), json!("u1")),
            (json!({"var": "$flagd.flagKey"}), json!("flag")),
            (json!({"var": "$flagd.timestamp"}), json!(1_700_000_000)),
            (json!({"==": [1, "1"]}), json!(true)),
            (json!({"===": [1, "1"]}), json!(false)),
            (json!({"==": [null, 0]}), json!(false)),
            (json!({"==": ["", 0]}), json!(true)),
            (json!({"!=": [1, 2]}), json!(true)),
            (json!({"!": [[]]}), json!(true)),
            (json!({"!!": ["0"]}), json!(true)),
            (json!({"and": [1, "", 3]}), json!("")),
            (json!({"or": [0, "x", 3]}), json!("x")),
            (json!({"if": [false, 1, true, 2, 3]}), json!(2)),
            (json!({"if": [false, 1, false, 2]}), json!(null)),
            (json!({"<": [1, 2, 3]}), json!(true)),
            (json!({"<=": [1, 3, 2]}), json!(false)),
            (json!({">": ["b", "a"]}), json!(true)),
            (json!({">": ["10", 9]}), json!(true)),
            (json!({">": [3, 2, 5]}), json!(true)),
            (json!({">=": [2, 2, 9]}), json!(true)),
            (json!({"<": [1, 2, 3, 0]}), json!(true)),
            (json!({"<": [null, 1]}), json!(true)),
            (json!({"max": [1, 3, 2]}), json!(3.0)),
            (json!({"+": ["1.5", 2]}), json!(3.5)),
            (json!({"-": [2]}), json!(-2.0)),
            (json!({"*": [2, 3, 4]}), json!(24.0)),
            (json!({"/": [1, 4]}), json!(0.25)),
            (json!({"%": [-7, 3]}), json!(-1.0)),
            (json!({"/": [1, 0]}), json!(null)),
            (json!({"in": ["ex", {"var": "s"}]}), json!(true)),
            (json!({"in": [2, [1, 2]]}), json!(true)),
            (json!({"in": ["2", [1, 2]]}), json!(false)),
            (json!({"in": ["2", null]}), json!(false)),
            (json!({"in": ["", ""]}), json!(false)),
            (json!({"in": [{"var": "gone"}, "text"]}), json!(false)),
            (json!({"cat": ["a", 1, true, 1.5, null]}), json!("a1true1.5")),
            (json!({"substr": ["jsonlogic", -5]}), json!("logic")),
            (json!({"substr": ["jsonlogic", 1, -5]}), json!("son")),
            (json!({"substr": ["jsonlogic", 4, 2]}), json!("lo")),
            (json!({"merge": [1, [2, 3]]}), json!([1, 2, 3])),
            (json!({"map": [{"var": "list"}, {"*": [{"var": ""}, 2]}]}), json!([2.0, 4.0, 6.0])),
            (json!({"filter": [{"var": "list"}, {">": [{"var": ""}, 1]}]}), json!([2, 3])),
            (json!({"reduce": [{"var": "list"}, {"+": [{"var": "current"}, {"var": "accumulator"}]}, 0]}), json!(6.0)),
            (json!({"all": [{"var": "list"}, {">": [{"var": ""}, 0]}]}), json!(true)),
            (json!({"all": [[], true]}), json!(false)),
            (json!({"none": [[], true]}), json!(true)),
            (json!({"some": [{"var": "list"}, {"==": [{"var": ""}, 2]}]}), json!(true)),
            (json!({"missing": ["a", "x", "no"]}), json!(["x", "no"])),
            (json!({"missing_some": [1, ["a", "x"]]}), json!([])),
            (json!({"missing_some": [2, ["a", "x"]]}), json!(["x"])),
            (json!({"starts_with": ["abc", "ab"]}), json!(true)),
            (json!({"ends_with": ["abc", 1]}), json!(null)),
            (json!({"sem_ver": ["v1.2", "^", "1.9.0"]}), json!(true)),
            (json!({"sem_ver": ["1.2.3", "~", "1.3.0"]}), json!(false)),
            (json!({"sem_ver": [1.2, "=", "1.2.0+x"]}), json!(true)),
            (json!({"sem_ver": ["x", "=", "1.0.0"]}), json!(null)),
            (json!({"sem_ver": ["1.0.0", "??", "1.0.0"]}), json!(null)),
            (json!({"a": 1, "b": 2}), json!({"a": 1, "b": 2})),
        ] {
            assert_eq!(compute(&rule, &context), Some(expected), "{rule}");
        }
    }

    #[test]
    fn fractional_is_the_second_version() {
        let by = |unit: &str| {
            let rule = json!({"fractional": [{"cat": ["fractional-flag-shorthand", {"var": "targetingKey"}]}, ["heads"], ["tails", 1]]});
            compute(&rule, &json!({"targetingKey": unit}))
        };
        // The worked example: 618039204 * 2 >> 32 = 0.
        assert_eq!(by("jon@company.com"), Some(json!("heads")));
        for (rule, expected) in [
            (json!({"fractional": [["a", 1], ["b", 0]]}), json!("a")),
            (json!({"fractional": [["a", -5], ["b", 1]]}), json!("b")),
            (json!({"fractional": [["a", 0]]}), json!(null)),
            (json!({"fractional": [{"var": "targetingKey"}, [{"if": [true, "x", "y"]}, {"+": [1, 1]}]]}), json!("x")),
            (json!({"fractional": ["only"]}), json!(null)),
            (json!({"fractional": [["a", 2_147_483_647], ["b", 1]]}), json!(null)),
        ] {
            assert_eq!(compute(&rule, &json!({"targetingKey": "u"})), Some(expected), "{rule}");
        }
        assert_eq!(compute(&json!({"fractional": [["a", 1]]}), &json!({})), Some(json!(null)));
    }

    #[test]
    fn what_is_refused_and_what_is_given_up() {
        assert!(Logic::new("flag", &json!({"log": [1]})).is_err());
        let mut deep = json!(1);
        for _ in 0..100 {
            deep = json!([deep]);
        }
        assert!(Logic::new("flag", &deep).is_err());
        let list: Vec<u32> = (0..2000).collect();
        let square = json!({"map": [list, {"map": [list, 1]}]});
        assert_eq!(compute(&square, &json!({})), None);
        // Few steps, and twice as much in each of them.
        let numbers: Vec<u32> = (0..1000).collect();
        let sum = json!({"var": "accumulator"});
        for twice in [json!({"cat": [sum, sum]}), json!([sum, sum]), json!({"merge": [sum, sum]})] {
            let start = if twice.is_array() { json!(0) } else { json!({"merge": ["x"]}) };
            let grow = json!({"reduce": [numbers, twice, start]});
            assert_eq!(compute(&grow, &json!({})), None, "{grow}");
        }
        // The same large text again and again.
        let again = json!({"map": [numbers, {"var": "text"}]});
        assert_eq!(compute(&json!({"map": [numbers, "x"]}), &json!({})), Some(vec!["x"; 1000].into()));
        let large = json!({"text": "x".repeat(1 << 20)});
        assert_eq!(
            compute(
                &json!({"reduce": [numbers, {"cat": [{"var": "current"}, {"var": "accumulator"}]}, large["text"]]}),
                &large
            ),
            None
        );
        assert_eq!(compute(&again, &large), Some(vec![Value::Null; 1000].into()));
    }
}
