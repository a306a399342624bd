// The rows of the option table: documentation, field, type, default, key, flag, variables (in the
// order in which they count) and, where pip's configuration is honoured, pip's key.
option_table! {
    // ---- indexes
    /// Indexes to look in, each `URL`, `PATH` or `NAME=URL`; the first that has a package counts.
    index: Vec<IndexEntry> = Vec::new(), "index", "--index", [var("NAJA_INDEX"), var("UV_INDEX")];
    /// The index that takes the place of the built-in one; asked last.
    default_index: Option<IndexEntry> = None, "default-index", "--default-index",
        [var("NAJA_DEFAULT_INDEX"), var("UV_DEFAULT_INDEX")];
    /// pip's name for the default index.
    index_url: Option<Location> = None, "index-url", "--index-url",
        [var("NAJA_INDEX_URL"), var("UV_INDEX_URL"), pip("PIP_INDEX_URL")], pip "index-url";
    /// pip's name for further indexes.
    extra_index_url: Vec<IndexEntry> = Vec::new(), "extra-index-url", "--extra-index-url",
        [var("NAJA_EXTRA_INDEX_URL"), var("UV_EXTRA_INDEX_URL"), pip("PIP_EXTRA_INDEX_URL")],
        pip "extra-index-url";
    /// Pages of links and directories of files to look in beside the indexes.
    find_links: Vec<Location> = Vec::new(), "find-links", "--find-links",
        [var("NAJA_FIND_LINKS"), var("UV_FIND_LINKS"), pip("PIP_FIND_LINKS")], pip "find-links";
    /// Ask no index; use only what `find-links` and addresses give.
    no_index: bool = false, "no-index", "--no-index",
        [var("NAJA_NO_INDEX"), var("UV_NO_INDEX"), pip("PIP_NO_INDEX")], pip "no-index";
    /// What to do when several indexes have the same package.
    index_strategy: IndexStrategy = IndexStrategy::FirstIndex, "index-strategy",
        "--index-strategy", [var("NAJA_INDEX_STRATEGY"), var("UV_INDEX_STRATEGY")];
    /// Whom to ask for the credentials of an index.
    keyring_provider: KeyringProvider = KeyringProvider::Disabled, "keyring-provider",
        "--keyring-provider", [var("NAJA_KEYRING_PROVIDER"), var("UV_KEYRING_PROVIDER"),
            pip("PIP_KEYRING_PROVIDER")], pip "keyring-provider";

    /// The address of an object store (S3); requests below it are signed.
    s3_endpoint_url: Option<SafeUrl> = None, "s3-endpoint-url", "",
        [var("NAJA_S3_ENDPOINT_URL"), var("UV_S3_ENDPOINT_URL")];

    /// Which builds of PyTorch to take: `auto`, `cpu`, `cu128`, `rocm6.3`, `xpu`.
    torch_backend: Option<String> = None, "torch-backend", "--torch-backend",
        [var("NAJA_TORCH_BACKEND"), var("UV_TORCH_BACKEND")];
    /// The address below which there is an index for each of these builds.
    torch_index: Option<Location> = None, "torch-index", "", [var("NAJA_TORCH_INDEX")];

    // ---- resolving
    /// Which of the versions that fit to take.
    resolution: Resolution = Resolution::Highest, "resolution", "--resolution",
        [var("NAJA_RESOLUTION"), var("UV_RESOLUTION")];
    /// When to consider pre-releases.
    prerelease: Prerelease = Prerelease::IfNecessaryOrExplicit, "prerelease", "--prerelease",
        [var("NAJA_PRERELEASE"), var("UV_PRERELEASE"), pip("PIP_PRE")], pip "pre";
    /// When to consider pre-releases of single packages.
    prerelease_package: Pairs<Prerelease> = Pairs::default(), "prerelease-package",
        "--prerelease-package", [var("NAJA_PRERELEASE_PACKAGE"), var("UV_PRERELEASE_PACKAGE")];
    /// How many versions of one package a universal resolution keeps.
    fork_strategy: ForkStrategy = ForkStrategy::RequiresPython, "fork-strategy",
        "--fork-strategy", [var("NAJA_FORK_STRATEGY"), var("UV_FORK_STRATEGY")];
    /// The environments a universal resolution is for, as markers; empty for all.
    environments: Environments = Environments::default(), "environments", "", [];
    /// Environments for which a universal resolution takes no package without a wheel or sources.
    required_environments: Environments = Environments::default(), "required-environments", "", [];
    /// Extras and groups of projects that are never installed together.
    conflicts: Conflicts = Conflicts::default(), "conflicts", "", [];
    /// Consider only what was published before this: a timestamp, a date (UTC, its whole day), or
    /// an age such as `7 days`.
    exclude_newer: Option<Cutoff> = None, "exclude-newer", "--exclude-newer",
        [var("NAJA_EXCLUDE_NEWER"), var("UV_EXCLUDE_NEWER")];
    /// The same for single packages; `false` lifts it.
    exclude_newer_package: Pairs<Option<Cutoff>> = Pairs::default(), "exclude-newer-package",
        "--exclude-newer-package",
        [var("NAJA_EXCLUDE_NEWER_PACKAGE"), var("UV_EXCLUDE_NEWER_PACKAGE")];
    /// Prefer newer versions to those that are installed or written in the output file.
    upgrade: bool = false, "upgrade", "--upgrade",
        [var("NAJA_UPGRADE"), var("UV_UPGRADE"), pip("PIP_UPGRADE")], pip "upgrade";
    /// Whether `pip install --upgrade` is about what was named, or about all that it needs, too.
    upgrade_strategy: UpgradeStrategy = UpgradeStrategy::OnlyIfNeeded, "upgrade-strategy",
        "--upgrade-strategy", [var("NAJA_UPGRADE_STRATEGY"), pip("PIP_UPGRADE_STRATEGY")],
        pip "upgrade-strategy";
    /// The same for single packages.
    upgrade_package: Vec<Requirement> = Vec::new(), "upgrade-package", "--upgrade-package",
        [var("NAJA_UPGRADE_PACKAGE")];
    /// The same for what these dependency groups of the project name.
    upgrade_group: Vec<String> = Vec::new(), "upgrade-group", "--upgrade-group",
        [var("NAJA_UPGRADE_GROUP")];
    /// Ignore `sources` tables of project files.
    no_sources: bool = false, "no-sources", "--no-sources",
        [var("NAJA_NO_SOURCES"), var("UV_NO_SOURCES")];
    /// The same for single packages.
    no_sources_package: Vec<PackageName> = Vec::new(), "no-sources-package",
        "--no-sources-package", [var("NAJA_NO_SOURCES_PACKAGE"), var("UV_NO_SOURCES_PACKAGE")];
    /// The index a package comes from, and from no other: `x = { index = "NAME" }`.
    sources: SourceIndexes = SourceIndexes::default(), "sources", "", [];
    /// Bounds for packages that something else needs.
    constraint_dependencies: Vec<HashedRequirement> = Vec::new(), "constraint-dependencies", "", [];
    /// Requirements that take the place of every other one for their package.
    override_dependencies: Vec<Requirement> = Vec::new(), "override-dependencies", "", [];
    /// Packages to leave out wherever something needs them.
    exclude_dependencies: Vec<PackageName> = Vec::new(), "exclude-dependencies", "", [];
    /// Packages `naja deps check` says nothing about.
    deps_ignore: Vec<PackageName> = Vec::new(), "deps-ignore", "--ignore", [var("NAJA_DEPS_IGNORE")];
    /// Bounds for packages that builds need.
    build_constraint_dependencies: Vec<HashedRequirement> = Vec::new(),
        "build-constraint-dependencies", "", [];
    /// Files with constraints.
    constraint: Vec<String> = Vec::new(), "constraint", "--constraint",
        [var("NAJA_CONSTRAINT"), var("UV_CONSTRAINT"), pip("PIP_CONSTRAINT")],
        pip "constraint";
    /// Files with requirements that `pip install` and its kin take beside those that are named.
    requirement: Vec<String> = Vec::new(), "requirement", "",
        [var("NAJA_REQUIREMENT"), pip("PIP_REQUIREMENT")], pip "requirement";
    /// Files with overrides.
    overrides: Vec<String> = Vec::new(), "override", "--override",
        [var("NAJA_OVERRIDE"), var("UV_OVERRIDE")];
    /// Files with packages to leave out.
    excludes: Vec<String> = Vec::new(), "exclude", "--exclude",
        [var("NAJA_EXCLUDE"), var("UV_EXCLUDE")];
    /// Files with constraints for builds.
    build_constraint: Vec<String> = Vec::new(), "build-constraint", "--build-constraint",
        [var("NAJA_BUILD_CONSTRAINT"), var("UV_BUILD_CONSTRAINT")];

    // ---- installing
    /// Install again what is installed already.
    reinstall: bool = false, "reinstall", "--reinstall",
        [var("NAJA_REINSTALL"), var("UV_REINSTALL"), pip("PIP_FORCE_REINSTALL")],
        pip "force-reinstall";
    /// The same for single packages.
    reinstall_package: Vec<PackageName> = Vec::new(), "reinstall-package", "--reinstall-package",
        [var("NAJA_REINSTALL_PACKAGE")];
    /// How files come from the cache into an environment; without it the fastest way that works.
    link_mode: Option<LinkMode> = None, "link-mode", "--link-mode",
        [var("NAJA_LINK_MODE"), var("UV_LINK_MODE")];
    /// Compile Python files to bytecode while installing.
    compile_bytecode: bool = false, "compile-bytecode", "--compile-bytecode",
        [var("NAJA_COMPILE_BYTECODE"), var("UV_COMPILE_BYTECODE")];
    /// Write `INSTALLER`, `REQUESTED` and `direct_url.json`.
    installer_metadata: bool = true, "installer-metadata", "--no-installer-metadata",
        [var("NAJA_INSTALLER_METADATA"), not("UV_NO_INSTALLER_METADATA")];

    // ---- building
    /// Build nothing: use wheels only.
    no_build: bool = false, "no-build", "--no-build", [var("NAJA_NO_BUILD"), var("UV_NO_BUILD")];
    /// Do not build these packages.
    no_build_package: Vec<PackageName> = Vec::new(), "no-build-package", "--no-build-package",
        [var("NAJA_NO_BUILD_PACKAGE"), var("UV_NO_BUILD_PACKAGE")];
    /// Use no wheels: of any package, or of some.
    no_binary: PackageChoice = PackageChoice::default(), "no-binary", "--no-binary",
        [var("NAJA_NO_BINARY"), var("UV_NO_BINARY"), pip("PIP_NO_BINARY")], pip "no-binary";
    /// Use no wheels of these packages.
    no_binary_package: Vec<PackageName> = Vec::new(), "no-binary-package", "--no-binary-package",
        [var("NAJA_NO_BINARY_PACKAGE"), var("UV_NO_BINARY_PACKAGE")];
    /// Use only wheels: of any package, or of some.
    only_binary: PackageChoice = PackageChoice::default(), "only-binary", "--only-binary",
        [var("NAJA_ONLY_BINARY"), var("UV_ONLY_BINARY"), pip("PIP_ONLY_BINARY")],
        pip "only-binary";
    /// Prefer an older version with a wheel to a newer one that has to be built.
    prefer_binary: bool = false, "prefer-binary", "--prefer-binary",
        [var("NAJA_PREFER_BINARY"), pip("PIP_PREFER_BINARY")], pip "prefer-binary";
    /// Build without an environment of its own.
    no_build_isolation: bool = false, "no-build-isolation", "--no-build-isolation",
        [var("NAJA_NO_BUILD_ISOLATION"), var("UV_NO_BUILD_ISOLATION")];
    /// The same for single packages.
    no_build_isolation_package: Vec<PackageName> = Vec::new(), "no-build-isolation-package",
        "--no-build-isolation-package", [var("NAJA_NO_BUILD_ISOLATION_PACKAGE")];
    /// Settings handed to build backends.
    config_settings: ConfigSettings = ConfigSettings::default(), "config-settings",
        "--config-setting", [var("NAJA_CONFIG_SETTINGS")];
    /// The same for single packages, before those for all.
    config_settings_package: PackageConfigSettings = PackageConfigSettings::default(),
        "config-settings-package", "--config-settings-package",
        [var("NAJA_CONFIG_SETTINGS_PACKAGE")];
    /// What packages need to be built and do not say themselves.
    extra_build_dependencies: ExtraBuildDependencies = ExtraBuildDependencies::default(),
        "extra-build-dependencies", "", [];
    /// Variables that are set while single packages are built.
    extra_build_variables: ExtraBuildVariables = ExtraBuildVariables::default(),
        "extra-build-variables", "", [];
    /// What packages require, given by hand: nothing is built or fetched to learn it.
    dependency_metadata: DependencyMetadata = DependencyMetadata::default(),
        "dependency-metadata", "", [];
    /// Refuse what builds need without a pin and a hash in the build constraints.
    require_build_hashes: bool = false, "require-build-hashes", "--require-build-hashes",
        [var("NAJA_REQUIRE_BUILD_HASHES")];

    // ---- cache
    /// The directory of the cache.
    cache_dir: Option<PathBuf> = None, "cache-dir", "--cache-dir",
        [var("NAJA_CACHE_DIR"), var("UV_CACHE_DIR")];
    /// Use a cache for this command only.
    no_cache: bool = false, "no-cache", "--no-cache", [var("NAJA_NO_CACHE"), var("UV_NO_CACHE")];
    /// Ask the indexes again about everything that is cached.
    refresh: bool = false, "refresh", "--refresh", [var("NAJA_REFRESH")];
    /// The same for single packages.
    refresh_package: Vec<PackageName> = Vec::new(), "refresh-package", "--refresh-package",
        [var("NAJA_REFRESH_PACKAGE")];

    // ---- network
    /// Use no network.
    offline: bool = false, "offline", "--offline", [var("NAJA_OFFLINE"), var("UV_OFFLINE")];
    /// Trust the certificates of the operating system instead of the built-in ones.
    system_certs: bool = false, "system-certs", "--system-certs",
        [var("NAJA_SYSTEM_CERTS"), var("UV_SYSTEM_CERTS"), var("UV_NATIVE_TLS")];
    /// A file of certificates (PEM) to trust instead.
    cert: Option<PathBuf> = None, "cert", "--cert",
        [var("NAJA_CERT"), var("SSL_CERT_FILE"), pip("PIP_CERT"), var("REQUESTS_CA_BUNDLE"),
         var("CURL_CA_BUNDLE")], pip "cert";
    /// Directories of certificates (PEM) to trust instead.
    cert_dir: Option<PathList> = None, "cert-dir", "",
        [var("NAJA_CERT_DIR"), var("SSL_CERT_DIR")];
    /// A file with a client's certificate and key (PEM).
    client_cert: Option<PathBuf> = None, "client-cert", "",
        [var("NAJA_CLIENT_CERT"), var("SSL_CLIENT_CERT"), pip("PIP_CLIENT_CERT")],
        pip "client-cert";
    /// Hosts (`HOST` or `HOST:PORT`) whose certificates are not checked.
    allow_insecure_host: Vec<String> = Vec::new(), "allow-insecure-host",
        "--allow-insecure-host",
        [var("NAJA_INSECURE_HOST"), var("UV_INSECURE_HOST"), pip("PIP_TRUSTED_HOST")],
        pip "trusted-host";
    /// The proxy for `http:` addresses.
    http_proxy: Option<SafeUrl> = None, "http-proxy", "",
        [var("NAJA_HTTP_PROXY"), var("HTTP_PROXY"), var("http_proxy"), pip("PIP_PROXY"),
         var("ALL_PROXY"), var("all_proxy")], pip "proxy";
    /// The proxy for `https:` addresses.
    https_proxy: Option<SafeUrl> = None, "https-proxy", "",
        [var("NAJA_HTTPS_PROXY"), var("HTTPS_PROXY"), var("https_proxy"), pip("PIP_PROXY"),
         var("ALL_PROXY"), var("all_proxy")];
    /// Hosts that are reached without a proxy, separated by commas.
    no_proxy: Option<String> = None, "no-proxy", "",
        [var("NAJA_NO_PROXY"), var("NO_PROXY"), var("no_proxy")];
    /// How many seconds to wait for a server to go on.
    http_timeout: Milliseconds = Milliseconds(30_000), "http-timeout", "--timeout",
        [var("NAJA_HTTP_TIMEOUT"), var("UV_HTTP_TIMEOUT"), var("UV_REQUEST_TIMEOUT"),
         pip("PIP_TIMEOUT"), pip("PIP_DEFAULT_TIMEOUT"), var("HTTP_TIMEOUT")], pip "timeout";
    /// How many seconds to wait for a connection.
    http_connect_timeout: Milliseconds = Milliseconds(10_000), "http-connect-timeout", "",
        [var("NAJA_HTTP_CONNECT_TIMEOUT"), var("UV_HTTP_CONNECT_TIMEOUT")];
    /// How often a failed request is tried again.
    http_retries: u32 = 3, "http-retries", "--retries",
        [var("NAJA_HTTP_RETRIES"), var("UV_HTTP_RETRIES"), pip("PIP_RETRIES")], pip "retries";
    /// How many changes of an environment `naja history` knows; 0 keeps none.
    history_keep: u32 = 100, "history-keep", "", [var("NAJA_HISTORY_KEEP")];
    /// How many downloads run at once.
    concurrent_downloads: Count = Count(50), "concurrent-downloads", "",
        [var("NAJA_CONCURRENT_DOWNLOADS"), var("UV_CONCURRENT_DOWNLOADS")];
    /// How many builds run at once; without it, one for each processor.
    concurrent_builds: Option<Count> = None, "concurrent-builds", "",
        [var("NAJA_CONCURRENT_BUILDS"), var("UV_CONCURRENT_BUILDS")];
    /// How many threads unpack and install; without it, one for each processor.
    concurrent_installs: Option<Count> = None, "concurrent-installs", "",
        [var("NAJA_CONCURRENT_INSTALLS"), var("UV_CONCURRENT_INSTALLS")];

    // ---- Python
    /// The Python to use: a version, a name or a path.
    python: Option<String> = None, "python", "--python",
        [var("NAJA_PYTHON"), var("UV_PYTHON"), pip("PIP_PYTHON")], pip "python";
    /// Which Pythons to prefer.
    python_preference: PythonPreference = PythonPreference::Managed, "python-preference",
        "--python-preference", [var("NAJA_PYTHON_PREFERENCE"), var("UV_PYTHON_PREFERENCE")];
    /// Use only Pythons that naja installed (`true`), or none of them (`false`).
    managed_python: Option<bool> = None, "managed-python", "--managed-python",
        [var("NAJA_MANAGED_PYTHON"), var("UV_MANAGED_PYTHON"), not("UV_NO_MANAGED_PYTHON")];
    /// When a Python may be downloaded.
    python_downloads: PythonDownloads = PythonDownloads::Automatic, "python-downloads",
        "--no-python-downloads", [var("NAJA_PYTHON_DOWNLOADS"), var("UV_PYTHON_DOWNLOADS")];

    // ---- environments
    /// Use the Python of the system instead of a virtual environment.
    system: bool = false, "system", "--system",
        [var("NAJA_SYSTEM_PYTHON"), var("UV_SYSTEM_PYTHON")];
    /// Change a Python that belongs to the operating system (PEP 668).
    break_system_packages: bool = false, "break-system-packages", "--break-system-packages",
        [var("NAJA_BREAK_SYSTEM_PACKAGES"), var("UV_BREAK_SYSTEM_PACKAGES"),
         pip("PIP_BREAK_SYSTEM_PACKAGES")], pip "break-system-packages";
    /// Refuse to work outside a virtual environment.
    require_virtualenv: bool = false, "require-virtualenv", "",
        [var("NAJA_REQUIRE_VIRTUALENV"), pip("PIP_REQUIRE_VIRTUALENV")], pip "require-virtualenv";
    /// Install into this directory.
    target: Option<PathBuf> = None, "target", "--target",
        [var("NAJA_TARGET"), pip("PIP_TARGET")], pip "target";
    /// Install under this prefix.
    prefix: Option<PathBuf> = None, "prefix", "--prefix",
        [var("NAJA_PREFIX"), pip("PIP_PREFIX")], pip "prefix";
    /// Install below this directory, as if it were the root of the file system.
    root: Option<PathBuf> = None, "root", "--root", [var("NAJA_ROOT"), pip("PIP_ROOT")], pip "root";
    /// Install into the user's site directory.
    user: bool = false, "user", "--user", [var("NAJA_USER"), pip("PIP_USER")], pip "user";
    /// What to do when a command would change an active environment that belongs to another
    /// project than the directory.
    wrong_environment: WrongEnvironment = WrongEnvironment::Stop, "wrong-environment", "--active",
        [var("NAJA_WRONG_ENVIRONMENT")];
    /// Where repositories of `-e git+…` are checked out; without it `src` in the environment.
    src: Option<PathBuf> = None, "src", "--src", [var("NAJA_SRC"), pip("PIP_SRC")], pip "src";
    /// Put pip into new environments.
    venv_seed: bool = false, "venv-seed", "--seed", [var("NAJA_VENV_SEED"), var("UV_VENV_SEED")];
    /// Replace an environment that exists.
    venv_clear: bool = false, "venv-clear", "--clear",
        [var("NAJA_VENV_CLEAR"), var("UV_VENV_CLEAR")];
    /// Put a `pip` into new environments without pip that says to use `naja pip`.
    venv_pip_stub: bool = true, "venv-pip-stub", "", [var("NAJA_VENV_PIP_STUB")];
    /// Make environments that can be moved (not on Windows, unless it is asked for).
    venv_relocatable: bool = cfg!(unix), "venv-relocatable", "--no-relocatable",
        [var("NAJA_VENV_RELOCATABLE"), var("UV_VENV_RELOCATABLE")];
    /// Where to make the environment of a project: in it, or in one directory for all.
    environment_storage: EnvironmentStorage = EnvironmentStorage::Project, "environment-storage",
        "", [var("NAJA_ENVIRONMENT_STORAGE")];
    /// The environment of the project, relative to the project.
    environment_dir: Option<String> = None, "environment-dir", "",
        [var("NAJA_PROJECT_ENVIRONMENT"), var("UV_PROJECT_ENVIRONMENT")];
    /// What leads from a project to an environment that lies elsewhere: a `.venv` file, a link, or
    /// nothing.
    environment_link: EnvironmentLink = EnvironmentLink::Redirect, "environment-link", "",
        [var("NAJA_ENVIRONMENT_LINK")];
    /// Which of several environments of the project a command is about.
    environment_name: Option<String> = None, "environment-name", "--environment",
        [var("NAJA_ENVIRONMENT")];

    // ---- pip's interface
    /// Leave out what the named packages need.
    no_deps: bool = false, "no-deps", "--no-deps",
        [var("NAJA_NO_DEPS"), pip("PIP_NO_DEPS")], pip "no-deps";
    /// Take distributions that say they are for other Pythons.
    ignore_requires_python: bool = false, "ignore-requires-python", "--ignore-requires-python",
        [var("NAJA_IGNORE_REQUIRES_PYTHON"), pip("PIP_IGNORE_REQUIRES_PYTHON")],
        pip "ignore-requires-python";
    /// Refuse requirements without a hash.
    require_hashes: bool = false, "require-hashes", "--require-hashes",
        [var("NAJA_REQUIRE_HASHES"), var("UV_REQUIRE_HASHES"), pip("PIP_REQUIRE_HASHES")],
        pip "require-hashes";
    /// Check the hashes that requirements have.
    verify_hashes: bool = true, "verify-hashes", "--no-verify-hashes",
        [var("NAJA_VERIFY_HASHES"), not("UV_NO_VERIFY_HASHES")];
    /// Fail when the environment is inconsistent afterwards.
    strict: bool = false, "strict", "--strict", [var("NAJA_STRICT")];
    /// Let `pip sync` empty an environment.
    allow_empty_requirements: bool = false, "allow-empty-requirements",
        "--allow-empty-requirements", [var("NAJA_ALLOW_EMPTY_REQUIREMENTS")];
    /// Resolve for this Python version.
    python_version: Option<String> = None, "python-version", "--python-version",
        [var("NAJA_PYTHON_VERSION"), pip("PIP_PYTHON_VERSION")], pip "python-version";
    /// Resolve for this platform.
    python_platform: Option<String> = None, "python-platform", "--python-platform",
        [var("NAJA_PYTHON_PLATFORM")];
    /// Take wheels with these platform tags, as pip's `--platform` does.
    platform: Vec<String> = Vec::new(), "platform", "--platform", [pip("PIP_PLATFORM")],
        pip "platform";
    /// Take wheels with these ABI tags, as pip's `--abi` does.
    abi: Vec<String> = Vec::new(), "abi", "--abi", [pip("PIP_ABI")], pip "abi";
    /// Take wheels for this implementation (`cp`, `pp`, `py`), as pip's `--implementation` does.
    implementation: Option<String> = None, "implementation", "--implementation",
        [pip("PIP_IMPLEMENTATION")], pip "implementation";
    /// Resolve for all platforms.
    universal: bool = false, "universal", "--universal", [var("NAJA_UNIVERSAL")];
    /// Write the hashes of every file.
    generate_hashes: bool = false, "generate-hashes", "--generate-hashes",
        [var("NAJA_GENERATE_HASHES")];
    /// Write to this file.
    output_file: Option<PathBuf> = None, "output-file", "--output-file",
        [var("NAJA_OUTPUT_FILE")];
    /// Leave out the notes about what needs a package.
    no_annotate: bool = false, "no-annotate", "--no-annotate", [var("NAJA_NO_ANNOTATE")];
    /// Leave out the comment at the top.
    no_header: bool = false, "no-header", "--no-header", [var("NAJA_NO_HEADER")];
    /// Where the notes about what needs a package stand.
    annotation_style: AnnotationStyle = AnnotationStyle::Split, "annotation-style",
        "--annotation-style", [var("NAJA_ANNOTATION_STYLE")];
    /// The command that the comment at the top names.
    custom_compile_command: Option<String> = None, "custom-compile-command",
        "--custom-compile-command",
        [var("NAJA_CUSTOM_COMPILE_COMMAND"), var("UV_CUSTOM_COMPILE_COMMAND")];
    /// Keep extras in the output.
    no_strip_extras: bool = false, "no-strip-extras", "--no-strip-extras",
        [var("NAJA_NO_STRIP_EXTRAS")];
    /// Keep markers in the output.
    no_strip_markers: bool = false, "no-strip-markers", "--no-strip-markers",
        [var("NAJA_NO_STRIP_MARKERS")];
    /// Leave these packages out of the output.
    no_emit_package: Vec<PackageName> = Vec::new(), "no-emit-package", "--no-emit-package",
        [var("NAJA_NO_EMIT_PACKAGE")];
    /// Write the indexes into the output.
    emit_index_url: bool = false, "emit-index-url", "--emit-index-url",
        [var("NAJA_EMIT_INDEX_URL")];
    /// Write `--find-links` into the output.
    emit_find_links: bool = false, "emit-find-links", "--emit-find-links",
        [var("NAJA_EMIT_FIND_LINKS")];
    /// Write `--no-binary` and `--only-binary` into the output.
    emit_build_options: bool = false, "emit-build-options", "--emit-build-options",
        [var("NAJA_EMIT_BUILD_OPTIONS")];
    /// Note the index of each package in the output.
    emit_index_annotation: bool = false, "emit-index-annotation", "--emit-index-annotation",
        [var("NAJA_EMIT_INDEX_ANNOTATION")];

    /// Name the environments for which the result is known to be good.
    emit_marker_expression: bool = false, "emit-marker-expression", "--emit-marker-expression",
        [var("NAJA_EMIT_MARKER_EXPRESSION")];

    // ---- projects
    /// Fail if the lock does not fit the project.
    locked: bool = false, "locked", "--locked", [var("NAJA_LOCKED"), var("UV_LOCKED")];
    /// Take the lock as it is, without a look at the project.
    frozen: bool = false, "frozen", "--frozen", [var("NAJA_FROZEN"), var("UV_FROZEN")];
    /// Leave the environment of the project as it is.
    no_sync: bool = false, "no-sync", "--no-sync", [var("NAJA_NO_SYNC"), var("UV_NO_SYNC")];
    /// Let `add` and `remove` change the group `dev`.
    dev: bool = false, "dev", "--dev", [var("NAJA_DEV"), var("UV_DEV")];
    /// Which bounds `add` gives a requirement that has none.
    add_bounds: AddBounds = AddBounds::Lower, "add-bounds", "--bounds",
        [var("NAJA_ADD_BOUNDS")];
    /// Leave the group `dev` out.
    no_dev: bool = false, "no-dev", "--no-dev", [var("NAJA_NO_DEV"), var("UV_NO_DEV")];
    /// Leave these dependency groups out.
    no_group: Vec<String> = Vec::new(), "no-group", "--no-group",
        [var("NAJA_NO_GROUP"), var("UV_NO_GROUP")];
    /// Leave the default groups out.
    no_default_groups: bool = false, "no-default-groups", "--no-default-groups",
        [var("NAJA_NO_DEFAULT_GROUPS"), var("UV_NO_DEFAULT_GROUPS")];
    /// Install projects as they are built, not editable.
    no_editable: bool = false, "no-editable", "--no-editable",
        [var("NAJA_NO_EDITABLE"), var("UV_NO_EDITABLE")];
    /// Do not install the project itself.
    no_install_project: bool = false, "no-install-project", "--no-install-project",
        [var("NAJA_NO_INSTALL_PROJECT"), var("UV_NO_INSTALL_PROJECT")];
    /// Do not install any project of the workspace.
    no_install_workspace: bool = false, "no-install-workspace", "--no-install-workspace",
        [var("NAJA_NO_INSTALL_WORKSPACE"), var("UV_NO_INSTALL_WORKSPACE")];
    /// Do not install what comes from this machine.
    no_install_local: bool = false, "no-install-local", "--no-install-local",
        [var("NAJA_NO_INSTALL_LOCAL"), var("UV_NO_INSTALL_LOCAL")];
    /// Do not install these packages.
    no_install_package: Vec<PackageName> = Vec::new(), "no-install-package",
        "--no-install-package", [var("NAJA_NO_INSTALL_PACKAGE"), var("UV_NO_INSTALL_PACKAGE")];

    // ---- running
    /// Run as if there were no project here.
    no_project: bool = false, "no-project", "--no-project",
        [var("NAJA_NO_PROJECT"), var("UV_NO_PROJECT")];
    /// Files with variables for the program (`.env`).
    env_file: EnvFiles = EnvFiles::default(), "env-file", "--env-file",
        [var("NAJA_ENV_FILE"), var("UV_ENV_FILE")];
    /// Read no such file.
    no_env_file: bool = false, "no-env-file", "--no-env-file",
        [var("NAJA_NO_ENV_FILE"), var("UV_NO_ENV_FILE")];
    /// Run in an environment made for this one run.
    isolated: bool = false, "isolated", "--isolated", [var("NAJA_ISOLATED"), var("UV_ISOLATED")];

    // ---- output
    /// Say less; twice: nothing.
    quiet: u32 = 0, "quiet", "--quiet", [var("NAJA_QUIET"), pip("PIP_QUIET")], pip "quiet";
    /// Say more.
    verbose: u32 = 0, "verbose", "--verbose",
        [var("NAJA_VERBOSE"), pip("PIP_VERBOSE")], pip "verbose";
    /// Whether to use colours.
    color: Color = Color::Auto, "color", "--color",
        [var("NAJA_COLOR"), means("NO_COLOR", "never"), means("FORCE_COLOR", "always"),
         means("CLICOLOR_FORCE", "always"), pip("PIP_NO_COLOR")], pip "no-color";
    /// Show no progress bars.
    no_progress: bool = false, "no-progress", "--no-progress",
        [var("NAJA_NO_PROGRESS"), var("UV_NO_PROGRESS"), pip("PIP_PROGRESS_BAR")],
        pip "progress-bar";
    /// Write everything that happens into this file, too.
    log: Option<PathBuf> = None, "log", "--log", [var("NAJA_LOG_FILE"), pip("PIP_LOG")], pip "log";

    // ---- configuration
    /// Honour pip's configuration: for indexes and the network in all commands, for the rest in `naja pip`.
    pip_config: bool = true, "pip-config", "", [var("NAJA_PIP_CONFIG")];
}
