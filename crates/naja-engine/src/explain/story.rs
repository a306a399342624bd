//! From what happened to a story: what was done, and how a person would do it.

use std::path::Path;

use serde::Serialize;

use super::telling::{Step, StepDist, StepFile};
use crate::event::Event;

/// More names than this are counted.
const MOST_NAMES: usize = 6;

/// What a command did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Story {
    /// Whether nothing was changed (`--dry-run`).
    pub preview: bool,
    /// What was done, in order.
    pub steps: Vec<StoryStep>,
}

/// One thing that was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct StoryStep {
    /// A sentence.
    pub what: String,
    /// More sentences.
    pub details: Vec<String>,
    /// How it is done by hand.
    pub by_hand: Vec<String>,
}

/// Tells what events say. Paths below `cwd` are relative, others below `home` begin with `~`.
#[must_use]
pub fn story(events: &[Event], cwd: &Path, home: Option<&Path>) -> Story {
    let preview = events
        .iter()
        .any(|event| matches!(event, Event::WouldChange { .. }));
    let mut teller = Teller {
        cwd,
        home,
        preview,
        steps: Vec::new(),
    };
    for event in events {
        teller.hear(event);
    }
    if teller.steps.is_empty() {
        teller.add("There was nothing to do.", &[], &[]);
    }
    Story {
        preview,
        steps: teller.steps,
    }
}

struct Teller<'a> {
    cwd: &'a Path,
    home: Option<&'a Path>,
    preview: bool,
    steps: Vec<StoryStep>,
}

