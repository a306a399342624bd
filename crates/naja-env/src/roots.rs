//! [`Roots`]: the directories of an environment, and one name for every path in them.
//!
//! A virtual environment has one root: everything its scheme names lies below the prefix. An
//! installation may have several. A [`Place`] is a root and a path below it, so that the same
//! file has the same place whichever way a wheel or RECORD spells it.

use std::fs;
use std::path::{Component, Path, PathBuf};

use naja_store::DataScheme;

use crate::environment::{EnvKind, Environment};

/// Files of a virtual environment that no distribution may have, relative to its prefix.
const PREFIX_RESERVED: [&str; 5] = ["pyvenv.cfg", ".naja", ".naja-txn", ".lock", "lib64"];

/// Names in the scripts directory that belong to the environment, lower case.
const SCRIPTS_RESERVED: [&str; 14] = [
    "activate",
    "activate.bat",
    "activate.csh",
    "activate.fish",
    "activate.nu",
    "activate.ps1",
    "activate.sh",
    "activate.xsh",
    "activate.zsh",
    "activate_this.py",
    "deactivate",
    "deactivate.bat",
    "deactivate.nu",
    "deactivate.ps1",
];

/// A file or directory: a root and a path below it with `/`, empty for the root itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) root: u8,
    pub(crate) path: String,
}

impl Place {
    /// Appends a relative path that is already known to be plain.
    pub(crate) fn join(&self, rest: &str) -> Self {
        let mut path = String::with_capacity(self.path.len() + 1 + rest.len());
        path.push_str(&self.path);
        if !path.is_empty() && !rest.is_empty() {
            path.push('/');
        }
        path.push_str(rest);
        Self {
            root: self.root,
            path,
        }
    }

    /// Returns the path below `base`: `Some("")` for `base` itself.
    pub(crate) fn below<'a>(&'a self, base: &Place) -> Option<&'a str> {
        if self.root != base.root {
            return None;
        }
        if base.path.is_empty() {
            return Some(&self.path);
        }
        let rest = self.path.strip_prefix(&base.path)?;
        if rest.is_empty() {
            Some(rest)
        } else {
            rest.strip_prefix('/')
        }
    }
}

/// The directories of an environment.
#[derive(Debug)]
pub(crate) struct Roots {
    roots: Vec<PathBuf>,
    bases: [Place; 5],
    stdlib: Option<Place>,
    /// Directories that no distribution may have as a file.
    reserved: Vec<Place>,
    /// Directories that stay when they become empty.
    permanent: Vec<Place>,
}

fn slot(scheme: DataScheme) -> usize {
    match scheme {
        DataScheme::Purelib => 0,
        DataScheme::Platlib => 1,
        DataScheme::Scripts => 2,
        DataScheme::Data => 3,
        DataScheme::Headers => 4,
    }
}

impl Roots {
    pub(crate) fn new(env: &Environment) -> Self {
        let scheme = env.scheme();
        let mut dirs: [&Path; 5] = [
            &scheme.purelib,
            &scheme.platlib,
            &scheme.scripts,
            &scheme.data,
            &scheme.headers,
        ];
        // `lib64` is a link to `lib`; one name for both.
        if dirs[0] != dirs[1] && same_directory(dirs[0], dirs[1]) {
            dirs[1] = dirs[0];
        }
        let mut roots: Vec<PathBuf> = Vec::new();
        let mut shortest_first = [0, 1, 2, 3, 4];
        shortest_first.sort_by_key(|at| dirs[*at].components().count());
        let empty = Place {
            root: 0,
            path: String::new(),
        };
        let mut bases = [
            empty.clone(),
            empty.clone(),
            empty.clone(),
            empty.clone(),
            empty,
        ];
        for at in shortest_first {
            bases[at] = inside(&roots, dirs[at]).unwrap_or_else(|| {
                roots.push(dirs[at].to_path_buf());
                Place {
                    root: (roots.len() - 1) as u8,
                    path: String::new(),
                }
            });
        }
        let stdlib = lexical(&roots, &scheme.stdlib);
        let reserved = match env.kind() {
            EnvKind::Target => vec![bases[0].clone()],
            EnvKind::Venv | EnvKind::System | EnvKind::Prefix | EnvKind::User => bases.to_vec(),
        };
        let mut permanent = reserved.clone();
        if matches!(env.kind(), EnvKind::Venv | EnvKind::Prefix | EnvKind::User) {
            // `include/site/python3.12` comes with the first package that has headers.
            let headers = permanent.pop();
            let outer = headers.filter(|place| !place.path.is_empty());
            permanent.extend(outer.map(|place| Place {
                root: place.root,
                path: place.path.split('/').take(1).collect(),
            }));
        }
        roots.push(env.work_dir().join("shadowed"));
        Self {
            roots,
            bases,
            stdlib,
            reserved,
            permanent,
        }
    }

