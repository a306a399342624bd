//! Reading markers.

use super::tree::{Marker, MarkerComparison, MarkerOperand, MarkerTree};
use super::variable::{MarkerOperator, MarkerVariable};
use crate::syntax::{Fault, Grammar, SyntaxError};

/// A text that is not a marker by PEP 508.
pub type MarkerError = SyntaxError<MarkerReason>;

/// How deep parentheses may nest.
const MAX_DEPTH: usize = 64;

/// Why a text is not a marker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MarkerReason {
    /// Neither a variable nor a quoted text where one of the two should be.
    #[error("expected a marker variable or a quoted text")]
    ExpectedOperand,
    /// A word that is no variable.
    #[error("there is no marker variable `{0}`")]
    UnknownVariable(Box<str>),
    /// No operator between two sides.
    #[error("expected one of `==`, `!=`, `<`, `<=`, `>`, `>=`, `~=`, `===`, `in`, `not in`")]
    ExpectedOperator,
    /// A quote that is not closed.
    #[error("the quoted text does not end")]
    OpenQuote,
    /// A parenthesis that is not closed.
    #[error("the parenthesis is not closed")]
    OpenParenthesis,
    /// A comparison followed by something other than `and`, `or` or the end.
    #[error("expected `and`, `or` or the end")]
    ExpectedEnd,
    /// Too many nested parentheses.
    #[error("parentheses are nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// A set variable other than as the right side of `in` or `not in`.
    #[error("`{0}` can only be used as in `\"name\" in {0}`")]
    SetVariable(MarkerVariable),
}

impl Grammar for MarkerReason {
    const NOUN: &'static str = "marker";
}

type Result<T> = std::result::Result<T, Fault<MarkerReason>>;

/// Reads a marker that takes up the whole text.
pub(crate) fn whole(text: &str) -> Result<Marker> {
    let mut cursor = Cursor { text, at: 0 };
    let tree = cursor.either(0)?;
    cursor.space();
    if cursor.at < text.len() {
        return Err(Fault::new(cursor.at..text.len(), MarkerReason::ExpectedEnd));
    }
    Ok(tree.into())
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Skips white space, then takes the token if it is next.
    fn take(&mut self, token: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(token);
        self.at += if found { token.len() } else { 0 };
        found
    }

    /// Returns the word that is next, after white space, without taking it.
    fn word(&mut self) -> &'a str {
        self.space();
        let rest = self.rest();
        let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        &rest[..rest.find(|c| !part(c)).unwrap_or(rest.len())]
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.word() == word;
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn either(&mut self, depth: usize) -> Result<MarkerTree> {
        let mut nodes = vec![self.both(depth)?];
        while self.take_word("or") {
            nodes.push(self.both(depth)?);
        }
        Ok(MarkerTree::one(nodes))
    }

    fn both(&mut self, depth: usize) -> Result<MarkerTree> {
        let mut nodes = vec![self.atom(depth)?];
        while self.take_word("and") {
            nodes.push(self.atom(depth)?);
        }
        Ok(MarkerTree::all(nodes))
    }

    fn atom(&mut self, depth: usize) -> Result<MarkerTree> {
        self.space();
        let start = self.at;
        if !self.take("(") {
            return self.comparison().map(MarkerTree::Comparison);
        }
        if depth == MAX_DEPTH {
            return Err(Fault::new(start..self.at, MarkerReason::TooDeep));
        }
        let tree = self.either(depth + 1)?;
        if self.take(")") {
            return Ok(tree);
        }
        if self.at < self.text.len() {
            return Err(Fault::new(
                self.at..self.text.len(),
                MarkerReason::ExpectedEnd,
            ));
        }
        Err(Fault::new(start..start + 1, MarkerReason::OpenParenthesis))
    }

    fn comparison(&mut self) -> Result<MarkerComparison> {
        self.space();
        let start = self.at;
        let left = self.operand()?;
        let operator = self.operator()?;
        let right = self.operand()?;
        for (side, allowed) in [(&left, false), (&right, true)] {
            let MarkerOperand::Variable(variable) = side else {
                continue;
            };
            let is_member_test = matches!(left, MarkerOperand::Literal(_))
                && matches!(operator, MarkerOperator::In | MarkerOperator::NotIn);
            if variable.is_set() && !(allowed && is_member_test) {
                let reason = MarkerReason::SetVariable(*variable);
                return Err(Fault::new(start..self.at, reason));
            }
        }
        Ok(MarkerComparison::new(left, operator, right))
    }

    fn operand(&mut self) -> Result<MarkerOperand> {
        self.space();
        let start = self.at;
        let Some(first) = self.rest().chars().next() else {
            return Err(Fault::new(start..start, MarkerReason::ExpectedOperand));
        };
        if first == '"' || first == '\'' {
            let inner = &self.rest()[1..];
            let Some(end) = inner.find(first) else {
                return Err(Fault::new(start..self.text.len(), MarkerReason::OpenQuote));
            };
            self.at += end + 2;
            return Ok(MarkerOperand::Literal(inner[..end].into()));
        }
        let word = self.word();
        if word.is_empty() {
            let span = start..start + first.len_utf8();
            return Err(Fault::new(span, MarkerReason::ExpectedOperand));
        }
        let Some(variable) = MarkerVariable::from_name(word) else {
            let reason = MarkerReason::UnknownVariable(word.into());
            return Err(Fault::new(start..start + word.len(), reason));
        };
        self.at += word.len();
        Ok(MarkerOperand::Variable(variable))
    }

    fn operator(&mut self) -> Result<MarkerOperator> {
        const SYMBOLS: [(&str, MarkerOperator); 8] = [
            ("===", MarkerOperator::Arbitrary),
            ("==", MarkerOperator::Equal),
            ("~=", MarkerOperator::Compatible),
            ("!=", MarkerOperator::NotEqual),
            ("<=", MarkerOperator::LessEqual),
            (">=", MarkerOperator::GreaterEqual),
            ("<", MarkerOperator::Less),
            (">", MarkerOperator::Greater),
        ];
        for (symbol, operator) in SYMBOLS {
            if self.take(symbol) {
                return Ok(operator);
            }
        }
        let start = self.at;
        if self.take_word("in") {
            return Ok(MarkerOperator::In);
        }
        if self.take_word("not") && self.take_word("in") {
            return Ok(MarkerOperator::NotIn);
        }
        self.at = start;
        let word = self.word().len();
        Err(Fault::new(
            start..start + word,
            MarkerReason::ExpectedOperator,
        ))
    }
}
