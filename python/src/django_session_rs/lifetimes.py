"""Absolute age and revocation of sessions, compatible with the Rust crate django-session.

Django checks when a session was last written. It checks neither when the session began nor whether it was revoked: a cookie
that was copied before logout is accepted, and signed with the current time when the session is next written. This module
rejects both.

It adds two keys to sessions, which Rust reads and writes too:

``_session_started``
    When the session began: an integer, in Unix seconds. A session begins when it is first written, and again at login.
``_session_id``
    16 random bytes in base64url without padding: 22 characters. Login creates a new id. It may be logged.

Both stay when the user of the session logs in again. Revocation writes the key ``session:revoked:{id}``, with the value 1,
to a cache. The entry expires after the absolute age, because the session is rejected as too old from then on.

Installation, in this order::

    INSTALLED_APPS = [..., "django_session_rs"]

    MIDDLEWARE = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django_session_rs.lifetimes.LifetimeMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]

Settings, each with its Rust equivalent:

``SESSION_ABSOLUTE_AGE = 86400``, in seconds, required
    ``with_absolute_age(Duration::from_secs(86400), …)``
``SESSION_UNSTAMPED = "stamp"``, or ``"refuse"``, which rejects the session of a user if it has no ``_session_started``, or if
there is a deny-list and it has no ``_session_id``
    ``Unstamped::Stamp``, ``Unstamped::Refuse``
``SESSION_REVOCATION_CACHE = None``, or the alias of a cache whose ``KEY_FUNCTION`` is ``raw_key`` of this module
    ``with_ids()``
``SESSION_REVOCATION_FAILURE = "raise"``, or ``"accept"``: what happens when the cache raises an error
    the service's own choice
"""

import logging
import re
import secrets
import time
from typing import Any, Callable, Optional

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

from ._settings import choice

__all__ = ["LifetimeMiddleware", "connect", "raw_key", "revoke"]

_STARTED, _ID = "_session_started", "_session_id"
_ID_PATTERN = re.compile(r"[A-Za-z0-9_-]{22}")
_REVOKED = "session:revoked:"

logger = logging.getLogger(__name__)


class LifetimeMiddleware:
    """Flushes sessions that are too old or revoked, and adds the start and the id to sessions that are written.

    For a request with a session cookie, it loads the session and reads the cache once. For other requests, it does neither.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        # Report wrong settings when the server starts.
        _absolute_age(), _refuses_unstamped(), _deny_list(), _accepts_failure()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = request.session
        request.session_had_user, request.session_id_of_user = False, None
        if session.session_key is not None:
            was_accessed = session.accessed
            reason = _rejection(session)
            if reason is not None:
                logger.info("Session rejected: %s", reason)
                session.flush()
            if SESSION_KEY in session:
                request.session_had_user, request.session_id_of_user = True, _id(session)
            # Reading the session here does not show in the response. Without this, every response would vary on the cookie.
            session.accessed = was_accessed or session.modified
        response = self.get_response(request)
        is_written = session.modified or settings.SESSION_SAVE_EVERY_REQUEST
        if is_written and not session.is_empty() and session.keys():
            _stamp(session)
        return response


def revoke(session: SessionBase) -> None:
    """Ends this session and invalidates all copies of its cookie.

    Puts the session's id on the deny-list and flushes the session, even if the cache raises an error. A session that was
    written before the middleware was installed has no id, so it is only flushed.
    """
    try:
        _deny(_id(session))
    finally:
        session.flush()


def raw_key(key: str, key_prefix: str, version: int) -> str:
    """The ``KEY_FUNCTION`` of the cache: Django then uses the same keys as Rust, without the prefix ``:1:``."""
    return key


def connect() -> None:
    """Connects the signal receivers. "django_session_rs" in ``INSTALLED_APPS`` calls this."""
    user_logged_in.connect(_logged_in)
    user_logged_out.connect(_logged_out)


def _logged_in(request: Any, **kwargs: Any) -> None:
    """Gives the session a new start and a new id, unless its own user has logged in again.

    If another user logs in, Django has already flushed the session, including the old start and id. The old id is put on
    the deny-list, because copies of the old cookie would remain logged in.
    """
    session = getattr(request, "session", None)
    # Token logins without a session send the signal too.
    if session is None or SESSION_KEY not in session:
        return
    if not getattr(request, "session_had_user", False):
        session.pop(_STARTED, None)
        session.pop(_ID, None)
    _stamp(session)
    replaced = getattr(request, "session_id_of_user", None)
    if replaced is not None and replaced != _id(session) and _deny_list() is not None:
        _deny(replaced)


def _logged_out(request: Any, **kwargs: Any) -> None:
    """Puts the session's id on the deny-list. Django flushes the session afterwards, unless this raises an error."""
    session = getattr(request, "session", None)
    if session is None or _deny_list() is None:
        return
    try:
        _deny(_id(session))
    except Exception:
        session.flush()
        raise


