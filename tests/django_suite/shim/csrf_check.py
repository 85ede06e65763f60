"""Django's CSRF check and tokens."""

from dataclasses import dataclass

from shim.ask import both, compared, crate, put, replace, untouched
from shim.session_data import Cookie, session_cookie


@dataclass
class Request:
    method: str = "POST"
    secure: bool = False
    host: str | None = None
    origin: str | None = None
    referer: str | None = None
    cookie: str | None = None
    form_token: str | None = None
    header_token: str | None = None


# Any secret, for questions that are not about tokens.
SECRET = "a" * 32


def check():
    from django.conf import settings

    age = settings.CSRF_COOKIE_AGE
    cookie = Cookie(
        name=settings.CSRF_COOKIE_NAME,
        path=settings.CSRF_COOKIE_PATH,
        domain=settings.CSRF_COOKIE_DOMAIN or None,
        secure=bool(settings.CSRF_COOKIE_SECURE),
        http_only=bool(settings.CSRF_COOKIE_HTTPONLY),
        same_site=settings.CSRF_COOKIE_SAMESITE or None,
        max_age=age or 1,
        browser_close=age is None,
    )
    header = settings.CSRF_HEADER_NAME.removeprefix("HTTP_").replace("_", "-")
    sessions = session_cookie() if settings.CSRF_USE_SESSIONS else None
    return crate.Csrf(cookie, list(settings.CSRF_TRUSTED_ORIGINS), header, sessions)


def secret_of(set_cookie):
    return set_cookie.split(";")[0].split("=", 1)[1]


def install():
    from django.middleware import csrf

    install_tokens(csrf, untouched("django.middleware.csrf"))
    install_middleware(csrf, untouched("django.middleware.csrf"))


def install_tokens(csrf, by_django):
    def _get_new_csrf_string():
        return secret_of(check().set_cookie(None))

    def _mask_cipher_secret(secret):
        token = check().token(secret)
        both(("token read by Django", token), lambda: secret, lambda: by_django._unmask_cipher_token(token))
        return token

    def _unmask_cipher_token(token):
        token = str(token)
        question = "token", token
        return both(
            question, lambda: secret_of(check().set_cookie(token)), lambda: by_django._unmask_cipher_token(token)
        )

    def _check_token_format(token):
        def ours():
            reason = check().check(Request(cookie=token))
            if reason != csrf.REASON_CSRF_TOKEN_MISSING:
                raise csrf.InvalidTokenFormat(reason.removeprefix("CSRF cookie ").removesuffix("."))

        return both(("token format", token), ours, lambda: by_django._check_token_format(token))

    def _does_token_match(request_csrf_token, csrf_secret):
        def ours():
            reason = check().check(Request(cookie=csrf_secret, header_token=request_csrf_token))
            # Django's callers have already checked the format.
            assert reason is None or reason.endswith(" incorrect."), reason
            return reason is None

        question = "token", request_csrf_token, csrf_secret
        return both(question, ours, lambda: by_django._does_token_match(request_csrf_token, csrf_secret))

    replace(csrf, _get_new_csrf_string, _mask_cipher_secret, _unmask_cipher_token)
    replace(csrf, _check_token_format, _does_token_match)


def install_middleware(csrf, by_django):
    from django.conf import settings
    from django.core.exceptions import DisallowedHost
    from django.http import UnreadablePostError
    from django.http.request import split_domain_port

    Middleware = csrf.CsrfViewMiddleware

    def host_of(request):
        try:
            host = request.get_host()
        except (DisallowedHost, KeyError):
            # The request of a test may have no host.
            return None
        domain = settings.SESSION_COOKIE_DOMAIN if settings.CSRF_USE_SESSIONS else settings.CSRF_COOKIE_DOMAIN
        if domain is None or "HTTP_ORIGIN" in request.META:
            return host
        # Django then uses the server's port. The Host header of a browser has the port.
        return f"{split_domain_port(host)[0]}:{request.get_port()}"

    def about_origin(request):
        asked = Request(secure=request.is_secure(), host=host_of(request), cookie=SECRET, header_token=SECRET)
        asked.origin, asked.referer = request.META.get("HTTP_ORIGIN"), request.META.get("HTTP_REFERER")
        return asked

    def reason_of(check):
        """Returns the reason why one of Django's methods rejects a request."""
        try:
            check()
        except by_django.RejectRequest as rejected:
            return rejected.reason

    def twin():
        return by_django.CsrfViewMiddleware(lambda request: None)

    def _origin_verified(self, request):
        question = "origin", request.META["HTTP_ORIGIN"]
        ours = lambda: check().check(about_origin(request)) is None
        return both(question, ours, lambda: twin()._origin_verified(request))

    def _check_referer(self, request):
        asked = about_origin(request)
        asked.origin, asked.secure = None, True
        question = "referer", asked.referer
        twins = lambda: reason_of(lambda: twin()._check_referer(request))
        if asked.host is None:
            # docs/differences.md: a Referer from the cookie's domain needs a valid Host.
            compared["different on purpose"] += 1
            return reject(check().check(asked))
        reject(both(question, lambda: check().check(asked), twins))

    def _check_token(self, request):
        def ours():
            asked = Request(method=request.method or "", header_token=request.META.get(settings.CSRF_HEADER_NAME))
            if settings.CSRF_USE_SESSIONS:
                asked.cookie = request.session.get(csrf.CSRF_SESSION_KEY)
            else:
                asked.cookie = request.COOKIES.get(settings.CSRF_COOKIE_NAME)
            if request.method == "POST":
                try:
                    asked.form_token = request.POST.get("csrfmiddlewaretoken")
                except UnreadablePostError:
                    pass
            return check().check(asked)

        twins = lambda: reason_of(lambda: twin()._check_token(request))
        reject(both(("request", request.method), ours, twins))

    def reject(reason):
        if reason is not None:
            raise csrf.RejectRequest(reason)

    set_cookie_of_django = Middleware._set_csrf_cookie

    def _set_csrf_cookie(self, request, response):
        set_cookie_of_django(self, request, response)
        cookie = response.cookies.get(settings.CSRF_COOKIE_NAME)
        if cookie and not settings.CSRF_USE_SESSIONS:
            djangos = cookie.OutputString()
            header = check().set_cookie(request.META["CSRF_COOKIE"])
            del response.cookies[settings.CSRF_COOKIE_NAME]
            put(response, both(("CSRF cookie",), lambda: header, lambda: djangos))

    replace(Middleware, _origin_verified, _check_referer, _check_token, _set_csrf_cookie)
