use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use naja_lock::{AnnotationStyle, IndexLines, TextOptions, requirements_text};
use naja_project::settings::{self, Location, Settings};
use naja_resolve::{PackageSet, Preference, Problem};

use crate::event::Event;
use crate::failure::Failure;
use crate::inputs::{self, InputSources};
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
}

/// The compiled file.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// Its text.
    pub text: String,
    /// Where it was written, if to a file.
    pub written: Option<PathBuf>,
}

/// Resolves requirements for one Python and writes the pins down.
///
/// # Errors
/// There is no answer, an index fails, or the file cannot be written.
pub fn compile(session: &mut Session, request: &CompileRequest) -> Result<Compiled, Failure> {
    let start = Instant::now();
    let set = inputs::read(session, &request.sources)?;
    let mut pipeline = Pipeline::new(session, options::index_config(session)?);
    let output = session.settings.output_file.value.clone();
    let output = output.map(|path| session.process.absolute(&path));
    let preferences = match &output {
        Some(path) => inputs::preferences(session, path)?,
        None => BTreeMap::new(),
    };
    if !target::is_known(session) {
        pipeline.expect(set.index_names());
    }
    let interpreter = target::interpreter_to_resolve_for(session)?;
    let mut problem = problem::of(session, &interpreter, &set)?;
    prefer(&mut problem, preferences);
    let graph = pipeline.resolve(problem, None, &mut *session.sink)?;
    problem::tell_notes(session, &graph);
    let text = requirements_text(&graph, &text_options(session, request, &pipeline));
    if let Some(path) = &output {
        naja_store::write::atomic_write(path, text.as_bytes()).map_err(|error| {
            Failure::environment(format!("could not write {}", path.display())).because(&error)
        })?;
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

fn prefer(problem: &mut Problem, found: BTreeMap<naja_spec::PackageName, Vec<Preference>>) {
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
        strip_markers: !settings.no_strip_markers.value,
        hashes: settings.generate_hashes.value,
        index_lines: index_lines(session, settings),
        index_notes: if settings.emit_index_annotation.value {
            pipeline.index_addresses().collect()
        } else {
            BTreeMap::new()
        },
        omit: settings.no_emit_package.value.iter().cloned().collect(),
    }
}

fn index_lines(session: &Session, settings: &Settings) -> IndexLines {
    let order = settings.index_order(&session.process.cwd);
    let shown = |location: &Location| match location {
        Location::Url(url) => url.masked(),
        Location::Path(path) => path.display().to_string(),
    };
    let mut lines = IndexLines::default();
    if settings.emit_index_url.value {
        lines.index_url = order.default.as_ref().map(|entry| shown(&entry.location));
        let extra = order.indexes.iter().map(|entry| shown(&entry.location));
        lines.extra_index_urls = extra.collect();
        lines.no_index = order.no_index;
    }
    if settings.emit_find_links.value {
        lines.find_links = order.find_links.iter().map(shown).collect();
    }
    if settings.emit_build_options.value {
        let names = |choice: &settings::PackageChoice| match choice.all {
            true => vec![":all:".to_owned()],
            false => choice.names.iter().map(ToString::to_string).collect(),
        };
        lines.no_binary = names(&settings.no_binary.value);
        lines.only_binary = names(&settings.only_binary.value);
    }
    lines
}
