//! From what an interpreter said to what naja needs to know.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use naja_spec::{MarkerEnvironment, Version};

use super::facts::{Facts, FullFacts, Paths, VersionInfo};
use crate::environment::environment_of;
use crate::interpreter::{Interpreter, Scheme};
use crate::layout::VenvLayout;
use crate::platform;
use crate::real_path::real_path;

/// Makes an [`Interpreter`] of the facts; an error says which fact makes no sense.
pub(super) fn interpreter(facts: Facts, real: &Path) -> Result<Interpreter, String> {
    let (major, minor, ..) = facts.version_info;
    let free_threaded =
        facts.abiflags.contains('t') || facts.full.as_ref().is_some_and(|full| full.gil_disabled);
    let lib = library_name(&facts, free_threaded);
    let (scheme, venv_layout) = match &facts.full {
        None => (posix_scheme(&facts, &lib), posix_layout(&facts, &lib)),
        Some(full) => (full_scheme(full), full_layout(full, &facts)?),
    };
    let mut base_site_dirs: Vec<PathBuf> = match &facts.full {
        Some(full) => full.site_dirs.iter().map(PathBuf::from).collect(),
        None => scheme
            .site_dirs()
            .into_iter()
            .map(Path::to_path_buf)
            .collect(),
    };
    base_site_dirs.dedup();
    let for_platform = platform::Source {
        sys_platform: &facts.sys_platform,
        machine: machine(&facts),
        is_64bit: facts.is_64bit,
        libc: facts.libc.as_deref(),
        mac_version: facts
            .full
            .as_ref()
            .and_then(|full| full.mac.as_ref())
            .map(|mac| &*mac.0),
        platform_tag: facts.full.as_ref().map(|full| full.platform_tag.as_str()),
        executable: real,
    };
    let tag_parts = platform::tag_parts(&platform::TagSource {
        implementation: &facts.implementation,
        python: (major, minor),
        free_threaded,
        debug: facts.debug,
        suffixes: &facts.suffixes,
    })
    .ok_or_else(|| format!("its version {major}.{minor} makes no sense"))?;
    let real_executable = own_executable(&facts, real)?;
    Ok(Interpreter {
        executable: real.to_path_buf(),
        base_executable: real_executable.clone(),
        real_executable,
        prefix: PathBuf::from(&facts.prefix),
        base_prefix: PathBuf::from(&facts.base_prefix),
        version: version(&facts.version_info)?,
        implementation_version: version(&facts.implementation_version)?,
        cache_tag: facts.cache_tag.clone().unwrap_or_default(),
        magic: facts.magic,
        markers: markers(&facts)?,
        platform: for_platform.platform(),
        tag_parts,
        free_threaded,
        debug: facts.debug,
        pointer_size: if facts.is_64bit { 8 } else { 4 },
        scheme,
        venv_layout,
        externally_managed: None,
        system_site_packages: false,
        base_site_dirs,
        implementation: facts.implementation,
    })
}

/// Returns the program that really runs: a wrapper script has another one behind it.
fn own_executable(facts: &Facts, real: &Path) -> Result<PathBuf, String> {
    let named = facts
        .executable
        .as_deref()
        .filter(|path| !path.is_empty())
        .map(Path::new);
    let Some(named) = named.filter(|named| *named != real) else {
        return Ok(real.to_path_buf());
    };
    if environment_of(named).is_some() {
        return Err("it starts the Python of a virtual environment".to_owned());
    }
    Ok(real_path(named).unwrap_or_else(|_| real.to_path_buf()))
}

/// Turns `(3, 13, 0, "candidate", 1)` into 3.13.0rc1, as `format_full_version` of PEP 508 does.
fn version(info: &VersionInfo) -> Result<Version, String> {
    let (major, minor, micro, level, serial) = info;
    let suffix = match level.as_str() {
        "final" => String::new(),
        "alpha" => format!("a{serial}"),
        "beta" => format!("b{serial}"),
        "candidate" => format!("rc{serial}"),
        _ => return Err(format!("its release level `{level}` is unknown")),
    };
    let text = format!("{major}.{minor}.{micro}{suffix}");
    Version::from_str(&text).map_err(|_| format!("its version `{text}` is none"))
}

