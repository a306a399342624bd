use std::io::Write;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressStyle};
use naja_engine::{Action, Change, Event, Failure, Kind, Sink};

use super::plain::told;

/// A progress bar appears for what takes longer than this.
const PATIENCE: Duration = Duration::from_millis(500);

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default().bold();

/// How much is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Loudness {
    /// Nothing at all (`-qq`).
    Silent,
    /// Only errors (`-q`).
    Quiet,
    /// The usual.
    Normal,
    /// With details (`-v`).
    Verbose,
}

/// Writes to standard error for a person.
pub(crate) struct Human {
    out: Box<dyn Write + Send>,
    loudness: Loudness,
    progress: bool,
    bar: Option<ProgressBar>,
    started: Instant,
    /// Where what programs write to standard output goes on; nowhere if this is a log.
    programs: Option<anstream::AutoStream<std::io::Stdout>>,
}

impl Human {
    /// Prepares the writer; `progress` allows a bar on a terminal.
    pub(crate) fn new(loudness: Loudness, color: anstream::ColorChoice, progress: bool) -> Self {
        Self {
            out: Box::new(anstream::AutoStream::new(std::io::stderr(), color)),
            loudness,
            progress,
            bar: None,
            started: Instant::now(),
            programs: Some(anstream::AutoStream::new(std::io::stdout(), color)),
        }
    }

