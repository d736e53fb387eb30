//! Which papers there are, and what is said of each when it is made.

/// The papers that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// 同意書
    Consent,
    /// 救急サマリー
    Summary,
    /// 冷蔵庫シート
    Fridge,
}

/// When a paper was made, in the time of Japan.
#[derive(Clone, Copy, Debug)]
pub struct Made {
    pub year: i32,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
}
