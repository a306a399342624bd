//! The graph as one page to look around in: no request leaves it, and whatever packages call
//! themselves stays text.

use std::fmt::Write as _;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::layout::Spacing;
use super::shape::{Shape, bold_width, bytes, curve, escaped, is_unfit, text_width};
use super::{Dependencies, NodeId, would_go_all};

const TEMPLATE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// The height of a box, in pixels.
const ROW: f64 = 44.0;

/// What the page is about.
pub(super) struct Heading {
    /// The name of the project, or of the environment.
    pub(super) name: String,
    /// The version of Python.
    pub(super) python: String,
    /// Whether the indexes were asked for newer versions.
    pub(super) compared: bool,
}

/// What the script of the page works with.
#[derive(Serialize)]
struct Data<'a> {
    name: &'a str,
    compared: bool,
    width: f64,
    height: f64,
    row: f64,
    nodes: Vec<Item>,
    lines: Vec<Link>,
}

#[derive(Serialize)]
struct Item {
    name: String,
    label: String,
    version: Option<String>,
    /// The second line of the box.
    small: String,
    summary: String,
    license: String,
    requested: bool,
    troubled: bool,
    editable: bool,
    unreadable: bool,
    bytes: u64,
    /// What would be free if it went.
    exclusive: u64,
    /// What would go along.
    along: Vec<usize>,
    latest: Option<String>,
    allowed: Option<String>,
    x: f64,
    y: f64,
    w: f64,
}

#[derive(Serialize)]
struct Link {
    from: usize,
    to: usize,
    wanted: String,
    extra: Option<String>,
    marker: Option<String>,
    met: bool,
    d: String,
}

/// Writes the page.
pub(super) fn page(graph: &Dependencies, heading: &Heading) -> String {
    let shape = Shape::of(graph);
    let items = items(graph, &shape);
    let widths: Vec<f64> = items.iter().map(|item| item.w).collect();
    let spacing = Spacing {
        height: ROW,
        rows: 14.0,
        columns: 72.0,
        margin: 40.0,
    };
    let placed = shape.arrange(&widths, spacing);
    let place = |(mut item, point): (Item, &super::layout::Point)| {
        item.x = tenth(point.x);
        item.y = tenth(point.y);
        item
    };
    let name = cleaned(&heading.name);
    let data = Data {
        name: &name,
        compared: heading.compared,
        width: tenth(placed.width),
        height: tenth(placed.height),
        row: ROW,
        nodes: items.into_iter().zip(&placed.nodes).map(place).collect(),
        lines: shape
            .lines
            .iter()
            .zip(&placed.edges)
            .map(|(line, points)| Link {
                from: line.from,
                to: line.to,
                wanted: line.wanted.clone(),
                extra: line.extra.clone(),
                marker: line.marker.as_deref().map(cleaned),
                met: line.met,
                d: curve(points),
            })
            .collect(),
    };
    let json = serde_json::to_string(&data).unwrap_or_else(|_never| "{}".to_owned());
    fill(&[
        ("policy", &policy()),
        (
            "title",
            &escaped(&format!("{}: what needs what", heading.name)),
        ),
        ("style", STYLE),
        ("name", &escaped(&heading.name)),
        ("facts", &escaped(&facts(&shape, heading))),
        ("data", &inert(&json)),
        ("script", SCRIPT),
    ])
}

