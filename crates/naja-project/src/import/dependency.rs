//! One dependency as a table of Poetry, PDM or Pipenv has it.

use naja_spec::{Marker, MarkerSet, PackageName, Requirement};
use toml_edit::{InlineTable, Item as TomlItem, TableLike, Value};

use super::constraint::{bounds, python_marker};
use super::draft::{Draft, inline};
use super::sheet::{switch_of, text_of, texts};

/// Which keys count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Poetry,
    Pipenv,
}

/// Where something stands, for remarks.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    pub(super) file: &'a str,
    pub(super) line: u32,
}

/// A dependency that was understood.
pub(super) struct Understood {
    /// The requirement.
    pub(super) text: String,
    /// Where it comes from, with what it is limited to.
    pub(super) source: Option<InlineTable>,
    pub(super) optional: bool,
    /// Whether versions before a release count.
    pub(super) prereleases: bool,
}

/// The markers that a Pipfile has as keys of their own.
const MARKER_KEYS: &[&str] = &[
    "os_name",
    "sys_platform",
    "platform_machine",
    "platform_python_implementation",
    "platform_release",
    "platform_system",
    "platform_version",
    "python_version",
    "python_full_version",
    "implementation_name",
    "implementation_version",
];

/// Understands a dependency in all its forms: a constraint, a table, or a list of these.
pub(super) fn understand(
    draft: &mut Draft,
    (name, item): (&str, &TomlItem),
    spot: Spot<'_>,
    dialect: Dialect,
) -> Vec<Understood> {
    let mut reader = Reader {
        draft,
        name,
        spot,
        dialect,
        several: false,
    };
    if let Some(list) = item.as_array() {
        reader.several = list.len() > 1;
        let values = list.iter();
        return values
            .filter_map(|value| match value {
                Value::InlineTable(table) => reader.table(table),
                Value::String(text) => reader.plain(text.value()),
                _ => reader.odd(),
            })
            .collect();
    }
    if let Some(text) = item.as_str() {
        return reader.plain(text).into_iter().collect();
    }
    match item.as_table_like() {
        Some(table) => reader.table(table).into_iter().collect(),
        None => reader.odd().into_iter().collect(),
    }
}

struct Reader<'a> {
    draft: &'a mut Draft,
    name: &'a str,
    spot: Spot<'a>,
    dialect: Dialect,
    /// Whether it is one of several of the same package.
    several: bool,
}

