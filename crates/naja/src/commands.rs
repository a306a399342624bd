//! From arguments to requests, from reports to results.

mod config;
mod deps;
mod env;
mod explain;
mod export;
mod formatting;
mod graph;
mod history;
mod hooks;
mod import;
mod locks;
mod pip_world;
mod project;
mod run;
mod shell;
mod status;
mod upgrade;
mod verify;
mod workspace;

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use naja_engine::history::Direction;
use naja_engine::pip::{
    self, CompileRequest, FreezeRequest, InstallRequest, ListRequest, ShowRequest, SyncRequest,
    UninstallRequest,
};
use naja_engine::python::{self, FindRequest};
use naja_engine::{
    ChangeReport, Failure, InputSources, Launch, OnExisting, Preview, Session, VenvMade,
    VenvRequest, cache,
};
use naja_spec::{ExtraName, PackageName};
use serde::Serialize;

use crate::args::{
    self, CacheSizeArgs, ChangeArgs, CompileFormat, ExtraArgs, Invocation, ListFormat,
    PipCompileArgs, PipInstallArgs, PipListArgs, PipSyncArgs, PipUninstallArgs, PythonFindArgs,
    SizeFormat, VenvArgs, Verb, VersionArgs,
};
pub(crate) use shell::{hook, hook_place};

use crate::render::{activation, plain, tables};

/// What is left to do after a command.
pub(crate) enum Outcome {
    /// Nothing but ending with this status.
    Quiet(u8),
    /// This text goes to standard output; then the process ends with the status.
    Text(String, u8),
    /// The same with colours, which only a terminal gets.
    Painted(String, u8),
    /// This process becomes another program.
    Launch(Launch),
}

type Done = Result<Outcome, Failure>;