    /// Returns where the files of a scheme go.
    pub(crate) fn base(&self, scheme: DataScheme) -> &Place {
        &self.bases[slot(scheme)]
    }

    /// Tells whether a place is where packages go, and not a root.
    pub(crate) fn is_site(&self, place: &Place) -> bool {
        let sites = [DataScheme::Purelib, DataScheme::Platlib];
        !place.path.is_empty() && sites.iter().any(|site| self.base(*site) == place)
    }

    /// Tells whether a place is the environment as a whole. A directory of it that is a link to elsewhere is a root
    /// as well, but not this one.
    pub(crate) fn is_prefix(&self, place: &Place) -> bool {
        place.path.is_empty() && self.base(DataScheme::Data) == place
    }

    /// Returns the root for files that were put aside because another distribution has the same.
    pub(crate) fn shadow(&self) -> Place {
        Place {
            root: (self.roots.len() - 1) as u8,
            path: String::new(),
        }
    }

    /// Returns where the file of a distribution is kept while another's is in its place.
    pub(crate) fn shadow_of(&self, record_entry: &str, place: &Place) -> Place {
        self.shadow()
            .join(record_entry)
            .join(&place.root.to_string())
            .join(&place.path)
    }

    pub(crate) fn count(&self) -> usize {
        self.roots.len()
    }

    pub(crate) fn root_path(&self, root: u8) -> &Path {
        &self.roots[usize::from(root)]
    }

