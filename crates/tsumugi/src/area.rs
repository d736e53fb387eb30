//! 圏域と市町: the five municipalities of 横須賀・三浦 with their national codes, and who is on duty.

use platform::{
    Date, Timestamp, args,
    db::{DbError, Reader},
    id::{PersonId, SeatId},
    row, vocabulary,
};

vocabulary! {
    /// 全国地方公共団体コード (6 digits with check digit).
    pub enum Municipality {
        Yokosuka = "142018" "横須賀市",
        Kamakura = "142042" "鎌倉市",
        Zushi = "142085" "逗子市",
        Miura = "142107" "三浦市",
        Hayama = "143014" "葉山町",
    }
}

pub const PREFECTURE_CODE: &str = "140007";
pub const AREA_NAME: &str = "横須賀・三浦圏域";

vocabulary! {
    /// The 14 kinds of medical care of the 医療的ケアスコア (rule rows with points come with the score).
    pub enum Care {
        Ventilator = "ventilator" "人工呼吸器",
        Tracheostomy = "tracheostomy" "気管切開",
        NasalAirway = "nasal_airway" "鼻咽頭エアウェイ",
        Oxygen = "oxygen" "酸素療法",
        Suction = "suction" "吸引",
        Nebulizer = "nebulizer" "ネブライザー",
        TubeFeeding = "tube_feeding" "経管栄養",
        CentralLine = "central_line" "中心静脈カテーテル",
        Injection = "injection" "皮下注射",
        BloodSugar = "blood_sugar" "血糖測定",
        Dialysis = "dialysis" "透析",
        Catheter = "catheter" "導尿",
        Bowel = "bowel" "排便管理",
        Seizure = "seizure" "痙攣時の処置",
    }
}

vocabulary! {
    /// The five fields that a team covers.
    pub enum Field {
        Health = "health" "保健",
        Medical = "medical" "医療",
        Welfare = "welfare" "福祉",
        Education = "education" "保育・教育",
        Community = "community" "家族・地域",
    }
}

vocabulary! {
    /// Which money pays for the minutes: they are never counted twice.
    pub enum PaidBy {
        Unpaid = "unpaid" "無償",
        Entrusted = "entrusted" "委託",
        Fee = "fee" "報酬",
        Subsidy = "subsidy" "補助",
    }
}

row! {
    /// A person who can be given work.
    pub struct Worker { pub id: PersonId, pub name: String, pub seat_id: SeatId, pub place: String }
}

/// The duty coordinator of a municipality on a day (roster by weekday, 1 Monday … 7 Sunday).
pub async fn on_duty(tx: &Reader, municipality: Municipality, day: Date) -> Result<Option<PersonId>, DbError> {
    let sql = "/* area::on_duty */
        SELECT d.person_id FROM duty d JOIN person p ON p.id = d.person_id AND p.disabled_at IS NULL
         WHERE d.municipality = $1 AND d.weekday = $2 AND d.since <= $3 AND (d.until IS NULL OR d.until > $3)
           AND EXISTS (SELECT 1 FROM role_grant g JOIN seat s ON s.id = g.seat_id AND s.role = 'coordinator'
                        WHERE g.person_id = d.person_id AND g.since <= $3 AND (g.until IS NULL OR g.until > $3))
         ORDER BY d.since DESC LIMIT 1";
    let weekday = i64::from(day.weekday().to_monday_one_offset());
    Ok(tx.opt::<(PersonId,)>(sql, args![municipality, weekday, day]).await?.map(|(p,)| p))
}

row! {
    /// Who takes calls for a municipality today.
    pub struct Desk { pub municipality: Municipality, pub name: String, pub place: String, pub phone: String }
}

/// Who is on duty on a day, for every municipality that has somebody, with the telephone of their office.
pub async fn desks(tx: &Reader, day: Date) -> Result<Vec<Desk>, DbError> {
    let sql = "/* area::desks */
        SELECT d.municipality, p.name, o.name AS place, o.phone FROM duty d
          JOIN person p ON p.id = d.person_id AND p.disabled_at IS NULL
          JOIN role_grant g ON g.person_id = p.id AND g.since <= $2 AND (g.until IS NULL OR g.until > $2)
          JOIN seat s ON s.id = g.seat_id AND s.role = 'coordinator' JOIN organisation o ON o.id = s.organisation_id
         WHERE d.weekday = $1 AND d.since <= $2 AND (d.until IS NULL OR d.until > $2)
         ORDER BY d.municipality, d.since DESC, s.id LIMIT 50";
    let weekday = i64::from(day.weekday().to_monday_one_offset());
    let mut found: Vec<Desk> = tx.all(sql, args![weekday, day]).await?;
    found.dedup_by_key(|d| d.municipality);
    Ok(found)
}

/// Coordinators of the whole area, in kana order: to hand over to, to be lead or deputy.
pub async fn coordinators(tx: &Reader, today: Date) -> Result<Vec<Worker>, DbError> {
    let sql = "/* area::coordinators */
        SELECT p.id, p.name, s.id AS seat_id, o.name AS place FROM seat s
          JOIN role_grant g ON g.seat_id = s.id AND g.since <= $1 AND (g.until IS NULL OR g.until > $1)
          JOIN person p ON p.id = g.person_id AND p.disabled_at IS NULL
          JOIN organisation o ON o.id = s.organisation_id
         WHERE s.role = 'coordinator' ORDER BY p.kana, p.id LIMIT 200";
    tx.all(sql, args![today]).await
}

/// The telephone of the office at which somebody coordinates.
pub async fn office_phone(tx: &Reader, person: PersonId, today: Date) -> Result<Option<String>, DbError> {
    let sql = "/* area::office_phone */
        SELECT o.phone FROM role_grant g JOIN seat s ON s.id = g.seat_id AND s.role = 'coordinator' JOIN organisation o ON o.id = s.organisation_id
         WHERE g.person_id = $1 AND g.since <= $2 AND (g.until IS NULL OR g.until > $2) AND o.phone <> '' ORDER BY g.since LIMIT 1";
    Ok(tx.opt::<(String,)>(sql, args![person, today]).await?.map(|(phone,)| phone))
}

/// Seats of a role at the organisation of a municipality.
pub async fn seat_of(
    tx: &Reader,
    municipality: Municipality,
    role: crate::policy::Role,
) -> Result<Option<SeatId>, DbError> {
    let sql = "/* area::seat_of */
        SELECT s.id FROM seat s JOIN organisation o ON o.id = s.organisation_id
         WHERE o.code = $1 AND o.kind = 'municipality' AND s.role = $2";
    Ok(tx.opt::<(SeatId,)>(sql, args![municipality, role]).await?.map(|(s,)| s))
}

/// True where the person exists, is not disabled, and has a live subject with this id: nobody gets work who cannot see it.
pub async fn is_coordinator(tx: &Reader, person: PersonId, now: Timestamp) -> Result<bool, DbError> {
    let sql = "/* area::is_coordinator */
        SELECT p.id FROM person p JOIN account_subject a ON a.person_id = p.id AND a.since <= $2 AND (a.until IS NULL OR a.until > $2)
          JOIN seat s ON s.id = a.subject_id AND s.role = 'coordinator'
         WHERE p.id = $1 AND p.disabled_at IS NULL LIMIT 1";
    Ok(tx.opt::<(PersonId,)>(sql, args![person, now]).await?.is_some())
}
