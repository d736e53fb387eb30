//! What stands on the command line and in the configuration.

use std::{net::SocketAddr, os::unix::fs::PermissionsExt as _, path::PathBuf};

pub const HELP: &str = "\
つむぐ — 医療的ケア児等コーディネーターの仕事場

  tsumugi demo     架空データで試す（127.0.0.1 だけで動く）
      --data DIR | --database URL | --config FILE   置き場所（既定は一時フォルダー）
      --listen ADDR    既定 127.0.0.1:8080
      --cases N        架空のケースの数（既定 94）
      --seed N         乱数の種（既定 20260401）
      --list           サインインできる人をJSONで出して終わる
  tsumugi serve    本番（パスキーでサインインする）
      --data DIR | --database URL | --config FILE   --listen ADDR
      --origin URL     ブラウザーから見えるアドレス（例 https://tsumugi.example.jp）
      --accept-clock   記録簿の最後が時計より先でも起動する（時計が正しいことを確かめてから）
  tsumugi migrate  データベースを新しい版にする
  tsumugi journal verify  記録簿の鎖を初めから終わりまで確かめる
      --data DIR | --database URL | --config FILE
      --checkpoint FILE   別の場所に取っておいた控えとも照らす
      --from N --to N     その番号の間だけを確かめる
  tsumugi backup   暗号化したバックアップを1つ取る
      --data DIR | --database URL | --config FILE
      --to DIR --recipient age1… --recipient age1…   置き場所と、開ける人の公開鍵（2つ以上）
  tsumugi backup key --out FILE   バックアップを開ける人の鍵を作る
  tsumugi restore  バックアップを、空の置き場所に戻す
      --data DIR | --database URL   --from FILE|DIR --identity FILE
      --signer HEX        バックアップに署名した鍵（取ったときに表示されるもの）
      --checkpoint FILE   記録簿の控えと照らし、戻らない記録の数を言う
  tsumugi drill    バックアップを一時の場所に戻し、確かめて、捨てる
      --from FILE|DIR --identity FILE [--signer HEX] [--checkpoint FILE]
  tsumugi keys new --out FILE   封緘の根の鍵を作る
  tsumugi keys rotate        市町の鍵を新しくする（サーバーを止めずに）
  tsumugi keys rotate-root   根の鍵を新しくする（設定ファイルの [keys] root と previous）
  tsumugi help

  封緘の根の鍵：--root-key FILE、[keys] root、環境変数 TSUMUGI_ROOT_KEY、systemd の資格情報 tsumugi-root-key のどれか。
";

/// Where the data are and what was asked for.
#[derive(Clone)]
pub struct Options {
    pub command: String,
    pub data: Option<PathBuf>,
    pub database: Option<String>,
    pub listen: SocketAddr,
    pub origin: Option<String>,
    /// A proxy in front tells whose request it passes on.
    pub behind_proxy: bool,
    /// The chain of certificates and its key, where the server speaks TLS itself.
    pub certificate: Option<PathBuf>,
    pub certificate_key: Option<PathBuf>,
    /// Where the key of the journal's notes is, where notes are written, and which ones are compared.
    pub key: Option<PathBuf>,
    pub notes: Option<PathBuf>,
    /// A program that gets every note on its standard input.
    pub note_command: Option<PathBuf>,
    pub checkpoint: Option<PathBuf>,
    /// The root key of sealed columns, and the one before it.
    pub root_key: Option<PathBuf>,
    pub previous_root_key: Option<PathBuf>,
    pub backup: Backup,
    pub cases: u32,
    pub seed: u64,
    pub list: bool,
    /// The newest entry of the journal is later than the clock, and the clock is right.
    pub accept_clock: bool,
    /// Years after its closing for which a case is kept at least.
    pub retention_years: Option<i64>,
}

/// What is said about backups.
#[derive(Clone, Default)]
pub struct Backup {
    /// Where they go.
    pub to: Option<PathBuf>,
    pub recipients: Vec<String>,
    /// Time of day of the nightly one, in Japan.
    pub at: Option<String>,
    pub keep: Option<usize>,
    /// A backup, or a folder whose newest one is meant.
    pub from: Option<PathBuf>,
    /// The file with the secret key that opens it.
    pub identity: Option<PathBuf>,
    pub signer: Option<String>,
    /// Where a new secret key is written.
    pub out: Option<PathBuf>,
}

impl Options {
    /// The key lies beside the data unless the configuration names another place.
    pub fn key_file(&self) -> Option<PathBuf> {
        self.key.clone().or_else(|| Some(self.data.as_ref()?.join("journal.key")))
    }

    pub fn notes_file(&self) -> Option<PathBuf> {
        self.notes.clone().or_else(|| Some(self.data.as_ref()?.join("journal.checkpoints")))
    }

