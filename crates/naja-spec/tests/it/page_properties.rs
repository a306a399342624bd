//! Properties of pages: what goes in comes out, both forms agree, damage does not panic.

use std::sync::Arc;

use naja_spec::{Page, PageBuilder, Version};
use proptest::prelude::*;

use crate::page_entries::{Owned, entry};
use crate::pages::{base, html, json, name};

fn record(entries: &[Owned]) -> Vec<u8> {
    let mut builder = PageBuilder::new(&name(), &base());
    for entry in entries {
        assert!(builder.push(&entry.entry()), "{entry:?}");
    }
    builder.finish().unwrap()
}

/// Calls every accessor, to see that none panics, and counts what they return.
fn touch(page: &Page) -> usize {
    let mut seen = format!("{page:?} {:?} {:?}", page.status(), page.status_reason()).len();
    seen += page.tracks().count() + page.alternate_locations().count() + page.dropped();
    for i in 0..page.versions().min(64) + 2 {
        seen += page.version_text(i).len() + page.version(i).to_string().len();
        seen += usize::from(page.is_yanked(i)) + usize::from(page.is_prerelease(i));
        seen += usize::from(page.has_wheel(i)) + usize::from(page.has_sdist(i));
        seen += page
            .files(i)
            .take(64)
            .map(|file| file.file_name().len())
            .sum::<usize>();
    }
    seen += usize::from(page.find(&Version::parse("1.1").unwrap()).is_some());
    for file in page.all_files().take(64) {
        seen += file.url().len() + file.metadata_url().len() + file.digests().len();
        seen += format!("{file:?} {:?} {:?}", file.requires_python(), file.yanked()).len();
        seen += format!("{:?} {:?}", file.core_metadata(), file.provenance()).len();
        seen += file.size().unwrap_or_default() as usize & 1;
        seen += usize::from(file.wheel_tags().is_some()) + usize::from(file.safe_url().is_ok());
        seen += usize::from(file.upload_time().is_some());
        seen += page
            .requires_python(file.requires_python_key())
            .map_or(0, str::len);
    }
    seen
}

proptest! {
    #[test]
    fn entries_come_back(entries in prop::collection::vec(entry(), 0..24)) {
        let page = Page::from_record(record(&entries)).unwrap();
        let mut wanted: Vec<(Version, &Owned)> =
            entries.iter().map(|e| (Version::parse(&e.version).unwrap(), e)).collect();
        wanted.sort_by(|(a, _), (b, _)| a.cmp(b));
        prop_assert_eq!(page.file_count(), entries.len());
        let mut wanted = wanted.into_iter();
        for i in 0..page.versions() {
            let version = page.version(i);
            prop_assert!(page.files(i).len() > 0);
            prop_assert!(i == 0 || page.version(i - 1) < version);
            prop_assert_eq!(page.find(&version), Some(i));
            let mut yanked = true;
            for file in page.files(i) {
                let (expected, entry) = wanted.next().unwrap();
                prop_assert_eq!(&expected, &version);
                entry.matches(&file);
                yanked &= entry.yanked.is_some();
            }
            prop_assert_eq!(page.is_yanked(i), yanked);
            prop_assert_eq!(page.is_prerelease(i), version.is_prerelease());
            prop_assert_eq!(page.has_wheel(i), page.files(i).any(|file| file.is_wheel()));
            prop_assert_eq!(page.has_sdist(i), page.files(i).any(|file| !file.is_wheel()));
        }
        prop_assert!(wanted.next().is_none());
    }

    #[test]
    fn both_forms_say_the_same(entries in prop::collection::vec(entry(), 0..12)) {
        let files: Vec<String> = entries.iter().map(Owned::json).collect();
        let body = format!(
            r#"{{"meta":{{"api-version":"1.1"}},"files":[{}]}}"#,
            files.join(",\n")
        );
        let from_json = json(&body).unwrap();
        let body: String = entries.iter().map(Owned::html).collect();
        let from_html = html(&format!("<html><body>{body}</body></html>")).unwrap();
        prop_assert_eq!(from_json.versions(), from_html.versions());
        prop_assert_eq!(from_json.file_count(), entries.len());
        prop_assert_eq!(from_html.file_count(), entries.len());
        for (a, b) in from_json.all_files().zip(from_html.all_files()) {
            prop_assert_eq!(a.file_name(), b.file_name());
            prop_assert_eq!(a.url(), b.url());
            prop_assert_eq!(a.sha256(), b.sha256());
            prop_assert_eq!(a.digests().first().cloned(), b.digests().first().cloned());
            prop_assert_eq!(a.requires_python(), b.requires_python());
            prop_assert_eq!(a.yanked(), b.yanked());
            prop_assert_eq!(a.core_metadata(), b.core_metadata());
            prop_assert_eq!(a.provenance(), b.provenance());
        }
    }

    #[test]
    fn damaged_records_do_not_panic(
        entries in prop::collection::vec(entry(), 1..6),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = record(&entries);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(page) = Page::open(Arc::new(bytes)) {
            touch(&page);
        }
    }

    #[test]
    fn any_bytes_behind_a_fitting_header_do_not_panic(
        noise in prop::collection::vec(any::<u8>(), 0..400),
        versions in 0..4_u32, files in 0..4_u32, strings in 0..4_u32,
    ) {
        let mut bytes = record(&[]);
        bytes.truncate(64);
        let tables = (versions as usize + 1) * 12 + files as usize * 46 + strings as usize * 8;
        let pool = noise.len().saturating_sub(tables);
        bytes.extend(noise.iter().copied().chain(std::iter::repeat(7)).take(pool + tables));
        for (at, number) in [(12, pool as u32), (16, versions), (20, files), (24, strings)] {
            bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
        }
        touch(&Page::open(Arc::new(bytes)).unwrap());
    }

    #[test]
    fn any_markup_is_read(body in "(<|>|a|A|base|meta|!--|--|/|script| href|=|\"|'|&amp;|&|#|foo_bar-1.zip|é| ){0,40}") {
        touch(&html(&body).unwrap());
    }

    #[test]
    fn any_json_is_read_or_refused(body in "[\\[\\]{}:,\"a-z0-9\\\\ ]{0,40}") {
        let body = format!(r#"{{"files":[{{"filename":"foo_bar-1.zip","url":"a",{body}"#);
        let _ = json(&body);
    }
}
