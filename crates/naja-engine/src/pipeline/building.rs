//! What the pipeline has built: metadata for the solver, wheels for a plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use naja_index::Origin;
use naja_lock::{DistSource, Pin, Selection};
use naja_python::Interpreter;
use naja_resolve::{DistId, Fact, Query, Solver, Unavailable, UrlDist, UrlId};
use naja_spec::{CoreMeta, CoreMetadata, Digest, GitUrl, SafeUrl, WheelName};
use naja_store::Archive;

use super::{Arrived, Pipeline};
use crate::build::{Aim, Asked, BuildTicket, Built, Place, Source, TaskKey, Wish, Workshop};
use crate::failure::Failure;
use crate::inputs::DirectReference;
use crate::session::Session;

/// The workshop of a pipeline, and for which of its tasks the pipeline works.
pub(super) struct Hall {
    workshop: Workshop,
    task: Option<TaskKey>,
}

impl Drop for Hall {
    fn drop(&mut self) {
        // The builders' own pipelines end with their builders.
        if self.task.is_none() {
            self.workshop.close();
        }
    }
}

impl Pipeline {
    /// Says which Python builds are for; what needs a build is refused without.
    pub(crate) fn build_for(&mut self, session: &Session, python: &Interpreter) {
        if let Some(hall) = &self.hall
            && (hall.task.is_some() || hall.workshop.python() == python)
        {
            return;
        }
        let workshop = Workshop::open(session, python);
        self.hall = Some(Hall {
            workshop,
            task: None,
        });
    }

    /// Makes this the pipeline of a task.
    pub(crate) fn work_for(&mut self, workshop: Workshop, task: TaskKey) {
        self.hall = Some(Hall {
            workshop,
            task: Some(task),
        });
    }

    /// Leaves the task, so that another one can use the connections.
    pub(crate) fn leave(&mut self) {
        self.hall = None;
        self.reset();
    }

    /// Forgets what was asked, for the next resolution.
    pub(crate) fn reset(&mut self) {
        self.tickets.clear();
        self.asked.clear();
        self.failed.clear();
        self.building.clear();
    }

    /// Takes over how the user named sources.
    pub(crate) fn named_as(&mut self, direct: &BTreeMap<SafeUrl, DirectReference>) {
        let more = direct.iter().map(|(url, how)| (url.clone(), how.clone()));
        self.direct.extend(more);
    }

    /// Says what was chosen for the environment: some builds have to use the same.
    pub(crate) fn runs_with(&self, selection: &Selection) {
        if let Some(hall) = &self.hall
            && hall.task.is_none()
        {
            let pins = selection.iter();
            let versions = pins.map(|pin| (pin.name.clone(), pin.version.clone()));
            hall.workshop.runs_with(versions.collect());
        }
    }

    /// The digests the user asked for beside an address.
    pub(super) fn hashes_of(&self, url: &SafeUrl) -> Vec<Digest> {
        let how = self.direct.get(url);
        how.map(|how| how.hashes.clone()).unwrap_or_default()
    }

    fn is_editable(&self, url: &SafeUrl) -> bool {
        self.direct.get(url).is_some_and(|how| how.editable)
    }

    /// What a source says about itself, if need be by its build.
    ///
    /// # Errors
    /// It cannot be had or does not build.
    pub(crate) fn metadata_of(&mut self, source: Source) -> Result<Arc<CoreMetadata>, Failure> {
        let label = source.label();
        let asked = self.begin(Aim::Metadata, source)?;
        let wanted = match asked {
            Some(Asked::Ready(built)) => return Ok(built.metadata),
            Some(Asked::Started(ticket)) => ticket,
            None => {
                return Err(Failure::unsatisfied(format!(
                    "{label} would have to be built"
                )));
            }
        };
        loop {
            if let Arrived::Built(ticket, result) = self.receive()?
                && ticket == wanted
            {
                return Ok(result?.metadata);
            }
        }
    }

    /// Whether the command, or the build this pipeline works for, is ending.
    pub(super) fn is_closed(&self) -> bool {
        self.hall
            .as_ref()
            .is_some_and(|hall| hall.task.is_some() && hall.workshop.is_closed())
    }

