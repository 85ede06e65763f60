//! Through any operations and requests, a session, its flags and its cookie agree with a model: a plain list of pairs.
#![no_main]

use std::sync::LazyLock;

use django_session::{CookieOptions, CookieSessions};
use fuzz::model::{Model, Op};
use fuzz::{keys, sessionid, sessions};
use libfuzzer_sys::fuzz_target;

/// One site writes changed sessions, the other saves every request. Both have a former cookie scope.
static SITES: LazyLock<[CookieSessions; 2]> = LazyLock::new(|| {
    [false, true].map(|save| {
        let present = CookieOptions::builder("sessionid").domain("example.com").build().unwrap();
        sessions(&keys(), present).with_former_cookie(&sessionid()).with_save_every_request(save)
    })
});

fuzz_target!(|input: (bool, Vec<Op>)| {
    let (save, ops) = input;
    let site = &SITES[usize::from(save)];
    let (mut model, mut session) = (Model::default(), site.load(None));
    // A few operations find the same bugs as many, and the fuzzer can try more of them.
    for op in ops.iter().take(32) {
        model.apply(op, site, &mut session);
        model.check_flags(&session);
    }
    model.check_items(&session);
});
