//! The keyring of the system, through the program that comes with it.
//!
//! Secrets go through pipes only: arguments can be seen by others.

use std::path::{Path, PathBuf};
use std::time::Duration;

use naja_index::{Secret, ask_program};
use naja_spec::SafeUrl;
use serde::{Deserialize, Serialize};

use crate::process::ProcessEnv;

/// Longest time for an answer: the user may have to unlock the keyring.
const LIMIT: Duration = Duration::from_secs(120);

/// Which keyring holds a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// The Secret Service of a Linux desktop, through libsecret's `secret-tool`.
    SecretService,
    /// The keychain of macOS, through `security`.
    Keychain,
}

/// The keyring of this system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct System {
    pub(super) kind: Kind,
    program: PathBuf,
}

impl System {
    /// Finds the keyring of this session, if there is one.
    pub(super) fn find(process: &ProcessEnv) -> Option<Self> {
        if cfg!(target_os = "macos") {
            let program = PathBuf::from("/usr/bin/security");
            let kind = Kind::Keychain;
            return program.exists().then_some(Self { kind, program });
        }
        if cfg!(windows) || !has_bus(process) {
            return None;
        }
        let path = process.var_os("PATH")?;
        let program = std::env::split_paths(path)
            .filter(|dir| dir.is_absolute())
            .map(|dir| dir.join("secret-tool"))
            .find(|program| program.is_file())?;
        let kind = Kind::SecretService;
        Some(Self { kind, program })
    }

    /// Keeps a password.
    pub(super) fn set(
        &self,
        service: &SafeUrl,
        user: &str,
        password: &Secret,
    ) -> Result<(), String> {
        let address = service.with_secrets();
        let said = match self.kind {
            Kind::SecretService => {
                let label = format!("--label=naja: {address}");
                let mut words = vec!["store", &label];
                words.extend(attributes(address, user));
                self.ask(&words, Some(&password.0))?
            }
            Kind::Keychain => {
                // Its own arguments would show the password; its standard input takes commands.
                let line = format!(
                    "add-generic-password -U -a {} -s {} -X {}\n",
                    quoted(user),
                    quoted(&naming(address)),
                    hex(&password.0)
                );
                self.ask(&["-i"], Some(&line))?
            }
        };
        said.map(|_| ()).ok_or_else(|| self.failed())
    }

    /// Returns a password.
    pub(super) fn get(&self, service: &SafeUrl, user: &str) -> Result<Option<Secret>, String> {
        let address = service.with_secrets();
        let said = match self.kind {
            Kind::SecretService => {
                let mut words = vec!["lookup"];
                words.extend(attributes(address, user));
                self.ask(&words, None)?
            }
            Kind::Keychain => {
                let name = naming(address);
                self.ask(
                    &["find-generic-password", "-a", user, "-s", &name, "-w"],
                    None,
                )?
            }
        };
        Ok(said.filter(|text| !text.is_empty()).map(Secret))
    }

    /// Forgets a password; that there is none is fine.
    pub(super) fn remove(&self, service: &SafeUrl, user: &str) -> Result<(), String> {
        let address = service.with_secrets();
        match self.kind {
            Kind::SecretService => {
                let mut words = vec!["clear"];
                words.extend(attributes(address, user));
                self.ask(&words, None)?;
            }
            Kind::Keychain => {
                let name = naming(address);
                self.ask(&["delete-generic-password", "-a", user, "-s", &name], None)?;
            }
        }
        Ok(())
    }

    fn ask(&self, words: &[&str], input: Option<&str>) -> Result<Option<String>, String> {
        ask_program(&self.program, words, input, LIMIT)
    }

    fn failed(&self) -> String {
        format!("`{}` failed", name_of(&self.program))
    }
}

fn name_of(program: &Path) -> String {
    program
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Whether there is a session bus to ask over.
fn has_bus(process: &ProcessEnv) -> bool {
    process.var("DBUS_SESSION_BUS_ADDRESS").is_some()
        || process
            .var("XDG_RUNTIME_DIR")
            .is_some_and(|dir| Path::new(dir).join("bus").exists())
}

fn attributes<'a>(address: &'a str, user: &'a str) -> [&'a str; 6] {
    ["application", "naja", "service", address, "username", user]
}

fn naming(address: &str) -> String {
    format!("naja: {address}")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_the_keychain_are_quoted() {
        assert_eq!(quoted(r#"a"b\c d"#), r#""a\"b\\c d""#);
        assert_eq!(hex("aé"), "61c3a9");
    }
}
