//! Commits of real repositories, by the real git.

use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use naja_index::{
    Answer, Checkout, FetchError, Fetcher, GitConfig, GitFault, GitReference, GitRequest,
    IndexConfig, Reply, Request,
};
use naja_spec::SafeUrl;
use naja_store::Store;
use naja_testkit::Repository;

struct Fixture {
    dir: tempfile::TempDir,
    store: Store,
    offline: bool,
    variables: Vec<(String, String)>,
}

/// A fixture, or `None` with a word on it where there is no git.
fn fixture() -> Option<Fixture> {
    if !Repository::possible() {
        // Tests may be skipped where the program they are about is not installed.
        return None;
    }
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("cache")).unwrap();
    let path = std::env::var("PATH").unwrap();
    let variables = vec![
        ("PATH".to_owned(), path),
        ("HOME".to_owned(), dir.path().display().to_string()),
        ("GIT_CONFIG_NOSYSTEM".to_owned(), "1".to_owned()),
    ];
    Some(Fixture {
        dir,
        store,
        offline: false,
        variables,
    })
}

impl Fixture {
    fn repository(&self) -> Repository {
        Repository::init(self.dir.path().join("origin"))
    }

    fn ask(&self, request: GitRequest) -> Result<Checkout, FetchError> {
        let config = IndexConfig {
            offline: self.offline,
            git: GitConfig {
                variables: self
                    .variables
                    .iter()
                    .map(|(name, value)| (name.into(), value.into()))
                    .collect(),
                time_limit: Duration::from_secs(60),
                concurrency: 2,
                lfs: false,
            },
            ..IndexConfig::default()
        };
        let (sender, inbox) = channel::<Reply>();
        let mut fetcher = Fetcher::new(config, self.store.clone(), sender);
        let request = Request::Git(request);
        if let Some(Answer::Checkout(checkout)) = fetcher.cached(&request) {
            return Ok(checkout);
        }
        let wanted = fetcher.submit(request);
        loop {
            if let Reply::Done { ticket, result } = inbox.recv().unwrap() {
                assert_eq!(ticket, wanted);
                return result.map(|answer| match answer {
                    Answer::Checkout(checkout) => checkout,
                    other => panic!("{other:?}"),
                });
            }
        }
    }

    fn get(&self, url: &str, revision: Option<&str>) -> Result<Checkout, FetchError> {
        self.ask(request(url, revision))
    }

    fn fault(&self, url: &str, revision: Option<&str>) -> GitFault {
        match self.get(url, revision) {
            Err(FetchError::Git { source, .. }) => source,
            other => panic!("{other:?}"),
        }
    }
}

fn request(url: &str, revision: Option<&str>) -> GitRequest {
    GitRequest {
        name: None,
        url: SafeUrl::parse(url).unwrap(),
        reference: revision.map_or(GitReference::Default, |revision| {
            GitReference::Rev(revision.to_owned())
        }),
        lfs: false,
        submodules: true,
    }
}

fn read(checkout: &Checkout, path: &str) -> String {
    std::fs::read_to_string(checkout.path.join(path)).unwrap()
}

#[test]
fn every_kind_of_revision() {
    let Some(fixture) = fixture() else { return };
    let repository = fixture.repository();
    let first = repository.write("f", "1").commit("one");
    repository.git(&["tag", "light"]);
    repository.git(&["tag", "-a", "heavy", "-m", "x"]);
    let second = repository.write("f", "2").commit("two");
    repository.git(&["branch", "feature/x"]);
    repository.git(&["update-ref", "refs/pull/7/head", &first]);
    let third = repository.write("f", "3").commit("three");
    let url = repository.url();
    for (revision, commit, text) in [
        (None, &third, "3"),
        (Some("main"), &third, "3"),
        (Some("light"), &first, "1"),
        (Some("heavy"), &first, "1"),
        (Some("feature/x"), &second, "2"),
        (Some("refs/pull/7/head"), &first, "1"),
        (Some("refs/heads/main"), &third, "3"),
        (Some("main~1"), &second, "2"),
        (Some(first.as_str()), &first, "1"),
        (Some(&second[..9]), &second, "2"),
    ] {
        let checkout = fixture
            .get(&url, revision)
            .unwrap_or_else(|e| panic!("{revision:?} {e:?}"));
        assert_eq!(&checkout.commit, commit, "{revision:?}");
        assert_eq!(read(&checkout, "f"), text, "{revision:?}");
    }
    // Versions are made of tags and history.
    let checkout = fixture.get(&url, None).unwrap();
    let inside = std::process::Command::new("git")
        .args(["describe", "--tags", "--long", "--match", "heavy"])
        .current_dir(&checkout.path)
        .output()
        .unwrap();
    let described = String::from_utf8(inside.stdout).unwrap();
    assert!(described.starts_with("heavy-2-g"), "{described}");
}

