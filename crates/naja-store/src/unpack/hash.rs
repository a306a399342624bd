//! The SHA-256 of two texts at once, which takes about as long as that of one.

use naja_spec::Sha256;
use sha2::block_api::compress256;

use crate::raw::sha256::{Block, compress_two};

/// The first state (FIPS 180-4, 5.3.3).
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The digests of two texts, quickest when they are about as long as each other.
pub(super) fn sha256_of_two(texts: [&[u8]; 2]) -> [Sha256; 2] {
    let mut states = [START; 2];
    let [first, second] = texts.map(|text| text.as_chunks::<64>().0);
    take_in(&mut states, first, second);
    let [first, second] = texts.map(end_of);
    take_in(&mut states, first.blocks(), second.blocks());
    states.map(digest)
}

/// Takes blocks into both states: together what both have, then the rest of the longer.
fn take_in(states: &mut [[u32; 8]; 2], first: &[Block], second: &[Block]) {
    let both = first.len().min(second.len());
    compress_two(states, &first[..both], &second[..both]);
    let [one, two] = states;
    if first.len() > both {
        compress256(one, &first[both..]);
    }
    if second.len() > both {
        compress256(two, &second[both..]);
    }
}

/// The last one or two blocks of a message.
struct End {
    blocks: [Block; 2],
    count: usize,
}

impl End {
    fn blocks(&self) -> &[Block] {
        &self.blocks[..self.count]
    }
}

/// What follows the whole blocks: the rest of the text, a one, zeros, the length in bits
/// (FIPS 180-4, 5.1.1).
fn end_of(text: &[u8]) -> End {
    let rest = text.as_chunks::<64>().1;
    let mut blocks = [[0; 64]; 2];
    let bytes = blocks.as_flattened_mut();
    bytes[..rest.len()].copy_from_slice(rest);
    bytes[rest.len()] = 0x80;
    let count = if rest.len() < 56 { 1 } else { 2 };
    let bits = (text.len() as u64).wrapping_mul(8);
    bytes[count * 64 - 8..count * 64].copy_from_slice(&bits.to_be_bytes());
    End { blocks, count }
}

fn digest(state: [u32; 8]) -> Sha256 {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut::<4>().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    Sha256(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts() -> Vec<Vec<u8>> {
        let lengths = [0, 1, 55, 56, 63, 64, 65, 119, 120, 127, 128, 1000, 4096];
        let text = |length: u32| (0..length).map(|n| (n * 31 % 251) as u8).collect();
        lengths.into_iter().map(text).collect()
    }

    #[test]
    fn agrees_at_every_kind_of_end() {
        for first in &texts() {
            for second in &texts() {
                let found = sha256_of_two([first, second]);
                assert_eq!(found, [Sha256::of(first), Sha256::of(second)]);
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_one_at_a_time(first: Vec<u8>, second: Vec<u8>) {
            let found = sha256_of_two([&first, &second]);
            prop_assert_eq!(found, [Sha256::of(&first), Sha256::of(&second)]);
        }
    }
}
