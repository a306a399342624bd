//! The targets without libFuzzer: seeds, and a fixed series of mutations of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::TARGETS;

/// Mutations of each seed; `NAJA_FUZZ_ROUNDS` asks for another number.
fn rounds() -> u64 {
    option_env!("NAJA_FUZZ_ROUNDS")
        .and_then(|text| text.parse().ok())
        .unwrap_or(300)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(root().join("seeds").join(target)).expect("a directory of seeds");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| (path.clone(), fs::read(path).expect("a seed")))
        .collect()
}

/// SplitMix64: the same series on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let length = random.below(12).min(bytes.len() - at);
        match random.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 if at < bytes.len() => bytes[at] = random.next() as u8,
            2 => drop(bytes.drain(at..at + length)),
            3 => {
                let piece = bytes[at..at + length].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            4 => {
                let from = random.below(other.len() + 1);
                let piece = &other[from..(from + random.below(40)).min(other.len())];
                bytes.splice(at..at, piece.iter().copied());
            }
            5 => {
                let odd = [
                    "\n",
                    "\\",
                    "\"",
                    "'",
                    "(",
                    ")",
                    "[",
                    ",",
                    ";",
                    "#",
                    "é",
                    "\u{2028}",
                    "\0",
                    "\r\n",
                    "99999999999999999999",
                    "é̈",
                    "${A}",
                    "://",
                    "@",
                ];
                bytes.splice(at..at, odd[random.below(odd.len())].bytes());
            }
            _ => bytes.truncate(at),
        }
    }
}

#[test]
fn every_target_has_seeds_and_a_program() {
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let found = |dir: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(root().join(dir)).expect("a directory");
        let stem = |path: PathBuf| {
            path.file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
        };
        entries
            .filter_map(|entry| stem(entry.expect("an entry").path()))
            .collect()
    };
    assert_eq!(found("fuzz_targets"), names);
    assert_eq!(found("seeds"), names);
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest");
    for name in &names {
        assert!(
            manifest.contains(&format!("\"fuzz_targets/{name}.rs\"")),
            "{name}"
        );
    }
}

#[test]
fn seeds_and_their_mutations() {
    for (name, target) in TARGETS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name}");
        target(&[]);
        let mut random = Random(1);
        for (at, (_, seed)) in seeds.iter().enumerate() {
            target(seed);
            let (_, other) = &seeds[(at + 1) % seeds.len()];
            for _ in 0..rounds() {
                let mut bytes = seed.clone();
                mutate(&mut bytes, other, &mut random);
                let shown = bytes.clone();
                let run = std::panic::catch_unwind(|| target(&bytes));
                assert!(run.is_ok(), "{name}: {}", shown.escape_ascii());
            }
        }
    }
}
