//! Reading a page: its blocks and the comments about them.

/// What a page wants done, in its order.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) steps: Vec<Step>,
}

#[derive(Debug)]
pub(super) enum Step {
    /// From here on nothing is there of what was before.
    New,
    /// A file with this text.
    File {
        path: String,
        text: String,
    },
    Run(Command),
    /// Commands that are shown and not run.
    Skip {
        line: usize,
        commands: usize,
        why: String,
    },
    /// The page says something that cannot be understood.
    Nonsense {
        line: usize,
        what: String,
    },
}

/// A command, and what the page says about its end.
#[derive(Debug)]
pub(super) struct Command {
    /// The line of the page, from 1.
    pub(super) line: usize,
    pub(super) text: String,
    /// The lines that are shown as its output.
    pub(super) shown: Vec<String>,
    pub(super) status: i32,
}

/// What comments say about the next block.
#[derive(Default)]
struct About {
    status: i32,
    file: Option<String>,
    skip: Option<String>,
}

impl Page {
    pub(super) fn parse(text: &str) -> Self {
        let mut page = Self::default();
        let mut about = About::default();
        let mut lines = text.lines().zip(1_usize..);
        while let Some((line, number)) = lines.next() {
            let line = line.trim();
            if let Some(comment) = line.strip_prefix("<!-- session:") {
                match comment.strip_suffix("-->") {
                    Some(words) => page.comment(words.trim(), number, &mut about),
                    None if comment.trim() == "setup" => {
                        let hidden = lines.by_ref().take_while(|(line, _)| line.trim() != "-->");
                        let hidden: Vec<_> = hidden.collect();
                        page.commands(&hidden, 0);
                    }
                    None => page.nonsense(number, comment),
                }
            } else if let Some(language) = line.strip_prefix("```") {
                let block: Vec<_> = lines
                    .by_ref()
                    .take_while(|(line, _)| !line.trim().starts_with("```"))
                    .collect();
                page.block(language.trim(), &block, std::mem::take(&mut about));
            }
        }
        page
    }

    fn nonsense(&mut self, line: usize, what: &str) {
        let what = what.trim().to_owned();
        self.steps.push(Step::Nonsense { line, what });
    }

    fn comment(&mut self, words: &str, line: usize, about: &mut About) {
        match words.split_once(' ').unwrap_or((words, "")) {
            ("new", "") => self.steps.push(Step::New),
            ("status", number) if number.parse::<i32>().is_ok() => {
                about.status = number.parse().unwrap();
            }
            ("file", path) if !path.is_empty() => about.file = Some(path.trim().to_owned()),
            ("skip", why) => about.skip = Some(why.trim().to_owned()),
            _ => self.nonsense(line, words),
        }
    }

    fn block(&mut self, language: &str, lines: &[(&str, usize)], about: About) {
        if let Some(path) = about.file {
            let text: Vec<&str> = lines.iter().map(|(line, _)| *line).collect();
            let text = text.join("\n") + "\n";
            self.steps.push(Step::File { path, text });
        } else if language != "console" {
        } else if let Some(why) = about.skip {
            let commands = lines
                .iter()
                .filter(|(line, _)| line.starts_with("$ "))
                .count();
            let line = lines.first().map_or(0, |(_, number)| *number);
            self.steps.push(Step::Skip {
                line,
                commands,
                why,
            });
        } else {
            self.commands(lines, about.status);
        }
    }

    /// The commands of a block; the status is that of the last.
    fn commands(&mut self, lines: &[(&str, usize)], status: i32) {
        let mut all: Vec<Command> = Vec::new();
        for (line, number) in lines {
            if let Some(command) = line.strip_prefix("$ ") {
                all.push(Command {
                    line: *number,
                    text: command.to_owned(),
                    shown: Vec::new(),
                    status: 0,
                });
                continue;
            }
            let Some(last) = all.last_mut() else { continue };
            match line.strip_prefix("> ") {
                Some(more) if last.shown.is_empty() => {
                    last.text.push('\n');
                    last.text.push_str(more);
                }
                _ if line.trim().is_empty() || *line == "$" => {}
                _ => last.shown.push((*line).to_owned()),
            }
        }
        if let Some(last) = all.last_mut() {
            last.status = status;
        }
        self.steps.extend(all.into_iter().map(Step::Run));
    }
}

/// The code within sentences and tables that begins with `naja `, with its line.
pub(super) fn inline(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_block = false;
    for (line, number) in text.lines().zip(1_usize..) {
        if line.trim().starts_with("```") {
            in_block = !in_block;
        }
        if in_block {
            continue;
        }
        for code in line.split('`').skip(1).step_by(2) {
            if code.starts_with("naja ") {
                found.push((number, code.replace("\\|", "|")));
            }
        }
    }
    found
}
