//! From one comparison to a diagram.

use std::sync::Arc;

use super::axis::{Axis, ByText, Flag, TextAxis};
use super::diagram::{Cut, Edges, Node, TooComplex, Work};
use super::evaluate;
use super::tree::{MarkerComparison, MarkerOperand, MarkerTree, Test};
use super::variable::{MarkerOperator, MarkerVariable};
use crate::specifier::{Operator, VersionSpecifier};
use crate::version::Version;

/// Values of `platform_system` that stand for a value of `sys_platform`.
const SYSTEMS: [(&str, &str); 3] = [
    ("Windows", "win32"),
    ("Darwin", "darwin"),
    ("Linux", "linux"),
];

/// The diagram of a marker.
pub(super) fn tree(tree: &MarkerTree, work: &mut Work) -> Result<Node, TooComplex> {
    match tree {
        MarkerTree::And(nodes) => nodes.iter().try_fold(Node::True, |all, node| {
            let node = self::tree(node, work)?;
            all.and(&node, work)
        }),
        MarkerTree::Or(nodes) => nodes.iter().try_fold(Node::False, |all, node| {
            let node = self::tree(node, work)?;
            all.or(&node, work)
        }),
        MarkerTree::Comparison(comparison) => self::comparison(comparison, work),
    }
}

/// A marker as one question.
pub(super) fn whole(tree: &MarkerTree) -> Node {
    let text: Arc<str> = tree.to_string().into();
    let flag = Flag::Whole(text, ByText(Arc::new(tree.clone())));
    Node::flag(Axis::Flag(flag))
}

fn comparison(comparison: &MarkerComparison, work: &mut Work) -> Result<Node, TooComplex> {
    let membership = |name: &Arc<str>, wanted: bool, axis: fn(Arc<str>) -> Flag| {
        let node = Node::flag(Axis::Flag(axis(name.clone())));
        if wanted {
            Ok(node)
        } else {
            node.not(&mut Work::default())
        }
    };
    match &comparison.test {
        Test::Version(variable, specifier) => {
            versions(*variable, specifier).unwrap_or_else(|| Ok(opaque(comparison)))
        }
        Test::Reversed(version, operator, variable) => reversed(*operator)
            .and_then(|operator| VersionSpecifier::new(operator, version.clone()))
            .and_then(|specifier| versions(*variable, &specifier))
            .unwrap_or_else(|| Ok(opaque(comparison))),
        Test::Extra(name, wanted) if comparison.mentions(MarkerVariable::Extras) => {
            membership(name, *wanted, Flag::InExtras)
        }
        Test::Extra(name, wanted) => membership(name, *wanted, Flag::Extra),
        Test::Group(name, wanted) => membership(name, *wanted, Flag::Group),
        Test::Text => text(comparison, work),
    }
}

/// A comparison as one question; negations share the question of what they negate.
fn opaque(comparison: &MarkerComparison) -> Node {
    let positive = match comparison.operator() {
        MarkerOperator::NotIn => Some(MarkerOperator::In),
        MarkerOperator::NotEqual => Some(MarkerOperator::Equal),
        _ => None,
    };
    if let Some(operator) = positive {
        let opposite = MarkerComparison::new(
            comparison.left().clone(),
            operator,
            comparison.right().clone(),
        );
        let node = opaque(&opposite);
        return node.not(&mut Work::default()).unwrap_or(node);
    }
    let text: Arc<str> = comparison.to_string().into();
    let flag = Flag::Comparison(text, ByText(Arc::new(comparison.clone())));
    Node::flag(Axis::Flag(flag))
}

/// The operator with its sides exchanged.
fn reversed(operator: Operator) -> Option<Operator> {
    Some(match operator {
        Operator::Equal => Operator::Equal,
        Operator::NotEqual => Operator::NotEqual,
        Operator::Less => Operator::Greater,
        Operator::LessEqual => Operator::GreaterEqual,
        Operator::Greater => Operator::Less,
        Operator::GreaterEqual => Operator::LessEqual,
        _ => return None,
    })
}

