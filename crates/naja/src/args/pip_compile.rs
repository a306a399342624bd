//! `naja pip compile`.

use std::path::PathBuf;

use naja_project::settings::{AnnotationStyle, ArgumentLayer, SettingsError};

use super::families::{
    BoundArgs, ExtraArgs, IndexArgs, InstallArgs, OutputArgs, PipBuildArgs, PlatformArgs,
    RefreshArgs, ResolveArgs, TorchArgs,
};
use super::layer::{either, name_given, words};

/// The form of the output file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum CompileFormat {
    /// pip's format.
    #[value(name = "requirements.txt")]
    Requirements,
    /// The lock file of PEP 751.
    #[value(name = "pylock.toml")]
    Pylock,
}

/// What is written, and how.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Output options")]
pub(crate) struct CompileOutputArgs {
    /// Write to this file; versions that are there are kept if they fit.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,

    /// The form of the output [default: by the name of the file].
    #[arg(long, value_name = "FORMAT", value_enum)]
    pub(crate) format: Option<CompileFormat>,

    /// Write the hashes of every file.
    #[arg(long, overrides_with = "no_generate_hashes")]
    pub(crate) generate_hashes: bool,

    #[arg(long, overrides_with = "generate_hashes", hide = true)]
    pub(crate) no_generate_hashes: bool,

    /// Keep extras in the output.
    #[arg(long, overrides_with = "strip_extras")]
    pub(crate) no_strip_extras: bool,

    #[arg(long, overrides_with = "no_strip_extras", hide = true)]
    pub(crate) strip_extras: bool,

    /// Keep markers in the output.
    #[arg(long, overrides_with = "strip_markers")]
    pub(crate) no_strip_markers: bool,

    #[arg(long, overrides_with = "no_strip_markers", hide = true)]
    pub(crate) strip_markers: bool,

    /// Leave out the notes about what needs a package.
    #[arg(long, overrides_with = "annotate")]
    pub(crate) no_annotate: bool,

    #[arg(long, overrides_with = "no_annotate", hide = true)]
    pub(crate) annotate: bool,

    /// Leave out the comment at the top.
    #[arg(long, overrides_with = "header")]
    pub(crate) no_header: bool,

    #[arg(long, overrides_with = "no_header", hide = true)]
    pub(crate) header: bool,

    /// Where the notes about what needs a package stand.
    #[arg(long, value_name = "STYLE",
          value_parser = words::<AnnotationStyle>(AnnotationStyle::WORDS))]
    pub(crate) annotation_style: Option<AnnotationStyle>,

    /// The command that the comment at the top names.
    #[arg(long, value_name = "COMMAND")]
    pub(crate) custom_compile_command: Option<String>,

    /// Leave this package out of the output.
    #[arg(long, alias = "unsafe-package", value_name = "PACKAGE")]
    pub(crate) no_emit_package: Vec<String>,

    /// Write the indexes into the output.
    #[arg(long, overrides_with = "no_emit_index_url")]
    pub(crate) emit_index_url: bool,

    #[arg(long, overrides_with = "emit_index_url", hide = true)]
    pub(crate) no_emit_index_url: bool,

    /// Write `--find-links` into the output.
    #[arg(long, overrides_with = "no_emit_find_links")]
    pub(crate) emit_find_links: bool,

    #[arg(long, overrides_with = "emit_find_links", hide = true)]
    pub(crate) no_emit_find_links: bool,

    /// Write `--no-binary` and `--only-binary` into the output.
    #[arg(long, overrides_with = "no_emit_build_options")]
    pub(crate) emit_build_options: bool,

    #[arg(long, overrides_with = "emit_build_options", hide = true)]
    pub(crate) no_emit_build_options: bool,

    /// Note the index of each package in the output.
    #[arg(long, overrides_with = "no_emit_index_annotation")]
    pub(crate) emit_index_annotation: bool,

    #[arg(long, overrides_with = "emit_index_annotation", hide = true)]
    pub(crate) no_emit_index_annotation: bool,

    /// Name the environments for which the result is known to be good.
    #[arg(long, overrides_with = "no_emit_marker_expression")]
    pub(crate) emit_marker_expression: bool,

    #[arg(long, overrides_with = "emit_marker_expression", hide = true)]
    pub(crate) no_emit_marker_expression: bool,
}

impl CompileOutputArgs {
    fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        to.value("output-file", "--output-file", self.output_file.as_ref())?;
        let hashes = either(self.generate_hashes, self.no_generate_hashes);
        to.switch("generate-hashes", "--generate-hashes", hashes)?;
        let extras = either(self.no_strip_extras, self.strip_extras);
        to.switch("no-strip-extras", "--no-strip-extras", extras)?;
        let markers = either(self.no_strip_markers, self.strip_markers);
        to.switch("no-strip-markers", "--no-strip-markers", markers)?;
        to.switch(
            "no-annotate",
            "--no-annotate",
            either(self.no_annotate, self.annotate),
        )?;
        to.switch(
            "no-header",
            "--no-header",
            either(self.no_header, self.header),
        )?;
        let style = self.annotation_style.map(AnnotationStyle::as_str);
        to.value("annotation-style", "--annotation-style", style)?;
        let command = self.custom_compile_command.as_ref();
        to.value(
            "custom-compile-command",
            "--custom-compile-command",
            command,
        )?;
        to.values(
            "no-emit-package",
            "--no-emit-package",
            &self.no_emit_package,
        )?;
        let index_url = either(self.emit_index_url, self.no_emit_index_url);
        to.switch("emit-index-url", "--emit-index-url", index_url)?;
        let links = either(self.emit_find_links, self.no_emit_find_links);
        to.switch("emit-find-links", "--emit-find-links", links)?;
        let build = either(self.emit_build_options, self.no_emit_build_options);
        to.switch("emit-build-options", "--emit-build-options", build)?;
        let note = either(self.emit_index_annotation, self.no_emit_index_annotation);
        to.switch("emit-index-annotation", "--emit-index-annotation", note)?;
        let marker = either(self.emit_marker_expression, self.no_emit_marker_expression);
        to.switch("emit-marker-expression", "--emit-marker-expression", marker)
    }
}

