//! The answers of the commands that look: on standard output.

use naja_engine::graph::TreeNode;
use naja_engine::pip::{Listed, Shown};
use naja_engine::python::FoundPython;

use super::plain;

/// Two columns with headings, as pip prints them.
pub(crate) fn columns(listed: &[Listed]) -> String {
    if listed.is_empty() {
        return String::new();
    }
    let mut heads = vec!["Package", "Version"];
    if listed
        .iter()
        .any(|dist| dist.editable_project_location.is_some())
    {
        heads.push("Editable project location");
    }
    if listed.iter().any(|dist| dist.location.is_some()) {
        heads.extend(["Location", "Installer"]);
    }
    let mut rows = vec![heads.clone()];
    for dist in listed {
        let cell = |head: &&'static str| match *head {
            "Package" => &dist.name,
            "Version" => &dist.version,
            "Location" => dist.location.as_deref().unwrap_or_default(),
            "Installer" => dist.installer.as_deref().unwrap_or_default(),
            _ => dist
                .editable_project_location
                .as_deref()
                .unwrap_or_default(),
        };
        rows.push(heads.iter().map(cell).collect());
    }
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or_default()
    };
    let shown = heads.len();
    let widths: Vec<usize> = (0..shown).map(width).collect();
    let mut out = String::new();
    for (number, row) in rows.iter().enumerate() {
        push_row(&mut out, &row[..shown], &widths);
        if number == 0 {
            let dashes: Vec<String> = widths[..shown]
                .iter()
                .map(|width| "-".repeat(*width))
                .collect();
            let dashes: Vec<&str> = dashes.iter().map(String::as_str).collect();
            push_row(&mut out, &dashes, &widths);
        }
    }
    out
}