    /// Begins a task of the workshop.
    fn begin(&mut self, aim: Aim, source: Source) -> Result<Option<Asked>, Failure> {
        let Some(hall) = &self.hall else {
            return Ok(None);
        };
        let wish = Wish { aim, source };
        let asked = hall.workshop.ask(&wish, hall.task.as_ref(), &self.sender)?;
        Ok(Some(asked))
    }

    /// Asks the workshop for what only a source can tell; true if the solver was told at once.
    pub(super) fn ask_source(
        &mut self,
        query: &Query,
        solver: &mut Solver,
    ) -> Result<bool, Failure> {
        let source = match query {
            Query::Metadata(id) => self.source_of_file(id),
            Query::Url(id) => self.source_of_url(id)?,
            _ => return Ok(false),
        };
        match self.begin(Aim::Metadata, source)? {
            None => {
                solver.learn(query, Fact::Unavailable(Unavailable::NeedsBuild));
                Ok(true)
            }
            Some(Asked::Ready(built)) => {
                solver.learn(query, self.built_fact(query, &built));
                Ok(true)
            }
            Some(Asked::Started(ticket)) => {
                self.building.insert(ticket, query.clone());
                Ok(false)
            }
        }
    }

    /// Takes the end of a task; says whether it was one the solver waits for.
    pub(super) fn take_built(
        &mut self,
        (ticket, result): (BuildTicket, Result<Built, Failure>),
        solver: &mut Solver,
    ) -> Result<bool, Failure> {
        let Some(query) = self.building.remove(&ticket) else {
            return Ok(false);
        };
        let built = result?;
        solver.learn(&query, self.built_fact(&query, &built));
        Ok(true)
    }

    fn built_fact(&self, query: &Query, built: &Built) -> Fact {
        match query {
            Query::Url(id) => Fact::Url(Box::new(UrlDist {
                metadata: built.metadata.clone(),
                source: self.url_source(id, built),
            })),
            _ => Fact::Metadata(built.metadata.clone()),
        }
    }

    fn source_of_file(&self, id: &DistId) -> Source {
        Source {
            name: Some(id.name.clone()),
            version: Some(id.version.clone()),
            place: Place::Archive {
                file_name: id.file_name.clone(),
                url: id.url.clone(),
                origin: self.origin(id.index),
                digests: id.sha256.map(Digest::from).into_iter().collect(),
                size: id.size,
                subdirectory: None,
                core_metadata: id.core_metadata,
            },
        }
    }

    fn source_of_url(&self, id: &UrlId) -> Result<Source, Failure> {
        let editable = self.is_editable(&id.url);
        let mut place = place_of_url(&id.url, editable)?;
        match &mut place {
            Place::Archive { digests, .. } => digests.extend(self.hashes_of(&id.url)),
            Place::Git { git, .. } => {
                if let Some(commit) = self.commits.of(git) {
                    *git = pinned(git, commit)?;
                }
            }
            Place::Directory { .. } => {}
        }
        Ok(Source {
            name: Some(id.name.clone()),
            version: None,
            place,
        })
    }

    fn url_source(&self, id: &UrlId, built: &Built) -> DistSource {
        let editable = self.is_editable(&id.url);
        let url = id.url.clone();
        let given = self.direct.get(&url).and_then(|how| how.given.clone());
        if let Ok(git) = GitUrl::parse(&url) {
            let commit = built.commit.clone().unwrap_or_default();
            return DistSource::Git {
                url,
                git,
                commit,
                editable,
            };
        }
        match url.to_file_path().filter(|path| path.is_dir()) {
            Some(path) => DistSource::Directory {
                path: match url.subdirectory() {
                    Some(directory) => path.join(directory.as_ref()),
                    None => path,
                },
                url,
                given,
                editable,
                fingerprint: built.fingerprint.clone(),
            },
            None => DistSource::SourceArchive {
                url,
                given,
                digests: built.sha256.map(Digest::from).into_iter().collect(),
            },
        }
    }

