//! Writing what was installed back into a requirements file (`--save`).

use std::path::{Path, PathBuf};

use naja_spec::{PackageName, Requirement, Version};

use crate::failure::Failure;
use crate::session::Session;

/// A requirements file that was read before anything was changed.
pub(super) struct SaveFile {
    path: PathBuf,
    text: String,
    wanted: Vec<Requirement>,
}

impl SaveFile {
    /// Reads the file, which need not exist, and the requirements of the command line.
    ///
    /// # Errors
    /// The file cannot be read or changed, or a requirement has no name to write down.
    pub(super) fn open(
        session: &Session,
        path: &Path,
        packages: &[String],
    ) -> Result<Self, Failure> {
        let path = session.process.absolute(path);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(Failure::environment(format!(
                    "could not read `{}`, which `--save` shall change",
                    path.display()
                ))
                .because(&error));
            }
        };
        let mut wanted = Vec::new();
        for package in packages {
            let requirement = Requirement::parse(package).map_err(|error| {
                Failure::usage(format!("`--save` cannot write `{package}` down"))
                    .because(&error)
                    .hint("give it a name: `NAME @ ADDRESS`")
            })?;
            wanted.push(requirement);
        }
        for requirement in &wanted {
            if let Some(line) = find(&text, &requirement.name)
                && line.trim_end().ends_with('\\')
            {
                return Err(Failure::usage(format!(
                    "`--save` cannot change the line of {} in `{}`",
                    requirement.name,
                    path.display()
                ))
                .cause("it goes on over several lines, as lines with hashes do")
                .hint("change the input of that file, and run `naja pip compile`"));
            }
        }
        Ok(Self { path, text, wanted })
    }

    /// Writes the file, in one step; `installed` knows the versions.
    ///
    /// # Errors
    /// It cannot be written; it is then as it was.
    pub(super) fn write(
        &self,
        installed: impl Fn(&PackageName) -> Option<Version>,
    ) -> Result<(), Failure> {
        let mut text = self.text.clone();
        for requirement in &self.wanted {
            let line = line_for(requirement, installed(&requirement.name));
            text = with(&text, &requirement.name, &line);
        }
        if text == self.text {
            return Ok(());
        }
        naja_store::write::atomic_write(&self.path, text.as_bytes()).map_err(|error| {
            Failure::environment(format!("could not write `{}`", self.path.display()))
                .because(&error)
                .cause("the packages are installed; only the file is as it was")
        })
    }
}

/// What the user wrote, pinned if that left the version open.
fn line_for(requirement: &Requirement, version: Option<Version>) -> String {
    let open = requirement
        .specifiers()
        .is_some_and(naja_spec::VersionSpecifiers::is_empty);
    let (true, Some(version)) = (open, version) else {
        return requirement.to_string();
    };
    let mut line = requirement.name.with_extras(&requirement.extras);
    line.push_str(&format!("=={version}"));
    if let Some(marker) = &requirement.marker {
        line.push_str(&format!(" ; {marker}"));
    }
    line
}

/// The line of a package, without its line end.
fn find<'t>(text: &'t str, name: &PackageName) -> Option<&'t str> {
    text.lines().find(|line| is_of(line, name))
}

fn is_of(line: &str, name: &PackageName) -> bool {
    let (requirement, _) = split_comment(line);
    let requirement = requirement.trim().trim_end_matches('\\').trim();
    if requirement.is_empty() || requirement.starts_with('-') {
        return false;
    }
    let end = requirement
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(requirement.len());
    PackageName::parse(&requirement[..end]).is_ok_and(|found| found == *name)
}

/// A line and its comment; a `#` counts at the beginning or after a blank.
fn split_comment(line: &str) -> (&str, &str) {
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        if c == '#' && before.is_whitespace() {
            let end = line[..at].trim_end().len();
            return line.split_at(end);
        }
        before = c;
    }
    line.split_at(line.trim_end().len())
}

/// The text with the first line of a package replaced, or with a line more; all other bytes stay.
fn with(text: &str, name: &PackageName, line: &str) -> String {
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut out = String::with_capacity(text.len() + line.len() + 2);
    let mut done = false;
    for old in text.split_inclusive('\n') {
        let content = old.trim_end_matches(['\r', '\n']);
        if done || !is_of(content, name) {
            out.push_str(old);
            continue;
        }
        done = true;
        let (requirement, comment) = split_comment(content);
        let indent = &requirement[..requirement.len() - requirement.trim_start().len()];
        out.push_str(indent);
        out.push_str(line);
        if let Some((_, marker)) = requirement.split_once(';')
            && !line.contains(';')
        {
            out.push_str(&format!(" ; {}", marker.trim()));
        }
        out.push_str(comment);
        out.push_str(&old[content.len()..]);
    }
    if !done {
        if !out.is_empty() && !out.ends_with('\n') {
            out.push_str(newline);
        }
        out.push_str(line);
        out.push_str(newline);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(text: &str, requirement: &str, version: &str) -> String {
        let requirement = Requirement::parse(requirement).unwrap();
        let line = line_for(&requirement, Version::parse(version).ok());
        with(text, &requirement.name, &line)
    }

    #[test]
    fn appends_what_is_not_there() {
        assert_eq!(saved("", "harry", "3.0"), "harry==3.0\n");
        assert_eq!(saved("ron", "harry", "3.0"), "ron\nharry==3.0\n");
        assert_eq!(saved("ron\r\n", "harry", "3.0"), "ron\r\nharry==3.0\r\n");
        assert_eq!(saved("", "harry[hat,owl]", "3.0"), "harry[hat,owl]==3.0\n");
        assert_eq!(saved("", "harry>=2", "3.0"), "harry>=2\n");
    }

    #[test]
    fn replaces_one_line_and_keeps_every_other_byte() {
        let text = "# top\n\n-r other.txt\nHarry==1.0   # the boy\nharry-owl==1\n  ron\t\n";
        assert_eq!(
            saved(text, "harry", "3.0"),
            "# top\n\n-r other.txt\nharry==3.0   # the boy\nharry-owl==1\n  ron\t\n"
        );
        assert_eq!(
            saved("harry==1 ; python_version < '3.9'\n", "harry", "3.0"),
            "harry==3.0 ; python_version < '3.9'\n"
        );
        assert_eq!(saved("harry@https://x/#y\n", "harry", "1"), "harry==1\n");
        assert_eq!(saved("harry==3.0\n", "harry", "3.0"), "harry==3.0\n");
    }
}
