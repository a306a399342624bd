//! `naja status` for people: as wide as the terminal, readable without colours.

use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use console::measure_text_width;
use naja_engine::status::{
    BaseState, EnvironmentStatus, LockKind, LockState, Mark, Role, SearchDir, Status,
};

use super::plain;

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

/// The column in which values begin.
const INDENT: usize = 14;

/// The columns of the picture's marks.
const MARKS: usize = 26;

/// What a text is written for.
#[derive(Clone, Copy)]
pub(crate) struct Paper<'a> {
    /// The home directory, for paths that begin with `~`.
    pub(crate) home: Option<&'a Path>,
    /// How many columns a line has.
    pub(crate) columns: usize,
}

impl<'a> Paper<'a> {
    /// Paper as wide as the terminal, within what can be read well; 80 columns where there is none.
    pub(crate) fn new(home: Option<&'a Path>) -> Self {
        let terminal = console::Term::stdout();
        let size = terminal
            .is_term()
            .then(|| terminal.size_checked())
            .flatten();
        let columns = size.map_or(80, |(_, columns)| usize::from(columns).clamp(48, 100));
        Self { home, columns }
    }
}

/// Writes lines of a label and a value.
struct Page<'a> {
    out: String,
    home: Option<&'a Path>,
    columns: usize,
    cwd: &'a Path,
}

/// The whole answer.
pub(crate) fn page(status: &Status, paper: Paper<'_>) -> String {
    let mut page = Page {
        out: String::new(),
        home: paper.home,
        columns: paper.columns,
        cwd: &status.directory,
    };
    page.project(status);
    page.environment(status);
    page.lock(status);
    page.picture(status);
    page.running(status);
    page.variables(status);
    page.aliases(status);
    page.out
}

