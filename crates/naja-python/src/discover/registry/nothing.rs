//! Systems without a registry.

use super::RegisteredPython;

/// Nothing.
pub(super) fn registered() -> Vec<RegisteredPython> {
    Vec::new()
}
