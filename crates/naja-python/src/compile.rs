//! [`CompilePool`]: byte-compiling files by worker processes of the target interpreter.

mod worker;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use thiserror::Error;

use crate::interpreter::Interpreter;
use worker::{Worker, WorkerError};

/// Files are given to a worker this many at a time, so that its answers fit into a pipe and
/// workers end at about the same time.
const BATCH: usize = 32;

/// How often it is asked whether to give up while a worker is at one file.
const HEARTBEAT: Duration = Duration::from_millis(50);

/// One file to compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompileJob {
    /// The `.py` file, absolute.
    pub source: PathBuf,
    /// Where the `.pyc` goes. `None`: in `__pycache__` beside the source.
    pub target: Option<PathBuf>,
    /// The path that tracebacks show; `None` for that of the source.
    pub shown: Option<PathBuf>,
}

/// Says how files are compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileOptions {
    /// How many processes work at the same time; at least one is used.
    pub workers: usize,
    /// How long one file may take before its worker is killed.
    pub time_per_file: Duration,
    /// The optimisation level of the code: 0, 1 or 2.
    pub optimize: u8,
}

impl Default for CompileOptions {
    /// Uses one worker, a minute for each file, and no optimisation.
    fn default() -> Self {
        Self {
            workers: 1,
            time_per_file: Duration::from_secs(60),
            optimize: 0,
        }
    }
}

/// Says what became of the files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompileReport {
    /// How many were compiled.
    pub compiled: usize,
    /// The files that were not, with the words of Python. Files with syntax errors are common in
    /// packages (templates, code for other versions), so this is no failure.
    pub failed: Vec<(PathBuf, String)>,
}

/// Says why nothing could be compiled.
#[derive(Debug, Error)]
pub enum CompileError {
    /// The interpreter could not be started.
    #[error("start `{executable}` to compile")]
    Start {
        /// The interpreter.
        executable: PathBuf,
        /// The reason of the system.
        #[source]
        source: io::Error,
    },
    /// The interpreter ends whenever it is started to compile.
    #[error("compile with `{executable}`: it ends before it has compiled anything")]
    Ends {
        /// The interpreter.
        executable: PathBuf,
    },
    /// It was told to give up.
    #[error("compiling was stopped")]
    Stopped,
    /// Talking to a worker failed in a way that another worker would not cure.
    #[error("talk to `{executable}` while it compiles")]
    Talk {
        /// The interpreter.
        executable: PathBuf,
        /// The reason of the system.
        #[source]
        source: io::Error,
    },
}

/// Owns worker processes that are started at once and killed when it is dropped.
///
/// Starting the pool before the files exist hides the start-up of Python behind other work.
#[derive(Debug)]
pub struct CompilePool {
    executable: PathBuf,
    options: CompileOptions,
    workers: Vec<Worker>,
}

impl CompilePool {
    /// Starts the workers.
    ///
    /// # Errors
    /// The interpreter cannot be started.
    pub fn start(interpreter: &Interpreter, options: CompileOptions) -> Result<Self, CompileError> {
        let executable = interpreter.real_executable.clone();
        let workers = (0..options.workers.max(1))
            .map(|_| Worker::start(&executable))
            .collect::<io::Result<Vec<_>>>()
            .map_err(|source| CompileError::Start {
                executable: executable.clone(),
                source,
            })?;
        Ok(Self {
            executable,
            options,
            workers,
        })
    }

    /// Compiles files; `.pyc` files are checked by the time and size of their source (PEP 552).
    ///
    /// A file that does not compile, crashes its worker or takes too long is reported and the rest
    /// goes on. Each `.pyc` appears whole or not at all.
    ///
    /// # Errors
    /// A worker cannot be started or written to.
    pub fn compile(self, jobs: &[CompileJob]) -> Result<CompileReport, CompileError> {
        self.compile_unless(jobs, &|| false)
    }

