//! The fetcher against loopback servers that behave, misbehave and keep a log.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod ask;
mod auth;
mod files;
mod git;
mod logins;
mod mirrors;
mod pages;
mod secure;
mod server;
