use naja_index::FetchError;

use crate::failure::Failure;

/// Words for what the index client could not do.
pub(crate) fn fetch(error: &FetchError) -> Failure {
    let failure = Failure::environment(format!("could not {error}"));
    let failure = causes(failure, error);
    match error {
        FetchError::Offline { .. } => failure.hint("try again without `--offline`"),
        FetchError::Unauthorized { sent: false, .. } => failure.hint(
            "give credentials in the URL, in ~/.netrc, or for a named index in \
             NAJA_INDEX_<NAME>_USERNAME and NAJA_INDEX_<NAME>_PASSWORD",
        ),
        FetchError::Unauthorized { sent: true, .. } => {
            failure.hint("check user name and password; they were not accepted")
        }
        FetchError::Status {
            retry_after: Some(seconds),
            ..
        } => failure.hint(format!("the server asks to come back in {seconds} seconds")),
        FetchError::Transport { .. } => failure.hint(
            "check the network, the proxy (HTTPS_PROXY) and the address of the index; \
             `--offline` works with what is cached",
        ),
        FetchError::Setup(_) => failure
            .hint("look at SSL_CERT_FILE, SSL_CERT_DIR, the proxy variables and `--system-certs`"),
        FetchError::File { .. } => failure
            .hint("the file was changed on its way or at its source; nothing of it was installed"),
        _ => failure,
    }
}

fn causes(mut failure: Failure, error: &FetchError) -> Failure {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        failure = failure.cause(cause.to_string());
        source = cause.source();
    }
    failure
}
