//! 権限: who may do what. One line per act; `policy_matrix.txt` is the same table for people to read and sign.
//!
//! Visibility is not decided here: it is a JOIN with `case_access` ([`see_case`]).
//! What is decided here is whether somebody who sees a case may also act on it.

mod consented;
mod departed;
mod purpose;
mod shown;

pub use consented::told_since;
pub use departed::{cases_left_alone, cover_basis, end_cover, leave, seat};
pub use purpose::{ActPurpose, classes, purpose, version};
pub use shown::{Category, Shown};

use crate::{account::Actor, app::App, web::Error};
use platform::{
    Timestamp, Uuid, args,
    db::Reader,
    id::{CaseId, OrganisationId, PersonId},
    vocabulary,
    vocabulary::Vocabulary as _,
};
use std::marker::PhantomData;

vocabulary! {
    /// What a seat is for.
    pub enum Role {
        Coordinator = "coordinator" "コーディネーター",
        Supporter = "supporter" "支援者",
        Manager = "manager" "事業所管理者",
        City = "city" "市町担当",
        Privacy = "privacy" "市町の個人情報管理者",
        Prefecture = "prefecture" "県担当",
        Supervisor = "supervisor" "スーパーバイザー",
        Hospital = "hospital" "退院支援",
        Family = "family" "家族",
        Council = "council" "協議の場委員",
        Auditor = "auditor" "監査",
        Admin = "admin" "システム管理",
    }
}

vocabulary! {
    /// Why a subject sees a case. The rows of `case_access` are kept by the slices that create the reason.
    pub enum Relation {
        Lead = "lead" "主担当",
        Deputy = "deputy" "副担当",
        Cover = "cover" "休みの間の代わり",
        Area = "area" "担当市町のコーディネーター",
        Offered = "offered" "引継ぎを申し出られた人",
        Former = "former" "転居前の担当（90日、読むだけ）",
        Team = "team" "チームの一員",
        Municipality = "municipality" "居住市町（同意あり）",
        Guardian = "guardian" "保護者",
        Referrer = "referrer" "紹介元",
        Asked = "asked" "依頼先の事業所",
        Emergency = "emergency" "緊急の閲覧",
    }
}

/// An act on one case.
pub trait CaseAct {
    const CODE: &'static str;
    const LABEL: &'static str;
    fn allows(who: Relation) -> bool;
}

/// An act that is not about a case.
pub trait RoleAct {
    const CODE: &'static str;
    const LABEL: &'static str;
    fn allows(who: Role) -> bool;
}

/// Proof that the policy allowed this actor this act, on this case where it is about one. Only this module makes one.
pub struct Permit<A> {
    pub actor: Actor,
    case: Option<CaseId>,
    basis: &'static str,
    code: &'static str,
    classes: &'static str,
    act: PhantomData<A>,
}

impl<A> Permit<A> {
    /// A permit that is about no child, or about what the act itself says.
    fn new(actor: Actor, basis: &'static str, code: &'static str) -> Self {
        Permit { actor, case: None, basis, code, classes: classes(code, None), act: PhantomData }
    }
    /// A permit on a case of which this much is in sight.
    fn on(self, case: CaseId, shown: Shown) -> Self {
        Permit { case: Some(case), classes: classes(self.code, Some(shown)), ..self }
    }
    pub fn code(&self) -> &'static str {
        self.code
    }
    /// The relation or role that allowed it.
    pub fn basis(&self) -> &'static str {
        self.basis
    }
    pub fn case(&self) -> Option<CaseId> {
        self.case
    }
    /// The classes of personal data that are in sight, for the journal.
    pub fn classes(&self) -> &'static str {
        self.classes
    }
}

/// Proof that the actor sees this case now, with every relation that makes it visible. Only [`see_case`] makes one.
#[derive(Clone, Debug)]
pub struct Seen {
    case: CaseId,
    relations: Vec<Relation>,
    shown: Shown,
    agency: OrganisationId,
    officer: bool,
}

