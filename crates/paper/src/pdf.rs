//! Papers as PDF, set by typst: tagged, titled, in Japanese, with the font embedded.
//!
//! The forms are files of this crate. What people wrote reaches them as one JSON file and never as markup, and a form can read
//! nothing else: no file of the machine, no package, no clock.

use super::form::{Form, Made};
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
    let (path, text) = form.source();
    let desk = Desk {
        main: Source::new(place(path)?, text.to_owned()),
        common: Source::new(place(COMMON.0)?, COMMON.1.to_owned()),
        data: (place(DATA)?, Bytes::from_string(data)),
    };
    let said = |all: &[typst::diag::SourceDiagnostic]| {
        all.iter().map(|d| d.message.to_string()).collect::<Vec<_>>().join("; ")
    };
    let document: PagedDocument = typst::compile(&desk).output.map_err(|e| said(&e))?;
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
