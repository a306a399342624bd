//! Small pieces of sentences.

use naja_spec::{Requirement, RequirementSource, Version};

use crate::Asker;

/// Joins with commas and a last "and".
pub(super) fn list<T: AsRef<str>>(items: &[T]) -> String {
    join(items, "and")
}

/// Joins with commas and a last "or".
pub(super) fn choice<T: AsRef<str>>(items: &[T]) -> String {
    join(items, "or")
}

fn join<T: AsRef<str>>(items: &[T], last: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [front @ .., back] => {
            let front: Vec<&str> = front.iter().map(AsRef::as_ref).collect();
            format!("{} {last} {}", front.join(", "), back.as_ref())
        }
    }
}

/// Names some versions of a package: "harry 1.0", "harry 1.0, 1.1 and 1.2", "harry 1.0 … 2.3 (12 versions)".
pub(super) fn versions(name: &str, versions: &[Version]) -> String {
    match versions {
        [] => name.to_owned(),
        [first, .., last] if versions.len() > 3 => {
            format!("{name} {first} … {last} ({} versions)", versions.len())
        }
        few => {
            let texts: Vec<String> = few.iter().map(ToString::to_string).collect();
            format!("{name} {}", list(&texts))
        }
    }
}

/// Writes a requirement the way its author did, without secrets.
pub(super) fn requirement(requirement: &Requirement) -> String {
    let mut text = requirement.name.with_extras(&requirement.extras);
    match &requirement.source {
        RequirementSource::Specifiers(specifiers) => text.push_str(&specifiers.to_string()),
        RequirementSource::Url(url) => {
            text.push_str(" @ ");
            text.push_str(&url.to_string());
        }
    }
    text
}

/// Writes only which versions a requirement wants: "==1", "any version", "the one at …".
pub(super) fn wanted(requirement: &Requirement) -> String {
    match &requirement.source {
        RequirementSource::Specifiers(specifiers) if specifiers.is_empty() => {
            "any version".to_owned()
        }
        RequirementSource::Specifiers(specifiers) => specifiers.to_string(),
        RequirementSource::Url(url) => format!("the one at {url}"),
    }
}

/// Names who asks.
pub(super) fn asker(asker: &Asker) -> String {
    match asker {
        Asker::User(_) => "you".to_owned(),
        Asker::Package {
            name,
            versions: known,
            extra,
        } => match extra {
            Some(extra) => versions(&format!("{name}[{extra}]"), known),
            None => versions(name.as_str(), known),
        },
    }
}

/// Returns whether the asker is to be spoken of in the plural.
pub(super) fn is_plural(asker: &Asker) -> bool {
    matches!(asker, Asker::Package { versions, .. } if versions.len() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_well() {
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b"]), "a and b");
        assert_eq!(choice(&["a", "b", "c"]), "a, b or c");
    }

    #[test]
    fn many_versions_are_shortened() {
        let known: Vec<Version> = ["1.0", "1.1", "1.2", "2.0"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        assert_eq!(versions("harry", &known[..1]), "harry 1.0");
        assert_eq!(versions("harry", &known[..3]), "harry 1.0, 1.1 and 1.2");
        assert_eq!(versions("harry", &known), "harry 1.0 … 2.0 (4 versions)");
    }
}
