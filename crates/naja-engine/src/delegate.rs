//! `naja format` and `naja check`: programs of others, each in an environment of its own in the cache.

mod scripts;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use naja_spec::{PackageName, Version, VersionSpecifiers};

use crate::failure::Failure;
use crate::inputs::InputSources;
use crate::process::ProcessEnv;
use crate::project;
use crate::run::{self, Chosen, Launch, RunRequest};
use crate::script::{self, Script};
use crate::session::Session;
use crate::trace::{Delegated, Start};

/// A program that naja is a front end of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `ruff format`
    Formatter,
    /// `ty check`
    TypeChecker,
}

impl Tool {
    /// The program, its package, and its command.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Formatter => ("ruff", "format"),
            Self::TypeChecker => ("ty", "check"),
        }
    }

    /// The flag that says its version.
    const fn flag(self) -> &'static str {
        match self {
            Self::Formatter => "--version",
            Self::TypeChecker => "--ty-version",
        }
    }
}

/// What shall be started.
#[derive(Clone, Debug)]
pub struct DelegateRequest {
    /// The program.
    pub tool: Tool,
    /// A version, bounds, or `latest`; that of the lock if nothing is said, else the newest.
    pub version: Option<String>,
    /// What comes behind its command.
    pub arguments: Vec<OsString>,
    /// The environment it looks at, which is brought up to date first.
    pub looks_at: Option<RunRequest>,
    /// The script it is about; the project if none is named.
    pub script: Option<PathBuf>,
}

/// Prepares a program of others to work on the project, or on a script.
///
/// # Errors
/// The version is none, there is no such script, or an environment cannot be made ready.
pub fn delegate(session: &mut Session, request: &DelegateRequest) -> Result<Launch, Failure> {
    let (name, command) = request.tool.words();
    let Place {
        mut dir,
        locked,
        apart,
    } = place(session, request)?;
    let (requirement, is_newest) = requirement(request, locked)?;
    if is_newest {
        session.trace.spoil("the index is asked for the newest");
    }
    let mut words = vec![OsString::from(name), OsString::from(command)];
    words.extend(request.arguments.iter().cloned());
    let script = request.script.as_deref();
    let script = script.map(|given| read(session, given)).transpose()?;
    if let Some(script) = &script {
        words.push("--".into());
        let path = script.path();
        words.push(path.file_name().unwrap_or(path.as_os_str()).to_owned());
        dir.clone_from(&script.dir);
    }
    let words = words;
    let run = RunRequest {
        command: words.clone(),
        program: true,
        with: InputSources {
            packages: vec![requirement],
            option: Some(request.tool.flag()),
            ..InputSources::default()
        },
        ..RunRequest::default()
    };
    let looks_at = request.looks_at.as_ref();
    let looks_at = looks_at
        .map(|wanted| match &request.script {
            Some(given) => of_script(session, given, wanted),
            None => run::environment(session, wanted),
        })
        .transpose()?;
    let launch = session.with_settings(
        |settings| {
            settings.isolated.value = true;
            settings.refresh.value |= is_newest;
        },
        |session| run::run(session, &run),
    );
    let goes = looks_at
        .as_ref()
        .map(|environment| environment.goes.clone());
    let goes = goes.unwrap_or_default();
    let launch = launch.inspect_err(|_told| {
        for root in &goes {
            run::remove_temporary(session, root);
        }
    })?;
    let known = Delegated {
        words,
        dir,
        apart: apart.filter(|_| request.script.is_none()),
        looks: looks_at.is_some(),
        at: looks_at.and_then(|environment| environment.root),
    };
    let mut launch = on(launch, &known);
    launch.supervised |= !goes.is_empty();
    launch.remove.extend(goes);
    session.trace.delegates(known);
    Ok(launch)
}

/// Prepares to start what [`delegate`] started before; `None`: that is not so simple.
#[must_use]
pub fn again(process: &ProcessEnv, before: &Start) -> Option<Launch> {
    let known = before.delegated.as_ref()?;
    let request = RunRequest {
        command: known.words.clone(),
        program: true,
        ..RunRequest::default()
    };
    Some(on(run::run_again(process, before, &request)?, known))
}

