//! What part of the hash is whose. Since 2026 flagd and all its SDKs calculate in whole numbers; before, each language had
//! its own arithmetic (open-feature/flagd#1872).

use yardarm_eval::ruleset::Fold;

use crate::exact::end_of;

/// One past the largest number of a hash.
const HASHES: u64 = 1 << 32;
/// One past the largest magnitude of a signed one.
const MAGNITUDES: u64 = (1 << 31) + 1;

/// How shares are calculated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shares {
    /// Whole numbers, everywhere since 2026.
    Whole,
    /// Magnitude over 2^31 - 1, doubles: Go and Python before.
    Go,
    /// Magnitude over 2^31 - 1, single precision: Java before.
    Java,
    /// Magnitude over 2^31, doubles: JavaScript before.
    JavaScript,
    /// All 32 bits over 2^32 - 1, doubles: Rust before.
    Rust,
}

impl Shares {
    /// Names for `--sdk`, and what they mean.
    pub(super) const NAMED: [(&str, Self); 6] = [
        ("flagd", Self::Whole),
        ("go-v1", Self::Go),
        ("python-v1", Self::Go),
        ("java-v1", Self::Java),
        ("javascript-v1", Self::JavaScript),
        ("rust-v1", Self::Rust),
    ];

    /// What becomes of the hash before it is compared.
    pub(super) fn fold(self) -> Fold {
        match self {
            Self::Whole | Self::Rust => Fold::None,
            Self::Go | Self::Java | Self::JavaScript => Fold::AbsI32,
        }
    }

    /// Where the parts end, each beginning where the one before ends.
    #[expect(clippy::cast_precision_loss, reason = "rounded as the SDKs round")]
    pub(super) fn ends(self, weights: &[u32], total: u64) -> Vec<u64> {
        let (mut whole, mut percent, mut single) = (0_u64, 0.0_f64, 0.0_f32);
        weights
            .iter()
            .map(|weight| {
                whole += u64::from(*weight);
                percent += f64::from(*weight) * 100.0 / total as f64;
                single += *weight as f32 * 100.0 / total as f32;
                match self {
                    // hash * total >> 32 < whole
                    Self::Whole => {
                        let end = (u128::from(whole) * u128::from(HASHES)).div_ceil(u128::from(total));
                        u64::try_from(end).unwrap_or(HASHES)
                    }
                    Self::Go => end_of(MAGNITUDES, |k| k as f64 / f64::from(i32::MAX) * 100.0 < percent),
                    Self::Java => end_of(MAGNITUDES, |k| k as f32 / i32::MAX as f32 * 100.0 < single),
                    Self::JavaScript => end_of(MAGNITUDES, |k| k as f64 / 2_147_483_648.0 * 100.0 < percent),
                    Self::Rust => end_of(HASHES, |k| k as f64 / f64::from(u32::MAX) * 100.0 < percent),
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_end_where_each_language_puts_them() {
        for (shares, first, last) in [
            (Shares::Whole, 1 << 31, 1 << 32),
            // 100 % is never reached, so the largest numbers are nobody's.
            (Shares::Go, 1 << 30, i32::MAX as u64),
            (Shares::JavaScript, 1 << 30, 1 << 31),
            (Shares::Rust, 1 << 31, u64::from(u32::MAX)),
        ] {
            assert_eq!(shares.ends(&[1, 1], 2), [first, last], "{shares:?}");
        }
        // Single precision knows no number between 2^30 - 64 and 2^30.
        let java = Shares::Java.ends(&[1, 1], 2);
        assert!(java[0] < 1 << 30 && java[0] > (1 << 30) - 128, "{java:?}");
    }
}
