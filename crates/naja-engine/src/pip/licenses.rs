use naja_env::InstalledDist;
use naja_spec::Headers;
use serde::Serialize;

use super::list::{ListRequest, chosen, scan};
use crate::failure::Failure;
use crate::session::Session;

/// The longest text of the old `License` field that is taken for a name instead of the text.
const LONGEST_NAME: usize = 80;

/// SPDX identifiers that people write into the old `License` field, besides those of the classifiers.
const MORE_IDENTIFIERS: [&str; 10] = [
    "0BSD",
    "Apache-1.1",
    "Artistic-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "EPL-2.0",
    "EUPL-1.2",
    "HPND",
    "LGPL-2.1-or-later",
    "WTFPL",
];

/// Classifiers that mean exactly one SPDX identifier.
const KNOWN: [(&str, &str); 18] = [
    ("MIT License", "MIT"),
    ("MIT No Attribution License (MIT-0)", "MIT-0"),
    ("Apache Software License", "Apache-2.0"),
    ("ISC License (ISCL)", "ISC"),
    ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
    ("Python Software Foundation License", "PSF-2.0"),
    ("The Unlicense (Unlicense)", "Unlicense"),
    ("zlib/libpng License", "Zlib"),
    ("Boost Software License 1.0 (BSL-1.0)", "BSL-1.0"),
    ("GNU General Public License v2 (GPLv2)", "GPL-2.0-only"),
    (
        "GNU General Public License v2 or later (GPLv2+)",
        "GPL-2.0-or-later",
    ),
    ("GNU General Public License v3 (GPLv3)", "GPL-3.0-only"),
    (
        "GNU General Public License v3 or later (GPLv3+)",
        "GPL-3.0-or-later",
    ),
    (
        "GNU Lesser General Public License v3 (LGPLv3)",
        "LGPL-3.0-only",
    ),
    (
        "GNU Lesser General Public License v3 or later (LGPLv3+)",
        "LGPL-3.0-or-later",
    ),
    ("GNU Affero General Public License v3", "AGPL-3.0-only"),
    (
        "GNU Affero General Public License v3 or later (AGPLv3+)",
        "AGPL-3.0-or-later",
    ),
    (
        "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication",
        "CC0-1.0",
    ),
];

/// The licence of one installed distribution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Licensed {
    /// The normalised name.
    pub name: String,
    /// The version.
    pub version: String,
    /// The licence, as an SPDX expression where the metadata allow one; empty if nothing is said.
    pub license: String,
    /// Which part of the metadata says so: `expression`, `classifier`, `license` or `none`.
    pub source: &'static str,
    /// The files that hold the text.
    pub files: Vec<String>,
}

/// Lists the licences of what is installed.
///
/// # Errors
/// There is no environment, or it cannot be read.
pub fn licenses(session: &mut Session, request: &ListRequest) -> Result<Vec<Licensed>, Failure> {
    let state = scan(session, &request.paths)?;
    let dists = chosen(session, &state, request)?;
    Ok(dists.into_iter().map(licensed).collect())
}

fn licensed(dist: &InstalledDist) -> Licensed {
    let bytes = dist.read_metadata_bytes().unwrap_or_default();
    let headers = Headers::parse(&bytes);
    let said = Said::by(&headers);
    Licensed {
        name: dist.name().to_string(),
        version: dist.version().to_string(),
        license: said.text(),
        source: said.source(),
        files: headers
            .get_all("License-File")
            .map(std::borrow::Cow::into_owned)
            .collect(),
    }
}

/// The licence that metadata name; empty if they name none.
pub(crate) fn license_of(headers: &Headers<'_>) -> String {
    Said::by(headers).text()
}

/// What metadata say about licences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Terms {
    /// An SPDX expression.
    Expression(String),
    /// Names, of which those that are SPDX identifiers are told.
    Names(Vec<(String, bool)>),
}

/// What metadata say about licences, if they do.
pub(crate) fn terms_of(headers: &Headers<'_>) -> Option<Terms> {
    let known =
        |name: &str| KNOWN.iter().any(|(_, id)| *id == name) || MORE_IDENTIFIERS.contains(&name);
    let told = |name: String| {
        let is_known = known(&name);
        (name, is_known)
    };
    match Said::by(headers) {
        Said::Expression(expression) => Some(Terms::Expression(expression)),
        Said::Field(name) => Some(Terms::Names(vec![told(name)])),
        Said::Classifiers(names) => Some(Terms::Names(names.into_iter().map(told).collect())),
        Said::Nothing => None,
    }
}

