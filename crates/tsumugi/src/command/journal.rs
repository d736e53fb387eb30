//! `tsumugi journal verify`: whether the journal is whole.

use super::{Options, open, say};
use crate::journal::{self, checkpoint};
use platform::id::hex;

/// Says whether the journal is whole; the first bad place ends it with an error.
pub async fn verify(o: Options) -> Result<(), String> {
    let db = open(&o).await?;
    // wall clock: how long the verification took, for its caller.
    let begun = std::time::Instant::now();
    let mut notes = Vec::new();
    if let Some(file) = &o.checkpoint {
        let text = std::fs::read_to_string(file).map_err(|e| format!("控え {} を読めません：{e}", file.display()))?;
        let known = o.key_file().filter(|f| f.exists()).map(|f| checkpoint::key(&f, [0; 32])).transpose()?;
        notes = checkpoint::read_all(&text, known.map(|k| k.verifying_key()).as_ref())?;
    }
    let place = |given: &Option<std::path::PathBuf>, flag: &str| match given
        .as_ref()
        .map(|p| p.to_string_lossy().parse::<i64>())
    {
        None => Ok(None),
        Some(Ok(n)) if n > 0 => Ok(Some(n)),
        Some(_) => Err(format!("{flag} には、記録の番号（1から）を指定してください。")),
    };
    let (from, to) = (place(&o.backup.from, "--from")?, place(&o.backup.to, "--to")?);
    let tx = db.read().await.map_err(|e| e.to_string())?;
    let seen = journal::verify_part(&tx, &notes, from.unwrap_or(1), to).await.map_err(|e| e.to_string())?;
    let hash = hex(&seen.head);
    let seconds = begun.elapsed().as_secs_f64();
    match seen.fault {
        Some(fault) => Err(format!("記録簿に異常があります。{fault}（ここまで {}件は正しい）", seen.entries)),
        None if from.is_some() || to.is_some() => {
            let last = seen.entries;
            say(&format!(
                "記録簿の {}番から {last}番までは、正しくつながっています（{seconds:.1}秒）。その前と後は見ていません。",
                from.unwrap_or(1)
            ));
            Ok(())
        }
        None => {
            say(&format!(
                "記録簿 {}件は、初めから終わりまで正しくつながっています（{seconds:.1}秒）。鎖につなぐのを待つもの {}件。",
                seen.entries, seen.waiting
            ));
            say(&format!("最後の番号 {}　{hash}　照らした控え {}件", seen.entries, notes.len()));
            Ok(())
        }
    }
}
