//! `environment.yml` of conda: the part of YAML that such files use.

use naja_spec::{PackageName, Requirement};

use super::draft::{Draft, Item, Remark};
use crate::manifest::DependencyPlace;

/// Packages of conda under the name they have on PyPI.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("dask-core", "dask"),
    ("matplotlib-base", "matplotlib"),
    ("msgpack-python", "msgpack"),
    ("opencv", "opencv-python"),
    ("py-opencv", "opencv-python"),
    ("pyqt", "pyqt5"),
    ("pytables", "tables"),
    ("python-graphviz", "graphviz"),
    ("pytorch", "torch"),
    ("pytorch-cpu", "torch"),
    ("ruamel_yaml", "ruamel.yaml"),
    ("scikit-learn-intelex", "scikit-learn-intelex"),
    ("seaborn-base", "seaborn"),
    ("tensorflow-gpu", "tensorflow"),
];

/// What is on PyPI under the same name and is something else, or stands there for nothing.
const NOT_PYTHON: &[&str] = &[
    "blas",
    "boost-cpp",
    "bzip2",
    "c-compiler",
    "ca-certificates",
    "certifi-win32",
    "compilers",
    "conda",
    "cuda",
    "cudatoolkit",
    "cudnn",
    "curl",
    "cxx-compiler",
    "eigen",
    "ffmpeg",
    "fftw",
    "gcc",
    "gdal-core",
    "geos",
    "gfortran",
    "git",
    "glib",
    "graphviz",
    "gxx",
    "hdf5",
    "icu",
    "intel-openmp",
    "jpeg",
    "krb5",
    "libblas",
    "libffi",
    "libgcc-ng",
    "libpng",
    "libstdcxx-ng",
    "libtiff",
    "libxml2",
    "llvm-openmp",
    "make",
    "mamba",
    "mkl",
    "nccl",
    "ncurses",
    "netcdf4-c",
    "nodejs",
    "openblas",
    "openjdk",
    "openmpi",
    "openssl",
    "pandoc",
    "perl",
    "pkg-config",
    "postgresql",
    "proj",
    "pytorch-cuda",
    "pytorch-mutex",
    "qt",
    "r-base",
    "readline",
    "redis-server",
    "ruby",
    "sqlite",
    "texlive-core",
    "tk",
    "xz",
    "yaml",
    "zlib",
    "zstd",
];

/// What was read, and the names nobody has compared with PyPI yet.
pub(super) struct Conda {
    pub(super) draft: Draft,
    pub(super) unsure: Vec<PackageName>,
}

/// Reads an `environment.yml`.
pub(super) fn read(file: &str, text: &str) -> Conda {
    let mut reader = Reader {
        file,
        conda: Conda {
            draft: Draft::default(),
            unsure: Vec::new(),
        },
        section: Section::Other,
        pip: None,
    };
    for (number, line) in (1..).zip(text.lines().take(100_000)) {
        reader.line(line, number);
    }
    reader.conda.draft.list(DependencyPlace::Main);
    reader.conda
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Channels,
    Dependencies,
    Other,
}

struct Reader<'a> {
    file: &'a str,
    conda: Conda,
    section: Section,
    /// The indentation of the entries of `pip:`, where they are being read: deeper than this.
    pip: Option<usize>,
}

