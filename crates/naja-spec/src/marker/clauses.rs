//! From a diagram to a marker: alternatives of comparisons, made short.

use std::sync::Arc;

use super::atom;
use super::axis::{Axis, Flag};
use super::diagram::{Cut, Edges, Node, TooComplex, Work};
use super::tree::{Marker, MarkerComparison, MarkerOperand, MarkerTree};
use super::variable::{MarkerOperator, MarkerVariable};
use crate::version::Version;

/// Up to this many comparisons are left out one by one to see whether they are needed.
const MAX_TRIED: usize = 400;

/// One comparison or marker, with the question it comes from for sorting.
#[derive(Debug, Clone)]
struct Term {
    axis: Axis,
    tree: MarkerTree,
    node: Node,
}

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.tree == other.tree
    }
}

type Clause = Vec<Term>;

/// The marker of a diagram; `None` where it is always true.
pub(super) fn marker(node: &Node) -> Option<Marker> {
    match node {
        Node::True => None,
        Node::False => {
            let never = comparison(MarkerVariable::PythonVersion, MarkerOperator::Less, "0");
            Some(MarkerTree::Comparison(never).into())
        }
        Node::Branch(_) => {
            let mut clauses = Vec::new();
            collect(node, &mut Vec::new(), &mut clauses);
            shorten(node, &mut clauses);
            Some(joined(clauses).into())
        }
    }
}

fn joined(clauses: Vec<Clause>) -> MarkerTree {
    let alternatives = clauses
        .into_iter()
        .map(|clause| MarkerTree::all(clause.into_iter().map(|term| term.tree).collect()));
    MarkerTree::one(alternatives.collect())
}

/// Walks all ways to the true end.
fn collect(node: &Node, path: &mut Clause, clauses: &mut Vec<Clause>) {
    let Node::Branch(branch) = node else {
        if node.is_true() {
            clauses.push(path.clone());
        }
        return;
    };
    for (child, alternatives) in answers(&branch.axis, &branch.edges) {
        if child.is_false() {
            continue;
        }
        for terms in alternatives {
            let length = path.len();
            path.extend(terms);
            collect(child, path, clauses);
            path.truncate(length);
        }
    }
}

/// For each place the answers lead to: the ways to say which answers do, each a list of terms.
fn answers<'a>(axis: &Axis, edges: &'a Edges) -> Vec<(&'a Node, Vec<Clause>)> {
    match edges {
        Edges::Versions { cuts, children } => {
            let mut places: Vec<&Node> = Vec::new();
            for child in children {
                if !places.contains(&child) {
                    places.push(child);
                }
            }
            let ranges = |place: &Node| ranges(axis, cuts, children, place);
            places
                .into_iter()
                .map(|place| (place, ranges(place)))
                .collect()
        }
        Edges::Texts { points, other } => texts(axis, points, other),
        Edges::Flag { yes, no } => {
            vec![(yes, vec![flag(axis, true)]), (no, vec![flag(axis, false)])]
        }
    }
}

fn texts<'a>(
    axis: &Axis,
    points: &'a [(Arc<str>, Node)],
    other: &'a Node,
) -> Vec<(&'a Node, Vec<Clause>)> {
    let Axis::Text(name) = axis else {
        return Vec::new();
    };
    let term = |operator, text: &str| term(axis, comparison(name.variable(), operator, text));
    let mut found: Vec<(&Node, Vec<Clause>)> = Vec::new();
    for (text, child) in points {
        let clause = vec![term(MarkerOperator::Equal, text)];
        match found.iter_mut().find(|(place, _)| *place == child) {
            Some((_, alternatives)) => alternatives.push(clause),
            None => found.push((child, vec![clause])),
        }
    }
    let none_of = points
        .iter()
        .map(|(text, _)| term(MarkerOperator::NotEqual, text));
    found.push((other, vec![none_of.collect()]));
    found
}

