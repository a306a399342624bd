//! The table of commands: each one's name, and how it is built and read.

use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::Verb;
use super::global::GlobalArgs;

/// A command, or a group of commands.
pub(super) enum Node {
    Leaf(Leaf),
    /// A command that has others below it.
    Both(Leaf, &'static [Node]),
    Group(Group),
}

/// A command.
pub(super) struct Leaf {
    pub(super) name: &'static str,
    pub(super) aliases: &'static [&'static str],
    /// Adds its own arguments.
    augment: fn(Command) -> Command,
    /// Reads its arguments.
    pub(super) read: fn(&ArgMatches) -> Result<Verb, clap::Error>,
}

/// A group of commands, such as `pip`.
pub(super) struct Group {
    pub(super) name: &'static str,
    about: &'static str,
    pub(super) children: &'static [Node],
}

/// Makes the row of a command from its arguments.
macro_rules! leaf {
    ($name:literal $(| $alias:literal)*, $verb:ident) => {
        leaf!(@row $name, &[$($alias),*], $verb, super::$verb)
    };
    ($name:literal, $verb:ident, $children:expr) => {
        Node::Both(leaf!(@leaf $name, &[], $verb), $children)
    };
    (@row $name:literal, $aliases:expr, $verb:ident, $args:ty) => {
        Node::Leaf(leaf!(@leaf $name, $aliases, $verb))
    };
    (@leaf $name:literal, $aliases:expr, $verb:ident) => {
        Leaf {
            name: $name,
            aliases: $aliases,
            augment: <rows::$verb as Args>::augment_args,
            read: |matches| {
                let args = <rows::$verb as FromArgMatches>::from_arg_matches(matches)?;
                Ok(Verb::$verb(Box::new(args)))
            },
        }
    };
}

/// The arguments of each command under the command's own name.
mod rows {
    pub(super) use super::super::auth::{
        AuthDirArgs as AuthDir, AuthLoginArgs as AuthLogin, AuthLogoutArgs as AuthLogout,
        AuthTokenArgs as AuthToken,
    };
    pub(super) use super::super::config::{
        ConfigGetArgs as ConfigGet, ConfigListArgs as ConfigList, ConfigSetArgs as ConfigSet,
        ConfigShowArgs as ConfigShow, ConfigUnsetArgs as ConfigUnset,
    };
    pub(super) use super::super::deps::DepsCheckArgs as DepsCheck;
    pub(super) use super::super::env::{
        EnvInfoArgs as EnvInfo, EnvListArgs as EnvList, EnvPathArgs as EnvPath,
        EnvPruneArgs as EnvPrune, EnvRemoveArgs as EnvRemove,
    };
    pub(super) use super::super::explain::ExplainArgs as Explain;
    pub(super) use super::super::export::ExportArgs as Export;
    pub(super) use super::super::formatting::{CheckArgs as Check, FormatArgs as Format};
    pub(super) use super::super::graph::{
        GraphArgs as Graph, SizeArgs as Size, TreeArgs as Tree, WhyArgs as Why,
    };
    pub(super) use super::super::history::{
        HistoryArgs as History, RedoArgs as Redo, UndoArgs as Undo,
    };
    pub(super) use super::super::import::ImportArgs as Import;
    pub(super) use super::super::locks::{LockDiffArgs as LockDiff, LockMergeArgs as LockMerge};
    pub(super) use super::super::pip_change::{
        PipInstallArgs as PipInstall, PipSyncArgs as PipSync, PipUninstallArgs as PipUninstall,
    };
    pub(super) use super::super::pip_compile::PipCompileArgs as PipCompile;
    pub(super) use super::super::pip_read::{
        PipCheckArgs as PipCheck, PipFreezeArgs as PipFreeze, PipListArgs as PipList,
        PipShowArgs as PipShow, PipTreeArgs as PipTree,
    };
    pub(super) use super::super::pip_world::{
        IndexVersionsArgs as IndexVersions, InspectArgs as Inspect, LicensesArgs as Licenses,
        OutdatedArgs as PipOutdated, PipCacheInfoArgs as PipCacheInfo,
        PipCacheListArgs as PipCacheList, PipCachePurgeArgs as PipCachePurge,
        PipCacheRemoveArgs as PipCacheRemove, PipConfigDebugArgs as PipConfigDebug,
        PipConfigGetArgs as PipConfigGet, PipConfigListArgs as PipConfigList,
        PipConfigSetArgs as PipConfigSet, PipConfigUnsetArgs as PipConfigUnset,
        PipDebugArgs as PipDebug, PipDownloadArgs as PipDownload, PipHashArgs as PipHash,
        PipHelpArgs as PipHelp, PipSearchArgs as PipSearch, PipVersionArgs as PipVersion,
        PipWheelArgs as PipWheel, PythonTagsArgs as PythonTags,
    };
    pub(super) use super::super::project::{
        AddArgs as Add, InitArgs as Init, LockArgs as Lock, RemoveArgs as Remove, SyncArgs as Sync,
    };
    pub(super) use super::super::run::RunArgs as Run;
    pub(super) use super::super::shell::{
        ActivateArgs as Activate, AllowArgs as Allow, DenyArgs as Deny, HookArgs as Hook,
        ShellArgs as Shell,
    };
    pub(super) use super::super::small::{
        CacheCleanArgs as CacheClean, CacheDirArgs as CacheDir, CachePruneArgs as CachePrune,
        CacheSizeArgs as CacheSize, CompletionArgs as Completion, HelpArgs as Help,
        PythonFindArgs as PythonFind, PythonListArgs as PythonList, VersionArgs as Version,
    };
    pub(super) use super::super::status::{
        DoctorArgs as Doctor, KernelInstallArgs as KernelInstall, KernelListArgs as KernelList,
        KernelRemoveArgs as KernelRemove, StatusArgs as Status,
    };
    pub(super) use super::super::upgrade::{LockOutdatedArgs as Outdated, UpgradeArgs as Upgrade};
    pub(super) use super::super::venv::VenvArgs as Venv;
    pub(super) use super::super::verify::{RepairArgs as Repair, VerifyArgs as Verify};
    pub(super) use super::super::workspace::{
        WorkspaceDirArgs as WorkspaceDir, WorkspaceListArgs as WorkspaceList,
        WorkspaceMetadataArgs as WorkspaceMetadata,
    };
}

