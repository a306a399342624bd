//! Comparison with what the `packaging` library answers, as recorded in `tests/data`.

use std::cmp::Ordering;
use std::fs;
use std::path::Path;

use naja_spec::{
    ExtraName, GroupName, Marker, MarkerEnvironment, MarkerScope, Requirement, Version,
    VersionSpecifier, VersionSpecifiers,
};

/// Reads a table: its lines as fields, comments left out, `\t` and `\n` in the first field undone.
fn table(name: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name);
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("# "));
    lines
        .map(|line| {
            let mut fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
            fields[0] = fields[0].replace("\\t", "\t").replace("\\n", "\n");
            fields
        })
        .collect()
}

/// Fails with all differences at once.
fn report(differences: &[String], compared: usize) {
    assert!(compared > 10, "the table was not read");
    let shown = differences.join("\n");
    assert!(
        differences.is_empty(),
        "{} of {compared} differ:\n{shown}",
        differences.len()
    );
}

#[test]
fn versions_have_the_same_normal_form() {
    let rows = table("versions.tsv");
    let mut differences = Vec::new();
    for row in &rows {
        let ours = Version::parse(&row[0]).map_or(String::new(), |version| version.to_string());
        if ours != row[1] {
            differences.push(format!("{:?}: {:?}, ours {ours:?}", row[0], row[1]));
        }
    }
    report(&differences, rows.len());
}

#[test]
fn versions_have_the_same_order() {
    let rows: Vec<Vec<Version>> = table("order.tsv")
        .iter()
        .map(|row| {
            row.iter()
                .map(|text| Version::parse(text).unwrap())
                .collect()
        })
        .collect();
    let all: Vec<_> = rows
        .iter()
        .enumerate()
        .flat_map(|(at, row)| {
            row.iter()
                .map(move |version| (at, version, version.sort_key()))
        })
        .collect();
    let mut differences = Vec::new();
    for (at, left, left_key) in &all {
        for (to, right, right_key) in &all {
            if left.cmp(right) != at.cmp(to) || left_key.cmp(right_key) != at.cmp(to) {
                differences.push(format!("{left} and {right}: ours {:?}", left.cmp(right)));
            }
        }
    }
    report(&differences, rows.len());
}

#[test]
fn specifiers_match_the_same_versions() {
    let rows = table("specifiers.tsv");
    let candidates: Vec<Version> = rows[0][1..]
        .iter()
        .map(|text| Version::parse(text).unwrap())
        .collect();
    let mut differences = Vec::new();
    for row in &rows[1..] {
        match VersionSpecifier::parse(&row[0]) {
            Err(_) if row[1].is_empty() => {}
            Err(error) => differences.push(error.to_string()),
            Ok(_) if row[1].is_empty() => differences.push(format!("{}: accepted", row[0])),
            Ok(specifier) => {
                for (candidate, bit) in candidates.iter().zip(row[1].chars()) {
                    if specifier.contains(candidate) != (bit == '1') {
                        differences.push(format!("{candidate} in {}: not {bit}", row[0]));
                    }
                }
                if specifier.mentions_prerelease() != (row[2] == "P") {
                    differences.push(format!("{}: pre-releases", row[0]));
                }
                let again = VersionSpecifier::parse(&specifier.to_string()).unwrap();
                assert_eq!(again, specifier);
            }
        }
    }
    report(&differences, rows.len());
}

#[test]
fn specifier_lists_match_the_same_versions() {
    let rows = table("specifier-sets.tsv");
    let candidates: Vec<Version> = rows[0][1..]
        .iter()
        .map(|text| Version::parse(text).unwrap())
        .collect();
    let mut differences = Vec::new();
    for row in &rows[1..] {
        let ours = VersionSpecifiers::parse(&row[0]).map_or(String::new(), |specifiers| {
            let bit = |version| {
                if specifiers.contains(version) {
                    '1'
                } else {
                    '0'
                }
            };
            candidates.iter().map(bit).collect()
        });
        if ours != row[1] {
            differences.push(format!("{}: {}, ours {ours}", row[0], row[1]));
        }
    }
    report(&differences, rows.len());
}

