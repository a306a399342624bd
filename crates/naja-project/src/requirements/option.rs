//! The options of requirements files, and reading them off a line.

use super::error::RequirementsErrorKind;
use super::words::Word;
use crate::nearest::nearest;

/// An option that a requirements file may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileOption {
    Requirement,
    Constraint,
    Editable,
    IndexUrl,
    ExtraIndexUrl,
    NoIndex,
    FindLinks,
    NoBinary,
    OnlyBinary,
    PreferBinary,
    Pre,
    RequireHashes,
    TrustedHost,
    UseFeature,
    Hash,
    ConfigSettings,
    GlobalOption,
}

use FileOption::{
    ConfigSettings, Constraint, Editable, ExtraIndexUrl, FindLinks, GlobalOption, Hash, IndexUrl,
    NoBinary, NoIndex, OnlyBinary, Pre, PreferBinary, RequireHashes, Requirement, TrustedHost,
    UseFeature,
};

/// Long names; the first of an option is its name in messages.
const LONG: &[(&str, FileOption)] = &[
    ("--requirement", Requirement),
    ("--constraint", Constraint),
    ("--editable", Editable),
    ("--index-url", IndexUrl),
    ("--pypi-url", IndexUrl),
    ("--extra-index-url", ExtraIndexUrl),
    ("--no-index", NoIndex),
    ("--find-links", FindLinks),
    ("--no-binary", NoBinary),
    ("--only-binary", OnlyBinary),
    ("--prefer-binary", PreferBinary),
    ("--pre", Pre),
    ("--require-hashes", RequireHashes),
    ("--trusted-host", TrustedHost),
    ("--use-feature", UseFeature),
    ("--hash", Hash),
    ("--config-settings", ConfigSettings),
    ("--config-setting", ConfigSettings),
    ("--global-option", GlobalOption),
];

const SHORT: &[(&str, FileOption)] = &[
    ("-r", Requirement),
    ("-c", Constraint),
    ("-e", Editable),
    ("-i", IndexUrl),
    ("-f", FindLinks),
    ("-C", ConfigSettings),
];

impl FileOption {
    /// Returns the name for messages.
    pub(crate) fn name(self) -> &'static str {
        LONG.iter()
            .find(|(_, option)| *option == self)
            .map_or("", |(name, _)| name)
    }

    /// Says what the value is; a switch has none.
    fn value(self) -> Option<&'static str> {
        match self {
            Requirement | Constraint => Some("a file or address"),
            Editable => Some("a directory or address"),
            IndexUrl | ExtraIndexUrl => Some("the address of an index"),
            FindLinks => Some("a directory or address"),
            NoBinary | OnlyBinary => Some("package names, `:all:` or `:none:`"),
            TrustedHost => Some("a host"),
            UseFeature => Some("the name of a feature"),
            Hash => Some("ALGORITHM:HEX"),
            ConfigSettings => Some("KEY=VALUE"),
            GlobalOption => Some("an option"),
            NoIndex | PreferBinary | Pre | RequireHashes => None,
        }
    }

    /// Says whether the option belongs to the requirement before it.
    pub(crate) fn belongs_to_requirement(self) -> bool {
        matches!(self, Hash | ConfigSettings | GlobalOption)
    }
}

/// An option with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GivenOption {
    pub(crate) option: FileOption,
    /// The value; empty for a switch.
    pub(crate) value: String,
    /// The byte of the line where the value starts.
    pub(crate) value_start: usize,
    /// The byte of the line where the option starts.
    pub(crate) start: usize,
}

type Found<T> = Result<T, (usize, RequirementsErrorKind)>;

/// Reads the options of a line. `line` is the whole logical line the words were split from.
pub(crate) fn read_options(words: &[Word], line: &str) -> Found<Vec<GivenOption>> {
    let mut given = Vec::new();
    let mut next = 0;
    while let Some(word) = words.get(next) {
        next += 1;
        if !word.text.starts_with('-') || word.text == "-" {
            let found = word.text.clone();
            return Err((word.start, RequirementsErrorKind::UnexpectedWord(found)));
        }
        let (option, attached) = identify(word)?;
        let Some(expected) = option.value() else {
            if attached.is_some() {
                return Err((word.start, RequirementsErrorKind::ExtraValue(option.name())));
            }
            let (value, value_start) = (String::new(), word.end);
            given.push(GivenOption {
                option,
                value,
                value_start,
                start: word.start,
            });
            continue;
        };
        let missing = || RequirementsErrorKind::MissingValue {
            option: option.name(),
            expected,
        };
        let (mut value, value_start) = match attached {
            Some(value) => (
                value.to_owned(),
                word.start + (word.text.len() - value.len()),
            ),
            None => {
                let word = words.get(next).ok_or_else(|| (word.end, missing()))?;
                next += 1;
                (word.text.clone(), word.start)
            }
        };
        if value.trim().is_empty() {
            return Err((value_start, missing()));
        }
        if option == Editable {
            // The rest up to the next option belongs to it: a path with spaces, a marker.
            let from = words[next - 1].end;
            let more = words[next..]
                .iter()
                .take_while(|word| !word.text.starts_with('-'))
                .count();
            next += more;
            value.push_str(line.get(from..words[next - 1].end).unwrap_or_default());
        }
        given.push(GivenOption {
            option,
            value,
            value_start,
            start: word.start,
        });
    }
    Ok(given)
}

/// Finds the option a word names, and the value that is attached to it.
fn identify(word: &Word) -> Found<(FileOption, Option<&str>)> {
    let text = word.text.as_str();
    if !text.starts_with("--") {
        let short = SHORT.iter().find(|(name, _)| text.starts_with(name));
        let (name, option) = short.ok_or_else(|| unknown(word, text))?;
        let attached = &text[name.len()..];
        let attached =
            (!attached.is_empty()).then(|| attached.strip_prefix('=').unwrap_or(attached));
        return Ok((*option, attached));
    }
    let (name, attached) = match text.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (text, None),
    };
    if let Some((_, option)) = LONG.iter().find(|(long, _)| *long == name) {
        return Ok((*option, attached));
    }
    let mut candidates = LONG
        .iter()
        .filter(|(long, _)| name.len() > 2 && long.starts_with(name));
    match (candidates.next(), candidates.next()) {
        (Some((_, option)), None) => Ok((*option, attached)),
        (Some((_, first)), Some((_, second))) if first == second => Ok((*first, attached)),
        (Some((first, _)), Some((second, _))) => {
            let candidates = format!("`{first}` or `{second}`");
            let found = name.to_owned();
            Err((
                word.start,
                RequirementsErrorKind::AmbiguousOption { found, candidates },
            ))
        }
        (None, _) => Err(unknown(word, name)),
    }
}

fn unknown(word: &Word, name: &str) -> (usize, RequirementsErrorKind) {
    let meant = nearest(name, LONG.iter().map(|(long, _)| *long))
        .and_then(|near| LONG.iter().find(|(long, _)| *long == near))
        .map(|(long, _)| *long);
    let found = name.chars().take(60).collect();
    (
        word.start,
        RequirementsErrorKind::UnknownOption { found, meant },
    )
}
