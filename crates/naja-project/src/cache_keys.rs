//! `cache-keys`: what has to change for a local project to be built again.

use toml::de::{DeTable, DeValue};

use crate::project_file::ProjectFileError;

/// One thing that a build depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheKey {
    /// The files of a pattern, relative to the project; times and sizes count.
    Files(String),
    /// Whether there is such a directory.
    Directory(String),
    /// The value of a variable.
    Variable(String),
    /// The repository around the project.
    Git {
        /// The commit that is checked out.
        commit: bool,
        /// All tags.
        tags: bool,
    },
}

/// Reads `[tool.naja] cache-keys`, else `[tool.uv] cache-keys`; `None` where there is neither.
///
/// # Errors
/// It is no list of patterns and of tables with `file`, `dir`, `env` or `git`.
pub(crate) fn read(project: &DeTable<'_>) -> Result<Option<Vec<CacheKey>>, ProjectFileError> {
    let tool = project
        .get("tool")
        .and_then(|tool| tool.get_ref().as_table());
    for (owner, key) in [
        ("naja", "tool.naja.cache-keys"),
        ("uv", "tool.uv.cache-keys"),
    ] {
        let table = tool.and_then(|tool| tool.get(owner)?.get_ref().as_table());
        let Some(value) = table.and_then(|table| table.get("cache-keys")) else {
            continue;
        };
        let keys = value.get_ref().as_array().and_then(|list| {
            let keys = list.iter().map(|item| one(item.get_ref()));
            keys.collect::<Option<Vec<_>>>()
        });
        return keys.map(Some).ok_or_else(|| ProjectFileError::Wrong {
            key: key.to_owned(),
            expected: "a list of patterns and of tables such as { file = \"*.c\" }, { dir = \"src\" }, \
                 { env = \"NAME\" }, { git = { commit = true } }",
        });
    }
    Ok(None)
}

fn one(value: &DeValue<'_>) -> Option<CacheKey> {
    let table = match value {
        DeValue::String(pattern) => return Some(CacheKey::Files(pattern.to_string())),
        other => other.as_table()?,
    };
    let [(name, value)] = table.iter().collect::<Vec<_>>()[..] else {
        return None;
    };
    let value = value.get_ref();
    let text = || value.as_str().map(str::to_owned);
    match name.get_ref().as_ref() {
        "file" => text().map(CacheKey::Files),
        "dir" => text().map(CacheKey::Directory),
        "env" => text().map(CacheKey::Variable),
        "git" => git(value),
        _ => None,
    }
}

fn git(value: &DeValue<'_>) -> Option<CacheKey> {
    if let Some(both) = value.as_bool() {
        return Some(CacheKey::Git {
            commit: both,
            tags: false,
        });
    }
    let table = value.as_table()?;
    let known = |name: &str| matches!(name, "commit" | "tags");
    if !table.keys().all(|name| known(name.get_ref())) {
        return None;
    }
    let is_on = |name: &str| match table.get(name) {
        None => Some(false),
        Some(value) => value.get_ref().as_bool(),
    };
    Some(CacheKey::Git {
        commit: is_on("commit")?,
        tags: is_on("tags")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProjectFile;

    fn keys(text: &str) -> Option<Vec<CacheKey>> {
        ProjectFile::parse(text).unwrap().cache_keys
    }

    #[test]
    fn all_kinds_are_read() {
        let found = keys(
            "[tool.uv]\ncache-keys = ['**/*.c', {file = 'x.txt'}, {dir = 'src'}, {env = 'CC'},\n\
             {git = true}, {git = {commit = true, tags = true}}]\n",
        );
        let git = |tags| CacheKey::Git { commit: true, tags };
        assert_eq!(
            found.unwrap(),
            [
                CacheKey::Files("**/*.c".into()),
                CacheKey::Files("x.txt".into()),
                CacheKey::Directory("src".into()),
                CacheKey::Variable("CC".into()),
                git(false),
                git(true),
            ]
        );
        assert_eq!(keys("[tool.uv]\nx = 1\n"), None);
        let both = "[tool.uv]\ncache-keys = ['a']\n[tool.naja]\ncache-keys = []\n";
        assert_eq!(keys(both), Some(Vec::new()));
    }

    #[test]
    fn mistakes_are_told() {
        for text in [
            "'a'",
            "[1]",
            "[{}]",
            "[{file = 'a', dir = 'b'}]",
            "[{files = 'a'}]",
            "[{git = {tag = true}}]",
            "[{git = {tags = 1}}]",
        ] {
            let text = format!("[tool.uv]\ncache-keys = {text}\n");
            assert!(ProjectFile::parse(&text).is_err(), "{text}");
        }
    }
}