impl Seen {
    pub fn case(&self) -> CaseId {
        self.case
    }
    pub fn allows<A: CaseAct>(&self) -> bool {
        self.relations.iter().any(|&r| A::allows(r))
    }
    /// Whether the actor sees this part of the case.
    pub fn shows(&self, category: Category) -> bool {
        self.shown.has(category)
    }
    /// Whether the actor sees every part of the case.
    pub fn shows_all(&self) -> bool {
        self.shown.is_all()
    }
    /// Whether the actor reads who can see the case and who did: whoever sees it whole, and the municipality's privacy officer.
    pub fn oversees(&self) -> bool {
        self.allows::<ReadViewing>() && (self.shows_all() || self.officer)
    }
    /// Whether the actor keeps what protects the child: the lead, and the municipality's privacy officer.
    pub fn protects(&self) -> bool {
        let officer = self.officer && self.relations.contains(&Relation::Municipality);
        self.relations.contains(&Relation::Lead) || officer
    }
    /// The agency for which the actor works on the case, whose own records stay in sight; nobody's where they only oversee it:
    /// officers sit in the same town hall as the coordinators, and did not write what these wrote.
    pub fn own_agency(&self) -> OrganisationId {
        let works = self.shows_all() || self.relations.iter().any(|r| matches!(r, Relation::Team | Relation::Asked));
        if works { self.agency } else { OrganisationId(Uuid::nil()) }
    }
    /// For statements: None where the actor sees this part of the case, else the agency whose own records are all they see of it.
    pub fn only_of(&self, category: Category) -> Option<OrganisationId> {
        (!self.shows(category)).then(|| self.own_agency())
    }
    /// Whether the actor sees nothing of the work on the case but what was sent to their agency.
    pub fn only_asked(&self) -> bool {
        self.relations.iter().all(|r| matches!(r, Relation::Asked | Relation::Emergency | Relation::Guardian))
    }
    /// The actor's strongest relation, for the header of the page.
    pub fn relation(&self) -> Relation {
        self.relations.iter().copied().min().unwrap_or(Relation::Asked)
    }
}

/// The only door to a case: no live row of `case_access` means that the case does not exist for this actor.
pub async fn see_case(tx: &Reader, actor: &Actor, case: CaseId, now: Timestamp) -> Result<Seen, Error> {
    let sql = "/* policy::see_case */
        SELECT a.relation FROM account_subject s CROSS JOIN case_access a
         WHERE s.person_id = $2 AND s.since <= $3 AND (s.until IS NULL OR s.until > $3) AND a.subject_id = s.subject_id
               AND a.case_id = $1 AND a.since <= $3 AND (a.until IS NULL OR a.until > $3)
               AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $2 AND x.case_id = $1 AND x.until IS NULL)";
    let rows: Vec<(Relation,)> = tx.all(sql, args![case, actor.person, now]).await?;
    if rows.is_empty() {
        return Err(Error::NotFound);
    }
    let relations: Vec<Relation> = rows.into_iter().map(|(r,)| r).collect();
    let shown = consented::shown_to(tx, actor, case, &relations, now).await?;
    Ok(Seen { case, relations, shown, agency: actor.organisation, officer: actor.role == Role::Privacy })
}

/// Whether a case does not exist for a person, whatever else they may.
pub async fn is_excluded(tx: &Reader, case: CaseId, person: PersonId) -> Result<bool, Error> {
    let sql = "/* policy::is_excluded */ SELECT case_id FROM case_exclusion WHERE person_id = $1 AND case_id = $2 AND until IS NULL";
    Ok(tx.opt::<(CaseId,)>(sql, args![person, case]).await?.is_some())
}

/// Nobody gets work on a case that does not exist for them.
pub async fn refuse_excluded(tx: &Reader, seen: &Seen, person: PersonId) -> Result<(), Error> {
    if is_excluded(tx, seen.case, person).await? {
        return Err(Error::refused(
            "この人は、このケースを見られないように除かれています。「閲覧」の画面で確かめてください。",
        ));
    }
    Ok(())
}

/// Visible but not allowed is 403; invisible never comes this far.
pub fn on_case<A: CaseAct>(actor: &Actor, seen: &Seen) -> Result<Permit<A>, Error> {
    let basis = seen.relations.iter().copied().filter(|&r| A::allows(r)).min().ok_or(Error::Forbidden)?;
    Ok(Permit::new(actor.clone(), basis.code(), A::CODE).on(seen.case, seen.shown))
}

