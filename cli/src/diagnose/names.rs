//! Finds causes in the names of cookies: the input lacks the one that the server looks for, or another one is the
//! session.

use django_session::{CookieOptions, KeyRing};

use crate::content::{Contents, Value};
use crate::diagnose::Hint;
use crate::input::Input;
use crate::kind::Kind;
use crate::verify::Scheme;

/// Returns a hint if the input has cookies, but no value for the one with the wanted name.
pub(crate) fn other_name(input: &Input, wanted: &str) -> Option<Hint> {
    let name = input.source.cookie_name().filter(|name| *name != wanted)?;
    Some(Hint::new(
        "other_name",
        format!("The input has no value for the cookie {wanted:?}; this is {name:?}."),
        format!(
            "A server that looks for {wanted:?} sees no session here: compare SESSION_COOKIE_NAME on both servers, and pass the right one with --name."
        ),
    ))
}

/// Returns a hint if a cookie with another name is a session of this kind that one of the keys signed.
pub(crate) fn other_cookie(input: &Input, kind: &Kind, keys: &KeyRing, cookie: &CookieOptions) -> Option<Hint> {
    let scheme = Scheme::new(kind.clone());
    let is_session = |token: &str| {
        let contents = scheme.open(token, keys, keys, cookie).map(|authentic| authentic.contents);
        matches!(contents, Ok(Contents { value: Value::Session(_), .. }))
    };
    let (name, _) = input.others.iter().find(|(_, token)| is_session(token))?;
    Some(Hint::new(
        "other_cookie",
        format!("Another cookie of the input, {name:?}, is a session that one of the keys signed."),
        "If that is the session of this server, compare SESSION_COOKIE_NAME on both servers, and pass its name with --name.",
    ))
}
