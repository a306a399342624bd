//! Every relative link of a document leads to a file that is there, and to a heading of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Directories whose documents are not ours.
const FOREIGN: &[&str] = &["target", "data", "corpus"];

/// Checks the links of all documents below a directory.
///
/// # Errors
/// Every link that leads nowhere, one line each.
pub(crate) fn check(root: &Path) -> Result<String, Vec<String>> {
    let mut documents = BTreeMap::new();
    collect(root, &mut documents);
    let mut problems = Vec::new();
    let mut count = 0;
    for (path, text) in &documents {
        let place = path.strip_prefix(root).unwrap_or(path).display();
        for (line, link) in links(text) {
            count += 1;
            if let Some(problem) = problem(path, link, &documents) {
                problems.push(format!("{place}:{line}: `{link}`: {problem}"));
            }
        }
    }
    if problems.is_empty() {
        let files = documents.len();
        Ok(format!("links: {count} in {files} documents, all lead on"))
    } else {
        Err(problems)
    }
}

fn collect(directory: &Path, documents: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let is_directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_directory && !name.starts_with('.') && !FOREIGN.contains(&&*name) {
            collect(&path, documents);
        } else if name.ends_with(".md")
            && let Ok(text) = fs::read_to_string(&path)
        {
            documents.insert(path, text);
        }
    }
}

/// The lines outside of blocks of code, counted from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    text.lines().enumerate().filter_map(move |(at, line)| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        (!fence && !in_code).then_some((at + 1, line))
    })
}

/// The targets of `[text](target)` that are no addresses, with their lines.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (number, line) in prose(text) {
        // What stands between backticks is no link, though the text of a link may.
        for part in line.split('`').step_by(2) {
            let targets = part.split("](").skip(1);
            found.extend(targets.filter_map(|rest| Some((number, rest.split_once(')')?.0))));
        }
    }
    found.retain(|(_, link)| !link.contains("://") && !link.starts_with("mailto:"));
    found
}

/// Says why a link leads nowhere.
fn problem(from: &Path, link: &str, documents: &BTreeMap<PathBuf, String>) -> Option<String> {
    let (file, heading) = match link.split_once('#') {
        Some((file, heading)) => (file, Some(heading)),
        None => (link, None),
    };
    let target = match file {
        "" => from.to_owned(),
        file => plain(&from.parent().unwrap_or(from).join(file)),
    };
    if !target.exists() {
        return Some("there is no such file".to_owned());
    }
    let heading = heading?;
    let Some(text) = documents.get(&target) else {
        return Some("only documents have headings".to_owned());
    };
    (!headings(text).contains(heading)).then(|| format!("there is no heading `{heading}`"))
}

/// A path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// The headings of a document in the form links use; the second of a name has `-1`.
fn headings(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, line) in prose(text) {
        let title = line.trim_start_matches('#');
        if title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let kept = title
            .trim()
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let name = kept.collect::<String>().to_lowercase().replace(' ', "-");
        let mut unique = name.clone();
        let mut number = 0;
        while !found.insert(unique) {
            number += 1;
            unique = format!("{name}-{number}");
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_headings_are_found() {
        let text = "# The `one`, and more\nSee [it](a.md#b), [`x`](c.md) and `[no](d.md)`.\n\
                    ```\n# code\n[no](e.md)\n```\n## The one and more\n[web](https://index.example/)";
        assert_eq!(links(text), [(2, "a.md#b"), (2, "c.md")]);
        let expected = ["the-one-and-more", "the-one-and-more-1"].map(str::to_owned);
        assert_eq!(headings(text), BTreeSet::from(expected));
        assert_eq!(plain(Path::new("a/./b/../c")), Path::new("a/c"));
    }
}
