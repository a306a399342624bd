//! Targets of `naja-python`.

use naja_python::{Interpreter, PythonRequest, VenvConfig};
use naja_spec::Version;

use crate::text;

/// What a user asks for.
pub fn python_request(data: &[u8]) {
    let text = text(data);
    let request = match PythonRequest::parse(&text) {
        Ok(request) => request,
        Err(error) => return drop(error.to_string()),
    };
    let shown = request.to_string();
    let again = PythonRequest::parse(&shown).expect("the shown form is a request");
    assert_eq!(again, request, "{shown}");
    if let Some(version) = request.version() {
        for candidate in ["3.12.4", "3.13.0rc1", "2.7.18", "3.12"] {
            let candidate: Version = candidate.parse().expect("a version");
            let _ = version.contains(&candidate);
        }
    }
    let _ = request.implementation();
}

/// `pyvenv.cfg`.
pub fn venv_config(data: &[u8]) {
    let text = text(data);
    let mut config = VenvConfig::parse(&text);
    let again = VenvConfig::parse(&config.to_text());
    let _ = (
        config.home(),
        config.version(),
        config.prompt(),
        config.system_site_packages(),
    );
    let _ = (config.relocatable(), config.creator());
    for (key, _) in config.iter() {
        assert_eq!(again.get(key), config.get(key), "{key}");
    }
    let (key, value) = text.split_once('\n').unwrap_or((&text, ""));
    if config.set(key, value).is_ok() {
        let read = VenvConfig::parse(&config.to_text());
        assert_eq!(read.get(&key.to_lowercase()), Some(value.trim()));
    }
}

/// Facts about an interpreter as the cache keeps them.
pub fn interpreter(data: &[u8]) {
    let Ok(found) = serde_json::from_slice::<Interpreter>(data) else {
        return;
    };
    let json = serde_json::to_vec(&found).expect("written");
    let again: Interpreter = serde_json::from_slice(&json).expect("written as read");
    assert_eq!(again, found);
    let _ = (
        found.tags().len(),
        found.is_virtual(),
        found.short_version(),
    );
}
