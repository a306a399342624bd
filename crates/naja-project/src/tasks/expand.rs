//! From a command as it is written to the words that a program gets.

use glob::Pattern;

use super::command::{Otherwise, Part, Piece, Word};

/// The longest word that replacing may produce, in bytes.
const LONGEST: usize = 1 << 20;

/// What variables and placeholders stand for.
pub struct Expansion<'a> {
    /// The value of a variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The files that a pattern stands for, sorted; none: the pattern stays as it is.
    pub files: &'a dyn Fn(&str) -> Vec<String>,
    /// What stands for `{args}`.
    pub arguments: &'a [String],
}

/// A command with everything replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expanded {
    /// Variables to set for it.
    pub vars: Vec<(String, String)>,
    /// The program and its arguments; empty if everything was.
    pub words: Vec<String>,
}

impl Part {
    /// Replaces variables, `{args}` and patterns.
    #[must_use]
    pub fn expand(&self, with: &Expansion<'_>) -> Expanded {
        let set = self.vars.iter();
        let vars = set.map(|(name, word)| (name.clone(), word.text(with)));
        let vars: Vec<(String, String)> = vars.collect();
        let words = self.words.iter().flat_map(|word| word.fields(with));
        Expanded {
            words: words.collect(),
            vars,
        }
    }
}

/// A word in the making.
#[derive(Default)]
struct Field {
    text: String,
    /// The same as a pattern.
    pattern: String,
    is_pattern: bool,
    /// Whether it is a word even if it is empty.
    exists: bool,
}

impl Field {
    fn push(&mut self, text: &str, quoted: bool) {
        if self.text.len() + text.len() > LONGEST {
            return;
        }
        self.text.push_str(text);
        self.exists |= quoted || !text.is_empty();
        if quoted {
            self.pattern.push_str(&Pattern::escape(text));
        } else {
            self.pattern.push_str(text);
            self.is_pattern |= text.contains(['*', '?', '[']);
        }
    }

    fn finish(self, with: &Expansion<'_>, to: &mut Vec<String>) {
        if self.is_pattern {
            let files = (with.files)(&self.pattern);
            if !files.is_empty() {
                to.extend(files);
                return;
            }
        }
        if self.exists {
            to.push(self.text);
        }
    }
}

impl Word {
    /// The words it becomes: none, one, or several.
    fn fields(&self, with: &Expansion<'_>) -> Vec<String> {
        let mut done = Vec::new();
        let mut field = Field::default();
        for piece in &self.0 {
            match piece {
                Piece::Text { text, quoted } => field.push(text, *quoted),
                Piece::Home => field.push(&home(with), true),
                Piece::Variable { quoted: false, .. } => {
                    divide(&piece.value(with), with, &mut field, &mut done);
                }
                Piece::Arguments {
                    default,
                    quoted: false,
                } => match with.arguments {
                    [] => divide(
                        default.as_deref().unwrap_or_default(),
                        with,
                        &mut field,
                        &mut done,
                    ),
                    arguments => {
                        for (at, argument) in arguments.iter().enumerate() {
                            if at > 0 {
                                std::mem::take(&mut field).finish(with, &mut done);
                            }
                            field.push(argument, true);
                        }
                    }
                },
                Piece::Variable { .. } | Piece::Arguments { .. } => {
                    field.push(&piece.value(with), true);
                }
            }
        }
        field.finish(with, &mut done);
        done
    }

    /// The one text it becomes.
    pub(super) fn text(&self, with: &Expansion<'_>) -> String {
        let mut whole = String::new();
        for piece in &self.0 {
            let value = piece.value(with);
            if whole.len() + value.len() <= LONGEST {
                whole.push_str(&value);
            }
        }
        whole
    }
}

impl Piece {
    fn value(&self, with: &Expansion<'_>) -> String {
        match self {
            Self::Text { text, .. } => text.clone(),
            Self::Home => home(with),
            Self::Variable {
                name, otherwise, ..
            } => {
                let value = (with.variable)(name).filter(|value| !value.is_empty());
                match (otherwise, value) {
                    (Some(Otherwise::Default(word)), None) => word.text(with),
                    (Some(Otherwise::Instead(word)), Some(_)) => word.text(with),
                    (Some(Otherwise::Instead(_)), None) => String::new(),
                    (_, value) => value.unwrap_or_default(),
                }
            }
            Self::Arguments { default, .. } => match with.arguments {
                [] => default.clone().unwrap_or_default(),
                arguments => arguments.join(" "),
            },
        }
    }
}

