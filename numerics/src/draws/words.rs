//! The 64-bit part of the hash, written once: keys of streams and rows, on the host's numbers or in code being generated.

/// Arithmetic on 64-bit words, wrapping.
pub trait Words {
    /// A word, or the value that stands for one.
    type W: Copy;

    fn plus(&mut self, a: Self::W, b: Self::W) -> Self::W;
    fn times(&mut self, a: Self::W, factor: u64) -> Self::W;
    fn xor(&mut self, a: Self::W, b: Self::W) -> Self::W;
    /// Shifted right, zeros in front.
    fn shr(&mut self, a: Self::W, bits: u32) -> Self::W;
}

/// The step between the counters of neighbouring rows: 2^64 over the golden ratio.
const ROW_STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// The finaliser of splitmix64: a bijection of 64-bit numbers in which every input bit reaches every output bit.
pub fn mix<M: Words>(m: &mut M, mut x: M::W) -> M::W {
    for (shift, factor) in [(30, 0xBF58_476D_1CE4_E5B9), (27, 0x94D0_49BB_1331_11EB)] {
        let high = m.shr(x, shift);
        x = m.xor(x, high);
        x = m.times(x, factor);
    }
    let high = m.shr(x, 31);
    m.xor(x, high)
}

/// The key of a row: its stream, and the row's ordinal in it.
pub fn key_of_row<M: Words>(m: &mut M, stream: M::W, ordinal: M::W) -> M::W {
    let step = m.times(ordinal, ROW_STEP);
    let counter = m.plus(stream, step);
    mix(m, counter)
}

/// The host's own words.
pub struct Host;

impl Words for Host {
    type W = u64;

    fn plus(&mut self, a: u64, b: u64) -> u64 {
        a.wrapping_add(b)
    }

    fn times(&mut self, a: u64, factor: u64) -> u64 {
        a.wrapping_mul(factor)
    }

    fn xor(&mut self, a: u64, b: u64) -> u64 {
        a ^ b
    }

    fn shr(&mut self, a: u64, bits: u32) -> u64 {
        a >> bits
    }
}
