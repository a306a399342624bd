//! A fetcher over a scratch store, asked one thing at a time.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use naja_index::{
    Answer, FetchError, Fetcher, Index, IndexConfig, IndexId, MetadataRequest, Origin, PageRequest,
    Pages, Reply, Request, Ticket, WheelRequest,
};
use naja_spec::{CoreMeta, CoreMetadata, Digest, PackageName, SafeUrl, Sha256, WheelName};
use naja_store::{Archive, Store};
use std::sync::Arc;

/// Longest wait for a reply: only a hanging test ever reaches it.
const LONG: Duration = Duration::from_secs(60);

pub(crate) fn url(text: &str) -> SafeUrl {
    SafeUrl::parse(text).unwrap()
}

pub(crate) fn package(name: &str) -> PackageName {
    PackageName::parse(name).unwrap()
}

/// A configuration with quick repetitions.
pub(crate) fn config(indexes: &[String]) -> IndexConfig {
    IndexConfig {
        indexes: indexes.iter().map(|text| Index::new(url(text))).collect(),
        timeout: Duration::from_secs(20),
        first_pause: Duration::from_millis(2),
        ..IndexConfig::default()
    }
}

/// Waits for the clock to go on: what was confirmed in the millisecond in which a fetcher is made counts as confirmed by
/// it.
fn later() {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let before = now().as_millis();
    while now().as_millis() == before {
        std::thread::yield_now();
    }
}

/// A cache directory that outlives fetchers.
pub(crate) struct Cache(tempfile::TempDir);

impl Cache {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        self.0.path()
    }

    pub(crate) fn fetcher(&self, config: IndexConfig) -> Session {
        later();
        let store = Store::open(&self.0.path().join("cache")).unwrap();
        let (sender, inbox) = channel::<Reply>();
        Session {
            fetcher: Fetcher::new(config, store, sender),
            inbox,
            progress: Vec::new(),
        }
    }
}

/// A fetcher and its inbox.
pub(crate) struct Session {
    pub(crate) fetcher: Fetcher,
    pub(crate) inbox: Receiver<Reply>,
    pub(crate) progress: Vec<(u64, Option<u64>)>,
}

impl Session {
    /// Asks past the cache and waits.
    pub(crate) fn ask(&mut self, request: Request) -> Result<Answer, FetchError> {
        let ticket = self.fetcher.submit(request);
        self.wait(ticket)
    }

    pub(crate) fn wait(&mut self, wanted: Ticket) -> Result<Answer, FetchError> {
        loop {
            match self.inbox.recv_timeout(LONG).unwrap() {
                Reply::Done { ticket, result } => {
                    assert_eq!(ticket, wanted);
                    return result;
                }
                Reply::Progress {
                    bytes_done,
                    bytes_total,
                    ..
                } => {
                    self.progress.push((bytes_done, bytes_total));
                }
            }
        }
    }

    pub(crate) fn page(&mut self, name: &str) -> Result<Arc<Pages>, FetchError> {
        self.page_from(name, None)
    }

    pub(crate) fn page_from(
        &mut self,
        name: &str,
        index: Option<u16>,
    ) -> Result<Arc<Pages>, FetchError> {
        let index = index.map(IndexId);
        match self.ask(Request::Page(PageRequest {
            name: package(name),
            index,
        }))? {
            Answer::Page(pages) => Ok(pages),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn cached_page(&self, name: &str) -> Option<Arc<Pages>> {
        match self
            .fetcher
            .cached(&Request::Page(PageRequest::new(package(name))))?
        {
            Answer::Page(pages) => Some(pages),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn metadata(
        &mut self,
        wanted: MetadataRequest,
    ) -> Result<Arc<CoreMetadata>, FetchError> {
        match self.ask(Request::Metadata(wanted))? {
            Answer::Metadata(metadata) => Ok(metadata),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn wheel(&mut self, wanted: WheelRequest) -> Result<Archive, FetchError> {
        match self.ask(Request::Wheel(wanted))? {
            Answer::Wheel(archive) => Ok(archive),
            other => panic!("{other:?}"),
        }
    }
}

/// File names on the pages.
pub(crate) fn files(pages: &Pages) -> Vec<String> {
    let of = |page: &naja_spec::Page| {
        page.all_files()
            .map(|file| file.file_name().to_owned())
            .collect::<Vec<_>>()
    };
    pages.hits.iter().flat_map(|(_, page)| of(page)).collect()
}

/// A JSON page with these files below `../../files/`.
pub(crate) fn json_page(name: &str, files: &[&str]) -> String {
    let files: Vec<String> = files
        .iter()
        .map(|file| format!(r#"{{"filename":"{file}","url":"../../files/{file}","hashes":{{}}}}"#))
        .collect();
    format!(
        r#"{{"meta":{{"api-version":"1.0"}},"name":"{name}","files":[{}]}}"#,
        files.join(",")
    )
}

pub(crate) fn metadata_request(file: &str, at: &str, body: Option<&[u8]>) -> MetadataRequest {
    MetadataRequest {
        wheel: WheelName::parse(file).unwrap(),
        url: url(at),
        origin: Origin::Direct,
        core_metadata: CoreMeta::No,
        sha256: body.map(Sha256::of),
        size: body.map(|body| body.len() as u64),
    }
}

pub(crate) fn wheel_request(file: &str, at: &str, body: Option<&[u8]>) -> WheelRequest {
    WheelRequest {
        wheel: WheelName::parse(file).unwrap(),
        url: url(at),
        origin: Origin::Direct,
        digests: body
            .map(|body| Digest::from(Sha256::of(body)))
            .into_iter()
            .collect(),
        size: body.map(|body| body.len() as u64),
    }
}

/// The message of an error with those of its causes.
pub(crate) fn words(error: &FetchError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    format!("{text} {error:?}")
}
