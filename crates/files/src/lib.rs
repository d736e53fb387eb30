//! Files that come in from outside: what they are by their content, what is refused, and what is taken out of them before they
//! are kept. Nothing is believed of a file's name but its ending, and nothing is unpacked into memory.
//!
//! [`inspect`] is a pure function of bytes. Its output, inspected again, is the same.

mod heic;
mod jpeg;
mod office;
mod pdf;
mod png;
mod text;

use std::fmt;

/// 20 MB, as the largest scan of a form needs.
pub const MAX_BYTES: usize = 20 * 1024 * 1024;
/// Pictures with more pixels are refused: opening one takes four bytes of memory for each.
pub const MAX_PIXELS: u64 = 60_000_000;
/// Parts of an Office file.
pub const MAX_ENTRIES: u32 = 5_000;
/// What an Office file may unpack to.
pub const MAX_UNPACKED: u64 = 200 * 1024 * 1024;
/// How many times larger than packed a part may become, above [`RATIO_FROM`].
pub const MAX_RATIO: u64 = 200;
/// Small parts may be packed as tightly as they like.
pub const RATIO_FROM: u64 = 1024 * 1024;

/// What a file is, by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Pdf,
    Jpeg,
    Png,
    Heic,
    Xlsx,
    Docx,
    Text,
}

impl Kind {
    pub const ALL: [Kind; 7] = [Kind::Pdf, Kind::Jpeg, Kind::Png, Kind::Heic, Kind::Xlsx, Kind::Docx, Kind::Text];

    pub fn media_type(self) -> &'static str {
        match self {
            Kind::Pdf => "application/pdf",
            Kind::Jpeg => "image/jpeg",
            Kind::Png => "image/png",
            Kind::Heic => "image/heic",
            Kind::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Kind::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Kind::Text => "text/plain",
        }
    }

    /// What the file is called in a sentence.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Pdf => "PDF",
            Kind::Jpeg => "JPEGの写真",
            Kind::Png => "PNGの画像",
            Kind::Heic => "HEICの写真",
            Kind::Xlsx => "Excelの表",
            Kind::Docx => "Wordの文書",
            Kind::Text => "テキスト",
        }
    }

    /// Endings that a name of this kind may have, in lower case; the first is given where there is none.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Kind::Pdf => &["pdf"],
            Kind::Jpeg => &["jpg", "jpeg"],
            Kind::Png => &["png"],
            Kind::Heic => &["heic", "heif"],
            Kind::Xlsx => &["xlsx"],
            Kind::Docx => &["docx"],
            Kind::Text => &["txt"],
        }
    }
}

/// A file as it may be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    pub kind: Kind,
    pub bytes: Vec<u8>,
    /// Whether something was taken out: place, time, device, remarks, or what followed the end of a picture.
    pub cleaned: bool,
}

/// Why a file is not kept. [`fmt::Display`] is a sentence for the person who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    Empty,
    TooLarge,
    Unknown,
    /// The name's ending says something else than the content.
    Ending(Kind),
    Damaged(Kind),
    /// An Office file, whichever, that cannot be read.
    Office,
    Pixels,
    /// A PDF that runs programs or carries other files.
    Active,
    /// An Office file with macros or embedded programs.
    Macros,
    Locked(Kind),
    Entries,
    Unpacks,
    /// Something else stands before or after the file's own content.
    Polyglot(Kind),
    Encoding,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Empty => write!(f, "ファイルの中身がありません。選びなおしてください。"),
            Refused::TooLarge => write!(f, "ファイルが20 MBを超えています。分けるか、画質を下げてから選んでください。"),
            Refused::Unknown => write!(
                f,
                "この種類のファイルは預かれません。PDF、JPEG、PNG、HEIC、Excel（xlsx）、Word（docx）、テキスト（txt）にしてください。"
            ),
            Refused::Ending(kind) => write!(
                f,
                "ファイルの名前の終わりと中身が合いません（中身は{}です）。正しい名前にしてから選んでください。",
                kind.label()
            ),
            Refused::Damaged(kind) => write!(f, "{}として読めません。壊れているかもしれません。", kind.label()),
            Refused::Office => write!(f, "文書（Excel・Word）として読めません。壊れているかもしれません。"),
            Refused::Pixels => write!(f, "画像が大きすぎます（6,000万画素まで）。小さくしてから選んでください。"),
            Refused::Active => write!(
                f,
                "動くしかけ（プログラムや別のファイル）の入ったPDFは預かれません。印刷してPDFに取り直してください。"
            ),
            Refused::Macros => write!(f, "マクロや埋め込みの入った文書は預かれません。外して保存しなおしてください。"),
            Refused::Locked(kind) => {
                write!(f, "パスワードのかかった{}は預かれません。外して保存しなおしてください。", kind.label())
            }
            Refused::Entries => write!(f, "文書の中の部品が多すぎます（5,000個まで）。"),
            Refused::Unpacks => {
                write!(f, "文書を開いたときの大きさが大きすぎます。画像を減らして保存しなおしてください。")
            }
            Refused::Polyglot(_) => {
                write!(f, "ファイルの前か後ろに別の中身が付いています。保存しなおしてから選んでください。")
            }
            Refused::Encoding => write!(f, "テキストの文字コードがわかりません。UTF-8で保存しなおしてください。"),
        }
    }
}
impl std::error::Error for Refused {}

