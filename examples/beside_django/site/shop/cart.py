"""The cart in the session: `"cart": [{"product": "assam", "quantity": 2}, …]` and `"note": "…"`, which Rust reads too."""

from dataclasses import dataclass

from shop.models import Product, euros

MOST = 99  # the maximum quantity of one product


@dataclass
class Line:
    product: Product
    quantity: int

    @property
    def cents(self):
        return self.product.cents * self.quantity

    @property
    def total(self):
        return euros(self.cents)


def lines(session):
    """The lines of the cart, at the current prices. Products that are no longer sold are left out."""
    cart = session.get("cart", [])
    products = Product.objects.in_bulk([line["product"] for line in cart], field_name="slug")
    return [Line(products[line["product"]], line["quantity"]) for line in cart if line["product"] in products]


def count(session):
    return sum(line["quantity"] for line in session.get("cart", []))


def add(session, slug):
    cart = session.get("cart", [])
    for line in cart:
        if line["product"] == slug:
            line["quantity"] = min(line["quantity"] + 1, MOST)
            break
    else:
        cart.append({"product": slug, "quantity": 1})
    session["cart"] = cart  # assign it: Django does not notice that a list in the session has changed


def remove(session, slug):
    session["cart"] = [line for line in session.get("cart", []) if line["product"] != slug]


def empty(session):
    session.pop("cart", None)
    session.pop("note", None)
