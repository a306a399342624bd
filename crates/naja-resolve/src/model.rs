//! What is known so far: the problem, the packages met, the facts learnt.

use std::sync::Arc;

use naja_lock::{DistSource, IndexTag};
use naja_spec::{
    CoreMetadata, ExtraName, FileRef, Marker, MarkerSet, PackageName, Version, VersionSpecifiers,
};
use rustc_hash::FxHashMap;

use crate::backend::{Key, Set};
use crate::files::{FileRules, Verdict};
use crate::needs::Needs;
use crate::python::PythonGate;
use crate::region::{Holds, Region};
use crate::universe::Universe;
use crate::{
    DistFile, DistId, Fact, IndexPage, Problem, ProjectPart, Query, Reason, Unavailable, UrlDist,
    UrlId,
};

/// Names with numbers, in order of their first use.
#[derive(Debug)]
pub(crate) struct Interner<T> {
    numbers: FxHashMap<T, u32>,
    names: Vec<T>,
}

impl<T: Clone + Eq + std::hash::Hash> Interner<T> {
    fn new() -> Self {
        Self {
            numbers: FxHashMap::default(),
            names: Vec::new(),
        }
    }

    pub(crate) fn find(&self, name: &T) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    pub(crate) fn number(&mut self, name: &T) -> u32 {
        if let Some(number) = self.find(name) {
            return number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.clone());
        self.numbers.insert(name.clone(), number);
        number
    }

    pub(crate) fn name(&self, number: u32) -> &T {
        &self.names[number as usize]
    }
}

/// How far pre-releases of a package are acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Allowance {
    /// Not at all.
    Never,
    /// Where no final version is left.
    LastResort,
    /// On a par with final versions.
    Always,
}

/// A package that was met.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: PackageName,
    pub(crate) rules: FileRules,
    /// The direct reference the user gave for it.
    pub(crate) direct: Option<UrlId>,
    /// What is installed is enough as long as nobody wants another version.
    pub(crate) provisional: bool,
    /// The numbered versions, once the facts for them are there.
    pub(crate) universe: Option<Universe>,
    /// The number of the installed version.
    pub(crate) installed: Option<u32>,
    /// Whether an earlier answer counts for it.
    pub(crate) stable: bool,
    pub(crate) prereleases: Allowance,
    /// Versions that may be taken although they were yanked.
    pub(crate) yanked_pins: Vec<Version>,
    /// Whether a version was chosen or searched for, so that new allowances come too late.
    pub(crate) looked: bool,
    /// Whether nothing was found when a version was searched for.
    pub(crate) lacked: bool,
    /// Whether the constraints on it were stated in the current search.
    pub(crate) introduced: bool,
    /// For how many versions metadata was asked for on the way back.
    pub(crate) asked: u32,
    sets: FxHashMap<VersionSpecifiers, Set>,
    verdicts: FxHashMap<u32, Verdict>,
    dists: FxHashMap<u32, DistId>,
    /// Files that are only read for their metadata.
    telling: FxHashMap<u32, DistId>,
    /// Versions that turned out unusable when their metadata was read.
    refused: FxHashMap<u32, Reason>,
    /// What versions and their extras ask for, and whether it is the same in every region.
    needs: FxHashMap<(Key, u32), (Needs, bool)>,
    /// The first version that was chosen in the current search.
    pub(crate) first_choice: Option<u32>,
    /// The versions that regions resolved before this one took.
    pub(crate) earlier: Vec<Taken>,
}

/// A version that another region took.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) version: Version,
    /// Its number, as long as the numbering is the same.
    pub(crate) number: Option<u32>,
    /// The Python that the region ends before.
    pub(crate) end: Option<Version>,
    /// The parts of projects that the region leaves out.
    pub(crate) without: Arc<[ProjectPart]>,
}

/// What is known about the metadata of a version.
pub(crate) enum Lookup {
    /// It is known.
    Known(Arc<CoreMetadata>),
    /// It has to be asked for.
    Missing(Query),
    /// It cannot be had.
    Refused(Unavailable),
}

