//! A graph as a pinned requirements file, in the layout that `pip-compile` made common.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use naja_spec::{Marker, MarkerSet, PackageName, VersionSpecifiers};

use crate::{DistSource, EdgeSource, Graph, IndexTag, Pin};

/// Where a note behind a pin begins at the earliest, less two columns.
const NOTE_COLUMN: usize = 24;

/// How the notes about who asked are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnnotationStyle {
    /// One comment line per asker below the pin.
    #[default]
    Split,
    /// All askers in one comment behind the pin.
    Line,
}

/// The option lines at the top of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexLines {
    /// `--index-url`.
    pub index_url: Option<String>,
    /// `--extra-index-url`, in order.
    pub extra_index_urls: Vec<String>,
    /// `--no-index`.
    pub no_index: bool,
    /// `--find-links`, in order.
    pub find_links: Vec<String>,
    /// `--no-binary` arguments (`:all:` or names).
    pub no_binary: Vec<String>,
    /// `--only-binary` arguments (`:all:` or names).
    pub only_binary: Vec<String>,
}

/// What a compiled file shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextOptions {
    /// The command line for the header; `None` leaves the header out (`--no-header`).
    pub header_command: Option<String>,
    /// Leaves out who asked (`--no-annotate`).
    pub no_annotate: bool,
    /// How who asked is laid out.
    pub annotation_style: AnnotationStyle,
    /// Writes the extras of a pin (`--no-strip-extras`).
    pub keep_extras: bool,
    /// Leaves out markers (`--no-strip-markers` is the opposite).
    pub strip_markers: bool,
    /// Writes a `--hash` for each known file (`--generate-hashes`).
    pub hashes: bool,
    /// The option lines at the top (`--emit-index-url`, `--emit-find-links`, `--emit-build-options`).
    pub index_lines: IndexLines,
    /// Addresses of indexes for `# from` notes (`--emit-index-annotation`); empty for none.
    pub index_notes: BTreeMap<IndexTag, String>,
    /// Names that are left out (`--no-emit-package`), in the order given.
    pub omit: Vec<PackageName>,
    /// The versions of Python that the result is for; what follows from them is left out of markers.
    pub requires_python: Option<VersionSpecifiers>,
    /// The marker that the result is known to be good for (`--emit-marker-expression`).
    pub valid_for: Option<Marker>,
}

/// Writes the graph as a requirements file of exact pins, one block per distribution, sorted by name.
#[must_use]
pub fn requirements_text(graph: &Graph, options: &TextOptions) -> String {
    let mut out = String::new();
    header(options, &mut out);
    index_lines(&options.index_lines, &mut out);
    let askers = Askers::of(graph, options);
    let markers = match options.strip_markers {
        true => vec![None; graph.nodes.len()],
        false => markers(graph, options.requires_python.as_ref()),
    };
    for (at, node) in graph.nodes.iter().enumerate() {
        if !options.omit.contains(&node.pin.name) {
            let line = requirement_line(&node.pin, markers[at].as_ref(), options);
            block(&node.pin, &line, &askers.labels[at], options, &mut out);
        }
    }
    let mut omitted: Vec<&PackageName> = Vec::new();
    for name in &options.omit {
        if graph.find(name).is_some() && !omitted.contains(&name) {
            omitted.push(name);
        }
    }
    if !omitted.is_empty() {
        out.push_str("\n# The following packages were excluded from the output:\n");
        for name in omitted {
            let _ = writeln!(out, "# {name}");
        }
    }
    out
}

/// The marker of each node: its own, else that of the ways that lead to it.
/// What follows from the versions of Python that the result is for is left out.
pub(crate) fn markers(
    graph: &Graph,
    requires_python: Option<&VersionSpecifiers>,
) -> Vec<Option<Marker>> {
    let is_own = graph.nodes.iter().any(|node| node.pin.marker.is_some());
    if is_own || !graph.forks.is_empty() {
        let own = graph.nodes.iter().map(|node| node.pin.marker.clone());
        return own.collect();
    }
    let assumed = match requires_python {
        Some(requires) => MarkerSet::from_requires_python(requires),
        None => MarkerSet::all(),
    };
    crate::reach::reach(graph)
        .into_iter()
        .map(|set| set.simplify(&assumed).to_marker())
        .collect()
}

/// The notes about who asked, by node.
struct Askers {
    labels: Vec<BTreeSet<String>>,
}

impl Askers {
    fn of(graph: &Graph, options: &TextOptions) -> Self {
        let mut labels = vec![BTreeSet::new(); graph.nodes.len()];
        if options.no_annotate {
            return Self { labels };
        }
        for edge in &graph.edges {
            let label = match &edge.from {
                EdgeSource::Root(origin)
                | EdgeSource::Constraint(origin)
                | EdgeSource::Override(origin) => origin.via(),
                // A distribution that asks for an extra of itself explains nothing.
                EdgeSource::Node(from) if *from == edge.to => None,
                EdgeSource::Node(from) => graph
                    .nodes
                    .get(from.0)
                    .map(|node| node.pin.name.to_string()),
            };
            if let (Some(label), Some(set)) = (label, labels.get_mut(edge.to.0)) {
                set.insert(label);
            }
        }
        Self { labels }
    }
}

