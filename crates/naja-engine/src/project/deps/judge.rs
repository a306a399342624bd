//! What is wrong, and what mends it.

use std::collections::{BTreeMap, BTreeSet};

use naja_project::imports::{Import, Need, is_standard, usual_name};
use naja_spec::PackageName;

use super::files::Sources;
use super::modules::Modules;
use super::{Dependency, DepsFault, DepsFinding, DepsRequest, Section};

/// Modules that only programs that check types know.
const OF_TYPES: &[&str] = &["_typeshed"];

/// Compares.
pub(super) struct Judge<'a> {
    /// The project.
    pub(super) own: &'a PackageName,
    /// Whether there is a `[project]`; without one there are only groups to declare anything in.
    pub(super) is_project: bool,
    /// Whether commands have to name the project.
    pub(super) elsewhere: bool,
    pub(super) declared: &'a [Dependency],
    pub(super) modules: &'a Modules,
    pub(super) request: &'a DepsRequest,
}

/// What a module stands for.
struct Meant {
    package: String,
    installed: bool,
}

impl Judge<'_> {
    pub(super) fn findings(&self, files: &Sources) -> Vec<DepsFinding> {
        let mut used: BTreeSet<PackageName> = BTreeSet::new();
        let mut wrong: BTreeMap<String, DepsFinding> = BTreeMap::new();
        for source in &files.sources {
            for import in &source.imports {
                let top = import.top();
                if is_standard(top) || OF_TYPES.contains(&top) || files.is_own(source, top) {
                    continue;
                }
                let declared = self.declared_for(&import.module);
                used.extend(declared.iter().map(|one| one.name.clone()));
                let is_main = source.is_main && self.is_project && import.need == Need::Always;
                let place = (source.path.as_str(), is_main);
                if let Some(finding) = self.of_import(import, &declared, place) {
                    let _first = wrong.entry(finding.package.clone()).or_insert(finding);
                }
            }
        }
        let mut findings: Vec<DepsFinding> = wrong.into_values().collect();
        findings.extend(self.unused(&used));
        findings.sort_by(|a, b| (a.kind, &a.package).cmp(&(b.kind, &b.package)));
        findings
    }

    /// The declared dependencies that a module may come from.
    fn declared_for(&self, module: &str) -> Vec<&Dependency> {
        let installed = self.modules.packages_with(module);
        let top = module.split('.').next().unwrap_or(module);
        let is_it = |one: &&Dependency| {
            if installed.contains(&&one.name) {
                return true;
            }
            // Of what is not installed only the name is known; a module that nothing has may have gone with a version.
            let is_unknown = installed.is_empty() || self.modules.package(&one.name).is_none();
            is_unknown && is_named(&one.name, (module, top))
        };
        self.declared.iter().filter(is_it).collect()
    }

    fn of_import(
        &self,
        import: &Import,
        declared: &[&Dependency],
        (file, is_main): (&str, bool),
    ) -> Option<DepsFinding> {
        let in_group = |one: &&&Dependency| matches!(one.section, Section::Group(_));
        let fits = match is_main {
            true => declared.iter().any(|one| !in_group(&one)),
            false => !declared.is_empty(),
        };
        if fits || import.need == Need::Optional {
            return None;
        }
        let misplaced = declared.first();
        let meant = match misplaced {
            Some(one) => Meant {
                package: one.name.to_string(),
                installed: self.modules.package(&one.name).is_some(),
            },
            None => self.meant(&import.module),
        };
        if self.is_ignored(&meant.package) || meant.package == self.own.as_str() {
            return None;
        }
        let section = misplaced.map(|one| &one.section);
        let to_dev = if is_main { "" } else { "--dev " };
        Some(DepsFinding {
            kind: match misplaced {
                Some(_) => DepsFault::Misplaced,
                None => DepsFault::Undeclared,
            },
            by: self.by(&meant),
            command: self.command(&format!("add {to_dev}{}", meant.package)),
            package: meant.package,
            installed: meant.installed,
            module: Some(import.module.clone()),
            file: file.to_owned(),
            cell: import.cell,
            line: import.line,
            section: section.map(Section::words),
            commands: Vec::new(),
        })
    }

    /// The package that is meant by a module that no declared one has.
    fn meant(&self, module: &str) -> Meant {
        if let Some(name) = self.modules.packages_with(module).first() {
            return Meant {
                package: name.to_string(),
                installed: true,
            };
        }
        let top = module.split('.').next().unwrap_or(module);
        let parts: Vec<&str> = module.split('.').take(3).collect();
        let likely = match self.modules.is_namespace(top) {
            true => parts.join("-"),
            false => top.to_owned(),
        };
        let package = usual_name(module).map_or(likely, str::to_owned);
        let package = PackageName::parse(&package).map_or(package, |name| name.to_string());
        Meant {
            package,
            installed: false,
        }
    }

    fn by(&self, meant: &Meant) -> Vec<String> {
        let Ok(name) = PackageName::parse(&meant.package) else {
            return Vec::new();
        };
        let declared = self.declared.iter().map(|one| one.name.clone()).collect();
        self.modules.needing(&declared, &name)
    }

    fn unused(&self, used: &BTreeSet<PackageName>) -> Vec<DepsFinding> {
        let mut told = BTreeSet::new();
        let wanted = self.declared.iter().filter(|one| {
            let counts = self.request.all || one.section == Section::Main;
            counts && !used.contains(&one.name) && !self.is_for_something_else(one)
        });
        wanted
            .filter(|one| told.insert((&one.name, one.section.words())))
            .map(|one| {
                let known = self.modules.package(&one.name);
                DepsFinding {
                    kind: DepsFault::Unused,
                    package: one.name.to_string(),
                    installed: known.is_some(),
                    module: None,
                    file: "pyproject.toml".to_owned(),
                    cell: None,
                    line: one.line,
                    by: Vec::new(),
                    section: Some(one.section.words()),
                    commands: known
                        .map(|known| known.commands.clone())
                        .unwrap_or_default(),
                    command: self.command(&format!("remove {}{}", one.section.flag(), one.name)),
                }
            })
            .collect()
    }

    /// Whether a dependency may well be there for something else than to be imported.
    fn is_for_something_else(&self, one: &Dependency) -> bool {
        let name = one.name.as_str();
        if self.is_ignored(name) || name.starts_with("types-") || name.ends_with("-stubs") {
            return true;
        }
        let Some(known) = self.modules.package(&one.name) else {
            // It may be for another system, where its modules can be seen.
            return one.has_marker;
        };
        let is_tool = matches!(one.section, Section::Group(_)) && !known.commands.is_empty();
        !known.has_modules || known.is_plugin || is_tool
    }

    fn is_ignored(&self, package: &str) -> bool {
        let ignored = self.request.ignore.iter();
        ignored.map(PackageName::as_str).any(|name| name == package)
    }

    fn command(&self, words: &str) -> String {
        match self.elsewhere {
            true => format!("naja {words} --package {}", self.own),
            false => format!("naja {words}"),
        }
    }
}

/// Whether a package that is not installed is likely to have a module.
fn is_named(name: &PackageName, (module, top): (&str, &str)) -> bool {
    let dashed = |text: &str| text.replace(['.', '_'], "-").to_lowercase();
    let name = name.as_str();
    let is_inside = dashed(module)
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
    dashed(top) == name || (name.contains('-') && is_inside) || usual_name(module) == Some(name)
}

impl Section {
    fn words(&self) -> String {
        match self {
            Self::Main => "dependencies".to_owned(),
            Self::Extra(name) => format!("extra {name}"),
            Self::Group(name) => format!("group {name}"),
        }
    }

    fn flag(&self) -> String {
        match self {
            Self::Main => String::new(),
            Self::Extra(name) => format!("--optional {name} "),
            Self::Group(name) => format!("--group {name} "),
        }
    }
}
