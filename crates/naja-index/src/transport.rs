//! Words and kinds for what goes wrong below HTTP.

use std::error::Error;
use std::io::ErrorKind;

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

/// What a failed exchange means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) error: TransportError,
    pub(crate) outlook: Outlook,
}

/// What may help after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outlook {
    /// Nothing.
    Final,
    /// Another attempt.
    Transient,
    /// HTTP/1.1, if HTTP/2 was merely tried; else another attempt.
    MaybeProtocol,
    /// An attempt of its own: it waited for another's connection, which failed.
    Canceled,
}

/// Sorts a failure of the HTTP client.
pub(crate) fn trouble(error: reqwest::Error) -> Trouble {
    let error = error.without_url();
    let text = chain(&error);
    if let Some(tls) = find::<rustls::Error>(&error) {
        let outlook = match tls {
            rustls::Error::InvalidCertificate(_) => Outlook::Final,
            _ => Outlook::MaybeProtocol,
        };
        return Trouble {
            error: TransportError::Tls(text),
            outlook,
        };
    }
    let io = find::<std::io::Error>(&error).map(std::io::Error::kind);
    let (kind, outlook): (fn(String) -> TransportError, _) = if error.is_dns() {
        (TransportError::Name, Outlook::Transient)
    } else if error.is_timeout() {
        (TransportError::Timeout, Outlook::Transient)
    } else if error.is_connect() {
        let outlook = match io {
            None => Outlook::Canceled,
            // Some servers hang up on those who offer HTTP/2 only.
            Some(ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => Outlook::MaybeProtocol,
            Some(_) => Outlook::Transient,
        };
        (TransportError::Connect, outlook)
    } else if error.is_builder() {
        (TransportError::Other, Outlook::Final)
    } else if error.is_body() || error.is_decode() {
        (TransportError::Body, Outlook::Transient)
    } else {
        (TransportError::Other, Outlook::MaybeProtocol)
    };
    Trouble {
        error: kind(text),
        outlook,
    }
}
