//! Which installed distributions list a path.

use std::borrow::Cow;
use std::num::NonZeroUsize;

use memchr::memchr;
use naja_store::parts::{Sharing, each_part};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::installed::{DistKind, InstalledDist, read_limited};
use crate::recorded;
use crate::roots::{Place, Roots};

/// The distributions that list each of the paths asked for, in their order.
pub(crate) type Owners<'a> = FxHashMap<Place, Vec<&'a InstalledDist>>;

/// How many RECORDs a thread reads at least.
const RECORDS_FOR_A_THREAD: usize = 24;

/// Reads the RECORDs of distributions, with several threads where there are many, and keeps who lists the places of
/// `interest`.
pub(crate) fn owners_of<'a>(
    interest: &FxHashSet<Place>,
    dists: &[&'a InstalledDist],
    roots: &Roots,
    threads: NonZeroUsize,
) -> Owners<'a> {
    if interest.is_empty() {
        return Owners::default();
    }
    let sharing = Sharing {
        threads: threads.get(),
        least: RECORDS_FOR_A_THREAD,
    };
    let parts = each_part(dists, sharing, |part| listed_by(part, interest, roots));
    let mut parts = parts.into_iter();
    let mut owners = parts.next().unwrap_or_default();
    for (place, dists) in parts.flatten() {
        owners.entry(place).or_default().extend(dists);
    }
    owners
}

fn listed_by<'a>(
    dists: &[&'a InstalledDist],
    interest: &FxHashSet<Place>,
    roots: &Roots,
) -> Owners<'a> {
    let mut owners = Owners::default();
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
        let firsts = firsts_below(&site, interest);
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => String::from_utf8_lossy(&bytes),
        };
        each_candidate(&text, &firsts, |path| {
            if is_other(path, &names) {
                return;
            }
            if let Some(place) = roots.locate_recorded(&site, path)
                && interest.contains(&place)
            {
                owners.entry(place).or_default().push(dist);
            }
        });
    }
    owners
}

/// The first parts of the paths from a directory of packages to those places that lie in it.
fn firsts_below<'p>(site: &Place, places: &'p FxHashSet<Place>) -> FxHashSet<&'p [u8]> {
    let below = places.iter().filter_map(|place| place.below(site));
    below.map(|path| first_part(path.as_bytes())).collect()
}

fn first_part(path: &[u8]) -> &[u8] {
    memchr(b'/', path).map_or(path, |end| &path[..end])
}

/// Hands out the paths of a RECORD of which the first part is one of these; and those of which it cannot be told by
/// its text: they lead upwards, are absolute or quoted, or have an odd form.
fn each_candidate(text: &str, firsts: &FxHashSet<&[u8]>, mut take: impl FnMut(&str)) {
    if cfg!(not(unix)) || memchr(b'"', text.as_bytes()).is_some() {
        recorded::paths(text).for_each(|path| take(&path));
        return;
    }
    let climbs = text.contains("..");
    // Neighbours mostly lie in one directory: what was passed over once is passed over again.
    let mut passed: &[u8] = b"";
    let mut rest = text;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |end| end + 1);
        let (line, after) = rest.split_at(end);
        rest = after;
        let is_odd = line.starts_with(['/', '.']) || (climbs && line.contains(".."));
        if !is_odd {
            if !passed.is_empty() && line.as_bytes().starts_with(passed) {
                continue;
            }
            let first = first_part(line.as_bytes());
            if first.len() < line.len() && !first.contains(&b',') && !firsts.contains(first) {
                passed = &line.as_bytes()[..=first.len()];
                continue;
            }
        }
        recorded::paths(line).for_each(|path| take(&path));
    }
}

/// Whether a recorded path is certainly none of those with these last names. Names that lead upwards, and file systems
/// with more than one separator, need a closer look.
fn is_other(path: &str, names: &FxHashSet<String>) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    cfg!(unix) && !matches!(name, "" | "." | "..") && !names.contains(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(text: &str, firsts: &[&str]) -> Vec<String> {
        let firsts = firsts.iter().map(|first| first.as_bytes()).collect();
        let mut found = Vec::new();
        each_candidate(text, &firsts, |path| found.push(path.to_owned()));
        found
    }

    #[test]
    fn what_lies_elsewhere_is_passed_over() {
        let text = "a/x.py,sha256=s,1\na/y.py,,\nb/x.py,,\nb,c/x.py,,\nsix.py,,\n../../bin/x,,\nb/../a/z.py,,\n";
        let odd = ["b", "six.py", "../../bin/x", "b/../a/z.py"];
        // Where there are two separators each is looked at.
        let passed = found(text, &["c"]);
        assert_eq!(passed[passed.len() - odd.len()..], odd);
        assert_eq!(passed.len() == odd.len(), cfg!(unix));
        assert_eq!(found(text, &["a"])[..2], ["a/x.py", "a/y.py"]);
        assert_eq!(found("\"a/x\"\"y.py\",,\n", &[])[..], ["a/x\"y.py"]);
    }

    proptest! {
        /// Nothing that has one of the first parts is passed over, and what is handed out is a path of the RECORD.
        #[test]
        fn nothing_that_fits_is_passed_over(
            rows in proptest::collection::vec("(a|b|ab|\\.|\\.\\.|)(/(a|b|\\.\\.|,)?){0,2}(,x)?\r?", 0..8),
        ) {
            let text = rows.join("\n");
            let all: Vec<String> = recorded::paths(&text).map(Cow::into_owned).collect();
            let fits = |path: &&String| path.split('/').next() == Some("a") || path.contains("..") || path.starts_with('/');
            let wanted: Vec<&String> = all.iter().filter(fits).collect();
            let found = found(&text, &["a"]);
            prop_assert!(wanted.iter().all(|path| found.contains(path)), "{:?} {:?}", wanted, found);
            prop_assert!(found.iter().all(|path| all.contains(path)));
        }
    }
}
