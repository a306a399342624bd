//! Reading the configuration files of naja, uv and pip.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::pip_conf::{IniEntry, parse_ini};
use super::places::Candidate;
use super::table::{KEYS, Lists};
use super::value::{Dialect, Mismatch, ValueContext};
use crate::files::{FileError, FileOwner};
use crate::line_starts::LineStarts;
use crate::nearest::nearest;
use crate::settings::{
    ConfigFiles, Interface, Layer, Origin, Partial, Place, ScriptTables, SettingsError,
    SettingsInput, SettingsWarning,
};

/// The values of one file layer.
pub(super) struct FileLayer {
    pub(super) layer: Layer,
    pub(super) own: Partial,
    pub(super) uv: Partial,
}

/// Reads files and collects warnings about them.
pub(super) struct Reader<'a> {
    pub(super) input: SettingsInput<'a>,
    pub(super) warnings: Vec<SettingsWarning>,
}

/// Whose table is read: unknown keys of our own are worth a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Naja,
    Uv,
}

/// Keys of naja's and uv's tables that no setting of this table holds, but something else reads.
const READ_ELSEWHERE: &[&str] = &[
    "audit",
    "build-backend",
    "cache-keys",
    "check-url",
    "cache-max-size",
    "default-groups",
    "dependency-groups",
    "dev-dependencies",
    "env",
    "managed",
    "package",
    "pip",
    "preview",
    "preview-features",
    "publish-url",
    "pypy-install-mirror",
    "python-downloads-json-url",
    "python-install-mirror",
    "required-version",
    "tasks",
    "trusted-publishing",
    "workspace",
    "extra",
    "all-extras",
    "no-extra",
    "group",
    "system-site-packages",
];

/// After this many warnings no more guesses are made at what a key was to be.
const MOST_GUESSES: usize = 50;

