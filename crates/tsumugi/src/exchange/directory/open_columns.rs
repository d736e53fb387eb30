//! The columns that the lists of 自治体標準オープンデータ have in common.

use super::columns::{Column, Slot, column};

/// What no list can do without.
pub(super) const OPEN_NEEDED: &[&[Slot]] =
    &[&[Slot::Publisher], &[Slot::Number], &[Slot::Name], &[Slot::Kind], &[Slot::Address, Slot::Municipality]];

/// The front and address columns of 自治体標準オープンデータ, 推奨データセット (…, 住所, 方書) and 標準データセット
/// (…, 所在地_連結表記 and its parts). 所在地_連結標記 is a slip that several cities publish.
pub(super) const OPEN: &[Column] = &[
    column(Slot::Publisher, &["全国地方公共団体コード", "都道府県コード又は市区町村コード", "市区町村コード"]),
    column(Slot::Number, &["ID", "NO", "NO."]),
    column(Slot::Address, &["所在地_連結表記", "所在地_連結標記", "住所", "所在地"]),
    column(Slot::Prefecture, &["所在地_都道府県"]),
    column(Slot::Municipality, &["所在地_市区町村"]),
    column(Slot::Quarter, &["所在地_町字"]),
    column(Slot::Block, &["所在地_番地以下"]),
    column(Slot::Building, &["建物名等(方書)", "方書"]),
    column(Slot::Postal, &["郵便番号"]),
    column(Slot::Latitude, &["緯度"]),
    column(Slot::Longitude, &["経度"]),
    column(Slot::Phone, &["電話番号"]),
    column(Slot::Extension, &["内線番号"]),
    column(Slot::Fax, &["FAX番号"]),
    column(Slot::Url, &["URL"]),
    column(Slot::Note, &["備考"]),
];

/// 都道府県名, 市区町村名 and 地方公共団体名 name who publishes, not where the institution stands.
pub(super) const OPEN_UNUSED: &[&str] = &[
    "都道府県名",
    "市区町村名",
    "地方公共団体名",
    "名称_英字",
    "所在地_全国地方公共団体コード",
    "町字ID",
    "高度の種別",
    "高度の値",
    "法人番号",
    "連絡先メールアドレス",
    "連絡先FORMURL",
    "連絡先備考(その他、SNSなど)",
    "画像",
    "画像_ライセンス",
];
