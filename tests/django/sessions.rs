//! Whole sessions.

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::check::Check;
use crate::question::Op;

/// The token that the example `read_cookie` has printed is a session to Django too: the same.
pub fn example(check: &mut Check) {
    let [Ok(secret_key), Ok(token)] = ["DJANGO_EXAMPLE_SECRET", "DJANGO_EXAMPLE_TOKEN"].map(env::var) else {
        return;
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
    check.compare(vec![Op::Session { secret_key, token }.at(now)]);
}
