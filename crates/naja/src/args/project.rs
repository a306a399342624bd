//! `naja add`, `remove`, `lock`, `sync`.

use std::path::PathBuf;

use naja_project::settings::{AddBounds, ArgumentLayer, SettingsError};

use super::families::{BuildArgs, IndexArgs, InstallArgs, OutputArgs, RefreshArgs, ResolveArgs};
use super::layer::{either, words};
use super::tasks::HookArgs;

/// Which parts of the project are wanted.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Selection options")]
pub(crate) struct SelectArgs {
    /// Have this extra of the project, too.
    #[arg(long, value_name = "EXTRA", value_delimiter = ',')]
    pub(crate) extra: Vec<String>,

    /// Have all extras of the project.
    #[arg(long, conflicts_with = "extra")]
    pub(crate) all_extras: bool,

    /// Leave this extra out, with `--all-extras`.
    #[arg(long, value_name = "EXTRA", value_delimiter = ',')]
    pub(crate) no_extra: Vec<String>,

    /// Have this dependency group, too.
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    pub(crate) group: Vec<String>,

    /// Have all dependency groups.
    #[arg(long)]
    pub(crate) all_groups: bool,

    /// Leave this dependency group out.
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    pub(crate) no_group: Vec<String>,

    /// Have this dependency group only, and not the project.
    #[arg(long, value_name = "GROUP", value_delimiter = ',', conflicts_with_all = ["group", "all_groups", "extra", "all_extras"])]
    pub(crate) only_group: Vec<String>,

    /// Have the group `dev`.
    #[arg(long, hide = true, overrides_with = "no_dev")]
    pub(crate) dev: bool,

    /// Leave the group `dev` out.
    #[arg(long, overrides_with = "dev")]
    pub(crate) no_dev: bool,

    /// Have the group `dev` only, and not the project.
    #[arg(long, conflicts_with_all = ["group", "all_groups", "no_dev", "extra", "all_extras"])]
    pub(crate) only_dev: bool,

    /// Leave the default groups out.
    #[arg(long)]
    pub(crate) no_default_groups: bool,
}

impl SelectArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        // Who asks for the group means it, whatever variables say.
        let asked = self.dev || self.only_dev;
        to.switch("no-dev", "--no-dev", either(self.no_dev, asked))?;
        to.values("no-group", "--no-group", &self.no_group)?;
        to.switch(
            "no-default-groups",
            "--no-default-groups",
            self.no_default_groups.then_some(true),
        )
    }
}

/// What may happen to the lock.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct LockModeArgs {
    /// Fail if the lock does not fit the project.
    #[arg(long, conflicts_with = "frozen", overrides_with = "no_locked")]
    pub(crate) locked: bool,

    #[arg(long, overrides_with = "locked", hide = true)]
    no_locked: bool,

    /// Take the lock as it is, without a look at the project.
    #[arg(long, overrides_with = "no_frozen")]
    pub(crate) frozen: bool,

    #[arg(long, overrides_with = "frozen", hide = true)]
    no_frozen: bool,
}

impl LockModeArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.switch("locked", "--locked", either(self.locked, self.no_locked))?;
        to.switch("frozen", "--frozen", either(self.frozen, self.no_frozen))
    }
}

/// What is locked and not installed.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct SkipArgs {
    /// Do not install the project itself.
    #[arg(long)]
    pub(crate) no_install_project: bool,

    /// Do not install any project of the workspace.
    #[arg(long)]
    pub(crate) no_install_workspace: bool,

    /// Do not install what comes from this machine.
    #[arg(long)]
    pub(crate) no_install_local: bool,

    /// Do not install this package.
    #[arg(long, value_name = "PACKAGE")]
    pub(crate) no_install_package: Vec<String>,

    /// Install nothing but the project itself.
    #[arg(long, hide = true)]
    pub(crate) only_install_project: bool,

    /// Install nothing but the projects of the workspace.
    #[arg(long, hide = true)]
    pub(crate) only_install_workspace: bool,

    /// Install nothing but what comes from this machine.
    #[arg(long, hide = true)]
    pub(crate) only_install_local: bool,

    /// Install nothing but this package.
    #[arg(long, hide = true, value_name = "PACKAGE")]
    pub(crate) only_install_package: Vec<String>,

    /// Install projects as they are built, not editable.
    #[arg(long)]
    pub(crate) no_editable: bool,

    /// Install this project as it is built, not editable.
    #[arg(long, value_name = "PACKAGE", value_delimiter = ',')]
    pub(crate) no_editable_package: Vec<String>,
}

