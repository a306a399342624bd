//! What the settings mean to the machinery: one function for each part.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use naja_env::LinkMode;
use naja_index::{
    Authenticate, FindLinks, GitConfig, Index, IndexConfig, IndexId, IndexStrategy, Keeper, Login,
    NetrcSource, Proxies, Refresh, Roots, TlsConfig,
};
use naja_lock::IndexTag;
use naja_project::settings::{self, IndexEntry, IndexFormat, Location, Settings, SourceIndex};
use naja_resolve::{BuildPolicy, IndexOrder, Options, PackageSet, Prerelease, Resolution};
use naja_spec::{Marker, MarkerSet, PackageName, SafeUrl};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::auth;
use crate::failure::Failure;
use crate::object_store;
use crate::session::Session;
use crate::torch;

/// Translates what the index client has to know.
///
/// # Errors
/// No index is known, or an address cannot be used.
pub(crate) fn index_config(session: &Session) -> Result<IndexConfig, Failure> {
    let settings = &session.settings;
    let order = settings.index_order(&session.process.cwd);
    let mut indexes = Vec::with_capacity(order.indexes.len() + 1);
    for entry in order.indexes.iter().chain(&order.default) {
        indexes.push(index(entry)?);
    }
    if order.default.is_none() && !order.no_index {
        indexes.push(default_index()?);
    }
    let mut pins = pins(settings, &indexes)?;
    torch::add(session, &mut indexes, &mut pins)?;
    let mut find_links = Vec::with_capacity(order.find_links.len());
    for location in &order.find_links {
        find_links.push(FindLinks {
            url: address(location, true)?,
        });
    }
    Ok(IndexConfig {
        object_store: object_store::of(session)?,
        pins,
        partly_pinned: partly_pinned(settings),
        indexes,
        find_links,
        strategy: match settings.index_strategy.value {
            settings::IndexStrategy::FirstIndex => IndexStrategy::FirstIndex,
            settings::IndexStrategy::UnsafeFirstMatch => IndexStrategy::UnsafeFirstMatch,
            settings::IndexStrategy::UnsafeBestMatch => IndexStrategy::UnsafeBestMatch,
        },
        no_index: order.no_index,
        offline: settings.offline.value,
        refresh: refresh(settings),
        timeout: Duration::from_millis(settings.http_timeout.value.0),
        connect_timeout: Duration::from_millis(settings.http_connect_timeout.value.0),
        retries: settings.http_retries.value,
        concurrency: usize::try_from(settings.concurrent_downloads.value.0).unwrap_or(50),
        tls: tls(settings),
        proxies: Proxies {
            http: settings.http_proxy.value.clone(),
            https: settings.https_proxy.value.clone(),
            all: None,
            no_proxy: settings.no_proxy.value.clone(),
        },
        keeper: auth::vault(&session.process).map(|vault| Arc::new(vault) as Arc<dyn Keeper>),
        netrc: netrc(session),
        keyring: auth::keyring(session),
        git: git(session),
        workers: workers(session),
        ..IndexConfig::default()
    })
}

/// How the user's git is run.
pub(crate) fn git(session: &Session) -> GitConfig {
    let process = &session.process;
    let switched_on = |value: &str| matches!(value, "1" | "true" | "True" | "yes" | "on");
    let names = ["NAJA_GIT_LFS", "UV_GIT_LFS"];
    let lfs = names.iter().find_map(|name| process.var(name));
    GitConfig {
        variables: process.vars.clone().into_iter().collect(),
        lfs: lfs.is_some_and(switched_on),
        ..GitConfig::default()
    }
}

/// How many threads unpack and link.
pub(crate) fn workers(session: &Session) -> usize {
    let asked = session.settings.concurrent_installs.value.as_ref();
    let asked = asked.and_then(|count| usize::try_from(count.0).ok());
    asked
        .unwrap_or_else(session.process.processors)
        .clamp(1, 64)
}

