//! `naja export`: the lock of a project for other tools.

mod cyclonedx;
mod licenses;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use naja_env::FileEdit;
use naja_lock::ProjectLock;
use naja_lock::project::{Export, MemberChoice, RequirementsForm};
use naja_lock::pylock::LockedPackage;
use naja_lock::{IndexLines, Pylock, way};
use naja_spec::PackageName;
use naja_store::write::{atomic_write, is_stream};

use self::licenses::Licenses;
use super::load::Project;
use super::locking::{LockMode, fitting, lock_edit, put_all, write_files};
use super::parts::PartChoice;
use crate::failure::Failure;
use crate::made_directory::MadeDirectory;
use crate::pip::{IndexLinesWanted, index_lines};
use crate::session::Session;

/// The forms of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportFormat {
    /// Exact pins, for pip and everything that reads its files.
    #[default]
    Requirements,
    /// The standard's lock file (PEP 751), without anything of naja's own.
    Pylock,
    /// A list of materials: CycloneDX 1.5 as JSON.
    CycloneDx,
}

impl ExportFormat {
    /// The form that the name of a file stands for, if it stands for one.
    #[must_use]
    pub fn of_file(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        let is_lock = name.starts_with("pylock.") && name.ends_with("toml");
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        match extension {
            _ if is_lock => Some(Self::Pylock),
            Some("json") => Some(Self::CycloneDx),
            Some("txt" | "in") => Some(Self::Requirements),
            _ => None,
        }
    }
}

/// Packages that are left out, or that alone are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Emitted {
    /// The current project itself.
    pub project: bool,
    /// All projects of the workspace.
    pub workspace: bool,
    /// Everything that comes from this machine.
    pub local: bool,
    /// These packages.
    pub packages: Vec<PackageName>,
}

impl Emitted {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What `naja export` shall do.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct ExportRequest {
    /// The form; else what the file is called, else requirements.
    pub format: Option<ExportFormat>,
    /// Where it is written.
    pub output: Option<PathBuf>,
    /// The script whose lock is exported, instead of the project's.
    pub script: Option<PathBuf>,
    /// What may happen to the lock.
    pub mode: LockMode,
    /// Which parts of the projects.
    pub parts: PartChoice,
    /// Left out, with everything that is needed by them alone.
    pub prune: Vec<PackageName>,
    /// Left out themselves.
    pub without: Emitted,
    /// Shown alone, if anything is.
    pub only: Emitted,
    /// No project is editable.
    pub no_editable: bool,
    /// These are not.
    pub no_editable_packages: Vec<PackageName>,
    /// The command for the header; no header without.
    pub header: Option<String>,
    /// Leaves out who asks.
    pub no_annotate: bool,
    /// Leaves out the hashes.
    pub no_hashes: bool,
    /// Writes the addresses of the indexes.
    pub emit_index_url: bool,
    /// Writes the places of `--find-links`.
    pub emit_find_links: bool,
    /// Writes neither the file nor the lock.
    pub dry_run: bool,
    /// Says only whether the file is what would be written.
    pub check: bool,
}

/// What `naja export` made.
#[derive(Clone, Debug)]
pub struct Exported {
    /// The text.
    pub text: String,
    /// Where it was written.
    pub written: Option<PathBuf>,
    /// Whether the file on the disk is another one; told for `check`.
    pub differs: bool,
}

/// Makes the lock fit, and writes what of it is wanted in another form. No environment is touched.
///
/// # Errors
/// There is no project, the lock does not fit, there is no such part, or the file cannot be written.
pub fn export(session: &mut Session, request: &ExportRequest) -> Result<Exported, Failure> {
    let output = request.output.as_deref();
    let output = output.map(|path| session.process.absolute(path));
    let format = format(request, output.as_deref())?;
    let opened = match &request.script {
        Some(script) => Opened::of_script(session, script, request.mode)?,
        None => Opened::of_project(session, request)?,
    };
    let text = opened.text(session, (request, format), output.as_deref())?;
    let stream = output.as_ref().filter(|path| is_stream(path));
    let there = output
        .as_ref()
        .filter(|path| !is_stream(path))
        .and_then(|path| std::fs::read(path).ok());
    let differs = output.is_some() && there.as_deref() != Some(text.as_bytes());
    if request.dry_run || request.check {
        return Ok(Exported {
            text,
            written: None,
            differs,
        });
    }
    let mut edits: Vec<FileEdit> = opened.edit.into_iter().collect();
    if let Some(path) = output.as_ref().filter(|_| differs && stream.is_none()) {
        edits.push(FileEdit {
            path: path.clone(),
            before: there,
            after: Some(text.clone().into_bytes()),
        });
    }
    let directory = output.as_deref().filter(|_| stream.is_none());
    let directory = MadeDirectory::around(directory)?;
    match &opened.project {
        Some(project) => write_files(session, project, &edits)?,
        None => put_all(&edits)?,
    }
    directory.keep();
    if let Some(path) = stream {
        atomic_write(path, text.as_bytes()).map_err(|error| {
            Failure::environment(format!("could not write {}", path.display())).because(&error)
        })?;
    }
    Ok(Exported {
        text,
        written: output,
        differs,
    })
}

fn format(request: &ExportRequest, output: Option<&Path>) -> Result<ExportFormat, Failure> {
    let named = output.and_then(ExportFormat::of_file);
    let format = request.format.or(named).unwrap_or_default();
    let file = output
        .and_then(Path::file_name)
        .map(|name| name.to_string_lossy());
    match (format, file) {
        (ExportFormat::Pylock, Some(name)) if !Pylock::is_file_name(&name) => Err(Failure::usage(
            format!("`{name}` is no name for a lock file"),
        )
        .cause("other tools know lock files by their names")
        .hint("call it `pylock.toml`, or `pylock.NAME.toml`")),
        _ => Ok(format),
    }
}

/// The last part of a path, as a name.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The project that `--no-emit-project` is about.
fn current(project: &Project, parts: &PartChoice) -> Vec<PackageName> {
    match parts.packages.as_slice() {
        [] => {
            let current = project.workspace.current();
            current
                .map(|member| member.name.clone())
                .into_iter()
                .collect()
        }
        packages => packages.to_vec(),
    }
}

/// Everything a script asks for.
pub(crate) fn whole_script(lock: &ProjectLock) -> Vec<MemberChoice> {
    let members = lock.inputs.members.iter();
    let choices = members.map(|member| MemberChoice {
        name: member.name.clone(),
        project: true,
        extras: Vec::new(),
        groups: member.default_groups.clone(),
    });
    choices.collect()
}

/// A lock, and what of it is wanted.
struct Opened {
    lock: Arc<ProjectLock>,
    choices: Vec<MemberChoice>,
    /// What `--no-emit-project` is about.
    current: Vec<PackageName>,
    /// The directory of the lock.
    root: PathBuf,
    /// What the whole is called.
    name: String,
    /// What writes the lock, if it is another one than on the disk.
    edit: Option<FileEdit>,
    project: Option<Project>,
}

impl Opened {
    fn of_project(session: &mut Session, request: &ExportRequest) -> Result<Self, Failure> {
        let project = Project::load(session)?;
        let fitting = fitting(session, &project, request.mode)?;
        let root = project.workspace.root.clone();
        Ok(Self {
            choices: request.parts.of(&project.workspace, &fitting.lock.inputs)?,
            current: current(&project, &request.parts),
            name: name_of(&root),
            root,
            edit: lock_edit(&project, &fitting),
            lock: fitting.lock,
            project: Some(project),
        })
    }

