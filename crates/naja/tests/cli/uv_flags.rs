//! The flags of uv's commands of projects: each is in the help of the command of the same name, and is taken.
//!
//! The lists are those of `uv help` of version 0.13.9.

use naja_testkit::{IndexBuilder, Wheel};

use crate::workspaces::package;
use crate::{installed, sandbox, with_index};

/// In the help of every command.
const EVERYWHERE: &str = "--python --managed-python --no-managed-python --no-python-downloads --no-cache --cache-dir \
    --quiet --verbose --color --system-certs --offline --allow-insecure-host --no-progress --directory --project \
    --config-file --no-config --help";

/// In the help of everything that resolves.
const RESOLVES: &str = "--index --default-index --index-url --extra-index-url --find-links --no-index --index-strategy \
    --keyring-provider --upgrade --upgrade-package --upgrade-group --resolution --prerelease --prerelease-package \
    --fork-strategy --exclude-newer --exclude-newer-package --no-sources --no-sources-package --config-setting \
    --config-settings-package --no-build-isolation --no-build-isolation-package --no-build --no-build-package \
    --no-binary --no-binary-package --require-build-hashes --no-require-build-hashes --link-mode";

const INSTALLS: &str =
    "--reinstall --reinstall-package --compile-bytecode --refresh --refresh-package";

const SELECTS: &str = "--extra --all-extras --no-extra --no-dev --only-dev --group --no-group --no-default-groups \
    --only-group --all-groups";

/// What each command has beside these.
const OWN: [(&str, &[&str]); 9] = [
    (
        "init",
        &[
            "--name --bare --package --no-package --app --lib --script --description --no-description --vcs \
             --build-backend --no-readme --author-from --no-pin-python --no-workspace",
        ],
    ),
    (
        "add",
        &[
            RESOLVES,
            INSTALLS,
            "--requirements --constraints --marker --dev --optional --group --editable --raw --bounds --rev --tag \
             --branch --lfs --extra --no-sync --locked --frozen --active --package --script --workspace \
             --no-workspace --no-install-project --no-install-workspace --no-install-local --no-install-package",
        ],
    ),
    (
        "remove",
        &[
            RESOLVES,
            INSTALLS,
            "--dev --optional --group --no-sync --active --locked --frozen --package --script",
        ],
    ),
    (
        "lock",
        &[
            RESOLVES,
            "--check --check-exists --dry-run --script --refresh --refresh-package",
        ],
    ),
    (
        "sync",
        &[
            RESOLVES,
            INSTALLS,
            SELECTS,
            "--output-format --no-editable --no-editable-package --inexact --active --no-install-project \
             --no-install-workspace --no-install-local --no-install-package --locked --frozen --dry-run \
             --all-packages --package --script --python-platform --check",
        ],
    ),
    (
        "run",
        &[
            RESOLVES,
            INSTALLS,
            SELECTS,
            "--module --no-editable --no-editable-package --exact --env-file --no-env-file --with --with-editable \
             --with-requirements --isolated --active --no-sync --locked --frozen --script --gui-script \
             --all-packages --package --no-project --python-platform",
        ],
    ),
    (
        "tree",
        &[
            RESOLVES,
            "--universal --format --depth --prune --package --no-dedupe --invert --outdated --show-sizes --no-dev \
             --only-dev --group --no-group --no-default-groups --only-group --all-groups --locked --frozen --script \
             --python-version --python-platform",
        ],
    ),
    (
        "export",
        &[
            RESOLVES,
            SELECTS,
            "--format --all-packages --package --prune --no-annotate --no-header --emit-index-url --emit-find-links \
             --no-editable --no-editable-package --no-hashes --output-file --no-emit-project --no-emit-workspace \
             --no-emit-local --no-emit-package --locked --frozen --script --refresh --refresh-package",
        ],
    ),
    (
        "version",
        &[
            RESOLVES,
            INSTALLS,
            "--bump --dry-run --short --output-format --no-sync --active --locked --frozen --package",
        ],
    ),
];

