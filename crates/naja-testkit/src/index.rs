use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use crate::wheel::{Wheel, sha256_hex};

/// One file of a project, as the index serves it.
#[derive(Clone, Debug)]
struct ServedFile {
    name: String,
    body: Arc<Vec<u8>>,
    metadata: Option<String>,
    requires_python: Option<String>,
    yanked: Option<String>,
    upload_time: String,
    core_metadata: bool,
    sha256: String,
}

/// A project of the index under construction.
#[derive(Clone, Debug, Default)]
pub struct Project {
    files: Vec<ServedFile>,
    entries: Vec<(String, String)>,
}

/// What the server does wrong for a path, a given number of times.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Answers with this status and no body.
    Status(u16),
    /// Closes the connection in the middle of the body.
    Truncate,
}

/// Collects what an [`Index`] shall serve.
#[derive(Clone, Debug, Default)]
pub struct IndexBuilder {
    projects: BTreeMap<String, Project>,
    html: bool,
    basic: Option<String>,
    no_range: bool,
    faults: Vec<(String, Fault, usize)>,
}

impl IndexBuilder {
    /// Adds a wheel, uploaded at the beginning of 2024.
    #[must_use]
    pub fn wheel(self, wheel: &Wheel) -> Self {
        self.wheel_at(wheel, "2024-01-01T00:00:00Z")
    }

    /// Adds a wheel with its time of upload (RFC 3339).
    #[must_use]
    pub fn wheel_at(mut self, wheel: &Wheel, upload_time: &str) -> Self {
        let body = wheel.build();
        let file = ServedFile {
            name: wheel.file_name(),
            sha256: sha256_hex(&body),
            body: Arc::new(body),
            metadata: Some(wheel.metadata()),
            requires_python: wheel.python_constraint().map(str::to_owned),
            yanked: None,
            upload_time: upload_time.to_owned(),
            core_metadata: true,
        };
        self.project(wheel.name()).files.push(file);
        self
    }

    /// Adds a yanked wheel with its reason.
    #[must_use]
    pub fn yanked(mut self, wheel: &Wheel, reason: &str) -> Self {
        let name = wheel.name().to_owned();
        self = self.wheel(wheel);
        if let Some(file) = self.project(&name).files.last_mut() {
            file.yanked = Some(reason.to_owned());
        }
        self
    }

    /// Adds any file, for example a source distribution.
    #[must_use]
    pub fn file(mut self, project: &str, file_name: &str, body: Vec<u8>) -> Self {
        let file = ServedFile {
            name: file_name.to_owned(),
            sha256: sha256_hex(&body),
            body: Arc::new(body),
            metadata: None,
            requires_python: None,
            yanked: None,
            upload_time: "2024-01-01T00:00:00Z".to_owned(),
            core_metadata: false,
        };
        self.project(project).files.push(file);
        self
    }

    /// Serves metadata beside the last file of a project (PEP 658).
    ///
    /// # Panics
    /// If the project has no file.
    #[must_use]
    pub fn metadata_beside(mut self, project: &str, metadata: &str) -> Self {
        let file = self.project(project).files.last_mut();
        let file = file.expect("the project has a file");
        file.metadata = Some(metadata.to_owned());
        file.core_metadata = true;
        self
    }

    /// Lists an entry that has no file behind it, with an address of its own.
    #[must_use]
    pub fn entry(mut self, project: &str, file_name: &str, url: &str) -> Self {
        let entry = (file_name.to_owned(), url.to_owned());
        self.project(project).entries.push(entry);
        self
    }

    /// Serves HTML pages (PEP 503) instead of JSON.
    #[must_use]
    pub fn html(mut self) -> Self {
        self.html = true;
        self
    }

    /// Does not announce metadata files and does not have them.
    #[must_use]
    pub fn without_core_metadata(mut self) -> Self {
        for project in self.projects.values_mut() {
            for file in &mut project.files {
                file.core_metadata = false;
                file.metadata = None;
            }
        }
        self
    }

    /// Does not answer range requests.
    #[must_use]
    pub fn without_ranges(mut self) -> Self {
        self.no_range = true;
        self
    }

    /// Asks for basic authentication, `user:password`.
    #[must_use]
    pub fn basic_auth(mut self, credentials: &str) -> Self {
        self.basic = Some(base64(credentials.as_bytes()));
        self
    }

