//! Where files were before: another server with the same files does not change a lock.

use rustc_hash::FxHashMap;

use super::ProjectLock;
use crate::pylock::{FilePlace, LockedFile, LockedSource};

impl ProjectLock {
    /// Takes over, for each file that an earlier lock has with the same digests, where it was and what was said
    /// about it, so that the same content gives the same text whichever mirror it came through.
    pub fn keep_places(&mut self, before: &Self) {
        let known = before.by_name();
        for (package, node) in self.file.packages.iter_mut().zip(&self.nodes) {
            let earlier = known.get(&package.name).into_iter().flatten();
            let earlier = earlier
                .map(|at| (&before.file.packages[*at], &before.nodes[*at]))
                .find(|(one, of)| one.version == package.version && of.index == node.index);
            let Some((earlier, _)) = earlier else {
                continue;
            };
            let (Some(known), LockedSource::Files { sdist, wheels }) =
                (files(&earlier.source), &mut package.source)
            else {
                continue;
            };
            let mut all_kept = true;
            for file in sdist.iter_mut().chain(wheels) {
                let kept = known.get(file.name.as_str());
                match kept.filter(|kept| is_same(kept, file)) {
                    Some(kept) => *file = (*kept).clone(),
                    None => all_kept = false,
                }
            }
            if all_kept {
                package.index.clone_from(&earlier.index);
            }
        }
    }
}

fn files(source: &LockedSource) -> Option<FxHashMap<&str, &LockedFile>> {
    let LockedSource::Files { sdist, wheels } = source else {
        return None;
    };
    let all = sdist.iter().chain(wheels);
    Some(all.map(|file| (file.name.as_str(), file)).collect())
}

/// Whether two entries are about one file of the network: digests that can be compared are the same, and one at
/// least can be.
fn is_same(kept: &LockedFile, new: &LockedFile) -> bool {
    let both_remote = [&kept.place, &new.place]
        .iter()
        .all(|place| matches!(place, FilePlace::Url(_)));
    let mut alike = 0;
    for digest in &new.hashes {
        let known = kept.hashes.iter();
        let mut known = known.filter(|known| known.algorithm() == digest.algorithm());
        match known.next() {
            Some(known) if known == digest && digest.is_secure() => alike += 1,
            Some(known) if known != digest => return false,
            _ => {}
        }
    }
    let sizes = match (kept.size, new.size) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    both_remote && sizes && alike > 0
}
