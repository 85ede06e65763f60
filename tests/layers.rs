//! The house has floors: a file imports from its own and from those below, never from above.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module of the crate, with those below it.
const FLOORS: [(&str, &[&str]); 10] = [
    ("size", &[]),
    ("error", &["size"]),
    ("encoding", &[]),
    ("key", &["error"]),
    ("clock", &[]),
    ("signing", &["error", "encoding", "key", "clock"]),
    ("codec", &["error", "encoding", "key", "clock", "signing"]),
    ("cookie", &["size", "error", "encoding", "clock"]),
    ("sessions", &["error", "encoding", "key", "clock", "signing", "codec", "cookie"]),
    ("middleware", &[]),
];

/// These see of the crate what everybody sees: what stands at its root.
const ADAPTERS: [&str; 1] = ["middleware"];

/// The rooms that have a foreign crate to themselves.
const SOLE_USERS: [(&str, &[&str]); 18] = [
    ("actix_web", &["middleware/actix/extract.rs", "middleware/actix/future.rs", "middleware/actix/middleware.rs"]),
    ("axum_core", &["middleware/tower/extract.rs"]),
    ("http", &["middleware/tower/extract.rs", "middleware/tower/future.rs", "middleware/tower/layer.rs"]),
    ("pin_project_lite", &["middleware/actix/future.rs", "middleware/tower/future.rs"]),
    ("tower_layer", &["middleware/tower/layer.rs"]),
    ("tower_service", &["middleware/tower/layer.rs"]),
    ("tracing", &["middleware/handle.rs", "middleware/missing.rs", "middleware/visit.rs"]),
    ("base16ct", &["encoding.rs"]),
    ("base64", &["encoding.rs"]),
    ("zeroize", &["key.rs", "signing/mac.rs"]),
    ("hmac", &["signing/mac.rs"]),
    ("sha2", &["signing/mac.rs"]),
    ("sha1", &["signing/mac.rs"]),
    ("serde_json", &["codec/json.rs", "codec/text.rs"]),
    ("serde_transcode", &["codec/text.rs"]),
    ("flate2", &["codec/zlib.rs"]),
    ("rmp_serde", &["codec/msgpack.rs"]),
    (
        "time",
        &[
            "cookie/set_cookie.rs",
            "sessions/expiry.rs",
            "sessions/lifetime.rs",
            "sessions/session.rs",
            "sessions/sessions.rs",
            "sessions/stored.rs",
        ],
    ),
];

/// Every file of src/, by its path there, with its text less comments.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, files);
            } else {
                files.push(path);
            }
        }
    }
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&src, &mut files);
    files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            (path.strip_prefix(&src).unwrap().to_str().unwrap().replace('\\', "/"), code)
        })
        .collect()
}

/// The words that follow `prefix`, wherever it stands.
fn words_after<'c>(code: &'c str, prefix: &'static str) -> impl Iterator<Item = &'c str> {
    code.match_indices(prefix).map(move |(at, _)| {
        let rest = &code[at + prefix.len()..];
        &rest[..rest.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(rest.len())]
    })
}

#[test]
fn imports_point_down() {
    let known: BTreeSet<&str> = FLOORS.iter().map(|(module, _)| *module).collect();
    for (path, code) in sources() {
        let module = path.split(['/', '.']).next().unwrap();
        if module == "lib" {
            continue;
        }
        let (_, below) = FLOORS.iter().find(|(name, _)| *name == module).expect("a module without a floor");
        for imported in words_after(&code, "crate::") {
            if ADAPTERS.contains(&module) && !known.contains(imported) {
                continue;
            }
            assert!(known.contains(imported), "{path} imports {imported}, which is no module");
            assert!(imported == module || below.contains(&imported), "{path} reaches up to {imported}");
        }
    }
}

#[test]
fn each_foreign_crate_has_one_room() {
    for (path, code) in sources() {
        for (foreign, rooms) in SOLE_USERS {
            let used = code.match_indices(foreign).any(|(at, _)| {
                let before = code[..at].chars().next_back();
                let boundary = before.is_none_or(|char| !char.is_alphanumeric() && char != '_' && char != ':');
                boundary && code[at + foreign.len()..].starts_with("::")
            });
            assert!(!used || rooms.contains(&path.as_str()), "{path} uses {foreign}");
        }
    }
}

/// `lib.rs` and every `mod.rs` are tables of contents.
#[test]
fn indexes_hold_no_items() {
    for (path, code) in sources() {
        if !path.ends_with("mod.rs") && path != "lib.rs" {
            continue;
        }
        for line in code.split_inclusive([';', ']']).map(str::trim).filter(|line| !line.is_empty()) {
            let index = [
                "mod ",
                "pub mod ",
                "pub(crate) mod ",
                "pub use ",
                "pub(crate) use ",
                "#[cfg(",
                "#![doc",
                "#![warn",
                "#![cfg_attr",
            ]
            .iter()
            .any(|start| line.starts_with(start));
            assert!(index, "{path} holds {line:?}");
        }
    }
}

/// A tag is compared by hmac, in constant time and whole. One that we make is only written down, so that nobody else can
/// compare it.
#[test]
fn tags_are_compared_in_one_place() {
    let sources = sources();
    let lines = |call: &str| -> Vec<(&str, &str)> {
        let lines = sources.iter().flat_map(|(path, code)| code.lines().map(|line| (path.as_str(), line.trim())));
        let mut lines: Vec<_> = lines.filter(|(_, line)| line.contains(call)).collect();
        lines.sort_unstable();
        lines
    };
    let compared = "self.clone().chain_update(message).verify_slice(tag).is_ok()";
    assert_eq!(lines(".verify_"), [("signing/mac.rs", compared)]);
    let written = [
        ("signing/hexdigest.rs", "encoding::hex_encode(self.0.tag(message).as_bytes())"),
        ("signing/mac.rs", "self.current().tag(message)"),
        ("signing/signer.rs", "let tag = self.macs.tag(&value);"),
    ];
    assert_eq!(lines(".tag("), written);
    let (_, signer) = sources.iter().find(|(path, _)| path == "signing/signer.rs").unwrap();
    let after = signer.split_once(written[2].1).unwrap().1;
    assert_eq!(words_after(after, "tag.").collect::<Vec<_>>(), ["as_bytes"], "it is written, and that is all");
    let digests = [
        (
            "sessions/auth.rs",
            "session.extend([(USER_ID, id), (BACKEND, backend), (HASH, &self.0.sign(password.as_bytes()))])",
        ),
        ("sessions/auth.rs", "session.insert(HASH, self.0.sign(password.as_bytes()))"),
        (
            "sessions/stored.rs",
            r#"encoding::standard_base64_encode(&[self.digest.sign(&ascii).as_bytes(), b":", &ascii].concat())"#,
        ),
    ];
    assert_eq!([lines(".0.sign("), lines("digest.sign(")].concat(), digests);
}
