//! The packages that the pages speak of: small ones with the real names.

use naja_testkit::{Index, IndexBuilder, Wheel};

/// `name version`, and below it, indented: what it requires, `[extra] requirement`, `> program`,
/// `= line of its module`.
const PACKAGES: &str = include_str!("packages.txt");

/// Which packages are build backends, and in which module.
const BACKENDS: [(&str, &str); 3] = [
    ("hatchling", "hatchling/build.py"),
    ("poetry-core", "poetry/core/masonry/api.py"),
    ("pdm-backend", "pdm/backend/__init__.py"),
];

/// A build backend that knows as much of a project as the pages need.
const BACKEND: &str = include_str!("backend.py");

pub(super) fn serve() -> Index {
    let mut builder = IndexBuilder::default();
    for wheel in packages() {
        builder = builder.wheel(&wheel);
    }
    builder.serve()
}

fn packages() -> Vec<Wheel> {
    let mut all: Vec<Draft> = Vec::new();
    for line in PACKAGES.lines() {
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if !line.starts_with(' ') {
            let (name, version) = text.split_once(' ').expect("`name version`");
            all.push(Draft::new(name, version));
            continue;
        }
        let draft = all.last_mut().expect("a detail stands below its package");
        draft.detail(text);
    }
    all.into_iter().map(Draft::finish).collect()
}

struct Draft {
    wheel: Wheel,
    name: String,
    version: String,
    module: String,
    programs: bool,
}

impl Draft {
    fn new(name: &str, version: &str) -> Self {
        Self {
            wheel: Wheel::new(name, version).without_module(),
            name: name.to_owned(),
            version: version.to_owned(),
            module: format!("__version__ = {version:?}\n"),
            programs: false,
        }
    }

    fn detail(&mut self, text: &str) {
        let wheel = self.wheel.clone();
        let module = self.name.replace('-', "_");
        self.wheel = if let Some(program) = text.strip_prefix("> ") {
            self.programs = true;
            wheel.console_script(program, &format!("{module}._program:main"))
        } else if let Some(line) = text.strip_prefix("= ") {
            self.module.push_str(line);
            self.module.push('\n');
            wheel
        } else if let Some(rest) = text.strip_prefix('[') {
            let (extra, requirement) = rest.split_once("] ").expect("`[extra] requirement`");
            wheel.extra(extra, requirement)
        } else {
            wheel.requires(text)
        };
    }

    fn finish(self) -> Wheel {
        let module = self.name.replace('-', "_");
        let mut wheel = self
            .wheel
            .file(&format!("{module}/__init__.py"), self.module);
        if self.programs {
            let text = format!(
                "def main():\n    print(\"{} {}\")\n",
                self.name, self.version
            );
            wheel = wheel.file(&format!("{module}/_program.py"), text).file(
                &format!("{module}/__main__.py"),
                format!("from {module}._program import main\n\nmain()\n"),
            );
        }
        if let Some((_, path)) = BACKENDS.iter().find(|(name, _)| *name == self.name) {
            wheel = wheel.file(path, BACKEND);
        }
        wheel
    }
}
