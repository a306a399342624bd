//! Where a template lies: in a directory of this machine, or in a repository.

use std::path::{Path, PathBuf};

use naja_index::{Answer, GitRequest, Request};
use naja_spec::{GitUrl, SafeUrl, mask_urls};
use naja_store::{Hold, is_bare_copy};

use crate::diagnose;
use crate::event::Event;
use crate::failure::Failure;
use crate::options;
use crate::pipeline::Pipeline;
use crate::session::Session;

/// Short names of hosts, in front of `owner/name`.
const HOSTS: [(&str, &str); 2] = [
    ("gh:", "https://github.com/"),
    ("gl:", "https://gitlab.com/"),
];

/// Where a template lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TemplateSource {
    Directory(PathBuf),
    Git(GitUrl),
}

/// The files of a template, at hand.
#[derive(Debug)]
pub(super) struct TemplateFiles {
    pub(super) root: PathBuf,
    /// How messages call it.
    pub(super) called: String,
    /// Cleaning the cache waits until they are read.
    _hold: Option<Hold>,
}

impl TemplateSource {
    /// Reads what `--template` says.
    ///
    /// # Errors
    /// It is an address, and not one of a repository.
    pub(super) fn parse(text: &str) -> Result<Self, Failure> {
        let Some(address) = address_of(text) else {
            return Ok(Self::Directory(PathBuf::from(text)));
        };
        let wrong = |error: &dyn std::error::Error| {
            Failure::usage(format!("`{}` is no template", mask_urls(text))).because(error)
        };
        let url = SafeUrl::parse(&address).map_err(|error| wrong(&error))?;
        match GitUrl::parse(&url) {
            Ok(git) => Ok(Self::Git(git)),
            Err(error) if GitUrl::is_vcs(&url) => Err(wrong(&error)),
            Err(error) => {
                Err(wrong(&error).hint("for a repository, write `git+` before the address"))
            }
        }
    }

    /// Brings its files to hand; of a repository they are checked out in the cache, where nobody writes.
    ///
    /// # Errors
    /// The repository, the revision or the directory in it cannot be had, or the user interrupts.
    pub(super) fn bring(self, session: &mut Session) -> Result<TemplateFiles, Failure> {
        match self {
            Self::Directory(path) => of_directory(session.process.absolute(&path)),
            Self::Git(git) => of_repository(session, &git),
        }
    }
}

/// The address that a text means; `None` if it means a directory.
fn address_of(text: &str) -> Option<String> {
    for (short, host) in HOSTS {
        if let Some(rest) = text.strip_prefix(short) {
            let end = rest.find(['@', '#']).unwrap_or(rest.len());
            let (path, rest) = rest.split_at(end);
            let path = path.trim_matches('/').trim_end_matches(".git");
            return Some(format!("git+{host}{path}.git{rest}"));
        }
    }
    if text.contains("://") || text.starts_with("git+") {
        let plain = text.split('#').next().unwrap_or(text);
        let is_repository = plain.ends_with(".git") || plain.contains(".git@");
        let is_said = text.split("://").next()?.contains('+');
        return Some(match is_repository && !is_said {
            true => format!("git+{text}"),
            false => text.to_owned(),
        });
    }
    // `git@host:owner/name.git`, as `git clone` takes it.
    let (host, path) = text.split_once(':')?;
    let is_host = host.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && !host.is_empty() && !host.contains(['/', '\\'])
    });
    is_host.then(|| format!("git+ssh://{host}/{}", path.trim_start_matches('/')))
}

fn of_directory(root: PathBuf) -> Result<TemplateFiles, Failure> {
    let called = root.display().to_string();
    if !root.is_dir() {
        return Err(
            Failure::usage(format!("there is no template `{called}`"))
                .cause("it is no directory of this machine")
                .hint("a template in a repository is named by its address: `git+https://…`, `https://….git` or `gh:OWNER/NAME`"),
        );
    }
    if is_bare_copy(&root) {
        let address = SafeUrl::from_file_path(&root);
        let address = address.map_or_else(|_| "file://…".to_owned(), |url| url.to_string());
        return Err(Failure::usage(format!(
            "`{called}` is a bare repository, not the files in it"
        ))
        .hint(format!(
            "its files are a template with `--template git+{address}`"
        )));
    }
    Ok(TemplateFiles {
        root,
        called,
        _hold: None,
    })
}

