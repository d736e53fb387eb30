//! From the words of a file to kinds.

use unicode_normalization::UnicodeNormalization;

use super::{Format, Kind};

/// Words and the kind that they mean; the first that occurs wins, so the longer word stands before the shorter one
/// that it contains.
type Words = &'static [(&'static str, Kind)];

/// サービス種別 of WAM NET, which names one service per row, some with a note in brackets.
const WELFARE: Words = &[
    ("居宅訪問型児童発達支援", Kind::VisitingChildDevelopment),
    ("医療型児童発達支援", Kind::MedicalChildDevelopment),
    ("児童発達支援", Kind::ChildDevelopment),
    ("放課後等デイサービス", Kind::AfterSchoolDay),
    ("保育所等訪問支援", Kind::NurseryVisit),
    ("福祉型障害児入所", Kind::WelfareChildResidence),
    ("医療型障害児入所", Kind::MedicalChildResidence),
    ("障害児相談支援", Kind::ChildConsultation),
    ("計画相談支援", Kind::PlanConsultation),
    ("地域相談支援", Kind::RegionalConsultation),
    ("地域移行支援", Kind::RegionalConsultation),
    ("地域定着支援", Kind::RegionalConsultation),
    ("重度障害者等包括支援", Kind::ComprehensiveSupport),
    ("重度訪問介護", Kind::IntensiveHomeCare),
    ("行動援護", Kind::BehaviourSupport),
    ("同行援護", Kind::AccompanyingSupport),
    ("療養介護", Kind::MedicalLongTermCare),
    ("生活介護", Kind::DailyCare),
    ("居宅介護", Kind::HomeHelp),
    ("短期入所", Kind::ShortStay),
    ("施設入所支援", Kind::FacilityResidence),
    ("共同生活援助", Kind::GroupHome),
    ("自立生活援助", Kind::IndependentLiving),
    ("自立訓練", Kind::SelfRelianceTraining),
    ("就労", Kind::Employment),
];

/// 医療機関の種類 of the open data: 病院, 有床診療所, 無床診療所 officially; cities add to it.
const MEDICAL: Words = &[
    ("訪問看護", Kind::HomeNursing),
    ("薬局", Kind::Pharmacy),
    ("歯科", Kind::DentalClinic),
    ("助産", Kind::MaternityHome),
    ("保健所", Kind::PublicHealthCentre),
    ("保健センター", Kind::PublicHealthCentre),
    ("診療所", Kind::Clinic),
    ("クリニック", Kind::Clinic),
    ("医院", Kind::Clinic),
    ("病院", Kind::Hospital),
];

/// 種別 of 子育て施設. 認定こども園 has types called 幼稚園型 and 保育所型, and 認可外保育施設 contains 保育, so order matters.
const CHILDCARE: Words = &[
    ("病児", Kind::SickChildcare),
    ("病後児", Kind::SickChildcare),
    ("認可外", Kind::UnlicensedChildcare),
    ("無認可", Kind::UnlicensedChildcare),
    ("認証保育", Kind::UnlicensedChildcare),
    ("企業主導型", Kind::UnlicensedChildcare),
    ("こども園", Kind::CertifiedChildcare),
    ("子ども園", Kind::CertifiedChildcare),
    ("幼稚園", Kind::Kindergarten),
    ("小規模保育", Kind::SmallChildcare),
    ("家庭的保育", Kind::SmallChildcare),
    ("事業所内保育", Kind::SmallChildcare),
    ("居宅訪問型保育", Kind::SmallChildcare),
    ("地域型保育", Kind::SmallChildcare),
    ("放課後児童", Kind::AfterSchoolClub),
    ("学童", Kind::AfterSchoolClub),
    ("児童発達支援", Kind::ChildDevelopment),
    ("放課後等デイサービス", Kind::AfterSchoolDay),
    ("子育て支援", Kind::ParentingSupport),
    ("子育てひろば", Kind::ParentingSupport),
    ("つどいの広場", Kind::ParentingSupport),
    ("児童館", Kind::ChildrensHall),
    ("保健センター", Kind::PublicHealthCentre),
    ("保育所", Kind::Nursery),
    ("保育園", Kind::Nursery),
];

/// The kinds of an institution: from the file's own words, or from its name where a medical list has none.
pub(super) fn kinds_of(format: Format, text: &str, name: &str) -> Vec<Kind> {
    let items: Vec<String> = items(text);
    let mut kinds = Vec::new();
    for item in &items {
        let kind = match format {
            Format::WamNet => first(WELFARE, item).unwrap_or(Kind::Other),
            Format::MedicalBureau | Format::OpenMedical => first(MEDICAL, item).unwrap_or(Kind::MedicalInstitution),
            // 居宅介護支援 and 短期入所生活介護 are for the old, not the welfare services of nearly the same name.
            Format::OpenCare if item.contains("訪問看護") => Kind::HomeNursing,
            Format::OpenCare => Kind::CareService,
            Format::OpenChildcare => first(CHILDCARE, item).unwrap_or(Kind::Other),
        };
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    if kinds.is_empty() {
        kinds.push(match format {
            Format::MedicalBureau | Format::OpenMedical => kind_by_name(name),
            Format::OpenCare => Kind::CareService,
            Format::WamNet | Format::OpenChildcare => Kind::Other,
        });
    }
    kinds
}

/// Derives the kind of a medical institution from its name alone, for lists that do not tell it.
///
/// 医療法 reserves the words 病院 and 診療所, but not every hospital has one in its name (…医療センター, …の園), and a
/// departmental name (…眼科) is the habit of clinics. Where no word helps the answer is
/// [`Kind::MedicalInstitution`], which says so, and not the likelier of the two.
fn kind_by_name(name: &str) -> Kind {
    // 国立病院機構 and the like run an institution; they do not say what it is.
    let name = plain(name).replace("病院機構", "");
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["訪問看護"]) {
        Kind::HomeNursing
    } else if has(&["薬局", "ファーマシー"]) {
        Kind::Pharmacy
    } else if name.ends_with("病院") {
        Kind::Hospital
    } else if has(&["歯科", "デンタル"]) {
        Kind::DentalClinic
    } else if has(&["診療所", "クリニック", "くりにっく", "医院", "醫院"]) {
        Kind::Clinic
    } else if has(&["病院", "ホスピタル"]) {
        Kind::Hospital
    } else if name.ends_with('科') {
        Kind::Clinic
    } else {
        Kind::MedicalInstitution
    }
}

