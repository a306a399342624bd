//! Whole files: received into a temporary file, resumed when broken off.

use std::io::Write as _;
use std::time::{Duration, Instant};

use naja_spec::SafeUrl;
use naja_store::{StoreError, TempFile};
use reqwest::header::{ACCEPT_ENCODING, HeaderMap, IF_RANGE, RANGE};

use crate::error::{FetchError, FileFault};
use crate::freshness::{Stamp, Validators};
use crate::http::{Failure, Incoming, Reader, put, put_conditions};
use crate::net::Net;
use crate::ranges::content_range;
use crate::request::{Reply, Ticket};

/// Bytes are written in pieces of about this size.
const PIECE: usize = 128 << 10;
/// A file of unknown size may not be longer than this (bytes).
const MAX_FILE: u64 = 16 << 30;
/// Word of progress is sent at most this often.
const PROGRESS: Duration = Duration::from_millis(100);

/// What a download brought.
pub(crate) enum Received {
    /// The whole file.
    File(ReceivedFile),
    /// The server confirmed the earlier one.
    Unchanged(Validators),
}

/// A file that was received whole.
pub(crate) struct ReceivedFile {
    pub(crate) file: TempFile,
    pub(crate) validators: Validators,
    /// Put together from several answers.
    pub(crate) resumed: bool,
}

impl ReceivedFile {
    /// The length in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.file.len()
    }
}

/// Receives one file over any number of attempts.
pub(crate) struct Download<'a> {
    net: &'a Net,
    ticket: Ticket,
    size: Option<u64>,
    conditions: Option<&'a Stamp>,
    partial: Option<Partial>,
    last_word: Instant,
}

struct Partial {
    file: TempFile,
    validators: Validators,
    resumed: bool,
}

impl<'a> Download<'a> {
    pub(crate) fn new(
        net: &'a Net,
        ticket: Ticket,
        size: Option<u64>,
        conditions: Option<&'a Stamp>,
    ) -> Self {
        Self {
            net,
            ticket,
            size,
            conditions,
            partial: None,
            last_word: Instant::now(),
        }
    }

    /// Takes in the body of a 200 (whole) or 206 (rest) answer.
    pub(crate) async fn take_in(
        &mut self,
        mut incoming: Incoming<'_>,
    ) -> Result<ReceivedFile, Failure> {
        let url = incoming.url.clone();
        let mut partial = self.begin(&incoming)?;
        let start = partial.file.len();
        let total = incoming.length().map(|length| start + length).or(self.size);
        let mut piece = Vec::new();
        let outcome = loop {
            match incoming.chunk().await {
                Err(failure) => break Err(failure),
                Ok(None) => break Ok(()),
                Ok(Some(chunk)) => {
                    let done = partial.file.len() + (piece.len() + chunk.len()) as u64;
                    self.check_length(&url, done)?;
                    if piece.len() + chunk.len() < PIECE {
                        piece.extend_from_slice(&chunk);
                        continue;
                    }
                    write(&mut partial.file, &piece, &url)?;
                    piece.clear();
                    // Without a detour.
                    write(&mut partial.file, &chunk, &url)?;
                    self.progress(done, total);
                }
            }
        };
        write(&mut partial.file, &piece, &url)?;
        if let Err(failure) = outcome {
            self.partial = Some(partial);
            return Err(failure);
        }
        let found = partial.file.len();
        if let Some(expected) = self.size.filter(|size| *size != found) {
            return Err(FetchError::File {
                url,
                fault: FileFault::Size { expected, found },
            }
            .into());
        }
        let Partial {
            file,
            validators,
            resumed,
        } = partial;
        Ok(ReceivedFile {
            file,
            validators,
            resumed,
        })
    }

    /// Finds the file to go on with, or a new one.
    fn begin(&mut self, incoming: &Incoming<'_>) -> Result<Partial, Failure> {
        let earlier = self.partial.take();
        if incoming.status() == 206 {
            let start = content_range(incoming.header("content-range")).map(|range| range.start);
            return match earlier {
                Some(mut partial) if start == Some(partial.file.len()) => {
                    partial.resumed = true;
                    Ok(partial)
                }
                // Not what was asked for: the next attempt begins anew.
                _ => Err(Failure::body(
                    "the server sent another range than asked for",
                )),
            };
        }
        let validators = incoming.validators();
        let store = |source| FetchError::Store {
            url: incoming.url.clone(),
            source,
        };
        let file = self.net.context.store.temp_file().map_err(store)?;
        Ok(Partial {
            file,
            validators,
            resumed: false,
        })
    }

    fn check_length(&self, url: &SafeUrl, found: u64) -> Result<(), FetchError> {
        let expected = self.size.unwrap_or(MAX_FILE);
        if found > expected {
            let (url, fault) = (url.clone(), FileFault::Size { expected, found });
            return Err(FetchError::File { url, fault });
        }
        Ok(())
    }

    fn progress(&mut self, bytes_done: u64, bytes_total: Option<u64>) {
        if self.last_word.elapsed() >= PROGRESS {
            self.last_word = Instant::now();
            let ticket = self.ticket;
            self.net.context.progress(Reply::Progress {
                ticket,
                bytes_done,
                bytes_total,
            });
        }
    }
}

fn write(file: &mut TempFile, piece: &[u8], url: &SafeUrl) -> Result<(), FetchError> {
    file.write_all(piece).map_err(|source| {
        let path = file.path().to_owned();
        let source = StoreError::Io {
            action: "write",
            path,
            source,
        };
        FetchError::Store {
            url: url.clone(),
            source,
        }
    })
}

impl Reader for Download<'_> {
    const LIGHT: bool = false;
    type Out = Received;

    fn headers(&mut self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        put(&mut headers, ACCEPT_ENCODING, "identity");
        match &self.partial {
            Some(partial) if !partial.file.is_empty() => {
                put(
                    &mut headers,
                    RANGE,
                    &format!("bytes={}-", partial.file.len()),
                );
                if let Some(validator) = partial.validators.for_ranges() {
                    put(&mut headers, IF_RANGE, validator);
                }
            }
            _ => {
                self.partial = None;
                put_conditions(&mut headers, self.conditions);
            }
        }
        headers
    }

    async fn read(&mut self, incoming: Incoming<'_>) -> Result<Received, Failure> {
        match incoming.status() {
            200 | 203 | 206 => self.take_in(incoming).await.map(Received::File),
            304 if self.conditions.is_some() => Ok(Received::Unchanged(incoming.validators())),
            416 if self.partial.take().is_some() => Err(Failure::body(
                "the server cannot continue where the answer broke off",
            )),
            _ => Err(incoming.unexpected()),
        }
    }
}

impl Download<'_> {
    /// Takes in a whole file, whatever was received before.
    pub(crate) async fn take_in_anew(
        &mut self,
        incoming: Incoming<'_>,
    ) -> Result<ReceivedFile, Failure> {
        self.partial = None;
        let received = self.take_in(incoming).await;
        self.partial = None;
        received
    }
}
