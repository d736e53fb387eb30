//! `tsumugi backup`, `restore`, `drill`: nothing lost.

use super::{Options, app, open, say};
use crate::{
    app::Settings,
    backup::{self, Plan, Restored, Source, Target},
    journal::checkpoint::{self, Checkpoint},
};
use jiff::civil::Time;
use platform::{
    clock::Clock,
    db::Db,
    id::{Mint, hex},
};
use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};
use vault::archive::Identity;

/// Nights whose backups stay.
const KEEP: usize = 35;

/// Where backups go; None where nothing is said about them.
fn target(o: &Options, mint: &Mint) -> Result<Option<Target>, String> {
    let Some(folder) = o.backup.to.clone() else { return Ok(None) };
    let recipients = o.backup.recipients.iter().map(|r| r.parse()).collect::<Result<Vec<_>, _>>()?;
    let key = o.key_file().ok_or("署名する鍵の置き場所を、設定ファイルの [journal] key で指定してください。")?;
    let key = checkpoint::key(&key, mint.secret())?;
    Ok(Some(Target { folder, recipients, key, keep: o.backup.keep.unwrap_or(KEEP) }))
}

/// The nightly backup of the server; None where the configuration has none.
pub fn plan(o: &Options, mint: &Mint) -> Result<Option<Plan>, String> {
    let Some(target) = target(o, mint)? else { return Ok(None) };
    if target.recipients.len() < 2 {
        return Err("[backup] recipients に、受取人の公開鍵を2つ以上書いてください。".to_owned());
    }
    let at = o.backup.at.as_deref().unwrap_or("02:30");
    let at: Time = at.parse().map_err(|_| format!("backup.at は 02:30 のように書きます（{at}）"))?;
    Ok(Some(Plan { target, at }))
}

pub async fn make(o: Options) -> Result<(), String> {
    let mint = Mint::random();
    let target = target(&o, &mint)?
        .ok_or("バックアップの置き場所を --to DIR か、設定ファイルの [backup] to で指定してください。")?;
    let db = open(&o).await?;
    let made = backup::make(&db, &mint, &target, &Clock::system()).await?;
    say(&format!(
        "バックアップを取りました：{}（{} バイト、{}行、記録簿 {}件まで）",
        made.file.display(),
        made.bytes,
        made.rows,
        made.journal_seq
    ));
    say(&format!("署名した鍵：{}", hex(target.key.verifying_key().as_bytes())));
    Ok(())
}

/// A new secret key for somebody who shall be able to open backups.
pub fn key(o: &Options) -> Result<(), String> {
    let file = o.backup.out.as_deref().ok_or("鍵を書くファイルを --out FILE で指定してください。")?;
    let said = |e: std::io::Error| format!("鍵を {} に書けません：{e}", file.display());
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(said)?;
    let key = Identity::generate();
    out.write_all(key.file().as_bytes()).and_then(|()| out.sync_all()).map_err(said)?;
    say(&format!("秘密の鍵を {} に書きました。サーバーの外の、安全な所に保管してください。", file.display()));
    say(&format!("公開鍵（[backup] recipients に書くもの）：{}", key.recipient()));
    Ok(())
}

/// The newest backup of a folder, or the file itself.
fn newest(from: &Path) -> Result<PathBuf, String> {
    if !from.is_dir() {
        return Ok(from.to_owned());
    }
    let all = fs::read_dir(from).map_err(|e| format!("{} を読めません：{e}", from.display()))?;
    let all = all.filter_map(|f| Some(f.ok()?.path()));
    all.filter(|p| p.extension().is_some_and(|e| e == "age"))
        .max()
        .ok_or_else(|| format!("{} にバックアップがありません。", from.display()))
}

fn source(o: &Options) -> Result<(Source, Vec<Checkpoint>), String> {
    let from = o.backup.from.as_deref().ok_or("バックアップを --from FILE で指定してください。")?;
    let identity =
        o.backup.identity.as_deref().ok_or("バックアップを開ける秘密の鍵を --identity FILE で指定してください。")?;
    let text =
        fs::read_to_string(identity).map_err(|e| format!("秘密の鍵 {} を読めません：{e}", identity.display()))?;
    let notes = match &o.checkpoint {
        Some(file) => {
            let text = fs::read_to_string(file).map_err(|e| format!("控え {} を読めません：{e}", file.display()))?;
            // Notes and backups are signed with the same key.
            let signer =
                o.backup.signer.as_deref().map(|s| checkpoint::public(s).ok_or("--signer は16進数64文字です。"));
            checkpoint::read_all(&text, signer.transpose()?.as_ref())?
        }
        None => Vec::new(),
    };
    Ok((Source { file: newest(from)?, keys: Identity::of_file(&text)?, signer: o.backup.signer.clone() }, notes))
}

fn tell(restored: &Restored, o: &Options) {
    say(&format!(
        "{}表 {}行を戻しました。記録簿 {}件は、初めから終わりまで正しくつながっています。",
        restored.tables, restored.rows, restored.entries
    ));
    if o.backup.signer.is_none() {
        say(&format!(
            "署名した鍵を照らしていません。バックアップを取ったときの鍵と同じか、目で確かめてください：{}",
            restored.signer
        ));
    }
    if restored.missing > 0 {
        say(&format!(
            "注意：バックアップのあとに書かれた記録が、少なくとも {}件あり、戻っていません。",
            restored.missing
        ));
    }
}

pub async fn restore(o: Options) -> Result<(), String> {
    if o.backup.signer.is_none() {
        return Err(
            "署名した鍵を --signer HEX で指定してください。だれでも、だれにでも開けるファイルを作れるからです。"
                .to_owned(),
        );
    }
    let (source, notes) = source(&o)?;
    let app = app(open(&o).await?, false, Settings::default());
    tell(&backup::restore(&app, &source, &notes).await?, &o);
    say("すべてのサインインは終わっています。利用者は、パスキーで入り直します。");
    Ok(())
}

/// A folder that goes away with whatever was restored into it.
struct Passing(PathBuf);

impl Drop for Passing {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What an interrupted drill left behind is the whole database in clear.
fn sweep(parent: &Path) {
    let left = fs::read_dir(parent).into_iter().flatten().filter_map(|f| Some(f.ok()?.path()));
    for folder in left.filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("tsumugi-drill-"))) {
        let _ = fs::remove_dir_all(folder);
    }
}

pub async fn drill(o: Options) -> Result<(), String> {
    use std::os::unix::fs::DirBuilderExt as _;
    // wall clock: how long the drill took, for its caller.
    let begun = std::time::Instant::now();
    let (source, notes) = source(&o)?;
    let parent = o.data.clone().unwrap_or_else(std::env::temp_dir);
    sweep(&parent);
    let folder = Passing(parent.join(format!("tsumugi-drill-{}", hex(&Mint::random().secret::<8>()))));
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder.0)
        .map_err(|e| format!("{} を作れません：{e}", folder.0.display()))?;
    let db = Db::sqlite(&folder.0.join("tsumugi.sqlite")).map_err(|e| e.to_string())?;
    // Without the root key the restored case would not open, and a drill that does not open one shows nothing.
    let app = app(db.with_roots(super::keys::roots(&o)?), false, Settings::default());
    let drilled = backup::drill(&app, &source, &notes).await?;
    tell(&drilled.restored, &o);
    say(if drilled.opened {
        "戻したデータで、ケースの画面が1つ開きました。"
    } else {
        "ケースがまだないので、画面は開いていません。"
    });
    say(&format!("訓練は {:.1}秒で終わり、戻したものは消しました。", begun.elapsed().as_secs_f64()));
    Ok(())
}
