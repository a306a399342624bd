//! The whole command line as a table.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use clap::{Args, Command};
use naja_project::settings::{Interface, Layer, Partial};

use super::global::GlobalArgs;
use super::words::{LETTERS, SWITCHES, WITH_VALUE};
use super::{Invocation, ListFormat, Stop, Verb, parse, verbs};

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn invoke(line: &str) -> Invocation {
    parse(&words(line)).unwrap_or_else(|stop| panic!("{line}: {}", stop.text))
}

fn stop(line: &str) -> Box<Stop> {
    parse(&words(line))
        .err()
        .unwrap_or_else(|| panic!("{line}: understood"))
}

/// The settings of a command line as `key=value` texts, in the order of the table.
fn settings(line: &str) -> String {
    let layer = invoke(line).settings(Path::new("/castle"), 1_800_000_000_000);
    shown(layer.unwrap_or_else(|error| panic!("{line}: {error}")))
}

fn shown(partial: Partial) -> String {
    let settings = partial.settings();
    let entries = settings.entries().into_iter();
    let given = entries.filter(|(_, _, origin)| origin.layer == Layer::Arguments);
    let given: Vec<String> = given
        .map(|(key, value, _)| format!("{key}={value}"))
        .collect();
    given.join(" ")
}

fn leaves(command: &Command, found: &mut Vec<Command>) {
    if command.get_subcommands().next().is_none() {
        found.push(command.clone());
    }
    for child in command.get_subcommands() {
        leaves(child, found);
    }
}

#[test]
fn every_command_is_sound() {
    let tree = verbs::whole_tree();
    tree.clone().debug_assert();
    let mut found = Vec::new();
    leaves(&tree, &mut found);
    assert!(found.len() > 70, "{}", found.len());
    for leaf in found {
        let name = leaf.get_bin_name().unwrap_or_default().to_owned();
        leaf.clone().debug_assert();
        let about = leaf
            .get_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(
            !about.is_empty() && !about.contains("Flags that every"),
            "{name}: {about}"
        );
        let long = leaf
            .get_long_about()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(!long.contains("Flags that every"), "{name}: {long}");
        for argument in leaf
            .get_arguments()
            .filter(|argument| !argument.is_hide_set())
        {
            assert!(
                argument.get_help().is_some(),
                "{name}: {}",
                argument.get_id()
            );
        }
    }
}

#[test]
fn every_lazy_command_is_the_one_of_the_tree() {
    let mut tree = verbs::whole_tree();
    tree.build();
    for (line, path) in [
        ("naja pip install x", vec!["pip", "install"]),
        ("naja venv", vec!["venv"]),
        ("naja cache clean", vec!["cache", "clean"]),
    ] {
        let mut whole = tree.clone();
        for word in path {
            whole = whole.find_subcommand(word).cloned().unwrap();
        }
        let help = stop(&format!("{line} --help")).text.to_string();
        let usage = whole.render_usage().to_string();
        assert!(
            help.contains(usage.trim_start_matches("Usage: ")),
            "{usage}\n{help}"
        );
    }
}

