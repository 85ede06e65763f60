"""Users without a database: every requested user exists, with the password of the question."""

from django.conf import settings
from django.contrib.auth.models import User, update_last_login
from django.contrib.auth.signals import user_logged_in
from django.utils.crypto import salted_hmac

BACKEND = "accounts.Backend"

user_logged_in.disconnect(update_last_login, dispatch_uid="update_last_login")


class Backend:
    model = User
    password = None

    def get_user(self, user_id):
        return None if None in (user_id, self.password) else self.model(pk=user_id, password=self.password)


class SaltedUser(User):
    """A user that hashes with the salt of the site."""

    def get_session_auth_hash(self):
        return self.salted_hash()

    def salted_hash(self, secret=None):
        return salted_hmac(settings.USER_SALT, self.password, secret=secret, algorithm="sha256").hexdigest()

    class Meta:
        app_label, proxy = "auth", True


class SaltedUserOfAllKeys(User):
    """A user that hashes with the salt of the site, and also tries older keys."""

    _get_session_auth_hash = SaltedUser.salted_hash

    class Meta:
        app_label, proxy = "auth", True


class EpochUser(User):
    """A user that can be logged out everywhere: see `SessionAuth`. The password of a question ends with "|" and the number."""

    def __init__(self, *, password, **kwargs):
        password, epoch = password.rsplit("|", 1)
        super().__init__(password=password, **kwargs)
        self.session_epoch = int(epoch)

    def _get_session_auth_hash(self, secret=None):
        salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        value = f"{self.password}|{self.session_epoch}"
        return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()

    class Meta:
        app_label, proxy = "auth", True


def model(site):
    match site["user_model"]:
        case None:
            return User
        case {"overrides": "get_session_auth_hash"}:
            return SaltedUser
        case {"overrides": "_get_session_auth_hash"}:
            return SaltedUserOfAllKeys
        case {"overrides": "_get_session_auth_hash with an epoch"}:
            return EpochUser
