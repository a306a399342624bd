//! Small tools for turning flags into settings.

use std::str::FromStr;

use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Reads one of a few words; help, completions and errors list them.
pub(super) fn words<T>(known: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: FromStr + Clone + Send + Sync + 'static,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    PossibleValuesParser::new(known).try_map(|word| word.parse::<T>())
}

/// Joins a flag and its contrary, of which clap leaves at most one standing.
#[expect(
    clippy::fn_params_excessive_bools,
    reason = "a flag and its contrary are two bools in clap"
)]
pub(super) fn either(yes: bool, no: bool) -> Option<bool> {
    match (yes, no) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    }
}

/// Adds the flags that were given to a list of names.
pub(super) fn name_given<const N: usize>(
    to: &mut Vec<&'static str>,
    flags: [(bool, &'static str); N],
) {
    let given = flags.into_iter().filter(|(given, _)| *given);
    to.extend(given.map(|(_, flag)| flag));
}
