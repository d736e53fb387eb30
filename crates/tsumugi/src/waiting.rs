//! 待っているもの: everything that waits, with who must act next and by when.
//!
//! Each slice puts and clears its items in the transaction of the act, so that nothing that waits can be forgotten.
//! Overdue is computed when read; a note on a thing never touches the age of its item.

use crate::{area::Municipality, journal::Draft};
use platform::{
    Date, Timestamp, Uuid, args,
    db::{DbError, Reader},
    id::{CaseId, Mint, PersonId, SubjectId, WaitingId},
    row, vocabulary,
};
use std::{collections::HashSet, ops::Range};

vocabulary! {
    /// What kind of thing waits.
    pub enum WaitingKind {
        FirstResponse = "first_response" "相談に最初の返答をする",
        Screening = "screening" "相談の判定を終える",
        Information = "information" "情報待ちの相談を見直す",
        Handover = "handover" "相談の引継ぎを受け取る",
        HandoverPending = "handover_pending" "相談の引継ぎの受取り",
        LeadTransfer = "lead_transfer" "主担当の引継ぎを受け取る",
        LeadPending = "lead_pending" "主担当の引継ぎの受取り",
        ReferralSend = "referral_send" "つなぎの依頼を送る",
        ReferralAnswer = "referral_answer" "依頼に回答する",
        ReferralResponse = "referral_response" "つなぎの回答",
        ReferralDecide = "referral_decide" "つなぎの次の手を決める",
        ReferralStart = "referral_start" "サービスの利用開始",
        ReferralOutcome = "referral_outcome" "利用の結果",
        ReferralReview = "referral_review" "つなぎの結果を確認する",
        Escalated = "escalated" "期限を過ぎたつなぎを動かす",
        Relocation = "relocation" "転居による引継ぎを受け取る",
        RelocationReturned = "relocation_returned" "返された転居の引継ぎを見直す",
        RelocationPending = "relocation_pending" "転居による引継ぎの受取り",
        ConsentFollowup = "consent_followup" "口頭同意の書面をもらう",
        ConsentEnded = "consent_ended" "同意が切れた機関との関わりを見直す",
        EmergencyReview = "emergency_review" "緊急時の提供を確認する",
        ConsentOpposed = "consent_opposed" "新しい反対の申し出を確かめる",
        ConsentEnding = "consent_ending" "終わりの近い同意を更新する",
        RoleApproval = "role_approval" "ほかの管理者が加えた役割を承認する",
        RecoveryNotice = "recovery_notice" "パスキーの作り直しに心当たりがあるか確かめる",
        KeyNotice = "key_notice" "加えられたパスキーに心当たりがあるか確かめる",
        ProtectionReview = "protection_review" "守る情報の期限を見直す",
        ErasureNear = "erasure_near" "消去されるケースを残す必要がないか確かめる",
        HoldEnding = "hold_ending" "消去の見合わせを続けるか確かめる",
        KeeperStopped = "keeper_stopped" "利用が止められた担当者の仕事を引き継ぐ",
        FamilyKnock = "family_knock" "見られない家族が画面を開こうとしたことを確かめる",
        ScoreEnding = "score_ending" "医療的ケアスコアの次の判定を頼む",
        CertificateEnding = "certificate_ending" "手帳・受給者証・指示書の期限を確かめる",
        Flag = "flag" "見守りの知らせを確かめる",
        SheetReview = "sheet_review" "救急サマリーを見直す",
        DeviceExchange = "device_exchange" "機器や器材の交換日を確かめる",
        FamilyConfirm = "family_confirm" "家族の登録を確認する",
        BreakGlassReview = "break_glass_review" "緊急の閲覧を確認する",
        InquiryAnswer = "inquiry_answer" "空きの照会に答える",
        InquiryResult = "inquiry_result" "空き照会の回答",
    }
}

impl WaitingKind {
    /// True where somebody else must move and the owner watches the clock.
    pub fn is_with_others(self) -> bool {
        use WaitingKind as K;
        matches!(
            self,
            K::HandoverPending
                | K::LeadPending
                | K::RelocationPending
                | K::ReferralResponse
                | K::ReferralStart
                | K::ReferralOutcome
                | K::InquiryResult
        )
    }
}

vocabulary! {
    /// What an item is about, for the link.
    pub enum ObjectKind {
        Consultation = "consultation" "相談",
        Case = "case" "ケース",
        Referral = "referral" "つなぎ",
        Consent = "consent" "同意",
        Inquiry = "inquiry" "空き照会",
        BreakGlass = "break_glass" "緊急の閲覧",
        Guardian = "guardian" "家族",
        Viewing = "viewing" "閲覧の記録",
        Opposition = "opposition" "反対の申し出",
        Relocation = "relocation" "転居",
        Score = "score" "スコアの票",
        Profile = "profile" "医療的ケアの状況",
        Flag = "flag" "見守りの知らせ",
        Protection = "protection" "守る情報",
        Retention = "retention" "保存期間",
        Account = "account" "自分のアカウント",
        Person = "person" "利用者",
    }
}

