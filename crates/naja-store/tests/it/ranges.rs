//! METADATA out of an archive that is read in ranges.

use naja_spec::WheelName;
use naja_store::zip::{RemoteDirectory, Tail, ZipError, read_member};
use naja_store::{remote_metadata, wheel_metadata};

use super::raw::{Archive, Entry, Zip64};
use super::wheel::{FILE, METADATA, Wheel};

/// What a client would do, beginning with the last `first` bytes; returns METADATA and how many
/// ranges it asked for.
fn fetch(bytes: &[u8], first: usize) -> Result<(Vec<u8>, usize), String> {
    fetch_of(bytes, &WheelName::parse(FILE).unwrap(), first)
}

/// The same for a wheel of any name.
pub(crate) fn fetch_of(
    bytes: &[u8],
    name: &WheelName,
    first: usize,
) -> Result<(Vec<u8>, usize), String> {
    let total = bytes.len() as u64;
    let mut from = bytes.len().saturating_sub(first);
    for asked in 1..4 {
        match RemoteDirectory::from_tail(&bytes[from..], total).map_err(|e| e.to_string())? {
            Tail::Needs { from: earlier } => {
                assert!(earlier < from as u64);
                from = usize::try_from(earlier).unwrap();
            }
            Tail::Complete(directory) => {
                let member = remote_metadata(&directory, name).map_err(|e| format!("{e:?}"))?;
                let range = member.range();
                let range =
                    usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
                let contents = member.extract(&bytes[range]).map_err(|e| e.to_string())?;
                return Ok((contents, asked + 1));
            }
        }
    }
    panic!("asked for ever earlier ranges");
}

#[test]
fn any_first_guess_leads_to_the_metadata() {
    let mut wheel = Wheel::new();
    for n in 0..200 {
        wheel.set(&format!("foo/module_{n}.py"), format!("n = {n}").as_bytes());
    }
    let plain = wheel.bytes();
    let mut wide = Archive::of(wheel.entries());
    wide.zip64 = Some(Zip64 {
        marks: true,
        ..Zip64::default()
    });
    wide.comment = b"a comment of some length".to_vec();
    for bytes in [plain, wide.bytes()] {
        for first in [
            1,
            10,
            21,
            22,
            23,
            42,
            60,
            98,
            99,
            200,
            1000,
            20_000,
            bytes.len(),
        ] {
            let (metadata, asked) = fetch(&bytes, first).unwrap();
            assert_eq!(metadata, METADATA.as_bytes(), "first {first}");
            assert!(asked <= 4);
        }
        assert_eq!(fetch(&bytes, bytes.len()).unwrap().1, 2);
        let name = WheelName::parse(FILE).unwrap();
        assert_eq!(wheel_metadata(&bytes, &name).unwrap(), METADATA.as_bytes());
        let path = "foo-1.0.dist-info/METADATA";
        assert_eq!(read_member(&bytes, path).unwrap(), METADATA.as_bytes());
    }
}

#[test]
fn hostile_ranges_are_refused() {
    let mut archive = Archive::of(Wheel::new().entries());
    archive.entries[1].local.name = b"foo-1.0.dist-info/METADATb".to_vec();
    assert!(
        fetch(&archive.bytes(), 1000)
            .unwrap_err()
            .contains("different name")
    );

    let mut archive = Archive::of(Wheel::new().entries());
    archive.entries[1].local.crc ^= 1;
    assert!(
        fetch(&archive.bytes(), 1000)
            .unwrap_err()
            .contains("different checksum")
    );

    let mut archive = Archive::of(Wheel::new().entries());
    archive
        .entries
        .push(Entry::deflated("bar-1.0.dist-info/METADATA", b""));
    assert!(
        fetch(&archive.bytes(), 1000)
            .unwrap_err()
            .contains("SeveralDistInfo")
    );

    let mut archive = Archive::of(Wheel::new().entries());
    archive.after = b"x".to_vec();
    assert!(fetch(&archive.bytes(), 1000).is_err());

    let bytes = Wheel::new().bytes();
    // A server that lies about the length.
    assert!(RemoteDirectory::from_tail(&bytes, bytes.len() as u64 - 1).is_err());
    assert!(RemoteDirectory::from_tail(&bytes, bytes.len() as u64 + 1).is_err());
    // Or that sends other bytes than asked for.
    let Tail::Complete(directory) = RemoteDirectory::from_tail(&bytes, bytes.len() as u64).unwrap()
    else {
        panic!()
    };
    let member = directory.member("foo-1.0.dist-info/METADATA").unwrap();
    assert_eq!(member.name(), "foo-1.0.dist-info/METADATA");
    for bytes in [&b""[..], b"short", &bytes[..100], &bytes] {
        assert!(member.extract(bytes).is_err());
    }
    assert!(matches!(directory.member("x"), Err(ZipError::NoMember(_))));
}
