//! The command line: what can be said, and what was said.
//!
//! Only the command that was asked for is built as a clap command; the whole tree is built for help,
//! completions, and words that no command has.

mod auth;
mod config;
mod deps;
mod elsewhere;
mod env;
mod explain;
mod export;
mod families;
mod formatting;
mod global;
mod graph;
mod history;
mod import;
mod layer;
mod lock_view;
mod locks;
mod overview;
mod pip_change;
mod pip_compile;
mod pip_flags;
mod pip_read;
mod pip_world;
mod project;
mod run;
mod shell;
mod small;
mod status;
mod tasks;
mod upgrade;
mod venv;
mod verbs;
mod verify;
mod words;
mod workspace;

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::Path;

use clap::FromArgMatches;
use clap::builder::StyledStr;
use naja_project::Variables;
use naja_project::settings::{ArgumentLayer, ConfigFiles, Interface, Partial, SettingsError};

pub(crate) use auth::{AuthDirArgs, AuthLoginArgs, AuthLogoutArgs, AuthTokenArgs};
pub(crate) use config::{
    ConfigGetArgs, ConfigListArgs, ConfigScopeArgs, ConfigSetArgs, ConfigShowArgs, ConfigUnsetArgs,
};
pub(crate) use deps::DepsCheckArgs;
pub(crate) use env::{EnvInfoArgs, EnvListArgs, EnvPathArgs, EnvPruneArgs, EnvRemoveArgs};
pub(crate) use explain::{ExplainArgs, ExplainFormat};
pub(crate) use export::{EmitArgs, ExportArgs, Format as ExportFormat};
pub(crate) use families::ExtraArgs;
pub(crate) use formatting::{CheckArgs, FormatArgs};
pub(crate) use global::GlobalArgs;
pub(crate) use graph::{GraphArgs, GraphFormat, SizeArgs, TreeArgs, TreeFormat, WhyArgs};
pub(crate) use history::{BackArgs, HistoryArgs, RedoArgs, UndoArgs};
pub(crate) use import::ImportArgs;
pub(crate) use lock_view::LockViewArgs;
pub(crate) use locks::{LockDiffArgs, LockMergeArgs};
pub(crate) use pip_change::{ChangeArgs, PipInstallArgs, PipSyncArgs, PipUninstallArgs};
pub(crate) use pip_compile::{CompileFormat, PipCompileArgs};
pub(crate) use pip_read::{
    ListFormat, PipCheckArgs, PipFreezeArgs, PipListArgs, PipShowArgs, PipTreeArgs, ReadArgs,
};
pub(crate) use pip_world::{
    CollectArgs, IndexVersionsArgs, InspectArgs, LicensesArgs, OutdatedArgs, PipCacheInfoArgs,
    PipCacheListArgs, PipCachePurgeArgs, PipCacheRemoveArgs, PipConfigDebugArgs, PipConfigGetArgs,
    PipConfigListArgs, PipConfigSetArgs, PipConfigUnsetArgs, PipDebugArgs, PipDownloadArgs,
    PipHashArgs, PipHelpArgs, PipSearchArgs, PipVersionArgs, PipWheelArgs, PythonTagsArgs,
};
pub(crate) use project::{
    AddArgs, EditArgs, InitArgs, LockArgs, RemoveArgs, SelectArgs, SkipArgs, SyncArgs,
};
pub(crate) use run::RunArgs;
pub(crate) use shell::{ActivateArgs, AllowArgs, DenyArgs, HookArgs, ShellArgs};
pub(crate) use small::{
    CacheCleanArgs, CacheDirArgs, CachePruneArgs, CacheSizeArgs, CompletionArgs, CompletionShell,
    HelpArgs, PythonFindArgs, PythonListArgs, SizeFormat, VersionArgs,
};
pub(crate) use status::{
    DoctorArgs, EditorName, KernelInstallArgs, KernelListArgs, KernelRemoveArgs, StatusArgs,
};
pub(crate) use tasks::HookArgs as TaskHookArgs;
pub(crate) use upgrade::{LockOutdatedArgs, UpgradeArgs};
pub(crate) use venv::VenvArgs;
pub(crate) use verify::{RepairArgs, VerifyArgs};
pub(crate) use workspace::{WorkspaceDirArgs, WorkspaceListArgs, WorkspaceMetadataArgs};