impl Page<'_> {
    fn line(&mut self, label: &str, value: &str) {
        let padded = format!("{label:<INDENT$}");
        self.out.push_str(&format!("{DIM}{padded}{DIM:#}{value}\n"));
    }

    /// Words, broken where the line ends.
    fn words(&mut self, label: &str, text: &str, style: Style) {
        let mut first = true;
        for line in wrapped(&plain(text), self.columns - INDENT) {
            let label = if first { label } else { "" };
            self.line(label, &format!("{style}{line}{style:#}"));
            first = false;
        }
    }

    fn heading(&mut self, text: &str) {
        self.out.push_str(&format!("\n{BOLD}{text}{BOLD:#}\n"));
    }

    /// A path as people write it: from here, or from home.
    fn near(&self, path: &Path) -> String {
        match path.strip_prefix(self.cwd) {
            Ok(rest) if rest.as_os_str().is_empty() => ".".to_owned(),
            Ok(rest) => plain(&rest.display().to_string()).into_owned(),
            Err(_) => self.short(path),
        }
    }

    fn short(&self, path: &Path) -> String {
        let text = match self.home.and_then(|home| path.strip_prefix(home).ok()) {
            Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
            Some(rest) if self.home != Some(Path::new("/")) => format!("~/{}", rest.display()),
            _ => path.display().to_string(),
        };
        plain(&text).into_owned()
    }

    fn project(&mut self, status: &Status) {
        match &status.project {
            Some(project) => {
                let name = plain(&project.name).into_owned();
                self.line("project", &format!("{BOLD}{name}{BOLD:#}"));
                let root = self.short(&project.root);
                self.line(
                    "",
                    &format!("{root} {DIM}(by {}){DIM:#}", plain(&project.sign)),
                );
            }
            None => {
                let here = self.short(&status.directory);
                self.line("project", &format!("none {DIM}in {here} or above{DIM:#}"));
            }
        }
    }

    fn environment(&mut self, status: &Status) {
        let Some(env) = &status.environment else {
            self.line("environment", &format!("{YELLOW}none{YELLOW:#}"));
            match status.beside.first() {
                Some(other) => {
                    let name = self.near(other);
                    let text = format!(
                        "There is one in {name}: activate it, or name it with `-p {name}`. Only \
                         .venv is found by itself."
                    );
                    self.words("", &text, Style::new());
                }
                None => self.words("", "`naja venv` makes one here, in .venv", Style::new()),
            }
            self.foreign(status);
            return;
        };
        if is_foreign(status) {
            self.line("environment", &format!("{YELLOW}none of its own{YELLOW:#}"));
            self.words("", "`naja venv` makes one here, in .venv", Style::new());
            self.foreign(status);
            self.python(env);
            return;
        }
        let state = match (env.active, &status.active) {
            (true, _) => format!("{GREEN}active{GREEN:#}"),
            (false, Some(_)) => format!("{YELLOW}not active: another one is{YELLOW:#}"),
            (false, None) => "not active".to_owned(),
        };
        let root = self.near(&env.root);
        let maker = match &env.maker.version {
            Some(version) => format!("made by {} {}", env.maker.tool, plain(version)),
            None => format!("made by {}", env.maker.tool),
        };
        self.line("environment", &format!("{BOLD}{root}{BOLD:#}, {state}"));
        let prompt = plain(&env.prompt);
        self.line("", &format!("{DIM}{maker}, prompt ({prompt}){DIM:#}"));
        self.foreign(status);
        self.python(env);
        self.uses(status);
    }

    /// What is active, where that is not what is shown.
    fn foreign(&mut self, status: &Status) {
        let Some(active) = &status.active else { return };
        let root = self.short(&active.root);
        if !active.exists {
            self.line(
                "active",
                &format!("{YELLOW}{root}, which is gone{YELLOW:#}"),
            );
            let text = format!("`deactivate`, or `unset {}`", active.variable);
            self.words("", &text, Style::new());
            return;
        }
        if let Some(foreign) = &status.foreign {
            self.line("active", &format!("{YELLOW}{root}{YELLOW:#}"));
            let text = format!(
                "It belongs to another project, {} in {}. `deactivate` leaves it.",
                foreign.owner.name,
                self.short(&foreign.owner.root)
            );
            self.words("", &text, YELLOW);
        } else if status.environment.as_ref().is_none_or(|env| !env.active) {
            self.line("active", &root);
        }
    }

    fn python(&mut self, env: &EnvironmentStatus) {
        let version = env.version.as_deref().unwrap_or("of unknown version");
        let implementation = plain(&env.implementation);
        let mut text = format!("{BOLD}{implementation} {}{BOLD:#}", plain(version));
        if !env.works {
            text.push_str(&format!(", {YELLOW}which cannot be started{YELLOW:#}"));
        }
        self.line("python", &text);
        let base = self.short(&env.base.path);
        match env.base.state {
            BaseState::Found => self.line("  made from", &base),
            BaseState::Gone => {
                let text = format!("{YELLOW}{base}, which is gone{YELLOW:#}");
                self.line("  made from", &text);
            }
            BaseState::Itself => {}
        }
        let python = self.short(&env.python);
        self.line("  for editors", &python);
        let mut count = match env.packages.count {
            0 => "none".to_owned(),
            count => count.to_string(),
        };
        if env.packages.editable > 0 {
            count.push_str(&format!(" ({} editable)", env.packages.editable));
        }
        if env.system_site_packages {
            count.push_str(", and those of the Python below are visible");
        }
        self.line("packages", &count);
        let dirs: Vec<String> = env
            .packages
            .directories
            .iter()
            .map(|dir| self.near(dir))
            .collect();
        for dir in dirs {
            self.line("  go to", &dir);
        }
        let scripts = self.near(&env.scripts);
        self.line("  programs to", &scripts);
    }

    /// What the two families of commands use, where they differ.
    fn uses(&mut self, status: &Status) {
        let (Some(pip), Some(run)) = (&status.pip_changes, &status.run_uses) else {
            return;
        };
        if pip != run {
            let text = self.near(pip);
            self.line("naja pip", &format!("is about {text}"));
            let text = self.near(run);
            self.line("naja run", &format!("uses {text}"));
        }
    }

    fn lock(&mut self, status: &Status) {
        let Some(lock) = &status.lock else {
            if status.project.is_some() {
                self.line("lock", "none yet");
            }
            return;
        };
        let file = self.near(&lock.file);
        let from = lock.made_from.as_deref().map(|from| self.near(from));
        let text = match (&lock.state, lock.kind, from) {
            (_, LockKind::Loose, _) => {
                format!("none; {file} asks for versions without pinning all")
            }
            (_, LockKind::Foreign, _) => format!("{file}, of another tool"),
            (LockState::Fresh, _, Some(from)) => format!("{file}, fits {from}"),
            (LockState::Stale { .. }, _, Some(from)) => {
                format!("{file}, {YELLOW}does not fit {from} any more{YELLOW:#}")
            }
            _ => file,
        };
        self.line("lock", &text);
        if let LockState::Stale { why } = &lock.state {
            for reason in why {
                self.words("", reason, Style::new());
            }
        }
    }

    /// `PATH` as a picture.
    fn picture(&mut self, status: &Status) {
        let (search, env) = (&status.search, &status.environment);
        let width = self.columns - MARKS;
        let title = middle("PATH, in the order of search", width);
        self.out.push_str(&format!(
            "\n{BOLD}{title:<width$}{BOLD:#}{DIM} python python3    pip{DIM:#}\n",
        ));
        let mut skipped = 0;
        for dir in &search.directories {
            let is_bare = dir.marks.iter().all(|mark| *mark == Mark::None);
            if is_bare && dir.role != Role::Environment && dir.role != Role::Relative {
                skipped += 1;
                continue;
            }
            self.skipped(&mut skipped);
            self.picture_line(dir, is_foreign(status));
        }
        self.skipped(&mut skipped);
        if let (Some(env), None) = (env, search.environment_at) {
            let bin = middle(&self.near(&env.scripts), width.saturating_sub(30).max(12));
            self.out.push_str(&format!(
                "  -  {bin} {DIM}the environment, not on PATH{DIM:#}\n"
            ));
        }
        let legend = "● runs   ○ hidden by the one above   ✗ cannot be run";
        for line in wrapped_gaps(legend, self.columns - 5) {
            self.out.push_str(&format!("     {DIM}{line}{DIM:#}\n"));
        }
    }

    fn skipped(&mut self, count: &mut usize) {
        let text = match *count {
            0 => return,
            1 => "1 directory without any of them".to_owned(),
            count => format!("{count} directories without any of them"),
        };
        self.out.push_str(&format!("{DIM}  …  {text}{DIM:#}\n"));
        *count = 0;
    }

    fn picture_line(&mut self, dir: &SearchDir, foreign: bool) {
        // The second one for where there is little room.
        let (note, brief) = match &dir.role {
            Role::Environment if foreign => ("another project's", "another's"),
            Role::Environment => ("this environment", "this one"),
            Role::OtherEnvironment { .. } => ("another environment", "another one"),
            Role::Shims => ("shims", "shims"),
            Role::Relative => ("relative!", "relative!"),
            Role::User | Role::Other | Role::Repeated => ("", ""),
        };
        let path = if dir.path.as_os_str().is_empty() {
            "(empty: the working directory)".to_owned()
        } else {
            self.short(&dir.path)
        };
        let room = self.columns - MARKS - 5;
        let beside = |note: &str| match note.len() {
            0 => room,
            length => room.saturating_sub(length + 2),
        };
        let long = measure_text_width(&path);
        let note = if long <= beside(note) { note } else { brief };
        // A note that leaves nothing of the path is left out.
        let note = if beside(note) < 8 { "" } else { note };
        let room = beside(note);
        let path = middle(&path, room);
        let gap = " ".repeat(room.saturating_sub(measure_text_width(&path)));
        let style = match dir.role {
            Role::Environment if !foreign => GREEN,
            Role::Environment => YELLOW,
            Role::OtherEnvironment { .. } | Role::Relative => YELLOW,
            _ => DIM,
        };
        let mut line = format!("{:>3}  {path}{gap}", dir.at);
        if !note.is_empty() {
            line.push_str(&format!("  {style}{note}{style:#}"));
        }
        for mark in dir.marks {
            let (sign, style) = match mark {
                Mark::None => ("·", DIM),
                Mark::Runs => ("●", BOLD),
                Mark::Hidden => ("○", Style::new()),
                Mark::Dead => ("✗", YELLOW),
            };
            line.push_str(&format!("    {style}{sign}{style:#}   "));
        }
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    fn running(&mut self, status: &Status) {
        self.heading("What this shell runs");
        for program in &status.search.programs {
            let Some(path) = &program.path else {
                self.line(&format!("  {}", program.name), "nothing of that name");
                continue;
            };
            let mut text = format!("{BOLD}{}{BOLD:#}", self.near(path));
            let target = program.target.as_deref().filter(|_| program.name != "pip");
            if let Some(target) = target {
                let target = self.short(target);
                // The arrow begins a new line where both do not fit on one.
                if measure_text_width(&self.near(path)) + measure_text_width(&target) + 4 + INDENT
                    > self.columns
                {
                    self.line(&format!("  {}", program.name), &text);
                    self.line("", &format!("{DIM}→ {target}{DIM:#}"));
                    continue;
                }
                text.push_str(&format!(" {DIM}→ {target}{DIM:#}"));
            }
            self.line(&format!("  {}", program.name), &text);
        }
        for sentence in why(status) {
            self.words("", &sentence, Style::new());
        }
    }

    fn variables(&mut self, status: &Status) {
        let others = |name: &str| !matches!(name, "VIRTUAL_ENV" | "CONDA_PREFIX");
        let shown: Vec<_> = status
            .variables
            .iter()
            .filter(|variable| others(variable.name))
            .collect();
        if shown.is_empty() {
            return;
        }
        self.heading("Variables that Python or pip obey");
        for variable in shown {
            let text = format!("  {}={}", variable.name, plain(&variable.value));
            self.out.push_str(&format!("{text}\n"));
            self.out
                .push_str(&format!("    {DIM}{}{DIM:#}\n", variable.does));
        }
    }

    fn aliases(&mut self, status: &Status) {
        let text = format!(
            "An alias, a function or a remembered place comes before PATH and cannot be seen from \
             here. `{}` shows them.",
            status.ask_the_shell
        );
        self.out.push('\n');
        for line in wrapped(&text, self.columns) {
            self.out.push_str(&format!("{DIM}{line}{DIM:#}\n"));
        }
    }
}

