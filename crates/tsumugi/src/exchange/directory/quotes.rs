//! Watches quotation marks go by.

use std::collections::VecDeque;

/// Remembers where a quotation mark closed a cell and the cell went on (`"ab"c`).
///
/// The splitter takes this without complaint, and one way in which it comes about loses rows: a quotation mark that is
/// never closed runs on to the opening one of a later row, and everything between becomes one cell.
pub(super) struct Quotes {
    delimiter: u8,
    state: State,
    seen: u64,
    slips: VecDeque<u64>,
}

#[derive(Clone, Copy)]
enum State {
    CellBegins,
    Plain,
    Quoted,
    /// Behind a quotation mark inside a quoted cell: the end of it, or the first half of `""`.
    MaybeClosed,
}

impl Quotes {
    pub(super) fn new(delimiter: u8) -> Self {
        Self { delimiter, state: State::CellBegins, seen: 0, slips: VecDeque::new() }
    }

    /// Looks at the next bytes of the file.
    pub(super) fn watch(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            let ends = byte == self.delimiter || byte == b'\n';
            self.state = match self.state {
                State::CellBegins if byte == b'"' => State::Quoted,
                State::CellBegins | State::Plain if ends => State::CellBegins,
                State::CellBegins | State::Plain => State::Plain,
                State::Quoted if byte == b'"' => State::MaybeClosed,
                State::Quoted => State::Quoted,
                State::MaybeClosed if byte == b'"' => State::Quoted,
                State::MaybeClosed if ends => State::CellBegins,
                State::MaybeClosed => {
                    self.slips.push_back(self.seen);
                    State::Plain
                }
            };
            self.seen += 1;
        }
    }

    /// Whether a cell went on behind its closing mark before this byte of the file, and since the last question.
    pub(super) fn slipped_before(&mut self, byte: u64) -> bool {
        let before = self.slips.partition_point(|slip| *slip < byte);
        self.slips.drain(..before).count() > 0
    }
}

#[cfg(test)]
mod tests {
    use super::Quotes;

    fn slips(text: &str) -> bool {
        let mut quotes = Quotes::new(b',');
        text.bytes().for_each(|byte| quotes.watch(&[byte]));
        quotes.slipped_before(u64::MAX)
    }

    #[test]
    fn marks_as_spreadsheets_write_them_are_in_order() {
        for text in
            ["a,\"b\",c\n", "\"\",\"\"\n", "\"a\"\"b\"\"\"\n", "\"a\nb,c\"\n", "5\" pipe,a\"b\"\n", " \"a\"b,\n"]
        {
            assert!(!slips(text), "{text}");
        }
    }

    #[test]
    fn a_cell_that_goes_on_behind_its_closing_mark_is_noticed() {
        for text in ["\"a\"b,c\n", "a,\"b\" ,c\n", "\"a,b\nc,\"d\",e\n"] {
            assert!(slips(text), "{text}");
        }
    }

    #[test]
    fn a_slip_is_told_once_and_for_the_record_that_holds_it() {
        let mut quotes = Quotes::new(b',');
        quotes.watch(b"a,b\n\"c\"d\ne,f\n");
        assert!(!quotes.slipped_before(4));
        assert!(quotes.slipped_before(9));
        assert!(!quotes.slipped_before(13));
    }
}
