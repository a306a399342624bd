//! `naja status`, `naja doctor`, `naja kernel`.

use std::io::IsTerminal as _;

use naja_engine::doctor::{self, DoctorRequest, Editor};
use naja_engine::kernel::{self, KernelRequest};
use naja_engine::{Event, Session};
use naja_project::settings::Color;

use super::{Done, Outcome, text, to_json};
use crate::args::{DoctorArgs, EditorName, KernelInstallArgs, StatusArgs};
use crate::render::status::Paper;
use crate::render::{self, status};

/// `naja status`
pub(super) fn status(session: &mut Session, args: &StatusArgs) -> Done {
    let found = naja_engine::status::status(session)?;
    if args.output.wants_json() {
        return text(to_json(&found)?);
    }
    let home = status::home_of(session);
    text(painted(
        session,
        &status::page(&found, Paper::new(home.as_deref())),
    ))
}

/// `naja doctor`
pub(super) fn doctor(session: &mut Session, args: &DoctorArgs) -> Done {
    let request = DoctorRequest {
        fix: args.fix,
        editor: args.editor.map(|EditorName::Vscode| Editor::VsCode),
        quick: args.quick,
    };
    let diagnosis = doctor::doctor(session, request)?;
    let status = u8::from(diagnosis.is_ill());
    if args.output.wants_json() {
        return Ok(Outcome::Text(to_json(&diagnosis)?, status));
    }
    let home = status::home_of(session);
    let page = render::doctor::page(&diagnosis, args.fix, Paper::new(home.as_deref()));
    Ok(Outcome::Text(painted(session, &page), status))
}

/// `naja kernel install`
pub(super) fn kernel_install(session: &mut Session, args: &KernelInstallArgs) -> Done {
    let request = KernelRequest {
        name: args.name.clone(),
        display_name: args.display_name.clone(),
        install: args.install,
    };
    let kernel = kernel::install(session, &request)?;
    if args.output.wants_json() {
        return text(to_json(&kernel)?);
    }
    session.emit(&Event::Note {
        message: format!(
            "Jupyter has the kernel `{}`: {}\nIt is described in {}",
            kernel.name,
            kernel.display_name,
            kernel.directory.join("kernel.json").display()
        ),
    });
    Ok(Outcome::Quiet(0))
}

/// `naja kernel list`
pub(super) fn kernel_list(session: &mut Session, json: bool) -> Done {
    let kernels = kernel::list(session)?;
    if json {
        return text(to_json(&kernels)?);
    }
    if kernels.is_empty() {
        session.emit(&Event::Note {
            message: "There are no kernels; `naja kernel install` makes one".to_owned(),
        });
    }
    let home = status::home_of(session);
    text(painted(
        session,
        &render::doctor::kernels(&kernels, home.as_deref()),
    ))
}

/// `naja kernel remove`
pub(super) fn kernel_remove(session: &mut Session, name: &str) -> Done {
    let directory = kernel::remove(session, name)?;
    session.emit(&Event::Note {
        message: format!("Removed {}", directory.display()),
    });
    Ok(Outcome::Quiet(0))
}

/// A text for standard output, with its colours or without.
pub(super) fn painted(session: &Session, styled: &str) -> String {
    let coloured = match session.settings.color.value {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let out = std::io::stdout();
            out.is_terminal() && anstream::AutoStream::choice(&out) != anstream::ColorChoice::Never
        }
    };
    if coloured {
        return styled.to_owned();
    }
    anstream::adapter::strip_str(styled).to_string()
}
