//! The graph as one image, for light and dark surroundings.

use super::Dependencies;
use super::layout::{Placed, Spacing};
use super::shape::{Line, Shape, bold_width, bytes, curve, escaped, short, text_width};

/// More edges than this have no words: they would cover each other.
const MOST_LABELS: usize = 30;

/// The longest words at an edge, in characters.
const LONGEST_LABEL: usize = 24;

const TYPE: f64 = 12.0;
const SMALL_TYPE: f64 = 10.0;
const PADDING: f64 = 10.0;
const CAPTION: f64 = 26.0;

/// Colours for both surroundings; nothing outside of the file is needed.
const STYLE: &str = "\
text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;font-size:12px;fill:#1f2933}\
.page{fill:#fff}.box{fill:#f5f7f9;stroke:#cfd7df}.asked .box{fill:#e8f0fe;stroke:#3b76d6;stroke-width:1.5}\
.trouble .box{fill:#fdecec;stroke:#d13c3c;stroke-width:1.5}.missing .box{stroke-dasharray:4 3}\
.name{font-weight:600}.dim{fill:#66727f}.new{fill:#b36b00}\
.edge{fill:none;stroke:#aab5c0;stroke-width:1.2}.extra{stroke-dasharray:5 3}.unmet{stroke:#d13c3c;stroke-width:1.8}\
.tip{fill:#aab5c0}.unmet-tip{fill:#d13c3c}\
.label{font-size:10px;fill:#66727f;paint-order:stroke;stroke:#fff;stroke-width:5px;stroke-linejoin:round}.unmet-label{fill:#c62f2f}\
@media (prefers-color-scheme:dark){text{fill:#e4e9ee}.page{fill:#11161c}.box{fill:#1b232c;stroke:#3a4754}\
.asked .box{fill:#17304f;stroke:#5b95f0}.trouble .box{fill:#3d1a1c;stroke:#f06a6a}.dim{fill:#93a0ad}.new{fill:#f0b24a}\
.edge{stroke:#4a5866}.unmet{stroke:#f06a6a}.tip{fill:#4a5866}.unmet-tip{fill:#f06a6a}\
.label{fill:#93a0ad;stroke:#11161c}.unmet-label{fill:#f58b8b}}";

/// Draws a graph.
pub(super) fn svg(graph: &Dependencies) -> String {
    let shape = Shape::of(graph);
    let labelled = shape.lines.len() <= MOST_LABELS;
    let widths: Vec<f64> = (0..shape.boxes.len()).map(|at| width(&shape, at)).collect();
    let longest = shape
        .lines
        .iter()
        .filter(|_| labelled)
        .map(|line| text_width(&label(line), SMALL_TYPE))
        .fold(0.0, f64::max);
    let spacing = Spacing {
        height: 28.0,
        rows: 12.0,
        columns: (longest + 40.0).max(64.0),
        margin: 20.0,
    };
    let placed = shape.arrange(&widths, spacing);
    let caption = caption(graph, &shape);
    let width = placed
        .width
        .max(text_width(&caption, SMALL_TYPE) + 2.0 * spacing.margin);
    let height = placed.height + CAPTION;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" \
         viewBox=\"0 0 {0} {1}\" role=\"img\" aria-label=\"{2}\">\n<style>{STYLE}</style>\n\
         <defs>{3}{4}</defs>\n<rect class=\"page\" width=\"100%\" height=\"100%\" rx=\"10\"/>\n",
        short(width),
        short(height),
        escaped(&caption),
        tip("tip"),
        tip("unmet-tip"),
    );
    for (number, line) in shape.lines.iter().enumerate() {
        out.push_str(&edge(&shape, line, &placed.edges[number]));
    }
    if labelled {
        let count =
            |same: &dyn Fn(&Line) -> bool| shape.lines.iter().filter(|one| same(one)).count();
        for (line, points) in shape.lines.iter().zip(&placed.edges) {
            let beside = count(&|one| one.from == line.from);
            let near_end = beside >= count(&|one| one.to == line.to);
            out.push_str(&words(line, points, near_end));
        }
    }
    for (at, width) in widths.iter().enumerate() {
        out.push_str(&node(&shape, at, &placed, *width));
    }
    out.push_str(&format!(
        "<text class=\"dim\" style=\"font-size:{SMALL_TYPE}px\" x=\"{}\" y=\"{}\">{}</text>\n</svg>\n",
        short(spacing.margin),
        short(height - 14.0),
        escaped(&caption)
    ));
    out
}

fn tip(class: &str) -> String {
    format!(
        "<marker id=\"{class}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto-start-reverse\"><path class=\"{class}\" \
         d=\"M0 .8 8 4 0 7.2z\"/></marker>"
    )
}

fn version(shape: &Shape<'_>, at: usize) -> String {
    let version = shape.boxes[at].shown_version();
    version.unwrap_or_else(|| "not installed".to_owned())
}

fn newer(shape: &Shape<'_>, at: usize) -> Option<String> {
    let newer = shape.boxes[at].newer.as_ref()?;
    Some(format!("→ {}", newer.latest))
}