/// Performs a command.
///
/// # Errors
/// The command's failure.
#[expect(clippy::too_many_lines, reason = "a line or two for each command")]
pub(crate) fn perform(session: &mut Session, invocation: &Invocation) -> Done {
    if invocation.global.show_settings {
        return text(shown_settings(session));
    }
    match &invocation.verb {
        Verb::Venv(args) => venv(session, args),
        Verb::PipInstall(args) => install(session, args),
        Verb::PipUninstall(args) => uninstall(session, args),
        Verb::PipSync(args) => sync(session, args),
        Verb::PipCompile(args) => compile(session, args),
        Verb::PipList(args) => list(session, args),
        Verb::PipFreeze(args) => freeze(session, args),
        Verb::PipShow(args) => show(session, args),
        Verb::PipCheck(args) => check(session, args.output.wants_json()),
        Verb::PipTree(args) => graph::pip_tree(session, args),
        Verb::PipDownload(args) => {
            pip_world::download(session, (&args.collect, args.dest.as_ref()), false)
        }
        Verb::PipWheel(args) => {
            pip_world::download(session, (&args.collect, args.wheel_dir.as_ref()), true)
        }
        Verb::IndexVersions(args) => pip_world::index_versions(session, args),
        Verb::PipHash(args) => pip_world::hash(session, args),
        Verb::Inspect(args) => pip_world::inspect(session, args),
        Verb::PipDebug(_) => pip_world::debug(session),
        Verb::PipSearch(args) => pip_world::search(args),
        Verb::PipVersion(_) => pip_world::version(session),
        Verb::PipCacheInfo(_) => pip_world::cache_info(session),
        Verb::PipCachePurge(_) => cache_clean(session, &[]),
        Verb::PipCacheRemove(args) => pip_world::cache_remove(session, &args.packages),
        Verb::PipCacheList(args) => pip_world::cache_list(session, args),
        Verb::PipConfigSet(args) => {
            let change = (args.name.as_str(), Some(args.value.as_str()));
            pip::change_config(session, change, args.scope.scope()).map(|_path| Outcome::Quiet(0))
        }
        Verb::PipConfigUnset(args) => {
            let change = (args.name.as_str(), None);
            pip::change_config(session, change, args.scope.scope()).map(|_path| Outcome::Quiet(0))
        }
        Verb::PipConfigList(args) => pip_world::config_list(session, args, false),
        Verb::PipConfigDebug(_) => pip_world::config_debug(session),
        Verb::PipConfigGet(args) => pip_world::config_get(session, args),
        Verb::ConfigShow(args) => config::show(session, args),
        Verb::ConfigGet(args) => config::get(session, args),
        Verb::ConfigSet(args) => config::set(session, args),
        Verb::ConfigUnset(args) => config::unset(session, args),
        Verb::ConfigList(args) => config::list(args),
        Verb::PipOutdated(args) => pip_world::outdated(session, args),
        Verb::Outdated(args) => upgrade::outdated(session, args),
        Verb::Upgrade(args) => upgrade::upgrade(session, args),
        Verb::Licenses(args) => pip_world::licenses(session, args),
        Verb::Size(args) => graph::size(session, args),
        Verb::Tree(args) => graph::tree(session, args),
        Verb::Why(args) => graph::why(session, args),
        Verb::Graph(args) => graph::graph(session, args),
        Verb::Explain(args) => explain::explain(session, args),
        Verb::PythonTags(args) => pip_world::tags(session, args),
        Verb::Status(args) => status::status(session, args),
        Verb::EnvList(args) => env::list(session, args),
        Verb::EnvRemove(args) => env::remove(session, args),
        Verb::EnvPrune(args) => env::prune(session, args),
        Verb::EnvPath(_) => env::path(session),
        Verb::EnvInfo(args) => env::info(session, args),
        Verb::Doctor(args) => status::doctor(session, args),
        Verb::KernelInstall(args) => status::kernel_install(session, args),
        Verb::KernelList(args) => status::kernel_list(session, args.output.wants_json()),
        Verb::KernelRemove(args) => status::kernel_remove(session, &args.name),
        Verb::Init(args) => project::init(session, args),
        Verb::Add(args) => project::add(session, args),
        Verb::Remove(args) => project::remove(session, args),
        Verb::Lock(args) => project::lock(session, args),
        Verb::LockDiff(args) => locks::diff(session, args),
        Verb::LockMerge(args) => locks::merge(session, args),
        Verb::Export(args) => export::export(session, args),
        Verb::Import(args) => import::import(session, args),
        Verb::DepsCheck(args) => deps::check(session, args),
        Verb::WorkspaceList(args) => workspace::list(session, args),
        Verb::WorkspaceDir(args) => workspace::dir(session, args),
        Verb::WorkspaceMetadata(args) => workspace::metadata(session, args),
        Verb::Sync(args) => project::sync(session, args),
        Verb::Run(args) => run::run(session, args),
        Verb::Format(args) => formatting::format(session, args),
        Verb::Check(args) => formatting::check(session, args),
        Verb::Activate(args) => shell::activate(session, args),
        Verb::Shell(args) => shell::shell(session, args),
        Verb::Allow(args) => shell::allow(session, args),
        Verb::Deny(args) => shell::deny(session, args),
        Verb::PythonFind(args) => python_find(session, args),
        Verb::PythonList(args) => {
            let found = python::list(session, args.request.as_deref())?;
            let json = args.output.wants_json();
            text(if json {
                to_json(&found)?
            } else {
                tables::pythons(&found)
            })
        }
        Verb::AuthLogin(args) => crate::auth::login(session, args),
        Verb::AuthLogout(args) => crate::auth::logout(session, args),
        Verb::AuthToken(args) => crate::auth::token(session, args),
        Verb::AuthDir(_) => crate::auth::dir(session),
        Verb::CacheDir(_) => text(format!("{}\n", cache::dir(session).display())),
        Verb::CacheSize(args) => cache_size(session, args),
        Verb::CacheClean(args) => cache_clean(session, &args.packages),
        Verb::CachePrune(args) => {
            let gone = cache::prune(session, args.ci)?;
            note_removed(session, gone.files, gone.bytes)
        }
        Verb::Verify(args) => verify::verify(session, args),
        Verb::Repair(args) => verify::repair(session, args),
        Verb::History(args) => history::history(session, args),
        Verb::Undo(args) => history::back(session, &args.back, (Direction::Undo, args.to)),
        Verb::Redo(args) => history::back(session, &args.back, (Direction::Redo, None)),
        Verb::Version(args) => match project::version(session, args)? {
            Some(done) => Ok(done),
            None => version(args),
        },
        // Answered before a session is opened.
        Verb::Help(_) | Verb::PipHelp(_) | Verb::Completion(_) | Verb::Hook(_) => {
            Ok(Outcome::Quiet(0))
        }
    }
}

