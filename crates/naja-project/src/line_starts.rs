//! From byte offsets to lines, for texts in which many places are asked for.

/// Where the lines of a text start; asking costs no walk through the text.
pub(crate) struct LineStarts(Vec<usize>);

impl LineStarts {
    /// Walks through the text once.
    pub(crate) fn new(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(ends.map(|(at, _)| at + 1).collect())
    }

    /// Returns the line of a byte offset, from 1.
    pub(crate) fn line(&self, offset: usize) -> u32 {
        let before = self.0.partition_point(|start| *start <= offset);
        u32::try_from(before + 1).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_count_from_one() {
        let starts = LineStarts::new("ab\n\nc\n");
        let lines: Vec<u32> = (0..8).map(|offset| starts.line(offset)).collect();
        assert_eq!(lines, [1, 1, 1, 2, 3, 3, 4, 4]);
        assert_eq!(LineStarts::new("").line(0), 1);
    }
}
