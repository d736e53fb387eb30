//! Makes an [`Entry`] of a row.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use csv::ByteRecord;

use super::cells::Cells;
use super::columns::Slot;
use super::encoding::Script;
use super::heading::Heading;
use super::kind_text::kinds_of;
use super::place::local_government_code;
use super::text;
use super::web_address::url;
use super::{Entry, Format, Row, RowError};

/// Reads rows under one heading.
pub(super) struct RowReader<'a> {
    heading: &'a Heading,
    script: Script,
}

impl<'a> RowReader<'a> {
    pub(super) fn new(heading: &'a Heading, script: Script) -> Self {
        Self { heading, script }
    }

    /// What becomes of the record that begins on `line`, the rows before it left aside.
    pub(super) fn row(&self, line: u64, record: &ByteRecord) -> Row {
        let cells = Cells { heading: self.heading, script: self.script, line, record };
        match cells.entry() {
            Ok(Some(entry)) => Row::Entry(Box::new(entry)),
            Ok(None) => Row::Elsewhere { line },
            Err(error) => Row::Error(error),
        }
    }
}

/// The error of a record with a cell that goes on behind its closing quotation mark.
pub(super) fn slipped((line, last): (u64, u64)) -> Row {
    let reason = if line == last {
        "引用符（\"）の閉じ方が正しくありません。".to_owned()
    } else {
        format!("引用符（\"）の閉じ方が正しくないため、{line}行目から{last}行目までが1行として読まれています。")
    };
    Row::Error(RowError::new(line, "", reason))
}

/// Lets a key through once: the same row again is [`Row::Repeated`], another row with the same key an error.
///
/// `seen` holds for every key its line and the hash of its row; only institutions of the area get there.
pub(super) fn once(row: Row, record: &ByteRecord, seen: &mut HashMap<String, (u64, u64)>) -> Row {
    let Row::Entry(entry) = &row else { return row };
    let mut hasher = DefaultHasher::new();
    record.iter().for_each(|cell| cell.hash(&mut hasher));
    let hash = hasher.finish();
    let line = entry.line;
    match seen.get(&entry.key) {
        None => {
            seen.insert(entry.key.clone(), (line, hash));
            row
        }
        Some(&(first, same)) if same == hash => Row::Repeated { line, first },
        Some(&(first, _)) => {
            let reason = format!("{first}行目と番号が同じで、内容が違います。{first}行目の内容を取り込みます。");
            Row::Error(RowError::new(line, "", reason))
        }
    }
}

