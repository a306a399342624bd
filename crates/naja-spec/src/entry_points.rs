//! `entry_points.txt` (the entry points specification).

use rustc_hash::FxHashSet;

/// Why an `entry_points.txt` cannot be used. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryPointsError {
    /// A line is neither a section, a comment nor `name = value`.
    #[error("line {line} of entry_points.txt is not `name = value`: `{text}`")]
    Line {
        /// The line.
        line: usize,
        /// Its text.
        text: String,
    },
    /// A line stands before the first section.
    #[error("line {0} of entry_points.txt stands before any section")]
    NoSection(usize),
    /// A script's value is not `module:attribute`.
    #[error("script `{name}` does not name a function: `{value}`")]
    Reference {
        /// The script.
        name: String,
        /// What it names.
        value: String,
    },
}

/// A script: the name of a command and the function it calls.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryPoint {
    /// Name of the command, with its case; whether it can be a file name is not checked.
    pub name: String,
    /// Module to import: identifiers between dots.
    pub module: String,
    /// Attribute to call: identifiers between dots.
    pub attr: String,
    /// Extras named in brackets, which are deprecated and must not be relied on.
    pub extras: Vec<String>,
}

/// An entry point of a group that is not a script group; its value may be anything.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OtherEntryPoint {
    /// The group, which is the section's name.
    pub group: String,
    /// The name.
    pub name: String,
    /// The value as written.
    pub value: String,
}

/// The contents of an `entry_points.txt`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryPoints {
    /// The group `console_scripts`.
    pub console: Vec<EntryPoint>,
    /// The group `gui_scripts`.
    pub gui: Vec<EntryPoint>,
    /// Every other group, in written order.
    pub others: Vec<OtherEntryPoint>,
}

impl EntryPoints {
    /// Reads the file as `importlib.metadata` does: `#` and `;` begin comment lines, names
    /// keep their case, `=` divides, a name given twice in a group counts where it came last.
    ///
    /// # Errors
    /// When a line has no form, or a script's value is not `module:attribute`.
    pub fn parse(text: &str) -> Result<Self, EntryPointsError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut points = Self::default();
        let mut group = None;
        for (i, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                group = Some(name.trim());
                continue;
            }
            let group = group.ok_or(EntryPointsError::NoSection(i + 1))?;
            let (name, value) = line
                .split_once('=')
                .map_or(("", ""), |(name, value)| (name.trim(), value.trim()));
            if name.is_empty() {
                return Err(EntryPointsError::Line {
                    line: i + 1,
                    text: line.to_owned(),
                });
            }
            points.push(group, name, value)?;
        }
        keep_last(&mut points.console);
        keep_last(&mut points.gui);
        Ok(points)
    }

    /// Reports whether there is no entry point at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.console.is_empty() && self.gui.is_empty() && self.others.is_empty()
    }

    fn push(&mut self, group: &str, name: &str, value: &str) -> Result<(), EntryPointsError> {
        let scripts = match group {
            "console_scripts" => &mut self.console,
            "gui_scripts" => &mut self.gui,
            _ => {
                self.others.push(OtherEntryPoint {
                    group: group.to_owned(),
                    name: name.to_owned(),
                    value: value.to_owned(),
                });
                return Ok(());
            }
        };
        scripts.push(EntryPoint::parse(name, value)?);
        Ok(())
    }
}

/// Keeps of each name the script that came last.
fn keep_last(scripts: &mut Vec<EntryPoint>) {
    let mut seen = FxHashSet::default();
    let last: Vec<bool> = scripts
        .iter()
        .rev()
        .map(|script| seen.insert(&script.name))
        .collect();
    let mut last = last.into_iter().rev();
    scripts.retain(|_| last.next().unwrap_or(true));
}

impl EntryPoint {
    /// Reads the value of a script, `module.sub:attr.sub [extra1, extra2]`.
    ///
    /// # Errors
    /// When module or attribute is absent or not made of identifiers between dots.
    pub fn parse(name: &str, value: &str) -> Result<Self, EntryPointsError> {
        let bad = || EntryPointsError::Reference {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let (reference, extras) = match value.split_once('[') {
            Some((reference, rest)) => {
                let inside = rest.trim_end().strip_suffix(']').ok_or_else(bad)?;
                (reference, inside)
            }
            None => (value, ""),
        };
        let (module, attr) = reference.split_once(':').ok_or_else(bad)?;
        let (module, attr) = (module.trim(), attr.trim());
        if !is_dotted_name(module) || !is_dotted_name(attr) {
            return Err(bad());
        }
        let extras = extras
            .split(',')
            .map(str::trim)
            .filter(|extra| !extra.is_empty());
        Ok(Self {
            name: name.to_owned(),
            module: module.to_owned(),
            attr: attr.to_owned(),
            extras: extras.map(str::to_owned).collect(),
        })
    }

    /// Returns the first part of the attribute, the name to import from the module.
    #[must_use]
    pub fn import_name(&self) -> &str {
        self.attr.split('.').next().unwrap_or(&self.attr)
    }
}

/// Checks identifiers between dots, so that nothing else can get into a generated script.
fn is_dotted_name(text: &str) -> bool {
    text.split('.').all(|part| {
        let mut chars = part.chars();
        chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
            && chars.all(|c| c == '_' || c.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(name: &str, module: &str, attr: &str, extras: &[&str]) -> EntryPoint {
        EntryPoint {
            name: name.into(),
            module: module.into(),
            attr: attr.into(),
            extras: extras.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn an_ordinary_file() {
        let text = "# comment\n; other\n[console_scripts]\nFoo = a.b:c.d [x, y]\nfoo=a:main\r\n\
            a=b=c:d\n\n[ gui_scripts ]\n  win =  m : f\n[pytest11]\nx = anything [goes\ny =\n";
        let error = EntryPoints::parse(text).unwrap_err();
        assert_eq!(
            error,
            EntryPointsError::Reference {
                name: "a".into(),
                value: "b=c:d".into()
            }
        );
        let points = EntryPoints::parse(&text.replace("a=b=c:d\n", "foo = b:main\n")).unwrap();
        assert_eq!(
            points.console,
            [
                script("Foo", "a.b", "c.d", &["x", "y"]),
                script("foo", "b", "main", &[])
            ]
        );
        assert_eq!(points.gui, [script("win", "m", "f", &[])]);
        assert_eq!(points.others.len(), 2);
        assert_eq!(points.others[0].value, "anything [goes");
        assert_eq!(points.console[0].import_name(), "c");
    }

    #[test]
    fn broken_files_are_refused() {
        for text in [
            "a = b:c\n",
            "[console_scripts]\nnothing\n",
            "[console_scripts]\n= a:b\n",
            "[console_scripts]\na = b\n",
            "[console_scripts]\na = b:\n",
            "[console_scripts]\na = :b\n",
            "[console_scripts]\na = b:c;import os\n",
            "[console_scripts]\na = b:c()\n",
            "[console_scripts]\na = b:c [x\n",
            "[console_scripts]\na = b..c:d\n",
            "[console_scripts]\na = 1b:d\n",
            "[console_scripts]\na = b c:d\n",
            "[console_scripts\na = b:d\n",
        ] {
            assert!(EntryPoints::parse(text).is_err(), "{text}");
        }
        assert!(EntryPoints::parse("").unwrap().is_empty());
        assert!(EntryPoints::parse("\u{feff}[a]\nx=y").is_ok());
    }
}
