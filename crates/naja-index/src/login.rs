//! Asking for logins while a request waits: passwords that are kept by another program, and the
//! keyring. One question is asked once per run, whoever needs the answer.

use std::cell::RefCell;
use std::rc::Rc;
use std::thread;

use naja_spec::SafeUrl;
use rustc_hash::FxHashMap;
use tokio::sync::{OnceCell, oneshot};

use crate::auth::Known;
use crate::config::{Authenticate, Secret};
use crate::http::Call;
use crate::keys::address;
use crate::net::Net;
use crate::netrc::Login;

type Answer = Result<Option<Login>, String>;

/// The answers of this run, by question.
#[derive(Default)]
pub(crate) struct Asked {
    answers: RefCell<FxHashMap<String, Rc<OnceCell<Answer>>>>,
    /// What a server that asked has accepted before, by place.
    learned: RefCell<FxHashMap<String, Login>>,
}

/// What is sent, and what went wrong while it was asked for.
#[derive(Default)]
pub(crate) struct Chosen {
    pub(crate) login: Option<Login>,
    pub(crate) trouble: Option<String>,
}

impl Chosen {
    fn of(login: Login) -> Self {
        Self {
            login: Some(login),
            trouble: None,
        }
    }

    fn from(answer: Answer) -> Self {
        match answer {
            Ok(login) => Self {
                login,
                trouble: None,
            },
            Err(trouble) => Self {
                login: None,
                trouble: Some(trouble),
            },
        }
    }
}

impl Net {
    /// Chooses what is sent with the first attempt at an address.
    pub(crate) async fn login_for(
        &self,
        url: &SafeUrl,
        call: &Call<'_>,
        policy: Authenticate,
    ) -> Chosen {
        if policy == Authenticate::Never {
            return Chosen::default();
        }
        let root = self.root_of(url, call);
        let user = match self.logins.for_hop(url, call, root) {
            Known::Login(login) => return Chosen::of(login),
            Known::Kept(service, user) => return self.kept_login(service, user).await,
            Known::User(user) => Some(user),
            Known::Nothing => None,
        };
        let learned = self
            .asked
            .learned
            .borrow()
            .get(&place_key(url, root))
            .cloned();
        if let Some(login) = learned {
            return Chosen::of(login);
        }
        if user.is_none() && policy != Authenticate::Always {
            return Chosen::default();
        }
        let mut chosen = self.ask_keyring(url, call, user.as_deref()).await;
        if let (None, Some(user)) = (&chosen.login, user) {
            // Some services take a token as the user name.
            let password = String::new();
            chosen.login = Some(Login { user, password });
        }
        chosen
    }

    /// Chooses what is sent when a server refused a request without credentials.
    pub(crate) async fn login_when_asked(
        &self,
        url: &SafeUrl,
        call: &Call<'_>,
        status: u16,
    ) -> Chosen {
        if status == 401
            && let Some(login) = self.logins.when_asked(url, call)
        {
            return Chosen::of(login.clone());
        }
        self.ask_keyring(url, call, None).await
    }

    /// Remembers that a server which asked accepted this.
    pub(crate) fn login_was_accepted(&self, url: &SafeUrl, call: &Call<'_>, login: Login) {
        let key = place_key(url, self.root_of(url, call));
        self.asked.learned.borrow_mut().insert(key, login);
    }

    /// The root, on the same server, of the index on whose behalf an address is asked for.
    fn root_of(&self, url: &SafeUrl, call: &Call<'_>) -> Option<&SafeUrl> {
        self.context.config.index(call.index?)?.at(url)
    }

    async fn kept_login(&self, service: &SafeUrl, user: &str) -> Chosen {
        let Some(keeper) = self.context.config.keeper.clone() else {
            return Chosen::default();
        };
        let key = format!("kept {user} {}", address(service));
        let (service, user) = (service.clone(), user.to_owned());
        let job = move || {
            let password = keeper.password(&service, &user)?;
            Ok(password.map(|Secret(password)| Login { user, password }))
        };
        Chosen::from(self.once(key, job).await)
    }

    /// Asks the keyring for servers that the user named, or that nobody can listen to.
    async fn ask_keyring(&self, url: &SafeUrl, call: &Call<'_>, user: Option<&str>) -> Chosen {
        let Some(keyring) = self.context.config.keyring.clone() else {
            return Chosen::default();
        };
        if url.scheme() != "https" && !self.logins.is_named(url, call) {
            return Chosen::default();
        }
        let root = self.root_of(url, call);
        let key = format!(
            "keyring {} {}",
            user.unwrap_or_default(),
            place_key(url, root)
        );
        let place = match root {
            Some(root) => Some(root.without_credentials()),
            None => url.without_credentials().join("/").ok(),
        };
        let Some(place) = place else {
            return Chosen::default();
        };
        let user = user.map(str::to_owned);
        let job = move || keyring.ask(&place, user.as_deref());
        Chosen::from(self.once(key, job).await)
    }

    /// Runs a job on a thread of its own, once for each key.
    async fn once(&self, key: String, job: impl FnOnce() -> Answer + Send + 'static) -> Answer {
        let cell = Rc::clone(self.asked.answers.borrow_mut().entry(key).or_default());
        let answer = cell.get_or_init(|| async {
            let (sender, receiver) = oneshot::channel();
            // Nobody waits any more if it cannot be sent.
            let started = thread::Builder::new().spawn(move || drop(sender.send(job())));
            match started {
                Ok(_) => receiver.await.unwrap_or(Ok(None)),
                Err(error) => Err(error.to_string()),
            }
        });
        answer.await.clone()
    }
}

/// The index on whose behalf an address is asked for, if it is on the same server; else the server.
fn place_key(url: &SafeUrl, root: Option<&SafeUrl>) -> String {
    match root {
        Some(root) => address(root),
        None => crate::client::origin_key(url).to_string(),
    }
}