use words::{FirstWords, first_words};

/// The version and, where known, what it was built from.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A command with its arguments.
#[derive(Debug, Clone)]
pub(crate) enum Verb {
    /// `naja venv`
    Venv(Box<VenvArgs>),
    /// `naja pip install`
    PipInstall(Box<PipInstallArgs>),
    /// `naja pip uninstall`
    PipUninstall(Box<PipUninstallArgs>),
    /// `naja pip sync`
    PipSync(Box<PipSyncArgs>),
    /// `naja pip compile`
    PipCompile(Box<PipCompileArgs>),
    /// `naja pip list`
    PipList(Box<PipListArgs>),
    /// `naja pip freeze`
    PipFreeze(Box<PipFreezeArgs>),
    /// `naja pip show`
    PipShow(Box<PipShowArgs>),
    /// `naja pip check`
    PipCheck(Box<PipCheckArgs>),
    /// `naja pip tree`
    PipTree(Box<PipTreeArgs>),
    /// `naja pip download`
    PipDownload(Box<PipDownloadArgs>),
    /// `naja pip wheel`
    PipWheel(Box<PipWheelArgs>),
    /// `naja pip index versions`, `naja index versions`
    IndexVersions(Box<IndexVersionsArgs>),
    /// `naja pip hash`
    PipHash(Box<PipHashArgs>),
    /// `naja pip inspect`, `naja inspect`
    Inspect(Box<InspectArgs>),
    /// `naja pip debug`
    PipDebug(Box<PipDebugArgs>),
    /// `naja pip search`
    PipSearch(Box<PipSearchArgs>),
    /// `naja pip help`; answered by [`parse`]
    PipHelp(Box<PipHelpArgs>),
    /// `naja pip --version`
    #[expect(dead_code, reason = "it has no flags of its own")]
    PipVersion(Box<PipVersionArgs>),
    /// `naja pip cache list`
    PipCacheList(Box<PipCacheListArgs>),
    /// `naja pip config set`
    PipConfigSet(Box<PipConfigSetArgs>),
    /// `naja pip config unset`
    PipConfigUnset(Box<PipConfigUnsetArgs>),
    /// `naja pip cache info`
    #[expect(dead_code, reason = "it has no flags of its own")]
    PipCacheInfo(Box<PipCacheInfoArgs>),
    /// `naja pip cache purge`
    #[expect(dead_code, reason = "it has no flags of its own")]
    PipCachePurge(Box<PipCachePurgeArgs>),
    /// `naja pip cache remove`
    PipCacheRemove(Box<PipCacheRemoveArgs>),
    /// `naja pip config list`
    PipConfigList(Box<PipConfigListArgs>),
    /// `naja pip config get`
    PipConfigGet(Box<PipConfigGetArgs>),
    /// `naja pip config debug`
    #[expect(dead_code, reason = "it has no flags of its own")]
    PipConfigDebug(Box<PipConfigDebugArgs>),
    /// `naja pip outdated`
    PipOutdated(Box<OutdatedArgs>),
    /// `naja config show`
    ConfigShow(Box<ConfigShowArgs>),
    /// `naja config get`
    ConfigGet(Box<ConfigGetArgs>),
    /// `naja config set`
    ConfigSet(Box<ConfigSetArgs>),
    /// `naja config unset`
    ConfigUnset(Box<ConfigUnsetArgs>),
    /// `naja config list`
    ConfigList(Box<ConfigListArgs>),
    /// `naja outdated`
    Outdated(Box<LockOutdatedArgs>),
    /// `naja upgrade`
    Upgrade(Box<UpgradeArgs>),
    /// `naja licenses`
    Licenses(Box<LicensesArgs>),
    /// `naja size`
    Size(Box<SizeArgs>),
    /// `naja tree`
    Tree(Box<TreeArgs>),
    /// `naja why`
    Why(Box<WhyArgs>),
    /// `naja graph`
    Graph(Box<GraphArgs>),
    /// `naja explain`
    Explain(Box<ExplainArgs>),
    /// `naja python tags`
    PythonTags(Box<PythonTagsArgs>),
    /// `naja status`
    Status(Box<StatusArgs>),
    /// `naja env list`
    EnvList(Box<EnvListArgs>),
    /// `naja env remove`
    EnvRemove(Box<EnvRemoveArgs>),
    /// `naja env prune`
    EnvPrune(Box<EnvPruneArgs>),
    /// `naja env path`
    EnvPath(Box<EnvPathArgs>),
    /// `naja env info`
    EnvInfo(Box<EnvInfoArgs>),
    /// `naja doctor`
    Doctor(Box<DoctorArgs>),
    /// `naja kernel install`
    KernelInstall(Box<KernelInstallArgs>),
    /// `naja kernel list`
    KernelList(Box<KernelListArgs>),
    /// `naja kernel remove`
    KernelRemove(Box<KernelRemoveArgs>),
    /// `naja init`
    Init(Box<InitArgs>),
    /// `naja add`
    Add(Box<AddArgs>),
    /// `naja remove`
    Remove(Box<RemoveArgs>),
    /// `naja lock`
    Lock(Box<LockArgs>),
    /// `naja import`
    Import(Box<ImportArgs>),
    /// `naja sync`
    Sync(Box<SyncArgs>),
    /// `naja lock diff`
    LockDiff(Box<LockDiffArgs>),
    /// `naja lock merge`
    LockMerge(Box<LockMergeArgs>),
    /// `naja export`
    Export(Box<ExportArgs>),
    DepsCheck(Box<DepsCheckArgs>),
    WorkspaceList(Box<WorkspaceListArgs>),
    WorkspaceDir(Box<WorkspaceDirArgs>),
    WorkspaceMetadata(Box<WorkspaceMetadataArgs>),
    /// `naja run`
    Run(Box<RunArgs>),
    /// `naja format`
    Format(Box<FormatArgs>),
    /// `naja check`
    Check(Box<CheckArgs>),
    /// `naja activate`
    Activate(Box<ActivateArgs>),
    /// `naja shell`
    Shell(Box<ShellArgs>),
    /// `naja hook`; answered before a session is opened
    Hook(Box<HookArgs>),
    /// `naja allow`
    Allow(Box<AllowArgs>),
    /// `naja deny`
    Deny(Box<DenyArgs>),
    /// `naja python find`
    PythonFind(Box<PythonFindArgs>),
    /// `naja python list`
    PythonList(Box<PythonListArgs>),
    /// `naja auth login`
    AuthLogin(Box<AuthLoginArgs>),
    /// `naja auth logout`
    AuthLogout(Box<AuthLogoutArgs>),
    /// `naja auth token`
    AuthToken(Box<AuthTokenArgs>),
    /// `naja auth dir`
    #[expect(dead_code, reason = "all services are kept in one place")]
    AuthDir(Box<AuthDirArgs>),
    /// `naja cache dir`
    #[expect(dead_code, reason = "it has no flags of its own yet")]
    CacheDir(Box<CacheDirArgs>),
    /// `naja cache size`
    CacheSize(Box<CacheSizeArgs>),
    /// `naja cache clean`
    CacheClean(Box<CacheCleanArgs>),
    /// `naja cache prune`
    CachePrune(Box<CachePruneArgs>),
    /// `naja history`
    History(Box<HistoryArgs>),
    /// `naja undo`
    Undo(Box<UndoArgs>),
    /// `naja redo`
    Redo(Box<RedoArgs>),
    /// `naja repair`
    Repair(Box<RepairArgs>),
    /// `naja verify`
    Verify(Box<VerifyArgs>),
    /// `naja help`; answered by [`parse`]
    Help(Box<HelpArgs>),
    /// `naja version`
    Version(Box<VersionArgs>),
    /// `naja generate-shell-completion`; answered by [`completions`]
    Completion(Box<CompletionArgs>),
}