impl Reader<'_> {
    fn remark(&mut self, message: String) {
        let text = format!("{}: {message}", self.name);
        self.draft.remark(self.spot.file, self.spot.line, text);
    }

    fn odd(&mut self) -> Option<Understood> {
        self.remark("it is neither a constraint nor a table".to_owned());
        None
    }

    fn plain(&mut self, constraint: &str) -> Option<Understood> {
        let specifiers = self.specifiers(constraint)?;
        self.checked(format!("{}{specifiers}", self.name), None)
    }

    fn specifiers(&mut self, constraint: &str) -> Option<String> {
        match bounds(constraint) {
            Ok(bounds) => {
                if bounds.wider {
                    self.remark(format!(
                        "`{constraint}` became `{}`, which allows more",
                        bounds.text
                    ));
                }
                Some(bounds.text)
            }
            Err(why) => {
                self.remark(format!("`{constraint}` is not understood: {why}"));
                None
            }
        }
    }

    fn table(&mut self, table: &dyn TableLike) -> Option<Understood> {
        let mut text = self.name.to_owned();
        let extras = table.get("extras").map(texts).unwrap_or_default();
        if !extras.is_empty() {
            text.push_str(&format!("[{}]", extras.join(",")));
        }
        let mut source = self.source(table);
        if let Some(version) = text_of(table, "version") {
            let specifiers = self.specifiers(version)?;
            // What has a place of its own has its version there.
            let is_direct = source
                .as_ref()
                .is_some_and(|source| !source.contains_key("index"));
            if !is_direct {
                text.push_str(&specifiers);
            }
        }
        let marker = self.marker(table);
        if let Some(marker) = &marker {
            text.push_str(&format!(" ; {marker}"));
        }
        if let (true, Some(source), Some(marker)) = (self.several, &mut source, &marker) {
            source.insert("marker", Value::from(marker.as_str()));
        }
        self.unknown(table);
        let optional = switch_of(table, "optional").unwrap_or(false);
        let prereleases = switch_of(table, "allow-prereleases").unwrap_or(false);
        let mut understood = self.checked(text, source)?;
        understood.optional = optional;
        understood.prereleases = prereleases;
        Some(understood)
    }

    /// Git, address, path or index.
    fn source(&mut self, table: &dyn TableLike) -> Option<InlineTable> {
        let text = |key: &str| text_of(table, key);
        if let Some(repository) = text("git") {
            let spot = (self.spot.file, self.spot.line);
            let address = self.draft.address(spot, &address_of(repository));
            let mut fields = vec![("git", address.as_str())];
            let reference = ["rev", "tag", "branch"]
                .into_iter()
                .find_map(|key| Some((key, text(key)?)))
                .or_else(|| Some(("rev", text("ref")?)));
            fields.extend(reference);
            fields.extend(text("subdirectory").map(|part| ("subdirectory", part)));
            if switch_of(table, "develop") == Some(true)
                || switch_of(table, "editable") == Some(true)
            {
                self.remark("a repository is not installed as an editable project: put it beside the project, and use a path".to_owned());
            }
            return Some(inline(fields));
        }
        if let Some(url) = text("url").or(text("file").filter(|file| file.contains("://"))) {
            let url = self.draft.address((self.spot.file, self.spot.line), url);
            let mut fields = vec![("url", url.as_str())];
            fields.extend(text("subdirectory").map(|part| ("subdirectory", part)));
            return Some(inline(fields));
        }
        if let Some(path) = text("path").or(text("file")) {
            let mut source = inline([("path", path)]);
            let develop = switch_of(table, "develop").or(switch_of(table, "editable"));
            if develop == Some(true) {
                source.insert("editable", Value::from(true));
            }
            return Some(source);
        }
        let index = text("source").or(text("index"))?;
        // PyPI is where everything comes from that says nothing else.
        (!index.eq_ignore_ascii_case("pypi")).then(|| inline([("index", index)]))
    }

    /// All conditions together.
    fn marker(&mut self, table: &dyn TableLike) -> Option<String> {
        let mut parts: Vec<String> = Vec::new();
        if let (Dialect::Poetry, Some(python)) = (self.dialect, text_of(table, "python")) {
            match python_marker(python) {
                Ok(marker) => parts.extend(marker),
                Err(why) => self.remark(format!("`python = \"{python}\"`: {why}")),
            }
        }
        if let (Dialect::Poetry, Some(platform)) = (self.dialect, text_of(table, "platform")) {
            parts.extend(platforms(platform));
        }
        if self.dialect == Dialect::Pipenv {
            for key in MARKER_KEYS {
                parts.extend(text_of(table, key).map(|rest| format!("{key} {rest}")));
            }
        }
        parts.extend(text_of(table, "markers").map(str::to_owned));
        let mut whole: Option<Marker> = None;
        for part in &parts {
            match Marker::parse(part) {
                Ok(marker) => {
                    whole = Some(match whole {
                        Some(whole) => whole.and(&marker),
                        None => marker,
                    });
                }
                Err(error) => {
                    self.remark(format!("the marker `{part}` is not understood: {error}"));
                }
            }
        }
        let whole = whole?;
        if MarkerSet::from_marker(&whole).is_all() {
            return None;
        }
        Some(whole.lockstyle().to_string())
    }

    fn unknown(&mut self, table: &dyn TableLike) {
        const KNOWN: &[&str] = &[
            "version",
            "extras",
            "git",
            "rev",
            "tag",
            "branch",
            "ref",
            "subdirectory",
            "url",
            "file",
            "path",
            "develop",
            "editable",
            "source",
            "index",
            "python",
            "platform",
            "markers",
            "optional",
            "allow-prereleases",
        ];
        let odd: Vec<String> = table
            .iter()
            .map(|(key, _)| key.to_owned())
            .filter(|key| !KNOWN.contains(&key.as_str()) && !MARKER_KEYS.contains(&key.as_str()))
            .collect();
        for key in odd {
            self.remark(format!("`{key}` has no counterpart"));
        }
    }

    /// The requirement, if it is one.
    fn checked(&mut self, text: String, source: Option<InlineTable>) -> Option<Understood> {
        if let Err(error) = Requirement::parse(&text) {
            self.remark(format!("`{text}` is no requirement: {error}"));
            return None;
        }
        Some(Understood {
            text,
            source,
            optional: false,
            prereleases: false,
        })
    }
}

/// `platform = "darwin"`, with `!=` and `||`.
fn platforms(text: &str) -> Option<String> {
    let ways: Vec<String> = text
        .split("||")
        .map(str::trim)
        .filter(|way| !way.is_empty() && *way != "*")
        .map(|way| {
            let (operator, name) = match way.strip_prefix("!=") {
                Some(rest) => ("!=", rest.trim()),
                None => ("==", way.trim_start_matches('=').trim()),
            };
            // `windows` is how people say it.
            let name = if name == "windows" { "win32" } else { name };
            format!("sys_platform {operator} '{name}'")
        })
        .collect();
    match ways.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(format!("({})", many.join(" or "))),
    }
}

/// The short form of an address for ssh becomes an address.
pub(super) fn address_of(repository: &str) -> String {
    let plain = repository.strip_prefix("git+").unwrap_or(repository);
    match plain.split_once(':') {
        Some((host, path)) if !plain.contains("://") && host.contains('@') => {
            format!("ssh://{host}/{path}")
        }
        _ => plain.to_owned(),
    }
}

/// The name a source is kept under.
pub(super) fn package(name: &str) -> Option<PackageName> {
    PackageName::parse(name).ok()
}
