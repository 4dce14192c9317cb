//! Buckets: pure data that turns a unit into an integer, and half-open ranges over it.

use crate::context::Attribute;
use crate::forms::{Form, written};
use crate::hash::{Murmur3, digest};
use crate::path::{Path, Subject};
use crate::ruleset::{Bucket, Bytes, Fold, Hash, MissingUnit, Ramp, Rehash, Take, UnitText, Word};

/// Repetitions of the input before a number that is not wanted is taken all the same.
const MAX_REHASH: usize = 16;

/// A compiled [`Bucket`].
#[derive(Debug)]
pub(crate) struct CompiledBucket {
    pub(crate) unit: Path,
    way: Way,
}

#[derive(Debug)]
enum Way {
    /// [`Bucket::native`], the prefix already hashed.
    Native(Murmur3),
    General(Box<General>),
}

/// See [`Bucket`] for the members.
#[derive(Debug)]
struct General {
    hash: Hash,
    seed: u32,
    prefix: Box<str>,
    suffix: Box<str>,
    or: Box<[Path]>,
    text: UnitText,
    empty: bool,
    missing: MissingUnit,
    bytes: Bytes,
    take: Option<Take>,
    fold: Fold,
    modulo: Option<u64>,
    rehash: Option<Rehash>,
    /// One past the largest number.
    size: u128,
}

impl CompiledBucket {
    pub(crate) fn new(bucket: &Bucket) -> Result<Self, String> {
        let unit = Path::new(&bucket.unit, false)?;
        let native = Bucket { seed: bucket.seed, ..Bucket::native(bucket.prefix.clone(), bucket.unit.clone()) };
        if *bucket == native {
            return Ok(Self::native(unit, bucket.seed, &bucket.prefix));
        }
        Ok(Self { unit, way: Way::General(Box::new(General::new(bucket)?)) })
    }

    /// A [`Bucket::native`] with a seed.
    pub(crate) fn native(unit: Path, seed: u32, prefix: &str) -> Self {
        Self { unit, way: Way::Native(Murmur3::new(seed, prefix.as_bytes())) }
    }

    /// One past the largest number.
    pub(crate) fn size(&self) -> u128 {
        match &self.way {
            Way::Native(_) => 1 << 32,
            Way::General(general) => general.size,
        }
    }

    /// The bucket number of the context's unit; `None` without a unit.
    #[inline]
    pub(crate) fn number(&self, subject: &Subject<'_>) -> Option<u64> {
        match &self.way {
            Way::Native(murmur) => self.number_at_hand(subject).or_else(|| self.number_of_other(*murmur, subject)),
            Way::General(general) => general.of(&self.unit, subject),
        }
    }

    /// The number of what most units are: a text that is there, in a native bucket. `None`: not one of these.
    #[inline]
    pub(crate) fn number_at_hand(&self, subject: &Subject<'_>) -> Option<u64> {
        match (&self.way, self.unit.at_hand(subject)) {
            (Way::Native(murmur), Some(Attribute::Text(unit))) if !unit.is_empty() => {
                Some(u64::from(murmur.finish(unit.as_bytes())))
            }
            _ => None,
        }
    }

    /// Units that are no texts at hand.
    #[inline(never)]
    fn number_of_other(&self, murmur: Murmur3, subject: &Subject<'_>) -> Option<u64> {
        self.unit.find(subject).with_unit(|unit| unit.map(|unit| u64::from(murmur.finish(unit.as_bytes()))))
    }
}

