//! The cells of one row, decoded and checked as they are asked for.

use csv::ByteRecord;

use super::RowError;
use super::columns::Slot;
use super::encoding::Script;
use super::heading::Heading;
use super::text::{self, Refusal};

/// The cells of one row under their heading; an absent column reads as empty.
pub(super) struct Cells<'a> {
    pub(super) heading: &'a Heading,
    pub(super) script: Script,
    pub(super) line: u64,
    pub(super) record: &'a ByteRecord,
}

impl Cells<'_> {
    /// A row has exactly as many cells as the heading: with one more or less nobody knows which cell is which.
    pub(super) fn check_width(&self) -> Result<(), RowError> {
        let (is, should) = (self.record.len(), self.heading.width());
        if is == should {
            return Ok(());
        }
        Err(RowError::new(self.line, "", format!("見出しは{should}列ですが、この行は{is}列です。")))
    }

    /// Every cell must be text, the ones that we do not use as well: a broken byte tells that the row was damaged.
    pub(super) fn check_bytes(&self) -> Result<(), RowError> {
        match self.record.iter().position(|cell| self.script.decode(cell).is_none()) {
            None => Ok(()),
            Some(index) => Err(self.undecodable(index)),
        }
    }

    /// An error of this row in the column of `slot`.
    pub(super) fn error(&self, slot: Slot, reason: impl std::fmt::Display) -> RowError {
        let column = self.heading.index(slot).map_or("", |index| self.heading.column(index));
        RowError::new(self.line, column, reason)
    }

    /// A name, unchanged.
    pub(super) fn name(&self, slot: Slot) -> Result<String, RowError> {
        self.cell(slot, text::name)
    }

    /// Text of one line.
    pub(super) fn line(&self, slot: Slot) -> Result<String, RowError> {
        self.cell(slot, text::line)
    }

    /// Text of several lines.
    pub(super) fn prose(&self, slot: Slot) -> Result<String, RowError> {
        self.cell(slot, text::prose)
    }

    fn cell(&self, slot: Slot, keep: fn(&str) -> Result<String, Refusal>) -> Result<String, RowError> {
        let Some(index) = self.heading.index(slot) else {
            return Ok(String::new());
        };
        let bytes = self.record.get(index).unwrap_or_default();
        let decoded = self.script.decode(bytes).ok_or_else(|| self.undecodable(index))?;
        keep(&decoded).map_err(|refusal| self.error(slot, refusal.sentence()))
    }

    fn undecodable(&self, index: usize) -> RowError {
        RowError::new(self.line, self.heading.column(index), "文字を読み取れません（文字コードが壊れています）。")
    }
}
