//! `naja auth`: logins that are kept for services.
//!
//! They are listed in one file that only its owner may read; the passwords are on the keyring of
//! the system where there is one, else in that file.

mod system;
mod vault;

use std::path::{Path, PathBuf};

use naja_index::{Keeper as _, KeptLogin, Keyring, Login, ask_program};
use naja_project::settings::KeyringProvider;
use naja_spec::SafeUrl;

use crate::failure::Failure;
use crate::places;
use crate::process::ProcessEnv;
use crate::session::Session;

pub use naja_index::Secret;
pub(crate) use vault::Vault;

use system::System;
use vault::Entry;

/// The user name that services take together with a token.
pub const TOKEN_USER: &str = "__token__";

/// What is to be kept.
#[derive(Clone, Debug)]
pub struct LoginRequest {
    /// The service: a host or an address.
    pub service: String,
    /// The user name, if it is not in the address.
    pub username: Option<String>,
    /// The password or token.
    pub password: Secret,
}

/// What was kept or forgotten.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The service.
    pub service: SafeUrl,
    /// The user name.
    pub username: String,
    /// Where the password is, in words.
    pub place: String,
}

/// The directory of what is kept: `NAJA_CREDENTIALS_DIR`, `UV_CREDENTIALS_DIR`, else in the
/// user's directory for data.
///
/// # Errors
/// There is no home directory.
pub fn dir(session: &Session) -> Result<PathBuf, Failure> {
    dir_of(&session.process).ok_or_else(|| {
        Failure::environment("there is no place for credentials")
            .cause("neither HOME nor XDG_DATA_HOME is set")
            .hint("name one: the variable NAJA_CREDENTIALS_DIR")
    })
}

fn dir_of(process: &ProcessEnv) -> Option<PathBuf> {
    let named = ["NAJA_CREDENTIALS_DIR", "UV_CREDENTIALS_DIR"]
        .iter()
        .zip([true, false])
        .find_map(|(name, own)| Some((process.var(name)?, own)));
    match named {
        Some((dir, true)) => return Some(process.absolute(Path::new(dir))),
        // Not into the files of another tool, but beside them.
        Some((dir, false)) => return Some(process.absolute(Path::new(dir)).join("naja")),
        None => {}
    }
    Some(places::find_data_dir(process)?.join("credentials"))
}

/// What is kept, for the index client; `None` if there is no place for it.
pub(crate) fn vault(process: &ProcessEnv) -> Option<Vault> {
    Some(Vault::new(dir_of(process)?, System::find(process)))
}

fn open(session: &Session) -> Result<Vault, Failure> {
    Ok(Vault::new(dir(session)?, System::find(&session.process)))
}

/// The program of `--keyring-provider subprocess`, if that is asked for.
pub(crate) fn keyring(session: &Session) -> Option<Keyring> {
    let provider = session.settings.keyring_provider.value;
    (provider == KeyringProvider::Subprocess).then(Keyring::default)
}

/// Says which service and which user an argument means.
///
/// # Errors
/// It is no host and no address of the web.
pub fn service(argument: &str) -> Result<(SafeUrl, Option<Login>), Failure> {
    let wrong = || {
        let shown = naja_spec::mask_urls(argument).into_owned();
        Failure::usage(format!("`{shown}` is no service"))
            .cause("a service is a host or an address that begins with https:// or http://")
    };
    let text = argument.trim();
    let address = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let url = SafeUrl::parse(&address).map_err(|_not_one| wrong())?;
    if !matches!(url.scheme(), "https" | "http") || url.host().is_none_or(str::is_empty) {
        return Err(wrong());
    }
    let login = url.credentials().map(|credentials| Login {
        user: credentials.username,
        password: credentials.password.unwrap_or_default(),
    });
    let mut bare = url.without_credentials().as_url().clone();
    bare.set_fragment(None);
    bare.set_query(None);
    Ok((SafeUrl::from(bare), login))
}

/// Keeps a login.
///
/// # Errors
/// The service is none, or it cannot be kept.
pub fn login(session: &mut Session, request: &LoginRequest) -> Result<Kept, Failure> {
    let (service, in_address) = service(&request.service)?;
    let in_address = in_address.map(|login| login.user);
    let username = request.username.clone().or(in_address).unwrap_or_default();
    check(&username, &request.password)?;
    if service.scheme() == "http" && !is_loopback(&service) {
        session.warn(format!(
            "{service} is not protected by TLS: everybody on the way can read the password"
        ));
    }
    if let Some(keyring) = keyring(session) {
        set_in_keyring(&keyring, &service, &username, &request.password)?;
        let place = "the program `keyring`".to_owned();
        return Ok(Kept {
            service,
            username,
            place,
        });
    }
    let vault = open(session)?;
    let (kept, trouble) = vault
        .keep(&service, &username, &request.password)
        .map_err(|reason| not_kept("could not keep the login", reason))?;
    if let Some(trouble) = trouble {
        session.warn(format!(
            "the system's keyring could not be used ({trouble}); the password is in a file"
        ));
    }
    let place = vault.place(&kept);
    Ok(Kept {
        service,
        username,
        place,
    })
}

/// The service, and who is meant there: by name, else by the address.
fn service_of(service: &str, username: Option<&str>) -> Result<(SafeUrl, Option<String>), Failure> {
    let (service, in_address) = self::service(service)?;
    let in_address = || in_address.map(|login| login.user);
    Ok((service, username.map(str::to_owned).or_else(in_address)))
}

/// Refuses what no server and no keyring could take.
fn check(username: &str, password: &Secret) -> Result<(), Failure> {
    if password.0.is_empty() {
        return Err(Failure::usage("the password is empty"));
    }
    let odd = |text: &str| text.chars().any(char::is_control);
    if odd(username) || odd(&password.0) || username.starts_with('-') || username.contains(':') {
        return Err(Failure::usage(
            "user name or password has characters that cannot be sent",
        ));
    }
    Ok(())
}

