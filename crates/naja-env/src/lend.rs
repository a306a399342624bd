//! Files of a project that hold something else until the next recovery.

use std::fs;

use naja_store::txn::{Transaction, TxnError};
use naja_store::write;

use crate::beside::FileEdit;
use crate::env_lock::EnvLock;
use crate::environment::Environment;
use crate::roots::Roots;

impl Environment {
    /// Gives files of the project other contents, of which builds may read. The next
    /// [`recover`](Self::recover), of this process or another, gives the old ones back.
    ///
    /// # Errors
    /// A file cannot be written; nothing is changed then.
    pub fn lend(&self, _lock: &EnvLock, edits: &[&FileEdit]) -> Result<(), TxnError> {
        let roots = Roots::new(self);
        let project = self.project_dir();
        let mut bounds = roots.paths();
        bounds.extend(project.as_deref());
        let mut txn = Transaction::begin_within(self.work_dir(), &bounds)?;
        for (number, edit) in edits.iter().enumerate() {
            let Some(after) = &edit.after else { continue };
            let staged = txn.stage_dir().join(format!("lent-{number}"));
            let written = write::write_flushed(&staged, after).and_then(|()| {
                let permissions = fs::metadata(&edit.path)?.permissions();
                fs::set_permissions(&staged, permissions)
            });
            written.map_err(|source| TxnError::Io {
                action: "write",
                path: staged.clone(),
                source,
            })?;
            txn.replace_file(&staged, &edit.path)?;
        }
        txn.lend()
    }
}
