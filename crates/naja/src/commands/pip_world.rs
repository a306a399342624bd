//! The rest of pip's commands, and those of our own that look at an environment.

use naja_engine::pip::{
    self, DownloadRequest, Freshness, HashRequest, ListRequest, OutdatedRequest,
};
use naja_engine::{Failure, InputSources, Session, cache, python};
use naja_spec::HashAlgorithm;

use super::{Done, Outcome, names, text, to_json};
use crate::args::{
    CollectArgs, IndexVersionsArgs, InspectArgs, LicensesArgs, ListFormat, OutdatedArgs,
    PipCacheListArgs, PipConfigGetArgs, PipConfigListArgs, PipHashArgs, PipListArgs, PipSearchArgs,
    PythonTagsArgs,
};
use crate::render::{pip_tables, plain, tables};

/// How many tags `pip debug` shows unless more is asked for.
const FEW_TAGS: usize = 10;

/// The requirements files of the configuration (pip's `PIP_REQUIREMENT`), and those that are named.
pub(super) fn with_configured(session: &Session, named: &[String]) -> Vec<String> {
    let configured = session.settings.requirement.value.iter();
    configured.chain(named).cloned().collect()
}

pub(super) fn nothing_named(verb: &str) -> Failure {
    Failure::usage(format!("there is nothing to {verb}")).hint(format!(
        "name a package or a file: `naja pip {verb} harry`, `naja pip {verb} -r requirements.txt`"
    ))
}

pub(super) fn refuse_global_option(given: &[String]) -> Result<(), Failure> {
    match given.first() {
        None => Ok(()),
        Some(option) => Err(Failure::usage(format!(
            "`--global-option {option}` cannot be handed on"
        ))
        .cause("it is an option of `setup.py`, and nothing is built by running that any more")
        .hint("hand settings to the build backend: `--config-setting KEY=VALUE`")),
    }
}

/// `pip download` and `pip wheel`.
pub(super) fn download(
    session: &mut Session,
    (args, directory): (&CollectArgs, Option<&std::path::PathBuf>),
    wheels_only: bool,
) -> Done {
    if !args.editable.is_empty() {
        return Err(
            Failure::usage("an editable project cannot be put into a file")
                .hint("name its directory without `--editable`"),
        );
    }
    refuse_global_option(&args.files.global_option)?;
    let request = DownloadRequest {
        sources: InputSources {
            packages: args.packages.clone(),
            requirements: with_configured(session, &args.requirements),
            ..InputSources::default()
        },
        directory: directory.cloned(),
        wheels_only,
    };
    if request.sources.is_empty() {
        return Err(nothing_named(if wheels_only {
            "wheel"
        } else {
            "download"
        }));
    }
    let done = pip::download(session, &request)?;
    if args.output.wants_json() {
        return text(to_json(&done)?);
    }
    let names: Vec<&str> = done.iter().map(|file| file.name.as_str()).collect();
    session.emit(&naja_engine::Event::Note {
        message: format!("Successfully downloaded {}", names.join(" ")),
    });
    Ok(Outcome::Quiet(0))
}

pub(super) fn index_versions(session: &mut Session, args: &IndexVersionsArgs) -> Done {
    let name = super::name(&args.package)?;
    let found = pip::index_versions(session, &name)?;
    text(if args.output.wants_json() {
        to_json(&found)?
    } else {
        pip_tables::versions(&found)
    })
}

pub(super) fn hash(session: &mut Session, args: &PipHashArgs) -> Done {
    let algorithm: HashAlgorithm = args.algorithm.parse().map_err(|_unknown| {
        Failure::usage(format!("`{}` is no algorithm for hashes", args.algorithm))
    })?;
    let request = HashRequest {
        algorithm,
        files: args.files.clone(),
    };
    let hashed = pip::hash(session, &request)?;
    if args.output.wants_json() {
        return text(to_json(&hashed)?);
    }
    let lines = hashed.iter().map(|one| {
        let (file, algorithm, hash) = (plain(&one.file), one.algorithm, &one.hash);
        format!("{file}:\n--hash={algorithm}:{hash}\n")
    });
    text(lines.collect())
}

pub(super) fn inspect(session: &mut Session, args: &InspectArgs) -> Done {
    let request = ListRequest {
        paths: args.path.clone(),
        local: args.local,
        ..ListRequest::default()
    };
    let report = pip::inspect(session, &request)?;
    text(pretty(&report)?)
}

/// JSON as pip prints its reports.
pub(super) fn pretty(report: &serde_json::Value) -> Result<String, Failure> {
    let mut json = serde_json::to_string_pretty(report).map_err(|error| {
        Failure::environment("could not write the answer as JSON").because(&error)
    })?;
    json.push('\n');
    Ok(json)
}

