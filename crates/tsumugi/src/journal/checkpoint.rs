//! 控え: a signed note of how far the chain had come, kept in a second place.
//!
//! Whoever owns the database can write a whole new chain with a new head. What they cannot do is make it fit a note that
//! left the machine before, signed by a key that the database does not hold.

use super::{
    chain::{Fault, Hash, What},
    seal,
};
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};
use platform::{
    Timestamp, Uuid,
    db::{Db, DbError},
    id::hex,
    serde_json::{self, Value, json},
};
use std::{
    fs::OpenOptions,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};
use vault::unhex;

/// A new note is written after so many entries, or after an hour with fewer.
const ENTRIES: i64 = 1_000;
const HOUR: i64 = 3_600;

/// One line of the file of notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub installation: Uuid,
    pub seq: i64,
    pub hash: Hash,
    pub at: Timestamp,
}

impl Checkpoint {
    fn message(&self) -> String {
        let (installation, seq, hash, at) = (self.installation, self.seq, hex(&self.hash), self.at.as_microsecond());
        format!("tsumugi checkpoint\n{installation}\n{seq}\n{hash}\n{at}")
    }

    /// A line with the signature and the public key.
    pub fn line(&self, key: &SigningKey) -> String {
        let signature = key.sign(self.message().as_bytes());
        json!({
            "installation": self.installation.to_string(),
            "seq": self.seq,
            "hash": hex(&self.hash),
            "at": self.at.as_microsecond(),
            "key": hex(key.verifying_key().as_bytes()),
            "signature": hex(&signature.to_bytes()),
        })
        .to_string()
    }

    /// Reads a line whose signature is right; `key` is the public key that must have signed it, where it is known.
    pub fn read(line: &str, key: Option<&VerifyingKey>) -> Result<Checkpoint, &'static str> {
        let broken = "控えの行が読めません";
        let value: Value = serde_json::from_str(line).map_err(|_| broken)?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or("");
        let number = |name: &str| value.get(name).and_then(Value::as_i64).ok_or(broken);
        let found = Checkpoint {
            installation: text("installation").parse().map_err(|_| broken)?,
            seq: number("seq")?,
            hash: unhex(text("hash")).ok_or(broken)?,
            at: Timestamp::from_microsecond(number("at")?).map_err(|_| broken)?,
        };
        let signer = VerifyingKey::from_bytes(&unhex(text("key")).ok_or(broken)?).map_err(|_| broken)?;
        if key.is_some_and(|k| *k != signer) {
            return Err("控えが、この記録簿の鍵で署名されていません");
        }
        let signature = Signature::from_bytes(&unhex(text("signature")).ok_or(broken)?);
        signer.verify(found.message().as_bytes(), &signature).map_err(|_| "控えの署名が合いません")?;
        Ok(found)
    }
}

/// The notes of a file, in the order of their places. One bad line is an error: a file of notes is never repaired in silence.
pub fn read_all(text: &str, key: Option<&VerifyingKey>) -> Result<Vec<Checkpoint>, String> {
    let lines = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty());
    let mut all = lines
        .map(|(i, l)| Checkpoint::read(l, key).map_err(|e| format!("{}行目：{e}", i + 1)))
        .collect::<Result<Vec<_>, _>>()?;
    all.sort_by_key(|c| c.seq);
    Ok(all)
}

/// The key of a file that only its owner may read; a new file gets a new key.
pub fn key(file: &Path, fresh: [u8; 32]) -> Result<SigningKey, String> {
    Ok(SigningKey::from_bytes(&*vault::keyfile::load(file, Some(fresh), "記録簿の鍵")?))
}

/// A public key from its hexadecimal digits.
pub fn public(text: &str) -> Option<VerifyingKey> {
    VerifyingKey::from_bytes(&unhex(text)?).ok()
}

/// Writes a note where one is due. The last place that is noted, for the next call.
pub async fn note(
    db: &Db,
    key: &SigningKey,
    file: &Path,
    last: Option<&Checkpoint>,
    now: Timestamp,
) -> Result<Option<Checkpoint>, String> {
    let tx = db.read().await.map_err(|e| e.to_string())?;
    let head = seal::head(&tx).await.map_err(|e: DbError| e.to_string())?;
    drop(tx);
    let Some(head) = head.filter(|h| h.seq > 0) else { return Ok(None) };
    let due = last.is_none_or(|l| {
        head.seq - l.seq >= ENTRIES || (head.seq > l.seq && now.as_second() - l.at.as_second() >= HOUR)
    });
    if !due {
        return Ok(None);
    }
    let hash = head.hash.as_slice().try_into().map_err(|_| "the head of the journal".to_owned())?;
    let made = Checkpoint { installation: head.installation, seq: head.seq, hash, at: now };
    let said = |e: std::io::Error| format!("控え {}：{e}", file.display());
    let mut out = OpenOptions::new().append(true).create(true).open(file).map_err(said)?;
    out.write_all(format!("{}\n", made.line(key)).as_bytes()).and_then(|()| out.sync_all()).map_err(said)?;
    Ok(Some(made))
}

