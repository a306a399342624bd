//! Two SHA-256 computations at once: the processor's instructions for it take long to answer
//! but can be asked again meanwhile, so that the second costs next to nothing.

use sha2::block_api::compress256;

/// The unit SHA-256 works in.
pub(crate) type Block = [u8; 64];

/// Takes the same number of blocks into two states; blocks that only one side has are left out.
pub(crate) fn compress_two(states: &mut [[u32; 8]; 2], first: &[Block], second: &[Block]) {
    let count = first.len().min(second.len());
    let (first, second) = (&first[..count], &second[..count]);
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("sha")
        && std::arch::is_x86_feature_detected!("sse4.1")
        && std::arch::is_x86_feature_detected!("ssse3")
    {
        // SAFETY: the processor has every feature the function is compiled for.
        unsafe { x86::compress_two(states, first, second) };
        return;
    }
    let [one, two] = states;
    compress256(one, first);
    compress256(two, second);
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_blend_epi16, _mm_loadu_si128, _mm_set_epi32,
        _mm_set_epi64x, _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32,
        _mm_shuffle_epi8, _mm_shuffle_epi32, _mm_storeu_si128,
    };

    use super::Block;

    /// The round constants (FIPS 180-4, 4.2.2), four to a row.
    const ROUNDS: [[u32; 4]; 16] = [
        [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5],
        [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5],
        [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3],
        [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
        [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc],
        [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da],
        [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7],
        [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
        [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13],
        [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85],
        [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3],
        [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
        [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5],
        [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3],
        [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208],
        [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
    ];

    /// One computation, its eight words in the order the instructions want.
    #[derive(Clone, Copy)]
    struct Lane {
        abef: __m128i,
        cdgh: __m128i,
    }

    /// Four words of the message schedule of each computation.
    type Words = [__m128i; 2];

    #[target_feature(enable = "sha,sse4.1,ssse3")]
    pub(super) fn compress_two(states: &mut [[u32; 8]; 2], first: &[Block], second: &[Block]) {
        let mut lanes = [load(&states[0]), load(&states[1])];
        for (first, second) in first.iter().zip(second) {
            let before = lanes;
            let (first, second) = (first.as_chunks::<16>().0, second.as_chunks::<16>().0);
            // Written out and without closures, so that all of it stays in registers.
            let mut w0 = [words(&first[0]), words(&second[0])];
            let mut w1 = [words(&first[1]), words(&second[1])];
            let mut w2 = [words(&first[2]), words(&second[2])];
            let mut w3 = [words(&first[3]), words(&second[3])];
            four_rounds(&mut lanes, w0, &ROUNDS[0]);
            four_rounds(&mut lanes, w1, &ROUNDS[1]);
            four_rounds(&mut lanes, w2, &ROUNDS[2]);
            four_rounds(&mut lanes, w3, &ROUNDS[3]);
            for rounds in ROUNDS[4..].as_chunks::<4>().0 {
                w0 = extend([w0, w1, w2, w3]);
                four_rounds(&mut lanes, w0, &rounds[0]);
                w1 = extend([w1, w2, w3, w0]);
                four_rounds(&mut lanes, w1, &rounds[1]);
                w2 = extend([w2, w3, w0, w1]);
                four_rounds(&mut lanes, w2, &rounds[2]);
                w3 = extend([w3, w0, w1, w2]);
                four_rounds(&mut lanes, w3, &rounds[3]);
            }
            lanes = [add(lanes[0], before[0]), add(lanes[1], before[1])];
        }
        *states = [store(lanes[0]), store(lanes[1])];
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn four_rounds(lanes: &mut [Lane; 2], words: Words, constants: &[u32; 4]) {
        let constants = row(constants);
        let one = _mm_add_epi32(words[0], constants);
        let two = _mm_add_epi32(words[1], constants);
        let [first, second] = lanes;
        first.cdgh = _mm_sha256rnds2_epu32(first.cdgh, first.abef, one);
        second.cdgh = _mm_sha256rnds2_epu32(second.cdgh, second.abef, two);
        let (one, two) = (_mm_shuffle_epi32(one, 0x0e), _mm_shuffle_epi32(two, 0x0e));
        first.abef = _mm_sha256rnds2_epu32(first.abef, first.cdgh, one);
        second.abef = _mm_sha256rnds2_epu32(second.abef, second.cdgh, two);
    }

    /// The next four words of both schedules, from the last sixteen, the oldest first.
    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn extend(last: [Words; 4]) -> Words {
        let [a, b, c, d] = last;
        [
            next([a[0], b[0], c[0], d[0]]),
            next([a[1], b[1], c[1], d[1]]),
        ]
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn next([oldest, older, newer, newest]: [__m128i; 4]) -> __m128i {
        let sum = _mm_sha256msg1_epu32(oldest, older);
        let sum = _mm_add_epi32(sum, _mm_alignr_epi8(newest, newer, 4));
        _mm_sha256msg2_epu32(sum, newest)
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn add(one: Lane, other: Lane) -> Lane {
        Lane {
            abef: _mm_add_epi32(one.abef, other.abef),
            cdgh: _mm_add_epi32(one.cdgh, other.cdgh),
        }
    }

    /// Four big-endian words of a block.
    #[inline]
    #[target_feature(enable = "ssse3")]
    fn words(bytes: &[u8; 16]) -> __m128i {
        let order = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
        _mm_shuffle_epi8(from_bytes(bytes), order)
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn from_bytes(bytes: &[u8; 16]) -> __m128i {
        // SAFETY: reads sixteen bytes, of any alignment, from an array of sixteen.
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn row(words: &[u32; 4]) -> __m128i {
        // SAFETY: reads sixteen bytes, of any alignment, from an array of four words.
        unsafe { _mm_loadu_si128(words.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn load(state: &[u32; 8]) -> Lane {
        let [a, b, c, d, e, f, g, h] = state.map(u32::cast_signed);
        Lane {
            abef: _mm_set_epi32(a, b, e, f),
            cdgh: _mm_set_epi32(c, d, g, h),
        }
    }

    #[inline]
    #[target_feature(enable = "sha,sse4.1,ssse3")]
    fn store(lane: Lane) -> [u32; 8] {
        let feba = _mm_shuffle_epi32(lane.abef, 0x1b);
        let dchg = _mm_shuffle_epi32(lane.cdgh, 0xb1);
        let halves = [
            _mm_blend_epi16(feba, dchg, 0xf0),
            _mm_alignr_epi8(dchg, feba, 8),
        ];
        let mut state = [0; 8];
        for (words, half) in state.as_chunks_mut::<4>().0.iter_mut().zip(halves) {
            // SAFETY: writes sixteen bytes, of any alignment, into an array of four words.
            unsafe { _mm_storeu_si128(words.as_mut_ptr().cast(), half) };
        }
        state
    }
}
