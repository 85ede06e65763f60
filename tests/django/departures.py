"""Django as it would be if it did what this crate does otherwise on purpose. Each departure leaves its note."""

import math
import re
from datetime import datetime, timezone

from django.conf import settings
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.utils.cache import patch_vary_headers

import world
from values import remark

LONGEST_TOKEN = 8192
# What Python says to a date that is in no calendar.
OUT_OF_RANGE = (OverflowError, ValueError, OSError)


class Serialize(Exception):
    """Not JSON."""


class MalformedExpiry(Exception):
    """Nothing that a session's expiry could be."""


class DepartingStore(SessionStore):
    refused = False

    def load(self):
        session = super().load()
        if not self.refused and (objection := object_to(self.session_key, session)):
            remark(objection)
            self.create()
            return {}
        return session

    def create(self):
        """Only `load` calls this, for a cookie that it refuses."""
        super().create()
        self.refused = True

    def pop(self, key, *default):
        """Django forgets that it has refused the cookie, if this is what has it loaded."""
        refused_before = self.refused
        self.has_key(key)
        remark("pop from a refused cookie", self.refused and not refused_before)
        return super().pop(key, *default)

    def __setitem__(self, key, value):
        check([(key, value)])
        super().__setitem__(key, value)

    def update(self, pairs):
        check(pairs)
        super().update(pairs)

    def keys(self):
        return [shown(key) for key in super().keys()]

    def items(self):
        return [(shown(key), value) for key, value in super().items()]

    def get_expiry_age(self, **given):
        return super().get_expiry_age(expiry=self.own_expiry(), **given)

    def get_expiry_date(self, **given):
        remark("date of an empty text", self.get("_session_expiry") == "")
        return super().get_expiry_date(expiry=self.own_expiry(), **given)

    def own_expiry(self):
        """With an offset if Django's clock has one, and only then. No text that is empty."""
        expiry = self.get("_session_expiry") or None
        if not isinstance(expiry, str):
            return expiry
        date = datetime.fromisoformat(expiry)
        if settings.USE_TZ and date.tzinfo is None:
            remark("date without an offset")
            return date.replace(tzinfo=timezone.utc)
        if not settings.USE_TZ and date.tzinfo is not None:
            remark("date with an offset")
            return date.astimezone(settings.LOCAL).replace(tzinfo=None)
        return date


class DepartingMiddleware(SessionMiddleware):
    def __init__(self, get_response):
        super().__init__(get_response)
        self.SessionStore = DepartingStore

    def process_request(self, request):
        name, header = settings.SESSION_COOKIE_NAME, request.META.get("HTTP_COOKIE", "").encode("latin-1").decode()
        values = list(cookies(header, name))
        last = request.COOKIES.pop(name, None)
        remark("white space or escapes in a cookie", last != (values[-1] if values else None))
        if values:
            request.COOKIES[name] = best(values)
            remark("several cookies of the name", best(values) != values[-1])
        super().process_request(request)

    def process_response(self, request, response):
        session, name = request.session, settings.SESSION_COOKIE_NAME
        accessed = session.accessed
        try:
            super().process_response(request, response)
        except OUT_OF_RANGE:
            if response.status_code < 500:
                raise
            remark("expiry out of range, status 500 or more")
            if accessed:
                patch_vary_headers(response, ["Cookie"])
        cookie = response.cookies.get(name)
        if cookie and cookie.value and not session.items():
            remark("empty session")
            del response.cookies[name]
            if name in request.COOKIES:
                delete_cookie(response)
            elif not accessed:
                del response["Vary"]
        cookie = response.cookies.get(name)
        if cookie and not cookie.value and settings.SESSION_COOKIE_SECURE and not cookie["secure"]:
            remark("removal of a Secure cookie")
            cookie["secure"] = True
        return response


def cookies(header, name):
    """The values of all with this name. Where Django drops any white space, and reads escapes between quotes."""
    for pair in header.split(";"):
        found, equals, value = (part.strip(" \t") for part in pair.partition("="))
        if equals and found == name:
            yield value[1:-1] if re.fullmatch('".*"', value, re.S) else value


def object_to(token, session):
    """A reason against what Django accepts, if there is one."""
    if len(token) > LONGEST_TOKEN:
        return "cookie beyond 8 KiB"
    if not isinstance(session, dict):
        return "session is no object"
    if malformed(session.get("_session_expiry")):
        return "malformed _session_expiry"
    return None


def best(values):
    """The last that is a session; else the last that might be one."""
    likely = [value for value in values if len(value) >= 8]
    return next((value for value in reversed(likely) if is_session(value)), (likely or values)[-1])


def is_session(value):
    store = DepartingStore(value)
    store.has_key("")
    return not store.refused


def check(pairs):
    """What may be put into a session."""
    if not all(is_json(value) for _, value in pairs):
        remark("NaN or infinity put into a session")
        raise Serialize
    if any(key == "_session_expiry" and malformed(value) for key, value in pairs):
        remark("malformed _session_expiry put into a session")
        raise MalformedExpiry


def is_json(value):
    match value:
        case float():
            return math.isfinite(value)
        case list():
            return all(map(is_json, value))
        case dict():
            return all(map(is_json, value.values()))
    return True


def malformed(expiry):
    match expiry:
        case int() | float():
            return not -(2**63) <= expiry < 2**63
        case str() if expiry:
            return world.outcome(lambda: datetime.fromisoformat(expiry))[1] is not None
    return bool(expiry)


def shown(key):
    """A lone surrogate as its escape."""
    if not re.search("[\ud800-\udfff]", key):
        return key
    remark("key with a lone surrogate")
    return re.sub("[^ -~]", lambda found: f"\\u{ord(found[0]):04x}", key)


def delete_cookie(response):
    """As the middleware does."""
    response.delete_cookie(
        settings.SESSION_COOKIE_NAME,
        path=settings.SESSION_COOKIE_PATH,
        domain=settings.SESSION_COOKIE_DOMAIN,
        samesite=settings.SESSION_COOKIE_SAMESITE,
    )