fn width(shape: &Shape<'_>, at: usize) -> f64 {
    let name = bold_width(&shape.boxes[at].label(), TYPE);
    let version = text_width(&version(shape, at), TYPE);
    let newer = newer(shape, at).map_or(0.0, |text| text_width(&text, TYPE) + 6.0);
    (name + 6.0 + version + newer + 2.0 * PADDING).ceil()
}

fn edge(shape: &Shape<'_>, line: &Line, points: &[super::layout::Point]) -> String {
    let (class, tip) = match (line.met, line.extra.is_some()) {
        (false, _) => ("edge unmet", "unmet-tip"),
        (true, true) => ("edge extra", "tip"),
        (true, false) => ("edge", "tip"),
    };
    let (from, to) = (shape.boxes[line.from], shape.boxes[line.to]);
    let wanted = if line.wanted.is_empty() {
        "any version".to_owned()
    } else {
        line.wanted.clone()
    };
    let mut told = format!("{} requires {} {wanted}", from.name, to.name);
    if let Some(extra) = &line.extra {
        told.push_str(&format!(", for its extra {extra}"));
    }
    if let Some(marker) = &line.marker {
        told.push_str(&format!(", where {marker}"));
    }
    format!(
        "<path class=\"{class}\" marker-end=\"url(#{tip})\" d=\"{}\"><title>{}</title></path>\n",
        curve(points),
        escaped(&told)
    )
}

fn label(line: &Line) -> String {
    if line.wanted.chars().count() <= LONGEST_LABEL {
        return line.wanted.clone();
    }
    let begin: String = line.wanted.chars().take(LONGEST_LABEL - 1).collect();
    format!("{begin}…")
}

/// The words of an edge, where it is most alone: close to its end if many begin where it begins,
/// close to its start if many end where it ends.
fn words(line: &Line, points: &[super::layout::Point], near_end: bool) -> String {
    let ends = match points {
        [.., from, to] if near_end => (*from, *to, 0.7),
        [from, to, ..] => (*from, *to, 0.3),
        _ => return String::new(),
    };
    let (from, to, part) = ends;
    let class = if line.met {
        "label"
    } else {
        "label unmet-label"
    };
    // The curve between two columns rises as `part²(3 - 2 part)`.
    let rise = part * part * (3.0 - 2.0 * part);
    format!(
        "<text class=\"{class}\" text-anchor=\"middle\" x=\"{}\" y=\"{}\">{}</text>\n",
        short(from.x + (to.x - from.x) * part),
        short(from.y + (to.y - from.y) * rise + 3.5),
        escaped(&label(line))
    )
}

fn node(shape: &Shape<'_>, at: usize, placed: &Placed, width: f64) -> String {
    let node = shape.boxes[at];
    let point = placed.nodes[at];
    let mut class = String::from("node");
    for (given, name) in [
        (node.requested, " asked"),
        (shape.is_troubled(at), " trouble"),
        (!node.is_there(), " missing"),
    ] {
        if given {
            class.push_str(name);
        }
    }
    let mut told = format!("{} {}", node.label(), version(shape, at));
    if let Some(size) = node.size {
        told.push_str(&format!(", {}", bytes(size.bytes)));
    }
    if let Some(about) = &node.about {
        for text in [&about.license, &about.summary] {
            if !text.is_empty() {
                told.push_str(&format!("\n{text}"));
            }
        }
    }
    let newer = newer(shape, at).map_or_else(String::new, |text| {
        format!("<tspan class=\"new\" dx=\"6\">{}</tspan>", escaped(&text))
    });
    format!(
        "<g class=\"{class}\"><title>{}</title><rect class=\"box\" x=\"{}\" y=\"{}\" width=\"{}\" \
         height=\"28\" rx=\"6\"/><text x=\"{}\" y=\"{}\"><tspan class=\"name\">{}</tspan>\
         <tspan class=\"dim\" dx=\"6\">{}</tspan>{newer}</text></g>\n",
        escaped(&told),
        short(point.x),
        short(point.y),
        short(width),
        short(point.x + PADDING),
        short(point.y + 18.5),
        escaped(&node.label()),
        escaped(&version(shape, at)),
    )
}

fn caption(graph: &Dependencies, shape: &Shape<'_>) -> String {
    let installed = shape.boxes.iter().filter(|node| node.is_there()).count();
    let noun = if installed == 1 {
        "package"
    } else {
        "packages"
    };
    let mut caption = format!("{installed} {noun}");
    let total: u64 = shape
        .boxes
        .iter()
        .filter_map(|node| node.size)
        .map(|size| size.bytes)
        .sum();
    if total > 0 {
        caption.push_str(&format!(" · {}", bytes(total)));
    }
    if shape.boxes.iter().any(|node| node.requested) {
        caption.push_str(" · blue: asked for by name");
    }
    match graph.conflicts().count() {
        0 => {}
        1 => caption.push_str(" · red: 1 requirement is not met"),
        count => caption.push_str(&format!(" · red: {count} requirements are not met")),
    }
    caption
}
