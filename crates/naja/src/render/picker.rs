//! A list with boxes at a terminal.

use console::{Key, Term, measure_text_width, truncate_str};
use naja_engine::Failure;

use super::plain;

/// Lines around the list: the title and the help.
const AROUND: usize = 3;

/// Lets somebody choose from rows, all of which are chosen at the beginning; `None` if nothing shall be done.
///
/// # Errors
/// The terminal fails.
pub(crate) fn choose(title: &str, rows: &[String]) -> Result<Option<Vec<usize>>, Failure> {
    let terminal = Term::stderr();
    let mut list = List {
        title,
        rows,
        chosen: vec![true; rows.len()],
        at: 0,
    };
    let failed = |error: std::io::Error| {
        Failure::environment("could not ask at the terminal").because(&error)
    };
    terminal.hide_cursor().map_err(failed)?;
    let done = asked(&terminal, &mut list);
    // The terminal is as it was whatever happened.
    let shown = terminal.show_cursor();
    let done = done.map_err(failed)?;
    shown.map_err(failed)?;
    Ok(done)
}

fn asked(terminal: &Term, list: &mut List<'_>) -> std::io::Result<Option<Vec<usize>>> {
    loop {
        let (height, width) = terminal.size();
        let lines = list.lines(usize::from(height), usize::from(width));
        for line in &lines {
            terminal.write_line(line)?;
        }
        let key = terminal.read_key();
        terminal.clear_last_lines(lines.len())?;
        match key {
            Ok(key) => match list.press(&key) {
                Pressed::On => {}
                Pressed::Enter => return Ok(Some(list.picked())),
                Pressed::Quit => return Ok(None),
            },
            // Ctrl-C: the command is told by the signal.
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}

struct List<'a> {
    title: &'a str,
    rows: &'a [String],
    chosen: Vec<bool>,
    at: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum Pressed {
    On,
    Enter,
    Quit,
}

impl List<'_> {
    fn press(&mut self, key: &Key) -> Pressed {
        let last = self.rows.len().saturating_sub(1);
        match key {
            Key::ArrowUp | Key::Char('k') => self.at = self.at.saturating_sub(1),
            Key::ArrowDown | Key::Char('j') => self.at = (self.at + 1).min(last),
            Key::Home => self.at = 0,
            Key::End => self.at = last,
            Key::Char(' ') => {
                if let Some(chosen) = self.chosen.get_mut(self.at) {
                    *chosen = !*chosen;
                }
            }
            Key::Char('a') => {
                let all = !self.chosen.iter().all(|chosen| *chosen);
                self.chosen.fill(all);
            }
            Key::Enter => return Pressed::Enter,
            Key::Char('q') | Key::Escape | Key::CtrlC => return Pressed::Quit,
            _ => {}
        }
        Pressed::On
    }

    fn picked(&self) -> Vec<usize> {
        let chosen = self.chosen.iter().enumerate();
        chosen
            .filter(|(_, chosen)| **chosen)
            .map(|(at, _)| at)
            .collect()
    }

    /// The lines that are shown; those around the current one if there is no room for all.
    fn lines(&self, height: usize, width: usize) -> Vec<String> {
        let room = height.saturating_sub(AROUND + 1).max(1);
        let first = match self.rows.len() <= room {
            true => 0,
            false => (self.at + 1)
                .saturating_sub(room.div_ceil(2))
                .min(self.rows.len() - room),
        };
        let cut = |line: &str| {
            // A line as wide as the terminal would take two.
            let width = width.saturating_sub(1).max(8);
            match measure_text_width(line) > width {
                true => truncate_str(line, width, "…").into_owned(),
                false => line.to_owned(),
            }
        };
        let mut lines = vec![cut(self.title)];
        for at in first..self.rows.len().min(first + room) {
            let hand = if at == self.at { '>' } else { ' ' };
            let mark = if self.chosen[at] { 'x' } else { ' ' };
            lines.push(cut(&format!("{hand} [{mark}] {}", plain(&self.rows[at]))));
        }
        let count = self.picked().len();
        lines.push(cut(&format!(
            "{count} of {} chosen; space: choose, a: all or none, enter: go on, q: leave",
            self.rows.len()
        )));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(rows: &[String]) -> List<'_> {
        List {
            title: "Upgrade:",
            rows,
            chosen: vec![true; rows.len()],
            at: 0,
        }
    }

    #[test]
    fn keys_choose() {
        let rows: Vec<String> = (0..3).map(|at| format!("row {at}")).collect();
        let mut list = list(&rows);
        for key in [
            Key::ArrowDown,
            Key::Char(' '),
            Key::ArrowDown,
            Key::ArrowDown,
        ] {
            assert_eq!(list.press(&key), Pressed::On);
        }
        assert_eq!((list.at, list.picked()), (2, vec![0, 2]));
        list.press(&Key::Char('a'));
        assert_eq!(list.picked(), [0, 1, 2]);
        list.press(&Key::Char('a'));
        assert_eq!(list.picked(), Vec::<usize>::new());
        assert_eq!(list.press(&Key::Enter), Pressed::Enter);
        assert_eq!(list.press(&Key::Char('q')), Pressed::Quit);
    }

    #[test]
    fn long_lists_move_with_the_hand() {
        let rows: Vec<String> = (0..50)
            .map(|at| format!("row {at} {}", "x".repeat(90)))
            .collect();
        let mut list = list(&rows);
        for at in 0..50 {
            list.at = at;
            let lines = list.lines(12, 40);
            assert!(lines.len() < 12);
            assert!(lines.iter().any(|line| line.starts_with("> ")), "{at}");
            assert!(lines.iter().all(|line| measure_text_width(line) < 40));
        }
    }
}