/// The part of the metadata that counts, and what it says.
enum Said {
    Expression(String),
    /// One name for each classifier; there is one at least.
    Classifiers(Vec<String>),
    /// The old `License` field.
    Field(String),
    Nothing,
}

impl Said {
    fn by(headers: &Headers<'_>) -> Self {
        let text = |name: &str| {
            headers
                .get(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty() && value != "UNKNOWN")
        };
        if let Some(expression) = text("License-Expression") {
            return Self::Expression(expression);
        }
        let mut names: Vec<String> = headers
            .get_all("Classifier")
            .filter_map(|classifier| of_classifier(&classifier))
            .collect();
        names.dedup();
        if !names.is_empty() {
            return Self::Classifiers(names);
        }
        match text("License") {
            Some(text) if text.len() <= LONGEST_NAME && !text.contains('\n') => Self::Field(text),
            _ => Self::Nothing,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Expression(text) | Self::Field(text) => text.clone(),
            Self::Classifiers(names) => names.join(" AND "),
            Self::Nothing => String::new(),
        }
    }

    fn source(&self) -> &'static str {
        match self {
            Self::Expression(_) => "expression",
            Self::Classifiers(_) => "classifier",
            Self::Field(_) => "license",
            Self::Nothing => "none",
        }
    }
}

/// The licence a classifier names: `License :: OSI Approved :: MIT License`.
fn of_classifier(classifier: &str) -> Option<String> {
    let (first, rest) = classifier.split_once("::")?;
    if first.trim() != "License" {
        return None;
    }
    let last = rest.rsplit("::").next().unwrap_or(rest).trim();
    if last == "OSI Approved" {
        return None;
    }
    let known = KNOWN.iter().find(|(name, _)| *name == last);
    Some(known.map_or(last, |(_, spdx)| spdx).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> (String, &'static str) {
        let said = Said::by(&Headers::parse(text.as_bytes()));
        (said.text(), said.source())
    }

    #[test]
    fn the_expression_counts_first() {
        let text = "License-Expression: MIT OR Apache-2.0\nLicense: BSD\n\
                    Classifier: License :: OSI Approved :: ISC License (ISCL)\n";
        assert_eq!(of(text), ("MIT OR Apache-2.0".into(), "expression"));
    }

    #[test]
    fn identifiers_are_told_from_names() {
        let terms = |text: &str| terms_of(&Headers::parse(text.as_bytes()));
        let names = |names: &[(&str, bool)]| {
            let names = names
                .iter()
                .map(|(name, known)| ((*name).to_owned(), *known));
            Some(Terms::Names(names.collect()))
        };
        assert_eq!(
            terms("License: BSD-3-Clause\n"),
            names(&[("BSD-3-Clause", true)])
        );
        assert_eq!(terms("License: my own\n"), names(&[("my own", false)]));
        assert_eq!(
            terms(
                "Classifier: License :: OSI Approved :: MIT License\n\
                 Classifier: License :: OSI Approved :: BSD License\n"
            ),
            names(&[("MIT", true), ("BSD License", false)])
        );
        assert_eq!(
            terms("Classifier: License :: This AND that\n"),
            names(&[("This AND that", false)])
        );
        assert_eq!(
            terms("License-Expression: MIT\nLicense: BSD\n"),
            Some(Terms::Expression("MIT".to_owned()))
        );
        assert_eq!(terms("Name: x\n"), None);
    }

    #[test]
    fn classifiers_then_the_old_field() {
        let text = "License: see file\nClassifier: License :: OSI Approved\n\
                    Classifier: License :: OSI Approved :: MIT License\nClassifier: Topic :: X\n";
        assert_eq!(of(text), ("MIT".into(), "classifier"));
        assert_eq!(
            of("License: BSD-3-Clause\n"),
            ("BSD-3-Clause".into(), "license")
        );
        assert_eq!(of("License: UNKNOWN\n"), (String::new(), "none"));
        let long = format!("License: {}\n", "x".repeat(500));
        assert_eq!(of(&long), (String::new(), "none"));
        assert_eq!(
            of("Classifier: License :: Other/Proprietary License\n").0,
            "Other/Proprietary License"
        );
    }
}