    /// The source of a pin that has to be built; `None` for all others.
    ///
    /// # Errors
    /// Its address cannot be used.
    pub(crate) fn source_of_pin(&self, pin: &Pin) -> Result<Option<Source>, Failure> {
        let digests = |known: &[Digest]| pin.digests_with(known);
        let place = match &pin.source {
            DistSource::Sdist(file) => Place::Archive {
                file_name: file.file_name.clone(),
                url: file.url.clone(),
                origin: self.origin(file.index),
                digests: digests(&file.digests),
                size: file.size,
                subdirectory: None,
                core_metadata: file.core_metadata,
            },
            DistSource::SourceArchive {
                url,
                digests: known,
                ..
            } => match place_of_url(url, false)? {
                Place::Archive {
                    file_name,
                    subdirectory,
                    ..
                } => Place::Archive {
                    file_name,
                    url: url.clone(),
                    origin: Origin::Direct,
                    digests: digests(known),
                    size: None,
                    subdirectory,
                    core_metadata: CoreMeta::No,
                },
                other => other,
            },
            DistSource::Directory { path, editable, .. } => Place::Directory {
                path: path.clone(),
                editable: *editable,
            },
            DistSource::Git {
                git,
                commit,
                editable,
                ..
            } => Place::Git {
                git: pinned(git, commit)?,
                editable: *editable,
            },
            DistSource::Wheel(_)
            | DistSource::LocalWheel { .. }
            | DistSource::UrlWheel { .. }
            | DistSource::Installed => return Ok(None),
        };
        Ok(Some(Source {
            name: Some(pin.name.clone()),
            version: Some(pin.version.clone()),
            place,
        }))
    }

    /// Begins to build a wheel.
    ///
    /// # Errors
    /// It needs itself, or nobody said which Python it is for.
    pub(super) fn begin_wheel(&mut self, source: Source) -> Result<Asked, Failure> {
        let label = source.label();
        self.begin(Aim::Wheel, source)?.ok_or_else(|| {
            Failure::unsatisfied(format!("{label} would have to be built"))
                .cause("this command builds nothing")
        })
    }
}

/// The wheel that a task gave.
pub(super) fn archive_of(built: Built) -> Result<Archive, Failure> {
    built
        .archive
        .ok_or_else(|| Failure::environment("a build gave no wheel"))
}

/// The same repository at the commit that was found.
pub(crate) fn pinned(git: &GitUrl, commit: &str) -> Result<GitUrl, Failure> {
    git.with_revision(commit).map_err(|error| {
        Failure::usage("the address of a repository cannot be used").because(&error)
    })
}

/// Where the source behind a direct reference is.
pub(crate) fn place_of_url(url: &SafeUrl, editable: bool) -> Result<Place, Failure> {
    if GitUrl::is_vcs(url) {
        let git = GitUrl::parse(url).map_err(|error| {
            Failure::usage("the address of a repository cannot be used").because(&error)
        })?;
        return Ok(Place::Git { git, editable });
    }
    if let Some(path) = url.to_file_path()
        && path.is_dir()
    {
        let path = match url.subdirectory() {
            Some(directory) => path.join(directory.as_ref()),
            None => path,
        };
        return Ok(Place::Directory { path, editable });
    }
    Ok(Place::Archive {
        file_name: url.file_name().unwrap_or_default().into_owned(),
        url: url.clone(),
        origin: Origin::Direct,
        digests: url.fragment_digests(),
        size: None,
        subdirectory: url.subdirectory().map(std::borrow::Cow::into_owned),
        core_metadata: CoreMeta::No,
    })
}

/// Whether the name of a file is that of a wheel.
pub(super) fn is_wheel(url: &SafeUrl) -> bool {
    url.file_name()
        .is_some_and(|name| WheelName::parse(&name).is_ok() || name.ends_with(".whl"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pinned_repository_keeps_its_credentials_and_its_place() {
        for (text, repository) in [
            (
                "git+https://ron:s3cret@h.example/a/b.git@main#subdirectory=p&lfs=true",
                "https://ron:s3cret@h.example/a/b.git",
            ),
            (
                "git+file:///srv/b@main#subdirectory=p&lfs=true",
                "file:///srv/b",
            ),
            (
                "git+ssh://git@h.example/b#subdirectory=p&lfs=true",
                "ssh://git@h.example/b",
            ),
        ] {
            let commit = "0123456789012345678901234567890123456789";
            let git = GitUrl::parse(&SafeUrl::parse(text).unwrap()).unwrap();
            let pinned = pinned(&git, commit).unwrap();
            assert_eq!(pinned.revision(), Some(commit));
            assert_eq!(pinned.repository().with_secrets(), repository);
            assert_eq!(
                (pinned.subdirectory(), pinned.lfs()),
                (Some("p"), Some(true))
            );
        }
    }
}
