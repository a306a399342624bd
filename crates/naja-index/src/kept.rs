//! Answers that are kept in the store with their stamps, confirmed when stale.
//!
//! An answer and its stamp are two records with a common tag, made from the answer: a confirmation
//! rewrites only the stamp, and a stamp of another answer is never taken for one of the present.

use std::hash::Hasher as _;
use std::sync::Arc;

use naja_spec::{PackageName, Page, SafeUrl};
use naja_store::Bucket;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap};
use rustc_hash::FxHasher;

use crate::body::{Language, MAX_PAGE, decoded_into, language};
use crate::client::origin_key;
use crate::config::IndexId;
use crate::context::Context;
use crate::error::{FetchError, PageFault, TransportError};
use crate::freshness::{Stamp, Validators};
use crate::http::{Call, Failure, Incoming, Reader, put, put_conditions};
use crate::net::Net;

/// JSON is wanted most (PEP 691).
const ACCEPTED: &str = "application/vnd.pypi.simple.v1+json, \
    application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";
/// Bytes before the kept answer in its record: the tag, then zeros.
const PREFIX: usize = 16;

/// Shared bytes.
pub(crate) type Shared = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// A page that is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) url: SafeUrl,
    /// Where the same page is asked for instead, in this order; empty: at `url`.
    pub(crate) mirrors: Vec<SafeUrl>,
    /// Under which it is kept.
    pub(crate) key: String,
    /// On whose behalf it is asked.
    pub(crate) index: Option<IndexId>,
    /// For which package; it decides about refreshing.
    pub(crate) package: PackageName,
    pub(crate) form: Form,
}

/// In which form a page is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The flat record of one package.
    Record,
    /// The text, with language and base, because it is about many packages.
    Text,
}

/// What is kept.
pub(crate) struct Kept {
    stamp: Stamp,
    /// `None` if the server did not know the page.
    bytes: Option<Shared>,
    must_refresh: bool,
}

impl Kept {
    /// Whether it may be used without asking.
    pub(crate) fn is_fresh(&self, now_ms: i64) -> bool {
        !self.must_refresh && self.stamp.is_fresh(now_ms)
    }

    /// The answer; `None` means that the server did not know the page.
    pub(crate) fn into_bytes(self) -> Option<Shared> {
        self.bytes
    }
}

/// Looks for a kept answer.
pub(crate) fn look(context: &Context, wanted: &Wanted) -> Option<Kept> {
    let record = context.records.read(Bucket::Http, &wanted.key)?;
    let stamp = Stamp::from_bytes(record.as_ref())?;
    let must_refresh = context.must_refresh(&wanted.package, stamp.confirmed_ms);
    if !stamp.found {
        return Some(Kept {
            stamp,
            bytes: None,
            must_refresh,
        });
    }
    let body = context.records.read(Bucket::Pages, &wanted.key)?;
    let tag = body
        .as_ref()
        .first_chunk::<8>()
        .map(|bytes| u64::from_le_bytes(*bytes));
    if tag != Some(stamp.tag) {
        return None;
    }
    let bytes: Shared = Arc::new(AfterPrefix(body));
    // A record of another version is a miss.
    if wanted.form == Form::Record && Page::open(Arc::clone(&bytes)).is_err() {
        return None;
    }
    Some(Kept {
        stamp,
        bytes: Some(bytes),
        must_refresh,
    })
}

/// A record's body without what naja put in front.
struct AfterPrefix<B>(B);

impl<B: AsRef<[u8]>> AsRef<[u8]> for AfterPrefix<B> {
    fn as_ref(&self) -> &[u8] {
        self.0.as_ref().get(PREFIX..).unwrap_or_default()
    }
}

