//! Who is in a percentage: half-open ranges over the 32-bit bucket, moved as little as possible.
//!
//! Ranges are stored, not recomputed. A variant that grows keeps all it had and adds free buckets at the end; one that
//! shrinks gives up what it got last; one that stays is not touched. So growing, shrinking and growing again brings the
//! same people back, and turning a rollout into a split (or the other way) moves nobody who keeps a share.
//!
//! A fresh layout has its thresholds at `ceil(cumulative × 2^32 / 100_000)` in thousandths of a percent.

use crate::compile::attribute_path;
use crate::document::{Configuration, Serve};
use crate::limits::MILLI_PERCENT;

/// Number of buckets: 2^32.
pub const BUCKETS: u64 = 1 << 32;

/// Sizes this near to their percentage are left alone: rounding must not move anyone. 16 buckets are 4 people in a billion.
const SLACK: u64 = 16;

/// Half-open ranges of buckets in the order they were given out.
pub type Ranges = Vec<(u64, u64)>;

/// Thousandths of a percent, rounded: 12.5 → 12,500.
pub fn milli(percent: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=100_000")]
    let milli = (percent.clamp(0.0, 100.0) * 1000.0).round() as u32;
    milli
}

/// First bucket at or after a cumulative share: `ceil(milli × 2^32 / 100_000)`.
pub fn threshold(milli: u32) -> u64 {
    (u64::from(milli) * BUCKETS).div_ceil(u64::from(MILLI_PERCENT))
}

/// Number of buckets in ranges.
pub fn size(ranges: &[(u64, u64)]) -> u64 {
    ranges.iter().map(|(lo, hi)| hi.saturating_sub(*lo)).sum()
}

/// Whether ranges are inside the bucket, not empty, and disjoint; else what is wrong.
pub(crate) fn well_formed(ranges: impl IntoIterator<Item = (u64, u64)>) -> Result<(), String> {
    let mut sorted: Ranges = ranges.into_iter().collect();
    sorted.sort_unstable();
    let mut end = 0;
    for (lo, hi) in sorted {
        if lo >= hi || hi > BUCKETS {
            return Err(format!("[{lo}, {hi}) is not a range of buckets below {BUCKETS}"));
        }
        if lo < end {
            return Err(format!("[{lo}, {hi}) overlaps the range before it"));
        }
        end = hi;
    }
    Ok(())
}

/// What variants hold: from a serve of a rule or of the default.
#[derive(Clone, Debug, Default)]
struct Holdings {
    /// Attribute path that decides; `None` when everyone is served alike.
    unit: Option<Vec<String>>,
    shares: Vec<(String, Ranges)>,
}

impl Holdings {
    /// `rest`: who gets what a rollout leaves, in the default rule.
    fn of(serve: &Serve, rest: Option<&str>) -> Self {
        let mut held = Self::default();
        match serve {
            // Exact ranges are over buckets of their own.
            Serve::Exact(_) => {}
            Serve::Variant(variant) => held.add(variant, &[(0, BUCKETS)]),
            Serve::Rollout(rollout) => {
                held.unit = Some(attribute_path(&rollout.bucket_by));
                held.add(&rollout.variant, &rollout.ranges);
                if let Some(rest) = rollout.otherwise.as_deref().or(rest) {
                    held.add(rest, &complement(&rollout.ranges));
                }
            }
            Serve::Split(split) => {
                held.unit = Some(attribute_path(&split.bucket_by));
                for share in &split.shares {
                    held.add(&share.variant, &share.ranges);
                }
            }
        }
        held
    }

    /// What the serve itself says: the rest of a rollout has no ranges of its own.
    fn own(serve: &Serve) -> Self {
        let mut held = Self::of(serve, None);
        if let Serve::Rollout(rollout) = serve {
            held.shares = vec![(rollout.variant.clone(), rollout.ranges.clone())];
        }
        held
    }

    fn add(&mut self, variant: &str, ranges: &[(u64, u64)]) {
        match self.shares.iter_mut().find(|(held, _)| held == variant) {
            Some((_, held)) => held.extend_from_slice(ranges),
            None => self.shares.push((variant.to_owned(), ranges.to_vec())),
        }
    }

