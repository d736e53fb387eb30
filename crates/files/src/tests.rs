use super::*;
use flate2::{Compress, Compression, FlushCompress};
use proptest::prelude::*;

const GPS: &[u8] = b"35.2810N 139.6720E";

fn jpeg(width: u16, height: u16, way: u8) -> Vec<u8> {
    let mut out = vec![0xFF, 0xD8];
    let mut segment = |marker: u8, body: &[u8]| {
        out.extend_from_slice(&[0xFF, marker]);
        out.extend_from_slice(&u16::try_from(body.len() + 2).expect("short").to_be_bytes());
        out.extend_from_slice(body);
    };
    segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    let exif =
        [b"Exif\0\0II\x2A\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".as_slice(), &[way, 0, 0, 0, 0, 0, 0, 0], GPS]
            .concat();
    segment(0xE1, &exif);
    segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0".as_slice(), GPS].concat());
    segment(0xFE, b"taken at home");
    segment(0xDB, &[0; 65]);
    let [h, w] = [height.to_be_bytes(), width.to_be_bytes()];
    segment(0xC0, &[8, h[0], h[1], w[0], w[1], 1, 1, 0x11, 0]);
    segment(0xDA, &[1, 1, 0, 0, 63, 0]);
    out.extend_from_slice(&[0x12, 0xFF, 0x00, 0x34, 0xFF, 0xD0, 0x56, 0xFF, 0xD9]);
    out
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut out = png::SIGNATURE.to_vec();
    let mut chunk = |name: &[u8; 4], data: &[u8]| {
        out.extend_from_slice(&u32::try_from(data.len()).expect("short").to_be_bytes());
        let body = [name.as_slice(), data].concat();
        out.extend_from_slice(&body);
        out.extend_from_slice(&png::crc(&body).to_be_bytes());
    };
    chunk(b"IHDR", &[width.to_be_bytes().as_slice(), &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat());
    chunk(b"tEXt", &[b"Comment\0".as_slice(), GPS].concat());
    chunk(b"eXIf", GPS);
    chunk(b"IDAT", b"picture");
    chunk(b"IEND", b"");
    out
}

fn bundle(name: &[u8; 4], parts: &[Vec<u8>]) -> Vec<u8> {
    let body = parts.concat();
    [u32::try_from(body.len() + 8).expect("short").to_be_bytes().as_slice(), name, &body].concat()
}

fn heic(width: u32, height: u32) -> Vec<u8> {
    let ftyp = bundle(b"ftyp", &[b"heic\0\0\0\0mif1heic".to_vec()]);
    let item = |id: u16, name: &[u8; 4]| {
        bundle(b"infe", &[vec![2, 0, 0, 0], id.to_be_bytes().to_vec(), vec![0, 0], name.to_vec(), vec![0]])
    };
    let iinf = bundle(b"iinf", &[vec![0, 0, 0, 0, 0, 2], item(1, b"hvc1"), item(2, b"Exif")]);
    let ispe = bundle(b"ispe", &[vec![0; 4], width.to_be_bytes().to_vec(), height.to_be_bytes().to_vec()]);
    let iprp = bundle(b"iprp", &[bundle(b"ipco", &[ispe])]);
    let meta = |first: u32| {
        let place = |id: u16, start: u32, length: u32| {
            [id.to_be_bytes().as_slice(), &[0, 0, 0, 1], &start.to_be_bytes(), &length.to_be_bytes()].concat()
        };
        let exif = first + 7;
        let places = [vec![0, 0, 0, 0, 0x44, 0, 0, 2], place(1, first, 7), place(2, exif, 18)];
        bundle(b"meta", &[vec![0; 4], iinf.clone(), bundle(b"iloc", &places), iprp.clone()])
    };
    let first = u32::try_from(ftyp.len() + meta(0).len() + 8).expect("short");
    [ftyp, meta(first), bundle(b"mdat", &[b"picture".to_vec(), GPS.to_vec()])].concat()
}

fn pdf(inside: &str) -> Vec<u8> {
    format!("%PDF-1.7\n1 0 obj <</Type /Catalog {inside}>> endobj\ntrailer <</Root 1 0 R>>\nstartxref\n9\n%%EOF\n")
        .into_bytes()
}

fn deflated(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() / 500 + 1_000_000);
    let mut compress = Compress::new(Compression::best(), false);
    compress.compress_vec(data, &mut out, FlushCompress::Finish).expect("memory");
    out
}

