//! The marker as a tree.

use std::sync::Arc;

use super::environment::{MarkerEnvironment, MarkerScope};
use super::parse::{self, MarkerError};
use super::variable::{MarkerOperator, MarkerVariable};
use crate::name::ExtraName;
use crate::specifier::{Operator, VersionSpecifier};
use crate::syntax::text_form;
use crate::version::Version;

/// An environment marker; cheap to clone. Equality is that of the normal form, not of meaning.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Marker(Arc<MarkerTree>);

/// A node of a marker. `And` and `Or` hold at least two nodes, none of their own kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MarkerTree {
    /// All must be true.
    And(Vec<MarkerTree>),
    /// One must be true.
    Or(Vec<MarkerTree>),
    /// A single comparison.
    Comparison(MarkerComparison),
}

/// One comparison, e.g. `python_version >= "3.8"`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MarkerComparison {
    left: MarkerOperand,
    operator: MarkerOperator,
    right: MarkerOperand,
    /// How to decide it, prepared when the comparison is built.
    pub(super) test: Test,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum MarkerOperand {
    /// A variable.
    Variable(MarkerVariable),
    /// A quoted text, without its quotes; the name of an extra or group is in normal form.
    Literal(Arc<str>),
}

/// The prepared form of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Test {
    /// `variable OP "version"`
    Version(MarkerVariable, VersionSpecifier),
    /// `"version" OP variable`
    Reversed(Version, Operator, MarkerVariable),
    /// `extra == "name"` and `"name" in extras`: membership, or its opposite where false.
    Extra(Arc<str>, bool),
    /// `"name" in dependency_groups`: membership, or its opposite where false.
    Group(Arc<str>, bool),
    /// Texts of both sides are compared.
    Text,
}

impl MarkerComparison {
    /// Builds a comparison; names of extras and groups are normalised.
    #[must_use]
    pub fn new(left: MarkerOperand, operator: MarkerOperator, right: MarkerOperand) -> Self {
        let (left, right) = match (left, right) {
            (MarkerOperand::Variable(variable), MarkerOperand::Literal(text)) => {
                let text = normal_literal(variable, text);
                (
                    MarkerOperand::Variable(variable),
                    MarkerOperand::Literal(text),
                )
            }
            (MarkerOperand::Literal(text), MarkerOperand::Variable(variable)) => {
                let text = normal_literal(variable, text);
                (
                    MarkerOperand::Literal(text),
                    MarkerOperand::Variable(variable),
                )
            }
            other => other,
        };
        let test = Test::new(&left, operator, &right);
        Self {
            left,
            operator,
            right,
            test,
        }
    }

    /// Returns the left side.
    #[must_use]
    pub fn left(&self) -> &MarkerOperand {
        &self.left
    }

    /// Returns the operator.
    #[must_use]
    pub fn operator(&self) -> MarkerOperator {
        self.operator
    }

    /// Returns the right side.
    #[must_use]
    pub fn right(&self) -> &MarkerOperand {
        &self.right
    }

    /// Tells whether either side is the given variable.
    #[must_use]
    pub fn mentions(&self, variable: MarkerVariable) -> bool {
        [&self.left, &self.right].contains(&&MarkerOperand::Variable(variable))
    }
}

/// Brings the names of extras and groups into normal form; a text that is no name stays.
fn normal_literal(variable: MarkerVariable, text: Arc<str>) -> Arc<str> {
    let names = matches!(
        variable,
        MarkerVariable::Extra | MarkerVariable::Extras | MarkerVariable::DependencyGroups
    );
    match crate::name::normalise(&text) {
        Ok(name) if names => name.into(),
        _ => text,
    }
}

impl Test {
    fn new(left: &MarkerOperand, operator: MarkerOperator, right: &MarkerOperand) -> Self {
        use MarkerOperand::{Literal, Variable};
        match (left, right) {
            (Variable(MarkerVariable::Extra), Literal(text))
            | (Literal(text), Variable(MarkerVariable::Extra)) => match operator {
                // The empty text stands for no extra at all.
                _ if text.is_empty() => Self::Text,
                MarkerOperator::Equal => Self::Extra(text.clone(), true),
                MarkerOperator::NotEqual => Self::Extra(text.clone(), false),
                _ => Self::Text,
            },
            (Literal(text), Variable(MarkerVariable::Extras)) => {
                Self::Extra(text.clone(), operator == MarkerOperator::In)
            }
            (Literal(text), Variable(MarkerVariable::DependencyGroups)) => {
                Self::Group(text.clone(), operator == MarkerOperator::In)
            }
            (Variable(variable), Literal(text)) if variable.is_version() => {
                specifier(operator, text)
                    .map_or(Self::Text, |specifier| Self::Version(*variable, specifier))
            }
            (Literal(text), Variable(variable)) if variable.is_version() => {
                match (operator.as_version_operator(), Version::parse_part(text)) {
                    (Some(operator), Ok(version)) if operator != Operator::Arbitrary => {
                        Self::Reversed(version, operator, *variable)
                    }
                    _ => Self::Text,
                }
            }
            _ => Self::Text,
        }
    }
}

