//! Ways between places, as texts.

use std::path::{Component, Path};

/// Returns the way from a directory to a path, with `/`; empty if they are the same, nothing if they have nothing in
/// common, as on two drives.
#[must_use]
pub fn way(from: &Path, to: &Path) -> Option<String> {
    fn parts(path: &Path) -> impl Iterator<Item = Component<'_>> {
        let parts = path.components();
        parts.filter(|part| *part != Component::CurDir)
    }
    let common = parts(from).zip(parts(to)).take_while(|(a, b)| a == b);
    let common = common.count();
    if common == 0 {
        return None;
    }
    let up = parts(from).skip(common).map(|_| "..".into());
    let down = parts(to)
        .skip(common)
        .map(|part| part.as_os_str().to_string_lossy());
    let way: Vec<_> = up.chain(down).collect();
    Some(way.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_between_directories() {
        let way = |from: &str, to: &str| way(Path::new(from), Path::new(to));
        let known = |text: &str| Some(text.to_owned());
        assert_eq!(way("/home/castle", "/home/castle"), known(""));
        assert_eq!(
            way("/home/castle/build/out", "/home/castle"),
            known("../..")
        );
        assert_eq!(way("/home/owl", "/home/./castle"), known("../castle"));
        assert_eq!(way("/home", "/home/castle/hall"), known("castle/hall"));
        assert_eq!(way("/", "/home"), known("home"));
        assert_eq!(way("home", "/home"), None);
    }
}