/// The beginning of a file: which command made it, and the option lines.
pub(crate) fn head(command: Option<&str>, lines: &IndexLines) -> String {
    let mut out = String::new();
    let options = TextOptions {
        header_command: command.map(str::to_owned),
        ..TextOptions::default()
    };
    header(&options, &mut out);
    index_lines(lines, &mut out);
    out
}

fn header(options: &TextOptions, out: &mut String) {
    if let Some(command) = &options.header_command {
        out.push_str("# This file was autogenerated by naja via the following command:\n");
        let _ = writeln!(out, "#    {command}");
    }
    if let Some(marker) = &options.valid_for {
        out.push_str("# Pinned dependencies known to be valid for:\n");
        let _ = writeln!(out, "#    {}", marker.lockstyle());
    }
}

fn index_lines(lines: &IndexLines, out: &mut String) {
    let before = out.len();
    if let Some(url) = &lines.index_url {
        let _ = writeln!(out, "--index-url {url}");
    }
    if lines.no_index {
        out.push_str("--no-index\n");
    }
    let lists = [
        ("--extra-index-url", &lines.extra_index_urls),
        ("--find-links", &lines.find_links),
        ("--no-binary", &lines.no_binary),
        ("--only-binary", &lines.only_binary),
    ];
    for (option, values) in lists {
        for value in values {
            let _ = writeln!(out, "{option} {value}");
        }
    }
    if out.len() > before {
        out.push('\n');
    }
}

fn block(
    pin: &Pin,
    line: &str,
    askers: &BTreeSet<String>,
    options: &TextOptions,
    out: &mut String,
) {
    out.push_str(line);
    let hashes = if options.hashes {
        hashes_of(pin)
    } else {
        BTreeSet::new()
    };
    for hash in &hashes {
        let _ = write!(out, " \\\n    --hash={hash}");
    }
    if !askers.is_empty() {
        match options.annotation_style {
            AnnotationStyle::Line => {
                if hashes.is_empty() {
                    let gap = NOTE_COLUMN.saturating_sub(line.chars().count());
                    let _ = write!(out, "{:gap$}  ", "");
                } else {
                    out.push_str("\n    ");
                }
                out.push_str("# via ");
                for (at, asker) in askers.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { ", " });
                    out.push_str(asker);
                }
            }
            AnnotationStyle::Split if askers.len() == 1 => {
                for asker in askers {
                    let _ = write!(out, "\n    # via {asker}");
                }
            }
            AnnotationStyle::Split => {
                out.push_str("\n    # via");
                for asker in askers {
                    let _ = write!(out, "\n    #   {asker}");
                }
            }
        }
    }
    out.push('\n');
    let index = pin
        .source
        .remote()
        .and_then(|file| options.index_notes.get(&file.index));
    if let Some(url) = index {
        let _ = writeln!(out, "    # from {url}");
    }
}

/// Writes the requirement that pins exactly this distribution.
fn requirement_line(pin: &Pin, marker: Option<&Marker>, options: &TextOptions) -> String {
    let extras = pin.extras.iter().filter(|_| options.keep_extras);
    let name = pin.name.with_extras(extras);
    let mut line = match &pin.source {
        DistSource::LocalWheel {
            given: Some(given), ..
        } => given.clone(),
        DistSource::SourceArchive {
            url,
            given: Some(given),
            ..
        } if url.is_file() => given.clone(),
        DistSource::Directory {
            url,
            given,
            editable,
            ..
        } => {
            let place = match given {
                Some(given) => given.clone(),
                None => url.without_credentials().with_secrets().to_owned(),
            };
            match (editable, given) {
                (true, _) => format!("-e {place}"),
                (false, Some(_)) => place,
                (false, None) => format!("{name} @ {place}"),
            }
        }
        DistSource::Git {
            git,
            commit,
            editable: true,
            ..
        } => {
            let address = git.at(commit);
            let sign = if address.contains('#') { '&' } else { '#' };
            format!("-e {address}{sign}egg={name}")
        }
        DistSource::Git { git, commit, .. } => format!("{name} @ {}", git.at(commit)),
        source => match source.direct_url() {
            Some(url) => format!("{name} @ {}", url.without_credentials()),
            None => format!("{name}=={}", pin.version),
        },
    };
    if let Some(marker) = marker {
        let _ = write!(line, " ; {}", marker.lockstyle());
    }
    line
}

fn hashes_of(pin: &Pin) -> BTreeSet<String> {
    let hashes = if pin.file_hashes.is_empty() {
        &pin.requested_hashes
    } else {
        &pin.file_hashes
    };
    hashes.iter().map(ToString::to_string).collect()
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
