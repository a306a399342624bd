//! The topics with fixed values, and stories of made-up events.

use std::path::{Path, PathBuf};

use naja_python::EnvironmentOrigin;

use super::facts::{EnvFacts, Facts, PathFact};
use super::telling::{Step, StepDist, StepFile};
use super::{Block, Page, TOPICS, find, story, topics};
use crate::event::Event;

/// A project with an environment that is not active.
fn facts() -> Facts {
    let root = "/home/ada/code/awesome-project";
    let dir = |dir: &str, runs: &[&'static str], hidden: &[&'static str]| PathFact {
        dir: PathBuf::from(dir),
        whose: None,
        runs: runs.to_vec(),
        hidden: hidden.to_vec(),
    };
    Facts {
        cwd: root.into(),
        home: Some("/home/ada".into()),
        env: Some(EnvFacts {
            root: format!("{root}/.venv").into(),
            python: format!("{root}/.venv/bin/python").into(),
            version: "3.12.4".into(),
            base: "/usr/bin/python3.12".into(),
            packages_dir: format!("{root}/.venv/lib/python3.12/site-packages").into(),
            programs_dir: format!("{root}/.venv/bin").into(),
            packages: 38,
            asked: 2,
            sees_base: false,
        }),
        origin: Some(EnvironmentOrigin::DotVenv),
        active: None,
        nearby: Some(format!("{root}/.venv").into()),
        path: vec![
            dir("/home/ada/.local/bin", &[], &[]),
            dir("/usr/local/bin", &["python", "pip"], &[]),
            dir("/usr/bin", &["python3"], &["pip"]),
        ],
        python: Some("/usr/local/bin/python".into()),
        pip: Some("/usr/local/bin/pip".into()),
        variables: ["VIRTUAL_ENV", "PYTHONHOME", "PYTHONPATH"]
            .map(|name| (name.to_owned(), None))
            .to_vec(),
        cache: "/home/ada/.cache/naja".into(),
        data: Some("/home/ada/.local/share/naja".into()),
        files: vec!["requirements.txt"],
        indexes: vec!["https://index.example/simple/".into()],
        first_index: true,
        shell: Some("bash".into()),
        windows: false,
    }
}

/// The page about as a terminal of 80 columns shows it.
fn lines(page: &Page) -> Vec<String> {
    let mut lines = vec![page.title.clone()];
    for block in &page.blocks {
        lines.push(String::new());
        match block {
            Block::Words(text) => {
                let mut line = String::new();
                for word in text.split(' ') {
                    if !line.is_empty() && line.chars().count() + word.chars().count() >= 80 {
                        lines.push(std::mem::take(&mut line));
                    }
                    if !line.is_empty() {
                        line.push(' ');
                    }
                    line.push_str(word);
                }
                lines.push(line);
            }
            Block::Values(rows) | Block::Commands(rows) => {
                let width = rows
                    .iter()
                    .map(|(name, _)| name.chars().count())
                    .max()
                    .unwrap_or(0);
                lines.extend(rows.iter().map(|(name, value)| {
                    format!("  {name:<width$}  {value}").trim_end().to_owned()
                }));
            }
            Block::Picture(picture) => lines.extend(picture.iter().map(|line| format!("  {line}"))),
        }
    }
    lines.push(String::new());
    lines.push(format!("more: {}", page.more.join(", ")));
    lines
}

#[test]
fn every_topic_fits_on_a_screen() {
    for facts in [facts(), Facts::default()] {
        for topic in TOPICS {
            let page = topics::page(topic, &facts);
            let lines = lines(&page);
            assert!(
                lines.len() <= 40,
                "{} has {} lines",
                topic.name,
                lines.len()
            );
            for line in &lines {
                assert!(line.chars().count() <= 92, "{}: {line}", topic.name);
            }
            for more in &page.more {
                assert!(find(more).is_ok(), "{more}");
            }
        }
    }
}

#[test]
fn topics_have_the_values_of_the_machine() {
    let facts = facts();
    let text = |name: &str| lines(&topics::page(find(name).unwrap(), &facts)).join("\n");
    let venv = text("venv");
    assert!(venv.contains("~/code/awesome-project/.venv\n"), "{venv}");
    assert!(
        venv.contains("38 packages") && venv.contains("lib/python3.12/site-packages"),
        "{venv}"
    );
    let path = text("path");
    assert!(
        path.contains("  2  /usr/local/bin  ◀ python, pip"),
        "{path}"
    );
    assert!(path.contains("Your environment has another one"), "{path}");
    let wrong = text("wrong-python");
    assert!(
        wrong.contains("source ~/code/awesome-project/.venv/bin/activate"),
        "{wrong}"
    );
    let places = text("where");
    assert!(
        places.contains("38 packages, 2 asked for by name"),
        "{places}"
    );
    assert!(text("index").contains("https://index.example/simple/"));
    assert!(text("requirements").contains("there is: requirements.txt."));
    assert!(text("lock").contains("there is no lock file"));
    assert!(text("activate").contains("source .venv/bin/activate"));
}