/// The version of the program as JSON, in uv's form.
#[derive(serde::Serialize)]
struct VersionReport {
    package_name: &'static str,
    version: &'static str,
    commit_info: Option<()>,
}

fn version(args: &VersionArgs) -> Done {
    let report = VersionReport {
        package_name: "naja",
        version: args::VERSION,
        commit_info: None,
    };
    if args.output.wants_json() {
        return text(to_json(&report)?);
    }
    let name = if args.short { "" } else { "naja " };
    text(format!("{name}{}\n", report.version))
}

/// Every setting with where it comes from.
fn shown_settings(session: &Session) -> String {
    let entries = session.settings.entries();
    let lines = entries
        .iter()
        .map(|(key, value, origin)| format!("{key} = {value}  # {origin}\n"));
    lines.collect()
}

fn text(text: String) -> Done {
    Ok(Outcome::Text(text, 0))
}

fn to_json(value: &impl Serialize) -> Result<String, Failure> {
    let mut json = serde_json::to_string(value).map_err(|error| {
        Failure::environment("could not write the answer as JSON").because(&error)
    })?;
    json.push('\n');
    Ok(json)
}

fn names(texts: &[String]) -> Result<Vec<PackageName>, Failure> {
    texts.iter().map(|text| name(text)).collect()
}

fn name(text: &str) -> Result<PackageName, Failure> {
    PackageName::parse(text.trim()).map_err(|error| {
        Failure::usage(format!("`{text}` is not the name of a package")).because(&error)
    })
}

fn extras(args: &ExtraArgs) -> Result<Vec<ExtraName>, Failure> {
    let parse = |text: &String| {
        ExtraName::parse(text).map_err(|error| {
            Failure::usage(format!("`{text}` is not the name of an extra")).because(&error)
        })
    };
    args.extra.iter().map(parse).collect()
}

fn preview(change: &ChangeArgs) -> Preview {
    match (change.check, change.dry_run) {
        (true, _) => Preview::Check,
        (false, true) => Preview::DryRun,
        (false, false) => Preview::Apply,
    }
}

fn reported(report: &ChangeReport, json: bool) -> Done {
    if json {
        text(to_json(report)?)
    } else {
        Ok(Outcome::Quiet(0))
    }
}

fn venv(session: &mut Session, args: &VenvArgs) -> Done {
    let request = VenvRequest {
        path: args.path.clone(),
        prompt: args.prompt.clone(),
        system_site_packages: args.system_site_packages,
        copies: args.copies,
        pip_shim: if args.pip_shim {
            Some(crate::surroundings::program().ok_or_else(|| {
                Failure::environment("the system does not say where naja is")
                    .hint("leave `--pip-shim` out, and use `naja pip`")
            })?)
        } else {
            None
        },
        existing: match (args.allow_existing, args.clear, args.force) {
            (true, ..) => OnExisting::Allow,
            (_, true, true) => OnExisting::ForceClear,
            (_, true, false) => OnExisting::Clear,
            _ => OnExisting::Refuse,
        },
        redirect: args.redirect.clone(),
        upgrade: args.upgrade,
    };
    let made = naja_engine::venv(session, &request)?;
    if made.upgraded {
        return venv_told(&made, args);
    }
    let usual = session.process.cwd.join(".venv");
    let shown = match &args.path {
        _ if made.root == usual => PathBuf::from(".venv"),
        Some(path) if session.process.absolute(path) == made.root => path.clone(),
        _ => made.root.clone(),
    };
    let hint = activation::hint(&shown, session.process.var("SHELL"));
    session.emit(&naja_engine::Event::Note {
        message: format!("Activate with: {hint}"),
    });
    venv_told(&made, args)
}

