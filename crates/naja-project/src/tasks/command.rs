//! The language of commands: what the shells of all systems have in common, and a little more.
//!
//! A command is words, separated by blanks. `'…'` is taken as it is; in `"…"` variables are replaced, and
//! `\"`, `\\`, `\$` stand for the second sign, and `$$` for `$` everywhere. Outside of quotes `\` takes away the meaning of a sign that has
//! one, and is itself otherwise, so that Windows' paths stay whole. `$NAME`, `${NAME}`, `${NAME:-else}` and
//! `${NAME:+instead}` are variables; outside of quotes their values are divided at blanks. `{args}` is what the
//! task was given, `{args:else}` has a default. `NAME=value` before a command sets a variable for it.
//! `*`, `?` and `[…]` outside of quotes are patterns of files. `&&`, `||` and line ends join commands.

use super::expand::Expansion;

/// The deepest that `${A:-${B:-…}}` goes.
const MOST_DEPTH: usize = 8;

/// The longest text of a command, in bytes.
const LONGEST: usize = 1 << 16;

/// Commands that follow each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    text: String,
    parts: Vec<Part>,
}

/// A command and how it follows the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// When it runs.
    pub join: Join,
    /// Variables that are set for it.
    pub(super) vars: Vec<(String, Word)>,
    /// Its words.
    pub(super) words: Vec<Word>,
}

/// When a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// After what went well: `&&`, and a new line. The first one always runs.
    And,
    /// After what failed: `||`.
    Or,
}

/// A word, before variables are replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word(pub(super) Vec<Piece>);

/// A piece of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text {
        text: String,
        quoted: bool,
    },
    Variable {
        name: String,
        otherwise: Option<Otherwise>,
        quoted: bool,
    },
    /// `{args}`, and what stands for none.
    Arguments {
        default: Option<String>,
        quoted: bool,
    },
    /// `~` at the start of a word.
    Home,
}

/// `:-` and `:+`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Otherwise {
    Default(Word),
    Instead(Word),
}

/// Why a text is no command.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no word in it.
    #[error("there is no command")]
    Empty,
    /// A quote has no end.
    #[error("the quote `{0}` has no end")]
    Quote(char),
    /// `${` has no end, or no name.
    #[error("`${{` has to be followed by a name and `}}`")]
    Variable,
    /// Something only a shell can do.
    #[error("`{0}` needs a shell: add `shell = true`, or put it in quotes")]
    Shell(String),
    /// Variables are set for no command.
    #[error("a command has to follow the variables")]
    NoCommand,
    /// `&&` or `||` has nothing on one of its sides.
    #[error("a command is missing beside `{0}`")]
    Side(&'static str),
    /// It is too long, or too deep.
    #[error("it is too long")]
    TooLong,
}

impl CommandLine {
    /// Reads commands.
    ///
    /// # Errors
    /// The text is none, or needs a shell.
    pub fn parse(text: &str) -> Result<Self, CommandError> {
        if text.len() > LONGEST {
            return Err(CommandError::TooLong);
        }
        let parts = Parser { rest: text }.line()?;
        Ok(Self {
            text: text.to_owned(),
            parts,
        })
    }

    /// Makes a command of words, in which variables and `{args}` are replaced, and nothing is divided.
    ///
    /// # Errors
    /// There is no word, or a variable has no end.
    pub fn from_words(words: &[String]) -> Result<Self, CommandError> {
        let parsed = words.iter().map(|word| {
            if word.len() > LONGEST {
                return Err(CommandError::TooLong);
            }
            // Alone, the placeholder stands for as many words as there are.
            if let Some((default, "")) = placeholder(word) {
                let quoted = false;
                return Ok(Word(vec![Piece::Arguments { default, quoted }]));
            }
            Parser { rest: word }.whole(0)
        });
        let words_read: Vec<Word> = parsed.collect::<Result<_, _>>()?;
        if words_read.is_empty() {
            return Err(CommandError::Empty);
        }
        Ok(Self {
            text: shown(words),
            parts: vec![Part {
                join: Join::And,
                vars: Vec::new(),
                words: words_read,
            }],
        })
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the commands.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Whether it says where arguments belong.
    #[must_use]
    pub fn has_placeholder(&self) -> bool {
        let has = |word: &Word| {
            let is = |piece: &Piece| matches!(piece, Piece::Arguments { .. });
            word.0.iter().any(is)
        };
        self.parts.iter().any(|part| {
            let vars = part.vars.iter().map(|(_, word)| word);
            part.words.iter().chain(vars).any(has)
        })
    }

    /// Returns its words if it is one command of plain words: then it may be the name of a task and arguments.
    #[must_use]
    pub fn plain_words(&self) -> Option<Vec<String>> {
        let [part] = self.parts.as_slice() else {
            return None;
        };
        if !part.vars.is_empty() {
            return None;
        }
        part.words.iter().map(Word::plain).collect()
    }

    /// Returns the first word if it is a plain one.
    #[must_use]
    pub fn first_word(&self) -> Option<String> {
        let part = self.parts.first().filter(|part| part.vars.is_empty());
        part?.words.first()?.plain()
    }
}

/// Replaces the variables in a text that is one value: that of a variable, or a path.
///
/// # Errors
/// A variable in it has no end.
pub fn replaced(text: &str, with: &Expansion<'_>) -> Result<String, CommandError> {
    if text.len() > LONGEST {
        return Err(CommandError::TooLong);
    }
    Ok(Parser { rest: text }.whole(0)?.text(with))
}

impl Word {
    fn plain(&self) -> Option<String> {
        let mut plain = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text { text, quoted } if *quoted || !text.contains(['*', '?', '[']) => {
                    plain.push_str(text);
                }
                _ => return None,
            }
        }
        Some(plain)
    }

    fn push(&mut self, c: char, quoted: bool) {
        match self.0.last_mut() {
            Some(Piece::Text {
                text,
                quoted: known,
            }) if *known == quoted => text.push(c),
            _ => self.0.push(Piece::Text {
                text: c.to_string(),
                quoted,
            }),
        }
    }

    /// Makes it a word even if nothing is in it.
    fn exists(&mut self) {
        self.0.push(Piece::Text {
            text: String::new(),
            quoted: true,
        });
    }
}

