//! Reading one logical line: a requirement with its options, or options of the file.

use std::path::{Path, PathBuf};

use naja_spec::Digest;

use super::entry::{
    Base, LineOrigin, RequirementEntry, RequirementItem, parse_editable, parse_item,
};
use super::error::{ErrorPlace, RequirementsError, RequirementsErrorKind};
use super::file_options::Noted;
use super::lines::{LogicalLine, shown};
use super::option::{FileOption, GivenOption, read_options};
use super::reader::{Read, RequirementsReader, Role, entry};
use super::words::split_words;
use crate::files::SourceName;
use crate::settings::{GivenPath, Location};

/// The line being read and where it is.
struct Line<'l> {
    source: &'l SourceName,
    role: Role,
    line: &'l LogicalLine,
    origin: LineOrigin,
}

impl RequirementsReader<'_> {
    pub(super) fn line(&mut self, source: &SourceName, role: Role, line: &LogicalLine) -> Read<()> {
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
            project: None,
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
            let item = self.item(&current, (text, 0), false)?;
            Some(entry(item, false, current.origin.clone()))
        };
        let after_requirement = target.is_some();
        for option in options {
            match option.option {
                FileOption::Editable if !after_requirement => {
                    self.add(&current, target.take())?;
                    let item = self.item(&current, (&option.value, option.value_start), true)?;
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

    fn item(
        &self,
        line: &Line<'_>,
        (text, start): (&str, usize),
        editable: bool,
    ) -> Read<RequirementItem> {
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
        let read = if editable {
            parse_editable(text, base)
        } else {
            parse_item(text, base)
        };
        read.map_err(|(at, kind)| self.error(line.source, line.line.locate(start + at), kind))
    }

    fn add(&mut self, line: &Line<'_>, entry: Option<RequirementEntry>) -> Read<()> {
        let Some(entry) = entry else { return Ok(()) };
        if line.role == Role::Requirements {
            self.found.requirements.push(entry);
            return Ok(());
        }
        let wrong = match &entry.item {
            _ if entry.editable => Some(RequirementsErrorKind::ConstraintEditable),
            RequirementItem::Unnamed(_)
            | RequirementItem::Dependencies(_)
            | RequirementItem::Lock(_) => Some(RequirementsErrorKind::ConstraintUnnamed),
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
                        let here = GivenPath::new(&given.value, self.cwd);
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
