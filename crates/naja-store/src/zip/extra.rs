//! The extra fields of a header, as far as they change its meaning.

use super::bytes::{u16_at, u64_at};
use super::error::MemberProblem;

const ZIP64: u16 = 0x0001;
const UNICODE_PATH: u16 = 0x7075;
const AES: u16 = 0x9901;

/// The zip64 field of a header's extra data, if there is one.
///
/// Refuses fields that do not fill the data exactly, that occur twice, or that give the
/// member another name than its header.
pub(super) fn zip64<'a>(extra: &'a [u8], name: &[u8]) -> Result<Option<&'a [u8]>, MemberProblem> {
    let mut found = None;
    let mut rest = extra;
    while !rest.is_empty() {
        let (Some(id), Some(length)) = (u16_at(rest, 0), u16_at(rest, 2)) else {
            return Err(MemberProblem::Extra("it is cut short"));
        };
        let end = 4 + usize::from(length);
        let Some(body) = rest.get(4..end) else {
            return Err(MemberProblem::Extra("it is cut short"));
        };
        match id {
            ZIP64 if found.is_some() => return Err(MemberProblem::Extra("zip64 sizes twice")),
            ZIP64 => found = Some(body),
            // version byte, CRC of the name, name
            UNICODE_PATH if body.get(5..) != Some(name) => {
                return Err(MemberProblem::Extra("a second name"));
            }
            AES => return Err(MemberProblem::Encrypted),
            _ => {}
        }
        rest = &rest[end..];
    }
    Ok(found)
}

/// Takes the 64-bit values a header asks for, in order, from its zip64 field.
pub(super) struct Values<'a> {
    field: Option<&'a [u8]>,
    taken: usize,
}

impl<'a> Values<'a> {
    pub(super) fn new(field: Option<&'a [u8]>) -> Self {
        Self { field, taken: 0 }
    }

    /// `short`, unless it is the mark that says the value is in the zip64 field.
    pub(super) fn resolve(&mut self, short: u32) -> Result<u64, MemberProblem> {
        if short != u32::MAX {
            return Ok(u64::from(short));
        }
        let value = self.field.and_then(|field| u64_at(field, self.taken));
        self.taken += 8;
        value.ok_or(MemberProblem::Extra("zip64 sizes are absent"))
    }

    /// Refuses values nobody asked for, which another reader might use, unless the field
    /// repeats `values`, all that were resolved, from the first on.
    pub(super) fn finish(self, values: &[u64]) -> Result<(), MemberProblem> {
        let Some(field) = self.field else {
            return Ok(());
        };
        let repeats = field.len() % 8 == 0
            && field.len() / 8 <= values.len()
            && values
                .iter()
                .zip((0..field.len()).step_by(8))
                .all(|(&value, at)| u64_at(field, at) == Some(value));
        if field.len() == self.taken || repeats {
            return Ok(());
        }
        Err(MemberProblem::Extra(
            "zip64 sizes that the header does not ask for",
        ))
    }
}
