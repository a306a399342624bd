//! `naja export`.

use naja_engine::project::{self, Emitted, ExportRequest, PartChoice};
use naja_engine::{Failure, Session};

use super::project::{lock_mode, parts};
use super::{Done, Outcome, command_line, names};
use crate::args::{EmitArgs, ExportArgs, ExportFormat as Format};

/// `naja export`; the text goes to standard output, too, unless the command is quiet.
pub(super) fn export(session: &mut Session, args: &ExportArgs) -> Done {
    let (without, only) = emitted(&args.emit)?;
    let settings = std::sync::Arc::clone(&session.settings);
    let request = ExportRequest {
        format: args.format.map(Format::form),
        output: args.output_file.clone(),
        script: args.script.clone(),
        mode: lock_mode(&settings),
        parts: PartChoice {
            packages: names(&args.package)?,
            all_packages: args.all_packages,
            ..parts(&settings, &args.select)?
        },
        prune: names(&args.prune)?,
        without,
        only,
        no_editable: settings.no_editable.value,
        no_editable_packages: names(&args.no_editable_package)?,
        header: (!args.no_header).then(command_line),
        no_annotate: args.no_annotate,
        no_hashes: args.no_hashes,
        emit_index_url: args.emit_index_url,
        emit_find_links: args.emit_find_links,
        dry_run: args.dry_run,
        check: args.check,
    };
    let made = project::export(session, &request)?;
    if args.check {
        if made.differs {
            let file = args.output_file.as_deref().unwrap_or("-".as_ref());
            return Err(Failure::unsatisfied(format!(
                "{} is not what the lock says",
                file.display()
            ))
            .hint("the same command without `--check` writes it"));
        }
        return Ok(Outcome::Quiet(0));
    }
    if made.written.is_some() && settings.quiet.value > 0 {
        return Ok(Outcome::Quiet(0));
    }
    super::text(made.text)
}

/// What is left out, and what alone is written.
fn emitted(args: &EmitArgs) -> Result<(Emitted, Emitted), Failure> {
    let without = Emitted {
        project: args.no_emit_project,
        workspace: args.no_emit_workspace,
        local: args.no_emit_local,
        packages: names(&args.no_emit_package)?,
    };
    let only = Emitted {
        project: args.only_emit_project,
        workspace: args.only_emit_workspace,
        local: args.only_emit_local,
        packages: names(&args.only_emit_package)?,
    };
    Ok((without, only))
}
