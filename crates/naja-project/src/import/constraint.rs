//! The version constraints of Poetry (`^1.2`, `~1.2`, `1.*`, `>=1 <2 || >=3`) and of Pipenv, as PEP 440 has them.

use naja_spec::{Version, VersionSpecifiers};

/// What a constraint came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bounds {
    /// The specifiers; empty for any version.
    pub(super) text: String,
    /// Whether they allow more than was written: PEP 440 has no "or".
    pub(super) wider: bool,
}

/// Longer constraints are nobody's.
const MOST_BYTES: usize = 2000;

/// Alternatives, at most.
const MOST_WAYS: usize = 32;

/// Translates a constraint.
///
/// # Errors
/// What cannot be understood, in words.
pub(super) fn bounds(text: &str) -> Result<Bounds, String> {
    if text.len() > MOST_BYTES {
        return Err("it is too long".to_owned());
    }
    let ways: Vec<&str> = text.split("||").flat_map(|way| way.split(" | ")).collect();
    if ways.len() > MOST_WAYS {
        return Err("it has too many alternatives".to_owned());
    }
    let mut all = Vec::with_capacity(ways.len());
    for way in ways {
        all.push(clauses(way)?);
    }
    if all.iter().any(Vec::is_empty) {
        return Ok(Bounds {
            text: String::new(),
            wider: false,
        });
    }
    let [one] = all.as_slice() else {
        return united(&all);
    };
    Ok(Bounds {
        text: checked(&one.join(","))?,
        wider: false,
    })
}

/// The parts of an alternative, divided by commas or spaces.
fn clauses(way: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    // An operator may stand apart from its version.
    let mut operator = String::new();
    for word in way.split([',', ' ', '\t']).filter(|word| !word.is_empty()) {
        if word.chars().all(|c| "<>=!~^".contains(c)) {
            operator.push_str(word);
            continue;
        }
        let whole = format!("{}{word}", std::mem::take(&mut operator));
        found.extend(clause(&whole)?);
    }
    match operator.is_empty() {
        true => Ok(found),
        false => Err(format!("`{operator}` has no version")),
    }
}

fn clause(word: &str) -> Result<Vec<String>, String> {
    if word == "*" {
        return Ok(Vec::new());
    }
    let at = word
        .find(|c| !"<>=!~^".contains(c))
        .ok_or_else(|| format!("`{word}` has no version"))?;
    let (operator, version) = word.split_at(at);
    let version = version.trim_start_matches(['v', 'V']);
    match operator {
        "^" => caret(version),
        "~" => tilde(version),
        "" | "=" | "==" => Ok(match wildcard(version) {
            Some("") => Vec::new(),
            Some(front) => vec![format!("=={front}.*")],
            None => vec![format!("=={version}")],
        }),
        "!=" => Ok(match wildcard(version) {
            Some(front) => vec![format!("!={front}.*")],
            None => vec![format!("!={version}")],
        }),
        ">=" | "<=" | ">" | "<" | "~=" | "===" => Ok(vec![match wildcard(version) {
            Some(front) if operator == ">=" || operator == "<" => {
                format!("{operator}{front}")
            }
            _ => format!("{operator}{version}"),
        }]),
        other => Err(format!("`{other}` is no operator")),
    }
}

/// What stands before `.*`, `*` or `.x`.
fn wildcard(version: &str) -> Option<&str> {
    if version == "*" {
        return Some("");
    }
    version
        .strip_suffix(".*")
        .or_else(|| version.strip_suffix(".x"))
        .map(|front| front.trim_end_matches(".*"))
}

fn parsed(version: &str) -> Result<Version, String> {
    Version::parse(version).map_err(|error| format!("`{version}` is no version: {error}"))
}

/// Up to the next change of the first number that is not zero.
fn caret(version: &str) -> Result<Vec<String>, String> {
    let version = wildcard(version).unwrap_or(version);
    let parsed = parsed(version)?;
    let release = parsed.release();
    let at = release.iter().position(|part| *part != 0);
    let at = at.unwrap_or(release.len().saturating_sub(1));
    Ok(vec![
        format!(">={version}"),
        format!("<{}", next(&parsed, at)),
    ])
}

/// Up to the next change of the second number, or of the first if it is alone.
fn tilde(version: &str) -> Result<Vec<String>, String> {
    let version = wildcard(version).unwrap_or(version);
    let parsed = parsed(version)?;
    let at = usize::from(parsed.release().len() > 1);
    Ok(vec![
        format!(">={version}"),
        format!("<{}", next(&parsed, at)),
    ])
}

