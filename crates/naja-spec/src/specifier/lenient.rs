//! Reading the specifiers of old metadata, which nobody can correct any more.

use super::operator::Operator;
use super::parse::{self, Result};
use super::single::VersionSpecifier;
use crate::version::Version;

/// Reads a list strictly, or else part by part with every known slip mended.
pub(crate) fn list(text: &str) -> Result<Vec<VersionSpecifier>> {
    let fault = match parse::list(text) {
        Ok(specifiers) => return Ok(specifiers),
        Err(fault) => fault,
    };
    let mut specifiers = Vec::new();
    for part in parts(text) {
        match mended(part) {
            Some(specifier) => specifiers.push(specifier),
            None => return Err(fault),
        }
    }
    Ok(specifiers)
}

/// Characters that operators are made of.
fn is_operator(character: char) -> bool {
    matches!(character, '<' | '>' | '=' | '!' | '~')
}

fn is_padding(character: char) -> bool {
    character.is_whitespace() || character == '"' || character == '\''
}

/// Splits at commas and before each operator, so that missing commas do not matter.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').flat_map(|part| {
        let mut rest = part;
        std::iter::from_fn(move || {
            rest = rest.trim_matches(is_padding);
            if rest.is_empty() {
                return None;
            }
            let (head, tail) = rest.split_at(end_of_first(rest));
            rest = tail;
            Some(head.trim_matches(is_padding))
        })
    })
}

/// Finds where the second operator of the text starts; a `!` alone ends an epoch.
fn end_of_first(text: &str) -> usize {
    let operand = text.find(|c| !is_operator(c)).unwrap_or(text.len());
    let next = text[operand..].find(|c| c != '!' && is_operator(c));
    next.map_or(text.len(), |at| {
        let end = operand + at;
        end - usize::from(text[..end].ends_with('!'))
    })
}

/// Reads one part with its slips mended.
fn mended(part: &str) -> Option<VersionSpecifier> {
    if let Ok(specifier) = parse::single(part) {
        return Some(specifier);
    }
    let end = part.find(|c| !is_operator(c))?;
    let (symbol, operand) = part.split_at(end);
    let operand = operand.trim_matches(is_padding);
    let mut number = operand.trim_end_matches(['*', '.']);
    let mut star = number.len() < operand.len() && operand.ends_with('*');
    let mut operator = match symbol {
        "==" | "=" => Operator::Equal,
        "!=" | "=!" | "<>" => Operator::NotEqual,
        "~=" | "=~" | "~" | "~>" => Operator::Compatible,
        "<=" | "=<" => Operator::LessEqual,
        ">=" | "=>" => Operator::GreaterEqual,
        "<" => Operator::Less,
        ">" => Operator::Greater,
        "!=~" | "!~=" => {
            star = true;
            number = number.rsplit_once('.').map_or(number, |(prefix, _)| prefix);
            Operator::NotEqual
        }
        _ => return None,
    };
    if star {
        operator = match operator {
            Operator::Equal => Operator::EqualStar,
            Operator::NotEqual => Operator::NotEqualStar,
            other => other,
        };
    }
    let mut version = match number {
        "dev" => Version::parse("0.dev0").ok()?,
        _ => Version::parse_part(number).ok()?,
    };
    match operator {
        Operator::Equal | Operator::NotEqual => {}
        Operator::EqualStar | Operator::NotEqualStar => version = version.base(),
        Operator::Compatible if version.release().len() == 1 => {
            let mut parts = version.without_local().to_parts();
            parts.release.push(0);
            version = Version::from_parts(parts);
        }
        _ => version = version.without_local(),
    }
    VersionSpecifier::new(operator, version)
}