#[test]
fn global_flags_are_listed() {
    let command = GlobalArgs::augment_args(Command::new("naja"));
    let mut with_value = BTreeSet::new();
    let mut switches = BTreeSet::new();
    let mut letters = BTreeSet::new();
    for argument in command.get_arguments() {
        letters.extend(argument.get_short());
        let long = argument.get_long().into_iter();
        let aliases = argument.get_all_aliases().unwrap_or_default();
        let names = long.chain(aliases).map(|name| format!("--{name}"));
        let takes_value = argument.get_action().takes_values();
        if takes_value {
            &mut with_value
        } else {
            &mut switches
        }
        .extend(names);
    }
    let set = |names: &[&str]| {
        names
            .iter()
            .map(|&name| name.to_owned())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(with_value, set(WITH_VALUE));
    assert_eq!(switches, set(SWITCHES));
    assert_eq!(letters, LETTERS.chars().collect());
}

#[test]
fn every_setting_with_a_flag_has_that_flag() {
    let mut found = Vec::new();
    leaves(&verbs::whole_tree(), &mut found);
    let mut flags = BTreeSet::new();
    for argument in found.iter().flat_map(Command::get_arguments) {
        flags.extend(argument.get_long().map(str::to_owned));
        let aliases = argument.get_all_aliases().unwrap_or_default();
        flags.extend(aliases.into_iter().map(str::to_owned));
    }
    for row in naja_project::settings::options() {
        let flag = row.flag.trim_start_matches('-');
        assert!(
            flag.is_empty() || flags.contains(flag),
            "{}: {}",
            row.key,
            row.flag
        );
    }
}

#[test]
fn commands_are_found_behind_global_flags() {
    for line in [
        "naja pip list",
        "naja -q pip list",
        "naja pip -q list",
        "naja -vn pip ls",
        "naja --color always pip list",
        "naja --color=always pip list",
        "naja --directory pip pip list",
        "naja --cache-dir --odd pip list",
        "naja --offline --no-offline pip --no-config list --no-progress",
    ] {
        assert!(matches!(invoke(line).verb, Verb::PipList(_)), "{line}");
    }
    assert_eq!(invoke("naja -q pip -q list -q").global.quiet, 3);
    assert_eq!(
        invoke("naja --directory pip pip list")
            .global
            .directory
            .as_deref(),
        Some(Path::new("pip"))
    );
    assert_eq!(invoke("naja pip list").interface(), Interface::Pip("list"));
    assert_eq!(invoke("naja venv").interface(), Interface::Project);
    assert!(matches!(invoke("naja v").verb, Verb::Venv(_)));
    assert!(matches!(invoke("naja virtualenv").verb, Verb::Venv(_)));
    assert!(matches!(
        invoke("naja cache clear").verb,
        Verb::CacheClean(_)
    ));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn settings_of_flags() {
    for (line, expected) in [
        ("naja pip list", ""),
        ("naja -qq --offline pip list", "offline=true quiet=2"),
        ("naja pip list --offline --no-offline", "offline=false"),
        ("naja pip list --no-offline --offline", "offline=true"),
        (
            "naja pip list --native-tls --trusted-host a --allow-insecure-host b:1",
            "system-certs=true allow-insecure-host=a b:1",
        ),
        ("naja pip list --no-color", "color=never"),
        ("naja pip list --color never --color always", "color=always"),
        (
            "naja pip list -n --cache-dir c",
            "cache-dir=/castle/c no-cache=true",
        ),
        ("naja pip install x --no-cache-dir", "no-cache=true"),
        (
            "naja pip install x --managed-python --no-managed-python",
            "managed-python=false",
        ),
        (
            "naja pip install x --no-python-downloads",
            "python-downloads=never",
        ),
        (
            "naja pip install x -i https://index.example/simple/ --extra-index-url https://b.example",
            "index-url=https://index.example/simple/ extra-index-url=https://b.example/",
        ),
        (
            "naja pip install x --index a=https://a.example/ --index corp --default-index ./d",
            "index=a=https://a.example/ corp=corp default-index=/castle/d",
        ),
        (
            "naja pip install x -f w -f /abs --no-index",
            "find-links=/castle/w /abs no-index=true",
        ),
        (
            "naja pip install x --index-strategy unsafe-best-match --keyring-provider subprocess",
            "index-strategy=unsafe-best-match keyring-provider=subprocess",
        ),
        (
            "naja pip install x -U -P harry -P sirius==1",
            "upgrade=true upgrade-package=harry sirius==1",
        ),
        ("naja pip install x --pre", "prerelease=allow"),
        (
            "naja pip install x --prerelease explicit --prerelease-package harry=allow",
            "prerelease=explicit prerelease-package=harry=allow",
        ),
        (
            "naja pip install x --resolution lowest-direct",
            "resolution=lowest-direct",
        ),
        (
            "naja pip install x --exclude-newer P7D --exclude-newer-package harry=false",
            "exclude-newer=P7D exclude-newer-package=harry=false",
        ),
        (
            "naja pip install x --force-reinstall --reinstall-package a,b",
            "reinstall=true reinstall-package=a b",
        ),
        (
            "naja pip install x --link-mode copy --compile",
            "link-mode=copy compile-bytecode=true",
        ),
        (
            "naja pip install x --no-binary :all: --only-binary a,b",
            "no-binary=:all: only-binary=a b",
        ),
        ("naja pip install x --no-build", "no-build=true"),
        (
            "naja run --no-binary --no-build-package a x",
            "no-build-package=a no-binary=:all:",
        ),
        (
            "naja pip install x --refresh --refresh-package a",
            "refresh=true refresh-package=a",
        ),
        (
            "naja pip install x -p 3.12 --system --break-system-packages -t t --cert c",
            "cert=/castle/c python=3.12 system=true break-system-packages=true target=/castle/t",
        ),
        (
            "naja pip install x --prefix p --no-deps --strict",
            "prefix=/castle/p no-deps=true strict=true",
        ),
        (
            "naja pip install x -c a.txt --constraints b.txt --overrides o --override p --exclude e -b b",
            "constraint=a.txt b.txt override=o p exclude=e build-constraint=b",
        ),
        (
            "naja pip install x --require-hashes --no-verify-hashes",
            "require-hashes=true verify-hashes=false",
        ),
        (
            "naja pip install x --timeout 5 --retries 2 --proxy h:1 --client-cert k",
            "client-cert=/castle/k http-proxy=http://h:1/ https-proxy=http://h:1/ http-timeout=5 http-retries=2",
        ),
        (
            "naja pip install x -C a=b --config-settings c=d",
            "config-settings=a=b c=d",
        ),
        (
            "naja pip sync a.txt --allow-empty-requirements",
            "allow-empty-requirements=true",
        ),
        (
            "naja pip compile a.in -o a.txt --no-header --no-annotate --generate-hashes --universal",
            "universal=true generate-hashes=true output-file=/castle/a.txt no-annotate=true no-header=true",
        ),
        (
            "naja pip compile a.in --annotation-style line --unsafe-package x --emit-index-url",
            "annotation-style=line no-emit-package=x emit-index-url=true",
        ),
        (
            "naja pip compile a.in --python-version 3.9 --python-platform windows",
            "python-version=3.9 python-platform=windows",
        ),
        (
            "naja venv --seed --relocatable -c -p 3.12",
            "python=3.12 venv-seed=true venv-clear=true venv-relocatable=true",
        ),
        ("naja venv --clear --allow-existing", "venv-clear=false"),
        (
            "naja run --env-file a --env-file b --isolated x",
            "env-file=/castle/a /castle/b isolated=true",
        ),
        ("naja python find --system", "system=true"),
    ] {
        assert_eq!(settings(line), expected, "{line}");
    }
}

#[test]
fn values_that_settings_cannot_take() {
    for (line, message) in [
        (
            "naja pip install x --exclude-newer tomorrow",
            "--exclude-newer: expected an RFC 3339",
        ),
        (
            "naja pip install x --index ftp://x",
            "--index: expected an address",
        ),
        ("naja pip install x --no-binary ,!", "--no-binary: expected"),
        (
            "naja pip install x --timeout soon",
            "--timeout: expected a number of seconds",
        ),
        (
            "naja pip install x -P >=1",
            "--upgrade-package: expected a requirement",
        ),
    ] {
        let error = invoke(line)
            .settings(Path::new("/castle"), 0)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with(message), "{line}: {error}");
    }
}

#[test]
fn run_leaves_everything_behind_the_command_alone() {
    for (line, command) in [
        ("naja run python -V", "python -V"),
        ("naja run -- python -V", "python -V"),
        ("naja run -q python -q --with x", "python -q --with x"),
        ("naja run --with a --with b,c cmd -- -x", "cmd -- -x"),
        ("naja run -m pytest -x --help", "pytest -x --help"),
        ("naja run - --help", "- --help"),
        ("naja run main.py --version", "main.py --version"),
        ("naja run -- --odd", "--odd"),
        ("naja run", ""),
    ] {
        let Verb::Run(run) = invoke(line).verb else {
            panic!("{line}")
        };
        assert_eq!(run.command, words(command), "{line}");
    }
    let Verb::Run(run) = invoke("naja run --with a,b --with c -m x").verb else {
        panic!()
    };
    assert_eq!((run.with.join("|"), run.module), ("a|b|c".to_owned(), true));
    assert_eq!(stop("naja run --odd x").status, 2);
    assert_eq!(stop("naja run -V").status, 0);
}

#[test]
fn plain_fields() {
    let Verb::PipInstall(args) =
        invoke("naja pip i -r a.txt --requirement - -e . x -y --dry-run").verb
    else {
        panic!()
    };
    assert_eq!(args.requirements, ["a.txt", "-"]);
    assert_eq!(
        (args.editable, args.packages),
        (vec![".".to_owned()], vec!["x".to_owned()])
    );
    assert!(args.change.dry_run);
    let Verb::PipList(args) = invoke("naja pip list --json --exclude a,b").verb else {
        panic!()
    };
    assert_eq!((args.form(), args.exclude.len()), (ListFormat::Json, 2));
    let Verb::PipShow(args) = invoke("naja pip show -f a b --output-format json").verb else {
        panic!()
    };
    assert!(args.files && args.output.wants_json());
    let Verb::PipTree(args) = invoke("naja pip tree -d 1 --reverse").verb else {
        panic!()
    };
    assert!(args.depth == 1 && args.invert);
}

#[test]
fn flags_without_effect_are_named() {
    for (line, flags) in [
        ("naja pip install x", ""),
        ("naja pip install x -y --no-input", ""),
        (
            "naja pip install x --disable-pip-version-check --prefer-binary --no-clean",
            "--disable-pip-version-check --no-clean",
        ),
        (
            "naja pip uninstall x -y --root-user-action warn",
            "--root-user-action warn",
        ),
        (
            "naja pip compile a --resolver=backtracking --allow-unsafe",
            "--allow-unsafe --resolver",
        ),
        ("naja venv --no-pip", "--no-pip"),
    ] {
        assert_eq!(invoke(line).ineffective().join(" "), flags, "{line}");
    }
}

#[test]
fn texts_instead_of_commands() {
    for (line, status, part) in [
        ("naja --version", 0, "naja 0."),
        ("naja -V", 0, "naja 0."),
        ("naja -q --version", 0, "naja 0."),
        ("naja --help", 0, "Usage: naja "),
        ("naja -h", 0, "Usage: naja "),
        ("naja help", 0, "Usage: naja "),
        ("naja help pip", 0, "Usage: naja pip "),
        ("naja help pip install", 0, "Usage: naja pip install "),
        ("naja help v", 0, "Usage: naja venv "),
        ("naja pip install -h", 0, "Usage: naja pip install "),
        ("naja pip --help", 0, "Usage: naja pip "),
        ("naja", 2, "Usage: naja "),
        ("naja pip", 2, "Usage: naja pip "),
        ("naja pipp list", 2, "'pip'"),
        ("naja pip instal x", 2, "'install'"),
        ("naja install x", 2, "`naja pip install NAME`"),
        ("naja instal x", 2, "`naja pip install`"),
        ("naja -q freeze", 2, "`naja pip freeze`"),
        ("naja help nothing", 2, "nothing"),
        ("naja pip uninstall", 2, "PACKAGE"),
        ("naja pip install x --offlin", 2, "'--offline'"),
        ("naja --offlin pip list", 2, "'--offline'"),
        ("naja pip list --format xml", 2, "columns"),
        ("naja pip install x --link-mode link", 2, "hardlink"),
        ("naja pip sync", 2, "FILE"),
        ("naja add", 2, "<PACKAGES|--requirements <FILE>>"),
        ("naja venv --force", 2, "--clear"),
        ("naja --", 2, "Usage"),
        ("naja pip list --directory", 2, "--directory"),
        ("naja --directory", 2, "--directory"),
    ] {
        let stop = stop(line);
        let text = stop.text.to_string();
        assert!(text.contains(part), "{line}: {text}");
        assert_eq!(
            (stop.status, stop.to_stderr),
            (status, status != 0),
            "{line}"
        );
    }
    assert!(stop("naja --version").text.to_string().ends_with('\n'));
    let short = stop("naja pip uninstall -h").text.to_string();
    let place = |what: &str| {
        short
            .find(what)
            .unwrap_or_else(|| panic!("{what}: {short}"))
    };
    assert!(
        place("\nOptions:") < place("--dry-run") && place("--dry-run") < place("Global options:")
    );
    let long = stop("naja pip install --help").text.to_string();
    let short = stop("naja pip install -h").text.to_string();
    assert!(long.contains("Everything that can fail"), "{long}");
    assert!(!short.contains("Everything that can fail"), "{short}");
}

#[test]
fn completions_of_every_shell() {
    use clap::ValueEnum;
    for shell in super::CompletionShell::value_variants() {
        let script = super::completions(*shell);
        assert!(
            String::from_utf8_lossy(&script).contains("uninstall"),
            "{shell:?}"
        );
    }
    let nushell = super::completions(super::CompletionShell::Nushell);
    assert!(String::from_utf8_lossy(&nushell).contains("export extern \"naja pip install\""));
    assert!(matches!(
        invoke("naja completions nushell").verb,
        Verb::Completion(_)
    ));
    assert!(matches!(
        invoke("naja generate-shell-completion zsh").verb,
        Verb::Completion(_)
    ));
}

#[cfg(unix)]
#[test]
fn words_that_are_not_unicode() {
    use std::os::unix::ffi::OsStringExt;
    let odd = OsString::from_vec(vec![b'x', 0xff]);
    let run = parse(&[words("naja run python"), vec![odd.clone()]].concat()).unwrap();
    let Verb::Run(run) = run.verb else { panic!() };
    assert_eq!(run.command[1], odd);
    let cache = parse(&[words("naja pip list --cache-dir"), vec![odd.clone()]].concat()).unwrap();
    let layer = cache.settings(Path::new("/castle"), 0).unwrap();
    let dir = layer.cache_dir.and_then(|dir| dir.value).unwrap();
    assert!(dir.as_os_str().as_encoded_bytes().ends_with(&[0xff]));
    assert_eq!(
        parse(&[words("naja"), vec![odd]].concat())
            .unwrap_err()
            .status,
        2
    );
}

#[test]
fn commands_of_other_tools_have_an_answer() {
    for (line, tip) in [
        ("naja tasks", "`naja run --list` shows the tasks"),
        ("naja task list", "`naja run --list` shows the tasks"),
        ("naja install flask", "`naja add NAME` adds to one"),
        ("naja update --dry-run", "`naja upgrade` raises bounds"),
        ("naja -v tool install ruff", "--with NAME NAME` runs"),
        ("naja python install 3.12", "`naja python list` shows"),
        ("naja self update", "whatever installed naja"),
        ("naja freeze", "is `naja pip freeze` meant?"),
        ("naja pip instal x", "similar subcommand"),
        ("naja outdatd", "a similar subcommand exists: 'outdated'"),
    ] {
        let stop = stop(line);
        let text = stop.text.to_string();
        assert_eq!(stop.status, 2, "{line}");
        assert!(text.contains(tip), "{line}: {text}");
        assert!(text.contains("\n\nUsage: naja"), "{line}: {text}");
        assert_eq!(text.matches("tip:").count(), 1, "{line}: {text}");
    }
}
