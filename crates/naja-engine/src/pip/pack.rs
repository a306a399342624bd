//! A wheel file made of an unpacked one: what was built is kept unpacked.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use naja_store::Archive;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::failure::Failure;

/// Writes the wheel of an archive into a directory, in one step; the path of the file.
///
/// The same archive gives the same bytes. The metadata come last, RECORD behind everything.
///
/// # Errors
/// The archive cannot be read, or the directory cannot be written.
pub(super) fn pack(archive: &Archive, directory: &Path) -> Result<PathBuf, Failure> {
    let manifest = archive.manifest();
    let path = directory.join(manifest.file_name());
    let part = directory.join(format!(
        ".{}.{}.part",
        manifest.file_name(),
        std::process::id()
    ));
    let failed = |error: &dyn std::error::Error| {
        // Nothing more can be done about a file that cannot be removed, either.
        let _left = std::fs::remove_file(&part);
        Failure::environment(format!("could not write `{}`", path.display())).because(error)
    };
    write(archive, &part).map_err(|error| failed(&error))?;
    std::fs::rename(&part, &path).map_err(|error| failed(&error))?;
    Ok(path)
}

fn write(archive: &Archive, to: &Path) -> std::io::Result<()> {
    let manifest = archive.manifest();
    let info = format!("{}/", manifest.dist_info());
    let record = format!("{info}RECORD");
    let mut names: Vec<String> = manifest
        .files()
        .map(|file| manifest.file_path(&file))
        .filter(|name| *name != record)
        .collect();
    names.sort_by_key(|name| (name.starts_with(&info), name.clone()));
    names.push(record);
    let mut zip = ZipWriter::new(BufWriter::new(File::create(to)?));
    for name in names {
        let source = archive.root().join(&name);
        let mode = if is_executable(&source)? {
            0o755
        } else {
            0o644
        };
        let options = SimpleFileOptions::default().unix_permissions(mode);
        zip.start_file(name.as_str(), options)?;
        zip.write_all(&std::fs::read(&source)?)?;
    }
    zip.finish()?.flush()
}

fn is_executable(path: &Path) -> std::io::Result<bool> {
    let metadata = std::fs::metadata(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;

        Ok(metadata.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        Ok(false)
    }
}
