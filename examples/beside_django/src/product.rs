//! The products: Django's table `shop_product`.

use std::fmt;

use serde::{Serialize, Serializer};
use sqlx::any::AnyRow;
use sqlx::{AnyPool, Row as _};

/// Whole cents, so that sums are exact.
#[derive(Clone, Copy)]
pub struct Cents(pub i64);

impl fmt::Display for Cents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "€{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl Serialize for Cents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[derive(Clone, Serialize)]
pub struct Product {
    pub slug: String,
    pub name: String,
    pub price: Cents,
    pub stock: i64,
}

impl Product {
    const ALL: &str = "SELECT slug, name, cents, stock FROM shop_product";

    pub async fn all(database: &AnyPool) -> Result<Vec<Self>, sqlx::Error> {
        let rows = sqlx::query(&format!("{} ORDER BY id", Self::ALL)).fetch_all(database).await?;
        rows.iter().map(Self::from_row).collect()
    }

    pub async fn by_slug(database: &AnyPool, slug: &str) -> Result<Option<Self>, sqlx::Error> {
        let sql = format!("{} WHERE slug = $1", Self::ALL);
        sqlx::query(&sql).bind(slug).fetch_optional(database).await?.as_ref().map(Self::from_row).transpose()
    }

    fn from_row(row: &AnyRow) -> Result<Self, sqlx::Error> {
        Ok(Self { slug: row.try_get(0)?, name: row.try_get(1)?, price: Cents(row.try_get(2)?), stock: row.try_get(3)? })
    }
}
