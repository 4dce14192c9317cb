//! GrowthBook's buckets: fractions of 1 become half-open ranges of whole numbers, with JavaScript's own arithmetic.

use serde_json::Value;
use yardarm_eval::ruleset::{Bucket, Bytes, Hash, UnitText};

use crate::exact::end_of;

/// Half-open, of whole numbers.
pub(super) type Range = (u64, u64);

/// The bucket of a hash version (1 or 2), and how many numbers it has. Other versions give nobody a number.
pub(super) fn bucket(version: &Value, seed: &str, attribute: &str, bytes: Bytes) -> Option<(Bucket, u64)> {
    let mut bucket = Bucket::native(String::new(), vec![attribute.to_owned()]);
    let size = match version.as_u64()? {
        1 => {
            bucket.hash = Hash::Fnv1a32;
            seed.clone_into(&mut bucket.suffix);
            1_000
        }
        2 => {
            bucket.hash = Hash::Fnv1a32Twice;
            seed.clone_into(&mut bucket.prefix);
            10_000
        }
        _ => return None,
    };
    if attribute == "id" {
        bucket.or = vec![vec!["targetingKey".to_owned()]];
    }
    bucket.text = UnitText::Js;
    bucket.bytes = bytes;
    bucket.modulo = Some(size);
    Some((bucket, size))
}

#[expect(clippy::cast_precision_loss, reason = "both are at most 10,000")]
fn fraction(number: u64, size: u64) -> f64 {
    number as f64 / size as f64
}

/// `lo <= n < hi` as numbers.
pub(super) fn between(size: u64, lo: f64, hi: f64) -> Range {
    let at = |bound: f64| end_of(size, |number| fraction(number, size) < bound);
    (at(lo), at(hi).max(at(lo)))
}

/// `n <= coverage` as numbers: closed.
pub(super) fn covered(size: u64, coverage: f64) -> Range {
    (0, end_of(size, |number| fraction(number, size) <= coverage))
}

/// Overlaps go to the first: what is left of each range.
pub(super) fn first_wins(ranges: &[Range]) -> Vec<Vec<Range>> {
    let mut taken: Vec<Range> = Vec::new();
    ranges
        .iter()
        .map(|range| {
            let mut left = vec![*range];
            for (lo, hi) in &taken {
                left = left.into_iter().flat_map(|(from, to)| [(from, to.min(*lo)), (from.max(*hi), to)]).collect();
                left.retain(|(from, to)| from < to);
            }
            left.retain(|(from, to)| from < to);
            taken.push(*range);
            left
        })
        .collect()
}

/// `[lo, hi]`.
pub(super) fn pair(value: &Value) -> Option<(f64, f64)> {
    match value.as_array()?.as_slice() {
        [lo, hi] => Some((lo.as_f64()?, hi.as_f64()?)),
        _ => None,
    }
}

/// `getBucketRanges`.
pub(super) fn bucket_ranges(variations: usize, coverage: f64, weights: Option<&[f64]>) -> Vec<(f64, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "there are few variations")]
    let equal = || vec![1.0 / variations as f64; variations];
    let coverage = coverage.clamp(0.0, 1.0);
    let weights = match weights {
        Some(weights) if weights.len() == variations && (0.99..=1.01).contains(&weights.iter().sum::<f64>()) => {
            weights.to_vec()
        }
        _ => equal(),
    };
    let mut sum = 0.0;
    weights
        .into_iter()
        .map(|weight| {
            let start = sum;
            sum += weight;
            (start, start + coverage * weight)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_become_whole_numbers() {
        assert_eq!(between(1_000, 0.0, 0.5), (0, 500));
        assert_eq!(between(1_000, 0.077, 0.0771), (77, 78));
        assert_eq!(between(10_000, 0.5, 0.2), (5_000, 5_000));
        assert_eq!(covered(1_000, 0.5), (0, 501));
        assert_eq!(covered(1_000, 1.0), (0, 1_000));
        assert_eq!(bucket_ranges(2, 0.5, None), [(0.0, 0.25), (0.5, 0.75)]);
    }

    #[test]
    fn the_first_of_overlapping_ranges_wins() {
        assert_eq!(first_wins(&[(0, 10), (5, 20), (0, 30)]), [vec![(0, 10)], vec![(10, 20)], vec![(20, 30)]]);
        assert_eq!(first_wins(&[(5, 10), (0, 20)]), [vec![(5, 10)], vec![(0, 5), (10, 20)]]);
    }
}