fn venv_told(made: &VenvMade, args: &VenvArgs) -> Done {
    if args.output.wants_json() {
        return text(to_json(&serde_json::json!({ "root": made.root }))?);
    }
    Ok(Outcome::Quiet(0))
}

fn install(session: &mut Session, args: &PipInstallArgs) -> Done {
    pip_world::refuse_global_option(&args.pip.files.global_option)?;
    let change = &args.change;
    let request = InstallRequest {
        sources: InputSources {
            packages: args.packages.clone(),
            editables: args.editable.clone(),
            requirements: pip_world::with_configured(session, &args.requirements),
            groups: change.extras.group.clone(),
            extras: extras(&change.extras)?,
            all_extras: change.extras.all_extras,
            ..InputSources::default()
        },
        exact: args.exact,
        only_deps: args.only_deps,
        save: args.save.clone(),
        report: args.report.is_some(),
        preview: preview(change),
    };
    if request.sources.is_empty() {
        return Err(pip_world::nothing_named("install"));
    }
    let report = pip::install(session, &request)?;
    if let (Some(file), Some(described)) = (&args.report, &report.report) {
        let json = pip_world::pretty(described)?;
        if file.as_os_str() == "-" {
            return text(json);
        }
        let path = session.process.absolute(file);
        std::fs::write(&path, json).map_err(|error| {
            Failure::environment(format!("could not write `{}`", path.display())).because(&error)
        })?;
    }
    reported(&report, change.output.wants_json())
}

fn uninstall(session: &mut Session, args: &PipUninstallArgs) -> Done {
    let request = UninstallRequest {
        sources: InputSources {
            packages: args.packages.clone(),
            requirements: args.requirements.clone(),
            ..InputSources::default()
        },
        autoremove: args.autoremove,
        preview: if args.dry_run {
            Preview::DryRun
        } else {
            Preview::Apply
        },
    };
    let report = pip::uninstall(session, &request)?;
    reported(&report, args.output.wants_json())
}

fn sync(session: &mut Session, args: &PipSyncArgs) -> Done {
    let change = &args.change;
    let request = SyncRequest {
        sources: InputSources {
            requirements: args.files.clone(),
            groups: change.extras.group.clone(),
            extras: extras(&change.extras)?,
            all_extras: change.extras.all_extras,
            ..InputSources::default()
        },
        preview: preview(change),
    };
    let report = pip::sync(session, &request)?;
    reported(&report, change.output.wants_json())
}

fn compile(session: &mut Session, args: &PipCompileArgs) -> Done {
    let named_pylock = args.result.output_file.as_deref().is_some_and(is_pylock);
    let lock = match args.result.format {
        Some(format) => format == CompileFormat::Pylock,
        None => named_pylock,
    };
    let request = CompileRequest {
        sources: InputSources {
            requirements: args.files.clone(),
            groups: args.extras.group.clone(),
            extras: extras(&args.extras)?,
            all_extras: args.extras.all_extras,
            ..InputSources::default()
        },
        command: command_line(),
        lock,
    };
    if request.sources.is_empty() {
        return Err(Failure::usage("there is nothing to compile")
            .hint("name a file: `naja pip compile requirements.in`"));
    }
    let compiled = pip::compile(session, &request)?;
    if compiled.written.is_some() && session.settings.quiet.value > 0 {
        return Ok(Outcome::Quiet(0));
    }
    text(compiled.text)
}

/// Whether a file's name is that of a lock file (PEP 751).
fn is_pylock(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    name.starts_with("pylock.") && name.ends_with("toml")
}

/// The command line as it stands in the header of a compiled file.
fn command_line() -> String {
    let mut words = vec!["naja".to_owned()];
    let mut skip = false;
    for word in crate::surroundings::arguments().iter().skip(1) {
        let word = word.to_string_lossy().into_owned();
        // What changes nothing about the result, or what holds only today.
        let passing = [
            "-U",
            "--upgrade",
            "-q",
            "--quiet",
            "-v",
            "--verbose",
            "--no-progress",
            "--check",
            "--dry-run",
        ];
        if std::mem::take(&mut skip) || passing.contains(&word.as_str()) {
            continue;
        }
        if matches!(word.as_str(), "-P" | "--upgrade-package" | "--cache-dir") {
            skip = true;
            continue;
        }
        words.push(word);
    }
    naja_spec::mask_urls(&words.join(" ")).into_owned()
}

