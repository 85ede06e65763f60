"""The data of all session engines, in a Session of the crate: the dict, its flags, its expiry and its stored text."""

import logging
from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from shim.ask import both, crate, replace, secrets, untouched

STORED_SALT = "django.contrib.sessions.SessionStore"
JSON = "django.contrib.sessions.serializers.JSONSerializer", "django.core.signing.JSONSerializer"
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass
class Cookie:
    name: str
    path: str
    domain: str | None
    secure: bool
    http_only: bool
    same_site: str | None
    max_age: int
    browser_close: bool


def session_cookie(**changes):
    from django.conf import settings

    by_settings = {
        "name": settings.SESSION_COOKIE_NAME,
        "path": settings.SESSION_COOKIE_PATH,
        "domain": settings.SESSION_COOKIE_DOMAIN or None,
        "secure": bool(settings.SESSION_COOKIE_SECURE),
        "http_only": bool(settings.SESSION_COOKIE_HTTPONLY),
        "same_site": settings.SESSION_COOKIE_SAMESITE or None,
        "max_age": settings.SESSION_COOKIE_AGE,
        "browser_close": bool(settings.SESSION_EXPIRE_AT_BROWSER_CLOSE),
    }
    return Cookie(**by_settings | changes)


def local_offset():
    """Returns the offset in seconds of dates without one, or None if the site has no such dates."""
    from django.conf import settings
    from django.utils import timezone as zones

    if settings.USE_TZ:
        return None
    return int(zones.get_default_timezone().utcoffset(datetime.now()).total_seconds())


def micros(date):
    if date.tzinfo is None:
        date = date.replace(tzinfo=timezone(timedelta(seconds=local_offset() or 0)))
    return (date - EPOCH) // timedelta(microseconds=1)


def from_micros(count, like):
    date = EPOCH + timedelta(microseconds=count)
    if like.tzinfo is None:
        return date.astimezone(timezone(timedelta(seconds=local_offset() or 0))).replace(tzinfo=None)
    return date.astimezone(like.tzinfo)


def stored(**changes):
    return crate.StoredSessions(secrets(), session_cookie(**changes), local_offset())


class Data(MutableMapping):
    """A Session of the crate, as a dict."""

    def __init__(self, session):
        self.session = session

    @classmethod
    def of(cls, pairs):
        """Returns a session with these pairs that is neither accessed nor modified."""
        session = stored().create()
        session.extend(list(dict(pairs).items()))
        return cls(session).untouched()

    @classmethod
    def decoded(cls, text):
        return cls(stored().decode(text))

    def text(self):
        text = stored().encode(self.session.copy())
        by_django = untouched("django.core.signing")
        question = "stored session read by Django", text
        both(question, self.copy, lambda: by_django.loads(text, salt=STORED_SALT))
        return text

    def untouched(self):
        return Data.decoded(self.text())

    def copy(self):
        return dict(self.session.copy().items())

    def __reduce__(self):
        return Data.decoded, (self.text(),)

    def __getitem__(self, key):
        return self.session.get(key)

    def __setitem__(self, key, value):
        self.session.insert(key, value)

    def __delitem__(self, key):
        if not self.session.remove(key):
            raise KeyError(key)

    def __contains__(self, key):
        return self.session.contains_key(key)

    def __iter__(self):
        return iter(self.session.keys())

    def __len__(self):
        return self.session.len()

    def keys(self):
        return dict.fromkeys(self.session.keys()).keys()

    def items(self):
        return dict(self.session.items()).items()

    def values(self):
        return dict(self.session.items()).values()

    def pop(self, key, *default):
        if default and not self.session.contains_key(key):
            return default[0]
        return self.session.take(key)

    def setdefault(self, key, value=None):
        return self.session.get_or_insert(key, value)

    def update(self, other=(), **more):
        self.session.extend(list(dict(other, **more).items()))

    def clear(self):
        self.session.clear()

    def __eq__(self, other):
        return self.copy() == (other.copy() if isinstance(other, Data) else other)

    def __repr__(self):
        return repr(self.copy())


def renewed(store):
    """Returns the same data in a session that is neither accessed nor modified."""
    return store.__dict__["data"].untouched()