/// What the command line says.
#[derive(Debug, Clone)]
pub(crate) struct Invocation {
    /// The flags every command has.
    pub(crate) global: GlobalArgs,
    /// The command.
    pub(crate) verb: Verb,
}

/// A command line that is answered by a text: help, the version, an error in it.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    /// The text, with line ends; `.ansi()` gives it with colours, `to_string()` without.
    pub(crate) text: StyledStr,
    /// Whether it belongs on standard error.
    pub(crate) to_stderr: bool,
    /// The exit status: 0, or 2 for what cannot be understood.
    pub(crate) status: u8,
}

impl Stop {
    fn answer(text: impl Into<StyledStr>) -> Self {
        Self {
            text: text.into(),
            to_stderr: false,
            status: 0,
        }
    }
}

impl From<clap::Error> for Stop {
    fn from(error: clap::Error) -> Self {
        Self {
            text: error.render(),
            to_stderr: error.use_stderr(),
            status: if error.use_stderr() { 2 } else { 0 },
        }
    }
}

/// Reads a command line, the program's name first.
///
/// # Errors
/// A [`Stop`] where a text is the whole answer.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Invocation, Box<Stop>> {
    let words = arguments.get(1..).unwrap_or_default();
    let invocation = match first_words(words) {
        FirstWords::Version => {
            return Err(Box::new(Stop::answer(format!("naja {VERSION}\n"))));
        }
        FirstWords::Verb {
            leaf,
            path,
            arguments,
        } => {
            let command = leaf.command(&path).no_binary_name(true);
            let read = || -> Result<Invocation, clap::Error> {
                let matches = command.try_get_matches_from(arguments)?;
                let global = GlobalArgs::from_arg_matches(&matches)?;
                Ok(Invocation {
                    global,
                    verb: (leaf.read)(&matches)?,
                })
            };
            read().map_err(|error| Box::new(Stop::from(error)))?
        }
        FirstWords::Unknown => return Err(Box::new(from_whole_tree(words))),
    };
    match &invocation.verb {
        Verb::Help(help) => Err(Box::new(help_about(&help.command))),
        Verb::PipHelp(help) => {
            let mut words = vec!["pip".to_owned()];
            words.extend_from_slice(&help.command);
            Err(Box::new(help_about(&words)))
        }
        _ => Ok(invocation),
    }
}

