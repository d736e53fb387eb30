//! Papers as PDF, set by typst: tagged, titled, in Japanese, with the font embedded.
//!
//! The forms are files of this crate. What people wrote reaches them as one JSON file and never as markup, and a form can read
//! nothing else: no file of the machine, no package, no clock.

use super::{
    form::{Form, Made},
    glyphs::displayable,
};
use std::sync::LazyLock;
use typst::{
    Library, LibraryExt as _, World,
    diag::{FileError, FileResult},
    foundations::{Bytes, Datetime, Duration},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};

include!(concat!(env!("OUT_DIR"), "/fonts.rs"));

impl Form {
    fn source(self) -> (&'static str, &'static str) {
        match self {
            Form::Consent => ("/consent.typ", include_str!("../forms/consent.typ")),
            Form::Summary => ("/summary.typ", include_str!("../forms/summary.typ")),
            Form::Fridge => ("/fridge.typ", include_str!("../forms/fridge.typ")),
        }
    }
}

const COMMON: (&str, &str) = ("/common.typ", include_str!("../forms/common.typ"));
const DATA: &str = "/data.json";

/// The same for every paper: fonts and the language's library take ten milliseconds to make ready, once.
struct Press {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
}

static PRESS: LazyLock<Press> = LazyLock::new(|| {
    let fonts: Vec<Font> = FONTS.iter().flat_map(|bytes| Font::iter(Bytes::new(*bytes))).collect();
    Press { library: LazyHash::new(Library::default()), book: LazyHash::new(FontBook::from_fonts(&fonts)), fonts }
});

/// One paper in the making.
struct Desk {
    main: Source,
    common: Source,
    data: (FileId, Bytes),
}

