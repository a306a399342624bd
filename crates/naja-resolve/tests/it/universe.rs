//! Made-up packages: real pages and metadata from one line of text per version.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use naja_lock::{DistSource, Graph};
use naja_resolve::{Conflict, Fact, IndexPage, Problem, Query, Solver, Step, Unavailable, UrlDist};
use naja_spec::{
    CoreMetadata, MarkerEnvironment, PackageName, Page, SafeUrl, Sha256, Tags, Version,
};

/// One version of a package.
///
/// Read from a line such as `harry 2.0 | yanked=bad | wheel=cp312-cp312-win_amd64 -> ron>=1 & luna; extra == "x"`.
#[derive(Clone, Debug)]
pub(crate) struct Dist {
    pub(crate) name: PackageName,
    pub(crate) version: String,
    pub(crate) requires: Vec<String>,
    options: BTreeMap<String, Vec<String>>,
}

impl Dist {
    pub(crate) fn parse(line: &str) -> Self {
        let (head, requires) = line.split_once("->").unwrap_or((line, ""));
        let mut parts = head.split('|').map(str::trim);
        let (name, version) = parts.next().unwrap().split_once(' ').unwrap();
        let mut options: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            options
                .entry(key.to_owned())
                .or_default()
                .push(value.to_owned());
        }
        let requires = requires.split('&').map(|text| text.trim().to_owned());
        Self {
            name: PackageName::parse(name.trim()).unwrap(),
            version: version.trim().to_owned(),
            requires: requires.filter(|text| !text.is_empty()).collect(),
            options,
        }
    }

    fn option(&self, key: &str) -> Option<&str> {
        self.options.get(key)?.last().map(String::as_str)
    }

    fn has(&self, key: &str) -> bool {
        self.options.contains_key(key)
    }

    /// The direct reference it was installed from.
    pub(crate) fn direct_url(&self) -> Option<String> {
        self.option("url").map(str::to_owned)
    }

    fn index(&self) -> u16 {
        self.option("index").map_or(0, |text| text.parse().unwrap())
    }

    /// The file names, wheels first.
    fn files(&self) -> Vec<String> {
        let name = self.name.as_dist_info_name();
        let mut files = Vec::new();
        if !self.has("source-only") {
            let plain = vec!["py3-none-any".to_owned()];
            for tag in self.options.get("wheel").unwrap_or(&plain) {
                files.push(format!("{name}-{}-{tag}.whl", self.version));
            }
        }
        if self.has("sdist") || self.has("source-only") {
            files.push(format!("{name}-{}.tar.gz", self.version));
        }
        files
    }

    fn json(&self) -> Vec<String> {
        self.files()
            .iter()
            .map(|file| self.file_json(file))
            .collect()
    }

    fn file_json(&self, file: &str) -> String {
        let digest = Sha256::of(file.as_bytes());
        let mut fields = vec![
            format!(r#""filename": "{file}""#),
            format!(r#""url": "https://files.example/{}/{file}""#, self.name),
            format!(r#""hashes": {{"sha256": "{digest}"}}"#),
            r#""core-metadata": true"#.to_owned(),
        ];
        if let Some(python) = self.option("python") {
            fields.push(format!(r#""requires-python": "{python}""#));
        }
        if let Some(time) = self.option("time") {
            fields.push(format!(r#""upload-time": "{time}""#));
        }
        if let Some(reason) = self.option("yanked") {
            fields.push(format!(r#""yanked": "{reason}""#));
        }
        format!("{{{}}}", fields.join(", "))
    }

    pub(crate) fn metadata(&self) -> Arc<CoreMetadata> {
        let mut text = format!(
            "Metadata-Version: 2.3\nName: {}\nVersion: {}\n",
            self.option("metadata-name").unwrap_or(self.name.as_str()),
            self.version
        );
        let python = self.option("metadata-python").or(self.option("python"));
        if let Some(python) = python {
            text.push_str(&format!("Requires-Python: {python}\n"));
        }
        for extra in self
            .option("extras")
            .into_iter()
            .flat_map(|list| list.split(','))
        {
            text.push_str(&format!("Provides-Extra: {extra}\n"));
        }
        for requirement in &self.requires {
            text.push_str(&format!("Requires-Dist: {requirement}\n"));
        }
        Arc::new(CoreMetadata::parse(text.as_bytes()).unwrap())
    }

    fn answer(&self, file: &str) -> Fact {
        match self.option("metadata") {
            Some("offline") => return Fact::Unavailable(Unavailable::Offline),
            Some(text) => return Fact::Unavailable(Unavailable::Invalid(text.to_owned())),
            None => {}
        }
        if file.ends_with(".tar.gz") && !self.has("static") {
            return Fact::Unavailable(Unavailable::NeedsBuild);
        }
        Fact::Metadata(self.metadata())
    }
}

/// All packages there are.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) dists: Vec<Dist>,
    pages: BTreeMap<PackageName, Vec<IndexPage>>,
    files: BTreeMap<(u16, String), usize>,
    urls: BTreeMap<String, Dist>,
    installed: BTreeMap<PackageName, Arc<CoreMetadata>>,
    unknown: BTreeMap<PackageName, Unavailable>,
}

impl World {
    pub(crate) fn new<T: AsRef<str>>(lines: impl IntoIterator<Item = T>) -> Self {
        let dists: Vec<Dist> = lines
            .into_iter()
            .map(|line| Dist::parse(line.as_ref()))
            .collect();
        let mut world = Self::default();
        let mut bodies: BTreeMap<(PackageName, u16), Vec<String>> = BTreeMap::new();
        for (at, dist) in dists.iter().enumerate() {
            bodies
                .entry((dist.name.clone(), dist.index()))
                .or_default()
                .extend(dist.json());
            for file in dist.files() {
                world.files.insert((dist.index(), file), at);
            }
        }
        for ((name, index), files) in bodies {
            let page = page(&name, &files);
            world
                .pages
                .entry(name)
                .or_default()
                .push(IndexPage { index, page });
        }
        world.dists = dists;
        world
    }

    pub(crate) fn add_url(&mut self, url: &str, line: &str) {
        self.urls.insert(url.to_owned(), Dist::parse(line));
    }

    pub(crate) fn add_unknown(&mut self, name: &str, why: Unavailable) {
        self.unknown.insert(PackageName::parse(name).unwrap(), why);
    }

    pub(crate) fn add_installed(&mut self, name: &PackageName, metadata: Arc<CoreMetadata>) {
        self.installed.insert(name.clone(), metadata);
    }

    /// The metadata of a version, whatever index it comes from.
    pub(crate) fn metadata(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Option<Arc<CoreMetadata>> {
        let same = |dist: &&Dist| {
            dist.name == *name && Version::parse(&dist.version).is_ok_and(|known| known == *version)
        };
        let dist = self
            .dists
            .iter()
            .find(same)
            .or_else(|| self.urls.values().find(same))?;
        Some(dist.metadata())
    }

    pub(crate) fn answer(&self, query: &Query) -> Fact {
        match query {
            Query::Versions(name) => match (self.unknown.get(name), self.pages.get(name)) {
                (Some(why), _) => Fact::Unavailable(why.clone()),
                (None, Some(pages)) => Fact::Versions(pages.clone()),
                (None, None) => Fact::Unavailable(Unavailable::NotFound),
            },
            Query::Metadata(id) => match self.files.get(&(id.index, id.file_name.clone())) {
                Some(&at) => self.dists[at].answer(&id.file_name),
                None => Fact::Unavailable(Unavailable::NotFound),
            },
            Query::Installed(name) => match self.installed.get(name) {
                Some(metadata) => Fact::Metadata(Arc::clone(metadata)),
                None => Fact::Unavailable(Unavailable::NotFound),
            },
            Query::Url(id) => match self.urls.get(&id.url.to_string()) {
                Some(dist) => Fact::Url(Box::new(UrlDist {
                    metadata: dist.metadata(),
                    source: DistSource::UrlWheel {
                        url: id.url.clone(),
                        digests: Vec::new(),
                    },
                })),
                None => Fact::Unavailable(Unavailable::NotFound),
            },
        }
    }
}

fn page(name: &PackageName, files: &[String]) -> Arc<Page> {
    let body = format!(
        r#"{{"meta": {{"api-version": "1.1"}}, "name": "{name}", "files": [{}]}}"#,
        files.join(", ")
    );
    let base = SafeUrl::parse(&format!("https://index.example/simple/{name}/")).unwrap();
    let record = Page::from_json(body.as_bytes(), &base, name).unwrap();
    Arc::new(Page::open(Arc::new(record)).unwrap())
}

/// The markers of a Python on Linux.
pub(crate) fn environment(python: &str) -> MarkerEnvironment {
    let full = Version::parse(python).unwrap();
    MarkerEnvironment {
        os_name: "posix".to_owned(),
        sys_platform: "linux".to_owned(),
        platform_machine: "x86_64".to_owned(),
        platform_python_implementation: "CPython".to_owned(),
        platform_release: "6.1".to_owned(),
        platform_system: "Linux".to_owned(),
        platform_version: "#1".to_owned(),
        implementation_name: "cpython".to_owned(),
        python_version: Version::from_release(&[full.major(), full.minor()]),
        python_full_version: full.clone(),
        implementation_version: full,
    }
}

/// A few tags of CPython 3.12 on Linux.
pub(crate) fn tags() -> Arc<Tags> {
    static TAGS: std::sync::OnceLock<Arc<Tags>> = std::sync::OnceLock::new();
    let make = || {
        let platform = naja_spec::Platform {
            os: naja_spec::Os::Manylinux {
                major: 2,
                minor: 28,
            },
            arch: naja_spec::Arch::X86_64,
        };
        let implementation = naja_spec::ImplementationTags::cpython(3, 12);
        Arc::new(naja_spec::compatible_tags(&platform, &implementation))
    };
    Arc::clone(TAGS.get_or_init(make))
}

/// An empty problem for CPython 3.12.1 on Linux.
pub(crate) fn problem() -> Problem {
    Problem::new(environment("3.12.1"), tags())
}

/// What became of a problem.
pub(crate) struct Run {
    pub(crate) result: Result<Graph, Box<Conflict>>,
    /// The questions that had to be answered.
    pub(crate) must: BTreeSet<String>,
    /// All questions that were answered.
    pub(crate) asked: BTreeSet<String>,
    /// How often facts had to be waited for.
    pub(crate) waits: usize,
    pub(crate) effort: naja_resolve::Effort,
}

/// Names a question.
pub(crate) fn label(query: &Query) -> String {
    match query {
        Query::Versions(name) => format!("versions {name}"),
        Query::Metadata(id) => format!("metadata {} {}", id.name, id.version),
        Query::Installed(name) => format!("installed {name}"),
        Query::Url(id) => format!("url {}", id.name),
    }
}

/// Solves a problem, answering everything that is asked in one go.
pub(crate) fn run(world: &World, problem: Problem) -> Run {
    run_with(world, problem, |must, soon| {
        must.into_iter().chain(soon).collect()
    })
}

/// Solves a problem; `order` picks what is answered next, in which order, and must make progress.
pub(crate) fn run_with(
    world: &World,
    problem: Problem,
    mut order: impl FnMut(Vec<Query>, Vec<Query>) -> Vec<Query>,
) -> Run {
    let mut solver = Solver::new(problem);
    let mut run = Run {
        result: Ok(Graph::default()),
        must: BTreeSet::new(),
        asked: BTreeSet::new(),
        waits: 0,
        effort: naja_resolve::Effort::default(),
    };
    for _ in 0..200_000 {
        match solver.step() {
            Step::Working => {}
            Step::Need { must, soon } => {
                assert!(
                    !must.is_empty(),
                    "nothing is asked for, yet nothing goes on"
                );
                run.waits += 1;
                run.must.extend(must.iter().map(label));
                for query in order(must, soon) {
                    run.asked.insert(label(&query));
                    solver.learn(&query, world.answer(&query));
                }
            }
            Step::Done(graph) => {
                assert!(matches!(solver.step(), Step::Done(again) if again == graph));
                run.result = Ok(graph);
                run.effort = solver.effort();
                return run;
            }
            Step::Unsatisfiable(conflict) => {
                assert!(matches!(solver.step(), Step::Unsatisfiable(_)));
                run.result = Err(conflict);
                run.effort = solver.effort();
                return run;
            }
        }
    }
    panic!("the search does not end: {solver:?}");
}

/// Lists the pins as "name version".
pub(crate) fn pins(graph: &Graph) -> Vec<String> {
    graph
        .nodes
        .iter()
        .map(|node| format!("{} {}", node.pin.name, node.pin.version))
        .collect()
}