fn text(comparison: &MarkerComparison, work: &mut Work) -> Result<Node, TooComplex> {
    let (variable, literal, is_left) = match (comparison.left(), comparison.right()) {
        (MarkerOperand::Variable(variable), MarkerOperand::Literal(text)) => {
            (*variable, text, true)
        }
        (MarkerOperand::Literal(text), MarkerOperand::Variable(variable)) => {
            (*variable, text, false)
        }
        (MarkerOperand::Literal(left), MarkerOperand::Literal(right)) => {
            return Ok(constant(evaluate::compare(
                left,
                comparison.operator(),
                right,
            )));
        }
        _ => return Ok(opaque(comparison)),
    };
    if matches!(
        variable,
        MarkerVariable::PythonVersion
            | MarkerVariable::PythonFullVersion
            | MarkerVariable::ImplementationVersion
    ) {
        let listed = listed_versions(variable, comparison.operator(), literal, is_left, work)?;
        return Ok(listed.unwrap_or_else(|| opaque(comparison)));
    }
    let Some(axis) = TextAxis::of(variable) else {
        return Ok(opaque(comparison));
    };
    match comparison.operator() {
        MarkerOperator::Equal | MarkerOperator::LessEqual | MarkerOperator::GreaterEqual => {
            point(axis, literal, true)
        }
        MarkerOperator::NotEqual => point(axis, literal, false),
        MarkerOperator::Less | MarkerOperator::Greater | MarkerOperator::Compatible => {
            Ok(Node::False)
        }
        MarkerOperator::Arbitrary | MarkerOperator::In | MarkerOperator::NotIn => {
            Ok(opaque(comparison))
        }
    }
}

fn constant(holds: bool) -> Node {
    if holds { Node::True } else { Node::False }
}

/// One value of a text variable, or all others.
pub(super) fn point(axis: TextAxis, text: &Arc<str>, equal: bool) -> Result<Node, TooComplex> {
    if axis == TextAxis::PlatformSystem
        && let Some((_, platform)) = SYSTEMS.iter().find(|(system, _)| **system == **text)
    {
        return point(TextAxis::SysPlatform, &Arc::from(*platform), equal);
    }
    if axis == TextAxis::OsName && **text == *"nt" {
        // Every Python that calls itself `nt` is one for Windows, and the other way round.
        return point(TextAxis::SysPlatform, &Arc::from("win32"), equal);
    }
    let edges = Edges::Texts {
        points: [(text.clone(), constant(equal))].into(),
        other: constant(!equal),
    };
    Node::new(Axis::Text(axis), edges)
}

/// `python_version in "3.8 3.9"` and `===`: the versions that are written there, each as a whole;
/// `None` where the text holds anything else.
fn listed_versions(
    variable: MarkerVariable,
    operator: MarkerOperator,
    literal: &str,
    is_left: bool,
    work: &mut Work,
) -> Result<Option<Node>, TooComplex> {
    let texts: Vec<&str> = match operator {
        MarkerOperator::Arbitrary => vec![literal.trim()],
        MarkerOperator::In | MarkerOperator::NotIn if is_left => literal
            .split(|c: char| c.is_whitespace() || c == ',' || c == '|')
            .filter(|part| !part.is_empty())
            .collect(),
        _ => return Ok(None),
    };
    let mut all = Node::False;
    for text in texts {
        let specifier = Version::parse_part(text)
            .ok()
            .and_then(|version| VersionSpecifier::new(Operator::Equal, version));
        let Some(node) = specifier.and_then(|specifier| versions(variable, &specifier)) else {
            return Ok(None);
        };
        all = all.or(&node?, work)?;
    }
    if operator == MarkerOperator::NotIn {
        all = all.not(work)?;
    }
    Ok(Some(all))
}

/// A comparison of versions; `None` for a variable that is not always a version.
fn versions(
    variable: MarkerVariable,
    specifier: &VersionSpecifier,
) -> Option<Result<Node, TooComplex>> {
    let (axis, spans) = match variable {
        MarkerVariable::PythonVersion => (Axis::Python, short_spans(specifier)),
        MarkerVariable::PythonFullVersion => (Axis::Python, release_spans(specifier)),
        MarkerVariable::ImplementationVersion => (Axis::Implementation, release_spans(specifier)),
        _ => return None,
    };
    Some(from_spans(axis, spans))
}

/// The releases of Python that a specifier admits.
pub(super) fn python(specifier: &VersionSpecifier) -> Result<Node, TooComplex> {
    from_spans(Axis::Python, release_spans(specifier))
}

/// A first answer, and the answers behind each cut.
struct Spans {
    first: bool,
    cuts: Vec<(Cut, bool)>,
}