/// The environments of the table, with the one extra of each.
fn environments() -> Vec<(MarkerEnvironment, Vec<ExtraName>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/environments.json");
    let text = fs::read_to_string(path).unwrap();
    let values: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let environment = |value: &serde_json::Value| {
        let extra = value["extra"]
            .as_str()
            .and_then(|extra| ExtraName::parse(extra).ok());
        (
            serde_json::from_value(value.clone()).unwrap(),
            extra.into_iter().collect(),
        )
    };
    values.iter().map(environment).collect()
}

#[test]
fn markers_evaluate_alike() {
    let rows = table("markers.tsv");
    let environments = environments();
    let groups = [GroupName::parse("z").unwrap()];
    let mut differences = Vec::new();
    for row in &rows {
        let (text, normal) = (&row[0], &row[1]);
        let marker = match Marker::parse(text) {
            Ok(marker) => marker,
            Err(error) => {
                if !normal.is_empty() {
                    differences.push(error.to_string());
                }
                continue;
            }
        };
        if normal.is_empty() {
            differences.push(format!("{text}: accepted"));
            continue;
        }
        let again = Marker::parse(normal).unwrap();
        assert_eq!((&again, again.to_string()), (&marker, marker.to_string()));
        for ((environment, extras), bit) in environments.iter().zip(row[2].chars()) {
            let ours = marker.evaluate_in(&MarkerScope {
                environment,
                extras,
                groups: &groups,
            });
            if bit != '-' && ours != (bit == '1') {
                let version = &environment.python_full_version;
                differences.push(format!("{text} on {version}: {bit}, ours {ours}"));
            }
        }
    }
    report(&differences, rows.len());
}

#[test]
fn requirements_have_the_same_parts() {
    let rows = table("requirements.tsv");
    let mut differences = Vec::new();
    for row in &rows {
        let requirement = match Requirement::parse(&row[0]) {
            Ok(requirement) => requirement,
            Err(error) => {
                if !row[1].is_empty() {
                    differences.push(error.to_string());
                }
                continue;
            }
        };
        if row[1].is_empty() {
            differences.push(format!("{}: accepted", row[0]));
            continue;
        }
        let extras: Vec<&str> = requirement.extras.iter().map(ExtraName::as_str).collect();
        let mut specifiers: Vec<String> = requirement
            .specifiers()
            .map(|specifiers| specifiers.iter().map(ToString::to_string).collect())
            .unwrap_or_default();
        specifiers.sort();
        let marker = (!row[5].is_empty()).then(|| Marker::parse(&row[5]).unwrap());
        let ours = [
            requirement.name.to_string(),
            extras.join(","),
            specifiers.join(","),
            requirement
                .url()
                .map(|url| url.with_secrets().to_owned())
                .unwrap_or_default(),
        ];
        if ours[..] != row[1..5] || requirement.marker != marker {
            differences.push(format!("{}: {ours:?} {:?}", row[0], requirement.marker));
        }
        assert_eq!(
            Requirement::parse(&requirement.to_string()).unwrap(),
            requirement
        );
    }
    report(&differences, rows.len());
}

#[test]
fn sort_keys_are_stable() {
    // Cache files hold these bytes: a change needs a new version of those files.
    let key = Version::parse("1!2.0.300a1.post2.dev3+x.4")
        .unwrap()
        .sort_key();
    let bytes = [
        2, 1, 2, 2, 1, 3, 1, 44, 0, 1, 2, 1, 2, 2, 0, 2, 3, 1, b'x', 0, 2, 2, 4, 0,
    ];
    assert_eq!(&*key, bytes);
    let zero = Version::parse("0").unwrap().sort_key();
    assert_eq!(&*zero, [1, 0, 4, 1, 0, 1, 1, 0]);
    assert_eq!(zero.cmp(&key), Ordering::Less);
}
