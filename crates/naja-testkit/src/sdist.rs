use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// A tar archive built in memory, member by member; what it holds need not be sound.
#[derive(Clone, Debug, Default)]
pub struct Tar {
    bytes: Vec<u8>,
}

impl Tar {
    /// Starts an empty archive.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file with mode 644.
    #[must_use]
    pub fn file(self, name: &str, content: &[u8]) -> Self {
        self.member(b'0', (name, ""), 0o644, content)
    }

    /// Adds a directory.
    #[must_use]
    pub fn dir(self, name: &str) -> Self {
        self.member(b'5', (name, ""), 0o755, b"")
    }

    /// Adds a symbolic link.
    #[must_use]
    pub fn symlink(self, name: &str, target: &str) -> Self {
        self.member(b'2', (name, target), 0o777, b"")
    }

    /// Adds a hard link.
    #[must_use]
    pub fn hard_link(self, name: &str, target: &str) -> Self {
        self.member(b'1', (name, target), 0o644, b"")
    }

    /// Adds a member of any kind; long names go into a pax header.
    ///
    /// # Panics
    /// Never for contents that fit into memory.
    #[must_use]
    pub fn member(
        mut self,
        kind: u8,
        (name, link): (&str, &str),
        mode: u32,
        content: &[u8],
    ) -> Self {
        let mut records = Vec::new();
        if name.len() > 100 {
            records.push(("path", name));
        }
        if link.len() > 100 {
            records.push(("linkpath", link));
        }
        if !records.is_empty() {
            self = self.pax(b'x', &records);
        }
        let mut header = [0_u8; 512];
        put(&mut header[..100], name.as_bytes());
        put(&mut header[100..108], format!("{mode:07o}\0").as_bytes());
        put(&mut header[108..116], b"0000000\0");
        put(&mut header[116..124], b"0000000\0");
        put(
            &mut header[124..136],
            format!("{:011o}\0", content.len()).as_bytes(),
        );
        // 2020-01-01
        put(
            &mut header[136..148],
            format!("{:011o}\0", 1_577_836_800).as_bytes(),
        );
        header[156] = kind;
        put(&mut header[157..257], link.as_bytes());
        put(&mut header[257..265], b"ustar\x0000");
        seal(&mut header);
        self.bytes.extend_from_slice(&header);
        self.bytes.extend_from_slice(content);
        let over = content.len() % 512;
        if over > 0 {
            self.bytes.resize(self.bytes.len() + 512 - over, 0);
        }
        self
    }

    /// Adds an extended (`x`) or global (`g`) pax header.
    #[must_use]
    pub fn pax(self, kind: u8, records: &[(&str, &str)]) -> Self {
        let mut text = String::new();
        for (key, value) in records {
            let rest = key.len() + value.len() + 3;
            let mut length = rest + 1;
            while length != rest + length.to_string().len() {
                length = rest + length.to_string().len();
            }
            text.push_str(&format!("{length} {key}={value}\n"));
        }
        self.member(kind, ("PaxHeader", ""), 0o644, text.as_bytes())
    }

    /// Adds bytes as they are.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// Ends the archive and returns it unpacked by nobody.
    #[must_use]
    pub fn build(mut self) -> Vec<u8> {
        self.bytes.resize(self.bytes.len() + 1024, 0);
        self.bytes
    }

    /// Ends the archive and compresses it.
    #[must_use]
    pub fn build_gz(self) -> Vec<u8> {
        gz(&self.build())
    }
}

/// Compresses bytes as `.gz`.
///
/// # Panics
/// Never: memory can be written.
#[must_use]
pub fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

fn put(field: &mut [u8], bytes: &[u8]) {
    let length = bytes.len().min(field.len());
    field[..length].copy_from_slice(&bytes[..length]);
}

fn seal(header: &mut [u8; 512]) {
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    put(&mut header[148..156], format!("{sum:06o}\0 ").as_bytes());
}

/// A source distribution that is built in memory, with a build backend of its own inside: it
/// needs nothing from any index.
#[derive(Clone, Debug)]
pub struct Sdist {
    name: String,
    version: String,
    requires: Vec<String>,
    requires_python: Option<String>,
    metadata_version: String,
    dynamic: Vec<String>,
    files: Vec<(String, Vec<u8>)>,
    replaced_pyproject: bool,
}

