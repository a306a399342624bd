//! Which places are asked for a package, in which order, and what they say.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::{join_all, try_join};
use naja_spec::{PackageName, Page, SafeUrl};

use crate::config::{Index, IndexId, IndexStrategy};
use crate::context::Context;
use crate::error::{FetchError, PageFault};
use crate::kept::{self, Form, Shared, Wanted, text_parts};
use crate::keys::address;
use crate::listing::Listing;
use crate::net::Net;
use crate::request::{Origin, PageRequest, Pages};

/// The places for one request.
struct Places {
    links: Vec<Place>,
    indexes: Vec<(IndexId, Place)>,
}

/// One place.
#[derive(Clone)]
struct Place {
    origin: Origin,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    /// Something on this machine that lists the files of many packages.
    Local(PathBuf),
    /// A local simple index: the directory with one directory per package.
    LocalIndex(PathBuf),
    /// A remote page about one package.
    Remote(Wanted),
    /// A remote page about many packages.
    RemoteFlat(Wanted),
    /// An address that cannot be one of an index.
    Unusable(SafeUrl),
}

fn places(context: &Context, request: &PageRequest) -> Places {
    let config = &context.config;
    let (links, ids) = match request.index {
        Some(id) if config.no_index => (Vec::new(), config.index(id).map(|_| Vec::new())),
        Some(id) => (Vec::new(), config.index(id).map(|_| vec![id])),
        None if !config.no_index
            && config.pins.contains_key(&request.name)
            && !config.partly_pinned.contains(&request.name) =>
        {
            (Vec::new(), config.pins.get(&request.name).cloned())
        }
        None => {
            let pinned = config.pins.get(&request.name).filter(|_| !config.no_index);
            let mut ids = pinned.cloned().unwrap_or_default();
            for id in config.general_indexes() {
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
            let links = config.find_links.iter().zip(0_u16..);
            let links = links.map(|(place, at)| Place {
                origin: Origin::FindLinks(at),
                kind: flat_kind(&place.url, None, &request.name),
            });
            (links.collect(), Some(ids))
        }
    };
    let ids = ids.unwrap_or_default();
    let indexes = ids.into_iter().filter_map(|id| {
        let index = config.index(id)?;
        let mut kind = if index.flat {
            flat_kind(&index.url, Some(id), &request.name)
        } else {
            index_kind(&index.url, id, &request.name)
        };
        if let Kind::Remote(wanted) | Kind::RemoteFlat(wanted) = &mut kind {
            wanted.mirrors = mirrors(index, &request.name);
        }
        Some((
            id,
            Place {
                origin: Origin::Index(id),
                kind,
            },
        ))
    });
    Places {
        links,
        indexes: indexes.collect(),
    }
}

/// The addresses of a page on the mirrors of its index. Those that cannot have one are left out.
fn mirrors(index: &Index, package: &PackageName) -> Vec<SafeUrl> {
    let remote = index
        .mirrors
        .iter()
        .filter(|root| matches!(root.scheme(), "http" | "https"));
    remote
        .filter_map(|root| {
            if index.flat {
                Some(root.clone())
            } else {
                page_url(root, package)
            }
        })
        .collect()
}

fn flat_kind(url: &SafeUrl, index: Option<IndexId>, package: &PackageName) -> Kind {
    if let Some(path) = url.to_file_path() {
        return Kind::Local(path);
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Kind::Unusable(url.clone());
    }
    let key = format!("links:{}", address(url));
    let (url, package) = (url.clone(), package.clone());
    Kind::RemoteFlat(Wanted {
        url,
        key,
        mirrors: Vec::new(),
        index,
        package,
        form: Form::Text,
    })
}

fn index_kind(root: &SafeUrl, id: IndexId, package: &PackageName) -> Kind {
    if let Some(path) = root.to_file_path() {
        return Kind::LocalIndex(path);
    }
    let page = match root.scheme() {
        "http" | "https" => page_url(root, package),
        _ => None,
    };
    let Some(url) = page else {
        return Kind::Unusable(root.clone());
    };
    let (key, package) = (address(&url), package.clone());
    Kind::Remote(Wanted {
        url,
        key,
        mirrors: Vec::new(),
        index: Some(id),
        package,
        form: Form::Record,
    })
}

/// The address of a package's page: the root, the normalised name, a slash (PEP 503).
fn page_url(root: &SafeUrl, package: &PackageName) -> Option<SafeUrl> {
    let mut url = root.as_url().clone();
    url.set_fragment(None);
    url.path_segments_mut()
        .ok()?
        .pop_if_empty()
        .push(package.as_str())
        .push("");
    Some(SafeUrl::from(url))
}

/// Answers without network and threads, if every place that matters can be.
pub(crate) fn cached(context: &Context, request: &PageRequest) -> Option<Pages> {
    let places = places(context, request);
    let mut found = Found::new(context, request);
    for place in &places.links {
        found.add(place, at_hand(context, place, request)?);
    }
    for (id, place) in &places.indexes {
        if found.ask(*id) {
            continue;
        }
        if found.add(place, at_hand(context, place, request)?) && found.ends_at(*id) {
            break;
        }
    }
    Some(found.pages)
}

/// Tells whether all places of a request are on this machine.
pub(crate) fn is_local(context: &Context, request: &PageRequest) -> bool {
    let places = places(context, request);
    let indexes = places.indexes.iter().map(|(_, place)| place);
    places
        .links
        .iter()
        .chain(indexes)
        .all(|place| matches!(place.kind, Kind::Local(_) | Kind::LocalIndex(_)))
}

/// Answers from places on this machine, with their errors.
pub(crate) fn read_local(context: &Context, request: &PageRequest) -> Result<Pages, FetchError> {
    let places = places(context, request);
    let mut found = Found::new(context, request);
    for place in &places.links {
        found.add(place, local_page(context, place, &request.name)?);
    }
    for (id, place) in &places.indexes {
        found.ask(*id);
        if found.add(place, local_page(context, place, &request.name)?) && found.ends_at(*id) {
            break;
        }
    }
    Ok(found.pages)
}

/// Asks the places of a request.
pub(crate) async fn fetch(net: &Net, request: &PageRequest) -> Result<Pages, FetchError> {
    let places = places(&net.context, request);
    let links = join_all(
        places
            .links
            .iter()
            .map(|place| ask(net, place, &request.name)),
    );
    let links = async { links.await.into_iter().collect::<Result<Vec<_>, _>>() };
    let (links, indexes) = try_join(links, ask_indexes(net, &places, request)).await?;
    let mut found = Found::new(&net.context, request);
    for (place, page) in places.links.iter().zip(links) {
        found.add(place, page);
    }
    for ((id, place), page) in places.indexes.iter().zip(indexes) {
        found.ask(*id);
        found.add(place, page);
    }
    Ok(found.pages)
}

/// Asks the indexes: one after the other until one knows the name, so that later ones do not even
/// learn it; or all at once, if the strategy wants them all.
async fn ask_indexes(
    net: &Net,
    places: &Places,
    request: &PageRequest,
) -> Result<Vec<Option<Page>>, FetchError> {
    let context = &net.context;
    if context.config.strategy != IndexStrategy::FirstIndex {
        let asked = places
            .indexes
            .iter()
            .map(|(_, place)| ask(net, place, &request.name));
        return join_all(asked).await.into_iter().collect();
    }
    let mut answers = Vec::new();
    for (id, place) in &places.indexes {
        let answer = if context.is_unknown(*id, &request.name) {
            None
        } else {
            ask(net, place, &request.name).await?
        };
        let known = answer.is_some();
        if !known {
            context.note_unknown(*id, &request.name);
        }
        answers.push(answer);
        if known && !context.config.is_pinned(&request.name, *id) {
            break;
        }
    }
    Ok(answers)
}

async fn ask(net: &Net, place: &Place, package: &PackageName) -> Result<Option<Page>, FetchError> {
    match &place.kind {
        Kind::Remote(wanted) => {
            let Some(bytes) = kept::fetch(net, wanted).await? else {
                return Ok(None);
            };
            open(bytes, &wanted.url).map(Some)
        }
        Kind::RemoteFlat(wanted) => ask_flat(net, wanted, package).await,
        Kind::Local(_) | Kind::LocalIndex(_) | Kind::Unusable(_) => {
            let (context, place, package) =
                (Arc::clone(&net.context), place.clone(), package.clone());
            let job = move || local_page(&context, &place, &package);
            net.context.workers.answer(job).await
        }
    }
}

async fn ask_flat(
    net: &Net,
    wanted: &Wanted,
    package: &PackageName,
) -> Result<Option<Page>, FetchError> {
    let cell = net.shared_listing(&wanted.key);
    let listing = cell.get_or_init(|| async {
        let kept = kept::fetch(net, wanted).await.map_err(Arc::new)?;
        Ok(Arc::new(
            kept.map_or(Listing::Absent, |kept| listing_of(&kept)),
        ))
    });
    let listing = match listing.await {
        Ok(listing) => Arc::clone(listing),
        Err(source) => {
            let url = wanted.url.without_credentials();
            return Err(FetchError::FlatPage {
                url,
                source: Arc::clone(source),
            });
        }
    };
    let package = package.clone();
    let job = move || page_of(&listing, &package);
    net.context.workers.answer(job).await
}

fn listing_of(kept: &Shared) -> Listing {
    text_parts((**kept).as_ref()).map_or(Listing::Absent, |(language, base, text)| Listing::Text {
        base,
        language,
        text: text.to_vec(),
    })
}

/// Answers for one place without the network; `None` means "not at hand".
fn at_hand(context: &Context, place: &Place, request: &PageRequest) -> Option<Option<Page>> {
    let fresh = |wanted: &Wanted| {
        let kept = kept::look(context, wanted)?;
        (kept.is_fresh(context.now_ms()) || context.config.offline).then(|| kept.into_bytes())
    };
    match &place.kind {
        Kind::Remote(wanted) => match fresh(wanted)? {
            Some(bytes) => open(bytes, &wanted.url).ok().map(Some),
            None => Some(None),
        },
        Kind::RemoteFlat(wanted) => match fresh(wanted)? {
            Some(bytes) => page_of(&listing_of(&bytes), &request.name).ok(),
            None => Some(None),
        },
        _ => local_page(context, place, &request.name).ok(),
    }
}

fn local_page(
    context: &Context,
    place: &Place,
    package: &PackageName,
) -> Result<Option<Page>, FetchError> {
    match &place.kind {
        Kind::Local(path) => {
            let listing = context.listings.local(path)?;
            if matches!(*listing, Listing::Absent) {
                let source = std::io::Error::from(std::io::ErrorKind::NotFound);
                return Err(FetchError::Local {
                    path: path.clone(),
                    source,
                });
            }
            page_of(&listing, package)
        }
        Kind::LocalIndex(root) => {
            let folder = root.join(package.as_str());
            for name in ["index.html", "index.json"] {
                let listing = Listing::read_local(&folder.join(name))?;
                if !matches!(listing, Listing::Absent) {
                    return page_of(&listing, package);
                }
            }
            page_of(&Listing::read_local(&folder)?, package)
        }
        Kind::Unusable(url) => {
            let url = url.without_credentials();
            Err(FetchError::Refused {
                url,
                why: crate::error::Refusal::Scheme,
            })
        }
        Kind::Remote(_) | Kind::RemoteFlat(_) => Err(FetchError::Stopped),
    }
}

/// A page without files is, in a place of many packages, the same as none.
fn page_of(listing: &Listing, package: &PackageName) -> Result<Option<Page>, FetchError> {
    let Some(record) = listing.page_of(package)? else {
        return Ok(None);
    };
    let base = match listing {
        Listing::Directory { base, .. } | Listing::Text { base, .. } => base,
        Listing::Absent => return Ok(None),
    };
    let page = open(Arc::new(record), base)?;
    Ok((page.versions() > 0).then_some(page))
}

fn open(bytes: Shared, url: &SafeUrl) -> Result<Page, FetchError> {
    Page::open(bytes).map_err(|source| FetchError::Page {
        url: url.without_credentials(),
        source: PageFault::Content(source),
    })
}

/// Gathers answers.
struct Found<'a> {
    context: &'a Context,
    pages: Pages,
    first_only: bool,
}

impl<'a> Found<'a> {
    fn new(context: &'a Context, request: &PageRequest) -> Self {
        let pages = Pages {
            name: request.name.clone(),
            hits: Vec::new(),
            asked: Vec::new(),
        };
        let first_only = context.config.strategy == IndexStrategy::FirstIndex;
        Self {
            context,
            pages,
            first_only,
        }
    }

    /// Notes that an index is asked; true if it is known not to know the name.
    fn ask(&mut self, id: IndexId) -> bool {
        self.pages.asked.push(id);
        self.context.is_unknown(id, &self.pages.name)
    }

    /// Whether no index behind this one is asked, once it knows the name.
    fn ends_at(&self, id: IndexId) -> bool {
        self.first_only && !self.context.config.is_pinned(&self.pages.name, id)
    }

    /// Notes an answer; true if it is one.
    fn add(&mut self, place: &Place, page: Option<Page>) -> bool {
        let Some(page) = page else { return false };
        self.pages.hits.push((place.origin, page));
        true
    }
}