/// A new item.
pub struct Item<'a> {
    pub kind: WaitingKind,
    pub subject: SubjectId,
    pub object_kind: ObjectKind,
    pub object: Uuid,
    pub case: Option<CaseId>,
    /// Whom the owner waits for, in words for the list; empty where the owner must act.
    pub waits_for: &'a str,
    pub due: Timestamp,
}

row! {
    pub struct Waiting {
        pub id: WaitingId, pub kind: WaitingKind, pub object_kind: ObjectKind, pub object_id: Uuid, pub case_id: Option<CaseId>,
        pub waits_for: String, pub due_at: Timestamp, pub since_at: Timestamp, pub child_name: Option<String>,
        pub child_kana: Option<String>, pub birth_date: Option<Date>, pub municipality: Option<Municipality>,
        pub number: Option<i64>, pub number_year: Option<i64>,
        /// For whom the actor stands in, where it waits for that one.
        pub cover_of: Option<String>,
    }
}

impl Waiting {
    pub fn href(&self) -> String {
        let id = self.object_id;
        match self.object_kind {
            ObjectKind::Consultation => format!("/consultations/{id}"),
            ObjectKind::Case => format!("/cases/{id}"),
            ObjectKind::Referral => format!("/referrals/{id}"),
            ObjectKind::Inquiry => format!("/inquiries/{id}"),
            ObjectKind::Guardian => format!("/family/{id}"),
            ObjectKind::BreakGlass => format!("/break-glass/{id}/review"),
            ObjectKind::Person => format!("/people/{id}"),
            ObjectKind::Viewing => format!("/cases/{id}/viewing/log"),
            ObjectKind::Opposition => format!("/cases/{id}/oppositions"),
            ObjectKind::Relocation => format!("/cases/{id}/relocation"),
            ObjectKind::Score => format!("/scores/{id}"),
            ObjectKind::Profile if self.kind == WaitingKind::SheetReview => {
                self.case_id.map_or_else(|| "/".to_owned(), |c| format!("/cases/{c}/emergency"))
            }
            ObjectKind::Profile => self.case_id.map_or_else(|| "/".to_owned(), |c| format!("/cases/{c}/care")),
            ObjectKind::Flag => format!("/flags/{id}"),
            ObjectKind::Retention => format!("/cases/{id}/retention"),
            ObjectKind::Account => "/account".to_owned(),
            ObjectKind::Protection => self.case_id.map_or_else(|| "/".to_owned(), |c| format!("/cases/{c}/protected")),
            ObjectKind::Consent => self.case_id.map_or_else(|| "/".to_owned(), |c| format!("/cases/{c}/consents")),
        }
    }
}

