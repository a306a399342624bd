//! One command in several environments (`--matrix`) or in each project of the workspace (`--each-package`).

use std::path::PathBuf;
use std::time::Instant;

use naja_project::manifest::discover;
use naja_project::settings::EnvironmentStorage;
use naja_spec::{ExtraName, GroupName, PackageName};
use serde::Serialize;

use super::commands::Sequence;
use super::crew::{Item, Lane, Manner, Work};
use super::hooks::HookChoice;
use super::perform::{TaskRequest, carried_out, file_name, is_task, prepare};
use crate::event::Event;
use crate::failure::{Failure, Kind};
use crate::run::{self, RunRequest};
use crate::session::{Session, ms_since};

/// More variants than this are a mistake.
const MOST: usize = 256;

/// Which variants there are.
#[derive(Clone, Debug)]
pub enum Variants {
    /// Every combination of values: `py`, `extra`, `group`, `with`, or a variable in capitals.
    Matrix(Axes),
    /// The task's own, if it has some.
    OfTask,
    /// The projects of the workspace.
    Packages,
}

/// The keys of a matrix, each with its values.
pub type Axes = Vec<(String, Vec<String>)>;

/// How it went in each variant.
#[derive(Clone, Debug, Default, Serialize)]
pub struct VariantReport {
    /// What the variants differ in.
    pub axes: Vec<String>,
    /// The variants.
    pub rows: Vec<VariantRow>,
}

/// How it went in one variant.
#[derive(Clone, Debug, Serialize)]
pub struct VariantRow {
    /// Its value on each axis.
    pub values: Vec<String>,
    /// The status; nothing if there was nothing to run.
    pub status: Option<u8>,
    /// Why nothing could be run.
    pub failure: Option<Failure>,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

impl VariantReport {
    /// The worst status.
    #[must_use]
    pub fn status(&self) -> u8 {
        let statuses = self.rows.iter().filter_map(|row| row.status);
        statuses.max().unwrap_or(0)
    }
}

/// A variant, before it is run.
#[derive(Clone, Debug, Default)]
struct Variant {
    values: Vec<(String, String)>,
    /// The project, and its directory.
    member: Option<(PackageName, PathBuf)>,
}

/// Runs a task or a program in each variant; `None` if it has none. With `parallel` they run at once.
///
/// # Errors
/// The variants have a mistake, or the user stopped it.
pub fn run_variants(
    session: &mut Session,
    request: &TaskRequest,
    (variants, parallel): (&Variants, bool),
) -> Result<Option<VariantReport>, Failure> {
    let all = match variants {
        Variants::Matrix(axes) => of_axes(axes)?,
        Variants::Packages => members(session)?,
        Variants::OfTask => match axes_of_task(session, request)? {
            Some(axes) => of_axes(&axes)?,
            None => return Ok(None),
        },
    };
    session.trace.spoil("there are several variants");
    let axes = match (variants, all.first()) {
        (Variants::Packages, _) => vec!["package".to_owned()],
        (_, Some(first)) => first.values.iter().map(|(axis, _)| axis.clone()).collect(),
        _ => Vec::new(),
    };
    let rows = match parallel {
        true => at_once(session, request, &all)?,
        false => one_by_one(session, request, &all)?,
    };
    Ok(Some(VariantReport { axes, rows }))
}

fn axes_of_task(session: &mut Session, request: &TaskRequest) -> Result<Option<Axes>, Failure> {
    let Some(name) = is_task(session, &request.run)? else {
        return Ok(None);
    };
    let book = super::book::book_for(session, super::perform::package(&request.run))?;
    let axes = book.find(&name).map(|known| known.task.matrix.clone());
    Ok(axes.filter(|axes| !axes.is_empty()))
}

/// Every combination, the last axis fastest.
fn of_axes(axes: &[(String, Vec<String>)]) -> Result<Vec<Variant>, Failure> {
    let mut all = vec![Variant::default()];
    for (axis, values) in axes {
        let is_variable = axis
            .chars()
            .all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit());
        let axis = match axis.as_str() {
            "python" => "py",
            known @ ("py" | "extra" | "group" | "with") => known,
            variable if is_variable && !variable.is_empty() => variable,
            other => {
                return Err(Failure::usage(format!("a matrix has no `{other}`"))
                    .hint("there are `py`, `extra`, `group`, `with`, and variables in capitals"));
            }
        };
        let mut next = Vec::with_capacity(all.len() * values.len());
        for variant in &all {
            for value in values {
                let mut variant = variant.clone();
                variant
                    .values
                    .push((axis.to_owned(), value.trim().to_owned()));
                next.push(variant);
            }
        }
        if next.len() > MOST {
            return Err(Failure::usage(format!(
                "the matrix has more than {MOST} combinations"
            )));
        }
        all = next;
    }
    Ok(all)
}

