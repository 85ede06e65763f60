//! Without random bytes from the operating system, nothing is encrypted, and no key is generated.
//!
//! `cargo test --release --manifest-path tests/memory/Cargo.toml --test no_random`
//!
//! The crate `getrandom` looks up the C function `getrandom` in the program first, and finds the one below. Linux only.

use std::ffi::{c_int, c_uint, c_void};
use std::fs::File;
use std::io::Read as _;
use std::process::ExitCode;
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use django_session::{
    Codec, ConfigError, CookieOptions, CookieSessions, EncodeError, Encryption, KeyRing, MaxAge, SecretKey, Session,
    StoredSessions, TimestampSigner,
};

/// The number of random bytes that the system still returns.
static LEFT: AtomicUsize = AtomicUsize::new(usize::MAX);
static CALLS: AtomicUsize = AtomicUsize::new(0);

const EIO: c_int = 5;

unsafe extern "C" {
    safe fn __errno_location() -> *mut c_int;
}

// SAFETY: it has the signature and the contract of the function that it replaces.
#[unsafe(no_mangle)]
extern "C" fn getrandom(buffer: *mut c_void, len: usize, _flags: c_uint) -> isize {
    CALLS.fetch_add(1, SeqCst);
    if len == 0 {
        return 0; // a call that only checks whether the function exists
    }
    let given = len.min(LEFT.load(SeqCst));
    if given == 0 {
        unsafe { *__errno_location() = EIO };
        return -1;
    }
    LEFT.fetch_sub(if given == len { 0 } else { given }, SeqCst);
    let bytes = unsafe { slice::from_raw_parts_mut(buffer.cast::<u8>(), given) };
    File::open("/dev/urandom").and_then(|mut system| system.read_exact(bytes)).map_or(-1, |()| given.cast_signed())
}

fn main() -> ExitCode {
    let keys = KeyRing::new(SecretKey::new("secret").expect("a key"));
    let encryption = Encryption::new(&keys);
    let codec = Codec::default().with_encryption(encryption.clone());
    let signer = TimestampSigner::new(&keys, "salt").expect("a salt");
    let options = CookieOptions::builder("sessionid").build().expect("options");
    let cookies = CookieSessions::new(&keys, options).with_encryption(encryption.clone());
    let stored = StoredSessions::new(&keys, CookieOptions::default()).with_encryption(encryption);
    let mut session = Session::default();
    session.insert("a", 1).expect("JSON");
    let token = signer.sign_object("value", &codec).expect("random bytes");
    assert!(CALLS.load(SeqCst) > 0, "the getrandom of this file is not called");

    // No bytes, and fewer than a nonce needs.
    for left in [0, 5, 11] {
        LEFT.store(left, SeqCst);
        assert!(matches!(codec.encode("value"), Err(EncodeError::NoRandomBytes)), "{left} bytes");
        LEFT.store(left, SeqCst);
        assert!(matches!(cookies.commit(&session, 200), Err(EncodeError::NoRandomBytes)));
        LEFT.store(left, SeqCst);
        assert!(matches!(stored.encode(&session), Err(EncodeError::NoRandomBytes)));
        LEFT.store(left, SeqCst);
        assert!(matches!(SecretKey::generate(), Err(ConfigError::NoRandomBytes)));
        // Existing tokens can still be read.
        let read = signer.unsign_object::<String, _>(&token, &codec, MaxAge::Unlimited);
        assert_eq!(read.as_deref(), Ok("value"));
    }
    LEFT.store(usize::MAX, SeqCst);
    assert_ne!(codec.encode("value").expect("random bytes"), codec.encode("value").expect("random bytes"));
    println!("nothing is encrypted without random bytes");
    ExitCode::SUCCESS
}
