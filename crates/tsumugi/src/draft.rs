//! 下書き: what is typed is kept on the server, so that a time-out, a closed tab or a failed save loses nothing.

use crate::{
    account::Actor,
    app::App,
    journal::Draft,
    once,
    routes::Routes,
    sealing,
    web::{Error, Form, Key, Result},
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use platform::{
    Timestamp, Uuid, args,
    db::Reader,
    form::Fields,
    id::{DraftId, PersonId},
    row, vocabulary,
    vocabulary::Vocabulary as _,
};

vocabulary! {
    /// The forms that keep a draft.
    pub enum DraftForm {
        Consultation = "consultation" "相談の受付",
        Screening = "screening" "相談の判定",
        Entry = "entry" "経過の記録",
        Referral = "referral" "つなぎの依頼",
    }
}

row! {
    pub struct Sealed { pub id: DraftId, pub object_id: Option<Uuid>, pub body: Vec<u8>, pub updated_at: Timestamp }
}

/// A draft, with what was typed in clear.
#[derive(Clone, Debug)]
pub struct Kept {
    pub id: DraftId,
    pub object_id: Option<Uuid>,
    pub updated_at: Timestamp,
    body: String,
}

impl Kept {
    pub fn fields(&self) -> Fields {
        Fields::parse(self.body.as_bytes())
    }
}

const BODY: &str = "draft.body";

/// Opens drafts of one person, whose key they all have.
async fn open(tx: &Reader, actor: &Actor, rows: Vec<Sealed>) -> Result<Vec<Kept>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let key = sealing::key_of(tx, actor.person.0).await?;
    let clear = |d: Sealed| {
        let body = sealing::text(key.as_ref(), BODY, d.id.0, Some(&d.body))?;
        Ok(Kept { id: d.id, object_id: d.object_id, updated_at: d.updated_at, body })
    };
    rows.into_iter().map(clear).collect()
}

/// Seals what a person typed, for the row of their draft.
pub async fn seal(tx: &mut Draft, app: &App, person: PersonId, id: DraftId, fields: &Fields) -> Result<Vec<u8>> {
    let key = sealing::key_for(tx, &app.mint, person.0, sealing::AREA, app.now()).await?;
    Ok(key.seal(BODY, id.0, &fields.encode()).unwrap_or_default())
}

/// The id that a new form posts its drafts to: the one that it already has, or a new one.
pub fn id(app: &App, fields: &Fields) -> DraftId {
    fields.get("draft").parse().unwrap_or_else(|_| app.mint.id(app.now()))
}

pub fn url(form: DraftForm, id: DraftId) -> String {
    format!("/drafts/{}.{id}", form.code())
}

/// A form whose typed words are kept on the server while it is open: like [`crate::view::form`], about an object.
pub fn form(
    app: &App,
    fields: &Fields,
    kind: DraftForm,
    object: Uuid,
    action: &str,
    parts: Markup,
    buttons: Markup,
) -> Markup {
    let draft = id(app, fields);
    html! {
        form method="post" action=(action) data-draft=(url(kind, draft)) novalidate {
            (once::field(app, fields))
            input type="hidden" name="draft" value=(draft); input type="hidden" name="object" value=(object);
            (parts)
            div.acts { (buttons) (ui::draft_state()) }
        }
    }
}

pub async fn find(tx: &Reader, actor: &Actor, id: DraftId) -> Result<Option<Kept>> {
    let sql = "/* draft::find */ SELECT id, object_id, body, updated_at FROM draft WHERE id = $1 AND person_id = $2";
    let found = tx.all(sql, args![id, actor.person]).await?;
    Ok(open(tx, actor, found).await?.pop())
}

/// One's own drafts of a form, the newest first.
pub async fn list(tx: &Reader, actor: &Actor, form: DraftForm) -> Result<Vec<Kept>> {
    let sql = "/* draft::list */
        SELECT id, object_id, body, updated_at FROM draft WHERE person_id = $1 AND form = $2 ORDER BY updated_at DESC LIMIT 20";
    let found = tx.all(sql, args![actor.person, form]).await?;
    open(tx, actor, found).await
}

/// The newest draft that one has of a form about an object.
pub async fn about(tx: &Reader, actor: &Actor, form: DraftForm, object: Uuid) -> Result<Option<Kept>> {
    let sql = "/* draft::about */
        SELECT id, object_id, body, updated_at FROM draft
         WHERE person_id = $1 AND form = $2 AND object_id = $3 ORDER BY updated_at DESC LIMIT 1";
    let found = tx.all(sql, args![actor.person, form, object]).await?;
    Ok(open(tx, actor, found).await?.pop())
}

/// A form that was saved needs its draft no more; in the transaction of the act.
pub async fn discard(tx: &mut Draft, actor: &Actor, fields: &Fields) -> Result<()> {
    if let Ok(id) = fields.get("draft").parse::<DraftId>() {
        let sql = "/* draft::discard */ DELETE FROM draft WHERE id = $1 AND person_id = $2";
        tx.exec(sql, args![id, actor.person]).await?;
    }
    Ok(())
}

pub fn routes() -> Routes {
    Routes::new().post("/drafts/{key}", "self", save).post("/drafts/{key}/discard", "self", throw_away)
}

/// Answers 401 and not the sign-in page when the session is over, so that the script can say so without losing the text.
async fn save(
    State(app): State<App>,
    Key(key): Key<String>,
    actor: std::result::Result<Actor, Error>,
    Form(fields): Form,
) -> Result {
    let actor = match actor {
        Ok(actor) => actor,
        Err(Error::SignIn | Error::Locked { .. }) => return Ok(StatusCode::UNAUTHORIZED.into_response()),
        Err(e) => return Err(e),
    };
    let (form, id) = key.split_once('.').ok_or(Error::NotFound)?;
    let form = DraftForm::from_code(form).ok_or(Error::NotFound)?;
    let id: DraftId = id.parse().map_err(|_| Error::NotFound)?;
    let object = fields.get("object").parse::<Uuid>().ok();
    let mut tx = app.store.begin().await?;
    let sql = "/* draft::save */
        INSERT INTO draft (id, person_id, form, object_id, body, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (id) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at WHERE draft.person_id = excluded.person_id";
    let body = seal(&mut tx, &app, actor.person, id, &fields).await?;
    tx.exec(sql, args![id, actor.person, form, object, body, app.now()]).await?;
    tx.commit_housekeeping().await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn throw_away(State(app): State<App>, Key(id): Key<DraftId>, actor: Actor) -> Result<Response> {
    let mut tx = app.store.begin().await?;
    discard(&mut tx, &actor, &Fields::default().with("draft", id.to_string())).await?;
    tx.commit_housekeeping().await?;
    Ok(crate::web::see_other("/consultations"))
}