impl Sdist {
    /// Starts a project with one module that knows its version and a backend in its tree
    /// (`backend-path`), whose metadata is static.
    #[must_use]
    pub fn new(name: &str, version: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            requires: Vec::new(),
            requires_python: None,
            metadata_version: "2.2".to_owned(),
            dynamic: Vec::new(),
            files: Vec::new(),
            replaced_pyproject: false,
        }
    }

    /// Adds a requirement.
    #[must_use]
    pub fn requires(mut self, requirement: &str) -> Self {
        self.requires.push(requirement.to_owned());
        self
    }

    /// Sets `requires-python`.
    #[must_use]
    pub fn requires_python(mut self, specifiers: &str) -> Self {
        self.requires_python = Some(specifiers.to_owned());
        self
    }

    /// Declares the dependencies dynamic: only a build tells them, or `PKG-INFO` of an older
    /// metadata version.
    #[must_use]
    pub fn dynamic_dependencies(mut self) -> Self {
        self.dynamic.push("dependencies".to_owned());
        self
    }

    /// Sets the version of the metadata in `PKG-INFO`, `2.2` by default.
    #[must_use]
    pub fn metadata_version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.metadata_version);
        self
    }

    /// Adds or replaces a file, by its path inside the project.
    #[must_use]
    pub fn file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.replaced_pyproject |= path == "pyproject.toml";
        self.files.retain(|(old, _)| old != path);
        self.files.push((path.to_owned(), content.into()));
        self
    }

    /// The module's name.
    #[must_use]
    pub fn module(&self) -> String {
        self.name.replace(['-', '.'], "_").to_lowercase()
    }

    /// The name of the archive.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}-{}.tar.gz", self.module(), self.version)
    }

    /// The text of `pyproject.toml`.
    #[must_use]
    pub fn pyproject(&self) -> String {
        let mut text = format!(
            "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\"_build\"]\n\n\
             [project]\nname = \"{}\"\nversion = \"{}\"\n",
            self.name, self.version
        );
        if let Some(python) = &self.requires_python {
            text.push_str(&format!("requires-python = \"{python}\"\n"));
        }
        if self.dynamic.is_empty() {
            text.push_str(&format!("dependencies = {:?}\n", self.requires));
        } else {
            text.push_str(&format!("dynamic = {:?}\n", self.dynamic));
        }
        text
    }

    /// The text of `PKG-INFO`.
    #[must_use]
    pub fn pkg_info(&self) -> String {
        let mut text = format!(
            "Metadata-Version: {}\nName: {}\nVersion: {}\n",
            self.metadata_version, self.name, self.version
        );
        if let Some(python) = &self.requires_python {
            text.push_str(&format!("Requires-Python: {python}\n"));
        }
        for field in &self.dynamic {
            let field = if field == "dependencies" {
                "Requires-Dist"
            } else {
                field
            };
            text.push_str(&format!("Dynamic: {field}\n"));
        }
        if self.dynamic.is_empty() {
            for requirement in &self.requires {
                text.push_str(&format!("Requires-Dist: {requirement}\n"));
            }
        }
        text
    }

    /// All files of the project by their paths in it, without `PKG-INFO`.
    #[must_use]
    pub fn tree(&self) -> Vec<(String, Vec<u8>)> {
        let mut files = vec![
            (
                format!("{}/__init__.py", self.module()),
                format!("__version__ = {:?}\n", self.version).into_bytes(),
            ),
            ("_build/backend.py".to_owned(), self.backend().into_bytes()),
        ];
        if !self.replaced_pyproject {
            files.push(("pyproject.toml".to_owned(), self.pyproject().into_bytes()));
        }
        for (path, content) in &self.files {
            files.retain(|(old, _)| old != path);
            files.push((path.clone(), content.clone()));
        }
        files
    }

    /// Writes the project below a directory, as a checkout of it would be. What Python compiled of an earlier backend
    /// goes: it counts as long as size and second are the same.
    ///
    /// # Panics
    /// If a file cannot be written.
    pub fn write_to(&self, dir: &std::path::Path) {
        let compiled = dir.join("_build/__pycache__");
        if compiled.exists() {
            std::fs::remove_dir_all(compiled).expect("a cache can be removed");
        }
        for (path, content) in self.tree() {
            let path = dir.join(path);
            std::fs::create_dir_all(path.parent().expect("a file has a parent")).expect("parents");
            std::fs::write(path, content).expect("a file of the project can be written");
        }
    }

    /// Builds the archive.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let top = format!("{}-{}", self.module(), self.version);
        let mut tar = Tar::new().dir(&format!("{top}/"));
        tar = tar.file(&format!("{top}/PKG-INFO"), self.pkg_info().as_bytes());
        for (path, content) in self.tree() {
            tar = tar.file(&format!("{top}/{path}"), &content);
        }
        tar.build_gz()
    }

    /// A backend (PEP 517, PEP 660) of the standard library alone.
    fn backend(&self) -> String {
        include_str!("backend.py")
            .replace("@NAME@", &self.name)
            .replace("@VERSION@", &self.version)
            .replace("@MODULE@", &self.module())
            .replace("@REQUIRES@", &format!("{:?}", self.requires))
            .replace(
                "@PYTHON@",
                self.requires_python.as_deref().unwrap_or_default(),
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_made_of_blocks() {
        let tar = Tar::new().file("a/b", b"hello").symlink("a/c", "b");
        assert_eq!(tar.build().len(), 512 * 2 + 512 + 1024);
        let long = "x/".repeat(80) + "y";
        assert_eq!(Tar::new().file(&long, b"").build().len(), 512 * 3 + 1024);
    }

    #[test]
    fn a_project_knows_itself() {
        let sdist = Sdist::new("My-Pkg", "1.0").requires("dep>=1");
        assert_eq!(sdist.file_name(), "my_pkg-1.0.tar.gz");
        assert!(sdist.pyproject().contains("dependencies = [\"dep>=1\"]"));
        assert!(sdist.pkg_info().contains("Requires-Dist: dep>=1"));
        assert!(
            sdist
                .dynamic_dependencies()
                .pkg_info()
                .contains("Dynamic: Requires-Dist")
        );
    }
}
