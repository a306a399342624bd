//! This process becomes the program that was asked for.

use std::process::Command;

use naja_engine::{Failure, Launch};

/// Replaces this process; comes back only if that does not work.
#[cfg(unix)]
pub(crate) fn replace(launch: &Launch) -> Failure {
    use std::os::unix::process::CommandExt;

    let mut command = prepared(launch);
    if let Some(name) = launch.arguments.first() {
        command.arg0(name);
    }
    refused(launch, &command.exec())
}

/// Runs the program and ends with its status: Windows cannot replace a
/// process.
#[cfg(not(unix))]
pub(crate) fn replace(launch: &Launch) -> Failure {
    match prepared(launch).status() {
        Ok(status) => {
            let code = u8::try_from(status.code().unwrap_or(1)).unwrap_or(1);
            Failure::new(naja_engine::Kind::Status(code), "ended")
        }
        Err(error) => refused(launch, &error),
    }
}

fn prepared(launch: &Launch) -> Command {
    let mut command = Command::new(&launch.program);
    command.args(launch.arguments.iter().skip(1));
    for (name, value) in &launch.vars {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

fn refused(launch: &Launch, error: &std::io::Error) -> Failure {
    Failure::usage(format!("could not start `{}`", launch.program.display())).because(error)
}
