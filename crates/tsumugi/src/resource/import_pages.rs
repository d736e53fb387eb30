//! Pages of the import: upload, preview with every row that cannot be read, apply.

use super::import::{self, Outcome, Run, RunStatus, Staged};
use crate::{
    account::Actor,
    app::App,
    exchange::directory::{Format, Kind, MAX_BYTES, MAX_ROWS},
    policy::{self, ImportResources},
    view,
    web::{self, Error, Key, Result, see_other, unprocessable},
};
use axum::extract::{Multipart, State, multipart::MultipartRejection};
use maud::{Markup, html};
use platform::{
    db::Json,
    form::{Errors, Fields},
    id::ImportId,
    vocabulary::Vocabulary as _,
};
use tokio::io::AsyncWriteExt;

const SHOWN: i64 = 100;

fn tone(s: RunStatus) -> ui::Tone {
    match s {
        RunStatus::Applied => ui::Tone::Ok,
        RunStatus::Preview => ui::Tone::Warn,
        RunStatus::Reading => ui::Tone::Info,
        RunStatus::Failed => ui::Tone::Neutral,
    }
}

pub async fn list(State(app): State<App>, actor: Actor) -> Result<Markup> {
    policy::by_role::<ImportResources>(&actor)?;
    let runs = import::runs(&app.store.read().await?).await?;
    Ok(list_page(&app, &actor, &runs, &Errors::default()))
}

fn list_page(app: &App, actor: &Actor, runs: &[Run], errors: &Errors) -> Markup {
    let limits = format!(
        "{}MB、{MAX_ROWS}行まで。文字コードは自動で見分けます（UTF-8、CP932、UTF-16）",
        MAX_BYTES / 1024 / 1024
    );
    let body = html! {
        (ui::heading(&ui::Heading { over: "社会資源", title: "名簿の取込み", actions: html! {} }))
        (ui::two(ui::panel("これまでの取込み", html! {}, html! {
            @if runs.is_empty() { (ui::empty("まだ取り込んでいません", html! {})) } @else {
                (ui::table("これまでの取込み", &["日時", "ファイル", "形式", "状態", "結果"], html! { @for r in runs { tr {
                    th scope="row" { a href=(format!("/resources/imports/{}", r.id)) { (view::moment(r.at)) } small { (r.by) } }
                    td data-l="ファイル" { (r.file_name) } td data-l="形式" { (import::format_label(&r.format)) } td data-l="状態" { (ui::tag(tone(r.status), r.status.label())) }
                    td data-l="結果" { "新 " (r.added) "・変 " (r.changed) "・同 " (r.same) "・消 " (r.gone) @if r.errors > 0 { " " (ui::tag(ui::Tone::Alert, &format!("読めない行 {}", r.errors))) } }
                } } }))
            }
        }), ui::panel("ファイルを選ぶ", html! {}, ui::pad(html! {
            (view::summary(errors))
            form method="post" action="/resources/imports" enctype="multipart/form-data" novalidate {
                p { "すぐには変わりません。先に、どの行がどう変わるかを見てから取り込みます。" }
                (ui::Field::new("file", "CSVファイル").hint(&limits).error(errors.of("file")).required().file(".csv,text/csv"))
                (ui::details("読める形式", html! { ul { @for f in [Format::WamNet, Format::MedicalBureau, Format::OpenMedical, Format::OpenCare, Format::OpenChildcare] { li { (f.label()) } } } }))
                div.acts { (ui::button("読み込んで確かめる", true)) }
            }
        }))))
    };
    web::page(app, actor, "imports", "名簿の取込み", body)
}

/// A received file in the temporary folder, removed when the upload ends, however it ends.
struct Received {
    place: std::path::PathBuf,
    name: String,
    too_large: bool,
}

impl Drop for Received {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.place);
    }
}

async fn receive(app: &App, parts: &mut Multipart) -> Result<Received> {
    let broken = |_| web::no_file();
    let io = |e: std::io::Error| Error::Internal(e.to_string());
    let place =
        std::env::temp_dir().join(format!("tsumugi-import-{}-{}", std::process::id(), app.mint.uuid(app.now())));
    let mut got = Received { place, name: String::new(), too_large: false };
    while let Some(mut part) = parts.next_field().await.map_err(broken)? {
        if part.name() != Some("file") {
            continue;
        }
        got.name =
            platform::text::line(part.file_name().unwrap_or("名前なし"), 120).unwrap_or_else(|_| "名前なし".to_owned());
        let chosen = part.file_name().is_some_and(|name| !name.is_empty());
        let mut file = tokio::fs::File::create(&got.place).await.map_err(io)?;
        let mut size = 0_u64;
        while let Some(chunk) = part.chunk().await.map_err(broken)? {
            size += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            if size > MAX_BYTES {
                got.too_large = true;
                return Ok(got);
            }
            file.write_all(&chunk).await.map_err(io)?;
        }
        file.flush().await.map_err(io)?;
        // A browser sends a part without a name and without bytes where no file was chosen.
        if size == 0 && !chosen {
            got.name.clear();
        }
    }
    Ok(got)
}

