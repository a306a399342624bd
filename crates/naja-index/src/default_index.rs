//! The index that is asked when nobody configured one.

/// Returns the address of PyPI's simple API as found on the build machine, with a trailing slash.
///
/// It is read at build time from the pip that CPython bundles (see `build.rs`), so that no source
/// spells it. `None` when the build machine had none: the caller then has to ask the interpreter's
/// own bundled pip, or its user.
#[must_use]
pub fn built_in_default_index() -> Option<&'static str> {
    option_env!("NAJA_DEFAULT_INDEX").filter(|address| !address.is_empty())
}

/// Returns the address below which each build of PyTorch has its index, if whoever built the program
/// named one (`NAJA_BUILD_TORCH_INDEX`).
#[must_use]
pub fn built_in_torch_index() -> Option<&'static str> {
    option_env!("NAJA_BUILT_TORCH_INDEX").filter(|address| !address.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_simple_api_over_https_if_there_is_one() {
        if let Some(address) = built_in_default_index() {
            assert!(address.starts_with("https://"));
            assert!(address.ends_with("/simple/"));
        }
    }
}
