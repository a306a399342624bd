//! The URL type.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::{Position, Url};

use super::mask::{MASK, mask_urls, push_masked_query};
use crate::digest::Digest;

/// Why a text or a path is not a usable URL. Texts inside are already masked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// The text does not follow the URL standard.
    #[error("`{text}` is not a valid URL: {source}")]
    Parse {
        /// The text with its secrets masked.
        text: String,
        /// What the URL parser said.
        source: url::ParseError,
    },
    /// The text holds a control character, which URL parsers drop silently.
    #[error("URL `{0}` holds a control character")]
    Control(String),
    /// A relative path cannot become a `file:` URL.
    #[error("path `{}` is not absolute", .0.display())]
    RelativePath(PathBuf),
}

/// User name and password of a URL, percent-decoded. `Debug` masks both.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Credentials {
    /// The user name; may be empty when only a password is given.
    pub username: String,
    /// The password, when there is one.
    pub password: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(****)")
    }
}

/// An absolute URL whose `Display`, `Debug` and serialised forms never show its secrets.
///
/// `Display` and `Debug` show `****` in place of user and password and of the values of query
/// parameters that look like tokens. Serialising leaves user and password out. The user name
/// of an `ssh` URL without a password (`git@`) is no secret and stays. The one way to the
/// whole text is [`SafeUrl::with_secrets`]. Cloning is cheap.
#[derive(Clone)]
pub struct SafeUrl(Arc<Held>);

/// A URL, or the text of one that is known to be valid and is taken apart when a part is asked for: locks hold
/// thousands, of which few are used.
enum Held {
    Parsed(Url),
    Plain { text: Box<str>, url: OnceLock<Url> },
}

impl Held {
    fn text(&self) -> &str {
        match self {
            Self::Parsed(url) => url.as_str(),
            Self::Plain { text, .. } => text,
        }
    }

    fn url(&self) -> &Url {
        match self {
            Self::Parsed(url) => url,
            Self::Plain { text, url } => url.get_or_init(|| {
                Url::parse(text).expect(
                    "`is_plain` takes only what the parser takes; a property test compares them",
                )
            }),
        }
    }
}

impl SafeUrl {
    fn plain(text: &str) -> Self {
        Self(Arc::new(Held::Plain {
            text: text.into(),
            url: OnceLock::new(),
        }))
    }

    fn url(&self) -> &Url {
        self.0.url()
    }

    fn is_plain(&self) -> bool {
        matches!(*self.0, Held::Plain { .. })
    }

