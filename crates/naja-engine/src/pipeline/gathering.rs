//! Archives on their way into the store, several at a time.

use naja_index::{Answer, FetchError, Reply, Request, Ticket};
use naja_store::Archive;
use rustc_hash::FxHashMap;

use super::building::archive_of;
use super::{Arrived, Pipeline, Preparation};
use crate::build::{Asked, BuildTicket};
use crate::diagnose;
use crate::event::{Event, Sink};
use crate::failure::Failure;

impl Pipeline {
    /// Brings archives into the store, several at a time, in the given order.
    ///
    /// # Errors
    /// The first download, build or archive that fails, an interruption.
    pub(crate) fn archives(
        &mut self,
        wanted: Vec<Preparation>,
        sink: &mut dyn Sink,
    ) -> Result<Vec<Archive>, Failure> {
        let mut gathering = Gathering::new(&wanted);
        self.begin_all(wanted, &mut gathering)?;
        while !gathering.is_done() {
            match self.receive()? {
                Arrived::Reply(Reply::Progress {
                    ticket,
                    bytes_done,
                    bytes_total,
                }) => {
                    gathering.advance(ticket, bytes_done, bytes_total);
                }
                Arrived::Reply(Reply::Done { ticket, result }) => {
                    if !gathering.take(ticket, result)? {
                        continue;
                    }
                }
                Arrived::Built(ticket, result) => {
                    if let Some(place) = gathering.building.remove(&ticket) {
                        self.tell(sink);
                        gathering.put(place, archive_of(result?)?);
                        gathering.files_done += 1;
                    }
                }
                Arrived::Event => self.tell(sink),
            }
            sink.event(&gathering.event());
        }
        Ok(gathering.archives.into_iter().flatten().collect())
    }

    /// Takes what is kept, and asks for the rest.
    fn begin_all(
        &mut self,
        wanted: Vec<Preparation>,
        gathering: &mut Gathering,
    ) -> Result<(), Failure> {
        let (mut requests, mut sources) = (Vec::new(), Vec::new());
        for (place, preparation) in wanted.into_iter().enumerate() {
            match preparation {
                Preparation::Fetch(request) => requests.push((place, Request::Wheel(request))),
                Preparation::Build(source) => sources.push((place, source)),
            }
        }
        self.begin_fetching(requests, gathering);
        for (place, source) in sources {
            match self.begin_wheel(source)? {
                Asked::Ready(built) => gathering.put(place, archive_of(built)?),
                Asked::Started(ticket) => {
                    gathering.building.insert(ticket, place);
                    self.fetched += 1;
                }
            }
        }
        gathering.files_done = gathering.archives.iter().flatten().count();
        Ok(())
    }

    fn begin_fetching(&mut self, wanted: Vec<(usize, Request)>, gathering: &mut Gathering) {
        let (places, requests): (Vec<_>, Vec<_>) = wanted.into_iter().unzip();
        let kept = self.fetcher.cached_all(&requests);
        for ((place, request), kept) in places.into_iter().zip(requests).zip(kept) {
            if let Some(Answer::Wheel(archive)) = kept {
                gathering.put(place, archive);
                continue;
            }
            let ticket = self.fetcher.submit(request);
            gathering.fetching.entry(ticket).or_default().push(place);
            self.fetched += 1;
        }
    }
}

/// Archives by their places, and how far those are that are not there.
struct Gathering {
    archives: Vec<Option<Archive>>,
    fetching: FxHashMap<Ticket, Vec<usize>>,
    building: FxHashMap<BuildTicket, usize>,
    files_done: usize,
    bytes_announced: u64,
    bytes: FxHashMap<Ticket, (u64, Option<u64>)>,
}

impl Gathering {
    fn new(wanted: &[Preparation]) -> Self {
        let sizes = wanted.iter().filter_map(|preparation| match preparation {
            Preparation::Fetch(request) => request.size,
            Preparation::Build(_) => None,
        });
        Self {
            archives: vec![None; wanted.len()],
            fetching: FxHashMap::default(),
            building: FxHashMap::default(),
            files_done: 0,
            bytes_announced: sizes.sum(),
            bytes: FxHashMap::default(),
        }
    }

    fn is_done(&self) -> bool {
        self.fetching.is_empty() && self.building.is_empty()
    }

    fn put(&mut self, place: usize, archive: Archive) {
        self.archives[place] = Some(archive);
    }

    fn advance(&mut self, ticket: Ticket, done: u64, total: Option<u64>) {
        self.bytes.insert(ticket, (done, total));
    }

    /// Takes an answer; false if it is to another question.
    fn take(
        &mut self,
        ticket: Ticket,
        result: Result<Answer, FetchError>,
    ) -> Result<bool, Failure> {
        let Some(places) = self.fetching.remove(&ticket) else {
            return Ok(false);
        };
        let archive = match result {
            Ok(Answer::Wheel(archive)) => archive,
            Ok(_) => return Err(diagnose::unexpected("a wheel")),
            Err(error) => return Err(diagnose::fetch(&error)),
        };
        for place in places {
            self.put(place, archive.clone());
        }
        self.files_done += 1;
        Ok(true)
    }

    fn event(&self) -> Event {
        let bytes = self.bytes.values().map(|(done, _)| done).sum();
        let seen: u64 = self.bytes.values().filter_map(|(_, total)| *total).sum();
        Event::Fetching {
            files: self.files_done,
            files_total: self.archives.len(),
            bytes,
            bytes_total: self.bytes_announced.max(seen),
        }
    }
}