/// Every command.
pub(super) const COMMANDS: &[Node] = &[
    leaf!("venv" | "virtualenv" | "v", Venv),
    Node::Group(Group {
        name: "pip",
        about: "Work on the packages of an environment, as pip does",
        children: &[
            leaf!("install" | "i", PipInstall),
            leaf!("uninstall" | "remove", PipUninstall),
            leaf!("sync", PipSync),
            leaf!("compile", PipCompile),
            leaf!("list" | "ls", PipList),
            leaf!("freeze", PipFreeze),
            leaf!("show", PipShow),
            leaf!("check", PipCheck),
            leaf!("tree", PipTree),
            leaf!("outdated", PipOutdated),
            leaf!("download", PipDownload),
            leaf!("wheel", PipWheel),
            leaf!("hash", PipHash),
            leaf!("inspect", Inspect),
            Node::Group(Group {
                name: "index",
                about: "Ask the indexes",
                children: &[leaf!("versions", IndexVersions)],
            }),
            Node::Group(Group {
                name: "cache",
                about: "Look at and clean the cache",
                children: &[
                    leaf!("dir", CacheDir),
                    leaf!("info", PipCacheInfo),
                    leaf!("list", PipCacheList),
                    leaf!("purge", PipCachePurge),
                    leaf!("remove", PipCacheRemove),
                ],
            }),
            Node::Group(Group {
                name: "config",
                about: "Look at the settings, change those of pip",
                children: &[
                    leaf!("list", PipConfigList),
                    leaf!("get", PipConfigGet),
                    leaf!("set", PipConfigSet),
                    leaf!("unset", PipConfigUnset),
                    leaf!("debug", PipConfigDebug),
                ],
            }),
            leaf!("debug", PipDebug),
            leaf!("search", PipSearch),
            leaf!("help", PipHelp),
            leaf!("version", PipVersion),
        ],
    }),
    Node::Group(Group {
        name: "index",
        about: "Ask the indexes",
        children: &[leaf!("versions", IndexVersions)],
    }),
    leaf!("outdated", Outdated),
    leaf!("upgrade", Upgrade),
    leaf!("inspect", Inspect),
    leaf!("licenses" | "licences", Licenses),
    leaf!("size", Size),
    leaf!("tree", Tree),
    leaf!("why", Why),
    leaf!("graph", Graph),
    leaf!("explain", Explain),
    leaf!("verify", Verify),
    leaf!("repair", Repair),
    leaf!("history", History),
    leaf!("undo", Undo),
    leaf!("redo", Redo),
    leaf!("status", Status),
    Node::Group(Group {
        name: "env",
        about: "Look at the environments of this user, remove them",
        children: &[
            leaf!("list" | "ls", EnvList),
            leaf!("remove" | "rm", EnvRemove),
            leaf!("prune", EnvPrune),
            leaf!("path", EnvPath),
            leaf!("info", EnvInfo),
        ],
    }),
    leaf!("doctor", Doctor),
    Node::Group(Group {
        name: "kernel",
        about: "Offer environments to Jupyter",
        children: &[
            leaf!("install", KernelInstall),
            leaf!("list" | "ls", KernelList),
            leaf!("remove" | "uninstall", KernelRemove),
        ],
    }),
    leaf!("init", Init),
    leaf!("add", Add),
    leaf!("remove", Remove),
    leaf!(
        "lock",
        Lock,
        &[leaf!("diff", LockDiff), leaf!("merge", LockMerge)]
    ),
    leaf!("sync", Sync),
    leaf!("export", Export),
    leaf!("import", Import),
    leaf!("run", Run),
    leaf!("format" | "fmt", Format),
    leaf!("check", Check),
    Node::Group(Group {
        name: "deps",
        about: "Compare what a project imports with what it declares",
        children: &[leaf!("check", DepsCheck)],
    }),
    Node::Group(Group {
        name: "workspace",
        about: "Look at the projects that are locked together",
        children: &[
            leaf!("list" | "ls", WorkspaceList),
            leaf!("dir", WorkspaceDir),
            leaf!("metadata", WorkspaceMetadata),
        ],
    }),
    leaf!("activate", Activate),
    leaf!("shell", Shell),
    leaf!("hook", Hook),
    leaf!("allow", Allow),
    leaf!("deny" | "disallow", Deny),
    Node::Group(Group {
        name: "python",
        about: "Find the Pythons of this machine",
        children: &[
            leaf!("find", PythonFind),
            leaf!("list" | "ls", PythonList),
            leaf!("tags", PythonTags),
        ],
    }),
    Node::Group(Group {
        name: "auth",
        about: "Keep logins for indexes and other services",
        children: &[
            leaf!("login", AuthLogin),
            leaf!("logout", AuthLogout),
            leaf!("token", AuthToken),
            leaf!("dir", AuthDir),
        ],
    }),
    Node::Group(Group {
        name: "cache",
        about: "Look at and clean the cache",
        children: &[
            leaf!("dir", CacheDir),
            leaf!("size", CacheSize),
            leaf!("clean" | "clear", CacheClean),
            leaf!("prune", CachePrune),
        ],
    }),
    Node::Group(Group {
        name: "config",
        about: "Look at the settings, change naja's own files",
        children: &[
            leaf!("show", ConfigShow),
            leaf!("get", ConfigGet),
            leaf!("set", ConfigSet),
            leaf!("unset", ConfigUnset),
            leaf!("list" | "ls", ConfigList),
        ],
    }),
    leaf!("help", Help),
    leaf!("version", Version),
    leaf!("generate-shell-completion" | "completions", Completion),
];

