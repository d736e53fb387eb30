//! `tsumugi serve`: the real thing, and what runs beside its pages.

use super::{Options, app, backup, keys, notes::NoteTaker, open, say};
use crate::{
    alert,
    app::{App, Settings},
    backup::Plan,
    consent, cover, demo,
    journal::{self, checkpoint},
    monitoring, once, people, profile, protection, referral, retention, routes, schema, score, signin,
};
use platform::{clock::Clock, db::Engine, japanese::date};
use std::{net::SocketAddr, sync::Arc, time::Duration};

/// The real thing: people sign in by passkeys that are bound to the configured address.
pub async fn run(o: Options) -> Result<(), String> {
    let origin = match o.origin.clone() {
        Some(origin) => origin.trim_end_matches('/').to_owned(),
        None if o.listen.ip().is_loopback() => format!("http://localhost:{}", o.listen.port()),
        None => {
            return Err("利用者のブラウザーから見えるアドレスを --origin https://… で指定してください（パスキーはこの名前に結び付きます）。".to_owned());
        }
    };
    let passkeys = signin::relying_party(&origin)?;
    let db = open(&o).await?;
    db.migrate(schema::MIGRATIONS).await.map_err(|e| e.to_string())?;
    if demo::is_loaded(&db).await.map_err(|e| e.to_string())? {
        return Err(
            "このデータベースには架空データ（デモ）が入っています。本番には、空のデータベースを使ってください。"
                .to_owned(),
        );
    }
    if db.roots().sealing().is_none() {
        return Err("封緘の根の鍵がありません。tsumugi keys new --out FILE で作り、設定ファイルの [keys] root に書いてください。".to_owned());
    }
    let tx = db.read().await.map_err(|e| e.to_string())?;
    if !crate::sealing::fits(&tx).await.map_err(|e| e.to_string())? {
        return Err("封緘の根の鍵が、このデータベースのものではありません。[keys] root を確かめてください。".to_owned());
    }
    let now = Clock::system().now();
    if let Some(last) = journal::clock_is_behind(&tx, now).await.map_err(|e| e.to_string())?
        && !o.accept_clock
    {
        return Err(format!(
            "この機械の時計（{}）が、記録簿の最後の記録（{}）より前です。時計が遅れているときは、合わせてから、もう一度起動してください。時計が正しく、記録のほうが先の日付になっているときは、--accept-clock を付けて一度だけ起動してください（操作の手引き「時計」）。",
            date::jst_stamp(now),
            date::jst_stamp(last)
        ));
    }
    drop(tx);
    if keys::is_beside_data(&o) {
        say("注意：封緘の根の鍵を、データと同じ場所に置いています。[keys] root に別の場所を指定してください。");
    }
    let kept = Settings::default().retention_years;
    let settings = Settings {
        behind_proxy: o.behind_proxy,
        retention_years: o.retention_years.unwrap_or(kept),
        ..Settings::default()
    };
    let app = App { passkeys: Some(passkeys), origin: Some(origin.clone().into()), ..app(db, false, settings) };
    say("注意：この版は、外部の診断をまだ受けていません。実在する人の情報には使わないでください。");
    match backup::plan(&o, &app.mint)? {
        Some(plan) => drop(tokio::spawn(nightly(app.clone(), Arc::new(plan), o.clone()))),
        None => {
            say("注意：バックアップの置き場所がありません。設定ファイルの [backup] to と recipients に書いてください。")
        }
    }
    match (o.key_file(), o.notes_file()) {
        (Some(key), Some(notes)) => {
            let key = checkpoint::key(&key, app.mint.secret())?;
            if o.notes.is_none() {
                say(
                    "注意：記録簿の控えを、データと同じ場所に書いています。[journal] checkpoints に別の場所を指定してください。",
                );
            }
            tokio::spawn(NoteTaker::new(app.clone(), key, notes, o.note_command.clone()).run());
        }
        _ => {
            return Err(
                "記録簿の控えの置き場所を、設定ファイルの [journal] key と checkpoints で指定してください。".to_owned()
            );
        }
    }
    if let Some(path) = people::first_link(&app).await.map_err(|e| format!("{e:?}"))? {
        say("まだ管理者がいません。次のリンクを、1時間のうちに一度だけ、管理者のブラウザーで開いてください。");
        say(&format!("{origin}{path}"));
    }
    let tls = match (&o.certificate, &o.certificate_key) {
        (Some(chain), Some(key)) => Some(wire::Certificate::read(chain, key).map_err(|e| e.to_string())?),
        (None, None) => None,
        _ => return Err("[http] certificate と certificate_key は、両方書いてください。".to_owned()),
    };
    if let Some(certificate) = &tls {
        tokio::spawn(Arc::clone(certificate).renew(Duration::from_secs(60)));
    }
    listen(app, o.listen, tls).await
}

