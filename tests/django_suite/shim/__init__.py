"""Puts the crate, as the module django_suite, in the place of Django's signing, sessions, CSRF check and messages.

What is no part of the crate (databases, files, caches, requests, views) stays Django's. The install() of each module
replaces functions of Django's. Most questions are put to an untouched copy of Django as well: ask.both.
"""

import django

from shim import csrf_check, engines, logins, messages_cookie, session_data, signatures


def install():
    signatures.install()
    session_data.install()
    engines.install()
    csrf_check.install()
    messages_cookie.install()
    setup_of_django = django.setup

    def setup(*args, **kwargs):
        setup_of_django(*args, **kwargs)
        # The user model can be imported only now.
        logins.install()

    django.setup = setup
