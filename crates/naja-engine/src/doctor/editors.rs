//! Editors that look for a Python which is not there.

use std::path::{Path, PathBuf};

use super::finding::Finding;
use super::mend::Repair;
use super::{Editor, Patient, jsonc};
use crate::belongs::tilde;
use crate::session::Session;
use crate::status::EnvironmentStatus;

/// The setting of the Python extension.
const VSCODE_KEY: &str = "python.defaultInterpreterPath";

/// The setting of its earlier versions.
const VSCODE_OLD_KEY: &str = "python.pythonPath";

pub(super) fn check(session: &Session, patient: &Patient) -> Vec<Finding> {
    let status = &patient.status;
    let root = status
        .project
        .as_ref()
        .map_or(&status.directory, |project| &project.root);
    let mut findings = Vec::new();
    findings.extend(vscode(session, patient, root));
    findings.extend(pycharm(session, root, status.environment.as_ref()));
    findings
}

/// The environment's Python as a setting of a workspace.
fn setting_for(root: &Path, env: &EnvironmentStatus) -> String {
    match env.python.strip_prefix(root) {
        Ok(below) => format!("${{workspaceFolder}}/{}", below.display()).replace('\\', "/"),
        Err(_) => env.python.display().to_string(),
    }
}

fn vscode(session: &Session, patient: &Patient, root: &Path) -> Option<Finding> {
    let file = root.join(".vscode/settings.json");
    let text = std::fs::read_to_string(&file).ok();
    let wanted = patient.request.editor == Some(Editor::VsCode);
    let env = patient.status.environment.as_ref().filter(|env| env.works);
    let found = text.as_deref().and_then(|text| {
        let keys = [VSCODE_KEY, VSCODE_OLD_KEY];
        keys.iter()
            .find_map(|key| jsonc::get(text, key).map(|value| (*key, value)))
    });
    let home = session.process.home.as_deref();
    let finding = match &found {
        Some((key, value)) => {
            let path = expanded(session, root, value)?;
            if path.exists() {
                return None;
            }
            Finding::new(
                "vscode-interpreter",
                "VS Code looks for a Python that is not there",
            )
            .because(format!("`{key}` is {value}"))
            .because(format!("{} is not there", tilde(&path, home)))
        }
        None if wanted && env.is_some() => Finding::new(
            "vscode-interpreter",
            "VS Code has not been told of the environment",
        )
        .because(format!("`{VSCODE_KEY}` is not set for this project")),
        None => return None,
    };
    let finding = finding
        .at(&file)
        .step("in VS Code: `Python: Select Interpreter` in the command palette");
    let Some(env) = env else {
        return Some(finding.step("make an environment first: `naja venv`"));
    };
    let setting = setting_for(root, env);
    let key = found.as_ref().map_or(VSCODE_KEY, |(key, _)| *key);
    let changed = jsonc::set(text.as_deref().unwrap_or_default(), key, &setting);
    let finding = finding.step(format!(
        "or write into {}: `\"{key}\": \"{setting}\"`",
        tilde(&file, home)
    ));
    Some(match changed {
        Some(changed) => finding.mended_by(Repair::Write(file, changed)),
        None => finding,
    })
}

/// A value of a setting as a path; `None` where only the editor knows, or it is a name.
fn expanded(session: &Session, root: &Path, value: &str) -> Option<PathBuf> {
    let mut text = value.to_owned();
    for name in ["${workspaceFolder}", "${workspaceRoot}"] {
        text = text.replace(name, &root.display().to_string());
    }
    while let Some(start) = text.find("${env:") {
        let end = start + text[start..].find('}')?;
        let variable = session
            .process
            .var(&text[start + 6..end])
            .unwrap_or_default();
        text = format!("{}{variable}{}", &text[..start], &text[end + 1..]);
    }
    if let Some(rest) = text.strip_prefix("~/") {
        text = session
            .process
            .home
            .as_ref()?
            .join(rest)
            .display()
            .to_string();
    }
    // `python` is looked for on PATH, and other `${…}` are the editor's.
    if text.contains("${") || !text.contains(['/', '\\']) {
        return None;
    }
    Some(root.join(text))
}

