//! Percentages: SHA-1 of `key.salt.unit` (or `seed.unit`), its top 60 bits, as a fraction of 2^60 - 1.
//!
//! The top 53 of the 60 are kept, because larger integers are not exact in every SDK's JSON. A share ends in the middle
//! of a block of 128 numbers instead of inside it: one unit in 10^16 could tell.

use yardarm_eval::ruleset::{Bucket, ErrorCode, Hash, MissingUnit, Serve, Split, Take};

use super::reference::{self, Malformed};
use super::source::{Rollout, kind_of};
use crate::exact::end_of;

/// Bits of the hash that are kept.
const BITS: u32 = 53;
/// Numbers there are.
const NUMBERS: u64 = 1 << BITS;
/// LaunchDarkly's largest number.
const SCALE: u64 = (1 << 60) - 1;
/// Weights are parts of this.
const WHOLE: f64 = 100_000.0;

/// SDKs calculate shares in doubles or in single precision; they differ within 6e-8 of a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    /// Python, Node.
    Double,
    /// Rust.
    Single,
}

/// Ends of consecutive shares, each a half-open range over the bucket that begins where the one before ends.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "rounded as the peer's SDKs round")]
pub(super) fn ends(weights: impl Iterator<Item = f64>, arithmetic: Arithmetic) -> Vec<u64> {
    // The middle of the numbers of 60 bits that begin with these 53.
    let whole = |number: u64| (number << 7) | 64;
    let (mut double, mut single) = (0.0_f64, 0.0_f32);
    weights
        .map(|weight| {
            double += weight / WHOLE;
            single += weight as f32 / WHOLE as f32;
            match arithmetic {
                Arithmetic::Double => end_of(NUMBERS, |number| whole(number) as f64 / (SCALE as f64) < double),
                Arithmetic::Single => end_of(NUMBERS, |number| whole(number) as f32 / (SCALE as f32) < single),
            }
        })
        .collect()
}

/// The bucket of a rollout of the flag `key`.
pub(super) fn bucket_of(rollout: &Rollout, key: &str, salt: &str) -> Result<Bucket, Malformed> {
    let prefix = rollout.seed.map_or_else(|| format!("{key}.{salt}."), |seed| format!("{seed}."));
    let experiment = rollout.kind.as_deref() == Some("experiment");
    let by = rollout.bucket_by.as_deref().filter(|_| !experiment);
    bucket(prefix, rollout.context_kind.as_deref(), by)
}

/// A bucket by an attribute of a kind. Who has no usable unit is in bucket 0.
pub(super) fn bucket(prefix: String, context_kind: Option<&str>, by: Option<&str>) -> Result<Bucket, Malformed> {
    let by = by.filter(|by| !by.is_empty()).unwrap_or("key");
    let unit = reference::path(kind_of(context_kind), &reference::components(context_kind, by)?);
    Ok(Bucket {
        hash: Hash::Sha1,
        take: Some(Take::Top(BITS)),
        empty: true,
        missing: MissingUnit::Zero,
        ..Bucket::native(prefix, unit)
    })
}

/// The shares. What is left over belongs to the last of them.
pub(super) fn split(
    rollout: &Rollout,
    bucket: String,
    arithmetic: Arithmetic,
    variant: impl Fn(i64) -> Option<String>,
) -> Split {
    let (mut ranges, mut serves) = (Vec::new(), Vec::new());
    let malformed = || Serve::Error(ErrorCode::ParseError);
    let mut lo = 0;
    let mut add = |lo, hi, index| match variant(index) {
        _ if lo >= hi => {}
        Some(key) => ranges.push((lo, hi, key)),
        None => serves.push((lo, hi, malformed())),
    };
    let ends = ends(rollout.variations.iter().map(|part| part.weight), arithmetic);
    for (index, (part, hi)) in rollout.variations.iter().zip(ends).enumerate() {
        let hi = if index + 1 == rollout.variations.len() { NUMBERS } else { hi.max(lo) };
        add(lo, hi, part.variation);
        lo = hi;
    }
    let nobody = || Box::new(malformed());
    Split { bucket, ranges, serves, ramps: Vec::new(), rest: nobody(), missing: nobody() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are constants of LaunchDarkly's consistency tests: `hashKey.saltyA.userKeyA` is at 0.42157587.
    #[test]
    fn shares_end_where_fractions_do() {
        let number = 486_043_891_349_154_521_u64 >> 7;
        for (weights, arithmetic, index) in [
            ([42_157.0, 57_843.0], Arithmetic::Double, 1),
            ([42_158.0, 57_842.0], Arithmetic::Double, 0),
            ([42_158.0, 57_842.0], Arithmetic::Single, 0),
            ([0.0, 100_000.0], Arithmetic::Double, 1),
        ] {
            let ends = ends(weights.into_iter(), arithmetic);
            assert_eq!(ends.iter().position(|end| number < *end), Some(index), "{weights:?}");
        }
    }
}