def flag(name, read, mark, unmark):
    """Returns a property for an attribute of the crate's session. Until there is a session, the value is stored here."""
    noted = "_noted_" + name

    def getter(self):
        data = self.__dict__.get("data")
        return self.__dict__.get(noted, False) if data is None else read(data.session)

    def setter(self, value):
        self.__dict__[noted] = bool(value)
        data = self.__dict__.get("data")
        if data is not None and bool(value) != read(data.session):
            (mark if value else unmark)(self, data.session)

    return property(getter, setter)


def unmark_accessed(store, session):
    modified = session.is_modified()
    store.__dict__["data"] = store._renewed()
    if modified:
        # This also counts as access, as in Django, where a session is not modified without access.
        store.__dict__["data"].session.mark_modified()


accessed = flag(
    "accessed", lambda session: session.is_accessed(), lambda store, session: session.len(), unmark_accessed
)
modified = flag(
    "modified",
    lambda session: session.is_modified(),
    lambda store, session: session.mark_modified(),
    lambda store, session: session.discard(),
)


def adopt(store, data):
    """Makes this the store's data, with the stored flags."""
    flags = {name: getattr(store, name) for name in ("accessed", "modified")}
    store.__dict__["data"] = data
    for name, value in flags.items():
        if value:
            setattr(store, name, True)


def get_cache(self):
    try:
        return self.__dict__["data"]
    except KeyError:
        raise AttributeError("_session_cache") from None


def set_cache(self, data):
    adopt(self, data if isinstance(data, Data) else Data.of(data))


def delete_cache(self):
    del self.__dict__["data"]


def install():
    from django.contrib.sessions.backends.base import SessionBase

    install_dict(SessionBase)
    install_expiry(SessionBase)
    install_text(SessionBase)


def install_dict(SessionBase):
    def _get_session(self, no_load=False):
        if "data" not in self.__dict__:
            self._session_cache = {} if self.session_key is None or no_load else self.load()
        return self._session_cache

    async def _aget_session(self, no_load=False):
        if "data" not in self.__dict__:
            self._session_cache = {} if self.session_key is None or no_load else await self.aload()
        return self._session_cache

    def clear(self):
        if "data" not in self.__dict__:
            self._session_cache = {}
        self._session_cache.clear()

    def is_empty(self):
        data = self.__dict__.get("data")
        return not self._session_key and (data is None or data.session.copy().len() == 0)

    def set_test_cookie(self):
        self._session.session.set_test_cookie()

    def test_cookie_worked(self):
        return self._session.session.test_cookie_worked()

    def delete_test_cookie(self):
        if not self._session.session.delete_test_cookie():
            raise KeyError(self.TEST_COOKIE_NAME)

    # Django's other methods call these methods of the dict, and also set the flags.
    missing = object()

    def __setitem__(self, key, value):
        self._session[key] = value

    def __delitem__(self, key):
        del self._session[key]

    def pop(self, key, default=missing):
        return self._session.pop(key, *(() if default is missing else (default,)))

    def setdefault(self, key, value):
        return self._session.setdefault(key, value)

    def update(self, dict_):
        self._session.update(dict_)

    async def aset(self, key, value):
        (await self._aget_session())[key] = value

    async def apop(self, key, default=missing):
        return (await self._aget_session()).pop(key, *(() if default is missing else (default,)))

    async def asetdefault(self, key, value):
        return (await self._aget_session()).setdefault(key, value)

    async def aupdate(self, dict_):
        (await self._aget_session()).update(dict_)

    replace(SessionBase, _get_session, _aget_session, clear, is_empty)
    replace(SessionBase, set_test_cookie, test_cookie_worked, delete_test_cookie)
    replace(SessionBase, __setitem__, __delitem__, pop, setdefault, update, aset, apop, asetdefault, aupdate)
    replace(SessionBase, _session=property(_get_session), _renewed=renewed, accessed=accessed, modified=modified)
    replace(SessionBase, _session_cache=property(get_cache, set_cache, delete_cache))