impl General {
    fn new(bucket: &Bucket) -> Result<Self, String> {
        let whole = bits(bucket.hash);
        let characters = matches!(bucket.bytes, Bytes::Utf16Units | Bytes::Codepoints);
        if characters && !matches!(bucket.hash, Hash::Fnv1a32 | Hash::Fnv1a32Twice | Hash::Fnv1a64 | Hash::Java31) {
            return Err("this hash takes bytes, not characters".to_owned());
        }
        let kept = match bucket.take {
            None => whole,
            Some(Take::Top(kept)) if (1..=whole.min(128)).contains(&kept) => kept,
            Some(Take::Top(kept)) => return Err(format!("there are no top {kept} bits to take")),
            Some(Take::Word(Word::Le32)) => 32,
        };
        let size = match (bucket.fold, bucket.modulo) {
            (_, Some(0)) => return Err("nothing can be divided by 0".to_owned()),
            (Fold::None, Some(modulo)) => u128::from(modulo),
            (Fold::None, None) if kept <= 64 => 1 << kept,
            (Fold::AbsI32, _) if kept != 32 => return Err("`abs_i32` takes 32 bits".to_owned()),
            (Fold::AbsI32, modulo) => modulo.map_or((1 << 31) + 1, u128::from),
            (Fold::None, None) => return Err(format!("{kept} bits are too many: take 64 or give a `mod`")),
        };
        Ok(Self {
            hash: bucket.hash,
            seed: bucket.seed,
            prefix: bucket.prefix.as_str().into(),
            suffix: bucket.suffix.as_str().into(),
            or: bucket.or.iter().map(|path| Path::new(path, false)).collect::<Result<_, _>>()?,
            text: bucket.text,
            empty: bucket.empty,
            missing: bucket.missing.clone(),
            bytes: bucket.bytes,
            take: bucket.take,
            fold: bucket.fold,
            modulo: bucket.modulo,
            rehash: bucket.rehash.clone(),
            size,
        })
    }

    #[inline(never)]
    fn of(&self, unit: &Path, subject: &Subject<'_>) -> Option<u64> {
        for path in std::iter::once(unit).chain(&self.or) {
            let value = if self.empty { path.find_with_empty_key(subject) } else { path.find(subject) };
            let number = self.with_unit(value, |unit| unit.map(|unit| self.number(unit)));
            if number.is_some() {
                return number;
            }
        }
        match &self.missing {
            MissingUnit::None => None,
            MissingUnit::Zero => Some(0),
            MissingUnit::Text(text) => Some(self.number(text)),
            MissingUnit::Random => {
                #[expect(
                    clippy::cast_precision_loss,
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a random number need not be exact; below the size of a u64 by the minimum"
                )]
                let number = (subject.random() * self.size as f64) as u128;
                u64::try_from(number.min(self.size - 1)).ok()
            }
        }
    }

    fn with_unit<R>(&self, value: Attribute<'_>, with: impl FnOnce(Option<&str>) -> R) -> R {
        let kept = |text: &&str| self.empty || !text.is_empty();
        let form = match (self.text, value) {
            (_, Attribute::Null)
            | (UnitText::Js, Attribute::Bool(false) | Attribute::Number(0.0))
            | (UnitText::String, Attribute::Number(_)) => return with(None),
            (_, Attribute::Text(text)) => return with(Some(text).filter(kept)),
            (UnitText::Strict | UnitText::String, _) => return value.with_unit(with),
            (UnitText::Scalar, _) => Form::Scalar,
            (UnitText::Js, _) => Form::Js,
            (UnitText::Configcat, _) => Form::Configcat,
            (UnitText::Py, _) => Form::Py,
        };
        written(form, value, |text| with(text.filter(kept)))
    }

    fn number(&self, unit: &str) -> u64 {
        let once = joined(&[&self.prefix, unit, &self.suffix], |input| self.reduced(input));
        match &self.rehash {
            Some(rehash) if once == rehash.when => self.again(unit, rehash),
            _ => once,
        }
    }

    #[cold]
    fn again(&self, unit: &str, rehash: &Rehash) -> u64 {
        let once = [&*self.prefix, unit, &self.suffix].concat();
        (2..=MAX_REHASH)
            .map(|times| self.reduced(&vec![once.as_str(); times].join(&rehash.join)))
            .find(|number| *number != rehash.when)
            .unwrap_or(rehash.when)
    }

    fn reduced(&self, input: &str) -> u64 {
        let digest = digest(self.hash, self.seed, self.bytes, input);
        let kept = match self.take {
            None => match (self.fold, self.modulo) {
                (Fold::None, Some(modulo)) => return digest.modulo(modulo),
                _ => digest.top(bits(self.hash)),
            },
            Some(Take::Top(bits)) => digest.top(bits),
            Some(Take::Word(Word::Le32)) => digest.le32(),
        };
        let folded = match self.fold {
            Fold::None => kept,
            #[expect(clippy::cast_possible_truncation, reason = "32 bits, checked when it was compiled")]
            Fold::AbsI32 => u128::from((kept as u32).cast_signed().unsigned_abs()),
        };
        let number = self.modulo.map_or(folded, |modulo| folded % u128::from(modulo));
        u64::try_from(number).unwrap_or(u64::MAX)
    }
}

