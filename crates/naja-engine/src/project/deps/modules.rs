//! Which package has which modules.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use naja_env::{EnvState, InstalledDist};
use naja_spec::{EntryPoints, PackageName, SafeUrl};

use super::files;
use crate::diagnose;
use crate::failure::Failure;
use crate::session::Session;
use crate::status::site_dirs;

/// Namespaces are told apart this far down.
const MOST_PARTS: usize = 3;

/// Groups of entry points that do not say that a package is a plugin.
const NO_PLUGINS: &[&str] = &["pyinstaller40", "array_api", "numba_extensions"];

/// What is known of an installed package.
#[derive(Default)]
pub(super) struct Known {
    /// Whether it has modules that can be imported.
    pub(super) has_modules: bool,
    /// Whether others find it by its entry points.
    pub(super) is_plugin: bool,
    /// The programs it brings.
    pub(super) commands: Vec<String>,
    /// What it requires.
    requires: BTreeSet<PackageName>,
}

/// The modules of what is installed.
#[derive(Default)]
pub(super) struct Modules {
    packages: BTreeMap<PackageName, Known>,
    by_module: BTreeMap<String, BTreeSet<PackageName>>,
}

impl Modules {
    /// Reads what is installed below the root of an environment; gives whether there is one. Python is not asked.
    ///
    /// # Errors
    /// A directory cannot be listed.
    pub(super) fn read_environment(&mut self, root: &Path) -> Result<bool, Failure> {
        let dirs = site_dirs(root, None);
        let dirs: Vec<&Path> = dirs.iter().map(PathBuf::as_path).collect();
        let state = EnvState::scan_dirs(&dirs, []).map_err(|error| diagnose::scan(&error))?;
        for dist in state.visible() {
            self.add(dist);
        }
        Ok(!dirs.is_empty())
    }

    fn add(&mut self, dist: &InstalledDist) {
        let mut known = Known::default();
        let (mut paths, mut tops) = (Vec::new(), BTreeSet::new());
        if let Ok(record) = dist.read_record() {
            paths.extend(record.0.into_iter().map(|entry| entry.path));
        }
        if let Ok(text) = std::fs::read_to_string(dist.path().join("top_level.txt")) {
            tops.extend(
                text.lines()
                    .map(str::trim)
                    .filter(|top| is_name(top))
                    .map(str::to_owned),
            );
        }
        let mut commands: BTreeSet<String> =
            paths.iter().filter_map(|path| program(path)).collect();
        let mut modules = modules_of(&paths);
        if modules.is_empty() {
            modules = tops;
        }
        if dist.is_editable() {
            modules.extend(self::editable(dist));
        }
        known.has_modules = !modules.is_empty();
        for module in modules {
            let names = self.by_module.entry(module).or_default();
            let _new = names.insert(dist.name().clone());
        }
        if let Ok(metadata) = dist.read_metadata() {
            known.requires = metadata
                .requires_dist
                .into_iter()
                .map(|one| one.name)
                .collect();
        }
        let text = std::fs::read_to_string(dist.path().join("entry_points.txt"));
        if let Some(points) = text.ok().and_then(|text| EntryPoints::parse(&text).ok()) {
            let own = dist.name().as_str().replace('-', "_");
            known.is_plugin = points.others.iter().any(|one| is_plugin(&one.group, &own));
            let programs = points.console.into_iter().chain(points.gui);
            commands.extend(programs.map(|one| one.name));
        }
        known.commands = commands.into_iter().collect();
        self.packages.insert(dist.name().clone(), known);
    }

    /// Adds the modules of another project of the workspace.
    ///
    /// # Errors
    /// A directory cannot be read.
    pub(super) fn add_tree(
        &mut self,
        session: &Session,
        name: &PackageName,
        (dir, others): (&Path, &[PathBuf]),
    ) -> Result<(), Failure> {
        let known = self.packages.entry(name.clone()).or_default();
        let own = files::own_modules(session, dir, others)?;
        known.has_modules |= !own.is_empty();
        let is_usual =
            |module: &String| !matches!(module.as_str(), "tests" | "test" | "docs" | "src");
        for module in own.into_iter().filter(is_usual) {
            let _new = self
                .by_module
                .entry(module)
                .or_default()
                .insert(name.clone());
        }
        Ok(())
    }

    /// What is known of a package; nothing if it is not installed.
    pub(super) fn package(&self, name: &PackageName) -> Option<&Known> {
        self.packages.get(name)
    }

    /// The packages that have a module, or the nearest one around it.
    pub(super) fn packages_with(&self, module: &str) -> Vec<&PackageName> {
        let whole = module;
        let mut module = module;
        loop {
            if let Some(names) = self.by_module.get(module) {
                return names.iter().collect();
            }
            let Some((around, _)) = module.rsplit_once('.') else {
                break;
            };
            module = around;
        }
        let space = self.by_module.get(&format!("{whole}."));
        space.into_iter().flatten().collect()
    }

    /// Whether a module is spread over several packages.
    pub(super) fn is_namespace(&self, module: &str) -> bool {
        self.by_module.contains_key(&format!("{module}."))
    }