impl Reader<'_> {
    /// Reads the files of naja and uv, highest layer first.
    pub(super) fn file_layers(&mut self) -> Result<Vec<FileLayer>, SettingsError> {
        match self.input.config {
            ConfigFiles::None => return Ok(Vec::new()),
            ConfigFiles::Only(path) => {
                let text = self.text_of(path)?;
                let text = text.ok_or_else(|| SettingsError::Missing { path: path.clone() })?;
                let own = self.parse_file(path, &text, Owner::Naja, Layer::Project)?;
                return Ok(vec![FileLayer {
                    layer: Layer::Project,
                    own,
                    uv: Partial::default(),
                }]);
            }
            ConfigFiles::Discover => {}
        }
        let mut layers = vec![self.project_layer()?];
        let places = self.input.places;
        let user = |tool| places.user(tool).into_iter().collect::<Vec<_>>();
        layers.push(FileLayer {
            layer: Layer::User,
            own: self.first_of(user("naja"), Owner::Naja, Layer::User)?,
            uv: self.first_of(user("uv"), Owner::Uv, Layer::User)?,
        });
        layers.push(FileLayer {
            layer: Layer::System,
            own: self.first_of(places.system("naja"), Owner::Naja, Layer::System)?,
            uv: self.first_of(places.system("uv"), Owner::Uv, Layer::System)?,
        });
        Ok(layers)
    }

    /// Reads the tables of a script.
    pub(super) fn script_layer(
        &mut self,
        script: ScriptTables<'_>,
    ) -> Result<FileLayer, SettingsError> {
        let (own, uv) = self.tool_tables(script.path, script.toml)?;
        Ok(FileLayer {
            layer: Layer::Project,
            own: own.unwrap_or_default(),
            uv: uv.unwrap_or_default(),
        })
    }

    fn first_of(
        &mut self,
        paths: Vec<PathBuf>,
        owner: Owner,
        layer: Layer,
    ) -> Result<Partial, SettingsError> {
        for path in paths {
            if let Some(text) = self.readable_text(&path)? {
                return self.parse_file(&path, &text, owner, layer);
            }
        }
        Ok(Partial::default())
    }

    /// Goes upwards to the first directory with configuration of naja or uv.
    fn project_layer(&mut self) -> Result<FileLayer, SettingsError> {
        for dir in self.input.project.ancestors() {
            let naja = self.optional_file(&dir.join("naja.toml"), Owner::Naja)?;
            let uv = self.optional_file(&dir.join("uv.toml"), Owner::Uv)?;
            let manifest = dir.join("pyproject.toml");
            let (own_table, uv_table) = match self.project_text(&manifest)? {
                Some(text) => self.tool_tables(&manifest, &text)?,
                None => (None, None),
            };
            if naja.is_none() && uv.is_none() && own_table.is_none() && uv_table.is_none() {
                continue;
            }
            self.note_hidden(
                &manifest,
                (naja.is_some(), own_table.is_some()),
                Owner::Naja,
            );
            self.note_hidden(&manifest, (uv.is_some(), uv_table.is_some()), Owner::Uv);
            return Ok(FileLayer {
                layer: Layer::Project,
                own: naja.or(own_table).unwrap_or_default(),
                uv: uv.or(uv_table).unwrap_or_default(),
            });
        }
        Ok(FileLayer {
            layer: Layer::Project,
            own: Partial::default(),
            uv: Partial::default(),
        })
    }

    fn note_hidden(&mut self, manifest: &Path, (file, table): (bool, bool), owner: Owner) {
        if file && table {
            let (name, table) = match owner {
                Owner::Naja => ("naja.toml", "tool.naja"),
                Owner::Uv => ("uv.toml", "tool.uv"),
            };
            self.warnings.push(SettingsWarning::Hidden {
                manifest: manifest.to_owned(),
                file: manifest.with_file_name(name),
                table,
            });
        }
    }

    fn optional_file(
        &mut self,
        path: &Path,
        owner: Owner,
    ) -> Result<Option<Partial>, SettingsError> {
        let Some(text) = self.project_text(path)? else {
            return Ok(None);
        };
        self.parse_file(path, &text, owner, Layer::Project)
            .map(Some)
    }

    /// Reads a file of the project. What lies above a directory that nobody may look into is
    /// nobody's project; a file of the project itself must be readable, since ignoring it could
    /// send a package's name to the wrong index.
    ///
    /// Above the project, as in `/tmp`, another user may have put a file: it is passed over with a
    /// warning, unless the project is that user's as well.
    fn project_text(&mut self, path: &Path) -> Result<Option<String>, SettingsError> {
        let is_above = path.parent() != Some(self.input.project);
        let text = match self.text_of(path) {
            Err(error) if is_forbidden(&error) && is_above => return Ok(None),
            read => read?,
        };
        if text.is_none() || !is_above {
            return Ok(text);
        }
        let owner = self.input.files.owner(path);
        if owner == FileOwner::Trusted || owner == self.input.files.owner(self.input.project) {
            return Ok(text);
        }
        let is_manifest = path.ends_with("pyproject.toml");
        if !is_manifest || text.as_deref().is_some_and(mentions_tools) {
            let path = path.to_owned();
            self.warnings.push(SettingsWarning::Foreign { path });
        }
        Ok(None)
    }

    /// Reads a file of the user or the system. One that may not be read (as under `sudo -u`, where
    /// `HOME` is still another user's) is passed over with a warning.
    fn readable_text(&mut self, path: &Path) -> Result<Option<String>, SettingsError> {
        match self.text_of(path) {
            Err(error) if is_forbidden(&error) => {
                let path = path.to_owned();
                self.warnings.push(SettingsWarning::Forbidden { path });
                Ok(None)
            }
            read => read,
        }
    }

    fn text_of(&self, path: &Path) -> Result<Option<String>, SettingsError> {
        let Some(bytes) = self.input.files.read(path)? else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&bytes).map_err(|_| SettingsError::NotText {
            path: path.to_owned(),
        })?;
        Ok(Some(
            text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
        ))
    }

    fn parse_file(
        &mut self,
        path: &Path,
        text: &str,
        owner: Owner,
        layer: Layer,
    ) -> Result<Partial, SettingsError> {
        let table = parse_toml(path, text)?;
        self.read_table(
            &TableText {
                path,
                text,
                lines: &LineStarts::new(text),
                prefix: "",
                owner,
                layer,
            },
            table.get_ref(),
        )
    }

    /// Reads `[tool.naja]` and `[tool.uv]` of a manifest.
    fn tool_tables(
        &mut self,
        path: &Path,
        text: &str,
    ) -> Result<(Option<Partial>, Option<Partial>), SettingsError> {
        // Most manifests have neither: do not parse those.
        if !mentions_tools(text) {
            return Ok((None, None));
        }
        let table = parse_toml(path, text)?;
        let tool = table
            .get_ref()
            .get("tool")
            .and_then(|tool| tool.get_ref().as_table());
        let Some(tool) = tool else {
            return Ok((None, None));
        };
        let lines = LineStarts::new(text);
        let mut read = |name: &str, prefix: &'static str, owner: Owner| {
            let found = tool.get(name).and_then(|table| table.get_ref().as_table());
            let place = TableText {
                path,
                text,
                lines: &lines,
                prefix,
                owner,
                layer: Layer::Project,
            };
            found
                .map(|table| self.read_table(&place, table))
                .transpose()
        };
        Ok((
            read("naja", "tool.naja.", Owner::Naja)?,
            read("uv", "tool.uv.", Owner::Uv)?,
        ))
    }

    fn read_table(
        &mut self,
        place: &TableText<'_>,
        table: &DeTable<'_>,
    ) -> Result<Partial, SettingsError> {
        let own = self.read_keys(place, table)?;
        let inner = table
            .get("pip")
            .and_then(|inner| inner.get_ref().as_table());
        match inner {
            Some(inner) => {
                let prefix = format!("{}pip.", place.prefix);
                let place = TableText {
                    prefix: &prefix,
                    ..*place
                };
                let pip = self.read_keys(&place, inner)?;
                Ok(match self.input.interface {
                    Interface::Pip(_) => pip.over(own, Lists::Replace),
                    Interface::Project => own,
                })
            }
            None => Ok(own),
        }
    }

    fn read_keys(
        &mut self,
        place: &TableText<'_>,
        table: &DeTable<'_>,
    ) -> Result<Partial, SettingsError> {
        let base = place.path.parent().unwrap_or(Path::new(""));
        let mut partial = Partial::default();
        for (key, value) in table {
            let origin = place.origin(key);
            let cx = ValueContext {
                base,
                now_ms: self.input.now_ms,
                dialect: Dialect::Own,
                origin: &origin,
            };
            let known = set_key(&mut partial, key.get_ref(), value.get_ref(), cx)
                .map_err(|mismatch| place.value_error(mismatch, value, &origin))?;
            if !known && place.owner == Owner::Naja {
                self.note_unknown(key.get_ref(), &origin);
            }
        }
        partial.check_index_names()?;
        Ok(partial)
    }

    fn note_unknown(&mut self, key: &str, origin: &Origin) {
        if !READ_ELSEWHERE.contains(&key) {
            let known = KEYS.iter().chain(READ_ELSEWHERE).copied();
            // Who writes this many unknown keys has not slipped.
            let meant = if self.warnings.len() < MOST_GUESSES {
                nearest(key, known)
            } else {
                None
            };
            self.warnings.push(SettingsWarning::UnknownKey {
                origin: origin.clone(),
                meant,
            });
        }
    }

    /// Reads pip's configuration files, each with its layer, lowest first.
    pub(super) fn pip_layers(&mut self) -> Result<Vec<(Layer, Partial)>, SettingsError> {
        if *self.input.config != ConfigFiles::Discover {
            return Ok(Vec::new());
        }
        let mut layers: Vec<(Layer, Partial)> = Vec::new();
        for Candidate { layer, path } in self.input.places.pip() {
            let Some(text) = self.readable_text(&path)? else {
                continue;
            };
            let partial = self.pip_file(&path, &text, layer)?;
            match layers.last_mut() {
                Some((last, below)) if *last == layer => {
                    *below = partial.over(std::mem::take(below), Lists::Replace);
                }
                _ => layers.push((layer, partial)),
            }
        }
        Ok(layers)
    }

    fn pip_file(&self, path: &Path, text: &str, layer: Layer) -> Result<Partial, SettingsError> {
        let entries = parse_ini(text).map_err(|error| SettingsError::Syntax {
            path: path.to_owned(),
            line: error.line,
            column: 1,
            message: format!("expected {}", error.expected),
        })?;
        let mut partial = Partial::default();
        let shared: Arc<Path> = Arc::from(path);
        let command = match self.input.interface {
            Interface::Pip(command) => command,
            Interface::Project => "install",
        };
        for section in ["global", command] {
            for entry in entries.iter().filter(|entry| entry.section == section) {
                self.pip_entry(&mut partial, entry, (&shared, layer))?;
            }
        }
        Ok(partial)
    }

    fn pip_entry(
        &self,
        partial: &mut Partial,
        entry: &IniEntry,
        (path, layer): (&Arc<Path>, Layer),
    ) -> Result<(), SettingsError> {
        let place = Place::File {
            path: path.clone(),
            line: entry.line,
            key: format!("{}.{}", entry.section, entry.key).into(),
        };
        let origin = Origin { layer, place };
        let cx = ValueContext {
            base: self.input.cwd,
            now_ms: self.input.now_ms,
            dialect: Dialect::Pip,
            origin: &origin,
        };
        let key = if entry.key == "default-timeout" {
            "timeout"
        } else {
            entry.key.as_str()
        };
        if entry.value.is_empty() || !super::pip_conf::counts(key, self.input.interface) {
            return Ok(());
        }
        let read = partial.set_pip(key, &entry.value, cx);
        if let Err(Mismatch { expected, found }) = read {
            return Err(SettingsError::Value {
                origin: Box::new(origin),
                expected,
                found,
            });
        }
        if key == "proxy" {
            partial.https_proxy.clone_from(&partial.http_proxy);
        }
        Ok(())
    }
}

