//! Buckets: pure data that turns a unit into an integer, and half-open ranges over it.

use crate::hash::Murmur3;
use crate::path::{Path, Subject};
use crate::ruleset::Bucket;

/// One past the largest bucket number.
pub(crate) const BUCKETS: u64 = 1 << 32;

/// A compiled [`Bucket`]: the prefix is already hashed.
#[derive(Debug)]
pub(crate) struct CompiledBucket {
    pub(crate) unit: Path,
    hash: Murmur3,
}

impl CompiledBucket {
    pub(crate) fn new(bucket: &Bucket) -> Result<Self, String> {
        let unit = Path::new(&bucket.unit, false)?;
        match bucket.hash {
            _ if *bucket != native(bucket) => Err("not supported yet".to_owned()),
            _ => Ok(Self { unit, hash: Murmur3::new(bucket.seed, bucket.prefix.as_bytes()) }),
        }
    }

    /// The bucket number of the context's unit; `None` without a unit.
    #[inline]
    pub(crate) fn number(&self, subject: Subject<'_>) -> Option<u64> {
        self.unit.find(subject).with_unit(|unit| unit.map(|unit| u64::from(self.hash.finish(unit.as_bytes()))))
    }
}

fn native(bucket: &Bucket) -> Bucket {
    Bucket { seed: bucket.seed, ..Bucket::native(bucket.prefix.clone(), bucket.unit.clone()) }
}

/// Refuses ranges that are upside down, outside the bucket or over each other; sorts them and drops empty ones.
pub(crate) fn sorted_ranges<T>(mut ranges: Vec<(u64, u64, T)>) -> Result<Vec<(u64, u64, T)>, String> {
    if let Some((lo, hi, _)) = ranges.iter().find(|(lo, hi, _)| lo > hi || *hi > BUCKETS) {
        return Err(format!("range {lo}..{hi} is not a half-open range within 0..{BUCKETS}"));
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
