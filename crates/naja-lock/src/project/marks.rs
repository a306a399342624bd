//! Files with the marks of a merge conflict, taken apart.

/// The sides of a file that a merge left with marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sides {
    /// What both come from, where the marks tell it (`merge.conflictStyle` `diff3` or `zdiff3`).
    pub base: Option<String>,
    /// The side before the first mark's `=======`.
    pub ours: String,
    /// The other side.
    pub theirs: String,
}

/// Where a line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Both,
    Ours,
    Base,
    Theirs,
}

impl Sides {
    /// Tells whether a text has the marks of a conflict.
    #[must_use]
    pub fn are_in(text: &str) -> bool {
        text.lines().any(|line| mark(line) == Some('<'))
    }

    /// Takes a text apart; `None` if it has no marks, or marks in no order that merges leave.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let mut sides = Self {
            base: Some(String::new()),
            ours: String::new(),
            theirs: String::new(),
        };
        let mut within = Within::Both;
        let mut conflicts = 0;
        let mut has_base = false;
        for line in text.split_inclusive('\n') {
            let content = line.trim_end_matches(['\n', '\r']);
            within = match (mark(content), within) {
                (Some('<'), Within::Both) => {
                    conflicts += 1;
                    has_base = false;
                    Within::Ours
                }
                (Some('|'), Within::Ours) => {
                    has_base = true;
                    Within::Base
                }
                (Some('='), Within::Ours | Within::Base) => {
                    if !has_base {
                        sides.base = None;
                    }
                    Within::Theirs
                }
                (Some('>'), Within::Theirs) => Within::Both,
                (Some('<' | '>'), _) => return None,
                // Lines of `=` and `|` alone are marks only where one is due.
                (_, within) => {
                    sides.put(within, line);
                    within
                }
            };
        }
        (within == Within::Both && conflicts > 0).then_some(sides)
    }

    fn put(&mut self, within: Within, line: &str) {
        if matches!(within, Within::Both | Within::Ours) {
            self.ours.push_str(line);
        }
        if matches!(within, Within::Both | Within::Theirs) {
            self.theirs.push_str(line);
        }
        if matches!(within, Within::Both | Within::Base)
            && let Some(base) = &mut self.base
        {
            base.push_str(line);
        }
    }
}

/// The letter of a mark, if a line is one: seven of them, and a name behind a space.
fn mark(line: &str) -> Option<char> {
    let first = line.chars().next()?;
    if !matches!(first, '<' | '|' | '=' | '>') {
        return None;
    }
    let rest = line.trim_start_matches(first);
    let is_mark = line.len() - rest.len() == 7 && (rest.is_empty() || rest.starts_with(' '));
    is_mark.then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_of_a_conflict() {
        let text = "a = 1\n<<<<<<< HEAD\nb = 2\n=======\nb = 3\nc = 4\n>>>>>>> other\nd = 5\n";
        let sides = Sides::of(text).unwrap();
        assert_eq!(sides.ours, "a = 1\nb = 2\nd = 5\n");
        assert_eq!(sides.theirs, "a = 1\nb = 3\nc = 4\nd = 5\n");
        assert_eq!(sides.base, None);
        let text = "<<<<<<< a\r\nb = 2\r\n||||||| 12ab\r\nb = 1\r\n=======\r\n>>>>>>> c\r\n";
        let sides = Sides::of(text).unwrap();
        assert_eq!(sides.base.as_deref(), Some("b = 1\r\n"));
        assert_eq!(
            (sides.ours.as_str(), sides.theirs.as_str()),
            ("b = 2\r\n", "")
        );
    }

    #[test]
    fn what_is_no_conflict() {
        for text in [
            "a = 1\n",
            "<<<<<<< HEAD\nb = 2\n",
            "=======\n",
            "<<<<<<< a\n<<<<<<< b\n=======\n>>>>>>> c\n",
            ">>>>>>> c\n",
            "<<<<<<<< long\n========\n>>>>>>>> long\n",
        ] {
            assert_eq!(Sides::of(text), None, "{text}");
        }
        assert!(Sides::are_in("x\n<<<<<<< HEAD\n") && !Sides::are_in("x = '<<<<<<< HEAD'\n"));
    }
}
