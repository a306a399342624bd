//! Where progress bars are drawn.

use std::io;

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};

/// Columns that are left free at the end of a line: a terminal writes `^C` there, and a line that is full would go
/// on in the next one and could not be taken away.
const FREE: u16 = 3;

/// How often in a second a bar is drawn.
const RATE: u8 = 20;

/// Standard error, if it is a terminal.
pub(super) fn target() -> ProgressDrawTarget {
    let term = Term::buffered_stderr();
    match term.is_term() {
        true => ProgressDrawTarget::term_like_with_hz(Box::new(Narrow(term)), RATE),
        false => ProgressDrawTarget::hidden(),
    }
}

/// A terminal that does not use the end of its lines.
#[derive(Debug)]
struct Narrow(Term);

impl TermLike for Narrow {
    fn width(&self) -> u16 {
        self.0.size().1.saturating_sub(FREE).max(1)
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.0.move_cursor_left(n)
    }

    fn write_line(&self, s: &str) -> io::Result<()> {
        self.0.write_line(s)
    }

    fn write_str(&self, s: &str) -> io::Result<()> {
        self.0.write_str(s)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }
}
