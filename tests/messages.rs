//! Django's messages: the exact cookie and text in the session, and the rules for where messages are stored.
#![cfg(feature = "messages")]

mod common;

use std::collections::HashMap;
use std::fs;

use common::{clock, payload, ring};
use django_session::{
    BadSignature, CookieOptions, DecodeError, Message, MessageLevel, MessageStorage, Messages, Session, TimestampSigner,
};
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

const NOW: f64 = 1_700_000_000.0;
const KEY: &str = "moonshot-secret";
const LIMIT: usize = 2048;

/// Returns the vectors of one group, which are the same for Django 4.2, 5.2 and 6.1.
fn vectors<T: DeserializeOwned>(group: &str) -> Vec<T> {
    let path = format!("{}/tests/vectors/csrf_messages_django42.json", env!("CARGO_MANIFEST_DIR"));
    let mut file: HashMap<String, Box<RawValue>> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    serde_json::from_str(file.remove(group).unwrap().get()).unwrap()
}

/// Returns the cookie options of Django's default settings, which are not Secure.
fn session_cookie() -> CookieOptions {
    CookieOptions::builder("sessionid").secure(false).build().unwrap()
}

fn fallback() -> MessageStorage {
    MessageStorage::new(&ring(KEY), &session_cookie()).unwrap().with_clock(clock(NOW))
}

fn in_cookie() -> MessageStorage {
    MessageStorage::in_cookie(&ring(KEY), &session_cookie()).unwrap().with_clock(clock(NOW))
}

fn session(text: Option<&str>) -> Session {
    let mut session = Session::default();
    if let Some(text) = text {
        session.insert("_messages", text).unwrap();
    }
    session
}

fn text(session: &Session) -> Option<String> {
    session.get("_messages").unwrap()
}

fn texts(messages: &mut Messages) -> Vec<String> {
    messages.drain().map(|message| message.text().to_owned()).collect()
}

/// Returns the value in a Set-Cookie header.
fn value(set_cookie: &str) -> &str {
    set_cookie.split(['=', ';']).nth(1).unwrap()
}

/// Replaces lone surrogates, which Rust strings cannot contain, with U+FFFD.
fn without_surrogates(json: &str) -> String {
    json.replace("\\ud83d of", "\\ufffd of")
}

#[derive(Deserialize)]
struct Shown {
    level: i64,
    text: Box<RawValue>,
    extra_tags: Option<String>,
    safe: bool,
    tags: String,
}

impl Shown {
    fn text(&self) -> String {
        serde_json::from_str(&without_surrogates(self.text.get())).unwrap()
    }

    fn is(&self, message: &Message) -> bool {
        message.level().get() == self.level
            && message.text() == self.text()
            && message.extra_tags() == self.extra_tags.as_deref().unwrap_or_default()
            && message.is_safe() == self.safe
            && message.tags() == self.tags
    }
}

#[derive(Deserialize)]
struct Sample {
    name: String,
    set_cookie: String,
    json: String,
    session_text: String,
    read: Vec<Shown>,
}

/// The crate reads what Django wrote, and writes it with one more message exactly as Django would.
#[test]
fn what_django_wrote() {
    const ADDED: &str = r#"["__json_message",0,20,"and more",""]"#;
    let samples: Vec<Sample> = vectors("messages");
    assert!(samples.len() >= 14);
    for Sample { name, set_cookie, json, session_text, read } in samples {
        let added = |json: &str, comma: &str| {
            let end = json.len() - "]".len();
            format!("{}{comma}{}]", without_surrogates(&json[..end]), ADDED.replace(',', comma))
        };
        for (storage, mut kept) in
            [(fallback(), Session::default()), (MessageStorage::in_session(), session(Some(&session_text)))]
        {
            let cookie = kept.is_empty().then(|| value(&set_cookie));
            let mut messages = storage.load(cookie, &kept);
            assert_eq!(messages.rejection(), None, "{name}");
            messages.add(MessageLevel::INFO, "and more");
            let commit = storage.commit(&messages, &mut kept).unwrap();
            match &commit.set_cookie {
                Some(made) => {
                    assert_eq!(payload(made.value()), added(&json, ","), "{name}");
                    let attributes = set_cookie.split_once(';').unwrap().1;
                    assert_eq!(made.as_str().split_once(';').unwrap().1, attributes);
                }
                None => assert_eq!(text(&kept), Some(added(&session_text, ", ")), "{name}"),
            }
            let last = messages.len() - 1;
            let all: Vec<Message> = messages.drain().collect();
            assert!(
                all.len() == read.len() + 1 && read.iter().zip(&all[..last]).all(|(shown, message)| shown.is(message))
            );
        }
    }
}

