use std::borrow::Cow;

/// The longest sentence that is told whole, in bytes.
const LONGEST: usize = 1000;

/// Makes foreign text safe for a terminal: control characters become visible
/// ones, so that a package's metadata cannot move the cursor or change colours.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let shown = text
        .chars()
        .map(|c| if is_unsafe(c) { visible(c) } else { c })
        .collect();
    Cow::Owned(shown)
}

/// As [`plain`], and no longer than a person reads: for sentences that quote
/// foreign text.
pub(crate) fn told(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return plain(text);
    }
    let end = (0..=LONGEST)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let more = text[end..].chars().count();
    Cow::Owned(format!("{}… ({more} characters more)", plain(&text[..end])))
}

fn is_unsafe(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t') || is_direction_override(c)
}

/// Characters that reorder the text around them.
fn is_direction_override(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

fn visible(c: char) -> char {
    match u32::from(c) {
        code @ 0..=0x1f => char::from_u32(0x2400 + code).unwrap_or('\u{fffd}'),
        0x7f => '\u{2421}',
        _ => '\u{fffd}',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_visible() {
        assert_eq!(plain("a\u{1b}[31mb"), "a\u{241b}[31mb");
        assert_eq!(plain("a\u{9b}31mb"), "a\u{fffd}31mb");
        assert_eq!(plain("ab\u{202e}c"), "ab\u{fffd}c");
    }

    #[test]
    fn long_text_is_cut() {
        let long = "ü".repeat(2000);
        let shown = told(&long);
        assert!(
            shown.len() < 1100 && shown.ends_with("… (1500 characters more)"),
            "{shown}"
        );
        assert_eq!(told("short"), "short");
    }

    #[test]
    fn ordinary_text_is_borrowed() {
        assert!(matches!(plain("harry 3.0 ü ⚡\n"), Cow::Borrowed(_)));
    }
}