pub async fn listen(app: App, listen: SocketAddr, tls: Option<Arc<wire::Certificate>>) -> Result<(), String> {
    let listener = tokio::net::TcpListener::bind(listen).await.map_err(|e| format!("{listen} で待てません：{e}"))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    let url = format!("{}://{address}", if tls.is_some() { "https" } else { "http" });
    if app.demo {
        say("つむぐのデモです（架空データ）。役割ごとのサインイン：");
        for account in demo::keys(app.store.db()).await.map_err(|e| e.to_string())? {
            say(&format!("  {url}/demo/sign-in?as={account}"));
        }
    }
    say(&url);
    tokio::spawn(clockwork(app.clone()));
    tokio::spawn(sealer(app.clone()));
    tokio::spawn(walker(app.clone()));
    let mut limits = wire::Limits::default();
    if app.settings.behind_proxy {
        limits.of_one = None;
    }
    let db = app.store.db().clone();
    let router = routes::router(app);
    let mut doubtful = false;
    let ended = async {
        tokio::select! { () = stopped() => {}, () = db.in_doubt() => doubtful = true }
    };
    wire::serve(listener, router, tls, limits, ended).await.map_err(|e| e.to_string())?;
    // Whoever starts the server again (docs/operations) reads from the disk what is really there.
    if doubtful {
        Err("ディスクに書けたかどうか分からなくなったため、止まりました。ディスクを確かめて、もう一度起動してください。確かめられなかった記録は、だれにも「保存した」と答えていません。".to_owned())
    } else {
        Ok(())
    }
}

/// What happens by the clock, once a minute: escalations, what begins and ends with consents, alerts.
async fn clockwork(app: App) {
    let mut minute = tokio::time::interval(Duration::from_secs(60));
    loop {
        minute.tick().await;
        if let Err(e) = referral::escalate(&app).await {
            tracing::error!("escalation failed: {e:?}");
        }
        if let Err(e) = referral::end_run_out(&app).await {
            tracing::error!("ending of consents failed: {e:?}");
        }
        if let Err(e) = cover::turn(&app).await {
            tracing::error!("turning of covers failed: {e:?}");
        }
        if let Err(e) = consent::begin_due(&app).await {
            tracing::error!("beginning of consents failed: {e:?}");
        }
        if let Err(e) = alert::look(&app).await {
            tracing::error!("looking for alerts failed: {e:?}");
        }
        if let Err(e) = protection::remind(&app).await {
            tracing::error!("reminders of protections failed: {e:?}");
        }
        if let Err(e) = consent::remind(&app).await {
            tracing::error!("reminders of consents failed: {e:?}");
        }
        if let Err(e) = score::remind(&app).await {
            tracing::error!("reminders of scores failed: {e:?}");
        }
        if let Err(e) = profile::remind(&app).await {
            tracing::error!("reminders of profiles failed: {e:?}");
        }
        if let Err(e) = monitoring::look_for_silence(&app).await {
            tracing::error!("looking for missing entries failed: {e:?}");
        }
        if let Err(e) = once::forget_old(&app).await {
            tracing::error!("forgetting of old forms failed: {e:?}");
        }
        if let Err(e) = retention::erase_calls_due(&app).await {
            tracing::error!("erasing of calls failed: {e:?}");
        }
        if let Err(e) = retention::erase_due(&app).await {
            tracing::error!("erasing failed: {e:?}");
        }
    }
}

/// Walks the journal from the first entry to the last at the start and every hour, beside the work of the pages.
async fn walker(app: App) {
    let mut hour = tokio::time::interval(Duration::from_secs(3_600));
    let handle = tokio::runtime::Handle::current();
    loop {
        hour.tick().await;
        let (app, handle) = (app.clone(), handle.clone());
        let walked = tokio::task::spawn_blocking(move || handle.block_on(alert::journal(&app))).await;
        if !matches!(walked, Ok(Ok(_))) {
            tracing::error!("the journal could not be walked: {walked:?}");
        }
    }
}

/// On PostgreSQL entries are put into the chain after their commit, within a second, by whichever node comes first.
async fn sealer(app: App) {
    if app.store.db().engine() == Engine::Sqlite {
        return;
    }
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        loop {
            match journal::seal_queue(app.store.db(), &app.mint).await {
                Ok(0) => break,
                Ok(_) => {}
                Err(e) => {
                    tracing::error!("sealing the journal failed: {e}");
                    break;
                }
            }
        }
    }
}

/// Makes the backup of the night and complains when there is none.
async fn nightly(app: App, plan: Arc<Plan>, o: Options) {
    let mut minute = tokio::time::interval(Duration::from_secs(60));
    loop {
        minute.tick().await;
        let o = o.clone();
        if let Err(e) = crate::backup::tick(&app, &plan, move || async move { open(&o).await }).await {
            tracing::error!("the backup of the night failed: {e}");
        }
    }
}

async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    let mut term = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(term) => term,
        Err(_) => return,
    };
    tokio::select! { _ = interrupt => {}, _ = term.recv() => {} }
}
