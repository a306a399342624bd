use naja_index::{FetchError, SetupError};
use naja_spec::SafeUrl;

use crate::failure::Failure;

/// Words for what the index client could not do.
pub(crate) fn fetch(error: &FetchError) -> Failure {
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