/// Whether a manifest can have a table of naja or uv.
fn mentions_tools(text: &str) -> bool {
    text.contains("tool") && (text.contains("naja") || text.contains("uv"))
}

fn is_forbidden(error: &SettingsError) -> bool {
    matches!(error, SettingsError::File(FileError::Unreadable { source, .. })
        if source.kind() == std::io::ErrorKind::PermissionDenied)
}

/// Reads a key, or one of the spellings it has had.
fn set_key(
    partial: &mut Partial,
    key: &str,
    value: &DeValue<'_>,
    cx: ValueContext<'_>,
) -> Result<bool, Mismatch> {
    match key {
        "native-tls" => partial.set_toml("system-certs", value, cx),
        "trusted-host" => partial.set_toml("allow-insecure-host", value, cx),
        // A workspace's list of names, or the switch of old files.
        "no-build-isolation" if value.as_bool().is_none() => Ok(true),
        _ => partial.set_toml(key, value, cx),
    }
}

/// A TOML table and the text it came from.
#[derive(Clone, Copy)]
struct TableText<'a> {
    path: &'a Path,
    text: &'a str,
    lines: &'a LineStarts,
    prefix: &'a str,
    owner: Owner,
    layer: Layer,
}

impl TableText<'_> {
    fn origin(&self, key: &Spanned<std::borrow::Cow<'_, str>>) -> Origin {
        let place = Place::File {
            path: Arc::from(self.path),
            line: self.lines.line(key.span().start),
            key: format!("{}{}", self.prefix, key.get_ref()).into(),
        };
        Origin {
            layer: self.layer,
            place,
        }
    }

    fn value_error(
        &self,
        mismatch: Mismatch,
        value: &Spanned<DeValue<'_>>,
        origin: &Origin,
    ) -> SettingsError {
        let mut origin = origin.clone();
        if let Place::File { line, .. } = &mut origin.place {
            *line = line_and_column(self.text, value.span().start).0;
        }
        let Mismatch { expected, found } = mismatch;
        SettingsError::Value {
            origin: Box::new(origin),
            expected,
            found,
        }
    }
}

