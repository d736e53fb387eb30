//! The two real files that the product brings along.

use std::collections::{BTreeMap, HashSet};

use super::super::{Encoding, Entry, Format, Kind, Row};
use super::{entries, errors, read, rows};

const WAM_NET: &[u8] = include_bytes!("../../../../data/directory/wam-sfk-202503-yokosuka-miura.csv");
const BUREAU: &[u8] = include_bytes!("../../../../data/directory/yokosuka-miura-medical-institutions.csv");

fn count<T: Ord>(values: impl IntoIterator<Item = T>) -> Vec<(T, usize)> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

fn by_municipality(entries: &[Entry]) -> Vec<(&'static str, usize)> {
    count(entries.iter().map(|entry| entry.municipality))
}

#[test]
fn every_office_of_the_wam_net_file_is_read() {
    let (head, rows) = read(WAM_NET).expect("the file is accepted");
    assert_eq!((head.format, head.encoding, head.columns.len()), (Format::WamNet, Encoding::Utf8Bom, 29));
    assert!(head.unknown.is_empty() && head.missing_optional.is_empty(), "{head:?}");
    assert_eq!(rows.len(), 104);

    let entries = entries(WAM_NET);
    assert_eq!(entries.len(), 104);
    assert_eq!(
        by_municipality(&entries),
        [("142018", 57), ("142042", 31), ("142085", 8), ("142107", 7), ("143014", 1)]
    );
    assert_eq!(entries.iter().map(|entry| &entry.key).collect::<HashSet<_>>().len(), 104);
    assert_eq!(entries.iter().map(|entry| &entry.office_number).collect::<HashSet<_>>().len(), 77);
    assert!(entries.iter().all(|entry| entry.latitude.is_some() && !entry.phone.is_empty()));
}

#[test]
fn every_service_of_the_wam_net_file_has_a_kind() {
    let kinds = count(entries(WAM_NET).into_iter().flat_map(|entry| entry.kinds));
    assert_eq!(
        kinds,
        [
            (Kind::RegionalConsultation, 35),
            (Kind::MedicalChildDevelopment, 1),
            (Kind::VisitingChildDevelopment, 1),
            (Kind::NurseryVisit, 9),
            (Kind::BehaviourSupport, 5),
            (Kind::MedicalLongTermCare, 2),
            (Kind::FacilityResidence, 9),
            (Kind::IndependentLiving, 1),
            (Kind::SelfRelianceTraining, 7),
            (Kind::Employment, 31),
            (Kind::WelfareChildResidence, 1),
            (Kind::MedicalChildResidence, 2),
        ]
    );
}

#[test]
fn the_first_office_of_the_wam_net_file_is_read_in_full() {
    let entry = &entries(WAM_NET)[0];
    let expected = Entry {
        key: "E0000095600".into(),
        line: 2,
        name: "株式会社ぴーすけあ・ホームヘルプセンター".into(),
        kana: "かぶしきがいしゃぴーすけあほーむへるぷせんたー".into(),
        corporation: "株式会社ぴーすけあ".into(),
        office_number: "1411901232".into(),
        kinds: vec![Kind::BehaviourSupport],
        kind_text: "行動援護".into(),
        municipality: "142018",
        postal: String::new(),
        address: "神奈川県横須賀市根岸町３−１４−２５グレイス５\u{3000}１０１・１０２号".into(),
        phone: "046-874-5237".into(),
        fax: "046-874-5238".into(),
        // The file has a full-width ｗ here.
        url: "https://www.peace-care.website/".into(),
        latitude: Some(35.251_015_70),
        longitude: Some(139.682_407_30),
        hours: "平日 09:00-17:00、土曜 09:00-17:00".into(),
        closed: "土、日、祝日、年末年始（12/31〜1/3）".into(),
        note: "営業日（時間）以外も転送電話で随時連絡可能".into(),
        capacity: None,
        departments: Vec::new(),
    };
    assert_eq!(*entry, expected);
}

#[test]
fn no_web_address_of_the_wam_net_file_is_lost() {
    assert_eq!(entries(WAM_NET).iter().filter(|entry| !entry.url.is_empty()).count(), 70);
    assert_eq!(entries(WAM_NET).iter().filter(|entry| entry.capacity.is_some()).count(), 43);
}

#[test]
fn every_institution_of_the_bureau_is_read_once() {
    let (head, _) = read(BUREAU).expect("the file is accepted");
    assert_eq!((head.format, head.encoding, head.columns.len()), (Format::MedicalBureau, Encoding::Utf8, 5));
    assert!(head.unknown.is_empty() && head.missing_optional.is_empty(), "{head:?}");

    let entries = entries(BUREAU);
    assert_eq!(entries.len(), 548);
    assert_eq!(errors(BUREAU), []);
    assert_eq!(
        by_municipality(&entries),
        [("142018", 273), ("142042", 171), ("142085", 68), ("142107", 21), ("143014", 15)]
    );
    assert_eq!(entries.iter().map(|entry| &entry.key).collect::<HashSet<_>>().len(), 548);
    assert!(entries.iter().all(|entry| entry.postal.len() == 8 && entry.kind_text.is_empty()));
}

#[test]
fn the_institutions_that_the_bureau_lists_again_for_their_dental_department_are_told_apart() {
    let rows = rows(BUREAU);
    assert_eq!(rows.len(), 563);
    let repeated = rows.iter().filter_map(|row| match row {
        Row::Repeated { line, first } => Some((*line, *first)),
        _ => None,
    });
    let lines: Vec<u64> = repeated.clone().map(|(line, _)| line).collect();
    assert_eq!(lines, (550..=564).collect::<Vec<u64>>());
    assert!(repeated.clone().any(|pair| pair == (552, 2)), "横須賀共済病院");
}

#[test]
fn kinds_of_the_bureau_come_from_names_and_say_where_the_name_does_not() {
    let entries = entries(BUREAU);
    let kinds = count(entries.iter().flat_map(|entry| entry.kinds.clone()));
    assert_eq!(kinds, [(Kind::Hospital, 22), (Kind::Clinic, 516), (Kind::MedicalInstitution, 10)]);
    let named = |kind: Kind| -> Vec<&str> {
        entries.iter().filter(|entry| entry.kinds == [kind]).map(|entry| entry.name.as_str()).collect()
    };
    assert_eq!(
        named(Kind::MedicalInstitution),
        [
            "横須賀市救急医療センター",
            "ライフゆう",
            "横須賀市立総合医療センター",
            "独立行政法人国立病院機構 久里浜医療センター",
            "鎌倉療育医療センター小さき花の園",
            "医療法人 徳洲会 湘南鎌倉人工関節センター",
            "医療法人社団メディカルフェニックス メディカルスキャニング大船",
            "公益財団法人逗葉地域医療センター",
            "山本メディカルセンター",
            "医療法人徳洲会 葉山ハートセンター",
        ]
    );
    assert!(named(Kind::Hospital).contains(&"医療法人 大樹会 ふれあい鎌倉ホスピタル"));
}
