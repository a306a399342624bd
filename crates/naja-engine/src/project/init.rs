//! `naja init`: the files of a new project.

use std::path::{Path, PathBuf};
use std::process::Command;

use naja_project::TemplateValues;
use naja_project::manifest::{
    ManifestEditor, NewBackend, NewKind, NewProject, WorkspaceError, discover, name_of_dir,
};
use naja_python::without_dots;
use naja_spec::{PackageName, VersionSpecifiers};

use super::new_files::{NewFile, in_the_way, write_all};
use super::template;
use super::template_source::TemplateSource;

use crate::disk::Disk;
use crate::event::Event;
use crate::failure::Failure;
use crate::session::Session;
use crate::target;

/// What Python makes and nobody keeps under version control.
const IGNORED: &str = "# What Python makes\n__pycache__/\n*.py[oc]\nbuild/\ndist/\nwheels/\n*.egg-info\n\n\
    # Environments\n.venv\n";

/// What `naja init` shall make.
#[derive(Clone, Debug, Default)]
pub struct InitRequest {
    /// The directory; the working directory if none is named. A file, for a script.
    pub path: Option<PathBuf>,
    /// The name; that of the directory if none is given.
    pub name: Option<String>,
    /// What it is.
    pub kind: NewKind,
    /// Whether it is a package, if that was said.
    pub package: Option<bool>,
    /// Who builds it, if that was said.
    pub backend: Option<NewBackend>,
    /// Whether there is only the manifest.
    pub bare: bool,
    /// Whether it is a script (PEP 723).
    pub script: bool,
    /// `description`; `None` to have a placeholder, empty to have none.
    pub description: Option<String>,
    /// Whether there is no README.
    pub no_readme: bool,
    /// Whether there is no `.python-version`.
    pub no_pin: bool,
    /// Whether it is made a member of the workspace around it.
    pub no_workspace: bool,
    /// Whether a git repository is made, if that was said.
    pub git: Option<bool>,
    /// Whether the author is taken from git, if that was said.
    pub author: Option<bool>,
    /// A directory whose files it starts from, or the address of a repository.
    pub template: Option<String>,
}

/// Makes the files of a new project, all or none.
///
/// # Errors
/// A project is there already, the name is none, the template cannot be had, or a file cannot be written.
pub fn init(session: &mut Session, request: &InitRequest) -> Result<PathBuf, Failure> {
    let interpreter = target::base(session, &target::request(session)?)?;
    let minor = interpreter.markers.python_version.to_string();
    if request.script {
        return crate::script::init(session, request, &minor);
    }
    let given = request.path.clone().unwrap_or_else(|| PathBuf::from("."));
    let dir = without_dots(&session.process.absolute(&given));
    let elsewhere = super::import::hint(session, &dir);
    if dir.join("pyproject.toml").exists() {
        let hint = elsewhere.unwrap_or_else(|| "`naja add` adds dependencies to it".to_owned());
        return Err(
            Failure::usage(format!("`{}` has a project already", dir.display()))
                .cause("there is a pyproject.toml")
                .hint(hint),
        );
    }
    let name = name(request, &dir)?;
    let around = match request.no_workspace {
        true => None,
        false => workspace_around(&dir, &name)?,
    };
    let bare = request.bare;
    let is_package = request
        .package
        .unwrap_or(!bare || request.backend.is_some());
    let author = match request.author {
        Some(false) => None,
        Some(true) => author(&dir),
        None if bare => None,
        None => author(&dir),
    };
    let project = NewProject {
        name: name.clone(),
        kind: request.kind,
        backend: is_package.then(|| request.backend.unwrap_or_default()),
        bare,
        requires_python: match (&around, &session.settings.python.value) {
            (Some(around), None) => around.requires_python(&minor),
            _ => format!(">={minor}"),
        },
        pin: (!request.no_pin && !bare).then(|| minor.clone()),
        description: match &request.description {
            Some(text) => (!text.is_empty()).then(|| text.clone()),
            None => (!bare).then(|| "Add your description here".to_owned()),
        },
        readme: !request.no_readme,
        author,
    };
    let in_git = is_below_git(&dir);
    let git = request.git.unwrap_or(!bare) && !in_git && around.is_none();
    let files = files(session, (request, &dir), (&project, &minor), git)?;
    let written = write_all(&dir, &files)?;
    if git {
        begin_repository(session, &dir);
    }
    if let Some(around) = around {
        join(session, &around.root, &dir, &name).inspect_err(|_failure| written.take_back())?;
    }
    session.emit(&Event::Note {
        message: match &request.path {
            Some(path) => format!("Initialized project `{name}` at `{}`", path.display()),
            None => format!("Initialized project `{name}`"),
        },
    });
    if let Some(hint) = elsewhere {
        session.emit(&Event::Note { message: hint });
    }
    Ok(dir)
}

/// The files of the project: those of the template, and the usual ones that it does not have.
fn files(
    session: &mut Session,
    (request, dir): (&InitRequest, &Path),
    (project, minor): (&NewProject, &str),
    git: bool,
) -> Result<Vec<NewFile>, Failure> {
    let mut files = match &request.template {
        Some(template) => from_template(session, (template, dir), (project, minor))?,
        None => Vec::new(),
    };
    let mut usual = match files.iter().any(|file| file.path == "pyproject.toml") {
        true => project.pinned(),
        false => project.files(),
    };
    if git {
        usual.push((".gitignore".to_owned(), IGNORED.to_owned()));
    }
    // What is there already stays: only the manifest, and what a template has, must be new.
    usual.retain(|(path, _)| {
        let is_new = path == "pyproject.toml" || !dir.join(path).exists();
        is_new && files.iter().all(|file| file.path != *path)
    });
    files.extend(usual.into_iter().map(NewFile::text));
    Ok(files)
}