    fn get(&self, variant: &str) -> &[(u64, u64)] {
        self.shares.iter().find(|(held, _)| held == variant).map_or(&[], |(_, ranges)| ranges)
    }
}

/// Gives every rollout and split of a configuration its ranges. Ranges in the body that match their percentages are
/// taken as they are (an import, an undo); others are the base to move from, and without any the stored configuration
/// is, rule by rule (same id) and default by default.
pub fn settle(configuration: &mut Configuration, previous: Option<&Configuration>) {
    for rule in &mut configuration.rules {
        let base = previous.and_then(|previous| previous.rules.iter().find(|old| old.id == rule.id));
        settle_serve(&mut rule.serve, base.map(|old| Holdings::of(&old.serve, None)).as_ref());
    }
    let base = previous.map(|previous| Holdings::of(&previous.default, Some(&previous.off_variant)));
    settle_serve(&mut configuration.default, base.as_ref());
}

/// Like [`settle`] for a configuration brought from another environment: where this one already has a rollout or a
/// split, its people stay; elsewhere the brought ranges are kept, so that both environments pick the same people.
pub fn settle_copy(configuration: &mut Configuration, previous: Option<&Configuration>) {
    let Some(previous) = previous else { return settle(configuration, None) };
    for rule in &mut configuration.rules {
        if let Some(old) = previous.rules.iter().find(|old| old.id == rule.id) {
            forget_ranges(&mut rule.serve, &old.serve);
        }
    }
    forget_ranges(&mut configuration.default, &previous.default);
    settle(configuration, Some(previous));
}

fn forget_ranges(serve: &mut Serve, old: &Serve) {
    if matches!(old, Serve::Variant(_) | Serve::Exact(_))
        || Holdings::of(serve, None).unit != Holdings::of(old, None).unit
    {
        return;
    }
    match serve {
        Serve::Variant(_) | Serve::Exact(_) => {}
        Serve::Rollout(rollout) => rollout.ranges.clear(),
        Serve::Split(split) => split.shares.iter_mut().for_each(|share| share.ranges.clear()),
    }
}

fn settle_serve(serve: &mut Serve, previous: Option<&Holdings>) {
    let own = Holdings::own(serve);
    let Some(unit) = &own.unit else { return };
    let wanted: Vec<(&str, u32)> = match &*serve {
        Serve::Variant(_) | Serve::Exact(_) => return,
        Serve::Rollout(rollout) => vec![(&rollout.variant, milli(rollout.percent))],
        Serve::Split(split) => {
            split.shares.iter().map(|share| (share.variant.as_str(), milli(share.percent))).collect()
        }
    };
    let brought = own.shares.iter().any(|(_, ranges)| !ranges.is_empty());
    if brought && matches_percents(&own, &wanted) {
        return;
    }
    let none = Holdings::default();
    let base = if brought {
        &own
    } else {
        previous.filter(|held| held.unit.as_ref().is_none_or(|held| held == unit)).unwrap_or(&none)
    };
    let base: Vec<&[(u64, u64)]> = wanted.iter().map(|(variant, _)| base.get(variant)).collect();
    let percents: Vec<u32> = wanted.iter().map(|(_, milli)| *milli).collect();
    let mut ranges = reallocate(&base, &percents).into_iter();
    match serve {
        Serve::Variant(_) | Serve::Exact(_) => {}
        Serve::Rollout(rollout) => rollout.ranges = ranges.next().unwrap_or_default(),
        Serve::Split(split) => {
            for (share, ranges) in split.shares.iter_mut().zip(ranges) {
                share.ranges = ranges;
            }
        }
    }
}

fn matches_percents(held: &Holdings, wanted: &[(&str, u32)]) -> bool {
    let whole = wanted.iter().map(|(_, milli)| *milli).sum::<u32>() == MILLI_PERCENT;
    let total: u64 = wanted.iter().map(|(variant, _)| size(held.get(variant))).sum();
    (!whole || total == BUCKETS) && wanted.iter().all(|(variant, milli)| is_size_of(size(held.get(variant)), *milli))
}

