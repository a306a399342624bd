//! What the option lines of requirements files say about the whole command.

use super::entry::LineOrigin;
use crate::files::SourceName;
use crate::formats::FormatControl;
use crate::settings::{IndexEntry, Layer, Location, Origin, Place, Prerelease, Setting, Settings};

/// A value and the line it was written on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted<T> {
    /// The value.
    pub value: T,
    /// Its line.
    pub origin: LineOrigin,
}

/// The options of requirements files that are about the whole command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileOptions {
    /// `--index-url`; the last one counts.
    pub index_url: Option<Noted<Location>>,
    /// `--extra-index-url`, in order.
    pub extra_index_urls: Vec<Noted<Location>>,
    /// `--no-index`.
    pub no_index: Option<Noted<bool>>,
    /// `--find-links`, in order.
    pub find_links: Vec<Noted<Location>>,
    /// `--no-binary` and `--only-binary`.
    pub formats: FormatControl,
    /// `--prefer-binary`.
    pub prefer_binary: bool,
    /// `--pre`.
    pub pre: Option<Noted<bool>>,
    /// `--require-hashes`.
    pub require_hashes: Option<Noted<bool>>,
    /// `--trusted-host`, in order.
    pub trusted_hosts: Vec<Noted<String>>,
    /// `--use-feature`, which changes nothing here.
    pub features: Vec<String>,
}

impl FileOptions {
    /// Lays these options over the settings: above variables and files, below arguments.
    /// Lists are added behind those of the arguments.
    pub fn apply(&self, settings: &mut Settings) {
        if let Some(url) = &self.index_url
            && settings.index_url.origin.layer < Layer::Arguments
            && settings.default_index.origin.layer < Layer::Arguments
        {
            settings.index_url = setting(Some(url.value.clone()), &url.origin);
            settings.default_index = Setting::default_of(None);
        }
        for url in &self.extra_index_urls {
            let entry = IndexEntry::new(url.value.clone(), origin(&url.origin));
            settings.extra_index_url.value.push(entry);
        }
        settings
            .find_links
            .value
            .extend(self.find_links.iter().map(|link| link.value.clone()));
        let hosts = self.trusted_hosts.iter().map(|host| host.value.clone());
        settings.allow_insecure_host.value.extend(hosts);
        let switches = [
            (&self.no_index, &mut settings.no_index),
            (&self.require_hashes, &mut settings.require_hashes),
        ];
        for (switch, target) in switches {
            if let Some(switch) = switch {
                *target = setting(true, &switch.origin);
            }
        }
        if let Some(pre) = &self.pre
            && settings.prerelease.origin.layer < Layer::Arguments
        {
            settings.prerelease = setting(Prerelease::Allow, &pre.origin);
        }
        settings.no_binary.value.all |= self.formats.no_binary.all;
        settings
            .no_binary
            .value
            .names
            .extend(self.formats.no_binary.names.iter().cloned());
        settings.only_binary.value.all |= self.formats.only_binary.all;
        settings
            .only_binary
            .value
            .names
            .extend(self.formats.only_binary.names.iter().cloned());
    }
}

fn setting<T>(value: T, line: &LineOrigin) -> Setting<T> {
    Setting {
        value,
        origin: origin(line),
    }
}

fn origin(line: &LineOrigin) -> Origin {
    let place = match &line.source {
        SourceName::Path(path) => Place::File {
            path: path.clone(),
            line: line.line,
            key: line.text.clone(),
        },
        other => Place::Variable(other.to_string().into()),
    };
    // Above every variable; arguments were asked about before.
    Origin {
        layer: Layer::Arguments,
        place,
    }
}
