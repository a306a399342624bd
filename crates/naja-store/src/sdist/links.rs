//! Where links lead, decided before any of them exists.

use std::collections::BTreeMap;

use super::SourceProblem;

/// Most links that are followed for one path.
const MAX_HOPS: usize = 40;

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Placed {
    /// A file that was written.
    File,
    /// A directory that was made.
    Dir,
    /// A symbolic link to be made, with its text.
    SymLink(String),
    /// A copy to be made of the file at this path.
    HardLink(String),
}

/// Everything an archive places, by path.
pub(super) type Places = BTreeMap<String, Placed>;

/// Checks that a symbolic link leads to somewhere inside; it need not exist.
pub(super) fn check_symlink(
    places: &Places,
    name: &str,
    target: &str,
) -> Result<(), SourceProblem> {
    let dir = name.rsplit_once('/').map_or("", |(dir, _)| dir);
    let mut hops = 0;
    follow(places, split(dir), target, &mut hops)
        .map(drop)
        .map_err(|reason| SourceProblem::Link {
            name: name.to_owned(),
            reason,
        })
}

/// Finds the file a hard link means, following links on the way.
pub(super) fn hard_link_source(
    places: &Places,
    name: &str,
    target: &str,
) -> Result<String, SourceProblem> {
    let refuse = |reason| SourceProblem::Link {
        name: name.to_owned(),
        reason,
    };
    let mut hops = 0;
    let found = follow(places, Vec::new(), target, &mut hops).map_err(refuse)?;
    let path = found.join("/");
    match places.get(&path) {
        Some(Placed::File) => Ok(path),
        Some(Placed::HardLink(further)) => {
            // A hard link to a hard link: the archive placed the first one earlier.
            hops += 1;
            let found = follow(places, Vec::new(), further, &mut hops).map_err(refuse)?;
            let path = found.join("/");
            if places.get(&path) == Some(&Placed::File) {
                return Ok(path);
            }
            Err(refuse("leads to another link"))
        }
        _ => Err(refuse("leads to no file of the archive")),
    }
}

fn split(path: &str) -> Vec<String> {
    let parts = path.split('/').filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

/// Walks from a directory along a path, as the operating system will.
fn follow(
    places: &Places,
    mut at: Vec<String>,
    path: &str,
    hops: &mut usize,
) -> Result<Vec<String>, &'static str> {
    let drive = path.as_bytes().get(1) == Some(&b':');
    if path.is_empty() || path.starts_with('/') || path.contains('\0') {
        return Err("leads out of the archive");
    }
    if cfg!(windows) && (path.contains('\\') || drive) {
        return Err("leads out of the archive");
    }
    if path.len() > 4096 {
        return Err("is too long");
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                at.pop().ok_or("leads out of the archive")?;
            }
            _ => {
                at.push(part.to_owned());
                if let Some(Placed::SymLink(target)) = places.get(&at.join("/")) {
                    *hops += 1;
                    if *hops > MAX_HOPS {
                        return Err("leads in a circle");
                    }
                    at.pop();
                    at = follow(places, at, target, hops)?;
                }
            }
        }
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(links: &[(&str, &str)]) -> Places {
        let mut places = Places::new();
        for dir in ["p", "p/d", "p/d/e"] {
            places.insert(dir.to_owned(), Placed::Dir);
        }
        places.insert("p/f".to_owned(), Placed::File);
        for (name, target) in links {
            places.insert((*name).to_owned(), Placed::SymLink((*target).to_owned()));
        }
        places
    }

    #[test]
    fn links_inside_are_fine() {
        let places = places(&[("p/l", "d/e"), ("p/m", "l/../../f"), ("p/d/n", "../l")]);
        for (name, target) in [
            ("p/x", "f"),
            ("p/d/x", "../f"),
            ("p/x", "not-there"),
            ("p/x", "./d//e/."),
            ("p/d/e/x", "../../../p/f"),
            ("p/x", "l/.."),
            ("p/x", "m"),
        ] {
            assert_eq!(
                check_symlink(&places, name, target),
                Ok(()),
                "{name} {target}"
            );
        }
        assert_eq!(
            hard_link_source(&places, "p/x", "p/f").as_deref(),
            Ok("p/f")
        );
        assert_eq!(
            hard_link_source(&places, "p/x", "p/m").as_deref(),
            Ok("p/f")
        );
    }

    #[test]
    fn links_out_are_refused() {
        let places = places(&[("p/up", ".."), ("p/a", "b"), ("p/b", "a"), ("top", ".")]);
        for (name, target) in [
            ("p/x", "/etc/passwd"),
            ("p/x", "../../y"),
            ("x", ".."),
            ("p/d/x", "../../../y"),
            ("p/x", "up/../y"),
            ("p/x", "a"),
            ("p/x", ""),
            ("p/x", "a\0b"),
            ("p/x", "../top/../y"),
        ] {
            assert!(
                check_symlink(&places, name, target).is_err(),
                "{name} {target}"
            );
        }
        for target in ["../f", "/p/f", "p/d", "p/none", "p/a"] {
            assert!(
                hard_link_source(&places, "p/x", target).is_err(),
                "{target}"
            );
        }
    }
}