fn members(session: &Session) -> Result<Vec<Variant>, Failure> {
    let found = discover(&session.disk(), &session.project);
    let workspace = found.map_err(|error| crate::project::unusable(&error))?;
    let Some(workspace) = workspace else {
        return Err(Failure::usage("there is no project here")
            .cause("`--each-package` runs in each project of a workspace"));
    };
    let variants = workspace.projects().map(|member| Variant {
        values: vec![("package".to_owned(), member.name.to_string())],
        member: Some((member.name.clone(), member.dir.clone())),
    });
    Ok(variants.collect())
}

impl Variant {
    fn label(&self) -> String {
        let values = self.values.iter().map(|(axis, value)| match axis.as_str() {
            "package" => value.clone(),
            _ => format!("{axis}={value}"),
        });
        values.collect::<Vec<_>>().join(" ")
    }

    fn row(&self, status: Option<u8>, ms: u64) -> VariantRow {
        VariantRow {
            values: self.values.iter().map(|(_, value)| value.clone()).collect(),
            status,
            failure: None,
            ms,
        }
    }

    /// The name of the environment: what is in it is decided by Python, extras and groups.
    fn environment(&self) -> Option<String> {
        let kept = self
            .values
            .iter()
            .filter(|(axis, _)| matches!(axis.as_str(), "py" | "extra" | "group"));
        let parts: Vec<String> = kept
            .map(|(axis, value)| format!("{axis}-{}", file_name(value)))
            .collect();
        if parts.is_empty() {
            return None;
        }
        let mut name = format!("matrix-{}", parts.join("-"));
        if name.len() > 60 {
            name = format!("matrix-{}", crate::registry::short_hash(&name));
        }
        Some(name)
    }

    /// The axes that are variables.
    fn vars(&self) -> Vec<(String, String)> {
        let is_variable =
            |axis: &str| axis.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
        let vars = self.values.iter().filter(|(axis, _)| is_variable(axis));
        vars.cloned().collect()
    }

    /// What of the request is another one in this variant.
    fn request(&self, request: &TaskRequest) -> Result<TaskRequest, Failure> {
        let mut request = TaskRequest {
            stays: true,
            vars: self.vars(),
            ..request.clone()
        };
        let kept = self.environment().is_some();
        request.elsewhere |= kept;
        if let Some(project) = &mut request.run.project {
            let parts = &mut project.sync.parts;
            if let Some((name, _)) = &self.member {
                parts.packages = vec![name.clone()];
            }
            // The environment is this variant's own.
            project.sync.inexact &= !kept;
            for (axis, value) in self.values.iter().filter(|(_, value)| !value.is_empty()) {
                for word in value.split('+') {
                    match axis.as_str() {
                        "extra" => parts
                            .extras
                            .push(parsed(word, "an extra", ExtraName::parse)?),
                        "group" => {
                            let group = parsed(word, "a dependency group", GroupName::parse)?;
                            parts.groups.push(group);
                        }
                        _ => {}
                    }
                }
            }
        }
        for (axis, value) in &self.values {
            if axis == "with" && !value.is_empty() {
                let words = value.split('+').map(str::to_owned);
                request.run.with.packages.extend(words);
            }
        }
        Ok(request)
    }

    /// Does something as it is in this variant.
    fn inside<T>(&self, session: &mut Session, work: impl FnOnce(&mut Session) -> T) -> T {
        let has_project = crate::project::is_project(session);
        let before = (session.process.clone(), session.project.clone());
        for (name, value) in self.vars() {
            session.process.vars.insert(name.into(), value.into());
        }
        if let Some((_, dir)) = &self.member {
            session.process.cwd.clone_from(dir);
            session.project.clone_from(dir);
        }
        let python = self.values.iter().find(|(axis, _)| axis == "py");
        let name = self.environment().filter(|_| has_project);
        let done = session.with_settings(
            |settings| {
                if let Some((_, python)) = python {
                    settings.python.value = Some(python.clone());
                }
                if let Some(name) = name {
                    settings.environment_name.value = Some(name);
                    settings.environment_storage.value = EnvironmentStorage::Central;
                }
            },
            work,
        );
        (session.process, session.project) = before;
        done
    }
}

