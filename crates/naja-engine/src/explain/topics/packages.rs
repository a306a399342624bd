//! Topics about packages: where they come from, and how they are written down.

use super::super::facts::Facts;
use super::super::page::Page;
use super::no_env;

pub(super) fn install(facts: &Facts) -> Page {
    let index = facts
        .indexes
        .first()
        .cloned()
        .unwrap_or_else(|| "no index is set".to_owned());
    let (site, bin) = match &facts.env {
        Some(env) => (
            facts.shown(&env.packages_dir),
            facts.shown(&env.programs_dir),
        ),
        None => (
            "site-packages of the environment".to_owned(),
            facts.bin().to_owned(),
        ),
    };
    let mut page = Page::new("What happens when a package is installed")
        .words("`naja pip install fastapi` does what you could do by hand, in this order:")
        .picture(
            "1  find the environment: the active one, else the nearest `.venv`\n\
             2  look what is there; if that is enough, stop\n\
             3  ask the index which versions there are, and what each of them needs\n\
             4  choose one version of everything, so that all requirements agree\n\
             5  download the wheels (zip files) that the cache has not, compare hashes\n\
             6  put their files into the environment, as links to the cache\n\
             7  write the programs, and a list of all files (RECORD) for removing them",
        )
        .words(
            "Everything that can fail comes before 6, and 6 and 7 happen as a whole: interrupted at \
             any moment, the environment is the old one or the new one.",
        )
        .values(vec![
            ("index", index),
            ("cache", facts.shown(&facts.cache)),
            ("files go to", site),
            ("programs to", bin),
        ]);
    if facts.env.is_none() {
        page = page.words(no_env(facts));
    }
    page.commands(&[
        (
            "naja pip install --explain harry",
            "installs, and tells what it did",
        ),
        (
            "naja pip install --dry-run --explain harry",
            "what it would do",
        ),
        (
            "naja pip uninstall harry",
            "removes the files that RECORD lists",
        ),
    ])
    .more(&["index", "requirements", "where"])
}

pub(super) fn requirements(facts: &Facts) -> Page {
    let files = facts.files.iter().filter(|name| !name.contains("lock"));
    let here: Vec<&str> = files.copied().collect();
    let here = if here.is_empty() {
        format!(
            "In {} there is no file with requirements yet.",
            facts.shown(&facts.cwd)
        )
    } else {
        format!(
            "In {} there is: {}.",
            facts.shown(&facts.cwd),
            here.join(", ")
        )
    };
    Page::new("Requirements: what a project needs, written down")
        .words(
            "A requirement is the name of a package and which versions of it will do. A file of them \
             brings everybody the same packages, and you too, next year.",
        )
        .commands(&[
            ("harry", "any version; the newest is taken"),
            ("harry>=1.2,<2", "at least 1.2, and below 2"),
            ("harry~=1.4", "1.4 or newer, and below 2"),
            ("harry==1.4.2", "exactly this version"),
            ("harry[wand]", "with its extra `wand`: more packages for more features"),
            ("tomli ; python_version < \"3.11\"", "only for older Pythons"),
            ("harry @ https://host/harry-1.whl", "from an address instead of an index"),
        ])
        .words(
            "Write what you import yourself, loosely, into `requirements.txt`, a line each, or under \
             `[project] dependencies` in `pyproject.toml`. What those need comes by itself, and what \
             exactly was taken belongs into a lock (`naja explain lock`).",
        )
        .words(here)
        .commands(&[
            ("naja pip install -r requirements.txt", "installs them"),
            ("naja pip freeze", "what is installed now, as requirements"),
            ("naja pip check", "whether what is installed meets them all"),
        ])
        .more(&["lock", "install"])
}

pub(super) fn lock(facts: &Facts) -> Page {
    let locks: Vec<&str> = facts
        .files
        .iter()
        .filter(|name| name.contains("lock"))
        .copied()
        .collect();
    let here = match locks.as_slice() {
        [] => format!("In {} there is no lock file.", facts.shown(&facts.cwd)),
        locks => format!(
            "In {} there is: {}.",
            facts.shown(&facts.cwd),
            locks.join(", ")
        ),
    };
    Page::new("A lock: the same versions again")
        .words(
            "`fastapi` in a list of requirements means another version next month, and the packages \
             that it needs move, too. A lock names the exact version and the hash of every one of \
             them: what worked today is what is installed tomorrow, on the server, by a colleague.",
        )
        .picture(
            "requirements.in    what you want, a few lines:        fastapi>=0.110\n\
             \u{20}       │ naja pip compile\n\
             \u{20}       ▼\n\
             pylock.toml        what that means, every package:    fastapi 0.115.0 sha256:…\n\
             \u{20}       │ naja pip sync                               starlette 0.38.6 sha256:…\n\
             \u{20}       ▼\n\
             .venv              exactly that, and nothing else",
        )
        .words(
            "You change the first file, naja writes the second, and both belong into git. To get newer \
             versions, compile again with `--upgrade`: nothing moves by accident.",
        )
        .words(here)
        .commands(&[
            ("naja lock, naja sync", "the same for a project (`naja add`)"),
            ("naja pip compile requirements.in -o pylock.toml", "writes the lock"),
            ("naja pip sync pylock.toml", "makes the environment that"),
            ("naja verify", "whether the files are as installed"),
        ])
        .more(&["requirements", "harry"])
}

pub(super) fn index(facts: &Facts) -> Page {
    let page = Page::new("An index: where packages come from").words(
        "An index is a web server with a page for each package, and on the page the files of all its \
         versions with their hashes. Without settings it is PyPI, where anybody may publish; companies \
         have their own. naja reads the page, downloads one file, and compares its hash.",
    );
    let page = if facts.indexes.is_empty() {
        page.words(
            "No index is set, and this naja knows none by itself: name one with `--default-index`.",
        )
    } else {
        let place = |at: usize| if at == 0 { "asked first" } else { "then" };
        let rows = facts.indexes.iter().take(6).enumerate();
        page.words("The places that are asked here, in order:")
            .values(
                rows.map(|(at, address)| (place(at), address.clone()))
                    .collect(),
            )
    };
    let several = if facts.first_index {
        "With several, the first that has the name at all decides: a package of your company cannot be \
         replaced by one of the same name elsewhere."
    } else {
        "With several, your setting `index-strategy` lets all of them offer versions: whoever can publish \
         on one of them can replace a package of another."
    };
    page.words(format!(
        "{several} What was read is kept, so the second time is faster, and `--offline` works with what \
         is kept."
    ))
    .values(vec![("kept in", facts.shown(&facts.cache))])
    .commands(&[
        ("naja pip index versions harry", "the versions there are"),
        ("naja pip install --index URL harry", "asks one more index first"),
        ("naja auth login HOST", "a name and password for one"),
        ("naja pip config list", "what is set, and where"),
    ])
    .more(&["install", "requirements"])
}
