//! `tsumugi demo`: made-up people and children, on this machine only.

use super::{Options, app, open, say, serve};
use crate::{app::Settings, demo, schema};
use platform::clock::Clock;

pub async fn run(mut o: Options) -> Result<(), String> {
    if !o.listen.ip().is_loopback() {
        return Err(
            "デモは、この機械の中（127.0.0.1）だけで動かします。--listen に外向きのアドレスは使えません。".to_owned()
        );
    }
    if o.data.is_none() && o.database.is_none() {
        o.data = Some(std::env::temp_dir().join(format!("tsumugi-demo-{}", std::process::id())));
    }
    let db = open(&o).await?;
    db.migrate(schema::MIGRATIONS).await.map_err(|e| e.to_string())?;
    if !demo::is_loaded(&db).await.map_err(|e| e.to_string())? {
        demo::load(&db, &Clock::system(), o.seed, o.cases).await.map_err(|e| format!("{e:?}"))?;
    }
    if o.list {
        say(&demo::list(&db).await.map_err(|e| e.to_string())?);
        return Ok(());
    }
    let app = app(db, true, Settings { idle_minutes: 600, ..Settings::default() });
    serve::listen(app, o.listen, None).await
}
