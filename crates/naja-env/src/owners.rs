//! Which installed distributions list a path.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::installed::{DistKind, InstalledDist, read_limited};
use crate::recorded;
use crate::roots::{Place, Roots};

/// The distributions that list each of the paths asked for, in their order.
pub(crate) type Owners<'a> = FxHashMap<Place, Vec<&'a InstalledDist>>;

/// Reads the RECORDs of distributions and keeps who lists the places of `interest`.
pub(crate) fn owners_of<'a>(
    interest: &FxHashSet<Place>,
    dists: &[&'a InstalledDist],
    roots: &Roots,
) -> Owners<'a> {
    let mut owners = Owners::default();
    if interest.is_empty() {
        return owners;
    }
    // Most rows are about files of other names, which is told at once.
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let names: FxHashSet<String> = interest.iter().map(|place| last(&place.path)).collect();
    for dist in dists
        .iter()
        .filter(|dist| dist.kind() == DistKind::DistInfo)
    {
        let Some(site) = roots.site(dist.site_dir()) else {
            continue;
        };
        let Ok(bytes) = read_limited(&dist.path().join("RECORD")) else {
            continue;
        };
        let text = String::from_utf8_lossy(&bytes);
        for path in recorded::paths(&text) {
            if is_other(&path, &names) {
                continue;
            }
            let Some(place) = roots.locate_recorded(&site, &path) else {
                continue;
            };
            if interest.contains(&place) {
                owners.entry(place).or_default().push(dist);
            }
        }
    }
    owners
}

/// Whether a recorded path is certainly none of those with these last names. Names that lead upwards, and file systems
/// with more than one separator, need a closer look.
fn is_other(path: &str, names: &FxHashSet<String>) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    cfg!(unix) && !matches!(name, "" | "." | "..") && !names.contains(name)
}