impl Teller<'_> {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::Step(step) => self.step(step),
            Event::Audited { .. } => self.add(
                "Everything that is asked for is there already: nothing was downloaded or changed.",
                &[],
                &[],
            ),
            Event::Built { what, .. } => self.add(
                &format!("Built a wheel of {what} from its sources, in an environment of its own."),
                &[],
                &["python -m build --wheel".to_owned()],
            ),
            Event::Waiting { what } => {
                self.add(
                    &format!("Waited for {what}, which another command was using."),
                    &[],
                    &[],
                );
            }
            Event::WouldChange {
                install: 0,
                uninstall: 0,
            } => self.add("It would change nothing.", &[], &[]),
            _ => {}
        }
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::ChosePython { python, version } => self.add(
                &format!(
                    "Looked for a Python and took {version}, {}.",
                    self.shown(python)
                ),
                &["it was the first on PATH that fits, unless you named one"],
                &["python3 --version".to_owned()],
            ),
            Step::MadeEnvironment { .. } => self.made(step),
            Step::FoundEnvironment { .. } => self.found(step),
            Step::Read {
                requirements,
                files,
            } => self.read(requirements, files),
            Step::Asking { indexes, offline } => self.asking(indexes, *offline),
            Step::Chose {
                packages,
                requests,
                bytes,
            } => self.chose(packages, (*requests, *bytes)),
            Step::Fetched { files, cache } => self.fetched(files, cache),
            Step::Placed { .. } => self.placed(step),
            Step::Removed { packages, from } => self.removed(packages, from),
            Step::Starts { .. } => self.starts(step),
        }
    }

    fn add(&mut self, what: &str, details: &[&str], by_hand: &[String]) {
        self.steps.push(StoryStep {
            what: what.to_owned(),
            details: details.iter().map(|text| (*text).to_owned()).collect(),
            by_hand: by_hand.to_vec(),
        });
    }

    fn shown(&self, path: &Path) -> String {
        if let Ok(rest) = path.strip_prefix(self.cwd)
            && !rest.as_os_str().is_empty()
        {
            return rest.display().to_string();
        }
        match self.home.and_then(|home| path.strip_prefix(home).ok()) {
            Some(rest) if !rest.as_os_str().is_empty() => {
                format!("~{}{}", std::path::MAIN_SEPARATOR, rest.display())
            }
            _ => path.display().to_string(),
        }
    }

    /// `made` or `would make`.
    fn verb<'a>(&self, past: &'a str, conditional: &'a str) -> &'a str {
        if self.preview { conditional } else { past }
    }

    fn made(&mut self, step: &Step) {
        let Step::MadeEnvironment {
            root,
            base,
            packages,
            programs,
            scripts,
            copied,
        } = step
        else {
            return;
        };
        let how = if *copied { "a copy of" } else { "a link to" };
        let details = [
            format!(
                "{} is {how} {}",
                self.shown(&programs.join("python")),
                self.shown(base)
            ),
            format!(
                "pyvenv.cfg names {}: Python itself is taken from there",
                self.shown(base)
            ),
            format!("packages go to {}, which is empty", self.shown(packages)),
            format!("{scripts} scripts beside it activate it in as many shells"),
            "a .gitignore with `*` in it keeps everything in it out of git".to_owned(),
        ];
        let details: Vec<&str> = details.iter().map(String::as_str).collect();
        self.add(
            &format!(
                "Made {}, aside first and then put there by one rename: never half of it is there.",
                self.shown(root)
            ),
            &details,
            &[
                format!("{} -m venv {}", word(base), self.word(root)),
                format!("echo '*' > {}/.gitignore", self.word(root)),
            ],
        );
    }

    fn found(&mut self, step: &Step) {
        let Step::FoundEnvironment {
            root,
            packages,
            installed,
            active,
            cwd,
            ..
        } = step
        else {
            return;
        };
        let why = match active {
            Some(active) if active == root => "it is active: `VIRTUAL_ENV` names it".to_owned(),
            Some(active) => format!(
                "`VIRTUAL_ENV` names {}, and another one was asked for",
                self.shown(active)
            ),
            None if root.parent() == Some(cwd) => {
                "`VIRTUAL_ENV` is not set, and it is in this directory".to_owned()
            }
            None if cwd.starts_with(root.parent().unwrap_or(root)) => {
                "`VIRTUAL_ENV` is not set; going up from here it is the first".to_owned()
            }
            None => "`VIRTUAL_ENV` is not set, and it was named or is the default".to_owned(),
        };
        let there = match installed {
            0 => "no packages are in it yet".to_owned(),
            1 => "one package is in it".to_owned(),
            count => format!("{count} packages are in it"),
        };
        let listed = format!("{there}: one listing of {} says so", self.shown(packages));
        let bin = if cfg!(windows) { "Scripts" } else { "bin" };
        self.add(
            &format!("Found the environment {}.", self.shown(root)),
            &[&why, &listed],
            &[
                format!("source {}/{bin}/activate", self.word(root)),
                "pip list".to_owned(),
            ],
        );
    }

    fn read(&mut self, requirements: &[String], files: &[String]) {
        let mut what = match requirements {
            [one] => format!("Read what is asked for: {one}."),
            several => format!("Read what is asked for: {} requirements.", several.len()),
        };
        if !files.is_empty() {
            what = format!(
                "{} From {}.",
                what.trim_end_matches('.').to_owned() + ".",
                files.join(", ")
            );
        }
        let names = some(requirements);
        let details = if requirements.len() > 1 {
            vec![names.as_str()]
        } else {
            Vec::new()
        };
        self.add(&what, &details, &[]);
    }

    fn asking(&mut self, indexes: &[String], offline: bool) {
        let what = match (indexes, offline) {
            (_, true) => "Looked only at what is kept in the cache (`--offline`).".to_owned(),
            ([], _) => "Asked no index.".to_owned(),
            ([one], _) => format!(
                "Asked the index {one} which versions there are, where the cache did not know."
            ),
            (several, _) => format!(
                "Asked {} indexes which versions there are, where the cache did not know: {}.",
                several.len(),
                several.join(", ")
            ),
        };
        self.add(
            &what,
            &[],
            &["pip index versions NAME, for each name".to_owned()],
        );
    }

    fn chose(&mut self, packages: &[StepDist], (requests, bytes): (u64, u64)) {
        let names: Vec<String> = packages.iter().map(labelled).collect();
        let what = format!(
            "Chose one version of {} so that all requirements agree.",
            counted(packages.len(), "package", "packages")
        );
        let sent = match requests {
            0 => "the cache knew everything: no request was sent".to_owned(),
            count => format!(
                "{} brought {}",
                counted_u64(count, "request", "requests"),
                size(bytes)
            ),
        };
        self.add(
            &what,
            &[&some(&names), &sent],
            &["read Requires-Dist of each package, of each that it names, and so on".to_owned()],
        );
    }

    fn fetched(&mut self, files: &[StepFile], cache: &Path) {
        let new: Vec<&StepFile> = files.iter().filter(|file| file.fetched).collect();
        let kept = files.len() - new.len();
        let bytes: u64 = new.iter().filter_map(|file| file.bytes).sum();
        let place = self.shown(cache);
        if self.preview {
            let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
            let known: u64 = files.iter().filter_map(|file| file.bytes).sum();
            let what = format!(
                "Would bring {} ({}) into the cache, as far as they are not there.",
                counted(files.len(), "wheel", "wheels"),
                size(known)
            );
            self.add(
                &what,
                &[&some(&names)],
                &[format!("pip download --no-deps {}", some(&names))],
            );
            return;
        }
        let hashed = new.iter().filter(|file| file.hashed).count();
        let mut details = Vec::new();
        let names: Vec<String> = new.iter().map(|file| file.name.clone()).collect();
        if !new.is_empty() {
            details.push(some(&names));
            details.push(format!(
                "{hashed} of {} had a published hash; every file was compared with its wheel's RECORD",
                new.len()
            ));
        }
        if kept > 0 && !new.is_empty() {
            details.push(format!(
                "{} more in the cache already",
                counted(kept, "was", "were")
            ));
        }
        let what = if new.is_empty() {
            format!(
                "Took {} from the cache, {place}: nothing was downloaded.",
                counted(kept, "wheel", "wheels")
            )
        } else {
            format!(
                "Brought {} ({}) into the cache, {place}, and unpacked them there.",
                counted(new.len(), "wheel", "wheels"),
                size(bytes)
            )
        };
        let details: Vec<&str> = details.iter().map(String::as_str).collect();
        let by_hand = if new.is_empty() {
            Vec::new()
        } else {
            vec![
                format!("curl -O …/{}", names.first().map_or("", String::as_str)),
                format!("sha256sum {}", names.first().map_or("", String::as_str)),
            ]
        };
        self.add(&what, &details, &by_hand);
    }

    fn placed(&mut self, step: &Step) {
        let Step::Placed {
            packages,
            files,
            mode,
            programs,
            compiled,
        } = step
        else {
            return;
        };
        let place = self.shown(packages);
        let mut details = Vec::new();
        if !programs.is_empty() {
            let names: Vec<String> = programs
                .iter()
                .filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned()))
                .collect();
            let dir = programs[0]
                .parent()
                .map(|dir| self.shown(dir))
                .unwrap_or_default();
            details.push(format!(
                "{} in {dir}: {}",
                self.verb("wrote programs", "programs would be written"),
                some(&names)
            ));
        }
        if *compiled {
            details.push("modules were compiled, so that they start faster".to_owned());
        }
        details.push(
            "all of it became visible at once, by renames that a journal can take back".to_owned(),
        );
        if self.preview {
            details.pop();
        }
        let how = match mode.as_str() {
            "clone" | "hardlink" | "symlink" => {
                "linked, not copied: on the disk they are there once"
            }
            _ => "copied",
        };
        let what = if self.preview {
            format!("Would put their files into {place}.")
        } else {
            format!(
                "Put {} into {place}, {how}.",
                counted(*files, "file", "files")
            )
        };
        let details: Vec<&str> = details.iter().map(String::as_str).collect();
        self.add(
            &what,
            &details,
            &[format!("unzip WHEEL -d {}", self.word(packages))],
        );
    }

    fn removed(&mut self, packages: &[StepDist], from: &Path) {
        let names: Vec<String> = packages.iter().map(labelled).collect();
        let verb = self.verb("Took", "Would take");
        let first = packages.first();
        let info =
            first.map(|dist| format!("{}-{}.dist-info", dist.name.replace('-', "_"), dist.version));
        self.add(
            &format!(
                "{verb} {} out of {}: the files that the RECORD of each lists.",
                counted(packages.len(), "package", "packages"),
                self.shown(from)
            ),
            &[&some(&names)],
            &info.map_or_else(Vec::new, |info| {
                vec![format!(
                    "cut -d, -f1 {}/{info}/RECORD, and remove those files",
                    self.word(from)
                )]
            }),
        );
    }

    fn starts(&mut self, step: &Step) {
        let Step::Starts {
            command,
            root,
            variables,
        } = step
        else {
            return;
        };
        let mut details = Vec::new();
        let mut before = String::new();
        for (name, value) in variables {
            match value {
                None => details.push(format!("without the variable {name}")),
                Some(value) if name == "PATH" => {
                    let first = std::env::split_paths(value).next();
                    let first = first.map(|dir| self.shown(&dir)).unwrap_or_default();
                    details.push(format!("PATH begins with {first}"));
                    before.push_str(&format!("PATH={first}:$PATH "));
                }
                Some(value) => {
                    let value = self.shown(Path::new(value));
                    details.push(format!("{name} is {value}"));
                    if name == "VIRTUAL_ENV" {
                        before.push_str(&format!("{name}={value} "));
                    }
                }
            }
        }
        let whose = match root {
            Some(root) => format!(", in the environment {}", self.shown(root)),
            None => String::new(),
        };
        let line = command.join(" ");
        let details: Vec<&str> = details.iter().map(String::as_str).collect();
        self.add(
            &format!("Starts `{line}`{whose}. It takes the place of naja."),
            &details,
            &[format!("{before}{line}")],
        );
    }

    fn word(&self, path: &Path) -> String {
        let shown = self.shown(path);
        if shown.contains(' ') {
            format!("'{}'", path.display())
        } else {
            shown
        }
    }
}

fn word(path: &Path) -> String {
    let text = path.display().to_string();
    if text.contains(' ') {
        format!("'{text}'")
    } else {
        text
    }
}

fn labelled(dist: &StepDist) -> String {
    format!("{} {}", dist.name, dist.version)
}

fn some(names: &[String]) -> String {
    if names.len() <= MOST_NAMES {
        return names.join(", ");
    }
    format!(
        "{} and {} more",
        names[..MOST_NAMES - 1].join(", "),
        names.len() + 1 - MOST_NAMES
    )
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn counted_u64(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}
