"""The signed-cookie engine, and how the session middleware uses it."""

import time
from types import SimpleNamespace

from shim.ask import agree, compared, crate, outcome, put, replace, secrets, untouched
from shim.session_data import Data, adopt, local_offset, session_cookie

SALT = "django.contrib.sessions.backends.signed_cookies"


def cookies(own_expiry=True):
    from django.conf import settings

    every_request = bool(settings.SESSION_SAVE_EVERY_REQUEST)
    return crate.CookieSessions(secrets(), session_cookie(), every_request, own_expiry, local_offset())


def load(token):
    """Returns the crate's session. Compares it with Django's, without its own expiry, which Django ignores here."""
    from django.conf import settings

    def ours():
        session = cookies(own_expiry=False).load(token).copy()
        if session.rejection() is not None:
            raise ValueError(session.rejection())
        return dict(session.items())

    if token and len(token) >= 8:
        loads = untouched("django.core.signing").loads
        djangos = outcome(lambda: loads(token, salt=SALT, max_age=settings.SESSION_COOKIE_AGE))
        ours = outcome(ours)
        # The type of the exception does not matter, because Django catches all.
        agree(("cookie session", token), (ours[0], ours[1] and True), (djangos[0], djangos[1] and True))
    return cookies().load(token)


def token_of(header):
    token = header.split(";")[0].split("=", 1)[1]
    if token not in ("", '""'):
        load(token)
    return token


def written(session):
    """Returns the value of the cookie."""
    session = session.copy()
    session.mark_modified()
    header, _ = cookies().commit(session, 200)
    return token_of(header)


def install():
    from django.contrib.sessions.backends import signed_cookies
    from django.contrib.sessions.middleware import SessionMiddleware

    install_store(signed_cookies.SessionStore)
    install_middleware(SessionMiddleware, signed_cookies.SessionStore)


def install_store(SessionStore):
    from django.contrib.sessions.backends.base import SessionBase
    from django.core import signing

    def __init__(self, session_key=None):
        SessionBase.__init__(self, session_key)
        self._sent = session_key

    def loaded(self):
        """The crate's session, which is loaded on first use."""
        if "data" not in self.__dict__:
            header = self.__dict__.get("_header")
            adopt(self, Data(load(self._sent) if header is None else cookies().load_header(header)))
        return self.__dict__["data"].session

    def _get_session(self, no_load=False):
        self._loaded()
        return self._session_cache

    async def _aget_session(self, no_load=False):
        return self._get_session(no_load)

    def _renewed(self):
        session = self._loaded()
        return Data(load(written(session) if session.copy().len() else None))

    def load_for_django(self):
        session = load(self.session_key)
        if session.rejection() is not None:
            self.create()
        return Data(session)

    async def aload(self):
        return self.load()

    def save(self, must_create=False):
        self._session_key = self._get_session_key()
        self._loaded().mark_modified()

    async def asave(self, must_create=False):
        self.save(must_create)

    def _get_session_key(self):
        session = self._loaded()
        # The crate writes no cookie for a session without content.
        return written(session) if session.copy().len() else signing.dumps({}, salt=SALT, compress=True)

    def clear(self):
        self._loaded().clear()

    def delete(self, session_key=None):
        self._loaded().flush()
        self._session_key = ""

    async def adelete(self, session_key=None):
        self.delete(session_key)

    def flush(self):
        self._loaded().flush()
        self._session_key = None

    async def aflush(self):
        self.flush()

    def cycle_key(self):
        self._loaded().cycle_key()
        self.save()

    async def acycle_key(self):
        self.cycle_key()

    def is_empty(self):
        return not self._session_key and self._loaded().copy().len() == 0

    replace(SessionStore, __init__, _get_session, _aget_session, _renewed, aload, save, asave, _get_session_key)
    replace(SessionStore, clear, delete, adelete, flush, aflush, cycle_key, acycle_key, is_empty)
    replace(SessionStore, _loaded=loaded, load=load_for_django, _session=property(_get_session))


def install_middleware(SessionMiddleware, SessionStore):
    from django.conf import settings
    from django.http import HttpResponse
    from django.utils.cache import patch_vary_headers

    base = untouched("django.contrib.sessions.backends.base").SessionBase
    request_of_django, response_of_django = SessionMiddleware.process_request, SessionMiddleware.process_response

    def process_request(self, request):
        request_of_django(self, request)
        if isinstance(request.session, SessionStore):
            request.session._header = header_of(request)

    def header_of(request):
        name = settings.SESSION_COOKIE_NAME
        header = request.META.get("HTTP_COOKIE", "").encode("latin-1")
        sent = request.COOKIES.get(name)
        if sent is None:
            return b""
        # A test may have added the cookie only to the parsed cookies.
        pair = f"{name}={sent}".encode()
        return header if pair in header else pair

    class Stand:
        """The methods of a session that Django's middleware calls."""

        get_expiry_age, get_expire_at_browser_close = base.get_expiry_age, base.get_expire_at_browser_close
        get_session_cookie_age = base.get_session_cookie_age

        def __init__(self, data, key, accessed, modified):
            self.get, self.data, self.session_key = data.get, data, key
            self.accessed, self.modified = accessed, modified

        def is_empty(self):
            return not self.session_key and not self.data

        def save(self):
            self.session_key = "TOKEN"

    def compare(request, status, stand, rejected, header, vary):
        if stand.session_key and not stand.data or rejected:
            # docs/differences.md: a session without content is removed, and a rejected cookie is left alone.
            compared["different on purpose"] += 1
            return
        response = HttpResponse(status=status)
        response_of_django(None, SimpleNamespace(session=stand, COOKIES=request.COOKIES), response)
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        djangos = cookie and cookie.OutputString().replace("TOKEN", token_of(header or "="), 1)
        # docs/differences.md: the removal of a Secure cookie is Secure.
        if djangos and "Max-Age=0" in djangos and settings.SESSION_COOKIE_SECURE:
            djangos += "; Secure"
        agree(("response", status), ((header, vary), None), ((djangos, response.has_header("Vary")), None))

    def process_response(self, request, response):
        session = getattr(request, "session", None)
        if not isinstance(session, SessionStore):
            return response_of_django(self, request, response)
        clock, now = time.time, time.time()
        time.time = lambda: now
        try:
            of_crate = session._loaded()
            flags = session.session_key, session.accessed, session.modified
            data, rejected = dict(of_crate.copy().items()), of_crate.rejection() is not None
            header, vary = cookies().commit(of_crate, response.status_code)
            compare(request, response.status_code, Stand(data, *flags), rejected, header, vary)
        finally:
            time.time = clock
        if header is not None:
            put(response, header)
            session._session_key = token_of(header)
        if vary:
            patch_vary_headers(response, ("Cookie",))
        return response

    replace(SessionMiddleware, process_request, process_response)