    /// Prepares the writer of a log: everything, without colours, behind what is there.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn log(path: &std::path::Path) -> std::io::Result<Self> {
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)?;
        Ok(Self {
            out: Box::new(anstream::StripStream::new(file)),
            loudness: Loudness::Verbose,
            progress: false,
            bar: None,
            started: Instant::now(),
            programs: None,
        })
    }

    /// Tells something that is several lines long and has its colours.
    pub(crate) fn tell(&mut self, text: &str) {
        self.say(text);
    }

    /// Tells why the command failed.
    pub(crate) fn failure(&mut self, failure: &Failure) {
        self.clear_bar();
        if self.loudness == Loudness::Silent || matches!(failure.kind, Kind::Status(_)) {
            return;
        }
        let mut text = format!(
            "{RED}error{RED:#}{BOLD}: {}{BOLD:#}\n",
            told(&failure.title)
        );
        for cause in &failure.causes {
            text.push_str(&indented("  because: ", cause));
        }
        if !failure.story.is_empty() {
            text.push('\n');
            for line in &failure.story {
                text.push_str(&indented("  ", line));
            }
        }
        if !failure.hints.is_empty() {
            text.push('\n');
        }
        for hint in &failure.hints {
            text.push_str(&format!("{CYAN}hint{CYAN:#}: {}\n", told(hint)));
        }
        self.write(&text);
    }

    fn write(&mut self, text: &str) {
        // Nobody is left to tell when standard error is gone.
        let _gone = self.out.write_all(text.as_bytes());
        let _gone = self.out.flush();
    }

    fn say(&mut self, text: &str) {
        if self.loudness >= Loudness::Normal {
            self.clear_bar();
            self.write(text);
        }
    }

    fn counted(&mut self, verb: &str, packages: usize, ms: u64) {
        self.say(&format!(
            "{DIM}{verb} {DIM:#}{BOLD}{}{BOLD:#}{DIM} in {}{DIM:#}\n",
            counted(packages),
            duration(ms)
        ));
    }

    fn change(&mut self, change: &Change) {
        let style = match change.action {
            Action::Added => GREEN,
            Action::Removed => AnsiColor::Red.on_default(),
            Action::Reinstalled => AnsiColor::Yellow.on_default(),
        };
        let sign = change.action.sign();
        let name = told(&change.name);
        let version = told(&change.version);
        let mut line =
            format!(" {style}{sign}{style:#} {BOLD}{name}{BOLD:#}{DIM}=={version}{DIM:#}");
        if let Some(source) = &change.source {
            line.push_str(&format!("{DIM} (from {}){DIM:#}", told(source)));
        }
        line.push('\n');
        self.say(&line);
    }

    fn bar(&mut self) -> Option<&ProgressBar> {
        if !self.progress || self.loudness < Loudness::Normal || self.started.elapsed() < PATIENCE {
            return None;
        }
        Some(
            self.bar
                .get_or_insert_with(|| ProgressBar::with_draw_target(None, super::bar::target())),
        )
    }

    fn resolving(&mut self, packages: usize) {
        let style = ProgressStyle::with_template("{spinner} {msg}");
        if let (Some(bar), Ok(style)) = (self.bar(), style) {
            bar.set_style(style);
            bar.set_message(format!("Resolving ({packages} packages)"));
            bar.tick();
        }
    }

    fn fetching(&mut self, files: (usize, usize), bytes: (u64, u64)) {
        // Fits into 80 columns.
        let template = "{spinner} {msg} [{bar:14}] {bytes}/{total_bytes} {bytes_per_sec}";
        let style = ProgressStyle::with_template(template);
        if let (Some(bar), Ok(style)) = (self.bar(), style) {
            bar.set_style(style.progress_chars("=> "));
            bar.set_message(format!("Downloading {}/{}", files.0, files.1));
            bar.set_length(bytes.1);
            bar.set_position(bytes.0);
            bar.tick();
        }
    }

    /// Passes a line of a program on: it is what was asked for, however quiet naja is.
    fn pass(&mut self, label: &str, line: &str, is_error: bool) {
        self.clear_bar();
        let style = color_of(label);
        let text = format!("{style}[{}]{style:#} {line}\n", told(label));
        match &mut self.programs {
            Some(out) if !is_error => {
                // Nobody reads it any more when it is closed.
                let _gone = out.write_all(text.as_bytes()).and_then(|()| out.flush());
            }
            _ => self.write(&text),
        }
    }

    fn clear_bar(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// A writer for a person, and one for a log.
pub(crate) struct Twice(pub(crate) Human, pub(crate) Human);

impl Sink for Twice {
    fn event(&mut self, event: &Event) {
        self.0.event(event);
        self.1.event(event);
    }
}

impl Sink for Human {
    #[expect(clippy::too_many_lines, reason = "a line or two for each event")]
    fn event(&mut self, event: &Event) {
        match event {
            Event::Resolving { packages } => self.resolving(*packages),
            Event::Resolved { packages, ms } | Event::Fitted { packages, ms } => {
                self.counted("Resolved", *packages, *ms);
            }
            Event::Audited { packages, ms } => self.counted("Audited", *packages, *ms),
            Event::Fetching {
                files,
                files_total,
                bytes,
                bytes_total,
            } => {
                self.fetching((*files, *files_total), (*bytes, *bytes_total));
            }
            Event::Building { what } => {
                self.say(&format!(
                    "{DIM}   Building {DIM:#}{BOLD}{}{BOLD:#}\n",
                    told(what)
                ));
            }
            Event::Built { what, ms } => self.say(&format!(
                "{DIM}      Built {DIM:#}{BOLD}{}{BOLD:#}{DIM} in {}{DIM:#}\n",
                told(what),
                duration(*ms)
            )),
            Event::Prepared { packages, ms } => self.counted("Prepared", *packages, *ms),
            Event::Uninstalled { packages, ms } => self.counted("Uninstalled", *packages, *ms),
            Event::Installed { packages, ms } => self.counted("Installed", *packages, *ms),
            Event::Compiled { files, ms } => self.say(&format!(
                "{DIM}Bytecode compiled {DIM:#}{BOLD}{files} files{BOLD:#}{DIM} in {}{DIM:#}\n",
                duration(*ms)
            )),
            Event::Changed(change) => self.change(change),
            Event::WouldChange { install, uninstall } => {
                if install + uninstall == 0 {
                    self.say(&format!("{DIM}Would make no changes{DIM:#}\n"));
                }
                if *uninstall > 0 {
                    self.say(&format!(
                        "{DIM}Would uninstall{DIM:#} {BOLD}{}{BOLD:#}\n",
                        counted(*uninstall)
                    ));
                }
                if *install > 0 {
                    self.say(&format!(
                        "{DIM}Would install{DIM:#} {BOLD}{}{BOLD:#}\n",
                        counted(*install)
                    ));
                }
            }
            Event::Warning { message, hint } => {
                let mut text = format!("{YELLOW}warning{YELLOW:#}: {}\n", told(message));
                if let Some(hint) = hint {
                    text.push_str(&format!("{CYAN}hint{CYAN:#}: {}\n", told(hint)));
                }
                self.say(&text);
            }
            Event::Note { message } => self.say(&format!("{}\n", told(message))),
            Event::Running { label, command } => {
                let command = told(command);
                self.say(&match label {
                    Some(label) => {
                        let style = color_of(label);
                        format!(
                            "{style}[{}]{style:#} {DIM}$ {command}{DIM:#}\n",
                            told(label)
                        )
                    }
                    None => format!("{DIM}$ {command}{DIM:#}\n"),
                });
            }
            Event::Output {
                label,
                line,
                is_error,
            } => self.pass(label, line, *is_error),
            Event::Failed { label, status } => self.say(&format!(
                "{RED}failed{RED:#}{BOLD}: {} (status {status}){BOLD:#}\n",
                told(label)
            )),
            Event::Heading { text } => {
                self.say(&format!("{BOLD}-- {} --{BOLD:#}\n", told(text)));
            }
            Event::Table { text } => self.say(text),
            Event::Trouble(failure) => self.failure(failure),
            Event::Waiting { what } => self.say(&format!(
                "{DIM}Waiting for {}, which another process holds{DIM:#}\n",
                told(what)
            )),
            Event::Detail { message } if self.loudness == Loudness::Verbose => {
                self.say(&format!("{DIM}  {}{DIM:#}\n", told(message)));
            }
            _ => {}
        }
    }
}

impl Drop for Human {
    fn drop(&mut self) {
        self.clear_bar();
    }
}

/// A colour that one name always has.
fn color_of(label: &str) -> Style {
    const COLORS: [AnsiColor; 6] = [
        AnsiColor::Cyan,
        AnsiColor::Magenta,
        AnsiColor::Blue,
        AnsiColor::Yellow,
        AnsiColor::Green,
        AnsiColor::BrightBlue,
    ];
    let sum = label.bytes().fold(0_usize, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(usize::from(byte))
    });
    COLORS[sum % COLORS.len()].on_default()
}

fn indented(indent: &str, text: &str) -> String {
    let blank = " ".repeat(indent.len());
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        out.push_str(if number == 0 { indent } else { &blank });
        out.push_str(&told(line));
        out.push('\n');
    }
    out
}

fn counted(packages: usize) -> String {
    let noun = if packages == 1 { "package" } else { "packages" };
    format!("{packages} {noun}")
}

fn duration(ms: u64) -> String {
    if ms < 1000 {
        format!("{ms}ms")
    } else {
        format!("{}.{:02}s", ms / 1000, ms % 1000 / 10)
    }
}