    /// The lock of a script is made by `naja lock --script` alone: one that does not fit is not written.
    fn of_script(session: &mut Session, script: &Path, mode: LockMode) -> Result<Self, Failure> {
        let (lock, path) = crate::script::lock_of(session, script, mode)?;
        Ok(Self {
            choices: whole_script(&lock),
            current: Vec::new(),
            name: name_of(script),
            root: path.parent().unwrap_or(Path::new("/")).to_path_buf(),
            edit: None,
            lock,
            project: None,
        })
    }

    fn text(
        &self,
        session: &mut Session,
        (request, format): (&ExportRequest, ExportFormat),
        output: Option<&Path>,
    ) -> Result<String, Failure> {
        let shown = |package: &LockedPackage| {
            !self.is_among(&request.without, package)
                && (request.only.is_empty() || self.is_among(&request.only, package))
        };
        let export = self
            .lock
            .export(&self.choices, &request.prune, &shown)
            .map_err(|error| Failure::usage("this cannot be exported").because(&error))?;
        let is_editable = |name: &PackageName| {
            !request.no_editable && !request.no_editable_packages.contains(name)
        };
        Ok(match format {
            ExportFormat::Requirements => {
                self.warn_of_hashes(session, request, &export);
                let form = RequirementsForm {
                    header: request.header.clone(),
                    annotate: !request.no_annotate,
                    hashes: !request.no_hashes,
                    called: request.script.as_ref().map(|_| self.name.clone()),
                    index_lines: self.index_lines(session, request),
                };
                export.requirements(&form, &is_editable)
            }
            ExportFormat::Pylock => {
                let dir = output.and_then(Path::parent).unwrap_or(&self.root);
                let to_root = way(dir, &self.root);
                let whole = || self.root.to_string_lossy().replace('\\', "/");
                let to_root = to_root.unwrap_or_else(whole);
                let file = export.pylock(&to_root, &is_editable);
                file.to_text(request.header.as_deref())
            }
            ExportFormat::CycloneDx => {
                let stamp = session.process.var("SOURCE_DATE_EPOCH");
                let licenses = Licenses::of(session, self.project.as_ref());
                cyclonedx::text((&export, &licenses), &self.name, stamp)?
            }
        })
    }

    fn is_among(&self, these: &Emitted, package: &LockedPackage) -> bool {
        let is_member = self.lock.inputs.member(&package.name).is_some();
        these.packages.contains(&package.name)
            || (these.project && is_member && self.current.contains(&package.name))
            || (these.workspace && is_member)
            || (these.local && package.is_local())
    }

    fn index_lines(&self, session: &Session, request: &ExportRequest) -> IndexLines {
        let wanted = IndexLinesWanted {
            index_url: request.emit_index_url,
            find_links: request.emit_find_links,
            build_options: false,
        };
        index_lines(session, &session.settings, wanted)
    }

    /// pip checks hashes of everything or of nothing, and a directory has none.
    fn warn_of_hashes(&self, session: &mut Session, request: &ExportRequest, export: &Export<'_>) {
        let bare: Vec<&str> = export.without_hashes().map(PackageName::as_str).collect();
        if request.no_hashes || bare.is_empty() || bare.len() == export.entries.len() {
            return;
        }
        session.detail(format!(
            "pip takes no file that has hashes for some packages and none for others: {}; `--no-emit-local` leaves \
             directories out, `--no-hashes` the hashes",
            bare.join(", ")
        ));
    }
}