    /// Misbehaves for paths that contain `path`, the next `times` times.
    #[must_use]
    pub fn fault(mut self, path: &str, fault: Fault, times: usize) -> Self {
        self.faults.push((path.to_owned(), fault, times));
        self
    }

    /// The fixture that the acceptance checks of the feature table assume.
    #[must_use]
    pub fn harry() -> Self {
        Self::default()
            .wheel_at(&Wheel::new("harry", "1.0"), "2023-01-01T00:00:00Z")
            .yanked(&Wheel::new("harry", "2.0"), "bad")
            .wheel_at(&Wheel::new("harry", "3.0"), "2024-01-01T00:00:00Z")
            .wheel_at(&Wheel::new("harry", "4.0rc1"), "2024-06-01T00:00:00Z")
            .wheel(&Wheel::new("sirius", "1.0").requires("harry<2"))
            .wheel(&Wheel::new("sirius", "2.0").requires("harry>=3"))
            .wheel(&Wheel::new("remus", "1.0").extra("moon", "harry"))
            .wheel(&Wheel::new("hedwig", "1.0").printing_script())
            .wheel(&Wheel::new("hedwig", "2.0").printing_script())
            .file(
                "wand",
                "wand-1.0.tar.gz",
                b"not built in these tests".to_vec(),
            )
            .wheel(&Wheel::new("dobby", "1.0").tag("py3-none-win_amd64"))
            .wheel(&Wheel::new("draco", "1.0").requires("harry==1"))
            .wheel(&Wheel::new("ginny", "1.0").requires("harry==3"))
    }

    /// Starts to serve on a free port of the loopback address.
    ///
    /// # Panics
    /// If no port can be had.
    #[must_use]
    pub fn serve(self) -> Index {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let shared = Arc::new(Shared {
            base: format!("http://{address}"),
            log: Mutex::new(Vec::new()),
            stop: AtomicBool::new(false),
            faults: Mutex::new(self.faults.clone()),
            content: self,
        });
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if for_thread.stop.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&for_thread);
                std::thread::spawn(move || {
                    // A client that goes away is not this server's concern.
                    let _gone = shared.connection(stream);
                });
            }
        });
        Index {
            shared,
            thread: Some(thread),
            address: address.to_string(),
        }
    }

    fn project(&mut self, name: &str) -> &mut Project {
        self.projects.entry(normalise(name)).or_default()
    }
}

/// A simple index on loopback; stops when dropped.
#[derive(Debug)]
pub struct Index {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    address: String,
}

impl Index {
    /// The address of the simple API, with its slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/simple/", self.address)
    }

    /// The same with credentials in it.
    #[must_use]
    pub fn url_with(&self, credentials: &str) -> String {
        format!("http://{credentials}@{}/simple/", self.address)
    }

    /// The address of a file.
    #[must_use]
    pub fn file_url(&self, file_name: &str) -> String {
        format!("http://{}/files/{file_name}", self.address)
    }

    /// `METHOD path` of each request so far, in order.
    ///
    /// # Panics
    /// If a server thread died while it wrote the log.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.shared.log.lock().expect("the log is whole").clone()
    }

    /// How many requests had `part` in their path.
    #[must_use]
    pub fn count(&self, part: &str) -> usize {
        self.requests()
            .iter()
            .filter(|line| line.contains(part))
            .count()
    }

    /// Forgets the requests so far.
    ///
    /// # Panics
    /// If a server thread died while it wrote the log.
    pub fn forget(&self) {
        self.shared.log.lock().expect("the log is whole").clear();
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // Wakes the listener up, so that it sees the flag.
        let _woken = TcpStream::connect(&self.address);
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

#[derive(Debug)]
struct Shared {
    base: String,
    log: Mutex<Vec<String>>,
    stop: AtomicBool,
    faults: Mutex<Vec<(String, Fault, usize)>>,
    content: IndexBuilder,
}

struct Asked {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
}

impl Shared {
    fn connection(&self, stream: TcpStream) -> std::io::Result<()> {
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

fn normalise(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .fold(0u32, |group, byte| (group << 8) | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            if place > chunk.len() {
                text.push('=');
            } else {
                let index = (group >> (18 - 6 * place)) & 63;
                text.push(char::from(ALPHABET[index as usize]));
            }
        }
    }
    text
}
