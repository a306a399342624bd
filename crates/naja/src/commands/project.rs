//! The commands of projects: from arguments to requests.

use naja_engine::project::{
    self, AddRequest, Added, Bounds, EditChoice, EditReport, InitRequest, LockMode, LockRequest,
    NewBackend, NewKind, NewPlace, PartChoice, ProjectRun, RemoveRequest, Skip, SyncRequest,
    VersionRequest,
};
use naja_engine::{Failure, Preview, Session};
use naja_spec::{ExtraName, GroupName, Marker, NameError};

use super::{Done, Outcome, name, names, text, to_json};
use crate::args::{
    AddArgs, EditArgs, InitArgs, LockArgs, LockModeArgs, RemoveArgs, RunArgs, SelectArgs, SkipArgs,
    SyncArgs, VersionArgs,
};
use crate::render::{diff, project as words};

pub(super) fn init(session: &mut Session, args: &InitArgs) -> Done {
    let request = InitRequest {
        path: args.path.clone(),
        name: args.name.clone(),
        kind: match args.lib {
            true => NewKind::Library,
            false => NewKind::Application,
        },
        package: match (args.package || args.lib, args.no_package) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        },
        backend: args
            .build_backend
            .as_deref()
            .and_then(NewBackend::from_word),
        bare: args.bare,
        script: args.script,
        description: match args.no_description {
            true => Some(String::new()),
            false => args.description.clone(),
        },
        no_readme: args.no_readme,
        no_pin: args.no_pin_python,
        no_workspace: args.no_workspace,
        git: args.vcs.as_deref().map(|vcs| vcs == "git"),
        author: match args.author_from.as_deref() {
            Some("git") => Some(true),
            Some("none") => Some(false),
            _ => None,
        },
    };
    project::init(session, &request)?;
    Ok(Outcome::Quiet(0))
}

pub(super) fn lock(session: &mut Session, args: &LockArgs) -> Done {
    let request = LockRequest {
        mode: match (args.check, args.check_exists) {
            (true, _) => LockMode::Locked,
            (_, true) => LockMode::Frozen,
            _ => LockMode::Update,
        },
        dry_run: args.dry_run,
    };
    let report = project::lock(session, &request)?;
    if args.output.wants_json() {
        return text(to_json(&words::lock_json(&report))?);
    }
    for line in words::changes(&report.diff) {
        session.emit(&naja_engine::Event::Note { message: line });
    }
    Ok(Outcome::Quiet(0))
}

pub(super) fn sync(session: &mut Session, args: &SyncArgs) -> Done {
    let request = SyncRequest {
        mode: mode(&args.mode),
        parts: PartChoice {
            packages: names(&args.package)?,
            all_packages: args.all_packages,
            ..parts(&args.select)?
        },
        inexact: args.inexact,
        skip: skip(&args.skip)?,
        active: args.active,
        preview: match (args.check, args.dry_run) {
            (true, _) => Preview::Check,
            (false, true) => Preview::DryRun,
            (false, false) => Preview::Apply,
        },
    };
    let report = project::sync(session, &request)?;
    super::reported(&report.change, args.output.wants_json())
}

pub(super) fn add(session: &mut Session, args: &AddArgs) -> Done {
    let marker = args.marker.as_ref().map(|text| {
        Marker::parse(text)
            .map_err(|error| Failure::usage(format!("`{text}` is not a marker")).because(&error))
    });
    let given = project::Given {
        packages: args.packages.clone(),
        requirements: args.requirements.clone(),
        marker: marker.transpose()?,
        extras: parsed(&args.extra, "an extra", ExtraName::parse)?,
        editable: match (args.editable, args.no_editable_source) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        },
        raw: args.raw,
        rev: args.rev.clone(),
        tag: args.tag.clone(),
        branch: args.branch.clone(),
        lfs: args.lfs,
    };
    let requirements: Vec<Added> = project::understood(session, &given)?;
    let request = AddRequest {
        requirements,
        place: place(&args.edit)?,
        bounds: match (args.raw, args.bounds.as_deref()) {
            (true, _) => Bounds::Raw,
            (_, Some("major")) => Bounds::Major,
            (_, Some("minor")) => Bounds::Minor,
            (_, Some("exact")) => Bounds::Exact,
            _ => Bounds::Lower,
        },
        edit: edit(&args.edit)?,
    };
    let report = project::add(session, &request)?;
    Ok(edited(session, &args.edit, &report))
}

pub(super) fn remove(session: &mut Session, args: &RemoveArgs) -> Done {
    let request = RemoveRequest {
        packages: names(&args.packages)?,
        place: place(&args.edit)?,
        edit: edit(&args.edit)?,
    };
    let report = project::remove(session, &request)?;
    Ok(edited(session, &args.edit, &report))
}

/// What an edit says when it only shows what would be.
fn edited(session: &mut Session, args: &EditArgs, report: &EditReport) -> Outcome {
    if !args.dry_run {
        return Outcome::Quiet(0);
    }
    for line in words::changes(&report.lock) {
        session.emit(&naja_engine::Event::Note { message: line });
    }
    let from = &session.process.cwd;
    Outcome::Painted(diff::unified(&report.manifest, from), 0)
}