impl Cells<'_> {
    /// The entry, or nothing if it stands outside the area.
    ///
    /// The address is looked at first, so that a broken row from elsewhere in a nationwide file troubles nobody.
    fn entry(&self) -> Result<Option<Entry>, RowError> {
        self.check_width()?;
        let Some((municipality, address)) = self.address()? else {
            return Ok(None);
        };
        self.check_bytes()?;

        let name = self.name(Slot::Name)?;
        if name.is_empty() {
            return Err(self.error(Slot::Name, "名称がありません。"));
        }
        let key = self.key()?;
        let kind_text = self.prose(Slot::Kind)?;
        let coordinates = text::coordinates(&self.line(Slot::Latitude)?, &self.line(Slot::Longitude)?);
        Ok(Some(Entry {
            office_number: self.office_number(&key)?,
            key,
            line: self.line,
            kinds: kinds_of(self.heading.format(), &kind_text, &name),
            kind_text,
            name,
            kana: text::one_width(&self.name(Slot::Kana)?),
            corporation: self.name(Slot::Corporation)?,
            municipality,
            postal: text::postal(&self.line(Slot::Postal)?),
            address,
            phone: text::phone(&self.line(Slot::Phone)?),
            fax: text::phone(&self.line(Slot::Fax)?),
            url: url(&self.prose(Slot::Url)?),
            latitude: coordinates.map(|(latitude, _)| latitude),
            longitude: coordinates.map(|(_, longitude)| longitude),
            hours: self.hours()?,
            closed: self.line(Slot::Closed)?,
            note: self.note()?,
            capacity: text::capacity(&self.line(Slot::Capacity)?),
            departments: departments(&self.prose(Slot::Departments)?),
        }))
    }

    fn key(&self) -> Result<String, RowError> {
        let number = text::one_width(&self.name(Slot::Number)?);
        if number.is_empty() {
            return Err(self.error(Slot::Number, "番号がありません。"));
        }
        if number.chars().count() > 64 {
            return Err(self.error(Slot::Number, "番号が64文字を超えています。"));
        }
        if text::is_destroyed_number(&number) {
            return Err(self.error(Slot::Number, "表計算ソフトで開いたときに番号の桁が失われています。"));
        }
        match self.heading.format() {
            Format::WamNet => Ok(number),
            Format::MedicalBureau if number.len() == 9 && number.bytes().all(|byte| byte.is_ascii_digit()) => {
                Ok(number)
            }
            Format::MedicalBureau => Err(self.error(Slot::Number, "9桁の数字ではありません。")),
            Format::OpenMedical | Format::OpenCare | Format::OpenChildcare => {
                let code = local_government_code(&self.name(Slot::Publisher)?)
                    .ok_or_else(|| self.error(Slot::Publisher, "地方公共団体コードを読み取れません。"))?;
                Ok(format!("{code}-{number}"))
            }
        }
    }

    fn office_number(&self, key: &str) -> Result<String, RowError> {
        if self.heading.format() == Format::MedicalBureau {
            return Ok(key.to_owned());
        }
        let number = text::one_width(&self.name(Slot::OfficeNumber)?);
        Ok(if text::is_destroyed_number(&number) { String::new() } else { number })
    }

    fn hours(&self) -> Result<String, RowError> {
        let mut parts = Vec::new();
        let days =
            [(Slot::Weekdays, "平日"), (Slot::Saturday, "土曜"), (Slot::Sunday, "日曜"), (Slot::Holiday, "祝日")];
        for (slot, label) in days {
            let hours = self.line(slot)?;
            if !hours.is_empty() {
                parts.push(format!("{label} {hours}"));
            }
        }
        let (opens, closes) = (self.line(Slot::Opens)?, self.line(Slot::Closes)?);
        let hours = match (opens.as_str(), closes.as_str()) {
            ("", "") => String::new(),
            (opens, "") => format!("{opens}から"),
            ("", closes) => format!("{closes}まで"),
            (opens, closes) => format!("{opens}-{closes}"),
        };
        let open = format!("{} {hours}", self.line(Slot::Days)?);
        if !open.trim().is_empty() {
            parts.push(open.trim().to_owned());
        }
        Ok(parts.join("、"))
    }

    /// Remarks, with what has no field of its own under its heading.
    fn note(&self) -> Result<String, RowError> {
        let mut lines = Vec::new();
        for (slot, label) in [
            (Slot::Remark, ""),
            (Slot::OutOfHours, "時間外における対応："),
            (Slot::Ages, "受入年齢："),
            (Slot::TemporaryCare, "一時預かり："),
            (Slot::Beds, "病床数："),
            (Slot::Extension, "内線番号："),
            (Slot::Note, ""),
        ] {
            let text = self.prose(slot)?;
            if !text.is_empty() {
                lines.push(format!("{label}{text}"));
            }
        }
        Ok(lines.join("\n"))
    }
}

/// 診療科目 are separated by `;` officially; only where a file has none of these does it separate them by 、.
fn departments(text: &str) -> Vec<String> {
    let official = [';', '；', '\n'];
    let separators: &[char] = if text.contains(official) { &official } else { &['、', '，', ','] };
    text.split(separators).map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::departments;

    #[test]
    fn departments_are_separated_by_semicolons_or_failing_these_by_commas() {
        assert_eq!(departments("内科; 小児科；"), ["内科", "小児科"]);
        assert_eq!(departments("内科（呼吸器、循環器）;小児科"), ["内科（呼吸器、循環器）", "小児科"]);
        assert_eq!(departments("内科、小児科"), ["内科", "小児科"]);
        assert!(departments("").is_empty());
    }
}
