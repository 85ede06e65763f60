//! The calls that are counted: on the login payload, or on the payload of 3 KiB if the name contains `3k`.

use std::hint::black_box;

use benches::floor::Floor;
use benches::ours::{Encrypted, MAX_AGE, Ours, key_ring};
use benches::payloads::{BorrowedLogin, LOGIN_KEY, Login, SHOP_KEY, Shop, login, shop_3k};
use benches::scheme::{KEY, Objects, Texts};
use benches::visit::Visit;
use django_session::SecretKey;

pub type Call = Box<dyn FnMut()>;

/// Returns the call of the table with this name, by this crate.
pub fn ours(name: &str) -> Call {
    let ours = Ours::with_key(KEY);
    let token = ours.dumps(&login(), name.ends_with("compressed"));
    match name {
        "decode_borrowed_raw" | "decode_borrowed_compressed" => decode_borrowed(ours, token),
        "encode_encrypted" => {
            let (encrypted, value) = (Encrypted::with_key(KEY), login());
            repeatable(move || encrypted.dumps(black_box(&value), false))
        }
        "decode_encrypted" => decode_encrypted(Encrypted::with_key(KEY), KEY),
        "decode_encrypted_fallback" => {
            let older = |name: &str| SecretKey::new(name).expect("a key");
            let keys = key_ring(b"new").with_fallback(older("newer")).with_fallback(older("old"));
            decode_encrypted(Encrypted::with_keys(&keys.with_fallback(SecretKey::new(KEY).expect("a key"))), KEY)
        }
        "load" => repeatable(login_visit(Visit::load)),
        "session" => repeatable(login_visit(Visit::respond)),
        "session_3k" => repeatable(shop_visit(Visit::respond)),
        "build_3k" => repeatable(shop_visit(Visit::verify_and_build::<Shop>)),
        _ => by::<Ours>(name).expect("a call in the table"),
    }
}

/// Returns the minimum for a call: the same call by the floor, or the signer and codec calls that a session needs.
pub fn floor(name: &str) -> Option<Call> {
    let mut buffer = Vec::new();
    match name {
        "load" | "session" => Some(repeatable(login_visit(move |visit| visit.verify_and_parse(&mut buffer)))),
        "session_3k" => Some(repeatable(shop_visit(move |visit| visit.verify_and_parse(&mut buffer)))),
        _ => by::<Floor>(name),
    }
}

fn login_visit<R>(mut call: impl FnMut(&Visit) -> R) -> impl FnMut() -> R {
    let visit = Visit::new(&login(), LOGIN_KEY);
    move || call(black_box(&visit))
}

fn shop_visit<R>(mut call: impl FnMut(&Visit) -> R) -> impl FnMut() -> R {
    let visit = Visit::new(&shop_3k(), SHOP_KEY);
    move || call(black_box(&visit))
}

fn by<S: Texts + 'static>(name: &str) -> Option<Call> {
    let (scheme, value) = (S::with_key(KEY), login());
    let text = serde_json::to_string(&value).expect("JSON");
    let (raw, compressed, signed) = (scheme.dumps(&value, false), scheme.dumps(&value, true), scheme.sign(&text));
    assert!(compressed.starts_with('.') && compressed.len() < raw.len());
    Some(match name {
        "encode_raw" => repeatable(move || scheme.dumps(black_box(&value), false)),
        "encode_compressed" => repeatable(move || scheme.dumps(black_box(&value), true)),
        "decode_raw" => decode(scheme, raw),
        "decode_compressed" => decode(scheme, compressed),
        "sign_text" => repeatable(move || scheme.sign(black_box(&text))),
        "unsign_text" => repeatable(move || scheme.unsign(black_box(&signed), str::len).expect("its own")),
        "refuse_raw" => refuse(scheme, &raw),
        "refuse_compressed" => refuse(scheme, &compressed),
        _ => return None,
    })
}

fn decode(scheme: impl Texts + 'static, token: String) -> Call {
    assert_eq!(scheme.loads(&token), Some(login()));
    repeatable(move || scheme.loads::<Login>(black_box(&token)))
}

fn refuse(scheme: impl Texts + 'static, token: &str) -> Call {
    let forged = format!("{}AAAA", &token[..token.len() - 4]);
    repeatable(move || assert_eq!(scheme.loads::<Login>(black_box(&forged)), None))
}

/// Returns a call that decodes a token which is signed and encrypted with this key.
fn decode_encrypted(encrypted: Encrypted, key: &[u8]) -> Call {
    let token = Encrypted::with_key(key).dumps(&login(), false);
    assert_eq!(token.len(), 318);
    assert_eq!(encrypted.loads(&token), Some(login()));
    repeatable(move || encrypted.loads::<Login>(black_box(&token)))
}

fn decode_borrowed(ours: Ours, token: String) -> Call {
    let mut buffer = Vec::new();
    let hash = login().hash;
    Box::new(move || {
        let verified = ours.signer.unsign(black_box(&token), MAX_AGE).expect("ours");
        let read: BorrowedLogin<'_> = ours.raw.decode_borrowed(verified, &mut buffer).expect("a login");
        assert_eq!(read.hash, hash);
    })
}

fn repeatable<R>(mut call: impl FnMut() -> R + 'static) -> Call {
    Box::new(move || {
        black_box(call());
    })
}
