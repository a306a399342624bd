//! The bytes others have: package indexes, downloads, credentials.
//!
//! The only crate of naja with async code inside; its face, the [`Fetcher`], is blocking: ask
//! [`cached`](Fetcher::cached) first, [`submit`](Fetcher::submit) the rest and read the replies
//! from a channel.
//!
//! | module | what it does |
//! |---|---|
//! | `config`, `request`, `error` | what has to be known; questions, answers; failures |
//! | `fetcher`, `context` | the handle, and what all threads share |
//! | `net` | the I/O thread: one runtime, one task per request |
//! | `workers` | a few threads for decompression, parsing, unpacking, writing |
//! | `pages`, `listing`, `kept`, `body` | which places say what about a package; pages and their keeping |
//! | `metadata`, `apart`, `remote`, `ranges` | what a wheel says about itself, with as few bytes as possible |
//! | `wheels`, `files`, `download`, `pointers` | whole files, resumed when broken off; where addresses led |
//! | `sdist` | source archives into the store |
//! | `git` | commits of repositories, by the user's own git |
//! | `http`, `hop`, `client`, `tls`, `transport` | one exchange: repetitions, redirects, credentials; connections |
//! | `auth`, `login`, `netrc`, `keyring`, `origin` | who may see which login; which addresses are followed |
//! | `retry`, `http_date`, `freshness`, `hosts` | when to ask again; how long answers last; what servers can do |
//! | `keys`, `records` | names of requests and of what is kept; writing behind |
//! | `default_index` | PyPI's address, found at build time |

mod ahead;
mod apart;
mod auth;
mod body;
mod client;
mod config;
mod context;
mod default_index;
mod download;
mod error;
mod fetcher;
mod files;
mod freshness;
mod git;
mod hop;
mod hosts;
mod http;
mod http_date;
mod kept;
mod keyring;
mod keys;
mod listing;
mod local;
mod login;
mod metadata;
mod net;
mod netrc;
mod origin;
mod pages;
mod pointers;
mod ranges;
mod records;
mod remote;
mod request;
mod retry;
mod sdist;
mod signing;
mod tls;
mod transport;
mod unpacked;
mod wheels;
mod workers;

pub use ahead::Expected;
pub use apart::metadata_url;
pub use config::{
    Authenticate, FindLinks, Index, IndexConfig, IndexId, IndexStrategy, Keeper, KeptLogin,
    NetrcSource, ObjectStore, Proxies, Refresh, Roots, Secret, TlsConfig,
};
pub use default_index::{built_in_default_index, built_in_torch_index};
pub use error::{
    FetchError, FileFault, MetadataFault, PageFault, Refusal, SetupError, TransportError,
};
pub use fetcher::Fetcher;
pub use git::{GitConfig, GitFault, MoveError, TreeState, WorkingTrees};
pub use keyring::{Keyring, ask_program};
pub use metadata::kept_metadata;
pub use netrc::{Login, Netrc};
pub use request::{
    Answer, Checkout, FetchedFile, FileRequest, GitReference, GitRequest, MetadataRequest, Origin,
    PageRequest, Pages, Reply, Request, SdistRequest, Stats, Ticket, WheelRequest,
};
