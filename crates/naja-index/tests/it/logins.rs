//! Logins that others keep: the user's own store, and the keyring.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use naja_index::{
    Authenticate, FetchError, Keeper, KeptLogin, Keyring, NetrcSource, Secret, SetupError,
};
use naja_spec::SafeUrl;

use crate::ask::{Cache, config, files, json_page, url, words};
use crate::server::{Answer, Asked, Server};

const FILE: &str = "harry-1.0-py3-none-any.whl";
/// `me:p@ss` in Base64.
const ME: &str = "Basic bWU6cEBzcw==";

fn guard(server: &Server, status: u16) {
    for name in ["harry", "ginny", "ron"] {
        let page = json_page(name, &[&FILE.replace("harry", name)]);
        server.on(&format!("/simple/{name}/"), move |asked: &Asked| {
            if asked.header("authorization") == Some(ME) {
                Answer::json(page.clone())
            } else {
                Answer::status(status)
            }
        });
    }
}

#[derive(Debug, Default)]
struct Drawer {
    service: String,
    here: Option<Secret>,
    elsewhere: Option<Secret>,
    broken: bool,
    asked: AtomicUsize,
}

impl Keeper for Drawer {
    fn logins(&self) -> Result<Vec<KeptLogin>, String> {
        if self.broken {
            return Err("others can read it".to_owned());
        }
        Ok(vec![KeptLogin {
            service: url(&self.service),
            user: "me".to_owned(),
            password: self.here.clone(),
        }])
    }

    fn password(&self, service: &SafeUrl, user: &str) -> Result<Option<Secret>, String> {
        assert_eq!((service, user), (&url(&self.service), "me"));
        self.asked.fetch_add(1, Ordering::SeqCst);
        Ok(self.elsewhere.clone())
    }
}

#[test]
fn what_is_kept_is_sent_at_once_and_asked_for_once() {
    let server = Server::start();
    guard(&server, 401);
    let secret = || Some(Secret("p@ss".to_owned()));
    for (here, elsewhere, asked) in [(secret(), None, 0), (None, secret(), 1)] {
        let drawer = Arc::new(Drawer {
            service: server.url("/simple"),
            here,
            elsewhere,
            ..Drawer::default()
        });
        let mut config = config(&[server.url("/simple/")]);
        config.keeper = Some(drawer.clone());
        // What is kept comes before netrc.
        config.netrc = NetrcSource::Text("machine 127.0.0.1 login me password other".into());
        let (cache, before) = (Cache::new(), server.log().len());
        let mut session = cache.fetcher(config);
        for name in ["harry", "ginny", "ron"] {
            session.page(name).unwrap();
        }
        assert_eq!(server.log().len() - before, 3);
        assert_eq!(drawer.asked.load(Ordering::SeqCst), asked);
    }
}

#[test]
fn what_is_kept_and_cannot_be_read_is_an_error() {
    let server = Server::start();
    let mut config = config(&[server.url("/simple/")]);
    config.keeper = Some(Arc::new(Drawer {
        broken: true,
        ..Drawer::default()
    }));
    let error = Cache::new().fetcher(config).page("harry").unwrap_err();
    assert!(
        matches!(error, FetchError::Setup(SetupError::Kept(_))),
        "{error:?}"
    );
    assert!(words(&error).contains("others can read it"));
    assert_eq!(server.log().len(), 0);
}

#[cfg(unix)]
mod keyring {
    use super::*;

    /// A keyring that knows one login and writes down what it is asked.
    fn program(dir: &std::path::Path) -> Keyring {
        use std::os::unix::fs::PermissionsExt as _;
        let script = "#!/bin/sh\n\
            echo \"$@\" >> \"$(dirname \"$0\")/asked\"\n\
            case \"$1 $2 $3\" in\n\
            '--mode creds get') printf 'me\\np@ss\\n';;\n\
            *' me') echo p@ss;;\n\
            *) exit 1;;\n\
            esac\n";
        let (staged, path) = (dir.join("staged"), dir.join("keyring"));
        std::fs::write(&staged, script).unwrap();
        std::fs::set_permissions(&staged, std::fs::Permissions::from_mode(0o755)).unwrap();
        // Copied by another process: a file that this one wrote may still be open in a child.
        let mut copy = std::process::Command::new("cp");
        assert!(copy.args([&staged, &path]).status().unwrap().success());
        Keyring {
            program: path,
            ..Keyring::default()
        }
    }

