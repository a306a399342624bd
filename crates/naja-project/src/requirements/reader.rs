//! Reading requirements files with all they include.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_spec::{Digest, GroupName, Requirement, SafeUrl, ScriptMetadata, script_block};

use super::decode::decode_text;
use super::entry::{Base, LineOrigin, RequirementEntry, RequirementItem, parse_item};
use super::error::{ErrorPlace, RequirementsError, RequirementsErrorKind};
use super::file_options::{FileOptions, Noted};
use super::lines::{LogicalLine, logical_lines, shown};
use super::manifest::{Manifest, ManifestChoice, ManifestItem, ManifestResult};
use super::option::{FileOption, GivenOption, read_options};
use super::words::split_words;
use crate::files::{Files, SourceName, join_lexically};
use crate::settings::{Location, scheme_of};
use crate::variables::Variables;

/// How deep files may include each other.
const DEEPEST: usize = 64;

/// Everything that some requirements files say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequirementsFile {
    /// What is required, in the order of the files.
    pub requirements: Vec<RequirementEntry>,
    /// What bounds requirements without being one; all have names.
    pub constraints: Vec<RequirementEntry>,
    /// The options that are about the whole command.
    pub options: FileOptions,
}

impl RequirementsFile {
    /// Says whether every file that is installed must have a hash: by `--require-hashes`, or
    /// because one requirement has one.
    pub fn hash_checking(&self) -> bool {
        self.options.require_hashes.is_some()
            || self
                .requirements
                .iter()
                .any(|entry| !entry.hashes.is_empty())
    }
}

/// Whether a file's lines are requirements or constraints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Role {
    Requirements,
    Constraints,
}

/// Reads requirements files one after the other into one [`RequirementsFile`].
pub struct RequirementsReader<'a> {
    files: &'a dyn Files,
    variables: &'a Variables,
    cwd: &'a Path,
    choice: ManifestChoice,
    found: RequirementsFile,
    /// The files being read, outermost first, with the line that includes the next one.
    open: Vec<ErrorPlace>,
    /// What has been read, so that a file included from several places is read once.
    seen: HashSet<(SourceName, Role)>,
}

type Read<T> = Result<T, RequirementsError>;

impl<'a> RequirementsReader<'a> {
    /// Makes a reader. `cwd` is the (absolute) directory relative arguments start from; `variables`
    /// are those that `${NAME}` may name.
    pub fn new(files: &'a dyn Files, variables: &'a Variables, cwd: &'a Path) -> Self {
        Self {
            files,
            variables,
            cwd,
            choice: ManifestChoice::default(),
            found: RequirementsFile::default(),
            open: Vec::new(),
            seen: HashSet::new(),
        }
    }

    /// Chooses the optional dependencies taken from a `pyproject.toml`.
    #[must_use]
    pub fn with_choice(mut self, choice: ManifestChoice) -> Self {
        self.choice = choice;
        self
    }

    /// Returns what was read.
    pub fn finish(self) -> RequirementsFile {
        self.found
    }

    /// Reads what `-r` names: a requirements file, `-` for standard input, an address, a
    /// `pyproject.toml`, or a script (PEP 723).
    ///
    /// # Errors
    /// A text that cannot be read, or breaks the grammar; see [`RequirementsErrorKind`].
    pub fn read_requirements(&mut self, argument: &str) -> Read<()> {
        let source = self.source_of(argument, None)?;
        self.read(source, Role::Requirements)
    }

    /// Reads what `-c` names.
    ///
    /// # Errors
    /// As [`Self::read_requirements`]; and constraints with extras, without names, or editable.
    pub fn read_constraints(&mut self, argument: &str) -> Read<()> {
        let source = self.source_of(argument, None)?;
        self.read(source, Role::Constraints)
    }

    /// Adds a requirement from the command line; with `editable`, the value of `-e`.
    ///
    /// # Errors
    /// A text that is no requirement.
    pub fn add_argument(&mut self, text: &str, editable: bool) -> Read<()> {
        let item =
            super::entry::parse_argument(text, self.cwd, self.files).map_err(|(at, kind)| {
                let column = text
                    .get(..at)
                    .map_or(0, |before| before.chars().count() + 1);
                let place = ErrorPlace {
                    source: SourceName::Arguments,
                    line: 0,
                    column: if editable {
                        0
                    } else {
                        u32::try_from(column).unwrap_or(0)
                    },
                };
                RequirementsError {
                    place,
                    kind: Box::new(kind),
                    included_from: Vec::new(),
                    unset_variable: None,
                }
            })?;
        let text = naja_spec::mask_urls(text).into_owned();
        let origin = LineOrigin {
            source: SourceName::Arguments,
            line: 0,
            text: text.into(),
        };
        self.found.requirements.push(entry(item, editable, origin));
        Ok(())
    }

