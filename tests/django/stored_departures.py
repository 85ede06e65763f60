"""Django with sessions in rows or files, with the deliberate differences of this crate.

The row is read when the request arrives. Row and cookie change together, after the view. Django's own stores still read,
write and delete. Each departure leaves its note.
"""

import os
import re
import time

from django.conf import settings
from django.contrib.sessions.backends import cache, cached_db, db, file
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.contrib.sessions.middleware import SessionMiddleware
from django.core import signing
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import http_date

import departures
import world
from values import remark

# What happens to the row.
UPDATED, REPLACED, INSERTED, DELETED, KEPT = "updated", "replaced", "inserted", "deleted", "kept"


class DepartingStore(departures.CheckedDict):
    """The rules of `StoredSessions::commit`. A mixin for one of Django's stores."""

    # Django derives the salt from the name of the class, so it must be that of Django's class.
    key_salt = db.SessionStore().key_salt
    change = None
    discarded = flushed = cycled = False

    def __init__(self, session_key=None):
        super().__init__(session_key)
        self.sent = self.session_key
        self._session_cache = {}
        session = self.sent and self.read()
        self.accepted = isinstance(session, dict)
        self._session_cache = session if self.accepted else {}
        self.accessed = self.modified = False

    def read(self):
        """Returns the stored session, if it is valid and has not expired."""
        session, error = world.outcome(self.stored)
        objection = "rejected row" if session is None or error else departures.object_to_session(session)
        if not objection:
            self._session_cache = session
            objection = self.is_over() and "rejected row"
        return remark(objection) if objection else session

    def stored(self):
        row = self._get_session_from_db()
        return row and self.loads(row.session_data)

    def loads(self, text):
        return signing.loads(text, salt=self.key_salt, serializer=self.serializer)

    def is_over(self):
        """Returns whether the session is too old, if `stored` does not check that."""
        return False

    def flush(self):
        self.clear()
        self.flushed = True
        self._session_key = None

    def cycle_key(self):
        self.note_expiry()
        self.accessed = self.modified = self.cycled = True

    def note_expiry(self):
        """Notes an expiry out of range, on which Django may fail although nothing is written, or not yet."""
        _, error = world.outcome(lambda: http_date(time.time() + self.get_expiry_age()))
        _, other = world.outcome(self.get_expiry_date)
        remark("expiry out of range, nothing written", error or other)

    def decide(self, status):
        is_discarded = self.discarded and not self.modified
        renew = settings.SESSION_SAVE_EVERY_REQUEST and self.accepted and not is_discarded
        may_save = (self.modified or renew) and status < 500
        remark("discarded session", is_discarded)
        if may_save and self.accepted and not self.flushed:
            return REPLACED if self.cycled else UPDATED
        if may_save and self._session_cache:
            return INSERTED
        remark("empty session without a row", may_save)
        remark("flushed session that is not written", self.flushed)
        remark("new key that is not sent", self.cycled)
        return DELETED if self.flushed else KEPT

    def save(self, must_create=False):
        """Called by Django's middleware, and by `create` for a new key."""
        if must_create or self.change == UPDATED:
            return super().save(must_create)
        self._session_key = None
        super().save()
        if self.change == REPLACED and not self.exists(self.sent):
            remark("renamed session that has ended")
            self.delete()
            raise UpdateError
        if self.sent and (self.change == REPLACED or self.flushed):
            self.delete(self.sent)


class DatabaseStore(DepartingStore, db.SessionStore):
    pass


class CachedDatabaseStore(DepartingStore, cached_db.SessionStore):
    pass


class CacheStore(DepartingStore, cache.SessionStore):
    def stored(self):
        return self._cache.get(self.cache_key)

    def cycle_key(self):
        super().cycle_key()
        age, error = world.outcome(self.get_expiry_age)
        remark("session that has ended", error is None and int(age) <= 0)


class CacheBeforeDatabaseStore(CachedDatabaseStore):
    """Reads the cache, or the row, which it then adds to the cache."""

    def stored(self):
        cached, _ = world.outcome(lambda: self._cache.get(self.cache_key))
        if cached is not None and not (objection := departures.object_to_session(cached)):
            return cached
        remark(objection if cached is not None else "row that is read late")
        row = self._get_session_from_db()
        session = row and self.loads(row.session_data)
        if session is not None and not departures.object_to_session(session):
            self._cache.set(self.cache_key, session, age_until(self, row.expire_date))
        return session


class FileStore(DepartingStore, file.SessionStore):
    def stored(self):
        with open(self._key_to_file(), encoding="utf-8", newline="") as file:
            return self.loads(file.read())

    def is_over(self):
        """A file has no expiry date. It follows from the session's expiry and the last change of the file."""
        end, error = world.outcome(lambda: self.get_expiry_date(modification=self._last_modification()))
        is_over = error is None and timezone.now() >= end
        # Django counts whole seconds, and ignores the last change if the session has its own age.
        age, error = world.outcome(lambda: age_until(self, self._expiry_date(self._session_cache)))
        remark("end of a file", error or (age <= 0) != is_over)
        return is_over


class DepartingMiddleware(departures.DepartingMiddleware):
    def answer(self, values):
        """Returns the last cookie that is a valid key. Without one, any cookie will do: none is accepted."""
        return next((value for value in reversed(values) if is_key(value)), values[-1])

    def process_response(self, request, response):
        session, accessed = request.session, request.session.accessed
        session.change = session.decide(response.status_code)
        if session.change in (UPDATED, REPLACED, INSERTED):
            is_modified, session.modified = session.modified, True
            try:
                return SessionMiddleware.process_response(self, request, response)
            except departures.OUT_OF_RANGE:
                if not is_modified:
                    # A session without changes need not be written.
                    session.note_expiry()
                    return self.vary(response, accessed)
                if session.decide(500) == DELETED and session.sent:
                    session.delete(session.sent)
                raise
        session.note_expiry()
        if session.change == DELETED:
            if session.sent:
                session.delete(session.sent)
            if settings.SESSION_COOKIE_NAME in request.COOKIES:
                departures.delete_cookie(response)
                departures.make_secure(response.cookies[settings.SESSION_COOKIE_NAME])
        return self.vary(response, accessed)

    def vary(self, response, accessed):
        if accessed:
            patch_vary_headers(response, ["Cookie"])
        return response


def keyed(store):
    """Returns the middleware with this store. It ignores a cookie that is not a valid key."""

    def open_store(session_key):
        if session_key is not None and not is_key(session_key):
            remark("malformed session key")
            session_key = None
        return store(session_key)

    return type("DepartingMiddleware", (DepartingMiddleware,), {"store": staticmethod(open_store)})


def is_key(value):
    return re.fullmatch("[a-z0-9]{8,40}", value)


def age_until(session, end):
    return SessionBase.get_expiry_age(session, expiry=end)
