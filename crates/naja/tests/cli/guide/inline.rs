//! Commands within sentences and tables: are there such verbs and flags?

use std::cell::RefCell;
use std::collections::BTreeMap;

use naja_testkit::Sandbox;

use crate::sandbox;

/// What `naja help` says, as far as it was asked.
pub(super) struct Known {
    sandbox: Sandbox,
    helps: RefCell<BTreeMap<String, Option<String>>>,
}

impl Known {
    pub(super) fn new() -> Self {
        Self {
            sandbox: sandbox(),
            helps: RefCell::default(),
        }
    }

    fn help(&self, verbs: &[&str]) -> Option<String> {
        let key = verbs.join(" ");
        if let Some(known) = self.helps.borrow().get(&key) {
            return known.clone();
        }
        let output = self.sandbox.run(["help"].iter().chain(verbs));
        let text = (output.status == 0).then_some(output.stdout);
        self.helps.borrow_mut().insert(key, text.clone());
        text
    }

    /// What is wrong with a command, if anything is.
    pub(super) fn complaint(&self, command: &str) -> Option<String> {
        let mut verbs: Vec<&str> = Vec::new();
        let mut words = command.split_whitespace().skip(1).peekable();
        while let Some(word) = words.peek() {
            let plain = word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            if !plain || word.starts_with('-') {
                break;
            }
            verbs.push(word);
            if self.help(&verbs).is_none() {
                verbs.pop();
                break;
            }
            words.next();
        }
        let first = words.peek().copied().unwrap_or_default();
        let is_word = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_lowercase());
        if verbs.is_empty() && is_word {
            return Some(format!("there is no command `{first}`"));
        }
        let text = self.help(&verbs)?;
        // What `naja run` runs has flags of its own, and so has what follows another program.
        let end = ["run", "shell"].contains(verbs.first().unwrap_or(&""));
        for word in words {
            if word == "--" || word == "|" || (end && !word.starts_with('-')) {
                break;
            }
            let flag = word.split('=').next().unwrap_or(word);
            let flag = flag
                .trim_end_matches([',', ';', ']', ')'])
                .trim_start_matches(['[', '(']);
            let is_flag = flag.starts_with("--") && flag.len() > 2
                || flag.starts_with('-') && flag.len() == 2;
            if is_flag && !has(&text, flag) && !has(&self.help(&[])?, flag) {
                return Some(format!("`naja {}` has no flag `{flag}`", verbs.join(" ")));
            }
        }
        None
    }
}

/// Whether a help names a flag.
fn has(help: &str, flag: &str) -> bool {
    help.match_indices(flag).any(|(at, _)| {
        let after = help[at + flag.len()..].chars().next();
        let before = help[..at].chars().next_back();
        let inside = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '-');
        !inside(after) && !inside(before)
    })
}
