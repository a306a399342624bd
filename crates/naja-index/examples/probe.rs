//! Fetches pages and the newest wheel's metadata of the packages named, and prints how long each
//! flight took. For measuring by hand: `probe CACHE NAME...`, against the built-in index.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a measuring tool")]

use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use naja_index::{
    Answer, Fetcher, Index, IndexConfig, IndexId, MetadataRequest, Origin, PageRequest, Reply,
    Request, WheelRequest,
};
use naja_spec::{PackageName, SafeUrl, WheelName};
use naja_store::Store;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let cache = arguments.next().unwrap();
    let names: Vec<String> = arguments.collect();
    let index = std::env::var("PROBE_INDEX")
        .ok()
        .or_else(|| naja_index::built_in_default_index().map(str::to_owned));
    let config = IndexConfig {
        indexes: vec![Index::new(SafeUrl::parse(&index.unwrap()).unwrap())],
        ..IndexConfig::default()
    };
    let (sender, inbox) = channel::<Reply>();
    let store = Store::open(cache.as_ref()).unwrap();
    let begun = Instant::now();
    let mut fetcher = Fetcher::new(config, store, sender);
    let requests = names
        .iter()
        .map(|name| Request::Page(PageRequest::new(PackageName::parse(name).unwrap())));
    let pages = flight(&mut fetcher, &inbox, requests.collect());
    println!("pages: {:?}, {:?}", begun.elapsed(), fetcher.stats());
    let (mut metadata, mut wheels) = (Vec::new(), Vec::new());
    for answer in &pages {
        let Answer::Page(pages) = answer else {
            continue;
        };
        let Some((_, page)) = pages.hits.first() else {
            continue;
        };
        let newest = (0..page.versions()).rev().find(|i| page.has_wheel(*i));
        let Some(file) = newest.and_then(|i| page.files(i).find(naja_spec::FileRef::is_wheel))
        else {
            continue;
        };
        let wheel = WheelName::parse(file.file_name()).unwrap();
        let url = file.safe_url().unwrap();
        let origin = Origin::Index(IndexId(0));
        metadata.push(Request::Metadata(MetadataRequest {
            wheel: wheel.clone(),
            url: url.clone(),
            origin,
            core_metadata: file.core_metadata(),
            sha256: file.sha256(),
            size: file.size(),
        }));
        let (digests, size) = (file.digests(), file.size());
        wheels.push(Request::Wheel(WheelRequest {
            wheel,
            url,
            origin,
            digests,
            size,
        }));
    }
    flight(&mut fetcher, &inbox, metadata);
    println!("metadata: {:?}, {:?}", begun.elapsed(), fetcher.stats());
    if std::env::var_os("PROBE_WHEELS").is_some() {
        flight(&mut fetcher, &inbox, wheels);
        println!("wheels: {:?}, {:?}", begun.elapsed(), fetcher.stats());
    }
    drop(fetcher);
    println!("end: {:?}", begun.elapsed());
}

fn flight(fetcher: &mut Fetcher, inbox: &Receiver<Reply>, requests: Vec<Request>) -> Vec<Answer> {
    let mut answers = Vec::new();
    let mut waiting = 0;
    for request in requests {
        match fetcher.cached(&request) {
            Some(answer) => answers.push(answer),
            None => {
                fetcher.submit(request);
                waiting += 1;
            }
        }
    }
    while waiting > 0 {
        match inbox.recv().unwrap() {
            Reply::Done {
                result: Ok(answer), ..
            } => answers.push(answer),
            Reply::Done {
                result: Err(error), ..
            } => println!("{error}: {error:?}"),
            Reply::Progress { .. } => continue,
        }
        waiting -= 1;
    }
    answers
}
