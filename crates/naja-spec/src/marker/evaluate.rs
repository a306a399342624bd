//! Deciding markers.

use std::borrow::Cow;

use super::environment::MarkerScope;
use super::tree::{MarkerComparison, MarkerOperand, MarkerTree, Test};
use super::variable::{MarkerOperator, MarkerVariable};
use crate::name::ExtraName;

impl MarkerTree {
    /// Tells whether the node holds; the depth of the tree is limited by its parser.
    pub(super) fn evaluate(&self, scope: &MarkerScope<'_>) -> bool {
        match self {
            Self::And(nodes) => nodes.iter().all(|node| node.evaluate(scope)),
            Self::Or(nodes) => nodes.iter().any(|node| node.evaluate(scope)),
            Self::Comparison(comparison) => comparison.evaluate(scope),
        }
    }
}

impl MarkerComparison {
    pub(super) fn evaluate(&self, scope: &MarkerScope<'_>) -> bool {
        match &self.test {
            Test::Version(variable, specifier) => match scope.environment.version(*variable) {
                Some(value) => specifier.contains(&value),
                None => self.compare_texts(scope),
            },
            Test::Reversed(literal, operator, variable) => {
                match scope.environment.version(*variable) {
                    Some(value) => operator.matches(literal, &value),
                    None => self.compare_texts(scope),
                }
            }
            Test::Extra(name, wanted) => {
                scope.extras.iter().any(|extra| extra.as_str() == &**name) == *wanted
            }
            Test::Group(name, wanted) => {
                scope.groups.iter().any(|group| group.as_str() == &**name) == *wanted
            }
            Test::Text => self.compare_texts(scope),
        }
    }

    fn compare_texts(&self, scope: &MarkerScope<'_>) -> bool {
        if self.mentions(MarkerVariable::Extra) {
            return self.compare_extras(scope);
        }
        let (left, right) = (text(self.left(), scope), text(self.right(), scope));
        compare(&left, self.operator(), &right)
    }

    /// Compares with each extra asked for, or with the empty text where there is none; a negation
    /// must hold for all of them, anything else for one.
    fn compare_extras(&self, scope: &MarkerScope<'_>) -> bool {
        let side = |operand: &MarkerOperand, extra: &str| match operand {
            MarkerOperand::Variable(MarkerVariable::Extra) => extra.to_owned(),
            other => text(other, scope).into_owned(),
        };
        let holds = |extra: &str| {
            compare(
                &side(self.left(), extra),
                self.operator(),
                &side(self.right(), extra),
            )
        };
        if scope.extras.is_empty() {
            return holds("");
        }
        let mut names = scope.extras.iter().map(ExtraName::as_str);
        if matches!(
            self.operator(),
            MarkerOperator::NotEqual | MarkerOperator::NotIn
        ) {
            names.all(holds)
        } else {
            names.any(holds)
        }
    }
}

fn text<'a>(operand: &'a MarkerOperand, scope: &MarkerScope<'a>) -> Cow<'a, str> {
    match operand {
        MarkerOperand::Literal(text) => Cow::Borrowed(text),
        MarkerOperand::Variable(variable) => scope.environment.text(*variable),
    }
}

/// Compares texts. They have no order: `<` and `>` are false, `<=` and `>=` mean equality.
pub(super) fn compare(left: &str, operator: MarkerOperator, right: &str) -> bool {
    match operator {
        MarkerOperator::Equal | MarkerOperator::LessEqual | MarkerOperator::GreaterEqual => {
            left == right
        }
        MarkerOperator::Arbitrary => left.eq_ignore_ascii_case(right.trim()),
        MarkerOperator::NotEqual => left != right,
        MarkerOperator::In => right.contains(left),
        MarkerOperator::NotIn => !right.contains(left),
        MarkerOperator::Less | MarkerOperator::Greater | MarkerOperator::Compatible => false,
    }
}
