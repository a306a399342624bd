//! Which package a path or an address is, and what a project needs: from what it says about
//! itself where possible, else from its build.

use std::fs;
use std::path::{Path, PathBuf};

use naja_index::{Answer, GitRequest, Origin as FileOrigin, Request, SdistRequest};
use naja_lock::Origin;
use naja_project::ProjectFile;
use naja_project::requirements::{ProjectDependencies, UnnamedRequirement};
use naja_spec::{
    Digest, GitUrl, Headers, MarkerSet, PackageName, Requirement, RequirementSource, SafeUrl,
    SdistExtension, SdistName,
};

use crate::build::{Place, Source};
use crate::diagnose;
use crate::failure::Failure;
use crate::options;
use crate::pipeline::{Pipeline, place_of_url};
use crate::session::Session;
use crate::target;

/// Finds names, and whatever has to be fetched or built for them. Starts nothing that is not
/// needed.
#[derive(Default)]
pub(super) struct Naming {
    pipeline: Option<Pipeline>,
}

impl Naming {
    /// Gives a path or an address its name.
    ///
    /// # Errors
    /// It is no source, cannot be had, or does not tell its name.
    pub(super) fn name(
        &mut self,
        session: &Session,
        unnamed: &UnnamedRequirement,
        hashes: &[Digest],
        origin: &Origin,
    ) -> Result<Requirement, Failure> {
        let url = &unnamed.url;
        check_source(url, &unnamed.text, origin)?;
        let name = match unnamed.egg_name() {
            Some(name) if GitUrl::is_vcs(url) => name,
            _ => self.find(session, url, hashes)?,
        };
        Ok(Requirement {
            name,
            extras: unnamed.extras.clone(),
            source: RequirementSource::Url(url.clone()),
            marker: unnamed.marker.clone(),
        })
    }

    fn find(
        &mut self,
        session: &Session,
        url: &SafeUrl,
        hashes: &[Digest],
    ) -> Result<PackageName, Failure> {
        let place = place_of_url(url, false)?;
        let root = match &place {
            Place::Directory { path, .. } => path.clone(),
            Place::Git { git, .. } => {
                let git = git.clone();
                let request = Request::Git(GitRequest::of(&git, None, false));
                match self.pipeline(session)?.one(request)? {
                    Answer::Checkout(checkout) => below(checkout.path, git.subdirectory()),
                    _ => return Err(diagnose::unexpected("a commit")),
                }
            }
            Place::Archive {
                file_name,
                digests,
                subdirectory,
                ..
            } => {
                let request = Request::Sdist(SdistRequest {
                    name: None,
                    file_name: file_name.clone(),
                    url: url.clone(),
                    origin: FileOrigin::Direct,
                    digests: digests.iter().chain(hashes).cloned().collect(),
                    size: None,
                });
                match self.pipeline(session)?.one(request)? {
                    Answer::Source(tree) => {
                        below(tree.root().to_path_buf(), subdirectory.as_deref())
                    }
                    _ => return Err(diagnose::unexpected("a source archive")),
                }
            }
        };
        let is_archive = matches!(place, Place::Archive { .. });
        if let Some(name) = said_name(&root, is_archive) {
            return Ok(name);
        }
        let file_name = url.file_name().unwrap_or_default();
        if let (true, Ok(sdist)) = (is_archive, SdistName::parse(&file_name, None)) {
            return Ok(sdist.name);
        }
        let source = Source {
            name: None,
            version: None,
            place,
        };
        Ok(self.build(session, source)?.name.clone())
    }

    /// The name and the requirements of a project that only its build tells.
    ///
    /// # Errors
    /// It cannot be built, or has no such extra.
    pub(super) fn dependencies(
        &mut self,
        session: &Session,
        project: &ProjectDependencies,
        origin: &Origin,
    ) -> Result<(PackageName, Vec<Requirement>), Failure> {
        let dir = project.file.parent().unwrap_or(&project.file);
        check_project(dir, &project.file.display().to_string(), origin)?;
        let source = Source {
            name: None,
            version: None,
            place: Place::Directory {
                path: dir.to_path_buf(),
                editable: false,
            },
        };
        let metadata = self.build(session, source)?;
        let extras = if project.all_extras {
            &metadata.provides_extra
        } else {
            &project.extras
        };
        let known = |extra: &&naja_spec::ExtraName| metadata.provides_extra.contains(extra);
        if let Some(missing) = extras.iter().find(|extra| !known(extra)) {
            return Err(
                Failure::usage(format!("{} has no extra `{missing}`", metadata.name))
                    .cause(format!("it is asked for by {origin}")),
            );
        }
        let requirements = metadata.requires_dist.iter().filter_map(|requirement| {
            let Some(marker) = &requirement.marker else {
                return Some(requirement.clone());
            };
            let rest = MarkerSet::from_marker(marker).with_extras(extras);
            (!rest.is_none()).then(|| Requirement {
                marker: rest.to_marker(),
                ..requirement.clone()
            })
        });
        Ok((metadata.name.clone(), requirements.collect()))
    }