impl SkipArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        let switches = [
            (
                "no-install-project",
                "--no-install-project",
                self.no_install_project,
            ),
            (
                "no-install-workspace",
                "--no-install-workspace",
                self.no_install_workspace,
            ),
            (
                "no-install-local",
                "--no-install-local",
                self.no_install_local,
            ),
            ("no-editable", "--no-editable", self.no_editable),
        ];
        for (key, flag, given) in switches {
            to.switch(key, flag, given.then_some(true))?;
        }
        let packages = &self.no_install_package;
        to.values("no-install-package", "--no-install-package", packages)
    }
}

/// What the commands of projects share: how they resolve, build and install.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct WorkArgs {
    /// Use this Python: a version, a name or a path.
    #[arg(
        long,
        short,
        value_name = "PYTHON",
        help_heading = "Environment options"
    )]
    pub(crate) python: Option<String>,

    #[command(flatten)]
    pub(crate) index: IndexArgs,

    #[command(flatten)]
    pub(crate) resolve: ResolveArgs,

    #[command(flatten)]
    pub(crate) install: InstallArgs,

    #[command(flatten)]
    pub(crate) build: BuildArgs,

    #[command(flatten)]
    pub(crate) refresh: RefreshArgs,
}

impl WorkArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.value("python", "--python", self.python.as_ref())?;
        self.index.settings(to)?;
        self.resolve.settings(to)?;
        self.install.settings(to)?;
        self.build.settings(to)?;
        self.refresh.settings(to)
    }
}

/// Lock the dependencies of the project.
///
/// Writes `pylock.toml` (PEP 751): for all platforms and Pythons the project takes, with what is locked
/// already kept where it fits. `pip` and `uv` can install from it. `naja lock diff` shows what changed,
/// `naja lock merge --install` has git merge it.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct LockArgs {
    /// Change nothing; exit with 1 if the lock does not fit the project.
    #[arg(long, alias = "locked", overrides_with = "no_check")]
    pub(crate) check: bool,

    #[arg(
        long,
        aliases = ["no-locked", "no-check-exists", "no-frozen"],
        overrides_with_all = ["check", "check_exists"],
        hide = true
    )]
    no_check: bool,

    /// Change nothing; exit with 2 if there is no lock.
    #[arg(long, alias = "frozen", conflicts_with = "check")]
    pub(crate) check_exists: bool,

    /// Lock this script (PEP 723); the lock lies beside it, as `SCRIPT.lock`.
    #[arg(long, value_name = "SCRIPT")]
    pub(crate) script: Option<PathBuf>,

    /// In the middle of a merge, keep the versions of both sides where they fit.
    ///
    /// A lock with the marks of a conflict is resolved without being asked.
    #[arg(long, conflicts_with_all = ["check", "check_exists", "script"])]
    pub(crate) resolve: bool,

    /// Show what would change; write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Keep the versions of this lock: uv.lock, poetry.lock, pdm.lock, Pipfile.lock, pylock.toml or a pinned
    /// requirements file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["check", "check_exists"])]
    pub(crate) from: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

impl LockArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.switch("locked", "--check", either(self.check, self.no_check))?;
        to.switch(
            "frozen",
            "--check-exists",
            either(self.check_exists, self.no_check),
        )?;
        self.work.settings(to)
    }
}

/// Make the environment of the project what its lock says.
///
/// Locks first if the lock does not fit. What the lock does not name is removed.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct SyncArgs {
    #[command(flatten)]
    pub(crate) select: SelectArgs,

    #[command(flatten)]
    pub(crate) hooks: HookArgs,

    /// Sync for this project of the workspace.
    #[arg(long, value_name = "PROJECT")]
    pub(crate) package: Vec<String>,

    /// Sync for all projects of the workspace.
    #[arg(long, conflicts_with = "package")]
    pub(crate) all_packages: bool,

    /// Make the environment of this script (PEP 723).
    #[arg(long, value_name = "SCRIPT", conflicts_with_all = [
        "package", "all_packages", "extra", "all_extras", "group", "all_groups", "only_group", "only_dev",
    ])]
    pub(crate) script: Option<PathBuf>,

    /// Keep what the lock does not name.
    #[arg(long, alias = "no-exact", overrides_with = "exact")]
    pub(crate) inexact: bool,

    #[arg(long, overrides_with = "inexact", hide = true)]
    pub(crate) exact: bool,

    #[command(flatten)]
    pub(crate) use_active: UseActiveArgs,

    /// Choose the packages for this platform: `linux`, `windows`, `macos`, or a target triple.
    #[arg(long, value_name = "PLATFORM")]
    pub(crate) python_platform: Option<String>,

    #[command(flatten)]
    pub(crate) mode: LockModeArgs,

    /// Show what would be done; do nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Tell step by step what the command does, and how it is done by hand.
    #[arg(long)]
    pub(crate) explain: bool,

    /// Do nothing; exit with 1 if there is something to do.
    #[arg(long)]
    pub(crate) check: bool,

    #[command(flatten)]
    pub(crate) skip: SkipArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

