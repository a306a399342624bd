//! A lock as a list of materials: CycloneDX 1.5, JSON. The same lock gives the same text, where the same metadata
//! are at hand.

use std::collections::{BTreeMap, BTreeSet};

use naja_lock::project::{Export, Place};
use naja_lock::pylock::{FilePlace, LockedFile, LockedPackage, LockedSource};
use naja_spec::{Digest, HashAlgorithm, PackageName, Sha256, Version};
use serde::Serialize;

use super::licenses::Licenses;
use crate::failure::Failure;
use crate::pip::Terms;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    serial_number: String,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
    dependencies: Vec<Dependency>,
}

#[derive(Serialize)]
struct Metadata {
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
    tools: Tools,
    component: Component,
}

#[derive(Serialize)]
struct Tools {
    components: [Tool; 1],
}

#[derive(Serialize)]
struct Tool {
    r#type: &'static str,
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Component {
    r#type: &'static str,
    #[serde(rename = "bom-ref")]
    reference: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<License>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_references: Vec<External>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
}

/// A licence: an expression stands alone, names may be several.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum License {
    Expression(String),
    License(Named),
}

/// A licence by its SPDX identifier, or by another name.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Named {
    Id(String),
    Name(String),
}

impl License {
    fn of(terms: Option<Terms>) -> Vec<Self> {
        let named = |(name, is_known): (String, bool)| {
            Self::License(match is_known {
                true => Named::Id(name),
                false => Named::Name(name),
            })
        };
        match terms {
            None => Vec::new(),
            Some(Terms::Expression(text)) => vec![Self::Expression(text)],
            Some(Terms::Names(names)) => names.into_iter().map(named).collect(),
        }
    }
}

#[derive(Serialize)]
struct External {
    r#type: &'static str,
    url: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Serialize)]
struct Property {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    r#ref: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<String>,
}

/// The text of the list. `stamp` is a time in seconds since 1970, for lists that shall have one.
pub(super) fn text(
    (export, licenses): (&Export<'_>, &Licenses<'_>),
    name: &str,
    stamp: Option<&str>,
) -> Result<String, Failure> {
    let references = References::of(export);
    let root = references.root(export, name);
    let mut components = Vec::with_capacity(export.entries.len());
    for (at, marker) in &export.entries {
        let place = Place::Entry(*at);
        let reference = references.of_place(place);
        if reference == root.reference {
            continue;
        }
        let marker = marker.as_ref().map(|marker| marker.lockstyle().to_string());
        components.push(Component {
            licenses: License::of(licenses.terms(&export.lock.file.packages[*at])),
            ..component(export, *at, (reference, marker))
        });
    }
    let mut bom = Bom {
        schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.5",
        serial_number: String::new(),
        version: 1,
        metadata: Metadata {
            timestamp: stamp.and_then(timestamp),
            tools: Tools {
                components: [Tool {
                    r#type: "application",
                    name: "naja",
                    version: env!("CARGO_PKG_VERSION"),
                }],
            },
            component: root,
        },
        dependencies: references.dependencies(export),
        components,
    };
    bom.serial_number = serial_number(&written(&bom)?);
    written(&bom)
}

fn written(bom: &Bom) -> Result<String, Failure> {
    let mut text = serde_json::to_string_pretty(bom).map_err(|error| {
        Failure::environment("could not write the list as JSON").because(&error)
    })?;
    text.push('\n');
    Ok(text)
}

