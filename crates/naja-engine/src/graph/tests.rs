//! Graphs in short: `a!>b[x] <2` is an edge with a specifier, `!` marks what was asked for.

use naja_spec::{PackageName, Requirement, Version};

use super::tree::grow;
use super::why::reasons;
use super::{
    About, Applies, Dependencies, Edge, Folded, Node, TreeNode, TreeRequest, WhyRequest, svg, text,
};

fn node(name: &str, requested: bool) -> Node {
    Node {
        version: Some(Version::parse("1.0").unwrap()),
        requested,
        owned: true,
        ..Node::absent(PackageName::parse(name).unwrap())
    }
}

/// Makes a graph of `from>to specifier` texts; every package has version 1.0.
pub(super) fn graph_of(edges: &[&str]) -> Dependencies {
    let mut nodes: Vec<Node> = Vec::new();
    let mut parsed = Vec::new();
    for edge in edges {
        let (from, to) = edge.split_once('>').unwrap_or((edge, ""));
        let requirement =
            (!to.is_empty()).then(|| Requirement::parse(to.trim_end_matches('!')).unwrap());
        let target = requirement.as_ref().map(|one| one.name.to_string());
        for (name, asked) in [
            (
                Some(from.trim_end_matches('!').to_owned()),
                from.ends_with('!'),
            ),
            (target, to.ends_with('!')),
        ] {
            let Some(name) = name else { continue };
            match nodes.iter_mut().find(|node| node.name.as_str() == name) {
                Some(node) => node.requested |= asked,
                None => nodes.push(node(&name, asked)),
            }
        }
        parsed.extend(requirement.map(|one| (from.trim_end_matches('!').to_owned(), one)));
    }
    nodes.sort_by(|a, b| a.name.cmp(&b.name));
    let mut graph = Dependencies {
        roots: (0..nodes.len()).filter(|id| nodes[*id].requested).collect(),
        nodes,
        edges: Vec::new(),
    };
    for (from, one) in parsed {
        let find = |name: &str| graph.find(&PackageName::parse(name).unwrap()).unwrap();
        let (from, to) = (find(&from), find(one.name.as_str()));
        let version = graph.nodes[to].version.clone().unwrap();
        graph.edges.push(Edge {
            from,
            to,
            specifier: one.specifiers().cloned().unwrap_or_default(),
            url: None,
            marker: None,
            extra: None,
            group: None,
            extras: one.extras.clone(),
            applies: Applies::Yes,
            met: one.specifiers().unwrap().contains(&version),
        });
    }
    graph
}

fn drawn(nodes: &[TreeNode], depth: usize, out: &mut String) {
    for node in nodes {
        out.push_str(&"  ".repeat(depth));
        out.push_str(&node.name);
        out.push_str(match (node.circle, node.repeated) {
            (true, _) => " (circle)",
            (_, true) => " (*)",
            _ => "",
        });
        out.push('\n');
        drawn(&node.children, depth + 1, out);
    }
}

fn tree(edges: &[&str], request: &TreeRequest) -> String {
    let mut out = String::new();
    drawn(&grow(&graph_of(edges), request), 0, &mut out);
    out
}

#[test]
fn trees_show_a_package_once_and_circles_as_such() {
    let edges = ["a>b", "b>c", "c>b", "d>b", "e"];
    let plain = TreeRequest::default();
    assert_eq!(
        tree(&edges, &plain),
        "a\n  b\n    c\n      b (circle)\nd\n  b (*)\ne\n"
    );
    let all = TreeRequest {
        no_dedupe: true,
        ..TreeRequest::default()
    };
    assert_eq!(
        tree(&edges, &all),
        "a\n  b\n    c\n      b (circle)\nd\n  b\n    c\n      b (circle)\ne\n"
    );
    let turned = TreeRequest {
        invert: true,
        packages: vec![PackageName::parse("c").unwrap()],
        ..TreeRequest::default()
    };
    assert_eq!(
        tree(&edges, &turned),
        "c\n  b\n    a\n    c (circle)\n    d\n"
    );
    let short = TreeRequest {
        depth: Some(1),
        ..TreeRequest::default()
    };
    assert_eq!(tree(&edges, &short), "a\n  b\nd\n  b\ne\n");
    // A circle that nobody leads to has a top all the same, what was asked for if possible.
    assert_eq!(tree(&["x>y!", "y>x"], &plain), "y\n  x\n    y (circle)\n");
}

fn why(edges: &[&str], name: &str, most: usize) -> super::Reasons {
    let subject = super::parse_subject(name).unwrap();
    let request = WhyRequest {
        most,
        ..WhyRequest::default()
    };
    let graph = graph_of(edges);
    reasons(&graph, (graph.find(&subject.0), &subject), &request)
}

fn shown(reasons: &super::Reasons) -> Vec<String> {
    let step = |step: &super::PathStep| {
        let asked = step.asked.as_ref().map_or("", |asked| &asked.specifier);
        format!("{}{asked}", step.name)
    };
    let path = |path: &super::Path| {
        let steps: Vec<String> = path.steps.iter().map(step).collect();
        steps.join(" ")
    };
    reasons.paths.iter().map(path).collect()
}

