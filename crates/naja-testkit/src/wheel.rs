use std::io::{Cursor, Write};

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

use crate::base64;

/// A wheel that is built in memory, well-formed unless told otherwise.
#[derive(Clone, Debug)]
pub struct Wheel {
    name: String,
    version: String,
    tag: String,
    requires: Vec<String>,
    extras: Vec<String>,
    requires_python: Option<String>,
    headers: Vec<String>,
    files: Vec<(String, Vec<u8>)>,
    console: Vec<(String, String)>,
    purelib: bool,
}

impl Wheel {
    /// Starts a pure wheel with one module that knows its version.
    #[must_use]
    pub fn new(name: &str, version: &str) -> Self {
        let module = name.replace('-', "_").to_lowercase();
        let text = format!("__version__ = {version:?}\n");
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            tag: "py3-none-any".to_owned(),
            requires: Vec::new(),
            extras: Vec::new(),
            requires_python: None,
            headers: Vec::new(),
            files: vec![(format!("{module}/__init__.py"), text.into_bytes())],
            console: Vec::new(),
            purelib: true,
        }
    }

    /// Adds a `Requires-Dist`.
    #[must_use]
    pub fn requires(mut self, requirement: &str) -> Self {
        self.requires.push(requirement.to_owned());
        self
    }

    /// Adds a `Provides-Extra` and what it requires.
    #[must_use]
    pub fn extra(mut self, extra: &str, requirement: &str) -> Self {
        self.extras.push(extra.to_owned());
        self.requires
            .push(format!("{requirement} ; extra == \"{extra}\""));
        self
    }

    /// Adds a line to the metadata: `License-Expression: MIT`.
    #[must_use]
    pub fn header(mut self, line: &str) -> Self {
        self.headers.push(line.to_owned());
        self
    }

    /// Sets `Requires-Python`.
    #[must_use]
    pub fn requires_python(mut self, specifiers: &str) -> Self {
        self.requires_python = Some(specifiers.to_owned());
        self
    }

    /// Sets the compatibility tag, `py3-none-any` by default.
    #[must_use]
    pub fn tag(mut self, tag: &str) -> Self {
        tag.clone_into(&mut self.tag);
        self.purelib = tag.ends_with("-any");
        self
    }

    /// Adds a file, by its path inside the wheel.
    #[must_use]
    pub fn file(mut self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((path.to_owned(), content.into()));
        self
    }

    /// Leaves out the module that every wheel here starts with.
    #[must_use]
    pub fn without_module(mut self) -> Self {
        self.files.remove(0);
        self
    }

    /// Adds a console script `name = module:attr`.
    #[must_use]
    pub fn console_script(mut self, name: &str, target: &str) -> Self {
        self.console.push((name.to_owned(), target.to_owned()));
        self
    }

    /// Adds a module with `main` and a console script of the distribution's
    /// name that prints its version.
    #[must_use]
    pub fn printing_script(self) -> Self {
        let name = self.name.clone();
        let module = name.replace('-', "_");
        let text =
            "from . import __version__\n\ndef main():\n    print(__version__)\n    return 0\n";
        self.file(&format!("{module}/cli.py"), text)
            .console_script(&name, &format!("{module}.cli:main"))
    }

    /// The file name of the wheel.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!(
            "{}-{}-{}.whl",
            self.name.replace('-', "_"),
            self.version,
            self.tag
        )
    }

    /// The name as given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version as given.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The `Requires-Python`, if any.
    #[must_use]
    pub fn python_constraint(&self) -> Option<&str> {
        self.requires_python.as_deref()
    }

    /// The text of `METADATA`.
    #[must_use]
    pub fn metadata(&self) -> String {
        let mut text = format!(
            "Metadata-Version: 2.1\nName: {}\nVersion: {}\nSummary: A distribution for tests\n",
            self.name, self.version
        );
        if let Some(python) = &self.requires_python {
            text.push_str(&format!("Requires-Python: {python}\n"));
        }
        for extra in &self.extras {
            text.push_str(&format!("Provides-Extra: {extra}\n"));
        }
        for requirement in &self.requires {
            text.push_str(&format!("Requires-Dist: {requirement}\n"));
        }
        for line in &self.headers {
            text.push_str(line);
            text.push('\n');
        }
        text.push_str("\nA distribution for tests.\n");
        text
    }

    /// Builds the archive.
    ///
    /// # Panics
    /// Never for sensible names; a test that fails here is the message.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let info = format!("{}-{}.dist-info", self.name.replace('-', "_"), self.version);
        let mut members = self.files.clone();
        members.push((format!("{info}/METADATA"), self.metadata().into_bytes()));
        members.push((
            format!("{info}/WHEEL"),
            format!(
                "Wheel-Version: 1.0\nGenerator: naja-testkit\nRoot-Is-Purelib: {}\nTag: {}\n",
                self.purelib, self.tag
            )
            .into_bytes(),
        ));
        if !self.console.is_empty() {
            let mut text = "[console_scripts]\n".to_owned();
            for (name, target) in &self.console {
                text.push_str(&format!("{name} = {target}\n"));
            }
            members.push((format!("{info}/entry_points.txt"), text.into_bytes()));
        }
        let mut record = String::new();
        for (path, content) in &members {
            let digest = base64::url_safe(&Sha256::digest(content));
            record.push_str(&format!("{path},sha256={digest},{}\n", content.len()));
        }
        record.push_str(&format!("{info}/RECORD,,\n"));
        members.push((format!("{info}/RECORD"), record.into_bytes()));

        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (path, content) in &members {
            let options = SimpleFileOptions::default().unix_permissions(0o644);
            zip.start_file(path.as_str(), options)
                .expect("a member can be started");
            zip.write_all(content).expect("memory can be written");
        }
        zip.finish()
            .expect("an archive in memory can be finished")
            .into_inner()
    }
}

/// The lower-case hexadecimal SHA-256 of some bytes.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
