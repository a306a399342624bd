use std::path::{Path, PathBuf};

use naja_index::{Answer, FetchedFile, FileRequest, Origin, Request};
use naja_lock::{DistSource, Pin, Selection};
use naja_spec::{SafeUrl, Sha256};
use serde::Serialize;

use super::pack::pack;
use crate::diagnose;
use crate::event::Event;
use crate::failure::Failure;
use crate::inputs::{self, InputSources};
use crate::options;
use crate::pipeline::{Pipeline, Preparation};
use crate::problem;
use crate::session::{Session, ms_since};
use crate::target;

/// What `naja pip download` and `naja pip wheel` shall bring.
#[derive(Clone, Debug, Default)]
pub struct DownloadRequest {
    /// The requirements.
    pub sources: InputSources,
    /// Where the files go; the working directory if nowhere is named.
    pub directory: Option<PathBuf>,
    /// Whether only wheels will do (`pip wheel`).
    pub wheels_only: bool,
}

/// One file that is there now.
#[derive(Clone, Debug, Serialize)]
pub struct Downloaded {
    /// The normalised name.
    pub name: String,
    /// The version.
    pub version: String,
    /// The file.
    pub path: PathBuf,
    /// Its SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// Whether it was there before.
    pub present: bool,
}

/// Brings the files of everything that is asked for, and of what that requires. No environment is
/// needed or changed.
///
/// # Errors
/// There is no answer, an index fails, or the directory cannot be written.
pub fn download(
    session: &mut Session,
    request: &DownloadRequest,
) -> Result<Vec<Downloaded>, Failure> {
    let set = inputs::read(session, &request.sources)?;
    let interpreter = target::interpreter_to_resolve_for(session)?;
    let mut pipeline = Pipeline::new(session, options::index_config(session)?);
    let start = std::time::Instant::now();
    pipeline.build_for(session, &interpreter);
    pipeline.named_as(&set.direct);
    let problem = problem::of(session, &interpreter, &set)?;
    let graph = pipeline.resolve(problem, None, &mut *session.sink)?;
    problem::tell_notes(session, &graph);
    session.emit(&Event::Resolved {
        packages: graph.nodes.len(),
        ms: ms_since(start),
    });
    let selection = graph.select();
    pipeline.runs_with(&selection);
    let directory = request.directory.as_deref().unwrap_or(Path::new("."));
    let directory = session.process.absolute(directory);
    let done = bring(session, &mut pipeline, (&selection, request), &directory)?;
    session.detail(pipeline.summary());
    pipeline.finish();
    Ok(done)
}

fn bring(
    session: &mut Session,
    pipeline: &mut Pipeline,
    (selection, request): (&Selection, &DownloadRequest),
    directory: &Path,
) -> Result<Vec<Downloaded>, Failure> {
    let mut names = Vec::with_capacity(selection.len());
    let mut requests = Vec::with_capacity(selection.len());
    let mut builds = Vec::new();
    let mut fetched = Vec::with_capacity(selection.len());
    for pin in selection {
        if request.wheels_only
            && let Some(source) = pipeline.source_of_pin(pin)?
        {
            builds.push((pin, Preparation::Build(source)));
            continue;
        }
        fetched.push(pin);
        let (name, request) = file_request(pin, pipeline)?;
        names.push(name);
        requests.push(Request::File(request));
    }
    let answers = pipeline.many(requests)?;
    let mut files = Vec::with_capacity(answers.len());
    for answer in answers {
        match answer {
            Ok(Answer::File(file)) => files.push(file),
            Ok(_) => return Err(diagnose::unexpected("a file")),
            Err(error) => return Err(diagnose::fetch(&error)),
        }
    }
    std::fs::create_dir_all(directory).map_err(|error| unwritable(directory, &error))?;
    let mut done = build(session, pipeline, builds, directory)?;
    for ((pin, name), file) in fetched.into_iter().zip(names).zip(files) {
        session.cancel.check()?;
        let path = directory.join(&name);
        let present = put(&path, &file)?;
        let message = if present {
            format!("File was already downloaded {}", path.display())
        } else {
            format!("Saved {}", path.display())
        };
        session.emit(&Event::Note { message });
        done.push(Downloaded {
            name: pin.name.to_string(),
            version: pin.version.to_string(),
            path,
            sha256: file.sha256().to_hex(),
            present,
        });
    }
    done.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(done)
}

