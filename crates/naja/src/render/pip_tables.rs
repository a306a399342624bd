//! The answers of the commands that compare, count and list, on standard output.

use naja_engine::pip::{IndexVersions, Licensed, Outdated};

use super::plain;

/// A table with headings and dashes; columns that are empty in every row are left out.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let used: Vec<usize> = (0..head.len())
        .filter(|column| rows.iter().any(|row| !row[*column].is_empty()))
        .collect();
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            used.iter()
                .map(|at| plain(&row[*at]).into_owned())
                .collect()
        })
        .collect();
    let head: Vec<String> = used.iter().map(|at| head[*at].to_owned()).collect();
    let width = |column: usize| {
        rows.iter()
            .chain([&head])
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let dashes: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut out = String::new();
    for row in [&head, &dashes].into_iter().chain(&rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let padding = width.saturating_sub(cell.chars().count());
            line.push_str(cell);
            line.push_str(&" ".repeat(padding + 1));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// The columns of `pip list --outdated`.
pub(crate) fn pip_outdated(found: &[Outdated]) -> String {
    let row = |one: &Outdated| {
        vec![
            one.name.clone(),
            one.version.clone(),
            one.latest_version.clone(),
            one.latest_filetype.to_owned(),
            one.editable_project_location.clone().unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    let head = [
        "Package",
        "Version",
        "Latest",
        "Type",
        "Editable project location",
    ];
    table(&head, &rows)
}

/// The columns of `naja outdated`.
pub(crate) fn outdated(found: &[Outdated]) -> String {
    let row = |one: &Outdated| {
        vec![
            one.name.clone(),
            one.version.clone(),
            one.allowed_version.clone().unwrap_or_default(),
            one.latest_version.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    table(&["Package", "Current", "Allowed", "Latest"], &rows)
}

/// The lines of `pip index versions`.
pub(crate) fn versions(found: &IndexVersions) -> String {
    let mut out = format!("{} ({})\n", found.name, found.latest);
    out.push_str(&format!(
        "Available versions: {}\n",
        found.versions.join(", ")
    ));
    if !found.yanked.is_empty() {
        let yanked: Vec<String> = found
            .yanked
            .iter()
            .map(|one| match one.reason.as_str() {
                "" => one.version.clone(),
                reason => format!("{} ({})", one.version, plain(reason)),
            })
            .collect();
        out.push_str(&format!("Yanked versions: {}\n", yanked.join(", ")));
    }
    if let Some(installed) = &found.installed_version {
        if *installed == found.latest {
            out.push_str(&format!("  INSTALLED: {installed} (latest)\n"));
        } else {
            out.push_str(&format!(
                "  INSTALLED: {installed}\n  LATEST:    {}\n",
                found.latest
            ));
        }
    }
    out
}

/// A licence a line.
pub(crate) fn licenses(licenses: &[Licensed]) -> String {
    let row = |one: &Licensed| {
        let license = if one.license.is_empty() {
            "(not said)"
        } else {
            &one.license
        };
        vec![one.name.clone(), one.version.clone(), license.to_owned()]
    };
    let rows: Vec<Vec<String>> = licenses.iter().map(row).collect();
    table(&["Package", "Version", "License"], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_of_pip() {
        let one = Outdated {
            name: "harry".into(),
            version: "1.0".into(),
            allowed_version: None,
            latest_version: "3.0".into(),
            latest_filetype: "wheel",
            editable_project_location: None,
        };
        assert_eq!(
            pip_outdated(&[one]),
            "Package Version Latest Type\n------- ------- ------ -----\nharry   1.0     3.0    wheel\n"
        );
        assert_eq!(pip_outdated(&[]), "");
    }

    #[test]
    fn versions_as_pip_writes_them() {
        let found = IndexVersions {
            name: "harry".into(),
            versions: vec!["3.0".into(), "1.0".into()],
            latest: "3.0".into(),
            installed_version: Some("1.0".into()),
            yanked: Vec::new(),
        };
        assert_eq!(
            versions(&found),
            "harry (3.0)\nAvailable versions: 3.0, 1.0\n  INSTALLED: 1.0\n  LATEST:    3.0\n"
        );
    }
}
