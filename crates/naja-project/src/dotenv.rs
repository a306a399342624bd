//! `.env` files: `NAME=value` lines with quotes, comments and `${NAME}`.
//!
//! Values without quotes end at white space followed by `#`. Single quotes and back quotes take
//! everything literally; double quotes know `\n`, `\r`, `\t`, `\"`, `\\`, `\$`. All quotes may span
//! lines. `${NAME}`, `${NAME:-default}` and `$NAME` are replaced, outside single quotes, by what the
//! file itself has set before, then by the variables that were given.

use rustc_hash::FxHashMap;

use crate::variables::Variables;

/// One variable of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct DotenvEntry {
    /// Its name.
    pub name: String,
    /// Its value, with everything replaced.
    pub value: String,
    /// The line it starts on, from 1.
    pub line: u32,
}

impl std::fmt::Debug for DotenvEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}=**** (line {})", self.name, self.line)
    }
}

/// Says where a file is no `.env` file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected {expected}")]
pub struct DotenvError {
    /// The line, from 1.
    pub line: u32,
    /// What should have been there.
    pub expected: &'static str,
}

/// The longest value that replacing may produce, in bytes.
const LONGEST: usize = 1 << 20;

/// The greatest length of all values together, in bytes.
const MOST: usize = 16 << 20;

/// Reads a `.env` file. A name that is set twice appears twice; the later one counts.
///
/// # Errors
/// A line without `=`, a name with other characters than letters, digits, `_` and `.`, a quote
/// that is not closed, a value that grows beyond a mebibyte by replacing, values that grow
/// beyond 16 mebibytes together.
pub fn parse_dotenv(text: &str, variables: &Variables) -> Result<Vec<DotenvEntry>, DotenvError> {
    let mut parser = Parser {
        rest: text.trim_start_matches('\u{feff}'),
        line: 1,
        variables,
        entries: Vec::new(),
        known: FxHashMap::default(),
        room: MOST,
    };
    while parser.entry()? {}
    Ok(parser.entries)
}

struct Parser<'a> {
    rest: &'a str,
    line: u32,
    variables: &'a Variables,
    entries: Vec<DotenvEntry>,
    /// Where in `entries` each name was set last.
    known: FxHashMap<&'a str, usize>,
    /// How many bytes of values may still come.
    room: usize,
}

