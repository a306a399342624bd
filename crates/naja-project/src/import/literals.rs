//! The literals of a Python file: what can be read of a `setup.py` without running it.

use std::collections::BTreeMap;

/// How deep lists in lists go.
const MOST_DEPTH: usize = 32;

/// How many arguments a call has.
const MOST_ARGUMENTS: usize = 500;

/// A value of Python, as far as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    Text(String),
    List(Vec<Literal>),
    Table(Vec<(Literal, Literal)>),
    /// A name that stands for something else.
    Name(String),
    /// Something that has to be computed.
    Unknown,
}

/// The arguments of the call of `setup`, with their lines, and whether there was one.
#[derive(Debug, Clone, Default)]
pub(super) struct SetupCall {
    pub(super) arguments: Vec<(String, Literal, u32)>,
    /// Lines of arguments that cannot be told apart (`**more`).
    pub(super) unclear: Vec<u32>,
}

/// Finds the call of `setup` and reads its arguments.
pub(super) fn setup_call(text: &str) -> Option<SetupCall> {
    let names = assignments(text);
    let start = call_start(text)?;
    let mut parser = Parser {
        bytes: text.as_bytes(),
        at: start,
        depth: 0,
    };
    let mut call = SetupCall::default();
    loop {
        parser.blanks();
        match parser.peek() {
            None | Some(b')') => return Some(call),
            _ if call.arguments.len() + call.unclear.len() > MOST_ARGUMENTS => return Some(call),
            Some(b',') => {
                parser.at += 1;
                continue;
            }
            _ => {}
        }
        let line = parser.line();
        let name = parser.word();
        parser.blanks();
        let is_named =
            parser.peek() == Some(b'=') && parser.bytes.get(parser.at + 1) != Some(&b'=');
        match name.filter(|_| is_named) {
            Some(name) => {
                parser.at += 1;
                let value = resolved(parser.value(), &names, 0);
                call.arguments.push((name, value, line));
            }
            None => {
                call.unclear.push(line);
                parser.skip();
                // A bracket that closes nothing ends no argument.
                if matches!(parser.peek(), Some(b']' | b'}')) {
                    parser.at += 1;
                }
            }
        }
    }
}

/// Where the arguments of the call begin.
fn call_start(text: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = text[from..].find("setup(") {
        let at = from + found;
        let before = text[..at].chars().next_back();
        let is_word = before.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let line = text[..at].rsplit('\n').next().unwrap_or_default();
        if !is_word && !line.contains('#') && !line.contains("def ") {
            return Some(at + "setup(".len());
        }
        from = at + 1;
    }
    None
}

/// What names at the start of a line are bound to.
fn assignments(text: &str) -> BTreeMap<String, Literal> {
    let mut found = BTreeMap::new();
    let mut offset = 0;
    // What belongs to the value above begins no other one.
    let mut read = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let Some((name, _)) = line.split_once('=') else {
            continue;
        };
        let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name
                .trim_end()
                .chars()
                .all(|c| c.is_alphanumeric() || c == '_');
        let at = start + name.len() + 1;
        if !is_name || start < read || text.as_bytes().get(at) == Some(&b'=') {
            continue;
        }
        let mut parser = Parser {
            bytes: text.as_bytes(),
            at,
            depth: 0,
        };
        let value = parser.value_to(true);
        read = parser.at;
        // What is bound twice is decided while it runs.
        let known = found.insert(name.trim_end().to_owned(), value);
        if known.is_some() {
            found.insert(name.trim_end().to_owned(), Literal::Unknown);
        }
    }
    found
}

fn resolved(value: Literal, names: &BTreeMap<String, Literal>, depth: usize) -> Literal {
    if depth > MOST_DEPTH {
        return Literal::Unknown;
    }
    match value {
        Literal::Name(name) => match names.get(&name) {
            Some(known) => resolved(known.clone(), names, depth + 1),
            None => Literal::Unknown,
        },
        Literal::List(items) => {
            let items = items.into_iter();
            Literal::List(items.map(|item| resolved(item, names, depth + 1)).collect())
        }
        Literal::Table(pairs) => {
            let pairs = pairs.into_iter();
            let pairs = pairs.map(|(key, value)| {
                (
                    resolved(key, names, depth + 1),
                    resolved(value, names, depth + 1),
                )
            });
            Literal::Table(pairs.collect())
        }
        other => other,
    }
}

