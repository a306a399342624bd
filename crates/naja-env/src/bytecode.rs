//! Compiled files: taken from the store, or compiled once and kept there.
//!
//! The result depends only on the wheel and on the interpreter's magic number. A linked source
//! keeps its modification time, so the compiled file made from the store's copy fits it
//! (PEP 552, time and size).

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use naja_python::{CompileError, CompileJob, CompileOptions, CompilePool, Interpreter};
use naja_spec::PackageName;
use naja_store::{Archive, Bytecode, BytecodeTag, Store, TempDir};
use rustc_hash::FxHashMap;

use crate::apply::{ApplyError, ApplyWarning, Stop};

/// The compiled files of each distribution.
pub(crate) type Compiled = FxHashMap<PackageName, Bytecode>;

/// One archive that has to be compiled.
struct Task<'a> {
    name: &'a PackageName,
    archive: &'a Archive,
    temp: TempDir,
    jobs: std::ops::Range<usize>,
}

/// Where compiled files are kept, who compiles, and how.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Work<'a> {
    pub(crate) store: &'a Store,
    pub(crate) interpreter: &'a Interpreter,
    /// How many processes compile.
    pub(crate) workers: usize,
    pub(crate) stop: Stop<'a>,
}

impl Work<'_> {
    /// Gives the compiled files of all archives, compiling what the store does not have.
    pub(crate) fn ensure<'a>(
        &self,
        archives: impl Iterator<Item = (&'a PackageName, &'a Archive)>,
        warnings: &mut Vec<ApplyWarning>,
    ) -> Result<Compiled, ApplyError> {
        let mut compiled = Compiled::default();
        let cache_tag = &self.interpreter.cache_tag;
        if cache_tag.is_empty() {
            return Ok(compiled);
        }
        let tag = BytecodeTag::new(cache_tag, self.interpreter.magic);
        let (mut tasks, mut jobs) = (Vec::new(), Vec::new());
        for (name, archive) in archives {
            if let Some(bytecode) = self.store.bytecode(archive, &tag) {
                compiled.insert(name.clone(), bytecode);
            } else if has_modules(archive) {
                self.stop.check()?;
                let temp = self.store.temp_dir()?;
                let start = jobs.len();
                add_jobs(archive, &temp, cache_tag, &mut jobs)?;
                tasks.push(Task {
                    name,
                    archive,
                    temp,
                    jobs: start..jobs.len(),
                });
            }
        }
        if tasks.is_empty() {
            return Ok(compiled);
        }
        let failed = self.compile(&jobs)?;
        for task in tasks {
            self.stop.check()?;
            let jobs = &jobs[task.jobs];
            let modules = jobs.iter().filter(|job| failed.contains(&job.source));
            let modules = modules.count();
            if modules > 0 {
                let name = task.name.clone();
                warnings.push(ApplyWarning::NotCompiled { name, modules });
            }
            let bytecode = self.store.put_bytecode(task.archive, &tag, &task.temp)?;
            compiled.insert(task.name.clone(), bytecode);
        }
        Ok(compiled)
    }

    /// Compiles, and returns the sources that cannot be.
    fn compile(&self, jobs: &[CompileJob]) -> Result<BTreeSet<PathBuf>, ApplyError> {
        let options = CompileOptions {
            workers: self.workers,
            ..CompileOptions::default()
        };
        let pool = CompilePool::start(self.interpreter, options)?;
        let report = pool.compile_unless(jobs, &|| self.stop.is_asked());
        let report = report.map_err(|error| match error {
            CompileError::Stopped => ApplyError::Interrupted,
            other => other.into(),
        })?;
        Ok(report.failed.into_iter().map(|(path, _)| path).collect())
    }
}

fn is_module(name: &str) -> bool {
    name.len() > 3 && name.ends_with(".py")
}

fn has_modules(archive: &Archive) -> bool {
    archive.manifest().files().any(|file| is_module(file.name))
}

/// Adds a job for each module, with its target laid out as in the archive.
fn add_jobs(
    archive: &Archive,
    temp: &TempDir,
    cache_tag: &str,
    jobs: &mut Vec<CompileJob>,
) -> Result<(), ApplyError> {
    let manifest = archive.manifest();
    let scripts = manifest
        .data_schemes()
        .find(|(scheme, _)| *scheme == naja_store::DataScheme::Scripts)
        .map(|(_, dir)| dir);
    for dir in manifest.dirs() {
        let modules: Vec<_> = dir
            .files()
            .filter_map(|index| manifest.file(index))
            .filter(|file| is_module(file.name))
            .collect();
        if modules.is_empty() || Some(dir.index) == scripts {
            continue;
        }
        let path = manifest.dir_path(dir.index);
        let cache = temp.path().join(&path).join("__pycache__");
        fs::create_dir_all(&cache).map_err(|source| ApplyError::Io {
            action: "create",
            path: cache.clone(),
            source,
        })?;
        for file in modules {
            let stem = &file.name[..file.name.len() - 3];
            jobs.push(CompileJob {
                source: archive.path_of(&file),
                target: Some(cache.join(format!("{stem}.{cache_tag}.pyc"))),
                shown: Some(PathBuf::from(manifest.file_path(&file))),
            });
        }
    }
    Ok(())
}