/// What is known so far.
pub(crate) struct Model {
    pub(crate) problem: Problem,
    pub(crate) names: Interner<PackageName>,
    pub(crate) extras: Interner<ExtraName>,
    pub(crate) packages: Vec<Package>,
    pub(crate) python: PythonGate,
    /// The part of the target that is being resolved; everything, for a single environment.
    pub(crate) region: Region,
    /// Whether the region may be cut further.
    pub(crate) may_cut: bool,
    /// All regions together.
    pub(crate) whole: MarkerSet,
    /// What markers mean, with an extra or without any, and whether they hold in the whole of the target.
    pub(crate) sets: FxHashMap<(Marker, Option<u32>), (MarkerSet, Holds)>,
    /// Whether a marker was looked at that holds in some regions only.
    pub(crate) local: bool,
    pages: FxHashMap<PackageName, Result<Vec<IndexPage>, Unavailable>>,
    metadata: FxHashMap<DistId, Result<Arc<CoreMetadata>, Unavailable>>,
    installed: FxHashMap<PackageName, Result<Arc<CoreMetadata>, Unavailable>>,
    urls: FxHashMap<UrlId, Result<Box<UrlDist>, Unavailable>>,
}

impl Model {
    pub(crate) fn new(problem: Problem) -> Self {
        let installed = problem
            .installed
            .iter()
            .filter_map(|(name, dist)| {
                Some((name.clone(), Ok(Arc::clone(dist.metadata.as_ref()?))))
            })
            .collect();
        Self {
            python: PythonGate::new(&problem),
            region: Region::new(MarkerSet::all(), Vec::new()),
            may_cut: true,
            whole: MarkerSet::all(),
            sets: FxHashMap::default(),
            local: false,
            names: Interner::new(),
            extras: Interner::new(),
            packages: Vec::new(),
            pages: FxHashMap::default(),
            metadata: FxHashMap::default(),
            installed,
            urls: FxHashMap::default(),
            problem,
        }
    }

