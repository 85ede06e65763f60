"""Visits to a site with the middleware and the signal receivers of `django_session_rs.lifetimes`.

The answer has the results of the view, the keys and values that are written, and the token.
"""

from contextlib import contextmanager

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.cache import caches
from django.http import HttpResponse
from django_session_rs import lifetimes

import accounts
import visits

DENY_LIST = "deny_list"


def visit(site, cookie, steps, status, absolute_age, unstamped, ids, denied):
    seen = {}

    def view(request):
        seen["results"] = [visits.outcome(lambda: visits.take(request, step)) for step in steps]
        return HttpResponse(status=status)

    accounts.Backend.model = accounts.model(site)
    settings = visits.site_settings(site) | {
        "SESSION_ABSOLUTE_AGE": absolute_age,
        "SESSION_UNSTAMPED": unstamped,
        "SESSION_REVOCATION_CACHE": DENY_LIST if ids else None,
    }
    with visits.changed_settings(**settings), receivers():
        caches[DENY_LIST].set_many({f"session:revoked:{id}": 1 for id in denied}, timeout=None)
        request = visits.FACTORY.get("/", **({} if cookie is None else {"HTTP_COOKIE": cookie}))
        response = SessionMiddleware(lifetimes.LifetimeMiddleware(view))(request)
        caches[DENY_LIST].clear()
    token = getattr(response.cookies.get(site["name"]), "value", "")
    return seen | {"token": token, "written": visits.items(request.session) if token else []}


@contextmanager
def receivers():
    """Connects the signal receivers for this visit only, because the sites of other groups do not have them."""
    lifetimes.connect()
    try:
        yield
    finally:
        user_logged_in.disconnect(lifetimes._logged_in)
        user_logged_out.disconnect(lifetimes._logged_out)
