//! What the user adds to the build of a package: requirements and variables.

use std::collections::BTreeMap;

use naja_spec::{PackageName, Requirement, RequirementSource, VersionSpecifiers};

use super::source::Source;
use super::workshop::{Runtime, Shop};
use crate::failure::Failure;

/// What is added to one build.
#[derive(Default)]
pub(super) struct Additions {
    /// Beside what `[build-system]` asks for.
    pub(super) requires: Vec<Requirement>,
    /// Set for the backend.
    pub(super) variables: Vec<(String, String)>,
    /// Whether the versions of the environment are to be matched and are not known yet: what is
    /// built now is good for its metadata only.
    pub(super) is_early: bool,
}

impl Additions {
    /// What the settings say about a source.
    ///
    /// # Errors
    /// A requirement is to be of the environment's version, and the environment has none.
    pub(super) fn of(shop: &Shop, source: &Source) -> Result<Self, Failure> {
        let Some(name) = &source.name else {
            return Ok(Self::default());
        };
        let settings = &shop.user;
        let mut requires = Vec::new();
        let mut is_early = false;
        let extras = settings.extra_build_dependencies.value.of(name);
        for extra in extras.into_iter().flatten() {
            let runtime = shop.runtime().filter(|_| extra.match_runtime);
            is_early |= extra.match_runtime && runtime.is_none();
            requires.push(match runtime {
                None => extra.requirement.clone(),
                Some(runtime) => matched(&extra.requirement, &runtime)
                    .ok_or_else(|| unmatched(source, &extra.requirement.name))?,
            });
        }
        let variables = settings.extra_build_variables.value.of(name);
        let variables = variables.cloned().unwrap_or_default();
        Ok(Self {
            requires,
            variables,
            is_early,
        })
    }

    /// As a part of a build's key.
    pub(super) fn texts(&self) -> BTreeMap<String, String> {
        let requires = self.requires.iter();
        let requires = requires.map(|one| (format!("requires {one}"), String::new()));
        let variables = self.variables.iter();
        let variables = variables.map(|(name, value)| (format!("variable {name}"), value.clone()));
        requires.chain(variables).collect()
    }
}

/// The requirement at the version that was chosen for the environment.
fn matched(requirement: &Requirement, runtime: &Runtime) -> Option<Requirement> {
    let version = runtime.get(&requirement.name)?;
    let pin = VersionSpecifiers::parse(&format!("=={version}")).ok()?;
    Some(Requirement {
        source: match &requirement.source {
            RequirementSource::Specifiers(bounds) => {
                RequirementSource::Specifiers(bounds.intersect(&pin))
            }
            url @ RequirementSource::Url(_) => url.clone(),
        },
        ..requirement.clone()
    })
}

fn unmatched(source: &Source, name: &PackageName) -> Failure {
    Failure::unsatisfied(format!("could not build {}", source.label()))
        .cause(format!(
            "`extra-build-dependencies` wants `{name}` at the version of the environment, and the \
             environment will have none"
        ))
        .hint(format!(
            "ask for `{name}` as well, or leave `match-runtime` out"
        ))
}
