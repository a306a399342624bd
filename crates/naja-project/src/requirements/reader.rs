//! Reading requirements files with all they include.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use naja_spec::{GroupName, Requirement, SafeUrl, ScriptMetadata, script_block};

use super::decode::decode_text;
use super::entry::{
    Base, LineOrigin, LockText, ProjectDependencies, ProjectPlace, RequirementEntry,
    RequirementItem, parse_argument, parse_editable,
};
use super::error::{ErrorPlace, RequirementsError, RequirementsErrorKind};
use super::file_options::FileOptions;
use super::lines::logical_lines;
use super::manifest::{Manifest, ManifestChoice, ManifestItem, ManifestResult};
use crate::files::{Files, SourceName, join_lexically};
use crate::settings::scheme_of;
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
pub(super) enum Role {
    Requirements,
    Constraints,
}

/// Reads requirements files one after the other into one [`RequirementsFile`].
pub struct RequirementsReader<'a> {
    pub(super) files: &'a dyn Files,
    variables: &'a Variables,
    pub(super) cwd: &'a Path,
    choice: ManifestChoice,
    pub(super) found: RequirementsFile,
    /// The files being read, outermost first, with the line that includes the next one.
    pub(super) open: Vec<ErrorPlace>,
    /// What has been read, so that a file included from several places is read once.
    seen: HashSet<(SourceName, Role)>,
    stdin_read: bool,
}

pub(super) type Read<T> = Result<T, RequirementsError>;

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
            stdin_read: false,
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
    /// `pyproject.toml`, a `setup.py` or `setup.cfg` for its project's dependencies, a lock file
    /// (PEP 751), or a script (PEP 723).
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
        let base = Base::Dirs {
            files: self.files,
            dirs: &[self.cwd],
        };
        let read = if editable {
            parse_editable(text.trim(), base)
        } else {
            parse_argument(text, self.cwd, self.files)
        };
        let item = read.map_err(|(_, kind)| self.whole(&SourceName::Arguments, kind))?;
        let text = naja_spec::mask_urls(text).into_owned();
        let origin = LineOrigin {
            source: SourceName::Arguments,
            line: 0,
            text: text.into(),
            project: None,
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
        let items = Manifest::parse(&text)
            .and_then(|manifest| Ok((manifest.group(&name)?, manifest.name())));
        let items = items.map(|(items, project)| {
            let group = Some(name);
            (
                items,
                ProjectPlace {
                    name: project,
                    group,
                    extra: None,
                },
            )
        });
        self.add_manifest(&source, items)
    }

    pub(super) fn error(
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

    pub(super) fn whole(
        &self,
        source: &SourceName,
        kind: RequirementsErrorKind,
    ) -> RequirementsError {
        self.error(source, (0, 0), kind)
    }

    /// Finds out what an argument, or the value of an option in `within`, names.
    pub(super) fn source_of(
        &self,
        argument: &str,
        within: Option<&SourceName>,
    ) -> Read<SourceName> {
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
            // Also where this system has no such path.
            Some(url) if url.is_file() && matches!(within, Some(SourceName::Url(_))) => {
                Err(self.whole(&asked_in, RequirementsErrorKind::LocalFromRemote))
            }
            Some(url) => match url.to_file_path() {
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

    pub(super) fn read(&mut self, source: SourceName, role: Role) -> Read<()> {
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
        let again = !self.seen.insert((source.clone(), role));
        if source == SourceName::Stdin {
            if again || self.stdin_read {
                return Err(self.whole(&source, RequirementsErrorKind::StdinTwice));
            }
            self.stdin_read = true;
        } else if again {
            return Ok(());
        }
        if let SourceName::Path(path) = &source
            && let Some(reader) = self.special(path)?
        {
            let text = self.text_of(&source)?;
            return reader(self, &source, &text);
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
        match name {
            "pyproject.toml" => Ok(Some(Self::manifest)),
            "setup.py" | "setup.cfg" => Ok(Some(Self::built)),
            _ if name == "pylock.toml"
                || (name.starts_with("pylock.") && name.ends_with(".toml")) =>
            {
                Ok(Some(Self::lock))
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
        let manifest = match Manifest::parse(text) {
            Ok(manifest) => manifest,
            Err(error) => return self.add_manifest(source, Err(error)),
        };
        if manifest.needs_build(&self.choice) {
            return self.built(source, text);
        }
        let items = manifest.dependencies(&self.choice);
        let place = ProjectPlace {
            name: manifest.name(),
            group: None,
            extra: None,
        };
        self.add_manifest(source, items.map(|items| (items, place)))
    }

    /// Takes a project whose dependencies only a build tells.
    fn built(&mut self, source: &SourceName, _text: &str) -> Read<()> {
        let SourceName::Path(path) = source else {
            return Err(self.whole(source, RequirementsErrorKind::LocalFromRemote));
        };
        let item = RequirementItem::Dependencies(ProjectDependencies {
            file: Arc::clone(path),
            extras: self.choice.extras.clone(),
            all_extras: self.choice.all_extras,
        });
        self.add_whole(source, item);
        Ok(())
    }

    fn lock(&mut self, source: &SourceName, text: &str) -> Read<()> {
        let item = RequirementItem::Lock(LockText {
            source: source.clone(),
            text: text.into(),
        });
        self.add_whole(source, item);
        Ok(())
    }

    fn add_whole(&mut self, source: &SourceName, item: RequirementItem) {
        let origin = LineOrigin {
            source: source.clone(),
            line: 0,
            text: source.to_string().into(),
            project: None,
        };
        self.found.requirements.push(entry(item, false, origin));
    }

    fn add_manifest(
        &mut self,
        source: &SourceName,
        items: ManifestResult<(Vec<ManifestItem>, ProjectPlace)>,
    ) -> Read<()> {
        let (items, place) =
            items.map_err(|(line, column, kind)| self.error(source, (line, column), kind))?;
        for ManifestItem {
            text,
            requirement,
            line,
            extra,
        } in items
        {
            let place = ProjectPlace {
                extra,
                ..place.clone()
            };
            self.add_named(source, requirement, (line, &text), Some(&place));
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
            self.add_named(source, requirement, (1, &text), None);
        }
        Ok(())
    }

    fn add_named(
        &mut self,
        source: &SourceName,
        requirement: Requirement,
        (line, text): (u32, &str),
        project: Option<&ProjectPlace>,
    ) {
        let text = naja_spec::mask_urls(text).into_owned();
        let origin = LineOrigin {
            source: source.clone(),
            line,
            text: text.into(),
            project: project.cloned(),
        };
        self.found
            .requirements
            .push(entry(RequirementItem::Named(requirement), false, origin));
    }
}

type Special<'a> = fn(&mut RequirementsReader<'a>, &SourceName, &str) -> Read<()>;

pub(super) fn entry(item: RequirementItem, editable: bool, origin: LineOrigin) -> RequirementEntry {
    RequirementEntry {
        item,
        hashes: Vec::new(),
        editable,
        config_settings: Vec::new(),
        global_options: Vec::new(),
        origin,
    }
}