fn place(path: &str) -> Result<FileId, String> {
    let path = VirtualPath::new(path).map_err(|e| format!("{path}: {e:?}"))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

impl World for Desk {
    fn library(&self) -> &LazyHash<Library> {
        &PRESS.library
    }
    fn book(&self) -> &LazyHash<FontBook> {
        &PRESS.book
    }
    fn main(&self) -> FileId {
        self.main.id()
    }
    fn source(&self, id: FileId) -> FileResult<Source> {
        [&self.main, &self.common].into_iter().find(|s| s.id() == id).cloned().ok_or(FileError::AccessDenied)
    }
    fn file(&self, id: FileId) -> FileResult<Bytes> {
        if id == self.data.0 { Ok(self.data.1.clone()) } else { Err(FileError::AccessDenied) }
    }
    fn font(&self, index: usize) -> Option<Font> {
        PRESS.fonts.get(index).cloned()
    }
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}

/// The bytes of a PDF. `data` is JSON; every form says in its file which fields it reads.
///
/// # Errors
/// A sentence for the log: a field is missing, or what was made cannot be read by a screen reader (PDF/UA-1).
pub fn pdf(form: Form, data: String, made: Made) -> Result<Vec<u8>, String> {
    let document = set(form, data)?;
    let at = Datetime::from_ymd_hms(made.year, made.month, made.day, made.hour, made.minute, 0);
    let options = PdfOptions {
        timestamp: at.and_then(|at| Timestamp::new_local(at, 9 * 60)),
        standards: PdfStandards::new(&[PdfStandard::Ua_1]).map_err(|e| format!("{e:?}"))?,
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(&document, &options).map_err(|e| said(&e));
    // What typst remembers of this paper is of no use to the next one, and holds somebody's words.
    comemo::evict(0);
    bytes
}

fn said(all: &[typst::diag::SourceDiagnostic]) -> String {
    all.iter().map(|d| d.message.to_string()).collect::<Vec<_>>().join("; ")
}

/// The pages of a paper.
fn set(form: Form, data: String) -> Result<PagedDocument, String> {
    let (path, text) = form.source();
    let desk = Desk {
        main: Source::new(place(path)?, text.to_owned()),
        common: Source::new(place(COMMON.0)?, COMMON.1.to_owned()),
        data: (place(DATA)?, Bytes::from_string(displayable(&PRESS.fonts, &data))),
    };
    typst::compile(&desk).output.map_err(|e| said(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MADE: Made = Made { year: 2026, month: 11, day: 24, hour: 10, minute: 5 };

    fn consent(child: &str, lines: &[&str]) -> String {
        let quoted = |t: &str| format!("\"{}\"", t.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"));
        let lines: Vec<String> = lines.iter().map(|l| quoted(l)).collect();
        format!(
            r#"{{"title":"情報を伝えることの同意書","made_by":"相模野 瑞希（横須賀市）","made_at":"2026-11-24 10:05","serial":"ab12","to":"横須賀市","version":"見本",
            "child":{},"period":"から まで","recipients":["訪問看護うみかぜ"],"purposes":[{{"on":true,"label":"支援の調整"}},{{"on":false,"label":"サービスの利用"}}],
            "categories":[{{"on":true,"label":"書類"}}],"lines":[{}],"own_will":true,"signer":"保護者の署名","explainer":"横須賀市","phone":"","lead":"相模野","keeper":"担当課",
            "day":"令和8年11月24日","number":"R8-0001","source":"見本"}}"#,
            quoted(child),
            lines.join(",")
        )
    }

    #[test]
    fn a_paper_is_a_pdf_with_its_font_and_its_language() {
        let bytes = pdf(Form::Consent, consent("髙橋 さくら", &["取りやめられます。"]), MADE).expect("a paper");
        assert!(bytes.starts_with(b"%PDF-1.7"), "{:?}", &bytes[..12]);
        assert!(bytes.len() < 300 * 1024, "{} bytes for one page", bytes.len());
    }

    #[test]
    fn abuse_33_words_that_look_like_markup_stay_words_and_a_form_reads_no_file() {
        let evil = "#read(\"/etc/passwd\") #import \"@preview/x:1.0.0\" #while true {} $x$ *a* = b";
        pdf(Form::Consent, consent(evil, &[evil]), MADE).expect("printed as it was typed");
        let desk = |text: &str| Desk {
            main: Source::new(place("/consent.typ").expect("a place"), text.to_owned()),
            common: Source::new(place("/common.typ").expect("a place"), String::new()),
            data: (place(DATA).expect("a place"), Bytes::from_string("{}".to_owned())),
        };
        for text in ["#read(\"/etc/passwd\")", "#read(\"../../etc/passwd\")", "#import \"@preview/x:1.0.0\": y"] {
            assert!(typst::compile::<PagedDocument>(&desk(text)).output.is_err(), "{text}");
        }
    }

    /// Both sheets of an emergency with so many devices, each with a text of this length.
    fn emergency(devices: usize, words: usize) -> String {
        let long = "呼吸器の設定と吸引".repeat(words);
        let of = |row: String| vec![row; devices].join(",");
        let rows = of(format!(r#"["人工呼吸器","{long}","{long}"]"#));
        let doses = of(format!(r#"["{long}","180mL 散・細粒","{long}"]"#));
        let pair = format!(r#"[["救急車を呼ぶ目安","{long}"]]"#);
        format!(
            r#"{{"title":"救急サマリー","made_by":"相模野 瑞希（横須賀市）","made_at":"2026-11-24 02:00","serial":"ab12","state":"まだ確かめられていません。",
            "name":"髙橋 さくら","kana":"たかはし さくら","born":"令和6年7月3日生（2歳4か月）","sex":"女","warning":"アレルギー・禁忌：ラテックス",
            "crisis":{pair},"allergies":{pair},"conditions":{pair},"wishes":{pair},"care":{pair},"other":{pair},
            "contacts":[["母","髙橋 みどり","080-0000-0000"]],"medicines":[{doses}],"doctors":[["主治医","みうら病院","046-000-0000"]],"devices":[{rows}],
            "call":["{long}"],"tell":["{long}"],"first":["{long}"],"power":["電池で約6時間"],"phones":[["母","髙橋 みどり","080-0000-0000"]]}}"#
        )
    }

    #[test]
    fn the_sheets_of_an_emergency_keep_to_their_pages_with_fifteen_devices_and_medicines() {
        for (devices, words) in [(0, 1), (3, 2), (15, 7)] {
            let pages = |form| set(form, emergency(devices, words)).expect("a paper").pages().len();
            assert_eq!((pages(Form::Summary), pages(Form::Fridge)), (2, 1), "{devices} devices of {words}");
        }
        let bytes = pdf(Form::Summary, emergency(15, 7), MADE).expect("a paper that a screen reader can read");
        assert!(bytes.len() < 600 * 1024, "{} bytes for two pages", bytes.len());
        pdf(Form::Fridge, emergency(3, 2), MADE).expect("a paper that a screen reader can read");
    }

    #[test]
    fn a_character_that_the_font_has_not_does_not_keep_a_paper_from_being_made() {
        let odd = "SpO₂ 😀 葛\u{E0100}飾 𠮷 髙﨑 ㎖ 한 ﷽ ＂ ￥ \u{FE0E}";
        let shown = displayable(&PRESS.fonts, odd);
        assert!(shown.starts_with("SpO2 〓 葛飾") && shown.contains("髙﨑"), "{shown}");
        assert!(!shown.contains('"'), "no quote by a detour: {shown}");
        for c in shown.chars() {
            assert!(displayable(&PRESS.fonts, &c.to_string()) == c.to_string());
        }
        pdf(Form::Consent, consent(odd, &[odd]), MADE).expect("a paper");
        pdf(Form::Summary, emergency(1, 1).replace("髙橋", odd), MADE).expect("a paper");
    }

    #[test]
    fn a_field_that_is_missing_is_said_and_not_left_empty() {
        assert!(pdf(Form::Consent, "{}".to_owned(), MADE).is_err());
    }

    #[test]
    fn ten_thousand_characters_in_one_field_go_over_pages() {
        let long = "あ".repeat(10_000);
        let bytes = pdf(Form::Consent, consent("髙橋 さくら", &[&long]), MADE).expect("several pages");
        assert!(bytes.len() > 10_000);
    }
}