fn first(words: Words, item: &str) -> Option<Kind> {
    words.iter().find(|(word, _)| item.contains(word)).map(|&(_, kind)| kind)
}

/// Several services are separated by `;` officially, and by commas or line ends in some files; never by ・, which is
/// part of names such as 定期巡回・随時対応型訪問介護看護.
fn items(text: &str) -> Vec<String> {
    text.split([';', '；', '、', '，', ',', '\n']).map(plain).filter(|item| !item.is_empty()).collect()
}

fn plain(text: &str) -> String {
    text.nfkc().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Format, Kind};
    use super::kinds_of;

    fn one(format: Format, text: &str) -> Kind {
        let kinds = kinds_of(format, text, "");
        assert_eq!(kinds.len(), 1, "{text}: {kinds:?}");
        kinds[0]
    }

    #[test]
    fn every_service_of_wam_net_has_its_kind() {
        for (text, kind) in [
            ("居宅介護", Kind::HomeHelp),
            ("重度訪問介護", Kind::IntensiveHomeCare),
            ("行動援護", Kind::BehaviourSupport),
            ("重度障害者等包括支援", Kind::ComprehensiveSupport),
            ("同行援護", Kind::AccompanyingSupport),
            ("療養介護", Kind::MedicalLongTermCare),
            ("生活介護", Kind::DailyCare),
            ("短期入所", Kind::ShortStay),
            ("施設入所支援", Kind::FacilityResidence),
            ("共同生活援助", Kind::GroupHome),
            ("宿泊型自立訓練", Kind::SelfRelianceTraining),
            ("自立訓練（機能訓練）", Kind::SelfRelianceTraining),
            ("就労継続支援Ａ型", Kind::Employment),
            ("計画相談支援", Kind::PlanConsultation),
            ("地域相談支援（地域移行支援）", Kind::RegionalConsultation),
            ("自立生活援助", Kind::IndependentLiving),
            ("児童発達支援", Kind::ChildDevelopment),
            ("医療型児童発達支援", Kind::MedicalChildDevelopment),
            ("放課後等デイサービス", Kind::AfterSchoolDay),
            ("居宅訪問型児童発達支援", Kind::VisitingChildDevelopment),
            ("保育所等訪問支援", Kind::NurseryVisit),
            ("福祉型障害児入所施設", Kind::WelfareChildResidence),
            ("医療型障害児入所施設", Kind::MedicalChildResidence),
            ("障害児相談支援", Kind::ChildConsultation),
            ("あたらしいサービス", Kind::Other),
        ] {
            assert_eq!(one(Format::WamNet, text), kind, "{text}");
        }
    }

    #[test]
    fn care_for_the_old_is_not_taken_for_a_welfare_service() {
        let kinds = kinds_of(Format::OpenCare, "訪問看護；居宅介護支援;短期入所生活介護;介護予防訪問看護", "");
        assert_eq!(kinds, [Kind::HomeNursing, Kind::CareService]);
    }

    #[test]
    fn types_of_nurseries_are_told_apart() {
        for (text, kind) in [
            ("認可保育所", Kind::Nursery),
            ("認定こども園（幼稚園型）", Kind::CertifiedChildcare),
            ("私立幼稚園", Kind::Kindergarten),
            ("小規模保育事業Ａ型", Kind::SmallChildcare),
            ("認可外保育施設", Kind::UnlicensedChildcare),
            ("病児・病後児保育", Kind::SickChildcare),
            ("放課後児童クラブ", Kind::AfterSchoolClub),
            ("地域子育て支援センター", Kind::ParentingSupport),
            ("公園", Kind::Other),
        ] {
            assert_eq!(one(Format::OpenChildcare, text), kind, "{text}");
        }
    }

    #[test]
    fn without_words_the_name_of_a_medical_institution_is_asked_and_may_not_know() {
        for (name, kind) in [
            ("横須賀市立市民病院", Kind::Hospital),
            ("医療法人財団青山会 青山病院附属診療所", Kind::Clinic),
            ("パシフィックホスピタル", Kind::Hospital),
            ("独立行政法人国立病院機構 久里浜医療センター", Kind::MedicalInstitution),
            ("鎌倉療育医療センター小さき花の園", Kind::MedicalInstitution),
            ("久里浜眼科", Kind::Clinic),
            ("髙澤整形外科醫院", Kind::Clinic),
            ("さくら歯科クリニック", Kind::DentalClinic),
            ("クリニック前薬局", Kind::Pharmacy),
            ("つばさ訪問看護ステーション", Kind::HomeNursing),
        ] {
            assert_eq!(kinds_of(Format::MedicalBureau, "", name), [kind], "{name}");
        }
    }
}
