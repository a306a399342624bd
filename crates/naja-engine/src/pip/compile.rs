use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use naja_lock::{AnnotationStyle, IndexLines, TextOptions, requirements_text};
use naja_project::settings::{self, Location, Settings};
use naja_resolve::{PackageSet, Preference, Problem, Target};
use naja_spec::{Operator, VersionSpecifier, VersionSpecifiers};
use naja_store::write::{atomic_write, is_stream};

use super::locked;
use super::valid_for::valid_for;
use crate::event::Event;
use crate::failure::Failure;
use crate::inputs::{self, InputSources};
use crate::made_directory::MadeDirectory;
use crate::options;
use crate::pipeline::Pipeline;
use crate::problem;
use crate::session::{Session, ms_since};
use crate::target;

/// What `naja pip compile` turns into pins.
#[derive(Clone, Debug, Default)]
pub struct CompileRequest {
    /// The requirements.
    pub sources: InputSources,
    /// The command line as it stands in the header.
    pub command: String,
    /// Whether a lock file (PEP 751) is wanted instead of requirements.
    pub lock: bool,
}

/// The compiled file.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// Its text.
    pub text: String,
    /// Where it was written, if to a file.
    pub written: Option<PathBuf>,
}

/// Resolves requirements for one Python, or for all systems, and writes the pins down.
///
/// # Errors
/// There is no answer, an index fails, or the file cannot be written.
pub fn compile(session: &mut Session, request: &CompileRequest) -> Result<Compiled, Failure> {
    let start = Instant::now();
    let set = inputs::read(session, &request.sources)?;
    let mut pipeline = Pipeline::new(session, options::index_config(session)?);
    let output = session.settings.output_file.value.clone();
    let output = output.map(|path| session.process.absolute(&path));
    // What is only written to has no versions to keep.
    let earlier = output.as_ref().filter(|path| !is_stream(path));
    let preferences = match earlier {
        Some(path) if request.lock => locked::preferences(path)?,
        Some(path) => inputs::preferences(session, path)?,
        None => BTreeMap::new(),
    };
    if !target::is_known(session) {
        pipeline.expect(set.index_names());
    }
    let interpreter = target::interpreter_to_resolve_for(session)?;
    let mut problem = match session.settings.universal.value {
        true => problem::universal(session, &interpreter, &set)?,
        false => problem::of(session, &interpreter, &set)?,
    };
    prefer(&mut problem, preferences);
    problem.options.collect_files = request.lock;
    let requires_python = requires_python(&problem);
    let target = problem.target.clone();
    let python = target::as_it_is(session, &interpreter)?;
    pipeline.build_for(session, &python);
    pipeline.named_as(&set.direct);
    let graph = pipeline.resolve(problem, None, &mut *session.sink)?;
    problem::tell_notes(session, &graph);
    let is_wanted = session.settings.emit_marker_expression.value && !request.lock;
    let valid_for = match is_wanted {
        true => valid_for(&mut pipeline, (&graph, &target), &set)?,
        false => None,
    };
    let form = TextOptions {
        requires_python: Some(requires_python.clone()),
        valid_for,
        ..text_options(session, request, &pipeline)
    };
    let text = if request.lock {
        let header = form.header_command.as_deref();
        locked::text(
            session,
            &graph,
            requires_python,
            (output.as_deref(), header),
        )?
    } else {
        requirements_text(&graph, &form)
    };
    if let Some(path) = &output {
        let directory = MadeDirectory::around(Some(path).filter(|path| !is_stream(path)))?;
        atomic_write(path, text.as_bytes()).map_err(|error| {
            Failure::environment(format!("could not write {}", path.display())).because(&error)
        })?;
        directory.keep();
    }
    session.emit(&Event::Resolved {
        packages: graph.nodes.len(),
        ms: ms_since(start),
    });
    session.detail(pipeline.summary());
    pipeline.finish();
    Ok(Compiled {
        text,
        written: output,
    })
}

