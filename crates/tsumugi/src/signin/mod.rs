//! サインイン: passkeys only. There is no password, so none can be guessed, reused or told to somebody.

mod ceremony;
mod own;
mod store;
#[cfg(test)]
mod tests;

pub use ceremony::{held, holder_cookie, relying_party};
pub use own::joining;
pub use store::{end_sessions, has_new_key, keys_of, knocked};

use crate::routes::Routes;

pub fn routes() -> Routes {
    Routes::new()
        .get("/sign-in", "public", own::sign_in)
        .post("/passkeys/sign-in/begin", "public", ceremony::begin_sign_in)
        .post("/passkeys/sign-in/finish", "public", ceremony::finish_sign_in)
        .post("/passkeys/prove/begin", "self", ceremony::begin_proof)
        .post("/passkeys/prove/finish", "self", ceremony::finish_proof)
        .post("/passkeys/register/begin", "public", ceremony::begin_registration)
        .post("/passkeys/register/finish", "public", ceremony::finish_registration)
        .post("/passkeys/join/begin", "public", ceremony::begin_joining)
        .post("/passkeys/join/finish", "public", ceremony::finish_joining)
        .get("/account", "self", own::account)
        .post("/account/passkeys/known", "self", own::keys_known)
        .post("/account/passkeys/{id}/remove", "self", own::remove_passkey)
        .post("/account/sessions/{id}/end", "self", own::end_session)
        .post("/account/recovery/seen", "self", own::recovery_seen)
        .post("/account/seat", "self", own::change_seat)
        .get("/lock", "self", own::locked)
        .post("/lock/open", "self", own::unlock)
        .get("/prove", "self", own::prove)
}