fn list(session: &mut Session, args: &PipListArgs) -> Done {
    let request = ListRequest {
        editable: match (args.editable, args.exclude_editable) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        },
        exclude: names(&args.exclude)?,
        paths: args.path.clone(),
        not_required: args.not_required,
        local: args.local,
    };
    if args.outdated || args.uptodate {
        return pip_world::list_compared(session, args, request);
    }
    let listed = pip::list(session, &request)?;
    text(match args.form() {
        ListFormat::Columns => tables::columns(&listed),
        ListFormat::Freeze => tables::freeze_lines(&listed),
        ListFormat::Json => to_json(&listed)?,
    })
}

fn freeze(session: &mut Session, args: &args::PipFreezeArgs) -> Done {
    let request = FreezeRequest {
        all: args.all,
        exclude_editable: args.exclude_editable,
        exclude: names(&args.exclude)?,
        paths: args.path.clone(),
    };
    let lines = pip::freeze(session, &request)?;
    text(
        lines
            .iter()
            .map(|line| format!("{}\n", plain(line)))
            .collect(),
    )
}

fn show(session: &mut Session, args: &args::PipShowArgs) -> Done {
    let request = ShowRequest {
        names: names(&args.packages)?,
        files: args.files,
    };
    let shown = pip::show(session, &request)?;
    text(if args.output.wants_json() {
        to_json(&shown)?
    } else {
        tables::shown(&shown)
    })
}

fn check(session: &mut Session, json: bool) -> Done {
    let report = pip::check(session)?;
    let status = u8::from(!report.problems.is_empty());
    if json {
        return Ok(Outcome::Text(to_json(&report)?, status));
    }
    if report.problems.is_empty() {
        session.emit(&naja_engine::Event::Note {
            message: "All installed packages agree with each other".to_owned(),
        });
    }
    let lines = report
        .problems
        .iter()
        .map(|problem| format!("{}\n", plain(&problem.to_string())));
    Ok(Outcome::Text(lines.collect(), status))
}

fn python_find(session: &mut Session, args: &PythonFindArgs) -> Done {
    let request = FindRequest {
        request: args.request.clone(),
        system: args.system || session.settings.system.value,
        script: args.script.clone(),
    };
    let found = python::find(session, &request)?;
    if args.output.wants_json() {
        return text(to_json(&found)?);
    }
    if args.show_version {
        return text(format!("{}\n", found.version));
    }
    let resolved = |path: &Path| {
        path.canonicalize()
            .unwrap_or_else(|_gone| path.to_path_buf())
    };
    let path = if args.resolve_links {
        resolved(&found.path)
    } else {
        found.path
    };
    text(format!("{}\n", path.display()))
}

/// The size of the cache as JSON.
#[derive(serde::Serialize)]
struct Size {
    bytes: u64,
}

fn cache_size(session: &mut Session, args: &CacheSizeArgs) -> Done {
    let usage = cache::size(session)?;
    let bytes = usage.total().bytes;
    let is_terminal = std::io::stdout().is_terminal();
    text(match args.format(is_terminal) {
        SizeFormat::Json => to_json(&Size { bytes })?,
        SizeFormat::Human => format!("{}\n", tables::bytes(bytes)),
        _ => format!("{bytes}\n"),
    })
}

fn cache_clean(session: &mut Session, packages: &[String]) -> Done {
    let packages = names(packages)?;
    let gone = cache::clean(session, &packages)?;
    note_removed(session, gone.files, gone.bytes)
}

fn note_removed(session: &mut Session, files: u64, bytes: u64) -> Done {
    let message = match files {
        0 => "There was nothing to remove".to_owned(),
        _ => format!("Removed {files} files ({})", tables::bytes(bytes)),
    };
    session.emit(&naja_engine::Event::Note { message });
    Ok(Outcome::Quiet(0))
}