/// The name of a command with that of its group, and the words that belong to it, global flags first; nothing is
/// understood beyond that.
pub(crate) fn verb_of(words: &[OsString]) -> Option<(String, Vec<OsString>)> {
    match first_words(words) {
        FirstWords::Verb {
            leaf,
            path,
            arguments,
        } => {
            let group = path.strip_prefix("naja").unwrap_or_default().trim_start();
            let space = if group.is_empty() { "" } else { " " };
            Some((format!("{group}{space}{}", leaf.name()), arguments))
        }
        _ => None,
    }
}

/// The definition of a command.
#[cfg(test)]
pub(crate) fn command_of(words: &[&str]) -> clap::Command {
    let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
    let (leaf, path) = words::find_leaf(&words).expect("there is such a command");
    leaf.command(&path)
}

/// Lets the whole tree say what is wrong, or what help is asked for.
fn from_whole_tree(words: &[OsString]) -> Stop {
    let mut tree = verbs::whole_tree().no_binary_name(true);
    match tree.try_get_matches_from_mut(words) {
        Ok(_) => Stop {
            status: 2,
            to_stderr: true,
            text: tree.render_help(),
        },
        Err(error) => {
            let tip = elsewhere::tip(&error, words);
            let mut stop = Stop::from(error);
            if let Some(tip) = tip {
                stop.text = elsewhere::with_tip(&stop.text, &tip);
            }
            stop
        }
    }
}

fn help_about(words: &[String]) -> Stop {
    if words.is_empty() {
        return Stop::answer(verbs::whole_tree().render_long_help());
    }
    if let Some((leaf, path)) = words::find_leaf(words) {
        return Stop::answer(leaf.command(&path).render_long_help());
    }
    let mut asked: Vec<OsString> = words.iter().map(OsString::from).collect();
    asked.push("--help".into());
    from_whole_tree(&asked)
}

