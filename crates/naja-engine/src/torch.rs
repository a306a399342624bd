//! `--torch-backend`: which builds of PyTorch are taken, by the index they come from.

use std::path::Path;

use naja_index::{Index, IndexId};
use naja_project::settings::Location;
use naja_spec::{PackageName, SafeUrl};
use rustc_hash::FxHashMap;

use crate::failure::Failure;
use crate::process::ProcessEnv;
use crate::session::Session;

/// The packages that are built for each kind of hardware, and what comes along with them.
const PACKAGES: &[&str] = &[
    "torch",
    "torchvision",
    "torchaudio",
    "torchtext",
    "torchdata",
    "torchao",
    "torchserve",
    "torch-model-archiver",
    "torch-tensorrt",
    "torchcodec",
    "torchrl",
    "tensordict",
    "fbgemm-gpu",
    "fbgemm-gpu-genai",
    "vllm",
    "pytorch-triton",
    "pytorch-triton-rocm",
    "pytorch-triton-xpu",
    "triton",
    "triton-rocm",
    "triton-xpu",
];

/// From which NVIDIA driver (Linux) on a build of CUDA runs, newest first.
const DRIVERS: &[(&str, (u32, u32))] = &[
    ("cu130", (580, 0)),
    ("cu128", (570, 26)),
    ("cu126", (560, 28)),
    ("cu125", (555, 42)),
    ("cu124", (550, 54)),
    ("cu123", (545, 23)),
    ("cu122", (535, 54)),
    ("cu121", (530, 30)),
    ("cu120", (525, 60)),
    ("cu118", (520, 61)),
    ("cu117", (515, 43)),
    ("cu116", (510, 39)),
    ("cu115", (495, 29)),
    ("cu114", (470, 42)),
    ("cu113", (465, 19)),
    ("cu112", (460, 27)),
    ("cu111", (455, 23)),
    ("cu110", (450, 36)),
];

/// Adds the index of the builds that are asked for, and ties the packages to it.
///
/// # Errors
/// The builds have no such name, or it is not said where they are.
pub(crate) fn add(
    session: &Session,
    indexes: &mut Vec<Index>,
    pins: &mut FxHashMap<PackageName, Vec<IndexId>>,
) -> Result<(), Failure> {
    let settings = &session.settings;
    let Some(asked) = &settings.torch_backend.value else {
        return Ok(());
    };
    if settings.no_index.value {
        return Ok(());
    }
    let backend =
        if asked == "auto" {
            automatic(&session.process)
        } else if is_backend(asked) {
            asked.clone()
        } else {
            return Err(Failure::usage(format!("`{asked}` is no backend of PyTorch"))
            .cause(format!("it is set by {}", settings.torch_backend.origin))
            .hint("write `auto`, `cpu`, `cu128` and the like, `rocm6.3` and the like, or `xpu`"));
        };
    let built_in = || {
        let url = SafeUrl::parse(naja_index::built_in_torch_index()?).ok()?;
        Some(Location::Url(url))
    };
    let Some(base) = settings.torch_index.value.clone().or_else(built_in) else {
        return Err(Failure::usage(format!(
            "it is not known where the builds of PyTorch for `{backend}` are"
        ))
        .cause(format!(
            "they are asked for by {}",
            settings.torch_backend.origin
        ))
        .hint(
            "set NAJA_TORCH_INDEX (or `torch-index`) to the address below which each of them has \
             its index; PyTorch's page on installing shows it",
        ));
    };
    let url = address(&base, &backend)?;
    let Ok(id) = u16::try_from(indexes.len()) else {
        return Err(Failure::usage("there are too many indexes"));
    };
    indexes.push(Index {
        name: Some(format!("pytorch-{backend}")),
        explicit: true,
        ..Index::new(url)
    });
    for name in PACKAGES {
        if let Ok(name) = PackageName::parse(name) {
            // What `sources` says is more particular.
            pins.entry(name).or_insert_with(|| vec![IndexId(id)]);
        }
    }
    Ok(())
}

fn address(base: &Location, backend: &str) -> Result<SafeUrl, Failure> {
    let unusable = |error: &dyn std::error::Error| {
        Failure::usage(format!("`{base}` cannot be used as `torch-index`")).because(error)
    };
    match base {
        Location::Path(path) => {
            SafeUrl::from_directory_path(&path.join(backend)).map_err(|error| unusable(&error))
        }
        Location::Url(url) => {
            let text = url.with_secrets();
            SafeUrl::parse(&format!("{}/{backend}/", text.trim_end_matches('/')))
                .map_err(|error| unusable(&error))
        }
    }
}

