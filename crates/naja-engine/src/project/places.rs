//! Where the files of a lock are: a lock names indexes by who they are and files by their digests, so that another
//! server with the same files does as well.

use std::collections::BTreeMap;
use std::sync::Arc;

use naja_env::{EnvPlan, EnvState, PlanRules};
use naja_index::{Answer, Index, IndexConfig, IndexId, PageRequest, Request};
use naja_lock::{DistSource, Graph, Pin, ProjectLock, Pylock, RemoteFile, Selection};
use naja_spec::{PackageName, Page, SafeUrl};
use naja_store::ArchiveId;

use crate::change::{self, ChangeReport, Wish};
use crate::diagnose;
use crate::failure::{Failure, Kind};
use crate::history::Doing;
use crate::options;
use crate::pipeline::Pipeline;
use crate::session::Session;

/// The position of files that no index of the configuration offers.
const NO_INDEX: u16 = u16::MAX;

/// The index that a package of a lock belongs to.
#[derive(Clone, Debug, Default)]
struct Identity {
    /// Its name.
    name: Option<String>,
    /// Its address, where it is not the default one.
    address: Option<SafeUrl>,
}

/// The indexes of a lock.
pub(crate) struct Places {
    identities: BTreeMap<PackageName, Identity>,
    /// What happens where the index of the configuration does not have a file.
    otherwise: Otherwise,
}

/// What happens where the index of the configuration does not have a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Otherwise {
    /// It is an error: the project says where its packages come from.
    Refuse,
    /// It is fetched from the address of the lock, which the standard lets speak for itself (PEP 751).
    AsLocked,
}

/// The indexes of the configuration.
struct Configured {
    config: IndexConfig,
    /// The position of the default index, if there is one.
    default: Option<usize>,
    otherwise: Otherwise,
}

/// When somewhere else is looked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// Before anything is fetched.
    First,
    /// When what the lock says did not work.
    AfterFailure,
}

impl Places {
    /// Those of the lock of a project.
    pub(crate) fn of(lock: &ProjectLock) -> Self {
        let packages = lock.file.packages.iter().zip(&lock.nodes);
        let identities = packages.map(|(package, node)| {
            let identity = Identity {
                name: node.index.clone(),
                address: package.index.clone(),
            };
            (package.name.clone(), identity)
        });
        Self {
            identities: identities.collect(),
            otherwise: Otherwise::Refuse,
        }
    }

    /// Those of a lock that anybody may have made.
    pub(crate) fn of_file(file: &Pylock, own: Option<&ProjectLock>) -> Self {
        let named = own.map(|own| Self::of(own).identities);
        let packages = file.packages.iter().map(|package| {
            let identity = Identity {
                name: None,
                address: package.index.clone(),
            };
            (package.name.clone(), identity)
        });
        Self {
            identities: named.unwrap_or_else(|| packages.collect()),
            otherwise: Otherwise::AsLocked,
        }
    }

    /// Carries out a wish whose selection comes from the lock, with files from the indexes of the configuration
    /// where these are other ones, or where what the lock names is gone.
    ///
    /// # Errors
    /// As [`change::carry_out`]; or an index of the configuration fails, or does not have a file.
    pub(crate) fn carry_out(
        &self,
        session: &mut Session,
        pipeline: &mut Pipeline,
        state: &EnvState,
        (mut wish, doing): (Wish<'_>, Doing<'_>),
    ) -> Result<ChangeReport, Failure> {
        if !wish.preview.applies() {
            return change::carry_out_as(session, pipeline, state, (&wish, doing));
        }
        let seen = (state, &wish.rules);
        wish.selection = self.lead(session, pipeline, seen, wish.selection)?;
        let done = change::carry_out_as(session, pipeline, state, (&wish, doing));
        let Err(failure) = done else { return done };
        let seen = (state, &wish.rules);
        // The server that the lock names may be gone, or out of reach from here.
        match self.elsewhere(session, pipeline, seen, (&wish.selection, &failure))? {
            Some(elsewhere) => {
                wish.selection = elsewhere;
                change::carry_out_as(session, pipeline, state, (&wish, doing))
            }
            None => Err(failure),
        }
    }