/// Reads the right side of a version comparison; `None` where there is no such version.
fn specifier(operator: MarkerOperator, text: &str) -> Option<VersionSpecifier> {
    let operator = operator.as_version_operator()?;
    if operator == Operator::Arbitrary {
        return None;
    }
    let text = text.trim();
    if let Some(number) = text.strip_suffix(".*") {
        let operator = match operator {
            Operator::Equal => Operator::EqualStar,
            Operator::NotEqual => Operator::NotEqualStar,
            _ => return None,
        };
        return VersionSpecifier::new(operator, Version::parse_part(number).ok()?);
    }
    VersionSpecifier::new(operator, Version::parse_part(text).ok()?)
}

impl Marker {
    /// Parses a marker.
    ///
    /// # Errors
    /// Fails where the text does not follow the grammar of PEP 508, names an unknown variable, or
    /// nests parentheses more than 64 deep.
    pub fn parse(text: &str) -> Result<Self, MarkerError> {
        parse::whole(text).map_err(|fault| fault.within(text))
    }

    /// Returns the tree.
    #[must_use]
    pub fn tree(&self) -> &MarkerTree {
        &self.0
    }

    /// Tells whether the marker holds for an environment and the extras asked for; the set of
    /// dependency groups counts as empty.
    #[must_use]
    pub fn evaluate(&self, environment: &MarkerEnvironment, extras: &[ExtraName]) -> bool {
        self.evaluate_in(&MarkerScope::new(environment, extras))
    }

    /// Tells whether the marker holds in a scope.
    #[must_use]
    pub fn evaluate_in(&self, scope: &MarkerScope<'_>) -> bool {
        self.0.evaluate(scope)
    }

    /// Tells whether the marker depends on the extras asked for.
    #[must_use]
    pub fn mentions_extra(&self) -> bool {
        self.mentions(MarkerVariable::Extra) || self.mentions(MarkerVariable::Extras)
    }

    /// Tells whether the marker mentions a variable.
    #[must_use]
    pub fn mentions(&self, variable: MarkerVariable) -> bool {
        self.0.any(&|comparison| comparison.mentions(variable))
    }

    /// Returns the marker that holds where both hold.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        MarkerTree::all([self.tree().clone(), other.tree().clone()].into()).into()
    }

    /// Returns the marker that holds where one of the two holds.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        MarkerTree::one([self.tree().clone(), other.tree().clone()].into()).into()
    }
}

text_form!(Marker, MarkerError, "an environment marker");

impl From<MarkerTree> for Marker {
    fn from(tree: MarkerTree) -> Self {
        Self(Arc::new(tree))
    }
}

impl MarkerTree {
    /// Joins with `and`; a single node stays what it is.
    pub(super) fn all(nodes: Vec<Self>) -> Self {
        Self::joined(nodes, Self::And, |node| match node {
            Self::And(inner) => Ok(inner),
            other => Err(other),
        })
    }

    /// Joins with `or`; a single node stays what it is.
    pub(super) fn one(nodes: Vec<Self>) -> Self {
        Self::joined(nodes, Self::Or, |node| match node {
            Self::Or(inner) => Ok(inner),
            other => Err(other),
        })
    }

    fn joined(
        nodes: Vec<Self>,
        join: fn(Vec<Self>) -> Self,
        open: fn(Self) -> Result<Vec<Self>, Self>,
    ) -> Self {
        let mut flat: Vec<Self> = Vec::with_capacity(nodes.len());
        for node in nodes {
            match open(node) {
                Ok(inner) if flat.is_empty() => flat = inner,
                Ok(inner) => flat.extend(inner),
                Err(node) => flat.push(node),
            }
        }
        if flat.len() == 1
            && let Some(node) = flat.pop()
        {
            return node;
        }
        join(flat)
    }

    fn any(&self, wanted: &dyn Fn(&MarkerComparison) -> bool) -> bool {
        match self {
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().any(|node| node.any(wanted)),
            Self::Comparison(comparison) => wanted(comparison),
        }
    }
}