/// Whether a size is that of a percentage, up to rounding; nobody and everybody are exact.
fn is_size_of(size: u64, milli: u32) -> bool {
    match milli {
        0 => size == 0,
        MILLI_PERCENT => size == BUCKETS,
        _ => {
            let (scaled, exact) = (size * u64::from(MILLI_PERCENT), u64::from(milli) * BUCKETS);
            scaled.abs_diff(exact) <= SLACK * u64::from(MILLI_PERCENT)
        }
    }
}

/// New ranges for each variant from those it held and its new thousandths of a percent (at most 100,000 together).
/// The ranges held must be disjoint.
pub fn reallocate(held: &[&[(u64, u64)]], milli: &[u32]) -> Vec<Ranges> {
    let sizes = sizes(held, milli);
    let mut kept: Vec<Ranges> = held.iter().zip(&sizes).map(|(held, size)| first(held, *size)).collect();
    let all: Ranges = kept.iter().flatten().copied().collect();
    let mut free = complement(&all).into_iter();
    let mut current = free.next();
    for (ranges, wanted) in kept.iter_mut().zip(&sizes) {
        let mut missing = wanted.saturating_sub(size(ranges));
        while missing > 0 {
            // The sizes are at most the bucket together, so what is free is enough.
            let Some((lo, hi)) = current else { break };
            let take = missing.min(hi - lo);
            append(ranges, (lo, lo + take));
            missing -= take;
            current = if lo + take < hi { Some((lo + take, hi)) } else { free.next() };
        }
    }
    kept
}

/// How many buckets each variant gets. Those whose share did not change keep their size to the last bucket; the others
/// divide what is left in proportion, so that a whole split covers the whole bucket.
fn sizes(held: &[&[(u64, u64)]], milli: &[u32]) -> Vec<u64> {
    let mut fixed: Vec<Option<u64>> =
        held.iter().zip(milli).map(|(held, milli)| Some(size(held)).filter(|size| is_size_of(*size, *milli))).collect();
    let total = threshold(milli.iter().sum());
    if fixed.iter().all(Option::is_some) && fixed.iter().flatten().sum::<u64>() != total && milli.len() > 1 {
        fixed = milli.iter().map(|milli| (*milli == 0).then_some(0)).collect();
    }
    let left = total.saturating_sub(fixed.iter().flatten().sum());
    let weight: u64 = fixed.iter().zip(milli).filter(|(fixed, _)| fixed.is_none()).map(|(_, m)| u64::from(*m)).sum();
    let mut cumulative = 0;
    let mut given = 0;
    fixed
        .iter()
        .zip(milli)
        .map(|(fixed, milli)| {
            fixed.unwrap_or_else(|| {
                cumulative += u64::from(*milli);
                let end = if weight == 0 { 0 } else { (cumulative * left).div_ceil(weight) };
                let size = end - given;
                given = end;
                size
            })
        })
        .collect()
}

/// The first buckets of ranges, in their order.
fn first(ranges: &[(u64, u64)], mut wanted: u64) -> Ranges {
    let mut kept = Ranges::new();
    for (lo, hi) in ranges {
        let take = wanted.min(hi - lo);
        if take > 0 {
            append(&mut kept, (*lo, lo + take));
        }
        wanted -= take;
    }
    kept
}

fn append(ranges: &mut Ranges, range: (u64, u64)) {
    match ranges.last_mut() {
        Some(last) if last.1 == range.0 => last.1 = range.1,
        _ => ranges.push(range),
    }
}

/// The buckets in none of the ranges, ascending.
pub(crate) fn complement(ranges: &[(u64, u64)]) -> Ranges {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let mut free = Ranges::new();
    let mut end = 0;
    for (lo, hi) in sorted {
        if lo > end {
            free.push((end, lo));
        }
        end = end.max(hi);
    }
    if end < BUCKETS {
        free.push((end, BUCKETS));
    }
    free
}