    /// Reads a dependency group: `NAME`, from the `pyproject.toml` of the working directory, or
    /// `PATH:NAME` (PEP 735).
    ///
    /// # Errors
    /// A manifest that is missing or broken, a group that is missing or includes itself.
    pub fn read_group(&mut self, argument: &str) -> Read<()> {
        let (path, name) = argument
            .rsplit_once(':')
            .unwrap_or(("pyproject.toml", argument));
        let path = join_lexically(self.cwd, Path::new(path));
        let source = SourceName::path(&path);
        let name = GroupName::parse(name)
            .map_err(|_| self.whole(&source, RequirementsErrorKind::NoGroup(name.to_owned())))?;
        let text = self.text_of(&source)?;
        let items = Manifest::parse(&text).and_then(|manifest| manifest.group(&name));
        self.add_manifest(&source, items)
    }

    fn error(
        &self,
        source: &SourceName,
        (line, column): (u32, u32),
        kind: RequirementsErrorKind,
    ) -> RequirementsError {
        RequirementsError {
            place: ErrorPlace {
                source: source.clone(),
                line,
                column,
            },
            kind: Box::new(kind),
            included_from: self.open.iter().rev().cloned().collect(),
            unset_variable: None,
        }
    }

    fn whole(&self, source: &SourceName, kind: RequirementsErrorKind) -> RequirementsError {
        self.error(source, (0, 0), kind)
    }

    /// Finds out what an argument, or the value of an option in `within`, names.
    fn source_of(&self, argument: &str, within: Option<&SourceName>) -> Read<SourceName> {
        let argument = argument.trim();
        if argument == "-" && within.is_none_or(|source| !matches!(source, SourceName::Url(_))) {
            return Ok(SourceName::Stdin);
        }
        let asked_in = within.cloned().unwrap_or(SourceName::Arguments);
        let bad = |error| self.whole(&asked_in, RequirementsErrorKind::Url(error));
        let url = match (scheme_of(argument), within) {
            (Some(scheme), _) if argument[scheme.len()..].starts_with("://") => {
                Some(SafeUrl::parse(argument).map_err(bad)?)
            }
            (Some(scheme), _) if scheme.eq_ignore_ascii_case("file") => {
                Some(SafeUrl::parse(argument).map_err(bad)?)
            }
            (_, Some(SourceName::Url(base))) => Some(base.join(argument).map_err(bad)?),
            _ => None,
        };
        match url {
            Some(url) => match url.to_file_path() {
                Some(_) if matches!(within, Some(SourceName::Url(_))) => {
                    Err(self.whole(&asked_in, RequirementsErrorKind::LocalFromRemote))
                }
                Some(path) => Ok(SourceName::path(path)),
                None => Ok(SourceName::Url(url)),
            },
            None => {
                let base = match within {
                    Some(SourceName::Path(path)) => path.parent().unwrap_or(self.cwd),
                    _ => self.cwd,
                };
                Ok(SourceName::path(join_lexically(base, Path::new(argument))))
            }
        }
    }

    fn text_of(&self, source: &SourceName) -> Read<String> {
        let file_error = |error| self.whole(source, RequirementsErrorKind::File(error));
        let bytes: Arc<[u8]> = match source {
            SourceName::Path(path) => self
                .files
                .read(path)
                .map_err(file_error)?
                .ok_or_else(|| self.whole(source, RequirementsErrorKind::Missing))?,
            SourceName::Url(url) => self.files.fetch(url).map_err(file_error)?,
            _ => self.files.read_stdin().map_err(file_error)?,
        };
        let text = decode_text(&bytes).map_err(|kind| self.whole(source, kind))?;
        Ok(text.into_owned())
    }