/// Builds what has only sources, and writes the wheels.
fn build(
    session: &mut Session,
    pipeline: &mut Pipeline,
    builds: Vec<(&Pin, Preparation)>,
    directory: &Path,
) -> Result<Vec<Downloaded>, Failure> {
    let (pins, sources): (Vec<&Pin>, Vec<Preparation>) = builds.into_iter().unzip();
    if pins.is_empty() {
        return Ok(Vec::new());
    }
    let archives = pipeline.archives(sources, &mut *session.sink)?;
    let mut done = Vec::with_capacity(pins.len());
    for (pin, archive) in pins.into_iter().zip(archives) {
        session.cancel.check()?;
        let path = pack(&archive, directory)?;
        let bytes = std::fs::read(&path).map_err(|error| unwritable(&path, &error))?;
        session.emit(&Event::Note {
            message: format!("Saved {}", path.display()),
        });
        done.push(Downloaded {
            name: pin.name.to_string(),
            version: pin.version.to_string(),
            path,
            sha256: Sha256::of(&bytes).to_hex(),
            present: false,
        });
    }
    Ok(done)
}

/// The file of a pin: how it is called, and where it comes from.
fn file_request(pin: &Pin, pipeline: &Pipeline) -> Result<(String, FileRequest), Failure> {
    let request = |url: &SafeUrl, origin, digests: &[naja_spec::Digest], size| FileRequest {
        package: pin.name.clone(),
        url: url.clone(),
        origin,
        digests: pin.digests_with(digests),
        size,
    };
    match &pin.source {
        DistSource::Wheel(file) | DistSource::Sdist(file) => {
            let origin = pipeline.origin(file.index);
            let request = request(&file.url, origin, &file.digests, file.size);
            Ok((plain_name(&file.file_name)?, request))
        }
        DistSource::LocalWheel { url, digests, .. }
        | DistSource::UrlWheel { url, digests }
        | DistSource::SourceArchive { url, digests, .. } => {
            let name = url.file_name().unwrap_or_default();
            let request = request(url, Origin::Direct, digests, None);
            Ok((plain_name(&name)?, request))
        }
        other => {
            let what = other.direct_url().map(SafeUrl::masked).unwrap_or_default();
            Err(no_file(pin, &what))
        }
    }
}

/// A name that stays in the directory.
fn plain_name(name: &str) -> Result<String, Failure> {
    let plain = !name.is_empty()
        && !name.starts_with('.')
        && !name.contains(['/', '\\', '\0'])
        && !name.chars().any(char::is_control);
    if plain {
        Ok(name.to_owned())
    } else {
        Err(Failure::unsatisfied(format!(
            "`{}` cannot be the name of a file",
            name.escape_debug()
        )))
    }
}

fn no_file(pin: &Pin, what: &str) -> Failure {
    Failure::unsatisfied(format!("{} {} is no file", pin.name, pin.version))
        .cause(format!("it comes from {what}, a directory or a repository"))
        .hint("`naja pip wheel` builds its wheel")
}

/// Puts a file in its place by one rename; true if it was there.
fn put(path: &Path, file: &FetchedFile) -> Result<bool, Failure> {
    if is_the_same(path, file.sha256()) {
        return Ok(true);
    }
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let copied = std::fs::copy(file.path(), &part)
        .map(|_length| ())
        .and_then(|()| readable(&part))
        .and_then(|()| std::fs::rename(&part, path));
    copied.map_err(|error| {
        // Nothing more can be done about a file that cannot be removed, either.
        let _left = std::fs::remove_file(&part);
        unwritable(path, &error)
    })?;
    Ok(false)
}

/// Files of the cache are private; what the user asked for is as other files of theirs.
fn readable(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644))?;
    }
    let _ = path;
    Ok(())
}

fn is_the_same(path: &Path, wanted: Sha256) -> bool {
    std::fs::read(path).is_ok_and(|bytes| Sha256::of(&bytes) == wanted)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::environment(format!("could not write `{}`", path.display())).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_directory() {
        assert!(plain_name("harry-1.0-py3-none-any.whl").is_ok());
        for bad in ["", "../x.whl", "a/b.whl", "a\\b.whl", ".hidden", "a\nb.whl"] {
            assert!(plain_name(bad).is_err(), "{bad:?}");
        }
    }
}
