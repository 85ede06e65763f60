//! What is counted: one call each, on the login payload.

use std::hint::black_box;

use benches::floor::Floor;
use benches::ours::{MAX_AGE, Ours};
use benches::payloads::{BorrowedLogin, Login, login};
use benches::scheme::{KEY, Objects, Texts};

pub type Call = Box<dyn FnMut()>;

/// The call of that name, by us: one of the table's.
pub fn ours(name: &str) -> Call {
    let ours = Ours::with_key(KEY);
    let token = ours.dumps(&login(), name.ends_with("compressed"));
    match name {
        "decode_borrowed_raw" | "decode_borrowed_compressed" => decode_borrowed(ours, token),
        _ => by::<Ours>(name).expect("a call of the table"),
    }
}

/// The same by the floor, where it has it.
pub fn floor(name: &str) -> Option<Call> {
    by::<Floor>(name)
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
        "refuse" => refuse(scheme, &raw),
        _ => return None,
    })
}

fn decode(scheme: impl Texts + 'static, token: String) -> Call {
    assert_eq!(scheme.loads(&token), Some(login()));
    repeatable(move || scheme.loads::<Login>(black_box(&token)))
}

fn refuse(scheme: impl Texts + 'static, token: &str) -> Call {
    let forged = token.replace(&token[token.len() - 4..], "AAAA");
    repeatable(move || assert_eq!(scheme.loads::<Login>(black_box(&forged)), None))
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
