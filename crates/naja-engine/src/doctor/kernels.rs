//! Kernels of Jupyter that start a Python which is not there.

use super::finding::Finding;
use super::mend::Repair;
use crate::belongs::tilde;
use crate::kernel;
use crate::session::Session;

pub(super) fn check(session: &Session) -> Vec<Finding> {
    let home = session.process.home.as_deref();
    let kernels = kernel::found(session);
    kernels
        .into_iter()
        .filter(|kernel| kernel.is_python && !kernel.works)
        .map(|kernel| {
            let program = kernel.program.clone().unwrap_or_default();
            let finding = Finding::new(
                "jupyter-kernel",
                format!("the kernel `{}` of Jupyter cannot be started", kernel.name),
            )
            .because(format!("it starts {}, which is not there", tilde(&program, home)))
            .at(kernel.directory.join("kernel.json"))
            .step(format!(
                "`naja kernel remove {0}`, or `naja kernel install --name {0}` for this environment",
                kernel.name
            ));
            match kernel.by_naja {
                true => finding.mended_by(Repair::RemoveKernel(kernel.name)),
                false => finding,
            }
        })
        .collect()
}
