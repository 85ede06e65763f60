//! A token verifies exactly if a holder of our keys creates the same bytes.
#![no_main]

use std::sync::LazyLock;

use django_session::{Algorithm, DecodeError, MaxAge, Signer, TimestampSigner};
use fuzz::{SESSION_SALT, STORE, Signers, keys, stamper};
use libfuzzer_sys::fuzz_target;

const SALT: &str = "django.core.signing.Signer";
const STAMP_SALT: &str = "django.core.signing.TimestampSigner";

static SIGNER: LazyLock<Signer> =
    LazyLock::new(|| Signer::new(&keys(), SALT).unwrap().with_legacy_algorithm(Algorithm::Sha1));
static STAMPER: LazyLock<TimestampSigner> =
    LazyLock::new(|| stamper(&keys(), STAMP_SALT).map_signer(|signer| signer.with_legacy_algorithm(Algorithm::Sha1)));
static OURS: LazyLock<[Signers; 3]> = LazyLock::new(|| [SALT, STAMP_SALT, SESSION_SALT].map(Signers::new));

fuzz_target!(|token: &str| {
    let [plain, stamped, session] = OURS.each_ref().map(|signers| signers.made(token));
    assert_eq!(SIGNER.unsign(token).is_ok(), plain);
    assert!(stamped || STAMPER.unsign(token, MaxAge::Unlimited).is_err());
    match STORE.try_load(token) {
        Err(DecodeError::Signature(_)) => {}
        Err(DecodeError::SessionKey) => {
            assert!(token.len() == 32 && token.chars().all(|char| matches!(char, 'a'..='z' | '0'..='9')));
        }
        _ => assert!(session),
    }
});
