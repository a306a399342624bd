//! A reader for plain TOML, the part of the language in which lock files are written: several times as fast as the
//! general reader, because it looks at each byte once and keeps nothing but the tree.
//!
//! It gives the tree that the general reader gives, or none at the first thing that is not plain: escapes, literal
//! texts and those of several lines, dotted keys, signs, fractions, local times, lists and tables in one line with
//! comments, tabs, carriage returns; tables that are named twice or in another order than from the outside in. A
//! property test and a fuzz target compare both readers.

use std::borrow::Cow;

use toml::value::Datetime;

use super::tree::{Branch, Tree};

/// Lists and tables within each other that are read.
const MAX_DEPTH: usize = 16;

/// Rows of a table among which a heading is looked for, one after the other.
const MAX_ROWS: usize = 500;

/// Reads a document; `None` if it is not plain.
pub(super) fn read(text: &str) -> Option<Branch<'_>> {
    let mut reader = Reader { text, at: 0 };
    let mut root = Open::default();
    let mut section = Vec::new();
    while reader.at < text.len() {
        match reader.peek()? {
            b'\n' => reader.at += 1,
            b'#' => reader.comment()?,
            b'[' => {
                let heading = reader.heading()?;
                root.begin(&heading)?;
                section = heading.path;
            }
            _ => {
                let row = reader.row(0)?;
                reader.spaces();
                reader.line_end()?;
                root.at(&section)?.rows.push((row.0, Part::Value(row.1)));
            }
        }
    }
    root.close()
}

/// Whether a document is plain.
#[cfg(test)]
pub(crate) fn is_plain(text: &str) -> bool {
    read(text).is_some()
}

/// A line that begins a table: `[path]`, or `[[path]]` for one of a list.
struct Heading<'t> {
    path: Vec<Cow<'t, str>>,
    is_item: bool,
}

/// A table that headings make, while it grows.
#[derive(Default)]
struct Open<'t> {
    rows: Vec<(Cow<'t, str>, Part<'t>)>,
}

