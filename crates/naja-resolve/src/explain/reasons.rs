//! Why versions are left out, in words.

use naja_spec::Version;

use super::words;
use crate::Reason;

/// Says why some versions are left out, one sentence per reason.
pub(super) fn sentences(
    name: &str,
    excluded: &[(Version, Vec<Reason>)],
    python: &Version,
) -> Vec<String> {
    let mut groups: Vec<(&Reason, Vec<Version>)> = Vec::new();
    for (version, reasons) in excluded {
        let Some(reason) = weightiest(reasons) else {
            continue;
        };
        match groups.iter_mut().find(|(known, _)| similar(known, reason)) {
            Some((_, versions)) => versions.push(version.clone()),
            None => groups.push((reason, vec![version.clone()])),
        }
    }
    // What speaks about the newest version comes first.
    groups.sort_by(|a, b| b.1.last().cmp(&a.1.last()));
    groups
        .iter()
        .map(|(reason, versions)| {
            let subject = words::versions(name, versions);
            format!(
                "{subject} {}.",
                predicate(reason, versions.len() > 1, python)
            )
        })
        .collect()
}

/// Returns the reason that matters most to a user.
pub(super) fn weightiest(reasons: &[Reason]) -> Option<&Reason> {
    reasons.iter().min_by_key(|reason| match reason {
        Reason::Quarantined => 0,
        Reason::Yanked(_) => 1,
        Reason::NeedsBuild | Reason::NoMetadata(_) | Reason::DirectReference(_) => 2,
        Reason::RequiresPython(_) => 3,
        Reason::TooNew | Reason::NoUploadTime => 4,
        Reason::Prerelease => 5,
        Reason::NoDigest | Reason::OtherDigest => 6,
        Reason::OtherPlatform(_) => 7,
        Reason::OtherPython(_) => 8,
        Reason::BuildForbidden => 9,
        Reason::WheelsForbidden => 10,
        Reason::NoFiles => 11,
    })
}

/// Returns whether two versions can be spoken of in one sentence.
fn similar(a: &Reason, b: &Reason) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
        && match (a, b) {
            (Reason::RequiresPython(a), Reason::RequiresPython(b))
            | (Reason::Yanked(a), Reason::Yanked(b))
            | (Reason::NoMetadata(a), Reason::NoMetadata(b))
            | (Reason::DirectReference(a), Reason::DirectReference(b)) => a == b,
            _ => true,
        }
}

/// Says it of one or several versions.
fn predicate(reason: &Reason, many: bool, python: &Version) -> String {
    let (is, was, has, needs) = if many {
        ("are", "were", "have", "need")
    } else {
        ("is", "was", "has", "needs")
    };
    match reason {
        Reason::Quarantined => format!("{is} held back by the index as unsafe"),
        Reason::Yanked(why) if why.is_empty() => format!("{was} yanked"),
        Reason::Yanked(why) => format!("{was} yanked ({why})"),
        Reason::RequiresPython(range) => {
            format!("{needs} Python {range}, and this is Python {python}")
        }
        Reason::OtherPlatform(tags) => {
            format!(
                "{has} wheels for other systems only (such as {})",
                tags.join(", ")
            )
        }
        Reason::OtherPython(tags) => {
            format!(
                "{has} wheels for other Pythons only (such as {})",
                tags.join(", ")
            )
        }
        Reason::BuildForbidden => format!("{has} no wheel, and building is switched off"),
        Reason::WheelsForbidden => format!("{has} only wheels, and wheels are switched off"),
        Reason::NeedsBuild => format!("{has} no wheel for this Python and would have to be built"),
        Reason::TooNew => format!("{was} uploaded after the cut-off date"),
        Reason::NoUploadTime => {
            format!(
                "{has} no upload time, so the cut-off date leaves {} out",
                it(many)
            )
        }
        Reason::OtherDigest => format!("{has} no file with a hash you gave"),
        Reason::NoDigest => format!("{has} no hash in your requirements, and hashes are required"),
        Reason::Prerelease => {
            format!(
                "{is} {}",
                if many {
                    "pre-releases"
                } else {
                    "a pre-release"
                }
            )
        }
        Reason::NoFiles => format!("{has} no file that can be installed"),
        Reason::NoMetadata(why) => format!("cannot be used, because {why}"),
        Reason::DirectReference(reference) => {
            format!("{needs} {reference}, and only you may ask for an address")
        }
    }
}

/// Says in a title what is wrong with everything that was looked at.
pub(super) fn title(reason: &Reason) -> &'static str {
    match reason {
        Reason::Quarantined => "is held back by the index as unsafe",
        Reason::Yanked(_) => "was yanked",
        Reason::RequiresPython(_) => "needs another Python",
        Reason::OtherPlatform(_) => "has no wheel for this system",
        Reason::OtherPython(_) => "has no wheel for this Python",
        Reason::BuildForbidden | Reason::NeedsBuild => "would have to be built",
        Reason::WheelsForbidden => "has only wheels, and those are switched off",
        Reason::TooNew => "is newer than the cut-off date",
        Reason::NoUploadTime => "has no upload time, and there is a cut-off date",
        Reason::OtherDigest | Reason::NoDigest => "has no file with a hash you gave",
        Reason::Prerelease => "has only pre-releases of what is asked for",
        Reason::NoFiles | Reason::NoMetadata(_) | Reason::DirectReference(_) => {
            "has nothing that can be used"
        }
    }
}

fn it(many: bool) -> &'static str {
    if many { "them" } else { "it" }
}

/// Says it in few words, to stand behind a version in a list.
pub(super) fn short(reason: &Reason) -> String {
    match reason {
        Reason::Quarantined => "held back".to_owned(),
        Reason::Yanked(_) => "yanked".to_owned(),
        Reason::RequiresPython(range) => format!("needs Python {range}"),
        Reason::OtherPlatform(_) => "other systems".to_owned(),
        Reason::OtherPython(_) => "other Pythons".to_owned(),
        Reason::BuildForbidden | Reason::NeedsBuild => "source only".to_owned(),
        Reason::WheelsForbidden => "wheels only".to_owned(),
        Reason::TooNew => "too new".to_owned(),
        Reason::NoUploadTime => "no upload time".to_owned(),
        Reason::OtherDigest => "other hash".to_owned(),
        Reason::NoDigest => "no hash given".to_owned(),
        Reason::Prerelease => "pre-release".to_owned(),
        Reason::NoFiles | Reason::NoMetadata(_) | Reason::DirectReference(_) => {
            "unusable".to_owned()
        }
    }
}