fn from_spans(axis: Axis, spans: Spans) -> Result<Node, TooComplex> {
    let first = constant(spans.first);
    let (cuts, rest): (Vec<Cut>, Vec<Node>) = spans
        .cuts
        .into_iter()
        .map(|(cut, holds)| (cut, constant(holds)))
        .unzip();
    let edges = Edges::Versions {
        cuts: cuts.into(),
        children: std::iter::once(first).chain(rest).collect(),
    };
    Node::new(axis, edges)
}

impl Spans {
    fn constant(holds: bool) -> Self {
        Self {
            first: holds,
            cuts: Vec::new(),
        }
    }

    fn from(cut: Cut) -> Self {
        Self {
            first: false,
            cuts: vec![(cut, true)],
        }
    }

    fn between(from: Cut, to: Cut) -> Self {
        if from >= to {
            return Self::constant(false);
        }
        Self {
            first: false,
            cuts: vec![(from, true), (to, false)],
        }
    }

    fn not(mut self) -> Self {
        self.first = !self.first;
        for (_, holds) in &mut self.cuts {
            *holds = !*holds;
        }
        self
    }
}

/// What a specifier says about versions of the form `major.minor`, in terms of full versions: its
/// answer changes at most at four places.
fn short_spans(specifier: &VersionSpecifier) -> Spans {
    let version = specifier.version();
    let (major, minor) = match version {
        Some(version) if version.epoch() == 0 => (version.major(), version.minor()),
        _ => return release_spans(specifier),
    };
    let at = |numbers: [u64; 2]| Version::from_release(trimmed(&numbers));
    let starts = [
        [major, 0],
        [major, minor],
        [major, minor.saturating_add(1)],
        [major.saturating_add(1), 0],
    ];
    let mut cuts: Vec<(Cut, bool)> = Vec::with_capacity(4);
    for start in starts {
        let version = at(start);
        let holds = specifier.contains(&version);
        match cuts.last_mut() {
            Some(last) if last.0.version == version => last.1 = holds,
            _ => cuts.push((Cut::before(version), holds)),
        }
    }
    let first = match major.checked_sub(1) {
        Some(below) => specifier.contains(&at([below, 0])),
        None => cuts.first().is_some_and(|(_, holds)| *holds),
    };
    Spans { first, cuts }
}

/// What a specifier says about final releases.
fn release_spans(specifier: &VersionSpecifier) -> Spans {
    let Some(version) = specifier.version() else {
        return Spans::constant(false);
    };
    if version.epoch() != 0 {
        return Spans::constant(specifier.contains(&Version::from_release(&[3, 0])));
    }
    let numbers: Vec<u64> = version.release().iter().copied().collect();
    let release = Version::from_release(trimmed(&numbers));
    let order = release.cmp_public(version);
    // The first final release at or behind the version, and the first behind it.
    let at_least = if order.is_lt() {
        Cut::after(release.clone())
    } else {
        Cut::before(release.clone())
    };
    let behind = if order.is_gt() {
        Cut::before(release.clone())
    } else {
        Cut::after(release.clone())
    };
    match specifier.op() {
        Operator::GreaterEqual => Spans::from(at_least),
        Operator::Less => Spans::from(at_least).not(),
        Operator::Greater => Spans::from(behind),
        Operator::LessEqual => Spans::from(behind).not(),
        Operator::Equal | Operator::Arbitrary | Operator::NotEqual => {
            let spans = if order.is_eq() && version.local().is_none() {
                Spans::between(at_least, behind)
            } else {
                Spans::constant(false)
            };
            if specifier.op() == Operator::NotEqual {
                spans.not()
            } else {
                spans
            }
        }
        Operator::EqualStar => Spans::between(at_least, next_prefix(&numbers, numbers.len())),
        Operator::NotEqualStar => {
            Spans::between(at_least, next_prefix(&numbers, numbers.len())).not()
        }
        Operator::Compatible => Spans::between(at_least, next_prefix(&numbers, numbers.len() - 1)),
    }
}

/// Where the versions end that begin with these numbers.
fn next_prefix(numbers: &[u64], length: usize) -> Cut {
    let mut next = numbers[..length.clamp(1, numbers.len())].to_vec();
    if let Some(last) = next.last_mut() {
        *last = last.saturating_add(1);
    }
    Cut::before(Version::from_release(trimmed(&next)))
}

/// Without zeros at the end, but with one number at least.
fn trimmed(numbers: &[u64]) -> &[u64] {
    let zeros = numbers
        .iter()
        .rev()
        .take_while(|number| **number == 0)
        .count();
    let kept = (numbers.len() - zeros).max(1);
    &numbers[..kept]
}
