//! `naja auth`: from arguments to requests.

use naja_engine::auth::{self, LoginRequest, Secret, TOKEN_USER};
use naja_engine::{Event, Failure, Session};

use crate::args::{AuthLoginArgs, AuthLogoutArgs, AuthTokenArgs};
use crate::commands::Outcome;
use crate::prompt;

type Done = Result<Outcome, Failure>;

pub(crate) fn login(session: &mut Session, args: &AuthLoginArgs) -> Done {
    let (_, in_address) = auth::service(&args.service)?;
    let mut username = args.username.clone();
    let in_address = in_address.unwrap_or_default();
    if username.is_none() && !in_address.user.is_empty() {
        username = Some(in_address.user);
    }
    let given = args.token.as_ref().or(args.password.as_ref());
    if args.token.is_some() {
        username = Some(TOKEN_USER.to_owned());
    } else if username.is_none() {
        if !prompt::can_ask() {
            return Err(Failure::usage("a user name or a token is missing")
                .hint("add `--username NAME`, or `--token -` and the token on standard input"));
        }
        username = Some(prompt::line("User name")?);
    }
    let password = match given.map(String::as_str) {
        Some("-") => prompt::secret_from_stdin()?,
        Some(text) => text.to_owned(),
        None if !in_address.password.is_empty() => in_address.password,
        None if prompt::can_ask() => prompt::secret("Password")?,
        None => {
            return Err(Failure::usage("a password is missing")
                .hint("add `--password -` and write it to standard input"));
        }
    };
    let request = LoginRequest {
        service: args.service.clone(),
        username,
        password: Secret(password),
    };
    let kept = auth::login(session, &request)?;
    let who = who(&kept.username);
    let message = format!("Kept the login{who} for {} in {}", kept.service, kept.place);
    session.emit(&Event::Note { message });
    Ok(Outcome::Quiet(0))
}

pub(crate) fn logout(session: &mut Session, args: &AuthLogoutArgs) -> Done {
    let gone = auth::logout(session, &args.login.service, args.login.username.as_deref())?;
    let who = who(&gone.username);
    let message = format!("Forgot the login{who} for {}", gone.service);
    session.emit(&Event::Note { message });
    Ok(Outcome::Quiet(0))
}

pub(crate) fn token(session: &Session, args: &AuthTokenArgs) -> Done {
    let Secret(token) = auth::token(session, &args.login.service, args.login.username.as_deref())?;
    Ok(Outcome::Text(format!("{token}\n"), 0))
}

pub(crate) fn dir(session: &Session) -> Done {
    let dir = auth::dir(session)?;
    Ok(Outcome::Text(format!("{}\n", dir.display()), 0))
}

fn who(username: &str) -> String {
    if username.is_empty() {
        String::new()
    } else {
        format!(" of {username}")
    }
}
