//! Which file it is and how it is written.

/// The layouts of public directory files that we read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// 障害福祉サービス等情報公表: one file per service, half-yearly, 29 columns.
    WamNet,
    /// 厚生局 コード内容別医療機関一覧: monthly, without telephone numbers and kinds.
    MedicalBureau,
    /// 自治体標準オープンデータ 10 医療機関一覧, both generations.
    OpenMedical,
    /// 自治体標準オープンデータ 09 介護サービス事業所一覧, both generations.
    OpenCare,
    /// 自治体標準オープンデータ 05 子育て施設一覧, both generations.
    OpenChildcare,
}

impl Format {
    /// Every layout, in the order in which people meet them.
    pub const ALL: [Self; 5] =
        [Self::WamNet, Self::MedicalBureau, Self::OpenMedical, Self::OpenCare, Self::OpenChildcare];

    /// The word for the database and for addresses.
    pub const fn code(self) -> &'static str {
        match self {
            Self::WamNet => "wam_net",
            Self::MedicalBureau => "medical_bureau",
            Self::OpenMedical => "open_medical",
            Self::OpenCare => "open_care",
            Self::OpenChildcare => "open_childcare",
        }
    }

    /// The layout with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.code() == code)
    }

    /// The name that people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::WamNet => "障害福祉サービス等情報公表（WAM NET）",
            Self::MedicalBureau => "厚生局 医療機関一覧",
            Self::OpenMedical => "自治体標準オープンデータ 医療機関",
            Self::OpenCare => "自治体標準オープンデータ 介護サービス事業所",
            Self::OpenChildcare => "自治体標準オープンデータ 子育て施設",
        }
    }

    /// The line that the terms of use ask for wherever the data are shown.
    pub const fn source_credit(self) -> &'static str {
        match self {
            Self::WamNet => {
                "出典：独立行政法人福祉医療機構（WAM NET）「障害福祉サービス等情報公表システム」のオープンデータを加工して作成"
            }
            Self::MedicalBureau => "出典：厚生労働省 地方厚生局「コード内容別医療機関一覧」を加工して作成",
            Self::OpenMedical => "出典：地方公共団体が公開する「医療機関一覧」を加工して作成",
            Self::OpenCare => "出典：地方公共団体が公開する「介護サービス事業所一覧」を加工して作成",
            Self::OpenChildcare => "出典：地方公共団体が公開する「子育て施設一覧」を加工して作成",
        }
    }
}

/// How the text of a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8 without a mark.
    Utf8,
    /// UTF-8 with the mark that Excel writes.
    Utf8Bom,
    /// Shift_JIS as Windows writes it, with ①, ㈱, 髙 and 﨑.
    Cp932,
    /// UTF-16, low byte first (Excel's 「Unicode テキスト」), with or without a mark.
    Utf16Le,
    /// UTF-16, high byte first, with or without a mark.
    Utf16Be,
}

impl Encoding {
    /// The name that people read.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf8Bom => "UTF-8（BOM付き）",
            Self::Cp932 => "Shift_JIS（CP932）",
            Self::Utf16Le => "UTF-16（リトルエンディアン）",
            Self::Utf16Be => "UTF-16（ビッグエンディアン）",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Format;

    #[test]
    fn every_code_leads_back_to_its_format() {
        for format in Format::ALL {
            assert_eq!(Format::from_code(format.code()), Some(format));
        }
        assert_eq!(Format::from_code("none"), None);
    }
}