/// The files of a template; none of them may be there already.
fn from_template(
    session: &mut Session,
    (template, dir): (&str, &Path),
    (project, minor): (&NewProject, &str),
) -> Result<Vec<NewFile>, Failure> {
    let author = project.author.as_ref();
    let values = TemplateValues {
        name: project.name.clone(),
        module: project.module(),
        version: NewProject::VERSION.to_owned(),
        python: minor.to_owned(),
        description: project.description.clone().unwrap_or_default(),
        author: author.map(|(name, _)| name.clone()).unwrap_or_default(),
    };
    let source = TemplateSource::parse(template)?.bring(session)?;
    let files = template::read(&source, &values)?;
    match in_the_way(dir, &files) {
        None => Ok(files),
        Some(path) => Err(Failure::usage(format!(
            "`{}` is in the way of the template",
            path.display()
        ))
        .cause("a template overwrites nothing, and goes through no links")
        .hint("move it away, or make the project in another directory")),
    }
}

fn name(request: &InitRequest, dir: &Path) -> Result<String, Failure> {
    if let Some(name) = &request.name {
        return PackageName::parse(name)
            .map(|_| name.clone())
            .map_err(|error| {
                Failure::usage(format!("`{name}` is not the name of a project")).because(&error)
            });
    }
    match name_of_dir(dir) {
        Some(name) => Ok(name.to_string()),
        None => {
            let of_dir = dir.file_name().unwrap_or_default().to_string_lossy();
            Err(
                Failure::usage(format!("`{of_dir}` gives no name for a project"))
                    .cause("names of projects have the letters a to z, digits, and `-`, `_` or `.` between them")
                    .hint("give it one: `naja init --name NAME`"),
            )
        }
    }
}

/// A workspace, or a project that becomes one, around a new project.
struct Around {
    root: PathBuf,
    /// The Pythons that its members take.
    bounds: VersionSpecifiers,
}

impl Around {
    /// The `requires-python` of a new member: that of the others.
    fn requires_python(&self, minor: &str) -> String {
        match self.bounds.is_empty() {
            true => format!(">={minor}"),
            false => self.bounds.to_string(),
        }
    }
}

/// The workspace, or the project that becomes one, around a directory.
fn workspace_around(dir: &Path, name: &str) -> Result<Option<Around>, Failure> {
    let Some(parent) = dir.parent() else {
        return Ok(None);
    };
    match discover(&Disk, parent) {
        Ok(Some(workspace)) if workspace.is_bare() || workspace.excludes(dir) => Ok(None),
        Ok(Some(workspace)) => {
            let same = PackageName::parse(name).ok();
            if let Some(known) = same.and_then(|name| workspace.member(&name)) {
                return Err(Failure::usage(format!(
                    "the workspace has a project `{name}` already"
                ))
                .cause(format!("it is at `{}`", known.dir.display()))
                .hint(
                    "`--name` gives it another name, `--no-workspace` leaves the workspace alone",
                ));
            }
            Ok(Some(Around {
                bounds: workspace.requires_python(),
                root: workspace.root,
            }))
        }
        Ok(None) | Err(WorkspaceError::NoProject(_)) => Ok(None),
        Err(error) => Err(
            Failure::usage("could not read the project around the new one")
                .because(&error)
                .hint("`--no-workspace` leaves it alone"),
        ),
    }
}

/// Makes a directory a member of a workspace.
fn join(session: &mut Session, root: &Path, dir: &Path, name: &str) -> Result<(), Failure> {
    let path = root.join("pyproject.toml");
    let failed = |error: &dyn std::error::Error| {
        Failure::environment(format!("could not change {}", path.display())).because(error)
    };
    // A pattern may cover it already.
    let is_member = |workspace: naja_project::manifest::Workspace| {
        workspace.members.iter().any(|member| member.dir == dir)
    };
    if let Ok(Some(workspace)) = discover(&Disk, root)
        && is_member(workspace)
    {
        return Ok(());
    }
    let text = std::fs::read_to_string(&path).map_err(|error| failed(&error))?;
    let mut editor = ManifestEditor::parse(&text).map_err(|error| failed(&error))?;
    let inside = dir.strip_prefix(root).unwrap_or(dir);
    editor
        .add_member(&inside.to_string_lossy().replace('\\', "/"))
        .map_err(|error| failed(&error))?;
    naja_store::write::atomic_write(&path, editor.to_text().as_bytes())
        .map_err(|error| failed(&error))?;
    session.emit(&Event::Note {
        message: format!(
            "Adding `{name}` as member of workspace `{}`",
            root.display()
        ),
    });
    Ok(())
}

fn is_below_git(dir: &Path) -> bool {
    dir.ancestors().any(|dir| dir.join(".git").exists())
}

/// Makes a git repository; without git the project is as good.
fn begin_repository(session: &mut Session, dir: &Path) {
    let made = git(dir, &["init", "--quiet"]);
    if made.is_none() {
        session.detail("git could not make a repository");
    }
}

/// The author as git knows them.
fn author(dir: &Path) -> Option<(String, String)> {
    let near = dir.ancestors().find(|dir| dir.is_dir())?;
    let name = git(near, &["config", "user.name"])?;
    let email = git(near, &["config", "user.email"])?;
    (!name.is_empty() && !email.is_empty()).then_some((name, email))
}

/// What git answers, if it is there and ends well.
fn git(dir: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(dir)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
