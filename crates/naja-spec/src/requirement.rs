//! Requirements (PEP 508): `name[extra]>=1.0; marker` and `name @ url ; marker`.

use std::fmt;

use crate::marker::{Marker, MarkerEnvironment, MarkerReason, MarkerSet, whole_marker};
use crate::name::{ExtraName, NameReason, PackageName};
use crate::specifier::{SpecifierReason, VersionSpecifiers, lenient_list, strict_list};
use crate::syntax::{Fault, Grammar, SyntaxError, parsed_form};
use crate::url::{SafeUrl, UrlError};

/// A text that is not a requirement by PEP 508.
pub type RequirementError = SyntaxError<RequirementReason>;

/// Why a text is not a requirement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequirementReason {
    /// There is no name at the start.
    #[error("expected a package name")]
    ExpectedName,
    /// A URL without a name before it.
    #[error("expected a package name before the URL, as in `name @ URL`")]
    UrlWithoutName,
    /// The name of the package or of an extra breaks the grammar.
    #[error("{0}")]
    Name(NameReason),
    /// The `[` of the extras is not closed.
    #[error("expected `,` or `]` after the name of an extra")]
    OpenExtras,
    /// There is no URL after `@`.
    #[error("expected a URL after `@`")]
    ExpectedUrl,
    /// What follows `@` is no URL.
    #[error("{0}")]
    Url(UrlError),
    /// A marker right after a URL, of which it would be part.
    #[error("expected a space between the URL and `;`")]
    SpaceBeforeSemicolon,
    /// The parenthesis around the specifiers is not closed.
    #[error("the parenthesis is not closed")]
    OpenParenthesis,
    /// A version specifier breaks the grammar.
    #[error("{0}")]
    Specifier(SpecifierReason),
    /// The marker breaks the grammar.
    #[error("{0}")]
    Marker(MarkerReason),
    /// Something other than a marker after the requirement.
    #[error("expected `;` or the end")]
    ExpectedEnd,
}

impl Grammar for RequirementReason {
    const NOUN: &'static str = "requirement";
}

/// What a package asks of another: its name, extras, where or which versions, and when.
///
/// `Display` gives the normal form, with the secrets of a URL hidden; serialising leaves user and
/// password of a URL out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Requirement {
    /// The package.
    pub name: PackageName,
    /// The extras, sorted, without repetition.
    pub extras: Vec<ExtraName>,
    /// Which versions, or the URL to take it from.
    pub source: RequirementSource,
    /// When the requirement applies; always where there is none.
    pub marker: Option<Marker>,
}

/// Where the required package comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RequirementSource {
    /// From an index, in a version that matches; any version where empty.
    Specifiers(VersionSpecifiers),
    /// From a URL: `http:`, `https:`, `file:` or a version control scheme such as `git+https:`.
    Url(SafeUrl),
}

impl Requirement {
    /// Returns the text as lock files write it: the marker behind ` ; `, in single quotes.
    #[must_use]
    pub fn lockstyle(&self) -> String {
        let bare = Self {
            marker: None,
            ..self.clone()
        };
        match &self.marker {
            Some(marker) => format!("{bare} ; {}", marker.lockstyle()),
            None => bare.to_string(),
        }
    }

    /// Parses a requirement.
    ///
    /// # Errors
    /// Fails where the text does not follow PEP 508.
    pub fn parse(text: &str) -> Result<Self, RequirementError> {
        Parser {
            text,
            at: 0,
            lenient: false,
        }
        .requirement()
        .map_err(|fault| fault.within(text))
    }

    /// Parses a requirement as old metadata needs; see [`VersionSpecifiers::parse_lenient`].
    ///
    /// # Errors
    /// Fails where the text does not follow PEP 508 even so.
    pub fn parse_lenient(text: &str) -> Result<Self, RequirementError> {
        Parser {
            text,
            at: 0,
            lenient: true,
        }
        .requirement()
        .map_err(|fault| fault.within(text))
    }

    /// Tells whether the requirement applies for an environment and the extras asked for.
    #[must_use]
    pub fn applies(&self, environment: &MarkerEnvironment, extras: &[ExtraName]) -> bool {
        self.marker
            .as_ref()
            .is_none_or(|marker| marker.evaluate(environment, extras))
    }

    /// Tells whether the requirement applies in some environment when exactly these extras are asked for.
    #[must_use]
    pub fn applies_somewhere(&self, extras: &[ExtraName]) -> bool {
        self.marker.as_ref().is_none_or(|marker| {
            let environments = MarkerSet::from_marker(marker).with_extras(extras);
            !environments.is_none()
        })
    }

    /// Returns the version specifiers; `None` for a requirement with a URL.
    #[must_use]
    pub fn specifiers(&self) -> Option<&VersionSpecifiers> {
        match &self.source {
            RequirementSource::Specifiers(specifiers) => Some(specifiers),
            RequirementSource::Url(_) => None,
        }
    }

    /// Returns the URL, where there is one.
    #[must_use]
    pub fn url(&self) -> Option<&SafeUrl> {
        match &self.source {
            RequirementSource::Specifiers(_) => None,
            RequirementSource::Url(url) => Some(url),
        }
    }

    fn write(&self, f: &mut impl fmt::Write, url: Option<&dyn fmt::Display>) -> fmt::Result {
        f.write_str(&self.name.with_extras(&self.extras))?;
        if let Some(url) = url {
            write!(f, " @ {url}")?;
        } else if let RequirementSource::Specifiers(specifiers) = &self.source {
            write!(f, "{specifiers}")?;
        }
        if let Some(marker) = &self.marker {
            // Without the space the marker would be part of the URL.
            f.write_str(if url.is_some() { " ; " } else { "; " })?;
            write!(f, "{marker}")?;
        }
        Ok(())
    }
}

