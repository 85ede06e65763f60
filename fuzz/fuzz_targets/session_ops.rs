//! A session, its flags and its cookie follow a plain list of pairs through any operations and requests.
#![no_main]

use fuzz::STORE;
use fuzz::model::{Model, Op};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|ops: Vec<Op>| {
    let (mut model, mut session) = (Model::default(), STORE.load(None));
    // What many do, a few do too; and the fuzzer tries more of few.
    for op in ops.iter().take(32) {
        model.apply(op, &STORE, &mut session);
        model.check_flags(&session);
    }
    model.check_items(&session);
});