pub(super) fn licenses(session: &mut Session, args: &LicensesArgs) -> Done {
    let request = ListRequest {
        exclude: names(&args.exclude)?,
        ..ListRequest::default()
    };
    let licenses = pip::licenses(session, &request)?;
    text(if args.output.wants_json() {
        to_json(&licenses)?
    } else {
        pip_tables::licenses(&licenses)
    })
}

pub(super) fn outdated(session: &mut Session, args: &OutdatedArgs) -> Done {
    let request = OutdatedRequest {
        list: ListRequest {
            exclude: names(&args.exclude)?,
            ..ListRequest::default()
        },
        freshness: Freshness::Outdated,
        direct: args.direct,
        allowed: true,
    };
    let found = pip::outdated(session, &request)?;
    let status = u8::from(args.exit_code && !found.is_empty());
    let shown = if args.output.wants_json() {
        to_json(&found)?
    } else {
        pip_tables::outdated(&found)
    };
    Ok(Outcome::Text(shown, status))
}

/// `pip list --outdated` and `--uptodate`.
pub(super) fn list_compared(session: &mut Session, args: &PipListArgs, list: ListRequest) -> Done {
    let freshness = if args.outdated {
        Freshness::Outdated
    } else {
        Freshness::UpToDate
    };
    let form = args.form();
    if form == ListFormat::Freeze && args.outdated {
        return Err(Failure::usage(
            "`--format freeze` has no place for the newer versions of `--outdated`",
        )
        .hint("`--format json` and `--format columns` have"));
    }
    let request = OutdatedRequest {
        list,
        freshness,
        ..OutdatedRequest::default()
    };
    let found = pip::outdated(session, &request)?;
    if form == ListFormat::Json && args.outdated {
        return text(to_json(&found)?);
    }
    if args.outdated {
        return text(pip_tables::pip_outdated(&found));
    }
    let listed: Vec<pip::Listed> = found
        .into_iter()
        .map(|one| pip::Listed {
            name: one.name,
            version: one.version,
            editable_project_location: one.editable_project_location,
            location: None,
            installer: None,
        })
        .collect();
    text(match form {
        ListFormat::Columns => tables::columns(&listed),
        ListFormat::Freeze => tables::freeze_lines(&listed),
        ListFormat::Json => to_json(&listed)?,
    })
}

pub(super) fn tags(session: &mut Session, args: &PythonTagsArgs) -> Done {
    let tags = python::tags(session)?;
    if args.output.wants_json() {
        return text(to_json(&tags)?);
    }
    text(tags.iter().map(|tag| format!("{tag}\n")).collect())
}

pub(super) fn debug(session: &mut Session) -> Done {
    let found = python::find(session, &python::FindRequest::default())?;
    let tags = python::tags(session)?;
    let mut out = version_line(session);
    out.insert_str(0, "pip version: ");
    out.push_str(&format!("sys.version: {}\n", found.version));
    out.push_str(&format!("sys.executable: {}\n", found.path.display()));
    out.push_str(&format!("sys.platform: {}\n", found.platform));
    out.push_str(&format!(
        "sys.implementation:\n  name: {}\n",
        found.implementation
    ));
    out.push_str(&format!("Compatible tags: {}\n", tags.len()));
    let verbose = session.settings.verbose.value > 0;
    let shown = if verbose { tags.len() } else { FEW_TAGS };
    for tag in tags.iter().take(shown) {
        out.push_str(&format!("  {tag}\n"));
    }
    if tags.len() > shown {
        out.push_str(&format!(
            "  ...\n  [First {FEW_TAGS} tags shown. Pass --verbose to show all.]\n"
        ));
    }
    text(out)
}

pub(super) fn version(session: &mut Session) -> Done {
    let line = version_line(session);
    text(line)
}

/// `pip VERSION from PLACE (python X.Y)`, as scripts read it.
fn version_line(session: &mut Session) -> String {
    let program = crate::surroundings::program()
        .map_or_else(|| "naja".to_owned(), |path| path.display().to_string());
    let python = python::find(session, &python::FindRequest::default());
    let python = python.map_or_else(
        |_none| "no python".to_owned(),
        |found| {
            let mut parts = found.version.splitn(3, '.');
            let (major, minor) = (parts.next(), parts.next());
            format!("python {}.{}", major.unwrap_or("3"), minor.unwrap_or("0"))
        },
    );
    format!("pip {} from {program} ({python})\n", crate::args::VERSION)
}

pub(super) fn search(args: &PipSearchArgs) -> Done {
    let mut failure = Failure::unsatisfied("there is no search: no index offers it to programs")
        .cause("PyPI switched its interface for searching off, and the simple API has none");
    if let Some(query) = args.query.first() {
        failure = failure.hint(format!(
            "`naja pip index versions {query}` shows the versions of a package whose name is known"
        ));
    }
    Err(failure.hint("search on the website of the index"))
}

