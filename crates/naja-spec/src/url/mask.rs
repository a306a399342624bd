//! Masking of secrets.

use std::borrow::Cow;

/// What stands in place of a secret.
pub(super) const MASK: &str = "****";

/// Masks user and password of everything in a free text that looks like a URL, for messages
/// of other programs and for texts that failed to parse.
#[must_use]
pub fn mask_urls(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    let mut search = 0;
    let mut word = Word::default();
    while let Some(found) = text[search..].find("//") {
        let start = search + found + 2;
        search = start;
        // Behind a scheme, or at the start of a word as a reference without one.
        let before = text[..start - 2].chars().next_back();
        if before.is_some_and(|c| c != ':' && !ends_word(c)) {
            continue;
        }
        if start >= word.end {
            word = Word::at(text, start);
        }
        let Some(length) = credentials_len(&text[..start], &text[start..word.end], word.at_sign)
        else {
            continue;
        };
        out.push_str(&text[copied..start]);
        out.push_str(MASK);
        copied = start + length;
        search = copied;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '`')
}

/// A stretch without white space or quotes. Many `//` may lie in one, so it is searched once.
#[derive(Default)]
struct Word {
    end: usize,
    /// Where in the text its last `@` stands.
    at_sign: Option<usize>,
}

impl Word {
    fn at(text: &str, start: usize) -> Self {
        let length = text[start..].find(ends_word);
        let end = length.map_or(text.len(), |length| start + length);
        let at_sign = text[start..end].rfind('@').map(|at| start + at);
        Self { end, at_sign }
    }
}

/// Length of the `user:password` at the start of `word`, which follows `before` with its
/// `//`; `at_sign` is the place of the word's last `@` in the whole text. A `/` in an
/// unencoded password is allowed for when what looks like a port is none.
fn credentials_len(before: &str, word: &str, at_sign: Option<usize>) -> Option<usize> {
    let authority = &word[..word.find(['/', '?', '#']).unwrap_or(word.len())];
    let length = match authority.rfind('@') {
        Some(length) => length,
        None => {
            let (_, port) = authority.rsplit_once(':')?;
            if authority.ends_with(']') || port.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            at_sign?.checked_sub(before.len())?
        }
    };
    let plain_ssh = before.ends_with("ssh://") && !word[..length].contains(':');
    (length > 0 && !plain_ssh).then_some(length)
}

/// Appends a query with the values masked whose names sound secret.
pub(super) fn push_masked_query(query: &str, out: &mut String) {
    for (i, pair) in query.split('&').enumerate() {
        if i > 0 {
            out.push('&');
        }
        match pair.split_once('=') {
            Some((key, _)) if is_secret_key(key) => {
                out.push_str(key);
                out.push('=');
                out.push_str(MASK);
            }
            _ => out.push_str(pair),
        }
    }
}

/// Reports whether a query parameter of this name usually carries a secret.
fn is_secret_key(key: &str) -> bool {
    const WHOLE: [&str; 6] = ["sig", "key", "auth", "pwd", "pass", "jwt"];
    const PART: [&str; 9] = [
        "token",
        "secret",
        "passw",
        "signature",
        "credential",
        "apikey",
        "api_key",
        "api-key",
        "access_key",
    ];
    let key = key.to_ascii_lowercase();
    WHOLE.contains(&key.as_str()) || PART.iter().any(|part| key.contains(part))
}