pub async fn upload(
    State(app): State<App>,
    actor: Actor,
    parts: std::result::Result<Multipart, MultipartRejection>,
) -> Result {
    policy::by_role::<ImportResources>(&actor)?;
    let mut parts = parts.map_err(|_| web::no_file())?;
    let got = receive(&app, &mut parts).await?;
    let outcome = if got.name.is_empty() {
        Err("ファイルを選んでください。".to_owned())
    } else if got.too_large {
        let limit = MAX_BYTES / 1024 / 1024;
        Err(format!(
            "ファイルが大きすぎます（{limit}MBまで）。市町ごとに分けるか、必要なサービスのファイルだけを選んでください。"
        ))
    } else {
        let file = std::fs::File::open(&got.place).map_err(|e| Error::Internal(e.to_string()))?;
        import::previewed(&app, actor.person, &got.name, file).await?
    };
    match outcome {
        Ok(id) => Ok(see_other(&format!("/resources/imports/{id}"))),
        Err(sentence) => {
            let runs = import::runs(&app.store.read().await?).await?;
            Ok(unprocessable(list_page(&app, &actor, &runs, &Errors::one("file", sentence))))
        }
    }
}

pub async fn preview(State(app): State<App>, actor: Actor, Key(id): Key<ImportId>) -> Result<Markup> {
    policy::by_role::<ImportResources>(&actor)?;
    let tx = app.store.read().await?;
    let run = import::run(&tx, id).await?.ok_or(Error::NotFound)?;
    let mut lists = Vec::new();
    for outcome in [Outcome::Error, Outcome::Changed, Outcome::New] {
        lists.push((outcome, import::rows(&tx, id, outcome, SHOWN).await?));
    }
    drop(tx);
    let figure = |label, value, bad| ui::Figure { label, value, unit: "件", href: "#rows", bad };
    let empty = Fields::default();
    let body = html! {
        (ui::heading(&ui::Heading { over: "名簿の取込み", title: &run.file_name, actions: ui::tag(tone(run.status), run.status.label()) }))
        p { (import::format_label(&run.format)) "　" (run.encoding) "　" (view::moment(run.at)) " " (run.by) }
        (ui::figures("取込みの結果", &[figure("新しい", run.added, false), figure("変わった", run.changed, false), figure("同じ", run.same, false), figure("なくなった", run.gone, false), figure("読めない行", run.errors, run.errors > 0)]))
        p { small { "圏域の外の行 " (run.elsewhere) "件、まったく同じ行の繰返し " (run.repeated) "件は、取り込みません。なくなったものは消さずに、印を付けます。" } }
        @if run.errors > 0 { (ui::notice(ui::Tone::Warn, "読めない行があります", html! { p { "読めない行の事業所が名簿に残っているかどうかわからないため、このファイルでは「なくなった」の印を付けません。行を直したファイルで、もう一度取り込んでください。" } })) }
        @if run.status == RunStatus::Preview {
            (view::form(&app, &empty, &format!("/resources/imports/{id}"), html! {}, html! { (ui::button("この内容で取り込む", true)) (ui::link_button("/resources/imports", "取り込まない", None, false)) }))
        }
        div id="rows" { @for (outcome, rows) in &lists { @if !rows.is_empty() { (ui::panel(&format!("{}行", outcome.label()), html! { @if rows.len() >= 100 { "はじめの100件" } }, rows_view(*outcome, rows))) } } }
    };
    Ok(web::page(&app, &actor, "imports", "取込みの確認", body))
}

fn rows_view(outcome: Outcome, rows: &[Staged]) -> Markup {
    if outcome == Outcome::Error {
        return ui::table(
            "読めない行",
            &["行", "列", "理由"],
            html! { @for r in rows { tr { th scope="row" { (r.line) "行目" } td data-l="列" { (r.column_name) } td data-l="理由" { (r.message) } } } },
        );
    }
    let text = |r: &Staged, name: &str| {
        r.payload.as_ref().and_then(|Json(p)| p.get(name).and_then(|v| v.as_str())).unwrap_or("").to_owned()
    };
    ui::table(
        outcome.label(),
        &["行", "名前", "種別", "市町", "電話"],
        html! { @for r in rows { tr {
            th scope="row" { (r.line) "行目" } td data-l="名前" { (text(r, "name")) } td data-l="種別" { (Kind::from_code(&r.kind).map_or("", Kind::label)) }
            td data-l="市町" { (import::place(r)) } td data-l="電話" { (text(r, "phone")) }
        } } },
    )
}

pub async fn apply(State(app): State<App>, actor: Actor, Key(id): Key<ImportId>) -> Result {
    if !import::applied(&app, &actor, id).await? {
        return Err(Error::refused("この取込みは、すでに終わっています。"));
    }
    Ok(see_other(&format!("/resources/imports/{id}")))
}
