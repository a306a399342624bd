//! Changing one value of a file of pip's configuration, and nothing else in it.

/// Says why a value cannot stand in a file of pip's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PipEditError {
    /// The name is not that of a value.
    #[error("expected a name such as `global.index-url`")]
    Name,
    /// The value has lines that would be something else there.
    #[error("a value cannot have an empty line or one that begins with `#` or `;`")]
    Value,
}

/// Splits pip's name of a value, such as `global.index-url`, into section and key.
///
/// # Errors
/// There is no section, or one of both cannot stand in a file.
pub fn pip_name(name: &str) -> Result<(String, String), PipEditError> {
    let (section, key) = name.split_once('.').ok_or(PipEditError::Name)?;
    let key = key
        .trim_start_matches("--")
        .replace('_', "-")
        .to_ascii_lowercase();
    let fits = |text: &str| {
        let mut bytes = text.bytes();
        !text.is_empty()
            && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-.:_".contains(&byte))
    };
    // A `:` would end the key.
    if !fits(section) || !fits(&key) || key.contains(':') {
        return Err(PipEditError::Name);
    }
    Ok((section.to_owned(), key))
}

/// Sets a value in the text of a file of pip's; comments and everything else stay.
///
/// # Errors
/// The value cannot be written in such a file.
pub fn set_pip_value(
    text: &str,
    (section, key): (&str, &str),
    value: &str,
) -> Result<String, PipEditError> {
    let value = value.trim();
    let begins = |line: &str| line.trim().is_empty() || line.trim().starts_with(['#', ';']);
    if value.contains('\r') || value.lines().skip(1).any(begins) {
        return Err(PipEditError::Value);
    }
    // Further lines belong to the value when they are indented.
    let lines: Vec<&str> = value.lines().map(str::trim).collect();
    let written = format!("{key} = {}\n", lines.join("\n    "));
    let place = find(text, section, key);
    let mut out = String::with_capacity(text.len() + written.len() + section.len() + 4);
    match place {
        Place::Value { start, end } => {
            out.push_str(&text[..start]);
            out.push_str(&written);
            out.push_str(&text[end..]);
        }
        Place::Section { end } => {
            out.push_str(&text[..end]);
            end_line(&mut out);
            out.push_str(&written);
            out.push_str(&text[end..]);
        }
        Place::Nowhere => {
            out.push_str(text);
            end_line(&mut out);
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(&format!("[{section}]\n{written}"));
        }
    }
    Ok(out)
}

/// Removes a value from the text of a file of pip's; `None` if it is not in it.
pub fn unset_pip_value(text: &str, (section, key): (&str, &str)) -> Option<String> {
    match find(text, section, key) {
        Place::Value { start, end } => Some(format!("{}{}", &text[..start], &text[end..])),
        Place::Section { .. } | Place::Nowhere => None,
    }
}

fn end_line(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

/// Where a value stands, or would stand; byte positions.
enum Place {
    /// From its key to the end of its last line.
    Value { start: usize, end: usize },
    /// Behind the last line of its section that says something.
    Section { end: usize },
    /// There is no such section.
    Nowhere,
}

fn find(text: &str, section: &str, key: &str) -> Place {
    let mut at = 0;
    let mut inside = false;
    let mut end_of_section = None;
    let mut value: Option<(usize, usize)> = None;
    let mut open = false;
    for line in text.split_inclusive('\n') {
        let (start, end) = (at, at + line.len());
        at = end;
        let trimmed = line.trim().trim_start_matches('\u{feff}');
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if open && line.starts_with([' ', '\t']) {
            value = value.map(|(start, _)| (start, end));
            end_of_section = Some(end);
            continue;
        }
        if trimmed.starts_with('[') {
            if value.is_some() {
                break;
            }
            open = false;
            inside = trimmed.trim_start_matches('[').split(']').next() == Some(section);
            if inside {
                end_of_section = Some(end);
            }
            continue;
        }
        if value.is_some() {
            break;
        }
        if !inside {
            continue;
        }
        end_of_section = Some(end);
        let name = trimmed.split(['=', ':']).next().unwrap_or_default().trim();
        let name = name.trim_start_matches("--").replace('_', "-");
        if name.eq_ignore_ascii_case(key) {
            value = Some((start, end));
            open = true;
        }
    }
    match (value, end_of_section) {
        (Some((start, end)), _) => Place::Value { start, end },
        (None, Some(end)) => Place::Section { end },
        (None, None) => Place::Nowhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::pip_conf::parse_ini;

    #[test]
    fn what_was_set_is_read_and_the_rest_stays() {
        let texts = [
            "",
            "[global]",
            "# a\n[install]\nx = 1\n",
            "[global]\n\n; c\nfind_links =\n    a\n\n    b\nother = 1\n[z]\n",
            "[other]\nfind-links = q\n[global]\nx: 1",
        ];
        for text in texts {
            for value in ["v", "a\nb", ""] {
                let at = ("global", "find-links");
                let set = set_pip_value(text, at, value).unwrap();
                let others = |text: &str| {
                    let entries = parse_ini(text).unwrap();
                    let mut others: Vec<_> = entries
                        .into_iter()
                        .map(|entry| (entry.section, entry.key, entry.value))
                        .collect();
                    others.retain(|(section, key, _)| (section.as_str(), key.as_str()) != at);
                    others
                };
                assert_eq!(others(text), others(&set), "{text:?}");
                let entries = parse_ini(&set).unwrap();
                let found: Vec<_> = entries
                    .iter()
                    .filter(|entry| entry.section == "global" && entry.key == "find-links")
                    .map(|entry| entry.value.as_str())
                    .collect();
                assert_eq!(found, [value], "{text:?}");
                let unset = unset_pip_value(&set, at).unwrap();
                assert_eq!(others(&unset), others(text));
                assert!(unset_pip_value(&unset, at).is_none(), "{unset:?}");
            }
        }
    }

    #[test]
    fn names_and_values_that_do_not_fit() {
        for name in ["timeout", ".a", "a.", "a.b c", "a].b", "a.b=c", "a.b:c"] {
            assert_eq!(pip_name(name), Err(PipEditError::Name), "{name}");
        }
        assert_eq!(
            pip_name("global.Index_URL").unwrap(),
            ("global".to_owned(), "index-url".to_owned())
        );
        for value in ["a\n\nb", "a\n# b", "a\r\n[x]"] {
            assert_eq!(
                set_pip_value("", ("a", "b"), value),
                Err(PipEditError::Value)
            );
        }
    }
}