/// Puts an item; one that is already there keeps its age and gets the new due time.
pub async fn put(tx: &mut Draft, mint: &Mint, now: Timestamp, item: Item<'_>) -> Result<(), DbError> {
    let sql = "/* waiting::put */
        INSERT INTO waiting (id, kind, subject_id, object_kind, object_id, case_id, others, waits_for, due_at, since_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (object_id, kind, subject_id) DO UPDATE SET due_at = excluded.due_at, waits_for = excluded.waits_for";
    tx.exec(
        sql,
        args![
            mint.id::<WaitingId>(now),
            item.kind,
            item.subject,
            item.object_kind,
            item.object,
            item.case,
            item.kind.is_with_others(),
            item.waits_for,
            item.due,
            now
        ],
    )
    .await?;
    tx.announce("subject", item.subject);
    Ok(())
}

/// Puts an item where there is none; one that is there keeps its age and its due time, so that a note does not move a queue.
pub async fn keep(tx: &mut Draft, mint: &Mint, now: Timestamp, item: Item<'_>) -> Result<(), DbError> {
    let there = "/* waiting::keep */ SELECT id FROM waiting WHERE object_id = $1 AND kind = $2 AND subject_id = $3";
    if tx.opt::<(WaitingId,)>(there, args![item.object, item.kind, item.subject]).await?.is_none() {
        put(tx, mint, now, item).await?;
    }
    Ok(())
}

/// Takes away the items of one kind about an object, whoever had them.
pub async fn clear(tx: &mut Draft, object: Uuid, kind: WaitingKind) -> Result<(), DbError> {
    let sql = "/* waiting::clear */ DELETE FROM waiting WHERE object_id = $1 AND kind = $2 RETURNING subject_id";
    let gone: Vec<(SubjectId,)> = tx.all(sql, args![object, kind]).await?;
    for (subject,) in gone {
        tx.announce("subject", subject);
    }
    Ok(())
}

/// Whether something of a kind waits about an object, whoever has it.
pub async fn is_open(tx: &Reader, object: Uuid, kind: WaitingKind) -> Result<bool, DbError> {
    let sql = "/* waiting::is_open */ SELECT id FROM waiting WHERE object_id = $1 AND kind = $2 LIMIT 1";
    Ok(tx.opt::<(WaitingId,)>(sql, args![object, kind]).await?.is_some())
}

/// Takes away everything that waits about an object.
pub async fn clear_all(tx: &mut Draft, object: Uuid) -> Result<(), DbError> {
    let sql = "/* waiting::clear_all */ DELETE FROM waiting WHERE object_id = $1 RETURNING subject_id";
    let gone: Vec<(SubjectId,)> = tx.all(sql, args![object]).await?;
    for (subject,) in gone {
        tx.announce("subject", subject);
    }
    Ok(())
}

/// When the owner of an object's items changes, the items go along and keep their age.
pub async fn hand_on(
    tx: &mut Draft,
    object: Uuid,
    from: impl Into<SubjectId>,
    to: impl Into<SubjectId>,
) -> Result<(), DbError> {
    let (from, to): (SubjectId, SubjectId) = (from.into(), to.into());
    // What the receiver has already is not needed twice.
    let twice = "/* waiting::hand_on */
        DELETE FROM waiting WHERE object_id = $1 AND subject_id = $2 AND EXISTS (
            SELECT 1 FROM waiting o WHERE o.object_id = waiting.object_id AND o.kind = waiting.kind AND o.subject_id = $3)";
    tx.exec(twice, args![object, from, to]).await?;
    let sql = "/* waiting::hand_on */ UPDATE waiting SET subject_id = $3 WHERE object_id = $1 AND subject_id = $2";
    tx.exec(sql, args![object, from, to]).await?;
    tx.announce("subject", from);
    tx.announce("subject", to);
    Ok(())
}

/// The same for everything about a case, but what only the one person can do: to receive an offered lead.
pub async fn hand_on_case(
    tx: &mut Draft,
    case: CaseId,
    from: impl Into<SubjectId>,
    to: impl Into<SubjectId>,
) -> Result<(), DbError> {
    let (from, to): (SubjectId, SubjectId) = (from.into(), to.into());
    // What the receiver has already is not needed twice.
    let twice = "/* waiting::hand_on_case */
        DELETE FROM waiting WHERE case_id = $1 AND subject_id = $2 AND kind <> 'lead_transfer' AND EXISTS (
            SELECT 1 FROM waiting o WHERE o.object_id = waiting.object_id AND o.kind = waiting.kind AND o.subject_id = $3)";
    tx.exec(twice, args![case, from, to]).await?;
    let sql = "/* waiting::hand_on_case */ UPDATE waiting SET subject_id = $3 WHERE case_id = $1 AND subject_id = $2 AND kind <> 'lead_transfer'";
    tx.exec(sql, args![case, from, to]).await?;
    tx.announce("subject", from);
    tx.announce("subject", to);
    Ok(())
}

/// Which items a list shows.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Only what somebody else must move (true), or only what the actor must move (false).
    pub others: Option<bool>,
    /// Due after this moment.
    pub after: Timestamp,
    /// Due at this moment or before.
    pub until: Timestamp,
}

impl Wanted {
    pub fn all() -> Self {
        Wanted { others: None, after: Timestamp::UNIX_EPOCH, until: FOREVER }
    }
    pub fn others(others: bool) -> Self {
        Wanted { others: Some(others), ..Wanted::all() }
    }
}

/// Later than anything is due (end of 9999), within the range of both engines.
const FOREVER: Timestamp = Timestamp::constant(253_402_128_000, 0);