/// How long a program may take that hands a note on.
const SENDING: Duration = Duration::from_secs(30);

/// Hands a note to a program, on its standard input; what it is told to do with it is its own matter. Blocks.
///
/// # Errors
/// It does not start, takes longer than half a minute, or ends with an error.
pub fn send(program: &Path, line: &str) -> Result<(), String> {
    let said = |e: std::io::Error| format!("{}：{e}", program.display());
    let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().map_err(said)?;
    if let Some(mut input) = child.stdin.take() {
        // A program that reads nothing closes the pipe; whether it did its work is what it says at its end.
        let _ = input.write_all(format!("{line}\n").as_bytes());
    }
    let from = Instant::now(); // wall clock: a program that hangs is stopped after real seconds.
    loop {
        match child.try_wait().map_err(said)? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("{}：{status}", program.display())),
            None if from.elapsed() > SENDING => {
                child.kill().and_then(|()| child.wait()).map_err(said)?;
                return Err(format!("{}：30秒たっても終わりません", program.display()));
            }
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    }
}

/// Compares the places of a chain with the notes while it is walked.
pub struct Notes<'a> {
    left: std::iter::Peekable<std::slice::Iter<'a, Checkpoint>>,
    installation: Uuid,
}

impl<'a> Notes<'a> {
    pub fn new(notes: &'a [Checkpoint], installation: Uuid) -> Self {
        Notes { left: notes.iter().peekable(), installation }
    }

    pub fn passed(&mut self, seq: i64, hash: &Hash) -> Result<(), Fault> {
        while let Some(note) = self.left.next_if(|n| n.seq <= seq) {
            if note.seq != seq || note.hash != *hash || note.installation != self.installation {
                return Err(Fault { seq: note.seq, what: What::Other });
            }
        }
        Ok(())
    }

    /// A note of what is no longer there: the end was cut off, or an older database was put in place.
    pub fn end(&mut self) -> Result<(), Fault> {
        match self.left.next() {
            Some(note) => Err(Fault { seq: note.seq, what: What::Truncated }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(seq: i64) -> Checkpoint {
        Checkpoint { installation: Uuid::from_u128(7), seq, hash: [3; 32], at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn a_note_is_read_back_and_any_change_of_it_is_refused() {
        let (key, other) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let line = note(1000).line(&key);
        assert_eq!(Checkpoint::read(&line, Some(&key.verifying_key())), Ok(note(1000)));
        assert!(Checkpoint::read(&line, Some(&other.verifying_key())).is_err(), "another key");
        for (from, to) in [("1000", "1001"), ("0303", "0304"), ("\"at\":0", "\"at\":1"), ("0007", "0008")] {
            let forged = line.replacen(from, to, 1);
            assert_ne!(forged, line, "{from}");
            assert!(Checkpoint::read(&forged, None).is_err(), "{from}");
        }
        assert!(Checkpoint::read("", None).is_err() && Checkpoint::read("{}", None).is_err());
    }

    #[test]
    fn a_program_gets_the_note_and_its_failure_is_told() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = std::env::temp_dir().join(format!("tsumugi-notes-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let program = |name: &str, text: &str| {
            let file = folder.join(name);
            std::fs::write(&file, text).expect("a program");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o700)).expect("may run");
            file
        };
        let got = folder.join("got");
        let keeps = program("keeps", &format!("#!/bin/sh\ncat > {}\n", got.display()));
        let line = note(3).line(&SigningKey::from_bytes(&[5; 32]));
        send(&keeps, &line).expect("kept");
        assert_eq!(std::fs::read_to_string(&got).expect("the note").trim_end(), line);
        assert!(send(&program("fails", "#!/bin/sh\nexit 3\n"), &line).is_err());
        assert!(send(&folder.join("nothing"), &line).is_err());
        let _ = std::fs::remove_dir_all(&folder);
    }

    #[test]
    fn notes_find_a_chain_that_was_written_again_and_one_that_is_shorter() {
        let notes = [note(2), note(4)];
        let walk = |hashes: &[[u8; 32]]| {
            let mut left = Notes::new(&notes, Uuid::from_u128(7));
            for (seq, hash) in (1..).zip(hashes) {
                left.passed(seq, hash)?;
            }
            left.end()
        };
        assert_eq!(walk(&[[0; 32], [3; 32], [0; 32], [3; 32], [0; 32]]), Ok(()));
        assert_eq!(walk(&[[0; 32], [4; 32]]), Err(Fault { seq: 2, what: What::Other }));
        assert_eq!(walk(&[[0; 32], [3; 32], [0; 32]]), Err(Fault { seq: 4, what: What::Truncated }));
        assert!(Notes::new(&notes, Uuid::from_u128(8)).passed(2, &[3; 32]).is_err(), "another installation");
    }
}