/// Derives the marker values (PEP 508).
fn markers(facts: &Facts) -> Result<MarkerEnvironment, String> {
    let (major, minor, ..) = facts.version_info;
    let full_text = facts
        .version_text
        .split_whitespace()
        .next()
        .unwrap_or_default();
    // A build from a working copy says `3.14.0+`.
    let full_text = if full_text.ends_with('+') {
        format!("{full_text}local")
    } else {
        full_text.to_owned()
    };
    let uname = |index: usize| {
        facts
            .uname
            .as_ref()
            .map_or("", |uname| uname[index].as_str())
    };
    let full = facts.full.as_ref();
    let or_uname = |fact: fn(&FullFacts) -> &String, index: usize| {
        full.map_or_else(|| uname(index), |full| fact(full))
            .to_owned()
    };
    Ok(MarkerEnvironment {
        os_name: facts.os_name.clone(),
        sys_platform: facts.sys_platform.clone(),
        platform_machine: or_uname(|full| &full.platform_machine, 3),
        platform_python_implementation: full.map_or_else(
            || "CPython".to_owned(),
            |full| full.platform_python_implementation.clone(),
        ),
        platform_release: or_uname(|full| &full.platform_release, 1),
        platform_system: or_uname(|full| &full.platform_system, 0),
        platform_version: or_uname(|full| &full.platform_version, 2),
        implementation_name: facts.implementation.clone(),
        python_version: Version::from_str(&format!("{major}.{minor}"))
            .map_err(|_| "its version is none".to_owned())?,
        python_full_version: Version::from_str(&full_text)
            .or_else(|_| version(&facts.version_info))?,
        implementation_version: version(&facts.implementation_version)?,
    })
}

/// Returns the name of the machine as the platform tags want it.
fn machine(facts: &Facts) -> &str {
    match (&facts.full, &facts.uname) {
        (Some(full), _) => full
            .mac
            .as_ref()
            .map_or(&full.platform_machine, |mac| &mac.1)
            .as_str(),
        (None, Some(uname)) => &uname[3],
        (None, None) => "",
    }
}

/// Returns `python3.12`, `python3.13t`, `pypy3.10`.
fn library_name(facts: &Facts, free_threaded: bool) -> String {
    let (major, minor, ..) = facts.version_info;
    let stem = if facts.implementation == "pypy" {
        "pypy"
    } else {
        "python"
    };
    let thread = if free_threaded { "t" } else { "" };
    format!("{stem}{major}.{minor}{thread}")
}

/// The paths of an unpatched CPython on Linux (`posix_prefix`).
fn posix_scheme(facts: &Facts, lib: &str) -> Scheme {
    let (major, minor, ..) = facts.version_info;
    let base = Path::new(&facts.base_prefix);
    let exec = Path::new(&facts.base_exec_prefix);
    let include = base.join(format!("include/python{major}.{minor}{}", facts.abiflags));
    Scheme {
        purelib: base.join("lib").join(lib).join("site-packages"),
        platlib: exec.join(&facts.platlibdir).join(lib).join("site-packages"),
        scripts: base.join("bin"),
        data: base.to_path_buf(),
        headers: include.clone(),
        include,
        stdlib: base.join(&facts.platlibdir).join(lib),
        platstdlib: exec.join(&facts.platlibdir).join(lib),
    }
}

/// The layout of an environment of an unpatched CPython on Linux.
fn posix_layout(facts: &Facts, lib: &str) -> VenvLayout {
    let platlib = Path::new(&facts.platlibdir).join(lib);
    VenvLayout {
        purelib: Path::new("lib").join(lib).join("site-packages"),
        platlib: platlib.join("site-packages"),
        scripts: PathBuf::from("bin"),
        data: PathBuf::new(),
        headers: venv_headers(facts),
        platstdlib: platlib,
        lib64_link: facts.is_64bit,
        executables: executables(facts, lib),
    }
}