/// The crate writes the same messages as the same cookie.
#[test]
fn what_django_would_write() {
    let mut compared = 0;
    for Sample { name, set_cookie, read, session_text, .. } in vectors("messages") {
        if read.iter().any(|shown| shown.extra_tags.is_none() || shown.text().contains('\u{fffd}')) {
            continue; // neither `messages.add_message` nor this crate can create these
        }
        let storages = [fallback(), in_cookie(), MessageStorage::in_session()];
        for storage in storages.map(|storage| storage.with_level(MessageLevel::new(-5))) {
            let mut kept = Session::default();
            let mut messages = storage.load(None, &kept);
            for shown in &read {
                let message = Message::new(MessageLevel::new(shown.level), shown.text());
                let message = message.with_extra_tags(shown.extra_tags.clone().unwrap());
                messages.push(if shown.safe { message.mark_safe() } else { message });
            }
            match storage.commit(&messages, &mut kept).unwrap().set_cookie {
                // The bytes of compressed text depend on the zlib implementation.
                Some(made) if value(&set_cookie).starts_with('.') => {
                    assert_eq!(payload(made.value()), payload(value(&set_cookie)), "{name}");
                }
                Some(made) => assert_eq!(made.as_str(), set_cookie, "{name}"),
                None => assert_eq!(text(&kept).as_deref(), Some(&*session_text), "{name}"),
            }
            compared += 1;
        }
    }
    assert!(compared > 30);
}

#[derive(Deserialize)]
struct Overflow {
    kind: String,
    texts: Vec<String>,
    cookie: String,
    session: Option<String>,
    unstored: usize,
    read: Vec<String>,
    after: After,
}

#[derive(Deserialize)]
struct After {
    set_cookie: Option<String>,
    session: Option<String>,
}

#[test]
fn what_does_not_fit() {
    for Overflow { kind, texts: all, cookie, session: kept, unstored, read, after } in vectors("overflows") {
        let storage = if kind == "cookie" { in_cookie() } else { fallback() };
        let show = |cookie: &str, mut session: Session| {
            let mut messages = storage.load(Some(cookie), &session);
            let shown = texts(&mut messages);
            let removal = storage.commit(&messages, &mut session).unwrap().set_cookie;
            (shown, removal.map(|removal| removal.to_string()), text(&session))
        };
        // Messages that Django stored.
        let (shown, removal, left) = show(&cookie, session(kept.as_deref()));
        assert_eq!((shown, left), (read.clone(), after.session));
        // Django leaves a cookie that only indicates that the session has more messages.
        let says_nothing = payload(&cookie) == r#"["__messagesnotfinished__"]"#;
        assert_eq!(after.set_cookie.is_none(), says_nothing && kind == "fallback");
        assert!(after.set_cookie.is_none() || removal == after.set_cookie);

        // Messages that this crate stores.
        let mut session = Session::default();
        let mut messages = storage.load(None, &session);
        for text in &all {
            messages.add(MessageLevel::INFO, text);
        }
        assert_eq!(messages.is_empty(), all.is_empty());
        let commit = storage.commit(&messages, &mut session).unwrap();
        let made = commit.set_cookie.unwrap();
        assert!(made.value().len() <= LIMIT);
        assert_eq!(commit.unstored.len(), unstored);
        assert_eq!(payload(made.value()), payload(&cookie));
        assert_eq!(text(&session), kept);
        let (shown, removal, left) = show(made.value(), session);
        assert_eq!((shown, left), (read, None));
        assert!(removal.unwrap().starts_with("messages=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0"));
    }
}

