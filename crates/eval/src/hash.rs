//! Hash functions for bucketing: their bytes are law (`spec/evaluation.md`), unlike those of in-memory tables.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use crate::ruleset::{Bytes, Hash};

/// A hash as a big-endian number at the left end of its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Digest {
    bytes: [u8; 32],
    len: usize,
}

impl Digest {
    fn new(from: &[u8]) -> Self {
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().zip(from) {
            *place = *byte;
        }
        Self { bytes, len: from.len() }
    }

    /// The top bits, 1 to 128.
    pub(crate) fn top(&self, bits: u32) -> u128 {
        let head = self.bytes.first_chunk().map_or(0, |head| u128::from_be_bytes(*head));
        head >> (128 - bits.clamp(1, 128))
    }

    /// The first four bytes as a little-endian number.
    pub(crate) fn le32(&self) -> u128 {
        self.bytes.first_chunk().map_or(0, |head| u128::from(u32::from_le_bytes(*head)))
    }

    /// The remainder of the whole number.
    pub(crate) fn modulo(&self, modulo: u64) -> u64 {
        let modulo = u128::from(modulo);
        let bytes = self.bytes.iter().take(self.len);
        let rest = bytes.fold(0, |rest: u128, byte| (rest << 8 | u128::from(*byte)) % modulo);
        u64::try_from(rest).unwrap_or_default()
    }
}

/// Hashes a text.
pub(crate) fn digest(hash: Hash, seed: u32, bytes: Bytes, input: &str) -> Digest {
    match (bytes, hash) {
        (Bytes::Utf8, _) => digest_bytes(hash, seed, input.as_bytes()),
        (Bytes::Low8, _) => {
            #[expect(clippy::cast_possible_truncation, reason = "the low byte is wanted")]
            let bytes: Vec<u8> = input.encode_utf16().map(|unit| unit as u8).collect();
            digest_bytes(hash, seed, &bytes)
        }
        (Bytes::Utf16Units, _) => digest_units(hash, seed, input.encode_utf16().map(u32::from)),
        (Bytes::Codepoints, _) => digest_units(hash, seed, input.chars().map(u32::from)),
    }
}

fn digest_bytes(hash: Hash, seed: u32, bytes: &[u8]) -> Digest {
    match hash {
        Hash::Murmur3 => Digest::new(&Murmur3::new(seed, b"").finish(bytes).to_be_bytes()),
        Hash::Crc32 => Digest::new(&crc32fast::hash(bytes).to_be_bytes()),
        Hash::Sha1 => Digest::new(&Sha1::digest(bytes)),
        Hash::Md5 => Digest::new(&Md5::digest(bytes)),
        Hash::Sha256 => Digest::new(&Sha256::digest(bytes)),
        _ => digest_units(hash, seed, bytes.iter().map(|byte| u32::from(*byte))),
    }
}

/// The hashes that go from one whole number to the next. (The others are refused when they are compiled.)
fn digest_units(hash: Hash, seed: u32, units: impl Iterator<Item = u32>) -> Digest {
    match hash {
        Hash::Java31 => {
            let sum = units.fold(0_u32, |sum, unit| sum.wrapping_mul(31).wrapping_add(unit));
            Digest::new(&(sum ^ seed).to_be_bytes())
        }
        Hash::Fnv1a64 => {
            let sum = units.fold(0xcbf2_9ce4_8422_2325_u64, |sum, unit| {
                (sum ^ u64::from(unit)).wrapping_mul(0x0000_0100_0000_01b3)
            });
            Digest::new(&sum.to_be_bytes())
        }
        Hash::Fnv1a32Twice => {
            let mut room = [0; 10];
            Digest::new(
                &fnv1a_32(decimal(fnv1a_32(units), &mut room).iter().map(|byte| u32::from(*byte))).to_be_bytes(),
            )
        }
        _ => Digest::new(&fnv1a_32(units).to_be_bytes()),
    }
}

fn fnv1a_32(units: impl Iterator<Item = u32>) -> u32 {
    units.fold(0x811c_9dc5, |sum, unit| (sum ^ unit).wrapping_mul(0x0100_0193))
}

fn decimal(number: u32, room: &mut [u8; 10]) -> &[u8] {
    let (mut left, mut at) = (number, room.len());
    for (place, byte) in room.iter_mut().enumerate().rev() {
        *byte = b'0' + u8::try_from(left % 10).unwrap_or_default();
        left /= 10;
        at = place;
        if left == 0 {
            break;
        }
    }
    room.get(at..).unwrap_or_default()
}

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
    #[expect(clippy::cast_possible_truncation, reason = "lengths are taken modulo 2^32, blocks are 32 bits")]
    pub(crate) fn finish(self, unit: &[u8]) -> u32 {
        let mut state = self.state;
        // Blocks straddle the prefix's tail and the unit: each takes `shift` bits from before and the rest from here.
        let shift = self.tail_len * 8;
        let mut carry = u64::from(self.tail);
        let (blocks, rest) = unit.as_chunks::<4>();
        for block in blocks {
            let wide = carry | u64::from(u32::from_le_bytes(*block)) << shift;
            state = block_in(state, wide as u32);
            carry = wide >> 32;
        }
        // At most three bytes left over before and three here: a block and a tail, or a tail. An empty one changes nothing.
        let left = match unit.last_chunk::<4>() {
            // The last bytes of a longer unit, without a loop: those of the last block are shifted out.
            Some(last) => u64::from(u32::from_le_bytes(*last)) << (rest.len() * 8) >> 32,
            None => rest.iter().rev().fold(0, |left: u64, byte| left << 8 | u64::from(*byte)),
        };
        let mut left = carry | left << shift;
        if shift as usize + rest.len() * 8 >= 32 {
            state = block_in(state, left as u32);
            left >>= 32;
        }
        state ^= scramble(left as u32);
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