impl Node {
    pub(super) fn is_called(&self, word: &str) -> bool {
        match self {
            Self::Leaf(leaf) | Self::Both(leaf, _) => {
                leaf.name == word || leaf.aliases.contains(&word)
            }
            Self::Group(group) => group.name == word,
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Leaf(leaf) | Self::Both(leaf, _) => leaf.name,
            Self::Group(group) => group.name,
        }
    }

    fn command(&self, path: &str) -> Command {
        match self {
            Self::Leaf(leaf) => leaf.command(path),
            Self::Both(leaf, children) => {
                let full = format!("{path} {}", leaf.name);
                let below = children.iter().map(|child| child.command(&full));
                leaf.command(path).subcommands(below)
            }
            Self::Group(group) => group.command(path),
        }
    }
}

impl Leaf {
    /// Its name.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Builds the command; `path` is what stands before its name (`naja pip`).
    pub(super) fn command(&self, path: &str) -> Command {
        let full = format!("{path} {}", self.name);
        let command = Command::new(self.name)
            .bin_name(full.clone())
            .display_name(full.replace(' ', "-"))
            .version(env!("CARGO_PKG_VERSION"))
            .args_override_self(true)
            .disable_help_subcommand(true)
            .visible_aliases(self.visible_aliases());
        with_globals((self.augment)(command))
    }

    fn visible_aliases(&self) -> impl IntoIterator<Item = &'static str> {
        self.aliases.iter().copied().filter(|alias| alias.len() > 1)
    }
}

impl Group {
    fn command(&self, path: &str) -> Command {
        let full = format!("{path} {}", self.name);
        let mut command = Command::new(self.name)
            .bin_name(full.clone())
            .about(self.about)
            .subcommand_required(true)
            .arg_required_else_help(true)
            .disable_help_subcommand(true);
        for child in self.children {
            command = command.subcommand(child.command(&full));
        }
        with_globals(command)
    }
}

/// Builds the whole tree, for help, completions and errors about unknown words.
pub(super) fn whole_tree() -> Command {
    let about = "A fast manager of Python environments";
    let mut command = Command::new("naja")
        .bin_name("naja")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .after_help("Use `naja help COMMAND` for more about a command.");
    for node in COMMANDS {
        command = command.subcommand(node.command("naja"));
    }
    super::overview::with_overview(with_globals(command.about(about)))
}

/// Adds the flags every command has, behind the command's own, and keeps its texts.
fn with_globals(command: Command) -> Command {
    let about = command.get_about().cloned().unwrap_or_default();
    let long = command.get_long_about().cloned();
    let command = GlobalArgs::augment_args(command).about(about);
    match long {
        Some(long) => command.long_about(long),
        None => command.long_about(None::<&str>),
    }
}
