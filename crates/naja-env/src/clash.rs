//! Files that two distributions of one plan claim.
//!
//! The later one by name wins. The loser's file is kept aside and returns when the winner goes;
//! equal files, such as an empty `__init__.py` of a shared package, are no clash.

use naja_spec::Sha256;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::apply::ApplyWarning;
use crate::layout::{Layout, Treatment};
use crate::roots::{Place, Roots};

/// A file of a layout: of the wheel, or generated.
#[derive(Debug, Clone, Copy)]
enum Claim {
    Wheel(u32),
    Generated(usize),
}

/// Who has claimed a place so far.
struct Holder {
    layout: usize,
    claim: Claim,
    sha256: Sha256,
}

/// Finds the clashes among layouts, which are sorted by name, and settles each.
pub(crate) fn settle(layouts: &mut [Layout<'_>], roots: &Roots, warnings: &mut Vec<ApplyWarning>) {
    let shared = shared_tops(layouts);
    if shared.is_empty() {
        return;
    }
    let mut holders: FxHashMap<Place, Holder> = FxHashMap::default();
    for at in 0..layouts.len() {
        for (place, claim, sha256) in claims(&layouts[at], &shared) {
            let new = Holder {
                layout: at,
                claim,
                sha256,
            };
            let Some(old) = holders.insert(place.clone(), new) else {
                continue;
            };
            let treatment = if old.sha256 == sha256 {
                Treatment::Shared
            } else {
                Treatment::Aside
            };
            if treatment == Treatment::Aside {
                warnings.push(ApplyWarning::Clash {
                    path: roots.path(&place),
                    winner: layouts[at].name().clone(),
                    loser: layouts[old.layout].name().clone(),
                });
            }
            lose(&mut layouts[old.layout], old.claim, treatment);
        }
    }
}

fn lose(layout: &mut Layout<'_>, claim: Claim, treatment: Treatment) {
    match claim {
        Claim::Wheel(index) => {
            layout.treatments.insert(index, treatment);
        }
        // Written twice with the same text is as good as once.
        Claim::Generated(index) => layout.generated[index].aside = true,
    }
}

/// Finds the first components below the directories of the scheme that several layouts use.
fn shared_tops(layouts: &[Layout<'_>]) -> FxHashSet<Place> {
    let mut seen: FxHashMap<Place, usize> = FxHashMap::default();
    let mut shared = FxHashSet::default();
    for (at, layout) in layouts.iter().enumerate() {
        let mut tops: FxHashSet<Place> = layout
            .generated
            .iter()
            .map(|file| file.place.clone())
            .collect();
        for dir in layout.manifest().dirs() {
            let Some(place) = &layout.dirs[dir.index as usize] else {
                continue;
            };
            match place.below(&layout.site) {
                Some(top) if !top.is_empty() && !top.contains('/') => {
                    tops.insert(place.clone());
                }
                Some(deeper) if !deeper.is_empty() => {}
                _ => {
                    let files = dir
                        .files()
                        .filter_map(|index| layout.manifest().file(index));
                    tops.extend(files.map(|file| place.join(file.name)));
                }
            }
        }
        for top in tops {
            if let Some(other) = seen.insert(top.clone(), at)
                && other != at
            {
                shared.insert(top);
            }
        }
    }
    shared
}

/// Lists the files of a layout at or below the shared names.
fn claims(layout: &Layout<'_>, shared: &FxHashSet<Place>) -> Vec<(Place, Claim, Sha256)> {
    let mut found = Vec::new();
    let manifest = layout.manifest();
    let mut inside = vec![false; layout.dirs.len()];
    for dir in manifest.dirs() {
        let at = dir.index as usize;
        let Some(place) = &layout.dirs[at] else {
            continue;
        };
        let parent = dir.parent.is_some_and(|parent| inside[parent as usize]);
        inside[at] = parent || (dir.index != 0 && shared.contains(place));
        for (file, treatment) in layout.linked(&dir) {
            let place = place.join(file.name);
            if treatment.is_none() && (inside[at] || shared.contains(&place)) {
                found.push((place, Claim::Wheel(file.index), file.sha256));
            }
        }
    }
    for (at, file) in layout.generated.iter().enumerate() {
        if shared.contains(&file.place) {
            found.push((
                file.place.clone(),
                Claim::Generated(at),
                Sha256::of(&file.bytes),
            ));
        }
    }
    found
}