/// Whether what is shown is only active, and another project's.
fn is_foreign(status: &Status) -> bool {
    match (&status.foreign, &status.environment) {
        (Some(foreign), Some(env)) => foreign.environment == env.root,
        _ => false,
    }
}

/// Why the shell runs what it runs, where that is not the environment.
fn why(status: &Status) -> Vec<String> {
    let mut sentences = Vec::new();
    let shim = status
        .search
        .programs
        .iter()
        .find(|found| found.name.starts_with("python") && found.role == Some(Role::Shims));
    if let Some(shim) = shim {
        sentences.push(format!(
            "`{}` is a shim: a version manager chooses the Python each time.",
            shim.name
        ));
    }
    let Some(env) = status.environment.as_ref().filter(|_| !is_foreign(status)) else {
        return sentences;
    };
    let own = |name: &str| {
        let program = status
            .search
            .programs
            .iter()
            .find(|found| found.name == name);
        program.is_some_and(|found| found.role == Some(Role::Environment))
    };
    match status.search.environment_at {
        None if env.active => sentences.push(
            "The environment is active, and its programs are not on PATH: something set PATH \
             again. Activate it once more."
                .to_owned(),
        ),
        None => sentences.push(
            "The environment is not on PATH because it is not active; `naja run` uses it all the \
             same."
                .to_owned(),
        ),
        Some(at) if !own("python") && env.works => sentences.push(format!(
            "The environment is entry {at} of PATH, and an entry before it has a python."
        )),
        Some(_) if !own("pip") => sentences
            .push("`pip` is not this environment's: `naja pip` is about this one.".to_owned()),
        Some(_) => {}
    }
    sentences
}