/// The interpreter of a project of PyCharm, by its name, and where the editor has noted that it is.
fn pycharm(session: &Session, root: &Path, env: Option<&EnvironmentStatus>) -> Option<Finding> {
    let file = root.join(".idea/misc.xml");
    let text = std::fs::read_to_string(&file).ok()?;
    let name = attribute_of(&text, "ProjectRootManager", "project-jdk-name")?;
    let home = session.process.home.as_deref();
    let mut known = false;
    let mut found: Option<PathBuf> = None;
    for table in tables(session) {
        known = true;
        let Ok(text) = std::fs::read_to_string(&table) else {
            continue;
        };
        if let Some(path) = sdk_home(&text, &name) {
            let path = match (path.strip_prefix("$USER_HOME$/"), home) {
                (Some(rest), Some(home)) => home.join(rest),
                _ => PathBuf::from(path),
            };
            if path.exists() {
                return None;
            }
            found = Some(path);
        }
    }
    // Some names hold the path themselves.
    let in_name = name
        .split(['(', ')', '[', ']', ' '])
        .find(|part| part.starts_with('/') || part.starts_with("~/"))
        .map(|part| match (part.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(part),
        })
        .filter(|path| !path.exists());
    let why = match (&found, &in_name) {
        (Some(path), _) | (None, Some(path)) => format!("it is {}", tilde(path, home)),
        (None, None) if known => "PyCharm has no interpreter of that name".to_owned(),
        (None, None) => return None,
    };
    let finding = Finding::new(
        "pycharm-interpreter",
        "PyCharm looks for a Python that is not there",
    )
    .because(format!("the project uses the interpreter `{name}`"))
    .because(why)
    .at(&file)
    .step("in PyCharm: Settings, Project, Python Interpreter, Add Interpreter, Existing");
    Some(match env.filter(|env| env.works) {
        Some(env) => finding.step(format!("name there {}", tilde(&env.python, home))),
        None => finding.step("make an environment first: `naja venv`"),
    })
}

/// The files in which JetBrains' editors keep their interpreters.
fn tables(session: &Session) -> Vec<PathBuf> {
    let config = match (
        session.process.var("XDG_CONFIG_HOME"),
        &session.process.home,
    ) {
        _ if cfg!(windows) => session.process.var("APPDATA").map(PathBuf::from),
        (_, Some(home)) if cfg!(target_os = "macos") => {
            Some(home.join("Library/Application Support"))
        }
        (Some(dir), _) => Some(PathBuf::from(dir)),
        (None, Some(home)) => Some(home.join(".config")),
        (None, None) => None,
    };
    let Some(dir) = config.map(|dir| dir.join("JetBrains")) else {
        return Vec::new();
    };
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path().join("options/jdk.table.xml"))
        .filter(|file| file.is_file())
        .collect()
}

/// The value of an attribute in the component of a name.
fn attribute_of(text: &str, component: &str, attribute: &str) -> Option<String> {
    let start = text.find(&format!("name=\"{component}\""))?;
    let open = text[..start].rfind('<')?;
    let end = start + text[start..].find('>')?;
    attribute_in(&text[open..end], attribute)
}

fn attribute_in(tag: &str, attribute: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!("{attribute}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(unescaped(value))
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// Where the interpreter of a name is, by a table of interpreters.
fn sdk_home(text: &str, name: &str) -> Option<String> {
    text.split("<jdk ").skip(1).find_map(|sdk| {
        let (_, rest) = sdk.split_once("<name ")?;
        let tag = rest.split('>').next()?;
        if attribute_in(tag, "value")? != name {
            return None;
        }
        let (_, rest) = sdk.split_once("<homePath ")?;
        attribute_in(rest.split('>').next()?, "value")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_of_pycharm() {
        let misc = "<project version=\"4\">\n  <component name=\"Black\">\n  </component>\n  \
                    <component name=\"ProjectRootManager\" version=\"2\" \
                    project-jdk-name=\"Python 3.12 (a &amp; b)\" project-jdk-type=\"Python SDK\" />\n";
        let name = attribute_of(misc, "ProjectRootManager", "project-jdk-name");
        assert_eq!(name.as_deref(), Some("Python 3.12 (a & b)"));
        let table = "<jdk version=\"2\"><name value=\"x\" /><homePath value=\"/x\" /></jdk>\
                     <jdk version=\"2\">\n<name value=\"Python 3.12 (a &amp; b)\" />\n<type \
                     value=\"Python SDK\" /><homePath value=\"$USER_HOME$/a/bin/python\" /></jdk>";
        assert_eq!(
            sdk_home(table, "Python 3.12 (a & b)").as_deref(),
            Some("$USER_HOME$/a/bin/python")
        );
        assert_eq!(sdk_home(table, "y"), None);
        assert_eq!(attribute_of("", "a", "b"), None);
    }
}
