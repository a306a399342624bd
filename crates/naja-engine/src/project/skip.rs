//! What of a lock is not installed, and what is not editable.

use naja_lock::pylock::Choice;
use naja_spec::PackageName;

use super::load::Project;

/// What is locked and not installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skip {
    /// The current project itself (`--no-install-project`).
    pub project: bool,
    /// All projects of the workspace (`--no-install-workspace`).
    pub workspace: bool,
    /// Everything that comes from this machine (`--no-install-local`).
    pub local: bool,
    /// These packages (`--no-install-package`).
    pub packages: Vec<PackageName>,
    /// What alone is installed; everything if nothing is named.
    pub only: Only,
    /// Whether projects are built and installed instead of being editable (`--no-editable`).
    pub no_editable: bool,
    /// The same for these packages (`--no-editable-package`).
    pub no_editable_packages: Vec<PackageName>,
}

/// What alone is installed of a lock; the first of these that is asked for counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Only {
    /// The current project (`--only-install-project`).
    pub project: bool,
    /// The projects of the workspace (`--only-install-workspace`).
    pub workspace: bool,
    /// What comes from this machine (`--only-install-local`).
    pub local: bool,
    /// These packages (`--only-install-package`).
    pub packages: Vec<PackageName>,
}

/// What decides about one package of a lock.
#[derive(Clone, Copy)]
struct Seen<'a> {
    name: &'a PackageName,
    is_current: bool,
    is_member: bool,
    is_local: bool,
}

impl Skip {
    /// Whether a package of the lock is installed.
    pub(super) fn admits(&self, project: &Project, choice: &Choice<'_>) -> bool {
        let package = choice.package();
        let workspace = &project.workspace;
        let mut members = workspace.members.iter();
        let seen = Seen {
            name: &package.name,
            is_current: workspace.current().map(|member| &member.name) == Some(&package.name),
            is_member: members.any(|member| member.name == package.name),
            is_local: package.is_local(),
        };
        self.only.admits(seen) && !self.leaves_out(seen)
    }

    fn leaves_out(&self, seen: Seen<'_>) -> bool {
        self.packages.contains(seen.name)
            || (self.workspace && seen.is_member)
            || (self.project && seen.is_current)
            || (self.local && seen.is_local)
    }

    /// Whether a project that the lock takes as editable is installed as it is built.
    pub(super) fn is_built(&self, name: &PackageName) -> bool {
        self.no_editable || self.no_editable_packages.contains(name)
    }
}

impl Only {
    fn admits(&self, seen: Seen<'_>) -> bool {
        if self.project {
            return seen.is_current;
        }
        if self.workspace {
            return seen.is_member;
        }
        if self.local {
            return seen.is_local;
        }
        self.packages.is_empty() || self.packages.contains(seen.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> PackageName {
        PackageName::parse(text).expect("it is a name")
    }

    #[test]
    fn the_first_of_what_alone_is_asked_for_counts() {
        let name = named("harry");
        let seen = Seen {
            name: &name,
            is_current: false,
            is_member: true,
            is_local: true,
        };
        let only = |project, workspace, packages: &[&str]| Only {
            project,
            workspace,
            packages: packages.iter().map(|text| named(text)).collect(),
            ..Only::default()
        };
        assert!(Only::default().admits(seen));
        assert!(!only(true, true, &["harry"]).admits(seen));
        assert!(only(false, true, &["ron"]).admits(seen));
        assert!(!only(false, false, &["ron"]).admits(seen));
        assert!(only(false, false, &["ron", "harry"]).admits(seen));
    }
}
