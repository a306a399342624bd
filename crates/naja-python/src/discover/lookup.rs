//! The environment a command is about: the active one, or the nearest.

use std::fs;
use std::path::PathBuf;

use super::DiscoveryInputs;
use crate::environment::is_environment;
use crate::redirect::read_redirect;

/// The usual name of a project's environment.
const NAME: &str = ".venv";

/// Says how an environment was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EnvironmentOrigin {
    /// `VIRTUAL_ENV`: it is active.
    VirtualEnv,
    /// `CONDA_PREFIX`: a conda environment is active.
    Conda,
    /// The project's: by its name or a setting, else `.venv` in the working directory or one above.
    DotVenv,
    /// The working directory lies inside of it.
    Inside,
}

/// Says where an environment is, before anything is known about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentPlace {
    /// Its root, absolute.
    pub root: PathBuf,
    /// How it was found.
    pub origin: EnvironmentOrigin,
}

/// Looks for the environment a command is about: the one that was named, then `VIRTUAL_ENV`, then
/// `CONDA_PREFIX`, then the one that a setting gives the project, then `.venv` in the working
/// directory and upwards.
///
/// Only `stat` calls and one small read are made. The result may still turn out to be broken: what
/// the user has activated is not passed over silently. A `.venv` file with one line names the
/// environment (see [`read_redirect`]). A `.venv` directory that is no environment ends the search, so
/// that nothing is done to an environment of an outer project by mistake.
#[must_use]
pub fn locate_environment(inputs: &DiscoveryInputs) -> Option<EnvironmentPlace> {
    let active = |root: &PathBuf, origin| EnvironmentPlace {
        root: inputs.absolute(root),
        origin,
    };
    if let Some(root) = &inputs.named {
        return Some(active(root, EnvironmentOrigin::DotVenv));
    }
    if let Some(root) = &inputs.virtual_env {
        return Some(active(root, EnvironmentOrigin::VirtualEnv));
    }
    let is_base = matches!(inputs.conda_default_env.as_deref(), Some("base" | "root"));
    if let Some(root) = inputs.conda_prefix.as_ref().filter(|_| !is_base) {
        return Some(active(root, EnvironmentOrigin::Conda));
    }
    if let Some(root) = &inputs.of_project {
        return Some(active(root, EnvironmentOrigin::DotVenv));
    }
    for dir in inputs.cwd.ancestors() {
        if is_environment(dir) {
            let root = dir.to_path_buf();
            return Some(EnvironmentPlace {
                root,
                origin: EnvironmentOrigin::Inside,
            });
        }
        let path = dir.join(NAME);
        let Ok(meta) = fs::metadata(&path) else {
            continue;
        };
        let root = if meta.is_file() {
            read_redirect(&path)?
        } else {
            path
        };
        return is_environment(&root).then_some(EnvironmentPlace {
            root,
            origin: EnvironmentOrigin::DotVenv,
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn environment(root: &Path) -> PathBuf {
        fs::create_dir_all(root).unwrap();
        fs::write(root.join("pyvenv.cfg"), "home = /x\n").unwrap();
        root.to_path_buf()
    }

    fn origin_of(inputs: &DiscoveryInputs) -> Option<(PathBuf, EnvironmentOrigin)> {
        locate_environment(inputs).map(|place| (place.root, place.origin))
    }

    #[test]
    fn the_order_is_active_conda_nearest() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let cwd = dir.path().join("a/b/c");
        fs::create_dir_all(&cwd).unwrap();
        let mut inputs = DiscoveryInputs {
            cwd: cwd.clone(),
            ..DiscoveryInputs::default()
        };
        let near = environment(&dir.path().join("a/.venv"));
        assert_eq!(
            origin_of(&inputs),
            Some((near.clone(), EnvironmentOrigin::DotVenv))
        );
        inputs.conda_prefix = Some(at("conda"));
        inputs.conda_default_env = Some("base".to_owned());
        assert_eq!(origin_of(&inputs), Some((near, EnvironmentOrigin::DotVenv)));
        inputs.conda_default_env = Some("work".to_owned());
        assert_eq!(
            origin_of(&inputs),
            Some((at("conda"), EnvironmentOrigin::Conda))
        );
        inputs.virtual_env = Some(at("active"));
        assert_eq!(
            origin_of(&inputs),
            Some((at("active"), EnvironmentOrigin::VirtualEnv))
        );
        inputs.of_project = Some(at("central"));
        assert_eq!(
            origin_of(&inputs),
            Some((at("active"), EnvironmentOrigin::VirtualEnv))
        );
        let mut nothing_active = inputs.clone();
        nothing_active.virtual_env = None;
        nothing_active.conda_prefix = None;
        let central = Some((at("central"), EnvironmentOrigin::DotVenv));
        assert_eq!(origin_of(&nothing_active), central);
        inputs.named = Some(at("named"));
        let named = Some((at("named"), EnvironmentOrigin::DotVenv));
        assert_eq!(origin_of(&inputs), named);
    }

    #[test]
    fn a_redirect_names_the_environment() {
        let dir = tempfile::tempdir().unwrap();
        let inputs = DiscoveryInputs {
            cwd: dir.path().into(),
            ..DiscoveryInputs::default()
        };
        let elsewhere = environment(&dir.path().join("elsewhere"));
        fs::write(dir.path().join(".venv"), "elsewhere\n").unwrap();
        assert_eq!(
            origin_of(&inputs),
            Some((elsewhere, EnvironmentOrigin::DotVenv))
        );
        fs::write(dir.path().join(".venv"), "a\nb\n").unwrap();
        assert_eq!(origin_of(&inputs), None);
    }

    #[test]
    fn a_directory_that_is_no_environment_ends_the_search() {
        let dir = tempfile::tempdir().unwrap();
        environment(&dir.path().join(".venv"));
        let cwd = dir.path().join("inner");
        fs::create_dir_all(cwd.join(".venv")).unwrap();
        let inputs = DiscoveryInputs {
            cwd,
            ..DiscoveryInputs::default()
        };
        assert_eq!(origin_of(&inputs), None);
    }
}
