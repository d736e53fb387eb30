//! 自治体標準オープンデータ in both generations.

use super::super::{Entry, Format, Kind, Row};
use super::{OPEN_CARE, OPEN_CHILDCARE, OPEN_MEDICAL, entries, errors, read, rows};

#[test]
fn both_generations_of_a_list_give_the_same_rows_and_no_unknown_column() {
    let lists =
        [(OPEN_MEDICAL, Format::OpenMedical), (OPEN_CARE, Format::OpenCare), (OPEN_CHILDCARE, Format::OpenChildcare)];
    for ([old, new], format) in lists {
        for file in [old, new] {
            let (head, _) = read(file).expect("the file is accepted");
            assert_eq!((head.format, head.unknown.len()), (format, 0), "{head:?}");
        }
        assert_eq!(rows(old), rows(new), "{format:?}");
        assert_eq!(errors(new), [], "{format:?}");
    }
}

#[test]
fn a_medical_institution_is_read_in_full() {
    let expected = Entry {
        key: "142042-1".into(),
        line: 2,
        name: "架空総合病院".into(),
        kana: "カクウソウゴウビョウイン".into(),
        corporation: "医療法人架空会".into(),
        office_number: "1412199991".into(),
        kinds: vec![Kind::Hospital],
        kind_text: "病院".into(),
        municipality: "142042",
        postal: String::new(),
        address: "神奈川県鎌倉市架空町1-1".into(),
        phone: "0467-00-0001".into(),
        fax: "0467-00-0002".into(),
        url: "https://hospital.example.jp/".into(),
        latitude: Some(35.319),
        longitude: Some(139.55),
        hours: "月火水木金 09:00-17:00".into(),
        closed: String::new(),
        note: "祝日を除く\n時間外における対応：救急外来あり\n病床数：200\n内線番号：123".into(),
        capacity: None,
        departments: vec!["内科".into(), "小児科".into(), "小児外科".into()],
    };
    assert_eq!(entries(OPEN_MEDICAL[1])[0], expected);
}

#[test]
fn the_place_is_that_of_the_address_and_not_of_the_city_that_publishes() {
    // 鎌倉市 publishes all three: the second stands in 逗子市, the third in 横浜市.
    let entries = entries(OPEN_MEDICAL[0]);
    assert_eq!(entries.iter().map(|entry| entry.municipality).collect::<Vec<_>>(), ["142042", "142085"]);
    assert_eq!(rows(OPEN_MEDICAL[0])[2], Row::Elsewhere { line: 4 });
}

#[test]
fn values_are_repaired_or_dropped_but_names_are_kept() {
    let entry = &entries(OPEN_MEDICAL[0])[1];
    assert_eq!(entry.name, "髙﨑①こどもクリニック㈱前");
    assert_eq!(entry.kana, "タカサキコドモクリニック");
    assert_eq!(entry.address, "神奈川県逗子市架空２－３\u{3000}架空ビル２階");
    assert_eq!(entry.phone, "046-000-0003");
    assert_eq!((entry.latitude, entry.longitude), (None, None));
    assert_eq!(entry.url, "");
    assert_eq!(entry.hours, "月火");
}

#[test]
fn care_offices_have_a_kind_for_every_service_and_lose_a_destroyed_number() {
    let entries = entries(OPEN_CARE[1]);
    assert_eq!(entries[0].kinds, [Kind::HomeNursing]);
    assert_eq!(entries[0].municipality, "143014");
    assert_eq!(entries[0].key, "142042-0000000001");
    assert_eq!(entries[1].kinds, [Kind::CareService]);
    assert_eq!(entries[1].kind_text, "通所介護;短期入所生活介護;看護小規模多機能型居宅介護");
    assert_eq!(entries[1].office_number, "", "the file has 1.46E+09");
    assert_eq!(entries[1].capacity, Some(29));
}

#[test]
fn nurseries_say_which_ages_they_take() {
    let entries = entries(OPEN_CHILDCARE[1]);
    assert_eq!(entries[0].kinds, [Kind::Nursery]);
    assert_eq!(entries[0].hours, "月火水木金土 07:00-19:00");
    assert_eq!(entries[0].note, "延長保育あり\n受入年齢：6か月から\n一時預かり：有\n看護師を置いています");
    assert_eq!(entries[1].kinds, [Kind::CertifiedChildcare]);
    assert_eq!(entries[1].hours, "月火水木金 08:00から");
    assert_eq!(entries[1].capacity, Some(120));
}

/// One row of the newer generation with this address in 連結表記, 都道府県, 市区町村, 町字 and 番地以下.
fn placed(address: [&str; 5]) -> String {
    let head = "全国地方公共団体コード,ID,名称,種別,受入年齢,所在地_連結表記,所在地_都道府県,所在地_市区町村,所在地_町字,所在地_番地以下\n";
    format!("{head}142042,1,架空保育園,保育所,,{}\n", address.join(","))
}

#[test]
fn an_address_is_found_however_its_columns_are_filled() {
    for (address, expected) in [
        (["神奈川県鎌倉市小町1-2", "神奈川県", "鎌倉市", "小町", "1-2"], "神奈川県鎌倉市小町1-2"),
        (["", "神奈川県", "鎌倉市", "小町", "1-2"], "神奈川県鎌倉市小町1-2"),
        (["", "神奈川県", "鎌倉市小町1-2", "", ""], "神奈川県鎌倉市小町1-2"),
        (["", "神奈川県", "神奈川県鎌倉市小町1-2", "", ""], "神奈川県鎌倉市小町1-2"),
        (["小町1-2", "神奈川県", "鎌倉市", "", ""], "神奈川県鎌倉市小町1-2"),
        (["小町1-2", "神奈川県", "鎌倉市", "小町", "1-2"], "神奈川県鎌倉市小町1-2"),
        (["鎌倉市小町1-2", "", "", "", ""], "鎌倉市小町1-2"),
    ] {
        let entries = entries(placed(address));
        assert_eq!(entries.iter().map(|entry| entry.address.as_str()).collect::<Vec<_>>(), [expected], "{address:?}");
        assert_eq!(entries[0].municipality, "142042");
    }
}

#[test]
fn an_address_without_a_municipality_is_an_error_and_not_the_publisher() {
    for address in [["小町1-2", "", "", "", ""], ["小町1-2", "神奈川県", "", "小町", "1-2"], ["", "", "", "", ""]]
    {
        let errors = errors(placed(address));
        assert_eq!(errors.len(), 1, "{address:?}");
        assert_eq!((errors[0].line, errors[0].column.as_str()), (2, "所在地_連結表記"));
    }
}

#[test]
fn a_building_is_added_to_an_address_that_does_not_name_it() {
    let head = "市区町村コード,NO,名称,種別,受入年齢,住所,方書,終了時間\n";
    for address in ["鎌倉市小町1-2,架空ビル", "鎌倉市小町1-2\u{3000}架空ビル,架空ビル"] {
        let entries = entries(format!("{head}142042,1,架空保育園,保育所,,{address},19:00\n"));
        assert_eq!(entries[0].address, "鎌倉市小町1-2\u{3000}架空ビル");
        assert_eq!(entries[0].hours, "19:00まで");
    }
}

#[test]
fn an_institution_elsewhere_is_told_as_such() {
    let file = placed(["", "神奈川県", "横浜市栄区", "鎌倉市境町", "1"]);
    assert_eq!(rows(file), [Row::Elsewhere { line: 2 }]);
}
