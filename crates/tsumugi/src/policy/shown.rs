//! 情報の区分: which parts of a case somebody sees, once they see it at all.
//!
//! Whoever carries the case sees it whole. Whoever sees it because the family agreed sees what the family agreed to, for their
//! agency, today; what a family lives with is for those whose work it is.

use super::{Relation, Role};
use crate::account::Profession;
use platform::{vocabulary, vocabulary::Vocabulary as _};

vocabulary! {
    /// The parts of a case that a consent names.
    pub enum Category {
        Identity = "identity" "基本情報（氏名・生年月日・市町）",
        Care = "care" "医療的ケア・からだの状態",
        Family = "family" "家族・生活の状況",
        Plan = "plan" "計画・経過",
        Documents = "documents" "書類",
    }
}

/// A set of categories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown(u8);

impl Shown {
    pub const NOTHING: Shown = Shown(0);

    pub fn all() -> Shown {
        Category::ALL.iter().fold(Shown::NOTHING, |set, c| set.with(*c))
    }

    #[must_use]
    pub fn with(self, category: Category) -> Shown {
        Shown(self.0 | (1 << category as u8))
    }

    #[must_use]
    pub fn without(self, category: Category) -> Shown {
        Shown(self.0 & !(1 << category as u8))
    }

    pub fn has(self, category: Category) -> bool {
        self.0 & (1 << category as u8) != 0
    }

    pub fn is_all(self) -> bool {
        self == Shown::all()
    }
}

/// Relations that carry the case, or carried it until lately, and so see it whole.
pub fn carries(relation: Relation) -> bool {
    use Relation as R;
    matches!(relation, R::Lead | R::Deputy | R::Cover | R::Area | R::Offered | R::Former)
}

/// Relations that rest on a consent, and so see what it names.
pub fn rests_on_consent(relation: Relation) -> bool {
    matches!(relation, Relation::Team | Relation::Municipality)
}

/// 保健師・看護師・相談支援専門員: whose work the family's situation is.
pub fn works_with_families(profession: Profession) -> bool {
    matches!(profession, Profession::HealthNurse | Profession::Nurse | Profession::CounsellingSpecialist)
}

/// What somebody sees of a case: by every relation that is live, the role of their seat, what the consents of today name for their
/// agency, and their profession.
pub fn shown(relations: &[Relation], role: Role, consented: Shown, profession: Profession) -> Shown {
    let coordinates = role == Role::Coordinator && relations.contains(&Relation::Team);
    if coordinates || relations.iter().any(|&r| carries(r)) {
        return Shown::all();
    }
    if relations.iter().any(|&r| rests_on_consent(r)) {
        let consented = if works_with_families(profession) { consented } else { consented.without(Category::Family) };
        return consented.with(Category::Identity);
    }
    // An agency that was asked, an emergency and a guardian have pages of their own.
    Shown::NOTHING
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn some(bits: u8) -> Shown {
        Category::ALL.iter().filter(|c| bits & (1 << **c as u8) != 0).fold(Shown::NOTHING, |set, c| set.with(*c))
    }

    #[test]
    fn a_set_has_what_was_put_in() {
        assert!(Shown::all().is_all() && !Shown::all().without(Category::Plan).is_all());
        for c in Category::ALL {
            assert!(Shown::NOTHING.with(*c).has(*c) && !Shown::NOTHING.has(*c));
        }
    }

    proptest! {
        #[test]
        fn nobody_sees_more_than_their_reasons_give(relations in proptest::sample::subsequence(Relation::ALL.to_vec(), 0..=Relation::ALL.len()), role in proptest::sample::select(Role::ALL.to_vec()), bits in 0u8..32, profession in proptest::sample::select(Profession::ALL.to_vec())) {
            let seen = shown(&relations, role, some(bits), profession);
            let whole = relations.iter().any(|&r| carries(r)) || (role == Role::Coordinator && relations.contains(&Relation::Team));
            prop_assert_eq!(seen.is_all(), whole || (relations.iter().any(|&r| rests_on_consent(r)) && bits | 1 == 31 && works_with_families(profession)));
            if !whole {
                for c in Category::ALL.iter().filter(|c| seen.has(**c) && **c != Category::Identity) {
                    prop_assert!(some(bits).has(*c), "{:?} without consent", c);
                }
                prop_assert!(!seen.has(Category::Family) || works_with_families(profession));
            }
            prop_assert_eq!(seen == Shown::NOTHING, !whole && !relations.iter().any(|&r| rests_on_consent(r)));
        }
    }
}
