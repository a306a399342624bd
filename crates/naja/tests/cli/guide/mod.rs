//! The commands in the documents are run: README and every page of the guide (see CONTRIBUTING,
//! "Commands in the documents").

mod compare;
mod index;
mod inline;
mod page;
mod session;

use std::path::PathBuf;

use page::{Page, Step};

/// The most commands that may be shown without being run. A page that needs one more has to be
/// read by a person first.
const MOST_SKIPPED: usize = 15;

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// README and the pages of the guide, by their names.
fn pages() -> Vec<(String, String)> {
    let guide = repository().join("docs/guide");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(guide)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .collect();
    paths.sort();
    paths.insert(0, repository().join("README.md"));
    let wanted = std::env::var("GUIDE_PAGE").ok();
    let all = paths.into_iter().map(|path| {
        let in_guide = path.parent().is_some_and(|dir| dir.ends_with("guide"));
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let name = if stem == "README" && in_guide {
            "guide".to_owned()
        } else {
            stem
        };
        (name, std::fs::read_to_string(path).unwrap())
    });
    all.filter(|(name, _)| wanted.as_ref().is_none_or(|wanted| wanted == name))
        .collect()
}

/// Whether the Pythons are there that the pages speak of.
fn has_pythons() -> bool {
    let found = naja_testkit::find_pythons();
    let real = found
        .iter()
        .filter_map(|path| std::fs::canonicalize(path).ok());
    let names: Vec<String> = real
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    let has = |name: &str| names.iter().any(|found| found == name);
    (has("python3.9") || has("python3.10")) && has("python3.12")
}

#[test]
fn every_command_of_the_documents_works() {
    if !has_pythons() {
        crate::skipped("the pages speak of Python 3.9 or 3.10, and of 3.12");
        return;
    }
    let talks = std::env::var_os("GUIDE_PAGE").is_some();
    let index = index::serve();
    let pages = pages();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let failures = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                    let Some((name, text)) = pages.get(at) else {
                        return;
                    };
                    let page = Page::parse(text);
                    let found = session::play(&page, &index, talks);
                    let named = found.into_iter().map(|line| format!("{name}:{line}"));
                    failures.lock().unwrap().extend(named);
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn few_commands_are_shown_without_being_run() {
    let mut skipped = Vec::new();
    let mut run = 0;
    for (name, text) in pages() {
        for step in Page::parse(&text).steps {
            match step {
                Step::Skip {
                    line,
                    commands,
                    why,
                } => {
                    assert!(!why.is_empty(), "{name}:{line}: say why it is not run");
                    skipped.extend(std::iter::repeat_n(
                        format!("{name}:{line}: {why}"),
                        commands,
                    ));
                }
                Step::Run(_) => run += 1,
                _ => {}
            }
        }
    }
    assert!(
        skipped.len() <= MOST_SKIPPED,
        "{} commands are not run, {run} are:\n{}",
        skipped.len(),
        skipped.join("\n")
    );
}

#[test]
fn commands_in_sentences_and_tables_exist() {
    let known = inline::Known::new();
    let mut wrong = Vec::new();
    for (name, text) in pages() {
        for (line, command) in page::inline(&text) {
            if let Some(why) = known.complaint(&command) {
                wrong.push(format!("{name}:{line}: `{command}`: {why}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_page_that_lies_is_found_out() {
    let index = index::serve();
    let play = |text: &str| session::play(&Page::parse(text), &index, false);
    let block = |lines: &str| format!("```console\n{lines}\n```\n");
    assert_eq!(
        play(&block("$ naja --version\nnaja 9.9.9")),
        Vec::<String>::new()
    );
    let wrong = [
        block("$ naja no-such-verb"),
        block("$ naja --version\nsnake 0.1.0"),
        block("$ naja venv -q\n$ naja pip list --no-such-flag"),
        block("$ echo one\n$ echo two\none"),
        format!("<!-- session: status 1 -->\n{}", block("$ true")),
        format!(
            "{}<!-- session: new -->\n{}",
            block("$ mkdir here"),
            block("$ cd here")
        ),
        format!("<!-- session: nonsense -->\n{}", block("$ true")),
        "<!-- session: setup\n$ false\n-->\n".to_owned(),
    ];
    for text in &wrong {
        assert_eq!(play(text).len(), 1, "{text}");
    }
    let right = [
        format!("<!-- session: status 1 -->\n{}", block("$ false")),
        format!("<!-- session: skip no network -->\n{}", block("$ false")),
        "<!-- session: file a/b.txt -->\n```text\none\n```\n```console\n$ cat a/b.txt\none\n```\n"
            .to_owned(),
        format!(
            "<!-- session: setup\n$ mkdir here\n-->\n{}",
            block("$ cd here\n$ pwd\n…/here")
        ),
        block("$ cat <<END\n> one\n> two\n> END\none\ntwo"),
        "```text\n$ not a session\n```\n".to_owned(),
    ];
    for text in &right {
        assert_eq!(play(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn the_pictures_are_what_the_program_prints() {
    let script = repository().join("docs/pictures/make.py");
    let sandbox = crate::sandbox();
    let mut command = sandbox.command_of("python3");
    // Long paths would be shown with their middle left out.
    command.env("TMPDIR", std::env::temp_dir());
    command
        .arg(script)
        .args(["--check", env!("CARGO_BIN_EXE_naja")]);
    let _same = sandbox.finish(&mut command).success();
}
