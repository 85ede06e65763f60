//! `page`: prints the HTML page that inspects in a browser.

use crate::exit::Output;

/// One file, which loads nothing and sends nothing: its Content-Security-Policy forbids both.
const PAGE: &str = include_str!("page.html");

pub(crate) fn run() -> Output {
    Output::text(PAGE)
}