fn default_index() -> Result<Index, Failure> {
    let built_in = naja_index::built_in_default_index().ok_or_else(|| {
        Failure::usage("no package index is known")
            .cause("this naja was built on a machine without a Python that knows the default one")
            .hint("name one: `--default-index URL`, or the variable NAJA_DEFAULT_INDEX")
    })?;
    let url = SafeUrl::parse(built_in).map_err(|error| {
        Failure::usage("the built-in address of the default index is unusable").because(&error)
    })?;
    Ok(Index::new(url))
}

fn index(entry: &IndexEntry) -> Result<Index, Failure> {
    let login = entry.credentials.as_ref().map(|credentials| Login {
        user: credentials.username.clone(),
        password: credentials.password.clone().unwrap_or_default(),
    });
    Ok(Index {
        name: entry.name.clone(),
        login,
        explicit: entry.explicit,
        flat: entry.format == IndexFormat::Flat,
        authenticate: match entry.authenticate {
            settings::Authenticate::Auto => Authenticate::Auto,
            settings::Authenticate::Always => Authenticate::Always,
            settings::Authenticate::Never => Authenticate::Never,
        },
        ignored_statuses: entry.ignore_error_codes.clone(),
        mirrors: entry.mirrors.clone(),
        ..Index::new(index_address(entry)?)
    })
}

/// Whether `sources` tables count for a package.
pub(crate) fn has_sources(settings: &Settings, name: &PackageName) -> bool {
    !settings.no_sources.value && !settings.no_sources_package.value.contains(name)
}

/// Which packages come from which indexes only.
fn pins(
    settings: &Settings,
    indexes: &[Index],
) -> Result<FxHashMap<PackageName, Vec<IndexId>>, Failure> {
    let mut pins = FxHashMap::default();
    if settings.no_index.value {
        return Ok(pins);
    }
    let sources = settings.sources.value.0.iter();
    for (package, sources) in sources.filter(|(name, _)| has_sources(settings, name)) {
        let mut ids = Vec::with_capacity(sources.len());
        for source in counting(settings, sources) {
            let named = |index: &Index| index.name.as_deref() == Some(&source.index);
            let id = indexes.iter().zip(0_u16..).find(|(index, _)| named(index));
            let Some((_, id)) = id else {
                return Err(unknown_index(settings, package, &source.index));
            };
            ids.push(IndexId(id));
        }
        if !ids.is_empty() {
            pins.insert(package.clone(), ids);
        }
    }
    Ok(pins)
}

/// The sources whose marker can hold on this system, or on any that is asked for.
fn counting<'s>(
    settings: &Settings,
    sources: &'s [SourceIndex],
) -> impl Iterator<Item = &'s SourceIndex> {
    let here = systems(settings);
    sources.iter().filter(move |source| {
        let place = MarkerSet::from(source.marker.as_ref());
        !place.is_disjoint(&here)
    })
}

/// The systems that the command is about.
fn systems(settings: &Settings) -> MarkerSet {
    let elsewhere = settings.universal.value || settings.python_platform.value.is_some();
    let system = match std::env::consts::OS {
        "linux" => "linux",
        "macos" => "darwin",
        "windows" => "win32",
        _ => return MarkerSet::all(),
    };
    match Marker::parse(&format!("sys_platform == '{system}'")) {
        Ok(here) if !elsewhere => MarkerSet::from_marker(&here),
        _ => MarkerSet::all(),
    }
}

/// The packages whose `sources` leave environments out: there the other places count.
fn partly_pinned(settings: &Settings) -> FxHashSet<PackageName> {
    let here = systems(settings);
    let sources = settings.sources.value.0.iter();
    sources
        .filter(|(_, sources)| !here.implies(&covered(sources)))
        .map(|(package, _)| package.clone())
        .collect()
}

/// Where one of the sources counts.
fn covered(sources: &[SourceIndex]) -> MarkerSet {
    sources.iter().fold(MarkerSet::none(), |all, source| {
        all.or(&MarkerSet::from(source.marker.as_ref()))
    })
}