/// Returns the page, asking the server unless a fresh answer is kept; `None` if the server does
/// not know it.
pub(crate) async fn fetch(net: &Net, wanted: &Wanted) -> Result<Option<Shared>, FetchError> {
    let context = &net.context;
    let kept = look(context, wanted);
    let now_ms = context.now_ms();
    if let Some(kept) = kept
        .as_ref()
        .filter(|kept| kept.is_fresh(now_ms) || context.config.offline)
    {
        return Ok(kept.bytes.clone());
    }
    if context.config.offline {
        return Err(FetchError::Offline {
            url: wanted.url.without_credentials(),
        });
    }
    let ignored = wanted.index.and_then(|id| context.config.index(id));
    let passes = ignored
        .map(|index| index.ignored_statuses.as_slice())
        .unwrap_or_default();
    let conditions = kept
        .as_ref()
        .filter(|kept| kept.bytes.is_some())
        .map(|kept| &kept.stamp);
    let answer = ask(net, wanted, &mut PageReader { conditions, passes }).await?;
    match (answer, kept) {
        (
            PageAnswer::Confirmed(newer),
            Some(Kept {
                stamp,
                bytes: Some(bytes),
                ..
            }),
        ) => {
            context.counters.confirmed();
            write_stamp(context, wanted, &stamp.confirmed(newer, context.now_ms()));
            Ok(Some(bytes))
        }
        (PageAnswer::NotFound | PageAnswer::Confirmed(_), _) => {
            write_stamp(context, wanted, &Stamp::not_found(context.now_ms()));
            Ok(None)
        }
        (PageAnswer::Body(body), _) => take_in(net, wanted, body).await.map(Some),
    }
}

/// Asks the server of a page, or its mirrors until one of them works.
async fn ask(
    net: &Net,
    wanted: &Wanted,
    reader: &mut PageReader<'_>,
) -> Result<PageAnswer, FetchError> {
    let (last, others) = wanted.mirrors.split_last().unwrap_or((&wanted.url, &[]));
    let call = |url| Call {
        url,
        index: wanted.index,
        passes: reader.passes,
        direct: true,
    };
    for url in others {
        let origin = origin_key(url);
        if net.down.borrow().contains(&origin) {
            continue;
        }
        match net.exchange(&call(url), &mut reader.clone()).await {
            Err(error) if is_down(&error) => net.down.borrow_mut().insert(origin),
            answer => return answer,
        };
    }
    net.exchange(&call(last), reader).await
}

/// Tells whether another server with the same content is worth a try. A refusal is not: neither
/// of credentials, nor of a certificate.
fn is_down(error: &FetchError) -> bool {
    match error {
        FetchError::Transport { source, .. } => !matches!(source, TransportError::Tls(_)),
        FetchError::Status { status, .. } => *status == 429 || *status >= 500,
        _ => false,
    }
}

fn write_stamp(context: &Context, wanted: &Wanted, stamp: &Stamp) {
    context
        .records
        .write(Bucket::Http, &wanted.key, stamp.to_bytes());
}

/// Decompresses and parses on a worker, and keeps the result.
async fn take_in(net: &Net, wanted: &Wanted, body: Body) -> Result<Shared, FetchError> {
    let context = &net.context;
    let now_ms = context.now_ms();
    let (url, shared, asked) = (body.url.clone(), Arc::clone(context), wanted.clone());
    let job = move || {
        let spare = shared.take_spare();
        let text = decoded_into(spare, body.bytes, body.encoding.as_deref())?;
        let language = language(body.content_type.as_deref(), &text)?;
        let mut record = converted(&text, language, &body.url, &asked)?;
        shared.give_back(text);
        let tag = tag_of(&record);
        let stamp = Stamp::new(tag, body.validators, now_ms);
        prepend(&tag.to_le_bytes(), &mut record);
        let record = shared.records.write(Bucket::Pages, &asked.key, record);
        write_stamp(&shared, &asked, &stamp);
        Ok(record)
    };
    let made = context.workers.run(job).await.ok_or(FetchError::Stopped)?;
    let record: Arc<Vec<u8>> = made.map_err(|source| FetchError::Page { url, source })?;
    Ok(Arc::new(AfterPrefix(SharedBytes(record))))
}

struct SharedBytes(Arc<Vec<u8>>);

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// The tag of an answer: two processes that receive the same one agree, so that the stamp of the one
/// fits the answer that the other wrote.
fn tag_of(record: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(record);
    hasher.finish()
}