/// A permit about protected facts: the lead's, and the privacy officer's of the municipality. To others the page is not there.
pub fn on_protected<A: CaseAct>(actor: &Actor, seen: &Seen) -> Result<Permit<A>, Error> {
    if seen.protects() { on_case::<A>(actor, seen) } else { Err(Error::NotFound) }
}

pub fn by_role<A: RoleAct>(actor: &Actor) -> Result<Permit<A>, Error> {
    if A::allows(actor.role) {
        Ok(Permit::new(actor.clone(), actor.role.code(), A::CODE))
    } else {
        Err(Error::Forbidden)
    }
}

/// An answer by a one-time link has no account: the link is the basis, and the permit names nobody.
pub fn by_link(case: CaseId) -> Permit<AnswerByLink> {
    Permit::new(Actor::nobody(), "link", "referral.answer_by_link").on(case, Shown::NOTHING)
}
/// See [`by_link`].
pub struct AnswerByLink;

/// An authenticator proved who somebody is; before that there is no session, so the permit names the person alone.
pub fn by_passkey(person: PersonId, code: &'static str) -> Permit<Prove> {
    Permit::new(Actor { person, ..Actor::nobody() }, "passkey", code)
}
/// See [`by_passkey`].
pub struct Prove;

/// What one does with one's own account: sessions and passkeys.
pub fn by_self(actor: &Actor, code: &'static str) -> Permit<Own> {
    Permit::new(actor.clone(), "self", code)
}
/// See [`by_self`].
pub struct Own;

/// An act that needs a proof by passkey within the last five minutes. The demo has no passkeys and asks for none.
pub fn proved(app: &App, actor: &Actor, now: Timestamp) -> Result<(), Error> {
    let fresh = now.duration_since(actor.proved_at) <= jiff::SignedDuration::from_mins(5);
    if fresh || app.passkeys.is_none() { Ok(()) } else { Err(Error::Prove) }
}

/// The first administrator: whoever has the link that the server printed on an empty database.
pub fn by_setup(code: &'static str) -> Permit<Own> {
    Permit::new(Actor::nobody(), "setup", code)
}

/// What whoever runs the server does on its command line or has it do every night: about all data, and nobody's seat.
pub fn by_operator(code: &'static str) -> Permit<Operate> {
    Permit::new(Actor::nobody(), "operator", code)
}
/// See [`by_operator`].
pub struct Operate;

/// The clockwork that raises escalations acts for nobody.
pub fn by_clock() -> Permit<Escalate> {
    Permit::new(Actor::nobody(), "clock", "referral.escalate")
}
/// See [`by_clock`].
pub struct Escalate;

macro_rules! acts {
    (case { $($c:ident = $ccode:literal $clabel:literal: $($crel:ident)|+;)* } role { $($r:ident = $rcode:literal $rlabel:literal: $($rrole:ident)|+;)* }) => {
        $(#[doc = $clabel] pub struct $c;
        impl CaseAct for $c {
            const CODE: &'static str = $ccode;
            const LABEL: &'static str = $clabel;
            fn allows(who: Relation) -> bool { matches!(who, $(Relation::$crel)|+) }
        })*
        $(#[doc = $rlabel] pub struct $r;
        impl RoleAct for $r {
            const CODE: &'static str = $rcode;
            const LABEL: &'static str = $rlabel;
            fn allows(who: Role) -> bool { matches!(who, $(Role::$rrole)|+) }
        })*
        /// Every act on a case with its test, for the matrix.
        pub const CASE_ACTS: &[(&str, &str, fn(Relation) -> bool)] = &[$(($ccode, $clabel, <$c as CaseAct>::allows)),*];
        /// Every other act with its test, for the matrix.
        pub const ROLE_ACTS: &[(&str, &str, fn(Role) -> bool)] = &[$(($rcode, $rlabel, <$r as RoleAct>::allows)),*];
    };
}

