//! What the fetcher has to know; every value is given, none is read from the environment.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use naja_spec::{PackageName, SafeUrl};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::git::GitConfig;
use crate::keyring::Keyring;
use crate::netrc::Login;

/// Position of an index in [`IndexConfig::indexes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IndexId(pub u16);

/// One package index that speaks the simple API (PEP 503, PEP 691), or a flat page of links.
#[derive(Clone, Debug)]
pub struct Index {
    /// The name the user gave it, for messages and for pinning packages to it.
    pub name: Option<String>,
    /// Root of its simple API (`http`, `https` or `file`), or, when `flat`, the page or directory
    /// itself. May carry credentials.
    pub url: SafeUrl,
    /// Credentials given apart from the URL (environment); they count where the URL has none.
    pub login: Option<Login>,
    /// Only asked for packages that are pinned to it.
    pub explicit: bool,
    /// One page (or directory) that lists the files of all packages.
    pub flat: bool,
    /// Whether credentials are sent.
    pub authenticate: Authenticate,
    /// Statuses of this index that mean "not known here" although they are errors by default
    /// (401, 403, 5xx).
    pub ignored_statuses: Vec<u16>,
    /// Roots of servers with the same content, asked in this order in the place of `url`; the
    /// next one when one cannot be reached or fails (5xx). `url` stays the name under which
    /// answers are kept. Empty: `url` itself is asked.
    pub mirrors: Vec<SafeUrl>,
}

impl Index {
    /// Makes an ordinary index of a URL.
    #[must_use]
    pub fn new(url: SafeUrl) -> Self {
        Self {
            name: None,
            url,
            login: None,
            explicit: false,
            flat: false,
            authenticate: Authenticate::Auto,
            ignored_statuses: Vec::new(),
            mirrors: Vec::new(),
        }
    }

    /// The roots that are asked, in order.
    pub(crate) fn roots(&self) -> &[SafeUrl] {
        if self.mirrors.is_empty() {
            std::slice::from_ref(&self.url)
        } else {
            &self.mirrors
        }
    }

    /// Returns the root on the same server as an address.
    pub(crate) fn at(&self, url: &SafeUrl) -> Option<&SafeUrl> {
        let mut roots = self.mirrors.iter().chain(std::iter::once(&self.url));
        roots.find(|root| root.same_origin(url))
    }
}

/// Whether an index gets credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Authenticate {
    /// Those that are known for it are sent.
    #[default]
    Auto,
    /// As `Auto`, and a request without any is refused before it is sent.
    Always,
    /// Never.
    Never,
}

/// One place given by `--find-links`: a local directory, a local wheel or sdist, or a local or
/// remote page of links.
#[derive(Clone, Debug)]
pub struct FindLinks {
    /// The place; local ones as `file:` URLs.
    pub url: SafeUrl,
}

/// What happens when several indexes know a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IndexStrategy {
    /// The first index that knows the name is the only one used (safe against confusion).
    #[default]
    FirstIndex,
    /// All are asked; versions of earlier indexes are preferred.
    UnsafeFirstMatch,
    /// All are asked; the best version wins.
    UnsafeBestMatch,
}

/// Which kept answers are confirmed with the server although they are fresh.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Refresh {
    /// None.
    #[default]
    None,
    /// All.
    All,
    /// Those about these packages.
    Packages(FxHashSet<PackageName>),
}

impl Refresh {
    /// Tells whether answers about this package have to be confirmed.
    #[must_use]
    pub fn covers(&self, package: &PackageName) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Packages(names) => names.contains(package),
        }
    }
}

/// Which certificate authorities are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Roots {
    /// The set compiled into naja; for a server that none of it vouches for, the operating
    /// system's as well. Costs nothing to load unless that happens.
    #[default]
    Auto,
    /// The set compiled into naja and no other.
    BuiltIn,
    /// The operating system's.
    System,
    /// The PEM certificates of this file, this directory, or both.
    Files {
        /// A bundle in PEM form.
        file: Option<PathBuf>,
        /// A directory of PEM files.
        dir: Option<PathBuf>,
    },
}

/// How TLS connections are made.
#[derive(Clone, Debug, Default)]
pub struct TlsConfig {
    /// Trusted authorities.
    pub roots: Roots,
    /// PEM file with a client certificate chain and its key.
    pub client_cert: Option<PathBuf>,
    /// `host` or `host:port` whose certificates are not checked and that may be reached by plain
    /// HTTP from an https page.
    pub insecure_hosts: Vec<String>,
}

/// Proxies, as URLs (may carry credentials).
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    /// For `http:` URLs.
    pub http: Option<SafeUrl>,
    /// For `https:` URLs.
    pub https: Option<SafeUrl>,
    /// For what the other two do not name.
    pub all: Option<SafeUrl>,
    /// Comma-separated hosts, domains and networks that are reached directly (`NO_PROXY`).
    pub no_proxy: Option<String>,
}

/// The netrc file, if any.
#[derive(Clone, Default)]
pub enum NetrcSource {
    /// None.
    #[default]
    None,
    /// Read at the first network need; a missing file is no error.
    File(PathBuf),
    /// The text itself.
    Text(String),
}

impl fmt::Debug for NetrcSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Text(_) => f.write_str("Text(****)"),
        }
    }
}