/// Where the pages of each index count, for packages whose `sources` have markers.
///
/// # Errors
/// As [`index_config`].
pub(crate) fn index_places(
    session: &Session,
) -> Result<BTreeMap<PackageName, Vec<(u16, MarkerSet)>>, Failure> {
    let mut places = BTreeMap::new();
    let with_markers = |sources: &[SourceIndex]| sources.iter().any(|one| one.marker.is_some());
    let all = &session.settings.sources.value.0;
    if !all.iter().any(|(_, sources)| with_markers(sources)) {
        return Ok(places);
    }
    let config = index_config(session)?;
    for (package, sources) in all.iter().filter(|(_, sources)| with_markers(sources)) {
        let Some(pinned) = config.pins.get(package) else {
            continue;
        };
        let rest = covered(sources).not();
        let mut open = MarkerSet::all();
        let mut of_package: Vec<(u16, MarkerSet)> = Vec::new();
        for (id, source) in pinned.iter().zip(counting(&session.settings, sources)) {
            let here = MarkerSet::from(source.marker.as_ref());
            let place = open.and(&here);
            open = open.and(&here.not());
            match of_package.iter_mut().find(|(known, _)| *known == id.0) {
                Some((_, known)) => *known = known.or(&place),
                None => of_package.push((id.0, place)),
            }
        }
        for (index, id) in config.indexes.iter().zip(0_u16..) {
            match of_package.iter_mut().find(|(known, _)| *known == id) {
                Some((_, place)) if !index.explicit => *place = place.or(&rest),
                Some(_) => {}
                None => of_package.push((id, rest.clone())),
            }
        }
        let links = config.indexes.len()..config.indexes.len() + config.find_links.len();
        let links = links.filter_map(|at| u16::try_from(at).ok());
        of_package.extend(links.map(|at| (at, rest.clone())));
        places.insert(package.clone(), of_package);
    }
    Ok(places)
}

fn unknown_index(settings: &Settings, package: &PackageName, name: &str) -> Failure {
    Failure::usage(format!(
        "`{package}` is to come from the index `{name}`, and there is none of that name"
    ))
    .cause(format!("`sources` is set by {}", settings.sources.origin))
    .hint(format!(
        "add `[[index]]` with `name = \"{name}\"` and its `url`, or `--index {name}=URL`"
    ))
}

/// The address of an index.
///
/// # Errors
/// It is a path that is none.
pub(crate) fn index_address(entry: &IndexEntry) -> Result<SafeUrl, Failure> {
    address(&entry.location, entry.format == IndexFormat::Flat)
}

fn address(location: &Location, may_be_file: bool) -> Result<SafeUrl, Failure> {
    let made = match location {
        Location::Url(url) => return Ok(url.clone()),
        Location::Path(path) if may_be_file && path.is_file() => SafeUrl::from_file_path(path),
        Location::Path(path) => SafeUrl::from_directory_path(path),
    };
    made.map_err(|error| {
        Failure::usage(format!("`{location}` cannot be used as an index")).because(&error)
    })
}

fn refresh(settings: &Settings) -> Refresh {
    if settings.refresh.value {
        Refresh::All
    } else if settings.refresh_package.value.is_empty() {
        Refresh::None
    } else {
        Refresh::Packages(settings.refresh_package.value.iter().cloned().collect())
    }
}

fn tls(settings: &Settings) -> TlsConfig {
    let file = settings.cert.value.clone().filter(|path| path.exists());
    let dirs = settings
        .cert_dir
        .value
        .as_ref()
        .map(|list| list.0.clone())
        .unwrap_or_default();
    let dir = dirs.into_iter().find(|path| path.is_dir());
    let roots = if file.is_some() || dir.is_some() {
        Roots::Files { file, dir }
    } else if settings.system_certs.value {
        Roots::System
    } else {
        Roots::Auto
    };
    TlsConfig {
        roots,
        client_cert: settings.client_cert.value.clone(),
        insecure_hosts: settings.allow_insecure_host.value.clone(),
    }
}

fn netrc(session: &Session) -> NetrcSource {
    if let Some(path) = session.process.var("NETRC") {
        return NetrcSource::File(session.process.absolute(Path::new(path)));
    }
    match &session.process.home {
        Some(home) => NetrcSource::File(home.join(".netrc")),
        None => NetrcSource::None,
    }
}