    /// Reads an absolute URL; white space around it is ignored.
    ///
    /// # Errors
    /// When the text is not an absolute URL or holds a control character.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let text = text.trim();
        if is_plain(text) {
            return Ok(Self::plain(text));
        }
        check_control(text)?;
        Url::parse(text)
            .map(Self::from)
            .map_err(|source| parse_error(text, source))
    }

    /// Makes a `file:` URL for a file; the path must be absolute. Names that are not UTF-8,
    /// spaces and `%` are percent-encoded.
    ///
    /// # Errors
    /// When the path is relative.
    pub fn from_file_path(path: &Path) -> Result<Self, UrlError> {
        Url::from_file_path(path)
            .map(Self::from)
            .map_err(|()| UrlError::RelativePath(path.to_owned()))
    }

    /// Makes a `file:` URL for a directory, with `/` at its end, so that [`SafeUrl::join`]
    /// stays inside.
    ///
    /// # Errors
    /// When the path is relative.
    pub fn from_directory_path(path: &Path) -> Result<Self, UrlError> {
        Url::from_directory_path(path)
            .map(Self::from)
            .map_err(|()| UrlError::RelativePath(path.to_owned()))
    }

    /// Returns the path a `file:` URL of this machine names; `None` for anything else.
    #[must_use]
    pub fn to_file_path(&self) -> Option<PathBuf> {
        if !self.is_file() {
            return None;
        }
        self.url().to_file_path().ok()
    }

    /// Reports whether the scheme is `file`.
    #[must_use]
    pub fn is_file(&self) -> bool {
        !self.is_plain() && self.url().scheme() == "file"
    }

    /// Returns the parsed URL, which prints its secrets: for handing to an HTTP client only.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        self.url()
    }

    /// Returns the whole text with its secrets: for handing to an HTTP client only.
    #[must_use]
    pub fn with_secrets(&self) -> &str {
        self.0.text()
    }

    /// Returns the scheme in lower case, such as `https` or `git+ssh`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.url().scheme()
    }

    /// Returns the host, lower-case and without brackets removed from IPv6 addresses.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.url().host_str()
    }

    /// Returns the port, or the usual one of the scheme.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.url().port_or_known_default()
    }

    /// Returns the path, still percent-encoded.
    #[must_use]
    pub fn path(&self) -> &str {
        self.url().path()
    }

    /// Returns the last segment of the path, percent-decoded; `None` when it is empty or not
    /// UTF-8. The name comes from outside: it may still hold `/` or `..` and must be checked
    /// before it becomes a path.
    #[must_use]
    pub fn file_name(&self) -> Option<Cow<'_, str>> {
        let path = match &*self.0 {
            Held::Parsed(url) => url.path(),
            // It has nothing behind its path but a fragment, which has no `/`.
            Held::Plain { text, .. } => text.split('#').next()?,
        };
        let segment = path.rsplit('/').next()?;
        if segment.is_empty() {
            return None;
        }
        if !segment.contains('%') {
            return Some(Cow::Borrowed(segment));
        }
        percent_decode_str(segment).decode_utf8().ok()
    }

    /// Reports whether both URLs have the same scheme, host and port, the condition for
    /// sending one's credentials to the other.
    #[must_use]
    pub fn same_origin(&self, other: &Self) -> bool {
        self.host().is_some()
            && self.scheme() == other.scheme()
            && self.host() == other.host()
            && self.port() == other.port()
    }

    /// Resolves a reference against this URL (RFC 3986).
    ///
    /// # Errors
    /// When the result is not a URL or the reference holds a control character.
    pub fn join(&self, reference: &str) -> Result<Self, UrlError> {
        let reference = reference.trim();
        check_control(reference)?;
        self.url()
            .join(reference)
            .map(Self::from)
            .map_err(|source| parse_error(reference, source))
    }

    /// Returns user and password, percent-decoded; `None` when the URL has neither.
    #[must_use]
    pub fn credentials(&self) -> Option<Credentials> {
        if self.is_plain() || !has_credentials(self.url()) {
            return None;
        }
        let decode = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        Some(Credentials {
            username: decode(self.url().username()),
            password: self.url().password().map(decode),
        })
    }

    /// Returns the URL with these credentials in place of its own; unchanged when its scheme
    /// cannot carry any.
    #[must_use]
    pub fn with_credentials(&self, credentials: &Credentials) -> Self {
        let mut url = Url::clone(self.url());
        // Both fail only for URLs without a host, which then stay as they are.
        let _ = url.set_username(&credentials.username);
        let _ = url.set_password(credentials.password.as_deref());
        Self::from(url)
    }

    /// Returns the URL without user and password. The user name of an `ssh` URL stays, because
    /// the address does not work without it.
    #[must_use]
    pub fn without_credentials(&self) -> Self {
        if self.is_plain() || !has_secret_credentials(self.url()) {
            return self.clone();
        }
        let mut url = Url::clone(self.url());
        let _ = url.set_password(None);
        if !url.scheme().ends_with("ssh") {
            let _ = url.set_username("");
        }
        Self::from(url)
    }

    /// Returns the URL without its fragment.
    #[must_use]
    pub fn without_fragment(&self) -> Self {
        let Some(fragment) = self.fragment() else {
            return self.clone();
        };
        if let Held::Plain { text, .. } = &*self.0 {
            return Self::plain(&text[..text.len() - fragment.len() - 1]);
        }
        let mut url = Url::clone(self.url());
        url.set_fragment(None);
        Self::from(url)
    }

    /// Returns the fragment, still percent-encoded.
    #[must_use]
    pub fn fragment(&self) -> Option<&str> {
        match &*self.0 {
            Held::Parsed(url) => url.fragment(),
            Held::Plain { text, .. } => Some(text.split_once('#')?.1),
        }
    }

    /// Returns the percent-decoded value of `key` in a fragment of the form `a=1&b=2`.
    #[must_use]
    pub fn fragment_value(&self, key: &str) -> Option<Cow<'_, str>> {
        let (_, value) = fragment_pairs(self.fragment()?).find(|(name, _)| *name == key)?;
        percent_decode_str(value).decode_utf8().ok()
    }

    /// Returns the `subdirectory` the fragment names. It comes from outside and must be
    /// checked before it becomes a path.
    #[must_use]
    pub fn subdirectory(&self) -> Option<Cow<'_, str>> {
        self.fragment_value("subdirectory")
    }

    /// Returns the digests the fragment names, as in `#sha256=hex`; malformed ones are left
    /// out.
    #[must_use]
    pub fn fragment_digests(&self) -> Vec<Digest> {
        let Some(fragment) = self.fragment() else {
            return Vec::new();
        };
        fragment_pairs(fragment)
            .filter_map(|(name, value)| Digest::from_hex(name.parse().ok()?, value).ok())
            .collect()
    }

    /// Returns the text with secrets masked, as `Display` shows it.
    #[must_use]
    pub fn masked(&self) -> String {
        let credentials = if !self.is_plain() && has_secret_credentials(self.url()) {
            "****@"
        } else {
            ""
        };
        self.render(credentials)
    }

    /// Builds the text around a stand-in for the credentials, with query secrets masked.
    fn render(&self, stand_in: &str) -> String {
        if let Held::Plain { text, .. } = &*self.0 {
            return text.to_string();
        }
        let url = self.url();
        let mut out = String::with_capacity(url.as_str().len() + MASK.len());
        if has_secret_credentials(url) {
            out.push_str(&url[..Position::BeforeUsername]);
            out.push_str(stand_in);
            out.push_str(&url[Position::BeforeHost..Position::AfterPath]);
        } else {
            out.push_str(&url[..Position::AfterPath]);
        }
        if let Some(query) = url.query() {
            out.push('?');
            push_masked_query(query, &mut out);
        }
        if let Some(fragment) = url.fragment() {
            out.push('#');
            out.push_str(fragment);
        }
        out
    }
}