fn is_backend(text: &str) -> bool {
    let number = |rest: &str| {
        !rest.is_empty()
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
    };
    matches!(text, "cpu" | "xpu")
        || text.strip_prefix("cu").is_some_and(number)
        || text.strip_prefix("rocm").is_some_and(number)
}

/// The processors of AMD that the newest build for them runs on.
const AMD: (&str, &[&str]) = (
    "rocm6.4",
    &[
        "gfx900", "gfx906", "gfx908", "gfx90a", "gfx942", "gfx1030", "gfx1100", "gfx1101",
        "gfx1102", "gfx1200", "gfx1201",
    ],
);

/// Where Intel's driver for computing on graphics processors is.
const INTEL: &[&str] = &[
    "/usr/lib/x86_64-linux-gnu/libze_intel_gpu.so.1",
    "/usr/lib64/libze_intel_gpu.so.1",
    "/usr/lib/libze_intel_gpu.so.1",
];

/// The newest build for the driver of this machine: NVIDIA's, AMD's, Intel's; the one without a
/// driver where there is none.
fn automatic(process: &ProcessEnv) -> String {
    let named = ["NAJA_CUDA_DRIVER_VERSION", "UV_CUDA_DRIVER_VERSION"];
    let driver = match named.iter().find_map(|name| process.var(name)) {
        Some(text) => version(text),
        None => installed_driver(process),
    };
    let build = driver.and_then(|driver| {
        let fits = DRIVERS.iter().find(|(_, least)| driver >= *least);
        fits.map(|(build, _)| (*build).to_owned())
    });
    let build = build.or_else(|| amd(&amd_processors(process)?));
    build.unwrap_or_else(|| {
        let is_intel = INTEL.iter().any(|driver| Path::new(driver).exists());
        if is_intel { "xpu" } else { "cpu" }.to_owned()
    })
}

/// The build for these processors, if there is one that runs on all of them.
fn amd(processors: &str) -> Option<String> {
    let (build, known) = AMD;
    let mut found = processors
        .split_whitespace()
        .filter(|name| *name != "gfx000")
        .peekable();
    found.peek()?;
    found
        .all(|name| known.contains(&name))
        .then(|| build.to_owned())
}

/// The names of AMD's graphics processors in this machine.
fn amd_processors(process: &ProcessEnv) -> Option<String> {
    let named = ["NAJA_AMD_GPU_ARCHITECTURE", "UV_AMD_GPU_ARCHITECTURE"];
    match named.iter().find_map(|name| process.var(name)) {
        Some(text) => Some(text.to_owned()),
        None => said_by(process, "rocm_agent_enumerator", &[]),
    }
}

/// What a program prints, if there is one.
fn said_by(process: &ProcessEnv, program: &str, arguments: &[&str]) -> Option<String> {
    let mut command = std::process::Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(process.vars.clone())
        .stdin(std::process::Stdio::null());
    let output = command.output().ok()?;
    let is_good = output.status.success();
    is_good.then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn installed_driver(process: &ProcessEnv) -> Option<(u32, u32)> {
    if let Ok(text) = std::fs::read_to_string(Path::new("/proc/driver/nvidia/version")) {
        let found = text.split_whitespace().find_map(|word| {
            let numbers = word.split('.').count() > 1;
            numbers.then(|| version(word)).flatten()
        });
        if found.is_some() {
            return found;
        }
    }
    let arguments = ["--query-gpu=driver_version", "--format=csv,noheader"];
    version(said_by(process, "nvidia-smi", &arguments)?.lines().next()?)
}

/// Major and minor number of a driver's version.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().split('.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next().unwrap_or("0").parse().ok()?;
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backends_have_names() {
        for name in ["cpu", "xpu", "cu128", "rocm6.3"] {
            assert!(is_backend(name), "{name}");
        }
        for name in ["", "cu", "gpu", "cu/../..", "rocm6.3/x"] {
            assert!(!is_backend(name), "{name}");
        }
    }

    #[test]
    fn one_build_for_all_of_amds_processors() {
        assert_eq!(amd("gfx000\ngfx1100\n").as_deref(), Some("rocm6.4"));
        assert_eq!(amd("gfx1100\ngfx803\n"), None);
        assert_eq!(amd("gfx000\n"), None);
    }

    #[test]
    fn drivers_are_newest_first() {
        assert!(DRIVERS.windows(2).all(|pair| pair[0].1 > pair[1].1));
        assert_eq!(version("550.54.15"), Some((550, 54)));
        assert_eq!(version("x"), None);
    }
}
