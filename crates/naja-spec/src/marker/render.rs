//! The normal form of a marker as text.

use std::fmt::{self, Write};

use super::tree::{Marker, MarkerComparison, MarkerOperand, MarkerTree};

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.tree(), f)
    }
}

/// A marker in the notation of lock files and compiled requirements: single quotes, parentheses
/// around each alternative of several comparisons.
#[derive(Debug, Clone, Copy)]
pub struct LockStyle<'a>(&'a MarkerTree);

impl Marker {
    /// Returns the marker as lock files and compiled requirements write it, e.g.
    /// `(os_name == 'nt' and python_full_version < '3.9') or sys_platform == 'win32'`.
    #[must_use]
    pub fn lockstyle(&self) -> LockStyle<'_> {
        LockStyle(self.tree())
    }
}

impl fmt::Display for LockStyle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (nodes, word) = match self.0 {
            MarkerTree::Comparison(comparison) => {
                operand(comparison.left(), '\'', f)?;
                write!(f, " {} ", comparison.operator())?;
                return operand(comparison.right(), '\'', f);
            }
            MarkerTree::And(nodes) => (nodes, " and "),
            MarkerTree::Or(nodes) => (nodes, " or "),
        };
        for (at, node) in nodes.iter().enumerate() {
            if at > 0 {
                f.write_str(word)?;
            }
            if matches!(node, MarkerTree::Comparison(_)) {
                LockStyle(node).fmt(f)?;
            } else {
                write!(f, "({})", LockStyle(node))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for MarkerTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (nodes, word) = match self {
            Self::Comparison(comparison) => return fmt::Display::fmt(comparison, f),
            Self::And(nodes) => (nodes, " and "),
            Self::Or(nodes) => (nodes, " or "),
        };
        for (at, node) in nodes.iter().enumerate() {
            if at > 0 {
                f.write_str(word)?;
            }
            if matches!(node, Self::Or(_)) {
                write!(f, "({node})")?;
            } else {
                fmt::Display::fmt(node, f)?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for MarkerComparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.left(), self.operator(), self.right())
    }
}

impl fmt::Display for MarkerOperand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        operand(self, '"', f)
    }
}

/// Writes one side. A quoted text cannot hold its own quote, so it holds one kind at most.
fn operand(operand: &MarkerOperand, quote: char, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match operand {
        MarkerOperand::Variable(variable) => fmt::Display::fmt(variable, f),
        MarkerOperand::Literal(text) => {
            let quote = match (quote, text.contains(quote)) {
                ('"', true) => '\'',
                (_, true) => '"',
                (quote, false) => quote,
            };
            f.write_char(quote)?;
            f.write_str(text)?;
            f.write_char(quote)
        }
    }
}
