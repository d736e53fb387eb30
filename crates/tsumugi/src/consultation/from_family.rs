//! 困っているとき: a call that a guardian writes on the own child's page. It comes to who leads the case, like any other call, and
//! the guardian sees whether somebody has it in hand.

use super::{
    model::{AskerKind, Channel, ConsentState, Kind, New, Status, Urgency},
    store::{self, CONCERN, Hands},
};
use crate::{
    account::Actor,
    app::App,
    area::{self, PaidBy},
    case::{Case, FamilyRelation},
    journal::Draft,
    sealing::{self, Wrapped},
    web::Error,
};
use platform::{
    Timestamp, Uuid, args,
    db::{DbError, Reader},
    form::{Errors, Fields, Parse},
    id::{CaseId, ConsultationId, PersonId},
    row,
};

/// How soon the family wants to hear from somebody.
pub const HOW_SOON: [(&str, &str); 3] = [
    ("same_day", "きょうのうちに連絡がほしい"),
    ("three_days", "2、3日のうちに連絡がほしい"),
    ("usual", "急がないけれど、相談したい"),
];

/// Calls of one guardian about one child that may be open at one time; whoever has more is better heard by telephone.
pub const OPEN_AT_ONCE: usize = 5;

/// What a guardian wrote.
#[derive(Clone, Debug)]
pub struct Trouble {
    pub urgency: Urgency,
    pub concern: String,
    pub phone: Option<String>,
}

impl Trouble {
    pub fn parse(fields: &Fields) -> Result<Trouble, Errors> {
        let mut p = Parse::new(fields);
        let urgency: Urgency = p.choice("soon", "どのくらい急ぐか");
        if !HOW_SOON.iter().any(|(code, _)| *code == fields.get("soon")) {
            p.fail("soon", "どのくらい急ぐかを選んでください。");
        }
        let trouble = Trouble {
            urgency,
            concern: p.paragraph("concern", "困っていること", 2000),
            phone: p.optional_phone("phone", "かけてほしい電話"),
        };
        p.finish(trouble)
    }
}

/// Who in the family writes.
pub struct Writer<'a> {
    pub name: &'a str,
    pub relation: FamilyRelation,
}

impl Writer<'_> {
    fn kind(&self) -> AskerKind {
        match self.relation {
            FamilyRelation::Mother | FamilyRelation::Father => AskerKind::Parent,
            FamilyRelation::Grandparent => AskerKind::Grandparent,
            FamilyRelation::Own => AskerKind::Self_,
            FamilyRelation::Sibling | FamilyRelation::Twin | FamilyRelation::Other => AskerKind::Other,
        }
    }
}

/// Records the call and puts it before who answers for the case: the lead, or the deputy or who is on duty where the lead was stopped.
///
/// Of a protected child nothing is copied from the record: names and places are read there, by who may.
pub async fn write(
    app: &App,
    tx: &mut Draft,
    case: &Case,
    actor: &Actor,
    writer: &Writer<'_>,
    trouble: &Trouble,
    now: Timestamp,
) -> Result<ConsultationId, Error> {
    let id: ConsultationId = app.mint.id(now);
    let open = !case.protected;
    let new = New {
        received_at: now,
        channel: Channel::WebForm,
        kind: Kind::Individual,
        asker_kind: writer.kind(),
        asker_name: open.then(|| writer.name.to_owned()),
        asker_place: None,
        asker_phone: trouble.phone.clone().filter(|_| open),
        anonymous: false,
        child_name: open.then(|| case.child_name.clone()),
        child_kana: open.then(|| case.child_kana.clone()),
        child_birth: case.birth_date.filter(|_| open),
        child_sex: open.then_some(case.sex),
        municipality: case.municipality,
        residence: open.then_some(case.residence),
        repeated: true,
        topics: vec![],
        urgency: trouble.urgency,
        concern: trouble.concern.clone(),
        response: None,
        next_plan: None,
        minutes: 0,
        paid_by: PaidBy::Entrusted,
        consent_state: ConsentState::Unknown,
        keep: true,
    };
    let owner = answers(app, tx, case, now).await?;
    let hands = Hands { taker: actor.person, owner, shown: owner.into(), case: Some(case.id), from: "家族から" };
    store::record(app, tx, id, &hands, &new, "家族が書いた", now).await?;
    Ok(id)
}

async fn answers(app: &App, tx: &Reader, case: &Case, now: Timestamp) -> Result<PersonId, Error> {
    for person in [case.lead_id, case.deputy_id] {
        if area::is_coordinator(tx, person, now).await? {
            return Ok(person);
        }
    }
    let duty = area::on_duty(tx, case.municipality, app.today()).await?;
    // Where nobody is left, it stays with the lead, whose work the colleagues of the place take over.
    Ok(duty.unwrap_or(case.lead_id))
}

row! {
    pub struct KeptOwn {
        pub id: ConsultationId, pub received_at: Timestamp, pub urgency: Urgency, pub status: Status, pub due_at: Timestamp, pub responded_at: Option<Timestamp>,
        pub concern: Option<Vec<u8>>, pub wrapped: Vec<u8>, pub master_id: Uuid, pub tenant: String, pub master: Vec<u8>,
    }
}

/// What a guardian wrote before, and how far it has come; nothing of what was noted or advised.
#[derive(Clone, Debug)]
pub struct Own {
    pub received_at: Timestamp,
    pub urgency: Urgency,
    pub status: Status,
    pub due_at: Timestamp,
    pub responded_at: Option<Timestamp>,
    pub concern: String,
}

/// The newest calls that this person wrote about a child.
pub async fn own(tx: &Reader, case: CaseId, person: PersonId) -> Result<Vec<Own>, DbError> {
    let sql = "/* consultation::own unscoped: what the person wrote; whoever asks has shown that it is their child */
        SELECT c.id, c.received_at, c.urgency, c.status, c.due_at, c.responded_at, c.concern, k.wrapped, m.id AS master_id, m.tenant, m.wrapped AS master
          FROM consultation c JOIN sealing_key k ON k.owner_id = c.id JOIN master_key m ON m.id = k.master_id
         WHERE c.case_id = $1 AND c.taken_by = $2 ORDER BY c.received_at DESC, c.id DESC LIMIT 20";
    let clear = |k: KeptOwn| {
        let wrapped = Wrapped { wrapped: k.wrapped, master_id: k.master_id, tenant: k.tenant, master: k.master };
        let key = sealing::unwrapped(tx, k.id.0, &wrapped)?;
        Ok(Own {
            received_at: k.received_at,
            urgency: k.urgency,
            status: k.status,
            due_at: k.due_at,
            responded_at: k.responded_at,
            concern: sealing::text(Some(&key), CONCERN, k.id.0, k.concern.as_deref())?,
        })
    };
    tx.all::<KeptOwn>(sql, args![case, person]).await?.into_iter().map(clear).collect()
}