fn bits(hash: Hash) -> u32 {
    match hash {
        Hash::Murmur3 | Hash::Fnv1a32 | Hash::Fnv1a32Twice | Hash::Crc32 | Hash::Java31 => 32,
        Hash::Fnv1a64 => 64,
        Hash::Md5 => 128,
        Hash::Sha1 => 160,
        Hash::Sha256 => 256,
    }
}

/// Texts one after the other, on the stack when they are short.
pub(crate) fn joined<R>(parts: &[&str], with: impl FnOnce(&str) -> R) -> R {
    let mut room = [0; 256];
    let mut len = 0;
    for part in parts {
        let Some(place) = room.get_mut(len..len + part.len()) else {
            return with(&parts.concat());
        };
        place.copy_from_slice(part.as_bytes());
        len += part.len();
    }
    with(room.get(..len).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default())
}

/// A compiled [`Ramp`].
#[derive(Debug)]
pub(crate) struct CompiledRamp {
    lo: u64,
    from: (i64, u64),
    to: (i64, u64),
    /// Position in the flag's variants; nothing for conditions.
    pub(crate) variant: u32,
}

impl CompiledRamp {
    pub(crate) fn new(ramp: &Ramp, variant: u32, size: u128) -> Result<Self, String> {
        if ramp.from.0 >= ramp.to.0 {
            return Err("a ramp ends after it begins".to_owned());
        }
        if [ramp.from.1, ramp.to.1].iter().any(|end| *end < ramp.lo || u128::from(*end) > size) {
            return Err(format!("a ramp from {} ends within {}..{size}", ramp.lo, ramp.lo));
        }
        Ok(Self { lo: ramp.lo, from: ramp.from, to: ramp.to, variant })
    }

    pub(crate) fn contains(&self, number: u64, now_ms: i64) -> bool {
        (self.lo..self.end(now_ms)).contains(&number)
    }

    fn end(&self, now_ms: i64) -> u64 {
        let ((from, first), (to, last)) = (self.from, self.to);
        if now_ms <= from {
            return first;
        }
        if now_ms >= to {
            return last;
        }
        let part = (i128::from(last) - i128::from(first)) * (i128::from(now_ms) - i128::from(from));
        let end = i128::from(first) + part.div_euclid(i128::from(to) - i128::from(from));
        u64::try_from(end).unwrap_or(last)
    }
}

