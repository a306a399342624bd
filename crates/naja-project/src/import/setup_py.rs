//! `setup.py`, read and never run.

use super::draft::Draft;
use super::literals::{Literal, setup_call};
use super::setup_cfg::{Declared, fill};

/// Arguments that the builder goes on reading from `setup.py`, and that nobody has to be told about.
const OF_BUILDER: &[&str] = &[
    "packages",
    "package_dir",
    "package_data",
    "include_package_data",
    "exclude_package_data",
    "py_modules",
    "zip_safe",
    "ext_modules",
    "cmdclass",
    "data_files",
    "scripts",
    "long_description",
    "long_description_content_type",
    "platforms",
    "options",
    "license_files",
    "download_url",
    "rust_extensions",
    "cffi_modules",
];

/// Reads the call of `setup`.
pub(super) fn read(file: &str, text: &str) -> Draft {
    let mut draft = Draft::default();
    let mut declared = Declared::default();
    let Some(call) = setup_call(text) else {
        draft.remark(
            file,
            0,
            "no call of `setup` was found in it, and it is not run",
        );
        fill(&mut draft, declared, file);
        return draft;
    };
    for line in &call.unclear {
        draft.remark(
            file,
            *line,
            "what is passed here has to be computed: it was not read",
        );
    }
    for (name, value, line) in &call.arguments {
        let name = name.as_str();
        if OF_BUILDER.contains(&name) {
            continue;
        }
        let understood = argument(&mut declared, name, value, *line);
        if understood {
            continue;
        }
        match name {
            // setuptools takes what is dynamic from here.
            "version" | "description" => declared.dynamic.push(name.to_owned()),
            "install_requires" => {
                declared.dynamic.push("dependencies".to_owned());
                draft.remark(
                    file,
                    *line,
                    "`install_requires` has to be computed: it stays here, as `dynamic`",
                );
            }
            "extras_require" => {
                declared.dynamic.push("optional-dependencies".to_owned());
                draft.remark(
                    file,
                    *line,
                    "`extras_require` has to be computed: it stays here, as `dynamic`",
                );
            }
            other => draft.remark(
                file,
                *line,
                format!("`{other}` could not be read without running it"),
            ),
        }
    }
    fill(&mut draft, declared, file);
    draft
}

/// Takes an argument in; says whether it was understood.
fn argument(declared: &mut Declared, name: &str, value: &Literal, line: u32) -> bool {
    match name {
        "name" | "version" | "description" | "license" | "author" | "author_email"
        | "maintainer" | "maintainer_email" => {
            text(value).map(|text| declared.texts.push((name.to_owned(), text)))
        }
        "python_requires" => {
            text(value).map(|text| declared.texts.push(("requires-python".to_owned(), text)))
        }
        "url" => text(value).map(|url| declared.urls.push(("Homepage".to_owned(), url))),
        "project_urls" => table(value).and_then(|pairs| {
            let all = pairs
                .iter()
                .map(|(label, url)| Some((label.clone(), text(url)?)));
            let all: Option<Vec<_>> = all.collect();
            all.map(|all| declared.urls.extend(all))
        }),
        "classifiers" | "keywords" => {
            list(value).map(|list| declared.lists.push((name.to_owned(), list)))
        }
        "install_requires" => list(value).map(|all| {
            declared
                .requires
                .extend(all.into_iter().map(|text| (text, line)));
        }),
        "extras_require" => table(value).and_then(|pairs| {
            let all = pairs
                .iter()
                .map(|(extra, requires)| Some((extra.clone(), list(requires)?, line)));
            let all: Option<Vec<_>> = all.collect();
            all.map(|all| declared.extras.extend(all))
        }),
        "entry_points" => entry_points(declared, value),
        _ => None,
    }
    .is_some()
}

fn entry_points(declared: &mut Declared, value: &Literal) -> Option<()> {
    let mut all = Vec::new();
    for (kind, points) in table(value)? {
        for point in list(&points)? {
            let (name, object) = point.split_once('=')?;
            let point = (
                kind.clone(),
                name.trim().to_owned(),
                object.trim().to_owned(),
            );
            all.push(point);
        }
    }
    declared.entry_points.extend(all);
    Some(())
}

fn text(value: &Literal) -> Option<String> {
    match value {
        Literal::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// A list of texts, or a text with a line for each.
fn list(value: &Literal) -> Option<Vec<String>> {
    match value {
        Literal::List(items) => items.iter().map(text).collect(),
        Literal::Text(text) => {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            Some(lines.map(str::to_owned).collect())
        }
        _ => None,
    }
}

fn table(value: &Literal) -> Option<Vec<(String, Literal)>> {
    match value {
        Literal::Table(pairs) => {
            let pairs = pairs.iter();
            pairs
                .map(|(key, value)| Some((text(key)?, value.clone())))
                .collect()
        }
        _ => None,
    }
}
