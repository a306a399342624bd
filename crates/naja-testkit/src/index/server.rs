//! The side of an index that answers.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use super::{Fault, IndexBuilder, Project};
use crate::wheel::sha256_hex;

/// What the threads of a server have in common.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) base: String,
    pub(super) log: Mutex<Vec<String>>,
    pub(super) stop: AtomicBool,
    pub(super) faults: Mutex<Vec<(String, Fault, usize)>>,
    pub(super) content: IndexBuilder,
}

struct Asked {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
}

impl Shared {
    /// Answers requests until the client goes or the connection has to be closed.
    pub(super) fn connection(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut writer = stream.try_clone()?;
        let mut reader = BufReader::new(stream);
        while let Some(asked) = read_request(&mut reader)? {
            if let Ok(mut log) = self.log.lock() {
                log.push(format!("{} {}", asked.method, asked.path));
            }
            if !self.answer(&asked, &mut writer)? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn fault(&self, path: &str) -> Option<Fault> {
        let mut faults = self.faults.lock().ok()?;
        let found = faults
            .iter_mut()
            .find(|(part, _, left)| *left > 0 && path.contains(part))?;
        found.2 -= 1;
        Some(found.1.clone())
    }

    /// Answers one request; false when the connection shall be closed.
    fn answer(&self, asked: &Asked, out: &mut TcpStream) -> std::io::Result<bool> {
        if let Some(expected) = &self.content.basic {
            let given = asked.headers.get("authorization").map(String::as_str);
            if given != Some(&format!("Basic {expected}")) {
                respond(
                    out,
                    401,
                    &[("WWW-Authenticate", "Basic realm=\"index\"")],
                    b"",
                )?;
                return Ok(true);
            }
        }
        let fault = self.fault(&asked.path);
        if let Some(Fault::Status(status)) = fault {
            respond(out, status, &[], b"")?;
            return Ok(true);
        }
        let Some((kind, body)) = self.find(&asked.path) else {
            respond(out, 404, &[], b"")?;
            return Ok(true);
        };
        if matches!(fault, Some(Fault::Truncate)) {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            out.write_all(head.as_bytes())?;
            out.write_all(&body[..body.len() / 2])?;
            out.shutdown(std::net::Shutdown::Both)?;
            return Ok(false);
        }
        let etag = format!("\"{}\"", &sha256_hex(&body)[..16]);
        if asked.headers.get("if-none-match") == Some(&etag) {
            respond(out, 304, &[("ETag", &etag)], b"")?;
            return Ok(true);
        }
        let range = asked
            .headers
            .get("range")
            .filter(|_| !self.content.no_range);
        if let Some((start, end)) = range.and_then(|range| parse_range(range, body.len())) {
            let content_range = format!("bytes {start}-{}/{}", end - 1, body.len());
            let headers = [
                ("Content-Range", content_range.as_str()),
                ("ETag", etag.as_str()),
            ];
            respond(out, 206, &headers, &body[start..end])?;
            return Ok(true);
        }
        let headers = [
            ("Content-Type", kind),
            ("ETag", etag.as_str()),
            ("Cache-Control", "max-age=600"),
            ("Accept-Ranges", "bytes"),
        ];
        let body: &[u8] = if asked.method == "HEAD" { b"" } else { &body };
        respond(out, 200, &headers, body)?;
        Ok(true)
    }

    fn find(&self, path: &str) -> Option<(&'static str, Vec<u8>)> {
        if let Some(name) = path.strip_prefix("/simple/") {
            let project = self.content.projects.get(name.trim_end_matches('/'))?;
            return Some(if self.content.html {
                ("text/html", self.html_page(name, project).into_bytes())
            } else {
                (
                    "application/vnd.pypi.simple.v1+json",
                    self.json_page(name, project).into_bytes(),
                )
            });
        }
        let name = path.strip_prefix("/files/")?;
        let mut files = self
            .content
            .projects
            .values()
            .flat_map(|project| &project.files);
        if let Some(wheel) = name.strip_suffix(".metadata") {
            let file = files.find(|file| file.name == wheel)?;
            return Some(("text/plain", file.metadata.clone()?.into_bytes()));
        }
        let file = files.find(|file| file.name == name)?;
        Some(("application/octet-stream", file.body.to_vec()))
    }

    fn json_page(&self, name: &str, project: &Project) -> String {
        let files: Vec<_> = project
            .files
            .iter()
            .map(|file| {
                let core_metadata = match (&file.metadata, file.core_metadata) {
                    (Some(text), true) => {
                        serde_json::json!({ "sha256": sha256_hex(text.as_bytes()) })
                    }
                    _ => serde_json::Value::Bool(false),
                };
                serde_json::json!({
                    "filename": file.name,
                    "url": format!("{}/files/{}", self.base, file.name),
                    "hashes": { "sha256": file.sha256 },
                    "requires-python": file.requires_python,
                    "yanked": file.yanked.as_ref().map_or(
                        serde_json::Value::Bool(false),
                        |reason| serde_json::Value::String(reason.clone())
                    ),
                    "core-metadata": core_metadata,
                    "size": file.body.len(),
                    "upload-time": file.upload_time,
                })
            })
            .chain(project.entries.iter().map(
                |(name, url)| serde_json::json!({ "filename": name, "url": url, "hashes": {} }),
            ))
            .collect();
        serde_json::json!({
            "meta": { "api-version": "1.1" },
            "name": name.trim_end_matches('/'),
            "files": files,
        })
        .to_string()
    }

    fn html_page(&self, name: &str, project: &Project) -> String {
        let mut page = format!("<!DOCTYPE html><html><head><title>{name}</title></head><body>\n");
        for file in &project.files {
            page.push_str(&format!(
                "<a href=\"/files/{}#sha256={}\"",
                file.name, file.sha256
            ));
            if let Some(python) = &file.requires_python {
                let python = python.replace('<', "&lt;").replace('>', "&gt;");
                page.push_str(&format!(" data-requires-python=\"{python}\""));
            }
            if let Some(reason) = &file.yanked {
                page.push_str(&format!(" data-yanked=\"{reason}\""));
            }
            if file.core_metadata && file.metadata.is_some() {
                page.push_str(" data-core-metadata=\"true\"");
            }
            page.push_str(&format!(">{}</a><br>\n", file.name));
        }
        for (name, url) in &project.entries {
            page.push_str(&format!("<a href=\"{url}\">{name}</a><br>\n"));
        }
        page.push_str("</body></html>\n");
        page
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Asked>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut words = first.split_whitespace();
    let method = words.next().unwrap_or_default().to_owned();
    let path = words.next().unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    Ok(Some(Asked {
        method,
        path,
        headers,
    }))
}

fn respond(
    out: &mut TcpStream,
    status: u16,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} .\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut all = head.into_bytes();
    all.extend_from_slice(body);
    out.write_all(&all)
}

fn parse_range(text: &str, length: usize) -> Option<(usize, usize)> {
    let (start, end) = text.strip_prefix("bytes=")?.split_once('-')?;
    if start.is_empty() {
        let tail: usize = end.parse().ok()?;
        return Some((length.saturating_sub(tail), length));
    }
    let start: usize = start.parse().ok()?;
    let end = if end.is_empty() {
        length
    } else {
        end.parse::<usize>().ok()? + 1
    };
    (start < length).then_some((start, end.min(length)))
}
