//! What all pictures have in common: the boxes, one line between two of them, sizes of text.

use std::collections::BTreeMap;

use super::layout::{self, Placed, Spacing};
use super::{Dependencies, Edge, Node, NodeId};

/// The boxes and lines of a picture.
pub(super) struct Shape<'a> {
    pub(super) boxes: Vec<&'a Node>,
    /// Their places in the graph.
    pub(super) ids: Vec<NodeId>,
    pub(super) lines: Vec<Line>,
}

/// All requirements between two boxes.
pub(super) struct Line {
    pub(super) from: usize,
    pub(super) to: usize,
    /// What is asked for; empty for any version.
    pub(super) wanted: String,
    /// The extra or dependency group that brings it, where nothing else does.
    pub(super) extra: Option<String>,
    /// When it holds, where that is not always.
    pub(super) marker: Option<String>,
    pub(super) met: bool,
}

impl<'a> Shape<'a> {
    /// What is there and what is missing, and the requirements that count.
    pub(super) fn of(graph: &'a Dependencies) -> Self {
        let present = graph.present();
        let mut places = vec![usize::MAX; graph.nodes.len()];
        let mut boxes = Vec::new();
        let mut ids = Vec::new();
        for (id, node) in graph.nodes.iter().enumerate() {
            if present[id] {
                places[id] = boxes.len();
                boxes.push(node);
                ids.push(id);
            }
        }
        let mut between: BTreeMap<(usize, usize), Vec<&Edge>> = BTreeMap::new();
        for edge in graph.edges.iter().filter(|edge| edge.is_active()) {
            if edge.from != edge.to {
                let ends = (places[edge.from], places[edge.to]);
                between.entry(ends).or_default().push(edge);
            }
        }
        let lines = between
            .into_iter()
            .map(|((from, to), edges)| {
                let mut wanted: Vec<String> = edges.iter().map(|edge| edge.wanted()).collect();
                wanted.retain(|text| !text.is_empty());
                wanted.sort();
                wanted.dedup();
                let extras = edges.iter().map(|edge| match (&edge.extra, &edge.group) {
                    (Some(extra), _) => Some(extra.to_string()),
                    (None, group) => group.as_ref().map(ToString::to_string),
                });
                let extra = extras.collect::<Option<Vec<String>>>();
                let markers = edges.iter().map(|edge| edge.marker.as_ref());
                let marker = markers.collect::<Option<Vec<_>>>();
                Line {
                    from,
                    to,
                    wanted: wanted.join(","),
                    extra: extra.and_then(|names| names.into_iter().next()),
                    marker: marker.and_then(|texts| texts.first().map(ToString::to_string)),
                    met: edges.iter().all(|edge| edge.met),
                }
            })
            .collect();
        Self { boxes, ids, lines }
    }

    /// Arranges the boxes.
    pub(super) fn arrange(&self, widths: &[f64], spacing: Spacing) -> Placed {
        let edges: Vec<(usize, usize)> =
            self.lines.iter().map(|line| (line.from, line.to)).collect();
        layout::arrange(widths, &edges, spacing)
    }

    /// Whether something about a box is not as it is required.
    pub(super) fn is_troubled(&self, at: usize) -> bool {
        let unmet = |line: &Line| line.to == at && !line.met;
        !self.boxes[at].is_there() || self.lines.iter().any(unmet)
    }
}

/// The path of an edge through its points, as SVG writes it.
pub(super) fn curve(points: &[layout::Point]) -> String {
    let Some(first) = points.first() else {
        return String::new();
    };
    let mut path = format!("M{} {}", short(first.x), short(first.y));
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        if (from.y - to.y).abs() < 0.05 {
            path.push_str(&format!("H{}", short(to.x)));
        } else {
            let half = f64::midpoint(from.x, to.x);
            path.push_str(&format!(
                "C{} {} {} {} {} {}",
                short(half),
                short(from.y),
                short(half),
                short(to.y),
                short(to.x),
                short(to.y)
            ));
        }
    }
    path
}

/// A number with one digit behind the point, and none where that is a zero.
pub(super) fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0" } else { text }.to_owned()
}

/// How wide a text is in pixels for this size of type: as wide as in the widest of the usual
/// typefaces without serifs, so that it never leaves its box.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    let ems: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | '\'' => 0.28,
            '.' | ',' | ':' | '|' | '!' | ' ' | '/' => 0.34,
            'f' | 't' | '-' | '(' | ')' | '[' | ']' => 0.4,
            'r' => 0.43,
            'm' | 'M' | 'W' | '@' => 0.98,
            'w' | '<' | '>' | '=' | '~' | '+' => 0.84,
            'A'..='Z' => 0.71,
            c if c.is_ascii() => 0.63,
            _ => 1.0,
        })
        .sum();
    ems * size
}

/// The same in bold.
pub(super) fn bold_width(text: &str, size: f64) -> f64 {
    text_width(text, size) * 1.12
}

/// Text inside of XML or HTML: nothing of it is markup, and no character is one that documents may
/// not have.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(' '),
            c if is_unfit(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Control characters, and those that turn the direction of text around.
pub(super) fn is_unfit(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
}

/// A number of bytes for people.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut tenths = bytes / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1000;
        unit += 1;
    }
    if tenths >= 1000 {
        format!("{} {}", tenths / 10, UNITS[unit])
    } else {
        format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
    }
}