fn ranges(axis: &Axis, cuts: &[Cut], children: &[Node], place: &Node) -> Vec<Clause> {
    let leads: Vec<bool> = children.iter().map(|child| child == place).collect();
    let lower = |at: usize| at.checked_sub(1).map(|at| &cuts[at]);
    let spans = |wanted: bool| {
        let at = (0..children.len()).filter(move |at| leads[*at] == wanted);
        at.map(move |at| (lower(at), cuts.get(at)))
            .collect::<Vec<_>>()
    };
    let (inside, gaps) = (spans.clone()(true), spans(false));
    let one = |operator, version: &Version, star| {
        let text = if star {
            format!("{version}.*")
        } else {
            version.to_string()
        };
        let variable = match axis {
            Axis::Implementation => MarkerVariable::ImplementationVersion,
            _ => MarkerVariable::PythonFullVersion,
        };
        term(axis, comparison(variable, operator, &text))
    };
    // All but single versions or single minors.
    let exceptions: Option<Clause> = gaps
        .iter()
        .map(|(from, to)| match single((*from)?, (*to)?)? {
            Single::Version(version) => Some(one(MarkerOperator::NotEqual, version, false)),
            Single::Prefix(version) => Some(one(MarkerOperator::NotEqual, version, true)),
        })
        .collect();
    if let Some(exceptions) = exceptions
        && !exceptions.is_empty()
    {
        return vec![exceptions];
    }
    inside
        .into_iter()
        .map(|(from, to)| {
            if let (Some(from), Some(to)) = (from, to) {
                match single(from, to) {
                    Some(Single::Version(version)) => {
                        return vec![one(MarkerOperator::Equal, version, false)];
                    }
                    Some(Single::Prefix(version)) => {
                        return vec![one(MarkerOperator::Equal, version, true)];
                    }
                    None => {}
                }
            }
            let lower = from.map(|cut| {
                let operator = if cut.after {
                    MarkerOperator::Greater
                } else {
                    MarkerOperator::GreaterEqual
                };
                one(operator, &cut.version, false)
            });
            let upper = to.map(|cut| {
                let operator = if cut.after {
                    MarkerOperator::LessEqual
                } else {
                    MarkerOperator::Less
                };
                one(operator, &cut.version, false)
            });
            lower.into_iter().chain(upper).collect()
        })
        .collect()
}

enum Single<'a> {
    Version(&'a Version),
    Prefix(&'a Version),
}

/// A range that is one version, or all versions of one prefix.
fn single<'a>(from: &'a Cut, to: &Cut) -> Option<Single<'a>> {
    if !from.after && to.after && from.version == to.version {
        return Some(Single::Version(&from.version));
    }
    if from.after || to.after {
        return None;
    }
    let (low, high) = (from.version.release(), to.version.release());
    let same_minor = low.len() == 2
        && high.len() <= 2
        && from.version.major() == to.version.major()
        && from.version.minor().checked_add(1) == Some(to.version.minor());
    let same_major = low.len() == 1
        && high.len() == 1
        && from.version.major().checked_add(1) == Some(to.version.major());
    (same_minor || same_major).then_some(Single::Prefix(&from.version))
}

fn comparison(variable: MarkerVariable, operator: MarkerOperator, text: &str) -> MarkerComparison {
    MarkerComparison::new(
        MarkerOperand::Variable(variable),
        operator,
        MarkerOperand::Literal(text.into()),
    )
}

fn term(axis: &Axis, comparison: MarkerComparison) -> Term {
    term_of(axis, MarkerTree::Comparison(comparison))
}

fn term_of(axis: &Axis, tree: MarkerTree) -> Term {
    let node = atom::tree(&tree, &mut Work::default());
    Term {
        axis: axis.clone(),
        node: node.unwrap_or(Node::True),
        tree,
    }
}

fn member(name: &str, holds: bool, variable: MarkerVariable) -> MarkerTree {
    let operator = if holds {
        MarkerOperator::In
    } else {
        MarkerOperator::NotIn
    };
    MarkerTree::Comparison(MarkerComparison::new(
        MarkerOperand::Literal(name.into()),
        operator,
        MarkerOperand::Variable(variable),
    ))
}

fn flag(axis: &Axis, holds: bool) -> Clause {
    let Axis::Flag(flag) = axis else {
        return Vec::new();
    };
    let tree = match flag {
        Flag::Extra(name) => {
            let operator = if holds {
                MarkerOperator::Equal
            } else {
                MarkerOperator::NotEqual
            };
            MarkerTree::Comparison(comparison(MarkerVariable::Extra, operator, name))
        }
        Flag::InExtras(name) => member(name, holds, MarkerVariable::Extras),
        Flag::Group(name) => member(name, holds, MarkerVariable::DependencyGroups),
        Flag::Comparison(_, comparison) if holds => {
            MarkerTree::Comparison(MarkerComparison::clone(&comparison.0))
        }
        Flag::Comparison(_, comparison) => negated(&MarkerTree::Comparison(
            MarkerComparison::clone(&comparison.0),
        )),
        Flag::Whole(_, tree) if holds => MarkerTree::clone(&tree.0),
        Flag::Whole(_, tree) => negated(&tree.0),
        Flag::Joined(both, first, second) => {
            let sides = [first, second]
                .map(|node| marker(node).map_or_else(always, |marker| marker.tree().clone()));
            let tree = if *both {
                MarkerTree::all(sides.into())
            } else {
                MarkerTree::one(sides.into())
            };
            if holds { tree } else { negated(&tree) }
        }
        Flag::Not(node) => {
            let tree = marker(node).map_or_else(always, |marker| marker.tree().clone());
            if holds { negated(&tree) } else { tree }
        }
    };
    let yes = Node::flag(axis.clone());
    let node = if holds {
        yes
    } else {
        yes.not(&mut Work::default()).unwrap_or(yes)
    };
    vec![Term {
        axis: axis.clone(),
        tree,
        node,
    }]
}