/// Words as a person would write them.
fn shown(words: &[String]) -> String {
    let quoted = words.iter().map(|word| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%{}$~".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

/// `{args}` or `{args:else}` at the start of a text; what stands for none, and the rest.
fn placeholder(text: &str) -> Option<(Option<String>, &str)> {
    let inside = text.strip_prefix("{args")?;
    if let Some(rest) = inside.strip_prefix('}') {
        return Some((None, rest));
    }
    let (default, rest) = inside.strip_prefix(':')?.split_once('}')?;
    Some((Some(default.to_owned()), rest))
}

fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.rest = &self.rest[c.len_utf8()..];
        Some(c)
    }

    fn take_if(&mut self, prefix: &str) -> bool {
        match self.rest.strip_prefix(prefix) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn line(mut self) -> Result<Vec<Part>, CommandError> {
        let mut parts: Vec<Part> = Vec::new();
        let mut join = Join::And;
        // The sign that still wants a command.
        let mut wanting: Option<&'static str> = None;
        loop {
            let (vars, words) = self.command()?;
            let is_empty = vars.is_empty() && words.is_empty();
            if !is_empty {
                if words.is_empty() {
                    return Err(CommandError::NoCommand);
                }
                wanting = None;
                parts.push(Part { join, vars, words });
            }
            let sign = match self.peek() {
                None => break,
                Some('\n') => {
                    self.take();
                    if wanting.is_none() {
                        join = Join::And;
                    }
                    continue;
                }
                _ if self.take_if("&&") => ("&&", Join::And),
                _ if self.take_if("||") => ("||", Join::Or),
                Some(other) => return Err(CommandError::Shell(other.to_string())),
            };
            if is_empty {
                return Err(CommandError::Side(sign.0));
            }
            wanting = Some(sign.0);
            join = sign.1;
        }
        match wanting {
            Some(sign) => Err(CommandError::Side(sign)),
            None if parts.is_empty() => Err(CommandError::Empty),
            None => Ok(parts),
        }
    }

    /// Reads the words up to a sign that ends the command.
    #[expect(clippy::type_complexity, reason = "the two halves of a command")]
    fn command(&mut self) -> Result<(Vec<(String, Word)>, Vec<Word>), CommandError> {
        let (mut vars, mut words) = (Vec::new(), Vec::new());
        loop {
            while matches!(self.peek(), Some(' ' | '\t' | '\r')) || self.take_if("\\\n") {
                if matches!(self.peek(), Some(' ' | '\t' | '\r')) {
                    self.take();
                }
            }
            match self.peek() {
                None | Some('\n' | '&' | '|' | ';' | '<' | '>' | '(' | ')' | '`') => {
                    return Ok((vars, words));
                }
                Some('#') => {
                    let end = self.rest.find('\n').unwrap_or(self.rest.len());
                    self.rest = &self.rest[end..];
                }
                Some(_) if words.is_empty() => match self.assignment() {
                    Some(name) => vars.push((name, self.word()?)),
                    None => words.push(self.word()?),
                },
                Some(_) => words.push(self.word()?),
            }
        }
    }

    /// Takes `NAME=` if it stands here.
    fn assignment(&mut self) -> Option<String> {
        let end = self.rest.find(|c| !is_name(c))?;
        let (name, rest) = self.rest.split_at(end);
        if !name.starts_with(is_name_start) {
            return None;
        }
        self.rest = rest.strip_prefix('=')?;
        Some(name.to_owned())
    }

    fn word(&mut self) -> Result<Word, CommandError> {
        let mut word = Word::default();
        if self.peek() == Some('~') && !self.rest[1..].starts_with(is_name) {
            self.take();
            word.0.push(Piece::Home);
        }
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\n' | '\r' | '&' | '|' | ';' | '<' | '>' | '(' | ')' | '`' => break,
                '\'' => self.literal(&mut word)?,
                '"' => self.quoted(&mut word)?,
                '\\' => self.escape(&mut word),
                '$' => self.variable(&mut word, false, 0)?,
                '{' if self.arguments(&mut word, false) => {}
                _ => {
                    self.take();
                    word.push(c, false);
                }
            }
        }
        Ok(word)
    }

    /// Reads everything as if it stood in double quotes.
    fn whole(&mut self, depth: usize) -> Result<Word, CommandError> {
        let mut word = Word::default();
        word.exists();
        while let Some(c) = self.peek() {
            match c {
                '$' => self.variable(&mut word, true, depth)?,
                '{' if self.arguments(&mut word, true) => {}
                _ => {
                    self.take();
                    word.push(c, true);
                }
            }
        }
        Ok(word)
    }

    fn literal(&mut self, word: &mut Word) -> Result<(), CommandError> {
        self.take();
        let Some((inside, rest)) = self.rest.split_once('\'') else {
            return Err(CommandError::Quote('\''));
        };
        word.exists();
        inside.chars().for_each(|c| word.push(c, true));
        self.rest = rest;
        Ok(())
    }

    fn quoted(&mut self, word: &mut Word) -> Result<(), CommandError> {
        self.take();
        word.exists();
        loop {
            match self.peek() {
                None => return Err(CommandError::Quote('"')),
                Some('"') => {
                    self.take();
                    return Ok(());
                }
                Some('\\') => {
                    self.take();
                    match self.peek() {
                        Some('\n') => {
                            self.take();
                        }
                        Some(c @ ('"' | '\\' | '$' | '`')) => {
                            self.take();
                            word.push(c, true);
                        }
                        _ => word.push('\\', true),
                    }
                }
                Some('$') => self.variable(word, true, 0)?,
                Some('{') if self.arguments(word, true) => {}
                Some(c) => {
                    self.take();
                    word.push(c, true);
                }
            }
        }
    }

    fn escape(&mut self, word: &mut Word) {
        self.take();
        match self.peek() {
            Some('\n') => {
                self.take();
            }
            Some(c) if " \t\"'\\$*?[]&|;<>()#`{}~!".contains(c) => {
                self.take();
                word.push(c, true);
            }
            _ => word.push('\\', true),
        }
    }

    fn arguments(&mut self, word: &mut Word, quoted: bool) -> bool {
        let Some((default, rest)) = placeholder(self.rest) else {
            return false;
        };
        self.rest = rest;
        word.0.push(Piece::Arguments { default, quoted });
        true
    }

    fn variable(
        &mut self,
        word: &mut Word,
        quoted: bool,
        depth: usize,
    ) -> Result<(), CommandError> {
        self.take();
        match self.peek() {
            Some('{') => {
                self.take();
                let inside = self.braced()?;
                word.0.push(of_braces(inside, quoted, depth)?);
            }
            Some(c) if is_name_start(c) => {
                let end = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
                let (name, rest) = self.rest.split_at(end);
                word.0.push(Piece::Variable {
                    name: name.to_owned(),
                    otherwise: None,
                    quoted,
                });
                self.rest = rest;
            }
            Some('$') => {
                self.take();
                word.push('$', true);
            }
            Some(c @ ('(' | '@' | '*' | '?' | '!')) => {
                return Err(CommandError::Shell(format!("${c}")));
            }
            _ => word.push('$', quoted),
        }
        Ok(())
    }

    /// Takes what stands before the `}` that belongs to a `${`.
    fn braced(&mut self) -> Result<&str, CommandError> {
        let mut depth = 0_usize;
        for (at, c) in self.rest.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => {
                    let (inside, rest) = self.rest.split_at(at);
                    self.rest = &rest[1..];
                    return Ok(inside);
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
        Err(CommandError::Variable)
    }
}

/// What `${…}` means.
fn of_braces(inside: &str, quoted: bool, depth: usize) -> Result<Piece, CommandError> {
    if depth >= MOST_DEPTH {
        return Err(CommandError::TooLong);
    }
    let end = inside.find(|c| !is_name(c)).unwrap_or(inside.len());
    let (name, rest) = inside.split_at(end);
    if !name.starts_with(is_name_start) {
        return Err(CommandError::Variable);
    }
    let word = |text: &str| Parser { rest: text }.whole(depth + 1);
    let otherwise = if rest.is_empty() {
        None
    } else if let Some(text) = rest.strip_prefix(":-") {
        Some(Otherwise::Default(word(text)?))
    } else if let Some(text) = rest.strip_prefix(":+") {
        Some(Otherwise::Instead(word(text)?))
    } else {
        return Err(CommandError::Shell(format!("${{{inside}}}")));
    };
    Ok(Piece::Variable {
        name: name.to_owned(),
        otherwise,
        quoted,
    })
}
