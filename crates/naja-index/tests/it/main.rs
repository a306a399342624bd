//! The fetcher against loopback servers that behave, misbehave and keep a log.

mod ask;
mod auth;
mod files;
mod pages;
mod secure;
mod server;