impl SyncArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.select.settings(to)?;
        self.mode.settings(to)?;
        self.skip.settings(to)?;
        self.work.settings(to)
    }
}

/// Whether the active environment is used instead of the project's.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct UseActiveArgs {
    /// Use the active environment, even if it is another project's.
    #[arg(long, overrides_with = "no_active")]
    pub(crate) active: bool,

    #[arg(long, overrides_with = "active", hide = true)]
    pub(crate) no_active: bool,
}

/// How an edit of the project goes on.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct EditArgs {
    #[command(flatten)]
    pub(crate) hooks: HookArgs,

    /// Tell step by step what the command does, and how it is done by hand.
    #[arg(long)]
    pub(crate) explain: bool,

    /// Change the group `dev`.
    #[arg(long, conflicts_with_all = ["optional", "group"])]
    pub(crate) dev: bool,

    /// Change this extra of the project.
    #[arg(long, value_name = "EXTRA", conflicts_with = "group")]
    pub(crate) optional: Option<String>,

    /// Change this dependency group.
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Option<String>,

    /// Change this project of the workspace.
    #[arg(long, value_name = "PROJECT")]
    pub(crate) package: Option<String>,

    /// Change the metadata of this script (PEP 723), and its lock if it has one.
    #[arg(long, value_name = "SCRIPT", conflicts_with_all = ["dev", "optional", "group", "package"])]
    pub(crate) script: Option<PathBuf>,

    /// Show what would change; change nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Leave the environment as it is.
    #[arg(long)]
    pub(crate) no_sync: bool,

    #[command(flatten)]
    pub(crate) use_active: UseActiveArgs,

    #[command(flatten)]
    pub(crate) mode: LockModeArgs,

    #[command(flatten)]
    pub(crate) skip: SkipArgs,

    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

impl EditArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.switch("no-sync", "--no-sync", self.no_sync.then_some(true))?;
        // Who names another place means it, whatever variables say.
        let elsewhere = self.optional.is_some() || self.group.is_some();
        to.switch("dev", "--dev", either(self.dev, elsewhere))?;
        self.mode.settings(to)?;
        self.skip.settings(to)?;
        self.work.settings(to)
    }
}

/// Add dependencies to the project.
///
/// Writes them into `pyproject.toml`, locks, and installs them, all in one change: whatever fails leaves
/// everything as it was.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true).args(["packages", "requirements"]))]
pub(crate) struct AddArgs {
    /// The requirements: `NAME`, `NAME>=1`, `NAME @ URL`, a path, or `git+https://...`.
    #[arg(value_name = "PACKAGES")]
    pub(crate) packages: Vec<String>,

    /// Add everything this file lists.
    #[arg(long, short, value_name = "FILE", alias = "requirement")]
    pub(crate) requirements: Vec<PathBuf>,

    /// Let versions within the bounds of this file be chosen, this once.
    #[arg(long, short, value_name = "FILE", alias = "constraint")]
    pub(crate) constraints: Vec<PathBuf>,

    /// Make a directory that is added a member of the workspace.
    #[arg(long, overrides_with = "no_workspace")]
    pub(crate) workspace: bool,

    /// Leave a directory that is added out of the workspace.
    #[arg(long, overrides_with = "workspace")]
    pub(crate) no_workspace: bool,

    /// Add them for these environments only.
    #[arg(long, short, value_name = "MARKER")]
    pub(crate) marker: Option<String>,

    /// Add them with this extra of theirs.
    #[arg(long, value_name = "EXTRA", value_delimiter = ',')]
    pub(crate) extra: Vec<String>,

    /// Install a path as an editable project.
    #[arg(long, overrides_with = "no_editable_source")]
    pub(crate) editable: bool,