struct Parser<'t> {
    bytes: &'t [u8],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn line(&self) -> u32 {
        let front = &self.bytes[..self.at.min(self.bytes.len())];
        let ends = front.iter().filter(|byte| **byte == b'\n').count();
        u32::try_from(ends + 1).unwrap_or(u32::MAX)
    }

    /// Skips blanks, line ends and comments.
    fn blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' | b'\\' => self.at += 1,
                b'#' => self.skip_line(),
                _ => break,
            }
        }
    }

    /// Skips blanks of one line.
    fn blanks_of_line(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r')) {
            self.at += 1;
        }
        if self.peek() == Some(b'#') {
            self.skip_line();
        }
    }

    fn skip_line(&mut self) {
        while self.peek().is_some_and(|byte| byte != b'\n') {
            self.at += 1;
        }
    }

    fn word(&mut self) -> Option<String> {
        let start = self.at;
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        while self.peek().is_some_and(is_part) {
            self.at += 1;
        }
        let text = std::str::from_utf8(&self.bytes[start..self.at]).ok()?;
        (!text.is_empty()).then(|| text.to_owned())
    }

    fn value(&mut self) -> Literal {
        self.value_to(false)
    }

    /// Reads a value; one that goes on after what is a literal is none. Outside of brackets a line end ends it.
    fn value_to(&mut self, line_ends: bool) -> Literal {
        if self.depth > MOST_DEPTH {
            self.skip();
            return Literal::Unknown;
        }
        self.depth += 1;
        match line_ends {
            true => self.blanks_of_line(),
            false => self.blanks(),
        }
        let value = self.plain(line_ends);
        match line_ends {
            true => self.blanks_of_line(),
            false => self.blanks(),
        }
        self.depth -= 1;
        match self.peek() {
            None | Some(b',' | b')' | b']' | b'}' | b':') => value,
            Some(b'\n') if line_ends => value,
            Some(_) if line_ends => Literal::Unknown,
            Some(_) => {
                self.skip();
                Literal::Unknown
            }
        }
    }

    fn plain(&mut self, line_ends: bool) -> Literal {
        match self.peek() {
            Some(b'[') => Literal::List(self.items(b']')),
            Some(b'(') => match self.items(b')') {
                // Brackets around one text are no list.
                mut items
                    if items.len() == 1
                        && matches!(items[0], Literal::Text(_))
                        && !self.had_comma(b')') =>
                {
                    items.remove(0)
                }
                items => Literal::List(items),
            },
            Some(b'{') => self.pairs(),
            Some(b'"' | b'\'') => self.texts(line_ends),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => {
                let start = self.at;
                let Some(word) = self.word() else {
                    return Literal::Unknown;
                };
                let is_quote = matches!(self.peek(), Some(b'"' | b'\''));
                match word.to_ascii_lowercase().as_str() {
                    "r" | "u" if is_quote => {
                        self.at = start + 1;
                        self.texts(line_ends)
                    }
                    _ => Literal::Name(word),
                }
            }
            _ => Literal::Unknown,
        }
    }

    /// Whether the closing bracket just read had a comma before it.
    fn had_comma(&self, close: u8) -> bool {
        let front = &self.bytes[..self.at];
        let mut back = front
            .iter()
            .rev()
            .skip_while(|byte| **byte != close)
            .skip(1);
        back.find(|byte| !byte.is_ascii_whitespace()) == Some(&b',')
    }

    fn items(&mut self, close: u8) -> Vec<Literal> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.blanks();
            match self.peek() {
                None => return items,
                Some(byte) if byte == close => {
                    self.at += 1;
                    return items;
                }
                Some(b',') => self.at += 1,
                Some(b')' | b']' | b'}' | b':') => {
                    // Something that does not belong here.
                    self.at += 1;
                    items.push(Literal::Unknown);
                }
                Some(_) => items.push(self.value()),
            }
        }
    }

    fn pairs(&mut self) -> Literal {
        self.at += 1;
        let mut pairs = Vec::new();
        loop {
            self.blanks();
            match self.peek() {
                None => return Literal::Table(pairs),
                Some(b'}') => {
                    self.at += 1;
                    return Literal::Table(pairs);
                }
                Some(b',') => self.at += 1,
                Some(b')' | b']' | b':') => {
                    self.at += 1;
                    pairs.push((Literal::Unknown, Literal::Unknown));
                }
                Some(_) => {
                    let key = self.value();
                    let value = match self.peek() {
                        Some(b':') => {
                            self.at += 1;
                            self.value()
                        }
                        _ => Literal::Unknown,
                    };
                    pairs.push((key, value));
                }
            }
        }
    }

    /// Texts side by side are one.
    fn texts(&mut self, line_ends: bool) -> Literal {
        let mut whole = String::new();
        while matches!(self.peek(), Some(b'"' | b'\'')) {
            match self.text() {
                Some(text) => whole.push_str(&text),
                None => return Literal::Unknown,
            }
            match line_ends {
                true => self.blanks_of_line(),
                false => self.blanks(),
            }
        }
        Literal::Text(whole)
    }

    fn text(&mut self) -> Option<String> {
        let quote = self.peek()?;
        let long = self.bytes[self.at..].starts_with(&[quote; 3]);
        let width = if long { 3 } else { 1 };
        self.at += width;
        let mut out: Vec<u8> = Vec::new();
        loop {
            let rest = self.bytes.get(self.at..)?;
            let byte = *rest.first()?;
            if byte == quote && (!long || rest.starts_with(&[quote; 3])) {
                self.at += width;
                return String::from_utf8(out).ok();
            }
            if byte == b'\n' && !long {
                return None;
            }
            if byte == b'\\' {
                let next = *rest.get(1)?;
                match next {
                    b'n' => out.push(b'\n'),
                    b't' => out.push(b'\t'),
                    b'\n' => {}
                    b'\\' | b'\'' | b'"' => out.push(next),
                    _ => out.extend([b'\\', next]),
                }
                self.at += 2;
                continue;
            }
            out.push(byte);
            self.at += 1;
        }
    }

    /// Goes to the end of an expression that is not understood.
    fn skip(&mut self) {
        let mut open = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' | b'\'' => {
                    if self.text().is_none() {
                        self.skip_line();
                    }
                    continue;
                }
                b'#' => {
                    self.skip_line();
                    continue;
                }
                b'(' | b'[' | b'{' => open += 1,
                b')' | b']' | b'}' if open == 0 => return,
                b')' | b']' | b'}' => open -= 1,
                b',' if open == 0 => return,
                _ => {}
            }
            self.at += 1;
        }
    }
}