/// Refuses ranges that are upside down, outside the bucket or over each other; sorts them and drops empty ones.
pub(crate) fn sorted_ranges<T>(mut ranges: Vec<(u64, u64, T)>, size: u128) -> Result<Vec<(u64, u64, T)>, String> {
    if let Some((lo, hi, _)) = ranges.iter().find(|(lo, hi, _)| lo > hi || u128::from(*hi) > size) {
        return Err(format!("range {lo}..{hi} is not a half-open range within 0..{size}"));
    }
    ranges.retain(|(lo, hi, _)| lo < hi);
    ranges.sort_by_key(|(lo, ..)| *lo);
    for pair in ranges.windows(2) {
        if let [(_, hi, _), (lo, ..)] = pair
            && lo < hi
        {
            return Err(format!("ranges overlap: one ends at {hi}, the next begins at {lo}"));
        }
    }
    Ok(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;
    use serde_json::json;

    fn number(bucket: serde_json::Value, unit: &str) -> u64 {
        let mut bucket = bucket;
        bucket["unit"] = json!(["targetingKey"]);
        let bucket: Bucket = serde_json::from_value(bucket).unwrap();
        let context = Context::builder().targeting_key(unit).build();
        CompiledBucket::new(&bucket).unwrap().number(&Subject::new(&context, 0)).unwrap()
    }

    /// The published numbers of each system's own tests and documentation.
    #[test]
    fn other_systems_put_units_where_they_always_did() {
        let unleash = |group: &str, seed: u32, modulo: u64| json!({"hash": "murmur3_32", "seed": seed, "prefix": format!("{group}:"), "mod": modulo});
        for (bucket, unit, expected) in [
            (unleash("Feature.flexibleRollout.10", 0, 100), "174", 9),
            (unleash("Feature.flexibleRollout.10", 0, 100), "499", 31),
            (unleash("Feature.Variants.C", 86_028_157, 99), "232", 17),
            (unleash("Feature.Variants.C", 86_028_157, 99), "607", 57),
            (json!({"hash": "fnv1a_32", "suffix": "b", "empty": true}), "", 3_876_335_077),
            (json!({"hash": "fnv1a_32", "suffix": "b", "empty": true, "mod": 1000}), "", 77),
            (json!({"hash": "fnv1a_32_twice", "prefix": "seed"}), "a", 2_503_390_505),
            (json!({"hash": "fnv1a_32_twice", "prefix": "seed", "mod": 10_000}), "a", 505),
            (json!({"hash": "fnv1a_32", "suffix": "exp", "mod": 1000}), "josé", 638),
            (json!({"hash": "fnv1a_32", "suffix": "exp", "mod": 1000, "bytes": "utf16_units"}), "josé", 77),
            (json!({"hash": "sha1", "prefix": "hashKey.saltyA.", "take": 60}), "userKeyA", 486_043_891_349_154_521),
            (json!({"hash": "md5", "suffix": ",test_env_foobar", "mod": 9999}), "78986", 5452),
            (json!({"hash": "murmur3_32", "prefix": "fractional-flag-shorthand"}), "jon@company.com", 618_039_204),
            (
                json!({"hash": "sha1", "prefix": "string25Cat25Dog25Falcon25Horse", "take": 28}),
                "b@configcat.com",
                36_475_958,
            ),
            (
                json!({"hash": "sha1", "prefix": "string25Cat25Dog25Falcon25Horse", "take": 28, "mod": 100}),
                "a@configcat.com",
                9,
            ),
            (
                json!({"hash": "sha1", "prefix": "string25Cat25Dog25Falcon25Horse", "take": 28, "mod": 100}),
                "b@configcat.com",
                58,
            ),
            (
                json!({"hash": "sha1", "prefix": "string25Cat25Dog25Falcon25Horse", "take": 28, "mod": 100}),
                "c@configcat.com",
                41,
            ),
            (json!({"hash": "murmur3_32", "seed": 467_569_525}), "aUfEsdPN1twuEjff9Sl", 2_488_980_051),
            (
                json!({"hash": "fnv1a_32", "prefix": "my-flag", "mod": 100_000}),
                "e56f628e-9817-498f-ae38-4961e9c2bb21",
                70_272,
            ),
            (json!({"hash": "fnv1a_32", "prefix": "flagName"}), "UserKey", 3_946_001_934),
            (json!({"hash": "murmur3_32", "seed": 1}), "test", 0x99c0_2ae2),
            (json!({"hash": "murmur3_32", "prefix": "f:", "bytes": "low8"}), "josé", 1_633_018_929),
            (json!({"hash": "murmur3_32", "prefix": "f:"}), "josé", 2_859_311_917),
            // CRC-32's and MD5's own check values; "hello".hashCode() of Java.
            (json!({"hash": "crc32"}), "123456789", 0xCBF4_3926),
            (json!({"hash": "java31", "bytes": "utf16_units"}), "hello", 99_162_322),
            (json!({"hash": "java31", "bytes": "utf16_units", "fold": "abs_i32"}), "polygenelubricants", 1 << 31),
            (json!({"hash": "md5", "take": 64, "empty": true}), "", 0xd41d_8cd9_8f00_b204),
            (json!({"hash": "md5", "take": "le32", "empty": true}), "", 0xd98c_1dd4),
            (json!({"hash": "sha256", "take": 64}), "abc", 0xba78_16bf_8f01_cfea),
            (json!({"hash": "fnv1a_64"}), "foobar", 0x8594_4171_f739_67e8),
        ] {
            assert_eq!(number(bucket.clone(), unit), expected, "{bucket} {unit:?}");
        }
    }

    #[test]
    fn fractions_of_large_buckets() {
        let bucket = |salt: &str, suffix: &str| json!({"hash": "sha1", "prefix": salt, "suffix": suffix, "take": 60});
        #[expect(clippy::cast_precision_loss, reason = "published to eight places")]
        let fraction = |number: u64| number as f64 / ((1_u64 << 60) - 1) as f64;
        for (bucket, unit, expected) in [
            (bucket("hashKey.saltyA.", ""), "userKeyA", 0.421_575_87),
            (bucket("61.", ""), "userKeyA", 0.098_012_07),
            (bucket("multivariate-flag.", ""), "distinct_id_0", 0.502_037_80),
            (bucket("multivariate-flag.", "variant"), "distinct_id_0", 0.618_645_45),
            (bucket("multivariate-flag.", "variant"), "distinct_id_2", 0.063_901_06),
            (bucket("simple-flag.", ""), "distinct_id_0", 0.783_696_38),
        ] {
            assert!((fraction(number(bucket, unit)) - expected).abs() < 5e-9, "{unit}");
        }
    }

    #[test]
    fn what_cannot_be_a_bucket() {
        for bucket in [
            json!({"hash": "sha1"}),
            json!({"hash": "md5"}),
            json!({"hash": "md5", "mod": 0}),
            json!({"hash": "md5", "take": 129}),
            json!({"hash": "murmur3_32", "take": 33}),
            json!({"hash": "murmur3_32", "take": 0}),
            json!({"hash": "sha1", "bytes": "utf16_units", "take": 60}),
            json!({"hash": "sha1", "take": 60, "fold": "abs_i32"}),
        ] {
            let mut bucket = bucket;
            bucket["unit"] = json!(["targetingKey"]);
            let read: Bucket = serde_json::from_value(bucket.clone()).unwrap();
            assert!(CompiledBucket::new(&read).is_err(), "{bucket}");
        }
    }

    #[test]
    fn ramps_go_straight_and_stay() {
        let ramp = Ramp { lo: 10, from: (1000, 10), to: (2000, 110), variant: None };
        let ramp = CompiledRamp::new(&ramp, 0, 1000).unwrap();
        for (now, end) in [(0, 10), (1000, 10), (1009, 10), (1010, 11), (1999, 109), (2000, 110), (i64::MAX, 110)] {
            assert_eq!(ramp.end(now), end, "at {now}");
        }
        let shrinking = Ramp { lo: 0, from: (i64::MIN, 100), to: (i64::MAX, 0), variant: None };
        assert_eq!(CompiledRamp::new(&shrinking, 0, 100).unwrap().end(0), 49);
    }
}
