//! The answers of `naja why` and `naja size`.

use anstyle::{AnsiColor, Style};
use naja_engine::graph::{Ask, Asked, Folded, PathStep, Reasons, Sizes, Would};

use super::pip_tables::table;
use super::plain;
use super::tables::bytes;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default();
const CYAN: Style = AnsiColor::Cyan.on_default();

/// More of those who ask than this tell nobody anything.
const MOST_ASKS: usize = 8;

/// Why a package is there, or why not.
pub(crate) fn reasons(found: &Reasons) -> String {
    let name = plain(&found.name).into_owned();
    let Some(version) = &found.version else {
        return absent(found, &name);
    };
    let mut out = format!(
        "{BOLD}{}{BOLD:#} {}",
        labelled(&name, &found.extras),
        plain(version)
    );
    out.push_str(&match (found.requested, found.paths.len() + found.more) {
        (true, 0) => format!(" {GREEN}was asked for by name{GREEN:#}; nothing else needs it\n"),
        (false, 0) => " is needed by nothing, and nobody asked for it by name\n".to_owned(),
        (asked, ways) => {
            let asked = if asked {
                format!(" {GREEN}was asked for by name{GREEN:#}, and")
            } else {
                String::new()
            };
            let more = if found.uncounted { "more than " } else { "" };
            let noun = if ways == 1 { "way" } else { "ways" };
            format!("{asked} is needed in {more}{ways} {noun}:\n")
        }
    });
    if !found.paths.is_empty() {
        out.push('\n');
    }
    for top in &found.folded() {
        out.push_str(&format!("{}\n", line(top.step.as_ref(), &found.name)));
        below(&mut out, top, "", &found.name);
    }
    if found.more > 0 {
        let more = if found.uncounted { "more than " } else { "" };
        out.push_str(&format!(
            "{DIM}… and {more}{} more; `naja why --all {name}` shows them{DIM:#}\n",
            found.more
        ));
    }
    limits(&mut out, found);
    would(&mut out, found, "Requirements that do not count here:");
    out
}

fn absent(found: &Reasons, name: &str) -> String {
    let there = if found.locked { "locked" } else { "installed" };
    let mut out = format!("{BOLD}{name}{BOLD:#} is not {there}\n");
    if !found.asks.is_empty() {
        out.push_str(&format!("\n{RED}It is required{RED:#}, and missing:\n"));
        for ask in &found.asks {
            out.push_str(&format!("  {}\n", asks(ask)));
        }
    }
    would(&mut out, found, "These would bring it:");
    if let Some((first, others)) = found.near.split_first() {
        let others: String = others
            .iter()
            .map(|name| format!(", `{}`", plain(name)))
            .collect();
        out.push_str(&format!(
            "{CYAN}hint{CYAN:#}: is `{}`{others} meant?\n",
            plain(first)
        ));
    } else if found.would.is_empty() && found.asks.is_empty() {
        out.push_str(&format!("Nothing that is {there} requires it.\n"));
    }
    out
}

fn below(out: &mut String, node: &Folded, indent: &str, subject: &str) {
    for (number, child) in node.below.iter().enumerate() {
        let last = number + 1 == node.below.len();
        let branch = if last { "└── " } else { "├── " };
        let words = line(child.step.as_ref(), subject);
        out.push_str(&format!("{DIM}{indent}{branch}{DIM:#}{words}\n"));
        let deeper = format!("{indent}{}", if last { "    " } else { "│   " });
        below(out, child, &deeper, subject);
    }
}

fn line(step: Option<&PathStep>, subject: &str) -> String {
    let Some(step) = step else {
        return String::new();
    };
    let name = labelled(&plain(&step.name), &step.extras);
    let name = if step.name == subject {
        format!("{BOLD}{name}{BOLD:#}")
    } else {
        name
    };
    let version = match &step.version {
        Some(version) => format!("{DIM}{}{DIM:#}", plain(version)),
        None => format!("{RED}not installed{RED:#}"),
    };
    let mut line = format!("{name} {version}");
    if let Some(asked) = &step.asked {
        line.push_str(&format!("  {}", wanted(asked)));
        for also in &asked.also {
            line.push_str(&format!(", {}", wanted(also)));
        }
    }
    // The package itself has its own line about that.
    if step.requested && step.name != subject {
        line.push_str(&format!("  {GREEN}asked for{GREEN:#}"));
    }
    line
}