fn of_repository(session: &mut Session, git: &GitUrl) -> Result<TemplateFiles, Failure> {
    let hold = session
        .store
        .hold()
        .map_err(|error| Failure::environment("could not use the cache").because(&error))?;
    let mut pipeline = Pipeline::new(session, options::index_config(session)?);
    let lfs = options::git(session).lfs;
    let Answer::Checkout(checkout) = pipeline.one(Request::Git(GitRequest::of(git, None, lfs)))?
    else {
        return Err(diagnose::unexpected("a commit"));
    };
    pipeline.finish();
    let called = git.at(&checkout.commit);
    let root = match git.subdirectory() {
        None => checkout.path,
        Some(inside) => below(&checkout.path, inside).ok_or_else(|| {
            Failure::usage(format!("could not use the template `{called}`"))
                .cause(format!("`{inside}` is no directory in this repository"))
        })?,
    };
    session.emit(&Event::Note {
        message: format!("Using template {called}"),
    });
    Ok(TemplateFiles {
        root,
        called,
        _hold: Some(hold),
    })
}

/// A directory below another one, with no link on the way to it, which might lead elsewhere.
fn below(top: &Path, inside: &str) -> Option<PathBuf> {
    let mut path = top.to_path_buf();
    for part in inside.split('/') {
        path.push(part);
        let metadata = path.symlink_metadata().ok()?;
        if !metadata.is_dir() {
            return None;
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The address, revision and directory that a text means.
    fn parts(text: &str) -> (String, Option<String>, Option<String>) {
        let Ok(TemplateSource::Git(git)) = TemplateSource::parse(text) else {
            panic!("{text} is no repository");
        };
        (
            git.repository().with_secrets().to_owned(),
            git.revision().map(str::to_owned),
            git.subdirectory().map(str::to_owned),
        )
    }

    fn wanted(url: &str, revision: &str, inside: &str) -> (String, Option<String>, Option<String>) {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (url.to_owned(), some(revision), some(inside))
    }

    #[test]
    fn addresses_of_repositories() {
        for (text, url, revision, inside) in [
            ("git+https://h.example/a/b", "https://h.example/a/b", "", ""),
            (
                "git+https://h.example/a/b@v1#subdirectory=lib",
                "https://h.example/a/b",
                "v1",
                "lib",
            ),
            ("https://h.example/b.git", "https://h.example/b.git", "", ""),
            (
                "https://h.example/b.git@feature/x#subdirectory=p/q",
                "https://h.example/b.git",
                "feature/x",
                "p/q",
            ),
            ("file:///srv/b.git", "file:///srv/b.git", "", ""),
            (
                "git@h.example:a/b.git@v1",
                "ssh://git@h.example/a/b.git",
                "v1",
                "",
            ),
            ("gh:a/b", "https://github.com/a/b.git", "", ""),
            (
                "gh:a/b.git@v1#subdirectory=c",
                "https://github.com/a/b.git",
                "v1",
                "c",
            ),
            ("gl:a/b/c@v1", "https://gitlab.com/a/b/c.git", "v1", ""),
        ] {
            assert_eq!(parts(text), wanted(url, revision, inside), "{text}");
        }
    }

    #[test]
    fn other_texts() {
        for text in [
            "house",
            "./a@b",
            "../x.git",
            "/srv/house",
            "C:\\house",
            "C:house",
            "a@b/c:d",
            "@h:x",
        ] {
            let parsed = TemplateSource::parse(text).unwrap();
            assert_eq!(parsed, TemplateSource::Directory(PathBuf::from(text)));
        }
        for text in [
            "https://h.example/house",
            "https://u:s3cret@h.example/x.zip",
            "hg+https://h.example/x",
            "git+https://h.example/x@",
            "git+https://h.example/x@--upload-pack=y",
            "git+https://h.example/x#subdirectory=../y",
            "gh:a/b@a..b",
            "git+ext::sh",
            "://.git",
        ] {
            let failure = TemplateSource::parse(text).unwrap_err();
            assert!(!format!("{failure:?}").contains("s3cret"), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("a/b")).unwrap();
        std::os::unix::fs::symlink("a", dir.path().join("link")).unwrap();
        assert_eq!(below(dir.path(), "a/b"), Some(dir.path().join("a/b")));
        assert_eq!(below(dir.path(), "link"), None);
        assert_eq!(below(dir.path(), "link/b"), None);
        assert_eq!(below(dir.path(), "c"), None);
    }
}
