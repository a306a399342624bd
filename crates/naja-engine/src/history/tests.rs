//! Entries on disk: golden files, hostile files.
