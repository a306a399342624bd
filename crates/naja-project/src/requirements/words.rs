//! Words of an option line, as a POSIX shell splits them.

use super::error::RequirementsErrorKind;

/// A word without its quotes, and the bytes it covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Splits a text at white space; quotes and backslashes work as in a POSIX shell. Offsets count
/// from `base`.
///
/// # Errors
/// A quote without its end.
pub(crate) fn split_words(
    text: &str,
    base: usize,
) -> Result<Vec<Word>, (usize, RequirementsErrorKind)> {
    let mut words = Vec::new();
    let mut current: Option<Word> = None;
    let mut quote: Option<(char, usize)> = None;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let at = base + at;
        if quote.is_none() && letter.is_whitespace() {
            if let Some(mut word) = current.take() {
                word.end = at;
                words.push(word);
            }
            continue;
        }
        let word = current.get_or_insert_with(|| Word {
            text: String::new(),
            start: at,
            end: at,
        });
        match (quote, letter) {
            (None, '\'' | '"') => quote = Some((letter, at)),
            (Some((open, _)), _) if open == letter => quote = None,
            (None, '\\') => {
                if let Some((_, escaped)) = letters.next() {
                    word.text.push(escaped);
                }
            }
            (Some(('"', _)), '\\') => {
                match letters.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                    Some((_, escaped)) => word.text.push(escaped),
                    None => word.text.push('\\'),
                }
            }
            _ => word.text.push(letter),
        }
    }
    if let Some((open, at)) = quote {
        return Err((at, RequirementsErrorKind::OpenQuote(open)));
    }
    if let Some(mut word) = current {
        word.end = base + text.len();
        words.push(word);
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn as_a_shell() {
        for (text, expected) in [
            ("a b", vec!["a", "b"]),
            ("  a\t'b c'  \"d 'e'\"", vec!["a", "b c", "d 'e'"]),
            ("a\\ b", vec!["a b"]),
            ("'a\\b' \"a\\b\" \"a\\\"b\"", vec!["a\\b", "a\\b", "a\"b"]),
            ("''", vec![""]),
            ("--hash='x y'z", vec!["--hash=x yz"]),
        ] {
            let words = split_words(text, 0).unwrap();
            let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
            assert_eq!(words, expected, "{text:?}");
        }
        assert!(matches!(
            split_words("a 'b", 10),
            Err((12, RequirementsErrorKind::OpenQuote('\'')))
        ));
    }

    proptest! {
        #[test]
        fn covers_the_text(text in "[a-c '\"\\\\]*") {
            if let Ok(words) = split_words(&text, 0) {
                for word in words {
                    prop_assert!(text.get(word.start..word.end).is_some());
                }
            }
        }
    }
}
