//! Reading of netrc files: which login belongs to which machine.
//!
//! Own parser of the traditional format (`machine`, `default`, `login`, `password`, `account`,
//! `macdef`), with double-quoted values and backslash escapes inside quotes as curl reads them.

use std::fmt;

/// A user name and a password, kept together. Neither is shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Login {
    /// The user name; may be empty (some services take a token as the password only).
    pub user: String,
    /// The password or token; may be empty (some services take a token as the user name only).
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(****)")
    }
}

/// The entries of one netrc file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Netrc {
    machines: Vec<(String, Login)>,
    default: Option<Login>,
}

impl Netrc {
    /// Parses the text of a netrc file. Never fails: what cannot be understood is skipped, as every
    /// other reader of this format does, because the file belongs to other programs too.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut tokens = Tokens { rest: text };
        let mut out = Self::default();
        // The entry being read: the machine's name, or `None` for `default`.
        let mut entry: Option<(Option<String>, Login)> = None;
        while let Some(word) = tokens.next() {
            match word.as_str() {
                "machine" => {
                    out.close(entry.take());
                    let name = tokens.next().unwrap_or_default();
                    entry = Some((Some(name.to_ascii_lowercase()), Login::default()));
                }
                "default" => {
                    out.close(entry.take());
                    entry = Some((None, Login::default()));
                }
                "login" | "user" => {
                    let value = tokens.next().unwrap_or_default();
                    if let Some((_, login)) = &mut entry {
                        login.user = value;
                    }
                }
                "password" => {
                    let value = tokens.next().unwrap_or_default();
                    if let Some((_, login)) = &mut entry {
                        login.password = value;
                    }
                }
                "account" => drop(tokens.next()),
                "macdef" => tokens.skip_macro(),
                _ => {}
            }
        }
        out.close(entry);
        out
    }

    fn close(&mut self, entry: Option<(Option<String>, Login)>) {
        match entry {
            Some((Some(name), login)) if !name.is_empty() => self.machines.push((name, login)),
            Some((None, login)) if self.default.is_none() => self.default = Some(login),
            _ => {}
        }
    }

    /// Returns the login of exactly this host (compared without case); the first entry wins.
    #[must_use]
    pub fn machine(&self, host: &str) -> Option<&Login> {
        self.machines
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(host))
            .map(|(_, l)| l)
    }

    /// Returns the login of exactly this host and this user.
    #[must_use]
    pub fn machine_of(&self, host: &str, user: &str) -> Option<&Login> {
        self.machines
            .iter()
            .find(|(name, login)| name.eq_ignore_ascii_case(host) && login.user == user)
            .map(|(_, login)| login)
    }

    /// Returns the `default` entry.
    #[must_use]
    pub fn default_login(&self) -> Option<&Login> {
        self.default.as_ref()
    }
}

struct Tokens<'a> {
    rest: &'a str,
}

impl Tokens<'_> {
    fn next(&mut self) -> Option<String> {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('#') {
                break;
            }
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.rest = &self.rest[end..];
        }
        if self.rest.is_empty() {
            return None;
        }
        if let Some(quoted) = self.rest.strip_prefix('"') {
            return Some(self.quoted(quoted.len()));
        }
        let end = self
            .rest
            .find(char::is_whitespace)
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(word.to_owned())
    }

    /// Reads up to the closing quote; `left` is the length of the text after the opening one.
    fn quoted(&mut self, left: usize) -> String {
        let text = &self.rest[self.rest.len() - left..];
        let mut value = String::new();
        let mut chars = text.char_indices();
        let mut end = text.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, 'r')) => value.push('\r'),
                    Some((_, 't')) => value.push('\t'),
                    Some((_, other)) => value.push(other),
                    None => {}
                },
                other => value.push(other),
            }
        }
        self.rest = &text[end..];
        value
    }

    /// A macro ends at the first empty line.
    fn skip_macro(&mut self) {
        let mut rest = self.rest;
        while let Some(end) = rest.find('\n') {
            rest = &rest[end + 1..];
            let line = rest.split('\n').next().unwrap_or_default();
            if line.trim().is_empty() {
                self.rest = rest;
                return;
            }
        }
        self.rest = "";
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn login(user: &str, password: &str) -> Login {
        Login {
            user: user.into(),
            password: password.into(),
        }
    }

    #[test]
    fn machines_default_and_comments() {
        let netrc = Netrc::parse(
            "# mine\nmachine Index.Example login me password s3cret # no comment here\n\
             machine other.example\n  login you\n  account x\n  password \"a b\\\"c\\\\\"\n\
             default login anon password none\n",
        );
        assert_eq!(netrc.machine("index.example"), Some(&login("me", "s3cret")));
        assert_eq!(
            netrc.machine("OTHER.example"),
            Some(&login("you", "a b\"c\\"))
        );
        assert_eq!(netrc.machine("third.example"), None);
        assert_eq!(netrc.default_login(), Some(&login("anon", "none")));
    }

    #[test]
    fn macros_are_skipped() {
        let netrc = Netrc::parse(
            "machine a login u password p\nmacdef init\nmachine evil login x\nput\n\nmachine b \
             login v password q",
        );
        assert_eq!(netrc.machine("b"), Some(&login("v", "q")));
        assert_eq!(netrc.machine("evil"), None);
        assert_eq!(netrc.machine("a"), Some(&login("u", "p")));
    }

    #[test]
    fn first_entry_wins_and_suffixes_do_not_match() {
        let netrc = Netrc::parse("machine a.b login 1 password 1 machine a.b login 2");
        assert_eq!(netrc.machine("a.b"), Some(&login("1", "1")));
        assert_eq!(netrc.machine("x.a.b"), None);
        assert_eq!(netrc.machine("a.b:80"), None);
    }

    #[test]
    fn debug_hides_everything() {
        assert_eq!(format!("{:?}", login("u", "p")), "Login(****)");
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC*|(machine|default|login|password|macdef|\"|\\\\| |\n)*") {
            let _ = Netrc::parse(&text);
        }
    }
}