/// What is kept for a service: a user name, and perhaps the password.
#[derive(Clone, Debug)]
pub struct KeptLogin {
    /// The service: an address; everything below its path belongs to it.
    pub service: SafeUrl,
    /// The user name; may be empty.
    pub user: String,
    /// The password, or `None` if it has to be asked for by [`Keeper::password`].
    pub password: Option<Secret>,
}

/// A text that is not shown by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(****)")
    }
}

/// An object store that speaks the protocol of S3, and who asks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectStore {
    /// Requests below this address are signed.
    pub endpoint: SafeUrl,
    /// The region, such as `us-east-1`.
    pub region: String,
    /// The public part of the key.
    pub access_key: String,
    /// The secret part.
    pub secret_key: Secret,
    /// What goes with a key for a short time.
    pub session_token: Option<Secret>,
}

/// Something that keeps logins for the user.
pub trait Keeper: fmt::Debug + Send + Sync {
    /// Lists what is kept. Asked once, at the first network need.
    ///
    /// # Errors
    /// A text for people, without secrets: it cannot be read, or others can read it.
    fn logins(&self) -> Result<Vec<KeptLogin>, String>;

    /// Returns a password that [`logins`](Self::logins) left out. May wait for another program.
    ///
    /// # Errors
    /// A text for people, without secrets.
    fn password(&self, service: &SafeUrl, user: &str) -> Result<Option<Secret>, String>;
}

/// Everything the fetcher has to know.
#[derive(Clone, Debug)]
pub struct IndexConfig {
    /// In priority order; the default index comes last. At most 65,535.
    pub indexes: Vec<Index>,
    /// Further places with files, merged with what the indexes say.
    pub find_links: Vec<FindLinks>,
    /// Packages that come from these indexes (in priority order) and from no other place, as long
    /// as a request does not name another.
    pub pins: FxHashMap<PackageName, Vec<IndexId>>,
    /// Pinned packages for which the other places are asked as well, because the pins hold in some
    /// environments only.
    pub partly_pinned: FxHashSet<PackageName>,
    /// An object store whose requests are signed.
    pub object_store: Option<ObjectStore>,
    /// What happens when several indexes know a name.
    pub strategy: IndexStrategy,
    /// Asks `find_links` only.
    pub no_index: bool,
    /// Never touches the network: kept answers are used at any age, others are errors.
    pub offline: bool,
    /// Kept answers to be confirmed.
    pub refresh: Refresh,
    /// Longest silence of a server.
    pub timeout: Duration,
    /// Longest time to connect.
    pub connect_timeout: Duration,
    /// Repetitions of a failed request.
    pub retries: u32,
    /// Pause before the first repetition; doubled each time.
    pub first_pause: Duration,
    /// Requests in flight at a time.
    pub concurrency: usize,
    /// Certificates.
    pub tls: TlsConfig,
    /// Proxies.
    pub proxies: Proxies,
    /// Logins that the user has had kept.
    pub keeper: Option<Arc<dyn Keeper>>,
    /// Logins per machine.
    pub netrc: NetrcSource,
    /// Asked when a server refuses what comes without a login, or when only a user name is known.
    pub keyring: Option<Keyring>,
    /// How git is run.
    pub git: GitConfig,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Threads for decompression, parsing and unpacking.
    pub workers: usize,
}

impl Default for IndexConfig {
    fn default() -> Self {
        Self {
            indexes: Vec::new(),
            find_links: Vec::new(),
            pins: FxHashMap::default(),
            partly_pinned: FxHashSet::default(),
            object_store: None,
            strategy: IndexStrategy::default(),
            no_index: false,
            offline: false,
            refresh: Refresh::None,
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(10),
            retries: 3,
            first_pause: Duration::from_millis(250),
            concurrency: 50,
            tls: TlsConfig::default(),
            proxies: Proxies::default(),
            keeper: None,
            netrc: NetrcSource::None,
            keyring: None,
            git: GitConfig::default(),
            user_agent: concat!("naja/", env!("CARGO_PKG_VERSION")).to_owned(),
            workers: 2,
        }
    }
}

impl IndexConfig {
    /// Returns an index by its position.
    #[must_use]
    pub fn index(&self, id: IndexId) -> Option<&Index> {
        self.indexes.get(usize::from(id.0))
    }

    /// Returns the position of the index with this name.
    #[must_use]
    pub fn index_named(&self, name: &str) -> Option<IndexId> {
        let at = self
            .indexes
            .iter()
            .position(|index| index.name.as_deref() == Some(name))?;
        u16::try_from(at).ok().map(IndexId)
    }

    /// Tells whether a package is tied to an index: all of those are asked.
    pub(crate) fn is_pinned(&self, name: &PackageName, id: IndexId) -> bool {
        let pins = self.pins.get(name);
        pins.is_some_and(|pins| pins.contains(&id))
    }

    /// The indexes asked for a package that is not pinned to one, in priority order.
    pub(crate) fn general_indexes(&self) -> Vec<IndexId> {
        if self.no_index {
            return Vec::new();
        }
        let all = self.indexes.iter().zip(0_u16..);
        all.filter(|(index, _)| !index.explicit)
            .map(|(_, id)| IndexId(id))
            .collect()
    }
}