fn parse_toml<'t>(path: &Path, text: &'t str) -> Result<Spanned<DeTable<'t>>, SettingsError> {
    DeTable::parse(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let (line, column) = line_and_column(text, start);
        SettingsError::Syntax {
            path: path.to_owned(),
            line,
            column,
            message: error.message().to_owned(),
        }
    })
}

/// Turns a byte offset into line and column, both from 1; the column counts characters.
pub(crate) fn line_and_column(text: &str, offset: usize) -> (u32, u32) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |at| at + 1);
    // Continuation bytes of UTF-8 are no characters of their own.
    let column = before[start..]
        .iter()
        .filter(|byte| (**byte & 0xC0) != 0x80)
        .count()
        + 1;
    (
        u32::try_from(line).unwrap_or(u32::MAX),
        u32::try_from(column).unwrap_or(u32::MAX),
    )
}

impl Partial {
    fn check_index_names(&self) -> Result<(), SettingsError> {
        let entries = self
            .index
            .as_ref()
            .map_or(&[][..], |set| set.value.as_slice());
        for (at, entry) in entries.iter().enumerate() {
            let Some(name) = &entry.name else { continue };
            if entries[..at]
                .iter()
                .any(|seen| seen.name.as_ref() == Some(name))
            {
                return Err(SettingsError::DuplicateIndex {
                    origin: Box::new(entry.origin.clone()),
                    name: name.clone(),
                });
            }
        }
        Ok(())
    }
}
