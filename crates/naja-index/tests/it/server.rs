//! A loopback HTTP/1.1 server that does as it is told, badly if so told, and keeps a log.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query; the whole URL for proxies.
    pub(crate) target: String,
    headers: BTreeMap<String, String>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// An answer, and how it is spoiled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Close the connection after so many bytes of the body.
    cut: Option<usize>,
    /// Wait before answering.
    wait: Duration,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            body: body.into(),
            ..Self::default()
        }
    }

    pub(crate) fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::ok(body).header("content-type", "application/vnd.pypi.simple.v1+json")
    }

    pub(crate) fn html(body: impl Into<Vec<u8>>) -> Self {
        Self::ok(body).header("content-type", "text/html; charset=utf-8")
    }

    pub(crate) fn redirect(to: &str) -> Self {
        Self::status(302).header("location", to)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn cut(mut self, after: usize) -> Self {
        self.cut = Some(after);
        self
    }

    pub(crate) fn wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }
}

type Handler = Box<dyn FnMut(&Asked) -> Answer + Send>;

struct Shared {
    handlers: Mutex<BTreeMap<String, Handler>>,
    log: Mutex<Vec<Asked>>,
    stop: AtomicBool,
}

/// The server; it ends when dropped.
pub(crate) struct Server {
    port: u16,
    shared: Arc<Shared>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            handlers: Mutex::default(),
            log: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let inner = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if inner.stop.load(Ordering::SeqCst) {
                    return;
                }
                let inner = Arc::clone(&inner);
                thread::spawn(move || inner.speak(stream));
            }
        });
        Self { port, shared }
    }

    /// `http://127.0.0.1:port` and a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The same with credentials.
    pub(crate) fn url_as(&self, login: &str, path: &str) -> String {
        format!("http://{login}@127.0.0.1:{}{path}", self.port)
    }

    /// Answers a path (without query) by a function.
    pub(crate) fn on(&self, path: &str, handler: impl FnMut(&Asked) -> Answer + Send + 'static) {
        self.shared
            .handlers
            .lock()
            .unwrap()
            .insert(path.to_owned(), Box::new(handler));
    }

    /// Answers a path always alike.
    pub(crate) fn always(&self, path: &str, answer: Answer) {
        self.on(path, move |_| answer.clone());
    }

    /// Answers a path with these in turn, then with the last for ever.
    pub(crate) fn turns(&self, path: &str, answers: Vec<Answer>) {
        let mut left = answers.into_iter().peekable();
        self.on(path, move |_| {
            let answer = left.peek().cloned().unwrap();
            left.next();
            if left.peek().is_none() {
                left = vec![answer.clone()].into_iter().peekable();
            }
            answer
        });
    }

    /// Serves a file with byte ranges.
    pub(crate) fn file(&self, path: &str, body: Vec<u8>, etag: &str) {
        let etag = etag.to_owned();
        self.on(path, move |asked| ranged(&body, &etag, asked));
    }

    /// The requests so far, except those that only warm up.
    pub(crate) fn log(&self) -> Vec<Asked> {
        self.shared.log.lock().unwrap().clone()
    }

    /// How often a path (without query) was asked for.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.log()
            .iter()
            .filter(|asked| asked.target.split('?').next() == Some(path))
            .count()
    }
}

/// Answers with a file or the part of it that is asked for.
pub(crate) fn ranged(body: &[u8], etag: &str, asked: &Asked) -> Answer {
    let plain = |body: &[u8]| {
        Answer::ok(body)
            .header("etag", etag)
            .header("accept-ranges", "bytes")
    };
    let current = asked.header("if-range").is_none_or(|tag| tag == etag);
    let Some(range) = asked.header("range").filter(|_| current) else {
        return plain(body);
    };
    let (first, last) = range
        .strip_prefix("bytes=")
        .unwrap()
        .split_once('-')
        .unwrap();
    let length = body.len();
    let (start, end) = match (first.parse::<usize>(), last.parse::<usize>()) {
        (Ok(start), Ok(last)) => (start, (last + 1).min(length)),
        (Ok(start), Err(_)) => (start, length),
        (Err(_), Ok(count)) => (length.saturating_sub(count), length),
        _ => return Answer::status(400),
    };
    if start >= end {
        return Answer::status(416);
    }
    let mut answer = plain(&body[start..end]);
    answer.status = 206;
    answer.header(
        "content-range",
        &format!("bytes {start}-{}/{length}", end - 1),
    )
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

impl Shared {
    fn speak(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some(asked) = read_request(&mut reader) {
            self.log.lock().unwrap().push(asked.clone());
            let path = asked.target.split('?').next().unwrap_or_default();
            let answer = match self.handlers.lock().unwrap().get_mut(path) {
                Some(handler) => handler(&asked),
                None => Answer::status(404),
            };
            thread::sleep(answer.wait);
            if !write_answer(reader.get_mut(), &asked, &answer) {
                return;
            }
        }
    }
}

pub(crate) fn read_request(reader: &mut impl BufRead) -> Option<Asked> {
    let mut line = String::new();
    reader
        .read_line(&mut line)
        .ok()
        .filter(|count| *count > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    if let Some(length) = headers
        .get("content-length")
        .and_then(|text| text.parse().ok())
    {
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
    }
    Some(Asked {
        method,
        target,
        headers,
    })
}

/// Writes an answer; false if the connection is over.
pub(crate) fn write_answer(stream: &mut impl Ending, asked: &Asked, answer: &Answer) -> bool {
    let mut head = format!("HTTP/1.1 {} Word\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if answer.status != 304 {
        head.push_str(&format!("content-length: {}\r\n", answer.body.len()));
    }
    head.push_str("\r\n");
    let body: &[u8] = if asked.method == "HEAD" {
        &[]
    } else {
        &answer.body
    };
    let sent = answer.cut.unwrap_or(body.len()).min(body.len());
    let written = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(&body[..sent]))
        .and_then(|()| stream.flush());
    if answer.cut.is_some() || written.is_err() {
        stream.end();
        return false;
    }
    true
}

/// A stream that can be ended at once.
pub(crate) trait Ending: Write {
    fn end(&mut self);
}

impl Ending for TcpStream {
    fn end(&mut self) {
        drop(self.shutdown(Shutdown::Both));
    }
}
