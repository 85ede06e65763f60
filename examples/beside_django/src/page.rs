//! The pages: the templates of the Django site, with the variables that `site/shop/context.py` adds to each of them.

use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};
use django_session::{CsrfToken, Session};
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Serialize;

use crate::error::AppError;
use crate::flash::Flash;
use crate::session::WebSession;
use crate::user::User;
use crate::{Site, cart, stock};

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    // As in Django, an undefined variable is empty, and its attributes are empty too.
    templates.set_undefined_behavior(UndefinedBehavior::Chainable);
    macro_rules! include {
        ($($name:literal)*) => {
            [$(($name, include_str!(concat!("../site/templates/", $name)))),*]
        };
    }
    for (name, text) in include! {
        "account.html" "base.html" "cart.html" "csrf.html" "message.html" "registration/login.html" "sessions.html"
        "stock.html"
    } {
        templates.add_template(name, text).expect("the templates are valid");
    }
    templates
});

fn render(name: &str, context: Value) -> Result<Html<String>, minijinja::Error> {
    Ok(Html(TEMPLATES.get_template(name)?.render(context)?))
}

/// The data that every page shows. Extracting it counts the visit.
#[derive(Serialize)]
pub struct Page {
    #[serde(skip)]
    pub flash: Flash,
    #[serde(skip)]
    csrf: CsrfToken,
    server: &'static str,
    engine: String,
    user: Option<User>,
    visits: u64,
    expiry: String,
    expiry_seconds: i64,
    expires_at_browser_close: bool,
    cart_count: u32,
    may_change_stock: bool,
    lists_sessions: bool,
}

impl FromRequestParts<Arc<Site>> for Page {
    type Rejection = AppError;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, AppError> {
        // First, because this flushes the session if the password has changed.
        let user = <User as OptionalFromRequestParts<_>>::from_request_parts(parts, site).await?;
        let may_change_stock = match &user {
            Some(user) => user.has_perm(&site.database, stock::PERMISSION).await?,
            None => false,
        };
        let flash = Flash::from_request_parts(parts, site).await?;
        let csrf = <CsrfToken as FromRequestParts<_>>::from_request_parts(parts, site).await?;
        let session = <WebSession as FromRequestParts<_>>::from_request_parts(parts, site).await?;
        session.with(|session| {
            let expiry_seconds = session.expiry_age(SystemTime::now()).whole_seconds();
            Ok(Self {
                flash,
                csrf,
                server: "Rust",
                engine: site.settings.engine.clone(),
                user,
                visits: count_visit(session)?,
                expiry: spell(expiry_seconds),
                expiry_seconds,
                expires_at_browser_close: session.expires_at_browser_close(),
                cart_count: cart::count(session)?,
                may_change_stock,
                lists_sessions: site.revocation.is_some(),
            })
        })
    }
}

impl Page {
    /// Renders a template. `context` has the variables of this page alone.
    pub fn render(mut self, template: &str, context: Value) -> Result<Response, AppError> {
        let (messages, csrf_token) = (self.flash.take(), self.csrf.get()?);
        let common = context! { messages, csrf_token, ..Value::from_serialize(&self) };
        self.flash.answer(render(template, context! { ..context, ..common })?)
    }
}

fn count_visit(session: &mut Session) -> Result<u64, AppError> {
    let visits = session.get::<u64>("visits")?.unwrap_or(0).saturating_add(1);
    session.insert("visits", visits)?;
    Ok(visits)
}

/// Formats a number of seconds in the largest unit that divides it: 1209600 is 14 days.
fn spell(seconds: i64) -> String {
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let (size, unit) = units.into_iter().find(|(size, _)| seconds % size == 0).unwrap_or((1, "second"));
    let number = seconds / size;
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

/// Returns a page with a message and a link. It does not need a session.
pub fn message(status: StatusCode, title: &str, text: &str, href: &str) -> Response {
    message_with_reason(status, title, text, href, "")
}

/// Like [`message`], with the technical reason.
pub fn message_with_reason(status: StatusCode, title: &str, text: &str, href: &str, reason: &str) -> Response {
    let link = if href == "/" { "Back to the teas" } else { "Back" };
    match render("message.html", context! { title, text, href, link, reason }) {
        Ok(page) => (status, page).into_response(),
        Err(error) => {
            tracing::error!(%error, "an error page could not be rendered");
            status.into_response()
        }
    }
}