    fn asked(dir: &std::path::Path) -> String {
        std::fs::read_to_string(dir.join("asked")).unwrap_or_default()
    }

    #[test]
    fn it_is_asked_once_when_the_server_refuses() {
        for status in [401, 403] {
            let (server, dir, cache) =
                (Server::start(), tempfile::tempdir().unwrap(), Cache::new());
            guard(&server, status);
            let mut config = config(&[server.url("/simple/")]);
            config.keyring = Some(program(dir.path()));
            let mut session = cache.fetcher(config);
            for name in ["harry", "ginny", "ron"] {
                session.page(name).unwrap();
            }
            assert_eq!(server.log().len(), 4, "only the first without a login");
            let address = server.url("/simple/");
            assert_eq!(asked(dir.path()), format!("--mode creds get {address}\n"));
        }
    }

    #[test]
    fn it_is_asked_before_the_server_where_only_the_user_is_known() {
        let (server, dir) = (Server::start(), tempfile::tempdir().unwrap());
        guard(&server, 401);
        for index in [server.url_as("me", "/simple/"), server.url("/simple/")] {
            let always = index == server.url("/simple/");
            let mut config = config(&[index]);
            if always {
                config.indexes[0].authenticate = Authenticate::Always;
            }
            config.keyring = Some(program(dir.path()));
            let before = server.log().len();
            let pages = Cache::new().fetcher(config).page("harry").unwrap();
            assert_eq!(files(&pages), [FILE]);
            assert_eq!(server.log().len() - before, 1);
        }
        let address = server.url("/simple/");
        assert_eq!(
            asked(dir.path()),
            format!("get {address} me\n--mode creds get {address}\n")
        );
    }

    #[test]
    fn it_is_not_asked_for_nothing() {
        let (server, other) = (Server::start(), Server::start());
        let dir = tempfile::tempdir().unwrap();
        guard(&server, 401);
        guard(&other, 401);
        server.always("/moved/ron/", Answer::redirect(&other.url("/simple/ron/")));
        let fetch = |index: &str, name: &str, change: &dyn Fn(&mut naja_index::IndexConfig)| {
            let mut config = config(&[index.to_owned()]);
            config.keyring = Some(program(dir.path()));
            change(&mut config);
            Cache::new().fetcher(config).page(name)
        };
        fetch(&server.url_as("me:p%40ss", "/simple/"), "harry", &|_| {}).unwrap();
        fetch(&server.url("/simple/"), "harry", &|config| {
            config.netrc = NetrcSource::Text("machine 127.0.0.1 login me password p@ss".into());
        })
        .unwrap();
        fetch(&server.url("/simple/"), "harry", &|config| {
            config.indexes[0].authenticate = Authenticate::Never;
        })
        .unwrap_err();
        fetch(&server.url("/simple/"), "unknown", &|_| {}).unwrap();
        // A redirect may not make anybody ask for the login of another server, unless TLS
        // protects it.
        fetch(&server.url("/moved/"), "ron", &|_| {}).unwrap_err();
        assert_eq!(asked(dir.path()), "");
    }

    #[test]
    fn its_trouble_is_told() {
        let server = Server::start();
        guard(&server, 401);
        let mut config = config(&[server.url("/simple/")]);
        config.keyring = Some(Keyring {
            program: "/nonexistent/keyring".into(),
            ..Keyring::default()
        });
        let error = Cache::new().fetcher(config).page("harry").unwrap_err();
        assert!(
            words(&error).contains("/nonexistent/keyring"),
            "{}",
            words(&error)
        );
    }
}