/// C headers of distributions in an environment: not in the interpreter's own directory, which an
/// environment does not have, but where pip and virtualenv put them.
fn venv_headers(facts: &Facts) -> PathBuf {
    let (major, minor, ..) = facts.version_info;
    Path::new("include/site").join(format!("python{major}.{minor}"))
}

/// The names of the interpreter in an environment.
fn executables(facts: &Facts, lib: &str) -> Vec<String> {
    if facts.os_name == "nt" {
        return vec!["python.exe".to_owned(), "pythonw.exe".to_owned()];
    }
    let (major, minor, ..) = facts.version_info;
    let mut names = vec![
        "python".to_owned(),
        format!("python{major}"),
        format!("python{major}.{minor}"),
    ];
    match facts.implementation.as_str() {
        "cpython" => {}
        "pypy" => names.extend(["pypy".to_owned(), format!("pypy{major}")]),
        other => names.push(other.to_owned()),
    }
    // python3.13t, pypy3.10; lib names are program names.
    if !names.iter().any(|name| name == lib) {
        names.push(lib.to_owned());
    }
    names
}

/// The paths an interpreter named itself.
fn full_scheme(full: &FullFacts) -> Scheme {
    let paths = &full.paths;
    Scheme {
        purelib: PathBuf::from(&paths.purelib),
        platlib: PathBuf::from(&paths.platlib),
        scripts: PathBuf::from(&paths.scripts),
        data: PathBuf::from(&paths.data),
        include: PathBuf::from(&paths.include),
        headers: PathBuf::from(full.headers.as_ref().unwrap_or(&paths.include)),
        stdlib: PathBuf::from(&paths.stdlib),
        platstdlib: PathBuf::from(&paths.platstdlib),
    }
}

/// The layout an interpreter named for environments, made relative.
fn full_layout(full: &FullFacts, facts: &Facts) -> Result<VenvLayout, String> {
    let Paths {
        purelib,
        platlib,
        scripts,
        data,
        platstdlib,
        ..
    } = &full.venv;
    let free_threaded = facts.abiflags.contains('t') || full.gil_disabled;
    let inside = |path: &String| relative(path, &full.venv_root);
    Ok(VenvLayout {
        purelib: inside(purelib)?,
        platlib: inside(platlib)?,
        scripts: inside(scripts)?,
        data: inside(data)?,
        headers: venv_headers(facts),
        platstdlib: inside(platstdlib)?,
        lib64_link: facts.is_64bit && facts.sys_platform == "linux",
        executables: executables(facts, &library_name(facts, free_threaded)),
    })
}

/// Takes the root off a path of an environment; the rest must stay inside it.
fn relative(path: &str, root: &str) -> Result<PathBuf, String> {
    let rest = path
        .strip_prefix(root)
        .map(|rest| rest.trim_start_matches(['/', '\\']).replace('\\', "/"))
        .ok_or_else(|| format!("its environments would have files in `{path}`"))?;
    if rest.split('/').any(|part| part == "..") {
        return Err(format!("its environments would have files in `{path}`"));
    }
    Ok(rest.split('/').collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_named_as_pep_508_says() {
        let shown = |level: &str, serial| {
            version(&(3, 13, 0, level.to_owned(), serial)).map(|version| version.to_string())
        };
        assert_eq!(shown("final", 0).unwrap(), "3.13.0");
        assert_eq!(shown("alpha", 2).unwrap(), "3.13.0a2");
        assert_eq!(shown("beta", 2).unwrap(), "3.13.0b2");
        assert_eq!(shown("candidate", 1).unwrap(), "3.13.0rc1");
        assert!(shown("gamma", 1).is_err());
    }

    #[test]
    fn environment_paths_stay_inside() {
        assert_eq!(relative("/r/lib/x", "/r").unwrap(), Path::new("lib/x"));
        assert_eq!(relative("/r", "/r").unwrap(), Path::new(""));
        assert!(relative("/usr/lib", "/r").is_err());
        assert!(relative("/r/../etc", "/r").is_err());
    }
}
