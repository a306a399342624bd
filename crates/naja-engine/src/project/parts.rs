//! Which extras, groups and projects a command is about.

use naja_lock::project::{Inputs, MemberChoice, MemberInputs};
use naja_project::manifest::Workspace;
use naja_project::nearest;
use naja_spec::{ExtraName, GroupName, PackageName};

use super::members;
use crate::failure::Failure;

/// What of the project is wanted, as the user said it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartChoice {
    /// `--extra`
    pub extras: Vec<ExtraName>,
    /// `--all-extras`
    pub all_extras: bool,
    /// `--no-extra`
    pub no_extras: Vec<ExtraName>,
    /// `--group`, and `dev` for `--dev`
    pub groups: Vec<GroupName>,
    /// `--all-groups`
    pub all_groups: bool,
    /// `--no-group`, and `dev` for `--no-dev`
    pub no_groups: Vec<GroupName>,
    /// `--only-group`, and `dev` for `--only-dev`
    pub only_groups: Vec<GroupName>,
    /// `--no-default-groups`
    pub no_default_groups: bool,
    /// `--package`
    pub packages: Vec<PackageName>,
    /// `--all-packages`
    pub all_packages: bool,
}

impl PartChoice {
    /// The projects and their parts, checked against what is locked.
    ///
    /// # Errors
    /// There is no such project, extra or group.
    pub(super) fn of(
        &self,
        workspace: &Workspace,
        inputs: &Inputs,
    ) -> Result<Vec<MemberChoice>, Failure> {
        let members = self.members(workspace, inputs)?;
        self.check(&members)?;
        Ok(members
            .into_iter()
            .map(|member| self.parts(member))
            .collect())
    }

    fn members<'a>(
        &self,
        workspace: &Workspace,
        inputs: &'a Inputs,
    ) -> Result<Vec<&'a MemberInputs>, Failure> {
        let known = |name: &PackageName| {
            inputs.member(name).ok_or_else(|| {
                let named = inputs.members.iter();
                let named = named.filter(|member| !member.name.is_unnamed_root());
                members::no_project(name, named.map(|member| member.name.as_str()))
            })
        };
        if self.all_packages {
            return Ok(inputs.members.iter().collect());
        }
        if !self.packages.is_empty() {
            return self.packages.iter().map(known).collect();
        }
        match workspace.current() {
            Some(member) if !member.name.is_unnamed_root() => Ok(vec![known(&member.name)?]),
            // A root without a project stands for all of its members.
            _ => Ok(inputs.members.iter().collect()),
        }
    }

    fn check(&self, members: &[&MemberInputs]) -> Result<(), Failure> {
        let has_extra =
            |extra: &ExtraName| members.iter().any(|one| one.extras.contains_key(extra));
        let has_group =
            |group: &GroupName| members.iter().any(|one| one.groups.contains_key(group));
        let named = self.extras.iter().chain(&self.no_extras);
        if let Some(extra) = named.into_iter().find(|extra| !has_extra(extra)) {
            let known = members.iter().flat_map(|one| one.extras.keys());
            let mut known: Vec<&str> = known.map(ExtraName::as_str).collect();
            known.sort_unstable();
            known.dedup();
            return Err(missing("extra", extra.as_str(), &known));
        }
        let named = self.groups.iter();
        let named = named.chain(&self.only_groups).chain(&self.no_groups);
        // `--dev` and `--no-dev` are about a group that a project may not have.
        let mut unknown = named.filter(|group| !has_group(group) && group.as_str() != "dev");
        if let Some(group) = unknown.next() {
            let known = members.iter().flat_map(|one| one.groups.keys());
            let mut known: Vec<&str> = known.map(GroupName::as_str).collect();
            known.sort_unstable();
            known.dedup();
            return Err(missing("dependency group", group.as_str(), &known));
        }
        Ok(())
    }

    fn parts(&self, member: &MemberInputs) -> MemberChoice {
        let only = !self.only_groups.is_empty();
        let mut extras: Vec<ExtraName> = match self.all_extras {
            true => member.extras.keys().cloned().collect(),
            false => self.extras.clone(),
        };
        extras.retain(|extra| member.extras.contains_key(extra) && !self.no_extras.contains(extra));
        let mut groups: Vec<GroupName> = if only {
            self.only_groups.clone()
        } else if self.all_groups {
            member.groups.keys().cloned().collect()
        } else if self.no_default_groups {
            Vec::new()
        } else {
            member.default_groups.clone()
        };
        groups.extend(self.groups.iter().cloned());
        groups.sort();
        groups.dedup();
        groups.retain(|group| member.groups.contains_key(group) && !self.no_groups.contains(group));
        MemberChoice {
            name: member.name.clone(),
            project: !only,
            extras: if only { Vec::new() } else { extras },
            groups,
        }
    }
}

fn missing(what: &str, name: &str, known: &[&str]) -> Failure {
    let failure = Failure::usage(format!("the project has no {what} `{name}`"));
    match (nearest(name, known.iter().copied()), known) {
        (Some(near), _) => failure.hint(format!("did you mean `{near}`?")),
        (None, []) => failure.cause(format!("it has no {what} at all")),
        (None, known) => failure.hint(format!("it has: {}", known.join(", "))),
    }
}
