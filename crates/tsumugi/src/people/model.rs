//! Which role can be held where, and a person as typed. Pure.

use crate::{
    account::{OrganisationKind, Profession},
    policy::Role,
};
use platform::{
    form::{Errors, Fields, Parse},
    id::OrganisationId,
    vocabulary::Vocabulary as _,
};

/// True where an organisation of this kind has such a role.
pub fn fits(kind: OrganisationKind, role: Role) -> bool {
    use OrganisationKind as K;
    match role {
        Role::Coordinator | Role::City | Role::Privacy | Role::Family => kind == K::Municipality,
        Role::Supporter | Role::Manager => matches!(kind, K::Agency | K::Site),
        Role::Hospital => kind == K::Site,
        Role::Prefecture | Role::Auditor | Role::Admin => kind == K::Prefecture,
        Role::Supervisor | Role::Council => matches!(kind, K::Area | K::Prefecture),
    }
}

/// The kinds of organisations that have a role, in words.
pub fn places_of(role: Role) -> String {
    let kinds: Vec<&str> = OrganisationKind::ALL.iter().filter(|&&k| fits(k, role)).map(|k| k.label()).collect();
    kinds.join("か")
}

/// The professions of who works here. 家族 is none of them: guardians are invited from their child's record, and the pages of
/// an administrator do not show them.
pub fn professions() -> Vec<(&'static str, &'static str)> {
    Profession::options().into_iter().filter(|(code, _)| *code != Profession::Family.code()).collect()
}

pub fn profession(p: &mut Parse) -> Profession {
    let chosen = p.choice("profession", "職種");
    if chosen == Profession::Family {
        p.fail("profession", "家族は、主担当がケースの家族の記録から招きます。");
    }
    chosen
}

pub struct New {
    pub name: String,
    pub kana: String,
    pub profession: Profession,
    pub organisation: OrganisationId,
    pub role: Role,
}

impl New {
    pub fn parse(fields: &Fields) -> Result<New, Errors> {
        let mut p = Parse::new(fields);
        let new = New {
            name: p.line("name", "氏名", 50),
            kana: p.kana("kana", "ふりがな", 60),
            profession: profession(&mut p),
            organisation: p.id("organisation", "所属"),
            role: p.choice("role", "役割"),
        };
        if new.role == Role::Family {
            p.fail("role", "家族は、主担当がケースの家族の記録から招きます。");
        }
        p.finish(new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_at_work_is_family() {
        assert!(
            professions().len() + 1 == Profession::ALL.len() && professions().iter().all(|(_, label)| *label != "家族")
        );
        for &chosen in Profession::ALL {
            let fields = Fields::default().with("profession", chosen.code());
            let mut p = Parse::new(&fields);
            let chosen = profession(&mut p);
            assert_eq!(p.finish(()).is_err(), chosen == Profession::Family, "{chosen:?}");
        }
    }

    #[test]
    fn every_role_has_a_place_and_no_administrator_sits_in_a_municipality() {
        for &role in Role::ALL {
            assert!(OrganisationKind::ALL.iter().any(|&k| fits(k, role)), "{role:?}");
        }
        assert!(!fits(OrganisationKind::Municipality, Role::Admin) && !fits(OrganisationKind::Site, Role::Coordinator));
        assert_eq!(places_of(Role::Supervisor), "県か圏域");
    }
}
