//! Sets of characters, and the ones that Java has a name for.

/// Code points as sorted ranges that neither touch nor overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CharacterSet(pub(super) Vec<(u32, u32)>);

pub(super) const LAST_CODE_POINT: u32 = 0x10_FFFF;
pub(super) const HIGH_SURROGATE_FIRST: u32 = 0xD800;
pub(super) const LOW_SURROGATE_LAST: u32 = 0xDFFF;

impl CharacterSet {
    pub(super) fn of(ranges: &[(char, char)]) -> CharacterSet {
        CharacterSet::from_ranges(
            ranges.iter().map(|&(first, last)| (u32::from(first), u32::from(last))).collect(),
        )
    }

    fn from_ranges(mut ranges: Vec<(u32, u32)>) -> CharacterSet {
        ranges.sort_unstable();
        let mut joined: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match joined.last_mut() {
                Some(previous) if first <= previous.1.saturating_add(1) => previous.1 = previous.1.max(last),
                _ => joined.push((first, last)),
            }
        }
        CharacterSet(joined)
    }

    pub(super) fn union(mut self, other: CharacterSet) -> CharacterSet {
        self.0.extend(other.0);
        CharacterSet::from_ranges(self.0)
    }

    pub(super) fn complement(&self) -> CharacterSet {
        let mut ranges = Vec::with_capacity(self.0.len() + 1);
        let mut next = 0;
        for &(first, last) in &self.0 {
            if next < first {
                ranges.push((next, first - 1));
            }
            next = last + 1;
        }
        if next <= LAST_CODE_POINT {
            ranges.push((next, LAST_CODE_POINT));
        }
        CharacterSet(ranges)
    }

    pub(super) fn intersection(&self, other: &CharacterSet) -> CharacterSet {
        self.complement().union(other.complement()).complement()
    }

    /// Java without `(?u)` folds the case of ASCII letters only.
    pub(super) fn with_other_case(self) -> CharacterSet {
        const STEP: u32 = 'a' as u32 - 'A' as u32;
        let lower = self.intersection(&CharacterSet::of(&[('a', 'z')]));
        let upper = self.intersection(&CharacterSet::of(&[('A', 'Z')]));
        let raised = lower.0.into_iter().map(|(first, last)| (first - STEP, last - STEP));
        let lowered = upper.0.into_iter().map(|(first, last)| (first + STEP, last + STEP));
        CharacterSet::from_ranges(self.0.into_iter().chain(raised).chain(lowered).collect())
    }

    pub(super) fn digits() -> CharacterSet {
        CharacterSet::of(&[('0', '9')])
    }

    pub(super) fn white_space() -> CharacterSet {
        CharacterSet::of(&[('\t', '\r'), (' ', ' ')])
    }

    pub(super) fn word_characters() -> CharacterSet {
        CharacterSet::of(&[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')])
    }

    pub(super) fn horizontal_space() -> CharacterSet {
        CharacterSet::of(&[
            ('\t', '\t'),
            (' ', ' '),
            ('\u{A0}', '\u{A0}'),
            ('\u{1680}', '\u{1680}'),
            ('\u{180E}', '\u{180E}'),
            ('\u{2000}', '\u{200A}'),
            ('\u{202F}', '\u{202F}'),
            ('\u{205F}', '\u{205F}'),
            ('\u{3000}', '\u{3000}'),
        ])
    }

    pub(super) fn vertical_space() -> CharacterSet {
        CharacterSet::of(&[('\n', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')])
    }

    pub(super) fn line_ends() -> CharacterSet {
        CharacterSet::of(&[('\n', '\n'), ('\r', '\r'), ('\u{85}', '\u{85}'), ('\u{2028}', '\u{2029}')])
    }

    /// The POSIX classes, ASCII in Java. Unicode's classes are not here: each Java has its own Unicode version.
    pub(super) fn posix(name: &str) -> Option<CharacterSet> {
        Some(match name {
            "Lower" => CharacterSet::of(&[('a', 'z')]),
            "Upper" => CharacterSet::of(&[('A', 'Z')]),
            "ASCII" => CharacterSet::of(&[('\0', '\x7F')]),
            "Alpha" => CharacterSet::of(&[('A', 'Z'), ('a', 'z')]),
            "Digit" => CharacterSet::digits(),
            "Alnum" => CharacterSet::of(&[('0', '9'), ('A', 'Z'), ('a', 'z')]),
            "Punct" => CharacterSet::of(&[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
            "Graph" => CharacterSet::of(&[('!', '~')]),
            "Print" => CharacterSet::of(&[(' ', '~')]),
            "Blank" => CharacterSet::of(&[('\t', '\t'), (' ', ' ')]),
            "Cntrl" => CharacterSet::of(&[('\0', '\x1F'), ('\x7F', '\x7F')]),
            "XDigit" => CharacterSet::of(&[('0', '9'), ('A', 'F'), ('a', 'f')]),
            "Space" => CharacterSet::white_space(),
            _ => return None,
        })
    }
}
