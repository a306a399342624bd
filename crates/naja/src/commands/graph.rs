//! `naja tree`, `naja why`, `naja graph` and `naja size`.

use std::path::Path;

use naja_engine::graph::{
    self, GraphRequest, GraphSource, LockView, PictureFormat, Reasons, TreeNode, TreeRequest,
    WhyRequest,
};
use naja_engine::project::PartChoice;
use naja_engine::{Event, Failure, Session};

use super::project::{lock_mode, parts};
use super::{Done, Outcome, names, text, to_json};
use crate::args::{
    GraphArgs, GraphFormat, LockViewArgs, PipTreeArgs, ReadArgs, SizeArgs, TreeArgs, TreeFormat,
    WhyArgs,
};
use crate::render::{graph as shown, tables};

/// How many ways `naja why` shows of each package.
const MOST_WAYS: usize = 12;

/// How many it shows with `--all`.
const ALL_WAYS: usize = 1000;

/// `naja tree`: with the extras in use.
pub(super) fn tree(session: &mut Session, args: &TreeArgs) -> Done {
    let json = args.format == Some(TreeFormat::Json) || args.tree.output.wants_json();
    let request = TreeRequest {
        source: source(session, &args.lock, &args.tree.read)?,
        ..tree_request(&args.tree, true)?
    };
    let nodes = graph::tree(session, &request)?;
    tree_text(&nodes, &args.tree, json)
}

/// `naja pip tree`, as uv's `pip tree`.
pub(super) fn pip_tree(session: &mut Session, args: &PipTreeArgs) -> Done {
    let nodes = graph::tree(session, &tree_request(args, false)?)?;
    tree_text(&nodes, args, args.output.wants_json())
}

/// Whether the lock of the project is looked at, or an environment.
fn source(session: &Session, args: &LockViewArgs, read: &ReadArgs) -> Result<GraphSource, Failure> {
    if args.installed || (read.target.names_one() && !args.is_about_a_lock()) {
        return Ok(GraphSource::Environment);
    }
    let chosen = parts(&session.settings, &args.select)?;
    let view = LockView {
        mode: lock_mode(&session.settings),
        // All of the workspace, and of extras those that are not left out.
        parts: PartChoice {
            all_packages: true,
            all_extras: chosen.extras.is_empty(),
            ..chosen
        },
        universal: args.universal,
        script: args.script.clone(),
    };
    Ok(match args.is_about_a_lock() {
        true => GraphSource::Lock(view),
        false => GraphSource::Either(view),
    })
}

fn tree_text(nodes: &[TreeNode], args: &PipTreeArgs, json: bool) -> Done {
    if json {
        return text(to_json(&nodes)?);
    }
    text(tables::tree(nodes, args.show_version_specifiers))
}

fn tree_request(args: &PipTreeArgs, extras: bool) -> Result<TreeRequest, Failure> {
    Ok(TreeRequest {
        source: GraphSource::Environment,
        depth: (args.depth < u8::MAX).then(|| usize::from(args.depth)),
        prune: names(&args.prune)?,
        packages: names(&args.package)?,
        no_dedupe: args.no_dedupe,
        invert: args.invert,
        sizes: args.show_sizes,
        outdated: args.outdated,
        extras,
    })
}

/// `naja why`; the answer is no where something is not installed.
pub(super) fn why(session: &mut Session, args: &WhyArgs) -> Done {
    let subjects = args.packages.iter().map(|name| graph::parse_subject(name));
    let request = WhyRequest {
        source: source(session, &args.lock, &args.read)?,
        subjects: subjects.collect::<Result<_, _>>()?,
        all: args.all,
        most: if args.all { ALL_WAYS } else { MOST_WAYS },
    };
    let found = graph::why(session, &request)?;
    let status = u8::from(found.iter().any(|one: &Reasons| one.version.is_none()));
    if args.output.wants_json() {
        return Ok(Outcome::Text(to_json(&found)?, status));
    }
    let blocks: Vec<String> = found.iter().map(shown::reasons).collect();
    Ok(Outcome::Painted(blocks.join("\n"), status))
}

/// `naja graph`.
pub(super) fn graph(session: &mut Session, args: &GraphArgs) -> Done {
    let packages = names(&args.packages)?;
    let format = match args.form() {
        GraphFormat::Tree => {
            let request = TreeRequest {
                source: source(session, &args.lock, &args.read)?,
                packages,
                outdated: args.outdated,
                extras: true,
                ..TreeRequest::default()
            };
            let nodes = graph::tree(session, &request)?;
            return put(session, args.output.as_deref(), tables::tree(&nodes, true));
        }
        GraphFormat::Mermaid => PictureFormat::Mermaid,
        GraphFormat::Dot => PictureFormat::Dot,
        GraphFormat::Svg => PictureFormat::Svg,
        GraphFormat::Html => PictureFormat::Html,
        GraphFormat::Json => PictureFormat::Json,
    };
    let request = GraphRequest {
        source: source(session, &args.lock, &args.read)?,
        format,
        packages,
        outdated: args.outdated,
    };
    let drawn = graph::graph(session, &request)?;
    put(session, args.output.as_deref(), drawn)
}

/// Writes a picture to a file, or to standard output.
fn put(session: &mut Session, file: Option<&Path>, drawn: String) -> Done {
    let Some(file) = file.filter(|file| file.as_os_str() != "-") else {
        return text(drawn);
    };
    let path = session.process.absolute(file);
    std::fs::write(&path, drawn).map_err(|error| {
        Failure::environment(format!("could not write `{}`", path.display()))
            .because(&error)
            .hint("name a file in a directory that is there")
    })?;
    session.emit(&Event::Note {
        message: format!("Wrote {}", file.display()),
    });
    Ok(Outcome::Quiet(0))
}

/// `naja size`.
pub(super) fn size(session: &mut Session, args: &SizeArgs) -> Done {
    let sizes = graph::size(session)?;
    text(if args.output.wants_json() {
        to_json(&sizes)?
    } else {
        shown::sizes(&sizes, args.bytes)
    })
}