    /// Takes in an answer; returns whether it was new.
    pub(crate) fn learn(&mut self, query: &Query, fact: Fact) -> bool {
        fn keep<K: Eq + std::hash::Hash, V>(map: &mut FxHashMap<K, V>, key: K, value: V) -> bool {
            match map.entry(key) {
                std::collections::hash_map::Entry::Occupied(_) => false,
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(value);
                    true
                }
            }
        }
        let mismatch = || Unavailable::Invalid("the answer does not fit the question".to_owned());
        match query {
            Query::Versions(name) => {
                let value = match fact {
                    Fact::Versions(pages) if pages.is_empty() => Err(Unavailable::NotFound),
                    Fact::Versions(pages) => Ok(pages),
                    Fact::Unavailable(why) => Err(why),
                    Fact::Metadata(_) | Fact::Url(_) => Err(mismatch()),
                };
                keep(&mut self.pages, name.clone(), value)
            }
            Query::Metadata(_) | Query::Installed(_) => {
                let value = match fact {
                    Fact::Metadata(metadata) => Ok(metadata),
                    Fact::Unavailable(why) => Err(why),
                    Fact::Versions(_) | Fact::Url(_) => Err(mismatch()),
                };
                match query {
                    Query::Metadata(id) => keep(&mut self.metadata, id.clone(), value),
                    Query::Installed(name) => keep(&mut self.installed, name.clone(), value),
                    Query::Versions(_) | Query::Url(_) => false,
                }
            }
            Query::Url(id) => {
                let value = match fact {
                    Fact::Url(dist) if dist.metadata.name != id.name => Err(Unavailable::Invalid(
                        format!("it holds {}, not {}", dist.metadata.name, id.name),
                    )),
                    Fact::Url(dist) => Ok(dist),
                    Fact::Unavailable(why) => Err(why),
                    Fact::Versions(_) | Fact::Metadata(_) => Err(mismatch()),
                };
                keep(&mut self.urls, id.clone(), value)
            }
        }
    }

    /// Returns the number of a package, which is new if it was never met.
    pub(crate) fn package(&mut self, name: &PackageName) -> u32 {
        let number = self.names.number(name);
        if number as usize == self.packages.len() {
            let package = Package::new(&self.problem, name);
            self.packages.push(package);
        }
        number
    }

    pub(crate) fn at(&self, package: u32) -> &Package {
        &self.packages[package as usize]
    }

    pub(crate) fn at_mut(&mut self, package: u32) -> &mut Package {
        &mut self.packages[package as usize]
    }

    /// Returns the version with this number.
    ///
    /// Only called for packages whose universe exists.
    pub(crate) fn version(&self, package: u32, number: u32) -> Version {
        match &self.at(package).universe {
            Some(universe) if number < universe.len() => universe.version(number),
            _ => Version::from_release(&[0]),
        }
    }

    /// Numbers the versions of a package, or returns the question that has to be answered first.
    pub(crate) fn prepare(&mut self, package: u32) -> Result<(), Query> {
        let index = package as usize;
        if self.packages[index].universe.is_some() {
            return Ok(());
        }
        let name = self.packages[index].name.clone();
        if let Some(version) = self.problem.projects.get(&name) {
            self.packages[index].universe = Some(Universe::Single(version.clone()));
            return Ok(());
        }
        if let Some(direct) = self.packages[index].direct.clone() {
            return self.prepare_direct(package, &direct);
        }
        let beside = self
            .problem
            .installed
            .get(&name)
            .map(|dist| dist.version.clone());
        let package = &mut self.packages[index];
        if let (true, Some(version)) = (package.provisional, &beside) {
            package.installed = Some(0);
            package.universe = Some(Universe::Provisional(version.clone()));
            return Ok(());
        }
        let pages = match self.pages.get(&name) {
            None => return Err(Query::Versions(name)),
            Some(Ok(pages)) => pages.clone(),
            Some(Err(_)) => Vec::new(),
        };
        // Without a second look at the metadata an unreadable installation is no candidate.
        let beside = beside.filter(|_| !matches!(self.installed.get(&name), Some(Err(_))));
        let universe = Universe::new(pages, beside.as_ref());
        package.installed = beside.and_then(|version| universe.find(&version));
        package.universe = Some(universe);
        Ok(())
    }

    fn prepare_direct(&mut self, package: u32, id: &UrlId) -> Result<(), Query> {
        let name = &self.packages[package as usize].name;
        let kept = self.problem.installed.get(name).filter(|dist| {
            dist.direct_url
                .as_deref()
                .is_some_and(|url| same_reference(url, &id.url))
        });
        let (version, installed) = match (kept, self.urls.get(id)) {
            (Some(dist), _) => (Some(dist.version.clone()), Some(0)),
            (None, None) => return Err(Query::Url(id.clone())),
            (None, Some(Ok(dist))) => (Some(dist.metadata.version.clone()), None),
            (None, Some(Err(_))) => (None, None),
        };
        let package = self.at_mut(package);
        package.installed = installed;
        package.universe = Some(match version {
            Some(version) => Universe::Single(version),
            None => Universe::new(Vec::new(), None),
        });
        Ok(())
    }

    /// Returns the versions that match; the package must be prepared.
    pub(crate) fn matching(&mut self, package: u32, specifiers: &VersionSpecifiers) -> Set {
        self.at_mut(package).matching(specifiers)
    }

    /// Returns what is known about the metadata of a version.
    pub(crate) fn metadata(&mut self, package: u32, number: u32) -> Lookup {
        let at = package as usize;
        if self.is_project(package) {
            return Lookup::Known(self.nothing_more(package, number));
        }
        if let Some(metadata) = self.given_metadata(package, number) {
            return Lookup::Known(metadata);
        }
        if let (true, Some(direct)) = (
            self.packages[at].installed != Some(number),
            &self.packages[at].direct,
        ) {
            return match self.urls.get(direct) {
                None => Lookup::Missing(Query::Url(direct.clone())),
                Some(Ok(dist)) => Lookup::Known(Arc::clone(&dist.metadata)),
                Some(Err(why)) => Lookup::Refused(why.clone()),
            };
        }
        if self.packages[at].installed == Some(number) {
            let name = &self.packages[at].name;
            return match self.installed.get(name) {
                None => Lookup::Missing(Query::Installed(name.clone())),
                Some(Ok(metadata)) => Lookup::Known(Arc::clone(metadata)),
                Some(Err(why)) => Lookup::Refused(why.clone()),
            };
        }
        let Some(id) = self.telling(package, number) else {
            return Lookup::Refused(Unavailable::NotFound);
        };
        match self.metadata.get(&id) {
            None => Lookup::Missing(Query::Metadata(id)),
            Some(Ok(metadata)) => match misfit(metadata, &id) {
                None => Lookup::Known(Arc::clone(metadata)),
                Some(why) => Lookup::Refused(why),
            },
            Some(Err(why)) => Lookup::Refused(why.clone()),
        }
    }

    /// Returns whether a package is a project that is there already and is not installed.
    pub(crate) fn is_project(&self, package: u32) -> bool {
        self.problem.projects.contains_key(&self.at(package).name)
    }

    /// Returns the metadata of something that asks for nothing.
    fn nothing_more(&self, package: u32, number: u32) -> Arc<CoreMetadata> {
        Arc::new(CoreMetadata {
            metadata_version: (2, 1),
            name: self.at(package).name.clone(),
            version: self.version(package, number),
            requires_dist: Vec::new(),
            requires_python: None,
            provides_extra: Vec::new(),
            dynamic: Vec::new(),
        })
    }

    /// Returns the metadata that the user gave for a version.
    fn given_metadata(&self, package: u32, number: u32) -> Option<Arc<CoreMetadata>> {
        let given = self
            .problem
            .metadata_overrides
            .get(&self.at(package).name)?;
        let version = self.version(package, number);
        let exact = given
            .iter()
            .find(|given| given.version.as_ref() == Some(&version));
        let any = given.iter().find(|given| given.version.is_none());
        Some(Arc::clone(&exact.or(any)?.metadata))
    }

    /// Returns whether a version is installed or has something that can be installed.
    pub(crate) fn is_available(&mut self, package: u32, number: u32) -> bool {
        let entry = self.at(package);
        entry.installed == Some(number)
            || entry.direct.is_some()
            || self.is_project(package)
            || self.dist(package, number).is_some()
    }

    /// Returns the file whose metadata stands for a version of an index: for many environments any wheel,
    /// even one for none of them, before sources that would have to be built.
    fn telling(&mut self, package: u32, number: u32) -> Option<DistId> {
        let id = self.dist(package, number)?;
        if id.is_wheel || !self.is_universal() {
            return Some(id);
        }
        if let Some(known) = self.at(package).telling.get(&number) {
            return Some(known.clone());
        }
        let verdict = self.verdict(package, number);
        let at = verdict.clean.or(verdict.yanked)?;
        let entry = self.at(package);
        let universe = entry.universe.as_ref()?;
        let page = &universe.pages()[at.page];
        let wheel = page
            .page
            .files(at.version)
            .find(|file| file.is_wheel() && entry.rules.tells(file, page.index));
        let told = wheel
            .and_then(|file| dist_of((&entry.name, universe.version(number)), page.index, &file));
        let id = told.unwrap_or(id);
        self.at_mut(package).telling.insert(number, id.clone());
        Some(id)
    }

    /// Returns the file that stands for a version of an index.
    pub(crate) fn dist(&mut self, package: u32, number: u32) -> Option<DistId> {
        if let Some(id) = self.at(package).dists.get(&number) {
            return Some(id.clone());
        }
        let verdict = self.verdict(package, number);
        let at = verdict.clean.or(verdict.yanked)?;
        let package = self.at_mut(package);
        let universe = package.universe.as_ref()?;
        let page = &universe.pages()[at.page];
        let file = page.page.files(at.version).nth(at.file)?;
        let id = dist_of((&package.name, universe.version(number)), page.index, &file)?;
        package.dists.insert(number, id.clone());
        Some(id)
    }

    /// Returns what a version asks for, on its own or because of an extra.
    pub(crate) fn needs(&mut self, key: Key, number: u32, metadata: &Arc<CoreMetadata>) -> Needs {
        if let Some(needs) = self.known_needs(key, number) {
            return needs;
        }
        self.local = false;
        let needs = self.needs_of(key, metadata);
        let settled = !self.local && self.region.without.is_empty();
        self.at_mut(key.package)
            .needs
            .insert((key, number), (Arc::clone(&needs), settled));
        needs
    }

    /// Returns what a version asks for, if that was found out before.
    pub(crate) fn known_needs(&self, key: Key, number: u32) -> Option<Needs> {
        let (needs, _) = self.at(key.package).needs.get(&(key, number))?;
        Some(Arc::clone(needs))
    }

    /// Returns what became of the files of a version.
    pub(crate) fn verdict(&mut self, package: u32, number: u32) -> Verdict {
        let package = &mut self.packages[package as usize];
        if let Some(verdict) = package.verdicts.get(&number) {
            return verdict.clone();
        }
        let verdict = match &package.universe {
            Some(universe) => {
                let place = (&mut self.python, &self.region.set);
                package.rules.judge(universe, number, place)
            }
            None => Verdict::default(),
        };
        package.verdicts.insert(number, verdict.clone());
        verdict
    }

    /// Returns why there are no pages for a package.
    pub(crate) fn missing_pages(&self, package: u32) -> Option<&Unavailable> {
        self.pages.get(&self.at(package).name)?.as_ref().err()
    }

    /// Returns why there is nothing behind a direct reference.
    pub(crate) fn missing_url(&self, id: &UrlId) -> Option<&Unavailable> {
        self.urls.get(id)?.as_ref().err()
    }

    /// Returns how a direct reference is recorded.
    pub(crate) fn url_source(&self, id: &UrlId) -> Option<&DistSource> {
        Some(&self.urls.get(id)?.as_ref().ok()?.source)
    }
}