#[test]
fn what_is_active_is_said() {
    let mut facts = facts();
    facts.active = Some("/home/ada/code/philosophers-stone/.venv".into());
    facts.python = Some("/home/ada/code/philosophers-stone/.venv/bin/python".into());
    let page = topics::page(find("wrong-python").unwrap(), &facts);
    let text = lines(&page).join("\n");
    assert!(
        text.contains("another place is active, ~/code/philosophers-stone/.venv"),
        "{text}"
    );
    facts.python = Some("/home/ada/code/awesome-project/.venv/bin/python".into());
    let text = lines(&topics::page(find("wrong-python").unwrap(), &facts)).join("\n");
    assert!(text.contains("That fits"), "{text}");
    facts.variables = vec![("PYTHONHOME".into(), Some("/opt/python".into()))];
    let text = lines(&topics::page(find("env-vars").unwrap(), &facts)).join("\n");
    assert!(text.contains("`PYTHONHOME` is set"), "{text}");
}

#[test]
fn other_words_and_slips_find_their_topic() {
    assert_eq!(find("VirtualEnv").unwrap().name, "venv");
    assert_eq!(find("environment variables").unwrap().name, "env-vars");
    let slip = find("actviate").unwrap_err();
    assert_eq!(slip.hints[0], "`naja explain activate` may be meant");
    assert!(find("quidditch").unwrap_err().hints[0].starts_with("there are: venv, harry"));
}

fn step(step: Step) -> Event {
    Event::Step(step)
}

fn dist(name: &str) -> StepDist {
    StepDist {
        name: name.into(),
        version: "1.0".into(),
    }
}

fn told(events: &[Event]) -> String {
    let story = story(
        events,
        Path::new("/home/ada/q"),
        Some(Path::new("/home/ada")),
    );
    let mut out = String::new();
    for step in &story.steps {
        out.push_str(&format!("{}\n", step.what));
        for detail in &step.details {
            out.push_str(&format!("  {detail}\n"));
        }
        for line in &step.by_hand {
            out.push_str(&format!("  $ {line}\n"));
        }
    }
    out
}

#[test]
fn an_installation_is_told_with_its_numbers() {
    let file = |name: &str, fetched| StepFile {
        name: format!("{name}-1.0-py3-none-any.whl"),
        bytes: Some(600_000),
        fetched,
        hashed: true,
    };
    let events = [
        step(Step::Fetched {
            files: vec![
                file("harry", true),
                file("sirius", true),
                file("remus", false),
            ],
            cache: "/home/ada/.cache/naja".into(),
        }),
        step(Step::Placed {
            packages: "/home/ada/p/.venv/lib/python3.12/site-packages".into(),
            files: 240,
            mode: "hardlink".into(),
            programs: vec!["/home/ada/p/.venv/bin/harry".into()],
            compiled: false,
        }),
    ];
    assert_eq!(
        told(&events),
        "Brought 2 wheels (1.2 MB) into the cache, ~/.cache/naja, and unpacked them there.\n  \
         harry-1.0-py3-none-any.whl, sirius-1.0-py3-none-any.whl\n  \
         2 of 2 had a published hash; every file was compared with its wheel's RECORD\n  \
         1 was more in the cache already\n  \
         $ curl -O …/harry-1.0-py3-none-any.whl\n  \
         $ sha256sum harry-1.0-py3-none-any.whl\n\
         Put 240 files into ~/p/.venv/lib/python3.12/site-packages, linked, not copied: on the disk \
         they are there once.\n  \
         wrote programs in ~/p/.venv/bin: harry\n  \
         all of it became visible at once, by renames that a journal can take back\n  \
         $ unzip WHEEL -d ~/p/.venv/lib/python3.12/site-packages\n"
    );
}

#[test]
fn a_preview_is_told_as_what_would_be() {
    let events = [
        Event::WouldChange {
            install: 1,
            uninstall: 1,
        },
        step(Step::Removed {
            packages: vec![dist("harry")],
            from: "/home/ada/p/.venv/lib".into(),
        }),
        step(Step::Placed {
            packages: "/home/ada/p/.venv/lib".into(),
            files: 0,
            mode: "copy".into(),
            programs: Vec::new(),
            compiled: false,
        }),
    ];
    let text = told(&events);
    assert!(
        text.starts_with("Would take 1 package out of ~/p/.venv/lib"),
        "{text}"
    );
    assert!(
        text.contains("Would put their files into ~/p/.venv/lib."),
        "{text}"
    );
    assert_eq!(told(&[]), "There was nothing to do.\n");
}