/// What waits for an actor (own items, those of the actor's seats, and the work on cases and calls of whom the actor stands in for),
/// the earliest due first.
///
/// One statement for each subject: each walks the index by due time and stops at its limit, so that a page costs the same
/// however much waits.
pub async fn list(
    tx: &Reader,
    actor: PersonId,
    now: Timestamp,
    wanted: Wanted,
    page: Range<i64>,
) -> Result<Vec<Waiting>, DbError> {
    let subjects = "/* waiting::list */
        SELECT subject_id, 1 = 0 AS covered FROM account_subject WHERE person_id = $1 AND since <= $2 AND (until IS NULL OR until > $2)
        UNION ALL SELECT holder_id, 1 = 1 FROM cover WHERE substitute_id = $1 AND begun_at IS NOT NULL AND ended_at IS NULL AND ends_at > $2";
    let sql = "/* waiting::list */
        SELECT w.id, w.kind, w.object_kind, w.object_id, w.case_id, w.waits_for, w.due_at, w.since_at, c.child_name, c.child_kana,
               c.birth_date, c.municipality, COALESCE(k.number, r.number) AS number, COALESCE(k.fiscal_year, r.fiscal_year) AS number_year,
               CASE WHEN $8 THEN (SELECT h.name FROM person h WHERE h.id = $3) END AS cover_of
          FROM waiting w
          LEFT JOIN child_case c ON c.id = w.case_id AND EXISTS (
               SELECT 1 FROM account_subject m CROSS JOIN case_access a
                WHERE m.person_id = $1 AND m.since <= $2 AND (m.until IS NULL OR m.until > $2) AND a.subject_id = m.subject_id
                    AND a.case_id = w.case_id AND a.relation NOT IN ('referrer', 'emergency', 'guardian') AND a.since <= $2 AND (a.until IS NULL OR a.until > $2))
          LEFT JOIN consultation k ON w.object_kind = 'consultation' AND k.id = w.object_id
          LEFT JOIN referral r ON w.object_kind = 'referral' AND r.id = w.object_id
         WHERE w.subject_id = $3 AND w.due_at > $4 AND w.due_at <= $5 AND ($6 = '' OR w.others = ($6 = 'others'))
           AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $1 AND x.case_id = w.case_id AND x.until IS NULL)
         AND (NOT $8 OR ((c.id IS NOT NULL OR w.object_kind = 'consultation') AND w.kind NOT IN ('lead_transfer', 'handover', 'family_confirm', 'family_knock', 'protection_review', 'emergency_review', 'break_glass_review',
                    'consent_followup', 'consent_ended', 'consent_ending', 'consent_opposed', 'relocation_returned', 'relocation_pending')))
         ORDER BY w.due_at, w.id LIMIT $7";
    let who = wanted.others.map_or("", |others| if others { "others" } else { "mine" });
    let mut found: Vec<Waiting> = Vec::new();
    for (subject, covered) in tx.all::<(SubjectId, bool)>(subjects, args![actor, now]).await? {
        let args = args![actor, now, subject, wanted.after, wanted.until, who, page.end, covered];
        found.extend(tx.all::<Waiting>(sql, args).await?);
    }
    found.sort_by_key(|w| (w.due_at, w.id));
    // Who has a thing both in person and by a seat has it once.
    let mut met = HashSet::new();
    found.retain(|w| met.insert((w.object_id, w.kind)));
    let bound = |n: i64| usize::try_from(n).unwrap_or(0).min(found.len());
    let page = bound(page.start)..bound(page.end);
    Ok(found.drain(page).collect())
}

row! {
    pub struct Count { pub kind: WaitingKind, pub total: i64, pub overdue: i64, pub today: i64 }
}

/// How many of each kind wait for an actor, how many of them are overdue, and how many are due before `end_of_day`.
pub async fn counts(
    tx: &Reader,
    actor: PersonId,
    now: Timestamp,
    end_of_day: Timestamp,
) -> Result<Vec<Count>, DbError> {
    let sql = "/* waiting::counts */
        SELECT w.kind, COUNT(DISTINCT w.object_id) AS total, COUNT(DISTINCT w.object_id) FILTER (WHERE w.due_at <= $2) AS overdue,
               COUNT(DISTINCT w.object_id) FILTER (WHERE w.due_at > $2 AND w.due_at <= $3) AS today
          FROM (SELECT subject_id, 1 = 0 AS covered FROM account_subject WHERE person_id = $1 AND since <= $2 AND (until IS NULL OR until > $2)
                UNION ALL SELECT holder_id, 1 = 1 FROM cover WHERE substitute_id = $1 AND begun_at IS NOT NULL AND ended_at IS NULL AND ends_at > $2) s
          JOIN waiting w ON w.subject_id = s.subject_id
         WHERE (NOT s.covered OR ((w.object_kind = 'consultation' OR EXISTS (
                    SELECT 1 FROM account_subject m CROSS JOIN case_access a
                     WHERE m.person_id = $1 AND m.since <= $2 AND (m.until IS NULL OR m.until > $2) AND a.subject_id = m.subject_id AND a.case_id = w.case_id
                           AND a.relation NOT IN ('referrer', 'emergency', 'guardian') AND a.since <= $2 AND (a.until IS NULL OR a.until > $2)))
                AND w.kind NOT IN ('lead_transfer', 'handover', 'family_confirm', 'family_knock', 'protection_review', 'emergency_review', 'break_glass_review',
                    'consent_followup', 'consent_ended', 'consent_ending', 'consent_opposed', 'relocation_returned', 'relocation_pending')))
           AND NOT EXISTS (SELECT 1 FROM case_exclusion x WHERE x.person_id = $1 AND x.case_id = w.case_id AND x.until IS NULL)
         GROUP BY w.kind ORDER BY w.kind";
    tx.all(sql, args![actor, now, end_of_day]).await
}