def _rejection(session: SessionBase) -> Optional[str]:
    """The reason to reject this session, or ``None``."""
    started = _started(session)
    if started is not None:
        age, limit = time.time() - started, _absolute_age()
        if age > limit:
            return f"session age {age:.0f}s exceeds {limit}s"
    lacks_stamp = started is None or (_deny_list() is not None and _id(session) is None)
    if lacks_stamp and SESSION_KEY in session and _refuses_unstamped():
        return "session of a logged-in user has no start time or no id"
    return "session is revoked" if _is_denied(session) else None


def _stamp(session: SessionBase) -> None:
    started, now = _started(session), int(time.time())
    # A start in the future would extend the session.
    if started is None or started > now:
        session[_STARTED] = now
    if _id(session) is None and _deny_list() is not None:
        session[_ID] = secrets.token_urlsafe(16)


def _started(session: SessionBase) -> Optional[int]:
    # As in Rust, only a 64-bit integer is valid. type() also excludes bool.
    started = session.get(_STARTED)
    return started if type(started) is int and -(2**63) <= started < 2**63 else None


def _id(session: SessionBase) -> Optional[str]:
    id = session.get(_ID)
    return id if isinstance(id, str) and _ID_PATTERN.fullmatch(id) else None


def _is_denied(session: SessionBase) -> bool:
    id, cache = _id(session), _deny_list()
    if id is None or cache is None:
        return False
    try:
        return _REVOKED + id in cache
    except Exception:
        if not _accepts_failure():
            raise
        logger.exception("The deny-list cannot be read: the session is accepted")
        return False


def _deny(id: Optional[str]) -> None:
    cache = _deny_list()
    if cache is None:
        raise ImproperlyConfigured("SESSION_REVOCATION_CACHE is not set.")
    if id is None:
        return
    try:
        # A copy can be signed again until the session is too old, so the entry must live that long.
        cache.set(_REVOKED + id, 1, timeout=_absolute_age())
    except Exception:
        if not _accepts_failure():
            raise
        logger.exception("The deny-list cannot be written: copies of the session are accepted")


def _absolute_age() -> int:
    age = getattr(settings, "SESSION_ABSOLUTE_AGE", None)
    if type(age) is not int or age <= 0:
        raise ImproperlyConfigured("SESSION_ABSOLUTE_AGE is not a number of seconds.")
    return age


def _refuses_unstamped() -> bool:
    return choice("SESSION_UNSTAMPED", "stamp", "refuse") == "refuse"


def _deny_list() -> Any:
    """The cache of revoked ids, if one is configured."""
    alias = getattr(settings, "SESSION_REVOCATION_CACHE", None)
    if alias is None:
        return None
    cache = caches[alias]
    if cache.make_key(_REVOKED) != _REVOKED:
        raise ImproperlyConfigured(
            f"The cache {alias!r} of SESSION_REVOCATION_CACHE needs KEY_FUNCTION = 'django_session_rs.lifetimes.raw_key'."
        )
    return cache


def _accepts_failure() -> bool:
    return choice("SESSION_REVOCATION_FAILURE", "raise", "accept") == "accept"
