"""Users without a database: whoever is asked for exists, and has the password column that the question names."""

from django.contrib.auth.models import User, update_last_login
from django.contrib.auth.signals import user_logged_in

BACKEND = "accounts.Backend"

user_logged_in.disconnect(update_last_login, dispatch_uid="update_last_login")


class Backend:
    password = None

    def get_user(self, user_id):
        return None if self.password is None else User(pk=user_id, password=self.password)