/// Puts values into the template, each once, and never into another value.
fn fill(values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(TEMPLATE.len() + STYLE.len() + SCRIPT.len() + 4096);
    let mut rest = TEMPLATE;
    while let Some((before, behind)) = rest.split_once("{{") {
        out.push_str(before);
        let (key, behind) = behind.split_once("}}").unwrap_or((behind, ""));
        let value = values.iter().find(|(name, _)| *name == key);
        out.push_str(value.map_or("", |(_, value)| value));
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// Only this page's own style and script count; nothing is fetched, nothing is sent.
fn policy() -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}

/// JSON that cannot end the element it stands in.
fn inert(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _infallible = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

fn cleaned(text: &str) -> String {
    text.chars()
        .map(|c| if is_unfit(c) { ' ' } else { c })
        .collect()
}

fn items(graph: &Dependencies, shape: &Shape<'_>) -> Vec<Item> {
    let going = would_go_all(graph);
    let weight = |id: NodeId| graph.nodes[id].size.map_or(0, |size| size.bytes);
    let place = |id: &NodeId| shape.ids.iter().position(|known| known == id);
    let mut items = Vec::with_capacity(shape.boxes.len());
    for (at, node) in shape.boxes.iter().enumerate() {
        let along = &going[shape.ids[at]];
        let about = node.about.clone().unwrap_or_default();
        let license = cleaned(&about.license);
        let size = node.size.unwrap_or_default();
        let small = match (node.is_there(), license.is_empty()) {
            (false, _) => "required, and not there".to_owned(),
            (true, true) => bytes(size.bytes),
            (true, false) => format!("{} · {}", bytes(size.bytes), cut(&license, 28)),
        };
        let version = node.shown_version();
        let shown = version.as_deref().unwrap_or("not installed");
        let mut line = bold_width(&node.label(), 13.0) + 7.0 + text_width(shown, 13.0);
        if let Some(newer) = &node.newer {
            line += bold_width(&format!("→ {}", newer.latest), 13.0) + 9.0;
        }
        items.push(Item {
            name: node.name.to_string(),
            label: node.label(),
            version,
            w: (line.max(text_width(&small, 11.0)) + 24.0).ceil(),
            small,
            summary: cleaned(&about.summary),
            license,
            requested: node.requested,
            troubled: shape.is_troubled(at),
            editable: about.editable,
            unreadable: node.unreadable.is_some(),
            bytes: size.bytes,
            exclusive: size.bytes + along.iter().map(|id| weight(*id)).sum::<u64>(),
            along: along.iter().filter_map(place).collect(),
            latest: node.newer.as_ref().map(|newer| newer.latest.clone()),
            allowed: node.newer.as_ref().map(|newer| newer.allowed.clone()),
            x: 0.0,
            y: 0.0,
        });
    }
    items
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let begin: String = text.chars().take(most - 1).collect();
    format!("{begin}…")
}

fn facts(shape: &Shape<'_>, heading: &Heading) -> String {
    let installed = shape.boxes.iter().filter(|node| node.is_there());
    let (mut count, mut total) = (0, 0);
    for node in installed {
        count += 1;
        total += node.size.map_or(0, |size| size.bytes);
    }
    format!(
        "{count} {} · {} · Python {}",
        if count == 1 { "package" } else { "packages" },
        bytes(total),
        heading.python
    )
}

fn tenth(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// The SHA-256 of a text, as policies write it.
fn digest(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in Sha256::digest(text.as_bytes()).chunks(3) {
        let group = chunk.iter().enumerate().fold(0_u32, |group, (at, byte)| {
            group | u32::from(*byte) << (16 - 8 * at)
        });
        for place in 0..4 {
            if place <= chunk.len() {
                let index = (group >> (18 - 6 * place)) & 63;
                out.push(char::from(LETTERS[index as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_policies() {
        assert_eq!(
            digest("abc"),
            "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
        );
    }

    #[test]
    fn every_place_of_the_template_is_filled() {
        let heading = Heading {
            name: "{{script}}".into(),
            python: "3.12.1".into(),
            compared: false,
        };
        let page = page(&Dependencies::default(), &heading);
        assert!(
            page.contains("<h1>{{script}}</h1>"),
            "values are not filled again"
        );
        assert_eq!(page.matches("{{").count(), 3, "{page}");
        assert!(page.contains("0 packages · 0 B · Python 3.12.1"), "{page}");
    }
}
