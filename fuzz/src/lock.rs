//! Targets of `naja-lock`.

use naja_lock::project::{Comparison, Sides};
use naja_lock::foreign::{ForeignKind, ForeignLock};
use naja_lock::pylock::LockTarget;
use naja_lock::{InTurn, ProjectLock, Pylock};
use naja_spec::{
    ImplementationTags, Marker, MarkerSet, Platform, TargetPlatform, compatible_tags,
};

use crate::spec::environment;
use crate::text;

/// Lock files: both readers agree, what is written is read again as the same, selection does not panic.
pub fn pylock(data: &[u8]) {
    let parsed = Pylock::parse(&text(data));
    assert_eq!(parsed, Pylock::parse_generally(&text(data)));
    assert_eq!(parsed, Pylock::parse_halved(&text(data), 0, &InTurn));
    let lock = match parsed {
        Ok(lock) => lock,
        Err(error) => return drop(error.to_string()),
    };
    let shown = lock.to_text(Some("naja"));
    let mut again = Pylock::parse(&shown).expect("what is written is a lock file");
    assert_eq!(again.to_text(Some("naja")), shown);
    again.unknown.clone_from(&lock.unknown);
    let platform: Platform = TargetPlatform::parse("linux").expect("a target").platform().clone();
    let tags = compatible_tags(&platform, &ImplementationTags::cpython(3, 12));
    for extras in [&[][..], &lock.extras] {
        let _ = lock.select(&LockTarget {
            environment: &environment(),
            tags: &tags,
            extras,
            groups: None,
        });
    }
}

/// Locks of projects with the marks of a conflict: what is put together is a lock without marks, in the same
/// way whichever side is which.
pub fn lock_merge(data: &[u8]) {
    let text = text(data);
    let Some(merged) = ProjectLock::of_conflict(&text) else {
        return;
    };
    let shown = merged.lock.to_text();
    assert!(!Sides::are_in(&shown));
    let again = ProjectLock::parse(&shown).expect("what is put together is a lock");
    assert_eq!(again.to_text(), shown);
    assert!(again.is_to_be_resolved());
    let sides = Sides::of(&text).expect("it was taken apart before");
    let read = |text: &str| ProjectLock::parse(text).expect("it was read before");
    let (ours, theirs) = (read(&sides.ours), read(&sides.theirs));
    assert!(Comparison::between(&ours, &ours).is_empty());
    let _ = Comparison::between(&ours, &theirs);
    let names = |lock: &ProjectLock| -> Vec<String> {
        let packages = lock.file.packages.iter();
        packages.map(|one| format!("{} {:?}", one.name, one.version)).collect()
    };
    let (here, there) = (
        ProjectLock::merge(None, &ours, &theirs),
        ProjectLock::merge(None, &theirs, &ours),
    );
    assert_eq!(here.open.is_empty(), there.open.is_empty());
    if here.open.is_empty() {
        assert_eq!(names(&here.lock), names(&there.lock));
    }
}

/// Sets of environments: laws, and the marker that is made of a set.
pub fn marker_set(data: &[u8]) {
    let text = text(data);
    let (first, second) = text.split_once('\n').unwrap_or((&text, "python_version < '3.9'"));
    let (Ok(first), Ok(second)) = (Marker::parse(first), Marker::parse(second)) else {
        return;
    };
    let (a, b) = (MarkerSet::from_marker(&first), MarkerSet::from_marker(&second));
    let (environment, extras) = (environment(), ["x".parse().expect("a name")]);
    let holds = |set: &MarkerSet| set.evaluate(&environment, &extras);
    assert_eq!(holds(&a.and(&b)), holds(&a) && holds(&b));
    assert_eq!(holds(&a.or(&b)), holds(&a) || holds(&b));
    assert_eq!(holds(&a.not()), !holds(&a));
    if holds(&b) {
        assert_eq!(holds(&a.simplify(&b)), holds(&a));
    }
    if a.is_disjoint(&b) {
        assert!(!(holds(&a) && holds(&b)));
    }
    assert!(a.implies(&a));
    let shown = a.to_string();
    assert!(shown == "true" || Marker::parse(&shown).is_ok(), "{shown}");
    let _ = (a.python_bounds(), a.without_extras(), a.with_extras(&extras));
}

/// Locks of other tools: the bytes as each kind.
pub fn foreign_lock(data: &[u8]) {
    let text = text(data);
    let _ = ForeignKind::of_text(&text);
    for kind in ForeignKind::ALL {
        match ForeignLock::parse(kind, &text) {
            Ok(lock) => {
                let mut names: Vec<_> = lock.packages.iter().map(|one| &one.name).collect();
                names.sort();
                for package in &lock.packages {
                    // A marker is a choice only where there are several.
                    let several = names.iter().filter(|name| ***name == package.name).count() > 1;
                    assert!(several || package.marker.is_none());
                }
            }
            Err(error) => drop(error.to_string()),
        }
    }
}

/// Locks of projects: what is written is read again as the same, and its own places are kept.
pub fn project_lock(data: &[u8]) {
    let mut lock = match ProjectLock::parse(&text(data)) {
        Ok(lock) => lock,
        Err(error) => return drop(error.to_string()),
    };
    let shown = lock.to_text();
    let again = ProjectLock::parse(&shown).expect("what is written is a lock");
    assert_eq!(again.to_text(), shown);
    lock.keep_places(&again);
    let _ = (lock.to_text(), lock.environments());
    assert!(lock.inputs.compare(&again.inputs).is_empty());
}
