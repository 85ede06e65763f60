//! Logging a user out everywhere with a number that is hashed together with the password: the recipe of `SessionAuth`.

use serde_json::json;

use crate::check::Check;
use crate::question::Op;
use crate::rules::{Verdict, judge};
use crate::sites;
use crate::views;
use crate::visit::{Site, Step, UserModel, Visit};

/// A user who logged in on one side is logged in on both, also after a key rotation. When the number is incremented,
/// the user is logged out on both.
pub fn epochs(check: &mut Check) {
    let logins = check.draw(100, |random| {
        let salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash".to_owned();
        let user_model = Some(UserModel { salt, overrides: "_get_session_auth_hash with an epoch" });
        let site = Site { user_model, ..sites::site(random) };
        let password = hashed(&views::password(random), random.below(1000));
        let steps = vec![Step::Login { id: "42".to_owned(), password }];
        Op::Visit(Visit { site, cookie: None, steps, status: 200 }).at(1_700_000_000.0)
    });
    let mut next = Vec::new();
    for case in check.compare(logins) {
        let Op::Visit(Visit { site, steps, .. }) = &case.question.op else { continue };
        let [Step::Login { password, .. }] = &steps[..] else { continue };
        let (column, epoch) = password.rsplit_once('|').unwrap();
        let later = hashed(column, epoch.parse::<usize>().unwrap() + 1);
        let steps = [password, &later, password].map(|text| Step::GetUser { password: Some(text.clone()) }).to_vec();
        for token in case.set_cookies().into_iter().flatten() {
            let (mut site, steps, cookie) = (site.clone(), steps.clone(), Some(format!("{}={token}", site.name)));
            if check.random.once_in(3) {
                site.keys.insert(0, check.random.key());
            }
            next.push(Op::Visit(Visit { site, cookie, steps, status: 200 }).at(case.now() + 0.5));
        }
    }
    check.compare_by(next, |case| {
        let seen = case.ours.as_ref().map(|seen| &seen["results"]);
        match judge(&case.ours, &case.django) {
            _ if seen != Ok(&json!([{ "Ok": "42" }, { "Ok": null }, { "Ok": null }])) => Verdict::Disagreement,
            verdict => verdict,
        }
    });
}

/// Returns the text that replaces the password column.
fn hashed(password: &str, epoch: usize) -> String {
    format!("{password}|{epoch}")
}