    /// Returns the paths of all roots.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        self.roots.iter().map(PathBuf::as_path).collect()
    }

    /// Returns the absolute path of a place.
    pub(crate) fn path(&self, place: &Place) -> PathBuf {
        let root = self.root_path(place.root);
        if place.path.is_empty() {
            root.to_path_buf()
        } else {
            root.join(&place.path)
        }
    }

    /// Finds the place of an absolute path, `.` and `..` resolved by their text alone.
    pub(crate) fn locate(&self, path: &Path) -> Option<Place> {
        lexical(&self.roots[..self.roots.len() - 1], &normal(path)?)
    }

    /// Finds the place of a path as a RECORD in `site` spells it.
    pub(crate) fn locate_recorded(&self, site: &Place, text: &str) -> Option<Place> {
        if text.is_empty() || text.contains('\0') {
            return None;
        }
        let plain = !text.starts_with(['/', '.'])
            && !text.contains("//")
            && !text.contains("/.")
            && !text.ends_with('/')
            && !cfg!(windows);
        if plain {
            return Some(site.join(text));
        }
        self.locate(&self.path(site).join(text))
    }

    /// Finds the place of a directory that a scan found records in.
    pub(crate) fn site(&self, dir: &Path) -> Option<Place> {
        let purelib = self.path(&self.bases[0]);
        if dir == purelib {
            return Some(self.bases[0].clone());
        }
        if dir == self.path(&self.bases[1]) {
            return Some(self.bases[1].clone());
        }
        if same_directory(dir, &purelib) {
            Some(self.bases[0].clone())
        } else {
            None
        }
    }

    /// Spells a place as RECORD in `site` does: relative, with `/`.
    pub(crate) fn recorded(&self, site: &Place, place: &Place) -> String {
        if site.root == place.root {
            return relative(site.path.split('/'), place.path.split('/'));
        }
        let (from, to) = (self.path(site), self.path(place));
        let parts = |path: &Path| -> Vec<String> {
            path.components()
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect()
        };
        let (from, to) = (parts(&from), parts(&to));
        relative(
            from.iter().map(String::as_str),
            to.iter().map(String::as_str),
        )
    }

    /// Tells why a distribution may not have a file at this place; `own_entry` is the name of its
    /// own record.
    pub(crate) fn forbidden_file(&self, place: &Place, own_entry: &str) -> Option<&'static str> {
        if self.reserved.iter().any(|base| base.below(place).is_some()) || place.path.is_empty() {
            return Some("it is a directory of the environment");
        }
        self.forbidden_dir(place, own_entry)
    }

    /// Tells why a distribution may not have files in this directory.
    pub(crate) fn forbidden_dir(&self, place: &Place, own_entry: &str) -> Option<&'static str> {
        if let Some(name) = place.below(self.base(DataScheme::Scripts)) {
            let lower = name.to_ascii_lowercase();
            if is_python(&lower) || SCRIPTS_RESERVED.contains(&lower.as_str()) {
                return Some("the name belongs to the environment itself");
            }
        }
        let data = self.base(DataScheme::Data);
        if let Some(rest) = place.below(data) {
            let first = rest.split('/').next().unwrap_or_default();
            if PREFIX_RESERVED.contains(&first.to_ascii_lowercase().as_str()) {
                return Some("the name belongs to the environment itself");
            }
        }
        let sites = [
            self.base(DataScheme::Purelib),
            self.base(DataScheme::Platlib),
        ];
        let in_site = sites.iter().find_map(|site| place.below(site));
        if let Some(rest) = in_site {
            let first = rest.split('/').next().unwrap_or_default();
            if first == ".naja-txn" {
                return Some("the name belongs to the environment itself");
            }
            if is_record_entry(first) && first != own_entry {
                return Some("it lies in the record of another distribution");
            }
        } else if self
            .stdlib
            .as_ref()
            .is_some_and(|stdlib| place.below(stdlib).is_some())
        {
            return Some("it lies in Python's own library");
        }
        None
    }

    /// Tells whether a directory stays when it becomes empty.
    pub(crate) fn is_permanent(&self, place: &Place) -> bool {
        place.path.is_empty()
            || self
                .permanent
                .iter()
                .any(|base| base.below(place).is_some())
    }
}

/// Tells whether a file name is that of an interpreter: `python`, `python3`, `python3.13t.exe`.
fn is_python(lower: &str) -> bool {
    let name = lower.strip_suffix(".exe").unwrap_or(lower);
    let Some(rest) = name
        .strip_prefix("python")
        .or_else(|| name.strip_prefix("pypy"))
    else {
        return false;
    };
    let rest = rest.strip_prefix('w').unwrap_or(rest);
    let rest = rest.strip_suffix('t').unwrap_or(rest);
    rest.chars().all(|c| c.is_ascii_digit() || c == '.')
}

fn is_record_entry(name: &str) -> bool {
    [".dist-info", ".egg-info", ".egg-link"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

fn relative<'a>(from: impl Iterator<Item = &'a str>, to: impl Iterator<Item = &'a str>) -> String {
    let from: Vec<_> = from.filter(|part| !part.is_empty()).collect();
    let to: Vec<_> = to.filter(|part| !part.is_empty()).collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..", from.len() - common);
    up.chain(to[common..].iter().copied())
        .collect::<Vec<_>>()
        .join("/")
}

/// Resolves `.` and `..` by text; `None` when it climbs above the file system's root.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                if !matches!(out.components().next_back(), Some(Component::Normal(_))) {
                    return None;
                }
                out.pop();
            }
            other => out.push(other),
        }
    }
    Some(out)
}

/// Finds the root that a path lies in, by text.
fn lexical(roots: &[PathBuf], path: &Path) -> Option<Place> {
    let (at, rest) = roots
        .iter()
        .enumerate()
        .filter_map(|(at, root)| Some((at, path.strip_prefix(root).ok()?)))
        .min_by_key(|(_, rest)| rest.components().count())?;
    let parts: Option<Vec<&str>> = rest
        .components()
        .map(|part| part.as_os_str().to_str())
        .collect();
    Some(Place {
        root: at as u8,
        path: parts?.join("/"),
    })
}

