#![doc = include_str!("../README.md")]

mod child;
mod compile;
mod discover;
mod elf;
mod environment;
mod hooks;
mod interpreter;
mod layout;
mod managed;
mod platform;
mod probe;
mod real_path;
mod redirect;
mod request;
mod shim;
mod venv_config;

pub use child::{ChildError, ChildLimits};
pub use compile::{CompileError, CompileJob, CompileOptions, CompilePool, CompileReport};
pub use discover::{
    Discovery, DiscoveryInputs, EnvironmentOrigin, EnvironmentPlace, FindError, Found, Listing,
    Preference, RegisteredPython, Registry, RegistryPart, SearchPlaces, Source, Unusable, find,
    home_dir, list, locate_environment,
};
pub use environment::{
    EnvironmentError, base_executable, environment_of, is_environment, read_config,
    venv_interpreter, without_dots,
};
pub use hooks::{Backend, ConfigValue, Hook, HookAnswer, HookError, Output};
pub use interpreter::{Interpreter, Scheme};
pub use layout::VenvLayout;
pub use managed::{ExternallyManaged, find_marker, read_marker};
pub use probe::{NoCache, ProbeCache, ProbeError, Prober, probe};
pub use real_path::real_path;
pub use redirect::{read_redirect, redirect_text};
pub use request::{
    ImplementationName, PythonRequest, RequestError, Variant, VersionRange, VersionRequest,
};
pub use shim::stands_for_another;
pub use venv_config::{CONFIG_NAME, VenvConfig, VenvConfigError};