impl Reader<'_> {
    fn remark(&mut self, line: u32, message: String) {
        self.conda.draft.remarks.push(Remark {
            file: self.file.to_owned(),
            line,
            message,
        });
    }

    fn line(&mut self, line: &str, number: u32) {
        let plain = without_comment(line);
        let content = plain.trim();
        if content.is_empty() || content == "---" {
            return;
        }
        let indent = plain.len() - plain.trim_start().len();
        if let Some(entry) = content
            .strip_prefix('-')
            .filter(|rest| rest.is_empty() || rest.starts_with(' '))
        {
            self.entry(unquoted(entry.trim()), indent, number);
            return;
        }
        if indent > 0 {
            return;
        }
        let (key, value) = content.split_once(':').unwrap_or((content, ""));
        self.pip = None;
        self.section = match key.trim() {
            "channels" => Section::Channels,
            "dependencies" => Section::Dependencies,
            _ => Section::Other,
        };
        if key.trim() == "name" && PackageName::parse(unquoted(value.trim())).is_ok() {
            self.conda.draft.project("name", unquoted(value.trim()));
        }
        let list = value
            .trim()
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        for entry in list.into_iter().flat_map(|list| list.split(',')) {
            self.entry(unquoted(entry.trim()), 1, number);
        }
    }

    fn entry(&mut self, entry: &str, indent: usize, line: u32) {
        match self.section {
            Section::Other => {}
            Section::Channels => {
                if !matches!(entry, "defaults" | "conda-forge" | "nodefaults") {
                    self.remark(line, format!("the channel `{entry}` has no counterpart"));
                }
            }
            Section::Dependencies => match self.pip {
                Some(outer) if indent > outer => self.of_pip(entry, line),
                _ if entry == "pip:" => self.pip = Some(indent),
                _ => {
                    self.pip = None;
                    self.of_conda(entry, line);
                }
            },
        }
    }

    /// An entry of the `pip:` section: a line of a requirements file.
    fn of_pip(&mut self, entry: &str, line: u32) {
        match Requirement::parse(entry) {
            Ok(_) => self.push(entry.to_owned()),
            Err(_) => self.remark(
                line,
                format!("`{entry}` is no requirement: `naja add` may understand it"),
            ),
        }
    }

    fn push(&mut self, text: String) {
        let list = self.conda.draft.list(DependencyPlace::Main);
        list.items.push(Item::new(text));
    }

    /// `channel::name=version=build`, `name >=1,<2`
    fn of_conda(&mut self, entry: &str, line: u32) {
        let spec = entry.rsplit("::").next().unwrap_or(entry);
        let at = spec
            .find(|c: char| "=<>!~ [".contains(c))
            .unwrap_or(spec.len());
        let (name, rest) = spec.split_at(at);
        if rest.starts_with('[') {
            self.remark(line, format!("`{entry}` is not understood"));
            return;
        }
        let rest = rest.trim();
        if name == "python" {
            match specifiers(rest) {
                Some(bounds) if !bounds.is_empty() => {
                    self.conda.draft.project("requires-python", bounds);
                }
                Some(_) => {}
                None => self.remark(line, format!("`{entry}` is not understood")),
            }
            return;
        }
        if matches!(name, "pip" | "setuptools" | "wheel") {
            return;
        }
        if NOT_PYTHON.contains(&name)
            || name.starts_with("lib")
            || name.starts_with("r-")
            || name.starts_with('_')
        {
            self.remark(
                line,
                format!("{name} is no Python package: install it with the system's tools"),
            );
            return;
        }
        let other = OTHER_NAMES.iter().find(|(conda, _)| *conda == name);
        let name = other.map_or(name, |(_, name)| *name);
        let Ok(package) = PackageName::parse(name) else {
            self.remark(line, format!("`{entry}` is not understood"));
            return;
        };
        let Some(bounds) = specifiers(rest) else {
            self.remark(line, format!("`{entry}` is not understood"));
            return;
        };
        let text = format!("{name}{bounds}");
        if Requirement::parse(&text).is_err() {
            self.remark(line, format!("`{entry}` is not understood"));
            return;
        }
        self.conda.unsure.push(package);
        self.push(text);
    }
}

/// conda's bounds as PEP 440 has them.
fn specifiers(text: &str) -> Option<String> {
    if text.contains('|') {
        return None;
    }
    if let Some(version) = text.strip_prefix("==") {
        return Some(format!("=={}", version.split('=').next()?.trim()));
    }
    if let Some(rest) = text.strip_prefix('=') {
        // `=1.2` is 1.2 and everything below it; a build may follow.
        let version = rest
            .split('=')
            .next()?
            .trim()
            .trim_end_matches(".*")
            .trim_end_matches('*');
        return match version {
            "" => Some(String::new()),
            version => Some(format!("=={version}.*")),
        };
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(format!("=={text}"));
    }
    Some(match text {
        "*" => String::new(),
        text => text.replace(' ', ""),
    })
}

fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    line.split(" #").next().unwrap_or(line).trim_end()
}

fn unquoted(text: &str) -> &str {
    let inner = |quote| {
        text.strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote))
    };
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}
