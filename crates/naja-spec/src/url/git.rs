//! Addresses of repositories as requirements write them: `git+https://host/path@revision#…`.

use std::borrow::Cow;
use std::fmt;

use percent_encoding::percent_decode_str;

use super::{SafeUrl, UrlError};
use crate::name::PackageName;

/// Transports over which git is asked.
const TRANSPORTS: [&str; 5] = ["https", "http", "ssh", "file", "git"];
/// Longest revision in bytes.
const MAX_REVISION: usize = 512;
/// Longest subdirectory in bytes.
const MAX_SUBDIRECTORY: usize = 1024;

/// Why an address does not name a repository that can be fetched. Holds no secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GitUrlError {
    /// Another version control system than git.
    #[error("`{0}` is a repository of {1}; only git is supported")]
    OtherSystem(String, &'static str),
    /// No `git+` in front, or a transport that is not used.
    #[error(
        "`{0}` is not of the form git+https://, git+http://, git+ssh://, git+git:// or git+file://"
    )]
    Transport(String),
    /// What is left after taking the parts away is no address.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// There is an `@` with nothing behind it, or something git would not take for a revision.
    #[error("`{0}` is not the name of a branch, tag or commit")]
    Revision(String),
    /// The subdirectory leaves the repository.
    #[error("`{0}` is not a directory inside the repository")]
    Subdirectory(String),
}

/// A repository, what to take of it, and where in it the project lies.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GitUrl {
    repository: SafeUrl,
    revision: Option<String>,
    subdirectory: Option<String>,
    lfs: Option<bool>,
    egg: Option<PackageName>,
}

impl GitUrl {
    /// Reports whether the address is one of a version control system at all.
    #[must_use]
    pub fn is_vcs(url: &SafeUrl) -> bool {
        system_of(url.scheme()).is_some()
    }

    /// Takes an address apart.
    ///
    /// # Errors
    /// Another system than git, another transport than `https`, `http`, `ssh`, `git` and `file`,
    /// a revision or subdirectory that could be taken for something else.
    pub fn parse(url: &SafeUrl) -> Result<Self, GitUrlError> {
        let transport = match url.scheme().split_once('+') {
            Some(("git", transport)) if TRANSPORTS.contains(&transport) => transport,
            _ => {
                return Err(match system_of(url.scheme()) {
                    Some(name) if name != "git" => {
                        GitUrlError::OtherSystem(url.without_credentials().to_string(), name)
                    }
                    _ => GitUrlError::Transport(url.without_credentials().to_string()),
                });
            }
        };
        let plain = url.without_fragment();
        let text = plain.with_secrets();
        let rest = text.get("git+".len() + transport.len()..).unwrap_or("");
        let authority = rest.strip_prefix("://").unwrap_or(rest);
        let path_at = authority.find('/').unwrap_or(authority.len());
        let (authority, path) = authority.split_at(path_at);
        let (path, revision) = match path.rsplit_once('@') {
            Some((path, revision)) => (path, Some(revision_of(revision)?)),
            None => (path, None),
        };
        let repository = SafeUrl::parse(&format!("{transport}://{authority}{path}"))?;
        let subdirectory = url.subdirectory().map(subdirectory_of).transpose()?;
        let egg = url.fragment_value("egg").and_then(|egg| {
            let name = egg.split_once('[').map_or(egg.as_ref(), |(name, _)| name);
            PackageName::parse(name).ok()
        });
        Ok(Self {
            repository,
            revision,
            subdirectory: subdirectory.flatten(),
            lfs: url
                .fragment_value("lfs")
                .and_then(|value| match value.as_ref() {
                    "true" | "1" => Some(true),
                    "false" | "0" => Some(false),
                    _ => None,
                }),
            egg,
        })
    }

    /// The address git is given, without `git+`, revision and fragment; may hold credentials.
    #[must_use]
    pub fn repository(&self) -> &SafeUrl {
        &self.repository
    }

    /// The branch, tag, commit or full reference asked for; `None` for the default branch.
    #[must_use]
    pub fn revision(&self) -> Option<&str> {
        self.revision.as_deref()
    }

    /// The directory with the project, relative to the top, checked to stay inside.
    #[must_use]
    pub fn subdirectory(&self) -> Option<&str> {
        self.subdirectory.as_deref()
    }

    /// Whether large files are to be fetched (`lfs=true` in the fragment), if it says so.
    #[must_use]
    pub fn lfs(&self) -> Option<bool> {
        self.lfs
    }

    /// The name that `#egg=NAME` gives.
    #[must_use]
    pub fn egg_name(&self) -> Option<&PackageName> {
        self.egg.as_ref()
    }

    /// The same repository at another revision, with the same credentials.
    ///
    /// # Errors
    /// The text is not the name of a branch, tag or commit.
    pub fn with_revision(&self, revision: &str) -> Result<Self, GitUrlError> {
        Ok(Self {
            revision: Some(revision_of(revision)?),
            ..self.clone()
        })
    }

