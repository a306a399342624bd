//! JSON pages (PEP 691), read entry by entry without a tree.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

use super::builder::{PageBuilder, PageEntry};
use super::page::PageError;
use super::status::{CoreMeta, ProjectStatus};
use super::time::parse_rfc3339;
use crate::digest::{Digest, Sha256};

/// Reads a page into the builder.
pub(super) fn read(body: &[u8], builder: &mut PageBuilder) -> Result<(), PageError> {
    let text = std::str::from_utf8(body).map_err(|_| PageError::Encoding)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut json = serde_json::Deserializer::from_str(text);
    let meta = PageSeed(builder).deserialize(&mut json)?;
    json.end()?;
    for url in meta.tracks.unwrap_or_default() {
        builder.push_tracks(&url);
    }
    match meta.api_version {
        Some(version) => builder.set_api_version(&version),
        None => Ok(()),
    }
}

/// Text, borrowed from the body unless it has escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(rename = "api-version")]
    api_version: Option<String>,
    tracks: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
struct Status {
    status: Option<String>,
    reason: Option<String>,
}

struct PageSeed<'b>(&'b mut PageBuilder);

impl<'de> DeserializeSeed<'de> for PageSeed<'_> {
    type Value = Meta;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Meta, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for PageSeed<'_> {
    type Value = Meta;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of the simple API")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Meta, A::Error> {
        let mut meta = Meta::default();
        let mut files = false;
        while let Some(Text(key)) = map.next_key()? {
            match &*key {
                "files" => {
                    map.next_value_seed(FilesSeed(self.0))?;
                    files = true;
                }
                "meta" => meta = map.next_value::<Option<_>>()?.unwrap_or_default(),
                "alternate-locations" => {
                    for url in map.next_value::<Option<Vec<String>>>()?.unwrap_or_default() {
                        self.0.push_alternate_location(&url);
                    }
                }
                "project-status" => {
                    let status: Status = map.next_value::<Option<_>>()?.unwrap_or_default();
                    let text = status.status.unwrap_or_default();
                    self.0
                        .set_status(ProjectStatus::parse(&text), status.reason.as_deref());
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if files {
            Ok(meta)
        } else {
            Err(de::Error::missing_field("files"))
        }
    }
}

struct FilesSeed<'b>(&'b mut PageBuilder);

impl<'de> DeserializeSeed<'de> for FilesSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for FilesSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of files")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(file) = list.next_element::<RawFile<'de>>()? {
            file.push_into(self.0);
        }
        Ok(())
    }
}

/// What a file's object says. Read by hand, so that texts stay borrowed and what is not needed
/// is skipped.
#[derive(Default)]
struct RawFile<'a> {
    file_name: Option<Cow<'a, str>>,
    url: Option<Cow<'a, str>>,
    hashes: Hashes,
    requires_python: Option<Cow<'a, str>>,
    size: Option<u64>,
    upload_time: Option<i64>,
    yanked: Option<Cow<'a, str>>,
    core_metadata: Option<CoreMeta>,
    legacy_metadata: Option<CoreMeta>,
    provenance: Option<Cow<'a, str>>,
}

impl RawFile<'_> {
    fn push_into(self, builder: &mut PageBuilder) {
        let (Some(file_name), Some(url)) = (&self.file_name, &self.url) else {
            builder.drop_entry();
            return;
        };
        builder.push(&PageEntry {
            file_name,
            url,
            sha256: self.hashes.sha256,
            digests: self.hashes.others,
            requires_python: self.requires_python.as_deref(),
            size: self.size,
            upload_time: self.upload_time,
            yanked: self.yanked.as_deref(),
            core_metadata: self
                .core_metadata
                .or(self.legacy_metadata)
                .unwrap_or_default(),
            provenance: self.provenance.as_deref(),
        });
    }
}

impl<'de> Deserialize<'de> for RawFile<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FileVisitor;
        impl<'de> Visitor<'de> for FileVisitor {
            type Value = RawFile<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a file")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawFile<'de>, A::Error> {
                let mut file = RawFile::default();
                while let Some(Text(key)) = map.next_key()? {
                    file.take(&key, &mut map)?;
                }
                Ok(file)
            }
        }
        deserializer.deserialize_map(FileVisitor)
    }
}

