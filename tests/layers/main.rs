//! Imports in src/ go in one direction, and each dependency is used by designated files only.

#![allow(unreachable_pub, reason = "only the modules of this program use its items")]

mod modules;
mod paths;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use modules::{Kind, Module, Modules, Target};
use paths::is_punct;
use proc_macro2::TokenTree;

/// The top-level modules of src/, the lowest first, each with the modules from which it imports.
const ROOMS: [(&str, &[&str]); 20] = [
    ("encoding", &[]),
    ("html", &[]),
    ("random", &[]),
    ("size", &[]),
    ("python_type", &[]),
    ("compression", &[]),
    ("error", &["python_type", "random", "size"]),
    ("key", &["error", "random"]),
    ("clock", &[]),
    ("signing", &["error", "encoding", "key", "clock"]),
    ("json", &["encoding", "error"]),
    ("pickle", &["error", "encoding", "json", "python_type"]),
    ("encryption", &["compression", "error", "key", "random"]),
    ("codec", &["compression", "error", "encoding", "key", "clock", "signing", "json", "pickle", "encryption"]),
    ("cookie", &["size", "error", "encoding", "key", "clock", "signing"]),
    (
        "sessions",
        &[
            "compression",
            "random",
            "error",
            "encoding",
            "key",
            "clock",
            "signing",
            "json",
            "pickle",
            "encryption",
            "codec",
            "cookie",
        ],
    ),
    ("csrf", &["encoding", "html", "random", "error", "clock", "cookie", "sessions"]),
    ("messages", &["compression", "html", "error", "key", "clock", "signing", "json", "codec", "cookie", "sessions"]),
    ("middleware", &[ROOT]),
    ("guide", &[]),
];

/// The exports of lib.rs. The middleware imports only from there, so it sees only what users see.
const ROOT: &str = "lib";

/// The files that may use each dependency. "folder/" means all files in it.
const USERS: [(&str, &[&str]); 26] = [
    ("actix_web", &["middleware/actix/"]),
    ("aes", &["encryption/aead.rs"]),
    ("aes_gcm_siv", &["encryption/aead.rs"]),
    ("axum_core", &["middleware/tower/csrf_extract.rs", "middleware/tower/extract.rs"]),
    ("base16ct", &["encoding.rs"]),
    ("base64", &["encoding.rs"]),
    ("bytes", &["middleware/tower/csrf.rs"]),
    ("flate2", &["codec/zlib.rs"]),
    ("getrandom", &["random.rs"]),
    ("hkdf", &["encryption/aead.rs"]),
    ("hmac", &["signing/mac.rs"]),
    ("http", &["middleware/tower/"]),
    ("http_body", &["middleware/tower/csrf.rs"]),
    ("pin_project_lite", &["middleware/future.rs"]),
    // Only listed in Cargo.toml to enable one of its features.
    ("polyval", &[]),
    ("rmp_serde", &["codec/msgpack.rs"]),
    ("serde", &["codec/", "json/", "messages/wire.rs", "middleware/handle.rs", "sessions/items.rs"]),
    ("serde_json", &["json/"]),
    ("sha1", &["signing/mac.rs"]),
    ("sha2", &["encryption/aead.rs", "signing/mac.rs"]),
    ("subtle", &["csrf/secret.rs", "key.rs", "signing/mac.rs"]),
    (
        "time",
        &[
            "cookie/set_cookie.rs",
            "sessions/cached.rs",
            "sessions/cookie.rs",
            "sessions/lifetime/",
            "sessions/stored.rs",
            "sessions/stored_commit.rs",
        ],
    ),
    ("tower_layer", &["middleware/tower/csrf.rs", "middleware/tower/layer.rs"]),
    ("tower_service", &["middleware/tower/csrf.rs", "middleware/tower/layer.rs"]),
    ("tracing", &["middleware/csrf/", "middleware/missing.rs", "middleware/shared.rs", "middleware/visit.rs"]),
    ("zeroize", &["codec/", "csrf/cookie.rs", "csrf/secret.rs", "encryption/", "key.rs", "signing/mac.rs"]),
];

/// A path in one file that leads to another file or to an item in it.
struct Import<'m> {
    from: &'m Module,
    to: &'m Module,
    through_root: bool,
}

fn imports(modules: &Modules) -> Vec<Import<'_>> {
    let mut imports = Vec::new();
    for from in modules.iter().filter(|module| !module.is_index()) {
        for path in &from.paths {
            let Target { kind, through_root } = modules.resolve(from, &path.segments);
            if let Kind::File(to) = kind
                && to.file != from.file
            {
                imports.push(Import { from, to, through_root });
            }
        }
    }
    assert!(imports.len() > 100, "only {} imports", imports.len());
    imports
}