/// What stands in a table that headings make.
enum Part<'t> {
    Value(Tree<'t>),
    Table(Open<'t>),
    /// Tables of a list; never empty.
    Items(Vec<Open<'t>>),
}

impl<'t> Open<'t> {
    /// The part of a key. What is asked for was mostly written last.
    fn find(&mut self, key: &str) -> Option<&mut Part<'t>> {
        let mut rows = self.rows.iter_mut().rev();
        let found = rows.find(|(known, _)| known == key);
        found.map(|(_, part)| part)
    }

    /// The table at a path: of each list the last one.
    fn at(&mut self, path: &[Cow<'t, str>]) -> Option<&mut Self> {
        let Some((first, rest)) = path.split_first() else {
            return Some(self);
        };
        match self.find(first)? {
            Part::Value(_) => None,
            Part::Table(table) => table.at(rest),
            Part::Items(items) => items.last_mut()?.at(rest),
        }
    }

    /// Makes the table of a heading, and those above it that are not there yet.
    fn begin(&mut self, heading: &Heading<'t>) -> Option<()> {
        let (last, above) = heading.path.split_last()?;
        let mut table = self;
        for key in above {
            if table.rows.len() > MAX_ROWS {
                return None;
            }
            if table.find(key).is_none() {
                table.rows.push((key.clone(), Part::Table(Self::default())));
            }
            table = table.at(std::slice::from_ref(key))?;
        }
        if table.rows.len() > MAX_ROWS {
            return None;
        }
        match (table.find(last), heading.is_item) {
            (None, false) => table
                .rows
                .push((last.clone(), Part::Table(Self::default()))),
            (None, true) => {
                let items = Part::Items(vec![Self::default()]);
                table.rows.push((last.clone(), items));
            }
            (Some(Part::Items(items)), true) => items.push(Self::default()),
            (Some(_), _) => return None,
        }
        Some(())
    }

    fn close(self) -> Option<Branch<'t>> {
        let rows = self.rows.into_iter().map(|(key, part)| {
            let value = match part {
                Part::Value(value) => value,
                Part::Table(table) => Tree::Table(table.close()?),
                Part::Items(items) => {
                    let items = items.into_iter().map(|item| item.close().map(Tree::Table));
                    Tree::List(items.collect::<Option<_>>()?)
                }
            };
            Some((key, value))
        });
        Branch::of(rows.collect::<Option<_>>()?)
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Takes the bytes that fit, to which all or none of those outside of ASCII have to belong.
    fn while_is(&mut self, fits: impl Fn(u8) -> bool) -> &'t str {
        let rest = &self.text[self.at..];
        let len = rest.bytes().position(|byte| !fits(byte));
        let (taken, _) = rest.split_at(len.unwrap_or(rest.len()));
        self.at += taken.len();
        taken
    }

    fn spaces(&mut self) {
        self.while_is(|byte| byte == b' ');
    }

    fn blanks(&mut self) {
        self.while_is(|byte| matches!(byte, b' ' | b'\n'));
    }

    fn line_end(&mut self) -> Option<()> {
        match self.peek() {
            None => Some(()),
            Some(_) => self.expect(b'\n'),
        }
    }

    fn comment(&mut self) -> Option<()> {
        self.while_is(is_printed);
        self.line_end()
    }

    fn heading(&mut self) -> Option<Heading<'t>> {
        self.expect(b'[')?;
        let is_item = self.expect(b'[').is_some();
        let mut path = vec![self.key()?];
        while self.expect(b'.').is_some() {
            path.push(self.key()?);
        }
        self.expect(b']')?;
        if is_item {
            self.expect(b']')?;
        }
        self.spaces();
        self.line_end()?;
        Some(Heading { path, is_item })
    }

    /// A key and its value.
    fn row(&mut self, depth: usize) -> Option<(Cow<'t, str>, Tree<'t>)> {
        let key = self.key()?;
        self.spaces();
        self.expect(b'=')?;
        self.spaces();
        Some((key, self.value(depth)?))
    }

    fn key(&mut self) -> Option<Cow<'t, str>> {
        if self.peek()? == b'"' {
            return self.quoted();
        }
        let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let key = self.while_is(is_bare);
        (!key.is_empty()).then_some(Cow::Borrowed(key))
    }

    fn quoted(&mut self) -> Option<Cow<'t, str>> {
        self.expect(b'"')?;
        let text = self.while_is(|byte| is_printed(byte) && !matches!(byte, b'"' | b'\\'));
        self.expect(b'"')?;
        Some(Cow::Borrowed(text))
    }

    fn value(&mut self, depth: usize) -> Option<Tree<'t>> {
        if depth > MAX_DEPTH {
            return None;
        }
        Some(match self.peek()? {
            b'"' => Tree::Text(self.quoted()?),
            b'{' => Tree::Table(self.table(depth)?),
            b'[' => Tree::List(self.list(depth)?),
            b'0'..=b'9' => self.number()?,
            _ => match self.while_is(|byte| byte.is_ascii_lowercase()) {
                "true" => Tree::Boolean(true),
                "false" => Tree::Boolean(false),
                _ => return None,
            },
        })
    }

    /// A table in one line.
    fn table(&mut self, depth: usize) -> Option<Branch<'t>> {
        self.expect(b'{')?;
        self.spaces();
        let mut rows = Vec::new();
        if self.expect(b'}').is_none() {
            rows.reserve(4);
            loop {
                rows.push(self.row(depth + 1)?);
                self.spaces();
                if self.expect(b',').is_none() {
                    break;
                }
                self.spaces();
            }
            self.expect(b'}')?;
        }
        Branch::of(rows)
    }

    /// A list, which may go over several lines.
    fn list(&mut self, depth: usize) -> Option<Vec<Tree<'t>>> {
        self.expect(b'[')?;
        let mut items = Vec::new();
        loop {
            self.blanks();
            if self.expect(b']').is_some() {
                return Some(items);
            }
            items.push(self.value(depth + 1)?);
            self.blanks();
            if self.expect(b',').is_none() {
                self.expect(b']')?;
                return Some(items);
            }
        }
    }

    /// A whole number without a sign, or an instant with its offset.
    fn number(&mut self) -> Option<Tree<'t>> {
        let is_of_instant = |byte: u8| byte.is_ascii_digit() || b"-:.TZ".contains(&byte);
        let text = self.while_is(is_of_instant);
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            let is_plain = text.len() == 1 || !text.starts_with('0');
            return is_plain.then_some(Tree::Integer(Cow::Borrowed(text), 10));
        }
        let is_instant = text.as_bytes().get(10) == Some(&b'T') && text.ends_with('Z');
        let instant = is_instant.then(|| text.parse::<Datetime>());
        Some(Tree::Datetime(instant?.ok()?))
    }
}