/// Lets a program that lies in an environment of its own work in a directory, and look at another environment.
fn on(mut launch: Launch, known: &Delegated) -> Launch {
    if known.looks {
        let root = known.at.clone().map(PathBuf::into_os_string);
        launch.vars.push(("VIRTUAL_ENV".into(), root));
    }
    launch.cwd.clone_from(&known.dir);
    if let Some(apart) = &known.apart {
        let patterns = scripts::patterns(&known.dir, apart).into_iter();
        let words = patterns.flat_map(|pattern| ["--exclude".into(), pattern.into()]);
        // Behind the name of the program and its command.
        let behind = launch.arguments.len().min(2);
        launch.arguments.splice(behind..behind, words);
    }
    launch
}

/// Reads the script that is looked at.
fn read(session: &Session, given: &Path) -> Result<Script, Failure> {
    Script::note(&session.trace, &session.process, given);
    let script = Script::named(session, given)?;
    script.demand_block()?;
    Ok(script)
}

/// The environment of a script. Its settings are not those of the program that looks at it.
fn of_script(session: &mut Session, given: &Path, wanted: &RunRequest) -> Result<Chosen, Failure> {
    let place = script::ScriptPlace::File(given);
    let ready = session.with_settings(
        |_as_they_are| (),
        |session| script::for_run(session, place, wanted),
    );
    match ready? {
        Some(root) => run::of_root(root),
        // It was changed a moment ago.
        None => Err(Failure::usage("the script has no metadata any more")),
    }
}

/// Where a program of others works.
struct Place {
    dir: PathBuf,
    /// The version that is locked.
    locked: Option<Version>,
    /// The directories below of what is not looked at; nothing where all files are.
    apart: Option<Vec<PathBuf>>,
}

fn place(session: &Session, request: &DelegateRequest) -> Result<Place, Failure> {
    let here = || Place {
        dir: session.process.cwd.clone(),
        locked: None,
        apart: None,
    };
    let parsed = PackageName::parse(request.tool.words().0).ok();
    let (Some(name), false) = (parsed, session.settings.no_project.value) else {
        return Ok(here());
    };
    let looks_at = request.looks_at.as_ref();
    let parts = looks_at
        .and_then(|run| run.project.as_ref())
        .map(|project| &project.sync.parts);
    let Some(found) = project::locked_version(session, (&name, parts))? else {
        return Ok(here());
    };
    Ok(Place {
        dir: found.dir,
        locked: found.version,
        apart: looks_at.map(|_| found.others),
    })
}

/// What has to be in the environment, and whether the index is asked again.
fn requirement(
    request: &DelegateRequest,
    locked: Option<Version>,
) -> Result<(String, bool), Failure> {
    let (name, _) = request.tool.words();
    let Some(text) = request.version.as_deref().map(str::trim) else {
        let pin = locked.map(|version| format!("{name}=={version}"));
        return Ok((pin.unwrap_or_else(|| name.to_owned()), false));
    };
    if text == "latest" {
        return Ok((name.to_owned(), true));
    }
    if let Ok(version) = Version::parse(text) {
        return Ok((format!("{name}=={version}"), false));
    }
    match VersionSpecifiers::parse(text) {
        Ok(bounds) => Ok((format!("{name}{bounds}"), false)),
        Err(error) => Err(Failure::usage(format!("`{text}` is no version of {name}"))
            .because(&error)
            .hint(format!(
                "`{flag} 1.2.3`, `{flag} '>=1.2,<2'` and `{flag} latest` are understood",
                flag = request.tool.flag()
            ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(version: Option<&str>, locked: Option<&str>) -> Result<(String, bool), Failure> {
        let request = DelegateRequest {
            tool: Tool::Formatter,
            version: version.map(str::to_owned),
            arguments: Vec::new(),
            looks_at: None,
            script: None,
        };
        let locked = locked.map(|text| Version::parse(text).unwrap());
        requirement(&request, locked)
    }

    #[test]
    fn versions_are_said_in_several_ways() {
        for (version, locked, expected) in [
            (None, None, "ruff"),
            (None, Some("0.12.8"), "ruff==0.12.8"),
            (Some("0.11.0"), Some("0.12.8"), "ruff==0.11.0"),
            (Some(">=0.11"), None, "ruff>=0.11"),
        ] {
            let found = asked(version, locked).unwrap();
            assert_eq!(found, (expected.to_owned(), false));
        }
        let newest = asked(Some("latest"), Some("0.12.8")).unwrap();
        assert_eq!(newest, ("ruff".to_owned(), true));
        let failure = asked(Some("no version"), None).unwrap_err();
        assert!(failure.hints[0].contains("--version latest"));
    }
}