impl<'a> Parser<'a> {
    fn error<T>(&self, expected: &'static str) -> Result<T, DotenvError> {
        Err(DotenvError {
            line: self.line,
            expected,
        })
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        let ends = taken.bytes().filter(|byte| *byte == b'\n').count();
        self.line = self
            .line
            .saturating_add(u32::try_from(ends).unwrap_or(u32::MAX));
        self.rest = rest;
        taken
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !keep(c)).unwrap_or(self.rest.len());
        self.take(end)
    }

    fn skip_blanks(&mut self) {
        self.take_while(|c| c == ' ' || c == '\t');
    }

    fn skip_line(&mut self) {
        self.take_while(|c| c != '\n');
    }

    /// Reads one entry; says whether there may be more.
    fn entry(&mut self) -> Result<bool, DotenvError> {
        self.take_while(char::is_whitespace);
        match self.peek() {
            None => return Ok(false),
            Some('#') => {
                self.skip_line();
                return Ok(true);
            }
            Some(_) => {}
        }
        let line = self.line;
        let mut name = self.name()?;
        self.skip_blanks();
        if name == "export" && self.peek() != Some('=') {
            name = self.name()?;
            self.skip_blanks();
        }
        if self.peek() != Some('=') {
            return self.error("`=` after the name of a variable");
        }
        self.take(1);
        let blanks = self.take_while(|c| c == ' ' || c == '\t');
        if !blanks.is_empty() && self.peek() == Some('#') {
            self.skip_line();
        }
        let value = self.value()?;
        let Some(room) = self.room.checked_sub(value.len()) else {
            return self.error("values below 16 mebibytes");
        };
        self.room = room;
        self.known.insert(name, self.entries.len());
        self.entries.push(DotenvEntry {
            name: name.to_owned(),
            value,
            line,
        });
        Ok(true)
    }

    fn name(&mut self) -> Result<&'a str, DotenvError> {
        let name = self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            return self.error("the name of a variable");
        }
        Ok(name)
    }

    fn value(&mut self) -> Result<String, DotenvError> {
        let mut value = String::new();
        // Several quoted and bare parts may follow each other, as in a shell.
        loop {
            match self.peek() {
                None | Some('\n' | '\r') => return Ok(value),
                Some(quote @ ('\'' | '`')) => value.push_str(self.literal(quote)?),
                Some('"') => self.quoted(&mut value)?,
                Some(' ' | '\t') => {
                    let blanks = self.take_while(|c| c == ' ' || c == '\t');
                    match self.peek() {
                        None | Some('\n' | '\r') => return Ok(value),
                        Some('#') => {
                            self.skip_line();
                            return Ok(value);
                        }
                        Some(_) => value.push_str(blanks),
                    }
                }
                Some(_) => self.bare(&mut value)?,
            }
            if value.len() > LONGEST {
                return self.error("a value below one mebibyte");
            }
        }
    }

    fn literal(&mut self, quote: char) -> Result<&'a str, DotenvError> {
        let inside = &self.rest[1..];
        let Some(end) = inside.find(quote) else {
            return self.error("the closing quote of this value");
        };
        let taken = self.take(end + 2);
        Ok(&taken[1..=end])
    }

    fn quoted(&mut self, value: &mut String) -> Result<(), DotenvError> {
        let start = self.line;
        self.take(1);
        loop {
            let plain = self.take_while(|c| !matches!(c, '"' | '\\' | '$'));
            value.push_str(plain);
            if value.len() > LONGEST {
                return self.error("a value below one mebibyte");
            }
            match self.peek() {
                Some('"') => {
                    self.take(1);
                    return Ok(());
                }
                Some('\\') => self.escape(value),
                Some('$') => self.replacement(value)?,
                _ => {
                    return Err(DotenvError {
                        line: start,
                        expected: "the closing quote of this value",
                    });
                }
            }
        }
    }

    fn escape(&mut self, value: &mut String) {
        self.take(1);
        let Some(escaped) = self.peek() else {
            value.push('\\');
            return;
        };
        self.take(escaped.len_utf8());
        match escaped {
            'n' => value.push('\n'),
            'r' => value.push('\r'),
            't' => value.push('\t'),
            '"' | '\\' | '$' | '\'' | '`' => value.push(escaped),
            '\n' => {}
            other => {
                value.push('\\');
                value.push(other);
            }
        }
    }

    fn bare(&mut self, value: &mut String) -> Result<(), DotenvError> {
        match self.peek() {
            Some('$') => self.replacement(value),
            Some('\\') => {
                self.take(1);
                match self.peek() {
                    Some(next @ (' ' | '$' | '#' | '\'' | '"' | '\\' | '`')) => {
                        self.take(1);
                        value.push(next);
                    }
                    _ => value.push('\\'),
                }
                Ok(())
            }
            _ => {
                let stop =
                    |c: char| matches!(c, '$' | '\\' | '\'' | '"' | '`' | ' ' | '\t' | '\n' | '\r');
                value.push_str(self.take_while(|c| !stop(c)));
                Ok(())
            }
        }
    }

    /// Reads `$NAME`, `${NAME}`, `${NAME:-default}`; a lone `$` stays.
    fn replacement(&mut self, value: &mut String) -> Result<(), DotenvError> {
        self.take(1);
        if self.peek() == Some('{') {
            let Some(end) = self.rest.find('}') else {
                return self.error("`}` after the name of a variable");
            };
            let inside = &self.take(end + 1)[1..end];
            let (name, default) = inside.split_once(":-").unwrap_or((inside, ""));
            value.push_str(self.lookup(name).unwrap_or(default));
            return Ok(());
        }
        let name = self.take_while(|c| c.is_ascii_alphanumeric() || c == '_');
        if name.is_empty() {
            value.push('$');
        } else {
            value.push_str(self.lookup(name).unwrap_or_default());
        }
        Ok(())
    }

    fn lookup(&self, name: &str) -> Option<&str> {
        let own = self.known.get(name).and_then(|&at| self.entries.get(at));
        own.map(|entry| entry.value.as_str())
            .or_else(|| self.variables.get(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<Vec<(String, String)>, DotenvError> {
        let variables = Variables::from_iter([("HOME", "/home/h"), ("EMPTY", "")]);
        let entries = parse_dotenv(text, &variables)?;
        Ok(entries
            .into_iter()
            .map(|entry| (entry.name, entry.value))
            .collect())
    }

    #[test]
    fn one_line() {
        for (text, value) in [
            ("A=b", "b"),
            ("  A = b  ", "b"),
            ("export A=b", "b"),
            ("export=b", "b"),
            ("A=", ""),
            ("A=b c", "b c"),
            ("A=b # note", "b"),
            ("A=b#c", "b#c"),
            ("A=#", "#"),
            ("A= # note", ""),
            ("A='b # $HOME'", "b # $HOME"),
            ("A=\"b # c\" # d", "b # c"),
            ("A=\"a\\nb\\\"c\\$d\\q\"", "a\nb\"c$d\\q"),
            ("A=\"two\nlines\"", "two\nlines"),
            ("A='two\nlines'", "two\nlines"),
            ("A=`it's`", "it's"),
            ("A=$HOME/x", "/home/h/x"),
            ("A=${HOME}x", "/home/hx"),
            ("A=\"${HOME}\"", "/home/h"),
            ("A='${HOME}'", "${HOME}"),
            ("A=${NONE:-d e}", "d e"),
            ("A=${EMPTY:-d}", "d"),
            ("A=${NONE}", ""),
            ("A=1$", "1$"),
            ("A=\\$HOME", "$HOME"),
            ("A=a\\ b", "a b"),
            ("A=a'b'\"c\"", "abc"),
            ("A=b\r\n", "b"),
            ("\u{feff}A=b", "b"),
        ] {
            let found = parse(text).unwrap_or_else(|e| panic!("{text:?}: {e}"));
            assert_eq!(found.len(), 1, "{text:?}");
            assert_eq!(found[0].1, value, "{text:?}");
        }
    }

    #[test]
    fn earlier_lines_are_seen() {
        let found = parse("# c\nA=1\n\nB=${A}2\nA=3\nC=$A$B\n").unwrap();
        let values: Vec<&str> = found.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["1", "12", "3", "312"]);
    }

    #[test]
    fn refusals_name_the_line() {
        for (text, line) in [
            ("A", 1),
            ("A=1\nB 2", 2),
            ("A=1\n\n1B=2", 3),
            ("A=\"x\n\n", 1),
            ("A='x", 1),
            ("A=${X", 1),
            ("=x", 1),
            ("A-B=x", 1),
        ] {
            assert_eq!(parse(text).map_err(|e| e.line), Err(line), "{text:?}");
        }
    }

    #[test]
    fn doubling_is_stopped() {
        let mut text = String::from("A0=xxxxxxxx\n");
        for i in 1..60 {
            text.push_str(&format!("A{i}=${{A{}}}${{A{}}}\n", i - 1, i - 1));
        }
        assert!(parse(&text).is_err());
    }

    proptest! {
        #[test]
        fn double_quotes_round_trip(value in "\\PC*") {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
            let found = parse(&format!("A=\"{quoted}\"")).unwrap();
            prop_assert_eq!(&found[0].1, &value);
        }

        #[test]
        fn never_panics(text in "[A='\"$`{}\\\\# \n:-]*") {
            let _ = parse(&text);
        }
    }
}
