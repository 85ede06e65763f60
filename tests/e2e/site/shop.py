"""The shop: one page with the session on it, and a form for everything that can happen to it."""

import os

from django.conf import settings
from django.contrib import auth
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST


def index(request):
    session = request.session
    user = request.user.get_username() or "nobody"  # first of all, for this flushes the session of an old password
    session["visits"] = session.get("visits", 0) + 1
    closes = ", or when the browser closes" if session.get_expire_at_browser_close() else ""
    return render(
        request,
        "page.html",
        {
            "user": user,
            "visits": session["visits"],
            "cart": session.get("cart", []),
            "expiry": f"{session.get_expiry_age()} seconds{closes}",
        },
    )


def form(change):
    """A form that does this, and leads back to the page."""

    @require_POST
    def view(request):
        change(request)
        return redirect("/")

    return path(change.__name__, view)


def login(request):
    if user := auth.authenticate(request, username=request.POST["username"], password=request.POST["password"]):
        auth.login(request, user)


def logout(request):
    auth.logout(request)


def add(request):
    request.session["cart"] = [*request.session.get("cart", []), request.POST["item"]]


def clear(request):
    request.session.pop("cart", None)


def remember(request):
    seconds = request.POST["seconds"]
    request.session.set_expiry(int(seconds) if seconds else None)


def password(request):
    request.user.set_password(request.POST["password"])
    request.user.save()
    auth.update_session_auth_hash(request, request.user)


urlpatterns = [path("", index), *map(form, [login, logout, add, clear, remember, password])]


@receiver(post_save, sender="auth.User")
def write_users(sender, **_):
    lines = ("\t".join(map(str, row)) for row in sender.objects.values_list("id", "username", "password"))
    with open(settings.USERS + ".partial", "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)
    os.replace(file.name, settings.USERS)
