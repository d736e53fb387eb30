//! In which municipality an address lies.

use unicode_normalization::UnicodeNormalization;

/// The five municipalities of the area with their six-digit codes (check digit included), as addresses begin.
const AREA: [(&str, &str); 6] = [
    ("横須賀市", "142018"),
    ("鎌倉市", "142042"),
    ("逗子市", "142085"),
    ("三浦市", "142107"),
    ("三浦郡葉山町", "143014"),
    ("葉山町", "143014"),
];

const KANAGAWA: &str = "神奈川県";

const OTHER_PREFECTURES: [&str; 46] = [
    "北海道",
    "青森県",
    "岩手県",
    "宮城県",
    "秋田県",
    "山形県",
    "福島県",
    "茨城県",
    "栃木県",
    "群馬県",
    "埼玉県",
    "千葉県",
    "東京都",
    "新潟県",
    "富山県",
    "石川県",
    "福井県",
    "山梨県",
    "長野県",
    "岐阜県",
    "静岡県",
    "愛知県",
    "三重県",
    "滋賀県",
    "京都府",
    "大阪府",
    "兵庫県",
    "奈良県",
    "和歌山県",
    "鳥取県",
    "島根県",
    "岡山県",
    "広島県",
    "山口県",
    "徳島県",
    "香川県",
    "愛媛県",
    "高知県",
    "福岡県",
    "佐賀県",
    "長崎県",
    "熊本県",
    "大分県",
    "宮崎県",
    "鹿児島県",
    "沖縄県",
];

/// The other cities and districts of the prefecture, and its towns where the district is left out.
const ELSEWHERE_IN_KANAGAWA: [&str; 34] = [
    "横浜市",
    "川崎市",
    "相模原市",
    "平塚市",
    "藤沢市",
    "小田原市",
    "茅ヶ崎市",
    "茅ケ崎市",
    "秦野市",
    "厚木市",
    "大和市",
    "伊勢原市",
    "海老名市",
    "座間市",
    "南足柄市",
    "綾瀬市",
    "高座郡",
    "中郡",
    "足柄上郡",
    "足柄下郡",
    "愛甲郡",
    "寒川町",
    "大磯町",
    "二宮町",
    "中井町",
    "大井町",
    "松田町",
    "山北町",
    "開成町",
    "箱根町",
    "真鶴町",
    "湯河原町",
    "愛川町",
    "清川村",
];

/// What an address says about the municipality.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// One of the five, by its six-digit code.
    Inside(&'static str),
    /// Somewhere else.
    Outside,
    /// The address begins with no municipality (「小川町１６」), or there is none.
    Unsaid,
}

/// Reads the municipality off the beginning of an address, with or without the prefecture and a postal code.
///
/// Only the beginning counts: 「横浜市…鎌倉街道」 is Yokohama.
/// Where it names no municipality the answer is [`Place::Unsaid`] and not that of the body that publishes the file:
/// a city lists institutions beyond its border too, and a wrong municipality sends a family to a wrong counter.
pub(super) fn place_of(address: &str) -> Place {
    let address: String = address.nfkc().filter(|c| !c.is_whitespace()).collect();
    let address = address.trim_start_matches(|c: char| c == '〒' || c == '-' || c.is_ascii_digit());
    if OTHER_PREFECTURES.iter().any(|prefecture| address.starts_with(prefecture)) {
        return Place::Outside;
    }
    let local = address.strip_prefix(KANAGAWA);
    let rest = local.unwrap_or(address);
    if let Some((_, code)) = AREA.iter().find(|(name, _)| rest.starts_with(name)) {
        return Place::Inside(code);
    }
    // 葉山町 is the only town of its district, so the district alone, or with a slip behind it, is unfinished.
    if rest.starts_with("三浦郡") {
        return Place::Unsaid;
    }
    let outside = match local {
        Some(rest) => ELSEWHERE_IN_KANAGAWA.iter().any(|name| rest.starts_with(name)),
        None => begins_with_a_municipality(rest),
    };
    if outside { Place::Outside } else { Place::Unsaid }
}

