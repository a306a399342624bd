//! What pip's configuration says that surprises.

use naja_project::settings::{Layer, Origin, Place};

use super::Patient;
use super::finding::Finding;
use crate::session::Session;

pub(super) fn check(session: &Session, patient: &Patient) -> Vec<Finding> {
    let mut findings = Vec::new();
    if patient.status.environment.is_some() {
        findings.extend(user(session));
        findings.extend(elsewhere(session));
    }
    findings.extend(index(session));
    findings
}

/// Whether a value comes from a file or a variable of pip's.
fn is_pips(origin: &Origin) -> bool {
    match &origin.place {
        Place::Variable(name) => name.starts_with("PIP_"),
        Place::File { path, .. } => path
            .file_name()
            .is_some_and(|name| name == "pip.conf" || name == "pip.ini"),
        Place::Default | Place::Flag(_) => false,
    }
}

fn user(session: &Session) -> Option<Finding> {
    let user = &session.settings.user;
    if !user.value || user.origin.layer == Layer::Arguments {
        return None;
    }
    Some(
        located(
            Finding::new("pip-user", "pip is told to install for the user, not here"),
            &user.origin,
        )
        .because("in an environment pip then fails: `Can not perform a '--user' install`")
        .step("`naja pip config unset global.user`, or unset the variable"),
    )
}

fn elsewhere(session: &Session) -> Option<Finding> {
    let settings = &session.settings;
    let given = [
        ("target", &settings.target),
        ("prefix", &settings.prefix),
        ("root", &settings.root),
    ];
    let (name, setting) = given
        .into_iter()
        .find(|(_, setting)| setting.value.is_some() && setting.origin.layer != Layer::Arguments)?;
    let dir = setting.value.as_ref()?;
    Some(
        located(
            Finding::new(
                "pip-elsewhere",
                "pip is told to install into a directory, not here",
            ),
            &setting.origin,
        )
        .because(format!("everything goes to {}", dir.display()))
        .step(format!(
            "`naja pip config unset global.{name}`, or unset the variable"
        )),
    )
}

fn located(finding: Finding, origin: &Origin) -> Finding {
    let finding = finding.because(format!("it is set by {origin}"));
    match origin.path() {
        Some(path) => finding.at(path),
        None => finding,
    }
}

/// An index of naja's own beside another one of pip's.
fn index(session: &Session) -> Option<Finding> {
    let settings = &session.settings;
    let pips = &settings.index_url;
    let own = &settings.default_index;
    let (theirs, ours) = (pips.value.as_ref()?, own.value.as_ref()?);
    if !is_pips(&pips.origin) || is_pips(&own.origin) {
        return None;
    }
    let (theirs, ours) = (theirs.to_string(), ours.location.to_string());
    if theirs.trim_end_matches('/') == ours.trim_end_matches('/') {
        return None;
    }
    Some(
        Finding::new("pip-index", "pip and naja ask different indexes")
            .because(format!("naja asks {ours}, set by {}", own.origin))
            .because(format!("pip asks {theirs}, set by {}", pips.origin))
            .step("set one of them only: naja obeys pip's where it has none of its own"),
    )
}