/// Whether a byte is neither a control character nor a part of one. Those outside of ASCII are parts of characters that
/// texts and comments may have.
fn is_printed(byte: u8) -> bool {
    byte >= b' ' && byte != 0x7f
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use toml::Table;

    use super::super::tree::read_any;
    use super::*;

    /// What the plain reader gives, compared with the general one where it gives something.
    fn read_both(text: &str) -> Option<Table> {
        let plain = read(text)?;
        let any = read_any(text);
        let any = any.unwrap_or_else(|error| panic!("{text:?} is not TOML: {error}"));
        assert_eq!(format!("{plain:?}"), format!("{any:?}"), "{text:?}");
        plain.into_owned()
    }

    #[test]
    fn reads_what_locks_are_written_in() {
        let text = "# made\nlock-version = \"1.0\"\nempty = []\none = [\"é\", 2]\n\n[[packages]]\n\
                    name = \"a\"\nwheels = [\n    { url = \"x\", size = 0, t = 2024-01-02T03:04:05.678Z, \
                    hashes = { sha256 = \"ab\" } },\n]\n\n[packages.tool.naja]\nrequires = [\n    \"b\",\n]\n\n\
                    [[packages]]\nname = \"b\"\nopen = {}\nno = false\n\n[packages.tool.naja]\nfork = \"\"\n\n\
                    [tool.naja]\nversion = 1\n\n[[tool.naja.members]]\n\"a b\" = true\n\n[tool.naja.members.x]\ny = [\n]";
        let table = read_both(text).expect("it is plain");
        assert_eq!(table["packages"].as_array().map(Vec::len), Some(2));
        assert_eq!(
            table["packages"][1]["tool"]["naja"]["fork"].as_str(),
            Some("")
        );
        assert_eq!(
            table["tool"]["naja"]["members"][0]["a b"].as_bool(),
            Some(true)
        );
    }

    #[test]
    fn leaves_the_rest_to_the_general_reader() {
        for text in [
            "a = 'b'",
            "a = \"\\n\"",
            "a = \"\"\"b\"\"\"",
            "a.b = 1",
            "a = 1\r\n",
            "a = 1 # one",
            "a = 01",
            "a = -1",
            "a = 1_0",
            "a = 1.5",
            "a = 0x1",
            "a = 2024-01-02",
            "a = 2024-13-02T00:00:00Z",
            "a = 2024-01-02T00:00:00+01:00",
            "a = 1\na = 2",
            "a = { b = 1, b = 2 }",
            "a = { b = 1, }",
            "a = 1 b = 2",
            "[a]\n[a]",
            "[a.b]\n[a]",
            "a = {}\n[a.b]",
            "a = []\n[[a]]",
            "[[a]]\n[a]",
            "[a]\n[[a]]",
            "[ a ]",
            "a = \"\u{7f}\"",
            "a = \"b",
            "a",
            "a =",
            "\u{feff}a = 1",
        ] {
            assert!(read(text).is_none(), "{text:?}");
        }
    }

    fn token() -> impl Strategy<Value = String> {
        let fixed = [
            "\n",
            "\n",
            " ",
            " = ",
            " = ",
            ", ",
            ",",
            "[",
            "]",
            "[[",
            "]]",
            "{ ",
            " }",
            "{}",
            "[]",
            ".",
            "#",
            "\"",
            "\\",
            "'",
            "\t",
            "\r\n",
            "true",
            "false",
            "0",
            "12",
            "1.5",
            "-3",
            "2024-01-02T03:04:05Z",
            "2024-01-02T03:04:05.6789Z",
            "2024-01-02 03:04:05Z",
            "a",
            "b",
            "c-d",
            "\"a\"",
            "\"é\"",
            "\"\"",
            "\"x y\"",
            "\n[a]\n",
            "\n[a.b]\n",
            "\n[[a]]\n",
            "\n[[a.b]]\n",
            "\na = 1\n",
            "\nb = { c = 2, a = \"x\" }\n",
        ];
        prop_oneof![
            9 => proptest::sample::select(fixed.to_vec()).prop_map(str::to_owned),
            1 => "\\PC{0,3}",
        ]
    }

    proptest! {
        #[test]
        fn both_readers_agree(tokens in proptest::collection::vec(token(), 0..30)) {
            read_both(&tokens.concat());
        }

        #[test]
        fn both_readers_agree_on_lines(lines in proptest::collection::vec(
            prop_oneof![
                "\\[?\\[[abc](\\.[abc]){0,2}\\]\\]?",
                "[abc] = (1|\"x\"|\\[1, 2\\]|\\{ a = 1, b = \\[\\] \\}|true|2024-01-02T03:04:05Z)",
            ],
            0..10,
        )) {
            read_both(&lines.join("\n"));
        }
    }
}
