//! `naja kernel`: environments as kernels of Jupyter.
//!
//! A kernel is a directory with a `kernel.json` that says which program to start. The ones naja
//! writes say so in their `metadata`, with the environment they are for.

use std::path::{Path, PathBuf};

use naja_env::EnvState;
use naja_spec::PackageName;
use serde::Serialize;
use serde_json::{Value, json};

use crate::belongs;
use crate::failure::Failure;
use crate::inputs::InputSources;
use crate::pip::{self, InstallRequest};
use crate::session::Session;
use crate::status;
use crate::target;

/// The package that answers Jupyter in the environment.
const PACKAGE: &str = "ipykernel";

/// A kernel of Jupyter.
#[derive(Clone, Debug, Serialize)]
pub struct Kernel {
    /// Its name: that of its directory.
    pub name: String,
    /// The name people see.
    pub display_name: String,
    /// Its directory.
    pub directory: PathBuf,
    /// The program it starts, if that has a path.
    pub program: Option<PathBuf>,
    /// Whether it is one of Python.
    pub is_python: bool,
    /// Whether its program is there.
    pub works: bool,
    /// Whether naja wrote it.
    pub by_naja: bool,
    /// The environment it is for, if naja wrote it.
    pub environment: Option<PathBuf>,
}

/// What `naja kernel install` shall make.
#[derive(Clone, Debug, Default)]
pub struct KernelRequest {
    /// Its name; that of the project without one.
    pub name: Option<String>,
    /// The name people see.
    pub display_name: Option<String>,
    /// Whether ipykernel is installed where it is missing.
    pub install: bool,
}

/// Writes a kernel that starts the environment's Python.
///
/// # Errors
/// There is no environment, it lacks ipykernel, or the file cannot be written.
pub fn install(session: &mut Session, request: &KernelRequest) -> Result<Kernel, Failure> {
    let (env, state) = target::open_and_scan(session)?;
    require_ipykernel(session, &state, request.install)?;
    let project = belongs::project_of(env.root(), session.process.home.as_deref());
    let default = || match &project {
        Some(project) => project.name.clone(),
        None => env.root().file_name().map_or_else(
            || "python".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        ),
    };
    let name = match &request.name {
        Some(name) => valid(name)?,
        None => plain(&default()),
    };
    let version = env.interpreter().short_version();
    let display_name = request
        .display_name
        .clone()
        .unwrap_or_else(|| format!("{} (Python {version})", default()));
    let directory = kernels_dir(session)?.join(&name);
    if let Some(old) = read(&directory)
        && !old.by_naja
        && old.works
    {
        return Err(
            Failure::usage(format!("there is a kernel `{name}` already"))
                .cause(format!("naja did not write `{}`", directory.display()))
                .hint("give yours another name: `--name NAME`"),
        );
    }
    let bin = env.scheme().scripts.display().to_string();
    let separator = if cfg!(windows) { ";" } else { ":" };
    let kernel = json!({
        "argv": [
            env.python().display().to_string(),
            "-Xfrozen_modules=off",
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
        ],
        "display_name": display_name,
        "language": "python",
        "env": {
            "VIRTUAL_ENV": env.root().display().to_string(),
            "PATH": format!("{bin}{separator}${{PATH}}"),
        },
        "metadata": {
            "debugger": true,
            "naja": { "environment": env.root().display().to_string() },
        },
    });
    write(&directory, &kernel)?;
    read(&directory)
        .ok_or_else(|| Failure::environment("the kernel that was written cannot be read"))
}

/// Lists the kernels of the user.
///
/// # Errors
/// There is no place for them.
pub fn list(session: &Session) -> Result<Vec<Kernel>, Failure> {
    kernels_dir(session)?;
    Ok(found(session))
}

/// Removes a kernel; returns its directory.
///
/// # Errors
/// There is none of that name, or it cannot be removed.
pub fn remove(session: &Session, name: &str) -> Result<PathBuf, Failure> {
    let all = found(session);
    let Some(kernel) = all.iter().find(|kernel| kernel.name == name) else {
        let names: Vec<&str> = all.iter().map(|kernel| kernel.name.as_str()).collect();
        let failure = Failure::usage(format!("there is no kernel `{name}`"));
        return Err(match naja_project::nearest(name, names.iter().copied()) {
            Some(near) => failure.hint(format!("is `{near}` meant?")),
            None => failure.hint("`naja kernel list` shows what there is"),
        });
    };
    let removed = match kernel.directory.is_symlink() {
        true => std::fs::remove_file(&kernel.directory),
        false => std::fs::remove_dir_all(&kernel.directory),
    };
    removed.map_err(|error| {
        Failure::environment(format!("could not remove `{}`", kernel.directory.display()))
            .because(&error)
    })?;
    Ok(kernel.directory.clone())
}