fn push_row(out: &mut String, cells: &[&str], widths: &[usize]) {
    let mut line = String::new();
    for (cell, width) in cells.iter().zip(widths) {
        let padding = width.saturating_sub(cell.chars().count());
        line.push_str(&plain(cell));
        line.push_str(&" ".repeat(padding + 1));
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

/// `name==version`, a line each.
pub(crate) fn freeze_lines(listed: &[Listed]) -> String {
    let lines = listed
        .iter()
        .map(|dist| format!("{}=={}\n", plain(&dist.name), plain(&dist.version)));
    lines.collect()
}

/// The blocks of `pip show`.
pub(crate) fn shown(dists: &[Shown]) -> String {
    let mut blocks = Vec::with_capacity(dists.len());
    for dist in dists {
        let mut fields = vec![
            ("Name", dist.name.clone()),
            ("Version", dist.version.clone()),
            ("Summary", dist.summary.clone()),
            ("Home-page", dist.home_page.clone()),
            ("Author", dist.author.clone()),
            ("Author-email", dist.author_email.clone()),
            ("License", first_line(&dist.license)),
            ("Location", dist.location.clone()),
        ];
        if let Some(location) = &dist.editable_project_location {
            fields.push(("Editable project location", location.clone()));
        }
        fields.push(("Requires", dist.requires.join(", ")));
        fields.push(("Required-by", dist.required_by.join(", ")));
        let mut block = String::new();
        for (name, value) in fields {
            block.push_str(format!("{name}: {}", plain(&value)).trim_end());
            block.push('\n');
        }
        if let Some(files) = &dist.files {
            block.push_str("Files:\n");
            for file in files {
                block.push_str(&format!("  {}\n", plain(file)));
            }
        }
        blocks.push(block);
    }
    blocks.join("---\n")
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// The lines of a tree, and notes about its signs.
pub(crate) fn tree(nodes: &[TreeNode], specifiers: bool) -> String {
    let mut out = String::new();
    let mut signs = Signs::default();
    for node in nodes {
        out.push_str(&label(node, specifiers, &mut signs));
        out.push('\n');
        below(&mut out, node, ("", specifiers), &mut signs);
    }
    if signs.repeated {
        out.push_str("(*) Package tree already displayed\n");
    }
    if signs.circle {
        out.push_str("(circle) Needs what needs it\n");
    }
    out
}

/// Which signs have to be explained.
#[derive(Default)]
struct Signs {
    repeated: bool,
    circle: bool,
}

fn below(out: &mut String, node: &TreeNode, (indent, specifiers): (&str, bool), signs: &mut Signs) {
    for (number, child) in node.children.iter().enumerate() {
        let last = number + 1 == node.children.len();
        out.push_str(indent);
        out.push_str(if last { "└── " } else { "├── " });
        out.push_str(&label(child, specifiers, signs));
        out.push('\n');
        let deeper = format!("{indent}{}", if last { "    " } else { "│   " });
        below(out, child, (&deeper, specifiers), signs);
    }
}

fn label(node: &TreeNode, specifiers: bool, signs: &mut Signs) -> String {
    let version = node
        .version
        .as_deref()
        .map(|version| format!(" v{version}"));
    let version = version.unwrap_or_else(|| match &node.source {
        Some(source) => format!(" ({source})"),
        None => " (not installed)".to_owned(),
    });
    let extras = match node.extras.as_slice() {
        [] => String::new(),
        extras => format!("[{}]", extras.join(",")),
    };
    let mut label = plain(&format!("{}{extras}{version}", node.name)).into_owned();
    if let Some(extra) = &node.extra {
        label.push_str(&format!(" (extra: {})", plain(extra)));
    }
    if let Some(group) = &node.group {
        label.push_str(&format!(" (group: {})", plain(group)));
    }
    if let Some(specifier) = node.specifier.as_deref().filter(|_| specifiers) {
        let shown = if specifier.is_empty() { "*" } else { specifier };
        label.push_str(&format!(" [required: {}]", plain(shown)));
    }
    if let Some(count) = node.bytes {
        label.push_str(&format!(" ({})", bytes(count)));
    }
    if let Some(latest) = &node.latest {
        label.push_str(&format!(" (latest: v{})", plain(latest)));
    }
    if node.circle {
        signs.circle = true;
        label.push_str(" (circle)");
    } else if node.repeated {
        signs.repeated = true;
        label.push_str(" (*)");
    }
    label
}

/// One interpreter a line: what it is, where it is, what it is a link to.
pub(crate) fn pythons(found: &[FoundPython]) -> String {
    let name = |python: &FoundPython| {
        let threads = if python.free_threaded {
            "+freethreaded"
        } else {
            ""
        };
        format!(
            "{}-{}{threads}-{}",
            python.implementation, python.version, python.platform
        )
    };
    let width = found
        .iter()
        .map(|python| name(python).chars().count())
        .max()
        .unwrap_or_default();
    let mut out = String::new();
    for python in found {
        let shown = name(python);
        let padding = " ".repeat(width - shown.chars().count() + 4);
        out.push_str(&format!(
            "{shown}{padding}{}",
            plain(&python.path.to_string_lossy())
        ));
        if let Some(link) = &python.link {
            out.push_str(&format!(" -> {}", plain(&link.to_string_lossy())));
        }
        out.push('\n');
    }
    out
}

/// A size for people.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut scaled = bytes;
    let mut rest = 0;
    while scaled >= 1024 && unit + 1 < UNITS.len() {
        rest = (scaled % 1024) * 10 / 1024;
        scaled /= 1024;
        unit += 1;
    }
    if unit == 0 {
        format!("{scaled}B")
    } else {
        format!("{scaled}.{rest}{}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dist(name: &str, version: &str) -> Listed {
        Listed {
            location: None,
            installer: None,
            name: name.to_owned(),
            version: version.to_owned(),
            editable_project_location: None,
        }
    }

    #[test]
    fn columns_are_as_wide_as_their_cells() {
        let listed = [dist("harry", "1.0"), dist("a-much-longer-name", "2024.1.2")];
        let expected = "Package            Version\n\
                        ------------------ --------\n\
                        harry              1.0\n\
                        a-much-longer-name 2024.1.2\n";
        assert_eq!(columns(&listed), expected);
        assert_eq!(columns(&[]), "");
    }

    #[test]
    fn sizes_have_units() {
        assert_eq!(bytes(0), "0B");
        assert_eq!(bytes(1023), "1023B");
        assert_eq!(bytes(1536), "1.5KiB");
        assert_eq!(bytes(5 * 1024 * 1024 * 1024), "5.0GiB");
    }

    #[test]
    fn a_tree_has_branches() {
        let leaf = TreeNode {
            name: "harry".into(),
            version: Some("1.0".into()),
            specifier: Some("<2".into()),
            ..TreeNode::default()
        };
        let root = TreeNode {
            name: "sirius".into(),
            version: Some("1.0".into()),
            children: vec![leaf],
            ..TreeNode::default()
        };
        assert_eq!(
            tree(&[root], true),
            "sirius v1.0\n└── harry v1.0 [required: <2]\n"
        );
    }
}
