//! A secret key in a file that only its owner may read.

use crate::{hex, unhex};
use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};
use zeroize::Zeroizing;

/// The key of a file: 64 hexadecimal digits. Where there is no file, `fresh` is written to a new one; without `fresh` that is an
/// error. `what` names the key in sentences.
pub fn load(file: &Path, fresh: Option<[u8; 32]>, what: &str) -> Result<Zeroizing<[u8; 32]>, String> {
    let said = |e: std::io::Error| format!("{what} {}：{e}", file.display());
    if let Some(fresh) = fresh.filter(|_| !file.exists()) {
        let mut made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(said)?;
        made.write_all(hex(&fresh).as_bytes()).and_then(|()| made.sync_all()).map_err(said)?;
    }
    let mode = fs::metadata(file).map_err(said)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(format!("{what} {} を、持ち主だけが読めるようにしてください（chmod 600）", file.display()));
    }
    let text = Zeroizing::new(fs::read_to_string(file).map_err(said)?);
    parse(&text).ok_or_else(|| format!("{what} {} の形が違います（16進数64文字）", file.display()))
}

/// The key of a text.
pub fn parse(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    unhex(text.trim()).map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_must_be_private() {
        let folder = std::env::temp_dir().join(format!("tsumugi-keyfile-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("a.key");
        assert!(load(&file, None, "鍵").is_err(), "there is none");
        assert_eq!(*load(&file, Some([9; 32]), "鍵").expect("a new key"), [9; 32]);
        assert_eq!(*load(&file, Some([8; 32]), "鍵").expect("the same key"), [9; 32]);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("opened for the group");
        assert!(load(&file, None, "鍵").expect_err("refused").contains("chmod 600"));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("closed");
        fs::write(&file, "not a key").expect("written");
        assert!(load(&file, None, "鍵").expect_err("refused").contains("64文字"));
        fs::remove_dir_all(&folder).expect("cleared");
    }
}