    pub fn read() -> Result<Options, String> {
        use lexopt::prelude::{Long, Short, Value, ValueExt};
        let mut parser = lexopt::Parser::from_env();
        let mut o = Options {
            command: String::new(),
            data: None,
            database: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            origin: None,
            behind_proxy: false,
            certificate: None,
            certificate_key: None,
            key: None,
            notes: None,
            note_command: None,
            checkpoint: None,
            root_key: None,
            previous_root_key: None,
            backup: Backup::default(),
            cases: 94,
            seed: 20_260_401,
            list: false,
            accept_clock: false,
            retention_years: None,
        };
        let said = |e: lexopt::Error| e.to_string();
        while let Some(arg) = parser.next().map_err(said)? {
            match arg {
                Value(v) if matches!(o.command.as_str(), "journal" | "backup" | "keys") => {
                    o.command = format!("{} {}", o.command, v.string().map_err(said)?);
                }
                Value(v) if o.command.is_empty() => o.command = v.string().map_err(said)?,
                Long("data") => o.data = Some(parser.value().map_err(said)?.into()),
                Long("database") => o.database = Some(parser.value().map_err(said)?.string().map_err(said)?),
                Long("config") => config(&mut o, &parser.value().map_err(said)?.string().map_err(said)?)?,
                Long("listen") => o.listen = parser.value().map_err(said)?.parse().map_err(said)?,
                Long("origin") => o.origin = Some(parser.value().map_err(said)?.string().map_err(said)?),
                Long("checkpoint") => o.checkpoint = Some(parser.value().map_err(said)?.into()),
                Long("root-key") => o.root_key = Some(parser.value().map_err(said)?.into()),
                Long("cases") => o.cases = parser.value().map_err(said)?.parse().map_err(said)?,
                Long("seed") => o.seed = parser.value().map_err(said)?.parse().map_err(said)?,
                Long("list") => o.list = true,
                Long("accept-clock") => o.accept_clock = true,
                Long("to") => o.backup.to = Some(parser.value().map_err(said)?.into()),
                Long("recipient") => o.backup.recipients.push(parser.value().map_err(said)?.string().map_err(said)?),
                Long("keep") => o.backup.keep = Some(parser.value().map_err(said)?.parse().map_err(said)?),
                Long("from") => o.backup.from = Some(parser.value().map_err(said)?.into()),
                Long("identity") => o.backup.identity = Some(parser.value().map_err(said)?.into()),
                Long("signer") => o.backup.signer = Some(parser.value().map_err(said)?.string().map_err(said)?),
                Long("out") => o.backup.out = Some(parser.value().map_err(said)?.into()),
                Long("help") | Short('h') => o.command = "help".to_owned(),
                other => return Err(other.unexpected().to_string()),
            }
        }
        Ok(o)
    }
}

/// `[data] dir` or `[database] url`; `[http] listen`, `origin`, `behind_proxy`, `certificate`,
/// `certificate_key`; `[journal] key`, `checkpoints`, `command`; `[keys] root`, `previous`; `[backup] to`, `recipients`, `at`,
/// `keep`. All are texts, and `recipients` a list of them. Unknown keys are refused.
fn config(o: &mut Options, file: &str) -> Result<(), String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("設定ファイル {file} を読めません：{e}"))?;
    let table: toml::Table = text.parse().map_err(|e| format!("設定ファイル {file} の書き方が違います：{e}"))?;
    // The address of a database may hold a password.
    let mode =
        std::fs::metadata(file).map_err(|e| format!("設定ファイル {file} を読めません：{e}"))?.permissions().mode();
    if table.contains_key("database") && mode & 0o077 != 0 {
        return Err(format!("設定ファイル {file} を、持ち主だけが読めるようにしてください（chmod 600）"));
    }
    for (section, value) in &table {
        let Some(keys) = value.as_table() else {
            return Err(format!("設定 {section} は、[{section}] の下に書きます"));
        };
        for (key, value) in keys {
            let text = value.as_str().unwrap_or_default().to_owned();
            match (section.as_str(), key.as_str()) {
                ("data", "dir") => o.data = Some(text.into()),
                ("data", "retention_years") => {
                    let years = text.parse().ok().filter(|years| (1..=100).contains(years));
                    o.retention_years = Some(years.ok_or_else(|| {
                        format!("data.retention_years は \"5\" のように、1から100で書きます（{text}）")
                    })?);
                }
                ("database", "url") => o.database = Some(text),
                ("journal", "key") => o.key = Some(text.into()),
                ("journal", "command") => o.note_command = Some(text.into()),
                ("journal", "checkpoints") => o.notes = Some(text.into()),
                ("keys", "root") => o.root_key = Some(text.into()),
                ("keys", "previous") => o.previous_root_key = Some(text.into()),
                ("backup", "to") => o.backup.to = Some(text.into()),
                ("backup", "at") => o.backup.at = Some(text),
                ("backup", "keep") => {
                    o.backup.keep =
                        Some(text.parse().map_err(|_| format!("backup.keep は \"35\" のように書きます（{text}）"))?);
                }
                ("backup", "recipients") => {
                    let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
                    o.backup.recipients = list.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect();
                }
                ("http", "behind_proxy") => {
                    o.behind_proxy = match text.as_str() {
                        "yes" => true,
                        "no" => false,
                        _ => return Err("http.behind_proxy は \"yes\" か \"no\" です".to_owned()),
                    }
                }
                ("http", "certificate") => o.certificate = Some(text.into()),
                ("http", "certificate_key") => o.certificate_key = Some(text.into()),
                ("http", "origin") => o.origin = Some(text),
                ("http", "listen") => {
                    o.listen =
                        text.parse().map_err(|_| format!("http.listen は 127.0.0.1:8080 のように書きます（{text}）"))?
                }
                _ => return Err(format!("設定に知らない項目があります：{section}.{key}")),
            }
        }
    }
    Ok(())
}