impl<'de> RawFile<'de> {
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "filename" => self.file_name = map.next_value::<Text<'de>>()?.0.into(),
            "url" => self.url = map.next_value::<Text<'de>>()?.0.into(),
            "hashes" => self.hashes = map.next_value::<Option<Hashes>>()?.unwrap_or_default(),
            "requires-python" => self.requires_python = map.next_value::<OptionalText<'de>>()?.0,
            "size" => self.size = map.next_value::<OptionalSize>()?.0,
            "upload-time" => {
                let text = map.next_value::<OptionalText<'de>>()?.0;
                self.upload_time = text.and_then(|text| parse_rfc3339(&text));
            }
            "yanked" => self.yanked = map.next_value::<Yanked<'de>>()?.0,
            "core-metadata" => self.core_metadata = Some(map.next_value::<Metadata>()?.0),
            "dist-info-metadata" | "data-dist-info-metadata" if self.core_metadata.is_none() => {
                self.legacy_metadata = Some(map.next_value::<Metadata>()?.0);
            }
            "provenance" => self.provenance = map.next_value::<OptionalText<'de>>()?.0,
            _ => {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// The object `hashes`; what cannot be read is left out.
#[derive(Default)]
struct Hashes {
    sha256: Option<Sha256>,
    others: Vec<Digest>,
}

impl Hashes {
    fn read<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut hashes = Self::default();
        while let Some(Text(name)) = map.next_key()? {
            let Some(hex) = map.next_value::<OptionalText<'de>>()?.0 else {
                continue;
            };
            if name == "sha256" {
                hashes.sha256 = Sha256::from_hex(hex.as_bytes());
            } else if let Ok(algorithm) = name.parse() {
                hashes.others.extend(Digest::from_hex(algorithm, &hex));
            }
        }
        Ok(hashes)
    }
}

impl<'de> Deserialize<'de> for Hashes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct HashesVisitor;
        impl<'de> Visitor<'de> for HashesVisitor {
            type Value = Hashes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("digests by algorithm")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Hashes, A::Error> {
                Hashes::read(map)
            }
        }
        deserializer.deserialize_map(HashesVisitor)
    }
}

/// Defines a value whose visitor takes any scalar; what it does not know means absent.
macro_rules! tolerant {
    ($name:ident $(<$life:lifetime>)?, $empty:expr, { $($method:item)* }) => {
        impl<'de> Deserialize<'de> for $name $(<$life>)? {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct ValueVisitor;
                impl<'de> Visitor<'de> for ValueVisitor {
                    type Value = $name $(<$life>)?;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a value of a file")
                    }
                    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
                        Ok($empty)
                    }
                    $($method)*
                }
                deserializer.deserialize_any(ValueVisitor)
            }
        }
    };
}

struct OptionalText<'a>(Option<Cow<'a, str>>);

tolerant!(OptionalText<'de>, OptionalText(None), {
    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(OptionalText(Some(Cow::Borrowed(text))))
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(OptionalText(Some(Cow::Owned(text.to_owned()))))
    }
});

struct OptionalSize(Option<u64>);

tolerant!(OptionalSize, OptionalSize(None), {
    fn visit_u64<E: de::Error>(self, size: u64) -> Result<Self::Value, E> {
        Ok(OptionalSize(Some(size)))
    }
    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(OptionalSize(None))
    }
    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(OptionalSize(None))
    }
});

/// `yanked` is a boolean or a reason; an empty reason is as good as `false` (PEP 691).
struct Yanked<'a>(Option<Cow<'a, str>>);

tolerant!(Yanked<'de>, Yanked(None), {
    fn visit_bool<E: de::Error>(self, yanked: bool) -> Result<Self::Value, E> {
        Ok(Yanked(yanked.then_some(Cow::Borrowed(""))))
    }
    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Yanked((!text.is_empty()).then_some(Cow::Borrowed(text))))
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Yanked(
            (!text.is_empty()).then(|| Cow::Owned(text.to_owned())),
        ))
    }
});

/// `core-metadata` is a boolean or an object of digests.
struct Metadata(CoreMeta);

tolerant!(Metadata, Metadata(CoreMeta::No), {
    fn visit_bool<E: de::Error>(self, there: bool) -> Result<Self::Value, E> {
        Ok(Metadata(if there { CoreMeta::Yes } else { CoreMeta::No }))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let hashes = Hashes::read(map)?;
        Ok(Metadata(
            hashes.sha256.map_or(CoreMeta::Yes, CoreMeta::Hash),
        ))
    }
});