def install_expiry(SessionBase):
    from django.utils import timezone as zones

    by_django = untouched("django.contrib.sessions.backends.base").SessionBase

    def set_expiry(self, value):
        session = self._session.session
        if value is None:
            session.set_no_expiry()
        elif isinstance(value, (datetime, timedelta)):
            at = zones.now() + value if isinstance(value, timedelta) else value
            offset = at.utcoffset()
            session.set_expiry_at(micros(at), int(offset.total_seconds()) if offset else local_offset() or 0)
        elif isinstance(value, int) and value >= 0:
            session.set_expiry_seconds(value)
        else:
            session.insert("_session_expiry", value)

    def given(self, kwargs):
        """Returns the expiry in question, a session of the crate with only this expiry, and the time of modification."""
        expiry = kwargs["expiry"] if "expiry" in kwargs else self.get("_session_expiry")
        session = stored(max_age=self.get_session_cookie_age()).create()
        if expiry is not None:
            session.insert("_session_expiry", expiry.isoformat() if isinstance(expiry, datetime) else expiry)
        return expiry, session, kwargs.get("modification") or zones.now()

    def twin(self, expiry):
        """Returns a session of Django with only this expiry."""
        django = by_django.__new__(by_django)
        django._session_cache = {} if expiry is None else {"_session_expiry": expiry}
        django.get_session_cookie_age = self.get_session_cookie_age
        return django

    def get_expiry_age(self, **kwargs):
        expiry, session, modification = given(self, kwargs)
        age = session.expiry_age(micros(modification))
        age = age // 10**6 if age % 10**6 == 0 or isinstance(expiry, (datetime, str)) else age / 10**6
        twins = lambda: twin(self, expiry).get_expiry_age(expiry=expiry, modification=modification)
        return both(("expiry age", expiry, modification), lambda: age, twins)

    def get_expiry_date(self, **kwargs):
        expiry, session, modification = given(self, kwargs)
        like = expiry if isinstance(expiry, datetime) else modification
        twins = lambda: twin(self, expiry).get_expiry_date(expiry=expiry, modification=modification)
        date = lambda: from_micros(session.expiry_date(micros(modification)), like)
        return both(("expiry date", expiry, modification), date, twins)

    def get_expire_at_browser_close(self):
        expiry, session, _ = given(self, {})
        twins = lambda: twin(self, expiry).get_expire_at_browser_close()
        return both(("browser close", expiry), session.expires_at_browser_close, twins)

    async def aset_expiry(self, value):
        await self._aget_session()
        self.set_expiry(value)

    async def aget_expiry_age(self, **kwargs):
        await self._aget_session() if "expiry" not in kwargs else None
        return self.get_expiry_age(**kwargs)

    async def aget_expiry_date(self, **kwargs):
        await self._aget_session() if "expiry" not in kwargs else None
        return self.get_expiry_date(**kwargs)

    async def aget_expire_at_browser_close(self):
        await self._aget_session()
        return self.get_expire_at_browser_close()

    replace(SessionBase, set_expiry, get_expiry_age, get_expiry_date, get_expire_at_browser_close)
    replace(SessionBase, aset_expiry, aget_expiry_age, aget_expiry_date, aget_expire_at_browser_close)


def install_text(SessionBase):
    from django.conf import settings
    from django.core import signing

    encode_of_django, decode_of_django = SessionBase.encode, SessionBase.decode

    def is_the_crates(store):
        # StoredSessions uses the salt of Django's stores. A store of another class has another salt.
        return store.key_salt == STORED_SALT and settings.SESSION_SERIALIZER in JSON

    def encode(self, session_dict):
        if not is_the_crates(self):
            return encode_of_django(self, dict(session_dict))
        data = session_dict if isinstance(session_dict, Data) else Data.of(session_dict)
        return data.text()

    def decode(self, session_data):
        if not is_the_crates(self):
            return decode_of_django(self, session_data)
        loads = untouched("django.core.signing").loads
        question = "stored session", session_data
        try:
            return both(question, lambda: Data.decoded(session_data), lambda: loads(session_data, salt=STORED_SALT))
        except signing.BadSignature:
            logging.getLogger("django.security.SuspiciousSession").warning("Session data corrupted")
        except ValueError:
            pass
        return {}

    replace(SessionBase, encode, decode)
