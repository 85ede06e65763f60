"""Absolute age and revocation of sessions, by the rules of the Rust crate django-session.

Django checks when a session was last written. It does not check when the session began, nor whether it was ended: a cookie
that was copied before logout is accepted, and signed with a fresh date when the session is next written. This module
rejects both.

Sessions get two more keys, which Rust reads and writes as well:

``_session_started``
    When the session began: an integer, in Unix seconds. A session begins when it is first written, and anew at login.
``_session_id``
    16 random bytes in base64url without padding, 22 characters. It is new at login. It may stand in logs.

Both stay as they are when the session's own user logs in again. Revocation writes the key ``session:revoked:{id}``, with the
value 1, to a cache. The entry expires after the absolute age, by when the session is too old.

Installation, in this order::

    INSTALLED_APPS = [..., "django_session_rs"]

    MIDDLEWARE = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django_session_rs.lifetimes.LifetimeMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]

Settings, each with its counterpart in Rust:

``SESSION_ABSOLUTE_AGE = 86400``, in seconds, required
    ``with_absolute_age(Duration::from_secs(86400), …)``
``SESSION_UNSTAMPED = "stamp"``, or ``"refuse"``, which rejects a session that has a user and no
``_session_started``, or no ``_session_id`` if there is a deny-list
    ``Unstamped::Stamp``, ``Unstamped::Refuse``
``SESSION_REVOCATION_CACHE = None``, or the alias of the cache, whose ``KEY_FUNCTION`` must be ``raw_key`` of this module
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
    """Flushes a session that is too old or revoked, and stamps the sessions that are written.

    A request with a session cookie reads its session, and asks the cache once. Other requests do neither.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        # Wrong settings are reported when the server starts.
        _absolute_age(), _refuses_unstamped(), _deny_list(), _accepts_failure()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = request.session
        request.session_had_user = False
        if session.session_key is not None:
            reason = _rejection(session)
            if reason is not None:
                logger.info("Session rejected: %s", reason)
                session.flush()
            request.session_had_user = SESSION_KEY in session
            # The view has not read it yet, and so the response need not vary on the cookie.
            session.accessed = session.modified
        response = self.get_response(request)
        is_written = session.modified or settings.SESSION_SAVE_EVERY_REQUEST
        if is_written and not session.is_empty() and session.keys():
            _stamp(session)
        return response


def revoke(session: SessionBase) -> None:
    """Ends this session, and all copies of its cookie.

    Puts the session's id on the deny-list and flushes the session, also if the cache raises an error. A session that was
    written before the middleware was installed has no id, and is only flushed.
    """
    try:
        _deny(session)
    finally:
        session.flush()


def raw_key(key: str, key_prefix: str, version: int) -> str:
    """What ``KEY_FUNCTION`` names, so that Django looks up the same keys as Rust: without ``:1:`` in front."""
    return key


def connect() -> None:
    """Connects the receivers: what "django_session_rs" in ``INSTALLED_APPS`` does."""
    user_logged_in.connect(_logged_in)
    user_logged_out.connect(_logged_out)


def _logged_in(request: Any, **kwargs: Any) -> None:
    """Has the session begin anew, unless its user has logged in again.

    For another user, Django has flushed the session by now, and the old stamps with it.
    """
    session = getattr(request, "session", None)
    # Logins by token send the signal as well.
    if session is None or SESSION_KEY not in session:
        return
    if not getattr(request, "session_had_user", False):
        session.pop(_STARTED, None)
        session.pop(_ID, None)
    _stamp(session)


def _logged_out(request: Any, **kwargs: Any) -> None:
    """Puts the session's id on the deny-list. Django flushes the session after this, unless this raises an error."""
    session = getattr(request, "session", None)
    if session is None or _deny_list() is None:
        return
    try:
        _deny(session)
    except Exception:
        session.flush()
        raise


def _rejection(session: SessionBase) -> Optional[str]:
    """Why this session is not accepted, if it is not."""
    started = _started(session)
    if started is not None:
        age, limit = time.time() - started, _absolute_age()
        if age > limit:
            return f"session age {age:.0f}s exceeds {limit}s"
    lacks_stamp = started is None or (_deny_list() is not None and _id(session) is None)
    if lacks_stamp and SESSION_KEY in session and _refuses_unstamped():
        return "session of a user has no start, or no id"
    return "session is revoked" if _is_denied(session) else None


def _stamp(session: SessionBase) -> None:
    if _started(session) is None:
        session[_STARTED] = int(time.time())
    if _id(session) is None and _deny_list() is not None:
        session[_ID] = secrets.token_urlsafe(16)


def _started(session: SessionBase) -> Optional[int]:
    # As Rust reads it: an integer of 64 bits. A bool is none.
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


def _deny(session: SessionBase) -> None:
    id, cache = _id(session), _deny_list()
    if cache is None:
        raise ImproperlyConfigured("SESSION_REVOCATION_CACHE is not set.")
    if id is None:
        return
    try:
        # A copy can be signed anew until the session is too old.
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
    """The cache, if there is one."""
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
