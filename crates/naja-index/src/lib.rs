//! The bytes others have: package indexes, downloads, credentials.
//!
//! The only crate of naja with async code inside; its face, the [`Fetcher`], is blocking: ask
//! [`cached`](Fetcher::cached) first, [`submit`](Fetcher::submit) the rest and read the replies
//! from a channel.
//!
//! | module | what it does |
//! |---|---|
//! | `config` | what the fetcher has to know |
//! | `request`, `error` | questions, answers, failures |
//! | `fetcher` | the handle; starts the threads lazily |
//! | `netrc` | logins per machine |
//! | `retry`, `http_date` | when to ask again |
//! | `freshness` | how long an answer may be used |
//! | `default_index` | PyPI's address, found at build time |

mod config;
mod default_index;
mod error;
mod fetcher;
mod freshness;
mod http_date;
mod netrc;
mod request;
mod retry;

pub use config::{
    Authenticate, FindLinks, Index, IndexConfig, IndexId, IndexStrategy, NetrcSource, Proxies,
    Refresh, Roots, TlsConfig,
};
pub use default_index::built_in_default_index;
pub use error::{
    FetchError, FileFault, MetadataFault, PageFault, Refusal, SetupError, TransportError,
};
pub use fetcher::Fetcher;
pub use netrc::{Login, Netrc};
pub use request::{
    Answer, FetchedFile, FileRequest, MetadataRequest, Origin, PageRequest, Pages, Reply, Request,
    Stats, Ticket, WheelRequest,
};