/// A number that only this content has, in the form of a UUID (version 8, RFC 9562).
fn serial_number(text: &str) -> String {
    let mut bytes = *Sha256::of(text.as_bytes()).as_bytes();
    bytes[6] = 0x80 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    let hex: String = bytes[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!(
        "urn:uuid:{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

fn timestamp(seconds: &str) -> Option<String> {
    let seconds = seconds.trim().parse().ok()?;
    Some(jiff::Timestamp::from_second(seconds).ok()?.to_string())
}

/// What each place is called in the list; no two are called the same.
struct References {
    names: BTreeMap<Place, String>,
    /// What stands for several projects together, or for one that is only asked for a group.
    whole: Option<String>,
}

impl References {
    fn of(export: &Export<'_>) -> Self {
        let lock = export.lock;
        let mut taken: BTreeSet<String> = BTreeSet::new();
        let mut names = BTreeMap::new();
        let places = export.ways.wanted.keys().chain(&export.ways.roots);
        let places: BTreeSet<Place> = places.copied().collect();
        for place in places {
            let name = lock.name_at(place);
            let plain = match lock.version_at(place) {
                Some(version) => format!("{name}@{version}"),
                None => name.to_string(),
            };
            let mut reference = plain.clone();
            let mut number = 2;
            while !taken.insert(reference.clone()) {
                reference = format!("{plain}#{number}");
                number += 1;
            }
            names.insert(place, reference);
        }
        let mut whole = None;
        if export.ways.roots.len() != 1 {
            let mut reference = "workspace".to_owned();
            while taken.contains(&reference) {
                reference.push('#');
            }
            whole = Some(reference);
        }
        Self { names, whole }
    }

    fn of_place(&self, place: Place) -> String {
        self.names.get(&place).cloned().unwrap_or_default()
    }

    /// What the list is about.
    fn root(&self, export: &Export<'_>, name: &str) -> Component {
        let lock = export.lock;
        match (&self.whole, export.ways.roots.first()) {
            (None, Some(root)) => Component {
                properties: vec![property("naja:role", "project")],
                version: lock.version_at(*root).map(Version::to_string),
                ..bare(self.of_place(*root), lock.name_at(*root).to_string())
            },
            (whole, _) => Component {
                properties: vec![property("naja:role", "workspace")],
                ..bare(whole.clone().unwrap_or_default(), name.to_owned())
            },
        }
    }

    /// Who depends on whom; of what is not shown, what it needs is told by who needs it.
    fn dependencies(&self, export: &Export<'_>) -> Vec<Dependency> {
        let shown: BTreeSet<Place> = export
            .entries
            .iter()
            .map(|(at, _)| Place::Entry(*at))
            .chain(
                export
                    .ways
                    .roots
                    .iter()
                    .copied()
                    .filter(|_| self.whole.is_none()),
            )
            .collect();
        let mut needs: BTreeMap<Place, BTreeSet<Place>> = BTreeMap::new();
        for way in &export.ways.ways {
            if way.from != way.to {
                needs.entry(way.from).or_default().insert(way.to);
            }
        }
        let mut dependencies: Vec<Dependency> = shown
            .iter()
            .map(|place| Dependency {
                r#ref: self.of_place(*place),
                depends_on: self.names_of(&seen_from(*place, &needs, &shown)),
            })
            .collect();
        if let Some(whole) = &self.whole {
            let mut below = BTreeSet::new();
            for root in &export.ways.roots {
                match shown.contains(root) {
                    true => drop(below.insert(*root)),
                    false => below.extend(seen_from(*root, &needs, &shown)),
                }
            }
            dependencies.push(Dependency {
                r#ref: whole.clone(),
                depends_on: self.names_of(&below),
            });
        }
        dependencies.sort_by(|a, b| a.r#ref.cmp(&b.r#ref));
        dependencies
    }

    fn names_of(&self, places: &BTreeSet<Place>) -> Vec<String> {
        let mut names: Vec<String> = places.iter().map(|place| self.of_place(*place)).collect();
        names.sort();
        names
    }
}

/// The nearest shown places below one, through those that are not shown.
fn seen_from(
    place: Place,
    needs: &BTreeMap<Place, BTreeSet<Place>>,
    shown: &BTreeSet<Place>,
) -> BTreeSet<Place> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::from([place]);
    let mut open = vec![place];
    while let Some(at) = open.pop() {
        for next in needs.get(&at).into_iter().flatten() {
            if !seen.insert(*next) {
                continue;
            }
            if shown.contains(next) {
                found.insert(*next);
            } else {
                open.push(*next);
            }
        }
    }
    found
}

fn bare(reference: String, name: String) -> Component {
    Component {
        r#type: "library",
        reference,
        name,
        version: None,
        hashes: Vec::new(),
        licenses: Vec::new(),
        purl: None,
        external_references: Vec::new(),
        properties: Vec::new(),
    }
}

fn property(name: &'static str, value: &str) -> Property {
    Property {
        name,
        value: value.to_owned(),
    }
}

fn component(
    export: &Export<'_>,
    at: usize,
    (reference, marker): (String, Option<String>),
) -> Component {
    let lock = export.lock;
    let package = &lock.file.packages[at];
    let files: Vec<&LockedFile> = match &package.source {
        LockedSource::Files { sdist, wheels } => sdist.iter().chain(wheels).collect(),
        LockedSource::Archive { file, .. } => vec![file],
        LockedSource::Directory { .. } | LockedSource::Vcs { .. } => Vec::new(),
    };
    let mut properties = Vec::new();
    if lock.inputs.member(&package.name).is_some() {
        properties.push(property("naja:role", "workspace-member"));
    }
    if let Some(marker) = marker {
        properties.push(property("naja:marker", &marker));
    }
    if let LockedSource::Directory { path, .. } = &package.source {
        properties.push(property("naja:path", path));
    }
    let version = lock.version_at(Place::Entry(at));
    Component {
        version: version.map(ToString::to_string),
        // The only file there is stands for the whole.
        hashes: match files.as_slice() {
            [file] => hashes(file),
            _ => Vec::new(),
        },
        purl: purl(package, version),
        external_references: references_of(package, &files),
        properties,
        ..bare(reference, package.name.to_string())
    }
}

fn references_of(package: &LockedPackage, files: &[&LockedFile]) -> Vec<External> {
    let mut found: Vec<External> = files
        .iter()
        .filter_map(|file| match &file.place {
            FilePlace::Url(url) => Some(External {
                r#type: "distribution",
                url: url.without_credentials().with_secrets().to_owned(),
                hashes: hashes(file),
            }),
            FilePlace::Path(_) => None,
        })
        .collect();
    if let LockedSource::Vcs {
        place: FilePlace::Url(url),
        ..
    } = &package.source
    {
        found.push(External {
            r#type: "vcs",
            url: url.without_credentials().with_secrets().to_owned(),
            hashes: Vec::new(),
        });
    }
    found
}

/// The hashes of a file by the names the format has for algorithms.
fn hashes(file: &LockedFile) -> Vec<Hash> {
    let named = |digest: &Digest| {
        let alg = match digest.algorithm() {
            HashAlgorithm::Md5 => "MD5",
            HashAlgorithm::Sha1 => "SHA-1",
            HashAlgorithm::Sha256 => "SHA-256",
            HashAlgorithm::Sha384 => "SHA-384",
            HashAlgorithm::Sha512 => "SHA-512",
            _ => return None,
        };
        Some(Hash {
            alg,
            content: digest.hex(),
        })
    };
    let mut hashes: Vec<Hash> = file.hashes.iter().filter_map(named).collect();
    hashes.sort();
    hashes.dedup();
    hashes
}

/// The package's URL among packages; what is only a directory here has none.
fn purl(package: &LockedPackage, version: Option<&Version>) -> Option<String> {
    let qualifier = match &package.source {
        LockedSource::Files { .. } => package.index.as_ref().map(|index| {
            let index = index.without_credentials();
            ("repository_url", index.with_secrets().to_owned())
        }),
        LockedSource::Archive { file, .. } => match &file.place {
            FilePlace::Url(url) => Some((
                "download_url",
                url.without_credentials().with_secrets().to_owned(),
            )),
            FilePlace::Path(_) => return None,
        },
        LockedSource::Vcs {
            kind,
            place: FilePlace::Url(url),
            commit_id,
            ..
        } => Some((
            "vcs_url",
            format!(
                "{kind}+{}@{commit_id}",
                url.without_credentials().with_secrets()
            ),
        )),
        LockedSource::Directory { .. } | LockedSource::Vcs { .. } => return None,
    };
    Some(purl_of(&package.name, version, qualifier))
}

fn purl_of(
    name: &PackageName,
    version: Option<&Version>,
    qualifier: Option<(&str, String)>,
) -> String {
    let mut purl = format!("pkg:pypi/{name}");
    if let Some(version) = version {
        purl.push('@');
        purl.push_str(&encoded(&version.to_string()));
    }
    if let Some((key, value)) = qualifier {
        purl.push_str(&format!("?{key}={}", encoded(&value)));
    }
    purl
}

/// A text with everything escaped that has a meaning in package URLs.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b':' => {
                out.push(char::from(byte));
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_urls() {
        let purl = |version: &str, qualifier| {
            purl_of(
                &"harry-potter".parse().unwrap(),
                Some(&version.parse().unwrap()),
                qualifier,
            )
        };
        assert_eq!(purl("1.0", None), "pkg:pypi/harry-potter@1.0");
        assert_eq!(purl("1!2+cpu", None), "pkg:pypi/harry-potter@1%212%2Bcpu");
        let index = "https://index.example/simple/".to_owned();
        assert_eq!(
            purl("1", Some(("repository_url", index))),
            "pkg:pypi/harry-potter@1?repository_url=https:%2F%2Findex.example%2Fsimple%2F"
        );
    }

    #[test]
    fn serial_numbers_are_uuids() {
        let number = serial_number("castle");
        let parts: Vec<usize> = number["urn:uuid:".len()..]
            .split('-')
            .map(str::len)
            .collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert_eq!(&number[23..24], "8", "{number}");
        assert_eq!(number, serial_number("castle"));
        assert_ne!(number, serial_number("moat"));
    }

    #[test]
    fn times_are_those_that_are_given() {
        assert_eq!(timestamp("0").as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(timestamp("soon"), None);
    }
}
