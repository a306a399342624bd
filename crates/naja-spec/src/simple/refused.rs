//! Entries of a page that were not taken, counted by reason.

/// The longest file name that is kept as an example, in bytes.
const MAX_EXAMPLE: usize = 120;

/// Why an entry of a page was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryRefusal {
    /// Its name is neither that of a wheel nor of a source distribution.
    FileName,
    /// It belongs to another project.
    OtherProject,
    /// Its version is none (PEP 440).
    Version,
    /// Its link is none, or one the page must not make: to `file:` from a remote page, to `http:` from an
    /// `https:` one.
    Link,
    /// It has no name or no link.
    Incomplete,
}

impl EntryRefusal {
    const ALL: [Self; 5] = [
        Self::FileName,
        Self::OtherProject,
        Self::Version,
        Self::Link,
        Self::Incomplete,
    ];

    /// Returns the word records spell it with.
    fn word(self) -> &'static str {
        match self {
            Self::FileName => "name",
            Self::OtherProject => "project",
            Self::Version => "version",
            Self::Link => "link",
            Self::Incomplete => "incomplete",
        }
    }
}

/// Entries of a page that were not taken for one reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RefusedEntries {
    /// Why.
    pub why: EntryRefusal,
    /// How many.
    pub count: usize,
    /// The file name of the first of them, at most 120 bytes of it; empty if it has none.
    pub example: String,
}

/// Counts refused entries while a page is read.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    found: Vec<RefusedEntries>,
}

impl Refusals {
    /// Counts an entry.
    pub(super) fn note(&mut self, why: EntryRefusal, file_name: &str) {
        match self.found.iter_mut().find(|known| known.why == why) {
            Some(known) => known.count += 1,
            None => self.found.push(RefusedEntries {
                why,
                count: 1,
                example: example(file_name),
            }),
        }
    }

    /// Returns how many there are.
    pub(super) fn total(&self) -> usize {
        self.found.iter().map(|entry| entry.count).sum()
    }

    /// Writes a line for each reason.
    pub(super) fn to_text(&self) -> String {
        let lines = self
            .found
            .iter()
            .map(|entry| format!("{} {} {}", entry.why.word(), entry.count, entry.example));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Reads what [`Refusals::to_text`] wrote; lines that are damaged are left out.
pub(super) fn parse(text: &str) -> impl Iterator<Item = RefusedEntries> {
    text.lines().filter_map(|line| {
        let (word, rest) = line.split_once(' ')?;
        let (count, example) = rest.split_once(' ')?;
        Some(RefusedEntries {
            why: EntryRefusal::ALL
                .into_iter()
                .find(|why| why.word() == word)?,
            count: count.parse().ok()?,
            example: example.to_owned(),
        })
    })
}

/// Cuts a foreign name to one line of bounded length.
fn example(file_name: &str) -> String {
    let end = file_name.floor_char_boundary(MAX_EXAMPLE);
    file_name[..end].replace(char::is_control, "?")
}
