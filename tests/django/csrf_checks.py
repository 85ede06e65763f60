"""CSRF checks by Django's CsrfViewMiddleware, and by a subclass that is as strict as this crate. Each departure leaves its
note."""

import re
import string

from django.conf import settings
from django.http import HttpResponse
from django.middleware import csrf
from django.middleware.csrf import CsrfViewMiddleware, InvalidTokenFormat, RejectRequest, get_token, rotate_token
from django.test import RequestFactory

import world
from values import notes, remark
from visits import changed_settings

FACTORY = RequestFactory()
KNOWN = ["9ojfljoQoaF1LlqsajAIxNKu8iS2G8NP", "KjIg8xNbe3nNyjOq9wMxEhh2FDEEtfjg"]

SCHEME = r"[a-z][a-z0-9+.-]*"
LABEL = r"[a-z0-9_-]+"
HOST = rf"(?:{LABEL}(?:\.{LABEL})*\.?|\[[a-f0-9]*:[a-f0-9.:]+\])"
AUTHORITY = rf"{HOST}(?::[0-9]+)?"


def ask(site, view, **asked):
    changes = {
        "ALLOWED_HOSTS": ["*"],
        "CSRF_TRUSTED_ORIGINS": site["trusted"],
        "CSRF_COOKIE_DOMAIN": site["domains"][0],
        "SESSION_COOKIE_DOMAIN": site["domains"][1],
        "CSRF_USE_SESSIONS": site["use_sessions"],
        "CSRF_HEADER_NAME": meta(site["header_name"]),
        "CSRF_FAILURE_VIEW": lambda request, reason: HttpResponse(reason, status=403),
    }
    remark("trusted origin that no browser sends", not all(map(can_be_built, site["trusted"])))
    act = {"nothing": lambda request: None, "get_token": get_token, "rotate_token": rotate_token}[view]
    with changed_settings(**changes):
        if notes:
            return show(CsrfViewMiddleware, act, **asked)
        plain, error = world.outcome(lambda: show(CsrfViewMiddleware, act, **asked))
        departing = show(DepartingMiddleware, act, **asked)
    if departing == plain:
        notes.clear()
    else:
        notes["otherwise"] = departing
    return {"error": error} if error else plain


def page(cookie):
    """Returns the CSRF cookie and a token."""
    with changed_settings(CSRF_USE_SESSIONS=False, ALLOWED_HOSTS=["*"]):
        request = FACTORY.get("/", **({} if cookie is None else {"HTTP_COOKIE": f"csrftoken={cookie}"}))
        middleware = CsrfViewMiddleware(lambda request: HttpResponse(get_token(request)))
        response = middleware(request)
    return [response.cookies["csrftoken"].value, response.content.decode()]


def meta(header):
    return "HTTP_" + header.upper().replace("-", "_")


def show(middleware, view, method, secure, host, port, origin, referer, cookies, kept, body, header):
    headers = {"HTTP_HOST": host, "SERVER_PORT": port}
    sent = {
        "HTTP_ORIGIN": origin,
        "HTTP_REFERER": referer,
        # WSGI decodes headers as Latin-1.
        "HTTP_COOKIE": cookies and cookies.encode().decode("latin-1"),
        settings.CSRF_HEADER_NAME: header,
    }
    headers |= {name: value for name, value in sent.items() if value is not None}
    request = FACTORY.generic(method, "/", body, "application/x-www-form-urlencoded", secure=secure, **headers)
    request.session = {} if kept is None else {"_csrftoken": kept}
    middleware = middleware(lambda request: HttpResponse())
    middleware.process_request(request)
    rejected = middleware.process_view(request, view, (), {})
    if rejected is None:
        view(request)
    response = middleware.process_response(request, rejected or HttpResponse())
    cookie = response.cookies.get("csrftoken")
    if cookie:
        cookie.set("csrftoken", known(cookie.value), known(cookie.value))
    in_session = settings.CSRF_USE_SESSIONS and view.__name__ != "<lambda>"
    return {
        "reason": rejected and rejected.content.decode(),
        "cookie": cookie and cookie.OutputString(),
        "kept": known(text(request.session.get("_csrftoken"))) if in_session and request.session else None,
    }


def text(kept):
    return kept if isinstance(kept, str) else ""


def known(secret):
    """A new secret is random, so only its length is compared."""
    return secret if secret in KNOWN else str(len(secret))


