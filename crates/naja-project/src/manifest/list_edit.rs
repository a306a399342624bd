//! Putting texts into TOML lists and taking them out, with everybody's comments where they were.
//!
//! In a list over several lines, what stands behind an entry on its line belongs to that entry, and lines
//! of their own belong to the entry below. TOML's model has both in front of the next entry, so that they
//! are taken apart here.

use toml_edit::{Array, RawString, Value};

/// A list on one line is broken up when it would grow longer than this.
const WIDEST: usize = 100;

/// Inserts a text at a position.
pub(super) fn insert(list: &mut Array, at: usize, text: &str) {
    if list.is_empty() {
        let tail = raw(list.trailing());
        let mut value = Value::from(text);
        // A comment inside of an empty list stays on top.
        let (front, own) = split_line(&tail);
        value.decor_mut().set_prefix(format!("{front}\n{own}    "));
        list.push_formatted(value);
        list.set_trailing("\n");
        list.set_trailing_comma(true);
        return;
    }
    let mut value = Value::from(text);
    if !is_broken(list) {
        insert_in_line(list, at, value);
        return;
    }
    let indent = indent(list);
    if at < list.len() {
        let prefix = prefix(list, at);
        if !prefix.contains('\n') {
            // Several on one line: one more.
            insert_before(list, at, value, &prefix);
            return;
        }
        let (behind, own) = split_line(&prefix);
        value.decor_mut().set_prefix(format!("{behind}\n{indent}"));
        set_prefix(list, at, &format!("\n{own}"));
        list.insert_formatted(at, value);
        return;
    }
    // What stands behind the last entry: before its comma, or after it.
    let last = list.len() - 1;
    let before_comma = suffix(list, last);
    set_suffix(list, last, "");
    let tail = format!("{before_comma}{}", raw(list.trailing()));
    let (behind, own) = split_line(&tail);
    value.decor_mut().set_prefix(format!("{behind}\n{indent}"));
    // Whether there is a last comma is a matter of style, too.
    list.push_formatted(value);
    list.set_trailing(format!("\n{own}"));
}

fn insert_in_line(list: &mut Array, at: usize, mut value: Value) {
    let text = value.to_string();
    if list.to_string().len() + text.len() + 2 > WIDEST {
        break_up(list);
        if let Some(text) = value.as_str() {
            insert(list, at, text);
        }
        return;
    }
    if at < list.len() {
        let front = prefix(list, at);
        insert_before(list, at, value, &front);
    } else {
        let last = list.len() - 1;
        let end = suffix(list, last);
        set_suffix(list, last, "");
        value.decor_mut().set_prefix(" ");
        value.decor_mut().set_suffix(end);
        list.push_formatted(value);
    }
}

/// Puts a value in front of another on its line.
fn insert_before(list: &mut Array, at: usize, mut value: Value, front: &str) {
    value.decor_mut().set_prefix(front);
    set_prefix(list, at, if at == 0 { " " } else { front });
    list.insert_formatted(at, value);
}

/// Puts each entry of a list on a line of its own.
fn break_up(list: &mut Array) {
    for value in list.iter_mut() {
        value.decor_mut().set_prefix("\n    ");
        value.decor_mut().set_suffix("");
    }
    list.set_trailing("\n");
    list.set_trailing_comma(true);
}

/// Takes an entry out. Comments on lines of their own stay.
pub(super) fn remove(list: &mut Array, at: usize) {
    if at >= list.len() {
        return;
    }
    let is_broken = is_broken(list);
    let front = prefix(list, at);
    let is_last = at + 1 == list.len();
    let (behind_previous, own) = split_line(&front);
    if is_last {
        let tail = format!("{}{}", suffix(list, at), raw(list.trailing()));
        let (_behind, below) = split_line(&tail);
        list.remove(at);
        let left = format!("{own}{below}");
        if list.is_empty() && left.trim().is_empty() {
            list.set_trailing("");
            list.set_trailing_comma(false);
        } else if is_broken {
            // The spaces before an entry that is gone would shift the bracket.
            let own = own.trim_end_matches([' ', '\t']);
            list.set_trailing(format!("{behind_previous}\n{own}{below}"));
        } else {
            list.set_trailing(tail);
        }
        return;
    }
    let next = prefix(list, at + 1);
    let (_behind, next_own) = split_line(&next);
    let joined = if !next.contains('\n') {
        front.clone()
    } else if !front.contains('\n') {
        next.clone()
    } else if is_broken {
        let own = own.trim_end_matches([' ', '\t']);
        format!("{behind_previous}\n{own}{next_own}")
    } else {
        front.clone()
    };
    set_prefix(list, at + 1, &joined);
    list.remove(at);
}

/// Replaces the text of an entry, in quotes of the same kind.
pub(super) fn replace(list: &mut Array, at: usize, text: &str) {
    let Some(value) = list.get_mut(at) else {
        return;
    };
    let decor = value.decor().clone();
    let is_literal = match value {
        Value::String(old) => old.display_repr().starts_with('\''),
        _ => false,
    };
    let plain = !text.contains(['\'', '\n', '\\']) && !text.chars().any(char::is_control);
    let mut new = if is_literal && plain {
        format!("'{text}'")
            .parse::<Value>()
            .unwrap_or_else(|_not_plain| Value::from(text))
    } else {
        Value::from(text)
    };
    *new.decor_mut() = decor;
    *value = new;
}

