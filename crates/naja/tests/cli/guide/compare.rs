//! Comparing what a page shows with what a command said: numbers, durations, sizes and the width
//! of gaps do not count.

/// The first line that a page shows and that does not follow in the output.
pub(super) fn missing<'a>(shown: &'a [String], output: &str) -> Option<&'a str> {
    let mut lines = output.lines().map(plain);
    shown.iter().map(String::as_str).find(|line| {
        let wanted = plain(line);
        wanted != "…" && !lines.any(|line| fits(&wanted, &line))
    })
}

/// A line without what may be different each time.
fn plain(line: &str) -> String {
    let words: Vec<String> = line.split_whitespace().map(word).collect();
    words.join(" ")
}

fn word(word: &str) -> String {
    let mut out = String::new();
    for character in word.chars() {
        let digit = character.is_ascii_digit();
        let character = if digit { '0' } else { character };
        // 12, 1.2 and 1.2.3 are one number.
        if digit && out.ends_with('0') {
            continue;
        }
        if digit && out.ends_with("0.") {
            out.pop();
            continue;
        }
        out.push(character);
    }
    for unit in ["ms", "µs", "s", "KiB", "MiB", "GiB", "B"] {
        let bare = out.strip_suffix(unit);
        if bare.is_some_and(|bare| bare == "0") {
            return if unit.ends_with('s') { "0s" } else { "0B" }.to_owned();
        }
    }
    out
}

/// Whether a line is what is wanted; `…` is anything.
fn fits(wanted: &str, line: &str) -> bool {
    let parts: Vec<&str> = wanted.split('…').collect();
    let [first, middle @ .., last] = parts.as_slice() else {
        return wanted == line;
    };
    let Some(mut rest) = line.strip_prefix(first) else {
        return false;
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[test]
fn numbers_do_not_count() {
    let output = "Resolved 12 packages in 1.25s\n + flask==3.1.3\n/home/you/code/x\n";
    let shown = |lines: &[&str]| -> Vec<String> { lines.iter().map(|&l| l.to_owned()).collect() };
    let fine = shown(&[
        "Resolved 7 packages in 8ms",
        "  + flask==2",
        "…",
        "…/code/x",
    ]);
    assert_eq!(missing(&fine, output), None);
    for wrong in [
        " + flask==3",
        "Resolved 7 packages",
        "flask==3.1.3",
        "/home/you",
    ] {
        let lines = shown(&["…/x", wrong]);
        assert_eq!(missing(&lines, output), Some(wrong));
    }
}
