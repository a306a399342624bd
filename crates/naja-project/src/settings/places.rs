//! Where configuration files are, by the rules of each tool.

use std::path::{Path, PathBuf};

use crate::settings::Layer;
use crate::variables::Variables;

/// The family of operating systems, for the places of configuration files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigPlatform {
    /// Linux and the other Unixes: XDG directories.
    Unix,
    /// macOS.
    Macos,
    /// Windows.
    Windows,
}

/// The directories that configuration is searched in; everything comes from the caller.
#[derive(Debug, Clone, Copy)]
pub struct ConfigPlaces<'a> {
    /// The family of operating systems.
    pub platform: ConfigPlatform,
    /// The user's home.
    pub home: Option<&'a Path>,
    /// The environment's variables.
    pub variables: &'a Variables,
    /// The virtual environment that counts where none is active.
    pub environment: Option<&'a Path>,
}

/// A file to try, and the layer its values belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) layer: Layer,
    pub(crate) path: PathBuf,
}

impl ConfigPlaces<'_> {
    fn variable(&self, name: &str) -> Option<PathBuf> {
        self.variables
            .get_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    }

    /// Returns naja's file of the user, whether it exists or not.
    #[must_use]
    pub fn user_file(&self) -> Option<PathBuf> {
        self.user("naja")
    }

    /// Lists the files of the user for `naja` or `uv`; the first that exists counts.
    pub(crate) fn user(&self, tool: &str) -> Option<PathBuf> {
        let base = match self.platform {
            ConfigPlatform::Windows => self.variable("APPDATA"),
            ConfigPlatform::Unix | ConfigPlatform::Macos => self
                .variable("XDG_CONFIG_HOME")
                .or_else(|| self.home.map(|home| home.join(".config"))),
        };
        base.map(|base| base.join(tool).join(format!("{tool}.toml")))
    }

    /// Lists the files of the system for `naja` or `uv`; the first that exists counts.
    pub(crate) fn system(&self, tool: &str) -> Vec<PathBuf> {
        let file = format!("{tool}.toml");
        if self.platform == ConfigPlatform::Windows {
            let base = self
                .variable("SYSTEMDRIVE")
                .or_else(|| self.variable("PROGRAMDATA"));
            return base
                .map(|base| base.join(tool).join(file))
                .into_iter()
                .collect();
        }
        let mut found: Vec<PathBuf> = self
            .xdg_config_dirs()
            .into_iter()
            .map(|dir| dir.join(tool).join(&file))
            .collect();
        found.push(Path::new("/etc").join(tool).join(&file));
        found
    }

    fn xdg_config_dirs(&self) -> Vec<PathBuf> {
        match self.variables.get("XDG_CONFIG_DIRS") {
            Some(dirs) => dirs
                .split(':')
                .map(PathBuf::from)
                .filter(|dir| dir.is_absolute())
                .collect(),
            None => vec![PathBuf::from("/etc/xdg")],
        }
    }

    /// Lists the files of pip's configuration and their layers, lowest first.
    pub fn pip_files(&self) -> Vec<(Layer, PathBuf)> {
        let files = self.pip().into_iter();
        files.map(|file| (file.layer, file.path)).collect()
    }

    /// Lists pip's files, lowest first (pip's documentation, "Configuration Files").
    pub(crate) fn pip(&self) -> Vec<Candidate> {
        let named = self.variables.get_os("PIP_CONFIG_FILE").map(PathBuf::from);
        if named
            .as_deref()
            .is_some_and(|path| path == Path::new("/dev/null") || path == Path::new("nul"))
        {
            return Vec::new();
        }
        let mut found = Vec::new();
        let mut push = |layer: Layer, path: PathBuf| found.push(Candidate { layer, path });
        let name = if self.platform == ConfigPlatform::Windows {
            "pip.ini"
        } else {
            "pip.conf"
        };
        match self.platform {
            ConfigPlatform::Unix => {
                let mut dirs = self.xdg_config_dirs();
                dirs.reverse();
                for dir in dirs {
                    push(Layer::System, dir.join("pip").join(name));
                }
                push(Layer::System, Path::new("/etc").join(name));
            }
            ConfigPlatform::Macos => {
                push(
                    Layer::System,
                    Path::new("/Library/Application Support/pip").join(name),
                );
            }
            ConfigPlatform::Windows => {
                if let Some(base) = self.variable("PROGRAMDATA") {
                    push(Layer::System, base.join("pip").join(name));
                }
            }
        }
        if named.is_none() {
            if let Some(home) = self.home {
                let legacy = if self.platform == ConfigPlatform::Windows {
                    "pip"
                } else {
                    ".pip"
                };
                push(Layer::User, home.join(legacy).join(name));
                if self.platform == ConfigPlatform::Macos {
                    push(
                        Layer::User,
                        home.join("Library/Application Support/pip").join(name),
                    );
                }
            }
            let base = match self.platform {
                ConfigPlatform::Windows => self.variable("APPDATA"),
                _ => self
                    .variable("XDG_CONFIG_HOME")
                    .or_else(|| self.home.map(|home| home.join(".config"))),
            };
            if let Some(base) = base {
                push(Layer::User, base.join("pip").join(name));
            }
        }
        let active = self.variables.get_os("VIRTUAL_ENV").map(Path::new);
        if let Some(env) = active.or(self.environment) {
            push(Layer::Site, env.join(name));
        }
        if let Some(path) = named {
            push(Layer::Site, path);
        }
        found
    }
}