    #[arg(long, overrides_with = "editable", hide = true)]
    pub(crate) no_editable_source: bool,

    /// Write the requirements as they are given: no bounds, no sources.
    #[arg(long, conflicts_with = "bounds")]
    pub(crate) raw: bool,

    /// Which bounds a requirement gets that has none.
    #[arg(long, value_name = "BOUNDS", value_parser = words::<AddBounds>(AddBounds::WORDS))]
    pub(crate) bounds: Option<AddBounds>,

    /// The commit of a git source.
    #[arg(long, value_name = "REV", conflicts_with_all = ["tag", "branch"])]
    pub(crate) rev: Option<String>,

    /// The tag of a git source.
    #[arg(long, value_name = "TAG", conflicts_with = "branch")]
    pub(crate) tag: Option<String>,

    /// The branch of a git source.
    #[arg(long, value_name = "BRANCH")]
    pub(crate) branch: Option<String>,

    /// Fetch the files of git's large file storage.
    #[arg(long)]
    pub(crate) lfs: bool,

    #[command(flatten)]
    pub(crate) edit: EditArgs,
}

impl AddArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.value("add-bounds", "--bounds", self.bounds.map(AddBounds::as_str))?;
        self.edit.settings(to)
    }
}

/// Remove dependencies from the project.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct RemoveArgs {
    /// The packages.
    #[arg(value_name = "PACKAGES", required = true)]
    pub(crate) packages: Vec<String>,

    #[command(flatten)]
    pub(crate) edit: EditArgs,
}

/// Make a new project, or a script.
///
/// A project gets a `pyproject.toml`, and files to start from. Inside of another project it becomes a member of
/// its workspace.
#[derive(Debug, Clone, Default, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag")]
pub(crate) struct InitArgs {
    /// The directory; the working directory if none is named. A file, with `--script`.
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,

    /// The name; that of the directory if none is given.
    #[arg(long, value_name = "NAME", conflicts_with = "script")]
    pub(crate) name: Option<String>,

    /// Start from the files of this directory or git repository, with `{{ name }}` and its like filled in.
    #[arg(long, value_name = "DIR|ADDRESS", conflicts_with_all = ["script", "bare"])]
    pub(crate) template: Option<String>,

    /// Write nothing but the `pyproject.toml`.
    #[arg(long)]
    pub(crate) bare: bool,

    /// Make it a package, which is built and installed.
    #[arg(long, overrides_with = "no_package", conflicts_with = "script")]
    pub(crate) package: bool,

    /// Make it no package: a directory with a `main.py`.
    #[arg(long, overrides_with = "package", conflicts_with = "lib")]
    pub(crate) no_package: bool,

    /// Make an application.
    #[arg(long, alias = "application", conflicts_with_all = ["lib", "script"])]
    pub(crate) app: bool,

    /// Make a library.
    #[arg(long, alias = "library", conflicts_with = "script")]
    pub(crate) lib: bool,

    /// Make a script with metadata of its own (PEP 723).
    #[arg(long, short, requires = "path")]
    pub(crate) script: bool,

    /// What it does, in a line.
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["script", "no_description"])]
    pub(crate) description: Option<String>,

    /// Write no description.
    #[arg(long)]
    pub(crate) no_description: bool,

    /// Make a repository of this kind: git or none.
    #[arg(long, value_name = "VCS", value_parser = ["git", "none"])]
    pub(crate) vcs: Option<String>,

    /// Who builds it.
    #[arg(long, value_name = "BACKEND", value_parser = naja_engine::project::NewBackend::WORDS,
          conflicts_with_all = ["script", "no_package"])]
    pub(crate) build_backend: Option<String>,

    /// Write no README.
    #[arg(long)]
    pub(crate) no_readme: bool,

    /// Take the author from here: auto, git or none.
    #[arg(long, value_name = "SOURCE", value_parser = ["auto", "git", "none"])]
    pub(crate) author_from: Option<String>,

    /// Write no `.python-version`.
    #[arg(long)]
    pub(crate) no_pin_python: bool,

    /// Leave the workspace around it alone.
    #[arg(long, alias = "no-project")]
    pub(crate) no_workspace: bool,

    /// For this Python: a version, a name or a path.
    #[arg(long, short, value_name = "PYTHON")]
    pub(crate) python: Option<String>,
}

impl InitArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.value("python", "--python", self.python.as_ref())
    }
}