/// Looks at a file and takes out what nobody meant to give: the place and time of a picture, what follows its end.
///
/// `name` is the name that the browser gave; only its ending is looked at, and none is as good as a right one.
pub fn inspect(name: &str, bytes: Vec<u8>) -> Result<Inspected, Refused> {
    if bytes.is_empty() {
        return Err(Refused::Empty);
    }
    if bytes.len() > MAX_BYTES {
        return Err(Refused::TooLarge);
    }
    let ending = ending(name);
    // A locked Office file is not a zip file but one of the old kind.
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return Err(match ending.as_deref() {
            Some("xlsx") => Refused::Locked(Kind::Xlsx),
            Some("docx") => Refused::Locked(Kind::Docx),
            _ => Refused::Unknown,
        });
    }
    let kind = kind_of(&bytes)?;
    if let Some(ending) = ending
        && !kind.endings().contains(&ending.as_str())
    {
        return Err(if Kind::ALL.iter().any(|k| k.endings().contains(&ending.as_str())) || kind != Kind::Text {
            Refused::Ending(kind)
        } else {
            // Anything that is text could come under any name: pages, drawings and programs are not taken.
            Refused::Unknown
        });
    }
    let (bytes, cleaned) = match kind {
        Kind::Pdf => (pdf::check(bytes)?, false),
        Kind::Jpeg => changed(bytes, jpeg::clean)?,
        Kind::Png => changed(bytes, png::clean)?,
        Kind::Heic => changed(bytes, heic::clean)?,
        Kind::Xlsx | Kind::Docx => (office::check(kind, bytes)?, false),
        Kind::Text => (text::check(bytes)?, false),
    };
    Ok(Inspected { kind, bytes, cleaned })
}

fn changed(bytes: Vec<u8>, clean: fn(&[u8]) -> Result<Vec<u8>, Refused>) -> Result<(Vec<u8>, bool), Refused> {
    let cleaned = clean(&bytes)?;
    let differs = cleaned != bytes;
    Ok((cleaned, differs))
}

fn ending(name: &str) -> Option<String> {
    let (stem, ending) = name.rsplit_once('.')?;
    (!stem.is_empty() && !ending.is_empty()).then(|| ending.to_lowercase())
}

fn kind_of(bytes: &[u8]) -> Result<Kind, Refused> {
    if bytes.starts_with(b"%PDF-") {
        return Ok(Kind::Pdf);
    }
    if bytes.starts_with(&[0xFF, 0xD8, 0xFF]) {
        return Ok(Kind::Jpeg);
    }
    if bytes.starts_with(png::SIGNATURE) {
        return Ok(Kind::Png);
    }
    if heic::is(bytes) {
        return Ok(Kind::Heic);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return office::kind(bytes);
    }
    if text::looks(bytes) { Ok(Kind::Text) } else { Err(Refused::Unknown) }
}

/// Big-endian numbers at a place; nothing beyond the end.
fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn within(width: u64, height: u64, kind: Kind) -> Result<(), Refused> {
    if width == 0 || height == 0 {
        return Err(Refused::Damaged(kind));
    }
    if width.checked_mul(height).is_none_or(|all| all > MAX_PIXELS) { Err(Refused::Pixels) } else { Ok(()) }
}

/// Whether `needle` stands in `hay`.
fn has(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|w| w == needle)
}

#[cfg(test)]
mod tests;
