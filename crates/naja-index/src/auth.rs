//! Which credentials go to which server.
//!
//! A login belongs to an origin (scheme, host, port). It is chosen anew for every hop of a
//! redirect, so that it can reach no other origin. In order: the address itself, the login or
//! the address of a configured index or `find-links` place of the same origin (longest common
//! path first), what is kept for the user (longest path that begins the asked one), the netrc
//! entry of exactly this host. Where only a user name is known, a login of that user completes it.
//!
//! Without TLS, netrc entries go to hosts that the user named only: pages and redirects could
//! lead there. The netrc `default` is sent only when a server that the user named asks (401): it
//! is meant for every machine, and every machine would see it. The keyring is asked in `login`.

use naja_spec::SafeUrl;

use crate::config::{Authenticate, IndexConfig, KeptLogin, NetrcSource};
use crate::error::SetupError;
use crate::http::Call;
use crate::netrc::{Login, Netrc};

/// All known logins.
#[derive(Debug, Default)]
pub(crate) struct Logins {
    realms: Vec<Realm>,
    /// The places of the configuration.
    named: Vec<SafeUrl>,
    kept: Vec<KeptLogin>,
    netrc: Netrc,
}

#[derive(Debug)]
struct Realm {
    url: SafeUrl,
    login: Login,
}

/// What is known for one hop before anybody is asked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Known<'a> {
    /// This is sent.
    Login(Login),
    /// This is sent once its password has been asked for.
    Kept(&'a SafeUrl, &'a str),
    /// Only who it is: the password may be empty, or known to somebody else.
    User(String),
    /// Nothing.
    Nothing,
}

/// Reads the credentials inside a URL, percent-decoded.
pub(crate) fn login_in(url: &SafeUrl) -> Option<Login> {
    let credentials = url.credentials()?;
    let password = credentials.password.unwrap_or_default();
    Some(Login {
        user: credentials.username,
        password,
    })
}

impl Logins {
    /// Gathers the logins of a configuration; reads what is kept and the netrc file.
    ///
    /// # Errors
    /// When one of them is there and cannot be read.
    pub(crate) fn gather(config: &IndexConfig) -> Result<Self, SetupError> {
        let mut realms = Vec::new();
        let mut named = Vec::new();
        for index in &config.indexes {
            let places = || std::iter::once(&index.url).chain(&index.mirrors);
            named.extend(places().cloned());
            if index.authenticate == Authenticate::Never {
                continue;
            }
            for url in places() {
                let given = index.login.clone().filter(|_| url.same_origin(&index.url));
                if let Some(login) = given.or_else(|| login_in(url)) {
                    realms.push(Realm {
                        url: url.clone(),
                        login,
                    });
                }
            }
        }
        for place in &config.find_links {
            named.push(place.url.clone());
            if let Some(login) = login_in(&place.url) {
                realms.push(Realm {
                    url: place.url.clone(),
                    login,
                });
            }
        }
        let kept = match &config.keeper {
            Some(keeper) => keeper.logins().map_err(SetupError::Kept)?,
            None => Vec::new(),
        };
        Ok(Self {
            realms,
            named,
            kept,
            netrc: read_netrc(&config.netrc)?,
        })
    }

    /// Says what may be sent unasked to `url`, a hop on the way from `call.url`. `root` is the
    /// index on whose behalf it is asked.
    pub(crate) fn for_hop(
        &self,
        url: &SafeUrl,
        call: &Call<'_>,
        root: Option<&SafeUrl>,
    ) -> Known<'_> {
        let own = login_in(call.url).filter(|_| call.url.same_origin(url));
        let realm = self.realm(url);
        let given = match own {
            Some(own) if own.password.is_empty() => Some(completed(own, realm)),
            Some(own) => Some(own),
            None => realm.cloned(),
        };
        let user = match given {
            Some(login) if !login.password.is_empty() => return Known::Login(login),
            Some(login) => Some(login.user),
            None => None,
        };
        if let Some(kept) = self.kept(url, root, user.as_deref()) {
            return match &kept.password {
                Some(password) => Known::Login(Login {
                    user: kept.user.clone(),
                    password: password.0.clone(),
                }),
                None => Known::Kept(&kept.service, &kept.user),
            };
        }
        let trusted = url.scheme() == "https" || self.is_named(url, call);
        let host = url.host().filter(|_| trusted);
        let netrc = host.and_then(|host| match &user {
            Some(user) => self.netrc.machine_of(host, user),
            None => self.netrc.machine(host),
        });
        match (netrc, user) {
            (Some(login), _) => Known::Login(login.clone()),
            (None, Some(user)) => Known::User(user),
            (None, None) => Known::Nothing,
        }
    }

    fn realm(&self, url: &SafeUrl) -> Option<&Login> {
        let realms = self
            .realms
            .iter()
            .filter(|realm| realm.url.same_origin(url));
        // The first of equals wins.
        let best = realms
            .rev()
            .max_by_key(|realm| common_path(realm.url.path(), url.path()));
        best.map(|realm| &realm.login)
    }

    /// Finds what is kept for the service that an address, or the index on whose behalf it is
    /// asked for, belongs to.
    fn kept(
        &self,
        url: &SafeUrl,
        root: Option<&SafeUrl>,
        user: Option<&str>,
    ) -> Option<&KeptLogin> {
        let root = root.filter(|root| root.same_origin(url));
        let fits = |kept: &&KeptLogin| {
            kept.service.same_origin(url)
                && user.is_none_or(|user| user == kept.user)
                && std::iter::once(url)
                    .chain(root)
                    .any(|place| is_below(place.path(), kept.service.path()))
        };
        let all = self.kept.iter().filter(fits);
        all.rev().max_by_key(|kept| kept.service.path().len())
    }

    /// Tells whether the user named the server, not a page or a redirect.
    pub(crate) fn is_named(&self, url: &SafeUrl, call: &Call<'_>) -> bool {
        self.named.iter().any(|place| place.same_origin(url))
            || call.direct && call.url.same_origin(url)
    }

    /// Chooses what is sent after a 401 to a request without credentials: the login for every
    /// machine, but only to those the user named, not to those that pages and redirects name.
    pub(crate) fn when_asked(&self, url: &SafeUrl, call: &Call<'_>) -> Option<&Login> {
        let login = self.netrc.default_login()?;
        self.is_named(url, call).then_some(login)
    }
}

