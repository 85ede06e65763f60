from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.db import transaction
from django.db.models import F
from django.http import HttpResponseBadRequest, HttpResponseForbidden
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_POST

from shop import cart as carts
from shop.models import Order, OrderLine, Product, euros

# The choices for "Keep me logged in", in seconds. 0 means until the browser closes; "" is the site's default.
CHOICES = [("0", "until I close the browser"), ("86400", "for a day"), ("", "for two weeks")]


def front(request):
    return render(request, "front.html", {"products": Product.objects.all()})


def product(request, slug):
    return render(request, "product.html", {"product": get_object_or_404(Product, slug=slug)})


def cart(request):
    lines = carts.lines(request.session)
    context = {
        "lines": lines,
        "total": euros(sum(line.cents for line in lines)),
        "note": request.session.get("note", ""),
    }
    return render(request, "cart.html", context)


@require_POST
def cart_add(request):
    product = get_object_or_404(Product, slug=request.POST.get("product", ""))
    carts.add(request.session, product.slug)
    messages.success(request, f"{product.name} is in your cart.")
    return redirect("/cart/")


@require_POST
def cart_remove(request):
    carts.remove(request.session, request.POST.get("product", ""))
    return redirect("/cart/")


@require_POST
def cart_note(request):
    note = request.session["note"] = request.POST.get("note", "")
    messages.success(request, f"We will write: {note}" if note else "We will write nothing.")
    return redirect("/cart/")


@require_POST
def cart_empty(request):
    carts.empty(request.session)
    return redirect("/cart/")


@login_required
def account(request):
    seconds = request.session.get("_session_expiry", "")
    return render(request, "account.html", {"choices": CHOICES, "remember": str(seconds)})


@require_POST
@login_required
def remember(request):
    seconds = request.POST.get("seconds", "")
    if seconds and not (seconds.isascii() and seconds.isdecimal() and len(seconds) < 9):
        return HttpResponseBadRequest("The value is not a number of seconds.")
    request.session.set_expiry(int(seconds) if seconds else None)
    return redirect("/account/")


@require_POST
@login_required
def log_out_everywhere(request):
    request.user.log_out_everywhere()
    logout(request)
    messages.success(request, "You have logged out everywhere.")
    return redirect("/")


@login_required
@permission_required("shop.change_product", raise_exception=True)
def stock(request):
    if request.method == "POST":
        product = get_object_or_404(Product, slug=request.POST.get("product", ""))
        Product.objects.filter(pk=product.pk).update(stock=F("stock") + 10)
        return redirect("/stock/")
    return render(request, "stock.html", {"products": Product.objects.all()})


@login_required
def checkout(request):
    lines = carts.lines(request.session)
    if not lines:
        messages.warning(request, "Your cart is empty.")
        return redirect("/cart/")
    total = sum(line.cents for line in lines)
    if request.method != "POST":
        context = {"lines": lines, "total": euros(total), "note": request.session.get("note", "")}
        return render(request, "checkout.html", context)
    with transaction.atomic():
        order = Order.objects.create(user=request.user, note=request.session.get("note", ""), cents=total)
        OrderLine.objects.bulk_create(
            OrderLine(order=order, product=line.product, quantity=line.quantity, cents=line.cents) for line in lines
        )
    carts.empty(request.session)
    return redirect(f"/orders/{order.pk}/")


@login_required
def order(request, number):
    return render(request, "order.html", {"order": get_object_or_404(Order, pk=number, user=request.user)})


class Login(LoginView):
    def form_valid(self, form):
        response = super().form_valid(form)
        self.request.session.set_expiry(None if "remember" in self.request.POST else 0)
        user = self.request.user
        messages.success(self.request, f"Welcome, {user.first_name or user.username}.")
        return response

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        form = context["form"]
        errors = [error for errors in form.errors.values() for error in errors]
        return {**context, "errors": errors, "username": form["username"].value() or ""}


class Logout(LogoutView):
    def post(self, request, *args, **kwargs):
        response = super().post(request, *args, **kwargs)
        messages.success(request, "You have logged out. See you soon!")
        return response


class Password(PasswordChangeView):
    template_name = "registration/password.html"
    success_url = "/account/"

    def form_valid(self, form):
        messages.success(self.request, "Your password is changed.")
        return super().form_valid(form)


def csrf_failure(request, reason=""):
    """Returns the page for a rejected form. It does not use the session, because the cookies may be missing."""
    if reason.startswith(("Origin", "Referer")):
        title, text = "This form was rejected", "It was not sent from a page of this site. Nothing was changed."
    else:
        title = "This page is out of date"
        text = (
            "You have logged in or out since it was shown, or your browser rejects cookies. Nothing was changed. "
            "Please reload the page and send the form again."
        )
    context = {"title": title, "text": text, "href": "/", "link": "Back to the teas", "reason": reason}
    return HttpResponseForbidden(render_to_string("message.html", context))
