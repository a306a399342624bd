use naja_env::Environment;
use naja_python::Interpreter;
use std::path::PathBuf;
pub(crate) enum Existing { Refuse, Clear, ForceClear, Allow }
#[derive(Debug, thiserror::Error)] #[error("x")] pub(crate) struct CreateError;
impl CreateError { pub(crate) fn hint(&self) -> Option<String> { None } }
pub(crate) struct VenvSpec<'a> { pub path: PathBuf, pub base: &'a Interpreter, pub prompt: Option<String>, pub system_site_packages: bool, pub copies: bool, pub relocatable: bool, pub seeded: bool, pub existing: Existing, pub program_version: &'static str, pub cwd: Option<&'a std::path::Path>, pub home: Option<&'a std::path::Path> }
impl<'a> VenvSpec<'a> { pub fn new(path: PathBuf, base: &'a Interpreter) -> Self { Self { path, base, prompt: None, system_site_packages: false, copies: false, relocatable: false, seeded: false, existing: Existing::Refuse, program_version: "", cwd: None, home: None } } }
pub(crate) fn create(_: &VenvSpec<'_>) -> Result<Environment, CreateError> { Err(CreateError) }
