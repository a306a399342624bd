//! Words and kinds for what goes wrong below HTTP.

use std::error::Error;

use crate::error::TransportError;

/// Joins the messages of an error and its causes. The error must not carry a URL.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        // Many wrappers repeat what they wrap.
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    text
}

/// Looks for an error of one type among the causes, also inside I/O errors.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref::<E>() {
            return Some(found);
        }
        if let Some(inner) = cause
            .downcast_ref::<std::io::Error>()
            .and_then(|e| e.get_ref())
            && let Some(found) = find::<E>(inner)
        {
            return Some(found);
        }
        next = cause.source();
    }
    None
}

/// What a failed exchange allows to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) error: TransportError,
    /// Whether another attempt may succeed.
    pub(crate) transient: bool,
    /// Whether the server may merely not speak HTTP/2.
    pub(crate) maybe_protocol: bool,
}

/// Sorts a failure of the HTTP client.
pub(crate) fn trouble(error: reqwest::Error) -> Trouble {
    let error = error.without_url();
    let text = chain(&error);
    if let Some(tls) = find::<rustls::Error>(&error) {
        let refused = matches!(
            tls,
            rustls::Error::AlertReceived(rustls::AlertDescription::NoApplicationProtocol)
                | rustls::Error::NoApplicationProtocol
        );
        let broken_off = !refused && !matches!(tls, rustls::Error::InvalidCertificate(_));
        return Trouble {
            error: TransportError::Tls(text),
            transient: broken_off,
            maybe_protocol: refused || broken_off,
        };
    }
    let refused = find::<std::io::Error>(&error)
        .is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused);
    let (kind, maybe_protocol): (fn(String) -> TransportError, bool) = if error.is_dns() {
        (TransportError::Name, false)
    } else if error.is_timeout() {
        (TransportError::Timeout, !error.is_connect())
    } else if error.is_connect() {
        (TransportError::Connect, !refused)
    } else if error.is_body() || error.is_decode() {
        (TransportError::Body, false)
    } else {
        (TransportError::Other, true)
    };
    Trouble {
        error: kind(text),
        transient: !error.is_builder(),
        maybe_protocol,
    }
}
