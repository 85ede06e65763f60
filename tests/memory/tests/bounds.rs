//! The time and the memory of one call, for input that anyone can send, and for input that only a key holder can sign.
//!
//! `cargo test --release --manifest-path tests/memory/Cargo.toml --test bounds`
//!
//! Memory is the maximum in use at one time beyond the input, and has a ceiling. Time is the processor time of the
//! call: at most a second, and at most 10 ms if a header can request the same work a hundred times. Each call runs in
//! its own thread, so that thread-local memory is counted too.

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64URL;
use django_session::{
    CachedSessions, Clock, Codec, Compression, CookieOptions, CookieSessions, DecodeError, Encryption, KeyRing,
    MessagePackSerializer, SecretKey, Signer, StoredSessions, TimestampSigner,
};
use flate2::write::ZlibEncoder;
use serde_json::Value;

const SESSIONS: &str = "django.contrib.sessions.backends.signed_cookies";
const STORED: &str = "django.contrib.sessions.SessionStore";

const SECOND: Duration = Duration::from_secs(1);

struct Case {
    input: &'static str,
    /// The length of the input, in bytes.
    size: usize,
    /// The maximum memory of the call, in KiB.
    ceiling: usize,
    /// The maximum time of the call.
    limit: Duration,
    answer: &'static str,
    call: Box<dyn FnOnce() -> String + Send>,
}

fn case<R>(
    input: &'static str,
    ceiling: usize,
    answer: &'static str,
    text: String,
    call: impl FnOnce(&str) -> R + Send + 'static,
) -> Case
where
    R: Answer,
{
    let size = text.len();
    Case { input, size, ceiling, limit: SECOND, answer, call: Box::new(move || call(&text).in_a_word()) }
}

impl Case {
    fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }
}

/// A result as text: "ok", or the error.
trait Answer {
    fn in_a_word(self) -> String;
}

impl<T, E: ToString> Answer for Result<T, E> {
    fn in_a_word(self) -> String {
        self.map_or_else(|error| error.to_string(), |_| "ok".to_owned())
    }
}

fn ring(fallbacks: usize) -> KeyRing {
    let key = |text: String| SecretKey::new(text).expect("a key");
    (0..fallbacks).fold(KeyRing::new(key("secret".to_owned())), |keys, n| keys.with_fallback(key(format!("old {n}"))))
}

fn signer() -> Signer {
    Signer::new(&ring(0), "salt").expect("a salt").with_max_token_len(usize::MAX)
}