/// The version after which a number of the release has changed.
fn next(version: &Version, at: usize) -> String {
    let mut parts: Vec<u64> = version.release().iter().copied().take(at + 1).collect();
    parts.resize(at + 1, 0);
    if let Some(last) = parts.last_mut() {
        *last = last.saturating_add(1);
    }
    // `<2` and `<2.0` are the same; the shape of what was written stays.
    let wanted = version.release().len().min(2).max(parts.len());
    parts.resize(wanted, 0);
    if at == 0 && version.release().len() == 1 {
        parts.truncate(1);
    }
    let texts: Vec<String> = parts.iter().map(u64::to_string).collect();
    let epoch = match version.epoch() {
        0 => String::new(),
        epoch => format!("{epoch}!"),
    };
    format!("{epoch}{}", texts.join("."))
}

fn checked(text: &str) -> Result<String, String> {
    let specifiers = VersionSpecifiers::parse(text).map_err(|error| error.to_string())?;
    Ok(specifiers.to_string().replace(", ", ","))
}

/// One way with its lower and its upper end.
struct Span {
    lower: Option<Version>,
    upper: Option<Version>,
    rest: Vec<String>,
}

/// Several alternatives in one list of specifiers: from the lowest to the highest, without the gaps between.
fn united(ways: &[Vec<String>]) -> Result<Bounds, String> {
    let mut spans = ways
        .iter()
        .map(|way| span(way))
        .collect::<Result<Vec<_>, _>>()?;
    spans.sort_by(|a, b| a.lower.cmp(&b.lower));
    let mut wider = spans.iter().any(|span| !span.rest.is_empty());
    let mut parts = Vec::new();
    parts.extend(
        spans
            .first()
            .and_then(|span| span.lower.as_ref())
            .map(|lower| format!(">={lower}")),
    );
    let mut end: Option<&Version> = None;
    let mut open = false;
    for (at, span) in spans.iter().enumerate() {
        if at > 0
            && !open
            && let (Some(end), Some(lower)) = (end, &span.lower)
            && end < lower
        {
            match gap(end, lower) {
                Some(holes) => parts.extend(holes),
                None => wider = true,
            }
        }
        match &span.upper {
            None => open = true,
            Some(upper) if end.is_none_or(|end| end < upper) => end = Some(upper),
            Some(_) => {}
        }
    }
    if let (false, Some(end)) = (open, end) {
        parts.push(format!("<{end}"));
    }
    Ok(Bounds {
        text: checked(&parts.join(","))?,
        wider,
    })
}

fn span(way: &[String]) -> Result<Span, String> {
    let mut span = Span {
        lower: None,
        upper: None,
        rest: Vec::new(),
    };
    for clause in way {
        if let Some(version) = clause.strip_prefix(">=") {
            span.lower = Some(parsed(version)?);
        } else if let Some(front) = clause.strip_prefix("==").and_then(|v| v.strip_suffix(".*")) {
            let front = parsed(front)?;
            let at = front.release().len().saturating_sub(1);
            span.upper = Some(parsed(&next(&front, at))?);
            span.lower = Some(front);
        } else if let Some(version) = clause.strip_prefix('<').filter(|v| !v.starts_with('=')) {
            span.upper = Some(parsed(version)?);
        } else {
            let bound = clause.trim_start_matches(['<', '>', '=', '!', '~']);
            let bound = parsed(bound)?;
            // From here on or up to here: widened by the bound itself.
            match clause.as_bytes().first() {
                Some(b'>') => span.lower = Some(bound),
                Some(b'<') => span.upper = Some(bound),
                Some(b'=' | b'~') => {
                    span.lower = Some(bound);
                    span.rest.push(clause.clone());
                }
                _ => {}
            }
            span.rest.push(clause.clone());
        }
    }
    Ok(span)
}

/// The gap between two versions as prefixes that are excluded: `!=3.*` between 3.0 and 4.0.
fn gap(from: &Version, to: &Version) -> Option<Vec<String>> {
    let trimmed = |version: &Version| -> Vec<u64> {
        let mut parts = version.release().to_vec();
        while parts.len() > 1 && parts.last() == Some(&0) {
            parts.pop();
        }
        parts
    };
    if from.is_prerelease() || to.is_prerelease() {
        return None;
    }
    let (mut from, mut to) = (trimmed(from), trimmed(to));
    let length = from.len().max(to.len());
    from.resize(length, 0);
    to.resize(length, 0);
    let (last_from, last_to) = (from.pop()?, to.pop()?);
    let holes = last_to.checked_sub(last_from)?;
    (from == to && (1..=20).contains(&holes)).then(|| {
        let prefix: String = from.iter().map(|part| format!("{part}.")).collect();
        (last_from..last_to)
            .map(|part| format!("!={prefix}{part}.*"))
            .collect()
    })
}

