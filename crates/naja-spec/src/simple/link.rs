//! Links of a page: made absolute, and refused where a page must not make them.

use std::borrow::Cow;

use crate::url::SafeUrl;

/// The longest base that is taken, in bytes: every file of a page repeats it.
const MAX_BASE: usize = 8 << 10;

/// Turns the references of one page into absolute URLs. Remembers the last directory, since
/// the files of a page usually share it.
pub(super) struct Links {
    base: SafeUrl,
    may_http: bool,
    may_file: bool,
    /// Directory part of the last relative reference, as written and joined.
    last_directory: Option<(String, String)>,
    /// Start of the last absolute reference, up to the `/` that begins its path; known good.
    last_origin: String,
}

impl Links {
    /// Makes links for a page at `page`; its credentials are left behind, so that they do not
    /// get into records.
    pub(super) fn new(page: &SafeUrl) -> Self {
        Self {
            base: page.without_credentials().without_fragment(),
            may_http: page.scheme() != "https",
            may_file: page.is_file(),
            last_directory: None,
            last_origin: String::new(),
        }
    }

    /// Takes a `<base href>`: references are resolved against it from now on, while what may
    /// be linked to still depends on the page. A useless one is ignored.
    pub(super) fn rebase(&mut self, reference: &str) {
        if let Ok(base) = self.base.join(reference)
            && base.with_secrets().len() <= MAX_BASE
        {
            self.base = base.without_credentials().without_fragment();
            self.last_directory = None;
        }
    }

    /// Makes a reference absolute, without its fragment; `None` when it is no URL or refused.
    pub(super) fn resolve<'a>(&mut self, reference: &'a str) -> Option<Cow<'a, str>> {
        let reference = reference.trim_ascii();
        let reference =
            memchr::memchr(b'#', reference.as_bytes()).map_or(reference, |at| &reference[..at]);
        if reference.bytes().all(is_plain) {
            if self.is_known_origin(reference) {
                return Some(Cow::Borrowed(reference));
            }
            if let Some(joined) = self.resolve_plain(reference) {
                return Some(Cow::Owned(joined));
            }
        }
        self.resolve_any(reference)
            .map(|url| Cow::Owned(url.with_secrets().to_owned()))
    }

    /// Reports whether an absolute reference begins with a scheme and host that may be linked
    /// to and make a URL; what follows needs no check when it is plain.
    fn is_known_origin(&mut self, reference: &str) -> bool {
        if !self.last_origin.is_empty() && reference.starts_with(&self.last_origin) {
            return true;
        }
        let scheme = ["https://", "http://"]
            .into_iter()
            .find(|s| reference.starts_with(s));
        let Some(scheme) = scheme else { return false };
        let Some(path) = reference[scheme.len()..].find('/') else {
            return false;
        };
        let origin = &reference[..=scheme.len() + path];
        if path == 0 || self.resolve_any(origin).is_none() {
            return false;
        }
        origin.clone_into(&mut self.last_origin);
        true
    }

    fn resolve_any(&self, reference: &str) -> Option<SafeUrl> {
        let url = self.base.join(reference).ok()?;
        let allowed = match url.scheme() {
            "https" => true,
            "http" => self.may_http,
            "file" => self.may_file,
            _ => false,
        };
        allowed.then_some(url)
    }

    /// Joins only the directory of a relative reference, once for all files in it.
    fn resolve_plain(&mut self, reference: &str) -> Option<String> {
        let split = reference.rfind('/').map_or(0, |at| at + 1);
        let (directory, file) = reference.split_at(split);
        if file.is_empty()
            || matches!(file, "." | "..")
            || file.contains(['?', ':', '%'])
            || directory.contains(['?', ':'])
        {
            return None;
        }
        if self
            .last_directory
            .as_ref()
            .is_none_or(|(written, _)| written != directory)
        {
            let probe = format!("{directory}x");
            let joined = self
                .resolve_any(&probe)?
                .with_secrets()
                .strip_suffix('x')?
                .to_owned();
            self.last_directory = Some((directory.to_owned(), joined));
        }
        let (_, joined) = self.last_directory.as_ref()?;
        Some([joined, file].concat())
    }
}

/// Reports whether the URL standard keeps a byte of a path or query as it is.
fn is_plain(byte: u8) -> bool {
    byte > b' '
        && byte < 0x7f
        && !matches!(
            byte,
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | b'\''
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(page: &str, reference: &str) -> Option<String> {
        let mut links = Links::new(&SafeUrl::parse(page).unwrap());
        let first = links.resolve(reference).map(Cow::into_owned);
        assert_eq!(links.resolve(reference).map(Cow::into_owned), first);
        first
    }

    #[test]
    fn references_are_joined_as_the_standard_says() {
        let page = "https://u:p@index.example/simple/foo/";
        for reference in [
            "../../files/a.whl",
            "a.whl",
            "/a.whl",
            "//other.example/a.whl",
            "./b/../a.whl",
            "a%20b.whl",
            "a b.whl",
            "ü/a.whl",
            "a.whl?x=1",
            "?x=1",
            "a/..",
            "a/.",
            "a/",
            "https://other.example/a b.whl",
            "HTTPS://Other.example/a.whl",
            "https:a.whl",
            "\\\\other.example\\a",
            "b/%2e%2e/a.whl",
            "%2e%2e",
        ] {
            let joined = SafeUrl::parse("https://index.example/simple/foo/").unwrap();
            let wanted = joined.join(reference).unwrap().with_secrets().to_owned();
            assert_eq!(
                resolve(page, reference).as_deref(),
                Some(wanted.as_str()),
                "{reference}"
            );
        }
        assert_eq!(
            resolve(page, " a.whl#sha256=0 ").as_deref(),
            Some("https://index.example/simple/foo/a.whl")
        );
    }

    #[test]
    fn refused_links() {
        let https = "https://h.example/";
        for reference in [
            "http://h.example/a.whl",
            "HTTP://h.example/a.whl",
            "file:///etc/a.whl",
            "file:a.whl",
            "ftp://h.example/a.whl",
            "data:,x",
            "javascript:x",
            "https://[/a.whl",
        ] {
            assert_eq!(resolve(https, reference), None, "{reference}");
        }
        assert!(resolve("http://h.example/", "http://h.example/a.whl").is_some());
        assert_eq!(resolve("http://h.example/", "file:///a.whl"), None);
        assert!(resolve("file:///dir/", "a.whl").is_some());
        assert!(resolve("file:///dir/", "http://h.example/a.whl").is_some());
    }

    #[test]
    fn a_base_element_does_not_widen_what_may_be_linked() {
        let mut links = Links::new(&SafeUrl::parse("https://h.example/simple/foo/").unwrap());
        links.rebase("../../files/");
        assert_eq!(
            links.resolve("a.whl").unwrap(),
            "https://h.example/files/a.whl"
        );
        links.rebase("file:///tmp/");
        assert_eq!(links.resolve("a.whl"), None);
        links.rebase("http://h.example/");
        assert_eq!(links.resolve("a.whl"), None);
    }
}