    /// Does the same until `stop` says to give up, which it is asked several times a second.
    ///
    /// # Errors
    /// As [`compile`](Self::compile); [`CompileError::Stopped`]. The workers are killed.
    pub fn compile_unless(
        mut self,
        jobs: &[CompileJob],
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<CompileReport, CompileError> {
        let next = AtomicUsize::new(0);
        let useful = jobs.len().div_ceil(BATCH).max(1);
        self.workers.truncate(useful);
        let (executable, options) = (&self.executable, self.options);
        let lanes: Vec<Lane<'_>> = self
            .workers
            .into_iter()
            .map(|worker| Lane {
                worker,
                deaths: 0,
                executable,
                options,
                stop,
                report: CompileReport::default(),
            })
            .collect();
        let mut reports = Vec::with_capacity(lanes.len());
        std::thread::scope(|scope| {
            let mut lanes = lanes.into_iter();
            let own = lanes.next();
            let others: Vec<_> = lanes
                .map(|lane| scope.spawn(|| lane.run(jobs, &next)))
                .collect();
            reports.extend(own.map(|lane| lane.run(jobs, &next)));
            // A thread that panicked has broken an invariant; its files count as not compiled.
            reports.extend(others.into_iter().filter_map(|thread| thread.join().ok()));
        });
        let mut total = CompileReport::default();
        for report in reports {
            let report = report?;
            total.compiled += report.compiled;
            total.failed.extend(report.failed);
        }
        total.failed.sort();
        Ok(total)
    }
}

/// So many workers may die one after the other without any answer.
const DEATHS: usize = 4;

/// One worker and what it has done.
struct Lane<'a> {
    worker: Worker,
    /// Workers that died since the last answer.
    deaths: usize,
    executable: &'a Path,
    options: CompileOptions,
    stop: &'a (dyn Fn() -> bool + Sync),
    report: CompileReport,
}

impl Lane<'_> {
    /// Takes batches until none is left.
    fn run(
        mut self,
        jobs: &[CompileJob],
        next: &AtomicUsize,
    ) -> Result<CompileReport, CompileError> {
        loop {
            let start = next.fetch_add(BATCH, Ordering::Relaxed);
            let Some(batch) = jobs.get(start..jobs.len().min(start.saturating_add(BATCH))) else {
                return Ok(self.report);
            };
            if batch.is_empty() {
                return Ok(self.report);
            }
            self.batch(batch)?;
        }
    }

    /// Waits for the answer to the next file, and asks meanwhile whether to give up.
    fn answer(&mut self) -> Result<Result<Option<String>, WorkerError>, CompileError> {
        let mut left = self.options.time_per_file;
        loop {
            if (self.stop)() {
                return Err(CompileError::Stopped);
            }
            let wait = left.min(HEARTBEAT);
            left -= wait;
            match self.worker.receive(wait) {
                Err(WorkerError::Slow) if !left.is_zero() => {}
                answer => return Ok(answer),
            }
        }
    }

    /// Compiles a batch; a worker that dies is replaced and goes on behind the file it died of.
    fn batch(&mut self, mut jobs: &[CompileJob]) -> Result<(), CompileError> {
        while !jobs.is_empty() {
            // A worker that died between batches is noticed here and counts as one that dies of
            // the first file.
            let sent = self.worker.send(jobs, self.options.optimize);
            let mut done = 0;
            let mut end = sent.err().map(|_| WorkerError::Died);
            while end.is_none() && done < jobs.len() {
                match self.answer()? {
                    Ok(None) => self.report.compiled += 1,
                    Ok(Some(words)) => {
                        self.report.failed.push((jobs[done].source.clone(), words));
                    }
                    Err(error) => {
                        end = Some(error);
                        continue;
                    }
                }
                done += 1;
            }
            let Some(end) = end else {
                self.deaths = 0;
                return Ok(());
            };
            self.deaths = if done > 0 { 1 } else { self.deaths + 1 };
            let words = self.words(end)?;
            self.report.failed.push((jobs[done].source.clone(), words));
            jobs = &jobs[done + 1..];
            self.worker = Worker::start(self.executable).map_err(|source| CompileError::Start {
                executable: self.executable.to_path_buf(),
                source,
            })?;
        }
        Ok(())
    }

    /// Says what happened to the file that a worker was at when it ended.
    fn words(&self, end: WorkerError) -> Result<String, CompileError> {
        let executable = self.executable.to_path_buf();
        match end {
            WorkerError::Slow => Ok("it takes too long".to_owned()),
            WorkerError::Died if self.deaths >= DEATHS => Err(CompileError::Ends { executable }),
            WorkerError::Died => Ok("the compiler crashed".to_owned()),
            WorkerError::Io(source) => Err(CompileError::Talk { executable, source }),
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
