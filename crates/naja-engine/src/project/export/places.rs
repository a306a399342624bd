//! Ways between directories, as texts.

use std::path::{Component, Path};

/// The last part of a path, as a name.
pub(super) fn name_of(dir: &Path) -> String {
    dir.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The way from one directory to another, with `/`; empty if they are the same, absolute if they have
/// nothing in common.
pub(super) fn way(from: &Path, to: &Path) -> String {
    let text = |part: &Component<'_>| part.as_os_str().to_string_lossy().into_owned();
    let parts = |path: &Path| -> Vec<String> {
        let parts = path.components().filter(|part| *part != Component::CurDir);
        parts.map(|part| text(&part)).collect()
    };
    let (from, to_parts) = (parts(from), parts(to));
    let common = from
        .iter()
        .zip(&to_parts)
        .take_while(|(a, b)| a == b)
        .count();
    if common == 0 {
        return to.to_string_lossy().replace('\\', "/");
    }
    let mut way = vec!["..".to_owned(); from.len() - common];
    way.extend_from_slice(&to_parts[common..]);
    way.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_between_directories() {
        let way = |from: &str, to: &str| way(Path::new(from), Path::new(to));
        assert_eq!(way("/home/castle", "/home/castle"), "");
        assert_eq!(way("/home/castle/build/out", "/home/castle"), "../..");
        assert_eq!(way("/home/owl", "/home/castle"), "../castle");
        assert_eq!(way("/home", "/home/castle/hall"), "castle/hall");
    }
}