#[test]
fn a_branch_moves_and_a_commit_stays() {
    let Some(mut fixture) = fixture() else { return };
    let repository = fixture.repository();
    let first = repository.write("f", "1").commit("one");
    let url = repository.url();
    assert_eq!(fixture.get(&url, Some("main")).unwrap().commit, first);
    let second = repository.write("f", "2").commit("two");
    assert_eq!(fixture.get(&url, Some("main")).unwrap().commit, second);
    repository.git(&["reset", "--quiet", "--hard", &first]);
    assert_eq!(fixture.get(&url, Some("main")).unwrap().commit, first);
    // Offline, and with the repository gone: what was last known.
    fixture.offline = true;
    std::fs::remove_dir_all(repository.path()).unwrap();
    assert_eq!(fixture.get(&url, Some("main")).unwrap().commit, first);
    assert_eq!(read(&fixture.get(&url, Some(&second)).unwrap(), "f"), "2");
    fixture.offline = false;
    assert_eq!(fixture.get(&url, Some(&first)).unwrap().commit, first);
    assert!(matches!(
        fixture.fault(&url, Some("main")),
        GitFault::NoRepository(_)
    ));
}

#[test]
fn a_changed_checkout_is_made_again() {
    let Some(fixture) = fixture() else { return };
    let repository = fixture.repository();
    let commit = repository.write("f", "1").commit("one");
    let checkout = fixture.get(&repository.url(), Some(&commit)).unwrap();
    std::fs::write(checkout.path.join("f"), "other").unwrap();
    let again = fixture.get(&repository.url(), Some(&commit)).unwrap();
    assert_eq!(again, checkout);
    assert_eq!(read(&again, "f"), "1");
}

#[test]
fn what_is_not_there_is_said() {
    let Some(fixture) = fixture() else { return };
    let repository = fixture.repository();
    let url = repository.url();
    assert!(matches!(fixture.fault(&url, None), GitFault::Empty));
    repository.write("f", "1").commit("one");
    for revision in [
        "nowhere",
        "abcdef1",
        &"0".repeat(40),
        "refs/heads/none",
        "main~9",
    ] {
        let fault = fixture.fault(&url, Some(revision));
        assert!(
            matches!(fault, GitFault::NoRevision(_)),
            "{revision} {fault:?}"
        );
    }
    let gone = format!("file://{}/gone", fixture.dir.path().display());
    let fault = fixture.fault(&gone, None);
    assert!(matches!(fault, GitFault::NoRepository(_)), "{fault:?}");
}

#[test]
fn without_git_it_says_so() {
    let Some(mut fixture) = fixture() else { return };
    let repository = fixture.repository();
    repository.write("f", "1").commit("one");
    fixture.variables.retain(|(name, _)| name != "PATH");
    let empty = fixture.dir.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    fixture
        .variables
        .push(("PATH".to_owned(), empty.display().to_string()));
    assert!(matches!(
        fixture.fault(&repository.url(), None),
        GitFault::NoGit
    ));
}