impl Package {
    fn new(problem: &Problem, name: &PackageName) -> Self {
        let stable = !problem.upgrade.contains(name);
        Self {
            name: name.clone(),
            rules: FileRules::new(problem, name),
            direct: None,
            provisional: stable && problem.installed.contains_key(name),
            universe: None,
            installed: None,
            stable,
            prereleases: Allowance::Never,
            yanked_pins: Vec::new(),
            looked: false,
            lacked: false,
            introduced: false,
            asked: 0,
            sets: FxHashMap::default(),
            verdicts: FxHashMap::default(),
            dists: FxHashMap::default(),
            telling: FxHashMap::default(),
            refused: FxHashMap::default(),
            needs: FxHashMap::default(),
            first_choice: None,
            earlier: Vec::new(),
        }
    }

    /// Forgets the numbering, for a package that turned out to need another one.
    pub(crate) fn renumber(&mut self) {
        self.universe = None;
        self.installed = None;
        for taken in &mut self.earlier {
            taken.number = None;
        }
        self.sets.clear();
        self.verdicts.clear();
        self.dists.clear();
        self.telling.clear();
        self.refused.clear();
        self.needs.clear();
    }

    /// Prepares for a search in another region: what depends on the environment is forgotten.
    pub(crate) fn enter(&mut self) {
        if self.direct.take().is_some() {
            self.renumber();
        }
        self.verdicts.retain(|_, verdict| verdict.settled);
        self.dists
            .retain(|number, _| self.verdicts.contains_key(number));
        self.telling
            .retain(|number, _| self.verdicts.contains_key(number));
        self.refused.clear();
        self.needs.retain(|_, (_, settled)| *settled);
        self.prereleases = Allowance::Never;
        self.yanked_pins.clear();
        self.asked = 0;
        self.restart();
    }

