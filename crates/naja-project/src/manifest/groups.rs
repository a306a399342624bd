//! Dependency groups with what they include (PEP 735).

use naja_spec::{GroupName, VersionSpecifiers};
use rustc_hash::FxHashSet;

use super::error::{ManifestError, Read};
use super::{Declared, GroupEntry, Manifest};

/// Groups inside groups, at most.
const MOST_DEPTH: usize = 64;

impl Manifest {
    /// Returns the requirements of a group with all it includes, each included group once.
    ///
    /// # Errors
    /// There is no such group.
    pub fn group(&self, name: &GroupName) -> Result<Vec<&Declared>, ManifestError> {
        let mut walk = Walk {
            manifest: self,
            open: Vec::new(),
            read: FxHashSet::default(),
            found: Vec::new(),
        };
        walk.enter(name, 0)?;
        Ok(walk.found)
    }

    /// Returns the Pythons a group is for, with those of all it includes; no bounds where nothing is said.
    #[must_use]
    pub fn group_python(&self, name: &GroupName) -> VersionSpecifiers {
        let mut walk = Walk {
            manifest: self,
            open: Vec::new(),
            read: FxHashSet::default(),
            found: Vec::new(),
        };
        // What cannot be read says so where its requirements are asked for.
        let _unread = walk.enter(name, 0);
        let told = self.tool.group_pythons.iter();
        let told = told.filter(|(group, _)| walk.read.contains(group));
        told.fold(VersionSpecifiers::default(), |all, (_, bounds)| {
            all.intersect(bounds)
        })
    }

    /// Refuses includes of groups that do not exist, and circles.
    pub(super) fn check_groups(&self) -> Read<()> {
        for (name, _) in &self.groups {
            self.group(name)?;
        }
        Ok(())
    }
}

struct Walk<'m> {
    manifest: &'m Manifest,
    /// The groups that are being read, outermost first.
    open: Vec<GroupName>,
    read: FxHashSet<GroupName>,
    found: Vec<&'m Declared>,
}

impl<'m> Walk<'m> {
    /// Reads a group that the line asks for.
    fn enter(&mut self, name: &GroupName, line: u32) -> Read<()> {
        let error = |message: String| ManifestError {
            line,
            column: 1,
            message,
        };
        if self.open.contains(name) || self.open.len() > MOST_DEPTH {
            let circle: Vec<&str> = self.open.iter().map(GroupName::as_str).collect();
            let message = format!(
                "dependency groups include each other in a circle: {} -> {name}",
                circle.join(" -> ")
            );
            return Err(error(message));
        }
        let groups = &self.manifest.groups;
        let Some((_, entries)) = groups.iter().find(|(known, _)| known == name) else {
            return Err(error(format!("there is no dependency group `{name}`")));
        };
        // What is included twice says nothing new, and a diamond of diamonds has no end.
        if !self.read.insert(name.clone()) {
            return Ok(());
        }
        self.open.push(name.clone());
        for entry in entries {
            match entry {
                GroupEntry::Requirement(declared) => self.found.push(declared),
                GroupEntry::Include { group, line } => self.enter(group, *line)?,
            }
        }
        self.open.pop();
        Ok(())
    }
}
