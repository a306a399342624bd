//! Members of a workspace that are packages because others need them.

use std::sync::Arc;

use naja_spec::PackageName;
use rustc_hash::FxHashSet;

use super::{Declared, GroupEntry, Manifest, Member, SourceKind};

/// Makes members packages that have no build system and that other members need from the workspace, unless they say
/// that they are none: who names a package wants to import it. It is then built as projects were before build systems.
pub(super) fn mark(root: &Manifest, members: &mut [Member]) {
    let is_undecided = |member: &&Member| {
        let manifest = &member.manifest;
        manifest.project.is_some() && !manifest.has_build_system && manifest.tool.package.is_none()
    };
    let undecided: FxHashSet<PackageName> = members
        .iter()
        .filter(is_undecided)
        .map(|member| member.name.clone())
        .collect();
    if undecided.is_empty() {
        return;
    }
    let mut needed = FxHashSet::default();
    for member in members.iter() {
        for one in declared(&member.manifest) {
            let name = &one.requirement.name;
            if *name != member.name
                && undecided.contains(name)
                && is_from_workspace((root, &member.manifest), name)
            {
                needed.insert(name.clone());
            }
        }
    }
    for member in members.iter_mut().filter(|one| needed.contains(&one.name)) {
        Arc::make_mut(&mut member.manifest).tool.package = Some(true);
    }
}

/// All that a manifest declares, whatever for.
fn declared(manifest: &Manifest) -> impl Iterator<Item = &Declared> {
    let project = manifest.project.iter();
    let of_project = project.flat_map(|project| {
        let extras = project.extras.iter().flat_map(|(_, list)| list);
        project.dependencies.iter().chain(extras)
    });
    let entries = manifest.groups.iter().flat_map(|(_, entries)| entries);
    of_project.chain(entries.filter_map(|entry| match entry {
        GroupEntry::Requirement(declared) => Some(declared),
        GroupEntry::Include { .. } => None,
    }))
}

/// Whether a package comes from the workspace, by the manifest's own sources, else by those of the root.
fn is_from_workspace((root, own): (&Manifest, &Manifest), name: &PackageName) -> bool {
    let sources = match own.sources_of(name) {
        [] => root.sources_of(name),
        own => own,
    };
    let mut kinds = sources.iter().map(|source| &source.kind);
    kinds.any(|kind| matches!(kind, SourceKind::Workspace { .. }))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn member(text: &str) -> Member {
        let manifest = Manifest::parse(text).unwrap();
        Member {
            name: manifest.project.as_ref().unwrap().name.clone(),
            dir: PathBuf::new(),
            manifest: Arc::new(manifest),
        }
    }

    fn packages(texts: &[&str]) -> Vec<String> {
        let mut members: Vec<Member> = texts.iter().map(|text| member(text)).collect();
        let root = Arc::clone(&members[0].manifest);
        mark(&root, &mut members);
        let packages = members.iter().filter(|member| member.manifest.is_package());
        packages.map(|member| member.name.to_string()).collect()
    }

    const OWL: &str = "[project]\nname = 'owl'\nversion = '1'\n";
    const SOURCE: &str = "[tool.uv.sources]\nowl = { workspace = true }\n";

    #[test]
    fn who_is_needed_is_a_package() {
        let needs = "[project]\nname = 'harry'\nversion = '1'\ndependencies = ['owl']\n";
        assert_eq!(packages(&[&format!("{needs}{SOURCE}"), OWL]), ["owl"]);
        assert!(packages(&[needs, OWL]).is_empty(), "it comes from an index");
        let says_no = format!("{OWL}[tool.uv]\npackage = false\n");
        assert!(packages(&[&format!("{needs}{SOURCE}"), &says_no]).is_empty());
        assert!(
            packages(&[&format!("{OWL}{SOURCE}")]).is_empty(),
            "nobody needs it"
        );
    }

    #[test]
    fn groups_extras_and_sources_of_the_root_count() {
        let root = format!("[project]\nname = 'harry'\nversion = '1'\n{SOURCE}");
        let group = "[project]\nname = 'ron'\nversion = '1'\n[dependency-groups]\ndev = ['owl']\n";
        let extra = "[project]\nname = 'ron'\nversion = '1'\n[project.optional-dependencies]\nx = ['owl']\n";
        for other in [group, extra] {
            assert_eq!(packages(&[&root, other, OWL]), ["owl"]);
        }
    }
}