/// Breaks a line where three blanks are, which otherwise stay.
fn wrapped_gaps(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in text.split("   ") {
        match lines.last_mut() {
            Some(line) if measure_text_width(line) + 3 + measure_text_width(part) <= width => {
                line.push_str("   ");
                line.push_str(part);
            }
            _ => lines.push(part.to_owned()),
        }
    }
    lines
}

/// A path with its middle left out where it is too long.
fn middle(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if measure_text_width(text) <= width {
        return text.to_owned();
    }
    // Wide letters count twice.
    let width = width.saturating_sub(measure_text_width(text) - count);
    let head = width / 3;
    let tail = width.saturating_sub(head + 1);
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(count - tail).collect();
    format!("{start}…{end}")
}

/// Breaks words into lines. A word that is longer than a line has one of its own.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let length =
            measure_text_width(&line) + usize::from(!line.is_empty()) + measure_text_width(word);
        if !line.is_empty() && length > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The home directory, for paths that begin with `~`.
pub(crate) fn home_of(session: &naja_engine::Session) -> Option<PathBuf> {
    session.process.home.clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_paths_lose_their_middle() {
        assert_eq!(middle("/a/b", 10), "/a/b");
        let short = middle("/home/harry/code/awesome-project/.venv/bin", 20);
        assert_eq!(short.chars().count(), 20);
        assert!(
            short.starts_with("/home/") && short.ends_with(".venv/bin"),
            "{short}"
        );
    }

    #[test]
    fn words_are_broken_at_blanks() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("a verylongword b", 4), ["a", "verylongword", "b"]);
        assert!(wrapped("", 4).is_empty());
    }
}
