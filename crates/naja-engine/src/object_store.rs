//! Who asks an object store: the variables and files of AWS's own programs.

use std::path::Path;

use naja_index::{ObjectStore, Secret};

use crate::failure::Failure;
use crate::process::ProcessEnv;
use crate::session::Session;

/// The region of stores that have none.
const REGION: &str = "us-east-1";

/// The object store of the configuration, if there is one.
///
/// # Errors
/// There is no key to sign requests with.
pub(crate) fn of(session: &Session) -> Result<Option<ObjectStore>, Failure> {
    let setting = &session.settings.s3_endpoint_url;
    let Some(endpoint) = &setting.value else {
        return Ok(None);
    };
    let process = &session.process;
    let profile = process.var("AWS_PROFILE").unwrap_or("default");
    let kept = read(process, "AWS_SHARED_CREDENTIALS_FILE", "credentials");
    let config = read(process, "AWS_CONFIG_FILE", "config");
    let own = || {
        let access = process.var("AWS_ACCESS_KEY_ID")?;
        let secret = process.var("AWS_SECRET_ACCESS_KEY")?;
        let token = process
            .var("AWS_SESSION_TOKEN")
            .filter(|token| !token.is_empty());
        Some((access, secret, token))
    };
    let of_file = || {
        let value = |key| value(&kept, profile, key);
        let pair = value("aws_access_key_id").zip(value("aws_secret_access_key"));
        pair.map(|(access, secret)| (access, secret, value("aws_session_token")))
    };
    let Some((access_key, secret_key, token)) = own().or_else(of_file) else {
        return Err(
            Failure::usage(format!("there is no key for the object store {endpoint}"))
                .cause(format!("it is set by {}", setting.origin))
                .hint(format!(
                    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write a profile \
                     `{profile}` into ~/.aws/credentials"
                )),
        );
    };
    let named = ["AWS_REGION", "AWS_DEFAULT_REGION"];
    let region = named.iter().find_map(|name| process.var(name));
    let section = match profile {
        "default" => profile.to_owned(),
        other => format!("profile {other}"),
    };
    let region = region
        .or_else(|| value(&config, &section, "region"))
        .unwrap_or(REGION);
    Ok(Some(ObjectStore {
        endpoint: endpoint.without_credentials(),
        region: region.to_owned(),
        access_key: access_key.to_owned(),
        secret_key: Secret(secret_key.to_owned()),
        session_token: token.map(|token| Secret(token.to_owned())),
    }))
}

/// A file of AWS's programs; empty where there is none.
fn read(process: &ProcessEnv, variable: &str, name: &str) -> String {
    let path = match process.var(variable) {
        Some(path) => process.absolute(Path::new(path)),
        None => match &process.home {
            Some(home) => home.join(".aws").join(name),
            None => return String::new(),
        },
    };
    std::fs::read_to_string(path).unwrap_or_default()
}

/// The value of a key in a section of an INI file.
fn value<'t>(text: &'t str, section: &str, key: &str) -> Option<&'t str> {
    let mut inside = false;
    let mut found = None;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            inside = name.trim_end_matches(']').trim() == section;
        } else if inside
            && let Some((name, value)) = line.split_once('=')
            && name.trim() == key
            && !line.starts_with(['#', ';'])
        {
            found = Some(value.trim());
        }
    }
    found.filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_kept_apart() {
        let text = "[default]\naws_access_key_id = A\n# aws_secret_access_key = no\n\n\
                    [other]\r\naws_access_key_id=B==\r\n";
        assert_eq!(value(text, "default", "aws_access_key_id"), Some("A"));
        assert_eq!(value(text, "other", "aws_access_key_id"), Some("B=="));
        assert_eq!(value(text, "default", "aws_secret_access_key"), None);
        assert_eq!(value(text, "nobody", "aws_access_key_id"), None);
    }
}
