//! The same form sent twice (double click, back, retry after a time-out) is one act with one answer.

use crate::{account::Actor, app::App, journal::Draft, web::Error};
use maud::{Markup, html};
use platform::{Timestamp, Uuid, args, form::Fields};

/// The hidden key of a form.
pub fn field(app: &App, fields: &Fields) -> Markup {
    let kept = fields.get("once").parse::<Uuid>().ok();
    let key = kept.unwrap_or_else(|| app.mint.uuid(app.now()));
    html! { input type="hidden" name="once" value=(key); }
}

/// Claims the key for an act that will answer with `location`; `Some` is the answer that the act already had.
pub async fn claim(
    app: &App,
    tx: &mut Draft,
    fields: &Fields,
    actor: &Actor,
    location: &str,
    at: Timestamp,
) -> Result<Option<String>, Error> {
    let key = fields.get("once").parse::<Uuid>().unwrap_or_else(|_| app.mint.uuid(at));
    let insert = "/* once::claim */
        INSERT INTO once (id, person_id, location, at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING";
    if tx.exec(insert, args![key, actor.person, location, at]).await? == 1 {
        return Ok(None);
    }
    let select = "/* once::claim */ SELECT location FROM once WHERE id = $1 AND person_id = $2";
    let before: Option<(String,)> = tx.opt(select, args![key, actor.person]).await?;
    // A key of somebody else's form is no key of this actor's.
    before.map(|(l,)| Some(l)).ok_or(Error::NotFound)
}

/// Forgets the forms of more than thirty days ago: nobody sends one again so late.
pub async fn forget_old(app: &App) -> Result<(), Error> {
    let mut tx = app.store.begin().await?;
    let old = app.now() - jiff::SignedDuration::from_hours(24 * 30);
    let sql = "/* once::forget_old */ DELETE FROM once WHERE at < $1";
    if tx.exec(sql, args![old]).await? > 0 {
        tx.commit_housekeeping().await?;
    }
    Ok(())
}
