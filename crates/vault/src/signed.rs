//! A line of text with the Ed25519 signature of whoever wrote it.

use crate::{hex, unhex};
use ed25519_dalek::{Signature, Signer as _, SigningKey, Verifier as _, VerifyingKey};

/// The text, then a line with the public key and the signature over the text's bytes.
///
/// `what` says what kind of text it is, so that a signature cannot be carried over to another kind.
pub fn sign(what: &str, text: &str, key: &SigningKey) -> String {
    let signature = key.sign(message(what, text).as_bytes());
    format!("{text}\n{} {}\n", hex(key.verifying_key().as_bytes()), hex(&signature.to_bytes()))
}

/// The text and the public key of its signer, in hexadecimal digits; `signer` is the one that it must be, where that is known.
pub fn check<'a>(what: &str, signed: &'a str, signer: Option<&str>) -> Result<(&'a str, String), &'static str> {
    let broken = "署名の形が違います";
    let (text, line) = signed.trim_end().rsplit_once('\n').ok_or(broken)?;
    let (key, signature) = line.split_once(' ').ok_or(broken)?;
    if signer.is_some_and(|wanted| !wanted.eq_ignore_ascii_case(key)) {
        return Err("思っていた鍵の署名ではありません");
    }
    let public = VerifyingKey::from_bytes(&unhex(key).ok_or(broken)?).map_err(|_| broken)?;
    let signature = Signature::from_bytes(&unhex(signature).ok_or(broken)?);
    public
        .verify(message(what, text).as_bytes(), &signature)
        .map_err(|_| "署名が合いません。中身が変えられています")?;
    Ok((text, key.to_owned()))
}

fn message(what: &str, text: &str) -> String {
    format!("tsumugi {what}\n{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_text_is_read_back_and_nothing_else() {
        let (key, other) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[2; 32]));
        let signed = sign("backup", "{\"rows\":3}", &key);
        let public = hex(key.verifying_key().as_bytes());
        assert_eq!(check("backup", &signed, Some(&public)), Ok(("{\"rows\":3}", public.clone())));
        assert_eq!(check("backup", &signed, None).map(|(text, _)| text), Ok("{\"rows\":3}"));
        assert!(check("backup", &signed, Some(&hex(other.verifying_key().as_bytes()))).is_err(), "another signer");
        assert!(check("checkpoint", &signed, None).is_err(), "another kind");
        assert!(check("backup", &signed.replace('3', "4"), None).is_err(), "another text");
        for nonsense in ["", "{}", "{}\nab cd", "{}\n"] {
            assert!(check("backup", nonsense, None).is_err(), "{nonsense:?}");
        }
    }
}