/// Writes the completions for a shell.
pub(crate) fn completions(shell: CompletionShell) -> Vec<u8> {
    use clap_complete::Shell;
    use clap_complete::generate;
    let mut script = Vec::new();
    let tree = &mut verbs::whole_tree();
    let known = match shell {
        CompletionShell::Bash => Shell::Bash,
        CompletionShell::Elvish => Shell::Elvish,
        CompletionShell::Fish => Shell::Fish,
        CompletionShell::PowerShell => Shell::PowerShell,
        CompletionShell::Zsh => Shell::Zsh,
        CompletionShell::Nushell => {
            generate(clap_complete_nushell::Nushell, tree, "naja", &mut script);
            return script;
        }
    };
    generate(known, tree, "naja", &mut script);
    script
}

impl Invocation {
    /// The script that the command is about, if it is about one.
    pub(crate) fn script(&self) -> Option<&Path> {
        match &self.verb {
            Verb::Add(args) => args.edit.script.as_deref(),
            Verb::Remove(args) => args.edit.script.as_deref(),
            Verb::Lock(args) => args.script.as_deref(),
            Verb::Sync(args) => args.script.as_deref(),
            Verb::PythonFind(args) => args.script.as_deref(),
            Verb::Tree(args) => args.lock.script.as_deref(),
            Verb::Why(args) => args.lock.script.as_deref(),
            Verb::Graph(args) => args.lock.script.as_deref(),
            Verb::Export(args) => args.script.as_deref(),
            Verb::Run(args) => args.script_path(),
            _ => None,
        }
    }