acts! {
    case {
        ReadCase = "case.read" "ケースを見る": Lead | Deputy | Cover | Area | Offered | Former | Team | Municipality;
        EditCase = "case.edit" "ケースの基本情報を直す": Lead | Deputy | Cover;
        EditFamily = "family.edit" "家族の記録を直す": Lead | Deputy;
        MoveCase = "case.move" "ケースの状態・時期を変える": Lead | Deputy;
        InviteFamily = "family.invite" "家族の画面に招き、確認する": Lead | Deputy;
        OpposeForOwnChild = "family.oppose" "わが子のことを伝えないよう申し出る": Guardian;
        ReportOwnChild = "family.report" "わが子の毎日の様子を送る": Guardian;
        SetAppointment = "appointment.set" "予定を入れる、変える": Lead | Deputy | Cover | Team;
        AskForHelp = "family.ask" "困っていることを書いて、連絡を求める": Guardian;
        ReadOwnChild = "family.read" "わが子の記録を見る": Guardian;
        OfferLead = "case.offer_lead" "主担当の引継ぎを申し出る": Lead | Deputy | Area;
        ReceiveLead = "case.receive_lead" "主担当の引継ぎを受け取る": Offered;
        Relocate = "case.relocate" "転居による引継ぎを申し出る": Lead | Deputy;
        ReceiveRelocation = "case.receive_relocation" "転居による引継ぎを受け取る": Offered;
        RecordConsent = "consent.record" "同意を記録する": Lead | Deputy;
        WithdrawConsent = "consent.withdraw" "同意の取りやめを記録する": Lead | Deputy | Cover | Area;
        Oppose = "consent.oppose" "反対の申し出を見る、記録する": Lead | Deputy | Cover | Area;
        EndOpposition = "consent.end_opposition" "反対の申し出を確かめる、終える": Lead | Deputy;
        DiscloseInEmergency = "consent.emergency" "緊急時に同意なしで伝える": Lead | Deputy | Cover | Area;
        ReviewEmergency = "consent.review_emergency" "緊急時の提供を確認する": Lead | Deputy | Cover | Area | Municipality;
        ManageTeam = "team.manage" "チームを組む": Lead | Deputy;
        AppendEntry = "timeline.append" "経過を記録する": Lead | Deputy | Cover | Area | Team;
        CorrectEntry = "timeline.correct" "経過の記録を直す": Lead | Deputy | Cover | Area | Team;
        ReadCare = "care.read" "医療的ケアの状況とスコアを見る": Lead | Deputy | Cover | Area | Offered | Former | Team | Municipality;
        WriteCare = "care.write" "医療的ケアの状況とスコアを記録する": Lead | Deputy | Cover | Team;
        PrintCare = "care.print" "救急サマリーを印刷する": Lead | Deputy | Cover | Area;
        ReadMonitoring = "monitoring.read" "見守りを見る": Lead | Deputy | Cover | Area | Offered | Former | Team | Municipality;
        ReportMonitoring = "monitoring.report" "見守りを記録する": Lead | Deputy | Cover | Area | Team;
        SetMonitoring = "monitoring.set" "見守ることと知らせ方を決める": Lead | Deputy | Cover;
        CloseFlag = "monitoring.close" "見守りの知らせを確かめて終える": Lead | Deputy | Cover | Area;
        ReadDocuments = "document.read" "書類を見る": Lead | Deputy | Cover | Area | Offered | Former | Team | Municipality;
        AddDocument = "document.add" "書類を加える": Lead | Deputy | Cover | Area | Team;
        RemoveDocument = "document.remove" "書類を取り下げる": Lead | Deputy | Area | Team;
        ReadReferral = "referral.read" "つなぎを見る": Lead | Deputy | Cover | Area | Team | Municipality | Asked;
        SendReferral = "referral.send" "つなぎを依頼する": Lead | Deputy | Cover | Area;
        LogAnswer = "referral.log" "電話・FAXの回答を記録する": Lead | Deputy | Cover | Area;
        ReviewReferral = "referral.review" "つなぎの結果を確認する": Lead | Deputy | Cover | Area;
        AnswerReferral = "referral.answer" "依頼に回答する": Asked;
        ExcludePerson = "viewing.exclude" "このケースを見られない人を決める": Lead | Deputy | Area;
        HoldCase = "retention.hold" "消去を見合わせる": Lead | Deputy | Area;
        ReadProtected = "protection.read" "守る情報を見る（市町は個人情報管理者だけ）": Lead | Municipality;
        Protect = "protection.set" "守る情報を決める（市町は個人情報管理者だけ）": Lead | Municipality;
        ReadHistory = "history.read" "直した記録を見る": Lead | Deputy | Cover | Area;
        ReadViewing = "viewing.read" "見られる人と閲覧の記録を見る": Lead | Deputy | Cover | Area | Municipality;
        ReadBreakGlass = "break_glass.read" "緊急の閲覧で見る": Emergency;
        ReviewBreakGlass = "break_glass.review" "緊急の閲覧を確認する": Lead | Deputy | Cover | Area;
    }
    role {
        ReadHome = "home.read" "今日の仕事を見る": Coordinator | Supporter | Manager | City | Privacy | Prefecture | Supervisor | Hospital | Family | Council | Auditor | Admin;
        TakeConsultation = "consultation.take" "相談を受け付ける": Coordinator;
        ReadConsultations = "consultation.read" "相談を見る": Coordinator;
        ScreenConsultation = "consultation.screen" "相談を判定する": Coordinator;
        ArrangeCover = "cover.arrange" "休みの間の代わりを決める": Coordinator | Supporter;
        ManageDuty = "duty.manage" "受付の当番を決める": Coordinator | City;
        HandOver = "consultation.hand_over" "相談を引き継ぐ": Coordinator;
        OpenCase = "case.open" "ケースを開く": Coordinator;
        ListCases = "case.list" "ケースの一覧を見る": Coordinator | Supporter | City | Privacy;
        WriteAnswerCard = "card.write" "よくある相談を書く": Coordinator | Supervisor;
        ReadAnswerCards = "card.read" "よくある相談を読む": Coordinator | Supporter | Manager | City | Supervisor | Hospital;
        SearchResources = "resource.search" "社会資源を探す": Coordinator | Supporter | Manager | City | Privacy | Prefecture | Supervisor | Hospital;
        ConfirmResource = "resource.confirm" "社会資源の空きを確かめる": Coordinator | City | Supporter | Manager;
        AddResource = "resource.add" "社会資源を手で加える": Coordinator | City;
        ImportResources = "resource.import" "社会資源を取り込む": Coordinator | City | Prefecture;
        ReadReferrals = "referral.list" "つなぎの一覧を見る": Coordinator | Supporter | Manager | City;
        AskCapacity = "inquiry.ask" "空きをまとめて照会する": Coordinator;
        AnswerInquiry = "inquiry.answer" "空きの照会に答える": Supporter | Manager;
        ReadTerms = "terms.read" "取扱いの約束を読む": Coordinator | Supporter | Manager | City | Privacy | Prefecture | Supervisor | Hospital | Council | Auditor | Admin;
        AcceptTerms = "terms.accept" "事業所として取扱いの約束を承諾する": Supporter | Manager | Hospital;
        PublishTerms = "terms.publish" "取扱いの約束の新しい版を公開する": Prefecture;
        PublishConsentText = "consent.text" "同意書の文を決める": Privacy;
        ManagePeople = "people.manage" "利用者と役割を管理する": Admin;
        UseBreakGlass = "break_glass.use" "緊急の閲覧を使う": Coordinator | Supporter | City | Hospital;
        ReviewBreakGlassAsOfficer = "break_glass.review_as_officer" "市町の緊急の閲覧を確認する": Privacy;
        ReadAlerts = "alert.read" "見張りの知らせを見る": Privacy | Auditor;
        HandleAlert = "alert.handle" "見張りの知らせを確かめる": Privacy | Auditor;
        ReadRetention = "retention.read" "保存期間を過ぎたケースを見る": Privacy;
        DecideRetention = "retention.decide" "消去を決める・取りやめる": Privacy;
        SearchAll = "search.all" "まとめて探す": Coordinator | Supporter | City | Privacy;
    }
}

/// An act in words; None for a code that no act has.
pub fn act_label(code: &str) -> Option<&'static str> {
    let case = CASE_ACTS.iter().map(|(c, label, _)| (*c, *label));
    case.chain(ROLE_ACTS.iter().map(|(c, label, _)| (*c, *label))).find(|(c, _)| *c == code).map(|(_, label)| label)
}

/// Whether a relation opens the whole case.
pub fn reads_case(relation: Relation) -> bool {
    ReadCase::allows(relation)
}

#[cfg(test)]
mod graph_tests;
#[cfg(test)]
mod shown_tests;
#[cfg(test)]
mod testing;

#[cfg(test)]
mod tests;
