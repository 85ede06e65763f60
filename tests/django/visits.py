"""Makes visits with Django's SessionMiddleware and the signed_cookies engine: a request with a Cookie header, the steps of a
view with the session, and the response.

The answer of `visit` has all visible effects: results, accessed and modified after the view; Set-Cookie, Vary or the error
after the middleware; and what the session contains then. `otherwise` is the same with departures.py.
"""

import json
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from fractions import Fraction

from django.conf import UserSettingsHolder, settings
from django.contrib import auth
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.signing import JSONSerializer
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import timezone as django_timezone

import accounts
import departures
import world
from values import notes

FACTORY = RequestFactory()
MISSING = object()
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
OUT_OF_RANGE = [kind.__name__ for kind in departures.OUT_OF_RANGE]


def visit(site, **asked):
    return both_ways(site, lambda departs: show(departs or SessionMiddleware, **asked), departures.DepartingMiddleware)


def both_ways(site, show, departs, **more):
    """Returns the result of `show` for Django, and sets `otherwise` to its result for the departing middleware."""
    accounts.Backend.model = accounts.model(site)
    with changed_settings(**site_settings(site), **more), local_clock():
        plain = show(None)
        departing = show(departs)
    if departing == plain:
        notes.clear()
    else:
        notes["otherwise"] = departing
    return plain


def show(middleware, cookie, steps, status, table=None):
    """Makes the visit. `table` has the sessions if they are rows."""
    seen = {}

    def view(request):
        seen["results"] = [outcome(lambda: take(request, step)) for step in steps]
        seen["accessed"], seen["modified"] = request.session.accessed, request.session.modified
        if table:
            table.meanwhile(request)
        return HttpResponse(status=status)

    # WSGI decodes headers as Latin-1.
    headers = {} if cookie is None else {"HTTP_COOKIE": cookie.encode().decode("latin-1")}
    request = FACTORY.get("/", **headers)
    response, error = world.outcome(lambda: middleware(view)(request))
    if error is None:
        set_cookies = [morsel.OutputString() for morsel in response.cookies.values()]
        seen |= {"set_cookie": set_cookies, "vary": response.get("Vary")}
    else:
        seen["error"] = "ExpiryOutOfRange" if error in OUT_OF_RANGE else error
        if error == departures.CookieTooLarge.__name__:
            seen["sizes"] = request.session.sizes
    if table:
        seen |= table.seen(seen.get("set_cookie"))
    return seen | {"left": outcome(lambda: items(request.session))}


def take(request, step):
    """Takes one step. A step that is not listed calls the method with its name."""
    session = request.session
    match step:
        case {"step": "get", "key": key}:
            value = session.get(key, MISSING)
            return None if value is MISSING else json_text(value)
        case {"step": "contains", "key": key}:
            return key in session
        case {"step": "set", "key": key, "value": value}:
            session[key] = json.loads(value)
        case {"step": "delete", "key": key}:
            del session[key]
        case {"step": "pop", "key": key}:
            return json_text(session.pop(key))
        case {"step": "setdefault", "key": key, "value": value}:
            return json_text(session.setdefault(key, json.loads(value)))
        case {"step": "update", "pairs": pairs}:
            session.update([(key, json.loads(value)) for key, value in pairs])
        case {"step": "keys"}:
            return [json_text(key) for key in session.keys()]
        case {"step": "items"}:
            return items(session)
        case {"step": "mark_modified"}:
            session.modified = True
        case {"step": "discard"}:
            session.modified = False
            session.discarded = True  # only departures.py reads this
        case {"step": "is_modified"}:
            return session.modified
        case {"step": "is_accessed"}:
            return session.accessed
        case {"step": "set_expiry", "value": value}:
            session.set_expiry(json.loads(value))
        case {"step": "set_expiry_in", "seconds": seconds}:
            session.set_expiry(timedelta(seconds=seconds))
        case {"step": "set_expiry_at", "micros": micros, "offset": offset}:
            date = (EPOCH + timedelta(microseconds=micros)).astimezone(timezone(timedelta(seconds=offset)))
            session.set_expiry(date if settings.USE_TZ else date.astimezone(settings.LOCAL).replace(tzinfo=None))
        case {"step": "get_expiry_age", "modification": modification}:
            return str(round(Fraction(session.get_expiry_age(**moment(modification))) * 10**6))
        case {"step": "get_expiry_date", "modification": modification}:
            return date_parts(session.get_expiry_date(**moment(modification)))
        case {"step": "login", "id": id, "password": password}:
            auth.login(request, accounts.Backend.model(pk=int(id), password=password), backend=accounts.BACKEND)
        case {"step": "get_user", "password": password}:
            accounts.Backend.password = password
            return None if (pk := auth.get_user(request).pk) is None else str(pk)
        case {"step": "update_hash", "password": password}:
            request.user = accounts.Backend.model(password=password)
            auth.update_session_auth_hash(request, request.user)
        case {"step": method}:
            return getattr(session, method)()


def outcome(call):
    result, error = world.outcome(call)
    return {"Ok": result} if error is None else {"Err": error}


def items(session):
    return [[json_text(key), json_text(value)] for key, value in session.items()]


def json_text(value):
    return JSONSerializer().dumps(value).decode("latin-1")


def moment(modification):
    if modification is None:
        return {}
    aware = datetime.fromtimestamp(modification, timezone.utc)
    return {"modification": aware if settings.USE_TZ else aware.astimezone(settings.LOCAL).replace(tzinfo=None)}


def date_parts(date):
    """Returns the microseconds, and the offset if dates have one."""
    aware = date if date.tzinfo else date.replace(tzinfo=settings.LOCAL)
    micros = (aware - EPOCH) // timedelta(microseconds=1)
    return [micros, int(aware.utcoffset().total_seconds())] if settings.USE_TZ else [micros]


def site_settings(site):
    current, *older = site["keys"]
    local = site["local"]
    return {
        "SECRET_KEY": current,
        "SECRET_KEY_FALLBACKS": older,
        "SESSION_COOKIE_NAME": site["name"],
        "SESSION_COOKIE_AGE": site["age"],
        "SESSION_COOKIE_DOMAIN": site["domain"],
        "SESSION_COOKIE_PATH": site["path"],
        "SESSION_COOKIE_SECURE": site["secure"],
        "SESSION_COOKIE_HTTPONLY": site["http_only"],
        "SESSION_COOKIE_SAMESITE": site["same_site"],
        "SESSION_SAVE_EVERY_REQUEST": site["save_every_request"],
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": site["expire_at_browser_close"],
        "AUTHENTICATION_BACKENDS": [accounts.BACKEND],
        "USER_SALT": (site["user_model"] or {}).get("salt"),  # not one of Django's settings
        "USE_TZ": local is None,
        "LOCAL": timezone(timedelta(seconds=local or 0)),  # not one of Django's settings
    }


@contextmanager
def changed_settings(**changes):
    """Like override_settings, but faster: it does not send a signal."""
    before, changed = settings._wrapped, UserSettingsHolder(settings._wrapped)
    for name, value in changes.items():
        setattr(changed, name, value)
    settings._wrapped = changed
    try:
        yield
    finally:
        settings._wrapped = before


@contextmanager
def local_clock():
    """Replaces Django's clock with one without an offset, for a site with USE_TZ = False."""
    now = django_timezone.now
    if not settings.USE_TZ:
        moment = now().replace(tzinfo=timezone.utc).astimezone(settings.LOCAL).replace(tzinfo=None)
        django_timezone.now = lambda: moment
    try:
        yield
    finally:
        django_timezone.now = now