    /// Leads what has to be fetched to the indexes of the configuration, where these are other ones than those
    /// it was locked from.
    ///
    /// # Errors
    /// The index of the configuration fails, or does not have a file.
    fn lead(
        &self,
        session: &Session,
        pipeline: &mut Pipeline,
        (state, rules): (&EnvState, &PlanRules),
        selection: Selection,
    ) -> Result<Selection, Failure> {
        let plan = naja_env::plan(state, &selection, rules);
        let found = self.look(session, pipeline, &plan, When::First)?;
        Ok(replaced(selection, found).0)
    }

    /// Another place for what could not be fetched; nothing if there is none.
    ///
    /// # Errors
    /// The command is interrupted.
    fn elsewhere(
        &self,
        session: &Session,
        pipeline: &mut Pipeline,
        (state, rules): (&EnvState, &PlanRules),
        (selection, failure): (&Selection, &Failure),
    ) -> Result<Option<Selection>, Failure> {
        if failure.kind != Kind::Environment || session.settings.offline.value {
            return Ok(None);
        }
        let plan = naja_env::plan(state, selection, rules);
        let found = self.look(session, pipeline, &plan, When::AfterFailure)?;
        let (selection, changed) = replaced(selection.clone(), found);
        Ok(changed.then_some(selection))
    }

    /// Looks for other places of what a plan has to fetch from where the lock says.
    fn look(
        &self,
        session: &Session,
        pipeline: &mut Pipeline,
        plan: &EnvPlan,
        when: When,
    ) -> Result<Vec<RemoteFile>, Failure> {
        let incoming = plan.incoming().into_iter().map(|dist| &dist.pin);
        let fetched = incoming.filter_map(|pin| Some((pin, pin.source.remote()?)));
        let mut fetched = fetched.filter(|(_, file)| is_from_lock(file)).peekable();
        if fetched.peek().is_none() {
            return Ok(Vec::new());
        }
        let configured = Configured::of(session, self.otherwise)?;
        let wanted: Vec<Wanted<'_>> = fetched
            .filter_map(|(pin, file)| {
                let identity = self.identities.get(&pin.name)?;
                let (id, index) = configured.index_of(identity)?;
                let wanted = Wanted { pin, file, id };
                let now = moment(index, &file.url) == Some(when);
                (now && !is_kept(session, pin, file)).then_some(wanted)
            })
            .collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        configured.ask(session, pipeline, &wanted, when)
    }
}

/// Whether a file is fetched from the address that the lock names.
fn is_from_lock(file: &RemoteFile) -> bool {
    file.index == NO_INDEX && !file.url.is_file()
}

/// Whether the cache has a wheel.
fn is_kept(session: &Session, pin: &Pin, file: &RemoteFile) -> bool {
    let sha256 = file.digests.iter().find_map(naja_spec::Digest::as_sha256);
    matches!(pin.source, DistSource::Wheel(_))
        && sha256.is_some_and(|id| session.store.get(&ArchiveId(id)).is_some())
}

/// A file that is looked for on an index.
struct Wanted<'a> {
    pin: &'a Pin,
    file: &'a RemoteFile,
    id: IndexId,
}

impl Configured {
    fn of(session: &Session, otherwise: Otherwise) -> Result<Self, Failure> {
        let config = options::index_config(session)?;
        let order = session.settings.index_order(&session.process.cwd);
        let default = order.indexes.len();
        Ok(Self {
            default: (default < config.indexes.len()).then_some(default),
            config,
            otherwise,
        })
    }