/// Whether a city, ward or district is named before the first number. A town alone (町) does not count: a city's
/// quarters are called that as well.
fn begins_with_a_municipality(address: &str) -> bool {
    address.chars().take(8).take_while(|c| !c.is_ascii_digit()).skip(1).any(|c| matches!(c, '市' | '区' | '郡'))
}

/// The six-digit code of a local government, however a spreadsheet has shortened it; nothing if it is no code.
///
/// Five digits can be a code without its check digit (`14201`) or without its leading zero (`92011`, 宇都宮市). Codes of
/// this prefecture are taken for the former; otherwise the check digit tells.
pub(super) fn local_government_code(text: &str) -> Option<String> {
    let code: String = text.nfkc().filter(|c| !c.is_whitespace()).collect();
    if !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let with_check = |five: &str| check_digit(five).map(|digit| format!("{five}{digit}"));
    let with_zero = format!("0{code}");
    match code.len() {
        6 => Some(code),
        5 if !code.starts_with("14") && with_check(&with_zero[..5]).as_ref() == Some(&with_zero) => Some(with_zero),
        5 => with_check(&code),
        4 => with_check(&with_zero),
        _ => None,
    }
}

/// The check digit of five digits, by the rule of 総務省: weights 6 to 2, modulus 11.
fn check_digit(five: &str) -> Option<u32> {
    let digits: Vec<u32> = five.chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    let sum: u32 = digits.iter().zip([6, 5, 4, 3, 2]).map(|(digit, weight)| digit * weight).sum();
    Some((11 - sum % 11) % 10)
}

#[cfg(test)]
mod tests {
    use super::{AREA, Place, check_digit, local_government_code, place_of};

    #[test]
    fn the_five_municipalities_are_found_with_and_without_the_prefecture() {
        for (name, code) in AREA {
            for address in [
                format!("{name}小川町１１"),
                format!("神奈川県{name}1-2"),
                format!("〒２３８－０００４ 神奈川県 {name}"),
            ] {
                assert_eq!(place_of(&address), Place::Inside(code), "{address}");
            }
        }
    }

    #[test]
    fn only_the_beginning_of_an_address_counts() {
        for address in [
            "横浜市金沢区鎌倉市境町1",
            "神奈川県横浜市栄区三浦市場",
            "神奈川県藤沢市鎌倉市通り",
            "東京都葛飾区鎌倉1-1",
            "長崎県長崎市葉山町1",
            "岸和田市葉山町1",
            "足立区鎌倉",
            "神奈川県足柄下郡箱根町1",
            "東京都小笠原村父島",
        ] {
            assert_eq!(place_of(address), Place::Outside, "{address}");
        }
    }

    #[test]
    fn an_address_without_a_municipality_is_not_given_one() {
        for address in
            ["", "小川町１６", "神奈川県", "神奈川県小川町16", "三浦郡", "市場町1-1", "日の出町1-9市役所前", "123-4567"]
        {
            assert_eq!(place_of(address), Place::Unsaid, "{address}");
        }
    }

    #[test]
    fn a_town_has_one_code_with_and_without_its_district() {
        for address in ["三浦郡葉山町堀内1", "葉山町堀内1"] {
            assert_eq!(place_of(address), Place::Inside("143014"));
        }
    }

    #[test]
    fn the_codes_carry_their_check_digits() {
        for (name, code) in AREA {
            let digit = check_digit(&code[..5]).map(|digit| digit.to_string());
            assert_eq!(digit.as_deref(), Some(&code[5..]), "{name}");
        }
    }

    #[test]
    fn a_code_that_a_spreadsheet_has_shortened_is_completed() {
        for (text, code) in [
            ("142018", "142018"),
            ("１４２０１８", "142018"),
            ("14201", "142018"),
            ("14000", "140007"),
            ("14206", "142069"),
            ("92011", "092011"),
            ("13101", "131016"),
            ("1100", "011002"),
        ] {
            assert_eq!(local_government_code(text).as_deref(), Some(code), "{text}");
        }
        for text in ["", "14", "1420180", "横須賀市", "1.42E+05"] {
            assert_eq!(local_government_code(text), None, "{text}");
        }
    }
}