#[test]
fn nothing_of_the_repository_or_the_caller_is_run() {
    let Some(mut fixture) = fixture() else { return };
    let repository = fixture.repository();
    repository.write("f", "1").commit("one");
    let mark = fixture.dir.path().join("mark");
    // A hook in a template of the user, and variables that say where git is.
    let hooks = fixture.dir.path().join("template/hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    let hook = hooks.join("post-checkout");
    std::fs::write(&hook, format!("#!/bin/sh\ntouch '{}'\n", mark.display())).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let template = hooks.parent().unwrap().display().to_string();
    std::fs::write(
        fixture.dir.path().join(".gitconfig"),
        format!("[init]\n\ttemplateDir = {template}\n[core]\n\thooksPath = {template}/hooks\n"),
    )
    .unwrap();
    for (name, value) in [
        ("GIT_DIR", "/nowhere"),
        ("GIT_WORK_TREE", "/nowhere"),
        ("GIT_INDEX_FILE", "/nowhere/index"),
        ("GIT_TEMPLATE_DIR", template.as_str()),
    ] {
        fixture.variables.push((name.to_owned(), value.to_owned()));
    }
    let checkout = fixture.get(&repository.url(), None).unwrap();
    assert_eq!(read(&checkout, "f"), "1");
    assert!(!mark.exists());
    // `ext::` and options in place of addresses and revisions.
    let mut odd = request("file:///x", Some("--upload-pack=touch"));
    odd.url = SafeUrl::parse(&repository.url()).unwrap();
    assert!(fixture.ask(odd).is_err());
    let ext = format!("ext::sh -c 'touch {}'", mark.display());
    if let Ok(url) = SafeUrl::parse(&ext) {
        let mut odd = request("file:///x", None);
        odd.url = url;
        assert!(fixture.ask(odd).is_err());
    }
    assert!(!mark.exists());
}

#[test]
fn submodules_come_along_and_stay_on_the_network() {
    let Some(fixture) = fixture() else { return };
    let inner = Repository::init(fixture.dir.path().join("inner"));
    inner.write("g", "inside").commit("inner");
    let outer = fixture.repository();
    outer.write("f", "1");
    outer.git(&["submodule", "--quiet", "add", "../inner", "sub"]);
    outer.commit("outer");
    let checkout = fixture.get(&outer.url(), None).unwrap();
    assert_eq!(read(&checkout, "sub/g"), "inside");
    let mut alone = request(&outer.url(), None);
    alone.submodules = false;
    let checkout = fixture.ask(alone).unwrap();
    assert!(!checkout.path.join("sub/g").exists());
}

#[test]
fn secrets_are_kept() {
    let Some(fixture) = fixture() else { return };
    // Nobody listens there.
    let url = "http://me:s3cret@127.0.0.1:9/r.git";
    let error = fixture.get(url, Some("main")).unwrap_err();
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    let mut places = vec![fixture.dir.path().join("cache")];
    while let Some(path) = places.pop() {
        assert!(!path.display().to_string().contains("s3cret"));
        if path.is_dir() {
            places.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else {
            let bytes = std::fs::read(&path).unwrap();
            assert!(
                !bytes.windows(6).any(|part| part == b"s3cret"),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn stopping_ends_git() {
    let Some(mut fixture) = fixture() else { return };
    // A git that never ends and says who it is.
    let bin = fixture.dir.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let note = fixture.dir.path().join("pid");
    let fake = bin.join("git");
    let script = format!(
        "#!/bin/sh\nsleep 1000 &\necho \"$$ $!\" > '{0}.part'\nmv '{0}.part' '{0}'\nwait\n",
        note.display()
    );
    std::fs::write(&fake, script).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&fake, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    fixture.variables.retain(|(name, _)| name != "PATH");
    fixture.variables.push(("PATH".to_owned(), path));
    let config = IndexConfig {
        git: GitConfig {
            variables: fixture
                .variables
                .iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            ..GitConfig::default()
        },
        ..IndexConfig::default()
    };
    let (sender, inbox) = channel::<Reply>();
    let mut fetcher = Fetcher::new(config, fixture.store.clone(), sender);
    fetcher.submit(Request::Git(request("file:///nowhere", None)));
    while !note.exists() {
        std::thread::yield_now();
    }
    drop(fetcher);
    let reply = inbox.recv().unwrap();
    assert!(matches!(
        reply,
        Reply::Done {
            result: Err(FetchError::Stopped),
            ..
        }
    ));
    let pids = std::fs::read_to_string(&note).unwrap();
    for pid in pids.split_whitespace() {
        assert!(is_gone(pid), "{pid} lives on");
    }
}

/// Says whether a process is gone or only waits to be reaped by its new parent.
fn is_gone(pid: &str) -> bool {
    let stat = Path::new("/proc").join(pid).join("stat");
    for _ in 0..100_000 {
        match std::fs::read_to_string(&stat) {
            Err(_) => return true,
            Ok(stat) if stat.contains(") Z ") => return true,
            Ok(_) => std::thread::yield_now(),
        }
    }
    false
}
