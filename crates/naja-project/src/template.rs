//! Templates of projects: text with `{{ name }}` in it.
//!
//! `{{ '{{' }}` stands for `{{` itself. There is nothing else: no conditions, no loops, no filters.

use std::borrow::Cow;

/// What stands for `{{` itself.
const BRACES: &str = "'{{'";

/// What the placeholders of a template stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateValues {
    /// `name`: the name of the project, as it was given.
    pub name: String,
    /// `module`: the name of its module.
    pub module: String,
    /// `version`: its version.
    pub version: String,
    /// `python`: the Python it is made for, such as `3.12`.
    pub python: String,
    /// `description`: what it does.
    pub description: String,
    /// `author`: the name of the author; empty if nobody knows it.
    pub author: String,
}

/// Why a template cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// There is no such placeholder.
    #[error("line {line}: `{{{{ {name} }}}}` is no placeholder")]
    Unknown {
        /// The line, from 1.
        line: usize,
        /// What stands between the braces.
        name: String,
    },
    /// Braces that are not closed on their line.
    #[error("line {line}: `{{{{` is not closed on its line")]
    Open {
        /// The line, from 1.
        line: usize,
    },
}

impl TemplateValues {
    /// The names of the placeholders.
    pub const NAMES: [&'static str; 6] = [
        "name",
        "module",
        "version",
        "python",
        "description",
        "author",
    ];

    fn value(&self, name: &str) -> Option<&str> {
        Some(match name {
            "name" => &self.name,
            "module" => &self.module,
            "version" => &self.version,
            "python" => &self.python,
            "description" => &self.description,
            "author" => &self.author,
            BRACES => "{{",
            _ => return None,
        })
    }

    /// Puts the values into a text. What was put in is not looked at again.
    ///
    /// # Errors
    /// There are braces with something else in them, or that are not closed on their line.
    pub fn render<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, TemplateError> {
        let mut rest = text;
        let mut out = String::new();
        while let Some((before, behind)) = rest.split_once("{{") {
            let line = || {
                let read = text.len().saturating_sub(behind.len());
                1 + text
                    .bytes()
                    .take(read)
                    .filter(|byte| *byte == b'\n')
                    .count()
            };
            let of_line = behind.lines().next().unwrap_or_default();
            let Some((inside, _)) = of_line.split_once("}}") else {
                return Err(TemplateError::Open { line: line() });
            };
            let Some(value) = self.value(inside.trim()) else {
                return Err(TemplateError::Unknown {
                    line: line(),
                    name: inside.trim().to_owned(),
                });
            };
            out.push_str(before);
            out.push_str(value);
            rest = behind.split_once("}}").map_or("", |(_, rest)| rest);
        }
        if out.is_empty() && rest.len() == text.len() {
            return Ok(Cow::Borrowed(text));
        }
        out.push_str(rest);
        Ok(Cow::Owned(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> TemplateValues {
        TemplateValues {
            name: "Dark.Castle".to_owned(),
            module: "dark_castle".to_owned(),
            version: "0.1.0".to_owned(),
            python: "3.12".to_owned(),
            description: "{{ name }}".to_owned(),
            author: String::new(),
        }
    }

    #[test]
    fn placeholders_are_replaced() {
        for (text, expected) in [
            ("", ""),
            ("no braces }} {", "no braces }} {"),
            ("{{ name }} {{version}}", "Dark.Castle 0.1.0"),
            ("\u{e9}{{module}}\u{e9}\n", "\u{e9}dark_castle\u{e9}\n"),
            (">={{ python }}{{author}}", ">=3.12"),
            // What is put in is not looked at.
            ("{{ description }}", "{{ name }}"),
            ("${{ '{{' }} github.ref }}", "${{ github.ref }}"),
            ("{{author}}", ""),
        ] {
            assert_eq!(values().render(text).unwrap(), expected);
        }
    }

    #[test]
    fn mistakes_name_their_line() {
        for (text, expected) in [
            (
                "{{ name }}\n\n{{ nmae }}",
                "line 3: `{{ nmae }}` is no placeholder",
            ),
            ("a\r\n{{ name\n}}", "line 2: `{{` is not closed on its line"),
            ("{{", "line 1: `{{` is not closed on its line"),
            ("{{}}", "line 1: `{{  }}` is no placeholder"),
            ("{{{ name }}}", "line 1: `{{ { name }}` is no placeholder"),
        ] {
            let error = values().render(text).unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn each_name_has_a_value() {
        for name in TemplateValues::NAMES {
            assert!(values().value(name).is_some(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn text_without_braces_stays(text in "[^{]*") {
            let rendered = values().render(&text).unwrap();
            prop_assert_eq!(rendered.as_ref(), text.as_str());
        }

        #[test]
        fn escaped_braces_are_what_they_were(text in "[a{} \n\u{e9}]*") {
            let escaped = text.replace("{{", "{{ '{{' }}");
            prop_assert_eq!(values().render(&escaped).unwrap(), text);
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _either = values().render(&text);
        }
    }
}