/// Asserts that the table lists exactly what is found in src/.
fn assert_listed(found: &BTreeSet<String>, listed: &BTreeSet<String>) {
    let unlisted: Vec<_> = found.difference(listed).collect();
    let unused: Vec<_> = listed.difference(found).collect();
    assert!(unlisted.is_empty() && unused.is_empty(), "not listed: {unlisted:#?}; listed, but not found: {unused:#?}");
}

#[test]
fn no_files_import_each_other() {
    let modules = Modules::read();
    let mut next: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for import in imports(&modules) {
        next.entry(&import.from.file).or_default().insert(&import.to.file);
    }
    let mut reach = BTreeMap::new();
    for file in next.keys() {
        let mut reached = BTreeSet::new();
        let mut ahead = vec![*file];
        while let Some(file) = ahead.pop() {
            ahead.extend(next.get(file).into_iter().flatten().copied().filter(|file| reached.insert(*file)));
        }
        reach.insert(*file, reached);
    }
    let in_circles: Vec<_> =
        reach.iter().filter(|(file, reached)| reached.contains(*file)).map(|(file, _)| file).collect();
    assert!(in_circles.is_empty(), "{in_circles:?}");
}

#[test]
fn rooms_import_from_lower_rooms() {
    let modules = Modules::read();
    let mut found = BTreeSet::new();
    for Import { from, to, through_root } in imports(&modules) {
        let room = if through_root { ROOT } else { to.room() };
        if from.room() != room {
            found.insert(format!("{} imports from {room}", from.room()));
        }
    }
    let mut listed = BTreeSet::new();
    for (place, (room, lower)) in ROOMS.iter().enumerate() {
        for other in *lower {
            assert!(
                *other == ROOT || ROOMS[..place].iter().any(|(below, _)| below == other),
                "{other} is not listed before {room}"
            );
            listed.insert(format!("{room} imports from {other}"));
        }
    }
    assert_listed(&found, &listed);
    let rooms: BTreeSet<String> =
        modules.iter().map(|module| module.room().to_owned()).filter(|room| room != ROOT).collect();
    assert_listed(&rooms, &ROOMS.iter().map(|(room, _)| (*room).to_owned()).collect());
}

#[test]
fn each_dependency_is_used_by_designated_files() {
    let dependencies = dependencies();
    assert_listed(&dependencies, &USERS.iter().map(|(name, _)| (*name).to_owned()).collect());
    let modules = Modules::read();
    let mut found = BTreeSet::new();
    for module in modules.iter() {
        for path in &module.paths {
            if let Kind::Other(name) = modules.resolve(module, &path.segments).kind
                && let Some((_, users)) = USERS.iter().find(|(listed, _)| *listed == name)
            {
                let covers =
                    |user: &&&str| **user == module.file || user.ends_with('/') && module.file.starts_with(**user);
                found.insert(format!("{name} in {}", users.iter().find(covers).unwrap_or(&&*module.file)));
            }
        }
    }
    let listed = USERS.iter().flat_map(|(name, users)| users.iter().map(move |user| format!("{name} in {user}")));
    assert_listed(&found, &listed.collect());
}

/// Returns the names of the dependencies in Cargo.toml, as they are written in Rust.
fn dependencies() -> BTreeSet<String> {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines() {
        if let Some(header) = line.strip_prefix('[') {
            inside = header == "dependencies]";
            let name = header.strip_prefix("dependencies.");
            names.extend(name.map(|name| name.trim_end_matches(']').replace('-', "_")));
        } else if inside
            && let Some((name, _)) = line.split_once(" = ")
            && !line.starts_with('#')
        {
            names.insert(name.replace('-', "_"));
        }
    }
    names
}

/// lib.rs and each mod.rs contain only `mod` and `use` lines.
#[test]
fn indexes_hold_no_items() {
    for module in Modules::read().iter().filter(|module| module.is_index()) {
        let tokens = Vec::from_iter(module.code.clone());
        let mut tokens = &tokens[..];
        while let Some(token) = tokens.first() {
            let skipped = match token {
                // Skip attributes, and the parentheses of `pub(crate)`.
                TokenTree::Punct(punct) if matches!(punct.as_char(), '#' | '!') => 1,
                TokenTree::Group(_) => 1,
                TokenTree::Ident(word) if word == "pub" => 1,
                TokenTree::Ident(word) if word == "mod" && is_punct(tokens.get(2), ';') => 3,
                TokenTree::Ident(word) if word == "use" => {
                    1 + tokens.iter().position(|token| is_punct(Some(token), ';')).unwrap()
                }
                other => panic!("{} contains {other}", module.file),
            };
            tokens = &tokens[skipped..];
        }
    }
}
