mod server;

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use self::server::Shared;
use crate::base64;
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
        self.basic = Some(base64::standard(credentials.as_bytes()));
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

fn normalise(name: &str) -> String {
    name.to_lowercase().replace(['_', '.'], "-")
}