/// Adds the password of another login of the same user, or of one that does not say whose it is.
fn completed(own: Login, other: Option<&Login>) -> Login {
    match other.filter(|other| other.user.is_empty() || other.user == own.user) {
        Some(other) => Login {
            password: other.password.clone(),
            ..own
        },
        None => own,
    }
}

/// Tells whether a path is another or lies below it.
fn is_below(path: &str, above: &str) -> bool {
    let above = above.trim_end_matches('/');
    path.strip_prefix(above)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Number of whole path segments two paths begin with in common.
fn common_path(a: &str, b: &str) -> usize {
    a.split('/')
        .zip(b.split('/'))
        .take_while(|(x, y)| x == y)
        .count()
}

fn read_netrc(source: &NetrcSource) -> Result<Netrc, SetupError> {
    match source {
        NetrcSource::None => Ok(Netrc::default()),
        NetrcSource::Text(text) => Ok(Netrc::parse(text)),
        NetrcSource::File(path) => match std::fs::read(path) {
            Ok(bytes) => Ok(Netrc::parse(&String::from_utf8_lossy(&bytes))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Netrc::default()),
            Err(error) => Err(SetupError::Netrc {
                path: path.clone(),
                reason: error.to_string(),
            }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FindLinks, Index};

    fn url(text: &str) -> SafeUrl {
        SafeUrl::parse(text).unwrap()
    }

    fn config() -> IndexConfig {
        let mut named = Index::new(url("https://files.example/b/simple/"));
        named.login = Some(Login {
            user: "named".into(),
            password: "n".into(),
        });
        IndexConfig {
            indexes: vec![
                Index::new(url("https://me:p%40ss@files.example/a/simple/")),
                named,
                Index::new(url("https://open.example/simple/")),
            ],
            find_links: vec![FindLinks {
                url: url("http://links:l@links.example:81/x"),
            }],
            netrc: NetrcSource::Text(
                "machine open.example login net password rc default login any password d".into(),
            ),
            ..IndexConfig::default()
        }
    }

    fn call(from: &SafeUrl, direct: bool) -> Call<'_> {
        Call {
            url: from,
            index: None,
            passes: &[],
            direct,
        }
    }

    fn login(logins: &Logins, address: &str) -> Option<Login> {
        let address = url(address);
        match logins.for_hop(&address, &call(&address, false), None) {
            Known::Login(login) => Some(login),
            _ => None,
        }
    }

    fn user(logins: &Logins, address: &str) -> Option<String> {
        login(logins, address).map(|login| login.user)
    }

    #[test]
    fn by_origin_and_longest_path() {
        let logins = Logins::gather(&config()).unwrap();
        assert_eq!(
            user(&logins, "https://files.example/a/files/x").as_deref(),
            Some("me")
        );
        assert_eq!(
            user(&logins, "https://files.example/b/files/x").as_deref(),
            Some("named")
        );
        assert_eq!(
            user(&logins, "https://files.example:443/a/x").as_deref(),
            Some("me")
        );
        assert_eq!(
            user(&logins, "http://files.example/a/x"),
            None,
            "another scheme"
        );
        assert_eq!(
            user(&logins, "https://files.example:444/a/x"),
            None,
            "another port"
        );
        assert_eq!(
            user(&logins, "https://files.example.evil/a/x"),
            None,
            "another host"
        );
        assert_eq!(
            user(&logins, "http://links.example:81/y").as_deref(),
            Some("links")
        );
        assert_eq!(
            user(&logins, "https://own:o@files.example/a/x").as_deref(),
            Some("own")
        );
        let (hop, asked) = (
            url("https://other.example/"),
            url("https://own:o@files.example/"),
        );
        let known = logins.for_hop(&hop, &call(&asked, true), None);
        assert_eq!(known, Known::Nothing, "not to another host");
        assert_eq!(
            user(&logins, "https://open.example/y").as_deref(),
            Some("net")
        );
        let asked = |at: &str, from: &str, direct| {
            let (at, from) = (url(at), url(from));
            logins
                .when_asked(&at, &call(&from, direct))
                .map(|login| login.user.clone())
        };
        let (index, file) = ("https://files.example/x", "https://evil.example/x");
        assert_eq!(asked(index, index, false).as_deref(), Some("any"));
        assert_eq!(asked(file, file, false), None, "a page named it");
        assert_eq!(
            asked(file, file, true).as_deref(),
            Some("any"),
            "the user named it"
        );
        assert_eq!(
            asked(file, "https://good.example/x", true),
            None,
            "a redirect named it"
        );
        let password = login(&logins, "https://files.example/a/").map(|login| login.password);
        assert_eq!(password.as_deref(), Some("p@ss"));
    }

    #[derive(Debug)]
    struct Drawer;

    impl crate::config::Keeper for Drawer {
        fn logins(&self) -> Result<Vec<KeptLogin>, String> {
            let kept = |service: &str, user: &str, password: Option<&str>| KeptLogin {
                service: url(service),
                user: user.to_owned(),
                password: password.map(|text| crate::config::Secret(text.to_owned())),
            };
            Ok(vec![
                kept("https://open.example/", "wide", Some("w")),
                kept("https://open.example/team", "team", Some("t")),
                kept("https://open.example/far/", "far", None),
                kept("http://plain.example/", "plain", Some("p")),
            ])
        }

        fn password(&self, _: &SafeUrl, _: &str) -> Result<Option<crate::config::Secret>, String> {
            Ok(None)
        }
    }

    #[test]
    fn what_is_kept_belongs_to_paths() {
        let mut config = config();
        config.keeper = Some(std::sync::Arc::new(Drawer));
        let logins = Logins::gather(&config).unwrap();
        for (address, wanted) in [
            ("https://open.example/x", Some("wide")),
            ("https://open.example/teams/x", Some("wide")),
            ("https://open.example/team", Some("team")),
            ("https://open.example/team/x/", Some("team")),
            ("https://plain.example/", None),
            ("http://plain.example/", Some("plain")),
            ("https://wide@open.example/team/x", Some("wide")),
            ("https://net@open.example/x", Some("net")),
            ("https://files.example/b/x", Some("named")),
        ] {
            assert_eq!(user(&logins, address).as_deref(), wanted, "{address}");
        }
        let (file, root) = (
            url("https://open.example/f/x"),
            url("https://open.example/far/x"),
        );
        let known = logins.for_hop(&file, &call(&file, false), Some(&root));
        let far = url("https://open.example/far/");
        assert_eq!(known, Known::Kept(&far, "far"), "by its index");
        let elsewhere = url("https://far.example/f/x");
        let known = logins.for_hop(&elsewhere, &call(&elsewhere, false), Some(&root));
        assert_eq!(known, Known::Nothing);
    }

    #[test]
    fn a_user_name_alone_is_completed() {
        let mut config = config();
        config.netrc = NetrcSource::Text(
            "machine a.example login one password 1 machine a.example login two password 2".into(),
        );
        let logins = Logins::gather(&config).unwrap();
        let password = |address: &str| login(&logins, address).map(|login| login.password);
        assert_eq!(password("https://two@a.example/x").as_deref(), Some("2"));
        assert_eq!(password("https://a.example/x").as_deref(), Some("1"));
        assert_eq!(password("https://three@a.example/x"), None);
        let asked = url("https://three@a.example/x");
        let known = logins.for_hop(&asked, &call(&asked, false), None);
        assert_eq!(known, Known::User("three".into()));
        assert_eq!(
            password("http://a.example/x"),
            None,
            "a page named it, no TLS"
        );
        let of_index = password("https://named@files.example/b/x");
        assert_eq!(of_index.as_deref(), Some("n"));
        let asked = url("http://a.example/x");
        let known = logins.for_hop(&asked, &call(&asked, true), None);
        assert!(matches!(known, Known::Login(_)), "the user named it");
    }

    #[test]
    fn never_means_never() {
        let mut config = config();
        config.indexes[0].authenticate = Authenticate::Never;
        config.indexes.remove(1);
        let logins = Logins::gather(&config).unwrap();
        assert_eq!(user(&logins, "https://files.example/a/files/x"), None);
    }

    #[test]
    fn a_missing_netrc_is_no_error() {
        let none = NetrcSource::File("/nonexistent/naja/netrc".into());
        assert_eq!(read_netrc(&none), Ok(Netrc::default()));
        let directory = NetrcSource::File("/".into());
        assert!(read_netrc(&directory).is_err());
    }
}