/// Whether the entries stand on several lines.
fn is_broken(list: &Array) -> bool {
    let broken = |text: &str| text.contains('\n');
    broken(&raw(list.trailing())) || (0..list.len()).any(|at| broken(&prefix(list, at)))
}

/// The spaces before the entries.
fn indent(list: &Array) -> String {
    let prefixes = (0..list.len()).map(|at| prefix(list, at));
    let mut lines = prefixes.filter_map(|prefix| {
        let (_, last) = prefix.rsplit_once('\n')?;
        Some(last.to_owned())
    });
    lines.next().unwrap_or_else(|| "    ".to_owned())
}

/// Cuts after the first line: what is behind something, and the lines below.
fn split_line(text: &str) -> (String, String) {
    match text.split_once('\n') {
        Some((behind, below)) => (behind.to_owned(), below.to_owned()),
        None if text.trim().is_empty() => (String::new(), text.to_owned()),
        None => (text.to_owned(), String::new()),
    }
}

fn raw(text: &RawString) -> String {
    text.as_str().unwrap_or_default().to_owned()
}

fn prefix(list: &Array, at: usize) -> String {
    let decor = list.get(at).map(Value::decor);
    decor
        .and_then(|decor| decor.prefix())
        .map_or_else(String::new, raw)
}

fn suffix(list: &Array, at: usize) -> String {
    let decor = list.get(at).map(Value::decor);
    decor
        .and_then(|decor| decor.suffix())
        .map_or_else(String::new, raw)
}

fn set_prefix(list: &mut Array, at: usize, text: &str) {
    if let Some(value) = list.get_mut(at) {
        value.decor_mut().set_prefix(text);
    }
}

fn set_suffix(list: &mut Array, at: usize, text: &str) {
    if let Some(value) = list.get_mut(at) {
        value.decor_mut().set_suffix(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(text: &str, edit: impl FnOnce(&mut Array)) -> String {
        let mut doc: toml_edit::DocumentMut = format!("x = {text}\n").parse().unwrap();
        edit(doc["x"].as_array_mut().unwrap());
        let shown = doc.to_string();
        let shown = shown.strip_prefix("x = ").unwrap();
        shown.strip_suffix('\n').unwrap().to_owned()
    }

    #[test]
    fn an_empty_list_gets_lines() {
        let added = edited("[]", |list| insert(list, 0, "harry"));
        assert_eq!(added, "[\n    \"harry\",\n]");
        assert_eq!(edited(&added, |list| remove(list, 0)), "[]");
        assert_eq!(
            edited("[\n    # none yet\n]", |list| insert(list, 0, "harry")),
            "[\n    # none yet\n    \"harry\",\n]"
        );
    }

    #[test]
    fn one_line_stays_one_line() {
        for (at, wanted) in [
            (0, "[\"new\", \"a\", 'b']"),
            (1, "[\"a\", \"new\", 'b']"),
            (2, "[\"a\", 'b', \"new\"]"),
        ] {
            let added = edited("[\"a\", 'b']", |list| insert(list, at, "new"));
            assert_eq!(added, wanted);
            assert_eq!(edited(&added, |list| remove(list, at)), "[\"a\", 'b']");
        }
        for (at, wanted) in [(0, "[ 'new', 'b' ]"), (1, "[ 'a', 'new' ]")] {
            assert_eq!(
                edited("[ 'a', 'b' ]", |list| replace(list, at, "new")),
                wanted
            );
        }
        assert_eq!(
            edited("[ 'a', 'b' ]", |list| insert(list, 2, "c")),
            "[ 'a', 'b', \"c\" ]"
        );
    }

    #[test]
    fn comments_stay_with_their_entries() {
        let text =
            "[ # all\n  # first\n  \"a\", # about a\n  # about b\n  \"b\", # end of b\n  # tail\n]";
        assert_eq!(
            edited(text, |list| insert(list, 1, "new")),
            "[ # all\n  # first\n  \"a\", # about a\n  \"new\",\n  # about b\n  \"b\", # end of b\n  # tail\n]"
        );
        for at in 0..=2 {
            let added = edited(text, |list| insert(list, at, "new"));
            assert_eq!(
                edited(&added, |list| remove(list, at)),
                text,
                "at {at}: {added}"
            );
        }
        assert_eq!(
            edited(text, |list| remove(list, 0)),
            "[ # all\n  # first\n  # about b\n  \"b\", # end of b\n  # tail\n]"
        );
        assert_eq!(
            edited(text, |list| remove(list, 1)),
            "[ # all\n  # first\n  \"a\", # about a\n  # about b\n  # tail\n]"
        );
    }

    #[test]
    fn a_list_without_a_last_comma() {
        let text = "[\n  \"a\",\n  \"b\" # b\n]";
        assert_eq!(
            edited(text, |list| insert(list, 2, "c")),
            "[\n  \"a\",\n  \"b\", # b\n  \"c\"\n]"
        );
        assert_eq!(edited(text, |list| remove(list, 1)), "[\n  \"a\"\n]");
    }

    #[test]
    fn a_long_line_is_broken_up() {
        let long = "x".repeat(60);
        let added = edited(&format!("[\"{long}\"]"), |list| {
            insert(list, 1, &"y".repeat(40));
        });
        assert_eq!(
            added,
            format!("[\n    \"{long}\",\n    \"{}\",\n]", "y".repeat(40))
        );
    }
}
