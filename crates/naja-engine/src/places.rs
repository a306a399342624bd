//! Where naja keeps what lasts: the user's directory for data.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::process::ProcessEnv;

/// Where environments of central storage are, below the directory for data.
pub(crate) const CENTRAL: &str = "envs";

/// The directory in which naja keeps what cannot be fetched again: the registry of environments,
/// environments in central storage, directories the user allowed.
///
/// `NAJA_DATA_DIR`, else `naja` in the user's directory for data. There is no setting for it: a
/// project must not be able to say whom this user trusts.
///
/// # Errors
/// There is no home directory.
pub fn data_dir(process: &ProcessEnv) -> Result<PathBuf, Failure> {
    find_data_dir(process).ok_or_else(|| {
        Failure::environment("there is no place for the data of naja")
            .cause("neither HOME nor XDG_DATA_HOME is set")
            .hint("name one: the variable NAJA_DATA_DIR")
    })
}

/// As [`data_dir`], for those who can do without.
pub(crate) fn find_data_dir(process: &ProcessEnv) -> Option<PathBuf> {
    if let Some(dir) = process.var("NAJA_DATA_DIR") {
        return Some(process.absolute(Path::new(dir)));
    }
    let absolute = |name| {
        process
            .var(name)
            .map(PathBuf::from)
            .filter(|dir| dir.is_absolute())
    };
    if let Some(dir) = absolute("XDG_DATA_HOME") {
        return Some(dir.join("naja"));
    }
    #[cfg(windows)]
    if let Some(dir) = absolute("LOCALAPPDATA") {
        return Some(dir.join("naja").join("data"));
    }
    let home = process.home.as_ref()?;
    Some(home.join(".local/share/naja"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(vars: &[(&str, &str)], home: Option<&str>) -> ProcessEnv {
        ProcessEnv {
            home: home.map(PathBuf::from),
            ..ProcessEnv::with_vars(vars)
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_nearest_word_counts() {
        let dir = |vars: &[_], home| find_data_dir(&process(vars, home));
        let all = [("NAJA_DATA_DIR", "d"), ("XDG_DATA_HOME", "/x")];
        assert_eq!(dir(&all, Some("/h")), Some("/cwd/d".into()));
        assert_eq!(dir(&all[1..], Some("/h")), Some("/x/naja".into()));
        let relative = [("XDG_DATA_HOME", "x")];
        let home = Some("/h/.local/share/naja".into());
        assert_eq!(dir(&relative, Some("/h")), home);
        assert_eq!(dir(&[], None), None);
        assert!(data_dir(&process(&[], None)).is_err());
    }
}
