"""Django with the deliberate differences of this crate. Each departure leaves its note."""

import math
import re
from copy import copy
from datetime import datetime, timezone

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.core import signing
from django.utils.cache import patch_vary_headers

import accounts
import world
from values import json_bytes, remark

LONGEST_TOKEN = 8192
LONGEST_JSON = 256 << 10
SALT = "django.contrib.sessions.backends.signed_cookies"
# What happens to the cookie; None if nothing does.
SET, REMOVED = "set", "removed"
# The exceptions that Python raises for a date out of range.
OUT_OF_RANGE = (OverflowError, ValueError, OSError)


class Serialize(Exception):
    """Not JSON."""


class MalformedExpiry(Exception):
    """Not a valid expiry of a session."""


class CookieTooLarge(Exception):
    """Larger than browsers accept."""


class CheckedDict:
    """The checks on the keys and values of a session, for all engines."""

    def __getitem__(self, key):
        """Only Django's login reads keys in this way."""
        value = super().__getitem__(key)
        if key == auth.SESSION_KEY and not is_user_id(value):
            remark("user id in another spelling")
            return None
        return value

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
        """Returns the session's own expiry. A date has an offset exactly if Django's clock has one. An empty text is None."""
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


class DepartingStore(CheckedDict, SessionStore):
    # Whether the cookie is a valid session; None until it is read.
    accepted = None
    discarded = flushed = False
    in_view = True

    def __init__(self, session_key=None):
        super().__init__(session_key)
        self.sent = session_key

    def load(self):
        session = super().load()
        if self.accepted is not False and (objection := object_to(self.session_key, session)):
            remark(objection)
            self.accepted = False
        if self.accepted is False:
            return {}
        self.accepted = True
        return session

    def create(self):
        """Only `load` calls this, for a cookie that it rejects. Django's method marks the session as modified."""
        remark("rejected cookie", self.in_view and not self.modified)
        self.accepted = False

    def flush(self):
        super().flush()
        self.flushed = True

    def due(self, sent, status):
        """Returns what happens to the cookie, by the rules of `CookieSessions::commit`."""
        renew = settings.SESSION_SAVE_EVERY_REQUEST and not self.is_discarded() and self.is_accepted()
        may_save = status < 500
        if (self.modified or renew) and may_save and self._session:
            return SET
        emptied = self.modified and may_save and self.is_accepted()
        return REMOVED if emptied or (self.flushed and sent) else None

    def is_discarded(self):
        return self.discarded and not self.modified

    def is_accepted(self):
        if self.accepted is None:  # The view has not read the session, or has cleared it without reading it.
            unread = DepartingStore(self.sent)
            unread.in_view = False
            unread.has_key("")
            return unread.accepted
        return self.accepted

    def why_not(self, done):
        """Returns why this crate does not do what Django has done."""
        if done == REMOVED:
            return "cookie of fewer than 8 characters"
        if done is None:
            return "flushed session that is not written"
        if self.is_discarded():
            return "discarded session"
        return "empty session" if self.modified or self.is_accepted() else "rejected cookie"


class DepartingUser(accounts.SaltedUser):
    def get_session_auth_fallback_hash(self):
        remark("older key, get_session_auth_hash overridden")
        return map(self.salted_hash, settings.SECRET_KEY_FALLBACKS)

    class Meta:
        app_label, proxy = "auth", True


def forget_csrf_secret(request, **_):
    if isinstance(request.session, CheckedDict) and "_csrftoken" in request.session:
        remark("CSRF secret in the session at login")
        del request.session["_csrftoken"]


user_logged_in.connect(forget_csrf_secret)


