//! Buckets as data: which bytes are hashed, with what, what is kept of the hash.

use serde::{Deserialize, Serialize};

/// Pure data: unit → integer. `number = fold(take(hash(seed, prefix unit suffix))) mod`. Every percentage and weight is a
/// half-open integer range over it, computed when the ruleset is made.
///
/// [`Bucket::native`] is what Yardarm makes; the rest of the members is there to put units where other systems put them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// The hash function.
    pub hash: Hash,
    /// Its seed (`murmur3_32`), or what is put to the hash with exclusive or (`java31`); other hashes have none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub seed: u32,
    /// Text before the unit, usually `salt ":"`.
    #[serde(default)]
    pub prefix: String,
    /// Text after the unit.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub suffix: String,
    /// Attribute path of the unit.
    pub unit: Vec<String>,
    /// Further paths, tried in order while the ones before have no unit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub or: Vec<Vec<String>>,
    /// What counts as a unit, and its text.
    #[serde(default, skip_serializing_if = "is_default")]
    pub text: UnitText,
    /// Whether the empty text is a unit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub empty: bool,
    /// What a context without a unit gets.
    #[serde(default, skip_serializing_if = "is_default")]
    pub missing: MissingUnit,
    /// How text becomes what is hashed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub bytes: Bytes,
    /// Bits that are kept (default: all).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take: Option<Take>,
    /// What is done with them then.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fold: Fold,
    /// The remainder of the division by this is the number (default: no division). Not zero.
    #[serde(rename = "mod", default, skip_serializing_if = "Option::is_none")]
    pub modulo: Option<u64>,
    /// When to hash once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rehash: Option<Rehash>,
}

impl Bucket {
    /// MurmurHash3 over `prefix` and the unit, 32 bits: how Yardarm's own flags bucket.
    pub fn native(prefix: String, unit: Vec<String>) -> Self {
        Self {
            hash: Hash::Murmur3,
            seed: 0,
            prefix,
            suffix: String::new(),
            unit,
            or: Vec::new(),
            text: UnitText::Strict,
            empty: false,
            missing: MissingUnit::None,
            bytes: Bytes::Utf8,
            take: None,
            fold: Fold::None,
            modulo: None,
            rehash: None,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Hash functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Hash {
    /// `MurmurHash3_x86_32` (Appleby 2011), 32 bits: the native one.
    #[serde(rename = "murmur3_32")]
    Murmur3,
    /// FNV-1a, 32 bits.
    #[serde(rename = "fnv1a_32")]
    Fnv1a32,
    /// FNV-1a of the decimal digits of FNV-1a, 32 bits (`GrowthBook`'s hash version 2).
    #[serde(rename = "fnv1a_32_twice")]
    Fnv1a32Twice,
    /// FNV-1a, 64 bits.
    #[serde(rename = "fnv1a_64")]
    Fnv1a64,
    /// SHA-1, 160 bits.
    #[serde(rename = "sha1")]
    Sha1,
    /// MD5, 128 bits.
    #[serde(rename = "md5")]
    Md5,
    /// SHA-256, 256 bits.
    #[serde(rename = "sha256")]
    Sha256,
    /// CRC-32 (ISO 3309, as in zlib), 32 bits.
    #[serde(rename = "crc32")]
    Crc32,
    /// `h = 31 h + unit`, 32 bits (Java's `String.hashCode` with `bytes: utf16_units`), exclusive or the seed.
    #[serde(rename = "java31")]
    Java31,
}

/// What is hashed for a character.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bytes {
    /// Its UTF-8 bytes.
    #[default]
    Utf8,
    /// Its UTF-16 units as whole numbers (`fnv1a_32`, `fnv1a_32_twice`, `fnv1a_64`, `java31`).
    Utf16Units,
    /// Its code point as a whole number (the same hashes).
    Codepoints,
    /// The low byte of each of its UTF-16 units.
    Low8,
}

/// Bits kept of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Take {
    /// The top n bits of the big-endian number, 1 to 128.
    Top(u32),
    /// A word of it.
    Word(Word),
}

/// See [`Take::Word`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// The first four bytes, read as little-endian.
    Le32,
}

/// What is done with the bits that were kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fold {
    /// Nothing.
    #[default]
    None,
    /// The low 32 bits as a two's complement number, without its sign (2^31 stays).
    AbsI32,
}

/// What counts as a unit, and its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitText {
    /// Texts, and integers below 2^63 in decimal.
    #[default]
    Strict,
    /// Texts.
    String,
    /// Texts, numbers and booleans, like reader `string:scalar`.
    Scalar,
    /// Whatever JavaScript calls true, like reader `string:js`.
    Js,
    /// Anything that is there, like reader `string:configcat`.
    Configcat,
    /// Anything that is there, like reader `string:py`.
    Py,
}

/// What a context without a unit gets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingUnit {
    /// No number: `missing` of the split or condition decides.
    #[default]
    None,
    /// The number 0.
    Zero,
    /// The number of this text.
    Text(String),
    /// A number from `$random`.
    Random,
}

/// When the number is `when`, the input is hashed once more, written twice with `join` between; then three times, …
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rehash {
    /// The number that is not wanted.
    pub when: u64,
    /// Between the repetitions of the input.
    pub join: String,
}