impl From<Url> for SafeUrl {
    fn from(url: Url) -> Self {
        Self(Arc::new(Held::Parsed(url)))
    }
}

impl PartialEq for SafeUrl {
    fn eq(&self, other: &Self) -> bool {
        self.0.text() == other.0.text()
    }
}

impl Eq for SafeUrl {}

impl Hash for SafeUrl {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.text().hash(state);
    }
}

impl PartialOrd for SafeUrl {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SafeUrl {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.text().cmp(other.0.text())
    }
}

impl FromStr for SafeUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        Self::parse(text)
    }
}

impl fmt::Display for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Debug for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SafeUrl({})", self.masked())
    }
}

impl Serialize for SafeUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.render(""))
    }
}

impl<'de> Deserialize<'de> for SafeUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

/// Whether a text is a URL as the parser would write it again, of files on a web server: without credentials, query,
/// escapes or segments of dots. What is not plain may be as good, and is parsed.
fn is_plain(text: &str) -> bool {
    let rest = text.strip_prefix("https://");
    let Some(rest) = rest.or_else(|| text.strip_prefix("http://")) else {
        return false;
    };
    let Some((place, path)) = rest.split_once('/') else {
        return false;
    };
    let (host, port) = place
        .split_once(':')
        .map_or((place, None), |(host, port)| (host, Some(port)));
    let (path, fragment) = path.split_once('#').unwrap_or((path, ""));
    let is_of_fragment = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'=';
    is_plain_host(host)
        && port.is_none_or(is_plain_port)
        && is_plain_path(path)
        && fragment.bytes().all(is_of_fragment)
}

/// Whether a path has no escapes, nothing that needs them, and no segments of dots.
fn is_plain_path(path: &str) -> bool {
    let (mut length, mut dots) = (0_usize, 0_usize);
    for byte in path.bytes().chain([b'/']) {
        match byte {
            b'/' if length == dots && matches!(length, 1 | 2) => return false,
            b'/' => (length, dots) = (0, 0),
            b'.' => (length, dots) = (length + 1, dots + 1),
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'_' | b'+' | b'!' | b'~' => {
                length += 1;
            }
            _ => return false,
        }
    }
    true
}

/// Whether a port is written as the parser writes it, and is not one that it leaves out.
fn is_plain_port(port: &str) -> bool {
    let is_shortest = port == "0" || !port.starts_with(['0', '+']);
    let number = port.parse::<u16>().ok().filter(|_| is_shortest);
    number.is_some_and(|number| ![80, 443].contains(&number))
}

/// Whether a host is a name in lower case that is no number and not international.
fn is_plain_host(host: &str) -> bool {
    let is_label = |label: &str| {
        let mut bytes = label.bytes();
        bytes.next().is_some_and(|first| first.is_ascii_lowercase())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && label.get(2..4) != Some("--")
    };
    host.split('.').all(is_label)
}

fn check_control(text: &str) -> Result<(), UrlError> {
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        let shown = text.replace(|c: char| c.is_ascii_control(), "\u{fffd}");
        return Err(UrlError::Control(mask_urls(&shown).into_owned()));
    }
    Ok(())
}

fn parse_error(text: &str, source: url::ParseError) -> UrlError {
    UrlError::Parse {
        text: mask_urls(text).into_owned(),
        source,
    }
}

fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

fn has_secret_credentials(url: &Url) -> bool {
    let plain_user = url.password().is_none() && url.scheme().ends_with("ssh");
    has_credentials(url) && !plain_user
}

fn fragment_pairs(fragment: &str) -> impl Iterator<Item = (&str, &str)> {
    fragment.split('&').filter_map(|pair| pair.split_once('='))
}