    /// The index of the configuration that is one of a lock.
    fn index_of(&self, identity: &Identity) -> Option<(IndexId, &Index)> {
        let mut all = self.config.indexes.iter().enumerate();
        let default = |at: &usize| Some(*at) == self.default;
        let found = match (&identity.name, &identity.address) {
            (Some(name), _) => all.find(|(_, index)| index.name.as_ref() == Some(name)),
            (None, Some(address)) => {
                let known = all
                    .clone()
                    .find(|(_, index)| same_place(&index.url, address));
                // Whoever made the lock may have written down the index that everybody has, or one that nobody
                // here knows: the digests say whether what the default index has is the same.
                known.or_else(|| match self.otherwise {
                    Otherwise::AsLocked => all.find(|(at, _)| default(at)),
                    Otherwise::Refuse => None,
                })
            }
            (None, None) => all.find(|(at, _)| default(at)),
        };
        let (at, index) = found?;
        Some((IndexId(u16::try_from(at).ok()?), index))
    }

    /// Asks the indexes for files.
    fn ask(
        &self,
        session: &Session,
        pipeline: &mut Pipeline,
        wanted: &[Wanted<'_>],
        when: When,
    ) -> Result<Vec<RemoteFile>, Failure> {
        let requests = wanted.iter().map(|wanted| {
            Request::Page(PageRequest {
                name: wanted.pin.name.clone(),
                index: Some(wanted.id),
            })
        });
        let answers = pipeline.many(requests)?;
        let mut found = Vec::new();
        for (Wanted { pin, file, id }, answer) in wanted.iter().zip(answers) {
            let pages = match (answer, when) {
                (Ok(Answer::Page(pages)), _) => pages,
                (Ok(_), _) => return Err(diagnose::unexpected("a page")),
                // Nothing can be looked up: perhaps the file is there all the same.
                (Err(_), When::AfterFailure) => continue,
                (Err(_), When::First)
                    if session.settings.offline.value || self.otherwise == Otherwise::AsLocked =>
                {
                    continue;
                }
                (Err(error), When::First) => return Err(diagnose::fetch(&error)),
            };
            let mut pages = pages.hits.iter();
            let url = pages.find_map(|(_, page)| offered(page, pin, file));
            match url {
                Some(url) => found.push(RemoteFile {
                    url,
                    index: id.0,
                    ..(*file).clone()
                }),
                None if when == When::AfterFailure || self.is_known(&file.url) => {}
                None if self.otherwise == Otherwise::AsLocked => {}
                None => return Err(self.not_offered(*id, file)),
            }
        }
        Ok(found)
    }

    /// Whether a file is on a server that the configuration names: then the address of the lock may be used.
    fn is_known(&self, url: &SafeUrl) -> bool {
        let indexes = self.config.indexes.iter();
        let mut servers = indexes
            .flat_map(|index| std::iter::once(&index.url).chain(&index.mirrors))
            .chain(self.config.find_links.iter().map(|links| &links.url));
        servers.any(|server| server.same_origin(url))
    }

    fn not_offered(&self, id: IndexId, file: &RemoteFile) -> Failure {
        let index = self.config.indexes.get(usize::from(id.0));
        let index = index.map(|index| index.url.masked()).unwrap_or_default();
        Failure::unsatisfied(format!("the index does not have {}", file.file_name))
            .cause(format!("`{index}` offers no file of that name with the digests that are locked"))
            .cause(format!("it was locked from `{}`", file.url.masked()))
            .hint("name the index it was locked from as well (`--index URL`), or lock again: `naja lock -U`")
    }
}

/// When another place than that of the lock is looked for; never where the lock leads to the index itself.
fn moment(index: &Index, url: &SafeUrl) -> Option<When> {
    if index.mirrors.iter().any(|mirror| mirror.same_origin(url)) {
        return None;
    }
    if !index.mirrors.is_empty() {
        return Some(When::First);
    }
    let built_in = naja_index::built_in_default_index();
    let built_in = built_in.and_then(|text| SafeUrl::parse(text).ok());
    let is_built_in = built_in.is_some_and(|known| same_place(&known, &index.url));
    // The files of the built-in index are on a server of their own.
    match index.url.same_origin(url) || is_built_in {
        true => Some(When::AfterFailure),
        false => Some(When::First),
    }
}

/// The address of a file on a page, if the page has it with the digests that are locked.
fn offered(page: &Page, pin: &Pin, file: &RemoteFile) -> Option<SafeUrl> {
    let at = (0..page.versions()).find(|at| page.version(*at) == pin.version)?;
    let offered = page
        .files(at)
        .find(|offered| offered.file_name() == file.file_name)?;
    let digests = offered.digests();
    let differs = digests.iter().any(|digest| {
        let mut locked = file.digests.iter();
        locked.any(|known| known.algorithm() == digest.algorithm() && known != digest)
    });
    match differs {
        true => None,
        false => SafeUrl::parse(&offered.url()).ok(),
    }
}

/// Puts files into the pins that name them; says whether one changed.
fn replaced(selection: Selection, found: Vec<RemoteFile>) -> (Selection, bool) {
    if found.is_empty() {
        return (selection, false);
    }
    let mut changed = false;
    let pins = selection.into_iter().map(|mut pin| {
        if let DistSource::Wheel(file) | DistSource::Sdist(file) = &mut pin.source
            && let Some(new) = found.iter().find(|new| new.file_name == file.file_name)
        {
            changed |= new.url != file.url;
            *file = new.clone();
        }
        pin
    });
    let pins = pins.collect();
    (Selection::new(pins), changed)
}

fn same_place(a: &SafeUrl, b: &SafeUrl) -> bool {
    let bare = |url: &SafeUrl| {
        let bare = url.without_credentials().without_fragment();
        bare.with_secrets().trim_end_matches('/').to_owned()
    };
    bare(a) == bare(b)
}

/// Writes files that came through a mirror as they are on the index itself: both have the same content at the same
/// places.
///
/// # Errors
/// The indexes of the configuration cannot be used.
pub(super) fn without_mirrors(session: &Session, graph: &mut Graph) -> Result<(), Failure> {
    let config = options::index_config(session)?;
    if config.indexes.iter().all(|index| index.mirrors.is_empty()) {
        return Ok(());
    }
    let neutral = |file: &mut RemoteFile| {
        let Some(index) = config.indexes.get(usize::from(file.index)) else {
            return;
        };
        let mut mirrors = index.mirrors.iter();
        if let Some(mirror) = mirrors.find(|mirror| mirror.same_origin(&file.url))
            && let Some(url) = moved(&file.url, mirror, &index.url)
        {
            file.url = url;
        }
    };
    for pin in graph.nodes.iter_mut().map(|node| &mut node.pin) {
        if let DistSource::Wheel(file) | DistSource::Sdist(file) = &mut pin.source {
            neutral(file);
        }
        Arc::make_mut(&mut pin.files).iter_mut().for_each(neutral);
    }
    Ok(())
}

/// The address that is to one root what another is to another root.
fn moved(url: &SafeUrl, from: &SafeUrl, to: &SafeUrl) -> Option<SafeUrl> {
    let parts = |url: &SafeUrl| -> Vec<String> {
        let path = url.path().trim_matches('/');
        path.split('/').map(str::to_owned).collect()
    };
    let (root, file) = (parts(from), parts(url));
    let common = root.iter().zip(&file).take_while(|(a, b)| a == b).count();
    let mut reference = "../".repeat(root.len() - common);
    reference.push_str(&file[common..].join("/"));
    let base = format!(
        "{}/",
        to.without_fragment().with_secrets().trim_end_matches('/')
    );
    SafeUrl::parse(&base).ok()?.join(&reference).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_file_on_another_server() {
        let url = |text: &str| SafeUrl::parse(text).unwrap();
        for (file, from, wanted) in [
            (
                "https://m.example/packages/a/h.whl",
                "https://m.example/simple/",
                "https://i.example/packages/a/h.whl",
            ),
            (
                "https://m.example/pypi/simple/h/h.whl",
                "https://m.example/pypi/simple",
                "https://i.example/simple/h/h.whl",
            ),
        ] {
            let moved = moved(&url(file), &url(from), &url("https://i.example/simple")).unwrap();
            assert_eq!(moved.with_secrets(), wanted);
        }
    }
}