fn parsed<T, E: std::error::Error>(
    text: &str,
    what: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<T, Failure> {
    parse(text).map_err(|error| {
        Failure::usage(format!("`{text}` is not the name of {what}")).because(&error)
    })
}

/// Adds what is run in a variant; says how many programs run at once, `None` if there is nothing to run.
fn add(
    session: &mut Session,
    (request, variant): (&TaskRequest, &Variant),
    label: Option<&str>,
    work: &mut Work,
) -> Result<Option<usize>, Failure> {
    let request = variant.request(request)?;
    // The tasks and programs of a project are those of its directory.
    let named = RunRequest {
        project: match variant.member {
            Some(_) => None,
            None => request.run.project.clone(),
        },
        ..request.run.clone()
    };
    if is_task(session, &named)?.is_some() {
        return prepare(session, &request, label, work).map(Some);
    }
    if variant.member.is_some()
        && request.run.command.len() == 1
        && is_task_of_another(session, &named)
    {
        return Ok(None);
    }
    let mut run = request.run.clone();
    if request.elsewhere {
        run.hooks = HookChoice::Skip;
    }
    let launch = run::run(session, &run)?;
    work.remove.extend(launch.remove.clone());
    work.items.push(Item {
        label: label.unwrap_or_default().to_owned(),
        lane: work.lanes.len(),
        after: Vec::new(),
        behind: Vec::new(),
        alone: label.is_none(),
        quiet: true,
        within: Vec::new(),
        sequence: Sequence::Program(Some(Box::new(launch))),
    });
    work.lanes.push(Lane {
        label: label.map(str::to_owned),
        vars: request.vars,
        ..Lane::default()
    });
    Ok(Some(1))
}

/// Whether a name that is no task here is one in another project of the workspace.
fn is_task_of_another(session: &mut Session, request: &RunRequest) -> bool {
    let Ok(Some(workspace)) = discover(&session.disk(), &session.project) else {
        return false;
    };
    let before = session.project.clone();
    let is_one = workspace.members.iter().any(|member| {
        session.project.clone_from(&member.dir);
        matches!(is_task(session, request), Ok(Some(_)))
    });
    session.project = before;
    is_one
}

fn one_by_one(
    session: &mut Session,
    request: &TaskRequest,
    all: &[Variant],
) -> Result<Vec<VariantRow>, Failure> {
    let mut rows = Vec::new();
    for variant in all {
        let start = Instant::now();
        session.emit(&Event::Heading {
            text: variant.label(),
        });
        let done = variant.inside(session, |session| -> Result<Option<Lane>, Failure> {
            let mut work = Work::default();
            let Some(jobs) = add(session, (request, variant), None, &mut work)? else {
                return Ok(None);
            };
            Ok(carried_out(session, work, Manner::of(jobs))?.lanes.pop())
        });
        session.cancel.check()?;
        rows.push(row(session, variant, done, ms_since(start)));
    }
    Ok(rows)
}

fn row(
    session: &mut Session,
    variant: &Variant,
    done: Result<Option<Lane>, Failure>,
    ms: u64,
) -> VariantRow {
    let failure = match done {
        Ok(None) => return variant.row(None, ms),
        Ok(Some(Lane {
            failure: Some(failure),
            ..
        }))
        | Err(failure) => failure,
        Ok(Some(lane)) => return variant.row(Some(lane.status), ms),
    };
    if !matches!(failure.kind, Kind::Status(_)) {
        session.emit(&Event::Trouble(failure.clone()));
    }
    VariantRow {
        failure: Some(failure.clone()),
        ..variant.row(Some(failure.kind.status()), ms)
    }
}

fn at_once(
    session: &mut Session,
    request: &TaskRequest,
    all: &[Variant],
) -> Result<Vec<VariantRow>, Failure> {
    let mut work = Work::default();
    let mut rows: Vec<(Option<usize>, VariantRow)> = Vec::new();
    // The environments are made one after the other: they share the cache, and the words about it stay in order.
    for variant in all {
        let lane = work.lanes.len();
        let label = variant.label();
        let added = variant.inside(session, |session| {
            add(session, (request, variant), Some(&label), &mut work)
        });
        session.cancel.check()?;
        rows.push(match added {
            Ok(Some(_)) => (Some(lane), variant.row(Some(0), 0)),
            Ok(None) => (None, variant.row(None, 0)),
            Err(failure) => (None, row(session, variant, Err(failure), 0)),
        });
    }
    let jobs = request
        .jobs
        .unwrap_or((session.process.processors)().max(2));
    let lanes = carried_out(session, work, Manner::of(jobs))?.lanes;
    let rows = rows.into_iter().zip(all).map(|((lane, known), variant)| {
        match lane.and_then(|lane| lanes.get(lane)) {
            None => known,
            Some(lane) => row(session, variant, Ok(Some(lane.clone())), lane.ms),
        }
    });
    Ok(rows.collect())
}
