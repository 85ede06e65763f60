//! A request passes exactly if its method is safe, or if its origin is allowed and it has the right token.
#![no_main]

use std::sync::LazyLock;

use django_session::{Csrf, CsrfRejection};
use fuzz::csrf::{Request, TRUSTED, Texts, comes_from_a_friend, has_its_token, is_safe};
use libfuzzer_sys::fuzz_target;

static CSRF: LazyLock<Csrf> = LazyLock::new(|| Csrf::builder().trusted_origins(TRUSTED).build().unwrap());

fuzz_target!(|request: Request| {
    let texts = Texts::new(request);
    let request = texts.request();
    let verdict = CSRF.check(&request);
    assert_eq!(verdict.is_ok(), is_safe(&request) || (comes_from_a_friend(&request) && has_its_token(&request)));
    if let Err(rejection) = verdict {
        use CsrfRejection::{BadOrigin, BadReferer, InsecureReferer, MalformedReferer, NoReferer};
        let from = matches!(rejection, BadOrigin(_) | BadReferer(_) | InsecureReferer | MalformedReferer | NoReferer);
        assert_eq!(from, !comes_from_a_friend(&request));
        let page = rejection.to_html();
        let shown = page.split_once("carried out.</p>\n<p>").unwrap().1.strip_suffix("</p>\n</html>\n").unwrap();
        assert!(!shown.contains(['<', '>', '"', '\'']) && !rejection.to_string().contains(char::is_control));
    }
});