/// What a requirement says, and whether it is met.
fn wanted(asked: &Asked) -> String {
    let specifier = match asked.specifier.as_str() {
        "" => "any version".to_owned(),
        specifier => plain(specifier).into_owned(),
    };
    let style = if asked.met { CYAN } else { RED };
    let mut words = format!("{style}{specifier}{style:#}");
    if let Some(extra) = &asked.extra {
        words.push_str(&format!("{DIM} for [{}]{DIM:#}", plain(extra)));
    }
    if let Some(group) = &asked.group {
        words.push_str(&format!("{DIM} for the group {}{DIM:#}", plain(group)));
    }
    if let Some(marker) = &asked.marker {
        words.push_str(&format!("{DIM} where {}{DIM:#}", plain(marker)));
    }
    if !asked.met {
        words.push_str(&format!(" {RED}not met{RED:#}"));
    }
    words
}

fn labelled(name: &str, extras: &[String]) -> String {
    if extras.is_empty() {
        return name.to_owned();
    }
    format!("{name}[{}]", plain(&extras.join(",")))
}

fn limits(out: &mut String, found: &Reasons) {
    let ends = [("below", &found.upper), ("above", &found.lower)];
    if ends.iter().all(|(_, end)| end.is_none()) {
        return;
    }
    out.push_str("\nIts version:\n");
    for (_, bound) in ends {
        let Some(bound) = bound else { continue };
        let shown = bound.by.len().min(MOST_ASKS);
        let mut by = plain(&bound.by[..shown].join(", ")).into_owned();
        if bound.by.len() > shown {
            by.push_str(&format!(" and {} more", bound.by.len() - shown));
        }
        let limit = plain(&bound.limit);
        out.push_str(&format!("  {CYAN}{limit:<12}{CYAN:#} {by}\n"));
    }
    let unmet: Vec<&Ask> = found.asks.iter().filter(|ask| !ask.asked.met).collect();
    for ask in unmet {
        out.push_str(&format!("  {RED}not met{RED:#}      {}\n", asks(ask)));
    }
}

fn asks(ask: &Ask) -> String {
    let version = ask.version.as_deref().unwrap_or_default();
    format!(
        "{} {}  {}",
        plain(&ask.by),
        plain(version),
        wanted(&ask.asked)
    )
}

fn would(out: &mut String, found: &Reasons, title: &str) {
    if found.would.is_empty() {
        return;
    }
    out.push_str(&format!("\n{title}\n"));
    for would in &found.would {
        out.push_str(&format!("  {}\n", one_that_would(would)));
    }
}

fn one_that_would(would: &Would) -> String {
    let mut words = plain(&would.by).into_owned();
    if let Some(version) = &would.version {
        words.push_str(&format!(" {DIM}{}{DIM:#}", plain(version)));
    }
    let specifier = match would.asked.specifier.as_str() {
        "" => "any version".to_owned(),
        specifier => plain(specifier).into_owned(),
    };
    words.push_str(&format!("  {CYAN}{specifier}{CYAN:#}"));
    match (&would.asked.marker, would.with_extra) {
        (Some(marker), false) => {
            words.push_str(&format!("{DIM} only where {}{DIM:#}", plain(marker)));
        }
        (Some(marker), true) => words.push_str(&format!("{DIM} where {}{DIM:#}", plain(marker))),
        (None, _) => {}
    }
    words
}

/// The columns of `naja size`.
pub(crate) fn sizes(sizes: &Sizes, exact: bool) -> String {
    let shown = |count: u64| {
        if exact {
            count.to_string()
        } else {
            bytes(count)
        }
    };
    let mut rows: Vec<Vec<String>> = sizes
        .packages
        .iter()
        .map(|one| {
            let alone = one.exclusive_with.is_empty();
            vec![
                one.name.clone(),
                one.version.clone(),
                one.size.files.to_string(),
                shown(one.size.bytes),
                if alone {
                    String::new()
                } else {
                    shown(one.exclusive_bytes)
                },
            ]
        })
        .collect();
    let line = |name: &str, count: u64| {
        let none = String::new;
        vec![name.to_owned(), none(), none(), shown(count), none()]
    };
    if sizes.other_bytes > 0 {
        rows.push(line("(environment)", sizes.other_bytes));
    }
    rows.push(line("(total)", sizes.total_bytes));
    if sizes.shared_bytes > 0 {
        rows.push(line("(of it, in the cache too)", sizes.shared_bytes));
    }
    table(
        &[
            "Package",
            "Version",
            "Files",
            "Size",
            "With what only it needs",
        ],
        &rows,
    )
}
