//! What nobody needs any more once something is gone.

use super::{Applies, Dependencies, NodeId};

/// Tools that are in an environment for its own sake.
const SEEDS: [&str; 4] = ["pip", "setuptools", "wheel", "uv"];

/// The packages that came only because `going` needed them, and that nothing else needs: not asked
/// for by name, and no extra of what stays leads to them.
pub(crate) fn would_go(graph: &Dependencies, going: &[NodeId]) -> Vec<NodeId> {
    Needs::of(graph).decide(going)
}

/// The same for each package alone, by its place.
pub(crate) fn would_go_all(graph: &Dependencies) -> Vec<Vec<NodeId>> {
    let needs = Needs::of(graph);
    (0..graph.nodes.len())
        .map(|id| needs.decide(&[id]))
        .collect()
}

struct Needs {
    /// What a package may need here, whatever extras are in use.
    of: Vec<Vec<NodeId>>,
    /// What nobody asked for by name.
    removable: Vec<bool>,
    there: Vec<bool>,
}

impl Needs {
    fn of(graph: &Dependencies) -> Self {
        let mut of = vec![Vec::new(); graph.nodes.len()];
        for edge in &graph.edges {
            if edge.applies != Applies::Elsewhere {
                of[edge.from].push(edge.to);
            }
        }
        let removable = |node: &super::Node| {
            node.version.is_some()
                && node.owned
                && !node.requested
                && !SEEDS.contains(&node.name.as_str())
        };
        Self {
            of,
            removable: graph.nodes.iter().map(removable).collect(),
            there: graph
                .nodes
                .iter()
                .map(|node| node.version.is_some())
                .collect(),
        }
    }

    /// What goes: everything that can be reached from what goes anyway, less what can be reached
    /// from what stays.
    fn decide(&self, going: &[NodeId]) -> Vec<NodeId> {
        let mut suspects = self.reach(going.to_vec(), &self.removable);
        for id in going {
            suspects[*id] = false;
        }
        let stay = (0..self.of.len())
            .filter(|id| self.there[*id] && !suspects[*id] && !going.contains(id))
            .collect();
        let kept = self.reach(stay, &suspects);
        (0..self.of.len())
            .filter(|id| suspects[*id] && !kept[*id])
            .collect()
    }

    fn reach(&self, from: Vec<NodeId>, over: &[bool]) -> Vec<bool> {
        let mut reached = vec![false; self.of.len()];
        let mut open = from;
        while let Some(id) = open.pop() {
            for next in &self.of[id] {
                if over[*next] && !std::mem::replace(&mut reached[*next], true) {
                    open.push(*next);
                }
            }
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::graph_of;
    use super::*;

    /// Who goes with `going`; edges are `a>b`, names with `!` were asked for.
    fn decided(edges: &[&str], going: &str) -> String {
        let graph = graph_of(edges);
        let names: Vec<String> = graph
            .nodes
            .iter()
            .map(|node| node.name.to_string())
            .collect();
        let id = names.iter().position(|name| name == going).unwrap();
        let gone = would_go(&graph, &[id]);
        let gone: Vec<&str> = gone.iter().map(|id| names[*id].as_str()).collect();
        gone.join(" ")
    }

    #[test]
    fn only_what_nobody_else_needs() {
        assert_eq!(decided(&["a!>b", "b>c"], "a"), "b c");
        assert_eq!(decided(&["a!>b", "b>c", "d!>c"], "a"), "b");
        assert_eq!(decided(&["a!>b!", "b>c"], "a"), "");
        assert_eq!(decided(&["a!>b", "x"], "a"), "b");
        assert_eq!(decided(&["a!>pip"], "a"), "");
    }

    #[test]
    fn circles_go_or_stay_as_a_whole() {
        assert_eq!(decided(&["a!>b", "b>c", "c>b"], "a"), "b c");
        assert_eq!(decided(&["a!>b", "b>c", "c>b", "d!>c"], "a"), "");
        assert_eq!(decided(&["a!>b", "b>a"], "a"), "b");
    }

    #[test]
    fn an_older_orphan_keeps_what_it_needs() {
        assert_eq!(decided(&["a!>b", "old>b"], "a"), "");
    }
}