/// The kernels of the user; none where there is no place for them.
pub(crate) fn found(session: &Session) -> Vec<Kernel> {
    let Ok(dir) = kernels_dir(session) else {
        return Vec::new();
    };
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut kernels: Vec<Kernel> = entries.filter_map(|entry| read(&entry.path())).collect();
    kernels.sort_by(|a, b| a.name.cmp(&b.name));
    kernels
}

/// The directory of the user's kernels, by Jupyter's rules.
fn kernels_dir(session: &Session) -> Result<PathBuf, Failure> {
    let process = &session.process;
    let absolute = |name| process.var(name).map(PathBuf::from);
    let home = process.home.as_deref();
    let data = absolute("JUPYTER_DATA_DIR").or_else(|| {
        if cfg!(windows) {
            absolute("APPDATA").map(|dir| dir.join("jupyter"))
        } else if cfg!(target_os = "macos") {
            home.map(|home| home.join("Library/Jupyter"))
        } else {
            absolute("XDG_DATA_HOME")
                .or_else(|| home.map(|home| home.join(".local/share")))
                .map(|dir| dir.join("jupyter"))
        }
    });
    data.map(|data| data.join("kernels")).ok_or_else(|| {
        Failure::environment("there is no place for kernels of Jupyter")
            .cause("neither HOME nor JUPYTER_DATA_DIR is set")
    })
}

/// Reads one kernel; what is none is passed over.
fn read(directory: &Path) -> Option<Kernel> {
    let text = std::fs::read_to_string(directory.join("kernel.json")).ok()?;
    let value: Value = serde_json::from_str(&text).ok()?;
    let name = directory.file_name()?.to_str()?.to_owned();
    let program = value.get("argv")?.get(0)?.as_str()?;
    let path = PathBuf::from(program);
    let program = path.is_absolute().then_some(path);
    let environment = value
        .get("metadata")
        .and_then(|metadata| metadata.get("naja")?.get("environment")?.as_str())
        .map(PathBuf::from);
    let text_of = |key: &str| value.get(key).and_then(Value::as_str);
    Some(Kernel {
        display_name: text_of("display_name").unwrap_or(&name).to_owned(),
        directory: directory.to_path_buf(),
        is_python: text_of("language").is_some_and(|text| text.eq_ignore_ascii_case("python")),
        // Jupyter looks for a name on its own PATH.
        works: program.as_deref().is_none_or(status::can_run),
        program,
        by_naja: environment.is_some(),
        environment,
        name,
    })
}

fn write(directory: &Path, kernel: &Value) -> Result<(), Failure> {
    let file = directory.join("kernel.json");
    let failed = |error: &dyn std::error::Error| {
        Failure::environment(format!("could not write `{}`", file.display())).because(error)
    };
    let mut text = serde_json::to_string_pretty(kernel).map_err(|error| failed(&error))?;
    text.push('\n');
    std::fs::create_dir_all(directory).map_err(|error| failed(&error))?;
    naja_store::write::atomic_write(&file, text.as_bytes()).map_err(|error| failed(&error))
}

fn require_ipykernel(
    session: &mut Session,
    state: &EnvState,
    install: bool,
) -> Result<(), Failure> {
    let package = PackageName::parse(PACKAGE)
        .map_err(|error| Failure::environment("could not name a package").because(&error))?;
    if !state.get(&package).is_empty() {
        return Ok(());
    }
    if !install {
        return Err(
            Failure::unsatisfied(format!("{PACKAGE} is not installed in the environment"))
                .cause("without it, Jupyter cannot talk to the environment's Python")
                .hint("`naja kernel install --install` installs it, too")
                .hint(format!("or by hand: `naja pip install {PACKAGE}`")),
        );
    }
    let request = InstallRequest {
        sources: InputSources {
            packages: vec![PACKAGE.to_owned()],
            ..InputSources::default()
        },
        ..InstallRequest::default()
    };
    pip::install(session, &request).map(|_report| ())
}

/// The names that Jupyter takes: letters, digits, `.`, `_` and `-`.
fn valid(name: &str) -> Result<String, Failure> {
    let is_fine = !name.is_empty()
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    if is_fine {
        return Ok(name.to_lowercase());
    }
    Err(
        Failure::usage(format!("`{name}` cannot be the name of a kernel"))
            .cause("Jupyter takes letters, digits, `.`, `_` and `-`")
            .hint("`--display-name` takes any text"),
    )
}

/// Makes a name that Jupyter takes.
fn plain(text: &str) -> String {
    let name: String = text
        .chars()
        .map(|c| match c.to_ascii_lowercase() {
            c if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') => c,
            _ => '-',
        })
        .collect();
    let name = name.trim_matches(['-', '.']).to_owned();
    if name.is_empty() {
        "python".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_jupyter_takes() {
        assert_eq!(valid("Stone-3.12").unwrap(), "stone-3.12");
        for wrong in ["", "a b", "../x", ".hidden", "é"] {
            assert!(valid(wrong).is_err(), "{wrong}");
        }
        assert_eq!(plain("My Project!"), "my-project");
        assert_eq!(plain("…"), "python");
    }
}
