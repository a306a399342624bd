//! One function per parser of foreign bytes. Each takes any bytes, must not panic, and checks
//! the round trips that exist.
//!
//! `fuzz_targets/` gives them to libFuzzer; the tests of this crate run them on the seeds and
//! on a fixed series of mutations of these.

use std::borrow::Cow;

pub mod index;
pub mod lock;
pub mod page;
pub mod project;
pub mod python;
pub mod spec;
pub mod store;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

macro_rules! targets {
    ($($module:ident: $($name:ident)*;)*) => {
        /// All targets.
        pub const TARGETS: &[Target] = &[$($((stringify!($name), $module::$name),)*)*];
    };
}

targets! {
    spec: version specifiers requirement marker name url digest metadata wheel_name sdist_name
        record wheel_file entry_points direct_url script;
    page: page_json page_html page_record;
    store: zip_directory zip_tail zip_built source_archive manifest store_record journal;
    project: requirements settings pip_conf settings_variables dotenv tasks manifest_edit script_edit import imports;
    python: python_request venv_config interpreter;
    index: http_date netrc;
    lock: pylock lock_merge marker_set foreign_lock project_lock;
}

/// The bytes as text; what is not UTF-8 is replaced.
fn text(data: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(data)
}

/// The lines that are UTF-8.
fn lines(data: &[u8]) -> impl Iterator<Item = &str> {
    data.split(|byte| *byte == b'\n')
        .filter_map(|line| std::str::from_utf8(line).ok())
}

#[cfg(test)]
mod tests;
