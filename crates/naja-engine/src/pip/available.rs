//! Which versions the indexes have, seen from one Python.

use std::collections::BTreeMap;

use naja_index::{Answer, FetchError, PageRequest, Pages, Request};
use naja_project::settings::Settings;
use naja_python::Interpreter;
use naja_spec::{PackageName, Tags, Version, VersionSpecifiers, WheelTags};

use crate::consistency::allows_python;
use crate::diagnose;
use crate::failure::Failure;
use crate::options;
use crate::pipeline::Pipeline;
use crate::session::Session;

/// The rules by which files are counted.
pub(super) struct Lens<'a> {
    settings: &'a Settings,
    interpreter: &'a Interpreter,
    tags: Tags,
}

/// One version that can be installed here.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub(super) version: Version,
    /// Whether one of its files is a wheel.
    pub(super) wheel: bool,
    /// The reason, where all its files were yanked.
    pub(super) yanked: Option<String>,
}

impl<'a> Lens<'a> {
    pub(super) fn new(settings: &'a Settings, interpreter: &'a Interpreter) -> Self {
        Self {
            settings,
            interpreter,
            tags: interpreter.tags(),
        }
    }

    /// The versions that have a file for this Python and that are old enough, newest first.
    /// Pre-releases are among them.
    pub(super) fn offers(&self, pages: &Pages) -> Vec<Offer> {
        let mut found: BTreeMap<Version, Offer> = BTreeMap::new();
        let cutoff = self.cutoff(&pages.name);
        for (_, page) in &pages.hits {
            for at in 0..page.versions() {
                for file in page.files(at) {
                    let late = |cutoff: i64| file.upload_time().is_none_or(|time| time >= cutoff);
                    let python = file.requires_python();
                    if cutoff.is_some_and(late)
                        || python.is_some_and(|text| !self.fits_python(text))
                        || !self.fits(&pages.name, file.wheel_tags())
                    {
                        continue;
                    }
                    let version = page.version(at);
                    let offer = found.entry(version.clone()).or_insert_with(|| Offer {
                        version,
                        wheel: false,
                        yanked: file.yanked().map(str::to_owned),
                    });
                    offer.wheel |= file.is_wheel();
                    if file.yanked().is_none() {
                        offer.yanked = None;
                    }
                }
            }
        }
        found.into_values().rev().collect()
    }

    /// The newest version that is neither yanked nor an unwanted pre-release.
    pub(super) fn latest<'o>(&self, name: &PackageName, offers: &'o [Offer]) -> Option<&'o Offer> {
        let whole = || offers.iter().filter(|offer| offer.yanked.is_none());
        let finals = whole().any(|offer| !offer.version.is_prerelease());
        whole().find(|offer| self.settings.takes_version(name, &offer.version, finals))
    }

    fn cutoff(&self, name: &PackageName) -> Option<i64> {
        let of_packages = &self.settings.exclude_newer_package.value.0;
        let of_package = of_packages.iter().find(|(package, _)| package == name);
        let general = || self.settings.exclude_newer.value.as_ref();
        let cutoff = of_package.map_or_else(general, |(_, cutoff)| cutoff.as_ref());
        cutoff.map(|cutoff| cutoff.unix_ms)
    }

    fn fits_python(&self, text: &str) -> bool {
        // What nobody can read does not keep anybody away, as in a resolution.
        VersionSpecifiers::parse_lenient(text)
            .map_or(true, |wanted| allows_python(&wanted, self.interpreter))
    }

    fn fits(&self, name: &PackageName, wheel: Option<WheelTags<'_>>) -> bool {
        let settings = self.settings;
        match wheel {
            Some(tags) => {
                let refused = &settings.no_binary.value;
                !refused.all
                    && !refused.names.contains(name)
                    && !settings.no_binary_package.value.contains(name)
                    && self.tags.rank_tags(tags).is_some()
            }
            None => {
                let refused = &settings.only_binary.value;
                !refused.all
                    && !refused.names.contains(name)
                    && !settings.no_build.value
                    && !settings.no_build_package.value.contains(name)
            }
        }
    }
}

/// The newest version of each of these packages that an interpreter can use, and the newest of those that
/// `allows` takes; nothing for packages that no index has.
///
/// # Errors
/// An index cannot be asked.
pub(crate) fn latest_of(
    session: &Session,
    (names, interpreter): (&[PackageName], &Interpreter),
    allows: &dyn Fn(&PackageName, &Version) -> bool,
) -> Result<BTreeMap<PackageName, (Version, Option<Version>)>, Failure> {
    let lens = Lens::new(&session.settings, interpreter);
    let mut found = BTreeMap::new();
    for (name, answer) in names.iter().zip(pages(session, names)?) {
        let page = answer.map_err(|error| crate::diagnose::fetch(&error))?;
        let offers = lens.offers(&page);
        let Some(latest) = lens.latest(name, &offers) else {
            continue;
        };
        let good = offers.iter().filter(|offer| allows(name, &offer.version));
        let good: Vec<Offer> = good.cloned().collect();
        let allowed = lens.latest(name, &good).map(|offer| offer.version.clone());
        found.insert(name.clone(), (latest.version.clone(), allowed));
    }
    Ok(found)
}

/// Asks the indexes about several projects at once; the answers are in the order of the names.
///
/// # Errors
/// The indexes cannot be used at all, or the command is interrupted.
pub(crate) fn pages(
    session: &Session,
    names: &[PackageName],
) -> Result<Vec<Result<std::sync::Arc<Pages>, FetchError>>, Failure> {
    let mut pipeline = Pipeline::new(session, options::index_config(session)?);
    let requests = names
        .iter()
        .map(|name| Request::Page(PageRequest::new(name.clone())));
    let answers = pipeline.many(requests)?;
    pipeline.finish();
    let mut pages = Vec::with_capacity(answers.len());
    for answer in answers {
        pages.push(match answer {
            Ok(Answer::Page(page)) => Ok(page),
            Ok(_) => return Err(diagnose::unexpected("a page of an index")),
            Err(error) => Err(error),
        });
    }
    Ok(pages)
}
