//! Reading specifiers strictly.

use super::operator::Operator;
use super::single::VersionSpecifier;
use crate::syntax::{Fault, Grammar, SyntaxError};
use crate::version::{Version, VersionReason};

/// A text that is not a version specifier by PEP 440.
pub type SpecifierError = SyntaxError<SpecifierReason>;

/// Why a text is not a version specifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpecifierReason {
    /// There is no operator before the version.
    #[error("expected one of `==`, `!=`, `~=`, `<`, `<=`, `>`, `>=`, `===`")]
    ExpectedOperator,
    /// Something like `=` or `=>` that is not an operator.
    #[error("`{found}` is not an operator; `{meant}` is")]
    NotAnOperator {
        /// What was written.
        found: &'static str,
        /// What was probably meant.
        meant: &'static str,
    },
    /// There is no version after the operator.
    #[error("expected a version after the operator")]
    ExpectedVersion,
    /// What follows the operator is no version.
    #[error("{0}")]
    Version(VersionReason),
    /// `.*` with an operator other than `==` and `!=`.
    #[error("`.*` can only be used with `==` and `!=`")]
    StarWithOperator,
    /// `.*` after a pre-, post-, development or local segment.
    #[error("`.*` can only follow release numbers")]
    StarAfterSuffix,
    /// A local label with an operator other than `==`, `!=` and `===`.
    #[error("a local version can only be used with `==`, `!=` and `===`")]
    LocalWithOperator,
    /// `~=` with a single release number.
    #[error("`~=` needs at least two release numbers, such as `~=1.0`")]
    CompatibleTooShort,
    /// A space, `;` or `)` within the text of `===`.
    #[error("`{0}` cannot be part of a version")]
    ArbitraryCharacter(char),
}

impl Grammar for SpecifierReason {
    const NOUN: &'static str = "version specifier";
}

pub(crate) type Result<T> = std::result::Result<T, Fault<SpecifierReason>>;

/// Reads a list separated by commas; empty parts do not count.
pub(crate) fn list(text: &str) -> Result<Vec<VersionSpecifier>> {
    let mut specifiers = Vec::new();
    let mut start = 0;
    for part in text.split(',') {
        if !part.trim().is_empty() {
            specifiers.push(single(part).map_err(|fault| fault.shifted(start))?);
        }
        start += part.len() + 1;
    }
    Ok(specifiers)
}

/// Reads the operator at the start of the text, with its length.
pub(super) fn operator(text: &str) -> Option<(Operator, usize)> {
    let bytes = text.as_bytes();
    Some(match bytes {
        [b'=', b'=', b'=', ..] => (Operator::Arbitrary, 3),
        [b'=', b'=', ..] => (Operator::Equal, 2),
        [b'!', b'=', ..] => (Operator::NotEqual, 2),
        [b'~', b'=', ..] => (Operator::Compatible, 2),
        [b'<', b'=', ..] => (Operator::LessEqual, 2),
        [b'>', b'=', ..] => (Operator::GreaterEqual, 2),
        [b'<', ..] => (Operator::Less, 1),
        [b'>', ..] => (Operator::Greater, 1),
        _ => return None,
    })
}

/// Reads one specifier, surrounding white space allowed.
pub(super) fn single(text: &str) -> Result<VersionSpecifier> {
    let inner = text.trim_start();
    let lead = text.len() - inner.len();
    let inner = inner.trim_end();
    let Some((operator, length)) = operator(inner) else {
        return Err(no_operator(inner).shifted(lead));
    };
    let version = inner[length..].trim_start();
    let offset = inner.len() - version.len();
    if version.is_empty() {
        return Err(Fault::new(offset..offset, SpecifierReason::ExpectedVersion).shifted(lead));
    }
    operand(operator, version).map_err(|fault| fault.shifted(lead + offset))
}

fn no_operator(text: &str) -> Fault<SpecifierReason> {
    let slips = [
        ("=>", ">="),
        ("=<", "<="),
        ("=!", "!="),
        ("=~", "~="),
        ("=", "=="),
        ("~", "~="),
    ];
    for (found, meant) in slips {
        if text.starts_with(found) {
            return Fault::new(
                0..found.len(),
                SpecifierReason::NotAnOperator { found, meant },
            );
        }
    }
    Fault::new(0..0, SpecifierReason::ExpectedOperator)
}

/// Reads what follows the operator.
fn operand(operator: Operator, text: &str) -> Result<VersionSpecifier> {
    if operator == Operator::Arbitrary {
        let refused = |found: &(usize, char)| found.1.is_whitespace() || ";)".contains(found.1);
        return match text.char_indices().find(refused) {
            None => Ok(VersionSpecifier::arbitrary(text)),
            Some((at, found)) => Err(Fault::new(
                at..at + found.len_utf8(),
                SpecifierReason::ArbitraryCharacter(found),
            )),
        };
    }
    let (number, star) = match text.strip_suffix(".*") {
        Some(number) => (number, true),
        None => (text, false),
    };
    let version =
        Version::parse_part(number).map_err(|fault| fault.map(SpecifierReason::Version))?;
    let whole = 0..text.len();
    let starred = number.len()..text.len();
    let operator = match (operator, star) {
        (operator, false) => operator,
        (Operator::Equal, true) => Operator::EqualStar,
        (Operator::NotEqual, true) => Operator::NotEqualStar,
        (_, true) => return Err(Fault::new(starred, SpecifierReason::StarWithOperator)),
    };
    let has_local = version.local().is_some();
    VersionSpecifier::new(operator, version).ok_or(match operator {
        _ if star => Fault::new(starred, SpecifierReason::StarAfterSuffix),
        _ if has_local => {
            let plus = text.find('+').unwrap_or(0);
            Fault::new(plus..text.len(), SpecifierReason::LocalWithOperator)
        }
        _ => Fault::new(whole, SpecifierReason::CompatibleTooShort),
    })
}