fn sessions() -> CookieSessions {
    CookieSessions::new(&ring(0), CookieOptions::builder("sessionid").build().expect("a cookie"))
        .with_clock(Clock::fixed(now()))
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

/// Compresses these bytes, repeated `times` times, with the best level of zlib.
fn zlib(bytes: &[u8], times: usize) -> Vec<u8> {
    let mut zlib = ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    (0..times).for_each(|_| zlib.write_all(bytes).expect("memory"));
    zlib.finish().expect("memory")
}

/// Signs a compressed payload with this salt and a timestamp.
fn signed(salt: &str, zlib: &[u8]) -> String {
    let payload = format!(".{}", BASE64URL.encode(zlib));
    signed_at(now(), salt, &payload)
}

fn signed_at(time: SystemTime, salt: &str, payload: &str) -> String {
    TimestampSigner::new(&ring(0), salt).expect("a salt").with_clock(Clock::fixed(time)).sign(payload)
}

/// Returns a header with 109 expired cookies that the crate signed, each as long as browsers accept, which inflate to
/// this many bytes.
fn expired_bombs(bytes: usize) -> String {
    let noise: String = (0..450_u32).map(|n| format!("{:08x}", n.wrapping_mul(2_654_435_761))).collect();
    let padding = "a".repeat(bytes - object("\"\"").len() - noise.len());
    let zlib = zlib(object(&format!("\"{noise}{padding}\"")).as_bytes(), 1);
    let token = signed_at(UNIX_EPOCH, SESSIONS, &format!(".{}", BASE64URL.encode(zlib)));
    format!("sessionid={token}; ").repeat(109)
}

fn cookie(json: &str) -> String {
    signed(SESSIONS, &zlib(json.as_bytes(), 1))
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

fn object(value: &str) -> String {
    format!("{{\"a\":{value}}}")
}

fn load(token: &str) -> Result<(), DecodeError> {
    sessions().try_load(token).map(drop)
}

/// An array with a length of four thousand million elements and no data.
const LONG_ARRAY: &[u8] = b"\xdd\xff\xff\xff\xff";

fn cases() -> Vec<Case> {
    let tag = "A".repeat(43);
    let payload = |bytes: &[u8]| signer().sign(&BASE64URL.encode(bytes));
    let decode = |token: &str| signer().unsign_object::<Value, _>(token, &Codec::default());
    let unpack = |token: &str| signer().unsign_object::<Vec<u64>, _>(token, &Codec::new(MessagePackSerializer));
    let load_packed = |token: &str| sessions().with_serializer(MessagePackSerializer).try_load(token).map(drop);
    let write = |key: &str| {
        let mut session = sessions().load(None);
        session.insert(key, 0)?;
        sessions().commit(&session, 200).map(drop)
    };
    let header = |header: &str| sessions().load_header(header).rejection().map_or(Ok(()), Err);
    let unsign = |token: &str| Signer::new(&ring(0), "salt").expect("a salt").unsign(token).map(drop);
    let wide = |pair: &str, last: &str| format!("{}{last}", pair.repeat(10_000));
    let session_keys = format!("sessionid={}; ", "a1".repeat(16)).repeat(10_000);
    let good = cookie(&object("1"));
    let encrypting = |fallbacks| Codec::default().with_encryption(Encryption::new(&ring(fallbacks)));
    let encrypted = |value: &str| signer().sign_object(value, &encrypting(0)).expect("JSON");
    let bomb = Encryption::new(&ring(0)).with_compression(Compression::IfSmaller);
    let bomb = Codec::default().with_encryption(bomb).with_inflate_limit(usize::MAX);
    let bomb = signer().sign_object(&"a".repeat(3_000_000), &bomb).expect("JSON");
    let mut preset = zlib(object("1").as_bytes(), 1);
    // A header that requires a preset dictionary, with its checksum, and the id of a dictionary.
    preset.splice(..2, [0x78, 0xbb, 0, 0, 0, 1]);

    vec![
        // Input that anyone can send.
        case(
            "a token of 1 MiB",
            64,
            "signature does not match",
            format!("{}:{tag}", "x".repeat((1 << 20) - 44)),
            unsign,
        ),
        case(
            "a token of 1 MiB and a byte",
            64,
            "token is longer than 1048576 bytes",
            "x".repeat((1 << 20) + 1),
            unsign,
        ),
        case("1 MiB of separators", 64, "signature does not match", ":".repeat(1 << 20), unsign),
        case(
            "a token of 1 MiB, 64 fallback keys",
            128,
            "signature does not match",
            format!("{}:{tag}", "x".repeat((1 << 20) - 44)),
            |token| Signer::new(&ring(64), "salt").expect("a salt").unsign(token).map(drop),
        ),
        case("10,000 cookies of others", 64, "ok", wide("a=b; ", &format!("sessionid={good}")), header),
        case("10,000 forged cookies of ours", 64, "signature does not match", wide("sessionid=a:b:AAAA; ", ""), header),
        case(
            "10,000 cookies of ours, forged in full",
            64,
            "signature does not match",
            format!("sessionid=a:b:{tag}; ").repeat(10_000),
            header,
        ),
        case("10,000 session keys", 64, "cookie holds a session key, not a signed session", session_keys, header),
        case(
            "a cookie of 1 MiB",
            64,
            "token is longer than 8192 bytes",
            format!("sessionid={}", "x".repeat(1 << 20)),
            header,
        ),
        case(
            "109 copies of our own expired cookie that inflates to 250 KB",
            1 << 10,
            "signature age 1700000000s exceeds 1209600s",
            expired_bombs(250_000),
            header,
        )
        .within(Duration::from_millis(10)),
        case(
            "109 copies of our own expired cookie that inflates to 300 KB",
            1 << 10,
            "payload inflates to more than 262144 bytes",
            expired_bombs(300_000),
            header,
        )
        .within(Duration::from_millis(10)),
        case("a header of 1 MiB of \";\"", 64, "ok", ";".repeat(1 << 20), header),
        case("a header of 1 MiB of \"=\"", 64, "ok", "=".repeat(1 << 20), header),
        case("a header of 1 MiB of bytes above ASCII", 64, "ok", "\u{ff}".repeat(1 << 19), header),
        // Input that only key holders can sign.
        case(
            "512 MiB of zeros, in zlib",
            3 << 10,
            "payload inflates to more than 1048576 bytes",
            signer().sign(&format!(".{}", BASE64URL.encode(zlib(&[0; 1 << 20], 512)))),
            decode,
        ),
        case(
            "a cookie of 3 MB, in zlib",
            1 << 10,
            "payload inflates to more than 262144 bytes",
            cookie(&object(&format!("\"{}\"", "a".repeat(3_000_000)))),
            load,
        ),
        case(
            "a zlib stream that asks for a dictionary",
            128,
            "payload is not a zlib stream",
            signed(SESSIONS, &preset),
            load,
        ),
        case("an encrypted value of 750 KB", 3 << 10, "ok", encrypted(&"a".repeat(750_000)), move |token| {
            signer().unsign_object::<Value, _>(token, &encrypting(64))
        }),
        case(
            "the same, that none of 65 keys decrypts",
            2 << 10,
            "no key decrypts the payload",
            payload(&[&[1][..], &[0; 750_000]].concat()),
            move |token| signer().unsign_object::<Value, _>(token, &encrypting(64)),
        ),
        case("3 MB in zlib, encrypted", 2 << 10, "payload inflates to more than 1048576 bytes", bomb, move |token| {
            signer().unsign_object::<Value, _>(token, &encrypting(0))
        }),
        case("JSON, 127 deep", 64, "ok", payload(nested(127).as_bytes()), decode),
        case("JSON, 128 deep", 64, "payload cannot be deserialized: not JSON", payload(nested(128).as_bytes()), decode),
        case(
            "JSON, 100,000 deep",
            1 << 10,
            "payload cannot be deserialized: not JSON",
            payload(nested(100_000).as_bytes()),
            decode,
        ),
        case("a session, 1024 deep", 64, "ok", cookie(&object(&nested(1024))), load),
        case(
            "a session, 1025 deep",
            64,
            "payload cannot be deserialized: not a JSON object",
            cookie(&object(&nested(1025))),
            load,
        ),
        case(
            "a session, 100,000 deep",
            1 << 10,
            "payload cannot be deserialized: not a JSON object",
            cookie(&object(&nested(100_000))),
            load,
        ),
        case(
            "a session of 52,000 keys",
            8 << 10,
            "ok",
            cookie(&format!("{{{}\"\":0}}", "\"\":0,".repeat(51_999))),
            load,
        ),
        case(
            "a session with a number of 250 KB, read as f64",
            1 << 10,
            "payload cannot be deserialized: not JSON",
            cookie(&object(&"9".repeat(250_000))),
            |token| sessions().try_load(token).and_then(|session| session.get::<f64>("a")),
        ),
        case(
            "a session with 1e999999, read as f64",
            64,
            "payload cannot be deserialized: not JSON",
            cookie(&object("1e999999")),
            |token| sessions().try_load(token).and_then(|session| session.get::<f64>("a")),
        ),
        case(
            "a session that expires in 250 KB of seconds",
            1 << 10,
            "payload cannot be deserialized: _session_expiry is neither seconds nor a date",
            cookie(&format!("{{\"_session_expiry\":{}}}", "9".repeat(250_000))),
            load,
        ),
        case(
            "a session that expires in 1e999999 seconds",
            64,
            "payload cannot be deserialized: _session_expiry is neither seconds nor a date",
            cookie("{\"_session_expiry\":1e999999}"),
            load,
        ),
        case(
            "a session that expires at a date of 250 KB",
            1 << 10,
            "ok",
            cookie(&format!("{{\"_session_expiry\":\"9999-12-31T23:59:59.{}\"}}", "9".repeat(250_000))),
            load,
        ),
        case(
            "a session key of 2.4 MB, written",
            16 << 10,
            "cookie exceeds 4096 bytes: name 9, value 3200059, attributes 96; largest session key: \
             \"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…\" (2400004 bytes)",
            "k".repeat(2_400_000),
            write,
        ),
        case(
            "a stored session, 100,000 deep",
            1 << 10,
            "payload cannot be deserialized: not a JSON object",
            signed(STORED, &zlib(object(&nested(100_000)).as_bytes(), 1)),
            |text| StoredSessions::new(&ring(0), CookieOptions::default()).decode(text).map(drop),
        ),
        case(
            "MessagePack, an array of 2³² - 1 without its elements",
            2 << 10,
            "payload cannot be deserialized: not MessagePack, or not of the requested type",
            payload(LONG_ARRAY),
            unpack,
        ),
        case(
            "a MessagePack session, 100,000 deep",
            1 << 10,
            "payload cannot be deserialized: not MessagePack, or not of the requested type",
            signed(SESSIONS, &zlib(&[b"\x81\xa1a", &[0x91; 100_000][..], b"\xc0"].concat(), 1)),
            load_packed,
        ),
    ]
}

/// A pickle of the session `{"k": value}`, whose value these opcodes create.
fn pickle(input: &'static str, ceiling: usize, answer: &'static str, opcodes: &[u8]) -> Case {
    let bytes = [b"\x80\x04}\x8c\x01k", opcodes, b"s."].concat();
    let size = bytes.len();
    let call = Box::new(move || CachedSessions::new(CookieOptions::default()).decode(&bytes).in_a_word());
    Case { input, size, ceiling, limit: SECOND, answer, call }
}

/// Input that requires write access to the cache.
fn pickles() -> Vec<Case> {
    let values = "payload cannot be deserialized: more than 65536 values";
    let text = "payload cannot be deserialized: references expand to more than 1 MiB of text";
    let ends = "payload cannot be deserialized: pickle data was truncated";
    let level = |level: u8| [b'0', b']', 0x94, b'(', b'h', level, b'h', level, b'e'];
    let bomb = |levels: u8| [b"]\x94", &(0..levels).flat_map(level).collect::<Vec<_>>()[..]].concat();
    let list_of =
        |first: &[u8], references: usize| [&b"]("[..], first, b"\x94", &b"h\0".repeat(references), b"e"].concat();
    let int =
        |bytes: usize| [b"\x8b", &u32::try_from(bytes).expect("small").to_le_bytes()[..], &vec![0x55; bytes]].concat();
    let long_text = [b"X\0\0\x01\0", &[b'a'; 1 << 16][..]].concat();
    let pairs =
        (0..32_000_u32).flat_map(|n| [b"X\x04\0\0\0", &n.to_be_bytes().map(|byte| byte & 0x7f)[..], b"N"].concat());
    vec![
        pickle("a pickle, 10 MB of nesting", 8 << 10, values, &b"]".repeat(10_000_000)),
        pickle("a pickle, 60,000 deep", 12 << 10, "ok", &[b"]".repeat(60_000), b"a".repeat(59_999)].concat()),
        pickle(
            "a pickle, 10 MB of marks",
            2 << 10,
            "payload cannot be deserialized: more than 65536 marks",
            &b"(".repeat(10_000_000),
        ),
        pickle(
            "a pickle, 10 MB of memo entries",
            4 << 10,
            "payload cannot be deserialized: more than 65536 memo entries",
            &[b"]", &b"\x94".repeat(10_000_000)[..]].concat(),
        ),
        pickle("a pickle, references to 2^24 lists", 1 << 10, values, &bomb(24)),
        pickle("a pickle, references to 2^255 lists", 1 << 10, values, &bomb(255)),
        pickle("a pickle, 200 digits, 100,000 times", 2 << 10, values, &list_of(&int(83), 100_000)),
        pickle("a pickle, 200 digits, 60,000 times", 8 << 10, text, &list_of(&int(83), 60_000)),
        pickle("a pickle, 64 KiB of text, 64 times", 8 << 10, text, &list_of(&long_text, 64)),
        pickle(
            "a pickle, 10 MB of integers of 4300 digits",
            1 << 10,
            "payload cannot be deserialized: more than 32768 bytes of integers beyond 64 bits",
            &int(1786).repeat(5600),
        ),
        pickle("a pickle, an integer of 10 MB", 64, "ok", &int(10_000_000)),
        pickle("a pickle, 2^40 bytes of text that are missing", 64, ends, b"\x8d\0\0\0\0\0\x01\0\0a"),
        pickle("a pickle, 10 MB of control characters", 128 << 10, "ok", &{
            [b"X\x80\x96\x98\0", &[1; 10_000_000][..]].concat()
        }),
        pickle(
            "a pickle, a dict of 32,000 keys",
            12 << 10,
            "ok",
            &[&b"}("[..], &pairs.collect::<Vec<_>>(), b"u"].concat(),
        ),
    ]
}

fn main() -> ExitCode {
    println!("| input | bytes | time | peak | ceiling | answer |");
    println!("|---|---:|---:|---:|---:|---|");
    let mut held = true;
    for Case { input, size, ceiling, limit, answer, call } in cases().into_iter().chain(pickles()) {
        let measured = std::thread::spawn(move || {
            let start = memory::processor_time();
            let (peak, said) = memory::peak(call);
            (memory::processor_time() - start, peak.div_ceil(1 << 10), said)
        });
        let (time, peak, said) = measured.join().expect("no panic");
        println!("| {input} | {size} | {} µs | {peak} KiB | {ceiling} KiB | {said} |", time.as_micros());
        if peak > ceiling || time > limit || said != answer {
            println!("FAILED: {peak} KiB of {ceiling} KiB; {time:?} of {limit:?}; {said:?} for {answer:?}");
            held = false;
        }
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