fn always() -> MarkerTree {
    MarkerTree::Comparison(comparison(
        MarkerVariable::PythonVersion,
        MarkerOperator::GreaterEqual,
        "0",
    ))
}

/// The opposite of a marker, in its own words. `~=` and `===`, where they are not taken apart, have
/// no exact opposite; `!=` stands in for it.
fn negated(tree: &MarkerTree) -> MarkerTree {
    match tree {
        MarkerTree::And(nodes) => MarkerTree::one(nodes.iter().map(negated).collect()),
        MarkerTree::Or(nodes) => MarkerTree::all(nodes.iter().map(negated).collect()),
        MarkerTree::Comparison(comparison) => {
            let operator = match comparison.operator() {
                MarkerOperator::Equal => MarkerOperator::NotEqual,
                MarkerOperator::NotEqual => MarkerOperator::Equal,
                MarkerOperator::Less => MarkerOperator::GreaterEqual,
                MarkerOperator::LessEqual => MarkerOperator::Greater,
                MarkerOperator::Greater => MarkerOperator::LessEqual,
                MarkerOperator::GreaterEqual => MarkerOperator::Less,
                MarkerOperator::In => MarkerOperator::NotIn,
                MarkerOperator::NotIn => MarkerOperator::In,
                MarkerOperator::Compatible | MarkerOperator::Arbitrary => MarkerOperator::NotEqual,
            };
            MarkerTree::Comparison(MarkerComparison::new(
                comparison.left().clone(),
                operator,
                comparison.right().clone(),
            ))
        }
    }
}

/// Leaves out comparisons and alternatives that are not needed, then sorts.
fn shorten(whole: &Node, clauses: &mut Vec<Clause>) {
    let terms: usize = clauses.iter().map(Vec::len).sum();
    if clauses.len() > 1 && terms <= MAX_TRIED {
        let mut work = Work::default();
        for clause in clauses.iter_mut() {
            if drop_terms(whole, clause, &mut work).is_err() {
                break;
            }
        }
        let _ = drop_clauses(whole, clauses, &mut work);
    }
    clauses.dedup_by(|later, earlier| later == earlier);
    sort(clauses);
}

/// Leaves out each comparison without which the alternative still lies within the whole.
fn drop_terms(whole: &Node, clause: &mut Clause, work: &mut Work) -> Result<(), TooComplex> {
    let mut at = 0;
    while clause.len() > 1 && at < clause.len() {
        let mut without = Node::True;
        for (other, term) in clause.iter().enumerate() {
            if other != at {
                without = without.and(&term.node, work)?;
            }
        }
        if without.and(whole, work)? == without {
            clause.remove(at);
        } else {
            at += 1;
        }
    }
    Ok(())
}

/// Leaves out each alternative without which the others still make up the whole.
fn drop_clauses(
    whole: &Node,
    clauses: &mut Vec<Clause>,
    work: &mut Work,
) -> Result<(), TooComplex> {
    let mut nodes = Vec::with_capacity(clauses.len());
    for clause in clauses.iter() {
        let mut node = Node::True;
        for term in clause {
            node = node.and(&term.node, work)?;
        }
        nodes.push(node);
    }
    let mut at = clauses.len();
    while at > 0 && clauses.len() > 1 {
        at -= 1;
        let mut rest = Node::False;
        for (other, node) in nodes.iter().enumerate() {
            if other != at {
                rest = rest.or(node, work)?;
            }
        }
        if rest == *whole {
            clauses.remove(at);
            nodes.remove(at);
        }
    }
    Ok(())
}

/// By variable, then by value; shorter alternatives are not preferred.
fn sort(clauses: &mut [Clause]) {
    let key = |term: &Term| (term.axis.clone(), term.node.clone());
    for clause in clauses.iter_mut() {
        clause.sort_by_key(key);
    }
    clauses.sort_by_cached_key(|clause| {
        let terms: Vec<_> = clause
            .iter()
            .map(|term| (term.axis.clone(), term.tree.to_string()))
            .collect();
        terms
    });
}
