//! The root key of the sealed columns: where it comes from, and new keys for old ones.

use super::{Options, open, say};
use crate::{journal::Store, sealing};
use platform::{clock::Clock, id::Mint};
use std::path::PathBuf;
use vault::{
    field::{Key, Roots},
    keyfile,
};

const NAME: &str = "封緘の根の鍵";
const VARIABLE: &str = "TSUMUGI_ROOT_KEY";
/// The name that systemd's `LoadCredential=` gives it.
const CREDENTIAL: &str = "tsumugi-root-key";
/// Made-up people are no secret: a demo on PostgreSQL needs no file.
const DEMO: [u8; 32] = *b"made-up people are not a secret.";

/// Where the root key is; None where it is not in a file.
fn file(o: &Options) -> Option<PathBuf> {
    let named = o.root_key.clone();
    let credential =
        || Some(PathBuf::from(std::env::var_os("CREDENTIALS_DIRECTORY")?).join(CREDENTIAL)).filter(|f| f.exists());
    named.or_else(credential).or_else(|| Some(o.data.as_ref()?.join("root.key")))
}

/// The root keys that the options, the environment or the data folder name. A new key is made only with a new database: beside one
/// that is there it would open nothing.
pub fn roots(o: &Options) -> Result<Roots, String> {
    // Whether the journal is whole, and a backup of what is sealed, are had without any key.
    if matches!(o.command.as_str(), "journal verify" | "backup") {
        return Ok(Roots::default());
    }
    let mut keys = Vec::new();
    let variable = std::env::var(VARIABLE).ok();
    if variable.is_some() && o.root_key.is_some() {
        return Err(format!(
            "封緘の根の鍵が、環境変数 {VARIABLE} とファイルの両方にあります。どちらか1つにしてください。"
        ));
    }
    if let Some(text) = variable {
        let key = keyfile::parse(&text).ok_or_else(|| format!("環境変数 {VARIABLE} の形が違います（16進数64文字）"))?;
        keys.push(Key::new(*key));
    } else if let Some(file) = file(o) {
        let new = o.root_key.is_none() && o.data.as_ref().is_some_and(|d| !d.join("tsumugi.sqlite").exists());
        let begins = matches!(o.command.as_str(), "demo" | "serve" | "migrate");
        let fresh = (new && begins).then(|| Mint::random().secret());
        keys.push(Key::new(*keyfile::load(&file, fresh, NAME)?));
    } else if o.command == "demo" {
        keys.push(Key::new(DEMO));
    }
    if let Some(previous) = &o.previous_root_key {
        keys.push(Key::new(*keyfile::load(previous, None, NAME)?));
    }
    Ok(Roots::new(keys))
}

/// Whether the key lies beside the data that it seals, where it helps against little.
pub fn is_beside_data(o: &Options) -> bool {
    std::env::var_os(VARIABLE).is_none() && o.data.as_ref().is_some_and(|d| file(o).is_some_and(|f| f.starts_with(d)))
}

fn said(e: crate::web::Error) -> String {
    match e {
        crate::web::Error::Refused(sentence) => sentence,
        other => format!("{other:?}"),
    }
}

pub async fn rotate(o: Options) -> Result<(), String> {
    let store = Store::new(open(&o).await?);
    let done = sealing::rotate(&store, &Mint::random(), Clock::system().now()).await.map_err(said)?;
    say(&format!(
        "市町の鍵 {}本を新しくし、{}本の鍵を包み直しました。古い鍵では、もう何も開きません。",
        done.masters, done.keys
    ));
    Ok(())
}

pub async fn rotate_root(o: Options) -> Result<(), String> {
    if o.previous_root_key.is_none() {
        return Err("[keys] root に新しい鍵、[keys] previous に今までの鍵を書いてください。".to_owned());
    }
    let (roots, mint) = (roots(&o)?, Mint::random());
    if roots.repeats() {
        return Err("[keys] root と previous が同じ鍵です。".to_owned());
    }
    let store = Store::new(open(&o).await?);
    let done = sealing::rotate_root(&store, &roots, &mint, Clock::system().now()).await.map_err(said)?;
    say(&format!(
        "市町の鍵 {done}本を、新しい根の鍵で包み直しました。[keys] previous を消して、サーバーを起動し直してください。"
    ));
    Ok(())
}

/// A new root key, for a file of its own.
pub fn new(o: &Options) -> Result<(), String> {
    let file = o.backup.out.as_deref().ok_or("鍵を書くファイルを --out FILE で指定してください。")?;
    if file.exists() {
        return Err(format!("{} は、もうあります。", file.display()));
    }
    keyfile::load(file, Some(Mint::random().secret()), NAME)?;
    say(&format!(
        "{NAME}を {} に書きました。バックアップとは別の場所に、写しを2つ保管してください。なくすと、封緘した記録は開けません。",
        file.display()
    ));
    Ok(())
}
