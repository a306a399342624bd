//! The normal form of a marker as text.

use std::fmt::{self, Write};

use super::tree::{Marker, MarkerComparison, MarkerOperand, MarkerTree};

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.tree(), f)
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
        match self {
            Self::Variable(variable) => fmt::Display::fmt(variable, f),
            Self::Literal(text) => {
                // A quoted text cannot hold its own quote, so it holds one kind at most.
                let quote = if text.contains('"') { '\'' } else { '"' };
                f.write_char(quote)?;
                f.write_str(text)?;
                f.write_char(quote)
            }
        }
    }
}
