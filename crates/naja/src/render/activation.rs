//! How an environment is activated, in the words of the user's shell.

use std::path::Path;

/// The command that activates an environment in the shell named by `$SHELL`.
pub(crate) fn hint(root: &Path, shell: Option<&str>) -> String {
    if cfg!(windows) {
        return format!("{}\\Scripts\\activate", root.display());
    }
    let name = shell
        .and_then(|shell| shell.rsplit('/').next())
        .unwrap_or_default();
    let (verb, script) = match name {
        "fish" => ("source", "activate.fish"),
        "csh" | "tcsh" => ("source", "activate.csh"),
        "nu" => ("overlay use", "activate.nu"),
        "pwsh" => (".", "activate.ps1"),
        "sh" | "dash" | "ksh" => (".", "activate"),
        _ => ("source", "activate"),
    };
    format!(
        "{verb} {}",
        quoted(&root.join("bin").join(script).to_string_lossy())
    )
}

/// A path as a word of the shell.
fn quoted(path: &str) -> String {
    let ordinary = |c: char| c.is_alphanumeric() || "/._-+~".contains(c);
    if path.chars().all(ordinary) {
        return path.to_owned();
    }
    format!("'{}'", path.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shell_has_its_words() {
        let root = Path::new(".venv");
        assert_eq!(hint(root, Some("/bin/bash")), "source .venv/bin/activate");
        assert_eq!(
            hint(root, Some("/usr/bin/fish")),
            "source .venv/bin/activate.fish"
        );
        assert_eq!(hint(root, None), "source .venv/bin/activate");
        assert_eq!(
            hint(Path::new("my env"), None),
            "source 'my env/bin/activate'"
        );
    }
}