/// Finds the root that contains a directory of the scheme, unless a link lies between them.
fn inside(roots: &[PathBuf], dir: &Path) -> Option<Place> {
    let place = lexical(roots, dir)?;
    let mut path = roots[usize::from(place.root)].clone();
    for part in place.path.split('/').filter(|part| !part.is_empty()) {
        path.push(part);
        match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_symlink() => return None,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    Some(place)
}

#[cfg(unix)]
fn same_directory(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (fs::metadata(a), fs::metadata(b)) {
        (Ok(a), Ok(b)) => a.dev() == b.dev() && a.ino() == b.ino(),
        _ => false,
    }
}

#[cfg(not(unix))]
fn same_directory(a: &Path, b: &Path) -> bool {
    a == b
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Roots of a virtual environment that need not exist.
    pub(crate) fn venv_roots(root: &Path) -> Roots {
        let place = |path: &str| Place {
            root: 0,
            path: path.to_owned(),
        };
        let site = place("lib/python3.12/site-packages");
        let bases = [
            site.clone(),
            site,
            place("bin"),
            place(""),
            place("include/site/python3.12"),
        ];
        Roots {
            roots: vec![root.to_path_buf(), root.join(".naja/shadowed")],
            permanent: [&bases[..4], &[place("include")]].concat(),
            reserved: bases.to_vec(),
            bases,
            stdlib: None,
        }
    }

    #[test]
    fn every_spelling_of_a_path_is_one_place() {
        let roots = venv_roots(Path::new("/v"));
        let site = roots.base(DataScheme::Purelib).clone();
        let file = site.join("a/b.py");
        for text in [
            "a/b.py",
            "./a/b.py",
            "a//b.py",
            "a/c/../b.py",
            "../site-packages/a/b.py",
            "/v/lib/python3.12/site-packages/a/b.py",
        ] {
            assert_eq!(
                roots.locate_recorded(&site, text).as_ref(),
                Some(&file),
                "{text}"
            );
        }
        let script = roots.base(DataScheme::Scripts).join("x");
        assert_eq!(
            roots.locate_recorded(&site, "../../../bin/x"),
            Some(script.clone())
        );
        assert_eq!(roots.recorded(&site, &script), "../../../bin/x");
        assert_eq!(roots.recorded(&site, &file), "a/b.py");
        for outside in ["../../../../etc/passwd", "/etc/passwd", "/v2/x", "", "a\0b"] {
            assert_eq!(roots.locate_recorded(&site, outside), None, "{outside:?}");
        }
    }

    #[test]
    fn the_environments_own_files_are_reserved() {
        let roots = venv_roots(Path::new("/v"));
        let refused = |path: &str| {
            let place = Place {
                root: 0,
                path: path.to_owned(),
            };
            roots.forbidden_file(&place, "a-1.dist-info").is_some()
        };
        for bad in [
            "bin/python",
            "bin/python3",
            "bin/python3.12",
            "bin/Python3.13t",
            "bin/activate",
            "bin/Activate.ps1",
            "bin/deactivate.bat",
            "pyvenv.cfg",
            ".naja/txn-1/journal",
            "lib64/x",
            "bin",
            "lib",
            "lib/python3.12/site-packages",
            "lib/python3.12/site-packages/b-1.dist-info/RECORD",
            "",
        ] {
            assert!(refused(bad), "{bad}");
        }
        for good in [
            "bin/pip",
            "bin/python-config",
            "bin/activate-global-python-argcomplete",
            "bin/python-argcomplete-check",
            "share/man/man1/x.1",
            "lib/python3.12/site-packages/a/__init__.py",
            "lib/python3.12/site-packages/a-1.dist-info/RECORD",
            "include/site/python3.12/a/a.h",
        ] {
            assert!(!refused(good), "{good}");
        }
    }
}