    /// Writes the address with a revision in place of its own and without credentials, as a
    /// pinned requirement does.
    #[must_use]
    pub fn at(&self, revision: &str) -> String {
        let repository = self.repository.without_credentials();
        let mut text = format!("git+{}@{revision}", repository.with_secrets());
        let mut sign = '#';
        if let Some(directory) = &self.subdirectory {
            text.push_str(&format!("{sign}subdirectory={directory}"));
            sign = '&';
        }
        if self.lfs == Some(true) {
            text.push_str(&format!("{sign}lfs=true"));
        }
        text
    }
}

impl fmt::Debug for GitUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "GitUrl({} at {})",
            self.repository,
            self.revision.as_deref().unwrap_or("its default branch")
        )
    }
}

/// Reports whether a text is a full commit id (SHA-1 or SHA-256).
#[must_use]
pub fn is_full_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn system_of(scheme: &str) -> Option<&'static str> {
    let (system, _) = scheme.split_once('+')?;
    match system {
        "git" => Some("git"),
        "hg" => Some("Mercurial"),
        "svn" => Some("Subversion"),
        "bzr" => Some("Bazaar"),
        _ => None,
    }
}

fn revision_of(text: &str) -> Result<String, GitUrlError> {
    let wrong = || GitUrlError::Revision(text.to_owned());
    let decoded = percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| wrong())?;
    let odd = |c: char| c.is_control() || c.is_whitespace() || ":?*[\\".contains(c);
    if decoded.is_empty()
        || decoded.len() > MAX_REVISION
        || decoded.starts_with(['-', '/'])
        || decoded.contains("..")
        || decoded.contains("@{")
        || decoded.contains(odd)
    {
        return Err(wrong());
    }
    Ok(decoded.into_owned())
}

fn subdirectory_of(text: Cow<'_, str>) -> Result<Option<String>, GitUrlError> {
    let plain = text.trim_end_matches('/');
    let plain = plain.strip_prefix("./").unwrap_or(plain);
    if plain.is_empty() || plain == "." {
        return Ok(None);
    }
    let bad_part = |part: &str| part.is_empty() || part == "." || part == "..";
    let odd = |c: char| c.is_control() || matches!(c, '\\' | ':');
    if plain.len() > MAX_SUBDIRECTORY || plain.split('/').any(bad_part) || plain.contains(odd) {
        return Err(GitUrlError::Subdirectory(text.into_owned()));
    }
    Ok(Some(plain.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(text: &str) -> Result<GitUrl, GitUrlError> {
        GitUrl::parse(&SafeUrl::parse(text).unwrap())
    }

    #[test]
    fn parts_are_taken_apart() {
        let url =
            git("git+https://u:s3cret@h.example/a/b.git@feature/x#subdirectory=p/q&egg=Foo[x]")
                .unwrap();
        assert_eq!(
            url.repository().with_secrets(),
            "https://u:s3cret@h.example/a/b.git"
        );
        assert_eq!(url.revision(), Some("feature/x"));
        assert_eq!(url.subdirectory(), Some("p/q"));
        assert_eq!(url.egg_name().unwrap().as_str(), "foo");
        assert!(!format!("{url:?}").contains("s3cret"));
        assert_eq!(
            url.at("abc"),
            "git+https://h.example/a/b.git@abc#subdirectory=p/q"
        );
        let pinned = url.with_revision("abc").unwrap();
        assert_eq!(pinned.revision(), Some("abc"));
        assert_eq!(pinned.repository(), url.repository());
        assert_eq!(pinned.subdirectory(), Some("p/q"));
        assert!(url.with_revision("--upload-pack=x").is_err());
        let url = git("git+ssh://git@h.example/a/b").unwrap();
        assert_eq!(url.repository().with_secrets(), "ssh://git@h.example/a/b");
        assert_eq!(url.revision(), None);
        let url = git("git+file:///srv/r@v1.0#lfs=true").unwrap();
        assert_eq!(url.repository().with_secrets(), "file:///srv/r");
        assert_eq!(url.lfs(), Some(true));
        assert_eq!(
            git("git+git://h.example/r@a%23b").unwrap().revision(),
            Some("a#b")
        );
    }

    #[test]
    fn what_git_could_misread_is_refused() {
        for text in [
            "git+ext::sh -c touch% /tmp/x",
            "git+ext://h.example/x",
            "https://h.example/x",
            "git+https://h.example/x@",
            "git+https://h.example/x@--upload-pack=touch",
            "git+https://h.example/x@a..b",
            "git+https://h.example/x@a:b",
            "git+https://h.example/x@a%0ab",
            "git+https://h.example/x#subdirectory=../y",
            "git+https://h.example/x#subdirectory=/etc",
            "git+https://h.example/x#subdirectory=a/%2e%2e/b",
        ] {
            assert!(git(text).is_err(), "{text}");
        }
        let error = git("hg+https://u:s3cret@h.example/x")
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("Mercurial") && !error.contains("s3cret"),
            "{error}"
        );
        assert!(GitUrl::is_vcs(
            &SafeUrl::parse("svn+https://h.example/x").unwrap()
        ));
        assert!(!GitUrl::is_vcs(
            &SafeUrl::parse("https://h.example/x").unwrap()
        ));
    }
}
