//! The parts of a request that are single words: implementations and builds.

use std::fmt;

use crate::interpreter::Interpreter;

/// Names an implementation of Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImplementationName {
    /// The reference implementation, `cpython` or `cp`.
    CPython,
    /// `pypy` or `pp`.
    PyPy,
    /// `graalpy` or `gp`.
    GraalPy,
    /// CPython compiled to WebAssembly for browsers and Node.
    Pyodide,
}

impl ImplementationName {
    /// All implementations with their long and short names; longer names first.
    pub(super) const NAMES: [(&'static str, Self); 7] = [
        ("cpython", Self::CPython),
        ("graalpy", Self::GraalPy),
        ("pyodide", Self::Pyodide),
        ("pypy", Self::PyPy),
        ("cp", Self::CPython),
        ("pp", Self::PyPy),
        ("gp", Self::GraalPy),
    ];

    /// Returns the name that `sys.implementation.name` uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CPython => "cpython",
            Self::PyPy => "pypy",
            Self::GraalPy => "graalpy",
            Self::Pyodide => "pyodide",
        }
    }

    /// Returns the beginning of the names of its programs: `python`, `pypy` ...
    #[must_use]
    pub fn program(self) -> &'static str {
        match self {
            Self::CPython => "python",
            Self::PyPy => "pypy",
            Self::GraalPy => "graalpy",
            Self::Pyodide => "pyodide",
        }
    }
}

impl fmt::Display for ImplementationName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Says which build of a version is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Variant {
    /// The usual build, with the global interpreter lock.
    #[default]
    Default,
    /// Without the global interpreter lock: `t`, `+freethreaded`.
    FreeThreaded,
    /// With debug assertions: `d`, `+debug`.
    Debug,
    /// Both: `td`, `+freethreaded+debug`.
    FreeThreadedDebug,
}

impl Variant {
    /// Splits a build suffix off a version or range.
    pub(super) fn split(text: &str) -> (&str, Self) {
        const LONG: [(&str, Variant); 4] = [
            ("+freethreaded+debug", Variant::FreeThreadedDebug),
            ("+freethreaded", Variant::FreeThreaded),
            ("+debug", Variant::Debug),
            ("+gil", Variant::Default),
        ];
        for (suffix, variant) in LONG {
            if let Some(rest) = text.strip_suffix(suffix) {
                return (rest, variant);
            }
        }
        let short = [
            ("td", Self::FreeThreadedDebug),
            ("t", Self::FreeThreaded),
            ("d", Self::Debug),
        ];
        for (suffix, variant) in short {
            if let Some(rest) = text.strip_suffix(suffix)
                && rest.ends_with(|last: char| last.is_ascii_digit())
            {
                return (rest, variant);
            }
        }
        (text, Self::Default)
    }

    /// Says whether an interpreter is of this build.
    #[must_use]
    pub fn matches(self, interpreter: &Interpreter) -> bool {
        match self {
            Self::Default => !interpreter.free_threaded,
            Self::FreeThreaded => interpreter.free_threaded && !interpreter.debug,
            Self::Debug => interpreter.debug && !interpreter.free_threaded,
            Self::FreeThreadedDebug => interpreter.debug && interpreter.free_threaded,
        }
    }

    /// Returns the suffix of program names: `python3.13t`.
    #[must_use]
    pub fn program_suffix(self) -> &'static str {
        match self {
            Self::Default => "",
            Self::FreeThreaded => "t",
            Self::Debug => "d",
            Self::FreeThreadedDebug => "td",
        }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Default => "",
            Self::FreeThreaded => "+freethreaded",
            Self::Debug => "+debug",
            Self::FreeThreadedDebug => "+freethreaded+debug",
        })
    }
}