def can_be_built(origin):
    parts = re.fullmatch(rf"({SCHEME})://(?:{AUTHORITY}|\*\.(?!\[){AUTHORITY})", origin)
    if not parts:
        return False
    port = re.search(r":([0-9]+)$", origin)
    return not port or (
        not port[1].startswith("0")
        and int(port[1]) < 1 << 16
        and port[1] != {"http": "80", "https": "443"}.get(parts[1])
    )


class DepartingMiddleware(CsrfViewMiddleware):
    def process_view(self, request, *rest):
        if request.method != request.META["REQUEST_METHOD"]:
            remark("method in another case")
            request.method = request.META["REQUEST_METHOD"]
        return super().process_view(request, *rest)

    def _origin_verified(self, request):
        origin = request.META["HTTP_ORIGIN"]
        with_host = request._get_raw_host()
        verified = super()._origin_verified(request)
        if not verified:
            return False
        own = f"{request.scheme}://{with_host}"
        if origin == own and is_host(with_host):
            return True
        if re.fullmatch(rf"{SCHEME}://{AUTHORITY}", origin):
            return any_trusts(origin)
        remark("origin that no browser writes")
        return False

    def _check_referer(self, request):
        referer = request.META.get("HTTP_REFERER")
        django = None
        try:
            super()._check_referer(request)
        except RejectRequest as rejected:
            django = rejected.reason
        ours = self.object_to(referer, request)
        if ours != django:
            # We reject everything that Django rejects, possibly for another reason, and some requests that it accepts.
            assert ours is not None, (referer, django)
            remark("reason against a referer", django)
            is_host_of_none = re.match(rf"https://{AUTHORITY}($|[/?#])", referer)
            remark("invalid host" if is_host_of_none else "referer that no browser writes", not django)
        if ours is not None:
            raise RejectRequest(ours)

    def object_to(self, referer, request):
        if referer is None:
            return csrf.REASON_NO_REFERER
        parts = re.match(rf"({SCHEME})://([^/?#]+)", referer)
        if not parts or ("[" in parts[2]) != ("]" in parts[2]):
            return csrf.REASON_MALFORMED_REFERER
        if parts[1] != "https":
            return csrf.REASON_INSECURE_REFERER
        allowed = [pattern(origin.split("://")[1]) for origin in settings.CSRF_TRUSTED_ORIGINS]
        domain = settings.SESSION_COOKIE_DOMAIN if settings.CSRF_USE_SESSIONS else settings.CSRF_COOKIE_DOMAIN
        host = request._get_raw_host()
        if not is_host(host):
            pass
        elif domain is not None:
            port = re.search(r":[0-9]+$", host)
            port = port[0] if port and port[0] not in (":80", ":443") else ""
            allowed.append(pattern(("*" if domain[0] == "." else "") + domain.lower() + port))
        else:
            allowed.append(re.escape(host.lower()))
        if re.fullmatch(AUTHORITY, parts[2]) and any(re.fullmatch(one, parts[2]) for one in allowed):
            return None
        return csrf.REASON_BAD_REFERER % printable(referer)

    def _reject(self, request, reason):
        shown = printable(reason)
        remark("control character in a reason", shown != reason)
        return super()._reject(request, shown)

    def _get_secret(self, request):
        kept = request.session.get("_csrftoken")
        if settings.CSRF_USE_SESSIONS and kept is not None:
            csrf._check_token_format(text(kept))
        return super()._get_secret(request)

    def process_request(self, request):
        """Replaces a malformed secret of the session when it is needed."""
        if settings.CSRF_USE_SESSIONS and malformed(request.session.get("_csrftoken")):
            remark("malformed CSRF secret in the session")
            return
        super().process_request(request)


def malformed(kept):
    if kept is None:
        return False
    try:
        csrf._check_token_format(text(kept))
    except InvalidTokenFormat:
        return True
    return False


def is_host(text):
    return re.fullmatch(AUTHORITY, text.translate(LOWER)) and "_" not in text


LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def any_trusts(origin):
    scheme, host = origin.split("://")
    trusted = (trusted.split("://") for trusted in settings.CSRF_TRUSTED_ORIGINS)
    return any(scheme == its_scheme and re.fullmatch(pattern(its_host), host) for its_scheme, its_host in trusted)


def pattern(host):
    """Returns the pattern of a trusted origin's host."""
    return rf"(?:{LABEL}\.)*{re.escape(host[2:])}" if host.startswith("*.") else re.escape(host)


def printable(text):
    return "".join("\ufffd" if ord(char) < 32 or 127 <= ord(char) < 160 else char for char in text)