/// Puts the tag and zeros, [`PREFIX`] bytes in all, before what is there.
fn prepend(tag: &[u8], record: &mut Vec<u8>) {
    let length = record.len();
    record.resize(length + PREFIX, 0);
    record.copy_within(..length, PREFIX);
    record[..PREFIX].fill(0);
    record[..tag.len()].copy_from_slice(tag);
}

fn converted(
    text: &[u8],
    language: Language,
    url: &SafeUrl,
    asked: &Wanted,
) -> Result<Vec<u8>, PageFault> {
    if asked.form == Form::Record {
        return parsed(text, language, url, &asked.package);
    }
    let base = url.with_secrets();
    let mut out = Vec::with_capacity(text.len() + base.len() + 2);
    out.push(match language {
        Language::Json => b'j',
        Language::Html => b'h',
    });
    out.extend_from_slice(base.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(text);
    Ok(out)
}

/// Parses the text of a page into the record of one package.
pub(crate) fn parsed(
    text: &[u8],
    language: Language,
    base: &SafeUrl,
    package: &PackageName,
) -> Result<Vec<u8>, PageFault> {
    Ok(match language {
        Language::Json => Page::from_json(text, base, package)?,
        Language::Html => Page::from_html(text, base, package)?,
    })
}

/// Takes a kept [`Form::Text`] apart.
pub(crate) fn text_parts(kept: &[u8]) -> Option<(Language, SafeUrl, &[u8])> {
    let language = match kept.first()? {
        b'j' => Language::Json,
        b'h' => Language::Html,
        _ => return None,
    };
    let end = kept.iter().position(|byte| *byte == b'\n')?;
    let base = std::str::from_utf8(kept.get(1..end)?).ok()?;
    Some((language, SafeUrl::parse(base).ok()?, kept.get(end + 1..)?))
}

struct Body {
    bytes: Vec<u8>,
    content_type: Option<String>,
    encoding: Option<String>,
    url: SafeUrl,
    validators: Validators,
}

enum PageAnswer {
    Confirmed(Validators),
    NotFound,
    Body(Body),
}

#[derive(Clone)]
struct PageReader<'a> {
    conditions: Option<&'a Stamp>,
    /// Statuses that mean "not known".
    passes: &'a [u16],
}

impl Reader for PageReader<'_> {
    const LIGHT: bool = true;
    type Out = PageAnswer;

    fn headers(&mut self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        put(&mut headers, ACCEPT, ACCEPTED);
        put(&mut headers, ACCEPT_ENCODING, "gzip");
        put_conditions(&mut headers, self.conditions);
        headers
    }

    async fn read(&mut self, incoming: Incoming<'_>) -> Result<PageAnswer, Failure> {
        match incoming.status() {
            200 | 203 => {}
            304 if self.conditions.is_some() => {
                return Ok(PageAnswer::Confirmed(incoming.validators()));
            }
            404 | 410 => return Ok(PageAnswer::NotFound),
            status if self.passes.contains(&status) => return Ok(PageAnswer::NotFound),
            _ => return Err(incoming.unexpected()),
        }
        let content_type = incoming.header("content-type").map(str::to_owned);
        let encoding = incoming.header("content-encoding").map(str::to_owned);
        let (url, validators) = (incoming.url.clone(), incoming.validators());
        match incoming.collect(MAX_PAGE).await? {
            Ok(bytes) => Ok(PageAnswer::Body(Body {
                bytes,
                content_type,
                encoding,
                url,
                validators,
            })),
            Err(too_long) => {
                let source = PageFault::TooLong {
                    limit: too_long.limit,
                };
                Err(FetchError::Page { url, source }.into())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_answers_have_equal_tags() {
        let (one, other) = (b"a page".to_vec(), b"a page".to_vec());
        assert_eq!(tag_of(&one), tag_of(&other));
        assert_ne!(tag_of(b"a page"), tag_of(b"another page"));
    }
}
