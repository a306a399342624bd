//! The commands of projects: from arguments to requests.

use naja_engine::project::{
    self, AddRequest, Added, Bounds, EditChoice, EditReport, InitRequest, LockMode, LockRequest,
    NewBackend, NewKind, NewPlace, Only, PartChoice, ProjectRun, RemoveRequest, Skip, SyncRequest,
    VersionRequest,
};
use naja_engine::{Failure, Preview, Session, script};
use naja_project::settings::{AddBounds, Settings};
use naja_spec::{ExtraName, GroupName, Marker, NameError};

use super::hooks::{Hooks, around};
use super::{Done, Outcome, name, names, text, to_json};
use crate::args::{
    AddArgs, EditArgs, InitArgs, LockArgs, RemoveArgs, RunArgs, SelectArgs, SkipArgs, SyncArgs,
    TaskHookArgs as HookArgs, VersionArgs,
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
        template: args.template.clone(),
    };
    project::init(session, &request)?;
    Ok(Outcome::Quiet(0))
}

pub(super) fn lock(session: &mut Session, args: &LockArgs) -> Done {
    let request = LockRequest {
        mode: lock_mode(&session.settings),
        dry_run: args.dry_run,
        from: args.from.clone(),
        ..LockRequest::default()
    };
    let report = match &args.script {
        Some(path) => script::lock(session, path, &request)?,
        None => project::lock(session, &request)?,
    };
    if args.output.wants_json() {
        return text(to_json(&words::lock_json(&report))?);
    }
    let mut lines = words::changes(&report.diff);
    if args.dry_run && lines.is_empty() {
        lines.push("No version would change".to_owned());
    }
    for line in lines {
        session.emit(&naja_engine::Event::Note { message: line });
    }
    Ok(Outcome::Quiet(0))
}

pub(super) fn sync(session: &mut Session, args: &SyncArgs) -> Done {
    let request = SyncRequest {
        mode: lock_mode(&session.settings),
        parts: PartChoice {
            packages: names(&args.package)?,
            all_packages: args.all_packages,
            ..parts(&session.settings, &args.select)?
        },
        inexact: args.inexact,
        skip: skip(&session.settings, &args.skip)?,
        active: args.use_active.active,
        unmentioned: args.use_active.no_active,
        platform: args.python_platform.clone(),
        preview: match (args.check, args.dry_run) {
            (true, _) => Preview::Check,
            (false, true) => Preview::DryRun,
            (false, false) => Preview::Apply,
        },
    };
    let hooks = hooks(&args.hooks, (request.preview, args.use_active.active));
    let report = match &args.script {
        Some(path) => script::sync(session, path, &request)?,
        None => around(
            session,
            hooks,
            |session| project::sync(session, &request),
            |report| &report.change,
        )?,
    };
    super::reported(&report.change, args.output.wants_json())
}

pub(super) fn add(session: &mut Session, args: &AddArgs) -> Done {
    let marker = args.marker.as_ref().map(|text| {
        Marker::parse(text)
            .map_err(|error| Failure::usage(format!("`{text}` is not a marker")).because(&error))
    });
    let place = place(session, &args.edit)?;
    let given = project::Given {
        packages: args.packages.clone(),
        requirements: args.requirements.clone(),
        package: args.edit.package.as_deref().map(name).transpose()?,
        constraints: args.constraints.clone(),
        workspace: match (args.workspace, args.no_workspace) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        },
        may_be_itself: place != NewPlace::Main,
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
    let named = args.edit.script.as_deref();
    let requirements: Vec<Added> = match named {
        Some(path) => script::understood(session, path, &given)?,
        None => project::understood(session, &given)?,
    };
    let mut edit = edit(session, &args.edit)?;
    // What is added is installed, too.
    match &place {
        NewPlace::Main => {}
        NewPlace::Extra(extra) => edit.sync.parts.extras.push(extra.clone()),
        NewPlace::Group(group) => edit.sync.parts.groups.push(group.clone()),
    }
    let request = AddRequest {
        along: project::along(session, &given)?,
        requirements,
        place,
        bounds: match (args.raw, session.settings.add_bounds.value) {
            (true, _) => Bounds::Raw,
            (_, AddBounds::Major) => Bounds::Major,
            (_, AddBounds::Minor) => Bounds::Minor,
            (_, AddBounds::Exact) => Bounds::Exact,
            (_, AddBounds::Lower) => Bounds::Lower,
        },
        edit,
    };
    let report = match named {
        Some(path) => script::add(session, path, &request)?,
        None => around(
            session,
            hooks(
                &args.edit.hooks,
                (request.edit.sync.preview, args.edit.use_active.active),
            ),
            |session| project::add(session, &request),
            |report| &report.change,
        )?,
    };
    Ok(edited(session, &args.edit, &report))
}

