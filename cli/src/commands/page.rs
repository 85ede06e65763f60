//! `page`: prints the HTML page that inspects sessions in a browser.

use crate::exit::Output;

/// One file. It loads nothing and sends nothing: its Content-Security-Policy forbids both.
const PAGE: &str = include_str!("page.html");

pub(crate) fn run() -> Output {
    Output::text(PAGE)
}
