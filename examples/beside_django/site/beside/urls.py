"""All pages of the site. The Rust service answers some of these paths before Django sees the request."""

from django.contrib import admin
from django.urls import path
from shop import views

urlpatterns = [
    path("", views.front),
    path("products/<slug:slug>/", views.product),
    path("cart/", views.cart),
    path("cart/add", views.cart_add),
    path("cart/remove", views.cart_remove),
    path("cart/note", views.cart_note),
    path("cart/empty", views.cart_empty),
    path("account/", views.account),
    path("account/remember", views.remember),
    path("account/everywhere", views.log_out_everywhere),
    path("stock/", views.stock),
    path("checkout/", views.checkout),
    path("orders/<int:number>/", views.order),
    path("accounts/login/", views.Login.as_view()),
    path("accounts/logout/", views.Logout.as_view()),
    path("accounts/password/", views.Password.as_view()),
    path("admin/", admin.site.urls),
]