    /// Of some packages those that need another one, directly or by way of others.
    pub(super) fn needing(
        &self,
        declared: &BTreeSet<PackageName>,
        name: &PackageName,
    ) -> Vec<String> {
        let mut seen = BTreeSet::from([name]);
        let mut queue = VecDeque::from([name]);
        let mut found = Vec::new();
        while let Some(one) = queue.pop_front() {
            let above = self
                .packages
                .iter()
                .filter(|(_, known)| known.requires.contains(one));
            for (package, _) in above {
                if !seen.insert(package) {
                    continue;
                }
                match declared.contains(package) {
                    true => found.push(package.to_string()),
                    false => queue.push_back(package),
                }
            }
        }
        found.sort();
        found
    }
}

/// The modules below the directory with the packages: the top-level ones, and of namespaces what is in them. Namespaces
/// themselves end with a dot.
fn modules_of(paths: &[String]) -> BTreeSet<String> {
    let files: Vec<Vec<&str>> = paths.iter().filter_map(|path| module_of(path)).collect();
    let whole: BTreeSet<&str> = files
        .iter()
        .filter(|parts| parts.len() == 1 || (parts.len() == 2 && parts[1] == "__init__"))
        .map(|parts| parts[0])
        .collect();
    let mut modules = BTreeSet::new();
    for parts in &files {
        let named = parts.iter().filter(|part| **part != "__init__");
        let named: Vec<&str> = named.copied().take(MOST_PARTS).collect();
        let most = match whole.contains(parts[0]) {
            true => 1,
            false => named.len(),
        };
        modules.extend((1..most).map(|length| format!("{}.", named[..length].join("."))));
        modules.extend([named[..most].join(".")]);
    }
    modules
}

/// The name of a program, if a file is one.
fn program(path: &str) -> Option<String> {
    let (dir, name) = path.rsplit_once('/')?;
    let is_program = dir.starts_with("..") && (dir.ends_with("/bin") || dir.ends_with("/Scripts"));
    is_program.then(|| name.strip_suffix(".exe").unwrap_or(name).to_owned())
}

/// The module of a file, in parts.
fn module_of(path: &str) -> Option<Vec<&str>> {
    let (dirs, file) = path.rsplit_once('/').unwrap_or(("", path));
    let (stem, rest) = file.split_once('.')?;
    let is_code = matches!(rest, "py" | "pyc") || rest.ends_with("so") || rest.ends_with("pyd");
    let dirs = dirs.split('/').filter(|dir| !dir.is_empty());
    let parts: Vec<&str> = dirs.chain([stem]).collect();
    let is_module = parts
        .iter()
        .all(|part| is_name(part) && *part != "__pycache__");
    let is_finder = stem.starts_with("__editable__");
    (is_code && is_module && !is_finder).then_some(parts)
}

fn is_name(part: &str) -> bool {
    let mut letters = part.chars();
    let first = letters.next();
    first.is_some_and(|one| one.is_alphabetic() || one == '_')
        && letters.all(|one| one.is_alphanumeric() || one == '_')
}

/// The modules of a project that is used where it lies: those at its top, and in `src`.
fn editable(dist: &InstalledDist) -> BTreeSet<String> {
    let url = dist
        .direct_url()
        .and_then(|direct| SafeUrl::parse(&direct.url).ok());
    let Some(root) = url.and_then(|url| url.to_file_path()) else {
        return BTreeSet::new();
    };
    let mut modules = BTreeSet::new();
    for dir in [root.join("src"), root] {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let module = name.strip_suffix(".py").unwrap_or(&name);
            if is_name(module) && (module != name || entry.path().join("__init__.py").exists()) {
                modules.insert(module.to_owned());
            }
        }
    }
    modules
}

/// Whether a group of entry points is that of another program.
fn is_plugin(group: &str, own: &str) -> bool {
    let first = group.split(['.', '-']).next().unwrap_or(group);
    !NO_PLUGINS.contains(&group) && !first.starts_with(own) && first != "distutils"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(paths: &[&str]) -> Vec<String> {
        let paths: Vec<String> = paths.iter().map(|path| (*path).to_owned()).collect();
        modules_of(&paths).into_iter().collect()
    }

    #[test]
    fn modules_stand_in_record() {
        assert_eq!(
            modules(&[
                "yaml/__init__.py",
                "yaml/a/b.py",
                "_yaml.cpython-312-x86_64-linux-gnu.so",
                "six.py"
            ]),
            ["_yaml", "six", "yaml"]
        );
        assert_eq!(
            modules(&[
                "google/cloud/storage/__init__.py",
                "google/cloud/storage/blob.py"
            ]),
            ["google.", "google.cloud.", "google.cloud.storage"]
        );
        assert!(
            modules(&[
                "../../../bin/x",
                "a-1.0.dist-info/METADATA",
                "b.pth",
                "__editable___x.py",
                "a-b/c.py"
            ])
            .is_empty()
        );
    }

    #[test]
    fn a_package_is_no_plugin_of_itself() {
        assert!(is_plugin("pytest11", "pytest_cov"));
        assert!(!is_plugin("pandas_plotting_backend", "pandas"));
    }
}
