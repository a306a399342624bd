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
    let Some(base) = &settings.torch_index.value else {
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
    let url = address(base, &backend)?;
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

/// The newest build for the driver of this machine; the one without a driver where there is none.
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
    build.unwrap_or_else(|| "cpu".to_owned())
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
    let mut command = std::process::Command::new("nvidia-smi");
    command
        .args(["--query-gpu=driver_version", "--format=csv,noheader"])
        .env_clear()
        .envs(process.vars.clone())
        .stdin(std::process::Stdio::null());
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    version(String::from_utf8_lossy(&output.stdout).lines().next()?)
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
    fn drivers_are_newest_first() {
        assert!(DRIVERS.windows(2).all(|pair| pair[0].1 > pair[1].1));
        assert_eq!(version("550.54.15"), Some((550, 54)));
        assert_eq!(version("x"), None);
    }
}
