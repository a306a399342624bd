//! The graph as the input of other programs: Mermaid and Graphviz.

use super::shape::{Line, Shape, is_unfit};
use super::{Dependencies, Node};

/// A flow chart for Mermaid, as Markdown pages show it.
pub(super) fn mermaid(graph: &Dependencies) -> String {
    let shape = Shape::of(graph);
    let mut out = String::from("flowchart LR\n");
    for (at, node) in shape.boxes.iter().enumerate() {
        let label = for_mermaid(&title(node));
        let class = match (shape.is_troubled(at), node.requested) {
            (true, _) => ":::trouble",
            (false, true) => ":::asked",
            _ => "",
        };
        out.push_str(&format!("    n{at}[\"{label}\"]{class}\n"));
    }
    for line in &shape.lines {
        let arrow = match (line.met, &line.extra) {
            (false, _) => "-.-x",
            (true, Some(_)) => "-.->",
            (true, None) => "-->",
        };
        let label = match label(line).as_str() {
            "" => String::new(),
            label => format!("|\"{}\"|", for_mermaid(label)),
        };
        out.push_str(&format!("    n{} {arrow}{label} n{}\n", line.from, line.to));
    }
    out.push_str("    classDef asked stroke:#2f6fde,stroke-width:2px\n");
    out.push_str("    classDef trouble stroke:#c62f2f,stroke-width:2px\n");
    out
}

/// What stands in the box of a package.
fn title(node: &Node) -> String {
    let version = node.shown_version();
    let version = version.as_deref().unwrap_or("(not installed)");
    format!("{} {version}", node.label())
}

/// A graph for Graphviz.
pub(super) fn dot(graph: &Dependencies) -> String {
    let shape = Shape::of(graph);
    let mut out = String::from(
        "digraph dependencies {\n    rankdir=LR;\n    \
         node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11];\n    \
         edge [fontname=\"sans-serif\", fontsize=9, color=\"#8a97a5\"];\n",
    );
    for (at, node) in shape.boxes.iter().enumerate() {
        let label = for_dot(&title(node));
        let look = match (shape.is_troubled(at), node.requested) {
            (true, _) => ", color=\"#c62f2f\", penwidth=2",
            (false, true) => ", color=\"#2f6fde\", penwidth=2",
            _ => "",
        };
        let name = for_dot(&key(&shape, at));
        out.push_str(&format!("    \"{name}\" [label=\"{label}\"{look}];\n"));
    }
    for line in &shape.lines {
        let name = |at: usize| for_dot(&key(&shape, at));
        let mut looks = Vec::new();
        match label(line).as_str() {
            "" => {}
            label => looks.push(format!("label=\"{}\"", for_dot(label))),
        }
        if !line.met {
            looks.push("color=\"#c62f2f\"".to_owned());
        }
        if line.extra.is_some() {
            looks.push("style=dashed".to_owned());
        }
        let looks = match looks.join(", ").as_str() {
            "" => String::new(),
            looks => format!(" [{looks}]"),
        };
        out.push_str(&format!(
            "    \"{}\" -> \"{}\"{looks};\n",
            name(line.from),
            name(line.to)
        ));
    }
    out.push_str("}\n");
    out
}

/// What Graphviz calls a box: the name, with the version where a lock has several.
fn key(shape: &Shape<'_>, at: usize) -> String {
    let node = shape.boxes[at];
    let mut same = shape.boxes.iter().filter(|other| other.name == node.name);
    match same.nth(1) {
        None => node.name.to_string(),
        Some(_) => format!("{} {}", node.name, node.shown_version().unwrap_or_default()),
    }
}

/// What stands at an edge.
fn label(line: &Line) -> String {
    match (&line.extra, line.wanted.as_str()) {
        (None, wanted) => wanted.to_owned(),
        (Some(extra), "") => format!("[{extra}]"),
        (Some(extra), wanted) => format!("[{extra}] {wanted}"),
    }
}

fn for_mermaid(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("#amp;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            c if is_unfit(c) => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn for_dot(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if is_unfit(c) => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
