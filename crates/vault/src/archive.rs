//! An archive: compressed, and encrypted by age (age-encryption.org/v1) to several recipients, each of whom can open it alone.
//!
//! The hash of what was written goes into a signed description ([`crate::signed`]), for age does not say who wrote a file.

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use sha2::{Digest as _, Sha256};
use std::io::{self, Read, Write};

/// A public key, as `age1…`.
#[derive(Clone)]
pub struct Recipient(age::x25519::Recipient);

/// A secret key, as `AGE-SECRET-KEY-1…`.
pub struct Identity(age::x25519::Identity);

impl std::str::FromStr for Recipient {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        text.trim().parse().map(Recipient).map_err(|e: &str| format!("受取人の公開鍵は age1… の形です（{e}）"))
    }
}

impl Identity {
    /// A new secret key.
    pub fn generate() -> Self {
        Identity(age::x25519::Identity::generate())
    }

    /// The keys of a file as `age-keygen` writes it: one a line, lines with # are remarks.
    pub fn of_file(text: &str) -> Result<Vec<Identity>, String> {
        let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
        let keys: Result<Vec<_>, _> = lines.map(|l| l.parse().map(Identity)).collect();
        let keys = keys.map_err(|e: &str| format!("秘密鍵のファイルは AGE-SECRET-KEY-1… の行でできています（{e}）"))?;
        if keys.is_empty() { Err("秘密鍵のファイルに鍵がありません".to_owned()) } else { Ok(keys) }
    }

    /// The public key of this secret key.
    pub fn recipient(&self) -> String {
        self.0.to_public().to_string()
    }

    /// The file of this secret key, for its owner alone.
    pub fn file(&self) -> String {
        use age::secrecy::ExposeSecret as _;
        format!("# public key: {}\n{}\n", self.recipient(), self.0.to_string().expose_secret())
    }
}

/// What was written, as it lies on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    pub sha256: [u8; 32],
    pub bytes: u64,
}

struct Hashing<W> {
    out: W,
    hash: Sha256,
    bytes: u64,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.out.write(buf)?;
        self.hash.update(buf.get(..n).unwrap_or(buf));
        self.bytes += n as u64;
        Ok(n)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// An archive that is being written. Without [`Archive::finish`] it cannot be read.
pub struct Archive<W: Write>(GzEncoder<age::stream::StreamWriter<Hashing<W>>>);

impl<W: Write> Archive<W> {
    pub fn create(out: W, recipients: &[Recipient]) -> io::Result<Self> {
        let keys = recipients.iter().map(|r| &r.0 as &dyn age::Recipient);
        let encryptor = age::Encryptor::with_recipients(keys).map_err(io::Error::other)?;
        let hashing = Hashing { out, hash: Sha256::new(), bytes: 0 };
        Ok(Archive(GzEncoder::new(encryptor.wrap_output(hashing)?, Compression::fast())))
    }

    /// Closes the archive and gives back what it was written to, with its hash and length.
    pub fn finish(self) -> io::Result<(W, Written)> {
        let mut done = self.0.finish()?.finish()?;
        done.flush()?;
        Ok((done.out, Written { sha256: done.hash.finalize().into(), bytes: done.bytes }))
    }
}

impl<W: Write> Write for Archive<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.0.write(buf)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Reads an archive with whichever of the keys fits. Every piece is checked before it is given out.
pub fn open<R: Read>(input: R, keys: &[Identity]) -> Result<impl Read, String> {
    let told = |e: age::DecryptError| match e {
        age::DecryptError::NoMatchingKeys => "この秘密鍵では開けません".to_owned(),
        other => format!("バックアップを開けません（{other}）"),
    };
    let decryptor = age::Decryptor::new(input).map_err(told)?;
    let clear = decryptor.decrypt(keys.iter().map(|k| &k.0 as &dyn age::Identity)).map_err(told)?;
    Ok(GzDecoder::new(clear))
}

/// The hash and length of a file as it lies on the disk.
pub fn measure(mut input: impl Read) -> io::Result<Written> {
    let mut hashing = Hashing { out: io::sink(), hash: Sha256::new(), bytes: 0 };
    io::copy(&mut input, &mut hashing)?;
    Ok(Written { sha256: hashing.hash.finalize().into(), bytes: hashing.bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(text: &[u8], to: &[&Identity]) -> (Vec<u8>, Written) {
        let recipients: Vec<Recipient> = to.iter().map(|k| k.recipient().parse().expect("a public key")).collect();
        let mut archive = Archive::create(Vec::new(), &recipients).expect("an archive");
        archive.write_all(text).expect("written");
        archive.finish().expect("closed")
    }

    fn unpack(bytes: &[u8], key: Identity) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        open(bytes, &[key])?.read_to_end(&mut out).map_err(|e| e.to_string())?;
        Ok(out)
    }

    #[test]
    fn each_recipient_opens_it_alone_and_nobody_else() {
        let (ours, theirs) = (Identity::generate(), Identity::generate());
        let (bytes, written) = pack("吸引".repeat(50_000).as_bytes(), &[&ours, &theirs]);
        assert_eq!(measure(bytes.as_slice()).expect("measured"), written);
        for key in [ours, theirs] {
            assert_eq!(unpack(&bytes, key).expect("opens"), "吸引".repeat(50_000).as_bytes());
        }
        assert!(unpack(&bytes, Identity::generate()).is_err());
    }

    #[test]
    fn a_changed_or_shortened_archive_is_not_given_out() {
        let key = Identity::generate();
        let (bytes, written) = pack(&[7; 200_000], &[&key]);
        for place in [10, bytes.len() / 2, bytes.len() - 1] {
            let mut changed = bytes.clone();
            changed[place] ^= 1;
            assert!(unpack(&changed, Identity::of_file(&key.file()).expect("the key").remove(0)).is_err(), "{place}");
            assert_ne!(measure(changed.as_slice()).expect("measured"), written);
        }
        assert!(
            unpack(&bytes[..bytes.len() - 20], Identity::of_file(&key.file()).expect("the key").remove(0)).is_err()
        );
    }

    #[test]
    fn keys_are_read_as_they_are_written_and_nonsense_is_refused() {
        let key = Identity::generate();
        let back = Identity::of_file(&format!("# created\n\n{}", key.file())).expect("a file of keys");
        assert_eq!(back[0].recipient(), key.recipient());
        assert!(Identity::of_file("# nothing").is_err() && Identity::of_file("secret").is_err());
        assert!("age1nonsense".parse::<Recipient>().is_err() && "".parse::<Recipient>().is_err());
    }
}