/// Translates the rules of a resolution.
pub(crate) fn resolve_options(settings: &Settings) -> Options {
    let exclude_newer_packages = settings.exclude_newer_package.value.0.iter();
    let prerelease_packages = settings.prerelease_package.value.0.iter();
    Options {
        resolution: match settings.resolution.value {
            settings::Resolution::Highest => Resolution::Highest,
            settings::Resolution::Lowest => Resolution::Lowest,
            settings::Resolution::LowestDirect => Resolution::LowestDirect,
        },
        prerelease: prerelease(settings.prerelease.value),
        prerelease_packages: prerelease_packages
            .map(|(name, value)| (name.clone(), prerelease(*value)))
            .collect(),
        exclude_newer: settings
            .exclude_newer
            .value
            .as_ref()
            .map(|cutoff| cutoff.unix_ms),
        exclude_newer_packages: exclude_newer_packages
            .map(|(name, value)| (name.clone(), value.as_ref().map(|cutoff| cutoff.unix_ms)))
            .collect(),
        // Set where the order of the indexes is known: `exclude_newer_indexes`.
        exclude_newer_indexes: BTreeMap::new(),
        no_deps: settings.no_deps.value,
        build: build_policy(settings),
        ignore_requires_python: settings.ignore_requires_python.value,
        prefer_binary: settings.prefer_binary.value,
        index_order: match settings.index_strategy.value {
            settings::IndexStrategy::UnsafeFirstMatch => IndexOrder::EarlierPageFirst,
            _ => IndexOrder::BestVersion,
        },
        collect_hashes: settings.generate_hashes.value,
        // Only lock files have a place for them.
        collect_files: false,
    }
}

/// The cutoffs that indexes have of their own, by their positions; `None` lifts the general one.
pub(crate) fn exclude_newer_indexes(session: &Session) -> BTreeMap<IndexTag, Option<i64>> {
    let order = session.settings.index_order(&session.process.cwd);
    let entries = order.indexes.iter().chain(&order.default);
    entries
        .zip(0..)
        .filter_map(|(entry, tag)| {
            let cutoff = entry.exclude_newer.as_ref()?;
            Some((tag, cutoff.as_ref().map(|cutoff| cutoff.unix_ms)))
        })
        .collect()
}

fn prerelease(value: settings::Prerelease) -> Prerelease {
    match value {
        settings::Prerelease::Disallow => Prerelease::Disallow,
        settings::Prerelease::Allow => Prerelease::Allow,
        // A mention is as good as a need: it counts where no final version is left.
        settings::Prerelease::IfNecessary | settings::Prerelease::IfNecessaryOrExplicit => {
            Prerelease::IfNecessary
        }
        settings::Prerelease::Explicit => Prerelease::Explicit,
    }
}

fn build_policy(settings: &Settings) -> BuildPolicy {
    let only = &settings.only_binary.value;
    let without_sdists = only
        .names
        .iter()
        .chain(&settings.no_build_package.value)
        .cloned();
    let no_binary = &settings.no_binary.value;
    let without_wheels = no_binary
        .names
        .iter()
        .chain(&settings.no_binary_package.value)
        .cloned();
    let set = |all: bool, names: std::collections::BTreeSet<_>| match (all, names.is_empty()) {
        (true, _) => PackageSet::All,
        (false, true) => PackageSet::None,
        (false, false) => PackageSet::Only(names),
    };
    BuildPolicy {
        no_build: set(
            only.all || settings.no_build.value,
            without_sdists.collect(),
        ),
        no_binary: set(no_binary.all, without_wheels.collect()),
    }
}

/// Translates how files come into an environment.
pub(crate) fn link_mode(settings: &Settings) -> LinkMode {
    match settings.link_mode.value {
        None => LinkMode::default(),
        Some(settings::LinkMode::Clone) => LinkMode::Clone,
        Some(settings::LinkMode::Copy) => LinkMode::Copy,
        Some(settings::LinkMode::Hardlink) => LinkMode::Hardlink,
        Some(settings::LinkMode::Symlink) => LinkMode::Symlink,
    }
}
