//! Explanations and stories as text: for a terminal, and as Markdown.

use anstyle::{AnsiColor, Style};
use naja_engine::explain::{Block, Page, Story, Topic};

use super::plain;

/// How wide paragraphs are, in columns.
const WIDTH: usize = 80;

const TITLE: Style = AnsiColor::Cyan.on_default().bold();
const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const CODE: Style = AnsiColor::Green.on_default();

/// The topics there are.
pub(crate) fn topics(topics: &[Topic]) -> String {
    let width = topics
        .iter()
        .map(|topic| topic.name.len())
        .max()
        .unwrap_or(0);
    let mut out = format!("{TITLE}naja explain TOPIC{TITLE:#}\n\n");
    for topic in topics {
        let name = topic.name;
        out.push_str(&format!(
            "  {BOLD}{name:<width$}{BOLD:#}  {}\n",
            coded(topic.about)
        ));
    }
    out.push_str(
        "\n`--explain` behind a command tells what the command does.\n"
            .replace('`', "")
            .as_str(),
    );
    out
}

/// The topics there are, as Markdown.
pub(crate) fn topics_markdown(topics: &[Topic]) -> String {
    let lines = topics
        .iter()
        .map(|topic| format!("- `naja explain {}`: {}\n", topic.name, topic.about));
    lines.collect()
}

/// An explanation for a terminal.
pub(crate) fn page(page: &Page) -> String {
    let mut out = format!("{TITLE}{}{TITLE:#}\n", plain(&page.title));
    for block in &page.blocks {
        out.push('\n');
        match block {
            Block::Words(text) => {
                for line in wrapped(&plain(text), WIDTH) {
                    out.push_str(&line);
                    out.push('\n');
                }
            }
            Block::Values(rows) => {
                let width = widest(rows);
                for (name, value) in rows {
                    let padding = " ".repeat(width - name.chars().count());
                    let name = coded(&plain(name));
                    out.push_str(&format!(
                        "  {DIM}{name}{DIM:#}{padding}  {}\n",
                        plain(value)
                    ));
                }
            }
            Block::Commands(rows) => {
                let width = widest(rows);
                for (line, what) in rows {
                    let padding = " ".repeat(width - line.chars().count());
                    let row = format!(
                        "  {CODE}{}{CODE:#}{padding}  {}",
                        plain(line),
                        coded(&plain(what))
                    );
                    out.push_str(row.trim_end());
                    out.push('\n');
                }
            }
            Block::Picture(lines) => {
                for line in lines {
                    let line = format!("  {}", coded(&plain(line)));
                    out.push_str(line.trim_end());
                    out.push('\n');
                }
            }
        }
    }
    if !page.more.is_empty() {
        out.push_str(&format!(
            "\n{DIM}more: naja explain {}{DIM:#}\n",
            page.more.join(" | ")
        ));
    }
    out
}

/// An explanation as Markdown.
pub(crate) fn markdown(page: &Page) -> String {
    let mut out = format!("# {}\n", escaped(&page.title));
    for block in &page.blocks {
        out.push('\n');
        match block {
            Block::Words(text) => out.push_str(&format!("{}\n", escaped(text))),
            Block::Values(rows) => table(&mut out, rows, ["", "here"]),
            Block::Commands(rows) => {
                let rows: Vec<_> = rows
                    .iter()
                    .map(|(line, what)| (format!("`{line}`"), what.clone()))
                    .collect();
                table(&mut out, &rows, ["", ""]);
            }
            Block::Picture(lines) => {
                out.push_str("```text\n");
                for line in lines {
                    out.push_str(&plain(line).replace("```", "'''"));
                    out.push('\n');
                }
                out.push_str("```\n");
            }
        }
    }
    if let Some(chart) = &page.mermaid {
        out.push_str(&format!("\n```mermaid\n{chart}```\n"));
    }
    out
}

fn table(out: &mut String, rows: &[(String, String)], [left, right]: [&str; 2]) {
    out.push_str(&format!("| {left} | {right} |\n|---|---|\n"));
    for (name, value) in rows {
        let cell = |text: &str| escaped(text).replace('|', "\\|");
        out.push_str(&format!("| {} | {} |\n", cell(name), cell(value)));
    }
}

/// Text for Markdown: what is not between backticks is no markup.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut code = false;
    for c in plain(text).chars() {
        match c {
            '`' => {
                code = !code;
                out.push(c);
            }
            '<' | '>' | '*' | '_' | '[' | ']' | '#' if !code => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// What a command did, for a terminal.
pub(crate) fn story(story: &Story) -> String {
    let title = match (story.preview, story.steps.len()) {
        (true, _) => "What this command would do, and how it is done by hand",
        (false, _) => "What this command did, and how it is done by hand",
    };
    let mut out = format!("\n{TITLE}{title}{TITLE:#}\n");
    for (number, step) in story.steps.iter().enumerate() {
        out.push('\n');
        let mark = format!("{:>2}  ", number + 1);
        for (at, line) in wrapped(&plain(&step.what), WIDTH - 4).iter().enumerate() {
            let begin = if at == 0 { mark.as_str() } else { "    " };
            out.push_str(&format!("{BOLD}{begin}{BOLD:#}{line}\n"));
        }
        for detail in &step.details {
            for (at, line) in wrapped(&plain(detail), WIDTH - 6).iter().enumerate() {
                let begin = if at == 0 { "    · " } else { "      " };
                out.push_str(&format!("{DIM}{begin}{DIM:#}{line}\n"));
            }
        }
        for line in &step.by_hand {
            out.push_str(&format!(
                "    {DIM}${DIM:#} {CODE}{}{CODE:#}\n",
                plain(line)
            ));
        }
    }
    out
}

fn widest(rows: &[(String, String)]) -> usize {
    rows.iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or(0)
}

/// Lines no wider than this, where words allow; what stands between backticks is coloured and stays
/// together with them gone.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    for word in words(text) {
        let long = word.chars().count();
        if used > 0 && used + 1 + long > width {
            lines.push(coded(&line));
            line.clear();
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(&word);
        used += long;
    }
    lines.push(coded(&line));
    lines
}

/// The words of a text; what stands between backticks is one.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut code = false;
    let mut word = String::new();
    for c in text.chars() {
        match c {
            '`' => {
                code = !code;
                word.push(c);
            }
            ' ' | '\n' if !code => {
                words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            }
            c => word.push(c),
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// Colours what stands between backticks; without colours the backticks stay.
fn coded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split('`');
    out.push_str(parts.next().unwrap_or_default());
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        match parts.next() {
            Some(behind) => out.push_str(&format!("{CODE}`{part}`{CODE:#}{behind}")),
            None => out.push_str(&format!("`{part}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_wrapped_and_code_stays_together() {
        let lines = wrapped("one `naja pip install` two three", 20);
        let plain: Vec<String> = lines
            .iter()
            .map(|line| anstream::adapter::strip_str(line).to_string())
            .collect();
        assert_eq!(plain, ["one", "`naja pip install`", "two three"]);
    }

    #[test]
    fn markdown_has_no_markup_of_others() {
        assert_eq!(escaped("a <b> `c <d>` *e*"), "a \\<b\\> `c <d>` \\*e\\*");
    }
}