    /// Returns the layer of settings that the flags are. Relative paths start from `cwd`; ages
    /// count back from `now_ms` (Unix milliseconds).
    ///
    /// # Errors
    /// A value that its setting cannot take.
    #[expect(clippy::too_many_lines, reason = "a line for each command")]
    pub(crate) fn settings(&self, cwd: &Path, now_ms: i64) -> Result<Partial, SettingsError> {
        let mut layer = ArgumentLayer::new(cwd, now_ms);
        let to = &mut layer;
        self.global.settings(to)?;
        match &self.verb {
            Verb::Venv(args) => args.settings(to)?,
            Verb::PipInstall(args) => args.settings(to)?,
            Verb::PipUninstall(args) => args.settings(to)?,
            Verb::PipSync(args) => args.settings(to)?,
            Verb::PipCompile(args) => args.settings(to)?,
            Verb::PipList(args) => args.settings(to)?,
            Verb::PipFreeze(args) => args.settings(to)?,
            Verb::PipShow(args) => args.read.settings(to)?,
            Verb::PipCheck(args) => args.settings(to)?,
            Verb::PipTree(args) => args.settings(to)?,
            Verb::PipDownload(args) => args.settings(to)?,
            Verb::PipWheel(args) => args.settings(to)?,
            Verb::IndexVersions(args) => args.settings(to)?,
            Verb::Inspect(args) => args.read.settings(to)?,
            Verb::PipDebug(args) => args.settings(to)?,
            Verb::PipSearch(args) => args.index.settings(to)?,
            Verb::PipOutdated(args) => args.settings(to)?,
            Verb::Outdated(args) => args.settings(to)?,
            Verb::Upgrade(args) => args.settings(to)?,
            Verb::Licenses(args) => args.read.settings(to)?,
            Verb::Size(args) => args.read.settings(to)?,
            Verb::Tree(args) => args.settings(to)?,
            Verb::Why(args) => args.settings(to)?,
            Verb::Graph(args) => args.settings(to)?,
            Verb::PythonTags(args) => args.settings(to)?,
            Verb::Status(args) => args.settings(to)?,
            Verb::EnvPath(args) => args.environment.settings(to)?,
            Verb::EnvInfo(args) => args.environment.settings(to)?,
            Verb::Doctor(args) => args.settings(to)?,
            Verb::KernelInstall(args) => args.settings(to)?,
            Verb::Init(args) => args.settings(to)?,
            Verb::Add(args) => args.settings(to)?,
            Verb::Remove(args) => args.edit.settings(to)?,
            Verb::Lock(args) => args.settings(to)?,
            Verb::Export(args) => args.settings(to)?,
            Verb::Import(args) => args.settings(to)?,
            Verb::WorkspaceMetadata(args) => args.settings(to)?,
            Verb::DepsCheck(args) => args.settings(to)?,
            Verb::Sync(args) => args.settings(to)?,
            Verb::Run(args) => args.settings(to)?,
            Verb::Format(args) => args.settings(to)?,
            Verb::Check(args) => args.settings(to)?,
            Verb::PythonFind(args) => args.settings(to)?,
            Verb::AuthLogin(args) => args.provider.settings(to)?,
            Verb::AuthLogout(args) => args.login.provider.settings(to)?,
            Verb::AuthToken(args) => args.login.provider.settings(to)?,
            Verb::Version(args) => args.settings(to)?,
            Verb::Verify(args) => args.settings(to)?,
            Verb::Repair(args) => args.settings(to)?,
            Verb::History(args) => args.target.settings(to)?,
            Verb::Undo(args) => args.back.settings(to)?,
            Verb::Redo(args) => args.back.settings(to)?,
            Verb::AuthDir(_)
            | Verb::ConfigShow(_)
            | Verb::ConfigGet(_)
            | Verb::ConfigSet(_)
            | Verb::ConfigUnset(_)
            | Verb::ConfigList(_)
            | Verb::PipHash(_)
            | Verb::PipHelp(_)
            | Verb::PipVersion(_)
            | Verb::PipCacheInfo(_)
            | Verb::PipCachePurge(_)
            | Verb::PipCacheList(_)
            | Verb::PipConfigSet(_)
            | Verb::PipConfigUnset(_)
            | Verb::PipCacheRemove(_)
            | Verb::PipConfigList(_)
            | Verb::PipConfigGet(_)
            | Verb::PipConfigDebug(_)
            | Verb::PythonList(_)
            | Verb::KernelList(_)
            | Verb::KernelRemove(_)
            | Verb::Explain(_)
            | Verb::Activate(_)
            | Verb::Shell(_)
            | Verb::Hook(_)
            | Verb::Allow(_)
            | Verb::Deny(_)
            | Verb::EnvList(_)
            | Verb::EnvRemove(_)
            | Verb::EnvPrune(_)
            | Verb::WorkspaceList(_)
            | Verb::WorkspaceDir(_)
            | Verb::CacheDir(_)
            | Verb::LockDiff(_)
            | Verb::LockMerge(_)
            | Verb::CacheSize(_)
            | Verb::CacheClean(_)
            | Verb::CachePrune(_)
            | Verb::Help(_)
            | Verb::Completion(_) => {}
        }
        Ok(layer.finish())
    }

    /// Says whose `pip` tables count.
    pub(crate) fn interface(&self) -> Interface {
        let command = match self.verb {
            Verb::PipInstall(_) | Verb::PipSync(_) | Verb::PipCompile(_) => "install",
            // What pip is told is looked at, and `--install` obeys it.
            Verb::Doctor(_) | Verb::KernelInstall(_) => "install",
            Verb::PipConfigList(_) | Verb::PipConfigGet(_) | Verb::PipConfigDebug(_) => "install",
            Verb::PipUninstall(_) => "uninstall",
            Verb::PipList(_) | Verb::PipTree(_) | Verb::PipOutdated(_) => "list",
            Verb::Licenses(_) | Verb::Size(_) => "list",
            Verb::Tree(_) | Verb::Why(_) | Verb::Graph(_) => "list",
            Verb::PipFreeze(_) => "freeze",
            Verb::PipShow(_) => "show",
            Verb::PipCheck(_) => "check",
            Verb::PipDownload(_) => "download",
            Verb::PipWheel(_) => "wheel",
            Verb::PipHash(_) => "hash",
            Verb::IndexVersions(_) => "index",
            Verb::Inspect(_) => "inspect",
            Verb::PipDebug(_) => "debug",
            _ => return Interface::Project,
        };
        Interface::Pip(command)
    }

