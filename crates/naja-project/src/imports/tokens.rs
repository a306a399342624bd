//! Lines of Python as words, signs and strings.

use std::ops::Range;

/// Strings in fields of strings are followed this far down.
const MOST_NESTED: u32 = 24;

/// One word or sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind<'a>,
    pub(super) line: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenKind<'a> {
    /// A name, a keyword, or a number.
    Word(&'a [u8]),
    /// A string that has no fields and is not of bytes, without its quotes.
    Text(&'a [u8]),
    /// Any other string.
    OtherText,
    /// A sign.
    Sign(u8),
}

impl<'a> Token<'a> {
    pub(super) fn word(&self) -> Option<&'a [u8]> {
        match self.kind {
            TokenKind::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word.as_bytes())
    }

    pub(super) fn is_sign(&self, sign: u8) -> bool {
        self.kind == TokenKind::Sign(sign)
    }
}

/// A logical line: what stands between two ends of lines that count.
pub(super) struct Line<'t, 'a> {
    /// How far it is moved to the right.
    pub(super) indent: usize,
    /// Never empty.
    pub(super) tokens: &'t [Token<'a>],
}

/// Calls `take` with every logical line.
pub(super) fn each_line<'a>(source: &'a [u8], take: &mut dyn FnMut(&Line<'_, 'a>)) {
    let source = source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source);
    let mut scanner = Scanner {
        source,
        at: 0,
        line: 1,
    };
    let mut tokens = Vec::new();
    while scanner.at < source.len() {
        let indent = scanner.indent();
        scanner.logical_line(&mut tokens);
        if !tokens.is_empty() {
            take(&Line {
                indent,
                tokens: &tokens,
            });
            tokens.clear();
        }
    }
}

struct Scanner<'a> {
    source: &'a [u8],
    at: usize,
    line: u32,
}