/// The versions of Python that the result is for.
fn requires_python(problem: &Problem) -> VersionSpecifiers {
    match &problem.target {
        Target::Universal(target) => target.requires_python.clone(),
        Target::Exact(target) => {
            let lowest = target.environment.python_full_version.without_local();
            VersionSpecifier::new(Operator::GreaterEqual, lowest)
                .into_iter()
                .collect()
        }
    }
}

/// Has a problem try first what an earlier answer had, but for what is to be replaced.
pub(crate) fn prefer(
    problem: &mut Problem,
    found: BTreeMap<naja_spec::PackageName, Vec<Preference>>,
) {
    for (name, preferences) in found {
        let replaced = match &problem.upgrade {
            PackageSet::All => true,
            other => other.contains(&name),
        };
        if !replaced {
            problem.preferences.insert(name, preferences);
        }
    }
}

fn text_options(session: &Session, request: &CompileRequest, pipeline: &Pipeline) -> TextOptions {
    let settings = &session.settings;
    let command = settings.custom_compile_command.value.clone();
    TextOptions {
        header_command: (!settings.no_header.value)
            .then(|| command.unwrap_or_else(|| request.command.clone())),
        no_annotate: settings.no_annotate.value,
        annotation_style: match settings.annotation_style.value {
            settings::AnnotationStyle::Line => AnnotationStyle::Line,
            settings::AnnotationStyle::Split => AnnotationStyle::Split,
        },
        keep_extras: settings.no_strip_extras.value,
        strip_markers: !settings.no_strip_markers.value && !settings.universal.value,
        hashes: settings.generate_hashes.value,
        index_lines: index_lines(
            session,
            settings,
            IndexLinesWanted {
                index_url: settings.emit_index_url.value,
                find_links: settings.emit_find_links.value,
                build_options: settings.emit_build_options.value,
            },
        ),
        index_notes: if settings.emit_index_annotation.value {
            index_notes(pipeline)
        } else {
            BTreeMap::new()
        },
        omit: settings.no_emit_package.value.clone(),
        requires_python: None,
        valid_for: None,
    }
}

/// The addresses of the indexes; the built-in one as other tools write it.
fn index_notes(pipeline: &Pipeline) -> BTreeMap<naja_lock::IndexTag, String> {
    let short = naja_index::built_in_default_index().map(|url| url.trim_end_matches('/'));
    let shown = |address: String| match short {
        Some(short) if address.trim_end_matches('/') == short => short.to_owned(),
        _ => address,
    };
    let addresses = pipeline.index_addresses();
    addresses
        .map(|(tag, address)| (tag, shown(address)))
        .collect()
}

/// Which option lines a file of requirements begins with.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct IndexLinesWanted {
    /// The indexes.
    pub(crate) index_url: bool,
    /// The places of `--find-links`.
    pub(crate) find_links: bool,
    /// What is not built, and what is built.
    pub(crate) build_options: bool,
}

/// The option lines that say what the settings say.
pub(crate) fn index_lines(
    session: &Session,
    settings: &Settings,
    wanted: IndexLinesWanted,
) -> IndexLines {
    let order = settings.index_order(&session.process.cwd);
    let shown = |location: &Location| match location {
        Location::Url(url) => url.masked(),
        Location::Path(path) => path.given().to_owned(),
    };
    let mut lines = IndexLines::default();
    if wanted.index_url {
        let built_in = || {
            let built_in = naja_index::built_in_default_index()?;
            (!order.no_index).then(|| built_in.trim_end_matches('/').to_owned())
        };
        let given = order.default.as_ref().map(|entry| shown(&entry.location));
        lines.index_url = given.or_else(built_in);
        let extra = order.indexes.iter().map(|entry| shown(&entry.location));
        lines.extra_index_urls = extra.collect();
        lines.no_index = order.no_index;
    }
    if wanted.find_links {
        lines.find_links = order.find_links.iter().map(shown).collect();
    }
    if wanted.build_options {
        let names = |choice: &settings::PackageChoice| match choice.all {
            true => vec![":all:".to_owned()],
            false => choice.names.iter().map(ToString::to_string).collect(),
        };
        lines.no_binary = names(&settings.no_binary.value);
        lines.only_binary = names(&settings.only_binary.value);
    }
    lines
}