/// A zip file of deflated parts, as it is written by programs that know the sizes beforehand.
fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut list) = (Vec::new(), Vec::new());
    for (name, data) in parts {
        let (local, packed) = (u32::try_from(out.len()).expect("short"), deflated(data));
        let sizes = [packed.len(), data.len()].map(|n| u32::try_from(n).expect("short").to_le_bytes()).concat();
        let common = [
            vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            sizes,
            vec![u8::try_from(name.len()).expect("short"), 0, 0, 0],
        ]
        .concat();
        out.extend([b"PK\x03\x04".as_slice(), &common, name.as_bytes(), &packed].concat());
        list.extend(
            [b"PK\x01\x02\x14\0".as_slice(), &common, &[0; 10], &local.to_le_bytes(), name.as_bytes()].concat(),
        );
    }
    let [count, size, start] =
        [parts.len(), list.len(), out.len()].map(|n| u32::try_from(n).expect("short").to_le_bytes());
    let count = &count[..2];
    [out, list, [b"PK\x05\x06\0\0\0\0".as_slice(), count, count, &size, &start, &[0, 0]].concat()].concat()
}

fn office(main: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    zip(&[&[("[Content_Types].xml", b"<Types/>".as_slice()), (main, b"<x/>")], more].concat())
}

fn refused(name: &str, bytes: Vec<u8>) -> Refused {
    match inspect(name, bytes) {
        Err(why) => why,
        Ok(_) => panic!("{name} was kept"),
    }
}

fn samples() -> Vec<(&'static str, Kind, Vec<u8>)> {
    vec![
        ("a.PDF", Kind::Pdf, pdf("")),
        ("a.jpg", Kind::Jpeg, jpeg(640, 480, 6)),
        ("a.png", Kind::Png, png(640, 480)),
        ("a.heic", Kind::Heic, heic(640, 480)),
        ("a.xlsx", Kind::Xlsx, office("xl/workbook.xml", &[])),
        ("a.docx", Kind::Docx, office("word/document.xml", &[])),
        ("a.txt", Kind::Text, "在宅の記録\r\n".as_bytes().to_vec()),
        ("a.txt", Kind::Text, vec![0x8D, 0xDD, 0x91, 0xEE]),
    ]
}

