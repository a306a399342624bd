//! The file of logins: owner-only, written whole, refused when others could have read it.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use naja_index::{Keeper, KeptLogin, Secret};
use naja_spec::SafeUrl;
use naja_store::lock;
use serde::{Deserialize, Serialize};

use super::system::{Kind, System};

/// The form of the file that this naja writes.
const VERSION: u32 = 1;
/// No file is longer than this (bytes).
const LONGEST: u64 = 4 << 20;

/// One login of the file. Not shown by `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The address of the service, without credentials.
    #[serde(with = "address")]
    pub(super) service: SafeUrl,
    /// The user name; may be empty.
    #[serde(default)]
    pub(super) username: String,
    /// The password, if it is in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) password: Option<String>,
    /// Which keyring has it otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) keyring: Option<Kind>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

impl Entry {
    pub(super) fn is_for(&self, service: &SafeUrl) -> bool {
        let path = |url: &SafeUrl| url.path().trim_end_matches('/').to_owned();
        self.service.same_origin(service) && path(&self.service) == path(service)
    }
}

mod address {
    use naja_spec::SafeUrl;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(url: &SafeUrl, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(url.without_credentials().with_secrets())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SafeUrl, D::Error> {
        let text = String::deserialize(from)?;
        SafeUrl::parse(&text).map_err(|_secret| de::Error::custom("no address"))
    }
}

#[derive(Serialize, Deserialize)]
struct Contents {
    version: u32,
    logins: Vec<Entry>,
}

/// The file with the keyring behind it.
#[derive(Clone, Debug)]
pub(crate) struct Vault {
    dir: PathBuf,
    system: Option<System>,
}

impl Vault {
    pub(super) fn new(dir: PathBuf, system: Option<System>) -> Self {
        Self { dir, system }
    }

    fn path(&self) -> PathBuf {
        self.dir.join("logins.json")
    }

    /// Where the password of an entry is, in words.
    pub(super) fn place(&self, entry: &Entry) -> String {
        if entry.keyring.is_some() {
            "the system's keyring".to_owned()
        } else {
            self.path().display().to_string()
        }
    }

    /// Reads the file; a missing one is empty.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, String> {
        let path = self.path();
        let named = |reason: &dyn std::fmt::Display| format!("{}: {reason}", path.display());
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if is_absent(&error) => return Ok(Vec::new()),
            Err(error) => return Err(named(&error)),
        };
        check_owner(&file).map_err(|reason| named(&reason))?;
        let mut text = Vec::new();
        let read = file.take(LONGEST).read_to_end(&mut text);
        read.map_err(|error| named(&error))?;
        let version: Version =
            serde_json::from_slice(&text).map_err(|error| named(&place(&error)))?;
        if version.version != VERSION {
            return Err(named(&format!(
                "its form is {}, this naja reads {VERSION}",
                version.version
            )));
        }
        let contents: Contents =
            serde_json::from_slice(&text).map_err(|error| named(&place(&error)))?;
        Ok(contents.logins)
    }

    /// Keeps a login in the place of an earlier one of the same user. Also returns why the
    /// system's keyring could not be used, if so.
    pub(super) fn keep(
        &self,
        service: &SafeUrl,
        username: &str,
        password: &Secret,
    ) -> Result<(Entry, Option<String>), String> {
        let _lock = self.lock()?;
        let mut entries = self.entries()?;
        entries.retain(|entry| !(entry.is_for(service) && entry.username == username));
        let mut entry = Entry {
            service: service.without_credentials(),
            username: username.to_owned(),
            password: None,
            keyring: None,
        };
        let mut trouble = None;
        if let Some(system) = &self.system {
            match system.set(&entry.service, username, password) {
                Ok(()) => entry.keyring = Some(system.kind),
                Err(reason) => trouble = Some(reason),
            }
        }
        if entry.keyring.is_none() {
            entry.password = Some(password.0.clone());
        }
        entries.push(entry.clone());
        self.write(entries)?;
        Ok((entry, trouble))
    }

    /// Forgets a login.
    pub(super) fn forget(&self, service: &SafeUrl, username: &str) -> Result<(), String> {
        let _lock = self.lock()?;
        let (gone, left): (Vec<Entry>, Vec<Entry>) = self
            .entries()?
            .into_iter()
            .partition(|entry| entry.is_for(service) && entry.username == username);
        for entry in gone.iter().filter(|entry| entry.keyring.is_some()) {
            if let Some(system) = self.system_of(entry) {
                system.remove(&entry.service, username)?;
            }
        }
        self.write(left)
    }

    fn system_of(&self, entry: &Entry) -> Option<&System> {
        let system = self.system.as_ref();
        system.filter(|system| entry.keyring == Some(system.kind))
    }

    fn lock(&self) -> Result<lock::FileLock, String> {
        let named = |error: std::io::Error| format!("{}: {error}", self.dir.display());
        make_dir(&self.dir).map_err(named)?;
        lock::exclusive(&self.dir.join(".lock"), &mut || ()).map_err(named)
    }

    /// Writes the file beside its place and moves it there. The lock is held.
    fn write(&self, logins: Vec<Entry>) -> Result<(), String> {
        let path = self.path();
        let named = |error: std::io::Error| format!("{}: {error}", path.display());
        let contents = Contents {
            version: VERSION,
            logins,
        };
        let mut text = serde_json::to_vec_pretty(&contents)
            .map_err(|error| format!("{}: {}", path.display(), place(&error)))?;
        text.push(b'\n');
        let beside = path.with_extension("json.new");
        if let Err(error) = std::fs::remove_file(&beside)
            && !is_absent(&error)
        {
            return Err(named(error));
        }
        let mut file = create(&beside).map_err(named)?;
        file.write_all(&text).map_err(named)?;
        file.sync_all().map_err(named)?;
        std::fs::rename(&beside, &path).map_err(named)
    }
}

