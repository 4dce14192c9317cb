//! Hash functions for bucketing: their bytes are law (`spec/evaluation.md`), unlike those of in-memory tables.

const C1: u32 = 0xcc9e_2d51;
const C2: u32 = 0x1b87_3593;

/// `MurmurHash3_x86_32` with the bytes before the unit already taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Murmur3 {
    state: u32,
    /// Bytes of the prefix that do not fill a block, lowest first.
    tail: u32,
    tail_len: u32,
    /// Of the whole prefix; the algorithm mixes in the length modulo 2^32.
    len: u32,
}

impl Murmur3 {
    #[expect(clippy::cast_possible_truncation, reason = "the length is taken modulo 2^32, a tail is at most 3")]
    pub(crate) fn new(seed: u32, prefix: &[u8]) -> Self {
        let (blocks, rest) = prefix.as_chunks::<4>();
        let state = blocks.iter().fold(seed, |state, block| block_in(state, u32::from_le_bytes(*block)));
        let tail = rest.iter().rev().fold(0, |tail, byte| tail << 8 | u32::from(*byte));
        Self { state, tail, tail_len: rest.len() as u32, len: prefix.len() as u32 }
    }

    /// The hash of the prefix and `unit` together.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the length is taken modulo 2^32")]
    pub(crate) fn finish(self, unit: &[u8]) -> u32 {
        let mut state = self.state;
        // Blocks straddle the prefix's tail and the unit: each takes `shift` bits from before and the rest from here.
        let shift = self.tail_len * 8;
        let mut carry = self.tail;
        let (blocks, rest) = unit.as_chunks::<4>();
        if shift == 0 {
            for block in blocks {
                state = block_in(state, u32::from_le_bytes(*block));
            }
        } else {
            for block in blocks {
                let word = u32::from_le_bytes(*block);
                state = block_in(state, carry | word << shift);
                carry = word >> (32 - shift);
            }
        }
        let mut filled = shift;
        for byte in rest {
            carry |= u32::from(*byte) << filled;
            filled += 8;
            if filled == 32 {
                state = block_in(state, carry);
                carry = 0;
                filled = 0;
            }
        }
        if filled > 0 {
            state ^= scramble(carry);
        }
        state ^= self.len.wrapping_add(unit.len() as u32);
        state ^= state >> 16;
        state = state.wrapping_mul(0x85eb_ca6b);
        state ^= state >> 13;
        state = state.wrapping_mul(0xc2b2_ae35);
        state ^ state >> 16
    }
}

#[inline]
fn scramble(block: u32) -> u32 {
    block.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2)
}

#[inline]
fn block_in(state: u32, block: u32) -> u32 {
    (state ^ scramble(block)).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn murmur(seed: u32, text: &str) -> u32 {
        Murmur3::new(seed, b"").finish(text.as_bytes())
    }

    #[test]
    fn published_vectors() {
        // Appleby's reference implementation, as collected in many test suites.
        for (seed, text, hash) in [
            (0, "", 0),
            (1, "", 0x514E_28B7),
            (0xffff_ffff, "", 0x81F1_6F39),
            (0, "\0\0\0\0", 0x2362_F9DE),
            (0x9747_b28c, "aaaa", 0x5A97_808A),
            (0x9747_b28c, "aaa", 0x283E_0130),
            (0x9747_b28c, "aa", 0x5D21_1726),
            (0x9747_b28c, "a", 0x7FA0_9EA6),
            (0x9747_b28c, "abcd", 0xF047_8627),
            (0x9747_b28c, "abc", 0xC84A_62DD),
            (0x9747_b28c, "Hello, world!", 0x2488_4CBA),
            (0x9747_b28c, "ππππππππ", 0xD580_63C1),
            (0x9747_b28c, "The quick brown fox jumps over the lazy dog", 0x2FA8_26CD),
            (0, "Feature.flexibleRollout.10:174", 3_067_997_709),
            (86_028_157, "Feature.Variants.C:232", 2_010_930_785),
            (0, "fractional-flag-shorthandjon@company.com", 618_039_204),
        ] {
            assert_eq!(murmur(seed, text), hash, "{text:?} with seed {seed}");
        }
    }

    #[test]
    fn a_prefix_may_end_anywhere() {
        let text = "b3f1-salt:user-4242-ü".as_bytes();
        let whole = Murmur3::new(7, b"").finish(text);
        for cut in 0..=text.len() {
            let (prefix, unit) = text.split_at(cut);
            assert_eq!(Murmur3::new(7, prefix).finish(unit), whole, "cut at {cut}");
        }
    }
}
