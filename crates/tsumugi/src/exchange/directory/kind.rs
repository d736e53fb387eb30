//! 種別: what an institution does.

use super::Field;

/// What an institution does. A closed list: whatever a file calls it, it becomes one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// 計画相談支援.
    PlanConsultation,
    /// 障害児相談支援.
    ChildConsultation,
    /// 地域移行支援 and 地域定着支援.
    RegionalConsultation,
    /// 児童発達支援.
    ChildDevelopment,
    /// Since 2024 a part of 児童発達支援 in law; files still have it.
    MedicalChildDevelopment,
    /// 放課後等デイサービス.
    AfterSchoolDay,
    /// 居宅訪問型児童発達支援.
    VisitingChildDevelopment,
    /// 保育所等訪問支援.
    NurseryVisit,
    /// 短期入所.
    ShortStay,
    /// 居宅介護.
    HomeHelp,
    /// 重度訪問介護.
    IntensiveHomeCare,
    /// 行動援護.
    BehaviourSupport,
    /// 同行援護.
    AccompanyingSupport,
    /// 重度障害者等包括支援.
    ComprehensiveSupport,
    /// 療養介護.
    MedicalLongTermCare,
    /// 生活介護.
    DailyCare,
    /// 施設入所支援.
    FacilityResidence,
    /// 共同生活援助（グループホーム）.
    GroupHome,
    /// 自立生活援助.
    IndependentLiving,
    /// 自立訓練（機能訓練・生活訓練・宿泊型）.
    SelfRelianceTraining,
    /// 就労移行支援, 就労継続支援A型・B型, 就労定着支援, 就労選択支援: of interest from the last years of school.
    Employment,
    /// 福祉型障害児入所施設.
    WelfareChildResidence,
    /// 医療型障害児入所施設.
    MedicalChildResidence,
    /// Services of the long-term care insurance other than nursing visits.
    CareService,
    /// 訪問看護.
    HomeNursing,
    /// 病院.
    Hospital,
    /// 診療所.
    Clinic,
    /// 歯科.
    DentalClinic,
    /// 薬局.
    Pharmacy,
    /// A medical institution whose name does not say whether it is a hospital or a clinic.
    MedicalInstitution,
    /// 保健所・保健センター.
    PublicHealthCentre,
    /// 助産所.
    MaternityHome,
    /// 保育所.
    Nursery,
    /// 認定こども園.
    CertifiedChildcare,
    /// 幼稚園.
    Kindergarten,
    /// 小規模保育, 家庭的保育, 事業所内保育, 居宅訪問型保育.
    SmallChildcare,
    /// 認可外保育施設, with the certified ones of prefectures and companies.
    UnlicensedChildcare,
    /// 病児・病後児保育.
    SickChildcare,
    /// 放課後児童クラブ.
    AfterSchoolClub,
    /// 地域子育て支援拠点.
    ParentingSupport,
    /// 児童館.
    ChildrensHall,
    /// What the file names and this list does not; the words are in `kind_text`.
    Other,
}

impl Kind {
    /// Every kind, in the order in which lists show them.
    pub const ALL: [Self; 42] = [
        Self::PlanConsultation,
        Self::ChildConsultation,
        Self::RegionalConsultation,
        Self::ChildDevelopment,
        Self::MedicalChildDevelopment,
        Self::AfterSchoolDay,
        Self::VisitingChildDevelopment,
        Self::NurseryVisit,
        Self::ShortStay,
        Self::HomeHelp,
        Self::IntensiveHomeCare,
        Self::BehaviourSupport,
        Self::AccompanyingSupport,
        Self::ComprehensiveSupport,
        Self::MedicalLongTermCare,
        Self::DailyCare,
        Self::FacilityResidence,
        Self::GroupHome,
        Self::IndependentLiving,
        Self::SelfRelianceTraining,
        Self::Employment,
        Self::WelfareChildResidence,
        Self::MedicalChildResidence,
        Self::CareService,
        Self::HomeNursing,
        Self::Hospital,
        Self::Clinic,
        Self::DentalClinic,
        Self::Pharmacy,
        Self::MedicalInstitution,
        Self::PublicHealthCentre,
        Self::MaternityHome,
        Self::Nursery,
        Self::CertifiedChildcare,
        Self::Kindergarten,
        Self::SmallChildcare,
        Self::UnlicensedChildcare,
        Self::SickChildcare,
        Self::AfterSchoolClub,
        Self::ParentingSupport,
        Self::ChildrensHall,
        Self::Other,
    ];

