//! The user's `keyring` program, as pip and others ask it.
//!
//! It gets an address and a user name as arguments, never a secret, and answers on its standard
//! output. Nothing is asked twice in one run.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use naja_spec::SafeUrl;

use crate::netrc::Login;

/// How often the end of a program is looked for whose output has ended.
const LOOK: Duration = Duration::from_millis(5);
/// Longest answer (bytes).
const LONGEST: u64 = 1 << 20;

/// How the `keyring` program is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyring {
    /// The program: a path, or a name that is looked up in `PATH`.
    pub program: PathBuf,
    /// Longest time it may take to answer one question.
    pub time_limit: Duration,
}

impl Default for Keyring {
    fn default() -> Self {
        Self {
            program: PathBuf::from("keyring"),
            time_limit: Duration::from_secs(60),
        }
    }
}

impl Keyring {
    /// Asks for a login: first under the whole address, then under its host. Without a user
    /// name the keyring has to know that, too (`--mode creds`).
    ///
    /// # Errors
    /// The program cannot be started, or gives no answer in time. That it knows nothing is none.
    pub fn ask(&self, place: &SafeUrl, user: Option<&str>) -> Result<Option<Login>, String> {
        if user.is_some_and(|user| user.starts_with('-')) {
            // It would be read as an option.
            return Ok(None);
        }
        // Arguments of a program can be seen by others: no credentials, no query.
        let mut address = place.without_credentials().as_url().clone();
        address.set_fragment(None);
        address.set_query(None);
        for service in [Some(String::from(address)), host(place)] {
            let Some(service) = service else { continue };
            let found = match user {
                Some(user) => self.get(&["get", &service, user])?.map(|password| Login {
                    user: user.to_owned(),
                    password,
                }),
                None => {
                    let answer = self.get(&["--mode", "creds", "get", &service])?;
                    answer.and_then(|text| both(&text))
                }
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn get(&self, arguments: &[&str]) -> Result<Option<String>, String> {
        let answer = ask_program(&self.program, arguments, None, self.time_limit)?;
        Ok(answer.filter(|text| !text.is_empty()))
    }
}

/// Runs a program that keeps secrets, for one answer on its standard output, without the line
/// ends behind it. `input` goes to its standard input: arguments can be seen by others. `None` is
/// the answer of a program that fails or says nothing.
///
/// # Errors
/// A text for people: it cannot be started, or gives no answer in time; it is ended then.
pub fn ask_program(
    program: &Path,
    arguments: &[&str],
    input: Option<&str>,
    time_limit: Duration,
) -> Result<Option<String>, String> {
    let named = |error: std::io::Error| format!("`{}`: {error}", program.display());
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(if input.is_some() {
            Stdio::piped()
        } else {
            Stdio::null()
        })
        .stdout(Stdio::piped())
        // Some keyrings say here where the user can confirm a login.
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(named)?;
    if let (Some(input), Some(mut pipe)) = (input, child.stdin.take()) {
        // Short enough for any pipe. A program that does not read it says so by its status.
        let _unread = pipe.write_all(input.as_bytes());
    }
    let Some((status, text)) = wait(&mut child, time_limit).map_err(named)? else {
        return Err(format!(
            "`{}` did not answer within {} seconds",
            program.display(),
            time_limit.as_secs()
        ));
    };
    let text = text.trim_end_matches(['\r', '\n']).to_owned();
    Ok(status.success().then_some(text))
}

/// Waits for the end; `None` if the time is over. The program is ended then.
fn wait(child: &mut Child, time_limit: Duration) -> std::io::Result<Option<(ExitStatus, String)>> {
    let deadline = Instant::now() + time_limit;
    let (sender, receiver) = channel();
    if let Some(out) = child.stdout.take() {
        // It ends with the output; a grandchild may hold that open for longer than we wait.
        thread::spawn(move || {
            let mut text = Vec::new();
            let read = out.take(LONGEST).read_to_end(&mut text).map(|_| text);
            // Nobody waits any more.
            drop(sender.send(read));
        });
    }
    let Ok(read) = receiver.recv_timeout(time_limit) else {
        child.kill()?;
        child.wait()?;
        return Ok(None);
    };
    let text = String::from_utf8_lossy(&read?).into_owned();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some((status, text)));
        }
        if Instant::now() >= deadline {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK);
    }
}

/// `host`, or `host:port` if the port is written.
fn host(place: &SafeUrl) -> Option<String> {
    let host = place.host()?;
    Some(match place.as_url().port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// The user name on the first line, the password on the second.
fn both(text: &str) -> Option<Login> {
    let (user, password) = text.split_once('\n')?;
    Some(Login {
        user: user.trim_end_matches('\r').to_owned(),
        password: password.to_owned(),
    })
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn program(script: &str) -> (tempfile::TempDir, Keyring) {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keyring");
        let staged = dir.path().join("staged");
        std::fs::write(&staged, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&staged, std::fs::Permissions::from_mode(0o755)).unwrap();
        // Copied by another process: a file that this one wrote may still be open in a child.
        assert!(
            Command::new("cp")
                .args([&staged, &path])
                .status()
                .unwrap()
                .success()
        );
        let keyring = Keyring {
            program: path,
            ..Keyring::default()
        };
        (dir, keyring)
    }

    fn place() -> SafeUrl {
        SafeUrl::parse("https://u:p@index.example:8443/simple/#x").unwrap()
    }

    #[test]
    fn the_address_is_asked_before_the_host() {
        let (dir, keyring) = program(
            r#"echo "$@" >> "$(dirname "$0")/log"
               [ "$2" = index.example:8443 ] && echo feather || exit 1"#,
        );
        let login = keyring.ask(&place(), Some("owl")).unwrap().unwrap();
        assert_eq!((&*login.user, &*login.password), ("owl", "feather"));
        let log = std::fs::read_to_string(dir.path().join("log")).unwrap();
        assert_eq!(
            log,
            "get https://index.example:8443/simple/ owl\nget index.example:8443 owl\n"
        );
    }

    #[test]
    fn without_a_user_both_are_asked_for() {
        let (_dir, keyring) =
            program(r#"[ "$1 $2 $3" = "--mode creds get" ] && printf 'owl\nfea ther\n' || exit 2"#);
        let login = keyring.ask(&place(), None).unwrap().unwrap();
        assert_eq!((&*login.user, &*login.password), ("owl", "fea ther"));
        let (_dir, old) = program("exit 2");
        assert_eq!(old.ask(&place(), None), Ok(None));
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let (_dir, mut keyring) = program("exec sleep 600");
        keyring.time_limit = Duration::from_millis(50);
        let error = keyring.ask(&place(), Some("owl")).unwrap_err();
        assert!(error.contains("did not answer"), "{error}");
        keyring.program = "/nonexistent/keyring".into();
        assert!(keyring.ask(&place(), Some("owl")).is_err());
    }

    #[test]
    fn a_user_name_that_looks_like_an_option_is_not_passed_on() {
        let (_dir, keyring) = program("echo feather");
        assert_eq!(keyring.ask(&place(), Some("--help")), Ok(None));
    }
}