/// Resolve requirements to exact versions and write them down.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true)
    .args(["files", "group"]))]
pub(crate) struct PipCompileArgs {
    /// Files of requirements (`-` for standard input), `pyproject.toml`, scripts.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<String>,

    #[command(flatten)]
    pub(crate) bounds: BoundArgs,

    #[command(flatten)]
    pub(crate) extras: ExtraArgs,

    /// Leave out what the requirements need.
    #[arg(long, alias = "no-dependencies", overrides_with = "deps")]
    pub(crate) no_deps: bool,

    #[arg(long, overrides_with = "no_deps", hide = true)]
    pub(crate) deps: bool,

    /// Resolve for all platforms and Pythons at once.
    #[arg(long, overrides_with = "no_universal")]
    pub(crate) universal: bool,

    #[arg(long, overrides_with = "universal", hide = true)]
    pub(crate) no_universal: bool,

    /// Resolve for this Python: a version, a name or a path.
    #[arg(long, short, value_name = "PYTHON")]
    pub(crate) python: Option<String>,

    /// Use the Python of the system instead of a virtual environment.
    #[arg(long, overrides_with = "no_system")]
    pub(crate) system: bool,

    #[arg(long, overrides_with = "system", hide = true)]
    pub(crate) no_system: bool,

    /// Trust the certificates of this file (PEM).
    #[arg(long, value_name = "FILE")]
    pub(crate) cert: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) torch: TorchArgs,

    /// How to write the result.
    #[command(flatten)]
    pub(crate) result: CompileOutputArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(flatten)]
    pub(crate) index: IndexArgs,

    #[command(flatten)]
    pub(crate) resolve: ResolveArgs,

    #[command(flatten)]
    pub(crate) install: InstallArgs,

    #[command(flatten)]
    pub(crate) build: PipBuildArgs,

    #[command(flatten)]
    pub(crate) refresh: RefreshArgs,

    #[command(flatten)]
    pub(crate) platform: PlatformArgs,

    #[command(flatten)]
    compat: PipToolsFlags,
}

impl PipCompileArgs {
    pub(super) fn settings(&self, to: &mut ArgumentLayer<'_>) -> Result<(), SettingsError> {
        self.torch.settings(to)?;
        self.bounds.settings(to)?;
        to.switch("no-deps", "--no-deps", either(self.no_deps, self.deps))?;
        to.switch(
            "universal",
            "--universal",
            either(self.universal, self.no_universal),
        )?;
        to.value("python", "--python", self.python.as_ref())?;
        to.switch("system", "--system", either(self.system, self.no_system))?;
        to.value("cert", "--cert", self.cert.as_ref())?;
        self.result.settings(to)?;
        self.index.settings(to)?;
        self.resolve.settings(to)?;
        self.install.settings(to)?;
        self.build.settings(to)?;
        self.refresh.settings(to)?;
        self.platform.settings(to)
    }

    pub(super) fn ineffective(&self, to: &mut Vec<&'static str>) {
        self.compat.ineffective(to);
        self.resolve.ineffective(to);
    }
}

/// Flags of pip-compile that change nothing here.
#[derive(Debug, Clone, Default, clap::Args)]
struct PipToolsFlags {
    #[arg(long, hide = true)]
    allow_unsafe: bool,

    #[arg(long, hide = true)]
    no_allow_unsafe: bool,

    #[arg(long, hide = true, value_name = "RESOLVER", value_parser = ["backtracking"])]
    resolver: Option<String>,

    #[arg(long, hide = true)]
    no_reuse_hashes: bool,

    #[arg(long, hide = true)]
    no_emit_options: bool,

    #[arg(long, hide = true)]
    no_emit_trusted_host: bool,

    #[arg(long, short = 'y', hide = true)]
    yes: bool,
}

impl PipToolsFlags {
    fn ineffective(&self, to: &mut Vec<&'static str>) {
        let given = [
            (self.allow_unsafe, "--allow-unsafe"),
            (self.no_allow_unsafe, "--no-allow-unsafe"),
            (self.resolver.is_some(), "--resolver"),
            (self.no_reuse_hashes, "--no-reuse-hashes"),
            (self.no_emit_options, "--no-emit-options"),
            (self.no_emit_trusted_host, "--no-emit-trusted-host"),
            (self.yes, "--yes"),
        ];
        name_given(to, given);
    }
}
