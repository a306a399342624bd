//! The operations of naja: one module for each verb, over the crates that
//! decide (`resolve`, `lock`, `project`) and those that act (`store`, `index`,
//! `python`, `env`).
//!
//! Every operation takes a [`Session`] and a request and returns data or a
//! [`Failure`]; nothing here prints or ends the process. What happens on the
//! way goes to the session's [`Sink`].

mod activate;
mod address;
mod allow;
pub mod auth;
pub mod belongs;
mod build;
pub mod cache;
mod cached_env;
mod change;
mod checkouts;
pub mod config;
mod consistency;
pub mod delegate;
mod diagnose;
mod disk;
pub mod doctor;
pub mod env;
mod event;
pub mod explain;
mod failure;
pub mod graph;
pub mod history;
mod hook;
mod inputs;
pub mod kernel;
mod made_directory;
mod object_store;
mod options;
pub mod pip;
mod pip_shim;
mod pip_target;
mod pipeline;
pub mod places;
mod probe_cache;
mod problem;
mod process;
pub mod project;
pub mod python;
mod registry;
mod run;
mod satisfied;
pub mod script;
mod session;
mod shell;
mod start;
pub mod status;
mod system;
mod target;
pub mod tasks;
mod torch;
pub mod trace;
mod venv;
pub mod verify;

pub use activate::{Activation, activation};
pub use allow::{AllowedDirectory, allow, allowed, deny};
pub use change::{ChangeReport, Preview};
pub use consistency::Problem;
pub use event::{Action, Change, Event, Silence, Sink};
pub use failure::{Failure, Kind};
pub use hook::{hook, hook_answer};
pub use inputs::InputSources;
pub use naja_env::{FileEdit, Shell};
pub use naja_python::home_dir;
pub use process::ProcessEnv;
pub use run::{Launch, RunRequest, remove_temporary, run, run_again};
pub use session::{Cancel, Session};
pub use shell::{ShellRequest, shell};
pub use start::{Start, start};
pub use target::environment_root;
pub use venv::{OnExisting, VenvMade, VenvRequest, venv};