#[test]
fn the_help_names_every_flag_of_uv() {
    let sandbox = sandbox();
    let mut missing = Vec::new();
    for (verb, lists) in OWN {
        let help = sandbox.run([verb, "--help"]).success().stdout;
        let named: Vec<&str> = help
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .collect();
        let flags = lists.iter().chain([&EVERYWHERE]);
        for flag in flags.flat_map(|list| list.split_whitespace()) {
            if !named.contains(&flag) {
                missing.push(format!("{verb} {flag}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Flags that uv's help hides: contraries, older spellings, and pip's.
const HIDDEN: [(&str, &str); 9] = [
    ("init", "--preview --no-preview --no-color --native-tls"),
    (
        "add",
        "--pre --force-reinstall --compile --no-upgrade --no-reinstall --no-refresh --build --binary \
         --build-isolation --no-active --no-locked --no-frozen --only-install-project --only-install-workspace \
         --only-install-local --no-installer-metadata",
    ),
    (
        "remove",
        "--pre --no-active --no-locked --no-frozen --force-reinstall",
    ),
    (
        "lock",
        "--locked --frozen --no-locked --no-frozen --pre --no-upgrade",
    ),
    (
        "sync",
        "--dev --exact --no-exact --no-active --no-locked --no-frozen --only-install-project \
         --only-install-workspace --only-install-local",
    ),
    (
        "run",
        "--dev --no-exact --no-isolated --no-active --no-locked --no-frozen",
    ),
    (
        "tree",
        "--dev --reverse --no-locked --no-frozen --no-upgrade --build --binary",
    ),
    (
        "export",
        "--dev --only-emit-project --only-emit-workspace --only-emit-local --no-locked",
    ),
    ("version", "--no-active --no-locked --no-frozen"),
];

#[test]
fn flags_that_the_help_of_uv_hides_are_taken() {
    let sandbox = sandbox();
    for (verb, list) in HIDDEN {
        for flag in list.split_whitespace() {
            let output = sandbox.run([verb, flag, "--help"]);
            assert_eq!(output.status, 0, "{verb} {flag}: {}", output.stderr);
        }
    }
}

const CASTLE: &str =
    "[project]\nname = \"castle\"\nversion = \"0.1.0\"\nrequires-python = \">=3.8\"\n";

#[test]
fn another_platform_is_synced_for() {
    let builder = IndexBuilder::harry()
        .wheel(
            &Wheel::new("owl", "1.0")
                .tag("py3-none-win_amd64")
                .file("owl/win.py", ""),
        )
        .wheel(&Wheel::new("owl", "1.0").tag("py3-none-macosx_11_0_arm64"))
        .wheel(
            &Wheel::new("owl", "1.0")
                .tag("py3-none-any")
                .file("owl/any.py", ""),
        );
    let (sandbox, _index) = with_index(builder);
    let dependencies = "dependencies = [\"owl\", \"harry; sys_platform == 'win32'\"]\n";
    sandbox.write("pyproject.toml", &format!("{CASTLE}{dependencies}"));
    let there = |name: &str| {
        sandbox
            .site_packages(".venv")
            .join("owl")
            .join(name)
            .is_file()
    };
    let _there = sandbox
        .run(["sync", "--python-platform", "windows"])
        .success();
    assert_eq!(installed(&sandbox), "harry==3.0 owl==1.0");
    assert!(there("win.py") && !there("any.py"));
    // The lock is the same for all.
    let _fits = sandbox.run(["lock", "--check"]).success();
    let _again = sandbox.run(["sync", "--reinstall"]).success();
    assert_eq!(installed(&sandbox), "owl==1.0");
    assert!(there("any.py") && !there("win.py"));
    let run = [
        "run",
        "--python-platform",
        "windows",
        "python",
        "-c",
        "import harry",
    ];
    let _run = sandbox.run(run).success();
    let wrong = sandbox
        .run(["sync", "--python-platform", "toaster"])
        .code(2);
    assert!(
        wrong
            .stderr
            .contains("there is no target platform `toaster`"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn only_parts_are_installed() {
    let (sandbox, _index) = with_index(IndexBuilder::harry());
    package(
        &sandbox,
        "castle",
        "\"moat\", \"harry\"",
        "[tool.uv.workspace]\nmembers = [\"moat\"]\n[tool.uv.sources]\nmoat = { workspace = true }\n",
    );
    package(&sandbox, "castle/moat", "\"hedwig\"", "");
    let listed = |flags: &[&str]| {
        let words = [
            "pip",
            "list",
            "-q",
            "--directory",
            "castle",
            "--format",
            "freeze",
        ];
        let listed = sandbox.run(words.iter().chain(flags)).success().stdout;
        let names = listed.lines().filter_map(|line| line.split("==").next());
        names.collect::<Vec<_>>().join(" ")
    };
    for (words, wanted) in [
        (&["--only-install-project"][..], "castle"),
        (&["--only-install-workspace"], "castle moat"),
        (&["--only-install-local"], "castle moat"),
        (&["--only-install-package", "harry"], "harry"),
        (&[], "castle harry hedwig moat"),
    ] {
        let sync = ["sync", "--directory", "castle"];
        let _synced = sandbox.run(sync.iter().chain(words)).success();
        assert_eq!(listed(&[]), wanted, "{words:?}");
    }
    assert_eq!(listed(&["-e"]), "castle moat");
    let built = [
        "sync",
        "--directory",
        "castle",
        "--no-editable-package",
        "moat",
    ];
    let _built = sandbox.run(built).success();
    assert_eq!(listed(&["-e"]), "castle");
}
