"""The variables that every page of the shop shows. `page.rs` passes the same names to the same templates."""

import os

from django.conf import settings

from shop import cart

UNITS = [(86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")]


def spell(seconds):
    """Formats a number of seconds in the largest unit that divides it: 1209600 is 14 days."""
    size, unit = next((size, unit) for size, unit in UNITS if seconds % size == 0)
    number = seconds // size
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def page(request):
    match = request.resolver_match
    if match is None or "admin" in match.namespaces:
        return {}
    user, session = request.user, request.session
    bool(user)  # first, because this flushes the session if the password has changed
    session["visits"] = session.get("visits", 0) + 1
    age = session.get_expiry_age()
    return {
        "server": "Django",
        "engine": settings.ENGINE,
        "visits": session["visits"],
        "expiry": spell(age),
        "expiry_seconds": age,
        "expires_at_browser_close": session.get_expire_at_browser_close(),
        "cart_count": cart.count(session),
        "lists_sessions": "REDIS_URL" in os.environ,
        "may_change_stock": user.has_perm("shop.change_product"),
    }