/// A constraint on Python as a marker; nothing for any Python.
///
/// # Errors
/// As [`bounds`].
pub(super) fn python_marker(text: &str) -> Result<Option<String>, String> {
    if text.len() > MOST_BYTES {
        return Err("it is too long".to_owned());
    }
    let mut ways = Vec::new();
    for way in text.split("||").take(MOST_WAYS) {
        let clauses = clauses(way)?;
        if clauses.is_empty() {
            return Ok(None);
        }
        checked(&clauses.join(","))?;
        let parts: Vec<String> = clauses.iter().map(|clause| python_part(clause)).collect();
        ways.push(parts.join(" and "));
    }
    Ok(Some(match ways.as_slice() {
        [one] => one.clone(),
        many => many
            .iter()
            .map(|way| match way.contains(" and ") {
                true => format!("({way})"),
                false => way.clone(),
            })
            .collect::<Vec<_>>()
            .join(" or "),
    }))
}

fn python_part(clause: &str) -> String {
    let at = clause
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(clause.len());
    let (operator, version) = clause.split_at(at);
    let is_star = version.ends_with(".*");
    let plain = version.trim_end_matches(".*");
    let parts = plain.split('.').count();
    // `3` means 3.0 where it bounds, and any 3.x where it is a pattern.
    let shown = match (parts, is_star) {
        (1, false) => format!("{plain}.0"),
        _ => plain.to_owned(),
    };
    match (is_star, parts) {
        (true, 2) => format!("python_version {operator} '{shown}'"),
        (true, _) => format!("python_version {operator} '{shown}.*'"),
        (false, 1 | 2) if !matches!(operator, "==" | "!=" | ">" | "<=" | "~=") => {
            format!("python_version {operator} '{shown}'")
        }
        _ => format!("python_full_version {operator} '{shown}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_of_poetry() {
        for (given, wanted) in [
            ("*", ""),
            ("", ""),
            ("^1.2.3", ">=1.2.3,<2.0"),
            ("^1.2", ">=1.2,<2.0"),
            ("^1", ">=1,<2"),
            ("^0.2.3", ">=0.2.3,<0.3"),
            ("^0.0.3", ">=0.0.3,<0.0.4"),
            ("^0.0", ">=0.0,<0.1"),
            ("^0", ">=0,<1"),
            ("^2.0.0b1", ">=2.0.0b1,<3.0"),
            ("~1.2.3", ">=1.2.3,<1.3"),
            ("~1.2", ">=1.2,<1.3"),
            ("~1", ">=1,<2"),
            ("~=1.2", "~=1.2"),
            ("1.*", "==1.*"),
            ("1.2.*", "==1.2.*"),
            ("1.2.3", "==1.2.3"),
            ("=1.2", "==1.2"),
            (">=1.2,<2", ">=1.2,<2"),
            (">=1.2 <2", ">=1.2,<2"),
            (">= 1.2, < 2.0", ">=1.2,<2.0"),
            ("!=1.5,>1", "!=1.5,>1"),
            ("!=1.5.*", "!=1.5.*"),
            (">=1.*", ">=1"),
            ("^1.0 || ^2.0", ">=1.0,<3.0"),
            ("^1.0 || ^3.0", ">=1.0,!=2.*,<4.0"),
            ("1.1.* || 1.4.*", ">=1.1,!=1.2.*,!=1.3.*,<1.5"),
            ("<2 || >=3", "!=2.*"),
            ("^1.0||*", ""),
        ] {
            let found = bounds(given).unwrap();
            assert_eq!(found.text, wanted, "{given}");
            assert!(!found.wider, "{given}");
        }
        for (given, wanted) in [
            ("1.0 || 2.0", ">=1.0"),
            ("^1.2 || ^1.2.3 || >=5.1", ">=1.2"),
        ] {
            let found = bounds(given).unwrap();
            assert_eq!(
                (found.text.as_str(), found.wider),
                (wanted, true),
                "{given}"
            );
        }
        for wrong in ["^", ">=", "^x", "=>1", "1.0 ||| 2", ">=1.0 <"] {
            assert!(bounds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn pythons_as_markers() {
        for (given, wanted) in [
            ("*", None),
            (
                "^3.8",
                Some("python_version >= '3.8' and python_version < '4.0'"),
            ),
            ("<3.11", Some("python_version < '3.11'")),
            (">=3.8.1", Some("python_full_version >= '3.8.1'")),
            (
                "~3.9",
                Some("python_version >= '3.9' and python_version < '3.10'"),
            ),
            ("3.9.*", Some("python_version == '3.9'")),
            ("<=3.10", Some("python_full_version <= '3.10'")),
            (
                "<3.8 || >=3.12",
                Some("python_version < '3.8' or python_version >= '3.12'"),
            ),
            (
                "~2.7 || ^3.6",
                Some(
                    "(python_version >= '2.7' and python_version < '2.8') or (python_version >= '3.6' and python_version < '4.0')",
                ),
            ),
        ] {
            let found = python_marker(given).unwrap();
            assert_eq!(found.as_deref(), wanted, "{given}");
            if let Some(text) = found {
                naja_spec::Marker::parse(&text).unwrap();
            }
        }
    }
}