    fn build(
        &mut self,
        session: &Session,
        source: Source,
    ) -> Result<std::sync::Arc<naja_spec::CoreMetadata>, Failure> {
        let interpreter = target::interpreter_to_resolve_for(session)?;
        let python = target::as_it_is(session, &interpreter)?;
        let pipeline = self.pipeline(session)?;
        pipeline.build_for(session, &python);
        pipeline.metadata_of(source)
    }

    fn pipeline(&mut self, session: &Session) -> Result<&mut Pipeline, Failure> {
        if self.pipeline.is_none() {
            let config = options::index_config(session)?;
            self.pipeline = Some(Pipeline::new(session, config));
        }
        self.pipeline
            .as_mut()
            .ok_or_else(|| diagnose::unexpected("a pipeline"))
    }

    /// Ends what was started.
    pub(super) fn finish(self) {
        if let Some(pipeline) = self.pipeline {
            pipeline.finish();
        }
    }
}

fn below(root: PathBuf, subdirectory: Option<&str>) -> PathBuf {
    match subdirectory {
        Some(directory) => root.join(directory),
        None => root,
    }
}

/// What a tree says about its own name, without anything being run.
fn said_name(root: &Path, is_archive: bool) -> Option<PackageName> {
    let read = |name: &str| fs::read_to_string(root.join(name)).ok();
    if is_archive
        && let Some(text) = read("PKG-INFO")
        && let Some(name) = Headers::parse(text.as_bytes()).get("Name")
    {
        return PackageName::parse(&name).ok();
    }
    let project = read("pyproject.toml").and_then(|text| ProjectFile::parse(&text).ok());
    if let Some(name) = project.and_then(|project| project.name) {
        return Some(name);
    }
    setup_cfg_name(&read("setup.cfg")?)
}

/// The name in `[metadata]` of a `setup.cfg`.
fn setup_cfg_name(text: &str) -> Option<PackageName> {
    let mut inside = false;
    for line in text.lines() {
        let plain = line.trim();
        if let Some(section) = plain.strip_prefix('[') {
            inside = section.trim_end_matches(']').trim() == "metadata";
        } else if inside
            && !line.starts_with(char::is_whitespace)
            && let Some((key, value)) = plain.split_once(['=', ':'])
            && key.trim() == "name"
        {
            return PackageName::parse(value.trim()).ok();
        }
    }
    None
}

/// Refuses what leads nowhere, before anything is fetched.
///
/// # Errors
/// A path that leads nowhere or to no project, another version control system than git, an
/// address that is neither a wheel nor a source archive.
pub(super) fn check_source(url: &SafeUrl, text: &str, origin: &Origin) -> Result<(), Failure> {
    let asked = |failure: Failure| failure.cause(format!("it is asked for by {origin}"));
    if let Some((_, _)) = url.scheme().split_once('+') {
        return GitUrl::parse(url).map(drop).map_err(|error| {
            asked(Failure::usage(format!("`{text}` cannot be used as a source")).because(&error))
        });
    }
    if !matches!(url.scheme(), "file" | "http" | "https") {
        return Err(asked(Failure::usage(format!(
            "`{text}` has a scheme that naja does not fetch from"
        )))
        .hint("use https://, file:// or git+https://"));
    }
    if let Some(path) = url.to_file_path() {
        if !path.exists() {
            return Err(asked(Failure::usage(format!(
                "there is no file or directory `{}`",
                path.display()
            ))));
        }
        if path.is_dir() {
            let subdirectory = url.subdirectory();
            return check_project(&below(path, subdirectory.as_deref()), text, origin);
        }
    }
    let name = url.file_name().unwrap_or_default();
    if name.ends_with(".whl") || SdistExtension::split(&name).is_some() {
        return Ok(());
    }
    Err(asked(Failure::usage(format!(
        "`{text}` is neither a wheel nor a source archive"
    )))
    .hint("for a repository, write `git+` before the address"))
}

/// Refuses a directory without a project.
fn check_project(dir: &Path, text: &str, origin: &Origin) -> Result<(), Failure> {
    let is_there = |name: &str| dir.join(name).is_file();
    if is_there("pyproject.toml") || is_there("setup.py") {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "`{text}` is a directory without a project: it has neither pyproject.toml nor setup.py"
    ))
    .cause(format!("it is asked for by {origin}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_setup_cfg() {
        let name = |text: &str| setup_cfg_name(text).map(|name| name.to_string());
        assert_eq!(
            name("[metadata]\nname = My.Pkg\n"),
            Some("my-pkg".to_owned())
        );
        assert_eq!(
            name("[a]\nname=x\n[ metadata ]\nversion=1\nname: y\n"),
            Some("y".to_owned())
        );
        assert_eq!(name("[options]\nname = x\n"), None);
        assert_eq!(name("[metadata]\nother =\n  name = x\n"), None);
        assert_eq!(name("[metadata]\nname = file: x\n"), None);
    }
}