    fn read(&mut self, source: SourceName, role: Role) -> Read<()> {
        if let Some(at) = self.open.iter().position(|place| place.source == source) {
            let chain: Vec<String> = self.open[at..]
                .iter()
                .map(|place| place.source.to_string())
                .collect();
            let kind = RequirementsErrorKind::Cycle(chain.join(" → "));
            return Err(self.whole(&source, kind));
        }
        if self.open.len() >= DEEPEST {
            return Err(self.whole(&source, RequirementsErrorKind::TooDeep(DEEPEST)));
        }
        if !self.seen.insert((source.clone(), role)) {
            if source == SourceName::Stdin {
                return Err(self.whole(&source, RequirementsErrorKind::StdinTwice));
            }
            return Ok(());
        }
        if let SourceName::Path(path) = &source {
            if let Some(reader) = self.special(path)? {
                let text = self.text_of(&source)?;
                return reader(self, &source, &text);
            }
        }
        let text = self.text_of(&source)?;
        for line in logical_lines(&text, self.variables) {
            self.line(&source, role, &line).map_err(|mut error| {
                error.unset_variable = error.unset_variable.or_else(|| line.unset.clone());
                error
            })?;
        }
        Ok(())
    }

    /// Chooses a reader for files that are not in pip's format.
    fn special(&self, path: &Path) -> Read<Option<Special<'a>>> {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let unsupported = |what, hint| {
            let kind = RequirementsErrorKind::Unsupported { what, hint };
            Err(self.whole(&SourceName::path(path), kind))
        };
        match name {
            "pyproject.toml" => Ok(Some(Self::manifest)),
            "setup.py" | "setup.cfg" => unsupported(
                "a setup.py or setup.cfg",
                ": it would have to be built, which this version does not do",
            ),
            _ if name == "pylock.toml"
                || (name.starts_with("pylock.") && name.ends_with(".toml")) =>
            {
                unsupported("a lock file", " by this version")
            }
            _ if Path::new(name)
                .extension()
                .is_some_and(|ending| ending == "py") =>
            {
                Ok(Some(Self::script))
            }
            _ => Ok(None),
        }
    }

    fn manifest(&mut self, source: &SourceName, text: &str) -> Read<()> {
        let items = Manifest::parse(text).and_then(|manifest| manifest.dependencies(&self.choice));
        self.add_manifest(source, items)
    }

    fn add_manifest(
        &mut self,
        source: &SourceName,
        items: ManifestResult<Vec<ManifestItem>>,
    ) -> Read<()> {
        let items =
            items.map_err(|(line, column, kind)| self.error(source, (line, column), kind))?;
        for ManifestItem {
            text,
            requirement,
            line,
        } in items
        {
            self.add_named(source, requirement, (line, &text));
        }
        Ok(())
    }

    fn script(&mut self, source: &SourceName, text: &str) -> Read<()> {
        let broken = |error| self.whole(source, RequirementsErrorKind::Script(error));
        let block = script_block(text)
            .map_err(broken)?
            .ok_or_else(|| self.whole(source, RequirementsErrorKind::NoScriptBlock))?;
        let metadata = ScriptMetadata::parse(&block).map_err(broken)?;
        for requirement in metadata.dependencies {
            let text = requirement.to_string();
            self.add_named(source, requirement, (1, &text));
        }
        Ok(())
    }

    fn add_named(
        &mut self,
        source: &SourceName,
        requirement: Requirement,
        (line, text): (u32, &str),
    ) {
        let text = naja_spec::mask_urls(text).into_owned();
        let origin = LineOrigin {
            source: source.clone(),
            line,
            text: text.into(),
        };
        self.found
            .requirements
            .push(entry(RequirementItem::Named(requirement), false, origin));
    }

    fn line(&mut self, source: &SourceName, role: Role, line: &LogicalLine) -> Read<()> {
        let located = |reader: &Self, (at, kind): (usize, RequirementsErrorKind)| {
            reader.error(source, line.locate(at), kind)
        };
        let start = option_start(&line.text);
        let words =
            split_words(&line.text[start..], start).map_err(|error| located(self, error))?;
        let options = read_options(&words, &line.text).map_err(|error| located(self, error))?;
        let text = line.text[..start].trim_end();
        let origin = LineOrigin {
            source: source.clone(),
            line: line.first_line(),
            text: shown(line).into_owned().into(),
        };
        let current = Line {
            source,
            role,
            line,
            origin,
        };
        let mut target = if text.is_empty() {
            None
        } else {
            let item = self.item(&current, text, 0)?;
            Some(entry(item, false, current.origin.clone()))
        };
        let after_requirement = target.is_some();
        for option in options {
            match option.option {
                FileOption::Editable if !after_requirement => {
                    self.add(&current, target.take())?;
                    let item = self.item(&current, &option.value, option.value_start)?;
                    target = Some(entry(item, true, current.origin.clone()));
                }
                kind if kind.belongs_to_requirement() => {
                    let Some(target) = &mut target else {
                        let kind = RequirementsErrorKind::OptionWithoutRequirement(kind.name());
                        return Err(located(self, (option.start, kind)));
                    };
                    requirement_option(target, &option)
                        .map_err(|kind| located(self, (option.value_start, kind)))?;
                }
                kind if after_requirement => {
                    let kind = RequirementsErrorKind::OptionAfterRequirement(kind.name());
                    return Err(located(self, (option.start, kind)));
                }
                _ => self.file_option(&current, &option)?,
            }
        }
        self.add(&current, target)
    }

    fn item(&self, line: &Line<'_>, text: &str, start: usize) -> Read<RequirementItem> {
        let dir;
        let dirs: [&Path; 2];
        let base = match line.source {
            SourceName::Url(url) => Base::Url(url),
            SourceName::Path(path) => {
                dir = path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
                // pip starts from the working directory; people write them from the file.
                dirs = [self.cwd, &dir];
                Base::Dirs {
                    files: self.files,
                    dirs: &dirs,
                }
            }
            _ => Base::Dirs {
                files: self.files,
                dirs: &[self.cwd],
            },
        };
        parse_item(text, base)
            .map_err(|(at, kind)| self.error(line.source, line.line.locate(start + at), kind))
    }

    fn add(&mut self, line: &Line<'_>, entry: Option<RequirementEntry>) -> Read<()> {
        let Some(entry) = entry else { return Ok(()) };
        if line.role == Role::Requirements {
            self.found.requirements.push(entry);
            return Ok(());
        }
        let wrong = match &entry.item {
            _ if entry.editable => Some(RequirementsErrorKind::ConstraintEditable),
            RequirementItem::Unnamed(_) => Some(RequirementsErrorKind::ConstraintUnnamed),
            RequirementItem::Named(named) if !named.extras.is_empty() => {
                Some(RequirementsErrorKind::ConstraintExtras)
            }
            RequirementItem::Named(_) => None,
        };
        match wrong {
            Some(kind) => Err(self.error(line.source, line.line.locate(0), kind)),
            None => {
                self.found.constraints.push(entry);
                Ok(())
            }
        }
    }

    fn include(&mut self, line: &Line<'_>, option: &GivenOption, role: Role) -> Read<()> {
        let (number, column) = line.line.locate(option.value_start);
        let place = ErrorPlace {
            source: line.source.clone(),
            line: number,
            column,
        };
        let source = self
            .source_of(&option.value, Some(line.source))
            .map_err(|mut error| {
                error.place = place.clone();
                error
            })?;
        self.open.push(place);
        let result = self.read(source, role);
        self.open.pop();
        result
    }

    fn file_option(&mut self, line: &Line<'_>, given: &GivenOption) -> Read<()> {
        let value = given.value.as_str();
        let noted = Noted {
            value: true,
            origin: line.origin.clone(),
        };
        let options = &mut self.found.options;
        match given.option {
            FileOption::Requirement => return self.include(line, given, Role::Requirements),
            FileOption::Constraint => return self.include(line, given, Role::Constraints),
            FileOption::IndexUrl => {
                let url = self.location(line, given)?;
                self.found.options.index_url = Some(url);
            }
            FileOption::ExtraIndexUrl => {
                let url = self.location(line, given)?;
                self.found.options.extra_index_urls.push(url);
            }
            FileOption::FindLinks => {
                let place = self.location(line, given)?;
                self.found.options.find_links.push(place);
            }
            FileOption::NoIndex => {
                options.no_index = Some(noted);
                options.index_url = None;
                options.extra_index_urls.clear();
            }
            FileOption::NoBinary | FileOption::OnlyBinary => {
                let control = &mut options.formats;
                let changed = if given.option == FileOption::NoBinary {
                    control.add_no_binary(value)
                } else {
                    control.add_only_binary(value)
                };
                changed.map_err(|_| {
                    self.bad_value(line, given, "package names, `:all:` or `:none:`")
                })?;
            }
            FileOption::PreferBinary => options.prefer_binary = true,
            FileOption::Pre => options.pre = Some(noted),
            FileOption::RequireHashes => options.require_hashes = Some(noted),
            FileOption::TrustedHost => {
                let value = value.to_owned();
                options.trusted_hosts.push(Noted {
                    value,
                    origin: line.origin.clone(),
                });
            }
            FileOption::UseFeature => options.features.push(value.to_owned()),
            FileOption::Editable
            | FileOption::Hash
            | FileOption::ConfigSettings
            | FileOption::GlobalOption => {}
        }
        Ok(())
    }

    fn bad_value(
        &self,
        line: &Line<'_>,
        given: &GivenOption,
        expected: &'static str,
    ) -> RequirementsError {
        let found = naja_spec::mask_urls(&given.value).into_owned();
        let kind = RequirementsErrorKind::BadValue {
            option: given.option.name(),
            expected,
            found,
        };
        self.error(line.source, line.line.locate(given.value_start), kind)
    }

    /// Reads the address or path of an index or of `--find-links`.
    fn location(&self, line: &Line<'_>, given: &GivenOption) -> Read<Noted<Location>> {
        let expected = "an http(s) address, a file address or a path";
        let bad = || self.bad_value(line, given, expected);
        let value = match line.source {
            SourceName::Url(base) => {
                let url = base.join(&given.value).map_err(|_| bad())?;
                if url.is_file() {
                    let kind = RequirementsErrorKind::LocalFromRemote;
                    return Err(self.error(line.source, line.line.locate(given.value_start), kind));
                }
                Location::Url(url)
            }
            SourceName::Path(path) => {
                let dir = path.parent().unwrap_or(self.cwd);
                match Location::parse(&given.value, dir).map_err(|_| bad())? {
                    Location::Path(beside) if dir != self.cwd && !self.files.exists(&beside) => {
                        let here = join_lexically(self.cwd, Path::new(&given.value));
                        Location::Path(if self.files.exists(&here) {
                            here
                        } else {
                            beside
                        })
                    }
                    found => found,
                }
            }
            _ => Location::parse(&given.value, self.cwd).map_err(|_| bad())?,
        };
        Ok(Noted {
            value,
            origin: line.origin.clone(),
        })
    }
}

