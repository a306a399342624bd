//! Which credentials go to which server.
//!
//! A login belongs to an origin (scheme, host, port). It is chosen anew for every hop of a
//! redirect, so that it can reach no other origin. In order: the address itself, the login or
//! the address of a configured index or `find-links` place of the same origin (longest common
//! path first), the netrc entry of exactly this host. The netrc `default` is sent only when a
//! server that the user named asks (401): it is meant for every machine, and every machine would
//! see it.

use naja_spec::SafeUrl;

use crate::config::{Authenticate, IndexConfig, NetrcSource};
use crate::error::SetupError;
use crate::http::Call;
use crate::netrc::{Login, Netrc};

/// All known logins.
#[derive(Debug, Default)]
pub(crate) struct Logins {
    realms: Vec<Realm>,
    /// The places of the configuration.
    named: Vec<SafeUrl>,
    netrc: Netrc,
}

#[derive(Debug)]
struct Realm {
    url: SafeUrl,
    login: Login,
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
    /// Gathers the logins of a configuration; reads the netrc file.
    ///
    /// # Errors
    /// When the netrc file exists and cannot be read.
    pub(crate) fn gather(config: &IndexConfig) -> Result<Self, SetupError> {
        let mut realms = Vec::new();
        for index in &config.indexes {
            if index.authenticate == Authenticate::Never {
                continue;
            }
            if let Some(login) = index.login.clone().or_else(|| login_in(&index.url)) {
                realms.push(Realm {
                    url: index.url.clone(),
                    login,
                });
            }
        }
        for place in &config.find_links {
            if let Some(login) = login_in(&place.url) {
                realms.push(Realm {
                    url: place.url.clone(),
                    login,
                });
            }
        }
        let named = config.indexes.iter().map(|index| &index.url);
        let named = named.chain(config.find_links.iter().map(|place| &place.url));
        Ok(Self {
            realms,
            named: named.cloned().collect(),
            netrc: read_netrc(&config.netrc)?,
        })
    }

    /// Chooses what is sent unasked to `url`, a hop on the way from `asked`.
    pub(crate) fn for_hop(&self, url: &SafeUrl, asked: &SafeUrl) -> Option<Login> {
        if asked.same_origin(url)
            && let Some(own) = login_in(asked)
        {
            return Some(own);
        }
        let realms = self
            .realms
            .iter()
            .filter(|realm| realm.url.same_origin(url));
        // The first of equals wins.
        let best = realms
            .rev()
            .max_by_key(|realm| common_path(realm.url.path(), url.path()));
        best.map(|realm| realm.login.clone()).or_else(|| {
            url.host()
                .and_then(|host| self.netrc.machine(host))
                .cloned()
        })
    }

    /// Chooses what is sent after a 401 to a request without credentials: the login for every
    /// machine, but only to those the user named, not to those that pages and redirects name.
    pub(crate) fn when_asked(&self, url: &SafeUrl, call: &Call<'_>) -> Option<&Login> {
        let named = self.named.iter().any(|place| place.same_origin(url))
            || call.direct && call.url.same_origin(url);
        self.netrc.default_login().filter(|_| named)
    }
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

    fn user(logins: &Logins, address: &str) -> Option<String> {
        let address = url(address);
        logins.for_hop(&address, &address).map(|login| login.user)
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
        assert_eq!(logins.for_hop(&hop, &asked), None, "not to another host");
        assert_eq!(
            user(&logins, "https://open.example/y").as_deref(),
            Some("net")
        );
        let asked = |at: &str, from: &str, direct| {
            let (at, from) = (url(at), url(from));
            let call = Call {
                url: &from,
                index: None,
                passes: &[],
                direct,
            };
            logins
                .when_asked(&at, &call)
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
        let address = url("https://files.example/a/");
        assert_eq!(
            logins
                .for_hop(&address, &address)
                .map(|login| login.password)
                .as_deref(),
            Some("p@ss")
        );
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
