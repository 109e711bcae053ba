//! From a byte offset in a text to its line and column.

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The line and column (as in [`Region`](super::Region)) of a byte offset. An offset beyond the text counts as its end, one inside
/// a character as the next character.
pub fn line_column(text: &str, byte: usize) -> (usize, usize) {
    let start = text_start(text);
    let before = text.as_bytes().get(start..byte.clamp(start, text.len())).unwrap_or_default();
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    (line, 1 + code_points(before.get(line_start..).unwrap_or_default()))
}

pub(super) fn text_start(text: &str) -> usize {
    if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
}

fn code_points(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}

/// Makes a column cheap to tell even where the whole text is one line of many megabytes.
#[derive(Debug)]
pub struct Lines {
    /// Byte offset of the text after its byte order mark.
    start: usize,
    /// Byte offset of each line.
    starts: Vec<usize>,
    /// How many code points begin before each multiple of `STRIDE` bytes.
    code_points_before: Vec<usize>,
}

const STRIDE: usize = 4096;

impl Lines {
    pub fn of(text: &str) -> Lines {
        let start = text_start(text);
        let bytes = text.as_bytes();
        let after_breaks = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let mut code_points_before = vec![0];
        let mut before = 0;
        for chunk in bytes.chunks(STRIDE) {
            before += code_points(chunk);
            code_points_before.push(before);
        }
        Lines { start, starts: std::iter::once(start).chain(after_breaks).collect(), code_points_before }
    }

    /// Byte offset of the text after its byte order mark.
    pub(super) fn start(&self) -> usize {
        self.start
    }

    fn code_points_before(&self, text: &str, byte: usize) -> usize {
        let chunk = byte / STRIDE;
        let before_chunk = self.code_points_before.get(chunk).copied().unwrap_or_default();
        before_chunk + code_points(text.as_bytes().get(chunk * STRIDE..byte).unwrap_or_default())
    }

    /// Like [`line_column`], for the text that it was made of.
    pub fn line_column(&self, text: &str, byte: usize) -> (usize, usize) {
        let byte = byte.clamp(self.start, text.len().max(self.start));
        let line = self.starts.partition_point(|start| *start <= byte).max(1);
        let line_start = self.starts.get(line - 1).copied().unwrap_or(self.start);
        let column = self.code_points_before(text, byte) - self.code_points_before(text, line_start);
        (line, 1 + column)
    }

    /// Byte offset of the `\n`, or of the end of the text.
    pub(super) fn end_of_line_at(&self, text: &str, byte: usize) -> usize {
        let next = self.starts.partition_point(|start| *start <= byte);
        self.starts.get(next).map_or(text.len(), |next_start| next_start - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, STRIDE, line_column};

    #[test]
    fn a_byte_offset_outside_or_inside_a_character_has_a_place_too() {
        for (text, byte, expect) in [
            ("", 0, (1, 1)),
            ("", 9, (1, 1)),
            ("\u{feff}a", 0, (1, 1)),
            ("\u{feff}a", 2, (1, 1)),
            ("\u{feff}a", 3, (1, 1)),
            ("\u{feff}a", 99, (1, 2)),
            ("a\r\nb", 1, (1, 2)),
            ("a\r\nb", 3, (2, 1)),
            ("a\rb", 2, (1, 3)),
            ("a\n", 2, (2, 1)),
            ("é😀x", 2, (1, 2)),
            ("é😀x", 3, (1, 3)),
            ("é😀x", 6, (1, 3)),
        ] {
            assert_eq!(line_column(text, byte), expect, "byte {byte} of {text:?}");
            assert_eq!(Lines::of(text).line_column(text, byte), expect, "byte {byte} of {text:?}");
        }
    }

    #[test]
    fn a_place_does_not_depend_on_how_the_text_is_cut() {
        for length in STRIDE - 3..STRIDE + 3 {
            let text = format!("é{}", "x".repeat(length - 2));
            for byte in [2, length - 1, length] {
                let place = Lines::of(&text).line_column(&text, byte);
                assert_eq!(place, (1, byte), "byte {byte} of {length}");
            }
        }
    }
}