fn is_loopback(url: &SafeUrl) -> bool {
    matches!(url.host(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

fn not_kept(title: &str, reason: String) -> Failure {
    Failure::environment(title).cause(reason)
}

fn set_in_keyring(
    keyring: &Keyring,
    service: &SafeUrl,
    username: &str,
    password: &Secret,
) -> Result<(), Failure> {
    if username.is_empty() {
        return Err(Failure::usage("the keyring needs a user name").hint("add `--username NAME`"));
    }
    let words = ["set", service.with_secrets(), username];
    let said = ask_program(
        &keyring.program,
        &words,
        Some(&password.0),
        keyring.time_limit,
    );
    match said {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(not_kept(
            "could not keep the login",
            "the program `keyring` failed".to_owned(),
        )),
        Err(reason) => Err(not_kept("could not keep the login", reason)),
    }
}

/// Forgets a login.
///
/// # Errors
/// Nothing is kept for the service, or more than one login and no user name says which.
pub fn logout(
    session: &mut Session,
    service: &str,
    username: Option<&str>,
) -> Result<Kept, Failure> {
    let (service, username) = service_of(service, username)?;
    if let Some(keyring) = keyring(session) {
        let username = username.ok_or_else(which_user)?;
        let words = ["del", service.with_secrets(), &username];
        let said = ask_program(&keyring.program, &words, None, keyring.time_limit);
        let place = "the program `keyring`".to_owned();
        return match said {
            Ok(Some(_)) => Ok(Kept {
                service,
                username,
                place,
            }),
            Ok(None) => Err(nothing(&service, Some(&username))),
            Err(reason) => Err(not_kept("could not forget the login", reason)),
        };
    }
    let vault = open(session)?;
    let entry = one(&vault, &service, username.as_deref())?;
    let place = vault.place(&entry);
    vault
        .forget(&service, &entry.username)
        .map_err(|reason| not_kept("could not forget the login", reason))?;
    let username = entry.username;
    Ok(Kept {
        service,
        username,
        place,
    })
}

/// Tells the password or token for a service.
///
/// # Errors
/// Nothing is kept for it, or more than one login and no user name says which.
pub fn token(session: &Session, service: &str, username: Option<&str>) -> Result<Secret, Failure> {
    let (service, username) = service_of(service, username)?;
    if let Some(keyring) = keyring(session) {
        let found = keyring
            .ask(&service, username.as_deref())
            .map_err(|reason| not_kept("could not ask the keyring", reason))?;
        return match found {
            Some(login) => Ok(Secret(login.password)),
            None => Err(nothing(&service, username.as_deref())),
        };
    }
    let vault = open(session)?;
    let entry = one(&vault, &service, username.as_deref())?;
    if let Some(password) = entry.password {
        return Ok(Secret(password));
    }
    vault
        .password(&service, &entry.username)
        .map_err(|reason| not_kept("could not ask the system's keyring", reason))?
        .ok_or_else(|| {
            Failure::environment(format!(
                "the system's keyring has no password for {service}"
            ))
            .hint(format!("log in again: `naja auth login {service}`"))
        })
}

/// The one login that is kept for exactly this service.
fn one(vault: &Vault, service: &SafeUrl, username: Option<&str>) -> Result<Entry, Failure> {
    let entries = vault
        .entries()
        .map_err(|reason| not_kept("could not read what is kept", reason))?;
    let mut fitting = entries.into_iter().filter(|entry| {
        entry.is_for(service) && username.is_none_or(|name| name == entry.username)
    });
    let first = fitting.next();
    match (first, fitting.next()) {
        (Some(entry), None) => Ok(entry),
        (None, _) => Err(nothing(service, username)),
        (Some(_), Some(_)) => Err(which_user()),
    }
}

fn which_user() -> Failure {
    Failure::usage("more than one login may be meant").hint("add `--username NAME`")
}

fn nothing(service: &SafeUrl, username: Option<&str>) -> Failure {
    let who = username.map(|name| format!(" and the user {name}"));
    let who = who.unwrap_or_default();
    Failure::unsatisfied(format!("nothing is kept for {service}{who}"))
        .hint(format!("keep a login: `naja auth login {service}`"))
}

impl From<&Entry> for KeptLogin {
    fn from(entry: &Entry) -> Self {
        Self {
            service: entry.service.clone(),
            user: entry.username.clone(),
            password: entry.password.clone().map(Secret),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_hosts_or_addresses() {
        for (text, address, user) in [
            ("index.example", "https://index.example/", None),
            (
                "owl@index.example:81/a?token=1#x",
                "https://index.example:81/a",
                Some("owl"),
            ),
            ("http://index.example/a/", "http://index.example/a/", None),
        ] {
            let (service, login) = service(text).unwrap();
            assert_eq!(service.with_secrets(), address);
            assert_eq!(login.map(|login| login.user).as_deref(), user);
        }
        for text in ["", "https://", "file:///x", "ssh://x", "a b"] {
            assert!(service(text).is_err(), "{text}");
        }
        let error = service("ftp://me:secret@x.example/").unwrap_err();
        assert!(!format!("{error:?}").contains("secret"));
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        let secret = |text: &str| Secret(text.to_owned());
        assert!(check("owl", &secret("fea ther:")).is_ok());
        assert!(check("", &secret("x")).is_ok());
        for (user, password) in [("owl", ""), ("a:b", "x"), ("owl", "a\nb"), ("-x", "x")] {
            assert!(check(user, &secret(password)).is_err());
        }
    }
}