parsed_form!(Requirement, RequirementError, "a requirement");

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, self.url().map(|url| url as &dyn fmt::Display))
    }
}

impl serde::Serialize for Requirement {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let public = self.url().map(SafeUrl::without_credentials);
        let shown = public.as_ref().map(SafeUrl::with_secrets);
        let mut text = String::new();
        self.write(
            &mut text,
            shown.as_ref().map(|url| url as &dyn fmt::Display),
        )
        .map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    lenient: bool,
}

type Parsed<T> = Result<T, Fault<RequirementReason>>;

impl<'a> Parser<'a> {
    fn requirement(mut self) -> Parsed<Requirement> {
        self.space();
        let name = self.name()?;
        self.space();
        let extras = if self.take('[') {
            self.extras()?
        } else {
            Vec::new()
        };
        self.space();
        let source = if self.take('@') {
            RequirementSource::Url(self.url()?)
        } else {
            RequirementSource::Specifiers(self.specifiers()?)
        };
        self.space();
        let marker = if self.take(';') {
            Some(self.marker()?)
        } else {
            None
        };
        if self.at < self.text.len() {
            return Err(Fault::new(
                self.at..self.text.len(),
                RequirementReason::ExpectedEnd,
            ));
        }
        Ok(Requirement {
            name,
            extras,
            source,
            marker,
        })
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn take(&mut self, token: char) -> bool {
        let found = self.rest().starts_with(token);
        self.at += if found { token.len_utf8() } else { 0 };
        found
    }

    /// Takes the characters that names are made of.
    fn identifier(&mut self) -> &'a str {
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let rest = self.rest();
        let word = &rest[..rest.find(|c| !part(c)).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    fn name(&mut self) -> Parsed<PackageName> {
        let start = self.at;
        let word = self.identifier();
        if self.rest().starts_with("://") || self.rest().starts_with('+') {
            let end = self.text.len();
            return Err(Fault::new(start..end, RequirementReason::UrlWithoutName));
        }
        if word.is_empty() {
            let end = start + self.rest().chars().next().map_or(0, char::len_utf8);
            return Err(Fault::new(start..end, RequirementReason::ExpectedName));
        }
        PackageName::parse_part(word)
            .map_err(|fault| fault.shifted(start).map(RequirementReason::Name))
    }

    /// Reads from after `[` to after `]`.
    fn extras(&mut self) -> Parsed<Vec<ExtraName>> {
        let mut extras = Vec::new();
        self.space();
        while !self.take(']') {
            let start = self.at;
            let word = self.identifier();
            let name = ExtraName::parse_part(word)
                .map_err(|fault| fault.shifted(start).map(RequirementReason::Name))?;
            extras.push(name);
            self.space();
            if self.take(',') {
                self.space();
                if self.rest().starts_with(']') && !self.lenient {
                    let span = self.at..self.at;
                    return Err(Fault::new(span, RequirementReason::Name(NameReason::Empty)));
                }
            } else if !self.rest().starts_with(']') {
                let end = self.at + self.rest().chars().next().map_or(0, char::len_utf8);
                return Err(Fault::new(self.at..end, RequirementReason::OpenExtras));
            }
        }
        extras.sort();
        extras.dedup();
        Ok(extras)
    }

    /// Reads the URL after `@`; it ends at white space.
    fn url(&mut self) -> Parsed<SafeUrl> {
        self.space();
        let start = self.at;
        let rest = self.rest();
        let text = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        if text.is_empty() {
            return Err(Fault::new(start..start, RequirementReason::ExpectedUrl));
        }
        self.at += text.len();
        if let Some(at) = text.find(';')
            && whole_marker(&rest[at + 1..]).is_ok()
        {
            let span = start + at..start + at + 1;
            return Err(Fault::new(span, RequirementReason::SpaceBeforeSemicolon));
        }
        SafeUrl::parse(text)
            .map_err(|error| Fault::new(start..start + text.len(), RequirementReason::Url(error)))
    }

    fn specifiers(&mut self) -> Parsed<VersionSpecifiers> {
        let bracketed = self.take('(');
        let start = self.at;
        let rest = self.rest();
        let end = match rest.find([')', ';']) {
            Some(end) if bracketed && rest[end..].starts_with(')') => end,
            _ if bracketed && !self.lenient => {
                return Err(Fault::new(
                    start - 1..start,
                    RequirementReason::OpenParenthesis,
                ));
            }
            _ => rest.find(';').unwrap_or(rest.len()),
        };
        let closed = bracketed && rest[end..].starts_with(')');
        if rest.starts_with(',') && !self.lenient {
            return Err(Fault::new(start..start + 1, RequirementReason::ExpectedEnd));
        }
        let list = if self.lenient {
            lenient_list
        } else {
            strict_list
        };
        let specifiers = list(&rest[..end])
            .map_err(|fault| fault.shifted(start).map(RequirementReason::Specifier))?;
        self.at = start + end + usize::from(closed);
        Ok(specifiers.into_iter().collect())
    }

    /// Reads the marker after `;`, which takes up all that is left.
    fn marker(&mut self) -> Parsed<Marker> {
        let start = self.at;
        let marker = whole_marker(self.rest())
            .map_err(|fault| fault.shifted(start).map(RequirementReason::Marker))?;
        self.at = self.text.len();
        Ok(marker)
    }
}

#[cfg(test)]
mod tests;