    /// Says which configuration files are read: by `--no-config` and `--config-file`, then by
    /// `NAJA_NO_CONFIG`, `UV_NO_CONFIG`, `NAJA_CONFIG_FILE`, `UV_CONFIG_FILE`.
    pub(crate) fn config_files(&self, cwd: &Path, variables: &Variables) -> ConfigFiles {
        let is_set = |name: &str| {
            variables
                .get(name)
                .is_some_and(|value| !matches!(value, "0" | "false" | "no" | "off"))
        };
        if self.global.no_config {
            return ConfigFiles::None;
        }
        if let Some(file) = &self.global.config_file {
            return ConfigFiles::Only(cwd.join(file));
        }
        if is_set("NAJA_NO_CONFIG") || is_set("UV_NO_CONFIG") {
            return ConfigFiles::None;
        }
        let named = variables
            .get_os("NAJA_CONFIG_FILE")
            .or_else(|| variables.get_os("UV_CONFIG_FILE"));
        named.map_or(ConfigFiles::Discover, |file| {
            ConfigFiles::Only(cwd.join(file))
        })
    }

    /// Says whether the command shall tell what it does.
    pub(crate) fn explains(&self) -> bool {
        match &self.verb {
            Verb::Venv(args) => args.explain,
            Verb::PipInstall(args) => args.change.explain,
            Verb::PipSync(args) => args.change.explain,
            Verb::PipUninstall(args) => args.explain,
            Verb::Run(args) => args.explain,
            Verb::Sync(args) => args.explain,
            Verb::Add(args) => args.edit.explain,
            Verb::Remove(args) => args.edit.explain,
            _ => false,
        }
    }

    /// Names the flags that were given and change nothing, for one warning.
    pub(crate) fn ineffective(&self) -> Vec<&'static str> {
        let mut flags = Vec::new();
        if self.global.record.is_some() {
            flags.push("--record");
        }
        match &self.verb {
            Verb::Venv(args) => args.ineffective(&mut flags),
            Verb::PipInstall(args) => args.ineffective(&mut flags),
            Verb::PipUninstall(args) => args.ineffective(&mut flags),
            Verb::PipSync(args) => args.ineffective(&mut flags),
            Verb::PipCompile(args) => args.ineffective(&mut flags),
            Verb::PipList(args) => args.read.pip.ineffective(&mut flags),
            Verb::PipFreeze(args) => args.read.pip.ineffective(&mut flags),
            Verb::PipShow(args) => args.read.pip.ineffective(&mut flags),
            Verb::PipCheck(args) => args.pip.ineffective(&mut flags),
            Verb::PipTree(args) => args.read.pip.ineffective(&mut flags),
            Verb::PipDownload(args) => args.ineffective(&mut flags),
            Verb::PipWheel(args) => args.ineffective(&mut flags),
            Verb::IndexVersions(args) => args.ineffective(&mut flags),
            Verb::Inspect(args) => args.read.pip.ineffective(&mut flags),
            Verb::PipDebug(args) => args.pip.ineffective(&mut flags),
            Verb::PipOutdated(args) => args.ineffective(&mut flags),
            Verb::Outdated(args) => args.common.ineffective(&mut flags),
            Verb::Licenses(args) => args.read.pip.ineffective(&mut flags),
            Verb::Size(args) => args.read.pip.ineffective(&mut flags),
            Verb::Tree(args) => args.tree.read.pip.ineffective(&mut flags),
            Verb::Why(args) => args.read.pip.ineffective(&mut flags),
            Verb::Graph(args) => args.read.pip.ineffective(&mut flags),
            Verb::PythonList(args) => args.ineffective(&mut flags),
            Verb::CacheClean(args) if args.force => flags.push("--force"),
            Verb::CachePrune(args) => args.ineffective(&mut flags),
            _ => {}
        }
        flags
    }
}