impl Keeper for Vault {
    fn logins(&self) -> Result<Vec<KeptLogin>, String> {
        Ok(self.entries()?.iter().map(KeptLogin::from).collect())
    }

    fn password(&self, service: &SafeUrl, user: &str) -> Result<Option<Secret>, String> {
        let entries = self.entries()?;
        let entry = entries
            .iter()
            .find(|entry| entry.is_for(service) && entry.username == user);
        let Some(entry) = entry else { return Ok(None) };
        match self.system_of(entry) {
            Some(system) => system.get(&entry.service, user),
            None => Err(format!(
                "the password for {service} is on the system's keyring, which cannot be reached"
            )),
        }
    }
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

/// Where a file is wrong, without the words in it.
fn place(error: &serde_json::Error) -> String {
    format!(
        "it cannot be understood (line {}, column {})",
        error.line(),
        error.column()
    )
}

fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

#[cfg(unix)]
fn check_owner(file: &File) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is no file".to_owned());
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err("it belongs to somebody else".to_owned());
    }
    if metadata.mode() & 0o077 != 0 {
        return Err("others can read it; `chmod 600` it, and change the passwords".to_owned());
    }
    Ok(())
}

/// The directory of the user's profile is closed to others there.
#[cfg(not(unix))]
fn check_owner(file: &File) -> Result<(), String> {
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if metadata.is_file() {
        Ok(())
    } else {
        Err("it is no file".to_owned())
    }
}

fn make_dir(dir: &Path) -> std::io::Result<()> {
    crate::system::private_dirs().recursive(true).create(dir)
}

fn create(path: &Path) -> std::io::Result<File> {
    crate::system::private_file().create_new(true).open(path)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    use super::*;

    fn vault(name: &str) -> Vault {
        let dir = std::env::temp_dir().join(format!("naja-vault-{}-{name}", std::process::id()));
        // Left by an earlier process with the same number.
        drop(std::fs::remove_dir_all(&dir));
        Vault::new(dir.join("data"), None)
    }

    fn url(text: &str) -> SafeUrl {
        SafeUrl::parse(text).expect("an address")
    }

    #[test]
    fn logins_are_kept_and_forgotten() {
        let vault = vault("kept");
        assert!(vault.entries().unwrap().is_empty());
        assert!(!vault.dir.exists(), "reading makes nothing");
        let service = url("https://index.example/simple/");
        for password in ["first", "second"] {
            let secret = Secret(password.to_owned());
            vault.keep(&service, "owl", &secret).unwrap();
        }
        vault
            .keep(&service, "cat", &Secret("third".into()))
            .unwrap();
        let entries = vault.entries().unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].password.as_deref(), Some("second"));
        assert!(!format!("{entries:?} {:?}", vault.logins()).contains("second"));
        let mode = |path: &Path| std::fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!(mode(&vault.path()), 0o600);
        assert_eq!(mode(&vault.dir), 0o700);
        vault
            .forget(&url("https://index.example/simple"), "owl")
            .unwrap();
        assert_eq!(vault.entries().unwrap().len(), 1);
        std::fs::remove_dir_all(vault.dir.parent().unwrap()).unwrap();
    }

    #[test]
    fn files_that_others_can_read_or_that_are_odd_are_refused() {
        let vault = vault("odd");
        let secret = Secret("feather".to_owned());
        vault
            .keep(&url("https://a.example/"), "owl", &secret)
            .unwrap();
        for mode in [0o640, 0o604, 0o620, 0o644] {
            let open = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(vault.path(), open).unwrap();
            assert!(vault.entries().unwrap_err().contains("others can read it"));
            assert!(
                vault
                    .keep(&url("https://b.example/"), "owl", &secret)
                    .is_err()
            );
        }
        for text in [
            r#"{"version": 2, "logins": "feather"}"#,
            r#"{"version": 1, "logins": "feather"}"#,
            r#"{"version": 1, "logins": [{"service": "feather"}]}"#,
            r#"{"version": 1, "logins": [{"service": "https://a/", "password": {"feather": 1}}]}"#,
            "feather",
            "",
        ] {
            drop(std::fs::remove_file(vault.path()));
            create(&vault.path())
                .unwrap()
                .write_all(text.as_bytes())
                .unwrap();
            let error = vault.entries().unwrap_err();
            assert!(!error.contains("feather"), "{error}");
        }
        std::fs::remove_dir_all(vault.dir.parent().unwrap()).unwrap();
    }
}
