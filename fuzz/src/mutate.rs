//! Mutations that know JSON: an input is lines, each of them JSON or not. Changing a member, moving a part or nesting it
//! keeps the line readable, so that the fuzzer gets past the parser; one time in four it changes plain bytes.

use libfuzzer_sys::fuzzer_mutate;
use serde_json::{Map, Value, json};

/// libFuzzer's custom mutator: changes `data` in place and returns its new size.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut random = Random(u64::from(seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    if random.below(4) > 0
        && let Some(changed) = changed(&data[..size], &mut random)
        && changed.len() <= max_size
        && let Some(room) = data.get_mut(..changed.len())
    {
        room.copy_from_slice(changed.as_bytes());
        return changed.len();
    }
    fuzzer_mutate(data, size, max_size)
}

/// `xorshift64`: enough to choose with.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound.max(1)
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len()))
    }
}

/// The text with one of its lines of JSON changed; `None` when it has none.
fn changed(data: &[u8], random: &mut Random) -> Option<String> {
    let text = std::str::from_utf8(data).ok()?;
    let lines: Vec<&str> = text.split('\n').collect();
    let parsed: Vec<(usize, Value)> = lines
        .iter()
        .enumerate()
        .filter_map(|(at, line)| Some((at, serde_json::from_str(line).ok()?)))
        .filter(|(_, value): &(usize, Value)| value.is_object() || value.is_array())
        .collect();
    let (at, value) = random.of(&parsed)?;
    let mut value = value.clone();
    for _ in 0..=random.below(3) {
        let parts = parsed.iter().map(|(_, value)| count(value)).sum();
        let part = random.below(parts);
        let spare = nth(parsed.iter().map(|(_, value)| value), part).cloned().unwrap_or_default();
        let chosen = random.below(count(&value));
        change(nth_mut(&mut value, &mut { chosen })?, spare, random);
    }
    let line = value.to_string();
    let mut lines = lines;
    lines[*at] = &line;
    Some(lines.join("\n"))
}

/// Number of values in a value, itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(elements) => elements.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

fn nth<'a>(values: impl Iterator<Item = &'a Value>, mut at: usize) -> Option<&'a Value> {
    fn find<'a>(value: &'a Value, at: &mut usize) -> Option<&'a Value> {
        if *at == 0 {
            return Some(value);
        }
        *at -= 1;
        match value {
            Value::Array(elements) => elements.iter().find_map(|element| find(element, at)),
            Value::Object(members) => members.values().find_map(|member| find(member, at)),
            _ => None,
        }
    }
    let mut values = values;
    values.find_map(|value| find(value, &mut at))
}

fn nth_mut<'a>(value: &'a mut Value, at: &mut usize) -> Option<&'a mut Value> {
    if *at == 0 {
        return Some(value);
    }
    *at -= 1;
    match value {
        Value::Array(elements) => elements.iter_mut().find_map(|element| nth_mut(element, at)),
        Value::Object(members) => members.values_mut().find_map(|member| nth_mut(member, at)),
        _ => None,
    }
}

fn change(value: &mut Value, spare: Value, random: &mut Random) {
    match (random.below(10), &mut *value) {
        (0, _) => *value = odd(random),
        (1 | 2, _) => *value = spare,
        (3, _) => nest(value, random),
        (_, Value::Null) => *value = spare,
        (_, Value::Bool(flag)) => *flag = !*flag,
        (_, Value::Number(number)) => {
            let number = number.as_f64().unwrap_or_default();
            let changed =
                [number + 1.0, number - 1.0, -number, number / 2.0, number * 10.0, number + 0.5, number * 1e9];
            let changed = changed[random.below(changed.len())];
            *value =
                if changed.fract() == 0.0 && changed.abs() < 9e15 { json!(changed as i64) } else { json!(changed) };
        }
        (_, Value::String(text)) => change_text(text),
        (_, Value::Array(elements)) => change_list(elements, spare, random),
        (_, Value::Object(members)) => change_object(members, spare, random),
    }
}

/// Values at the edges of what readers take.
fn odd(random: &mut Random) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(-1),
        json!(1),
        json!(100),
        json!(0.1),
        json!(-0.0),
        json!(1e308),
        json!(u32::MAX),
        json!(1_u64 << 32),
        json!(i64::MIN),
        json!(u64::MAX),
        json!((1_u64 << 53) + 1),
        json!(""),
        json!("a"),
        json!("1"),
        json!("-1e999"),
        json!("é🚀\u{0}"),
        json!("x".repeat(300)),
        json!("2026-02-30T25:00:00Z"),
        json!("1.2.3-a+b"),
        json!("10.0.0.0/33"),
        json!("(a+)+$"),
        json!("\\pL{1000}"),
        json!([]),
        json!({}),
        json!([null]),
        json!({"": ""}),
    ];
    random.of(&values).cloned().unwrap_or_default()
}

/// Wraps a value, sometimes many times.
fn nest(value: &mut Value, random: &mut Random) {
    let times = [1, 1, 1, 2, 10, 60][random.below(6)];
    let kind = random.below(5);
    for _ in 0..times {
        let inner = value.take();
        *value = match kind {
            0 => json!([inner]),
            1 => json!({"not": inner}),
            2 => json!({"all": [inner, {"const": true}]}),
            3 => json!({"if": [inner, 1]}),
            _ => json!({"any": [inner]}),
        };
    }
}

/// Lets the fuzzer change the bytes: it knows the words that the code compared with.
fn change_text(text: &mut String) {
    let size = text.len();
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(size + 32, 0);
    let room = bytes.len();
    let size = fuzzer_mutate(&mut bytes, size, room);
    bytes.truncate(size);
    *text = String::from_utf8_lossy(&bytes).into_owned();
}

fn change_list(elements: &mut Vec<Value>, spare: Value, random: &mut Random) {
    let at = random.below(elements.len());
    match random.below(5) {
        0 if !elements.is_empty() => drop(elements.remove(at)),
        1 if !elements.is_empty() => elements.insert(at, elements[at].clone()),
        2 if !elements.is_empty() => {
            let other = random.below(elements.len());
            elements.swap(at, other);
        }
        3 if elements.len() < 64 => elements.extend_from_within(..),
        _ => elements.insert(at, spare),
    }
}

fn change_object(members: &mut Map<String, Value>, spare: Value, random: &mut Random) {
    let names: Vec<String> = members.keys().cloned().collect();
    let name = random.of(&names).cloned().unwrap_or_default();
    match random.below(4) {
        0 => drop(members.remove(&name)),
        1 => {
            let mut other = name.clone();
            change_text(&mut other);
            let value = members.remove(&name).unwrap_or(spare);
            members.insert(other, value);
        }
        2 => drop(members.insert(name, spare)),
        _ => match spare {
            Value::Object(more) => members.extend(more),
            other => drop(members.insert(name + "2", other)),
        },
    }
}