#[test]
fn each_kind_is_known_by_its_content_and_the_same_when_it_comes_again() {
    for (name, kind, bytes) in samples() {
        let once = inspect(name, bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(once.kind, kind, "{name}");
        let twice = inspect("", once.bytes.clone()).expect(name);
        assert_eq!((twice.bytes, twice.cleaned), (once.bytes, false), "{name}");
    }
}

#[test]
fn place_and_time_of_a_picture_stay_behind() {
    for (name, kind, bytes) in samples() {
        let had = has(&bytes, GPS);
        assert_eq!(had, matches!(kind, Kind::Jpeg | Kind::Png | Kind::Heic));
        let kept = inspect(name, bytes).expect(name);
        assert!(!has(&kept.bytes, GPS) && !has(&kept.bytes, b"taken at home"), "{name}");
        assert_eq!(kept.cleaned, had, "{name}");
        assert!(!had || kind == Kind::Jpeg || has(&kept.bytes, b"picture"), "the picture itself stays: {name}");
    }
}

#[test]
fn a_photograph_is_still_shown_the_right_way_up() {
    let way = |bytes: &[u8]| {
        let at = bytes.windows(6).position(|w| w == b"Exif\0\0")?;
        bytes.get(at + 6 + 19).copied()
    };
    assert_eq!(way(&inspect("a.jpg", jpeg(9, 9, 6)).expect("good").bytes), Some(6));
    assert_eq!(way(&inspect("a.jpg", jpeg(9, 9, 1)).expect("good").bytes), None);
}

#[test]
fn what_follows_the_end_of_a_picture_is_cut_off() {
    for (name, make) in [("a.jpg", jpeg(9, 9, 1)), ("a.png", png(9, 9))] {
        let kept = inspect(name, [make, b"PK\x03\x04 another file".to_vec()].concat()).expect(name);
        assert!(kept.cleaned && !has(&kept.bytes, b"another file"), "{name}");
    }
}

#[test]
fn a_name_must_end_as_its_content_is() {
    assert_eq!(refused("a.pdf", png(9, 9)), Refused::Ending(Kind::Png));
    assert_eq!(refused("a.exe", pdf("")), Refused::Ending(Kind::Pdf));
    assert_eq!(refused("a.docx", office("xl/workbook.xml", &[])), Refused::Ending(Kind::Xlsx));
    assert!(inspect("名前だけ", pdf("")).is_ok());
    for name in ["a.svg", "a.html", "a.js", "a.csv"] {
        assert_eq!(refused(name, b"<svg onload=alert(1)>".to_vec()), Refused::Unknown, "{name}");
    }
    for bytes in [
        b"MZ\x90\0\x03".to_vec(),
        b"GIF89a\x01\0\x01\0\x80\0\0".to_vec(),
        b"\x7fELF\x02\x01\x01\0".to_vec(),
        vec![0; 64],
        b"a\x1bb".to_vec(),
    ] {
        assert_eq!(refused("a.txt", bytes), Refused::Unknown);
    }
}

#[test]
fn sizes_are_looked_at_before_anything_is_made() {
    assert_eq!(refused("a.txt", Vec::new()), Refused::Empty);
    assert_eq!(refused("a.txt", vec![b'a'; MAX_BYTES + 1]), Refused::TooLarge);
    assert!(inspect("a.txt", vec![b'a'; MAX_BYTES]).is_ok());
    assert_eq!(refused("a.png", png(100_000, 100_000)), Refused::Pixels);
    assert_eq!(refused("a.png", png(0, 9)), Refused::Damaged(Kind::Png));
    assert_eq!(refused("a.jpg", jpeg(65_000, 65_000, 1)), Refused::Pixels);
    assert_eq!(refused("a.heic", heic(u32::MAX, u32::MAX)), Refused::Pixels);
}

#[test]
fn abuse_17_a_pdf_that_does_something_is_refused() {
    for inside in [
        "/OpenAction <</S /JavaScript /JS (x)>>",
        "/S /Launch",
        "/S /J#61vaScript",
        "/Type /EmbeddedFile",
        "/RichMedia 1 0 R",
    ] {
        assert_eq!(refused("a.pdf", pdf(inside)), Refused::Active, "{inside}");
    }
    assert_eq!(refused("a.pdf", pdf("/Encrypt 5 0 R")), Refused::Locked(Kind::Pdf));
    for inside in
        ["/OpenAction [3 0 R /Fit]", "/JSON 1", "/LaunchDate (x)", "/EmbeddedFiles 1 0 R", "/EncryptMetadata false"]
    {
        assert!(inspect("a.pdf", pdf(inside)).is_ok(), "{inside}");
    }
    assert_eq!(refused("a.pdf", [pdf(""), zip(&[("x", b"y")])].concat()), Refused::Polyglot(Kind::Pdf));
    assert_eq!(refused("a.pdf", b"%PDF-1.7 only a beginning".to_vec()), Refused::Damaged(Kind::Pdf));
}

#[test]
fn abuse_13_an_office_file_that_unpacks_to_too_much_or_carries_programs_is_refused() {
    let zeros = vec![0; 250 * 1024 * 1024];
    let bomb = office("xl/workbook.xml", &[("xl/sheet.xml", &zeros)]);
    assert!(bomb.len() < 1024 * 1024);
    assert_eq!(refused("a.xlsx", bomb), Refused::Unpacks);
    // Each part below the ratio's floor, together above the sum.
    let small: Vec<(String, Vec<u8>)> = (0..300).map(|n| (format!("xl/{n}"), vec![b'a'; 1024 * 1024])).collect();
    let parts: Vec<(&str, &[u8])> = small.iter().map(|(n, d)| (n.as_str(), d.as_slice())).collect();
    assert_eq!(refused("a.xlsx", office("xl/workbook.xml", &parts)), Refused::Unpacks);
    for part in ["xl/vbaProject.bin", "word/embeddings/oleObject1.bin", "xl/activeX/activeX1.bin"] {
        assert_eq!(refused("a.xlsx", office("xl/workbook.xml", &[(part, b"x")])), Refused::Macros, "{part}");
    }
    for part in ["../../etc/passwd", "/etc/passwd", "a\\b"] {
        assert_eq!(refused("a.xlsx", office("xl/workbook.xml", &[(part, b"x")])), Refused::Office, "{part}");
    }
    assert_eq!(refused("a.zip", zip(&[("a.txt", b"x")])), Refused::Unknown);
    let sound = office("xl/workbook.xml", &[]);
    assert!(matches!(refused("a.xlsx", [sound, b"tail".to_vec()].concat()), Refused::Polyglot(_)));
}

#[test]
fn a_million_parts_are_refused_by_their_number_alone() {
    let mut many = office("xl/workbook.xml", &[]);
    let end = many.len() - 22;
    for n in [8, 10] {
        many[end + n..end + n + 2].copy_from_slice(&u16::MAX.to_le_bytes());
    }
    assert_eq!(refused("a.xlsx", many), Refused::Entries);
}

/// Bytes that nothing packs, the same every time.
fn noise(length: usize) -> Vec<u8> {
    let (mut random, mut noise) = (7_u64, Vec::with_capacity(length));
    while noise.len() < length {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        noise.extend_from_slice(&random.to_be_bytes()[..4]);
    }
    noise
}

#[test]
fn a_scan_is_not_refused_for_what_its_pictures_hold_by_chance() {
    let mut noise = noise(3_000_000);
    noise[1_000_000..1_000_004].copy_from_slice(b"/JS ");
    let begin = b"%PDF-1.7\n1 0 obj <</Length 3000000>>\nstream\n".to_vec();
    let end = |more: &str| format!("\nendstream endobj {more}\nstartxref\n9\n%%EOF\n").into_bytes();
    assert!(inspect("a.pdf", [begin.clone(), noise.clone(), end("")].concat()).is_ok());
    assert_eq!(refused("a.pdf", [begin, noise, end("<</S /JavaScript>>")].concat()), Refused::Active);
}

#[test]
fn a_locked_office_file_is_called_locked() {
    let ole = [&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], [0; 504].as_slice()].concat();
    assert_eq!(refused("a.xlsx", ole.clone()), Refused::Locked(Kind::Xlsx));
    assert_eq!(refused("a.docx", ole.clone()), Refused::Locked(Kind::Docx));
    assert_eq!(refused("a.doc", ole), Refused::Unknown);
}