#[test]
fn ways_are_all_there_and_the_shortest_comes_first() {
    let edges = ["a!>b<3", "b>c>=1", "a!>c", "d!>b", "c>b"];
    let found = why(&edges, "c", 12);
    assert_eq!(shown(&found), ["a c", "a b<3 c>=1", "d b c>=1"]);
    assert_eq!(
        (found.more, found.leftover, found.requested),
        (0, false, false)
    );
    let few = why(&edges, "c", 1);
    assert_eq!((shown(&few).len(), few.more), (1, 2));
    let top = why(&edges, "a", 12);
    assert!(top.paths.is_empty() && top.requested && !top.leftover);
    assert!(why(&["a"], "a", 12).leftover);
}

#[test]
fn the_strictest_limits_are_named() {
    let edges = ["a!>x>=0.5,<5", "b!>x<3", "c!>x>=0.7", "d!>x!=2"];
    let found = why(&edges, "x", 12);
    let upper = found.upper.unwrap();
    assert_eq!(
        (upper.by.join(" ").as_str(), upper.limit.as_str()),
        ("b", "<3")
    );
    let lower = found.lower.unwrap();
    assert_eq!(
        (lower.by.join(" ").as_str(), lower.limit.as_str()),
        ("c", ">=0.7")
    );
    let order: Vec<&str> = found.asks.iter().map(|ask| ask.by.as_str()).collect();
    assert_eq!(order, ["b", "a", "c", "d"]);
}

#[test]
fn common_beginnings_are_folded() {
    let found = why(&["a!>b", "b>x", "b>c", "c>x"], "x", 12);
    fn lines(nodes: &[Folded], depth: usize, out: &mut String) {
        for node in nodes {
            let name = node.step.as_ref().map_or("", |step| &step.name);
            out.push_str(&format!("{}{name}\n", "  ".repeat(depth)));
            lines(&node.below, depth + 1, out);
        }
    }
    let mut out = String::new();
    lines(&found.folded(), 0, &mut out);
    assert_eq!(out, "a\n  b\n    x\n    c\n      x\n");
}

#[test]
fn near_names_and_no_names() {
    let found = why(&["starlette!>anyio"], "anyoi", 12);
    assert_eq!(found.version, None);
    assert_eq!(found.near.first().map(String::as_str), Some("anyio"));
    assert!(super::parse_subject("no name!").is_err());
    assert_eq!(
        super::parse_subject("Uvicorn[standard]").unwrap().1.len(),
        1
    );
}

#[test]
fn without_number_but_not_for_ever() {
    // Twelve stages of three: more ways than anybody counts.
    let mut edges = Vec::new();
    for stage in 0..12 {
        for from in 0..3 {
            for to in 0..3 {
                edges.push(format!("s{stage}x{from}>s{}x{to}", stage + 1));
            }
        }
    }
    let edges: Vec<&str> = edges.iter().map(String::as_str).collect();
    let found = why(&edges, "s12x0", 12);
    assert!(found.uncounted);
}

#[test]
fn other_programs_can_read_it() {
    let graph = graph_of(&[
        "philosophers-stone!>harry<2",
        "prisoner-of-azkaban!>harry>=3",
    ]);
    assert_eq!(
        text::mermaid(&graph),
        "flowchart LR\n    n0[\"harry 1.0\"]:::trouble\n    \
         n1[\"philosophers-stone 1.0\"]:::asked\n    n2[\"prisoner-of-azkaban 1.0\"]:::asked\n    \
         n1 -->|\"#lt;2\"| n0\n    n2 -.-x|\"#gt;=3\"| n0\n    \
         classDef asked stroke:#2f6fde,stroke-width:2px\n    \
         classDef trouble stroke:#c62f2f,stroke-width:2px\n"
    );
    let dot = text::dot(&graph);
    assert!(
        dot.contains("\"prisoner-of-azkaban\" -> \"harry\" [label=\">=3\", color=\"#c62f2f\"];"),
        "{dot}"
    );
}

#[test]
fn what_packages_say_stays_text() {
    let hostile = "</script><img src=x onerror=alert(1)>\u{1b}[31m\u{202e}";
    let mut graph = graph_of(&["a!>b"]);
    graph.nodes[0].about = Some(About {
        summary: hostile.into(),
        license: "</title>\"'&".into(),
        editable: false,
    });
    graph.edges[0].marker = Some("platform_release == '</style><script>'".into());
    let svg = svg::svg(&graph);
    assert!(
        !svg.contains("<img") && !svg.contains("<script") && !svg.contains('\u{1b}'),
        "{svg}"
    );
    assert!(svg.contains("&lt;img src=x onerror=alert(1)&gt;"), "{svg}");
    let heading = super::html::Heading {
        name: hostile.into(),
        python: "3".into(),
        compared: false,
    };
    let page = super::html::page(&graph, &heading);
    assert!(!page.contains("<img") && !page.contains('\u{202e}') && !page.contains('\u{1b}'));
    assert_eq!(
        page.matches("</script>").count(),
        2,
        "the data's and the script's own"
    );
    assert_eq!(page.matches("</style>").count(), 1);
}