/// Whether a name fits a pattern in which `*` stands for any letters.
fn fits(name: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => name == pattern,
        Some((front, rest)) => name.strip_prefix(front).is_some_and(|left| {
            let mut tails = (0..=left.len()).filter_map(|at| left.get(at..));
            tails.any(|tail| fits(tail, rest))
        }),
    }
}

pub(super) fn cache_list(session: &mut Session, args: &PipCacheListArgs) -> Done {
    let mut kept = cache::contents(session)?;
    if let Some(pattern) = &args.pattern {
        let pattern = pattern.to_ascii_lowercase().replace('_', "-");
        kept.retain(|one| fits(&one.name, &pattern));
    }
    if kept.is_empty() {
        return text("No wheels cached.\n".to_owned());
    }
    let mut out = "Cache contents:\n\n".to_owned();
    for one in &kept {
        let size = tables::bytes(one.bytes);
        out.push_str(&format!(
            " - {} {} ({size})\n",
            plain(&one.name),
            plain(&one.version)
        ));
    }
    text(out)
}

pub(super) fn cache_remove(session: &mut Session, patterns: &[String]) -> Done {
    let kept = cache::contents(session)?;
    let mut found: Vec<String> = Vec::new();
    for pattern in patterns {
        let pattern = pattern.to_ascii_lowercase().replace('_', "-");
        let matched = kept.iter().filter(|one| fits(&one.name, &pattern));
        found.extend(matched.map(|one| one.name.clone()));
    }
    if found.is_empty() {
        let asked = patterns.join(", ");
        return Err(
            Failure::unsatisfied(format!("nothing in the cache fits {asked}"))
                .hint("`naja pip cache list` shows what there is"),
        );
    }
    let gone = cache::clean(session, &names(&found)?)?;
    let size = tables::bytes(gone.bytes);
    text(format!("Files removed: {} ({size})\n", gone.files))
}

pub(super) fn cache_info(session: &mut Session) -> Done {
    let usage = cache::size(session)?;
    let rows = [
        ("Wheels, unpacked", usage.archives),
        ("Source archives, unpacked", usage.sources),
        ("Git repositories", usage.git),
        ("Environments and scripts", usage.environments),
        ("Bytecode", usage.bytecode),
        ("Index pages and metadata", usage.records),
        ("Unfinished work", usage.temporary),
        ("Other", usage.other),
    ];
    let mut out = format!("Cache location: {}\n", cache::dir(session).display());
    for (name, tally) in rows {
        out.push_str(&format!(
            "{name}: {} files, {}\n",
            tally.files,
            tables::bytes(tally.bytes)
        ));
    }
    text(out)
}

/// A setting as it is shown.
#[derive(serde::Serialize)]
struct Shown<'a> {
    key: &'a str,
    value: &'a str,
    origin: String,
}

pub(super) fn config_list(session: &Session, args: &PipConfigListArgs, all: bool) -> Done {
    let entries = session.settings.entries();
    let mut shown: Vec<Shown<'_>> = Vec::new();
    for (key, value, origin) in &entries {
        let built_in = origin.layer == naja_project::settings::Layer::Default;
        if all || !built_in {
            let origin = origin.to_string();
            shown.push(Shown { key, value, origin });
        }
    }
    if args.output.wants_json() {
        return text(to_json(&shown)?);
    }
    let lines = shown.iter().map(|one| {
        let (value, origin) = (plain(one.value), plain(&one.origin));
        format!("{}='{value}'  # {origin}\n", one.key)
    });
    text(lines.collect())
}

/// The files of pip's configuration, and every setting.
pub(super) fn config_debug(session: &Session) -> Done {
    let mut out = String::new();
    for (path, exists) in pip::config_files(session) {
        let exists = if exists { "True" } else { "False" };
        let path = path.display().to_string();
        out.push_str(&format!("{}, exists: {exists}\n", plain(&path)));
    }
    match config_list(session, &PipConfigListArgs::default(), true)? {
        Outcome::Text(settings, status) => Ok(Outcome::Text(out + &settings, status)),
        other => Ok(other),
    }
}

pub(super) fn config_get(session: &Session, args: &PipConfigGetArgs) -> Done {
    let wanted = args.name.rsplit('.').next().unwrap_or(&args.name);
    let wanted = wanted.replace('_', "-").to_ascii_lowercase();
    let rows = naja_project::settings::options();
    let row = rows.iter().find(|row| row.pip_key == Some(&wanted));
    let wanted = row.map_or(wanted.as_str(), |row| row.key);
    let entries = session.settings.entries();
    match entries.iter().find(|(key, ..)| *key == wanted) {
        Some((_, value, _)) => text(format!("{}\n", plain(value))),
        None => Err(
            Failure::unsatisfied(format!("there is no setting named `{}`", args.name))
                .hint("`naja pip config debug` lists them all"),
        ),
    }
}
