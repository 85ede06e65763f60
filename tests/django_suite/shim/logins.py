"""The hash of a login, and the effect of login and get_user on a session."""

from shim.ask import agree, both, crate, replace, secrets
from shim.session_data import Data


def install():
    from django.conf import settings
    from django.contrib import auth
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.sessions.backends.base import SessionBase
    from django.utils.crypto import salted_hmac

    salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
    hash_of_django = AbstractBaseUser.get_session_auth_hash
    asked = []

    def _get_session_auth_hash(self, secret=None):
        return both(
            ("auth hash",),
            lambda: crate.auth_hash(settings.SECRET_KEY if secret is None else secret, self.password),
            lambda: salted_hmac(salt, self.password, secret=secret, algorithm="sha256").hexdigest(),
        )

    def get_session_auth_hash(self):
        asked.append(self)
        return hash_of_django(self)

    replace(AbstractBaseUser, _get_session_auth_hash, get_session_auth_hash)

    def hashes_as_django(user):
        return isinstance(user, AbstractBaseUser) and "get_session_auth_hash" not in type(user).__dict__

    def copy_of(request):
        session = getattr(request, "session", None)
        return Data.of(session._session.copy()).session if isinstance(session, SessionBase) else None

    login_of_django, get_user_of_django = auth.login, auth.get_user

    def login(request, user, *args, **kwargs):
        ours = copy_of(request)
        login_of_django(request, user, *args, **kwargs)
        if ours is None or not hashes_as_django(user):
            return
        before = set(ours.keys())
        backend = request.session[auth.BACKEND_SESSION_KEY]
        ours.login(secrets(), user._meta.pk.value_to_string(user), backend, user.password)
        djangos, ours = dict(request.session.items()), dict(ours.items())
        # docs/differences.md: login removes a CSRF secret from the session; Django replaces it.
        djangos.pop("_csrftoken", None)
        kept = {key: value for key, value in djangos.items() if key in before or key.startswith("_auth_user_")}
        agree(("login",), (ours, None), (kept, None))

    def get_user(request):
        ours = copy_of(request)
        asked.clear()
        user = get_user_of_django(request)
        if ours is not None and asked and hashes_as_django(asked[0]):
            accepted = ours.authenticate(secrets(), asked[0].password)
            agree(("get_user",), (accepted, None), (user.is_authenticated, None))
        return user

    replace(auth, login, get_user)