    /// Prepares for another search from the start.
    pub(crate) fn restart(&mut self) {
        self.looked = false;
        self.lacked = false;
        self.introduced = false;
        self.first_choice = None;
    }

    /// Returns how many versions are numbered.
    pub(crate) fn len(&self) -> u32 {
        self.universe.as_ref().map_or(0, Universe::len)
    }

    /// Returns the versions that match; nothing while there is no numbering.
    pub(crate) fn matching(&mut self, specifiers: &VersionSpecifiers) -> Set {
        let Some(universe) = &self.universe else {
            return Set::default();
        };
        if let Some(set) = self.sets.get(specifiers) {
            return set.clone();
        }
        let set = universe.matching(specifiers);
        self.sets.insert(specifiers.clone(), set.clone());
        set
    }

    /// Remembers that a version is unusable.
    pub(crate) fn refuse(&mut self, number: u32, reason: Reason) {
        self.refused.entry(number).or_insert(reason);
    }

    /// Returns why a version turned out unusable.
    pub(crate) fn refusal(&self, number: u32) -> Option<&Reason> {
        self.refused.get(&number)
    }
}

fn dist_of(
    (name, version): (&PackageName, Version),
    index: IndexTag,
    file: &FileRef<'_>,
) -> Option<DistId> {
    Some(DistId::new(DistFile {
        name: name.clone(),
        version,
        index,
        file_name: file.file_name().to_owned(),
        url: file.safe_url().ok()?,
        is_wheel: file.is_wheel(),
        sha256: file.sha256(),
        size: file.size(),
        core_metadata: file.core_metadata(),
    }))
}

/// Returns why metadata cannot be that of the file it was asked for.
fn misfit(metadata: &CoreMetadata, id: &DistId) -> Option<Unavailable> {
    if metadata.name != id.name {
        let text = format!(
            "the metadata of {} is that of {}",
            id.file_name, metadata.name
        );
        return Some(Unavailable::Invalid(text));
    }
    let same = metadata.version == id.version
        || metadata.version.without_local() == id.version.without_local();
    (!same).then(|| {
        let text = format!(
            "the metadata of {} is that of version {}",
            id.file_name, metadata.version
        );
        Unavailable::Invalid(text)
    })
}

/// Returns whether an installed reference is the one that is asked for.
fn same_reference(installed: &str, asked: &naja_spec::SafeUrl) -> bool {
    let asked = asked.without_credentials();
    installed == asked.with_secrets() || installed == asked.without_fragment().with_secrets()
}