    /// The word for the database and for addresses.
    pub const fn code(self) -> &'static str {
        self.facts().0
    }

    /// The kind with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// The word that people read.
    pub const fn label(self) -> &'static str {
        self.facts().1
    }

    /// The field of work that it belongs to.
    pub const fn field(self) -> Field {
        self.facts().2
    }

    /// Code, label and field side by side, so that a new kind is one line here.
    const fn facts(self) -> (&'static str, &'static str, Field) {
        match self {
            Self::PlanConsultation => ("plan_consultation", "計画相談支援", Field::Welfare),
            Self::ChildConsultation => ("child_consultation", "障害児相談支援", Field::Welfare),
            Self::RegionalConsultation => ("regional_consultation", "地域相談支援", Field::Welfare),
            Self::ChildDevelopment => ("child_development", "児童発達支援", Field::Welfare),
            Self::MedicalChildDevelopment => ("medical_child_development", "医療型児童発達支援", Field::Welfare),
            Self::AfterSchoolDay => ("after_school_day", "放課後等デイサービス", Field::Welfare),
            Self::VisitingChildDevelopment => ("visiting_child_development", "居宅訪問型児童発達支援", Field::Welfare),
            Self::NurseryVisit => ("nursery_visit", "保育所等訪問支援", Field::Welfare),
            Self::ShortStay => ("short_stay", "短期入所", Field::Welfare),
            Self::HomeHelp => ("home_help", "居宅介護", Field::Welfare),
            Self::IntensiveHomeCare => ("intensive_home_care", "重度訪問介護", Field::Welfare),
            Self::BehaviourSupport => ("behaviour_support", "行動援護", Field::Welfare),
            Self::AccompanyingSupport => ("accompanying_support", "同行援護", Field::Welfare),
            Self::ComprehensiveSupport => ("comprehensive_support", "重度障害者等包括支援", Field::Welfare),
            Self::MedicalLongTermCare => ("medical_long_term_care", "療養介護", Field::Welfare),
            Self::DailyCare => ("daily_care", "生活介護", Field::Welfare),
            Self::FacilityResidence => ("facility_residence", "施設入所支援", Field::Welfare),
            Self::GroupHome => ("group_home", "共同生活援助（グループホーム）", Field::Welfare),
            Self::IndependentLiving => ("independent_living", "自立生活援助", Field::Welfare),
            Self::SelfRelianceTraining => ("self_reliance_training", "自立訓練", Field::Welfare),
            Self::Employment => ("employment", "就労系サービス", Field::Welfare),
            Self::WelfareChildResidence => ("welfare_child_residence", "福祉型障害児入所施設", Field::Welfare),
            Self::MedicalChildResidence => ("medical_child_residence", "医療型障害児入所施設", Field::Welfare),
            Self::CareService => ("care_service", "介護サービス", Field::Welfare),
            Self::HomeNursing => ("home_nursing", "訪問看護", Field::Medical),
            Self::Hospital => ("hospital", "病院", Field::Medical),
            Self::Clinic => ("clinic", "診療所", Field::Medical),
            Self::DentalClinic => ("dental_clinic", "歯科", Field::Medical),
            Self::Pharmacy => ("pharmacy", "薬局", Field::Medical),
            Self::MedicalInstitution => ("medical_institution", "医療機関（病院か診療所かは未確認）", Field::Medical),
            Self::PublicHealthCentre => ("public_health_centre", "保健所・保健センター", Field::Health),
            Self::MaternityHome => ("maternity_home", "助産所", Field::Health),
            Self::Nursery => ("nursery", "保育所", Field::Education),
            Self::CertifiedChildcare => ("certified_childcare", "認定こども園", Field::Education),
            Self::Kindergarten => ("kindergarten", "幼稚園", Field::Education),
            Self::SmallChildcare => ("small_childcare", "地域型保育", Field::Education),
            Self::UnlicensedChildcare => ("unlicensed_childcare", "認可外保育施設", Field::Education),
            Self::SickChildcare => ("sick_childcare", "病児・病後児保育", Field::Community),
            Self::AfterSchoolClub => ("after_school_club", "放課後児童クラブ", Field::Community),
            Self::ParentingSupport => ("parenting_support", "地域子育て支援拠点", Field::Community),
            Self::ChildrensHall => ("childrens_hall", "児童館", Field::Community),
            Self::Other => ("other", "その他", Field::Community),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::Field;
    use super::Kind;

    #[test]
    fn every_code_leads_back_to_its_kind_and_every_label_is_its_own() {
        for kind in Kind::ALL {
            assert_eq!(Kind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(Kind::ALL.map(Kind::label).into_iter().collect::<HashSet<_>>().len(), Kind::ALL.len());
    }

    #[test]
    fn every_field_has_a_kind() {
        for field in Field::ALL {
            assert!(Kind::ALL.into_iter().any(|kind| kind.field() == field), "{}", field.label());
        }
    }
}
