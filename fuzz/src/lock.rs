//! Targets of `naja-lock`.

use naja_lock::Pylock;
use naja_lock::pylock::LockTarget;
use naja_spec::{
    ImplementationTags, Marker, MarkerSet, Platform, TargetPlatform, compatible_tags,
};

use crate::spec::environment;
use crate::text;

/// Lock files: what is written is read again as the same, selection does not panic.
pub fn pylock(data: &[u8]) {
    let lock = match Pylock::parse(&text(data)) {
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