#[test]
fn small_files_that_would_be_much_work_are_refused() {
    // Every entry of the list leads to the same packed bytes.
    let part = noise(4_000);
    let one = office("xl/workbook.xml", &[("xl/a", &part)]);
    let end = one.len() - 22;
    let start = usize::try_from(u32::from_le_bytes(one[end + 16..end + 20].try_into().expect("four"))).expect("small");
    let last = one[start..end].windows(4).rposition(|w| w == b"PK\x01\x02").expect("an entry") + start;
    let entry = one[last..end].to_vec();
    let mut many = one[..end].to_vec();
    (0..2_000).for_each(|_| many.extend_from_slice(&entry));
    let size = u32::try_from(many.len() - start).expect("small").to_le_bytes();
    let count = 2_003_u16.to_le_bytes();
    let tail = [&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size, &one[end + 16..end + 20], &[0, 0]].concat();
    let shared = [many, tail].concat();
    assert!(shared.len() < 200_000);
    assert_eq!(refused("a.xlsx", shared), Refused::Office);
    // A photograph with more places than any has.
    let mut crowded = heic(9, 9);
    let iloc = crowded.windows(4).position(|w| w == b"iloc").expect("places");
    crowded[iloc + 10..iloc + 12].copy_from_slice(&u16::MAX.to_be_bytes());
    assert_eq!(refused("a.heic", crowded), Refused::Damaged(Kind::Heic));
}

proptest! {
    #[test]
    fn nothing_makes_it_stumble(n in 0usize..8, cut in 0.0f64..1.0, changes in proptest::collection::vec((0.0f64..1.0, any::<u8>()), 0..6)) {
        let (name, _, mut bytes) = samples().swap_remove(n);
        let place = |part: f64, length: usize| (part * length as f64) as usize;
        for (at, byte) in &changes {
            let at = place(*at, bytes.len());
            bytes[at] = *byte;
        }
        if cut < 0.5 {
            bytes.truncate(place(cut * 2.0, bytes.len()));
        }
        if let Ok(kept) = inspect(name, bytes) {
            let again = inspect("", kept.bytes.clone());
            prop_assert_eq!(again.map(|a| (a.bytes, a.cleaned)), Ok((kept.bytes, false)));
        }
    }
}
