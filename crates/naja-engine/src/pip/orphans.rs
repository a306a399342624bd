//! What nobody needs any more once something else is gone.

use std::collections::BTreeSet;

use naja_env::{EnvState, Environment, InstalledDist};
use naja_spec::{CoreMetadata, MarkerEnvironment, PackageName};
use rustc_hash::FxHashMap;

/// Tools that are in an environment for its own sake.
const SEEDS: [&str; 4] = ["pip", "setuptools", "wheel", "uv"];

/// The distributions that came only because `going` needed them, and that nothing else needs: not
/// asked for by name (`REQUESTED`), and no extra of what stays leads to them.
///
/// # Errors
/// The name of a distribution whose metadata cannot be read: nobody knows what it needs.
pub(super) fn of(
    env: &Environment,
    state: &EnvState,
    going: &[PackageName],
) -> Result<Vec<PackageName>, PackageName> {
    let markers = &env.interpreter().markers;
    let mut needs: FxHashMap<&PackageName, BTreeSet<PackageName>> = FxHashMap::default();
    for dist in state.visible() {
        let metadata = dist.read_metadata().map_err(|_bad| dist.name().clone())?;
        needs.insert(dist.name(), needed_by(&metadata, markers));
    }
    let may_go = |dist: &InstalledDist| {
        dist.is_owned() && !dist.is_requested() && !SEEDS.contains(&dist.name().as_str())
    };
    let removable: BTreeSet<&PackageName> = state
        .visible()
        .filter(|dist| may_go(dist))
        .map(InstalledDist::name)
        .collect();
    Ok(decide(&needs, &removable, going))
}

/// The names that a distribution may need here, whatever extras are in use.
fn needed_by(metadata: &CoreMetadata, markers: &MarkerEnvironment) -> BTreeSet<PackageName> {
    metadata
        .requires_dist
        .iter()
        .filter(|requirement| requirement.applies(markers, &metadata.provides_extra))
        .map(|requirement| requirement.name.clone())
        .collect()
}

/// What goes: everything that can be reached from what goes anyway, less what can be reached from
/// what stays.
fn decide(
    needs: &FxHashMap<&PackageName, BTreeSet<PackageName>>,
    removable: &BTreeSet<&PackageName>,
    going: &[PackageName],
) -> Vec<PackageName> {
    let reach = |from: Vec<PackageName>, over: &dyn Fn(&PackageName) -> bool| {
        let mut reached: BTreeSet<PackageName> = BTreeSet::new();
        let mut todo = from;
        while let Some(name) = todo.pop() {
            for next in needs.get(&name).into_iter().flatten() {
                if over(next) && reached.insert(next.clone()) {
                    todo.push(next.clone());
                }
            }
        }
        reached
    };
    let below = reach(going.to_vec(), &|name| removable.contains(name));
    let suspects: BTreeSet<PackageName> = below
        .into_iter()
        .filter(|name| !going.contains(name))
        .collect();
    let stay: Vec<PackageName> = needs
        .keys()
        .map(|name| (*name).clone())
        .filter(|name| !going.contains(name) && !suspects.contains(name))
        .collect();
    let kept = reach(stay, &|name| suspects.contains(name));
    suspects
        .into_iter()
        .filter(|name| !kept.contains(name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PackageName {
        PackageName::parse(text).unwrap()
    }

    /// Who goes with `going`; edges are `a>b`, names with `!` were asked for.
    fn decided(edges: &[&str], going: &str) -> String {
        let mut names: BTreeSet<PackageName> = BTreeSet::new();
        let mut asked: BTreeSet<PackageName> = BTreeSet::new();
        let mut pairs = Vec::new();
        for edge in edges {
            let ends: Vec<PackageName> = edge
                .split('>')
                .map(|end| {
                    let plain = name(end.trim_end_matches('!'));
                    if end.ends_with('!') {
                        asked.insert(plain.clone());
                    }
                    names.insert(plain.clone());
                    plain
                })
                .collect();
            if let [from, to] = ends.as_slice() {
                pairs.push((from.clone(), to.clone()));
            }
        }
        let mut needs: FxHashMap<&PackageName, BTreeSet<PackageName>> = FxHashMap::default();
        for each in &names {
            let to = pairs.iter().filter(|(from, _)| from == each);
            needs.insert(each, to.map(|(_, to)| to.clone()).collect());
        }
        let removable = names.iter().filter(|name| !asked.contains(*name)).collect();
        let gone = decide(&needs, &removable, &[name(going)]);
        let gone: Vec<_> = gone.iter().map(PackageName::as_str).collect();
        gone.join(" ")
    }

    #[test]
    fn only_what_nobody_else_needs() {
        assert_eq!(decided(&["a!>b", "b>c"], "a"), "b c");
        assert_eq!(decided(&["a!>b", "b>c", "d!>c"], "a"), "b");
        assert_eq!(decided(&["a!>b!", "b>c"], "a"), "");
        assert_eq!(decided(&["a!>b", "x"], "a"), "b");
    }

    #[test]
    fn circles_go_or_stay_as_a_whole() {
        assert_eq!(decided(&["a!>b", "b>c", "c>b"], "a"), "b c");
        assert_eq!(decided(&["a!>b", "b>c", "c>b", "d!>c"], "a"), "");
        assert_eq!(decided(&["a!>b", "b>a"], "a"), "b");
    }

    #[test]
    fn an_older_orphan_keeps_what_it_needs() {
        assert_eq!(decided(&["a!>b", "old>b"], "a"), "");
    }
}
