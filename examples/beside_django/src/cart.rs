//! The cart in the session: `"cart": [{"product": "assam", "quantity": 2}, …]` and `"note": "…"`, which Django reads
//! too.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Form, State};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use django_session::Session;
use minijinja::context;
use serde::{Deserialize, Serialize};

use crate::Site;
use crate::error::AppError;
use crate::flash::Flash;
use crate::page::Page;
use crate::product::{Cents, Product};
use crate::session::WebSession;

/// The maximum quantity of one product.
const MOST: u32 = 99;

#[derive(Serialize, Deserialize)]
struct Item {
    product: String,
    quantity: u32,
}

fn items(session: &Session) -> Result<Vec<Item>, AppError> {
    Ok(session.get("cart")?.unwrap_or_default())
}

/// Returns the number of tins in the cart.
pub fn count(session: &Session) -> Result<u32, AppError> {
    Ok(items(session)?.iter().fold(0, |sum, item| sum.saturating_add(item.quantity)))
}

pub fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/cart/", get(cart))
        .route("/cart/add", post(add))
        .route("/cart/remove", post(remove))
        .route("/cart/note", post(note))
        .route("/cart/empty", post(empty))
}

#[derive(Serialize)]
struct Line {
    product: Product,
    quantity: u32,
    total: Cents,
}

async fn cart(State(site): State<Arc<Site>>, session: WebSession, page: Page) -> Result<Response, AppError> {
    let (items, note) = session
        .with(|session| Ok::<_, AppError>((items(session)?, session.get::<String>("note")?.unwrap_or_default())))?;
    let products = Product::all(&site.database).await?;
    let (mut lines, mut sum) = (Vec::new(), 0_i64);
    for Item { product, quantity } in items {
        // A product that is no longer sold is left out.
        let Some(product) = products.iter().find(|known| known.slug == product).cloned() else { continue };
        let total = Cents(product.price.0.saturating_mul(quantity.into()));
        sum = sum.saturating_add(total.0);
        lines.push(Line { product, quantity, total });
    }
    page.render("cart.html", context! { lines, total => Cents(sum), note })
}

#[derive(Deserialize)]
struct Chosen {
    product: String,
}

async fn add(
    State(site): State<Arc<Site>>,
    session: WebSession,
    flash: Flash,
    Form(Chosen { product }): Form<Chosen>,
) -> Result<Response, AppError> {
    let Product { slug, name, .. } = Product::by_slug(&site.database, &product).await?.ok_or(AppError::NotFound)?;
    session.with(|session| {
        let mut items = items(session)?;
        match items.iter_mut().find(|item| item.product == slug) {
            Some(item) => item.quantity = item.quantity.saturating_add(1).min(MOST),
            None => items.push(Item { product: slug, quantity: 1 }),
        }
        session.insert("cart", items)?;
        Ok::<_, AppError>(())
    })?;
    flash.success(format!("{name} is in your cart."), "/cart/")
}

async fn remove(session: WebSession, Form(Chosen { product }): Form<Chosen>) -> Result<Redirect, AppError> {
    session.with(|session| {
        let mut items = items(session)?;
        items.retain(|item| item.product != product);
        session.insert("cart", items)?;
        Ok(Redirect::to("/cart/"))
    })
}

#[derive(Deserialize)]
struct Note {
    note: String,
}

async fn note(session: WebSession, flash: Flash, Form(Note { note }): Form<Note>) -> Result<Response, AppError> {
    let text = if note.is_empty() { "We will write nothing.".to_owned() } else { format!("We will write: {note}") };
    session.with(|session| session.insert("note", note))?;
    flash.success(text, "/cart/")
}

async fn empty(session: WebSession) -> Redirect {
    session.with(|session| {
        session.remove("cart");
        session.remove("note");
    });
    Redirect::to("/cart/")
}
