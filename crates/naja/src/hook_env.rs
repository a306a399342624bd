//! `naja hook-env SHELL ENTERED LEFT`: what the code of `naja hook` asks when the directory
//! changed. It comes before the command line is read and any setting is looked for.

use std::ffi::OsString;

use naja_engine::Shell;

use crate::surroundings;

/// The answer, if the words are this question.
pub(crate) fn answer(arguments: &[OsString]) -> Option<String> {
    let mut words = arguments.iter().skip(1);
    if words.next()? != "hook-env" {
        return None;
    }
    // `-` stands for nothing where a shell loses empty words.
    let mut word = || match words.next().and_then(|word| word.to_str()) {
        None | Some("-") => "",
        Some(word) => word,
    };
    let shell = Shell::from_program(word())?;
    let (entered, left) = (word(), word());
    let process = surroundings::process(None);
    Some(naja_engine::hook_answer(&process, shell, entered, left))
}
