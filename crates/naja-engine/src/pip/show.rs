use naja_env::{EnvState, Environment, InstalledDist};
use naja_spec::{Headers, PackageName};
use serde::Serialize;

use crate::failure::Failure;
use crate::session::Session;
use crate::target;

/// What `naja pip show` shall show.
#[derive(Clone, Debug, Default)]
pub struct ShowRequest {
    /// The names.
    pub names: Vec<PackageName>,
    /// Whether the files are listed.
    pub files: bool,
}

/// What is known about one installed distribution.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// The name.
    pub name: String,
    /// The version.
    pub version: String,
    /// One line about it.
    pub summary: String,
    /// Its home page.
    pub home_page: String,
    /// Who wrote it.
    pub author: String,
    /// How the author is reached.
    pub author_email: String,
    /// Its licence.
    pub license: String,
    /// The directory it is in.
    pub location: String,
    /// Where the sources of an editable installation are.
    pub editable_project_location: Option<String>,
    /// The names it requires here.
    pub requires: Vec<String>,
    /// The installed distributions that require it.
    pub required_by: Vec<String>,
    /// Its files, if they were asked for.
    pub files: Option<Vec<String>>,
}

/// Describes installed distributions; warns about names that are not there.
///
/// # Errors
/// There is no environment, or none of the names is installed.
pub fn show(session: &mut Session, request: &ShowRequest) -> Result<Vec<Shown>, Failure> {
    let (env, state) = target::open_and_scan(session)?;
    let mut shown = Vec::new();
    let mut missing = Vec::new();
    for name in &request.names {
        match state.get(name).first() {
            Some(dist) => shown.push(describe(&env, &state, dist, request.files)?),
            None => missing.push(name.to_string()),
        }
    }
    if shown.is_empty() && !missing.is_empty() {
        return Err(
            Failure::unsatisfied(format!("not installed: {}", missing.join(", ")))
                .hint("`naja pip list` shows what is"),
        );
    }
    crate::consistency::warn_if_strict(session, &env, &state);
    if !missing.is_empty() {
        session.warn(format!("not installed: {}", missing.join(", ")));
    }
    Ok(shown)
}

fn describe(
    env: &Environment,
    state: &EnvState,
    dist: &InstalledDist,
    files: bool,
) -> Result<Shown, Failure> {
    let unreadable = |error: &dyn std::error::Error| {
        Failure::environment(format!("could not read the metadata of {}", dist.name()))
            .because(error)
    };
    let bytes = dist
        .read_metadata_bytes()
        .map_err(|error| unreadable(&error))?;
    let metadata = dist.read_metadata().map_err(|error| unreadable(&error))?;
    let headers = Headers::parse(&bytes);
    let text = |name: &str| {
        headers
            .get(name)
            .map(std::borrow::Cow::into_owned)
            .unwrap_or_default()
    };
    let first = |names: [&str; 2]| {
        names
            .into_iter()
            .map(text)
            .find(|text| !text.is_empty())
            .unwrap_or_default()
    };
    let markers = &env.interpreter().markers;
    let mut requires: Vec<String> = metadata
        .requires_dist
        .iter()
        .filter(|requirement| requirement.applies(markers, &[]))
        .map(|requirement| requirement.name.to_string())
        .collect();
    requires.sort();
    requires.dedup();
    Ok(Shown {
        name: dist.name().to_string(),
        version: dist.version().to_string(),
        summary: text("Summary"),
        home_page: home_page(&headers),
        author: text("Author"),
        author_email: text("Author-email"),
        license: first(["License-Expression", "License"]),
        location: dist.site_dir().display().to_string(),
        editable_project_location: dist.linked_tree().map(|tree| tree.display().to_string()),
        requires,
        required_by: required_by(env, state, dist.name()),
        files: if files { Some(files_of(dist)?) } else { None },
    })
}

fn home_page(headers: &Headers<'_>) -> String {
    if let Some(page) = headers.get("Home-page").filter(|page| !page.is_empty()) {
        return page.into_owned();
    }
    for entry in headers.get_all("Project-URL") {
        if let Some((label, url)) = entry.split_once(',')
            && label.trim().eq_ignore_ascii_case("homepage")
        {
            return url.trim().to_owned();
        }
    }
    String::new()
}

fn required_by(env: &Environment, state: &EnvState, name: &PackageName) -> Vec<String> {
    let markers = &env.interpreter().markers;
    let asks = |dist: &&InstalledDist| {
        dist.read_metadata().is_ok_and(|metadata| {
            let mut requirements = metadata.requires_dist.iter();
            requirements.any(|other| other.name == *name && other.applies(markers, &[]))
        })
    };
    state
        .visible()
        .filter(asks)
        .map(|dist| dist.name().to_string())
        .collect()
}

fn files_of(dist: &InstalledDist) -> Result<Vec<String>, Failure> {
    let record = dist.read_record().map_err(|error| {
        Failure::environment(format!("could not read the files of {}", dist.name())).because(&error)
    })?;
    let mut files: Vec<String> = record.0.iter().map(|entry| entry.path.clone()).collect();
    files.sort();
    Ok(files)
}
