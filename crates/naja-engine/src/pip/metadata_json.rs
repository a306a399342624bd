//! Core metadata as JSON, the way PEP 566 describes it, and what pip puts around it.

use naja_python::Interpreter;
use naja_spec::Headers;
use serde_json::{Map, Value, json};

/// Fields that occur once, then those that occur many times, as METADATA spells them.
const ONCE: [&str; 15] = [
    "Metadata-Version",
    "Name",
    "Version",
    "Summary",
    "Description",
    "Description-Content-Type",
    "Home-page",
    "Download-URL",
    "Author",
    "Author-email",
    "Maintainer",
    "Maintainer-email",
    "License",
    "License-Expression",
    "Requires-Python",
];
const MANY: [&str; 11] = [
    "Dynamic",
    "Platform",
    "Supported-Platform",
    "License-File",
    "Classifier",
    "Requires-Dist",
    "Requires-External",
    "Project-URL",
    "Provides-Extra",
    "Provides-Dist",
    "Obsoletes-Dist",
];

/// Turns the bytes of METADATA into the JSON form.
pub(super) fn metadata(bytes: &[u8]) -> Value {
    let headers = Headers::parse(bytes);
    let mut out = Map::new();
    for field in ONCE {
        if let Some(value) = headers.get(field) {
            out.insert(key(field), Value::from(value.into_owned()));
        }
    }
    for field in MANY {
        let values: Vec<Value> = headers
            .get_all(field)
            .map(|value| Value::from(value.into_owned()))
            .collect();
        if !values.is_empty() {
            out.insert(key(field), Value::from(values));
        }
    }
    if let Some(keywords) = headers.get("Keywords") {
        let words: Vec<&str> = if keywords.contains(',') {
            keywords.split(',').map(str::trim).collect()
        } else {
            keywords.split_whitespace().collect()
        };
        out.insert("keywords".to_owned(), Value::from(words));
    }
    let body = body(bytes);
    if !body.is_empty() {
        out.insert("description".to_owned(), Value::from(body));
    }
    Value::from(out)
}

fn key(field: &str) -> String {
    field.to_ascii_lowercase().replace('-', "_")
}

/// What follows the first empty line.
fn body(bytes: &[u8]) -> String {
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if matches!(line, b"\n" | b"\r\n") {
            return String::from_utf8_lossy(&bytes[at..]).replace("\r\n", "\n");
        }
    }
    String::new()
}

/// The values of markers (PEP 508), as `environment` of pip's reports.
pub(super) fn environment(interpreter: &Interpreter) -> Value {
    let markers = &interpreter.markers;
    json!({
        "implementation_name": markers.implementation_name,
        "implementation_version": markers.implementation_version.to_string(),
        "os_name": markers.os_name,
        "platform_machine": markers.platform_machine,
        "platform_release": markers.platform_release,
        "platform_system": markers.platform_system,
        "platform_version": markers.platform_version,
        "python_full_version": markers.python_full_version.to_string(),
        "platform_python_implementation": markers.platform_python_implementation,
        "python_version": markers.python_version.to_string(),
        "sys_platform": markers.sys_platform,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_once_and_many_times_and_the_description() {
        let text = b"Metadata-Version: 2.4\nName: Harry\nVersion: 1.0\nKeywords: owl, wand\n\
                     Classifier: A :: B\nClassifier: C\nProject-URL: Home, https://h.example\n\n\
                     The body.\n\nMore.\n";
        let value = metadata(text);
        assert_eq!(
            value,
            json!({
                "metadata_version": "2.4",
                "name": "Harry",
                "version": "1.0",
                "keywords": ["owl", "wand"],
                "classifier": ["A :: B", "C"],
                "project_url": ["Home, https://h.example"],
                "description": "The body.\n\nMore.\n",
            })
        );
        assert_eq!(metadata(b""), json!({}));
        assert_eq!(
            metadata(b"Keywords: a b\r\n\r\nx")["keywords"],
            json!(["a", "b"])
        );
    }
}
