//! The stock page, for users with Django's permission to change products.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::response::{Redirect, Response};
use axum::{Router, routing::get};
use minijinja::context;
use serde::Deserialize;

use crate::Site;
use crate::error::AppError;
use crate::page::Page;
use crate::product::Product;
use crate::user::User;

pub const PERMISSION: &str = "shop.change_product";

pub fn routes() -> Router<Arc<Site>> {
    Router::new().route("/stock/", get(stock).post(refill))
}

async fn stock(State(site): State<Arc<Site>>, user: User, page: Page) -> Result<Response, AppError> {
    user.require(&site.database, PERMISSION).await?;
    page.render("stock.html", context! { products => Product::all(&site.database).await? })
}

#[derive(Deserialize)]
struct Chosen {
    product: String,
}

async fn refill(
    State(site): State<Arc<Site>>,
    user: User,
    Form(Chosen { product }): Form<Chosen>,
) -> Result<Redirect, AppError> {
    user.require(&site.database, PERMISSION).await?;
    let sql = "UPDATE shop_product SET stock = stock + 10 WHERE slug = $1";
    match sqlx::query(sql).bind(product).execute(&site.database).await?.rows_affected() {
        0 => Err(AppError::NotFound),
        _ => Ok(Redirect::to("/stock/")),
    }
}
