use naja_index::{FetchError, GitFault, SetupError};
use naja_spec::SafeUrl;

use crate::failure::Failure;

/// Words for what the index client could not do.
pub(crate) fn fetch(error: &FetchError) -> Failure {
    if let Some(failure) = super::integrity::other_file(error) {
        return failure;
    }
    let failure = Failure::environment(format!("could not {error}"));
    let failure = causes(failure, error);
    match error {
        FetchError::Offline { .. } => failure.hint("try again without `--offline`"),
        FetchError::Unauthorized {
            url, sent: false, ..
        } => failure.hint(format!(
            "log in: `naja auth login {}`; or for a named index set \
             NAJA_INDEX_<NAME>_USERNAME and NAJA_INDEX_<NAME>_PASSWORD",
            service(url)
        )),
        FetchError::Unauthorized {
            status: Some(403), ..
        } => failure.hint(
            "the server knows who asks and does not allow it: ask for access, or check that the \
             credentials are those of the right account",
        ),
        FetchError::Unauthorized { sent: true, .. } => {
            failure.hint("check user name and password; they were not accepted")
        }
        FetchError::Status {
            retry_after: Some(seconds),
            ..
        } => failure.hint(format!("the server asks to come back in {seconds} seconds")),
        FetchError::Status { status, .. } if *status >= 500 => failure.hint(
            "the trouble is the server's own: try again later; `--offline` works with what is cached",
        ),
        FetchError::Status { .. } => failure.hint("check the address of the index"),
        FetchError::NotFound { .. } => {
            failure.hint("the index lists a file it does not have: try again with `--refresh`")
        }
        FetchError::Transport { .. } => failure.hint(
            "check the network, the proxy (HTTPS_PROXY) and the address of the index; \
             `--offline` works with what is cached",
        ),
        FetchError::Setup(SetupError::Kept(_)) => failure
            .hint("`naja auth dir` shows where logins are kept; remove the file to begin anew"),
        FetchError::Setup(SetupError::Netrc { .. }) => {
            failure.hint("the variable NETRC can name another file")
        }
        FetchError::Setup(_) => failure
            .hint("look at SSL_CERT_FILE, SSL_CERT_DIR, the proxy variables and `--system-certs`"),
        FetchError::File { .. } => failure
            .hint("the file was changed on its way or at its source; nothing of it was installed"),
        FetchError::Git { url, source } => git(failure, url, source),
        _ => failure,
    }
}

/// How somebody connects to a server by ssh.
fn by_hand(url: &SafeUrl) -> String {
    let parts = url.without_credentials();
    let port = parts.as_url().port();
    let port = port.map_or_else(String::new, |port| format!("-p {port} "));
    let user = match parts.as_url().username() {
        "" => String::new(),
        user => format!("{user}@"),
    };
    format!("ssh {port}{user}{}", parts.host().unwrap_or_default())
}

/// What to do where git could not.
fn git(failure: Failure, url: &SafeUrl, fault: &GitFault) -> Failure {
    let by_hand = by_hand(url);
    match fault {
        GitFault::NoGit => failure.hint("install git: naja runs the `git` of the search path"),
        GitFault::NoRevision(_) => failure.hint(format!(
            "look at what there is: `git ls-remote {url}`; a commit of a branch that was removed \
             may be gone"
        )),
        GitFault::AmbiguousRevision(_) => failure.hint("write more of the commit's id"),
        GitFault::Empty => failure.hint("commit something to it, or check the address"),
        GitFault::Unauthorized(said) if said.contains("Host key verification failed") => failure
            .hint(format!(
                "ssh does not know the server yet: connect once by hand, `{by_hand}`, and compare \
                 its fingerprint"
            )),
        GitFault::Unauthorized(_) if url.scheme() == "ssh" => failure.hint(format!(
            "ssh has no key that the server accepts: try `{by_hand}`; `ssh-add` hands a key to \
             the agent"
        )),
        GitFault::Unauthorized(_) | GitFault::NoRepository(_) => failure.hint(format!(
            "`git ls-remote {url}` has to work without a question: check the address; set up a \
             credential helper, or use ssh"
        )),
        GitFault::Unreachable(_) => failure.hint(
            "check the network, the address and git's own proxy settings; a commit that was \
             checked out before needs no network",
        ),
        GitFault::Transport(_) => {
            failure.hint("the variable GIT_ALLOW_PROTOCOL lists the transports that git may use")
        }
        GitFault::NoLfs => failure.hint(
            "install git-lfs; without `lfs=true` and NAJA_GIT_LFS its pointers are taken as they \
             are",
        ),
        GitFault::TimedOut(_) => failure.hint("try again, or clone it and name the directory"),
        _ => failure,
    }
}

/// What one logs in to: the server.
fn service(url: &SafeUrl) -> String {
    let root = url.without_credentials().join("/");
    root.map_or_else(|_| url.to_string(), |root| root.to_string())
}

fn causes(mut failure: Failure, error: &FetchError) -> Failure {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        failure = failure.cause(cause.to_string());
        source = cause.source();
    }
    failure
}