impl<'a> Scanner<'a> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.source.get(self.at + ahead).copied()
    }

    /// Goes behind the end of a line, if there is one here.
    fn newline(&mut self) -> bool {
        let length = match (self.peek(0), self.peek(1)) {
            (Some(b'\r'), Some(b'\n')) => 2,
            (Some(b'\n' | b'\r'), _) => 1,
            _ => return false,
        };
        self.at += length;
        self.line = self.line.saturating_add(1);
        true
    }

    /// Goes behind a backslash that joins two lines, if there is one here.
    fn joined(&mut self) -> bool {
        if self.peek(0) != Some(b'\\') {
            return false;
        }
        let before = self.at;
        self.at += 1;
        if self.newline() {
            return true;
        }
        self.at = before;
        false
    }

    fn indent(&mut self) -> usize {
        let mut indent = 0;
        loop {
            match self.peek(0) {
                Some(b' ') => indent += 1,
                Some(b'\t') => indent = (indent / 8 + 1) * 8,
                Some(b'\x0c') => indent = 0,
                _ => return indent,
            }
            self.at += 1;
        }
    }

    fn logical_line(&mut self, tokens: &mut Vec<Token<'a>>) {
        let mut depth = 0_u32;
        while let Some(byte) = self.peek(0) {
            let line = self.line;
            if self.newline() {
                if depth == 0 {
                    return;
                }
                continue;
            }
            if self.joined() {
                continue;
            }
            let kind = match byte {
                b' ' | b'\t' | b'\x0c' | b'\\' => {
                    self.at += 1;
                    continue;
                }
                b'#' => {
                    self.comment();
                    continue;
                }
                b'%' | b'!' | b'?' if depth == 0 && self.is_command(byte, tokens) => {
                    self.command();
                    continue;
                }
                b'"' | b'\'' => self.text(b"", 0),
                _ if is_of_word(byte) => self.word(),
                _ => {
                    self.at += 1;
                    match byte {
                        b'(' | b'[' | b'{' => depth = depth.saturating_add(1),
                        b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    TokenKind::Sign(byte)
                }
            };
            tokens.push(Token { kind, line });
        }
    }

    fn comment(&mut self) {
        while !matches!(self.peek(0), None | Some(b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Whether a sign begins a command of IPython, such as `%cd` or `files = !ls`: it stands where no Python has it.
    fn is_command(&self, sign: u8, before: &[Token<'_>]) -> bool {
        let is_begin = before.last().is_none_or(|last| last.is_sign(b'='));
        is_begin && self.peek(1) != Some(b'=') && (sign != b'?' || before.is_empty())
    }

    /// Goes to the end of a command of IPython, which a backslash leads on to the next line.
    fn command(&mut self) {
        loop {
            self.comment();
            let goes_on = self.at > 0 && self.source[self.at - 1] == b'\\';
            if !(goes_on && self.newline()) {
                return;
            }
        }
    }

    /// A word, or the string it is the prefix of.
    fn word(&mut self) -> TokenKind<'a> {
        let start = self.at;
        while self.peek(0).is_some_and(is_of_word) {
            self.at += 1;
        }
        let word = &self.source[start..self.at];
        let is_prefix = word.len() <= 2 && word.iter().all(|byte| b"rRbBuUfFtT".contains(byte));
        if is_prefix && matches!(self.peek(0), Some(b'"' | b'\'')) {
            return self.text(word, 0);
        }
        TokenKind::Word(word)
    }

    /// A string, from its first quote; what has no end ends with the line, or with the file.
    fn text(&mut self, prefix: &[u8], nested: u32) -> TokenKind<'a> {
        let has = |letters: &[u8]| prefix.iter().any(|byte| letters.contains(byte));
        let has_fields = has(b"fFtT");
        let Some(quote) = self.peek(0) else {
            return TokenKind::OtherText;
        };
        let is_long = self.peek(1) == Some(quote) && self.peek(2) == Some(quote);
        self.at += if is_long { 3 } else { 1 };
        let end = Ending { quote, is_long };
        let inside = match has_fields && nested < MOST_NESTED {
            true => self.formatted(end, nested),
            false => self.plain(end),
        };
        match has_fields || has(b"bB") {
            true => TokenKind::OtherText,
            false => TokenKind::Text(&self.source[inside]),
        }
    }

    /// Goes behind the end of a string, if it is here.
    fn ends(&mut self, end: Ending) -> bool {
        let length = if end.is_long { 3 } else { 1 };
        let is_here = (0..length).all(|ahead| self.peek(ahead) == Some(end.quote));
        if is_here {
            self.at += length;
        }
        is_here
    }

    /// Goes on by one byte, or to the next line; says whether a short string ends with the line.
    fn step(&mut self, end: Ending) -> bool {
        if matches!(self.peek(0), Some(b'\n' | b'\r')) {
            if !end.is_long {
                return true;
            }
            let _counted = self.newline();
            return false;
        }
        self.at += 1;
        false
    }

    /// Goes behind a backslash and what it is in front of.
    fn escaped(&mut self) {
        self.at += 1;
        if !self.newline() && matches!(self.peek(0), Some(b'"' | b'\'' | b'\\')) {
            self.at += 1;
        }
    }

    fn plain(&mut self, end: Ending) -> Range<usize> {
        let start = self.at;
        while let Some(byte) = self.peek(0) {
            let last = self.at;
            if self.ends(end) {
                return start..last;
            }
            if byte == b'\\' {
                self.escaped();
            } else if self.step(end) {
                break;
            }
        }
        start..self.at
    }

    /// The inside of a string with fields (PEP 498, PEP 701).
    fn formatted(&mut self, end: Ending, nested: u32) -> Range<usize> {
        let start = self.at;
        while let Some(byte) = self.peek(0) {
            let last = self.at;
            if self.ends(end) {
                return start..last;
            }
            match byte {
                b'\\' => self.escaped(),
                b'{' if self.peek(1) == Some(b'{') => self.at += 2,
                b'{' => {
                    self.at += 1;
                    self.field(end, nested + 1);
                }
                _ if self.step(end) => break,
                _ => {}
            }
        }
        start..self.at
    }

    /// A field, behind its `{`: Python, then perhaps how it is written, which may have fields.
    fn field(&mut self, end: Ending, nested: u32) {
        let mut depth = 0_u32;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'}' if depth == 0 => {
                    self.at += 1;
                    return;
                }
                b':' if depth == 0 => {
                    self.at += 1;
                    return self.form(end, nested);
                }
                b'"' | b'\'' => {
                    // Before Python 3.12 the quote of the string ends it, and then it is a mistake.
                    let _text = self.text(self.prefix_before(), nested);
                    continue;
                }
                b'#' if end.is_long => {
                    self.comment();
                    continue;
                }
                b'(' | b'[' | b'{' => depth = depth.saturating_add(1),
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            if !self.newline() {
                self.at += 1;
            }
        }
    }

    /// How a field is written, behind its `:`.
    fn form(&mut self, end: Ending, nested: u32) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'}' => {
                    self.at += 1;
                    return;
                }
                b'{' if nested < MOST_NESTED => {
                    self.at += 1;
                    self.field(end, nested + 1);
                }
                _ if byte == end.quote && !end.is_long => return,
                _ if self.step(end) => return,
                _ => {}
            }
        }
    }

    /// The letters right before this place, if they can be the prefix of a string.
    fn prefix_before(&self) -> &'a [u8] {
        let before = &self.source[..self.at];
        let letters = before.iter().rev().take_while(|byte| is_of_word(**byte));
        match letters.take(3).count() {
            length @ 1..=2 => &before[self.at - length..],
            _ => b"",
        }
    }
}

#[derive(Clone, Copy)]
struct Ending {
    quote: u8,
    is_long: bool,
}

fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}