fn home(with: &Expansion<'_>) -> String {
    let named = ["HOME", "USERPROFILE"];
    let mut values = named.iter().filter_map(|name| (with.variable)(name));
    values
        .find(|value| !value.is_empty())
        .unwrap_or_else(|| "~".to_owned())
}

/// Adds a value that blanks divide.
fn divide(value: &str, with: &Expansion<'_>, field: &mut Field, done: &mut Vec<String>) {
    if value.starts_with(char::is_whitespace) {
        std::mem::take(field).finish(with, done);
    }
    for (at, part) in value.split_whitespace().enumerate() {
        if at > 0 {
            std::mem::take(field).finish(with, done);
        }
        field.push(part, false);
    }
    if value.ends_with(char::is_whitespace) && !value.trim().is_empty() {
        std::mem::take(field).finish(with, done);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::command::{CommandError, CommandLine, Join};
    use super::*;

    fn expanded(text: &str, arguments: &[&str]) -> Vec<Expanded> {
        let line = CommandLine::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        of(&line, arguments)
    }

    fn of(line: &CommandLine, arguments: &[&str]) -> Vec<Expanded> {
        let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
        let with = Expansion {
            variable: &|name| match name {
                "OWL" => Some("snow white".to_owned()),
                "ONE" => Some("1".to_owned()),
                "EMPTY" => Some(String::new()),
                "HOME" => Some("/home/h".to_owned()),
                _ => None,
            },
            files: &|pattern| match pattern {
                "*.py" => vec!["a.py".to_owned(), "b.py".to_owned()],
                _ => Vec::new(),
            },
            arguments: &arguments,
        };
        line.parts().iter().map(|part| part.expand(&with)).collect()
    }

    fn words(text: &str) -> Vec<String> {
        let mut all = expanded(text, &["x", "y z"]);
        assert_eq!(all.len(), 1, "{text}");
        all.remove(0).words
    }

    #[test]
    fn one_command() {
        for (text, expected) in [
            ("pytest -q", &["pytest", "-q"][..]),
            ("  a\t b ", &["a", "b"]),
            ("a 'b c' \"d e\" f\\ g", &["a", "b c", "d e", "f g"]),
            ("a '' \"\"", &["a", "", ""]),
            ("a'b'\"c\"d", &["abcd"]),
            ("a '$ONE' \"$ONE\" $ONE", &["a", "$ONE", "1", "1"]),
            ("a $OWL", &["a", "snow", "white"]),
            ("a \"$OWL\"", &["a", "snow white"]),
            ("a x$OWL/y", &["a", "xsnow", "white/y"]),
            ("a $EMPTY $NONE", &["a"]),
            ("a \"$NONE\"", &["a", ""]),
            ("a ${NONE:-b c} ${ONE:-b}", &["a", "b", "c", "1"]),
            ("a \"${NONE:-b c}\"", &["a", "b c"]),
            ("a ${NONE:-${ONE}x}", &["a", "1x"]),
            ("a ${ONE:+--flag} ${NONE:+--other}", &["a", "--flag"]),
            ("a {args}", &["a", "x", "y z"]),
            ("a p{args}q", &["a", "px", "y zq"]),
            ("a \"{args}\"", &["a", "x y z"]),
            ("a '{args}' {arg} {a,b}", &["a", "{args}", "{arg}", "{a,b}"]),
            (
                "a *.py '*.py' \\*.py *.txt",
                &["a", "a.py", "b.py", "*.py", "*.py", "*.txt"],
            ),
            ("a scripts\\run.exe", &["a", "scripts\\run.exe"]),
            ("a \"\\\"\\$\\n\"", &["a", "\"$\\n"]),
            ("a \\\n  b", &["a", "b"]),
            ("a # b", &["a"]),
            ("a b#c", &["a", "b#c"]),
            ("a ~ ~/x ~h x~", &["a", "/home/h", "/home/h/x", "~h", "x~"]),
            ("a $ 1$ $$ONE \"$$\"", &["a", "$", "1$", "$ONE", "$"]),
            (
                "python -c \"print('a; b')\"",
                &["python", "-c", "print('a; b')"],
            ),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
        assert_eq!(expanded("a {args:b c}", &[])[0].words, ["a", "b", "c"]);
        assert_eq!(expanded("a {args}", &[])[0].words, ["a"]);
    }

    #[test]
    fn commands_that_follow_each_other() {
        let text = "A=1 B=\"$OWL x\" a && b || c\n# note\n\nd &&\n e";
        let line = CommandLine::parse(text).unwrap();
        let joins: Vec<Join> = line.parts().iter().map(|part| part.join).collect();
        assert_eq!(
            joins,
            [Join::And, Join::And, Join::Or, Join::And, Join::And]
        );
        let all = of(&line, &[]);
        assert_eq!(all[0].vars[0], ("A".to_owned(), "1".to_owned()));
        assert_eq!(all[0].vars[1].1, "snow white x");
        assert_eq!(all[4].words, ["e"]);
        assert!(line.plain_words().is_none());
        let plain = CommandLine::parse("test 'a b' -x").unwrap();
        assert_eq!(plain.plain_words().unwrap(), ["test", "a b", "-x"]);
    }

    #[test]
    fn refusals() {
        let shell = |sign: &str| CommandError::Shell(sign.to_owned());
        for (text, error) in [
            ("", CommandError::Empty),
            (" # only a note", CommandError::Empty),
            ("a | b", shell("|")),
            ("a; b", shell(";")),
            ("a & b", shell("&")),
            ("a > b", shell(">")),
            ("(a)", shell("(")),
            ("a `b`", shell("`")),
            ("a $(b)", shell("$(")),
            ("a $@", shell("$@")),
            ("a ${B%c}", shell("${B%c}")),
            ("a 'b", CommandError::Quote('\'')),
            ("a \"b", CommandError::Quote('"')),
            ("a ${B", CommandError::Variable),
            ("a ${}", CommandError::Variable),
            ("A=1", CommandError::NoCommand),
            ("&& a", CommandError::Side("&&")),
            ("a ||", CommandError::Side("||")),
            ("a && && b", CommandError::Side("&&")),
        ] {
            assert_eq!(CommandLine::parse(text).unwrap_err(), error, "{text}");
        }
        let deep = format!("a {}x{}", "${A:-".repeat(20), "}".repeat(20));
        assert_eq!(CommandLine::parse(&deep), Err(CommandError::TooLong));
    }

    #[test]
    fn words_that_are_given_as_a_list() {
        let given = ["echo", "a b", "$OWL", "{args}", "-{args}", "x;y", "*.py"];
        let given: Vec<String> = given.iter().map(|&word| word.to_owned()).collect();
        let line = CommandLine::from_words(&given).unwrap();
        let found = of(&line, &["x", "y z"]).remove(0).words;
        let expected = [
            "echo",
            "a b",
            "snow white",
            "x",
            "y z",
            "-x y z",
            "x;y",
            "*.py",
        ];
        assert_eq!(found, expected);
        assert!(line.has_placeholder());
    }

    proptest! {
        #[test]
        fn single_quotes_keep_everything(words in prop::collection::vec("[^'\0]{0,12}", 1..5)) {
            let text: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
            let found = expanded(&format!("a {}", text.join(" ")), &[]).remove(0).words;
            prop_assert_eq!(&found[1..], &words[..]);
        }

        #[test]
        fn double_quotes_round_trip(word in "\\PC{0,20}") {
            let quoted = word.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
            // The placeholder is one in double quotes, too.
            prop_assume!(!word.contains("{args"));
            let found = expanded(&format!("a \"{quoted}\""), &[]).remove(0).words;
            prop_assert_eq!(&found[1], &word);
        }

        #[test]
        fn arguments_stay_whole(arguments in prop::collection::vec("\\PC{0,8}", 0..4)) {
            let given: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let found = expanded("a {args}", &given).remove(0).words;
            prop_assert_eq!(&found[1..], &arguments[..]);
        }

        #[test]
        fn never_panics(text in "[a='\"$`{}\\\\# \n:+&|;~*\\[args-]{0,40}") {
            if let Ok(line) = CommandLine::parse(&text) {
                let _ = of(&line, &["x"]);
                let _ = line.plain_words();
            }
        }
    }
}
