//! How a text is written, apart from what is in it: the mark at its front, and how its lines end.

use std::borrow::Cow;

/// The mark at the front of a text that says it is Unicode.
const MARK: char = '\u{feff}';

/// What an edited text has again that editors of it do not keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextShape {
    has_mark: bool,
    is_crlf: bool,
}

impl TextShape {
    /// Takes a text apart: its shape, and the text without the mark and with lines that end as on Unix. One with
    /// lines of both kinds keeps them as they are.
    pub(crate) fn of(text: &str) -> (Self, Cow<'_, str>) {
        let (has_mark, text) = match text.strip_prefix(MARK) {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let ends = text.matches('\n').count();
        let is_crlf = ends > 0 && text.matches("\r\n").count() == ends;
        let plain = match is_crlf {
            true => Cow::Owned(text.replace("\r\n", "\n")),
            false => Cow::Borrowed(text),
        };
        (Self { has_mark, is_crlf }, plain)
    }

    /// Gives a text this shape.
    pub(crate) fn restore(self, plain: String) -> String {
        let mut text = match self.is_crlf {
            true => plain.replace('\n', "\r\n"),
            false => plain,
        };
        if self.has_mark {
            text.insert(0, MARK);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::TextShape;

    proptest! {
        #[test]
        fn texts_come_back(text in "\u{feff}?(a|\r\n|\n|\r)*") {
            let (shape, plain) = TextShape::of(&text);
            prop_assert_eq!(shape.restore(plain.into_owned()), text);
        }
    }

    #[test]
    fn shapes() {
        for (text, plain) in [
            ("\u{feff}a\r\nb\r\n", "a\nb\n"),
            ("a\r\nb\n", "a\r\nb\n"),
            ("a\r", "a\r"),
            ("", ""),
        ] {
            assert_eq!(TextShape::of(text).1, plain);
        }
    }
}