type Special<'a> = fn(&mut RequirementsReader<'a>, &SourceName, &str) -> Read<()>;

/// The line being read and where it is.
struct Line<'l> {
    source: &'l SourceName,
    role: Role,
    line: &'l LogicalLine,
    origin: LineOrigin,
}

fn entry(item: RequirementItem, editable: bool, origin: LineOrigin) -> RequirementEntry {
    RequirementEntry {
        item,
        hashes: Vec::new(),
        editable,
        config_settings: Vec::new(),
        global_options: Vec::new(),
        origin,
    }
}

/// Finds the first word that starts with `-`; everything before it is the requirement.
fn option_start(text: &str) -> usize {
    let mut from = 0;
    let mut after_space = true;
    for (at, letter) in text.char_indices() {
        if after_space && letter == '-' {
            return at;
        }
        after_space = letter.is_whitespace();
        from = at + letter.len_utf8();
    }
    from
}

/// Takes an option that belongs to the requirement on its line.
fn requirement_option(
    target: &mut RequirementEntry,
    given: &GivenOption,
) -> Result<(), RequirementsErrorKind> {
    match given.option {
        FileOption::Hash => {
            let digest = Digest::parse(given.value.trim()).map_err(RequirementsErrorKind::Hash)?;
            if !digest.is_secure() {
                return Err(RequirementsErrorKind::WeakHash(digest.algorithm().as_str()));
            }
            if !target.hashes.contains(&digest) {
                target.hashes.push(digest);
            }
        }
        FileOption::ConfigSettings => {
            let Some((key, value)) = given.value.split_once('=') else {
                return Err(RequirementsErrorKind::BadValue {
                    option: given.option.name(),
                    expected: "KEY=VALUE",
                    found: given.value.clone(),
                });
            };
            target
                .config_settings
                .push((key.to_owned(), value.to_owned()));
        }
        _ => target.global_options.push(given.value.clone()),
    }
    Ok(())
}
