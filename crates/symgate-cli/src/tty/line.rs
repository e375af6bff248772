//! One line that is being typed ([`Line`]): text and a cursor, without a terminal.

use std::mem;

use unicode_width::UnicodeWidthChar;
use zeroize::Zeroizing;

/// Text and a cursor. It holds passwords too: cleared on drop, and never moved in memory while it grows.
pub(crate) struct Line {
    text: Zeroizing<String>,
    /// In bytes, always between two characters.
    cursor: usize,
}

/// A change of a line.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edit<'a> {
    /// Remove all that is left of the cursor.
    Clear,
    /// Remove the character at the cursor.
    Delete,
    /// Remove the character left of the cursor.
    Erase,
    /// Remove the word left of the cursor.
    EraseWord,
    /// Go behind the last character.
    End,
    /// Go before the first character.
    Home,
    /// Insert, without control characters, as far as there is room.
    Insert(&'a str),
    Left,
    Right,
}

impl Line {
    /// A line with the cursor behind its text; what is too long is cut.
    pub(crate) fn new(text: &str) -> Self {
        let mut line = Self {
            text: Zeroizing::new(String::with_capacity(LONGEST)),
            cursor: 0,
        };
        line.edit(Edit::Insert(text));
        line
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn edit(&mut self, edit: Edit<'_>) {
        match edit {
            Edit::Clear => self.remove(0, self.cursor),
            Edit::Delete => self.remove(self.cursor, self.right()),
            Edit::Erase => self.remove(self.left(), self.cursor),
            Edit::EraseWord => self.remove(self.word(), self.cursor),
            Edit::End => self.cursor = self.text.len(),
            Edit::Home => self.cursor = 0,
            Edit::Insert(text) => self.insert(text),
            Edit::Left => self.cursor = self.left(),
            Edit::Right => self.cursor = self.right(),
        }
    }

    /// The text, leaving the line empty.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        self.cursor = 0;
        mem::take(&mut *self.text).into_bytes()
    }

    /// The part of the text around the cursor that fits into `width` cells, and the cell of the cursor in it.
    pub(crate) fn view(&self, width: usize) -> (String, usize) {
        let mut before: Vec<char> = Vec::new();
        let mut column = 0;
        for c in self.before().chars().rev().map(visible) {
            if column + cells(c) >= width {
                break;
            }
            column += cells(c);
            before.push(c);
        }
        let mut shown: String = before.iter().rev().collect();
        let mut used = column;
        for c in self.after().chars().map(visible) {
            used += cells(c);
            if used >= width {
                break;
            }
            shown.push(c);
        }
        (shown, column)
    }

    fn insert(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            // Growing beyond the capacity would leave a copy behind that nobody clears.
            if self.text.len() + c.len_utf8() > LONGEST {
                break;
            }
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = from;
    }

    fn before(&self) -> &str {
        self.text.split_at(self.cursor).0
    }

    fn after(&self) -> &str {
        self.text.split_at(self.cursor).1
    }

    fn left(&self) -> usize {
        self.before().char_indices().next_back().map_or(0, |(index, _)| index)
    }

    fn right(&self) -> usize {
        self.cursor + self.after().chars().next().map_or(0, char::len_utf8)
    }

    fn word(&self) -> usize {
        let trimmed = self.before().trim_end();
        trimmed
            .char_indices()
            .rfind(|(_, c)| c.is_whitespace())
            .map_or(0, |(index, space)| index + space.len_utf8())
    }
}

/// A character as it may be shown.
fn visible(c: char) -> char {
    if symgate_console::is_deceptive(c) {
        char::REPLACEMENT_CHARACTER
    } else {
        c
    }
}

fn cells(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// The most bytes of a name or password: more than any system takes, and little enough to be reserved at once.
const LONGEST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with a bar at the cursor.
    fn shown(line: &Line) -> String {
        format!("{}|{}", line.before(), line.after())
    }

    #[test]
    fn edits_between_characters_of_any_length() {
        use Edit::{Clear, Delete, End, Erase, EraseWord, Home, Insert, Left, Right};
        let table: [(&str, &[Edit<'_>], &str); 14] = [
            ("", &[Erase, Delete, Left, Right, Clear, EraseWord], "|"),
            ("añ字", &[], "añ字|"),
            ("añ字", &[Left], "añ|字"),
            ("añ字", &[Left, Left, Delete], "a|字"),
            ("añ字", &[Erase], "añ|"),
            ("añ字", &[Home, Erase, Right], "a|ñ字"),
            ("añ字", &[Home, Insert("é")], "é|añ字"),
            ("añ字", &[Left, Clear], "|字"),
            ("a b  ", &[EraseWord], "a |"),
            ("one", &[EraseWord], "|"),
            ("a\u{3000}b", &[EraseWord], "a\u{3000}|"),
            ("abc", &[Home, End, Right], "abc|"),
            ("a\u{1b}[2J\r\n", &[], "a[2J|"),
            ("", &[Insert("x\ty\u{7f}")], "xy|"),
        ];
        for (text, edits, expected) in table {
            let mut line = Line::new(text);
            for edit in edits {
                line.edit(*edit);
            }
            assert_eq!(shown(&line), expected, "{text:?} {edits:?}");
        }
    }

    #[test]
    fn keeps_its_first_memory_however_long_the_paste() {
        let mut line = Line::new("");
        let memory = line.text.as_ptr();
        line.edit(Edit::Insert(&"字".repeat(5000)));
        assert_eq!(line.text().len(), LONGEST / 3 * 3);
        line.edit(Edit::Insert("a"));
        assert_eq!((line.text().len(), line.text.as_ptr()), (LONGEST, memory));
        assert_eq!(line.take().len(), LONGEST);
        assert_eq!(shown(&line), "|");
    }

    #[test]
    fn shows_the_part_around_the_cursor() {
        let table: [(&str, &[Edit<'_>], usize, &str, usize); 8] = [
            ("abcdef", &[], 10, "abcdef", 6),
            ("abcdef", &[], 4, "def", 3),
            ("abcdef", &[Edit::Home], 4, "abc", 0),
            ("abcdef", &[Edit::Left, Edit::Left], 4, "bcd", 3),
            ("字字字", &[], 6, "字字", 4),
            ("字字字", &[Edit::Home], 4, "字", 0),
            ("abc", &[], 0, "", 0),
            ("a\u{202e}b", &[], 9, "a\u{fffd}b", 3),
        ];
        for (text, edits, width, expected, column) in table {
            let mut line = Line::new(text);
            for edit in edits {
                line.edit(*edit);
            }
            assert_eq!(line.view(width), (expected.to_owned(), column), "{text:?} {width}");
        }
    }
}