/// The version of the project; nothing outside of projects, unless one is asked for.
///
/// # Errors
/// As [`project::version`].
pub(super) fn version(
    session: &mut Session,
    args: &VersionArgs,
) -> Result<Option<Outcome>, Failure> {
    let asks = args.value.is_some() || !args.bump.is_empty() || args.package.is_some();
    if !asks && !project::is_project(session) {
        return Ok(None);
    }
    let request = VersionRequest {
        value: args.value.clone(),
        bumps: args.bump.clone(),
        dry_run: args.dry_run,
        edit: EditChoice {
            package: args.package.as_deref().map(name).transpose()?,
            frozen: args.mode.frozen,
            no_sync: args.no_sync,
            sync: SyncRequest {
                mode: mode(&args.mode),
                inexact: true,
                ..SyncRequest::default()
            },
        },
    };
    let report = project::version(session, &request)?;
    let shown = if args.output.wants_json() {
        to_json(&report)?
    } else {
        let name = &report.package_name;
        match (&report.before, args.short) {
            (Some(before), false) => format!("{name} {before} => {}\n", report.version),
            (None, false) => format!("{name} {}\n", report.version),
            (_, true) => format!("{}\n", report.version),
        }
    };
    text(shown).map(Some)
}

/// What of a project `naja run` wants.
///
/// # Errors
/// A name is none.
pub(super) fn for_run(args: &RunArgs) -> Result<ProjectRun, Failure> {
    Ok(ProjectRun {
        sync: SyncRequest {
            mode: mode(&args.mode),
            parts: PartChoice {
                packages: args
                    .package
                    .as_deref()
                    .map(name)
                    .transpose()?
                    .into_iter()
                    .collect(),
                all_packages: args.all_packages,
                ..parts(&args.select)?
            },
            inexact: !args.exact,
            skip: Skip {
                no_editable: args.no_editable,
                ..Skip::default()
            },
            active: args.active,
            preview: Preview::Apply,
        },
        no_sync: args.no_sync,
    })
}

fn mode(args: &LockModeArgs) -> LockMode {
    match (args.locked, args.frozen) {
        (true, _) => LockMode::Locked,
        (_, true) => LockMode::Frozen,
        _ => LockMode::Update,
    }
}

fn edit(args: &EditArgs) -> Result<project::EditChoice, Failure> {
    let package = args.package.as_deref().map(name).transpose()?;
    Ok(project::EditChoice {
        package: package.clone(),
        frozen: args.mode.frozen,
        no_sync: args.no_sync,
        sync: SyncRequest {
            mode: mode(&args.mode),
            parts: PartChoice {
                packages: package.into_iter().collect(),
                ..PartChoice::default()
            },
            inexact: true,
            skip: skip(&args.skip)?,
            active: args.active,
            preview: match args.dry_run {
                true => Preview::DryRun,
                false => Preview::Apply,
            },
        },
    })
}

fn place(args: &EditArgs) -> Result<NewPlace, Failure> {
    let dev = args.dev.then(|| "dev".to_owned());
    if let Some(group) = args.group.clone().or(dev) {
        let mut group = parsed(&[group], "a dependency group", GroupName::parse)?;
        return Ok(group.pop().map_or(NewPlace::Main, NewPlace::Group));
    }
    match &args.optional {
        None => Ok(NewPlace::Main),
        Some(extra) => {
            let extra = std::slice::from_ref(extra);
            let mut extra = parsed(extra, "an extra", ExtraName::parse)?;
            Ok(extra.pop().map_or(NewPlace::Main, NewPlace::Extra))
        }
    }
}

fn parts(args: &SelectArgs) -> Result<PartChoice, Failure> {
    let extras = |texts: &[String]| parsed(texts, "an extra", ExtraName::parse);
    let groups = |texts: &[String], dev: bool| {
        let mut texts = texts.to_vec();
        texts.extend(dev.then(|| "dev".to_owned()));
        parsed(&texts, "a dependency group", GroupName::parse)
    };
    Ok(PartChoice {
        extras: extras(&args.extra)?,
        all_extras: args.all_extras,
        no_extras: extras(&args.no_extra)?,
        groups: groups(&args.group, args.dev)?,
        all_groups: args.all_groups,
        no_groups: groups(&args.no_group, args.no_dev)?,
        only_groups: groups(&args.only_group, args.only_dev)?,
        no_default_groups: args.no_default_groups,
        ..PartChoice::default()
    })
}

fn skip(args: &SkipArgs) -> Result<Skip, Failure> {
    Ok(Skip {
        project: args.no_install_project,
        workspace: args.no_install_workspace,
        local: args.no_install_local,
        packages: names(&args.no_install_package)?,
        no_editable: args.no_editable,
    })
}

fn parsed<T>(
    texts: &[String],
    what: &str,
    parse: impl Fn(&str) -> Result<T, NameError>,
) -> Result<Vec<T>, Failure> {
    let one = |text: &String| {
        parse(text).map_err(|error| {
            Failure::usage(format!("`{text}` is not the name of {what}")).because(&error)
        })
    };
    texts.iter().map(one).collect()
}