/// Like Django's, each storage leaves some cookies and sessions unchanged.
#[test]
fn what_is_left_alone() {
    let storage = fallback();
    let waiting = || session(Some(r#"[["__json_message", 0, 20, "waiting"]]"#));

    // Without a cookie, or with a rejected one, the session is not read.
    for cookie in [None, Some(""), Some("W10:1r31eq:forged")] {
        let mut session = waiting();
        let mut messages = storage.load(cookie, &session);
        assert!(messages.is_empty());
        assert_eq!(texts(&mut messages), [""; 0]);
        assert!(storage.commit(&messages, &mut session).unwrap().set_cookie.is_none());
        assert_eq!(text(&session), text(&waiting()));
    }
    let untouched = storage.load(Some("W10:1r31eq:forged"), &Session::default());
    assert_eq!(untouched.rejection(), Some(DecodeError::Signature(BadSignature::Mismatch)));

    // Messages that are neither taken nor added to do not change.
    let mut session = waiting();
    for storage in [fallback(), MessageStorage::in_session()] {
        let messages = storage.load(None, &session);
        assert!(storage.commit(&messages, &mut session).unwrap().set_cookie.is_none());
        assert_eq!(text(&session), text(&waiting()));
    }

    // If the cookie contains all messages, the session is not accessed.
    let mut session = Session::default();
    let mut messages = storage.load(None, &session);
    messages.add(MessageLevel::INFO, "short");
    let made = storage.commit(&messages, &mut session).unwrap().set_cookie.unwrap();
    assert_eq!(storage.load(Some(made.value()), &session).len(), 1);
    assert!(!session.is_accessed());
}

/// Cookies that were signed for another purpose are rejected. If there are several cookies, the last one that our keys
/// signed decides.
#[test]
fn other_purposes_and_several_cookies() {
    let storage = fallback();
    let mut messages = storage.load(None, None);
    messages.add(MessageLevel::INFO, "ours");
    let ours = storage.commit(&messages, None).unwrap().set_cookie.unwrap();
    let ours = ours.value();

    let plain = TimestampSigner::new(&ring(KEY), "django.contrib.messages").unwrap();
    let other_salt = signer("django.contrib.messages2");
    for forged in [plain.sign("W10"), other_salt.sign("W10"), ours.replace(':', "%3A"), format!("{ours}A")] {
        let messages = storage.load(Some(&forged), None);
        assert!(messages.is_empty() && matches!(messages.rejection(), Some(DecodeError::Signature(_))), "{forged}");
        for header in [format!("messages={ours}; messages={forged}"), format!("messages={forged};messages={ours}; x=y")]
        {
            assert_eq!(storage.load_header(&header, None).len(), 1);
        }
    }
    // What our keys signed decides, even if it is not a list of messages.
    let junk = signer("django.contrib.messages").sign("e30");
    let messages = storage.load_header(&format!("messages={ours}; messages={junk}"), None);
    assert!(messages.is_empty() && matches!(messages.rejection(), Some(DecodeError::Deserialize { .. })));
    assert_eq!(storage.load_header(&format!("messages={junk}; messages={ours}"), None).len(), 1);
    let newer = MessageStorage::new(&ring("new").with_fallback(common::key(KEY)), &session_cookie()).unwrap();
    assert_eq!(newer.load(Some(ours), None).len(), 1);
    assert_eq!(newer.load_headers([format!("messages={ours}").as_bytes(), b"a=\xff"], None).len(), 1);
}

/// Returns Django's signer for cookies with a salt.
fn signer(salt: &str) -> TimestampSigner {
    TimestampSigner::new(&ring(format!("django.http.cookies{KEY}")), salt).unwrap()
}

/// Signed values that are not messages are rejected. Django fails for most of them, and shows the others.
#[test]
fn signed_junk_is_no_message() {
    use base64::Engine as _;
    let encode = |json: &str| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(json);
    let storage = fallback();
    let list = |message: &str| format!("[{message}]");
    let messages = [
        r#"["__json_message"]"#,
        r#"["__json_message",0]"#,
        r#"["__json_message",0,20]"#,
        r#"["__json_message",0,20,"a","b","c"]"#,
        r#"["__json_message",2,20,"a"]"#,
        r#"["__json_message",-1,20,"a"]"#,
        r#"["__json_message","",20,"a"]"#,
        r#"["__json_message",0,"20","a"]"#,
        r#"["__json_message",0,20.5,"a"]"#,
        r#"["__json_message",0,null,"a"]"#,
        r#"["__json_message",0,99999999999999999999,"a"]"#,
        r#"["__json_message",0,20,null]"#,
        r#"["__json_message",0,20,["a"]]"#,
        r#"["__json_message",0,20,"a",7]"#,
        r#"["another",0,20,"a"]"#,
        r#"[["__json_message",0,20,"a"]]"#,
        "[]",
        r#""text""#,
        r#""__messagesnotfinished__","__messagesnotfinished__""#,
        r#""__messagesnotfinished__",["__json_message",0,20,"a"]"#,
        "7",
        "null",
        "{}",
        "NaN",
    ];
    let lists = ["", "{}", "null", "7", "\"text\"", "[", "[]]", "[[[[[[[", "\u{ff}"];
    for json in messages.map(list).into_iter().chain(lists.map(str::to_owned)) {
        let token = signer("django.contrib.messages").sign(&encode(&json));
        let messages = storage.load(Some(&token), None);
        assert!(messages.is_empty() && matches!(messages.rejection(), Some(DecodeError::Deserialize { .. })), "{json}");

        let session = session(Some(&json));
        let messages = MessageStorage::in_session().load(None, &session);
        assert!(messages.is_empty() && matches!(messages.rejection(), Some(DecodeError::Deserialize { .. })), "{json}");
    }
    for (payload, error) in [("W1", DecodeError::Base64), (".W10", DecodeError::Zlib), (".", DecodeError::Zlib)] {
        let token = signer("django.contrib.messages").sign(payload);
        assert_eq!(storage.load(Some(&token), None).rejection(), Some(error));
    }
    let long = "x".repeat(8193);
    assert_eq!(storage.load(Some(&long), None).rejection(), Some(BadSignature::TooLong { limit: 8192 }.into()));
    // A list, where Django stores a text.
    let mut session = Session::default();
    session.insert("_messages", ["a"]).unwrap();
    assert!(MessageStorage::in_session().load(None, &session).rejection().is_some());
    // `true` is accepted in place of 1.
    let token = signer("django.contrib.messages").sign(&encode(r#"[["__json_message",true,20,"<b>",null]]"#));
    assert!(storage.load(Some(&token), None).drain().next().unwrap().is_safe());
}

#[test]
fn a_cookie_that_inflates_without_end_is_refused() {
    use base64::Engine as _;
    use std::io::Write as _;
    let json = format!(r#"[["__json_message",0,20,"{}"]]"#, "a".repeat(1 << 20));
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(json.as_bytes()).unwrap();
    let payload = format!(".{}", base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(zlib.finish().unwrap()));
    let token = signer("django.contrib.messages").sign(&payload);
    assert!(token.len() < LIMIT);
    let rejected = fallback().load(Some(&token), None).rejection();
    assert_eq!(rejected, Some(DecodeError::InflatesPast { limit: 1 << 18 }));
}

#[test]
fn the_cookie_follows_the_sessions() {
    let options = CookieOptions::builder("__Host-sid").build().unwrap();
    let storage = MessageStorage::new(&ring(KEY), &options).unwrap();
    let add = |storage: &MessageStorage| {
        let mut messages = storage.load(None, None);
        messages.add(MessageLevel::INFO, "x");
        storage.commit(&messages, None).unwrap().set_cookie.unwrap().to_string()
    };
    assert!(add(&storage).ends_with("; HttpOnly; Path=/; SameSite=Lax; Secure"));
    let options = CookieOptions::builder("sid").domain("example.com").path("/app").http_only(false).same_site(None);
    let storage = MessageStorage::in_cookie(&ring(KEY), &options.secure(false).build().unwrap()).unwrap();
    assert!(add(&storage).ends_with("; Domain=example.com; Path=/"));
}

/// Only text that is marked as safe is inserted as HTML. Other text and tags are escaped.
#[test]
fn only_what_is_marked_safe_is_html() {
    let message = Message::new(MessageLevel::INFO, r#"<b class="x">Tom & Jerry's</b>"#).with_extra_tags("\"><script>");
    assert_eq!(message.html(), "&lt;b class=&quot;x&quot;&gt;Tom &amp; Jerry&#x27;s&lt;/b&gt;");
    assert_eq!(message.extra_tags(), "\"><script>", "tags are text, which the page escapes");
    let safe = message.clone().mark_safe();
    assert_eq!(safe.html(), message.text());

    // The same is true after the message was stored in the cookie.
    let mut messages = fallback().load(None, None);
    messages.push(message);
    messages.push(safe);
    let made = fallback().commit(&messages, None).unwrap().set_cookie.unwrap();
    let shown: Vec<Message> = fallback().load(Some(made.value()), None).drain().collect();
    assert!(!shown[0].is_safe() && !shown[0].html().contains('<') && shown[1].is_safe());
}

#[test]
fn texts_are_told_to_nobody() {
    let mut messages = fallback().load(None, None);
    messages.push(Message::new(MessageLevel::ERROR, "PRIVATE").with_extra_tags("PRIVATE"));
    let commit = MessageStorage::in_session().commit(&messages, None).unwrap();
    assert_eq!(commit.unstored.len(), 1);
    let debug = format!("{messages:?} {commit:?} {:?}", fallback());
    assert!(!debug.contains("PRIVATE") && !debug.contains(KEY), "{debug}");
}

proptest! {
    /// All added messages are shown once on the next page, in order. The cookie is never too large. Only the storage
    /// without a session drops messages: the oldest ones, and no more than necessary.
    #[test]
    fn nothing_is_lost(added in prop::collection::vec((0..50_i64, "\\PC{0,40}|[a-z<&]{0,900}", any::<bool>()), 0..12)) {
        let storages = [fallback(), in_cookie(), MessageStorage::in_session()];
        for (kind, storage) in storages.into_iter().enumerate() {
            let mut session = Session::default();
            let mut messages = storage.load(None, &session);
            let mut expected = Vec::new();
            for (level, text, safe) in &added {
                let tags: String = text.chars().take(2).collect();
                let message = Message::new(MessageLevel::new(*level), text).with_extra_tags(tags);
                let message = if *safe { message.mark_safe() } else { message };
                if *level >= 20 && !text.is_empty() {
                    expected.push(message.clone());
                }
                messages.push(message);
            }
            let commit = storage.commit(&messages, &mut session).unwrap();
            let dropped = commit.unstored.len();
            prop_assert!(dropped == 0 || kind == 1);
            prop_assert_eq!(&commit.unstored[..], &expected[..dropped]);
            let cookie = commit.set_cookie.map(|cookie| cookie.value().to_owned());
            prop_assert!(cookie.as_ref().is_none_or(|cookie| cookie.len() <= LIMIT));

            // First a page that only adds messages, then a page that shows them.
            let mut messages = storage.load(cookie.as_deref(), &session);
            prop_assert_eq!(messages.rejection(), None);
            prop_assert_eq!(messages.drain().collect::<Vec<_>>(), &expected[dropped..]);
            let commit = storage.commit(&messages, &mut session).unwrap();
            prop_assert_eq!(commit.set_cookie.is_some(), cookie.is_some());
            prop_assert!(commit.set_cookie.is_none_or(|removal| removal.value() == "\"\""));
            prop_assert_eq!(text(&session), None);
        }
    }
}

/// Messages in a session end with it, so that the next user of the browser does not see them.
#[test]
fn messages_of_a_session_go_with_it() {
    let storage = MessageStorage::in_session();
    let mut session = Session::default();
    let mut messages = storage.load(None, &session);
    messages.add(MessageLevel::INFO, "Your balance is low, Ada.");
    let _ = storage.commit(&messages, &mut session).unwrap();

    let mut messages = storage.load(None, &session);
    session.flush();
    messages.add(MessageLevel::INFO, "Goodbye.");
    let _ = storage.commit(&messages, &mut session).unwrap();
    let texts: Vec<String> = storage.load(None, &session).drain().map(|message| message.text().to_owned()).collect();
    assert_eq!(texts, ["Goodbye."]);
}