class DepartingMiddleware(SessionMiddleware):
    store = DepartingStore

    def __init__(self, get_response):
        super().__init__(get_response)
        self.SessionStore = self.store
        if accounts.Backend.model is accounts.SaltedUser:
            accounts.Backend.model = DepartingUser

    def process_request(self, request):
        name, header = settings.SESSION_COOKIE_NAME, request.META.get("HTTP_COOKIE", "").encode("latin-1").decode()
        values = list(cookies(header, name))
        last = request.COOKIES.pop(name, None)
        remark("white space or escapes in a cookie", last != (values[-1] if values else None))
        if values:
            request.COOKIES[name] = self.answer(values)
            remark("several cookies of the name", request.COOKIES[name] != values[-1])
        super().process_request(request)

    def answer(self, values):
        """Returns the last cookie that the site's keys signed. Without one, any cookie will do: none is accepted."""
        return next((value for value in reversed(values) if is_signed(value)), values[-1])

    def process_response(self, request, response):
        session, name = request.session, settings.SESSION_COOKIE_NAME
        session.in_view, accessed = False, session.accessed
        due = session.due(name in request.COOKIES, response.status_code)
        seen = copy(session)  # because Django's middleware changes it
        try:
            super().process_response(request, response)
        except OUT_OF_RANGE:
            if due == SET and seen.modified:
                raise
            remark("expiry out of range, nothing written")
            due = None if due == SET else due
        cookie = response.cookies.get(name)
        done = cookie and (SET if cookie.value else REMOVED)
        if done != due:
            remark(seen.why_not(done))
            response.cookies.pop(name, None)
            if due == REMOVED:
                delete_cookie(response)
        cookie = response.cookies.get(name)
        if due == SET and len(session.serializer().dumps(session._session)) > LONGEST_JSON:
            remark("session of more than 256 KiB")
            # The token is not compressed.
            token, attributes = signing.dumps(session._session, salt=SALT), cookie.OutputString().partition(";")[2]
            session.sizes = [len(name), len(token), len(";" + attributes)]
            if seen.modified:
                raise CookieTooLarge
            # A session without changes need not be written.
            response.cookies.pop(name)
            due = None
        if due == REMOVED:
            make_secure(cookie)
        if due or accessed:
            patch_vary_headers(response, ["Cookie"])
        else:
            del response["Vary"]
        return response


def cookies(header, name):
    """Yields the values of all cookies with this name. Django would drop any white space, and read escapes in quotes."""
    for pair in header.split(";"):
        found, equals, value = (part.strip(" \t") for part in pair.partition("="))
        if equals and found == name:
            yield value[1:-1] if re.fullmatch('".*"', value, re.S) else value


def object_to(token, session):
    """Returns why this crate rejects a session that Django accepts, or None."""
    if len(token) > LONGEST_TOKEN:
        return "cookie beyond 8 KiB"
    if len(json_bytes(token.split(":")[0].encode())) > LONGEST_JSON:
        return "session inflates past 256 KiB"
    return object_to_session(session)


def object_to_session(session):
    if not isinstance(session, dict):
        return "session is no object"
    if malformed(session.get("_session_expiry")):
        return "malformed _session_expiry"
    return None


def is_signed(value):
    try:
        signing.Signer(salt=SALT).unsign(value)
    except signing.BadSignature:
        return False
    return len(value) <= LONGEST_TOKEN


def check(pairs):
    """Checks values that are put into a session."""
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


def is_user_id(value):
    """Returns whether Django writes this value for some user."""
    match value:
        case bool():
            return False
        case int() | None:
            return True
        case float():
            return re.fullmatch(r"(0|-?[1-9]\d*)\.0", repr(value))
        case str():
            return re.fullmatch("0|-?[1-9][0-9]*", value)
    return False


def malformed(expiry):
    match expiry:
        case int() | float():
            return not -(2**63) <= expiry < 2**63
        case str() if expiry:
            return world.outcome(lambda: datetime.fromisoformat(expiry))[1] is not None
    return bool(expiry)


def shown(key):
    """Returns a key in which lone surrogates are escaped."""
    if not re.search("[\ud800-\udfff]", key):
        return key
    remark("key with a lone surrogate")
    return re.sub("[^ -~]", lambda found: f"\\u{ord(found[0]):04x}", key)


def delete_cookie(response):
    """Deletes the session cookie, as the middleware does."""
    response.delete_cookie(
        settings.SESSION_COOKIE_NAME,
        path=settings.SESSION_COOKIE_PATH,
        domain=settings.SESSION_COOKIE_DOMAIN,
        samesite=settings.SESSION_COOKIE_SAMESITE,
    )


def make_secure(removal):
    if settings.SESSION_COOKIE_SECURE and not removal["secure"]:
        remark("removal of a Secure cookie")
        removal["secure"] = True
