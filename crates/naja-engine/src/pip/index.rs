use naja_spec::{PackageName, Version};
use serde::Serialize;

use super::available::{Lens, pages};
use crate::diagnose;
use crate::failure::Failure;
use crate::session::Session;
use crate::target;

/// What the indexes know about one project.
#[derive(Clone, Debug, Serialize)]
pub struct IndexVersions {
    /// The normalised name.
    pub name: String,
    /// The versions that can be installed here, newest first; without yanked ones.
    pub versions: Vec<String>,
    /// The newest of them.
    pub latest: String,
    /// The version that is installed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installed_version: Option<String>,
    /// The versions that were yanked, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub yanked: Vec<YankedVersion>,
}

/// A version that its authors took back.
#[derive(Clone, Debug, Serialize)]
pub struct YankedVersion {
    /// The version.
    pub version: String,
    /// Why; may be empty.
    pub reason: String,
}

/// Lists the versions of a project that can be installed here (`pip index versions`).
///
/// # Errors
/// The indexes cannot be asked, or have nothing that can be installed here.
pub fn index_versions(session: &mut Session, name: &PackageName) -> Result<IndexVersions, Failure> {
    let installed = installed(session, name);
    let interpreter = target::interpreter_to_resolve_for(session)?;
    let mut found = pages(session, std::slice::from_ref(name))?;
    let page = found.pop().ok_or_else(|| diagnose::unexpected("a page"))?;
    let page = page.map_err(|error| diagnose::fetch(&error))?;
    let lens = Lens::new(&session.settings, &interpreter);
    let offers = lens.offers(&page);
    let finals = offers.iter().any(|offer| !offer.version.is_prerelease());
    let settings = &session.settings;
    let shown = || {
        offers
            .iter()
            .filter(|offer| settings.takes_version(name, &offer.version, finals))
    };
    let versions: Vec<String> = shown()
        .filter(|offer| offer.yanked.is_none())
        .map(|offer| offer.version.to_string())
        .collect();
    let yanked: Vec<YankedVersion> = shown()
        .filter_map(|offer| {
            offer.yanked.as_ref().map(|reason| YankedVersion {
                version: offer.version.to_string(),
                reason: reason.clone(),
            })
        })
        .collect();
    let Some(latest) = versions.first().cloned() else {
        return Err(nothing(name, &page, &yanked));
    };
    Ok(IndexVersions {
        name: name.to_string(),
        versions,
        latest,
        installed_version: installed.map(|version| version.to_string()),
        yanked,
    })
}

fn nothing(name: &PackageName, page: &naja_index::Pages, yanked: &[YankedVersion]) -> Failure {
    if page.is_not_found() {
        return Failure::unsatisfied(format!("no index has a project named {name}"))
            .hint("look at the spelling, and at the indexes: `--index`, `--default-index`");
    }
    let failure = Failure::unsatisfied(format!("no version of {name} can be installed here"));
    if yanked.is_empty() {
        failure
            .cause("its files are for other Pythons or systems, pre-releases, or too new")
            .hint("`--pre` shows pre-releases; `--python` asks for another Python")
    } else {
        failure.cause("all that could be were yanked")
    }
}

/// The installed version, where there is an environment that can be read.
fn installed(session: &mut Session, name: &PackageName) -> Option<Version> {
    let (_, state) = target::open_and_scan(session).ok()?;
    state.get(name).first().map(|dist| dist.version().clone())
}