pub(super) fn remove(session: &mut Session, args: &RemoveArgs) -> Done {
    let mut edit = edit(session, &args.edit)?;
    // What was needed by what is removed goes as well.
    edit.sync.inexact = false;
    let request = RemoveRequest {
        packages: names(&args.packages)?,
        place: place(session, &args.edit)?,
        edit,
    };
    let report = match &args.edit.script {
        Some(path) => script::remove(session, path, &request)?,
        None => around(
            session,
            hooks(
                &args.edit.hooks,
                (request.edit.sync.preview, args.edit.use_active.active),
            ),
            |session| project::remove(session, &request),
            |report| &report.change,
        )?,
    };
    Ok(edited(session, &args.edit, &report))
}

/// When the hooks of a command run.
fn hooks(args: &HookArgs, (preview, active): (Preview, bool)) -> Hooks {
    Hooks {
        choice: args.choice(),
        preview,
        active,
    }
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
    let package = args.package.as_deref().map(name).transpose()?;
    let request = VersionRequest {
        value: args.value.clone(),
        bumps: args.bump.clone(),
        dry_run: args.dry_run,
        edit: EditChoice {
            package: package.clone(),
            frozen: lock_mode(&session.settings) == LockMode::Frozen,
            no_sync: session.settings.no_sync.value,
            sync: SyncRequest {
                mode: lock_mode(&session.settings),
                parts: PartChoice {
                    packages: package.into_iter().collect(),
                    ..PartChoice::default()
                },
                inexact: true,
                active: args.use_active.active,
                unmentioned: args.use_active.no_active,
                ..SyncRequest::default()
            },
        },
    };
    let edit = &request.edit;
    let syncs = (request.value.is_some() || !request.bumps.is_empty()) && !request.dry_run;
    let report = around(
        session,
        Hooks {
            choice: args.hooks.choice(),
            preview: match syncs && !edit.frozen && !edit.no_sync {
                true => Preview::Apply,
                false => Preview::DryRun,
            },
            active: args.use_active.active,
        },
        |session| project::version(session, &request),
        |report| &report.change,
    )?;
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
pub(super) fn for_run(settings: &Settings, args: &RunArgs) -> Result<ProjectRun, Failure> {
    Ok(ProjectRun {
        sync: SyncRequest {
            mode: lock_mode(settings),
            parts: PartChoice {
                packages: args
                    .package
                    .as_deref()
                    .map(name)
                    .transpose()?
                    .into_iter()
                    .collect(),
                all_packages: args.all_packages,
                ..parts(settings, &args.select)?
            },
            inexact: !args.exact,
            skip: Skip {
                no_editable: settings.no_editable.value,
                no_editable_packages: names(&args.no_editable_package)?,
                ..Skip::default()
            },
            active: args.use_active.active,
            unmentioned: args.use_active.no_active,
            platform: args.python_platform.clone(),
            preview: Preview::Apply,
        },
        no_sync: settings.no_sync.value,
        stays: false,
    })
}

/// What may happen to the lock: where both are set, what was said closer to the command counts.
pub(super) fn lock_mode(settings: &Settings) -> LockMode {
    let (locked, frozen) = (&settings.locked, &settings.frozen);
    match (locked.value, frozen.value) {
        (true, true) if locked.origin.layer > frozen.origin.layer => LockMode::Locked,
        (_, true) => LockMode::Frozen,
        (true, false) => LockMode::Locked,
        (false, false) => LockMode::Update,
    }
}

fn edit(session: &Session, args: &EditArgs) -> Result<project::EditChoice, Failure> {
    let package = args.package.as_deref().map(name).transpose()?;
    Ok(project::EditChoice {
        package: package.clone(),
        frozen: lock_mode(&session.settings) == LockMode::Frozen,
        no_sync: session.settings.no_sync.value,
        sync: SyncRequest {
            mode: lock_mode(&session.settings),
            parts: PartChoice {
                packages: package.into_iter().collect(),
                ..PartChoice::default()
            },
            inexact: true,
            skip: skip(&session.settings, &args.skip)?,
            active: args.use_active.active,
            unmentioned: args.use_active.no_active,
            preview: match args.dry_run {
                true => Preview::DryRun,
                false => Preview::Apply,
            },
            platform: None,
        },
    })
}

fn place(session: &Session, args: &EditArgs) -> Result<NewPlace, Failure> {
    if args.script.is_some() {
        return Ok(NewPlace::Main);
    }
    let dev = session.settings.dev.value.then(|| "dev".to_owned());
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

pub(super) fn parts(settings: &Settings, args: &SelectArgs) -> Result<PartChoice, Failure> {
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
        no_groups: groups(&settings.no_group.value, settings.no_dev.value)?,
        only_groups: groups(&args.only_group, args.only_dev)?,
        no_default_groups: settings.no_default_groups.value,
        ..PartChoice::default()
    })
}

fn skip(settings: &Settings, args: &SkipArgs) -> Result<Skip, Failure> {
    Ok(Skip {
        project: settings.no_install_project.value,
        workspace: settings.no_install_workspace.value,
        local: settings.no_install_local.value,
        packages: settings.no_install_package.value.clone(),
        only: Only {
            project: args.only_install_project,
            workspace: args.only_install_workspace,
            local: args.only_install_local,
            packages: names(&args.only_install_package)?,
        },
        no_editable: settings.no_editable.value,
        no_editable_packages: names(&args.no_editable_package)?,
    })
}

pub(super) fn parsed<T>(
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
